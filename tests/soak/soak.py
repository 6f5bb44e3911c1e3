"""Let many people ask for everything, one after another, and look at what the process holds in between."""

from __future__ import annotations

import asyncio
import gc
import io
import itertools
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bot.commands.buttons import Button
from bot.commands.styles import styles_of
from bot.commands.table import CANCEL, HISTORY, IMAGINE, IMG2IMG, INPAINT, QUEUE, SETTINGS, Invocation, Upload
from bot.rules.limits import Limits
from bot.rules.policy import Rules
from bot.service.service import Service
from bot.surface import Answer, Origin
from engine.catalog import DEMO, Catalog
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import OutOfMemory, RequestError
from engine.jobs import Job
from engine.store.store import Store
from engine.workers.fake import FakeWorker
from tests.soak.holdings import Sample, sample

AT_ONCE = 12
# Each person asks for so many things and never comes again: what is kept of people must go, too.
THINGS_EACH = 5
# How many of the latest jobs are kept; older ones are deleted, as the sweep does.
KEPT = 500
SWEEP_EVERY = 100
SIDE = 64


@dataclass(frozen=True, slots=True)
class Bot:
    """Hold a running bot's parts."""

    store: Store
    dispatcher: Dispatcher
    service: Service
    worker: FakeWorker
    surface: Chat


class Chat:
    """Be a surface that shows everything and remembers nothing."""

    name = "discord"
    progress_interval_s = 0.05
    confirms_masks = True

    async def show(self, job: Job, text: str, preview: bytes | None) -> None:
        """Show nothing."""

    async def ask(self, job: Job, overlay: bytes, text: str) -> dict[str, object]:
        """Remember a message."""
        return {"message_id": 1}

    async def deliver(self, job: Job, load: Callable, text: str) -> dict[str, object]:
        """Read the pictures, as a surface does that posts them."""
        await load()
        return {"message_id": 2}

    async def tell(self, job: Job, text: str) -> None:
        """Tell nobody."""

    async def remove(self, job: Job) -> None:
        """Take nothing away."""


@asynccontextmanager
async def open_bot(folder: Path) -> AsyncIterator[Bot]:
    """Run a bot with the fake worker."""
    worker, surface = FakeWorker(), Chat()
    rules = Rules(limits=Limits(per_day=1_000, uploads_per_minute=1_000, blocked_words=["fox"], is_operators=True))
    async with (
        Store(folder) as store,
        Dispatcher(store, [worker]) as dispatcher,
        Service(dispatcher, store, Catalog([DEMO]), styles_of({}), rules) as service,
    ):
        service.add(surface)
        await service.resume()
        yield Bot(store, dispatcher, service, worker, surface)


async def soak(folder: Path, jobs: int, samples: int, seed: int = 7) -> AsyncIterator[Sample]:
    """Ask for so many things, `AT_ONCE` at a time; yield what is held at even distances, while nothing is under way."""
    async with open_bot(folder) as bot:
        people, began, created = People(bot, random.Random(seed)), time.monotonic(), []
        each = max(1, jobs // samples)
        for done in range(0, jobs, each):
            for first in range(done, min(done + each, jobs), SWEEP_EVERY):
                created.append(time.time())
                await people.ask(range(first, min(first + SWEEP_EVERY, done + each, jobs)))
                await bot.store.expire(created[max(0, len(created) - KEPT // SWEEP_EVERY)])
            gc.collect()
            yield sample(bot, folder, min(done + each, jobs), time.monotonic() - began)


class People:
    """Ask for this and that, as people do, mistakes and second thoughts included."""

    def __init__(self, bot: Bot, rng: random.Random) -> None:
        self._bot, self._rng = bot, rng
        self._doors = asyncio.Semaphore(AT_ONCE)
        self._keys = itertools.count()

    async def ask(self, numbers: range) -> None:
        """Let things be asked for, and wait until all of them are over."""
        await asyncio.gather(*(self._thing(number) for number in numbers))
        while follower := next(iter(_following()), None):
            await asyncio.wait({follower})

    async def _thing(self, number: int) -> None:
        kinds = (self._imagine, self._imagine, self._imagine, self._draw_over, self._repaint, self._stop, self._fail)
        kind = kinds[number % len(kinds)]
        async with self._doors:
            await kind(number)
            if number % 11 == 0:
                await self._look_around(number)

    async def _imagine(self, number: int) -> None:
        await self._draw(IMAGINE, number, prompt=f"a red circle {number}", steps=2, seed=number)

    async def _draw_over(self, number: int) -> None:
        await self._draw(IMG2IMG, number, prompt="a hat", image=self._picture(), steps=2)

    async def _repaint(self, number: int) -> None:
        job = await self._draw(INPAINT, number, prompt="a hat", image=self._picture(), where="left", steps=2)
        if job:
            verb = self._rng.choice(("go", "invert", "stop"))
            await self._decide(number, Button(verb, job.id))
            if verb == "invert":
                await self._decide(number, Button("go", job.id))

    async def _stop(self, number: int) -> None:
        await self._obey(Invocation(IMAGINE, {"prompt": "a tree", "steps": 20}), number, follow=False)
        await self._obey(Invocation(CANCEL, {"job": "all"}), number)

    async def _fail(self, number: int) -> None:
        if number % 2:
            self._bot.worker.fail_next(OutOfMemory())
        image = Upload("a.png", b"no picture") if number % 3 == 0 else self._picture()
        await self._draw(IMG2IMG, number, prompt="a fox" if number % 5 == 0 else "a hat", image=image, steps=2)

    async def _look_around(self, number: int) -> None:
        await self._obey(Invocation(HISTORY, {}), number)
        await self._obey(Invocation(QUEUE, {}), number)
        await self._obey(Invocation(SETTINGS, {"name": "language", "value": "de"}), number)

    async def _draw(self, command, number: int, **options: object) -> Job | None:
        done = await self._obey(Invocation(command, options), number)
        return done if isinstance(done, Job) else None

    async def _obey(self, invocation: Invocation, number: int, *, follow: bool = True) -> Job | Answer | None:
        service, done = self._bot.service, None

        async def work(visit) -> None:
            nonlocal done
            done = await service.obey(visit, invocation)
            if isinstance(done, Job):
                following = service.follow(done)
                if follow:
                    await following

        await service.attend(self._origin(number), work, _say)
        return done

    async def _decide(self, number: int, button: Button) -> None:
        try:
            visit = await self._bot.service.visit(self._origin(number))
            job = await self._bot.service.decide(visit, button)
        except RequestError:
            return
        await self._bot.service.follow_anew(job)

    def _origin(self, number: int) -> Origin:
        owner = number // THINGS_EACH
        return Origin("discord", f"discord:{owner}", f"discord:{owner % 97}/{owner % 7}", f"k{next(self._keys)}")

    def _picture(self) -> Upload:
        buffer = io.BytesIO()
        Image.new("RGB", (SIDE, SIDE), tuple(self._rng.randbytes(3))).save(buffer, "PNG")
        return Upload("a.png", buffer.getvalue())


async def _say(sentence: str) -> None:
    """Listen to nothing."""


def _following() -> list[asyncio.Task]:
    return [task for task in asyncio.all_tasks() if task.get_name().startswith("follow ")]
