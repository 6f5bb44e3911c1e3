import asyncio
import io
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from engine.errors import OutOfMemory, WorkerLost
from engine.events import Accepted, Denoised, Done, Failed, Lost, Progress
from tests.engine.workers.worker_bench import SLOTS, WAIT_S, Bench, long_task, make, task
from tests.engine.workers.worker_doubles import Telling, load_telling

# The promises that every worker keeps

KINDS = ["fake", "process"]
shared_loop = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(params=KINDS, scope="module", loop_scope="module")
async def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    bench = make(request.param, tmp_path_factory.mktemp("cache"), load_telling)
    await bench.worker.start()
    yield await bench.ready()
    await bench.worker.stop()


@shared_loop
async def test_a_task_is_accepted_makes_progress_frees_its_slot_and_is_done(bench: Bench) -> None:
    await bench.run(task("order", count=2))
    heard = await bench.until(Done)
    assert [type(event) for event in heard if not isinstance(event, Progress)] == [Accepted, Denoised, Done]
    assert {(event.job_id, event.attempt, event.epoch) for event in heard} == {("order", 1, bench.epoch)}
    steps = [event.step for event in heard if isinstance(event, Progress)]
    assert steps == sorted(set(steps))
    assert steps[-1] == heard[-3].total
    assert isinstance(heard[0], Accepted)
    assert isinstance(heard[-3], Progress)


@shared_loop
async def test_the_pictures_have_the_size_and_the_seeds_that_were_asked_for(bench: Bench) -> None:
    await bench.run(task("size", width=128, height=64, count=2))
    done = (await bench.until(Done))[-1]
    assert [picture.seed for picture in done.pictures] == [7, 8]
    assert {Image.open(io.BytesIO(picture.data)).size for picture in done.pictures} == {(128, 64)}
    assert done.seconds >= 0


# Each takes a good part of a second, or more, and nothing that draws with the embedded model needs it.
NEEDLESS = (
    "engine.kandinsky.families.kandinsky_2_1", "engine.kandinsky.families.kandinsky_3", "engine.kandinsky.bench",
    "transformers.models.clipseg", "transformers.models.m2m_100", "transformers.models.t5",
    "transformers.models.xlm_roberta", "bot.service", "sqlalchemy", "gradio", "discord", "telegram", "typer",
)  # fmt: skip


@shared_loop
@pytest.mark.parametrize("bench", ["process"], indirect=True)
async def test_a_process_imports_no_other_family_no_helper_and_nothing_of_the_bot(bench: Bench) -> None:
    await bench.run(task("imports", Telling.PROMPT))
    imported = set((await bench.until(Done))[-1].notes["imported"])
    assert "transformers.models.clip.modeling_clip" in imported
    assert imported & set(NEEDLESS) == set()


@shared_loop
async def test_the_same_seed_gives_the_same_bytes(bench: Bench) -> None:
    twice = []
    for attempt in (1, 2):
        await bench.run(task("again", attempt=attempt))
        twice.append((await bench.until(Done))[-1].pictures)
    assert twice[0] == twice[1]


@shared_loop
async def test_a_cancelled_task_ends_soon_and_the_next_one_runs(bench: Bench) -> None:
    await bench.run(long_task("cancel"))
    await bench.until(Progress)
    await bench.worker.cancel("cancel", 1)
    heard = await bench.until(Failed)
    assert heard[-1] == Failed("cancel", 1, bench.epoch, "cancelled", {})
    assert len([event for event in heard if isinstance(event, Progress)]) < 30
    await bench.run(task("after cancel", steps=1))
    assert isinstance((await bench.until(Done))[0], Accepted)


@shared_loop
async def test_cancelling_what_is_over_or_unknown_changes_nothing(bench: Bench) -> None:
    await bench.run(task("over", steps=1))
    await bench.until(Done)
    await bench.worker.cancel("over", 1)
    await bench.worker.cancel("unknown", 1)
    await bench.run(task("next", steps=1))
    assert (await bench.until(Done))[-1].job_id == "next"


@shared_loop
async def test_a_cancellation_does_not_overtake_its_task(bench: Bench) -> None:
    await asyncio.gather(bench.run(long_task("regretted")), bench.worker.cancel("regretted", 1))
    assert (await bench.until(Failed))[-1] == Failed("regretted", 1, bench.epoch, "cancelled", {})


@shared_loop
async def test_more_tasks_than_free_slots_are_refused(bench: Bench) -> None:
    with pytest.raises(WorkerLost, match="no free slot"):
        await bench.run(*(task(str(number)) for number in range(SLOTS + 1)))
    names = [str(number) for number in range(SLOTS)]
    for name in names:
        await bench.run(long_task(name))
    with pytest.raises(WorkerLost, match="no free slot"):
        await bench.run(task("one more"))
    for name in names:
        await bench.worker.cancel(name, 1)
    heard = [event for _ in names for event in await bench.until(Failed)]
    assert {event.job_id for event in heard if isinstance(event, Failed)} == set(names)


@shared_loop
async def test_a_task_joins_what_is_drawn_and_is_done_before_it_as_if_it_had_been_alone(bench: Bench) -> None:
    await bench.run(task("alone"))
    alone = pixels((await bench.until(Done))[-1])
    await bench.run(long_task("long"))
    await bench.until(Progress)
    await bench.run(task("short"))
    done = (await bench.until(Done))[-1]
    assert done.job_id == "short"
    assert np.abs(pixels(done) - alone).max() <= 1
    assert np.ptp(alone) > 20
    await bench.worker.cancel("long", 1)
    assert (await bench.until(Failed))[-1].job_id == "long"


@shared_loop
async def test_the_tasks_of_a_batch_are_each_accepted_and_done_and_have_their_own_pictures(bench: Bench) -> None:
    await bench.run(task("red"), task("blue", "a blue square"), task("red again"))
    heard = [event for _ in range(3) for event in await bench.until(Done)]
    assert {event.job_id for event in heard if isinstance(event, Accepted)} == {"red", "blue", "red again"}
    pictures = {event.job_id: event.pictures[0].data for event in heard if isinstance(event, Done)}
    assert pictures["red"] == pictures["red again"] != pictures["blue"]


@shared_loop
async def test_one_of_a_batch_is_cancelled_and_the_others_are_drawn(bench: Bench) -> None:
    await bench.run(*(task(name, steps=60) for name in ("a", "b", "c")))
    await bench.until(Progress)
    await bench.worker.cancel("b", 1)
    heard = [event for _ in range(2) for event in await bench.until(Done)]
    assert [event.job_id for event in heard if isinstance(event, Failed)] == ["b"]
    assert {event.job_id for event in heard if isinstance(event, Done)} == {"a", "c"}


def pixels(done: Done) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(done.pictures[0].data))).astype(int)


@shared_loop
async def test_a_stale_epoch_is_refused(bench: Bench) -> None:
    for epoch in (bench.epoch - 1, bench.epoch + 1):
        with pytest.raises(WorkerLost, match="stale epoch"):
            await bench.worker.run(epoch, (task("stale"),))


@shared_loop
async def test_a_worker_killed_in_a_step_is_lost_and_comes_back_with_a_higher_epoch(bench: Bench) -> None:
    before = bench.epoch
    await bench.run(long_task("victim"))
    await bench.until(Progress)
    await bench.kill()
    heard = await bench.until(Lost)
    assert heard[-1] == Lost(before, "worker_lost", {"reason": "ended", "exit_code": -signal.SIGKILL})
    assert not any(isinstance(event, Done | Failed) for event in heard)
    await bench.ready()
    assert bench.epoch > before
    await bench.run(task("victim", attempt=2, steps=1))
    assert (await bench.until(Done))[-1].epoch == bench.epoch


@pytest.mark.parametrize("kind", KINDS)
async def test_stop_ends_the_events_also_in_the_middle_of_a_task_and_may_be_repeated(kind: str, tmp_path: Path) -> None:
    bench = make(kind, tmp_path)
    await bench.worker.start()
    await bench.ready()
    await bench.run(long_task("unfinished"))
    await bench.until(Progress)
    async with asyncio.timeout(WAIT_S):
        await asyncio.gather(bench.worker.stop(), bench.worker.stop())
        await bench.worker.stop()
        assert not any(isinstance(event, Done | Failed | Lost) for event in [e async for e in bench.events])
    with pytest.raises(WorkerLost):
        await bench.run(task("too late"))


# What the fake can do on demand


async def test_the_fake_fails_as_it_is_told() -> None:
    bench = make("fake", Path())
    await bench.worker.start()
    await bench.ready()
    bench.worker.fail_next(OutOfMemory())
    await bench.run(task("unlucky"))
    assert (await bench.until(Failed))[-1].code == "out_of_memory"
    await bench.run(task("lucky"))
    assert (await bench.until(Done))[-1].job_id == "lucky"
    await bench.worker.stop()


async def test_the_fake_hangs_until_it_crashes() -> None:
    bench = make("fake", Path())
    await bench.worker.start()
    await bench.ready()
    bench.worker.hang()
    await bench.run(task("hung"))
    assert isinstance(await bench.next(), Accepted)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(bench.worker.events()), 0.05)
    await bench.worker.crash()
    assert isinstance(await bench.next(), Lost)
    await bench.ready()
    await bench.worker.stop()
