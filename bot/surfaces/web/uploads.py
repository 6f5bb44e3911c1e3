"""The files that a browser uploads: which of them a request may name, and how they become pictures of a command."""

from __future__ import annotations

import io
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import structlog
from gradio.utils import get_upload_folder
from PIL import Image, ImageChops

from bot.commands.table import Upload
from engine.errors import RequestError
from engine.pictures.inputs import Input, open_image

log = structlog.get_logger()

OPAQUE = 255
# Strokes have soft edges; what is half covered is repainted.
COVERED = 128


class Blocks(gr.Blocks):  # type: ignore[misc]
    """Be a page whose requests may only name files that were uploaded to it.

    Gradio itself checks that for an application that it has launched, and not for one mounted into another; a path of
    the machine would be copied to where it can be read, and an address fetched.
    """

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *rest: Any, **named: Any) -> list[Any]:
        """Check the inputs of a call before anything else looks at them; raise `gr.Error` for a foreign file."""
        for path in _paths(inputs):
            _check(path)
        return await super().preprocess_data(block_fn, inputs, *rest, **named)  # type: ignore[no-any-return]

    async def process_api(self, *values: Any, **named: Any) -> dict[str, Any]:
        """Make a call; a defect is one line in the log, and for the caller an error without words."""
        try:
            return await super().process_api(*values, **named)  # type: ignore[no-any-return]
        except gr.Error as error:
            error.print_exception = False  # the gate writes the line
            raise
        except Exception as error:  # noqa: BLE001 - Gradio would print its traceback
            log.error("page_defect", error=repr(error), place=_place(error))
            raise gr.Error("", visible=False, print_exception=False) from None


def path_of(file: object) -> Path | None:
    """Return where an uploaded file lies, or `None` where there is none."""
    path = file.get("path") if isinstance(file, dict) else None
    return Path(path) if path and isinstance(path, str) else None


def upload(path: Path) -> Upload:
    """Read an uploaded file; raise `RequestError` where it is gone."""
    try:
        return Upload(path.name, path.read_bytes())
    except (OSError, ValueError) as error:  # the second for what can be no file's name
        reason = getattr(error, "strerror", None) or str(error)
        raise RequestError("unreadable", file=path.name, reason=reason) from None


def mask(layers: Iterable[Input]) -> Upload | None:
    """Draw white on black what the strokes of `layers` cover, or return `None` where nothing was brushed."""
    covered: Image.Image | None = None
    for layer in layers:
        strokes = _strokes(layer)
        covered = ImageChops.lighter(covered, strokes.resize(covered.size)) if covered else strokes
    if covered is None or not covered.getbbox():
        return None
    buffer = io.BytesIO()
    covered.save(buffer, "PNG")
    return Upload("mask.png", buffer.getvalue())


def _strokes(layer: Input) -> Image.Image:
    image = open_image(layer.data)
    alpha = image.getchannel("A") if image.mode == "RGBA" else Image.new("L", image.size, OPAQUE)
    return alpha.point([0] * COVERED + [OPAQUE] * (OPAQUE + 1 - COVERED))


def _place(error: BaseException) -> str:
    """Name the line that raised an error."""
    [*_, last] = traceback.extract_tb(error.__traceback__)
    return f"{last.filename}:{last.lineno}"


def _paths(value: object) -> Iterator[str]:
    """Find every file that `value` names, however deep."""
    if isinstance(value, dict):
        if isinstance(path := value.get("path"), str):
            yield path
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from _paths(each)


def _check(name: str) -> None:
    path = Path(name).resolve()
    if not path.is_relative_to(Path(get_upload_folder()).resolve()) or not path.is_file():
        raise gr.Error("That file was not uploaded here, or not lately. Choose it again.", print_exception=False)
