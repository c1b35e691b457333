"""Where an incident happened, who found it, and under which number the police has it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("place", "finder", "police_reference"):
        op.add_column("incidents", sa.Column(name, sa.Text(), nullable=True))
