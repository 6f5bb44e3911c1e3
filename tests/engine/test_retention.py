"""Retention: what is too old for its server is deleted, and nothing else is."""

import asyncio
import sqlite3
from contextlib import closing

import pytest
from structlog.testing import capture_logs

from engine import retention
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import StoreFailed
from engine.jobs import DAY_S, JobStatus
from engine.store.store import Store
from engine.workers.fake import FakeWorker
from tests.engine.store.kept_jobs import Shelf


@pytest.fixture
async def shelf(tmp_path):
    async with Store(tmp_path) as store:
        yield Shelf(store, tmp_path)


async def kept(shelf: Shelf) -> set[str]:
    return {job.place for job in await shelf.store.jobs.owned_by("discord:1")}


async def test_each_server_has_its_own_days_and_the_others_the_default(shelf):
    for place in ("discord:1/2", "discord:3/4", "telegram:5", "web"):
        await shelf.put(place=place, age_s=10 * DAY_S)
    days = {"discord:1": 20.0, "discord:3": 5.0, "telegram:5": 0.0}
    assert await retention.sweep(shelf.store, days, default_days=9) == 2
    assert await kept(shelf) == {"discord:1/2", "telegram:5"}


@pytest.mark.parametrize("default_days", [None, 0])
async def test_without_a_rule_everything_is_kept(shelf, default_days):
    await shelf.put(age_s=1000 * DAY_S)
    assert await retention.sweep(shelf.store, {}, default_days) == 0


async def test_servers_set_their_days_themselves(shelf):
    for server, value in {"discord:1": 7, "discord:2": 0, "discord:3": "soon", "discord:4": -1}.items():
        await shelf.store.settings.put(f"server:{server}", "retention_days", value)
    await shelf.store.settings.put("owner:discord:5", "retention_days", 3)
    assert await retention.days_by_server(shelf.store) == {"discord:1": 7, "discord:2": 0}


async def test_it_is_swept_at_the_start_and_again_after_the_disk_refused(shelf, monkeypatch):
    monkeypatch.setattr(retention, "SWEEP_S", 0.001)
    await shelf.put(age_s=10 * DAY_S)
    running = await shelf.put(place="web", age_s=10 * DAY_S, status=JobStatus.RENDERED)
    refusals = [StoreFailed(reason="full"), OSError("full")]
    expire = shelf.store.expire

    async def refuse_first(*arguments):
        if refusals:
            raise refusals.pop()
        return await expire(*arguments)

    monkeypatch.setattr(shelf.store, "expire", refuse_first)
    async with Dispatcher(shelf.store, [FakeWorker()]) as dispatcher, asyncio.timeout(5):
        sweeping = asyncio.create_task(retention.sweep_forever(shelf.store, dispatcher, 5))
        while await kept(shelf) != {running.place}:
            await asyncio.sleep(0.001)
        sweeping.cancel()


@pytest.mark.parametrize("error", [StoreFailed(reason="disk I/O error"), KeyError("what nobody foresaw")])
async def test_a_read_error_does_not_end_the_sweeping_and_is_said(shelf, monkeypatch, error):
    monkeypatch.setattr(retention, "SWEEP_S", 0.001)
    await shelf.put(age_s=10 * DAY_S)
    servers, errors = shelf.store.jobs.servers, [error, error]

    async def refuse_first() -> set[str]:
        if errors:
            raise errors.pop()
        return await servers()

    monkeypatch.setattr(shelf.store.jobs, "servers", refuse_first)
    with capture_logs() as logs:
        async with Dispatcher(shelf.store, [FakeWorker()]) as dispatcher, asyncio.timeout(5):
            sweeping = asyncio.create_task(retention.sweep_forever(shelf.store, dispatcher, 5))
            while await kept(shelf):
                await asyncio.sleep(0.001)
            sweeping.cancel()
    assert [line["event"] for line in logs].count("sweep_failed") == 2


async def test_an_error_of_the_database_itself_does_not_end_the_sweeping(shelf, monkeypatch):
    monkeypatch.setattr(retention, "SWEEP_S", 0.001)
    await shelf.put(age_s=10 * DAY_S)
    with closing(sqlite3.connect(shelf.root / "jobs.sqlite3")) as database:
        database.execute("ALTER TABLE settings RENAME TO away")
        with capture_logs() as logs:
            async with Dispatcher(shelf.store, [FakeWorker()]) as dispatcher, asyncio.timeout(5):
                sweeping = asyncio.create_task(retention.sweep_forever(shelf.store, dispatcher, 5))
                while not [line for line in logs if line["event"] == "sweep_failed"]:
                    await asyncio.sleep(0.001)
                database.execute("ALTER TABLE away RENAME TO settings")
                while await kept(shelf):
                    await asyncio.sleep(0.001)
                sweeping.cancel()
