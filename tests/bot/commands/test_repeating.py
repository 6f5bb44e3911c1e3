"""The line that draws a picture again is read as what it was written from, or there is none."""

import pytest

from bot.commands.parsing import parse_text
from bot.commands.repeating import line_for
from bot.commands.requesting import to_request
from engine.catalog import DEMO, KANDINSKY_2_2, Catalog
from engine.checks import complete
from engine.request import Part, Style
from engine.requests import Batch, Mix, Text2Image
from tests.engine.every_mode import REQUESTS

CATALOG = Catalog([DEMO, KANDINSKY_2_2])
INK = Style(name="ink", prompt="ink on paper")
STYLES = {"ink": INK}


def line(request, picture=0, surface="web"):
    return line_for(request, picture, surface, CATALOG, STYLES)


def text(prompt="a fox", **fields):
    return complete(Text2Image(**{"model": "demo", "prompt": prompt, "seed": 7, **fields}), DEMO)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"prompt": "красная лиса, 狐狸: 16 --9"},
        {"negative_prompt": "rain", "caption": "Hello, you", "steps": 3, "guidance_scale": 2.5},
        {"width": 128, "height": 64, "quality": "best", "exact": True, "enhance": True, "style": INK},
    ],
)
def test_a_line_draws_the_same_picture(fields):
    request = text(**fields)
    assert to_request(parse_text(line(request), "web"), CATALOG, STYLES) == request


def test_the_third_picture_of_four_is_drawn_alone():
    assert line(text(count=4), 2).split("--seed ")[1].split()[0] == "9"
    batch = complete(Batch(model="demo", prompts=("a fox", "a cat"), seed=7), DEMO)
    read = to_request(parse_text(line(batch, 1), "web"), CATALOG, STYLES)
    assert (read.mode, read.prompt, read.seed, read.count) == ("text2img", "a cat", 8, 1)


@pytest.mark.parametrize(
    "request_",
    [
        text("a fox --seed 3"),
        text("a fox —seed 3"),
        text("two  blanks"),
        text(caption="on two\nlines"),
        text().model_copy(update={"model": "foreign"}),
        text().model_copy(update={"width": 65}),
        text(style=Style(name="unknown", prompt="x")),
        text(style=Style(name="ink", prompt="as it was elsewhere")),
        *(it for it in REQUESTS if it.pictures()),
        Mix(model="demo", parts=(Part(text="a"), Part(text="b"))),
        Batch(model="demo", prompts=("--no", "b")),
    ],
    ids=lambda it: f"{it.mode} {it.prompt}",
)
def test_there_is_no_line_for_what_it_would_not_draw(request_):
    assert line(request_) is None


def test_a_line_is_for_where_commands_are_typed():
    assert [bool(line(text(), surface=each)) for each in ("telegram", "web", "discord")] == [True, True, False]
