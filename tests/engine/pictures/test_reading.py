"""Who waits for whom while pictures are read, and what a large one costs."""

import asyncio
import subprocess
import sys
import time
from functools import partial

import numpy as np
import pytest
from PIL import Image

from engine.errors import RequestError
from engine.pictures import inputs
from engine.pictures.reading import ReadingPool, _Lane
from engine.pictures.shrinking import shrunk
from tests.engine.pictures.hostile_files import bmp_of_runs, jpeg_of_scans, large_png
from tests.engine.pictures.picture_files import file_of, quarters

# What one picture of 64 megapixels takes decoded, with a quarter more for what stands beside it; MiB.
MOST_BESIDE_MB = 400
KEPT_MB = 40
MEASURE = """
import asyncio, pathlib, sys
from engine.pictures.reading import ReadingPool

def mb(field):
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(field))

async def main():
    data, small = sys.stdin.buffer.read(), pathlib.Path(sys.argv[1]).read_bytes()
    pool = ReadingPool()
    await pool.read("ann", small)
    before = mb("VmRSS")
    await asyncio.gather(*(pool.read("ann", data) for _ in range(3)))
    print(mb("VmHWM") - before, mb("VmRSS") - before)

asyncio.run(main())
"""


async def finished(lane: _Lane, asked: list[tuple[str, int]]) -> list[str]:
    """Let things of owners and sizes be done on a lane; name them in the order in which they came to an end."""
    done: list[str] = []

    async def one(owner: str, pixels: int) -> None:
        await lane.run(owner, pixels, partial(time.sleep, 0.001))
        done.append(f"{owner}{pixels}")

    await asyncio.gather(*(one(owner, pixels) for owner, pixels in asked))
    return done


async def test_whoever_sends_much_lets_everybody_else_go_first():
    lane = _Lane(1)
    order = await finished(lane, [*[("ann", 64)] * 5, ("bob", 12), ("eve", 64), ("bob", 12)])
    assert order == ["ann64", "bob12", "bob12", "eve64", "ann64", "ann64", "ann64", "ann64"]
    lane.close()


async def test_a_large_picture_is_not_starved_by_small_ones():
    lane, done = _Lane(1), []

    async def bob() -> None:
        for _ in range(30):
            await lane.run("bob", 8, partial(time.sleep, 0.001))
            done.append("bob")

    async def ann() -> None:
        await lane.run("ann", 64, partial(time.sleep, 0.001))
        done.append("ann")

    await asyncio.gather(bob(), ann())
    assert done.index("ann") < 12
    lane.close()


async def test_whoever_gives_up_waiting_takes_no_turn_and_leaves_nothing_behind():
    lane = _Lane(1)
    first, second, third = (asyncio.create_task(lane.run("ann", 1, partial(time.sleep, 0.05))) for _ in range(3))
    await asyncio.sleep(0.01)
    second.cancel()
    first.cancel()
    await third
    assert (lane.waiting, lane._free) == (0, 1)
    await lane.run("bob", 1, int)
    assert set(lane._ends) <= {"ann", "bob"}
    lane.close()


async def test_a_small_picture_waits_for_no_large_one():
    """Ten of 64 megapixels and one of 300 pixels: on the former threads the small one was read after them all."""
    pool, large, small = ReadingPool(), large_png(), file_of(quarters())
    sent = [asyncio.create_task(pool.read("ann", large)) for _ in range(10)]
    await asyncio.sleep(0.2)
    await pool.read("bob", small)
    assert sum(task.done() for task in sent) < 5
    for task in sent:
        task.cancel()
    await asyncio.gather(*sent, return_exceptions=True)
    assert pool.waiting == 0
    pool.close()


async def test_reading_pictures_keeps_nobody_from_the_other_threads():
    pool, large = ReadingPool(), large_png(4_000)
    sent = [asyncio.create_task(pool.read("ann", large)) for _ in range(40)]
    await asyncio.sleep(0.1)
    await asyncio.to_thread(int)
    assert not all(task.done() for task in sent)
    for task in sent:
        task.cancel()
    await asyncio.gather(*sent, return_exceptions=True)
    pool.close()


@pytest.mark.parametrize("mode", ["RGBA"])
def test_large_pictures_take_the_memory_of_one_and_give_it_back(mode, tmp_path):
    (tmp_path / "small.png").write_bytes(file_of(quarters()))
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "small.png")]
    told = subprocess.run(command, input=large_png(mode=mode), capture_output=True, check=True, timeout=100)
    most, kept = map(int, told.stdout.split())
    assert most < MOST_BESIDE_MB
    assert kept < KEPT_MB


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "L", "CMYK"])
@pytest.mark.parametrize("size", [(2_049, 300), (900, 2_500), (2_600, 2_111)])
def test_a_picture_shrunk_by_bands_is_that_of_pillow(mode, size):
    noise = np.random.default_rng(7).integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
    image = Image.fromarray(noise, "RGBA").convert(mode)
    whole = image.copy()
    whole.thumbnail((2_048, 2_048), Image.Resampling.LANCZOS)
    banded = shrunk(image, 2_048, lambda band: band)
    assert (banded.mode, banded.size, banded.tobytes()) == (whole.mode, whole.size, whole.tobytes())


def test_a_photo_whose_scans_never_end_is_refused_before_it_is_decoded():
    """A scan of some bytes costs the time of the whole picture: a megabyte of them kept a thread for two minutes."""
    data = jpeg_of_scans(60_000)
    began = time.process_time()
    with pytest.raises(RequestError, match="picture_unreadable"):
        inputs.read(data)
    assert time.process_time() - began < 1
    assert inputs.read(jpeg_of_scans(20)).width == 2_000


def test_scans_inside_a_tiff_are_counted_too_and_its_strips_are_none():
    image = Image.new("RGB", (64, 2_000), "red")
    with pytest.raises(RequestError, match="picture_ratio"):
        inputs.read(file_of(image, "TIFF", compression="jpeg"))
    assert inputs.read(file_of(Image.new("RGB", (512, 2_000)), "TIFF", compression="jpeg")).height == 2_000


def test_what_is_read_in_python_counts_as_large():
    assert inputs.weigh(bmp_of_runs(runs=1_000_000)) > inputs.LARGE_PIXELS
    assert inputs.weigh(file_of(quarters())) == 64 * 48
