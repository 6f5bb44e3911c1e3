"""Whatever file a person sends: a plain PNG of what they see comes out of it, or one error that says what is wrong."""

import hashlib
import random
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from bot.words import replies
from bot.words.localisation import knows
from engine.errors import RequestError
from engine.pictures import inputs
from engine.pictures.inputs import MAX_BYTES, MAX_SIDE, open_image, read
from tests.engine.pictures.picture_files import declared_png, file_of, quarters

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
# How a camera that lay so saw what stands upright, by the value of Exif's tag 274.
UNDONE_BY = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}  # fmt: skip
ENDINGS = {
    "", "picture_unreadable", "picture_format", "picture_too_many_pixels", "picture_too_small", "picture_ratio",
}  # fmt: skip
MIDDLES = ((16, 12), (48, 12), (16, 36), (48, 36))


def seen(data: bytes) -> Image.Image:
    return open_image(read(data).data)


def assert_quarters(image: Image.Image, tolerance: int = 0) -> None:
    assert image.size == (64, 48)
    for middle, colour in zip(MIDDLES, (RED, GREEN, BLUE, WHITE), strict=True):
        assert np.abs(np.subtract(image.convert("RGB").getpixel(middle), colour)).max() <= tolerance


def ending(data: bytes) -> str:
    try:
        read(data)
    except RequestError as error:
        return error.code
    return ""


def refusal(data: bytes) -> RequestError:
    with pytest.raises(RequestError) as caught:
        read(data)
    sentence = replies.error(caught.value)
    assert knows(replies.key("error", caught.value.code))
    assert "{" not in sentence
    return caught.value


@pytest.mark.parametrize(
    ("file_format", "options", "tolerance"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("GIF", {}, 0),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("JPEG", {"quality": 95}, 3),
        ("JPEG", {"progressive": True}, 6),
    ],
)
def test_every_allowed_format_keeps_its_colours(file_format, options, tolerance):
    assert_quarters(seen(file_of(quarters(), file_format, **options)), tolerance)


@pytest.mark.parametrize(
    ("mode", "file_format"),
    [("RGBA", "PNG"), ("P", "PNG"), ("RGBA", "TIFF"), ("P", "TIFF"), ("CMYK", "TIFF"), ("CMYK", "JPEG"), ("P", "BMP")],
)
def test_every_colour_mode_looks_the_same(mode, file_format):
    image = seen(file_of(quarters(mode), file_format))
    assert image.mode == "RGB"
    assert_quarters(image, 6)


def test_gray_and_one_bit_pictures_become_rgb():
    image = Image.linear_gradient("L").crop((0, 0, 64, 256))
    assert seen(file_of(image)).getpixel((5, 100)) == (100, 100, 100)
    assert seen(file_of(image.point(lambda value: 255 * (value > 99)).convert("1"))).getpixel((5, 100)) == WHITE


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_16_bits_are_scaled_and_not_clipped_to_white(file_format):
    values = np.tile(np.linspace(0, 65535, 256).round().astype(np.uint16), (64, 1))
    shown = np.asarray(seen(file_of(Image.fromarray(values), file_format)))
    assert (shown[0, :, 0] == np.arange(256)).all()


@pytest.mark.parametrize("high", [1.0, 4000.0])
def test_real_numbers_are_scaled(high):
    values = np.tile(np.linspace(0, high, 256, dtype=np.float32), (64, 1))
    shown = np.asarray(seen(file_of(Image.fromarray(values), "TIFF"))).astype(int)
    assert np.abs(shown[0, :, 0] - np.arange(256)).max() <= 1


def test_a_plane_of_one_large_number_does_no_harm():
    assert seen(file_of(Image.new("F", (16, 16), 5e9), "TIFF")).size == (16, 16)


def test_colours_that_screens_do_not_use_are_converted():
    shown = seen(file_of(Image.new("LAB", (16, 16), (128, 128, 128)), "TIFF")).getpixel((8, 8))
    assert np.abs(np.subtract(shown, (119, 119, 119))).max() <= 3  # L* = 50


def test_real_numbers_that_are_none_do_no_harm():
    values = np.full((16, 16), np.nan, dtype=np.float32)
    values[0, 0] = np.inf
    assert seen(file_of(Image.fromarray(values), "TIFF")).getextrema() == ((0, 0),) * 3


def test_real_transparency_is_kept_and_an_opaque_alpha_is_not():
    image = quarters("RGBA")
    assert seen(file_of(image)).mode == "RGB"
    image.putpixel((3, 3), (1, 2, 3, 0))
    assert seen(file_of(image)).getpixel((3, 3)) == (1, 2, 3, 0)


def test_gray_with_alpha_keeps_both():
    image = Image.new("LA", (16, 16), (90, 255))
    image.putpixel((3, 3), (90, 10))
    shown = seen(file_of(image))
    assert (shown.getpixel((3, 3)), shown.getpixel((4, 4))) == ((90, 90, 90, 10), (90, 90, 90, 255))


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_a_transparent_colour_is_transparent(mode):
    image = Image.new(mode, (16, 16), 0)
    image.paste(1 if mode != "RGB" else (9, 9, 9), (0, 0, 8, 16))
    alpha = seen(file_of(image, transparency=0 if mode != "RGB" else (0, 0, 0))).getchannel("A")
    assert (alpha.getpixel((2, 2)), alpha.getpixel((12, 2))) == (255, 0)


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(file_format):
    frames = [Image.new("RGB", (16, 16), colour) for colour in (RED, GREEN, BLUE)]
    data = file_of(frames[0], file_format, save_all=True, append_images=frames[1:], duration=50)
    assert np.abs(np.subtract(seen(data).getpixel((8, 8)), RED)).max() <= 2


def test_of_a_multi_picture_jpeg_the_first_is_taken():
    data = file_of(quarters(), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48))], quality=95)
    assert_quarters(seen(data), 3)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_put_upright(file_format, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    lying = quarters().transpose(UNDONE_BY[orientation]) if orientation > 1 else quarters()
    options = {"lossless": True} if file_format == "WEBP" else {"quality": 95} if file_format == "JPEG" else {}
    assert_quarters(seen(file_of(lying, file_format, exif=exif, **options)), 3)


def test_a_colour_profile_is_applied():
    lab = file_of(Image.new("RGB", (16, 16), (200, 100, 50)), icc_profile=swapped_profile())
    assert seen(lab).getpixel((8, 8)) != (200, 100, 50)


def swapped_profile() -> bytes:
    """Make the sRGB profile with its red and blue primaries exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"tmpX").replace(b"bXYZ", b"rXYZ").replace(b"tmpX", b"bXYZ")


@pytest.mark.parametrize("profile", [b"", b"rubbish", bytes(200)])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_broken_colour_profile_is_ignored(profile, mode):
    data = file_of(Image.new(mode, (16, 16), 200), icc_profile=profile)
    assert seen(data).getpixel((8, 8)) == seen(file_of(Image.new(mode, (16, 16), 200))).getpixel((8, 8))


def test_a_profile_for_other_colours_than_the_picture_s_is_ignored():
    data = file_of(Image.new("L", (16, 16), 120), icc_profile=swapped_profile())
    assert seen(data).getpixel((8, 8)) == (120, 120, 120)


def test_nothing_but_pixels_is_kept():
    text = PngInfo()
    text.add_text("parameters", "secret words")
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    data = file_of(quarters(), pnginfo=text, exif=exif, dpi=(300, 300))
    assert b"secret" not in read(data).data
    assert open_image(read(data).data).info == {}


def test_the_facts_are_those_of_the_normalised_file():
    picture = read(file_of(quarters()))
    assert (picture.width, picture.height) == (64, 48)
    assert picture.sha256 == hashlib.sha256(picture.data).hexdigest()


def test_the_same_pixels_from_other_files_are_the_same_picture():
    assert read(file_of(quarters())).sha256 == read(file_of(quarters(), "BMP")).sha256


def test_a_normalised_picture_is_already_normal():
    picture = read(file_of(quarters("P"), "GIF"))
    assert read(picture.data) == picture


def test_a_large_picture_is_shrunk_in_proportion():
    picture = read(file_of(Image.new("L", (3000, 1500), 7)))
    assert (picture.width, picture.height) == (MAX_SIDE, MAX_SIDE // 2)


def test_a_large_turned_photo_is_shrunk_and_put_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = read(file_of(Image.new("RGB", (6000, 3000), "red"), "JPEG", exif=exif))
    assert (picture.width, picture.height) == (MAX_SIDE // 2, MAX_SIDE)


def test_an_empty_file_is_unreadable():
    assert refusal(b"").code == "picture_unreadable"


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.02, 0.5])
def test_a_file_that_was_cut_off_is_unreadable(file_format, share):
    data = file_of(Image.effect_noise((200, 200), 90).convert("RGB"), file_format)
    assert refusal(data[: int(len(data) * share)]).code == "picture_unreadable"


@pytest.mark.parametrize(
    "data", [b"hello", b"%PDF-1.7 ...", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", b"<svg/>", b"PK\3\4", bytes(500)]
)
def test_other_files_are_refused_with_the_list_of_formats(data):
    error = refusal(data)
    assert error.code == "picture_format"
    assert "PNG, JPEG, WebP, GIF, BMP, TIFF" in replies.error(error)


@pytest.mark.parametrize("file_format", ["PPM", "ICO", "EPS", "PCX", "TGA"])
def test_formats_that_are_not_allowed_are_refused_although_pillow_reads_them(file_format):
    assert refusal(file_of(quarters(), file_format)).code == "picture_format"


@pytest.mark.parametrize("size", [(40_000, 40_000), (12_000, 9_000), (10_000, 8_000), (2**31 - 1, 1)])
def test_too_many_pixels_are_refused_before_they_are_decoded(size):
    assert refusal(declared_png(*size)).code == "picture_too_many_pixels"


def test_a_webp_may_have_fewer_pixels_since_each_takes_more_memory(monkeypatch):
    monkeypatch.setattr(inputs, "MAX_WEBP_PIXELS", 5_000)
    image = Image.new("RGB", (100, 100))
    assert refusal(file_of(image, "WEBP")).code == "picture_too_many_pixels"
    assert seen(file_of(image, "PNG")).size == (100, 100)


def test_a_file_that_is_too_large_is_refused_unread():
    assert refusal(bytes(MAX_BYTES + 1)).code == "picture_too_big_file"


@pytest.mark.parametrize("size", [(7, 100), (100, 7), (1, 1)])
def test_a_tiny_picture_is_refused(size):
    assert refusal(file_of(Image.new("RGB", size))).code == "picture_too_small"


@pytest.mark.parametrize("size", [(4000, 16), (16, 4000), (129, 16)])
def test_a_strip_is_refused(size):
    assert refusal(file_of(Image.new("RGB", size))).code == "picture_ratio"


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_damaged_files_end_in_a_picture_or_a_refusal(file_format):
    rng = random.Random(7)
    whole = file_of(Image.effect_noise((40, 40), 90).convert("RGB"), file_format)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 12)):
            data[rng.randrange(min(len(data), 400))] = rng.randrange(256)
        assert ending(bytes(data)) in ENDINGS


def test_pictures_read_at_the_same_time_leave_python_s_warnings_as_they_were():
    before, data = list(warnings.filters), file_of(quarters())
    with ThreadPoolExecutor(8) as threads:
        assert len({picture.sha256 for picture in threads.map(read, [data] * 64)}) == 1
    assert list(warnings.filters) == before
