"""What every request for pictures is made of, and the facts that other code asks of it, whatever its mode."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from engine.catalog import NO_SAVINGS, ModelSpec, Savings

# Long enough for any encoder here (they read 77 tokens) and short enough to be echoed on every platform.
MAX_PROMPT = 2_000
MAX_SEED = 2**32 - 1
MAX_CAPTION = 200
MAX_STEPS = 150

Prompt = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_PROMPT)]
Words = Annotated[Prompt, Field(min_length=1)]
Quality = Literal["draft", "normal", "best"]
# What puts words in other words.
Say = Callable[[str], str]


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

    def with_text(self, say: Say) -> Self:
        """Say its words anew, where it has any."""
        return self.model_copy(update={"text": say(self.text)}) if self.text else self


class Style(Value):
    """Be a look by name: words that a model is given beside a person's own."""

    name: str
    prompt: Prompt = ""
    negative_prompt: Prompt = ""


class Request(Value):
    """Hold what every mode shares; `None` means "as the model likes it" until `complete` fills it in.

    Sizes are pixels. `seed` belongs to the first picture; picture `i` of `count` uses `seed + i`. An `exact` request
    is drawn in no company, which could change the last bit of a colour, and saves nothing.

    What other code needs to know of a mode stands here as a fact, and a mode that differs says so.
    """

    # It is drawn together with others of its model and size.
    is_batchable: ClassVar[bool] = True
    # It draws something; what only looks has nothing to style, to finish or to check, and counts as no picture.
    draws: ClassVar[bool] = True
    # Its pictures are the frames of one animation.
    is_animation: ClassVar[bool] = False
    # Each of its pictures has words of its own, and is shown by itself.
    one_by_one: ClassVar[bool] = False
    # It is of several parts, each words or a picture; with `is_average`, one picture of them all by their weights.
    has_parts: ClassVar[bool] = False
    is_average: ClassVar[bool] = False
    # Where it draws is a mask, which a person may confirm first.
    confirms_mask: ClassVar[bool] = False
    # Its size follows from its picture: nobody names another.
    sized_by_picture: ClassVar[bool] = False
    # It is drawn in tiles of the model's own size, however large it is.
    in_tiles: ClassVar[bool] = False

    mode: str
    model: str
    prompt: Prompt = ""
    negative_prompt: Prompt = ""
    width: int | None = Field(default=None, ge=1)
    height: int | None = Field(default=None, ge=1)
    steps: int | None = Field(default=None, ge=1, le=MAX_STEPS)
    guidance_scale: float | None = Field(default=None, ge=0, le=30, allow_inf_nan=False)
    seed: int | None = Field(default=None, ge=0, le=MAX_SEED)
    count: int = Field(default=1, ge=1, le=4)
    quality: Quality = "normal"
    exact: bool = False
    savings: Savings | None = None
    style: Style | None = None
    caption: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_CAPTION)] = ""
    enhance: bool = False

    def seeds(self) -> list[int]:
        """List one seed per picture, wrapping at the largest seed."""
        return [((self.seed or 0) + index) % (MAX_SEED + 1) for index in range(self.pictures_drawn())]

    def pictures_drawn(self) -> int:
        """Count the pictures that it has a seed for."""
        return self.count

    def pictures_counted(self) -> int:
        """Count the pictures that it asks for, as quotas and statistics do: an animation is one."""
        if not self.draws:
            return 0
        return 1 if self.is_animation else self.pictures_drawn()

    def pictures(self) -> tuple[InputPicture, ...]:
        """List the pictures that it is about."""
        return ()

    def texts(self) -> tuple[str, ...]:
        """List the words that a model reads for it, apart from the negative prompt."""
        return (self.prompt,) if self.prompt else ()

    def text_of(self, index: int) -> str:
        """Tell the words of picture `index`, counted from 0."""
        return self.texts()[index] if self.one_by_one else " + ".join(self.texts())

    def with_texts(self, say: Say) -> Self:
        """Say all its words anew, the negative prompt too."""
        return self.model_copy(update=self._said(say))

    def parts_drawn(self) -> tuple[Part, ...]:
        """List what each of its pictures is drawn from by its meaning: the prompt alone, or what there is beside it."""
        return (Part(text=self.prompt),) if self.prompt else ()

    @property
    def saves(self) -> Savings:
        """Tell what its steps save."""
        return NO_SAVINGS if self.exact else self.savings or NO_SAVINGS

    @property
    def has_one_prompt(self) -> bool:
        """Tell whether `prompt` is all that it says, so that it can be written anew."""
        return not (self.has_parts or self.one_by_one)

    @property
    def denoising_strength(self) -> float | None:
        """Tell the share of the denoising steps that draw over a picture, `None` where nothing is drawn over."""
        return None

    def defaults(self, model: ModelSpec) -> dict[str, Any]:
        """List by field what `model` takes where the person left it open."""
        width, height = self.natural_size(model)
        steps, guidance_scale = model.steps_of(self.quality), model.guidance_scale
        savings = NO_SAVINGS if self.exact else model.savings.get(self.quality, NO_SAVINGS)
        return {
            "width": width, "height": height, "steps": steps, "guidance_scale": guidance_scale, "savings": savings,
        }  # fmt: skip

    def natural_size(self, model: ModelSpec) -> tuple[int, int]:
        """Choose the size where the person named none: the model's own."""
        return model.native_size, model.native_size

    def check_size(self, model: ModelSpec, width: int, height: int) -> None:
        """Raise `RequestError` unless `model` can draw this at `width` x `height`."""
        model.check_size(width, height)

    def cost(self) -> float:
        """Estimate the work in full megapixel-steps, the unit in which waiting times are learned."""
        pixels = (self.width or 0) * (self.height or 0)
        steps = self.steps or 1
        return pixels / 1e6 * steps * self.saves.left(steps) * self.pictures_drawn()

    def batch_key(self) -> Hashable | None:
        """Tell which requests can be drawn together with it: those with the same key; with `None`, no other."""
        return (self.model, self.width, self.height) if self.is_batchable and not self.exact else None

    def _said(self, say: Say) -> dict[str, Any]:
        return {"prompt": say(self.prompt), "negative_prompt": say(self.negative_prompt)}


class OfPicture(Request):
    """Be a request about one picture, whose size it takes as near as the model comes to it."""

    picture: InputPicture

    def pictures(self) -> tuple[InputPicture, ...]:
        """List the picture."""
        return (self.picture,)

    def natural_size(self, model: ModelSpec) -> tuple[int, int]:
        """Choose the size of the picture, as near as the model comes to it."""
        return model.size_like(self.picture.width, self.picture.height)


class OfParts(Request):
    """Be a request of several parts."""

    has_parts: ClassVar[bool] = True

    def pictures(self) -> tuple[InputPicture, ...]:
        """List the pictures among the parts."""
        return tuple(part.picture for part in self.parts_drawn() if part.picture)

    def texts(self) -> tuple[str, ...]:
        """List the words among the parts."""
        return tuple(part.text for part in self.parts_drawn() if part.text)
