"""The store's database: one SQLite file, opened by one process, written by one task at a time."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog
from filelock import FileLock, Timeout
from sqlalchemy import Connection, event
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from engine.errors import EngineError, StoreFailed
from engine.store.durable import OWNERS_FILE, close_to_others, make_file, make_folder
from engine.store.files import Files
from engine.store.schema import StoreUnusable, bring_up_to_date, check_whole, is_empty

log = structlog.get_logger()

FILE = "jobs.sqlite3"
# SQLite gives its other two the rights of the first when it makes them.
_FILES = (FILE, f"{FILE}-wal", f"{FILE}-shm")
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class StoreInUse(EngineError):
    """Say that another process already works on this store."""

    code = "store_in_use"


class Database:
    """Keep the database in the folder `root`; what was committed is on the disk (WAL, `synchronous=FULL`).

    `folders` are made beside it: what they hold belongs to the database, which is not begun anew without it.
    """

    def __init__(self, root: Path, folders: Sequence[str] = ()) -> None:
        self._root, self._file = root, root / FILE
        self._folders = [root / name for name in folders]
        self._kept = [Files(folder) for folder in self._folders]
        self._engine: AsyncEngine | None = None
        # SQLite has one writer: queue for it here rather than meet its busy timeout.
        self._writing = asyncio.Lock()
        self._lock = FileLock(root / "lock", mode=OWNERS_FILE)

    async def __aenter__(self) -> Self:
        """Open the database, bringing an older one up to date, and close its folder to other users.

        Raises `StoreInUse` while another process has it, `StoreUnusable` where it cannot be read or written, is
        damaged, newer than this program, or gone while its pictures are still there.
        """
        try:
            await self._open()
        except Timeout:
            raise StoreInUse(folder=str(self._root)) from None
        except (OSError, DatabaseError, NotImplementedError) as error:  # the last: no locks on that file system
            await self._close()
            raise self._unusable(error) from error
        except BaseException:
            await self._close()
            raise
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
        with _refusals():
            async with self._writing, self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """See what was last committed, beside whoever writes; raise `StoreFailed` where it cannot be read."""
        assert self._engine, "the store is used outside its async with"  # noqa: S101 - a programming error
        with _refusals():
            async with self._engine.connect() as connection:
                yield connection

    async def _open(self) -> None:
        await asyncio.to_thread(self._make_folders)
        self._lock.acquire(blocking=False)
        await asyncio.to_thread(self._prepare_files)
        # An address holds secrets: no error may quote the values of its statement.
        self._engine = create_async_engine(f"sqlite+aiosqlite:///{self._file}", hide_parameters=True)
        event.listen(self._engine.sync_engine, "connect", _prepare)
        event.listen(self._engine.sync_engine, "begin", _begin)
        async with self._engine.begin() as connection:
            await connection.run_sync(self._prepare_tables)

    def _make_folders(self) -> None:
        for folder in (self._root, *self._folders):
            make_folder(folder)

    def _prepare_files(self) -> None:
        if not self._file.exists() or not self._file.stat().st_size:
            self._check_not_lost()  # before SQLite throws away the write-ahead log of the lost one
        make_file(self._file)
        self._close_to_others()
        for files in self._kept:
            files.drop_parts()

    def _prepare_tables(self, connection: Connection) -> None:
        check_whole(connection, self._file)
        if is_empty(connection):
            self._check_not_lost()
        bring_up_to_date(connection, self._file)

    def _check_not_lost(self) -> None:
        """Raise `StoreUnusable` where a new database would take the place of one whose pictures are still there."""
        if not all(files.is_empty() for files in self._kept):
            raise StoreUnusable("store_lost", file=str(self._file), folder=str(self._root))

    def _close_to_others(self) -> None:
        """Mend the rights of a store that an earlier version made; one that is not ours is told, and used as it is."""
        paths = (self._root, *self._folders, *(self._root / name for name in _FILES))
        try:
            changed = [str(path) for path in paths if path.exists() and close_to_others(path)]
        except OSError as error:
            log.warning("store_open_to_others", folder=str(self._root), reason=error.strerror)
        else:
            if changed:
                log.warning("store_closed_to_others", were_open=changed)

    def _unusable(self, error: Exception) -> StoreUnusable:
        reason = _reason(error)
        # The lowest byte is the kind, what is above it the detail.
        if getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            return StoreUnusable("store_damaged", file=str(self._file), reason=reason)
        return StoreUnusable(folder=str(self._root), reason=reason)

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


@contextmanager
def _refusals() -> Iterator[None]:
    """Say in one word what the database refused, or that it gave no connection in time.

    What breaks a rule of the tables is no `StoreFailed`, which is tried again: it would be refused for ever.
    """
    try:
        yield
    except IntegrityError as error:
        log.error("database_rule_broken", reason=_reason(error))
        raise EngineError(reason=_reason(error)) from error
    except (DatabaseError, PoolTimeout) as error:
        log.error("database_refuses", reason=_reason(error))
        raise StoreFailed(reason=_reason(error)) from error


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(getattr(error, "orig", None) or error)  # SQLAlchemy adds the statement and a web address
