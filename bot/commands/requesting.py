"""Turn an invocation into a complete request: sizes, pictures and parts from the words that people write. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bot.commands.bounds import check_list
from bot.commands.parts import read_parts
from bot.commands.table import AGAIN, Invocation, Taken, Upload
from engine.catalog import Catalog, ModelSpec
from engine.checks import build, complete
from engine.errors import RequestError
from engine.outpainting import MAX_RATIO, SIDES
from engine.request import Style
from engine.requests import MAX_PROMPTS, AnyRequest

_SIZE = re.compile(r"(\d{1,6})\s*[x×хX*]\s*(\d{1,6})")
_RATIO = re.compile(r"(\d{1,4}(?:\.\d+)?)\s*[:/]\s*(\d{1,4}(?:\.\d+)?)")


Styles = Mapping[str, Style]
NO_STYLES: Styles = MappingProxyType({})
# What "no style" is called, where a default is set.
NO_STYLE = "none"
# Which options decide what the steps of a picture save.
SAVES_BY = frozenset({"model", "quality", "exact"})


def to_request(invocation: Invocation, catalog: Catalog, styles: Styles = NO_STYLES) -> AnyRequest:
    """Turn a command that draws into a complete request; raise `RequestError` for the first thing that is wrong."""
    command, kind = invocation.command, invocation.command.request
    assert kind, "only commands that draw become requests"  # noqa: S101 - a programming error
    words = {name: value for name, value in invocation.options.items() if value is not None}
    model = catalog[str(words.pop("model", catalog.default))]
    fields: dict[str, Any] = {"model": model.name, **_measures(words, model), **_pictures(invocation, words)}
    fields["style"] = parse_style(str(words.pop("style", NO_STYLE)), styles)
    if kind.one_by_one:
        fields["prompts"] = _prompts(str(words.pop("prompts", "")), words.pop("list", None))
    if "parts" in words or kind.has_parts:
        fields |= read_parts(kind, str(words.pop("parts", "")), _given(invocation))
    if str(words.get("seed")) == "-1":  # as Kandinsky's own pages write "any seed"
        del words["seed"]
    by_name = {option.name: option.field for option in command.options if option.field and not option.is_picture}
    fields |= {by_name[name]: value for name, value in words.items() if name in by_name}
    return complete(build(kind, **fields), model)  # type: ignore[return-value]  # one of the members


def again(request: AnyRequest, invocation: Invocation, catalog: Catalog, styles: Styles = NO_STYLES) -> AnyRequest:
    """Ask for `request` once more with another seed, and with what `invocation` gives anew."""
    words = {name: value for name, value in invocation.options.items() if value is not None}
    savings = None if words.keys() & SAVES_BY else request.savings
    model = catalog[str(words.pop("model", request.model))]
    kept = {**dict(request), "model": model.name, "seed": None, "savings": savings}
    fields: dict[str, Any] = {**kept, **_measures(words, model)}
    if "style" in words:
        fields["style"] = parse_style(str(words.pop("style")), styles)
    if str(words.get("seed")) == "-1":
        del words["seed"]
    by_name = {option.name: option.field for option in AGAIN.options if option.field}
    fields |= {by_name[name]: value for name, value in words.items() if by_name.get(name) in type(request).model_fields}
    return complete(build(type(request), **fields), model)


def parse_style(name: str, styles: Styles) -> Style | None:
    """Find a style by its name, in any case; raise `RequestError` listing what there is."""
    if name.strip().lower() == NO_STYLE:
        return None
    by_name = {known.lower(): style for known, style in styles.items()}
    if name.strip().lower() not in by_name:
        raise RequestError("unknown_style", value=name, known=[*styles, NO_STYLE])
    return by_name[name.strip().lower()]


def _prompts(typed: str, sent: object) -> tuple[str, ...]:
    """Read one prompt from each line that was typed, and from each line of a text file."""
    text = typed
    if isinstance(sent, Upload):
        check_list(sent.name, sent.data)
        try:
            text += "\n" + sent.data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise RequestError("not_utf8", file=sent.name) from None
    prompts = tuple(line.strip() for line in text.splitlines() if line.strip())
    if not 2 <= len(prompts) <= MAX_PROMPTS:
        raise RequestError("wrong_prompts", count=len(prompts), low=2, limit=MAX_PROMPTS)
    return prompts


def parse_size(text: str, model: ModelSpec) -> tuple[int, int]:
    """Read "768x512" as pixels, or a ratio such as "16:9" as the nearest size of about the model's native area."""
    if match := _SIZE.fullmatch(text.strip()):
        width, height = int(match[1]), int(match[2])
        if width and height:
            return width, height
    if ratio := parse_ratio(text):
        return model.size_for_ratio(ratio)
    raise RequestError("bad_size_words", value=text, native=model.native_size, limit=MAX_RATIO)


def parse_ratio(text: str) -> float | None:
    """Read "16:9" as width divided by height; nothing else, and nothing very narrow, is a ratio."""
    match = _RATIO.fullmatch(text.strip())
    across, down = (float(match[1]), float(match[2])) if match else (0.0, 0.0)
    return across / down if across and down and 1 / MAX_RATIO <= across / down <= MAX_RATIO else None


def _measures(words: dict[str, object], model: ModelSpec) -> dict[str, object]:
    """Take out of `words` what says how large the picture is, and read it."""
    fields: dict[str, object] = {}
    if "size" in words:
        fields["width"], fields["height"] = parse_size(str(words.pop("size")), model)
    if "ratio" in words:
        ratio = str(words.pop("ratio"))
        fields["ratio"] = parse_ratio(ratio)
        if not fields["ratio"]:
            raise RequestError("bad_ratio", value=ratio, limit=MAX_RATIO)
    if "extend" in words:
        fields["extend"] = parse_sides(str(words.pop("extend")))
    return fields


def parse_sides(text: str) -> tuple[str, ...]:
    """Read "left, top" or "all"."""
    named = re.split(r"[\s,+]+", text.strip().lower())
    if named == ["all"]:
        return SIDES
    if unknown := [name for name in named if name not in SIDES]:
        raise RequestError("bad_sides", value=unknown[0], known=[*SIDES, "all"])
    return tuple(dict.fromkeys(named))


def _pictures(invocation: Invocation, words: dict[str, object]) -> dict[str, object]:
    """Fill the picture options that stand for a field: with what was given for them, then with what came along."""
    fields: dict[str, object] = {}
    waiting = [picture for picture in invocation.pictures if isinstance(picture, Taken)]
    for option in invocation.command.pictures:
        if not option.field:  # a part of a mix, or a list of prompts
            continue
        given = words.pop(option.name, None)
        if given is None and waiting:
            given = waiting.pop(0)
        if isinstance(given, Taken):
            fields[option.field] = given.picture
        elif option.required:
            raise RequestError("picture_missing", command=invocation.command.name)
    takes_parts = any(not option.field for option in invocation.command.pictures)
    if waiting and not takes_parts:
        most = len(invocation.command.pictures)
        raise RequestError("too_many_pictures" if most else "no_pictures", command=invocation.command.name, most=most)
    return fields


def _given(invocation: Invocation) -> list[Taken]:
    """List every picture of an invocation: those of its options, then those that came along."""
    return [each for each in invocation.all_pictures if isinstance(each, Taken)]
