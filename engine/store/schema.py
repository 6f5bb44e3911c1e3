"""Which version a database has: an older one is brought up to date, a damaged or a newer one is refused in words."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from engine.errors import EngineError


class StoreUnusable(EngineError):
    """Say that the store cannot be opened, and which way leads out."""

    code = "store_unusable"


def check_whole(connection: Connection, file: Path) -> None:
    """Raise `StoreUnusable` for a damaged database: better now than in the middle of somebody's job."""
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if found != "ok":
        raise StoreUnusable("store_damaged", file=str(file), reason=found)


def is_empty(connection: Connection) -> bool:
    """Tell whether a database has no tables yet."""
    return not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()


def bring_up_to_date(connection: Connection, file: Path) -> None:
    """Run the migrations that are missing; raise `StoreUnusable` for a database of a newer version."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    present = set(MigrationContext.configure(connection).get_current_heads())
    if present - {script.revision for script in scripts.walk_revisions()}:
        raise StoreUnusable("store_newer", file=str(file))
    if present != set(scripts.get_heads()):
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
