"""A model on the ladder: where it begins, and what happens when memory runs out all the same.

There is no GPU in these tests. Memory runs out where the tests say, on tiny models on the CPU, and what is free is made
up; that a real GPU's memory is free again afterwards is not shown here.
"""

import copy
import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from structlog.testing import capture_logs

from bot.words import replies
from bot.words.localisation import say
from engine.catalog import ModelSpec
from engine.checks import complete
from engine.errors import EngineError, OutOfMemory
from engine.events import Done, Failed, WorkerEvent
from engine.kandinsky.families.kandinsky_2_2.model import Kandinsky22
from engine.kandinsky.placing import placing
from engine.kandinsky.placing.laddered import Laddered
from engine.kandinsky.placing.plan import GIB, Rung, peak_bytes
from engine.models.model import Drawing
from engine.models.prompts import ManyPrompts
from engine.pictures import inputs
from engine.request import InputPicture, Request
from engine.requests import Batch as ManyAtOnce
from engine.requests import ControlNet, Inpaint, Upscale
from engine.settings import Keeping
from tests.engine.kandinsky.families.kandinsky_2_bench import mask, photo, spec_2_2
from tests.engine.kandinsky.placing.laddered_models import Step, close, job, laddered, running_out, said

FASTEST = [Rung.RESIDENT, Rung.ENCODERS_STREAMED]
ALL_BUT_LAST = [*FASTEST, Rung.MODEL_OFFLOAD]  # so small pictures need no tiles


@pytest.fixture
def model(spec: ModelSpec) -> Laddered:
    return laddered(spec)


def pictures(events: list[WorkerEvent]) -> dict[str, np.ndarray]:
    done = [event for event in events if isinstance(event, Done)]
    return {event.job_id: np.asarray(inputs.open_image(event.pictures[0].data)).astype(int) for event in done}


def failed(events: list[WorkerEvent]) -> list[Failed]:
    return [event for event in events if isinstance(event, Failed)]


def sentence(event: Failed) -> str:
    return replies.error(EngineError(event.code, **event.facts))


# Where it begins


@pytest.mark.parametrize(
    ("gib", "rung"), [(40, Rung.RESIDENT), (7, Rung.ENCODERS_STREAMED), (4, Rung.MODEL_OFFLOAD), (1, "layer by layer")]
)
def test_what_is_free_decides_how_a_model_is_kept_and_the_log_says_it(spec, bare, gib: int, rung: Rung) -> None:
    with capture_logs() as logs:
        assert laddered(spec, gib * GIB, model=bare).rung == rung
    [line] = logs
    assert (line["event"], line["model"], line["rung"]) == ("model_placed", "kandinsky-2-2", rung)
    assert 0 < line["peak_gib"] <= gib


@pytest.mark.parametrize(
    ("memory", "rung"),
    [("resident", Rung.RESIDENT), ("offload", Rung.MODEL_OFFLOAD), ("sequential", Rung.SEQUENTIAL_OFFLOAD)],
)
@pytest.mark.parametrize("gib", [1, 40])
def test_a_way_that_was_asked_for_is_taken_whatever_is_free(spec, bare, memory, rung: Rung, gib: int) -> None:
    assert laddered(spec, gib * GIB, Keeping(memory), bare).rung == rung


def test_a_model_whose_own_size_does_not_fit_is_loaded_for_smaller_ones(spec, bare) -> None:
    large = dataclasses.replace(spec, native_size=2048, max_size=2048)
    with capture_logs() as logs:
        assert laddered(large, 0.9 * GIB, model=bare).rung is Rung.SEQUENTIAL_OFFLOAD_TILED
    assert logs[0]["event"] == "only_smaller_pictures_fit"


def test_a_model_that_fits_in_no_way_is_not_loaded_and_what_would_fit_is_named(spec, bare) -> None:
    with pytest.raises(EngineError) as caught:
        laddered(spec, 0.3 * GIB, model=bare)
    assert replies.error(caught.value).endswith("What would fit: demo.")


# Memory runs out while it is loaded


def placing_fails(*_arguments: object) -> None:
    raise torch.OutOfMemoryError("CUDA out of memory.")


def test_out_of_memory_at_load_takes_the_next_rung(spec: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(placing.Placed, "keep", placing_fails)
        model = laddered(spec)
    assert model.rung is Rung.MODEL_OFFLOAD
    assert pictures(said(model, job()))


def test_out_of_memory_at_load_on_every_rung_says_what_would_fit(spec, bare, monkeypatch) -> None:
    monkeypatch.setattr(placing, "_place", placing_fails)
    with pytest.raises(EngineError) as caught:
        laddered(spec, model=bare)
    assert caught.value.code == "device_too_small"
    assert "What would fit: kandinsky-2-1, kandinsky-3." in replies.error(caught.value)


# Memory runs out while it draws


@pytest.mark.parametrize("rungs", [FASTEST, ALL_BUT_LAST])
def test_out_of_memory_at_a_step_draws_the_same_picture_on_a_lower_rung(model: Laddered, spec, rungs) -> None:
    step = Step(model, 2, rungs)
    with running_out(model._model.networks["decoder.unet"], step):
        drawn = pictures(said(model, job()))
    assert list(dict.fromkeys(step.seen))[:-1] == rungs
    assert np.array_equal(drawn["a"], pictures(said(laddered(spec), job()))["a"])


def test_out_of_memory_in_movq_draws_the_picture_on_a_lower_rung(model: Laddered) -> None:
    step = Step(model, 1, ALL_BUT_LAST)
    with running_out(model._model.networks["decoder.movq"].decoder, step):
        assert pictures(said(model, job()))
    assert step.seen == [*ALL_BUT_LAST, Rung.SEQUENTIAL_OFFLOAD]


def test_later_requests_of_its_size_begin_where_it_was_drawn_and_smaller_ones_where_the_model_was(model) -> None:
    with running_out(model._model.networks["decoder.unet"], lambda seen: model.rung in FASTEST):
        said(model, job(size=128))
    said(model, job(size=64))
    assert model.rung is Rung.RESIDENT
    said(model, job(size=128))
    assert model.rung is Rung.MODEL_OFFLOAD


def test_what_fits_on_no_rung_is_refused_with_the_size_that_would_fit(model: Laddered) -> None:
    with running_out(model._model.networks["decoder.movq"].decoder, lambda seen: seen[0].shape[-1] > 8):
        [refused] = failed(said(model, job(size=128)))
        assert sentence(refused) == (
            "That picture is too large for this machine's memory. 64x64 would fit: ask again with --size 64x64"
        )
        assert pictures(said(model, job(size=64)))


def test_where_nothing_smaller_would_fit_no_size_is_named(model: Laddered) -> None:
    with running_out(model._model.networks["decoder.unet"], lambda _seen: True):
        [refused] = failed(said(model, job(size=64)))
    assert sentence(refused) == say("error-out-of-memory")


def test_no_size_is_named_where_it_follows_from_a_picture(model: Laddered, spec: ModelSpec) -> None:
    sent = InputPicture(sha256="0" * 64, width=64, height=64)
    request = complete(Upscale(model=spec.name, picture=sent, seed=1, steps=2), spec)
    with running_out(model._model.networks["decoder.unet"], lambda _seen: True), pytest.raises(OutOfMemory) as caught:
        model.render([Drawing(request, {sent.sha256: photo((64, 64))})], lambda _step: None)
    assert (caught.value.code, caught.value.facts) == ("out_of_memory", {})


# Batches


def test_a_batch_that_is_too_large_is_computed_in_parts_where_the_model_is(model: Laddered, spec: ModelSpec) -> None:
    with running_out(model._model.networks["decoder.unet"], lambda seen: len(seen[0]) > 2):
        drawn = pictures(said(model, job("a"), job("b"), job("c")))
    assert model.rung is Rung.RESIDENT
    assert close(drawn["b"], pictures(said(laddered(spec), job("b")))["b"])  # the prior had drawn all three at once
    assert list(drawn) == ["a", "b", "c"]


@contextmanager
def drawn_at_once(model: Laddered) -> Iterator[list[int]]:
    """Note how many pictures the UNet sees at each step: with guidance, each twice."""
    seen: list[int] = []
    with running_out(model._model.networks["decoder.unet"], lambda inputs: seen.append(len(inputs[0]) // 2)):
        yield seen


def with_room_for(spec: ModelSpec, bare: Kandinsky22, pictures: int) -> Laddered:
    known = laddered(spec, model=bare)._components()
    return laddered(spec, peak_bytes(known, Rung.RESIDENT, 64, 64, pictures), model=bare)


@pytest.mark.parametrize(
    ("counts", "at_once"),
    [((1, 1, 1), [2, 1, 2, 1]), ((1, 1), [2, 2]), ((2, 1), [2, 1, 2, 1]), ((3,), [2, 1, 2, 1])],
    ids=str,
)
def test_a_forward_has_parts_for_which_there_is_room(spec, bare, counts, at_once: list[int]) -> None:
    model = with_room_for(spec, bare, 2)
    with drawn_at_once(model) as seen, capture_logs() as logs:
        events = said(model, *(job(name, count=count) for name, count in zip("abc", counts, strict=False)))
    assert (seen, model.rung) == (at_once, Rung.RESIDENT)
    assert sorted(pictures(events)) == list("abc"[: len(counts)])
    assert not [line for line in logs if line["event"] == "out_of_memory"]


def test_the_prompts_of_one_request_are_computed_in_parts_too(spec: ModelSpec, bare: Kandinsky22) -> None:
    model = with_room_for(spec, bare, 2)
    request = complete(ManyAtOnce(model="x", prompts=tuple("abcde"), seed=1, steps=2, width=64, height=64), spec)
    with drawn_at_once(model) as seen:
        [drawn] = ManyPrompts(model, 4).render([Drawing(request)], lambda _step: None)
    assert (len(drawn.images), seen) == (5, [2, 2, 2, 2, 1, 1])


def test_what_was_asked_for_is_drawn_one_by_one_where_there_is_no_room_at_all(spec, bare) -> None:
    model = laddered(spec, GIB, Keeping("resident"), bare)
    with drawn_at_once(model) as seen:
        assert list(pictures(said(model, job("a"), job("b")))) == ["a", "b"]
    assert seen == [1, 1, 1, 1]


def test_one_that_fits_on_no_rung_takes_no_neighbour_down(model: Laddered) -> None:
    tasks = [job("a"), job("b", steps=3), job("c")]
    scheduler = copy.deepcopy(model._model.pipelines[1].scheduler)
    times = [(scheduler.set_timesteps(steps), set(scheduler.timesteps.tolist()))[1] for steps in (2, 3)]
    only_b = torch.tensor(sorted(times[1] - times[0]))
    with running_out(model._model.networks["decoder.unet"], lambda seen: bool(torch.isin(seen[1], only_b).any())):
        events = said(model, *tasks)
    assert [event.job_id for event in failed(events)] == ["b"]
    assert sorted(pictures(events)) == ["a", "c"]


# What is loaded later


@pytest.mark.parametrize("memory", ["offload", "sequential"])
@pytest.mark.parametrize("kind", [Inpaint, ControlNet])
def test_networks_of_rarer_modes_take_their_place_too(tmp_path_factory, memory, kind: type[Request]) -> None:
    all_parts = dataclasses.replace(spec_2_2(tmp_path_factory.getbasetemp() / "all"), name="kandinsky-2-2")
    sent, white = photo((64, 64)), mask((16, 16, 48, 48), (64, 64)).convert("RGB")
    names = [InputPicture(sha256=digit * 64, width=64, height=64) for digit in "01"]
    fields = {"mask": names[1]} if kind is Inpaint else {}
    request = complete(kind(model="x", prompt="a", picture=names[0], seed=1, steps=2, **fields), all_parts)
    drawing = Drawing(request, {names[0].sha256: sent, names[1].sha256: white})
    model, expected = (laddered(all_parts, keeping=Keeping(how)) for how in (memory, "resident"))
    before = model._model.networks.keys()
    drawn, same = (np.asarray(one.render([drawing], lambda _: None)[0].images[0]) for one in (model, expected))
    later = model._model.networks.keys() - before
    assert later == ({"inpaint.unet"} if kind is Inpaint else {"controlnet.unet", "depth.estimator"})
    assert all(any(hasattr(module, "_hf_hook") for module in model._model.networks[name].modules()) for name in later)
    assert close(drawn, same)
