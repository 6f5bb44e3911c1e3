"""Captions: legible in every script that people here write, within the picture, and never boxes."""

import pytest
from PIL import Image, ImageChops

from engine import captions
from engine.catalog import DEMO, KANDINSKY_2_2
from engine.checks import complete
from engine.errors import RequestError
from engine.pictures.finishing import captioned
from engine.requests import Text2Image

SCRIPTS = {
    "Latin": "Größe, naïve café, żółć",
    "Cyrillic": "Рыжая лиса, її ґанок",
    "Chinese": "一只红色的狐狸，看着月亮。",
    "signs": "100 % → ♥ “fox” 🦊",
}


def ground(width: int = 256, height: int = 256) -> Image.Image:
    return Image.new("RGB", (width, height), (128, 110, 90))


def written_on(image: Image.Image, text: str) -> tuple[int, int, int, int]:
    """Find the box of what a caption changed."""
    return ImageChops.difference(image, captioned(image, text)).getbbox()


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("size", [(512, 512), (256, 384), (128, 128)], ids=str)
def test_a_caption_stands_within_the_lower_part_of_the_picture(script, size):
    captions.check(SCRIPTS[script], *size)
    left, top, right, bottom = written_on(ground(*size), SCRIPTS[script])
    assert 0 < left < right < size[0]
    assert size[1] / 2 <= top < bottom < size[1]
    assert left == pytest.approx(size[0] - right, abs=size[0] / 16)


@pytest.mark.parametrize("colour", ["white", "black"])
def test_a_caption_is_legible_on_any_ground(colour):
    written = captioned(Image.new("RGB", (256, 256), colour), "a fox")
    assert written.convert("L").getextrema() == (0, 255)


def test_long_captions_are_wrapped_and_their_letters_become_smaller():
    short, long = "a red fox", "a red fox in the wood under the moon " * 4
    assert captions.layout(long, 512, 512)[0] < captions.layout(short, 512, 512)[0]
    size, lines = captions.layout(long, 512, 512)
    assert " ".join(lines) == long.strip()
    assert all(captions.length(line, size) <= 512 for line in lines)
    assert size >= 512 * captions.SMALLEST


def test_letters_grow_with_the_picture():
    assert captions.layout("a fox", 1024, 1024)[0] == pytest.approx(4 * captions.layout("a fox", 256, 256)[0], rel=0.1)


def test_lines_are_broken_where_each_script_breaks_them():
    assert captions._lines("red foxes run", 40, 200) == ["red foxes", "run"]
    assert captions._lines("红色的狐狸，看着", 40, 200) == ["红色的狐", "狸，看着"]
    assert captions._lines("one\ntwo", 40, 1000) == ["one", "two"]
    assert "".join(captions._lines("Donaudampfschifffahrt", 40, 200)) == "Donaudampfschifffahrt"


def test_what_only_steers_others_is_no_box():
    assert captions._plain("a\u200db\ufe0f\u202ec\u0301\td") == "abć d"


def test_characters_that_no_font_has_are_named_before_anything_is_drawn():
    request = Text2Image(model="demo", prompt="a fox", caption="fox ثعلب \ue000")
    with pytest.raises(RequestError) as caught:
        complete(request, DEMO)
    assert (caught.value.code, caught.value.facts) == ("caption_unwritable", {"characters": "ث ع ل ب \ue000"})


def test_a_caption_that_would_be_too_small_to_read_is_refused_and_what_fits_is_told():
    text = "a red fox in the wood " * 9
    complete(Text2Image(model="kandinsky-2-2", prompt="a fox", caption=text), KANDINSKY_2_2)
    with pytest.raises(RequestError) as caught:
        complete(Text2Image(model="demo", prompt="a fox", caption=text), DEMO)
    assert (caught.value.code, caught.value.facts["width"]) == ("caption_too_long", 128)
    captions.check(text[: caught.value.facts["limit"]], 128, 128)
