"""By how much the camera's own clock was off, for each run."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("clock_offset_us", sa.BigInteger(), nullable=True))
