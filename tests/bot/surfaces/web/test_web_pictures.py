"""Pictures go into every command from the chat and from the form, and what is no picture gets a sentence."""

import base64
import io

import httpx
import pytest
import pytest_asyncio
from PIL import Image

from bot.commands.table import DRAWING_COMMANDS, MIX, UPSCALE
from bot.surfaces.web.form import FIELDS, is_shown
from bot.surfaces.web.words import word
from bot.words.localisation import say
from engine.catalog import KANDINSKY_2_2, KANDINSKY_3, Catalog
from engine.jobs import JobStatus
from engine.pictures import inputs
from engine.pictures.reading import ReadingPool
from tests.bot.surfaces.web.web_bot import FORM, Visitor, WebBot, file_named

SMALL = "--steps 2 --seed 7"


pytestmark = pytest.mark.asyncio(loop_scope="module")  # one bot for all, each test with a browser of its own


@pytest.fixture(scope="module", autouse=True)
def quick_page():
    """Let a page that has everything ask again soon."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.surfaces.web.app.WAIT_S", 0.05)
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory):
    async with WebBot(tmp_path_factory.mktemp("store")).running() as bot:
        yield bot


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(bot):
    async with Visitor(bot.url) as visitor:
        yield visitor


def photo(colour="red", size=(96, 64), file_format="PNG", mode="RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, file_format)
    return buffer.getvalue()


def strokes(box: tuple[int, int, int, int], size=(128, 128)) -> bytes:
    """Brush over `box` as the page's editor does: white on nothing."""
    image = Image.new("RGBA", size)
    image.paste("white", box)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


async def asked(bot: WebBot):
    """Return what was asked for last by a person who has seen the pictures."""
    return (await bot.store.jobs.with_status([JobStatus.POSTING, JobStatus.POSTED]))[-1].request


async def inputs_of(bot: WebBot) -> list[bytes]:
    """Return the pictures that came with what was asked for last, as they were kept."""
    request = await asked(bot)
    kept = await bot.store.inputs(request)
    return [kept[picture.sha256] for picture in request.pictures()]


async def results(visitor: Visitor, sent: int) -> list[Image.Image]:
    """Wait for pictures beside the `sent` ones, and open them."""
    await visitor.until(lambda page: len(page.pictures) > sent)
    return [Image.open(io.BytesIO(await visitor.get(file))) for file in visitor.pictures[sent:]]


TYPED = {
    "img2img": ("/img2img a fox --strength 0.4", 1),
    "outpaint": ("/outpaint a fox --extend left,top", 1),
    "mix": ('/mix "a fox":0.4 image1:0.6', 1),
    "morph": ("/morph --frames 3 --size 64x64", 2),
    "variations": ("/variations --count 2", 1),
    "upscale": ("/upscale", 1),
}


@pytest.mark.parametrize("name", TYPED)
async def test_a_typed_command_takes_the_pictures_that_come_with_it(bot, visitor, name):
    words, count = TYPED[name]
    files = [await visitor.upload(photo(colour, (128, 128)), f"{colour}.png") for colour in ("red", "blue")[:count]]
    await visitor.say(f"{words} {SMALL}", *files)
    made = await results(visitor, sent=count)
    request = await asked(bot)
    assert request.mode == name
    assert len(request.pictures()) == count
    assert [picture.width for picture in request.pictures()] == [128] * count
    kept = await inputs_of(bot)
    assert [Image.open(io.BytesIO(data)).getpixel((0, 0)) for data in kept] == [(255, 0, 0), (0, 0, 255)][:count]
    assert [file["orig_name"] for file in visitor.pictures[:count]] == ["red.png", "blue.png"][:count]
    assert [image.format for image in made] == {"morph": ["GIF", "PNG"], "variations": ["PNG", "PNG"]}.get(
        name, ["PNG"]
    )


async def test_a_prompt_with_a_picture_draws_over_it(bot, visitor):
    await visitor.say(f"a fox {SMALL}", await visitor.upload(photo(file_format="JPEG"), "fox.jpg"))
    await results(visitor, sent=1)
    assert (await asked(bot)).mode == "img2img"


FILLED = {
    "imagine": {"exact": True},
    "img2img": {"image": "red", "strength": 0.4, "size": "64x64"},
    "outpaint": {"image": "red", "extend": ["left", "top"], "share": 0.25},
    "mix": {"image1": "red", "words2": 'a "big" fox', "weight1": 0.25, "weight2": 0.75},
    "morph": {"words1": "a hen", "image2": "red", "frames": 3},
    "variations": {"image": "red", "prompt": ""},
    "upscale": {"image": "red", "strength": 0.2, "prompt": ""},
}
EXPECTED = {
    "imagine": {"prompt": "a red circle", "exact": True, "width": 128, "height": 64, "count": 2},
    "img2img": {"strength": 0.4, "width": 64, "height": 64, "prompt": "a red circle"},
    "outpaint": {"extend": ("left", "top"), "share": 0.25},
    "mix": {"count": 2},
    "morph": {"frames": 3, "width": 128},
    "variations": {"count": 2, "prompt": ""},
    "upscale": {"strength": 0.2, "width": 256, "height": 256},
}


@pytest.mark.parametrize("name", FILLED)
async def test_the_form_asks_for_every_command(bot, visitor, name):
    fields = {field: await _filled(visitor, field, value) for field, value in FILLED[name].items()}
    await visitor.draw(command=name, **fields)
    await visitor.until(lambda page: page.gallery)
    request = await asked(bot)
    told = request.model_dump()
    assert {field: told[field] for field in EXPECTED[name]} == EXPECTED[name]
    assert {value for field, value in FILLED[name].items() if field.startswith("image")} == {
        "red" for _ in request.pictures()
    }
    if name == "imagine":
        assert visitor.texts[0].endswith("--count 2 --exact --model demo --size 128x64")
    if name == "mix":
        assert [(part.text, part.weight) for part in request.parts] == [("", 0.25), ("a 'big' fox", 0.75)]
    if name == "morph":
        assert (request.start.text, request.end.picture is not None) == ("a hen", True)


async def _filled(visitor: Visitor, field: str, value: object) -> object:
    return await visitor.upload(photo(value, (128, 128))) if field.startswith("image") else value


async def test_what_is_brushed_over_in_the_form_becomes_a_mask(bot, visitor):
    layers = [await visitor.upload(strokes(box), "layer.png") for box in ((0, 0, 64, 32), (0, 96, 64, 128))]
    canvas = {"background": await visitor.upload(photo("blue", (128, 128))), "layers": layers, "composite": None}
    await visitor.draw(command="inpaint", canvas=canvas)
    await visitor.until(lambda page: page.gallery)
    picture, mask = [Image.open(io.BytesIO(data)) for data in await inputs_of(bot)]
    assert [mask.convert("L").getpixel((9, y)) for y in (0, 31, 40, 90, 100)] == [255, 255, 0, 0, 255]
    assert mask.convert("L").getpixel((100, 9)) == 0
    assert picture.getpixel((9, 9)) == (0, 0, 255)


async def test_what_the_brush_covers_is_read_in_turn_like_every_other_picture(bot, visitor, monkeypatch):
    owners, plainly = [], ReadingPool.read

    async def read(pool, owner, data):
        owners.append(owner)
        return await plainly(pool, owner, data)

    monkeypatch.setattr(ReadingPool, "read", read)
    layer, background = await visitor.upload(strokes((0, 0, 64, 32)), "layer.png"), await visitor.upload(photo())
    await visitor.draw(command="inpaint", canvas={"background": background, "layers": [layer], "composite": None})
    await visitor.until(lambda page: page.gallery)
    assert len(owners) == 3  # the layer, then the picture and the mask
    assert len(set(owners)) == 1


async def test_an_untouched_canvas_is_no_mask(bot, visitor):
    empty = await visitor.upload(strokes((0, 0, 0, 0)), "layer.png")
    background = await visitor.upload(photo((0, 0, 255, 0), (128, 128), mode="RGBA"))
    await visitor.draw(command="inpaint", canvas={"background": background, "layers": [empty], "composite": None})
    await visitor.until(lambda page: page.gallery)
    assert (await asked(bot)).mask is None


async def test_the_same_picture_may_be_asked_about_again(visitor):
    image = await visitor.upload(photo())
    for number in (1, 2):
        await visitor.draw(command="variations", image=image)
        await visitor.until(lambda page, number=number: page.gallery and len(page.pictures) == 3 * number)


BAD = {
    "no picture": (b"hello", "fox.png"),
    "damaged": (photo()[:60], "fox.png"),
    "a page": (b"<script>alert(1)</script>", "fox.html"),
    "too narrow": (photo(size=(900, 9)), "fox.png"),
}


@pytest.mark.parametrize("kind", BAD)
async def test_what_is_no_usable_picture_gets_a_sentence(visitor, kind):
    file = await visitor.upload(*BAD[kind])
    await visitor.say("/img2img a fox", file)
    await visitor.until(lambda page: len(page.texts) == 2 and page.last != "…")
    chat = visitor.last
    await visitor.draw(command="img2img", image=file)
    await visitor.until(lambda page: page.status not in ("", "…"))
    assert visitor.status == chat
    assert chat not in (say("error-engine-error"), "")
    assert "Traceback" not in chat


async def test_a_missing_or_a_needless_picture_gets_a_sentence(visitor):
    await visitor.say("/img2img a fox")
    await visitor.until(lambda page: "/img2img needs a picture" in page.last)
    await visitor.say("/imagine a fox", await visitor.upload(photo()))
    await visitor.until(lambda page: "/imagine" in page.last and page.last != "/imagine a fox")
    await visitor.draw(command="inpaint")
    await visitor.until(lambda page: "/inpaint needs a picture" in page.status)
    await visitor.draw(command="mix")
    await visitor.until(lambda page: "Name 2 to 4 things to mix" in page.status)


async def test_a_file_over_the_limit_is_refused_at_the_door(visitor):
    with pytest.raises(httpx.HTTPStatusError) as caught:
        await visitor.upload(bytes(inputs.MAX_BYTES + 1))
    assert caught.value.response.status_code == 413


@pytest.mark.parametrize("path", ["/etc/passwd", "pyproject.toml", "store", "https://example.com/fox.png", "up/../.."])
async def test_a_request_may_name_no_file_that_was_not_uploaded(bot, visitor, path):
    path = str(bot.path / "jobs.sqlite3") if path == "store" else path
    uploaded = await visitor.upload(photo())
    path = f"{uploaded['path']}/../../../../../../etc/passwd" if path == "up/../.." else path
    hidden = {**uploaded, "meta": None, "inner": [file_named(path)]}
    for file in (file_named(path), {"path": path}, {"inner": file_named(path)}, hidden):
        for name, values in calls(file):
            answer = await visitor.http.post(f"/gradio_api/run/{name}", json={"data": values})
            assert answer.status_code in (400, 422), (name, file)
            assert "root:" not in answer.text
    await visitor.look()
    assert visitor.chat == []


def calls(file: dict) -> list[tuple[str, list]]:
    """List every way to name a file in a request: where one belongs, and where none does."""
    form = {**FORM, "command": "img2img"}
    canvas = {"background": file, "layers": [file], "composite": None}
    return [
        ("say", [{"text": "/img2img a fox", "files": [file]}]),
        ("draw", list({**form, "image": file}.values())),
        ("draw", list({**form, "command": "inpaint", "canvas": canvas}.values())),
        ("draw", list({**form, "prompt": file}.values())),
        ("watch", [file]),
    ]


async def test_the_editor_s_blobs_are_not_taken_into_memory(bot, visitor):
    config = (await visitor.http.get("/config")).json()
    [editor] = [each["id"] for each in config["components"] if each["type"] == "imageeditor"]
    form = {
        "component_id": str(editor),
        "session_hash": "x",
        "fn_name": "accept_blobs",
        "id": "1",
        "type": "layer",
        "index": "0",
    }
    answer = await visitor.http.post(
        "/gradio_api/component_server", data=form, files={"data": ("layer.png", photo()), "file": ("l.png", photo())}
    )
    assert answer.status_code == 404


async def test_a_preview_stands_in_the_answer_until_the_picture_does(tmp_path):
    bot = WebBot(tmp_path, step_s=0.1)
    async with bot.running(), Visitor(bot.url) as visitor:
        await visitor.draw(steps=8)
        await visitor.until(lambda page: page.preview)
        data = visitor.preview.partition("base64,")[2].partition('"')[0]
        assert Image.open(io.BytesIO(base64.b64decode(data))).format == "JPEG"
        assert visitor.last.startswith(visitor.preview)
        await visitor.until(lambda page: page.gallery)
        assert (visitor.preview, "<img" in visitor.last) == ("", False)


async def test_the_form_shows_the_inputs_of_a_command_and_no_others(visitor):
    for command in DRAWING_COMMANDS:
        about, *shown = await visitor.call("show", command.name)
        assert about == word(f"command-{command.name}")
        assert any(update["visible"] for update in shown)
    assert [name for name in FIELDS if is_shown(name, UPSCALE)] == [
        "image", "prompt", "strength", "negative", "steps", "guidance", "seed", "quality", "style", "caption",
        "enhance", "exact", "model",
    ]  # fmt: skip
    assert "weight1" in [name for name in FIELDS if is_shown(name, MIX)]


async def test_a_model_offers_only_what_it_can_do(tmp_path):
    bot = WebBot(tmp_path, catalog=Catalog([KANDINSKY_2_2, KANDINSKY_3]))
    async with bot.running(), Visitor(bot.url) as visitor:
        [command, *_] = await visitor.call("defaults", "kandinsky-3", "depth")
        assert command["value"] == "imagine"
        assert "depth" not in [name for _, name in command["choices"]]


async def test_depth_is_asked_for_where_a_model_knows_it(tmp_path):
    bot = WebBot(tmp_path, catalog=Catalog([KANDINSKY_2_2]))
    async with bot.running(), Visitor(bot.url) as visitor:
        image = await visitor.upload(photo(size=(256, 256)))
        await visitor.say("/depth a fox --map --steps 2", image)
        await visitor.draw(command="depth", image=image, map=True, model="kandinsky-2-2")
        await bot.until(JobStatus.POSTING, JobStatus.POSTED, count=2)
        jobs = await bot.store.jobs.with_status([JobStatus.POSTING, JobStatus.POSTED])
        assert [(job.request.mode, job.request.is_depth_map) for job in jobs] == [("controlnet", True)] * 2
