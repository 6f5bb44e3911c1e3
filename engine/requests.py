"""What a person can ask the engine for: frozen values that carry their own bounds."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from engine import outpainting
from engine.catalog import ModelSpec
from engine.errors import RequestError

# Long enough for any encoder here (they read 77 tokens) and short enough to be echoed on every platform.
MAX_PROMPT = 2_000
MAX_SEED = 2**32 - 1
MAX_PARTS = 4
MAX_FRAMES = 24
MAX_PROMPTS = 10
MAX_CAPTION = 200
UPSCALE_FACTOR = 2
MAX_UPSCALED = 4096

Prompt = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_PROMPT)]
Words = Annotated[Prompt, Field(min_length=1)]
Quality = Literal["draft", "normal", "best"]
Direction = Literal["left", "right", "top", "bottom"]


class Value(BaseModel):
    """Be the base of what is asked for: frozen, and nothing that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class InputPicture(Value):
    """Name a picture that a person sent, by the checksum of its normalised file; sizes are pixels."""

    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
    width: int = Field(ge=1)
    height: int = Field(ge=1)


class Part(Value):
    """Be one thing to mix or to morph: words or a picture, with a weight that is relative to the others'."""

    text: Prompt = ""
    picture: InputPicture | None = None
    weight: float = Field(default=1.0, ge=0, le=100, allow_inf_nan=False)

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if bool(self.text) is bool(self.picture):
            raise ValueError("a part is either words or a picture")
        return self


class Style(Value):
    """Be a look by name: words that a model is given beside a person's own."""

    name: str
    prompt: Prompt = ""
    negative_prompt: Prompt = ""


class Request(Value):
    """Hold what every mode shares; `None` means "as the model likes it" until `complete` fills it in.

    Sizes are pixels. `seed` belongs to the first picture; picture `i` of `count` uses `seed + i`. An `exact` request
    is drawn in no company, which could change the last bit of a colour.
    """

    mode: str
    model: str
    prompt: Prompt = ""
    negative_prompt: Prompt = ""
    width: int | None = Field(default=None, ge=1)
    height: int | None = Field(default=None, ge=1)
    steps: int | None = Field(default=None, ge=1, le=150)
    guidance_scale: float | None = Field(default=None, ge=0, le=30, allow_inf_nan=False)
    seed: int | None = Field(default=None, ge=0, le=MAX_SEED)
    count: int = Field(default=1, ge=1, le=4)
    quality: Quality = "normal"
    exact: bool = False
    style: Style | None = None
    caption: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_CAPTION)] = ""
    enhance: bool = False

    def seeds(self) -> list[int]:
        """List one seed per picture, wrapping at the largest seed."""
        return [((self.seed or 0) + index) % (MAX_SEED + 1) for index in range(self.count)]

    def pictures(self) -> tuple[InputPicture, ...]:
        """List the pictures that it is about."""
        return ()

    def texts(self) -> tuple[str, ...]:
        """List the words that a model reads for it, apart from the negative prompt."""
        return (self.prompt,) if self.prompt else ()

    def natural_size(self, model: ModelSpec) -> tuple[int, int]:
        """Choose the size where the person named none: the model's own."""
        return model.native_size, model.native_size

    def check_size(self, model: ModelSpec, width: int, height: int) -> None:
        """Raise `RequestError` unless `model` can draw this at `width` x `height`."""
        model.check_size(width, height)

    def cost(self) -> float:
        """Estimate the work in megapixel-steps, the unit in which waiting times are learned."""
        pixels = (self.width or 0) * (self.height or 0)
        return pixels / 1e6 * (self.steps or 1) * self.count

    def batch_key(self) -> Hashable | None:
        """Tell which requests can be drawn together with it: those with the same key; with `None`, no other."""
        return None


class Batchable(Request):
    """Be a request that shares the denoising loop with others of its mode, model, size, steps and guidance."""

    def batch_key(self) -> Hashable | None:
        """Tell which requests can be drawn together with it."""
        same = (self.mode, self.model, self.width, self.height, self.steps, self.guidance_scale, self.quality)
        return None if self.exact else same


class Text2Image(Batchable):
    """Ask for pictures of a text."""

    mode: Literal["text2img"] = "text2img"
    prompt: Words


class Img2Img(Batchable):
    """Ask for a picture drawn over; `strength` is the share of the denoising steps that draw, from near 0 to 1."""

    mode: Literal["img2img"] = "img2img"
    prompt: Words
    picture: InputPicture
    strength: float = Field(default=0.6, ge=0.02, le=1, allow_inf_nan=False)

    def pictures(self) -> tuple[InputPicture, ...]:
        """List the picture that is drawn over."""
        return (self.picture,)

    def natural_size(self, model: ModelSpec) -> tuple[int, int]:
        """Choose the size of the picture, as near as the model comes to it."""
        return model.size_like(self.picture.width, self.picture.height)

    def cost(self) -> float:
        """Count only the steps that are made."""
        return super().cost() * self.strength

    def batch_key(self) -> Hashable | None:
        """Tell which requests can be drawn together with it: the strength decides on the steps."""
        return None if self.exact else (super().batch_key(), self.strength)


class Inpaint(Batchable):
    """Ask to repaint a part of a picture: where `mask` is white, or, without one, where the picture is transparent."""

    mode: Literal["inpaint"] = "inpaint"
    prompt: Words
    picture: InputPicture
    mask: InputPicture | None = None

    def pictures(self) -> tuple[InputPicture, ...]:
        """List the picture and its mask."""
        return (self.picture, self.mask) if self.mask else (self.picture,)

    def natural_size(self, model: ModelSpec) -> tuple[int, int]:
        """Choose the size of the picture, as near as the model comes to it."""
        return model.size_like(self.picture.width, self.picture.height)


class Outpaint(Batchable):
    """Ask for more of a picture around it: `extend` to some sides, by `share` of its own, or up to `ratio` = w / h."""

    mode: Literal["outpaint"] = "outpaint"
    prompt: Words
    picture: InputPicture
    extend: tuple[Direction, ...] = ()
    share: float = Field(default=0.5, ge=0.05, le=2, allow_inf_nan=False)
    ratio: float | None = Field(default=None, ge=1 / 8, le=8, allow_inf_nan=False)

    def pictures(self) -> tuple[InputPicture, ...]:
        """List the picture in the middle."""
        return (self.picture,)

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


class Mix(Batchable):
    """Ask for one picture of several things: each counts with its weight among the sum of weights."""

    mode: Literal["mix"] = "mix"
    parts: tuple[Part, ...] = Field(min_length=2, max_length=MAX_PARTS)

    def pictures(self) -> tuple[InputPicture, ...]:
        """List the pictures among the parts."""
        return tuple(part.picture for part in self.parts if part.picture)

    def texts(self) -> tuple[str, ...]:
        """List the words among the parts."""
        return tuple(part.text for part in self.parts if part.text)


class Morph(Request):
    """Ask for `frames` pictures that lead from one thing to another."""

    mode: Literal["morph"] = "morph"
    start: Part
    end: Part
    frames: int = Field(default=8, ge=3, le=MAX_FRAMES)

    def pictures(self) -> tuple[InputPicture, ...]:
        """List the pictures at the ends."""
        return tuple(part.picture for part in (self.start, self.end) if part.picture)

    def texts(self) -> tuple[str, ...]:
        """List the words at the ends."""
        return tuple(part.text for part in (self.start, self.end) if part.text)

    def cost(self) -> float:
        """Count each frame as a picture."""
        return super().cost() * self.frames


class Variations(Batchable):
    """Ask for pictures like a picture; `prompt` may add words."""

    mode: Literal["variations"] = "variations"
    picture: InputPicture

    def pictures(self) -> tuple[InputPicture, ...]:
        """List the picture to vary."""
        return (self.picture,)

    def natural_size(self, model: ModelSpec) -> tuple[int, int]:
        """Choose the size of the picture, as near as the model comes to it."""
        return model.size_like(self.picture.width, self.picture.height)


class ControlNet(Batchable):
    """Ask for a picture whose depth is given: by a depth map, or by a picture whose depth is to be estimated."""

    mode: Literal["controlnet"] = "controlnet"
    prompt: Words
    picture: InputPicture
    is_depth_map: bool = False

    def pictures(self) -> tuple[InputPicture, ...]:
        """List the picture that gives the depth."""
        return (self.picture,)

    def natural_size(self, model: ModelSpec) -> tuple[int, int]:
        """Choose the size of the picture, as near as the model comes to it."""
        return model.size_like(self.picture.width, self.picture.height)


class Batch(Request):
    """Ask for one picture of each of several texts; picture `i` uses `seed + i`."""

    mode: Literal["batch"] = "batch"
    prompts: tuple[Words, ...] = Field(min_length=2, max_length=MAX_PROMPTS)
    count: int = Field(default=1, ge=1, le=1)

    def seeds(self) -> list[int]:
        """List one seed for each prompt."""
        return [((self.seed or 0) + index) % (MAX_SEED + 1) for index in range(len(self.prompts))]

    def texts(self) -> tuple[str, ...]:
        """List the prompts."""
        return self.prompts

    def cost(self) -> float:
        """Count each prompt as a picture."""
        return super().cost() * len(self.prompts)


class Segment(Request):
    """Ask where in a picture is what `prompt` names: the answer is a mask of the picture's size."""

    mode: Literal["segment"] = "segment"
    prompt: Words
    picture: InputPicture
    threshold: float = Field(default=0.4, gt=0, lt=1)

    def pictures(self) -> tuple[InputPicture, ...]:
        """List the picture to look at."""
        return (self.picture,)


class Upscale(Request):
    """Ask for a picture at twice its size, details drawn anew as far as `strength` lets them."""

    mode: Literal["upscale"] = "upscale"
    picture: InputPicture
    strength: float | None = Field(default=None, ge=0.02, le=1, allow_inf_nan=False)

    def pictures(self) -> tuple[InputPicture, ...]:
        """List the picture to enlarge."""
        return (self.picture,)

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
