"""The tiny models that requests meet at, and requests of every mode, length and guidance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engine.request import Part, Request
from engine.requests import ControlNet, Img2Img, Inpaint, Mix, Text2Image, Variations
from tests.engine.kandinsky.families import kandinsky_2_bench as two
from tests.engine.kandinsky.families import kandinsky_3_models as three
from tests.engine.kandinsky.families.kandinsky_2_bench import EXACT, Bench, mask, photo
from tests.interleaving.rounds import Rounds

SIZE = {"width": 64, "height": 64}


def kandinsky_2_2(folder: Path) -> Rounds:
    bench = Bench(two.spec_2_2(folder), EXACT)
    return Rounds(bench, [*shared(bench), *of_two(bench)])


def kandinsky_2_1(folder: Path) -> Rounds:
    bench = Bench(two.spec_2_1(folder), EXACT)
    return Rounds(bench, shared(bench))


def shared(bench: Any) -> Sequence[Request]:
    """Ask for what every family draws."""
    picture = bench.send(photo((64, 64)))
    hole = bench.send(mask((0, 0, 32, 64), (64, 64)))
    return [
        bench.ask(Text2Image, prompt="a red circle", steps=1, seed=1, **SIZE),
        bench.ask(Text2Image, prompt="a fox", steps=4, seed=2, count=2, **SIZE),
        bench.ask(Text2Image, prompt="a hen", negative_prompt="ugly", steps=7, seed=3, guidance_scale=4.0, **SIZE),
        bench.ask(Text2Image, prompt="an owl on a very long branch", steps=3, seed=4, guidance_scale=1.0, **SIZE),
        bench.ask(Text2Image, prompt="a draft", steps=5, seed=5, quality="draft", **SIZE),
        bench.ask(Img2Img, prompt="a cow", picture=picture, strength=0.5, steps=6, seed=6, **SIZE),
        bench.ask(Inpaint, prompt="a sky", picture=picture, mask=hole, steps=3, seed=7, **SIZE),
        bench.ask(Inpaint, prompt="a lake", picture=picture, mask=hole, steps=5, seed=8, quality="draft", **SIZE),
    ]


def of_two(bench: Any) -> Sequence[Request]:
    """Ask for what only Kandinsky 2.2 draws."""
    picture = bench.send(photo((64, 64), 1))
    parts = (Part(text="a cat", weight=2.0), Part(picture=picture))
    return [
        bench.ask(Mix, parts=parts, steps=4, seed=9, **SIZE),
        bench.ask(Variations, picture=picture, steps=2, seed=10, **SIZE),
        bench.ask(ControlNet, prompt="a chair", picture=picture, steps=3, seed=11, **SIZE),
    ]


def kandinsky_3(folder: Path) -> Rounds:
    bench = Bench(three.tiny_spec(folder), EXACT)
    return Rounds(bench, shared(bench))


BENCHES: Mapping[str, Callable[[Path], Rounds]] = MappingProxyType(
    {"kandinsky-2-2": kandinsky_2_2, "kandinsky-2-1": kandinsky_2_1, "kandinsky-3": kandinsky_3}
)
