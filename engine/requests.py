"""What a person can ask the engine for, mode by mode: frozen values that carry their own bounds."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field

from engine import outpainting
from engine.catalog import ModelSpec
from engine.errors import RequestError
from engine.outpainting import MAX_RATIO, Direction
from engine.request import InputPicture, OfParts, OfPicture, Part, Request, Say, Words

MAX_PARTS = 4
MAX_FRAMES = 24
MAX_PROMPTS = 10
UPSCALE_FACTOR = 2
MAX_UPSCALED = 4096


class Text2Image(Request):
    """Ask for pictures of a text."""

    mode: Literal["text2img"] = "text2img"
    prompt: Words


class Img2Img(OfPicture):
    """Ask for a picture drawn over; `strength` is the share of the denoising steps that draw, from near 0 to 1."""

    mode: Literal["img2img"] = "img2img"
    prompt: Words
    strength: float = Field(default=0.6, ge=0.02, le=1, allow_inf_nan=False)

    @property
    def denoising_strength(self) -> float | None:
        """Tell its strength."""
        return self.strength

    def cost(self) -> float:
        """Count only the steps that are made."""
        return super().cost() * self.strength


class Inpaint(OfPicture):
    """Ask to repaint a part of a picture: where `mask` is white, or, without one, where the picture is transparent."""

    confirms_mask: ClassVar[bool] = True

    mode: Literal["inpaint"] = "inpaint"
    prompt: Words
    mask: InputPicture | None = None

    def pictures(self) -> tuple[InputPicture, ...]:
        """List the picture and its mask."""
        return (self.picture, self.mask) if self.mask else (self.picture,)


class Outpaint(OfPicture):
    """Ask for more of a picture around it: `extend` to some sides, by `share` of its own, or up to `ratio` = w / h."""

    sized_by_picture: ClassVar[bool] = True

    mode: Literal["outpaint"] = "outpaint"
    prompt: Words
    extend: tuple[Direction, ...] = ()
    share: float = Field(default=0.5, ge=0.05, le=2, allow_inf_nan=False)
    ratio: float | None = Field(default=None, ge=1 / MAX_RATIO, le=MAX_RATIO, allow_inf_nan=False)

    def layout(self, model: ModelSpec) -> outpainting.Layout:
        """Place the picture on the canvas; raise `RequestError` where `model` leaves no room for anything new."""
        width, height = self.picture.width, self.picture.height
        if self.ratio:
            return outpainting.to_ratio(width, height, model.nearest_size, self.ratio, self.extend)
        return outpainting.extended(width, height, model.nearest_size, self.extend, self.share)

    def natural_size(self, model: ModelSpec) -> tuple[int, int]:
        """Choose the size of the canvas."""
        layout = self.layout(model)
        return layout.width, layout.height

    def check_size(self, model: ModelSpec, width: int, height: int) -> None:
        """Raise `RequestError` for another size than the canvas has."""
        natural = self.natural_size(model)
        if (width, height) != natural:
            raise RequestError("outpaint_size", width=natural[0], height=natural[1])


class Mix(OfParts):
    """Ask for one picture of several things: each counts with its weight among the sum of weights."""

    is_average: ClassVar[bool] = True

    mode: Literal["mix"] = "mix"
    parts: tuple[Part, ...] = Field(min_length=2, max_length=MAX_PARTS)

    def parts_drawn(self) -> tuple[Part, ...]:
        """List what is mixed."""
        return self.parts

    def _said(self, say: Say) -> dict[str, Any]:
        return {**super()._said(say), "parts": tuple(part.with_text(say) for part in self.parts)}


class Morph(OfParts):
    """Ask for `frames` pictures that lead from one thing to another."""

    is_animation: ClassVar[bool] = True
    is_batchable: ClassVar[bool] = False

    mode: Literal["morph"] = "morph"
    start: Part
    end: Part
    frames: int = Field(default=8, ge=3, le=MAX_FRAMES)

    def parts_drawn(self) -> tuple[Part, ...]:
        """List the ends."""
        return self.start, self.end

    def cost(self) -> float:
        """Count each frame as a picture."""
        return super().cost() * self.frames

    def _said(self, say: Say) -> dict[str, Any]:
        return {**super()._said(say), "start": self.start.with_text(say), "end": self.end.with_text(say)}


class Variations(OfPicture):
    """Ask for pictures like a picture; `prompt` may add words."""

    mode: Literal["variations"] = "variations"

    def parts_drawn(self) -> tuple[Part, ...]:
        """List the picture, and the words, if any."""
        return Part(picture=self.picture), *super().parts_drawn()


class ControlNet(OfPicture):
    """Ask for a picture whose depth is given: by a depth map, or by a picture whose depth is to be estimated."""

    mode: Literal["controlnet"] = "controlnet"
    prompt: Words
    is_depth_map: bool = False


class Batch(Request):
    """Ask for one picture of each of several texts; picture `i` uses `seed + i`."""

    one_by_one: ClassVar[bool] = True
    is_batchable: ClassVar[bool] = False

    mode: Literal["batch"] = "batch"
    prompts: tuple[Words, ...] = Field(min_length=2, max_length=MAX_PROMPTS)
    count: int = Field(default=1, ge=1, le=1)

    def pictures_drawn(self) -> int:
        """Count the prompts."""
        return len(self.prompts)

    def texts(self) -> tuple[str, ...]:
        """List the prompts."""
        return self.prompts

    def _said(self, say: Say) -> dict[str, Any]:
        return {**super()._said(say), "prompts": tuple(map(say, self.prompts))}


class Segment(OfPicture):
    """Ask where in a picture is what `prompt` names: the answer is a mask of the picture's size."""

    draws: ClassVar[bool] = False
    is_batchable: ClassVar[bool] = False

    mode: Literal["segment"] = "segment"
    prompt: Words
    threshold: float = Field(default=0.4, gt=0, lt=1)


class Upscale(OfPicture):
    """Ask for a picture at twice its size, details drawn anew as far as `strength` lets them."""

    sized_by_picture: ClassVar[bool] = True
    in_tiles: ClassVar[bool] = True
    is_batchable: ClassVar[bool] = False

    mode: Literal["upscale"] = "upscale"
    strength: float | None = Field(default=None, ge=0.02, le=1, allow_inf_nan=False)

    @property
    def denoising_strength(self) -> float | None:
        """Tell its strength."""
        return self.strength

    def defaults(self, model: ModelSpec) -> dict[str, Any]:
        """List the model's own strength too."""
        return {**super().defaults(model), "strength": model.upscale_strength}

    def natural_size(self, model: ModelSpec) -> tuple[int, int]:
        """Double the size of the picture."""
        return UPSCALE_FACTOR * self.picture.width, UPSCALE_FACTOR * self.picture.height

    def check_size(self, model: ModelSpec, width: int, height: int) -> None:
        """Raise `RequestError` where the result would be too large; the tiles that are drawn have the model's size."""
        if max(width, height) > MAX_UPSCALED:
            raise RequestError("too_large_to_upscale", width=width, height=height, limit=MAX_UPSCALED)


# One member per mode; a stored request is read back through it.
AnyRequest = Annotated[
    Text2Image | Img2Img | Inpaint | Outpaint | Mix | Morph | Variations | ControlNet | Upscale | Batch | Segment,
    Field(discriminator="mode"),
]
MODES: Mapping[str, type[Request]] = MappingProxyType(
    {kind.model_fields["mode"].default: kind for kind in get_args(get_args(AnyRequest)[0])}
)
