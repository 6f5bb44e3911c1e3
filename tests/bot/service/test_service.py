"""The service with a recording surface: every person is told once how their job ended, whatever fails on the way."""

import asyncio

import pytest

import bot.service.following
import engine.dispatch.standings
from bot.commands.table import CANCEL, HELP, IMAGINE, INPAINT, QUEUE, SHOW, Invocation, Upload
from bot.service.service import Service
from bot.surface import Origin, Undeliverable
from engine.catalog import DEMO, Catalog
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import OutOfMemory, RequestError
from engine.jobs import JobStatus
from engine.store.store import Store, TransitionError
from engine.workers.fake import FakeWorker
from tests.engine.pictures.sent_pictures import png

CATALOG = Catalog([DEMO])


class Recorder:
    """Be a surface that remembers, and fails as often as it is told to."""

    name = "web"
    progress_interval_s = 0.001
    confirms_masks = True

    def __init__(self) -> None:
        self.shown, self.delivered, self.told, self.asked, self.removed = [], [], [], [], []
        self.failures: list[Exception] = []
        self.show_fails = False

    async def show(self, job, text, preview):
        if self.show_fails:
            raise ConnectionError
        self.shown.append(text)

    async def deliver(self, job, load, text):
        if self.failures:
            raise self.failures.pop(0)
        self.delivered.append((job.key, len(await load()), text))

    async def ask(self, job, overlay, text):
        self.asked.append((job.id, overlay, text))

    async def remove(self, job):
        self.removed.append(job.id)

    async def tell(self, job, text):
        if self.failures:
            raise self.failures.pop(0)
        self.told.append((job.key, text))


class House:
    """Hold a running service and its parts."""

    def __init__(self, store, dispatcher, service, worker) -> None:
        self.store, self.dispatcher, self.service, self.worker = store, dispatcher, service, worker

    async def imagine(self, key="k", owner="ann", **options):
        origin = Origin("web", owner, "here", key)
        values = {"prompt": "a red circle", "steps": 3, "seed": 7, **options}
        job = await self.service.obey(await self.service.visit(origin), Invocation(IMAGINE, values))
        return job, self.service.follow(job)

    async def answer(self, command, owner="ann", **options):
        origin = Origin("web", owner, "here", "x")
        return (await self.service.obey(await self.service.visit(origin), Invocation(command, options))).text


@pytest.fixture
def surface():
    return Recorder()


@pytest.fixture
def house(tmp_path, surface, monkeypatch):
    """Open the house; the same disk every time."""
    from contextlib import asynccontextmanager

    monkeypatch.setattr(bot.service.following, "RETRY_FIRST_S", 0.001)

    @asynccontextmanager
    async def open_house():
        worker = FakeWorker()
        async with (
            Store(tmp_path) as store,
            Dispatcher(store, [worker]) as dispatcher,
            Service(dispatcher, store, CATALOG) as service,
        ):
            service.add(surface)
            await service.resume()
            yield House(store, dispatcher, service, worker)

    return open_house


async def test_a_job_is_shown_and_delivered_with_its_parameters(house, surface):
    async with house() as bot:
        job, follower = await bot.imagine(count=2)
        await follower
        assert (await bot.store.jobs.get(job.id)).status is JobStatus.POSTED
    [(key, count, text)] = surface.delivered
    assert (key, count) == ("k", 2)
    assert "“a red circle”\nseed 7, 8 · 128x128 · 3 steps · guidance 1.5 · demo" in text


async def test_a_delivery_that_fails_is_tried_again_without_drawing_again(house, surface):
    surface.failures = [ConnectionError(), TimeoutError()]
    async with house() as bot:
        job, follower = await bot.imagine()
        await follower
        assert (await bot.store.jobs.get(job.id)).attempt == 1
    assert len(surface.delivered) == 1


async def test_a_place_that_is_gone_ends_the_job(house, surface):
    surface.failures = [Undeliverable(reason="blocked")]
    async with house() as bot:
        job, follower = await bot.imagine()
        await follower
        job = await bot.store.jobs.get(job.id)
    assert (job.status, job.error, job.told) == (JobStatus.FAILED, "undeliverable", True)
    assert surface.delivered == []


async def test_lost_progress_messages_do_not_cost_the_picture(house, surface):
    surface.show_fails = True
    async with house() as bot:
        await (await bot.imagine())[1]
    assert len(surface.delivered) == 1


async def test_a_failure_is_told_in_a_sentence(house, surface):
    async with house() as bot:
        bot.worker.fail_next(OutOfMemory())
        await (await bot.imagine())[1]
    [(_, text)] = surface.told
    assert "too large for this machine's memory" in text


async def test_a_restart_delivers_what_was_rendered_and_tells_what_was_not_told(house, surface):
    surface.failures = [ConnectionError()] * 10_000
    async with house() as bot:
        rendered, _ = await bot.imagine("rendered")
        async with asyncio.timeout(5):
            while (await bot.store.jobs.get(rendered.id)).status is not JobStatus.POSTING:
                await asyncio.sleep(0.001)
        bot.worker.hang()
        cancelled, _ = await bot.imagine("cancelled")
        await bot.dispatcher.cancel(cancelled.id)
    surface.failures = []
    async with house() as bot:
        async with asyncio.timeout(5):
            while await bot.store.jobs.untold():
                await asyncio.sleep(0.001)
    assert [key for key, *_ in surface.delivered] == ["rendered"]
    assert surface.told == [("cancelled", "“a red circle”\nCancelled.")]
    async with house():
        pass
    assert len(surface.delivered) == len(surface.told) == 1


async def test_a_job_has_one_follower_however_often_it_is_followed(house, surface):
    async with house() as bot:
        job, follower = await bot.imagine()
        assert bot.service.follow(job) is follower
        await follower
    assert len(surface.delivered) == 1


async def test_queue_tells_one_s_own_jobs_and_the_length_of_the_queue(house, monkeypatch):
    monkeypatch.setattr(engine.dispatch.standings, "STANDINGS_S", 0)
    async with house() as bot:
        bot.worker.hang()
        mine, _ = await bot.imagine("a")
        waiting, _ = await bot.imagine("b")
        await bot.imagine("c", owner="bob")
        async with asyncio.timeout(5):
            while bot.dispatcher.waiting != 2:
                await asyncio.sleep(0.001)
        text = await bot.answer(QUEUE)
    assert f"{mine.id}: starting" in text
    assert f"{waiting.id}: number 2" in text  # bob has had nothing yet
    assert "2 waiting in all." in text
    assert len(text.splitlines()) == 3


async def test_cancel_stops_the_latest_a_named_one_or_all_of_one_s_own_only(house):
    async with house() as bot:
        bot.worker.hang()
        jobs = [(await bot.imagine(key))[0] for key in "abcd"]
        theirs, _ = await bot.imagine("theirs", owner="bob")
        assert jobs[3].id in await bot.answer(CANCEL)
        assert jobs[1].id in await bot.answer(CANCEL, job=jobs[1].id)
        with pytest.raises(RequestError, match="not_your_job"):
            await bot.answer(CANCEL, job=theirs.id)
        assert await bot.answer(CANCEL, job="all") == "Stopped 2 pictures."
        with pytest.raises(RequestError, match="no_job"):
            await bot.answer(CANCEL)
        assert (await bot.store.jobs.get(theirs.id)).status in (JobStatus.QUEUED, JobStatus.LEASED)


async def test_help_lists_the_commands(house):
    async with house() as bot:
        assert "/imagine: Draw a picture from words" in await bot.answer(HELP)


async def test_a_job_that_was_rendered_a_moment_ago_cannot_be_cancelled_and_the_others_are(house, monkeypatch):
    async with house() as bot:
        bot.worker.hang()
        jobs = [(await bot.imagine(key))[0] for key in "abc"]
        cancel = bot.dispatcher.cancel

        async def too_late(job_id):
            if job_id == jobs[1].id:
                raise TransitionError
            return await cancel(job_id)

        monkeypatch.setattr(bot.dispatcher, "cancel", too_late)
        with pytest.raises(RequestError, match="no_job"):
            await bot.answer(CANCEL, job=jobs[1].id)
        assert await bot.answer(CANCEL, job="all") == "Stopped 2 pictures."


async def test_a_picture_whose_file_is_gone_is_told(house, surface, tmp_path):
    surface.failures = [ConnectionError()] * 10_000
    async with house() as bot:
        job, _ = await bot.imagine()
        async with asyncio.timeout(5):
            while (await bot.store.jobs.get(job.id)).status is not JobStatus.POSTING:
                await asyncio.sleep(0.001)
    surface.failures = []
    for file in (tmp_path / "pictures").iterdir():
        file.unlink()
    async with house() as bot:
        async with asyncio.timeout(5):
            while await bot.store.jobs.untold():
                await asyncio.sleep(0.001)
    assert surface.delivered == []
    assert "its file is gone" in surface.told[0][1]


async def test_what_has_not_changed_is_not_shown_again(house, surface):
    async with house() as bot:
        bot.worker.hang()
        await bot.imagine("running")
        await bot.imagine("waiting")
        async with asyncio.timeout(5):
            while not any("Number 1" in text for text in surface.shown):
                await asyncio.sleep(0.001)
        shown = len(surface.shown)
        await asyncio.sleep(0.05)
        assert len(surface.shown) - shown <= 1


async def test_a_place_that_refuses_for_a_day_is_given_up(house, surface, monkeypatch):
    monkeypatch.setattr(bot.service.following, "MAX_TRIES", 3)
    surface.failures = [ConnectionError()] * 3
    async with house() as opened:
        job, follower = await opened.imagine()
        await follower
        job = await opened.store.jobs.get(job.id)
    assert (job.status, job.error, job.told) == (JobStatus.FAILED, "undeliverable", True)


async def test_nobody_tries_to_tell_of_a_job_that_was_deleted_meanwhile(house, surface):
    surface.failures = [ConnectionError()] * 10_000
    async with house() as bot:
        bot.worker.fail_next(OutOfMemory())
        job, follower = await bot.imagine()
        async with asyncio.timeout(5):
            while len(surface.failures) == 10_000:
                await asyncio.sleep(0.001)
        await bot.store.delete(job.id)
        await asyncio.wait_for(follower, 5)
    assert (follower.done(), surface.told) == (True, [])


async def test_what_did_not_pass_the_parser_is_bounded_at_the_door(house):
    async with house() as at_home:
        for command, options in ((IMAGINE, {"prompt": "a" * 30_000}), (CANCEL, {"job": "a" * 30_000})):
            with pytest.raises(RequestError, match="text_too_long"):
                await at_home.answer(command, **options)


@pytest.mark.parametrize("number", ["9" * 5_000, "0" * 5_000, "٣", "²", "-1", "1e3"])
async def test_a_picture_s_number_is_any_text(house, number):
    """Python reads no number of more than 4,300 digits: that was a traceback."""
    async with house() as at_home:
        job, follower = await at_home.imagine()
        await follower
        with pytest.raises(RequestError, match="job_unknown"):
            await at_home.answer(SHOW, job=f"{job.id}.{number}")


async def test_too_much_to_look_for_is_refused_before_it_is_looked_through(house, monkeypatch):
    monkeypatch.setattr("bot.rules.policy.check_words", lambda *_: pytest.fail("was looked through"))
    async with house() as at_home:
        with pytest.raises(RequestError, match="too_long") as caught:
            await at_home.answer(INPAINT, image=Upload("a.png", png()), where="a" * 2_001, prompt="a fox")
    assert caught.value.facts["field"] == "where"
