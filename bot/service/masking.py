"""Say where a picture is repainted: whatever a person sent becomes one mask, which is shown before it is used."""

from __future__ import annotations

import asyncio
import io

import numpy as np
from PIL import Image

from bot.commands.table import Taken
from bot.surface import Origin
from engine.checks import build
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import RequestError
from engine.jobs import TO_DELIVER, WAITING, Job, JobStatus, Submission
from engine.pictures import images, inputs, masks, scribbles
from engine.request import InputPicture
from engine.requests import AnyRequest, Inpaint, Segment
from engine.store.store import Store

# How much of a black-and-white picture may be grey: the soft edges of its strokes.
GREY_SHARE = 0.1
# How far a channel may be from the others, of 255, in a picture without colour that was a JPEG.
COLOURLESS = 24
# The surface of jobs that nobody is told of.
INTERNAL = "engine"
LOOK_S = 1.0
# Where a held job's address remembers which mask its person was shown, by its checksum.
ASKED = "asked"
# What one press of "grow" adds, as a share of the picture's longer side.
GROWTH = 0.02


async def draft(request: AnyRequest, store: Store) -> Inpaint:
    """Work out the mask of `request` from its pictures; raise `RequestError` where nothing says what to repaint."""
    request, given = _repaint(request), await store.inputs(request)
    mask = await asyncio.to_thread(_mask, request, given)
    return await with_mask(request, mask, store)


async def change(request: AnyRequest, verb: str, store: Store) -> Inpaint:
    """Invert or grow the mask of `request`; raise `RequestError` where nothing, or all, would be repainted."""
    _, mask = await _shown(request, store)
    return await with_mask(_repaint(request), await asyncio.to_thread(_changed, mask, verb), store)


async def with_mask(request: Inpaint, mask: Image.Image, store: Store) -> Inpaint:
    """Keep `mask` and let `request` name it."""
    masks.check(mask)
    buffer = io.BytesIO()
    await asyncio.to_thread(mask.save, buffer, "PNG", compress_level=images.PNG_COMPRESSION)
    checksum = await store.keep_input(buffer.getvalue())
    return request.model_copy(update={"mask": InputPicture(sha256=checksum, width=mask.width, height=mask.height)})


async def overlay_of(request: AnyRequest, store: Store) -> bytes:
    """Draw what a held request is about to repaint, as a JPEG."""
    return await asyncio.to_thread(_overlay, *await _shown(request, store))


async def by_words(
    words: str, picture: Taken, origin: Origin, dispatcher: Dispatcher, store: Store, model: str
) -> Taken:
    """Find in `picture` what `words` name; raise `RequestError` where it is not there, or nothing here can look.

    The worker draws the mask as a job of its own, which nobody is told of.
    """
    request = build(Segment, model=model, prompt=words, picture=picture.picture)
    job = await dispatcher.submit(Submission(request, origin.owner, origin.place, INTERNAL, f"{origin.key} where"))
    async for _ in dispatcher.updates(job.id, LOOK_S):
        pass
    job = await store.jobs.get(job.id)
    if job.status is not JobStatus.RENDERED:
        await store.jobs.set_told(job.id)
        raise RequestError(job.error, **job.facts)
    [mask] = await store.pictures(job.id)
    await _collect(job, store)
    checksum = await store.keep_input(mask.data)
    for photo in (await store.inputs(request)).values():
        await store.keep_input(photo)  # the repaint, which no job is yet, needs it too
    await store.delete(job.id)
    return Taken("mask.png", InputPicture(sha256=checksum, width=mask.width, height=mask.height))


async def drop_search(job: Job, dispatcher: Dispatcher, store: Store) -> None:
    """End a search whose command did not outlive a restart of the bot."""
    if job.status in WAITING:
        await dispatcher.cancel(job.id)
    elif job.status in TO_DELIVER:
        await _collect(job, store)
    await store.jobs.set_told(job.id)


def as_shown(job: Job) -> dict[str, object]:
    """Return what is remembered of a held job once its mask was shown: which one it was."""
    return {ASKED: _mask_of(job.request).sha256}


def is_shown(job: Job) -> bool:
    """Tell whether the person of a held job was shown the mask that it has now."""
    return job.address.get(ASKED) == _mask_of(job.request).sha256


async def _shown(request: AnyRequest, store: Store) -> tuple[bytes, bytes]:
    """Read the picture and the mask of a held request."""
    repaint, given = _repaint(request), await store.inputs(request)
    return given[repaint.picture.sha256], given[_mask_of(repaint).sha256]


def _mask_of(request: AnyRequest) -> InputPicture:
    mask = _repaint(request).mask
    assert mask  # noqa: S101 - a held request has its mask
    return mask


def _repaint(request: AnyRequest) -> Inpaint:
    assert isinstance(request, Inpaint)  # noqa: S101 - no other mode has a mask to confirm
    return request


async def _collect(job: Job, store: Store) -> None:
    for status in (JobStatus.POSTING, JobStatus.POSTED):
        await store.jobs.move(job.id, status, told=True)


def _changed(data: bytes, verb: str) -> Image.Image:
    mask = inputs.open_image(data).convert("L")
    return masks.invert(mask) if verb == "invert" else masks.grow(mask, max(1, round(GROWTH * max(mask.size))))


def _overlay(picture: bytes, mask: bytes) -> bytes:
    return images.preview(masks.overlay(inputs.open_image(picture), inputs.open_image(mask).convert("L")))


def _mask(request: Inpaint, given: dict[str, bytes]) -> Image.Image:
    """Choose how the pictures say it: by a black-and-white picture, by what was painted, or by transparency."""
    picture = inputs.open_image(given[request.picture.sha256])
    if not request.mask:
        if not masks.has_alpha(picture):
            raise RequestError("mask_missing")
        return masks.of_alpha(picture)
    second = inputs.open_image(given[request.mask.sha256])
    if masks.has_alpha(second) and second.size == picture.size:
        return masks.of_alpha(second)
    if is_black_and_white(second):
        return masks.of_picture(second, picture.size)
    return scribbles.to_mask(picture, second)


def is_black_and_white(image: Image.Image) -> bool:
    """Tell a mask from a photo: there is no colour in it, and hardly a grey."""
    pixels = np.asarray(image.convert("RGB"), dtype=np.int16)
    if int(np.ptp(pixels, axis=2).max()) > COLOURLESS:
        return False
    grey = pixels.mean(axis=2)
    return float(((grey > COLOURLESS) & (grey < 255 - COLOURLESS)).mean()) <= GREY_SHARE
