"""The families of models, and how each is loaded: a new family is a module and a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from engine.catalog import ModelSpec
from engine.kandinsky.device import Device, DeviceName, choose
from engine.kandinsky.kandinsky_2_1 import Kandinsky21
from engine.kandinsky.kandinsky_2_2 import Kandinsky22
from engine.kandinsky.kandinsky_3 import Kandinsky3
from engine.workers.model import Model

LOADERS: Mapping[str, Callable[[ModelSpec, Device, Path], Model]] = MappingProxyType(
    {
        "kandinsky-2-1": Kandinsky21.load,
        "kandinsky-2-2": Kandinsky22.load,
        "kandinsky-3": Kandinsky3.load,
    }
)


def load_models(specs: Iterable[ModelSpec], device: DeviceName, cache_dir: Path) -> dict[str, Model]:
    """Load every model of `specs` onto `device`, by name; raise `ModelMissing` for files that are not there."""
    chosen = choose(device)
    return {spec.name: LOADERS[spec.family](spec, chosen, cache_dir) for spec in specs}
