"""What a browser may call: each call is read and measured, so that Gradio meets nothing that it does not expect."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bot.surfaces.web.files import PageFiles
from bot.surfaces.web.form import COMMANDS, FIELDS
from bot.surfaces.web.refusing import Refused, not_found

# The longest sensible call is a form with a list of prompts.
MAX_CALL = 512 * 1024
MAX_DEPTH = 16
# What the page's script calls everything by, together with a number.
BY_NUMBER = "predict"
SESSION = re.compile(r"[A-Za-z0-9]{1,32}\Z")
Check = Callable[[object], bool]


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_file(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("path"), str)


def _is_key(value: object) -> bool:
    """Tell whether that may be a button's key: a page that lost it sends none, and its person gets a sentence."""
    return value is None or isinstance(value, str)


def _is_line(value: object) -> bool:
    """Tell whether that is a typed line with its files."""
    if not isinstance(value, dict) or not isinstance(value.get("text"), str | None):
        return False
    files = value.get("files") or []
    return isinstance(files, list) and all(map(_is_file, files))


def _is_canvas(value: object) -> bool:
    """Tell whether that is what the brush gives."""
    if not isinstance(value, dict):
        return value is None
    layers = value.get("layers") or []
    known = (value.get("background"), value.get("composite"))
    return isinstance(layers, list) and all(map(_is_file, layers)) and all(it is None or _is_file(it) for it in known)


def _is_some_file(value: object) -> bool:
    return value is None or _is_file(value)


def _is_choice(value: object) -> bool:
    return value is None or (isinstance(value, list) and all(map(_is_text, value)))


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | None)


def _is_count(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and abs(value) < 2**53)


def _is_known_command(value: object) -> bool:
    return isinstance(value, str) and value in COMMANDS


def _field(name: str) -> Check:
    special = {"canvas": _is_canvas, "list": _is_some_file, "extend": _is_choice}
    return special.get(name, _is_some_file if name.startswith("image") else _is_plain)


# What each handler of the page takes; a call with other values is refused.
SHAPES: Mapping[str, tuple[Check, ...]] = MappingProxyType(
    {
        "say": (_is_line,),
        "draw": tuple(map(_field, FIELDS)),
        "press": (_is_key,),
        "watch": (_is_count,),
        "example": (),
        "defaults": (_is_text, _is_text),
        "steps": (_is_text, _is_text),
        "show": (_is_known_command,),
    }
)


class Calls:
    """Read calls of the handlers, whose names stand by their numbers in `functions`."""

    def __init__(self, functions: Mapping[int, str], files: PageFiles) -> None:
        self._functions, self._files = functions, files

    def read(self, name: str, body: bytes) -> tuple[str, bytes]:
        """Return which handler is called, and the call as Gradio may have it; raise `Refused` for any other."""
        asked = _parsed(body)
        values, number = asked.get("data"), asked.get("fn_index")
        called = self._functions.get(number, "") if name == BY_NUMBER and isinstance(number, int) else name
        if called not in SHAPES or called not in self._functions.values():
            raise not_found()
        if not isinstance(values, list) or not _fits(called, values) or not _is_event(called, asked.get("event_data")):
            raise Refused(422, f"{called} takes other values")
        for file in _files(values):
            file["path"] = self._real(file["path"])
        return called, json.dumps(self._clean(called, asked), allow_nan=False).encode()

    def _real(self, address: str) -> str:
        if path := self._files.real(address):
            return str(path)
        raise Refused(400, "That file was not uploaded here, or not lately. Choose it again.")

    def _clean(self, called: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Keep what is understood, and nothing else."""
        [number] = [number for number, name in self._functions.items() if name == called]
        session = asked.get("session_hash")
        event = {"event_data": asked["event_data"]} if called == "example" else {}
        if not isinstance(session, str) or not SESSION.match(session):
            return {"data": asked["data"], "fn_index": number, **event}
        return {"data": asked["data"], "fn_index": number, "session_hash": session, **event}


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Refused(400, "That is no JSON") from None
    if not isinstance(asked, dict) or not _is_shallow(asked):
        raise Refused(400, "That is no call")
    return asked


def _refuse(_: str) -> None:
    raise ValueError


def _is_shallow(value: object) -> bool:
    """Tell whether nothing lies deeper than anything that the page sends, and every number can be written again."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for each in level if isinstance(each, dict | list) for inner in _within(each)]
        if any(isinstance(each, int | float) and not abs(each) < 2**63 for each in level):
            return False
    return not level


def _within(value: dict[str, Any] | list[Any]) -> Sequence[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def _fits(called: str, values: Sequence[object]) -> bool:
    shape = SHAPES[called]
    return len(shape) == len(values) and all(check(value) for check, value in zip(shape, values, strict=True))


def _is_event(called: str, event: object) -> bool:
    """Tell whether a call that needs an event has one: which example was chosen."""
    if called != "example":
        return True
    value = event.get("value") if isinstance(event, dict) and "index" in event else None
    return isinstance(value, dict) and isinstance(value.get("text"), str)


def _files(value: object) -> Iterator[dict[str, Any]]:
    """Find whatever names a file, however deep."""
    if isinstance(value, dict):
        if "path" in value:
            if not isinstance(value["path"], str):
                raise Refused(422, "A path is a text")
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _files(each)
