"""Frames of a redaction are reviewed range by range."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("redactions", sa.Column("reviews", sa.Text(), server_default="[]", nullable=False))
