"""When an entry of a register forgot its people and its free text."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("incidents", "disclosures", "breaches", "processors", "grants", "workstation_checks"):
        op.add_column(name, sa.Column("forgotten_us", sa.BigInteger(), nullable=True))
