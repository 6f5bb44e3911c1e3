"""What a person can ask the engine for: frozen values, every bound checked here and nowhere else."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal, TypeVar

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from engine.catalog import ModelSpec
from engine.errors import RequestError

# Long enough for any encoder here (they read 77 tokens) and short enough to be echoed on every platform.
MAX_PROMPT = 2_000
MAX_SEED = 2**32 - 1

Prompt = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_PROMPT)]
R = TypeVar("R", bound="Request")


class Request(BaseModel):
    """Hold what every mode shares; `None` means "as the model likes it" until `complete` fills it in.

    Sizes are pixels. `seed` belongs to the first picture; picture `i` of `count` uses `seed + i`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: str
    model: str
    width: int | None = Field(default=None, ge=1)
    height: int | None = Field(default=None, ge=1)
    steps: int | None = Field(default=None, ge=1, le=150)
    guidance_scale: float | None = Field(default=None, ge=0, le=30, allow_inf_nan=False)
    seed: int | None = Field(default=None, ge=0, le=MAX_SEED)
    count: int = Field(default=1, ge=1, le=4)

    def seeds(self) -> list[int]:
        """List one seed per picture, wrapping at the largest seed."""
        return [((self.seed or 0) + index) % (MAX_SEED + 1) for index in range(self.count)]

    def cost(self) -> float:
        """Estimate the work in megapixel-steps, the unit in which waiting times are learned."""
        pixels = (self.width or 0) * (self.height or 0)
        return pixels / 1e6 * (self.steps or 1) * self.count


class Text2Image(Request):
    """Ask for pictures of a text."""

    mode: Literal["text2img"] = "text2img"
    prompt: Annotated[Prompt, Field(min_length=1)]
    negative_prompt: Prompt = ""


# One member per mode; a stored request is read back through it.
AnyRequest = Text2Image


def build(kind: type[R], **fields: object) -> R:
    """Make a request of `kind`, or raise `RequestError` naming the first wrong value and what is allowed."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise _request_error(kind, error.errors()[0]) from None


def complete(request: R, model: ModelSpec) -> R:
    """Fill in from `model` what the person left open, draw a seed, and check what depends on the model.

    Raises `RequestError` where the model lacks the mode or cannot make the size.
    """
    if request.mode not in model.modes:
        raise RequestError("mode_not_supported", mode=request.mode, model=model.name)
    filled: dict[str, Any] = {
        "width": request.width or model.native_size,
        "height": request.height or model.native_size,
        "steps": request.steps or model.steps,
        "guidance_scale": model.guidance_scale if request.guidance_scale is None else request.guidance_scale,
        "seed": secrets.randbelow(MAX_SEED + 1) if request.seed is None else request.seed,
    }
    model.check_size(filled["width"], filled["height"])
    return request.model_copy(update=filled)


def limits(kind: type[Request], field: str) -> tuple[float, float] | None:
    """Tell the lowest and the highest value of a numeric field, or `None` where it has no bounds."""
    metadata = kind.model_fields[field].metadata if field in kind.model_fields else []
    low = next((bound.ge for bound in metadata if isinstance(bound, Ge)), None)
    high = next((bound.le for bound in metadata if isinstance(bound, Le)), None)
    return None if low is None or high is None else (low, high)  # type: ignore[return-value]


def _request_error(kind: type[Request], detail: ErrorDetails) -> RequestError:
    field, case = str(detail["loc"][0]), detail["type"]
    if field == "prompt" and case in {"missing", "string_too_short"}:
        return RequestError("prompt_empty")
    if case == "string_too_long":
        return RequestError("too_long", field=field, length=len(detail["input"]), limit=MAX_PROMPT)
    if bounds := limits(kind, field):
        return RequestError("out_of_range", field=field, value=detail["input"], low=bounds[0], high=bounds[1])
    return RequestError("bad_value", field=field, value=detail["input"])
