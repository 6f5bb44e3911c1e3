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
    Column("finished_at", Float),
    Index("jobs_by_status", "status"),
    Index("jobs_untold", "told"),
    Index("jobs_by_owner", "owner", "created_at"),
    Index("jobs_by_place", "place", "created_at"),
    Index("jobs_by_time", "created_at"),
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

# Which jobs' requests name which input, so that it goes with the last of them.
inputs = Table(
    "inputs",
    metadata,
    Column("job_id", String, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("sha256", String, primary_key=True),
    Index("inputs_by_checksum", "sha256"),
)

# What a deleted job counted for, and nothing of what it was, for as long as a quota may ask.
tallies = Table(
    "tallies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String, nullable=False),
    Column("server", String, nullable=False),
    Column("pictures", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("until", Float, nullable=False),
    Index("tallies_by_owner", "owner", "created_at"),
)

# What people were promised before it was a job; a row that a start finds is one that a kill broke.
promises = Table(
    "promises",
    metadata,
    Column("key", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("surface", String, nullable=False),
    Column("address", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
)

settings = Table(
    "settings",
    metadata,
    Column("scope", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", JSON, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("server", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("facts", JSON, nullable=False),
    Index("audit_by_server", "server", "id"),
)
