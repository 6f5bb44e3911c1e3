"""Networks are where a placement says, and draw the same there.

There is no GPU in these tests: the device is the CPU, where entering it makes a copy as it would on a GPU. That the
copies are quick and the memory is really free in between is not shown here.
"""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate.hooks import add_hook_to_module
from diffusers.models.autoencoders.vae import DecoderOutput

from engine.catalog import DEMO
from engine.checks import complete
from engine.errors import EngineError
from engine.kandinsky.drawing.caching import Cache
from engine.kandinsky.embedded import embedded
from engine.kandinsky.families.kandinsky_2_2.model import Kandinsky22
from engine.kandinsky.placing import placing
from engine.kandinsky.placing.device import Device, working_device
from engine.kandinsky.placing.passage import CopiesAtOnce
from engine.kandinsky.placing.plan import Placement, Role, Rung
from engine.kandinsky.placing.tiles import InTiles
from engine.kandinsky.placing.weights import HostWeights
from engine.requests import Text2Image
from tests.engine.kandinsky.drawings import images

CPU = Device("cpu", torch.float32)
RUNGS = [rung for rung in Rung if rung is not Rung.RESIDENT_QUANTISED]


@pytest.fixture(scope="module")
def model(tiny_cache: Path) -> Kandinsky22:
    return Kandinsky22.load(DEMO, CPU, tiny_cache)


def picture(model: Kandinsky22, size: int = 128) -> np.ndarray:
    model._prior.texts = Cache(16)  # what was embedded before would not be again
    request = complete(Text2Image(model="demo", prompt="a red circle", seed=1, steps=2, width=size, height=size), DEMO)
    return np.asarray(images(model, request)[0]).astype(int)


def keep(model: Kandinsky22, rung: Rung) -> None:
    placing.apply(model.networks, Placement(rung, 0, 0), CPU)


@pytest.mark.parametrize("rung", RUNGS)
def test_a_model_draws_the_same_picture_on_every_rung(model: Kandinsky22, rung: Rung) -> None:
    keep(model, Rung.RESIDENT)
    expected = picture(model)
    keep(model, rung)
    assert np.array_equal(picture(model), expected)  # a tile is 512 pixels: nothing is cut here
    assert np.array_equal(picture(model), expected)


class CopiesLate(CopiesAtOnce):
    """Copy when the work has to wait for it; until then there is nothing to compute with."""

    def begin(self, weights: HostWeights) -> None:
        weights.make_room()
        for tensor, _held in weights._held:
            tensor.data.zero_()

    def finish(self, weights: HostWeights) -> None:
        weights.fill()


def test_layers_that_come_as_late_as_they_may_draw_the_same_picture(model: Kandinsky22, monkeypatch) -> None:
    keep(model, Rung.RESIDENT)
    expected = picture(model)
    monkeypatch.setattr(placing, "copier_for", lambda _device: CopiesLate())
    keep(model, Rung.SEQUENTIAL_OFFLOAD)
    assert np.array_equal(picture(model), expected)
    monkeypatch.setattr(CopiesLate, "finish", lambda *_: None)
    assert not np.array_equal(picture(model), expected)
    keep(model, Rung.RESIDENT)


class Watch:
    """See how many weights of each network are away from the host's memory, whenever some of them enter the device."""

    def __init__(self, model: Kandinsky22, monkeypatch: pytest.MonkeyPatch) -> None:
        parts = {name: part for pipeline in model.pipelines for name, part in pipeline.components.items()}
        self.networks = {name: part for name, part in parts.items() if isinstance(part, torch.nn.Module)}
        self._home = {one: one.data_ptr() for network in self.networks.values() for one in network.parameters()}
        self.moments: list[dict[str, int]] = []
        enter = placing.HostWeights.enter
        monkeypatch.setattr(placing.HostWeights, "enter", lambda weights: (enter(weights), self._look()))

    def _look(self) -> None:
        away = {name: self.away(name) for name in self.networks}
        self.moments.append({name: weights for name, weights in away.items() if weights})

    def away(self, name: str) -> int:
        return sum(one.numel() for one in self.networks[name].parameters() if one.data_ptr() != self._home[one])

    def whole(self, name: str) -> int:
        return sum(one.numel() for one in self.networks[name].parameters())

    def most(self, name: str) -> int:
        return max((moment.get(name, 0) for moment in self.moments), default=0)


@pytest.fixture
def watched(model: Kandinsky22, monkeypatch: pytest.MonkeyPatch):
    """Place the model on a rung, draw, and return what was seen."""

    def draw(rung: Rung) -> Watch:
        keep(model, rung)
        watch = Watch(model, monkeypatch)
        picture(model)
        return watch

    yield draw
    keep(model, Rung.RESIDENT)


def test_networks_take_turns_on_the_device(watched) -> None:
    watch = watched(Rung.MODEL_OFFLOAD)
    for name in ("prior", "unet", "movq"):
        assert {name: watch.whole(name)} in watch.moments
    assert sum("unet" in moment for moment in watch.moments) == 1  # not once for each step


def test_where_nothing_is_learned_weights_move_too(model: Kandinsky22) -> None:
    keep(model, Rung.RESIDENT)
    expected = picture(model)
    with torch.inference_mode():
        for rung in (Rung.SEQUENTIAL_OFFLOAD, Rung.MODEL_OFFLOAD, Rung.RESIDENT):
            placed = placing.apply(model.networks, Placement(rung, 0, 0), CPU, shelved=True)
            placed.leave()
            placed.enter()
            assert np.array_equal(picture(model), expected)
        assert next(model.networks["decoder.unet"].parameters()).data.is_inference()
    keep(model, Rung.RESIDENT)
    assert np.array_equal(picture(model), expected)


def test_encoders_pass_through_the_device_layer_by_layer(watched) -> None:
    watch = watched(Rung.ENCODERS_STREAMED)
    assert 0 < watch.most("text_encoder") < watch.whole("text_encoder") / 2
    assert not watch.most("prior") + watch.most("unet") + watch.most("movq")


def test_layer_by_layer_no_network_is_ever_whole_on_the_device(watched) -> None:
    watch = watched(Rung.SEQUENTIAL_OFFLOAD)
    for name in ("text_encoder", "prior", "unet", "movq"):
        assert 0 < watch.most(name) < watch.whole(name) / 2
    assert all(len(moment) <= 1 for moment in watch.moments)


def test_a_network_is_home_again_after_an_error_in_a_layer(model: Kandinsky22, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_inputs: object) -> None:
        raise MemoryError

    keep(model, Rung.SEQUENTIAL_OFFLOAD)
    watch = Watch(model, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(model._decoder.pipeline.unet.conv_in, "_old_forward", fail)
        with pytest.raises(EngineError, match="out_of_memory"):
            picture(model)
    assert watch.away("unet")
    placing.release([model._decoder.pipeline.unet])
    assert not watch.away("unet")


def test_releasing_leaves_nothing_behind(model: Kandinsky22) -> None:
    keep(model, Rung.SEQUENTIAL_OFFLOAD_TILED)
    assert isinstance(model._decoder.pipeline.movq.decode, InTiles)
    placing.release([model._decoder.pipeline.unet, model._decoder.pipeline.movq])
    modules = [*model._decoder.pipeline.unet.modules(), *model._decoder.pipeline.movq.modules()]
    assert not any(hasattr(module, "_hf_hook") for module in modules)
    assert not isinstance(model._decoder.pipeline.movq.decode, InTiles)


def test_an_offloaded_network_works_on_the_device_and_not_where_its_weights_are() -> None:
    network = torch.nn.Linear(1, 1)
    add_hook_to_module(network, placing.WorksOn(Device("meta", torch.float32)))
    assert network.weight.device.type == "cpu"
    assert working_device(network) == torch.device("meta")


def test_a_network_of_a_new_family_has_a_role_by_the_name_that_diffusers_gives_it() -> None:
    roles = [placing.role_of(f"decoder.{name}") for name in ("transformer", "vae", "text_encoder_2", "safety_checker")]
    assert roles == [Role.DENOISER, Role.DECODER, Role.ENCODER, Role.ENCODER]


def test_on_the_cpu_there_is_no_budget() -> None:
    assert placing.budget_bytes(CPU) is None


def test_quantising_without_a_gpu_is_an_error_of_the_engine() -> None:
    with pytest.raises(EngineError, match="quantisation_missing"):
        placing.quantised_text_encoder("nf4", CPU)


def test_what_is_shelved_leaves_the_device_whole_and_comes_back(model: Kandinsky22, monkeypatch) -> None:
    keep(model, Rung.RESIDENT)
    expected = picture(model)
    placed = placing.apply(model.networks, Placement(Rung.RESIDENT, 0, 0), CPU, shelved=True)
    placed.leave()
    watch = Watch(model, monkeypatch)
    assert not any(watch.away(name) for name in watch.networks)
    placed.enter()
    assert all(watch.away(name) == watch.whole(name) for name in watch.networks)
    assert np.array_equal(picture(model), expected)
    keep(model, Rung.RESIDENT)


def test_what_is_quantised_stays_where_it_is(model: Kandinsky22, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = model.networks["prior.text_encoder"]
    monkeypatch.setattr(encoder, "is_quantized", True, raising=False)
    keep(model, Rung.SEQUENTIAL_OFFLOAD)
    hooked = [name for name, module in encoder.named_modules() if hasattr(module, "_hf_hook")]
    assert hooked == [""]  # which only says where it works
    monkeypatch.undo()
    keep(model, Rung.RESIDENT)


# Tiles


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Kandinsky22:
    spec = dataclasses.replace(DEMO, repositories=embedded.repositories(tmp_path_factory.mktemp("unused")))
    return Kandinsky22.load(spec, CPU, Path())


@torch.no_grad()
def test_a_picture_decoded_in_tiles_is_nearly_the_one_decoded_whole(trained: Kandinsky22) -> None:
    movq = trained._decoder.pipeline.movq
    across = torch.linspace(-1, 1, 256)
    pixels = torch.stack([across.expand(192, 256), across.flip(0).expand(192, 256), torch.zeros(192, 256)])[None]
    pixels[..., 60:120, 90:180] = 0.8
    latents = movq.encode(pixels)["latents"]
    whole = movq.decode(latents, force_not_quantize=True)["sample"]
    tiled = InTiles(movq.decode, tile=16, overlap=6)(latents, force_not_quantize=True).sample
    assert tiled.shape == whole.shape
    assert (tiled - whole).abs().mean() < 0.05  # of 2; tiles of a sixteenth of the usual area


def test_tiles_of_what_each_pixel_alone_decides_make_the_whole() -> None:
    def decode(latents: torch.Tensor, **_options: object) -> DecoderOutput:
        assert max(latents.shape[-2:]) <= 8
        return DecoderOutput(sample=latents[:, :3].repeat_interleave(8, -1).repeat_interleave(8, -2))

    latents = torch.randn(2, 4, 13, 27)
    whole = latents[:, :3].repeat_interleave(8, -1).repeat_interleave(8, -2)
    assert torch.allclose(InTiles(decode, tile=8, overlap=3)(latents).sample, whole, atol=1e-5)
