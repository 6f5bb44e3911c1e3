"""Turn pictures into bytes: encoders, the parameters written into a file, sheets, files that fit a limit."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence

from PIL import ExifTags, Image, ImageSequence
from PIL.PngImagePlugin import PngInfo
from pydantic import Field

from engine.catalog import NO_SAVINGS, Savings
from engine.errors import RequestError
from engine.events import Picture
from engine.request import Value
from engine.requests import AnyRequest

# Level 1 takes a quarter of Pillow's default time for a megapixel, and a file a few per cent larger.
PNG_COMPRESSION = 1
# What to try, in this order, when a file is too large for a platform: never fewer pixels.
FITTING: tuple[dict[str, object], ...] = (
    {"lossless": True, "quality": 50},
    {"quality": 90},
    {"quality": 75},
    {"quality": 50},
    {"quality": 10},
)
SHEET_QUALITY = 92
PREVIEW_QUALITY = 80
FRAME_MS = 120
MAX_SHEET_SIDE = 4096
REQUEST_CHUNK = "kandinsky-bot"
# Which files may say how they were made, and how much is read: ten of the longest prompts fit in.
READABLE = ("PNG", "WEBP", "JPEG", "GIF")
MAX_WRITTEN = 2**19


class Written(Value):
    """Be what the chunk `REQUEST_CHUNK` holds: a request, and which of its pictures the file is."""

    request: AnyRequest
    picture: int = Field(ge=0)


def encode(image: Image.Image, request: AnyRequest, index: int) -> Picture:
    """Write picture `index` of `request` as a PNG that says how it was made.

    The text chunk `parameters` follows the convention of the AUTOMATIC1111 web UI, which most tools read; the chunk
    `kandinsky-bot` holds the whole request as JSON, from which the job can be repeated.
    """
    text = PngInfo()
    text.add_text("parameters", parameters(request, index))
    text.add_text(REQUEST_CHUNK, _chunk(request, index))
    data = _save(image, "PNG", pnginfo=text, compress_level=PNG_COMPRESSION)
    return Picture(data, "image/png", image.width, image.height, request.seeds()[index])


def encode_all(images: Sequence[Image.Image], request: AnyRequest) -> tuple[Picture, ...]:
    """Write the pictures of `request`; those of a morph become an animation and a sheet of its frames."""
    if request.is_animation:
        return animate(images, request), encode(sheet(images), request, 0)
    return tuple(encode(image, request, index) for index, image in enumerate(images))


def animate(frames: Sequence[Image.Image], request: AnyRequest) -> Picture:
    """Write frames of one size as a GIF, which every platform plays, forwards and back again without an end."""
    there_and_back = [*frames, *frames[-2:0:-1]]
    # A GIF has one comment and no names in it: what other tools read comes first.
    comment = f"{parameters(request, 0)}\0{_chunk(request, 0)}"
    data = _save(
        there_and_back[0], "GIF", save_all=True, append_images=there_and_back[1:], duration=FRAME_MS, loop=0,
        comment=comment.encode(),
    )  # fmt: skip
    return Picture(data, "image/gif", frames[0].width, frames[0].height, request.seeds()[0])


def preview(image: Image.Image) -> bytes:
    """Write a small picture of a render that is under way as a JPEG."""
    return _save(image, "JPEG", quality=PREVIEW_QUALITY)


def parameters(request: AnyRequest, index: int) -> str:
    """Describe picture `index` of `request` as the AUTOMATIC1111 web UI does: prompts, then one line of settings."""
    settings: dict[str, object] = {
        "Steps": request.steps,
        "CFG scale": request.guidance_scale,
        "Seed": request.seeds()[index],
        "Size": f"{request.width}x{request.height}",
        "Model": request.model,
    }
    if request.denoising_strength is not None:
        settings["Denoising strength"] = request.denoising_strength
    settings |= _savings(request.saves) | _finish(request)
    lines = [request.text_of(index)]
    if request.negative_prompt:
        lines.append(f"Negative prompt: {request.negative_prompt}")
    return "\n".join([*lines, ", ".join(f"{name}: {_quoted(value)}" for name, value in settings.items())])


def _savings(saves: Savings) -> dict[str, object]:
    """List what the steps saved, in time steps of the noise."""
    named = {
        "Guided below": (saves.guided_below, NO_SAVINGS.guided_below),
        "Features reused for": (saves.reused_for, 0),
    }
    return {name: value for name, (value, usual) in named.items() if value != usual}


def _finish(request: AnyRequest) -> dict[str, object]:
    """List what was asked for besides the drawing itself."""
    named = {"Style": request.style and request.style.name, "Caption": request.caption, "Enhance": request.enhance}
    return {name: value for name, value in named.items() if value}


def _quoted(value: object) -> str:
    """Write a value as the AUTOMATIC1111 web UI does, which quotes what would break the line."""
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if any(sign in text for sign in ',:"\n') else text


def read_parameters(data: bytes) -> str | None:
    """Read how a picture was made, as the AUTOMATIC1111 web UI and many others write it, whatever the bytes are.

    `None` for a file that does not say so.
    """
    told, _ = _read(data)
    return told if "Steps: " in told else None


def read_request(data: bytes) -> tuple[AnyRequest, int] | None:
    """Read the request that a file of this engine came from, and which of its pictures it is, whatever the bytes are.

    `None` for any other file. Anybody may write such a file: the bounds of the request hold, but its model may be
    unknown, its size may not fit it (`engine.checks.complete`), and pictures that it names may be somebody else's.
    """
    _, chunk = _read(data)
    try:
        written = Written.model_validate_json(chunk)
    except ValueError:
        return None
    return (written.request, written.picture) if written.picture < len(written.request.seeds()) else None


def fit(picture: Picture, limit_bytes: int) -> Picture:
    """Return `picture` in at most `limit_bytes`: as it is, else as lossless WebP, else with ever lower quality.

    The pixels keep their number, an animation its frames and the file what it says of how it was made.
    Raises `RequestError` where even the lowest quality is too large.
    """
    if len(picture.data) <= limit_bytes:
        return picture
    image = decode(picture)
    exif = _exif(*_written_in(image))
    frames, timing = _frames(image)
    for options in FITTING:
        data = _save(frames[0], "WEBP", exif=exif, **timing, **options)
        if len(data) <= limit_bytes:
            return Picture(data, "image/webp", picture.width, picture.height, picture.seed)
    raise RequestError("picture_too_large", size_bytes=len(data), limit_bytes=limit_bytes)


def grid(pictures: Sequence[Picture]) -> Picture:
    """Lay pictures of one size out on a JPEG sheet with the first one's seed: four as 2 x 2, fewer in a row."""
    laid = sheet([decode(picture) for picture in pictures])
    return Picture(_save(laid, "JPEG", quality=SHEET_QUALITY), "image/jpeg", laid.width, laid.height, pictures[0].seed)


def sheet(images: Sequence[Image.Image]) -> Image.Image:
    """Lay images of one size out in rows of about as many as there are rows, at most `MAX_SHEET_SIDE` pixels a side."""
    columns = len(images) if len(images) < 4 else math.ceil(math.sqrt(len(images)))
    width, height = images[0].size
    laid = Image.new("RGB", (columns * width, math.ceil(len(images) / columns) * height))
    for index, image in enumerate(images):
        laid.paste(image, (index % columns * width, index // columns * height))
    laid.thumbnail((MAX_SHEET_SIDE, MAX_SHEET_SIDE))
    return laid


def decode(picture: Picture) -> Image.Image:
    """Read the pixels and the text of a picture that this engine encoded."""
    image = Image.open(io.BytesIO(picture.data))
    image.load()
    return image


def _frames(image: Image.Image) -> tuple[list[Image.Image], dict[str, object]]:
    """List the frames of an animation, and what saves them as one; a still picture has one and needs nothing."""
    if getattr(image, "n_frames", 1) == 1:
        return [image], {}
    shown = [(frame.convert("RGB"), frame.info.get("duration", FRAME_MS)) for frame in ImageSequence.Iterator(image)]
    frames, durations = [frame for frame, _ in shown], [duration for _, duration in shown]
    # A WebP says for ever unless it is told otherwise, a GIF once.
    loop = image.info.get("loop", 1)
    return frames, {"save_all": True, "append_images": frames[1:], "duration": durations, "loop": loop}


def _read(data: bytes) -> tuple[str, str]:
    """Read the parameters and the request as they stand in any file, both empty where there are none."""
    try:
        # Opening reads no further than the first pixels, and no text larger than Pillow's own limits.
        with Image.open(io.BytesIO(data), formats=READABLE) as image:
            told, chunk = _written_in(image)
    except Exception:  # noqa: BLE001 - a hostile file can make a decoder raise anything
        return "", ""
    return told if len(told) <= MAX_WRITTEN else "", chunk if len(chunk) <= MAX_WRITTEN else ""


def _written_in(image: Image.Image) -> tuple[str, str]:
    """Tell the parameters and the request that were written into the file."""
    if image.format == "PNG":
        return str(image.info.get("parameters", "")), str(image.info.get(REQUEST_CHUNK, ""))
    if image.format == "GIF":
        told, _, chunk = image.info.get("comment", b"").decode("utf-8", "replace").partition("\0")
        return told, chunk
    exif = image.getexif()
    software = str(exif.get(ExifTags.Base.ProcessingSoftware, ""))
    chunk = software.removeprefix(f"{REQUEST_CHUNK}:") if software.startswith(f"{REQUEST_CHUNK}:") else ""
    return _comment(exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment, b"")), chunk


def _comment(value: bytes | str) -> str:
    """Read an Exif comment: its first eight bytes name the encoding (Exif 2.3, section 4.6.5)."""
    if isinstance(value, str):
        return value
    code, text = value[:8], value[8:]
    if code != b"UNICODE\0":
        return text.decode("utf-8", "replace").rstrip("\0 ")
    # The order of the bytes is not said: settings are ASCII, so that order is right which makes more of it.
    readings = [text.decode(f"utf-16-{order}", "replace") for order in ("be", "le")]
    return max(readings, key=lambda reading: sum(char.isascii() for char in reading))


def _chunk(request: AnyRequest, index: int) -> str:
    """Write picture `index` of `request` as ASCII, from which the job can be repeated."""
    return json.dumps({"request": request.model_dump(mode="json"), "picture": index})


def _save(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def _exif(told: str, chunk: str) -> Image.Exif:
    # WebP has no text chunks; the same tools look for the parameters in this comment.
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = b"UNICODE\0" + told.encode("utf-16-be")
    if chunk:
        exif[ExifTags.Base.ProcessingSoftware] = f"{REQUEST_CHUNK}:{chunk}"
    return exif
