"""A picture grows to where it was asked to, on a canvas that the model can draw, and keeps its shape."""

import itertools

import pytest

from bot.words import replies
from engine.catalog import DEMO, KANDINSKY_2_2, ModelSpec
from engine.errors import RequestError
from engine.outpainting import SIDES, Layout, extended, to_ratio

SIZES = [(768, 768), (1024, 512), (500, 700), (2048, 1365), (128, 128), (97, 64), (400, 130)]
SOME_SIDES = [sides for count in (1, 2, 3, 4) for sides in itertools.combinations(SIDES, count)]


def margins(layout: Layout) -> dict[str, int]:
    left, top, right, bottom = layout.box
    return {"left": left, "right": layout.width - right, "top": top, "bottom": layout.height - bottom}


def assert_keeps_its_shape(layout: Layout, width: int, height: int) -> None:
    left, top, right, bottom = layout.box
    wide, high = right - left, bottom - top
    # One scale explains both sides, each rounded to whole pixels.
    assert max((wide - 0.5) / width, (high - 0.5) / height) <= min((wide + 0.5) / width, (high + 0.5) / height)
    assert wide <= layout.width
    assert high <= layout.height


@pytest.mark.parametrize("model", [DEMO, KANDINSKY_2_2], ids=lambda model: model.name)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("sides", SOME_SIDES, ids="+".join)
def test_a_picture_grows_to_the_sides_that_are_named(model: ModelSpec, size, sides):
    layout = extended(*size, model.nearest_size, sides)
    model.check_size(layout.width, layout.height)
    assert_keeps_its_shape(layout, *size)
    assert all((margins(layout)[side] > 3) == (side in sides) for side in SIDES if axis_grows(side, sides))
    assert all(margins(layout)[side] == 0 for side in SIDES if not axis_grows(side, sides))


def axis_grows(side: str, sides: tuple[str, ...]) -> bool:
    axis = ("left", "right") if side in {"left", "right"} else ("top", "bottom")
    return any(other in sides for other in axis)


def test_a_size_that_fits_is_not_scaled():
    assert extended(768, 768, KANDINSKY_2_2.nearest_size, ["right"]) == Layout(1152, 768, (0, 0, 768, 768))
    assert extended(512, 512, KANDINSKY_2_2.nearest_size, SIDES) == Layout(1024, 1024, (256, 256, 768, 768))
    assert extended(768, 512, KANDINSKY_2_2.nearest_size, ["top"], 0.25) == Layout(768, 640, (0, 128, 768, 640))


@pytest.mark.parametrize("size", [(768, 768), (1024, 512), (500, 700), (2048, 1365), (300, 300)], ids=str)
@pytest.mark.parametrize("ratio", [16 / 9, 9 / 16, 1.2, 3.0])
def test_a_picture_grows_to_a_ratio(size, ratio):
    layout = to_ratio(*size, KANDINSKY_2_2.nearest_size, ratio)
    KANDINSKY_2_2.check_size(layout.width, layout.height)
    assert abs(layout.width / layout.height / ratio - 1) < 0.08
    assert_keeps_its_shape(layout, *size)
    spaces = margins(layout)
    assert abs(spaces["left"] - spaces["right"]) <= 1
    assert abs(spaces["top"] - spaces["bottom"]) <= 1


def test_what_a_ratio_adds_may_go_to_one_side():
    layout = to_ratio(768, 768, KANDINSKY_2_2.nearest_size, 1.5, ["left"])
    assert layout == Layout(1152, 768, (384, 0, 1152, 768))


@pytest.mark.parametrize("ratio", [8.5, 0.1])
def test_a_ratio_beyond_eight_to_one_is_refused(ratio):
    assert code(lambda: to_ratio(512, 512, DEMO.nearest_size, ratio)) == "outpaint_ratio"
    assert code(lambda: extended(800, 120, DEMO.nearest_size, ["left", "right"])) == "outpaint_ratio"


def test_what_adds_nothing_is_refused():
    assert code(lambda: to_ratio(1600, 900, DEMO.nearest_size, 16 / 9)) == "outpaint_nothing"
    assert code(lambda: extended(512, 512, DEMO.nearest_size, [])) == "outpaint_nowhere"
    assert code(lambda: extended(512, 512, lambda width, height: (128, 128), ["left"])) == "outpaint_nothing"


def code(lay_out) -> str:
    with pytest.raises(RequestError) as caught:
        lay_out()
    assert "{" not in replies.error(caught.value)
    return caught.value.code
