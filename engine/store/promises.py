"""What people were promised before it was a job: kept until it is one, or is answered otherwise."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert as insert_or_skip
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.jobs import Promise
from engine.store.database import Database
from engine.store.tables import promises


class Promises:
    """Keep promises in the database; what a method returned from is on the disk."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, promise: Promise) -> None:
        """Commit a promise; the same `key` again changes nothing."""
        async with self._database.write() as connection:
            await connection.execute(insert_or_skip(promises).values(asdict(promise)).on_conflict_do_nothing())

    async def end(self, key: str) -> None:
        """Commit that a promise was kept, or is no longer waited for."""
        async with self._database.write() as connection:
            await end_promise(connection, key)

    async def all(self) -> list[Promise]:
        """List the promises that are not kept, oldest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(promises).order_by(promises.c.created_at))
            return [Promise(**row._mapping) for row in rows]


async def end_promise(connection: AsyncConnection, key: str) -> None:
    """End a promise within a transaction: that of what keeps it."""
    await connection.execute(delete(promises).where(promises.c.key == key))
