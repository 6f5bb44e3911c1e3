"""What is kept beside jobs: settings of people, places and servers, and a record of who changed what."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
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


class Audit:
    """Keep a record of what the people who run a server changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, server: str, actor: str, action: str, facts: dict[str, object]) -> None:
        """Commit that `actor`, an owner, did `action`."""
        row = {"at": time.time(), "server": server, "actor": actor, "action": action, "facts": facts}
        async with self._database.write() as connection:
            await connection.execute(insert(audit).values(row))

    async def list(self, server: str, limit: int = 20) -> Entries:
        """List the latest entries of a server, newest first."""
        query = select(audit).where(audit.c.server == server).order_by(audit.c.id.desc()).limit(limit)
        async with self._database.read() as connection:
            rows = await connection.execute(query)
            return [AuditEntry(row.at, row.server, row.actor, row.action, row.facts) for row in rows]
