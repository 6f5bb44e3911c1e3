"""A mask is shown to its person whatever happens before that, and one that can never be shown is in nobody's way."""

import asyncio

import pytest

from bot.commands.buttons import Button
from bot.commands.table import INPAINT
from bot.service import following
from bot.surface import Undeliverable
from bot.words.localisation import say
from engine.errors import StoreFailed
from engine.jobs import JobStatus
from tests.bot.service.test_results import WAYS, house, surface

__all__ = ["house", "surface"]

TRANSPARENT = WAYS["transparency"]


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    monkeypatch.setattr(following, "RETRY_FIRST_S", 0.001)


class Trouble:
    """Refuse to show a mask, or never end, as long as it is there."""

    def __init__(self, surface, monkeypatch) -> None:
        self.error, self.forever, self.tries = None, False, 0
        self._ask = surface.ask
        monkeypatch.setattr(surface, "ask", self)

    async def __call__(self, *asked):
        self.tries += 1
        if self.forever:
            await asyncio.Event().wait()
        if self.error:
            raise self.error
        return await self._ask(*asked)


@pytest.fixture
def trouble(surface, monkeypatch):
    return Trouble(surface, monkeypatch)


async def held(bot):
    """Ask for a repaint, and return it before its mask was shown."""
    job = await bot.obey(INPAINT, prompt="a hat", pictures=TRANSPARENT)
    bot.service.follow(job)
    return job


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


async def test_a_mask_that_a_restart_came_before_is_shown_by_the_next_run(house, surface, trouble):
    trouble.forever = True
    async with house() as bot:
        job = await held(bot)
        await until(lambda: trouble.tries)
    trouble.forever = False
    async with house() as bot:
        await until(lambda: surface.asked)
        assert (await bot.press("go", job)).status is JobStatus.POSTED
    assert [asked for asked, _, _ in surface.asked] == [job.id]


async def test_a_changed_mask_that_a_restart_came_before_is_shown_by_the_next_run(house, surface, trouble):
    async with house() as bot:
        job = await bot.draw(INPAINT, prompt="a hat", pictures=TRANSPARENT)
        trouble.forever = True
        pressing = asyncio.create_task(bot.press("invert", job))
        await until(lambda: trouble.tries == 2)
        pressing.cancel()
    trouble.forever = False
    async with house():
        await until(lambda: len(surface.asked) == 2)
    before, after = (overlay for _, overlay, _ in surface.asked)
    assert before != after


async def test_a_mask_that_was_shown_is_not_shown_again_by_a_restart(house, surface):
    async with house() as bot:
        job = await bot.draw(INPAINT, prompt="a hat", pictures=TRANSPARENT)
        await bot.press("grow", job)
    for _ in range(2):
        async with house():
            await asyncio.sleep(0.05)
    assert len(surface.asked) == 2


async def test_what_a_surface_commits_while_it_shows_a_mask_is_kept(house, surface, monkeypatch):
    async def ask(job, *_):
        await bot.service.keep_address(job, messages={"mask": 5})
        return {"message_id": 6}

    monkeypatch.setattr(surface, "ask", ask)
    async with house() as bot:
        job = await bot.draw(INPAINT, prompt="a hat", pictures=TRANSPARENT)
    assert (job.address["messages"], job.address["message_id"]) == ({"mask": 5}, 6)


async def test_a_mask_that_can_never_be_shown_is_told_and_no_longer_counts(house, surface, trouble):
    trouble.error = Undeliverable(reason="files are not allowed here")
    async with house() as bot:
        job = await bot.draw(INPAINT, prompt="a hat", pictures=TRANSPARENT)
        assert (job.status, job.error, job.told) == (JobStatus.FAILED, "undeliverable", True)
        assert bot.dispatcher.held("ann") == []
    [(key, text)] = surface.told
    assert key == job.key
    assert say("error-undeliverable", reason="files are not allowed here") in text


async def test_a_mask_that_is_refused_for_a_day_is_given_up(house, surface, trouble, monkeypatch):
    monkeypatch.setattr(following, "MAX_TRIES", 3)
    trouble.error = ConnectionError()
    async with house() as bot:
        job = await bot.draw(INPAINT, prompt="a hat", pictures=TRANSPARENT)
    assert (job.status, trouble.tries) == (JobStatus.FAILED, 3)


async def test_a_picture_that_is_gone_before_its_mask_was_shown_is_told(house, surface):
    async with house() as bot:
        job = await bot.obey(INPAINT, prompt="a hat", pictures=TRANSPARENT)
        bot.store._inputs.remove([f"{job.request.picture.sha256}.png"])
        await bot.service.follow(job)
        job = await bot.store.jobs.get(job.id)
    assert (job.status, job.error) == (JobStatus.FAILED, "input_damaged")
    assert len(surface.told) == 1


async def test_a_job_that_is_cancelled_while_its_mask_cannot_be_shown_is_left_alone(house, surface, trouble):
    trouble.error = ConnectionError()
    async with house() as bot:
        job = await held(bot)
        await until(lambda: trouble.tries)
        await bot.dispatcher.cancel(job.id)
        await bot.service.follow(job)
        assert (await bot.store.jobs.get(job.id)).status is JobStatus.CANCELLED


async def test_a_word_on_a_mask_is_committed_while_the_mask_is_still_on_its_way(house, trouble):
    trouble.forever = True
    async with house() as bot:
        job = await held(bot)
        await until(lambda: trouble.tries)
        visit = await bot.service.visit(bot.origin())
        async with asyncio.timeout(5):
            assert (await bot.service.decide(visit, Button("go", job.id))).status is JobStatus.QUEUED


async def test_a_job_whose_new_address_the_disk_refuses_is_answered_where_it_was(house, monkeypatch):
    async def refuse(*_):
        raise StoreFailed(reason="disk full")

    async with house() as bot:
        job = await bot.draw(INPAINT, prompt="a hat", pictures=TRANSPARENT)
        monkeypatch.setattr(bot.dispatcher, "change_address", refuse)
        assert (await bot.press("go", job)).status is JobStatus.POSTED
