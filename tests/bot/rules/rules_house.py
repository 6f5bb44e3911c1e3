"""A running service under some rules, with a fake worker and a surface that remembers."""

from contextlib import asynccontextmanager
from itertools import count

from bot.commands.styles import styles_of
from bot.commands.table import COMMANDS, IMAGINE, Invocation
from bot.rules.policy import Rules
from bot.service.service import Service
from bot.surface import Origin
from engine.catalog import DEMO, KANDINSKY_3, Catalog
from engine.dispatch.dispatcher import Dispatcher
from engine.store.store import Store
from engine.workers.fake import FakeWorker

KEYS = count()
CATALOG = Catalog([DEMO, KANDINSKY_3])
BY_NAME = {command.name: command for command in COMMANDS}


class Recorder:
    """Be a surface that remembers."""

    name = "discord"
    progress_interval_s = 0.001
    confirms_masks = False

    def __init__(self) -> None:
        self.delivered, self.told, self.removed = [], [], []

    async def show(self, job, text, preview): ...

    async def ask(self, job, overlay, text): ...

    async def deliver(self, job, load, text):
        await load()
        self.delivered.append(job)

    async def tell(self, job, text):
        self.told.append(text)

    async def remove(self, job):
        self.removed.append(job.id)


class House:
    """Hold a running service and its parts, and ask it."""

    def __init__(self, store, dispatcher, service, worker, surface) -> None:
        self.store, self.dispatcher, self.service = store, dispatcher, service
        self.worker, self.surface = worker, surface

    async def imagine(self, at, key="", **options):
        values = {"prompt": "a red circle", "seed": 7, **options}
        return await self.service.submit(Invocation(IMAGINE, values), origin(**at, key=key or f"k{next(KEYS)}"))

    async def drawn(self, at, **options):
        job = await self.imagine(at, **options)
        await self.service.follow(job)
        return await self.store.jobs.get(job.id)

    async def answer(self, name, at, /, **options):
        return await self.service.answer(Invocation(BY_NAME[name], options), origin(**at))

    async def text(self, name, at, /, **options):
        return (await self.answer(name, at, **options)).text

    async def set(self, at, name, value="", scope=""):
        return await self.text("settings", at, name=name, value=value, scope=scope)


def origin(owner="ann", place="discord:1/2", key="x", **more):
    return Origin("discord", f"discord:{owner}", place, key, **more)


ANN, BOB, MOD = {"owner": "5"}, {"owner": "6"}, {"owner": "7", "is_moderator": True}
ALONE = {"owner": "5", "place": "discord:dm/9", "is_private": True}


@asynccontextmanager
async def open_house(path, rules=None, step_s=0.0):
    worker, surface = FakeWorker(models=("demo", "kandinsky-3"), step_s=step_s), Recorder()
    async with (
        Store(path) as store,
        Dispatcher(store, worker) as dispatcher,
        Service(dispatcher, store, CATALOG, styles_of({}), rules or Rules()) as service,
    ):
        service.add(surface)
        await service.resume()
        yield House(store, dispatcher, service, worker, surface)
