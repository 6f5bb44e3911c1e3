"""Load models, each by its family: all of them where they fit together, else one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from engine.catalog import KNOWN, ModelSpec
from engine.kandinsky.families.register import FAMILIES
from engine.kandinsky.placing.device import Device, DeviceName, choose
from engine.kandinsky.placing.laddered import Laddered, Placeable
from engine.kandinsky.placing.placing import budget_bytes
from engine.kandinsky.placing.plan import Components, Rung, peak_bytes, with_parts
from engine.kandinsky.placing.shelf import Shelf
from engine.models.model import Models
from engine.settings import AUTO, Keeping


def load_models(
    specs: Iterable[ModelSpec], device: DeviceName, cache_dir: Path, keeping: Keeping = AUTO
) -> Models:  # fmt: skip
    """Load every model of `specs` onto `device`, by name; on a GPU as far as its memory goes, as `keeping` says.

    Raises `ModelMissing` for files that are not there, and `EngineError("device_too_small")`.
    """
    chosen = choose(device)
    if not chosen.is_cuda:
        return Models({spec.name: _load(spec, chosen, cache_dir, keeping) for spec in specs})
    return load_within(tuple(specs), chosen, cache_dir, keeping, lambda: budget_bytes(chosen) or 0)


def load_within(
    specs: Sequence[ModelSpec], device: Device, cache_dir: Path, keeping: Keeping, total: Callable[[], int]
) -> Models:
    """Load `specs` onto a device on which all of them together may have `total` bytes.

    The embedded model stays there. The others stay too where they fit together; otherwise one is there, the first to
    begin with. All are read at once, though: a worker that reads one later, and says nothing, is taken for hung.
    """
    small = {spec.name: _load(spec, device, cache_dir, keeping) for spec in specs if spec.embedded}
    large = [spec for spec in specs if not spec.embedded]
    shelved = sum(_resident_bytes(spec, keeping) for spec in large) > total() and len(large) > 1
    placed: dict[str, Laddered] = {}
    shelf = Shelf()
    for spec in large:
        model = _load(spec, replace(device, kept_on="cpu"), cache_dir, keeping)
        budget = partial(_left, placed, spec.name, total)
        placed[spec.name] = Laddered(
            spec, model, device, budget, components_of(spec), keeping, shelved=shelved, others=known_components()
        )
        if shelved:
            shelf.put(spec.name, placed[spec.name])
    if not shelved:
        return Models({**small, **placed})
    shelf.bring(large[0].name)
    return Models({**small, **shelf.models()}, shelf.swap_s)


def components_of(spec: ModelSpec) -> Components:
    """Weigh the networks of a model as those of its family."""
    return FAMILIES[spec.family].components


def known_components() -> dict[str, Components]:
    """Weigh, by name, the models that are known, but those that fit anywhere."""
    return {spec.name: components_of(spec) for spec in KNOWN if not spec.embedded}


def _load(spec: ModelSpec, device: Device, cache_dir: Path, keeping: Keeping) -> Placeable:
    return FAMILIES[spec.family].load(spec, device, cache_dir, keeping)


def _resident_bytes(spec: ModelSpec, keeping: Keeping) -> int:
    """Estimate what a model needs that is wholly on the device; in int8, as much as in half precision, to be safe."""
    model = with_parts(components_of(spec), ("prior", "decoder"))
    rung = Rung.RESIDENT_QUANTISED if keeping.quantise == "nf4" else Rung.RESIDENT
    return peak_bytes(model, rung, spec.native_size, spec.native_size)


def _left(placed: Mapping[str, Laddered], name: str, total: Callable[[], int]) -> int:
    """Count what the other models leave to the one called `name`."""
    return total() - sum(model.held_bytes for other, model in placed.items() if other != name)
