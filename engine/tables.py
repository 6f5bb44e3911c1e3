"""The database's tables, as the latest migration leaves them."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, false

metadata = MetaData()

jobs = Table(
    "jobs",
    metadata,
    Column("id", String, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("owner", String, nullable=False),
    Column("place", String, nullable=False),
    Column("surface", String, nullable=False),
    Column("address", JSON, nullable=False),
    Column("request", JSON, nullable=False),
    Column("status", String, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("created_at", Float, nullable=False),
    Column("seconds", Float),
    Column("error", String),
    Column("facts", JSON, nullable=False, server_default="{}"),
    Column("told", Boolean, nullable=False, server_default=false()),
    Column("notes", JSON, nullable=False, server_default="{}"),
    Index("jobs_by_status", "status"),
    Index("jobs_untold", "told"),
)

pictures = Table(
    "pictures",
    metadata,
    Column("job_id", String, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("file", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("seed", Integer, nullable=False),
)
