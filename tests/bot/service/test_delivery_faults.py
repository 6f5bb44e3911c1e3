"""What the disk does while a picture is on its way to its person: it is told in words, or tried again."""

import errno
from pathlib import Path

import pytest

from bot.commands.table import IMAGINE
from bot.service import following
from bot.surface import Undeliverable
from bot.words.localisation import say
from engine.errors import PictureDamaged, StoreFailed
from engine.jobs import JobStatus
from tests.bot.service.test_results import house, surface

__all__ = ["house", "surface"]


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    monkeypatch.setattr(following, "RETRY_FIRST_S", 0.001)


@pytest.fixture
def delivering(surface, monkeypatch):
    """Read the pictures, as a true surface does."""
    deliver = surface.deliver

    async def read_and_deliver(job, pictures, caption):
        await pictures()
        return await deliver(job, pictures, caption)

    monkeypatch.setattr(surface, "deliver", read_and_deliver)


def refuse(monkeypatch, number: int, times: int) -> None:
    read, left = Path.read_bytes, [number] * times

    def refused(path: Path) -> bytes:
        if left and path.parent.name == "pictures":
            raise OSError(left.pop(), "refused", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refused)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
@pytest.mark.usefixtures("delivering")
async def test_a_picture_that_cannot_be_read_is_told_in_words(house, surface, monkeypatch, number):
    refuse(monkeypatch, number, 1)
    async with house() as bot:
        job = await bot.draw()
    assert (job.status, job.error, job.told) == (JobStatus.FAILED, "picture_damaged", True)
    [(_, text)] = surface.told
    assert say("error-picture-damaged") in text


@pytest.mark.usefixtures("delivering")
async def test_a_picture_arrives_once_the_machine_can_open_files_again(house, surface, monkeypatch):
    refuse(monkeypatch, errno.EMFILE, 5)
    async with house() as bot:
        job = await bot.draw()
    assert (job.status, surface.told) == (JobStatus.POSTED, [])


@pytest.mark.parametrize("error", [Undeliverable(reason="blocked"), None])
@pytest.mark.usefixtures("delivering")
async def test_a_disk_that_refuses_to_note_a_failure_ends_no_follower(house, surface, monkeypatch, error):
    """Its person was told only after a restart."""
    if error:
        monkeypatch.setattr(surface, "deliver", lambda *_: (_ for _ in ()).throw(error))
    async with house() as bot:
        move, refusals = bot.store.jobs.move, [StoreFailed(reason="full")] * 2

        async def refuse_first(job_id, status, **changes):
            if status is JobStatus.FAILED and refusals:
                raise refusals.pop()
            return await move(job_id, status, **changes)

        monkeypatch.setattr(bot.store.jobs, "move", refuse_first)
        if not error:
            monkeypatch.setattr(bot.store, "pictures", unreadable)
        job = await bot.obey(IMAGINE, prompt="a fox", steps=2)
        await bot.service.follow(job)
        job = await bot.store.jobs.get(job.id)
    assert (job.status, job.told) == (JobStatus.FAILED, True)


async def unreadable(_job_id):
    raise PictureDamaged(file="x")
