"""Logging: one line per event on stderr, with every secret blotted out."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from typing import TextIO

import structlog
from pydantic import BaseModel, SecretStr

from bot.config import Config

_BLOT = "[secret]"
# Discord's addresses hold what answers an interaction, and libraries quote addresses in their errors.
_INTERACTION = r"(?P<before>/(?:webhooks|interactions)/\d+/)[\w.-]+"
_SHORTEST = 4  # to blot out less would spoil ordinary words, and so show what was blotted


def configure(config: Config, level: str) -> None:
    """Send structlog and the standard library's loggers to stderr, as text or as JSON lines.

    `level` is for the bot and the engine; libraries speak from "warning" on, since below it some name secrets.
    """
    stream = BlottedStream(sys.stderr, secrets_of(config))
    # The default traceback shows local variables, and among them what was never configured: tokens of interactions.
    text = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    renderer = structlog.processors.JSONRenderer() if config.log.json_lines else text
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info if config.log.json_lines else _leave_exceptions,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in ("bot", "engine"):
        logging.getLogger(name).setLevel(level.upper())


def secrets_of(section: BaseModel) -> Iterator[str]:
    """Find every secret value in a configuration, nested ones too; of `name:password` also the password alone."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, SecretStr):
            yield from (value.get_secret_value(), value.get_secret_value().partition(":")[2])
        elif isinstance(value, BaseModel):
            yield from secrets_of(value)


class BlottedStream:
    """Write to `stream` with all secrets replaced, those of `secrets` and of Discord's interactions.

    It is the last guard, whatever a library puts into a message.
    """

    def __init__(self, stream: TextIO, secrets: Iterable[str]) -> None:
        self._stream = stream
        long = {secret for secret in secrets if len(secret) >= _SHORTEST}
        written = long | {json.dumps(secret)[1:-1] for secret in long}
        known = map(re.escape, sorted(written, key=len, reverse=True))
        self._pattern = re.compile("|".join((*known, _INTERACTION)))

    def write(self, text: str) -> int:
        """Write `text` without the secrets."""
        return self._stream.write(self._pattern.sub(_blotted, text))

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()


def _blotted(found: re.Match[str]) -> str:
    return (found["before"] or "") + _BLOT


def _leave_exceptions(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return event
