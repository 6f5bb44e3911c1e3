"""What is kept beside jobs: settings of people, places and servers, and a record of who changed what."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or_update

from engine.store.database import Database
from engine.store.tables import audit, settings

# The last character there is: what stands between a prefix and the prefix with it begins with the prefix.
LAST = "\U0010ffff"


class Settings:
    """Keep named JSON values for scopes such as "owner:discord:42", "place:discord:1/2", "server:discord:1"."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, scope: str) -> dict[str, object]:
        """Read all values of a scope by their names."""
        return (await self.among([scope]))[scope]

    async def among(self, scopes: Sequence[str]) -> dict[str, dict[str, object]]:
        """Read all values of several scopes, in one look-up."""
        query = select(settings).where(settings.c.scope.in_(scopes))
        found: dict[str, dict[str, object]] = {scope: {} for scope in scopes}
        async with self._database.read() as connection:
            for row in await connection.execute(query):
                found[row.scope][row.name] = row.value
        return found

    async def put(self, scope: str, name: str, value: object) -> None:
        """Commit one value; `None` deletes it."""
        mine = (settings.c.scope == scope) & (settings.c.name == name)
        row = {"scope": scope, "name": name, "value": value}
        statement = (
            insert_or_update(settings)
            .values(row)
            .on_conflict_do_update(index_elements=["scope", "name"], set_={"value": value})
        )
        async with self._database.write() as connection:
            await connection.execute(delete(settings).where(mine) if value is None else statement)

    async def scopes(self, prefix: str) -> list[str]:
        """List the scopes that begin with `prefix` and have a value."""
        within = settings.c.scope.between(prefix, prefix + LAST)
        query = select(settings.c.scope).distinct().where(within)
        async with self._database.read() as connection:
            return list(await connection.scalars(query.order_by(settings.c.scope)))


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Say who changed what on a server, and when: seconds since the epoch, UTC."""

    at: float
    server: str
    actor: str
    action: str
    facts: dict[str, object]


Entries = list[AuditEntry]
# How many different values of a fact stand in one entry.
MOST_VALUES = 5


class Audit:
    """Keep a record of what the people who run a server changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, server: str, actor: str, action: str, facts: dict[str, object]) -> None:
        """Commit that `actor`, an owner, did `action`."""
        row = {"at": time.time(), "server": server, "actor": actor, "action": action, "facts": facts}
        async with self._database.write() as connection:
            await connection.execute(insert(audit).values(row))

    async def count(self, server: str, actor: str, action: str, facts: dict[str, object], within_s: float) -> None:
        """Commit that `actor` did `action`, with these facts; again within so many seconds, it is counted up.

        The fact `times` says how often it was, from the second time on; of texts that differ all stay, up to a few.
        """
        mine = (audit.c.server == server) & (audit.c.actor == actor) & (audit.c.action == action)
        now = time.time()
        query = select(audit).where(mine, audit.c.at > now - within_s).order_by(audit.c.id.desc()).limit(1)
        row = {"at": now, "server": server, "actor": actor, "action": action, "facts": facts}
        async with self._database.write() as connection:
            latest = (await connection.execute(query)).first()
            if latest is None:
                await connection.execute(insert(audit).values(row))
            else:
                together = _added(latest.facts, facts)
                await connection.execute(update(audit).where(audit.c.id == latest.id).values(facts=together))

    async def list(self, server: str, limit: int = 20) -> Entries:
        """List the latest entries of a server, newest first."""
        query = select(audit).where(audit.c.server == server).order_by(audit.c.id.desc()).limit(limit)
        async with self._database.read() as connection:
            rows = await connection.execute(query)
            return [AuditEntry(row.at, row.server, row.actor, row.action, row.facts) for row in rows]


def _added(known: dict[str, object], facts: dict[str, object]) -> dict[str, object]:
    """Add to an entry's facts those of another time: values that differ stand in a row."""
    together = {name: _both(str(known.get(name) or ""), str(value or "")) for name, value in facts.items()}
    return {**known, **together, "times": int(str(known.get("times", 1))) + 1}


def _both(known: str, value: str) -> str:
    values = [each for each in known.split(", ") if each]
    return ", ".join([*values, value] if value and value not in values and len(values) < MOST_VALUES else values)
