"""The form: one set of inputs made from the command table, of which a command shows those that it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component

from bot.commands.parsing import write_text
from bot.commands.requesting import NO_STYLE
from bot.commands.table import DRAWING_COMMANDS, IMAGINE, Command, Invocation, Upload
from bot.surfaces.web.uploads import path_of, upload
from bot.surfaces.web.words import word
from bot.words import replies
from engine.catalog import ModelSpec
from engine.checks import choices
from engine.outpainting import SIDES
from engine.requests import MAX_PARTS, Mix, Text2Image

COMMANDS = MappingProxyType({command.name: command for command in DRAWING_COMMANDS})
PARTS = range(1, MAX_PARTS + 1)
# The form's values in the order in which they arrive.
FIELDS = (
    "command", "image", "canvas", "prompts", "list", "prompt", "where",
    *(f"{what}{number}" for number in PARTS for what in ("image", "words", "weight")),
    "extend", "share", "ratio", "frames", "strength", "map", "negative", "width", "height", "size", "steps", "guidance",
    "seed", "count", "quality", "style", "caption", "enhance", "exact", "model",
)  # fmt: skip
ALWAYS = (
    "command", "negative", "steps", "guidance", "seed", "quality", "style", "caption", "enhance", "exact", "model",
)  # fmt: skip
# The brush's width to begin with, as a share of the picture's.
BRUSH_SHARE = 1 / 12
PASTE: list[Any] = ["upload", "clipboard"]
# Quotation marks would end the words of a part.
UNQUOTED = str.maketrans(dict.fromkeys('"“”„«»', "'"))
Fields = dict[str, Component]


@dataclass(frozen=True, slots=True)
class Order:
    """Hold what the form asks for: the words of the command, and the uploaded files that go with it."""

    command: Command
    options: Mapping[str, object]
    pictures: Mapping[str, Path]
    layers: tuple[Path, ...] = ()

    def line(self) -> str:
        """Write it as the command that would do the same."""
        return write_text(Invocation(self.command, self.options))

    def invocation(self) -> Invocation:
        """Read the files, but for those of the brush; raise `RequestError` for one that is gone."""
        given = {name: upload(path) for name, path in self.pictures.items()}
        if self.command.main == "parts":
            return Invocation(self.command, self.options, tuple(given.values()))
        return Invocation(self.command, {**self.options, **given})

    def strokes(self) -> list[Upload]:
        """Read the files of the brush; errors as in `invocation`."""
        return [upload(layer) for layer in self.layers]


@dataclass(frozen=True, slots=True)
class Form:
    """Hold the inputs in the order of `FIELDS`, what is shown for some commands only, and the line about a command."""

    inputs: Mapping[str, Component]
    shown: Mapping[str, Block]
    about: gr.Markdown

    @property
    def changing(self) -> list[Any]:
        """List what another command changes, in the order of `show`."""
        return [self.about, *self.shown.values()]

    def show(self, name: str) -> list[Any]:
        """Return the updates for the command called `name`."""
        return [_about(COMMANDS[name]), *(_update(field, COMMANDS[name]) for field in self.shown)]


def order(values: Sequence[object]) -> Order:
    """Read the form's values; what was left empty, or is not shown for the command, is left out."""
    named = dict(zip(FIELDS, values, strict=True))
    command = COMMANDS.get(str(named.pop("command")), IMAGINE)
    given = {name: value for name, value in named.items() if _is_given(value) and is_shown(name, command)}
    canvas = given.pop("canvas", None)
    background, layers = (canvas.get("background"), canvas.get("layers")) if isinstance(canvas, dict) else (None, None)
    files = {"image": background, **given} if canvas else given
    pictures = {name: path for name, value in files.items() if (path := path_of(value))}
    layers = layers if isinstance(layers, list) else []
    strokes = tuple(path for layer in layers if (path := path_of(layer)))
    return Order(command, _options(command, given, pictures), pictures, strokes)


def is_shown(name: str, command: Command) -> bool:
    """Tell whether the form shows a field, or a row of fields, for `command`."""
    offered = {option.name for option in command.options}
    if name.startswith(("part", "words")):
        return f"image{name[-1]}" in offered
    if name.startswith("weight"):
        return command.request is Mix
    special = {
        "image": "image" in offered and "mask" not in offered,
        "canvas": "mask" in offered,
        "width": "size" in offered and "image" not in offered,
        "height": "size" in offered and "image" not in offered,
        "size": {"size", "image"} <= offered,
    }
    return special.get(name, name in offered)


def offered(model: ModelSpec) -> list[tuple[str, str]]:
    """List the commands that `model` can do, as titles and names."""
    able = [command for command in DRAWING_COMMANDS if _default(command, "mode") in model.modes]
    return [(word(f"web-title-{command.name}"), command.name) for command in able]


def _about(command: Command) -> str:
    return word(replies.key("command", command.name))


def _update(name: str, command: Command) -> Any:
    """Show or hide a field; a strength that suits one command is not that of another."""
    if name == "strength" and is_shown(name, command):
        return gr.update(visible=True, value=_default(command, name))
    return gr.update(visible=is_shown(name, command))


def _is_given(value: object) -> bool:
    return value not in (None, "", []) and value is not False


def choice(names: Sequence[str], model: ModelSpec) -> Fields:
    """Lay out the choice of a model among `names`, of which `model` is chosen, and of one of its commands."""
    return {
        "model": gr.Dropdown(list(names), value=model.name, label=word("web-model"), visible=len(names) > 1),
        "command": gr.Radio(
            offered(model), value=IMAGINE.name, label=word("web-command"), show_label=False,
            container=False, elem_id="command",
        ),
    }  # fmt: skip


def build(chosen: Fields, model: ModelSpec, styles: Sequence[str] = ()) -> Form:
    """Lay out the other inputs below the `choice`, with the bounds of the command table and of `model`."""
    about = gr.Markdown(_about(IMAGINE), elem_id="about")
    fields = chosen | _pictures(model) | _lists()
    fields["prompt"] = gr.Textbox(label=word("web-prompt"), placeholder=word("prompt-placeholder"), lines=2)
    fields["where"] = gr.Textbox(label=word("web-where"), lines=1, visible=False)
    rows = {f"part{number}": _part(number, fields) for number in PARTS}
    fields["negative"] = gr.Textbox(label=word("web-negative"), placeholder=word("option-negative"))
    fields |= _around() | _sizes(model) | _drawing(model) | _looks(styles)
    inputs = {name: fields[name] for name in FIELDS}
    return Form(inputs, {name: block for name, block in (rows | inputs).items() if name not in ALWAYS}, about)


def bounds(model: ModelSpec) -> dict[str, Component]:
    """Lay out sliders over the sizes of `model`."""
    return {
        name: gr.Slider(
            model.min_size, model.max_size, model.native_size, step=model.size_multiple, label=word(f"web-{name}"),
            min_width=120, buttons=[],
        )
        for name in ("width", "height")
    }  # fmt: skip


def _pictures(model: ModelSpec) -> Fields:
    """Lay out what takes one picture: as it is, or with a brush for the part to repaint."""
    width = round(model.native_size * BRUSH_SHARE)
    brush = gr.Brush(colors=["#ffffff"], color_mode="fixed", default_size=width)
    canvas = gr.ImageEditor(
        label=word("web-canvas"), sources=PASTE, brush=brush, eraser=gr.Eraser(default_size=width),
        layers=False, transforms=(), buttons=[], height=400, elem_id="canvas", visible=False,
    )  # fmt: skip
    canvas.accept_blobs = None  # it would keep in memory whatever is sent; the page uploads files instead
    return {"image": _picture(word("web-picture"), 240, elem_id="picture", visible=False), "canvas": canvas}


def _picture(label: str, height: int, **named: Any) -> gr.Image:
    return gr.Image(
        label=label, sources=PASTE, buttons=[], height=height, placeholder=word("web-drop"),
        elem_classes="picture", **named,
    )  # fmt: skip


def _part(number: int, fields: Fields) -> gr.Row:
    """Lay out one thing to mix: a picture or words, and its weight."""
    with gr.Row(visible=False, elem_classes="part") as row:
        fields[f"image{number}"] = _picture(f"{word('web-picture')} {number}", 150, min_width=130, scale=2)
        with gr.Column(min_width=140, scale=3):
            fields[f"words{number}"] = gr.Textbox(label=word("web-words"), lines=1)
            fields[f"weight{number}"] = gr.Slider(0, 1, 0.5, step=0.05, label=word("web-weight"), buttons=[])
    return row


def _lists() -> Fields:
    """Lay out what takes several prompts: a line each, or a text file."""
    return {
        "prompts": gr.Textbox(label=word("web-prompts"), lines=5, max_lines=10, visible=False),
        "list": gr.File(label=word("web-list"), file_types=[".txt"], height=100, visible=False),
    }


def _looks(styles: Sequence[str]) -> Fields:
    """Lay out what is done to the picture beside drawing it."""
    known = [(word("web-style-default"), ""), (word("web-style-none"), NO_STYLE), *((name, name) for name in styles)]
    with gr.Row():
        return {
            "style": gr.Dropdown(known, value="", label=word("web-style"), min_width=140, visible=bool(styles)),
            "caption": gr.Textbox(label=word("web-caption"), lines=1, min_width=140),
            "enhance": gr.Checkbox(label=word("option-enhance")),
        }


def _around() -> Fields:
    """Lay out what only some commands take."""
    sides = [(word(f"web-side-{side}"), side) for side in SIDES]
    extend = gr.CheckboxGroup(sides, value=list(SIDES), label=word("web-extend"), visible=False)
    with gr.Row():
        return {
            "extend": extend,
            "share": _slider("share", 0.5, 0.05, visible=False),
            "ratio": gr.Textbox(label=word("web-ratio"), placeholder="16:9", min_width=120, visible=False),
            "frames": _slider("frames", 8, 1, visible=False),
            "strength": _slider("strength", 0.6, 0.02, visible=False),
            "map": gr.Checkbox(label=word("option-map"), visible=False),
        }


def _sizes(model: ModelSpec) -> Fields:
    with gr.Row():
        size = gr.Textbox(label=word("web-size"), placeholder=word("web-size-placeholder"), visible=False)
        return bounds(model) | {"size": size}


def _drawing(model: ModelSpec) -> Fields:
    """Lay out what every command takes."""
    qualities = [(word(f"web-quality-{each}"), each) for each in choices(Text2Image, "quality")]
    quality = gr.Radio(qualities, value="normal", label=word("web-quality"), info=word("web-quality-info"))
    with gr.Row():
        fields: Fields = {"quality": quality, "steps": _slider("steps", model.steps, 1)}
        fields["guidance"] = _slider("guidance", model.guidance_scale, 0.5)
    with gr.Row():
        fields["seed"] = gr.Number(-1, label=word("web-seed"), precision=0, min_width=90)
        fields["count"] = _slider("count", 1, 1)
    fields["exact"] = gr.Checkbox(label=word("option-exact"))
    return fields


def _slider(name: str, value: float, step: float, visible: bool = True) -> gr.Slider:
    """Lay out a slider over the bounds of an option."""
    command, option = next(
        (each, option) for each in DRAWING_COMMANDS for option in each.options if option.name == name
    )
    low, high = command.limits(option) or (0, 0)
    return gr.Slider(
        low, high, value, step=step, label=word(f"web-{name}"), min_width=120, buttons=[], visible=visible
    )  # fmt: skip


def _options(command: Command, given: dict[str, object], pictures: Mapping[str, Path]) -> dict[str, object]:
    """Write what was given as the command table's options."""
    if command.main == "parts":
        given["parts"] = " ".join(_part_words(given, pictures))
    if (width := given.pop("width", None)) and (height := given.pop("height", None)):
        given["size"] = f"{width}x{height}"
    if isinstance(sides := given.get("extend"), list):
        given["extend"] = ",".join(map(str, sides))
    words = {option.name for option in command.options if not option.is_picture}
    return {name: value for name, value in given.items() if name in words}


def _part_words(given: Mapping[str, object], pictures: Mapping[str, Path]) -> Iterator[str]:
    """Name the parts as a person would type them: `"a cat":0.4 image1:0.6`."""
    for number in PARTS:
        weight = f":{given[f'weight{number}']}" if f"weight{number}" in given else ""
        if f"image{number}" in pictures:
            yield f"image{list(pictures).index(f'image{number}') + 1}{weight}"
        if words := str(given.get(f"words{number}", "")).translate(UNQUOTED).strip():
            yield f'"{words}"{weight}'


def _default(command: Command, name: str) -> Any:
    """Return what the command's request takes where nothing is given for a field."""
    assert command.request  # noqa: S101 - the form offers only commands that draw
    return command.request.model_fields[name].default
