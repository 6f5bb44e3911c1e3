"""Settings and the record of who changed what."""

import sqlite3

import pytest

from engine.store.store import Store


@pytest.fixture
async def store(tmp_path):
    async with Store(tmp_path) as store:
        yield store


async def test_settings_are_json_values_by_scope_and_name(store):
    values = {"model": "demo", "steps": 20, "quiet": False, "channels": ["1", "2"], "language": "中文"}
    for name, value in values.items():
        await store.settings.put("server:discord:1", name, value)
    await store.settings.put("server:discord:10", "model", "other")
    assert await store.settings.get("server:discord:1") == values
    assert await store.settings.get("owner:discord:1") == {}


async def test_a_setting_is_replaced_and_deleted(store):
    for value in (1, 2):
        await store.settings.put("owner:discord:1", "steps", value)
    assert await store.settings.get("owner:discord:1") == {"steps": 2}
    await store.settings.put("owner:discord:1", "steps", None)
    await store.settings.put("owner:discord:1", "never", None)
    assert await store.settings.get("owner:discord:1") == {}


async def test_scopes_are_found_by_what_they_begin_with(store):
    for scope in ("server:discord:1", "server:telegram:2", "SERVER:x", "owner:discord:1", "serve%"):
        await store.settings.put(scope, "a", 1)
        await store.settings.put(scope, "b", 2)
    assert await store.settings.scopes("server:") == ["server:discord:1", "server:telegram:2"]
    assert await store.settings.scopes("serve%") == ["serve%"]


async def test_settings_survive_the_process(tmp_path):
    async with Store(tmp_path) as store:
        await store.settings.put("owner:a", "steps", 3)
    async with Store(tmp_path) as store:
        assert await store.settings.get("owner:a") == {"steps": 3}


async def test_the_record_of_a_server_is_told_newest_first(store):
    for number in range(3):
        await store.audit.add("discord:1", "discord:42", "retention", {"days": number})
    await store.audit.add("discord:2", "discord:42", "ban", {})
    entries = await store.audit.list("discord:1", limit=2)
    assert [entry.facts for entry in entries] == [{"days": 2}, {"days": 1}]
    assert (entries[0].actor, entries[0].action, entries[0].server) == ("discord:42", "retention", "discord:1")
    assert entries[0].at >= entries[1].at


async def test_reading_settings_is_one_look_up_by_an_index(store, tmp_path):
    with sqlite3.connect(tmp_path / "jobs.sqlite3") as database:
        plan = database.execute("EXPLAIN QUERY PLAN SELECT name, value FROM settings WHERE scope = 'x'").fetchall()
    assert "USING INDEX" in plan[0][3]
