"""The log: whatever goes wrong, no configured secret and no local variable reaches it."""

import io
import json
import logging
import sys

import pytest
import structlog

from bot.config import Config, Discord, Log, Web
from bot.logs import BlottedStream, configure, secrets_of

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAx.GabcDe.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
NEVER_CONFIGURED = "token-of-an-interaction"


@pytest.fixture(params=[False, True], ids=["text", "json"])
def stream(request, monkeypatch):
    """Log as the bot does into this stream, and as before at the end of the test."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    root.handlers = []  # configuring closes what it finds
    monkeypatch.setattr(sys, "stderr", stream)
    web = Web(auth="bob:correct horse")
    configure(Config(discord=Discord(token=TOKEN), web=web, log=Log(json_lines=request.param)), "info")
    yield stream
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level


def fail(number: int) -> None:
    token, address = f"{TOKEN}", {"token": f"{NEVER_CONFIGURED}"}
    raise ValueError(f"{number} for {token}, {len(address)}")


@pytest.mark.parametrize("name", ["bot.test", "a_library"])
def test_a_traceback_shows_neither_a_secret_nor_a_local_variable(stream, name):
    for number, logger in enumerate((structlog.get_logger(name), logging.getLogger(name))):
        try:
            fail(number)
        except ValueError:
            logger.exception("it failed")
    text = stream.getvalue()
    assert text.count("Traceback (most recent call last)") == 2
    assert text.count("ValueError: 0 for [secret], 1") == text.count("ValueError: 1 for [secret], 1") == 1
    assert not any(part in text for part in (TOKEN[:20], TOKEN[-20:], f'"{NEVER_CONFIGURED}"', f"'{NEVER_CONFIGURED}'"))


def test_the_page_s_password_is_a_secret_without_its_name_too(stream):
    logging.getLogger("a_library").warning("bob:correct horse, or only correct horse")
    assert "[secret], or only [secret]" in stream.getvalue()


def test_every_secret_of_the_configuration_is_found():
    found = set(secrets_of(Config(discord=Discord(token=TOKEN), web=Web(auth="bob:correct horse"))))
    assert {TOKEN, "bob:correct horse", "correct horse"} <= found


def test_the_address_of_an_interaction_is_told_without_what_answers_it(stream):
    token = "I8zBmYVxVH5p-fCXBAH_FmQ2"
    for kind in ("webhooks", "interactions"):
        logging.getLogger("a_library").warning(
            f"Cannot write to http://127.0.0.1/api/v10/{kind}/15/{token}/callback?a=1"
        )
        assert f"/api/v10/{kind}/15/[secret]/callback?a=1" in stream.getvalue()
    assert token not in stream.getvalue()


def test_a_secret_is_blotted_out_as_json_writes_it():
    stream = io.StringIO()
    BlottedStream(stream, ['pass"wörd']).write(json.dumps({"error": 'pass"wörd'}))
    assert json.loads(stream.getvalue()) == {"error": "[secret]"}


def test_a_secret_too_short_to_hide_does_not_spoil_the_log():
    stream = io.StringIO()
    BlottedStream(stream, ["a:b", "b", ""]).write("job posted")
    assert stream.getvalue() == "job posted"
