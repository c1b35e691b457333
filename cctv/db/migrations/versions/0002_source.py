"""Where the pictures of a run and its segments come from: live, or fetched from the camera's own card."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was recorded until now was live.  Adding a column with a default rewrites no row, however many there are."""
    for table in ("runs", "segments"):
        op.add_column(table, sa.Column("source", sa.Text(), nullable=False, server_default="live"))
