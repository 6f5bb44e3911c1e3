import io
import json
import random

import pytest
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from engine.catalog import Savings
from engine.errors import RequestError
from engine.events import Picture
from engine.pictures.images import (
    FRAME_MS,
    REQUEST_CHUNK,
    animate,
    decode,
    encode,
    encode_all,
    fit,
    grid,
    parameters,
    read_parameters,
    read_request,
)  # fmt: skip
from engine.request import Style
from engine.requests import Batch, Morph, Text2Image
from tests.engine.pictures.picture_files import declared_png, file_of

REQUEST = Text2Image(
    model="demo", prompt="ein roter Kreis, 红色", negative_prompt="blurry", width=64, height=64, steps=20,
    guidance_scale=4.0, seed=7, count=4,
)  # fmt: skip


def noise(width: int = 64, height: int = 64) -> Image.Image:
    return Image.effect_noise((width, height), 80).convert("RGB")


def plain(colour: str) -> Picture:
    return encode(Image.new("RGB", (64, 32), colour), REQUEST, 0)


def test_an_encoded_picture_is_a_png_of_the_same_pixels() -> None:
    image = noise()
    picture = encode(image, REQUEST, 0)
    assert (picture.media_type, picture.width, picture.height) == ("image/png", 64, 64)
    assert decode(picture).tobytes() == image.tobytes()


def test_a_picture_carries_the_seed_of_its_place_in_the_request() -> None:
    assert [encode(noise(), REQUEST, index).seed for index in range(4)] == [7, 8, 9, 10]


def test_the_parameters_follow_the_common_convention() -> None:
    assert decode(encode(noise(), REQUEST, 2)).info["parameters"] == (
        "ein roter Kreis, 红色\nNegative prompt: blurry\nSteps: 20, CFG scale: 4.0, Seed: 9, Size: 64x64, Model: demo"
    )


def test_the_parameters_tell_what_the_steps_saved() -> None:
    saving = REQUEST.model_copy(update={"savings": Savings(700, 100)})
    assert parameters(saving, 0).endswith("Guided below: 700, Features reused for: 100")
    assert parameters(saving.model_copy(update={"exact": True}), 0) == parameters(REQUEST, 0)


def test_the_request_can_be_read_back_from_the_file() -> None:
    chunk = json.loads(decode(encode(noise(), REQUEST, 3)).info[REQUEST_CHUNK])
    assert Text2Image.model_validate(chunk["request"]) == REQUEST
    assert chunk["picture"] == 3


def test_a_file_within_the_limit_is_left_alone() -> None:
    picture = encode(noise(), REQUEST, 0)
    assert fit(picture, len(picture.data)) is picture


def test_a_file_over_the_limit_is_first_compressed_without_loss() -> None:
    image = Image.linear_gradient("L").convert("RGB")
    picture = encode(image, REQUEST, 0)
    fitted = fit(picture, len(picture.data) - 1)
    assert fitted.media_type == "image/webp"
    assert decode(fitted).convert("RGB").tobytes() == image.tobytes()


def test_noise_loses_quality_but_no_pixels_and_keeps_its_parameters() -> None:
    picture = encode(noise(256, 128), REQUEST, 0)
    fitted = fit(picture, len(picture.data) // 3)
    assert len(fitted.data) <= len(picture.data) // 3
    assert (fitted.width, fitted.height, fitted.seed) == (*decode(fitted).size, picture.seed) == (256, 128, 7)
    comment = Image.open(io.BytesIO(fitted.data)).getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
    assert comment.removeprefix(b"UNICODE\0").decode("utf-16-be").startswith("ein roter Kreis, 红色")


def test_an_animation_over_the_limit_keeps_its_frames_its_pace_and_its_parameters() -> None:
    morph = Morph(model="demo", start={"text": "a cat"}, end={"text": "a dog"}, width=64, height=64, steps=2, seed=7)
    moving = animate([noise(), noise(), noise()], morph)
    fitted = fit(moving, len(moving.data) - 1)
    assert (fitted.media_type, fitted.width, fitted.height, fitted.seed) == ("image/webp", 64, 64, 7)
    assert len(fitted.data) < len(moving.data)
    smaller = Image.open(io.BytesIO(fitted.data))
    assert (smaller.n_frames, smaller.info["loop"]) == (4, 0)
    smaller.seek(1)
    smaller.load()
    assert smaller.info["duration"] == FRAME_MS
    comment = smaller.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
    assert comment.removeprefix(b"UNICODE\0").decode("utf-16-be").startswith("a cat + a dog")


def test_an_animation_that_fits_is_left_alone_and_one_that_cannot_is_refused() -> None:
    morph = Morph(model="demo", start={"text": "a cat"}, end={"text": "a dog"}, width=64, height=64, steps=2, seed=7)
    moving = animate([noise(), noise(), noise()], morph)
    assert fit(moving, len(moving.data)) is moving
    with pytest.raises(RequestError, match="picture_too_large"):
        fit(moving, 500)


def test_an_impossible_limit_is_named() -> None:
    with pytest.raises(RequestError) as caught:
        fit(encode(noise(), REQUEST, 0), 100)
    assert caught.value.code == "picture_too_large"
    assert caught.value.facts["limit_bytes"] == 100


@pytest.mark.parametrize(("count", "size"), [(1, (64, 32)), (2, (128, 32)), (3, (192, 32)), (4, (128, 64))])
def test_a_sheet_shows_four_in_a_square_and_fewer_in_a_row(count: int, size: tuple[int, int]) -> None:
    sheet = grid([plain(colour) for colour in ("red", "lime", "blue", "white")][:count])
    assert (sheet.width, sheet.height) == decode(sheet).size == size
    assert sheet.media_type == "image/jpeg"


def test_a_sheet_is_read_row_by_row() -> None:
    sheet = decode(grid([plain(colour) for colour in ("red", "lime", "blue", "white")]))
    corners = [sheet.getpixel(point) for point in ((4, 4), (124, 4), (4, 60), (124, 60))]
    wanted = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    assert all(
        abs(a - b) < 12 for got, want in zip(corners, wanted, strict=True) for a, b in zip(got, want, strict=True)
    )


def test_a_sheet_of_large_pictures_stays_within_what_platforms_show_as_a_photo() -> None:
    large = encode(Image.new("RGB", (1536, 640)), REQUEST, 0)
    assert grid([large] * 3).width == 4096


def exif_jpeg(comment: bytes, **options: object) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    return file_of(noise(), "JPEG", exif=exif, **options)


def test_what_stands_in_a_file_is_read_back():
    data = encode(noise(), REQUEST, 2).data
    assert read_parameters(data) == parameters(REQUEST, 2)
    assert read_request(data) == (REQUEST, 2)


def test_a_file_that_was_made_smaller_still_says_how_to_repeat_it():
    picture = encode(noise(256, 128), REQUEST, 1)
    fitted = fit(picture, len(picture.data) // 3).data
    assert (read_parameters(fitted), read_request(fitted)) == (parameters(REQUEST, 1), (REQUEST, 1))


def test_an_animation_says_how_to_repeat_it_too():
    morph = Morph(model="demo", start={"text": "кот"}, end={"text": "猫"}, width=64, height=64, steps=2, seed=7)
    moving = animate([noise(), noise(), noise()], morph)
    for picture in (moving, fit(moving, len(moving.data) - 1)):
        assert (read_parameters(picture.data), read_request(picture.data)) == (parameters(morph, 0), (morph, 0))


@pytest.mark.parametrize("order", ["be", "le"])
def test_the_parameters_of_other_tools_are_read_from_a_photo_s_comment(order):
    told = "красный круг, 红色\nSteps: 20, Seed: 3"
    assert read_parameters(exif_jpeg(b"UNICODE\0" + told.encode(f"utf-16-{order}"))) == told
    assert read_parameters(exif_jpeg(b"ASCII\0\0\0a fox\nSteps: 20")) == "a fox\nSteps: 20"
    assert read_parameters(exif_jpeg(b"ASCII\0\0\0Screenshot")) is None


def written(chunk: str) -> bytes:
    text = PngInfo()
    text.add_text("kandinsky-bot", chunk)
    return file_of(noise(), "PNG", pnginfo=text)


PNG = encode(noise(), REQUEST, 0).data
HOSTILE = {
    "nothing": b"",
    "no picture": b"kandinsky-bot",
    "another picture": file_of(noise(), "PNG"),
    "cut off": PNG[:60],
    "half an Exif": exif_jpeg(b"UNICODE\0ab")[:90],
    "not JSON": written("{"),
    "deep JSON": written("[" * 100_000),
    "another mode": written('{"request": {"mode": "x"}, "picture": 0}'),
    "out of bounds": written('{"request": {"mode": "text2img", "model": "m", "prompt": "x", "steps": 1e9}}'),
    "no such picture": written('{"request": {"mode": "text2img", "model": "m", "prompt": "x"}, "picture": 1}'),
    "too much": written(json.dumps({"request": {**dict(REQUEST), "prompt": " " * 2**19 + "x"}, "picture": 0})),
    "a bomb": declared_png(60_000, 60_000),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_no_bytes_are_worse_than_unread(case):
    assert (read_parameters(HOSTILE[case]), read_request(HOSTILE[case])) == (None, None)


def test_damaged_bytes_anywhere_are_no_worse_than_unread():
    files = [PNG, fit(encode(noise(128, 128), REQUEST, 1), 20_000).data, exif_jpeg(b"UNICODE\0\0a\0b")]
    rng = random.Random(7)
    for data in files:
        for _ in range(100):
            broken = bytearray(data)
            broken[rng.randrange(min(len(data), 1500))] = rng.randrange(256)
            read_parameters(bytes(broken))
            read_request(bytes(broken))


def test_the_parameters_name_style_caption_and_finish():
    asked = REQUEST.model_copy(update={"style": Style(name="ink"), "caption": "Hi, you:\nall", "enhance": True})
    assert parameters(asked, 0).endswith(', Model: demo, Style: ink, Caption: "Hi, you:\\nall", Enhance: True')


def test_each_picture_of_several_prompts_has_its_own_parameters():
    batch = Batch(model="demo", prompts=("a fox", "a bear"), width=64, height=64, steps=2, seed=7)
    told = [read_parameters(picture.data) for picture in encode_all([noise(), noise()], batch)]
    assert [text.splitlines()[0] for text in told] == ["a fox", "a bear"]
    assert ["Seed: 7," in told[0], "Seed: 8," in told[1]] == [True, True]
