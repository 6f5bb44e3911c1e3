"""The full-size networks of every family draw on a card that is not there: devices, precisions, waits and FLOPs.

No value is computed. The witness is torch: its kernels refuse tensors of two devices or precisions, its counter counts.
"""

from dataclasses import dataclass, replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from engine.catalog import KANDINSKY_2_1, KANDINSKY_2_2, KANDINSKY_3, ModelSpec
from engine.checks import build, complete
from engine.kandinsky.bench import fullsize, sides
from engine.kandinsky.families.kandinsky_3.model import Kandinsky3
from engine.kandinsky.families.kandinsky_3.pipeline import Text
from engine.kandinsky.placing import loading
from engine.kandinsky.placing.device import Device
from engine.models.model import Drawing, Step
from engine.requests import Text2Image
from tests.pretended.card import Card, on_card, pretended

CARD = Device("cuda", torch.float16)
STEPS, PROMPT = 3, "a red fox on snow"
# TFLOP of a step of the UNet with guidance, counted on the meta device.
TFLOP = {"kandinsky-2-2": 3.99, "kandinsky-3": 6.34}


@dataclass(frozen=True)
class Seen:
    """Hold what was seen of a drawing: its picture's size, and at each step the waits and FLOPs until then."""

    size: tuple[int, int]
    waits: list[int]
    flops: list[int]


def drawn(spec: ModelSpec) -> Seen:
    """Draw one picture of the native size, in as few steps of the prior as there can be."""
    spec, waits, flops = replace(spec, prior_steps=2), [], []
    fields = {"width": spec.native_size, "height": spec.native_size, "steps": STEPS, "seed": 1}
    request = complete(build(Text2Image, model=spec.name, prompt=PROMPT, **fields), spec)
    with pretended() as card, FlopCounterMode(display=False) as counter:
        model = sides.engine_side(sides.Source(spec, CARD, None, random_weights=True))
        if isinstance(model, Kandinsky3):
            know_words(model)

        def look(_step: Step, card: Card = card) -> None:
            waits.append(card.waits.total())
            flops.append(counter.get_total_flops() + card.attention_flops)

        [one] = model.render([Drawing(request)], look)
    return Seen(one.images[0].size, waits[-STEPS:], flops[-STEPS:])


def know_words(model: Kandinsky3) -> None:
    """Let a model know the words: how many tokens it reads depends on values, of which there are none."""
    model._texts.cache.put(PROMPT, Text(torch.randn(1, 9, 4096).half(), torch.ones(1, 9).half()))


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build networks without weights, and order none: what is fake has no memory."""
    made = fullsize.build
    monkeypatch.setattr(fullsize, "build", lambda stock, name, *_: on_card(made(stock, name)))
    monkeypatch.setattr(loading, "_lay_out", lambda network, _device: network)


@pytest.mark.parametrize("spec", [KANDINSKY_2_1, KANDINSKY_2_2, KANDINSKY_3], ids=lambda spec: spec.name)
def test_a_picture_is_drawn_without_a_wrong_device_or_precision_or_a_wait(spec: ModelSpec) -> None:
    seen = drawn(spec)
    assert seen.size == (spec.native_size, spec.native_size)
    assert seen.waits[-1] == seen.waits[-2]
    if spec.name in TFLOP:
        assert (seen.flops[-1] - seen.flops[-2]) / 1e12 == pytest.approx(TFLOP[spec.name], rel=0.02)
