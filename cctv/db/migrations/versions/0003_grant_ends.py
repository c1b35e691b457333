"""A grant may have an end."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was granted until now has no end."""
    op.add_column("grants", sa.Column("until_on", sa.Text()))
