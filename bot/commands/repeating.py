"""Write the command that draws a picture once more, from the request that its file holds. Pure."""

from __future__ import annotations

from bot.commands.parsing import parse_text, write_text
from bot.commands.requesting import Styles, to_request
from bot.commands.table import IMAGINE, TYPED, Invocation
from engine.catalog import Catalog
from engine.errors import RequestError
from engine.requests import AnyRequest, Text2Image


def line_for(request: AnyRequest, picture: int, surface: str, catalog: Catalog, styles: Styles) -> str | None:
    """Write the line that draws `picture`, counted from 0, of `request` alone, as it is typed on `surface`.

    `None` where it cannot be typed there, or needs pictures or several parts, or would be another picture here: anybody
    may write such a file, so a line counts only if it is read as what it was written from.
    """
    if surface not in TYPED or request.pictures() or request.has_parts:
        return None
    invocation = _imagined(request, picture)
    line = write_text(invocation)
    try:
        meant, read = (to_request(it, catalog, styles) for it in (invocation, parse_text(line, surface)))
    except RequestError:
        return None
    return line if read == meant and meant.style == request.style else None


def _imagined(request: AnyRequest, picture: int) -> Invocation:
    """Give each option of the command what the request says, where that is not what it would be anyway."""
    fields = {option.name: option.field for option in IMAGINE.options if option.field in Text2Image.model_fields}
    options: dict[str, object] = {name: getattr(request, field) for name, field in fields.items()}
    usual = {name: Text2Image.model_fields[field].default for name, field in fields.items()}
    options |= {"prompt": request.text_of(picture), "seed": request.seeds()[picture], "count": usual["count"]}
    if request.width and request.height:
        options["size"] = f"{request.width}x{request.height}"
    if request.style:
        options["style"] = request.style.name
    return Invocation(IMAGINE, {name: value for name, value in options.items() if value != usual.get(name)})
