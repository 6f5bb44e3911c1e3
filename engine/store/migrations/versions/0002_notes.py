"""What a worker said of its pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the notes of a job."""
    op.add_column("jobs", sa.Column("notes", sa.JSON, nullable=False, server_default="{}"))


def downgrade() -> None:
    """Take the notes away."""
    op.drop_column("jobs", "notes")
