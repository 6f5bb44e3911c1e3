"""The ladder: what fits stays, the first rung that fits is taken, and a refusal names what would fit."""

from itertools import pairwise

import pytest

from engine.errors import EngineError, RequestError
from engine.kandinsky.families.loaders import known_components
from engine.kandinsky.placing.plan import (
    FRAGMENTATION,
    GIB,
    HALF,
    LADDER,
    QUANTISED_LADDER,
    Component,
    Role,
    Rung,
    largest_batch,
    largest_size,
    next_rung,
    peak_bytes,
    place,
    placements,
    those_that_fit,
    with_parts,
)

KNOWN = known_components()
KANDINSKY_2_2 = with_parts(KNOWN["kandinsky-2-2"], ("prior", "decoder"))
KANDINSKY_3 = KNOWN["kandinsky-3"]


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("size", [512, 1024])
def test_no_rung_needs_more_than_the_one_before(name, size):
    peaks = [placement.peak_bytes for placement in placements(KNOWN[name], size, size)]
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[0] > peaks[-1]


def test_the_first_rung_that_fits_is_taken():
    rungs = [place("k", KANDINSKY_2_2, gib * GIB, 768, 768).rung for gib in (40, 10, 5, 3)]
    assert rungs == [Rung.RESIDENT, Rung.ENCODERS_STREAMED, Rung.MODEL_OFFLOAD, Rung.SEQUENTIAL_OFFLOAD]


def test_a_resident_model_needs_no_host_memory_and_an_offloaded_one_all_its_weights():
    weights = sum(component.weight_bytes for component in KANDINSKY_2_2.values())
    resident, offloaded = (place("k", KANDINSKY_2_2, gib * GIB, 512, 512) for gib in (40, 4))
    assert resident.host_bytes == 0
    assert weights <= offloaded.host_bytes < 1.01 * weights  # it is pinned in slabs


def test_layer_by_layer_two_layers_are_there_at_once():
    two, four = ({"unet": Component(Role.DENOISER, GIB, largest)} for largest in (GIB // 8, GIB // 4))
    gained = peak_bytes(four, Rung.SEQUENTIAL_OFFLOAD, 64, 64) - peak_bytes(two, Rung.SEQUENTIAL_OFFLOAD, 64, 64)
    assert gained == pytest.approx(2 * HALF * GIB // 8 * FRAGMENTATION)


def test_more_pictures_and_more_pixels_need_more():
    one = peak_bytes(KANDINSKY_2_2, Rung.RESIDENT, 512, 512)
    assert peak_bytes(KANDINSKY_2_2, Rung.RESIDENT, 1024, 512) > one
    assert peak_bytes(KANDINSKY_2_2, Rung.RESIDENT, 512, 512, batch=64) > one


def test_nf4_is_taken_only_where_it_was_asked_for():
    free_bytes = 20 * GIB
    assert place("k", KANDINSKY_3, free_bytes, 1024, 1024).rung is Rung.ENCODERS_STREAMED
    asked = place("k", KANDINSKY_3, free_bytes, 1024, 1024, ladder=QUANTISED_LADDER)
    assert asked.rung is Rung.RESIDENT_QUANTISED
    assert place("k", KANDINSKY_3, 40 * GIB, 1024, 1024, ladder=QUANTISED_LADDER).rung is Rung.RESIDENT


def test_tiles_bound_what_decoding_needs():
    small, large = (peak_bytes(KANDINSKY_3, Rung.SEQUENTIAL_OFFLOAD_TILED, size, size) for size in (768, 1536))
    whole = peak_bytes(KANDINSKY_3, Rung.SEQUENTIAL_OFFLOAD, 1536, 1536)
    assert large < whole / 2
    assert large < small * 2.5  # four times the pixels


def test_after_running_out_of_memory_the_next_rung_needs_less_and_the_last_has_none():
    placement, seen = place("k", KANDINSKY_3, 80 * GIB, 1024, 1024), []
    while placement:
        seen.append(placement)
        placement = next_rung(placement, KANDINSKY_3, 1024, 1024)
    assert seen[0].rung is Rung.RESIDENT
    assert seen[-1].rung is LADDER[-1]
    assert all(below.peak_bytes < above.peak_bytes for above, below in pairwise(seen))


def test_a_picture_that_is_too_large_is_refused_with_the_largest_size_that_fits():
    free_bytes = round(1.5 * GIB)
    with pytest.raises(RequestError) as caught:
        place("kandinsky-3", KANDINSKY_3, free_bytes, 1536, 1024)
    assert caught.value.code == "too_large_for_device"
    near = caught.value.facts["near_width"], caught.value.facts["near_height"]
    assert near == largest_size(KANDINSKY_3, LADDER[-1], free_bytes, 1536, 1024)
    assert near[0] % 64 == near[1] % 64 == 0
    assert 1.2 < near[0] / near[1] < 1.8
    assert place("kandinsky-3", KANDINSKY_3, free_bytes, *near).peak_bytes <= free_bytes
    assert peak_bytes(KANDINSKY_3, LADDER[-1], near[0] + 64, near[1] + 64) > free_bytes


def test_a_device_that_is_too_small_for_any_size_is_refused_with_what_would_fit():
    with pytest.raises(EngineError) as caught:
        place("kandinsky-3", KANDINSKY_3, GIB // 2, 1024, 1024)
    assert caught.value.code == "device_too_small"
    assert caught.value.facts["models"] == ["demo"]
    assert float(caught.value.facts["needed_gib"]) > float(caught.value.facts["free_gib"])


def test_the_models_that_fit_are_named():
    assert those_that_fit(KNOWN, 80 * GIB) == ["kandinsky-2-2", "kandinsky-2-1", "kandinsky-3"]
    assert those_that_fit(KNOWN, GIB // 2) == []


def test_a_refusal_names_the_other_models_that_would_fit():
    with pytest.raises(EngineError) as caught:
        place(
            "kandinsky-3", {"decoder.unet": Component(Role.DENOISER, 10**11, 10**11)}, 10 * GIB, 512, 512, others=KNOWN
        )
    assert caught.value.facts["models"] == ["kandinsky-2-2", "kandinsky-2-1"]


def test_the_largest_batch_is_the_last_that_fits():
    free_bytes = 16 * GIB
    batch = largest_batch(KANDINSKY_2_2, Rung.RESIDENT, free_bytes, 1024, 1024, limit=64)
    assert 1 < batch < 64
    assert peak_bytes(KANDINSKY_2_2, Rung.RESIDENT, 1024, 1024, batch) <= free_bytes
    assert peak_bytes(KANDINSKY_2_2, Rung.RESIDENT, 1024, 1024, batch + 1) > free_bytes
    assert largest_batch(KANDINSKY_2_2, Rung.RESIDENT, GIB, 1024, 1024, limit=8) == 0
