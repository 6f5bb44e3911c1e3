"""Whatever bytes come as a picture: a plain PNG, what the file says of how it was made, or a sentence."""

import io
import warnings

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.pictures import images, inputs
from engine.requests import Morph, Text2Image
from tests.engine.pictures.picture_files import file_of, quarters
from tests.fuzz.test_commands import answered

REQUEST = Text2Image(model="demo", prompt="a fox", width=64, height=64, steps=3, guidance_scale=4, seed=7)
MORPH = Morph(
    model="demo",
    start={"text": "a"},
    end={"text": "b"},
    width=64,
    height=64,
    steps=3,
    guidance_scale=4,
    seed=7,
    frames=3,
)


def _seeds() -> list[bytes]:
    small = quarters().resize((64, 64))
    ours = images.encode(small, REQUEST, 0)
    exif = images._exif(images.parameters(REQUEST, 0), images._chunk(REQUEST, 0))
    own = [ours.data, images.animate([small] * 3, MORPH).data]
    own += [file_of(small, kind, exif=exif) for kind in ("WEBP", "JPEG", "PNG")]
    own += [file_of(small, kind) for kind in ("BMP", "TIFF", "GIF")]
    return own + [
        file_of(small.convert(mode), kind)
        for mode, kind in (("P", "PNG"), ("LA", "PNG"), ("CMYK", "JPEG"), ("I;16", "PNG"), ("F", "TIFF"))
    ]


SEEDS = _seeds()


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Draw a file of a true picture with some bytes changed, put in, cut out or moved."""
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.one_of(st.integers(0, min(len(data), 200)), st.integers(0, len(data))))
        length = draw(st.sampled_from((0, 1, 1, 2, 4, 40)))
        data[place : place + length] = draw(st.binary(max_size=8))
    return bytes(data[: draw(st.sampled_from((None, None, None, len(data) // 2, 40)))])


FILES = st.one_of(
    mutated(),
    st.binary(max_size=300),
    st.builds(bytes.__add__, st.sampled_from([it[:16] for it in SEEDS]), st.binary(max_size=300)),
)


@given(FILES)
def test_any_file_is_a_plain_picture_or_a_sentence(data):
    read = answered(lambda: inputs.read(data))
    if read is not None:
        image = inputs.open_image(read.data)
        assert image.mode in {"RGB", "RGBA"}
        assert image.size == (read.width, read.height)
        assert max(image.size) <= inputs.MAX_SIDE


@given(FILES)
def test_any_file_says_how_it_was_made_or_nothing(data):
    told, made = images.read_parameters(data), images.read_request(data)
    assert told is None or "Steps: " in told
    assert made is None or 0 <= made[1] < len(made[0].seeds())


@given(st.text(max_size=300), st.text(max_size=300), st.sampled_from(("PNG", "WEBP", "JPEG", "GIF")))
def test_any_text_may_stand_in_a_file(told, chunk, kind):
    image, buffer = Image.new("RGB", (8, 8)), io.BytesIO()
    info = images.PngInfo()
    info.add_itxt("parameters", told)
    info.add_itxt(images.REQUEST_CHUNK, chunk)
    named = {"PNG": {"pnginfo": info}, "GIF": {"comment": f"{told}\0{chunk}".encode()[:250]}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image.save(buffer, kind, **named.get(kind, {"exif": images._exif(told, chunk.replace("\0", ""))}))
    images.read_parameters(buffer.getvalue())
    images.read_request(buffer.getvalue())
