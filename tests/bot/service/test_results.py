"""What can be done with results through the service: masks are confirmed, earlier jobs are found, shown and deleted."""

import io
from contextlib import asynccontextmanager

import pytest
from PIL import Image, ImageDraw

from bot.commands import table as commands
from bot.commands.buttons import FILES, FULL, PARAMETERS, VERBS, Button
from bot.commands.table import (
    AGAIN,
    CANCEL,
    DELETE,
    HISTORY,
    IMAGINE,
    INPAINT,
    SHOW,
    VARIATIONS,
    Invocation,
    Taken,
    Upload,
)
from bot.service.answers import BY_COMMAND
from bot.service.service import Service
from bot.surface import Origin
from bot.words import replies
from engine.catalog import DEMO, Catalog
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import RequestError
from engine.jobs import JobStatus, Submission
from engine.request import InputPicture
from engine.requests import Segment
from engine.store.store import Store
from engine.workers.fake import FakeWorker
from tests.bot.service.test_service import Recorder
from tests.engine.pictures.picture_files import file_of
from tests.engine.pictures.test_scribbles import gradient

SIDE = 128


class House:
    """Hold a running service; `ann` asks, `ben` is beside her, `cleo` is elsewhere."""

    def __init__(self, store, dispatcher, service, worker) -> None:
        self.store, self.dispatcher, self.service, self.worker = store, dispatcher, service, worker
        self.asked = 0

    def origin(self, owner="ann", place="web:1/here", **more):
        self.asked += 1
        return Origin("web", owner, place, f"{owner} {self.asked}", **more)

    async def obey(self, command, owner="ann", place="web:1/here", pictures=(), **options):
        visit = await self.service.visit(self.origin(owner, place))
        return await self.service.obey(visit, Invocation(command, options, tuple(pictures)))

    async def draw(self, command=IMAGINE, **options):
        values = {"prompt": "a fox", "steps": 2, **options} if command is IMAGINE else options
        job = await self.obey(command, **values)
        await self.service.follow(job)
        return await self.store.jobs.get(job.id)

    async def press(self, verb, job, owner="ann"):
        decided = await self.service.decide(await self.service.visit(self.origin(owner)), Button(verb, job.id))
        await self.service.follow_anew(decided)
        return await self.store.jobs.get(job.id)


@pytest.fixture
def surface():
    return Recorder()


@pytest.fixture
def house(tmp_path, surface):
    @asynccontextmanager
    async def open_house():
        worker = FakeWorker()
        async with (
            Store(tmp_path) as store,
            Dispatcher(store, [worker]) as dispatcher,
            Service(dispatcher, store, Catalog([DEMO])) as service,
        ):
            service.add(surface)
            await service.resume()
            yield House(store, dispatcher, service, worker)

    return open_house


def photo() -> Image.Image:
    return gradient().resize((SIDE, SIDE))


def mask(box=(32, 32, 95, 95)) -> Image.Image:
    image = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(image).rectangle(box, fill=255)
    return image


def upload(image: Image.Image, file_format: str = "PNG") -> Upload:
    return Upload(f"picture.{file_format.lower()}", file_of(image, file_format))


def scribbled() -> Image.Image:
    image = photo()
    ImageDraw.Draw(image).line((30, 64, 98, 64), fill=(255, 0, 0), width=16)
    return image


def transparent() -> Image.Image:
    image = photo().convert("RGBA")
    image.putalpha(mask().point(lambda value: 255 - value))
    return image


async def white(bot, job) -> Image.Image:
    """Read a held job's mask."""
    job = await bot.store.jobs.get(job.id)
    data = await bot.store.inputs(job.request)
    return Image.open(io.BytesIO(data[job.request.mask.sha256])).convert("L")


async def keep(bot, image: Image.Image) -> InputPicture:
    checksum = await bot.store.keep_input(file_of(image))
    return InputPicture(sha256=checksum, width=image.width, height=image.height)


def share(image: Image.Image) -> float:
    return sum(image.histogram()[128:]) / (image.width * image.height)


WAYS = {
    "a black-and-white picture": (upload(photo()), upload(mask())),
    "a black-and-white photo": (upload(photo()), upload(mask(), "JPEG")),
    "transparency": (upload(transparent()),),
    "a second picture's transparency": (upload(photo()), upload(transparent())),
    "a scribble": (upload(photo()), upload(scribbled(), "JPEG")),
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_mask_is_shown_before_anything_is_drawn_however_it_was_given(house, surface, way):
    async with house() as bot:
        job = await bot.draw(INPAINT, prompt="a hat", pictures=WAYS[way])
        assert job.status is JobStatus.HELD
        [(asked, overlay, text)] = surface.asked
        assert asked == job.id
        assert "Shall I begin?" in text
        assert Image.open(io.BytesIO(overlay)).size == (SIDE, SIDE)
        marked = await white(bot, job)
        assert marked.getpixel((64, 64)) == 255
        assert marked.getpixel((5, 120)) == 0
        assert (await bot.press("go", job)).status is JobStatus.POSTED
    assert len(surface.delivered) == 1


async def test_what_words_name_is_found_by_the_worker_and_shown_as_a_mask(house, surface):
    async with house() as bot:
        job = await bot.draw(INPAINT, prompt="a hat", where="the head", pictures=[upload(photo())])
        assert job.status is JobStatus.HELD
        marked = await white(bot, job)
        assert (marked.getpixel((SIDE // 4, 64)), marked.getpixel((3 * SIDE // 4, 64))) == (255, 0)
        assert share(marked) == pytest.approx(0.5)
        assert [each.id for each in await bot.store.history.latest("ann")] == [
            job.id
        ]  # the search leaves no job behind
        assert (await bot.press("go", job)).status is JobStatus.POSTED
    assert (len(surface.asked), len(surface.delivered), surface.told) == (1, 1, [])


async def test_a_search_waits_its_turn_and_has_no_size_and_no_steps(house):
    async with house() as bot:
        before = [await bot.obey(IMAGINE, prompt="a fox", steps=2) for _ in range(3)]
        job = await bot.draw(INPAINT, prompt="a hat", where="the head", pictures=[upload(photo())])
        assert [len(await bot.store.pictures(each.id)) for each in before] == [1, 1, 1]
        assert job.status is JobStatus.HELD


async def test_what_is_not_there_is_said_and_nothing_is_held(house):
    async with house() as bot:
        bot.worker.fail_next(RequestError("segment_nothing", value="a dragon"))
        with pytest.raises(RequestError, match="segment_nothing") as caught:
            await bot.obey(INPAINT, prompt="a hat", where="a dragon", pictures=[upload(photo())])
        assert "looks like “a dragon”" in replies.error(caught.value)
        assert bot.dispatcher.held("ann") == []


async def test_a_mask_is_inverted_and_grown_and_shown_again(house, surface):
    async with house() as bot:
        job = await bot.draw(INPAINT, prompt="a hat", pictures=WAYS["a black-and-white picture"])
        before = share(await white(bot, job))
        await bot.press("grow", job)
        grown = share(await white(bot, job))
        await bot.press("invert", job)
        inverted = share(await white(bot, job))
    assert before < grown < 2 * before
    assert inverted == pytest.approx(1 - grown)
    assert len(surface.asked) == 3


async def test_a_mask_is_its_owner_s_and_can_be_given_up(house, surface):
    async with house() as bot:
        job = await bot.draw(INPAINT, prompt="a hat", pictures=WAYS["transparency"])
        with pytest.raises(RequestError, match="not_your_mask"):
            await bot.press("go", job, owner="ben")
        assert (await bot.press("stop", job)).status is JobStatus.CANCELLED
        with pytest.raises(RequestError, match="mask_decided"):
            await bot.press("go", job)
    assert [key for key, _ in surface.told] == [job.key]


async def test_a_mask_is_confirmed_after_a_restart(house, surface):
    async with house() as bot:
        job = await bot.draw(INPAINT, prompt="a hat", pictures=WAYS["transparency"])
    async with house() as bot:
        assert (await bot.press("go", job)).status is JobStatus.POSTED
    assert len(surface.delivered) == 1


async def test_a_search_that_a_restart_cut_short_is_dropped(house):
    async with house() as bot:
        kept = Taken("photo.png", (await keep(bot, photo())))
        request = Segment(model="demo", prompt="the hat", picture=kept.picture)
        job, _ = await bot.store.add(Submission(request, "ann", "web:1/here", "engine", "k where"))
    async with house() as bot:
        assert (await bot.store.jobs.get(job.id)).status is JobStatus.CANCELLED
        assert await bot.store.jobs.untold() == []
        assert await bot.store.history.latest("ann") == []
        assert await bot.store.history.used_since("ann", 0) == 0


async def test_all_of_one_s_jobs_are_stopped_with_those_whose_masks_wait(house):
    async with house() as bot:
        job = await bot.draw(INPAINT, prompt="a hat", pictures=WAYS["transparency"])
        await bot.obey(CANCEL, job="all")
        assert (await bot.store.jobs.get(job.id)).status is JobStatus.CANCELLED


@pytest.mark.parametrize(
    ("pictures", "code"),
    [
        ((upload(photo()),), "mask_missing"),
        ((upload(photo()), upload(Image.new("L", (SIDE, SIDE)))), "mask_empty"),
        ((upload(photo()), upload(Image.new("L", (SIDE, SIDE), 255))), "mask_full"),
        ((upload(photo()), upload(Image.new("L", (64, 64)))), "mask_size"),
        ((upload(photo()), upload(photo())), "mask_empty"),
    ],
)
async def test_a_picture_without_a_usable_mask_is_explained(house, pictures, code):
    async with house() as bot:
        with pytest.raises(RequestError, match=code):
            await bot.obey(INPAINT, prompt="a hat", pictures=pictures)
        assert await bot.store.history.latest("ann") == []


async def test_again_draws_the_same_with_another_seed_or_what_is_given_anew(house):
    async with house() as bot:
        first = await bot.draw(prompt="a fox", seed=7, count=2, size="64x128")
        second = await bot.draw(AGAIN, of=first.id)
        third = await bot.draw(AGAIN, of=first.id, prompt="a bear", seed="9", count=1)
    same = first.request.model_copy(update={"seed": second.request.seed})
    assert second.request == same
    assert second.request.seed != 7
    assert third.request == first.request.model_copy(update={"prompt": "a bear", "seed": 9, "count": 1})


async def test_a_picture_of_an_earlier_job_stands_in_for_one_that_is_sent(house):
    async with house() as bot:
        first = await bot.draw(count=2)
        job = await bot.draw(VARIATIONS, of=f"{first.id}.2")
        [second] = (await bot.store.pictures(first.id))[1:]
        [given] = (await bot.store.inputs(job.request)).values()
    assert Image.open(io.BytesIO(given)).tobytes() == Image.open(io.BytesIO(second.data)).tobytes()


@pytest.mark.parametrize("named", ["0000000000", "", "x", "{id}.3", "{id}.0", "{id}.x"])
async def test_what_is_not_there_is_not_found(house, named):
    async with house() as bot:
        job = await bot.draw(count=2)
        with pytest.raises(RequestError, match="job_unknown"):
            await bot.obey(VARIATIONS, of=named.format(id=job.id) or " ")


async def test_people_at_the_same_place_may_use_a_result_and_nobody_elsewhere(house):
    async with house() as bot:
        job = await bot.draw()
        await bot.obey(PARAMETERS, owner="ben", job=job.id)
        with pytest.raises(RequestError, match="job_unknown"):
            await bot.obey(PARAMETERS, owner="cleo", place="web:1/elsewhere", job=job.id)
        await bot.service.keep_address(job, private=True)
        with pytest.raises(RequestError, match="job_unknown"):
            await bot.obey(PARAMETERS, owner="ben", job=job.id)


async def test_results_are_shown_in_full_as_files_and_with_their_parameters(house):
    async with house() as bot:
        job = await bot.draw(count=2, seed=7)
        pictures = await bot.store.pictures(job.id)
        shown, full = await bot.obey(SHOW, job=job.id), await bot.obey(FULL, job=f"{job.id}.2")
        files, text = await bot.obey(FILES, job=job.id), await bot.obey(PARAMETERS, job=job.id)
    assert list(shown.pictures) == pictures
    assert full.pictures == (pictures[1],)
    assert [button.number for row in full.buttons for button in row] == [2] * 5
    assert [file.data for file in files.files] == [picture.data for picture in pictures]
    assert "seed 7, 8" in text.text
    assert text.private


async def test_history_lists_one_s_own_jobs_newest_first(house):
    async with house() as bot:
        first, second = await bot.draw(prompt="a fox"), await bot.draw(prompt="a bear")
        lines = (await bot.obey(HISTORY)).text.splitlines()
        nobody = await bot.obey(HISTORY, owner="ben")
    assert [line.split()[2].rstrip(":") for line in lines[:2]] == [second.id, first.id]
    assert "done “a bear”" in lines[0]
    assert nobody.text == "You have asked for nothing yet."


async def test_a_result_is_deleted_by_its_owner_or_a_moderator(house, surface):
    async with house() as bot:
        job, other = await bot.draw(), await bot.draw()
        with pytest.raises(RequestError, match="not_yours_to_delete"):
            await bot.obey(DELETE, owner="ben", job=job.id)
        await bot.obey(DELETE, job=job.id)
        moderator = bot.origin("ben", is_moderator=True)
        await bot.service.obey(await bot.service.visit(moderator), Invocation(DELETE, {"job": other.id}))
        assert await bot.store.history.latest("ann") == []
    assert surface.removed == [job.id, other.id]


async def test_what_stands_in_the_file_of_a_picture_is_read_back(house):
    async with house() as bot:
        job = await bot.draw(seed=7)
        [picture] = await bot.store.pictures(job.id)
        told = await bot.obey(SHOW, pictures=[Upload("fox.png", picture.data)])
        foreign = await bot.obey(SHOW, pictures=[upload(photo())])
    assert told.text.startswith("a fox\nSteps: 2")
    assert told.text.endswith("/imagine a fox --steps 2 --guidance 1.5 --seed 7 --model demo --size 128x128")
    assert foreign.text == "That file does not say how the picture was made."


def test_every_command_has_somebody_who_answers_it():
    given = [*commands.COMMANDS, *(verb.command for verb in VERBS.values() if verb.command)]
    assert {command.name for command in given if not command.makes_job} - BY_COMMAND.keys() == set()
