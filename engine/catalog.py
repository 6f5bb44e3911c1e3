"""The models that the engine knows: where they come from, what they can do, what sizes they make."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from engine.errors import RequestError


@dataclass(frozen=True, slots=True)
class Repository:
    """Name one `from_pretrained` source: a hub repository at a pinned revision, or a local folder.

    Of a pipeline's `folders` only these are loaded, and fetched; of one that names none, all.
    """

    path: str
    revision: str | None = None
    variant: str | None = None
    folders: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str, folders: tuple[str, ...] = ()) -> Self:
        """Read "owner/name", "owner/name@revision" or a folder."""
        path, _, revision = text.partition("@")
        return cls(text) if Path(text).is_dir() else cls(path, revision or None, folders=folders)

    @property
    def is_folder(self) -> bool:
        """Tell a path from a hub repository, which is always "owner/name"."""
        return Path(self.path).is_dir() or self.path.startswith((".", "~", os.sep)) or self.path.count("/") != 1


# What is loaded of the pipelines of rarer modes; MoVQ and encoders are the decoder's.
DRAWS = ("unet", "scheduler")
# The encoders of 2.2 and 3 know little else, nor does the prior of 2.1 (ai-forever/Kandinsky-2, issue 106).
ENGLISH_ONLY = frozenset({"en"})
ALL_MODES = (
    "text2img", "img2img", "inpaint", "outpaint", "mix", "morph", "variations", "upscale", "batch",
)  # fmt: skip


# The outer level's share of the work of a step of the embedded UNet: an estimate.
OUTER_LEVEL = 0.35


@dataclass(frozen=True, slots=True)
class Savings:
    """Say what the steps of a picture save, in time steps of the noise: 1000 is nothing but noise, 0 none.

    Above `guided_below` nothing is guided. For `reused_for` after a full step only the outer level of the UNet runs.
    """

    guided_below: int = 1000
    reused_for: int = 0

    def left(self, steps: int) -> float:
        """Estimate the share that is left of the work of `steps`."""
        every = 1 + self.reused_for * steps // 1000
        return (1 + self.guided_below / 1000) / 2 * (1 + OUTER_LEVEL * (every - 1)) / every


NO_SAVINGS = Savings()


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Describe one model; sizes are pixels, `size_multiple` is what width and height must be divisible by.

    `reads` are the languages that it draws from, as ISO 639-1 codes; prompts in others are translated.
    `optional_parts` may be added to `repositories`: "depth" estimates depth, "upscaler" is a `spandrel` file.
    An `embedded` model comes with the bot: it has no files to fetch, and is so small that it stays on every device.
    `mixes_pictures` says whether a mix or a morph takes pictures, which needs a prior's image encoder, or words alone.
    """

    name: str
    family: str
    repositories: Mapping[str, Repository] = field(default_factory=dict)
    modes: tuple[str, ...] = ALL_MODES
    optional_parts: tuple[str, ...] = ()
    embedded: bool = False
    mixes_pictures: bool = True
    native_size: int = 768
    size_multiple: int = 64
    min_size: int = 256
    max_size: int = 1536
    max_pixels: int = 1536 * 1024
    steps: int = 50
    draft_steps: int = 20
    best_steps: int = 100
    prior_steps: int = 25
    guidance_scale: float = 4.0
    prior_guidance_scale: float = 4.0
    reads: frozenset[str] = ENGLISH_ONLY
    # Where a person names none; the embedded model draws other shapes at more.
    upscale_strength: float = 0.3
    # By quality; one that is not named saves nothing.
    savings: Mapping[str, Savings] = field(default_factory=dict)

    def folders_of(self, part: str) -> tuple[str, ...]:
        """Name the folders that are loaded of a part, whichever repository it is taken from."""
        return self.repositories[part].folders if part in self.repositories else ()

    def steps_of(self, quality: str) -> int:
        """Tell the steps of a "draft", a "normal" or the "best" picture."""
        return {"draft": self.draft_steps, "normal": self.steps, "best": self.best_steps}[quality]

    def check_size(self, width: int, height: int) -> None:
        """Raise `RequestError` unless the model can make `width` x `height` pixels; it carries the nearest size."""
        if (width, height) != self.nearest_size(width, height):
            near = self.nearest_size(width, height)
            raise RequestError(
                "bad_size", width=width, height=height, model=self.name, low=self.min_size, high=self.max_size,
                multiple=self.size_multiple, max_pixels=self.max_pixels, near_width=near[0], near_height=near[1],
            )  # fmt: skip

    def nearest_size(self, width: int, height: int) -> tuple[int, int]:
        """Find the nearest size that the model makes: multiples within the side bounds, shrunk to `max_pixels`."""
        scale = min(1.0, (self.max_pixels / (width * height)) ** 0.5)
        near_width, near_height = self._snap(width * scale), self._snap(height * scale)
        while near_width * near_height > self.max_pixels:
            if near_width >= near_height:
                near_width -= self.size_multiple
            else:
                near_height -= self.size_multiple
        return near_width, near_height

    def size_for_ratio(self, ratio: float) -> tuple[int, int]:
        """Find a size of about the native area whose width is `ratio` times its height."""
        return self.nearest_size(round(self.native_size * ratio**0.5), round(self.native_size / ratio**0.5))

    def size_like(self, width: int, height: int) -> tuple[int, int]:
        """Find the size for a picture: its own where the model makes it, else one of its ratio and the native area."""
        if (width, height) == self.nearest_size(width, height):
            return width, height
        return self.size_for_ratio(width / height)

    def _snap(self, pixels: float) -> int:
        snapped = round(pixels / self.size_multiple) * self.size_multiple
        return max(self.min_size, min(self.max_size, snapped))


DEMO = ModelSpec(
    name="demo", family="kandinsky-2-2", embedded=True,
    native_size=128, min_size=64, max_size=256, max_pixels=256 * 256,
    steps=20, draft_steps=10, best_steps=40, prior_steps=10, guidance_scale=1.5, prior_guidance_scale=1.5,
    reads=frozenset({"en", "de", "ru", "zh"}),
    upscale_strength=0.1,
    savings={"draft": Savings(guided_below=700), "normal": Savings(guided_below=500, reused_for=100)},
)  # fmt: skip

KANDINSKY_2_2 = ModelSpec(
    name="kandinsky-2-2",
    family="kandinsky-2-2",
    # All commits carry safetensors; the main branch of the last holds a pickle, so this is its open pull request 5.
    # A plain dict, for a specification is pickled on its way to the worker process.
    repositories={
        "prior": Repository("kandinsky-community/kandinsky-2-2-prior", "9fc51ad5732afc5d031724219d22e6c42179c5a8"),
        "decoder": Repository("kandinsky-community/kandinsky-2-2-decoder", "9ae140d347fed8ce6e8bb3005dcc1f48543bb8e3"),
        "inpaint": Repository(
            "kandinsky-community/kandinsky-2-2-decoder-inpaint",
            "db790ad5cbcabed886f069ef2710774657621702",
            folders=DRAWS,
        ),
        "controlnet": Repository(
            "kandinsky-community/kandinsky-2-2-controlnet-depth",
            "08632524a2b7e3bed39a7901d92cdd07e37544d0",
            folders=DRAWS,
        ),
    },
    modes=(*ALL_MODES, "controlnet"),
    optional_parts=("depth", "upscaler"),
)

KANDINSKY_2_1 = ModelSpec(
    name="kandinsky-2-1",
    family="kandinsky-2-1",
    repositories={
        "prior": Repository("kandinsky-community/kandinsky-2-1-prior", "b726af62d69111bbf62b5d71bb9d90d9867fbce4"),
        "decoder": Repository("kandinsky-community/kandinsky-2-1", "04b366659663bf60deacb96fd3e38f1cb39a3be4"),
        "inpaint": Repository(
            "kandinsky-community/kandinsky-2-1-inpaint", "1ecbdf9b40b35eb9106ece73976f92b13f475433", folders=DRAWS
        ),
    },
    optional_parts=("upscaler",),
)

KANDINSKY_3 = ModelSpec(
    name="kandinsky-3",
    family="kandinsky-3",
    repositories={
        "decoder": Repository(
            "kandinsky-community/kandinsky-3", "bf79e6c219da8a94abb50235fdc4567eb8fb4632", variant="fp16"
        )
    },
    optional_parts=("upscaler",),
    mixes_pictures=False,
    native_size=1024,
    steps=25,
    draft_steps=12,
    best_steps=50,
)

KNOWN = (DEMO, KANDINSKY_2_2, KANDINSKY_2_1, KANDINSKY_3)
# M2M100 with 418 million parameters, MIT. This commit holds its weights as a pickle only: `downloads`
# fetches the hub's own conversion of exactly this commit to safetensors.
TRANSLATOR = Repository("facebook/m2m100_418M", "55c2e61bbf05dfb8d7abccdc3fae6fc8512fd636")


class Catalog:
    """Look models up by name; the first one is the default."""

    def __init__(self, models: Iterable[ModelSpec]) -> None:
        self._models = {model.name: model for model in models}
        self.default = next(iter(self._models))

    @classmethod
    def of(cls, default: str, paths: Mapping[str, str], more: Iterable[str] = ()) -> Self:
        """Offer the model called `default`, its parts taken from `paths`, then those of `more`, and the embedded one.

        Raises `RequestError` for a name that is not among the known ones.
        """
        model = cls(KNOWN)[default]
        known = [*model.repositories, *model.optional_parts]
        if unknown := set(paths) - set(known):
            raise RequestError("unknown_part", value=min(unknown), known=known)
        given = {part: Repository.of(path, model.folders_of(part)) for part, path in paths.items()}
        repositories = {**model.repositories, **given}
        others = [cls(KNOWN)[name] for name in (*more, DEMO.name) if name != default]
        return cls([replace(model, repositories=repositories), *others])

    def without_savings(self) -> Self:
        """Offer the same models, each making every step in full."""
        return type(self)(replace(model, savings={}) for model in self.models())

    def __getitem__(self, name: str) -> ModelSpec:
        """Return the model called `name`; raise `RequestError` listing the names there are."""
        if name not in self._models:
            raise RequestError("unknown_model", value=name, models=self.names())
        return self._models[name]

    def models(self) -> tuple[ModelSpec, ...]:
        """List the models, the default first."""
        return tuple(self._models.values())

    def names(self) -> list[str]:
        """List the models in the order of the catalog."""
        return list(self._models)
