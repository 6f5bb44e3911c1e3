"""Work out how a picture grows: the size of the canvas, and the place of the picture on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from engine.errors import RequestError

# Nobody asks for, sends or gets a picture that is narrower.
MAX_RATIO = 8
Direction = Literal["left", "right", "top", "bottom"]
SIDES: tuple[Direction, ...] = get_args(Direction)
# Less than one latent cell of new picture is nothing.
MIN_NEW = 8
# A canvas may be this many times smaller or larger than asked for, where the model makes no other size.
SCALES = tuple(2 ** (step / 8) for step in range(-32, 33))
# What one per cent of another ratio may cost in per cent of another size.
RATIO_WEIGHT = 4
SAME_RATIO = 0.01

NearestSize = Callable[[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Layout:
    """Place a picture on its canvas, in pixels: scaled, it fills `box` (left, top, right, bottom)."""

    width: int
    height: int
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Wish:
    """Hold what is asked for, in the picture's own pixels; `left` and `top` are the shares of what is new there."""

    picture: tuple[int, int]
    canvas: tuple[float, float]
    left: float
    top: float

    @property
    def grows(self) -> tuple[bool, bool]:
        """Tell whether it grows in width, and in height."""
        return self.canvas[0] > self.picture[0], self.canvas[1] > self.picture[1]


def extended(width: int, height: int, nearest_size: NearestSize, sides: Collection[str], share: float = 0.5) -> Layout:
    """Lay out a picture that grows to `sides`, to each by `share` of its own side.

    `nearest_size` is `ModelSpec.nearest_size`. Raises `RequestError` where there is no side, or the ratio of the canvas
    is beyond 1:8 to 8:1, or the model's sizes leave no room for anything new.
    """
    if not sides:
        raise RequestError("outpaint_nowhere")
    across = [side in sides for side in ("left", "right")]
    upright = [side in sides for side in ("top", "bottom")]
    canvas = (width * (1 + share * sum(across)), height * (1 + share * sum(upright)))
    _check_ratio(canvas[0] / canvas[1])
    return _lay_out(_Wish((width, height), canvas, _first_share(*across), _first_share(*upright)), nearest_size)


def to_ratio(width: int, height: int, nearest_size: NearestSize, ratio: float, sides: Collection[str] = ()) -> Layout:
    """Lay out a picture that grows until its width is about `ratio` times its height; it stays in the middle.

    Where `sides` are named, what is new goes to these of them that the ratio lets grow. Raises `RequestError` where the
    ratio is beyond 1:8 to 8:1 or the picture's own, or the model's sizes leave no room for anything new.
    """
    _check_ratio(ratio)
    own = width / height
    if abs(math.log(ratio / own)) < SAME_RATIO:
        raise RequestError("outpaint_nothing", width=width, height=height)
    canvas = (height * ratio, height) if ratio > own else (width, width / ratio)
    left = _first_share("left" in sides, "right" in sides)
    top = _first_share("top" in sides, "bottom" in sides)
    return _lay_out(_Wish((width, height), canvas, left, top), nearest_size)


def _check_ratio(ratio: float) -> None:
    if not 1 / MAX_RATIO <= ratio <= MAX_RATIO:
        raise RequestError("outpaint_ratio", limit=MAX_RATIO)


def _first_share(first: bool, second: bool) -> float:
    return 0.5 if first == second else float(first)


def _lay_out(wish: _Wish, nearest_size: NearestSize) -> Layout:
    layouts = list(_layouts(wish, nearest_size))
    if not layouts:
        raise RequestError("outpaint_nothing", width=wish.picture[0], height=wish.picture[1])
    return min(layouts, key=lambda layout: _distance(wish, layout))


def _layouts(wish: _Wish, nearest_size: NearestSize) -> Iterator[Layout]:
    """List the layouts of all sizes that are not too far away and leave enough to paint."""
    wanted = ((max(1, round(wish.canvas[0] * scale)), max(1, round(wish.canvas[1] * scale))) for scale in SCALES)
    for width, height in sorted({nearest_size(*size) for size in wanted}):
        layout = _place(wish, width, height)
        new = (width - (layout.box[2] - layout.box[0]), height - (layout.box[3] - layout.box[1]))
        if all(pixels >= MIN_NEW * grows for pixels, grows in zip(new, wish.grows, strict=True)):
            yield layout


def _place(wish: _Wish, width: int, height: int) -> Layout:
    """Scale the picture to fill the side that does not grow; else to the wish's share of the tighter side."""
    scales = (width / wish.canvas[0], height / wish.canvas[1])
    scale = min(scales) if wish.grows[0] == wish.grows[1] else scales[wish.grows.index(False)]
    wide, high = (max(1, round(side * scale)) for side in wish.picture)
    left, top = round((width - wide) * wish.left), round((height - high) * wish.top)
    return Layout(width, height, (left, top, left + wide, top + high))


def _distance(wish: _Wish, layout: Layout) -> float:
    """Measure how far a canvas is from the wish: its ratio, and its size against the picture's own pixels."""
    wide, high = layout.width / wish.canvas[0], layout.height / wish.canvas[1]
    return RATIO_WEIGHT * abs(math.log(wide / high)) + abs(math.log(wide * high)) / 2
