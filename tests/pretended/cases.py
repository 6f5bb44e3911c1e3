"""What is drawn on the card that is not there, and what is seen of it: each mode of each family."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from PIL import Image

from engine.catalog import ModelSpec
from engine.checks import build, complete
from engine.kandinsky.placing.laddered import Laddered
from engine.models.model import Drawing, Step
from engine.request import InputPicture, Part
from engine.requests import MODES
from tests.pretended.card import Card
from tests.pretended.models import SPECS

WORDS = "a red fox on snow"
PICTURE, MASK = "0" * 64, "1" * 64
# Two steps are made, or three where the last one differs: what is kept of a picture is put back after all but that.
STEPS: Mapping[str, int] = {"img2img": 4, "variations": 4, "upscale": 7, "inpaint": 3, "outpaint": 3}


@dataclass(frozen=True)
class Case:
    """Say what is drawn; `pictures` are asked for by one request, or by as many requests with `apart`."""

    model: str
    mode: str
    quality: str = "normal"
    guided: bool = True
    pictures: int = 1
    apart: bool = False
    more: tuple[tuple[str, Any], ...] = ()

    @property
    def spec(self) -> ModelSpec:
        """Return the model that draws."""
        return SPECS[self.model]

    def __str__(self) -> str:
        """Name it."""
        several = f"{self.pictures} {'requests' if self.apart else 'pictures'}" if self.pictures > 1 else ""
        more = " ".join(f"{name}={value}" for name, value in self.more)
        said = (self.model, self.mode, self.quality, "" if self.guided else "unguided", several, more)
        return " ".join(each for each in said if each)

    def drawings(self, words: str = WORDS) -> list[Drawing]:
        """Ask for it in `words`."""
        count = 1 if self.apart else self.pictures
        fields = {"steps": STEPS.get(self.mode, 2), "quality": self.quality, "count": count, **_fields(self, words)}
        kind = MODES[self.mode]
        asked = build(kind, model=self.model, guidance_scale=4 if self.guided else 1, **fields, **dict(self.more))
        inputs = {PICTURE: Image.new("RGB", _size(self), "red"), MASK: _mask(_size(self))}
        requests = [complete(asked, self.spec).model_copy(update={"seed": seed}) for seed in range(self.pictures)]
        return [Drawing(request, inputs) for request in requests[: self.pictures if self.apart else 1]]


@dataclass(frozen=True)
class Seen:
    """Hold what was seen: the size and number of pictures, and of a step of the decoder and the prior what it cost."""

    sizes: list[tuple[int, int]]
    prior_waits: Counter[tuple[str, str]]
    waits: Counter[tuple[str, str]]
    operations: int


@dataclass
class Log:
    """Write down at each step what the card had noted until then; a step of the decoder is one that has a preview."""

    card: Card
    steps: list[tuple[bool, Counter[tuple[str, str]], int]] = field(default_factory=list)

    def __call__(self, step: Step) -> None:
        """Be an `on_step`."""
        self.steps.append((step.previews is not None, self.card.waits.copy(), self.card.operations))


def drawn(model: Laddered, case: Case, card: Card, words: str = WORDS) -> Seen:
    """Draw, and look at the last step of the decoder, and the second of the prior where it had something to do."""
    log = Log(card)
    done = model.render(case.drawings(words), log)
    first, second = log.steps[:2]
    prior = Counter[tuple[str, str]]() if second[0] else second[1] - first[1]
    return Seen([image.size for each in done for image in each.images], prior, *of_a_step(log))


def of_a_step(log: Log) -> tuple[Counter[tuple[str, str]], int]:
    """Tell what a step of the decoder cost: the second one of three, else the last."""
    decoded = [step for step in log.steps if step[0]]
    before, step = decoded[:2] if len(decoded) == 3 else decoded[-2:]
    return step[1] - before[1], step[2] - before[2]


def every(model: str) -> Iterator[Case]:
    """List all that a model can be asked for."""
    spec = SPECS[model]
    ways = list(product(("draft", "normal", "best"), (True, False)))
    several = ((1, False), (3, False), (2, True))
    for mode in [mode for mode in spec.modes if mode != "batch"]:
        for (quality, guided), (pictures, apart) in product(ways, several):
            if pictures == 1 or mode not in ("morph", "upscale"):
                yield Case(model, mode, quality, guided, pictures, apart)


def _size(case: Case) -> tuple[int, int]:
    """Choose the size of the picture that is sent: so that it is drawn at the model's own, or in two windows."""
    side = case.spec.native_size
    return {"outpaint": (side // 2, side), "upscale": (side // 2 + 64, side // 2)}.get(case.mode, (side, side))


def _mask(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", size)
    mask.paste(255, (0, 0, size[0] // 2, size[1]))
    return mask


def _fields(case: Case, words: str) -> dict[str, Any]:
    width, height = _size(case)
    picture = InputPicture(sha256=PICTURE, width=width, height=height)
    other = Part(picture=picture) if case.spec.mixes_pictures else Part(text="a blue owl")
    return {
        "text2img": {"prompt": words},
        "img2img": {"prompt": words, "picture": picture, "strength": 0.5},
        "inpaint": {"prompt": words, "picture": picture, "mask": picture.model_copy(update={"sha256": MASK})},
        "outpaint": {"prompt": words, "picture": picture, "extend": ("right",), "share": 1},
        "mix": {"parts": (Part(text=words), other)},
        "morph": {"start": Part(text=words), "end": other, "frames": 3},
        "variations": {"picture": picture},
        "controlnet": {"prompt": words, "picture": picture},
        "upscale": {"prompt": words, "picture": picture, "strength": 0.3},
    }[case.mode]
