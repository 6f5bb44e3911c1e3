"""Compare the engine with the script that a user would write: python -m tools.benchmark_engine [--rounds N].

In one run, on the embedded model or a full-size Kandinsky 2.2 with random weights: 32 mixed requests of eight people,
through store, dispatcher and worker process, once with every step in full and, where the model has any savings, once
with those of a normal picture, and through the pipelines of diffusers in a loop; the next round takes them the other
way round. All write every picture as a PNG, make the same number of steps, and have their models in memory before the
clock starts.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import platform
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import structlog
import torch
from diffusers import KandinskyV22Img2ImgPipeline
from PIL import Image

from engine.catalog import DEMO, KANDINSKY_2_2, ModelSpec
from engine.checks import complete
from engine.dispatch.dispatcher import Dispatcher
from engine.jobs import JobStatus, Submission
from engine.kandinsky.bench.sides import Source, engine_side, stock_pipelines
from engine.kandinsky.placing import device, loading
from engine.models.model import Models
from engine.pictures import inputs
from engine.request import InputPicture, Part
from engine.requests import AnyRequest, Img2Img, Mix, Text2Image
from engine.settings import WorkerSettings
from engine.store.store import Store
from engine.workers.child import load_models
from engine.workers.process import ProcessWorker

REQUESTS = 32
PEOPLE = 8
PROMPTS = (
    "a big red circle on a yellow background",
    "ein blauer Stern auf weißem Hintergrund",
    "зелёное сердце на розовом фоне",
    "黄色背景上有一个紫色的三角形",
    "a small green cross on a white background",
    "a black ring on the left",
)
PHOTO = Image.linear_gradient("L").resize((128, 128)).convert("RGB")


def mixed(photo: InputPicture, first_seed: int, spec: ModelSpec, steps: int | None = None) -> list[AnyRequest]:
    """Ask for 32 things: 20 texts (4 with a negative prompt), 8 pictures drawn over, 4 mixes of two texts."""
    random = Random(first_seed)
    alike = {"model": spec.name, "steps": steps}
    texts = [_text(random, number, alike) for number in range(20)]
    drawn_over = [Img2Img(**alike, prompt=random.choice(PROMPTS), picture=photo, strength=0.7) for _ in range(8)]
    mixes = [Mix(**alike, parts=tuple(Part(text=text) for text in random.sample(PROMPTS, 2))) for _ in range(4)]
    asked = [*texts, *drawn_over, *mixes]
    random.shuffle(asked)
    return [
        complete(request.model_copy(update={"seed": first_seed + number}), spec) for number, request in enumerate(asked)
    ]


def _text(random: Random, number: int, alike: dict[str, object]) -> Text2Image:
    negative = "a red circle" if number % 5 == 0 else ""
    return Text2Image(**alike, prompt=random.choice(PROMPTS), negative_prompt=negative)


class Plain:
    """Draw as the examples of diffusers do: one request after another."""

    def __init__(self, folder: Path, source: Source) -> None:
        self.folder, self.spec = folder, source.spec
        pipelines = stock_pipelines(source)
        self.prior, self.decoder = pipelines["prior"], pipelines["decoder"]
        self.img2img = KandinskyV22Img2ImgPipeline(**self.decoder.components)
        self.img2img.set_progress_bar_config(disable=True)

    def run(self, requests: list[AnyRequest]) -> None:
        """Draw `requests` and save their pictures."""
        for number, request in enumerate(requests):
            self.draw(request).save(self.folder / f"{number}.png")

    def draw(self, request: AnyRequest) -> Image.Image:
        """Draw one request."""
        generator = torch.Generator().manual_seed(request.seed or 0)
        prior = {
            "guidance_scale": self.spec.prior_guidance_scale,
            "num_inference_steps": self.spec.prior_steps,
            "generator": generator,
        }
        if isinstance(request, Mix):
            embeds = self.prior.interpolate([part.text for part in request.parts], [0.5, 0.5], **prior)
        elif request.negative_prompt:
            embeds = self.prior(request.prompt, negative_prompt=request.negative_prompt, **{**prior, "generator": None})
        else:
            embeds = self.prior(request.prompt, **prior)
        options = {
            "image_embeds": embeds.image_embeds,
            "negative_image_embeds": embeds.negative_image_embeds,
            "height": request.height,
            "width": request.width,
            "num_inference_steps": request.steps,
            "guidance_scale": request.guidance_scale,
            "generator": generator,
        }
        if isinstance(request, Img2Img):
            return self.img2img(image=PHOTO, strength=request.strength, **options).images[0]
        return self.decoder(**options).images[0]


async def through_engine(dispatcher: Dispatcher, store: Store, requests: list[AnyRequest], name: str) -> None:
    """Submit everything at once, as eight people would, and wait for the last picture."""
    jobs = [
        await dispatcher.submit(Submission(request, f"person {number % PEOPLE}", "here", "web", f"{name} {number}"))
        for number, request in enumerate(requests)
    ]
    await asyncio.gather(*(_end(dispatcher, job.id) for job in jobs))
    for job in jobs:
        assert (await store.jobs.get(job.id)).status is JobStatus.RENDERED, "every picture counts"


async def _end(dispatcher: Dispatcher, job_id: str) -> None:
    async for _ in dispatcher.updates(job_id, 60):
        pass


def load_random(settings: WorkerSettings) -> Models:
    """Be the worker process's way to load full-size networks with random weights."""
    loading.keep_libraries_quiet()
    chosen = device.choose(settings.device)
    sources = [Source(spec, chosen, settings.cache_dir, random_weights=True) for spec in settings.models]
    return Models({source.spec.name: engine_side(source) for source in sources})


def sides(spec: ModelSpec) -> tuple[str, ...]:
    """Name the sides: "normal" is one of its own where the model saves anything."""
    return ("full", "normal", "loop") if spec.savings else ("full", "loop")


async def compare(
    rounds: int, batch_size: int, source: Source, steps: int | None = None
) -> list[Mapping[str, float]]:  # fmt: skip
    """Return the seconds of each side in each round."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = Plain(folder, source)
        settings = WorkerSettings((source.spec,), source.cache_dir, device=source.device.name, batch_size=batch_size)
        worker = ProcessWorker(settings, load_random if source.random_weights else load_models)
        async with Store(folder / "store") as store, Dispatcher(store, [worker]) as dispatcher:
            photo = await _photo(store)
            for side in sides(source.spec)[:-1]:
                await through_engine(dispatcher, store, _asked(side, source.spec, photo, 0, steps)[:4], f"warm {side}")
            plain.run(_asked("loop", source.spec, photo, 0, steps)[:4])
            return [await _round(number, plain, dispatcher, store, photo, steps) for number in range(rounds)]


def _asked(
    side: str, spec: ModelSpec, photo: InputPicture, first_seed: int, steps: int | None
) -> list[AnyRequest]:  # fmt: skip
    """Ask for the same on each side; "normal" has other seeds, so that no cache knows what was asked before."""
    if side == "normal":
        return mixed(photo, first_seed + 500, spec, steps)
    return mixed(photo, first_seed, replace(spec, savings={}), steps)


async def _round(
    number: int, plain: Plain, dispatcher: Dispatcher, store: Store, photo: InputPicture, steps: int | None
) -> Mapping[str, float]:
    order, times = sides(plain.spec), {}
    for side in order if number % 2 == 0 else order[::-1]:
        requests = _asked(side, plain.spec, photo, 1_000 * (number + 1), steps)
        began = time.perf_counter()
        if side == "loop":
            plain.run(requests)
        else:
            await through_engine(dispatcher, store, requests, f"round {number} {side}")
        times[side] = time.perf_counter() - began
    print(_row(str(number + 1), times), flush=True)
    return times


def _head(spec: ModelSpec) -> str:
    names = sides(spec)
    columns = ["round", *(f"{side}, s" for side in names), *(f"loop / {side}" for side in names[:-1])]
    return f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|"


def _row(name: str, times: Mapping[str, float]) -> str:
    names = [side for side in ("full", "normal", "loop") if side in times]
    ratios = [f"{times['loop'] / times[side]:.2f}" for side in names[:-1]]
    return f"| {' | '.join([name, *(f'{times[side]:.1f}' for side in names), *ratios])} |"


async def _photo(store: Store) -> InputPicture:
    read = inputs.read(_png())
    checksum = await store.keep_input(read.data)
    return InputPicture(sha256=checksum, width=read.width, height=read.height)


def _png() -> bytes:
    buffer = io.BytesIO()
    PHOTO.save(buffer, "PNG")
    return buffer.getvalue()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=WorkerSettings.__dataclass_fields__["batch_size"].default)
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="cpu")
    parser.add_argument("--random-weights", action="store_true", help="a full-size Kandinsky 2.2")
    parser.add_argument("--steps", type=int)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("error"))
    loading.keep_libraries_quiet()
    device.use_all_cores()
    print(f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}, batches of {options.batch_size}\n")
    with tempfile.TemporaryDirectory() as cache:
        spec = KANDINSKY_2_2 if options.random_weights else DEMO
        print(_head(spec))
        source = Source(spec, device.choose(options.device), Path(cache), options.random_weights)
        measured = asyncio.run(compare(options.rounds, options.batch_size, source, options.steps))
    print(_row("all", {side: sum(times[side] for times in measured) for side in sides(spec)}))


if __name__ == "__main__":
    main()
