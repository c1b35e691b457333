"""Keys of the digests by which the log seals the rows of registers, holds and policies."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is stored by now is sealed by the first entry that is written afterwards."""
    op.create_table(
        "row_keys",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), nullable=False),
    )
