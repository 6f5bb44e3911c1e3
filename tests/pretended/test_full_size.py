"""The full-size networks of every family draw on a card that is not there: devices, precisions, waits and operations.

No value is computed. The witness is torch: its kernels for the meta device say what comes of what, its counter counts.
`python -m tests.pretended` draws all that a model can be asked for; here is one case of each way through the code.
"""

from collections.abc import Iterator

import pytest
import torch

from engine.kandinsky.drawing import forwards, latents, saving
from engine.kandinsky.placing.laddered import Laddered
from tests.pretended.card import Card, pretended
from tests.pretended.cases import Case, Seen, drawn
from tests.pretended.ghost import HOST, Block, Ghost, WrongPlaceError
from tests.pretended.models import SPECS, files, model, placed

# TFLOP of a step of the UNet with guidance at the model's own size, counted by torch on the meta device.
TFLOP = {"kandinsky-2-1": 4.00, "kandinsky-2-2": 3.99, "kandinsky-3": 6.34}
WINDOWS = 2  # in which a picture is drawn over that becomes larger
CASES = [
    Case("kandinsky-2-2", "text2img"),
    Case("kandinsky-2-2", "text2img", "draft", guided=False, pictures=3),
    Case("kandinsky-2-2", "img2img", pictures=2, apart=True),
    Case("kandinsky-2-2", "inpaint"),
    Case("kandinsky-2-2", "morph", "draft", guided=False),
    Case("kandinsky-2-2", "upscale"),
    Case("kandinsky-2-2", "controlnet", "draft"),
    Case("kandinsky-2-1", "text2img", pictures=2),
    Case("kandinsky-2-1", "outpaint"),
    Case("kandinsky-3", "text2img", "best"),
    Case("kandinsky-3", "inpaint", "draft"),
    Case("kandinsky-3", "variations", "draft"),
]
TEXT2IMG = CASES[0]


@pytest.fixture(scope="module")
def models() -> dict[str, Laddered]:
    """Place each model on the card once."""
    with pretended():
        return {name: placed(model(spec), spec) for name, spec in SPECS.items()}


@pytest.fixture
def card() -> Iterator[Card]:
    with pretended() as card:
        yield card


def seen(models: dict[str, Laddered], case: Case, card: Card) -> Seen:
    with files(case.spec):
        return drawn(models[case.model], case, card, words=str(case))


def tflop(case: Case) -> float:
    windows = WINDOWS if case.mode == "upscale" else 1
    return TFLOP[case.model] * case.pictures * windows * (1 if case.guided else 0.5)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_mode_is_drawn_where_it_should_be_and_no_step_waits(models, card, case: Case) -> None:
    found = seen(models, case, card)
    assert (found.waits, found.prior_waits) == ({}, {})
    assert found.operations / 1e12 == pytest.approx(tflop(case), rel=0.02)
    assert found.operations / 1e12 != pytest.approx(1.05 * tflop(case), rel=0.02)


def test_weights_in_another_precision_are_found(models, card, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = networks(models)["decoder.unet"].mid_block.resnets[0].conv1
    in_fp32 = Ghost.new(layer.weight, dtype=torch.float32)
    monkeypatch.setitem(layer._parameters, "weight", torch.nn.Parameter(in_fp32, requires_grad=False))
    with pytest.raises(WrongPlaceError, match=r"float16, torch\.float32"):
        seen(models, TEXT2IMG, card)


def test_weights_in_the_host_s_memory_are_found(models, card, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = networks(models)["decoder.unet"].mid_block.resnets[0].conv1
    monkeypatch.setattr(layer.weight, "block", Block(HOST, layer.weight.nbytes))
    with pytest.raises(WrongPlaceError, match="cpu"):
        seen(models, TEXT2IMG, card)


def test_latents_in_the_host_s_memory_are_found(models, card, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latents, "working_device", lambda _network: torch.device("cpu"))
    with pytest.raises(WrongPlaceError, match="cpu"):
        seen(models, TEXT2IMG, card)


def test_a_time_step_that_comes_from_the_host_is_found(models, card, monkeypatch: pytest.MonkeyPatch) -> None:
    def forward(network, sample, _timestep, *conditions):
        return forwards.forward(network, sample, torch.tensor(500).to("cuda"), *conditions)

    monkeypatch.setattr(saving, "forward", forward)
    assert seen(models, TEXT2IMG, card).waits.total() == 1


def test_operations_that_are_left_out_are_found(models, card, monkeypatch: pytest.MonkeyPatch) -> None:
    for resnet in networks(models)["decoder.unet"].up_blocks[1].resnets:
        monkeypatch.setattr(resnet.conv2, "forward", lambda sample: sample)
    assert seen(models, TEXT2IMG, card).operations / 1e12 != pytest.approx(tflop(TEXT2IMG), rel=0.02)


def networks(models: dict[str, Laddered]) -> dict:
    return models["kandinsky-2-2"]._model.networks
