"""Disclosures: footage handed to somebody; a package may be made for one instead of for a request."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instants = ("approved_us", "handed_us", "receipt_us", "lease_end_us", "closed_us")
    texts = ("case_id", "approved_by", "export_id", "handed_by", "method", "closed_by", "ending")
    op.create_table(
        "disclosures",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("cameras", sa.Text(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("unmasked", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("opened_us", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger()) for name in instants),
        *(sa.Column(name, sa.Text()) for name in texts),
        sa.PrimaryKeyConstraint("id", name="pk_disclosures"),
    )
    op.create_index("ix_disclosures_export_id", "disclosures", ["export_id"])
    op.create_index("ix_disclosures_case_id", "disclosures", ["case_id"])
    with op.batch_alter_table("exports") as batch:
        batch.alter_column("request_id", existing_type=sa.Text(), nullable=True)
        batch.add_column(sa.Column("disclosure_id", sa.Text()))
        batch.create_foreign_key("fk_exports_disclosure_id", "disclosures", ["disclosure_id"], ["id"])
