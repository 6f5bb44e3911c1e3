"""What people get wrong, through the whole engine with the embedded model: a sentence, and nothing breaks."""

import asyncio
import io
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PIL import Image, ImageDraw

from bot.commands.parsing import parse_text
from bot.commands.table import Upload
from bot.service.service import Service
from bot.surface import Origin
from bot.words import replies
from bot.words.localisation import say
from engine.catalog import DEMO, Catalog
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import RequestError
from engine.jobs import Job, JobStatus
from engine.store.store import Store
from engine.workers.child import load_models
from engine.workers.process import ProcessWorker
from tests.engine.pictures.picture_files import declared_png, file_of, quarters
from tests.engine.workers.worker_bench import settings

shared_loop = pytest.mark.asyncio(loop_scope="module")
ENDS = (JobStatus.RENDERED, JobStatus.FAILED)


class House:
    """Hold the running engine."""

    def __init__(self, service: Service, store: Store, worker: ProcessWorker) -> None:
        self.service, self.store, self.worker = service, store, worker
        self.asked = 0

    async def ask(self, text: str, *files: bytes) -> Job:
        """Return the job as it ended."""
        self.asked += 1
        uploads = [Upload(f"{number}.png", data) for number, data in enumerate(files)]
        origin = Origin("web", "ann", "here", str(self.asked))
        job = await self.service.submit(parse_text(f"{text} --steps 1 --seed 1", "web", uploads), origin)
        async with asyncio.timeout(60):
            while (job := await self.store.jobs.get(job.id)).status not in ENDS:
                await asyncio.sleep(0.01)
        return job

    async def sentence(self, text: str, *files: bytes) -> str:
        """Return what the person reads instead of a picture."""
        try:
            return replies.ended(await self.ask(text, *files))
        except RequestError as error:
            return replies.error(error)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("house")
    worker = ProcessWorker(settings(folder / "cache"), load_models)
    async with (
        Store(folder / "store") as store,
        Dispatcher(store, worker) as dispatcher,
        Service(dispatcher, store, Catalog([DEMO])) as service,
    ):
        house = House(service, store, worker)
        await house.ask("/imagine a red circle")  # so that the worker runs, whose life is watched
        yield house


def mask(size: tuple[int, int] = (64, 48), white: tuple[int, ...] = (10, 10, 30, 30)) -> bytes:
    image = Image.new("L", size)
    if white:
        ImageDraw.Draw(image).rectangle(white, fill=255)
    return file_of(image)


def wide(mode: str = "RGB") -> Image.Image:
    return quarters().resize((64, 24)).convert(mode)


def animated() -> bytes:
    buffer = io.BytesIO()
    wide().save(buffer, "GIF", save_all=True, append_images=[Image.new("RGB", (64, 24))] * 2)
    return buffer.getvalue()


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    return file_of(wide(), "JPEG", exif=exif)


PHOTO = file_of(quarters())
BAD = {
    "a size that is no multiple": ("/imagine a fox --size 100x100", (), "the nearest is 128x128"),
    "a panorama": ("/img2img a fox", (file_of(Image.new("RGB", (4000, 16))),), "8:1"),
    "no strength": ("/img2img a fox --strength 0", (PHOTO,), "strength must be between 0.02 and 1"),
    "a mask of another size": ("/inpaint a fox", (PHOTO, mask((32, 48))), "32x48"),
    "an empty mask": ("/inpaint a fox", (PHOTO, mask(white=())), "nothing"),
    "an all-white mask": ("/inpaint a fox", (PHOTO, mask(white=(0, 0, 64, 48))), "/im"),
    "no mask": ("/inpaint a fox", (PHOTO,), "Say what to repaint"),
    "a truncated picture": ("/img2img a fox", (PHOTO[: len(PHOTO) // 2],), "damaged"),
    "a huge picture": ("/img2img a fox", (declared_png(40_000, 40_000),), "megapixels"),
    "no picture": ("/img2img a fox", (b"hello, I am text",), "PNG, JPEG, WebP, GIF, BMP, TIFF"),
    "weights that sum to nothing": ('/mix "a":0 "b":0', (), "All weights are 0"),
    "a mode that the model lacks": ("/depth a fox", (PHOTO,), "demo cannot do controlnet. These can: kandinsky-2-2"),
}
GOOD = {
    "RGBA": file_of(wide("RGBA")),
    "CMYK": file_of(wide("CMYK"), "JPEG"),
    "16 bits": file_of(wide("L").convert("I;16")),
    "palette": file_of(wide("P")),
    "animated": animated(),
    "turned": turned(),
}


@shared_loop
@pytest.mark.parametrize("case", BAD)
async def test_what_is_wrong_is_said_in_a_sentence_and_the_worker_lives_on(house: House, case: str) -> None:
    text, files, expected = BAD[case]
    before = house.worker.pid
    sentence = await house.sentence(text, *files)
    assert expected in sentence
    assert "Traceback" not in sentence
    assert sentence not in (say("error-render-failed"), say("error-engine-error"))
    assert house.worker.pid == before


@shared_loop
@pytest.mark.parametrize("kind", GOOD)
async def test_a_picture_of_any_common_kind_can_be_drawn_over(house: House, kind: str) -> None:
    job = await house.ask("/img2img a red circle", GOOD[kind])
    assert job.status is JobStatus.RENDERED
    picture = (await house.store.pictures(job.id))[0]
    assert (picture.width, picture.height) == ((64, 192) if kind == "turned" else (192, 64))


@shared_loop
async def test_so_little_strength_that_no_step_would_remain_makes_one_step(house: House) -> None:
    assert (await house.ask("/img2img a red circle --strength 0.02", PHOTO)).status is JobStatus.RENDERED


@shared_loop
async def test_of_a_prompt_that_is_too_long_for_the_model_the_person_is_told_what_was_not_read(house: House) -> None:
    job = await house.ask("/imagine a red circle " + "and a very blue square " * 40)
    assert job.status is JobStatus.RENDERED
    assert "not read: “" in replies.caption(job)
    assert "square" in replies.caption(job).split("not read")[1]


@shared_loop
async def test_a_prompt_of_only_emoji_is_drawn(house: House) -> None:
    assert (await house.ask("/imagine 🦊🔥🦊")).status is JobStatus.RENDERED


@shared_loop
async def test_a_negative_prompt_of_any_length_is_drawn(house: House) -> None:
    for words in ("ugly", "ugly, " * 100):
        assert (await house.ask(f"/imagine a red circle --no {words}")).status is JobStatus.RENDERED
