"""The store's database: one SQLite file, opened by one process, written by one task at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from alembic import command
from alembic.config import Config as AlembicConfig
from filelock import FileLock, Timeout
from sqlalchemy import Connection, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from engine.errors import EngineError, StoreFailed


class StoreInUse(EngineError):
    """Say that another process already works on this store."""

    code = "store_in_use"


class StoreUnusable(EngineError):
    """Say that the store's folder or database cannot be read or written."""

    code = "store_unusable"


class Database:
    """Keep the database in the folder `root`; what was committed is on the disk (WAL, `synchronous=FULL`).

    `folders` are made beside it.
    """

    def __init__(self, root: Path, folders: Sequence[str] = ()) -> None:
        self._root, self._folders = root, [root / name for name in folders]
        self._engine: AsyncEngine | None = None
        # SQLite has one writer: queue for it here rather than meet its busy timeout.
        self._writing = asyncio.Lock()
        self._lock = FileLock(root / "lock")

    async def __aenter__(self) -> Self:
        """Open the database, bringing an older one up to date.

        Raises `StoreInUse` while another process has it, `StoreUnusable` where it cannot be read or written.
        """
        try:
            await self._open()
        except Timeout:
            raise StoreInUse(folder=str(self._root)) from None
        except (OSError, DatabaseError) as error:
            await self._close()
            raise StoreUnusable(folder=str(self._root), reason=_reason(error)) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the database."""
        await self._close()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Be alone in a transaction that is committed at the end of the block; raise `StoreFailed` if that fails."""
        assert self._engine, "the store is used outside its async with"  # noqa: S101 - a programming error
        try:
            async with self._writing, self._engine.begin() as connection:
                yield connection
        except DatabaseError as error:
            raise StoreFailed(reason=_reason(error)) from error

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """See what was last committed, beside whoever writes."""
        assert self._engine, "the store is used outside its async with"  # noqa: S101 - a programming error
        async with self._engine.connect() as connection:
            yield connection

    async def _open(self) -> None:
        for folder in (self._root, *self._folders):
            folder.mkdir(parents=True, exist_ok=True)
        self._lock.acquire(blocking=False)
        # An address holds secrets: no error may quote the values of its statement.
        self._engine = create_async_engine(f"sqlite+aiosqlite:///{self._root / 'jobs.sqlite3'}", hide_parameters=True)
        event.listen(self._engine.sync_engine, "connect", _prepare)
        event.listen(self._engine.sync_engine, "begin", _begin)
        async with self._engine.begin() as connection:
            await connection.run_sync(_migrate)

    async def _close(self) -> None:
        if self._engine:
            await self._engine.dispose()
        self._lock.release()


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # `_begin` opens transactions: left to the driver, a migration would have none
    cursor = connection.cursor()
    # What somebody deleted is overwritten, not only forgotten (`secure_delete`).
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _reason(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error)  # SQLAlchemy adds the statement and a web address


def _migrate(connection: Connection) -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
