"""Gentle words on values that seldom help. Pure."""

from __future__ import annotations

from bot.words.localisation import say
from engine.catalog import KNOWN
from engine.requests import AnyRequest

# What the published models of Kandinsky draw well with.
GUIDANCE = (3.0, 6.0)
MOST_STEPS = 30
_MODELS = {model.name: model for model in KNOWN}


def advice(request: AnyRequest) -> list[str]:
    """Say at most one thing, and nothing of a model that is made for other values."""
    model = _MODELS.get(request.model)
    if not model:
        return []
    low, high = GUIDANCE
    guidance = model.guidance_scale if request.guidance_scale is None else request.guidance_scale
    if low <= model.guidance_scale <= high and not low <= guidance <= high:
        return [say("advice-guidance", guidance=f"{guidance:g}", low=f"{low:g}", high=f"{high:g}", model=model.name)]
    usual = max(MOST_STEPS, model.steps_of(request.quality))
    if model.steps <= MOST_STEPS and (request.steps or 0) > usual:
        return [say("advice-steps", steps=request.steps or 0, limit=MOST_STEPS, model=model.name)]
    return []
