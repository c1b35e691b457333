"""Who was written to about which policy version; a copy that is the data subject's own ended when it left."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policy_letters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policy_letters"),
    )
    op.create_index("ix_policy_letters_policy_case_id", "policy_letters", ["policy", "case_id"])
    op.execute(
        "UPDATE disclosures SET closed_us = handed_us, closed_by = handed_by, ending = 'handed' "
        "WHERE duty = 'right' AND handed_us IS NOT NULL AND lease_end_us IS NULL AND closed_us IS NULL"
    )
