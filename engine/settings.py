"""What a worker process must know: the one value that crosses to it when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.catalog import TRANSLATOR, ModelSpec, Repository

Memory = Literal["auto", "resident", "offload", "sequential"]
Quantise = Literal["off", "nf4", "int8"]
Compile = Literal["off", "default", "max-autotune"]
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
    The wait before a restart is `restart_s`, doubled up to `max_restart_s` while loading goes on failing.
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
