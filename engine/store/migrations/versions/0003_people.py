"""What people may ask of their own jobs and of a server: history, deletion, settings, a record of who changed what."""

import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the times of ends, the indexes of history, and the tables."""
    op.add_column("jobs", sa.Column("finished_at", sa.Float))
    op.create_index("jobs_by_owner", "jobs", ["owner", "created_at"])
    op.create_index("jobs_by_place", "jobs", ["place", "created_at"])
    op.create_index("jobs_by_time", "jobs", ["created_at"])
    _inputs()
    op.create_table(
        "tallies",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("server", sa.String, nullable=False),
        sa.Column("pictures", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("until", sa.Float, nullable=False),
    )
    op.create_index("tallies_by_owner", "tallies", ["owner", "created_at"])
    op.create_table(
        "settings",
        sa.Column("scope", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("server", sa.String, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_index("audit_by_server", "audit", ["server", "id"])


def downgrade() -> None:
    """Take it all away."""
    for table in ("audit", "settings", "tallies", "inputs"):
        op.drop_table(table)
    for name in ("owner", "place", "time"):
        op.drop_index(f"jobs_by_{name}")
    op.drop_column("jobs", "finished_at")


def _inputs() -> None:
    """Write down which job names which input."""
    inputs = op.create_table(
        "inputs",
        sa.Column("job_id", sa.String, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("sha256", sa.String, primary_key=True),
    )
    op.create_index("inputs_by_checksum", "inputs", ["sha256"])
    jobs = op.get_bind().exec_driver_sql("SELECT id, request FROM jobs").all()
    rows = [{"job_id": job, "sha256": each} for job, request in jobs for each in set(_checksums(json.loads(request)))]
    if rows:
        op.bulk_insert(inputs, rows)


def _checksums(value: object) -> Iterator[str]:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from _checksums(child)
    if isinstance(value, dict) and "sha256" in value:
        yield str(value["sha256"])
