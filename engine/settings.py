"""What a worker process must know: the one value that crosses to it when it starts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from engine.catalog import TRANSLATOR, ModelSpec, Repository
from engine.tuned import Compile, Memory, Tuned

Quantise = Literal["off", "nf4", "int8"]
Action = Literal["blur", "block", "restrict"]
TranslationMode = Literal["auto", "off", "always"]


@dataclass(frozen=True, slots=True)
class Keeping:
    """Say how models are kept on a GPU: in which way to begin, whether text encoders are quantised, what is compiled.

    On a CPU nothing of it applies, but that nothing can be quantised there.
    """

    memory: Memory = "auto"
    quantise: Quantise = "off"
    compile: Compile = "off"


AUTO = Keeping()
# What `kandinsky-bot tune` measures, by the keys of the configuration.
TUNED = frozenset({"batch_size", "memory", "compile"})


@dataclass(frozen=True, slots=True)
class Classifying:
    """Say which model looks at pictures, which of its labels are unsafe, and from which score on, 0 to 1.

    With the action "block" the worker lets no unsafe picture in or out; what the others mean, the surfaces decide.
    """

    repository: Repository
    labels: tuple[str, ...] = ("nsfw",)
    threshold: float = 0.8
    action: Action = "blur"


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Say what a worker process holds, how many jobs it draws at once, and how long it may take.

    Without a `segmenter` nothing is found by words, without `classifying` nothing looks at pictures.
    `cache_dir` is for models that the bot builds itself; downloads go where the hub's client keeps them (`HF_HOME`).
    A process with work that says nothing for `hang_s` is killed, as is one that has not loaded after `load_timeout_s`.
    The wait before a restart is `restart_s`, doubled up to `max_restart_s` while loading goes on failing. What was
    `tuned` counts where it was measured on the worker's device, for all but what was set `by_hand`.
    """

    models: tuple[ModelSpec, ...]
    cache_dir: Path
    device: Literal["auto", "cpu", "cuda"] = "auto"
    keeping: Keeping = AUTO
    batch_size: int = 4
    translate: TranslationMode = "auto"
    translator: Repository = TRANSLATOR
    segmenter: Repository | None = None
    classifying: Classifying | None = None
    hang_s: float = 120.0
    load_timeout_s: float = 900.0
    restart_s: float = 0.5
    max_restart_s: float = 30.0
    tuned: Tuned | None = None
    by_hand: frozenset[str] = frozenset()

    def as_tuned(self) -> WorkerSettings:
        """Take what was measured for what was not set by hand."""
        if self.tuned is None:
            return self
        found = {name: getattr(self.tuned, name) for name in TUNED - self.by_hand}
        keeping = replace(self.keeping, **{name: found[name] for name in ("memory", "compile") if name in found})
        return replace(self, keeping=keeping, batch_size=found.get("batch_size", self.batch_size), tuned=None)
