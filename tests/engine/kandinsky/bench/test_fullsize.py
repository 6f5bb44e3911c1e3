"""The full-size architectures weigh what is published, and what the memory plan says."""

import pytest
import torch
from diffusers import KandinskyV22PriorPipeline

from engine.kandinsky.bench import fullsize
from engine.kandinsky.families.kandinsky_3.pipeline import Pipeline as Kandinsky3Pipeline
from engine.kandinsky.families.register import FAMILIES
from engine.kandinsky.placing.device import Device
from tools import memory_table

STOCK = {name: family.stock for name, family in FAMILIES.items()}
EVERY = [(family, name) for family, stock in STOCK.items() for name in stock.networks]
# Billions, as counted on the published weights.
PUBLISHED = {
    ("kandinsky-2-2", "decoder.unet"): 1.253,
    ("kandinsky-2-2", "prior.prior"): 1.026,
    ("kandinsky-2-2", "prior.text_encoder"): 0.695,
    ("kandinsky-2-2", "prior.image_encoder"): 1.845,
    ("kandinsky-2-2", "decoder.movq"): 0.068,
    ("kandinsky-3", "decoder.unet"): 3.055,
    ("kandinsky-3", "decoder.text_encoder"): 8.722,
    ("kandinsky-3", "decoder.movq"): 0.271,
}


@pytest.fixture(scope="module")
def networks() -> dict:
    return {(family, name): fullsize.build(STOCK[family], name) for family, name in EVERY}


def test_the_networks_have_the_published_numbers_of_parameters(networks):
    counted = {key: round(sum(one.numel() for one in networks[key].parameters()) / 1e9, 3) for key in PUBLISHED}
    assert counted == PUBLISHED


def test_the_plan_of_memory_knows_every_network_and_its_weight(networks):
    for family in FAMILIES.values():
        assert list(family.components) == list(family.stock.networks)
    for family, name in EVERY:
        network, planned = networks[family, name], FAMILIES[family].components[name]
        assert sum(one.numel() for one in network.parameters()) == planned.parameters
        layers = [sum(one.numel() for one in layer.parameters(recurse=False)) for layer in network.modules()]
        assert max(layers) == planned.largest_layer


def test_the_plan_s_activations_are_those_counted():
    for name, per_pixel in memory_table.activations(96).items():
        planned = FAMILIES[name.split()[0]].components[name.split()[1]].activation_per_pixel
        assert per_pixel == pytest.approx(planned, rel=0.05)


def test_a_network_is_made_in_its_precision_where_it_shall_be():
    movq = fullsize.build(STOCK["kandinsky-2-2"], "decoder.movq", "cpu", torch.bfloat16)
    assert {(one.dtype, one.device.type) for one in movq.parameters()} == {(torch.bfloat16, "cpu")}
    assert torch.get_default_dtype() is torch.float32
    assert not movq.training


def test_t5_is_made_in_bf16_where_the_rest_is_fp16(networks):
    assert networks["kandinsky-3", "decoder.text_encoder"].dtype is torch.bfloat16
    assert networks["kandinsky-3", "decoder.unet"].dtype is torch.float16


def test_the_pipelines_take_what_is_built_for_them():
    meta = Device("meta", torch.float16)
    prior = fullsize.pipeline_components(STOCK["kandinsky-2-2"], "prior", meta)
    decoder = fullsize.pipeline_components(STOCK["kandinsky-3"], "decoder", meta)
    assert KandinskyV22PriorPipeline(**prior).prior.device.type == "meta"
    assert Kandinsky3Pipeline(**decoder).unet.device.type == "meta"


def test_the_table_of_the_documentation_is_the_computed_one():
    assert memory_table.FILE.read_text(encoding="utf-8") == memory_table.document()
