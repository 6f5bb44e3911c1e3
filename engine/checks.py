"""Make requests from what people give: every bound is checked here and nowhere else."""

from __future__ import annotations

import secrets
from typing import Literal, TypeVar, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from engine import captions
from engine.catalog import KNOWN, ModelSpec
from engine.errors import RequestError
from engine.request import MAX_SEED, Request
from engine.requests import MAX_PARTS

R = TypeVar("R", bound=Request)


def build(kind: type[R], **fields: object) -> R:
    """Make a request of `kind`, or raise `RequestError` naming the first wrong value and what is allowed."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise _request_error(kind, error.errors()[0]) from None


def complete(request: R, model: ModelSpec) -> R:
    """Fill in from `model` what the person left open, draw a seed, and check what depends on the model.

    Raises `RequestError` where the model lacks the mode or cannot make the size, and where a caption cannot be written.
    """
    if request.mode not in model.modes:
        able = [known.name for known in KNOWN if request.mode in known.modes]
        raise RequestError("mode_not_supported", mode=request.mode, model=model.name, able=able)
    _check_parts(request, model)
    fields = {**request.defaults(model), "seed": secrets.randbelow(MAX_SEED + 1)}
    filled = request.model_copy(
        update={name: value for name, value in fields.items() if getattr(request, name) is None}
    )
    width, height = filled.width or 0, filled.height or 0
    request.check_size(model, width, height)
    if request.caption:
        captions.check(request.caption, width, height)
    return filled


def _check_parts(request: Request, model: ModelSpec) -> None:
    """Raise `RequestError` where things to mix or morph weigh nothing together, or are none that `model` can read."""
    if request.is_average and not sum(part.weight for part in request.parts_drawn()):
        raise RequestError("weights_sum_to_zero")
    if request.has_parts and request.pictures() and not model.mixes_pictures:
        able = [known.name for known in KNOWN if known.mixes_pictures and request.mode in known.modes]
        raise RequestError("mix_needs_prior", model=model.name, able=able)


def limits(kind: type[Request], field: str) -> tuple[float, float] | None:
    """Tell the lowest and the highest value of a numeric field, or `None` where it has no bounds."""
    metadata = kind.model_fields[field].metadata if field in kind.model_fields else []
    low = next((bound.ge for bound in metadata if isinstance(bound, Ge)), None)
    high = next((bound.le for bound in metadata if isinstance(bound, Le)), None)
    return None if low is None or high is None else (low, high)  # type: ignore[return-value]


def choices(kind: type[Request], field: str) -> tuple[str, ...]:
    """List the words that a field may be, none where it is free."""
    annotation = kind.model_fields[field].annotation if field in kind.model_fields else None
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def _request_error(kind: type[Request], detail: ErrorDetails) -> RequestError:
    field, case = str(detail["loc"][0]), detail["type"]
    if field == "prompt" and case in {"missing", "string_too_short"}:
        return RequestError("prompt_empty")
    if case == "missing":
        return RequestError("missing", field=field)
    if case == "literal_error":
        return RequestError("not_a_choice", field=field, value=detail["input"], known=list(choices(kind, field)))
    if case == "string_too_long":
        return RequestError("too_long", field=field, length=len(detail["input"]), limit=detail["ctx"]["max_length"])
    if bounds := limits(kind, field):
        return RequestError("out_of_range", field=field, value=detail["input"], low=bounds[0], high=bounds[1])
    if field == "parts":
        return RequestError("wrong_parts", low=2, high=MAX_PARTS)
    return RequestError("bad_value", field=field, value=detail["input"])
