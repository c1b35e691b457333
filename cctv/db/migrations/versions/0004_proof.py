"""Proof: the log can be searched by name without reading all of it, and old tombstones are folded into signed lines."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PAGE = 5000


def upgrade() -> None:
    op.create_table(
        "audit_names",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["audit.seq"], name=op.f("fk_audit_names_seq")),
        sa.PrimaryKeyConstraint("name", "seq", name=op.f("pk_audit_names")),
    )
    op.create_table(
        "folded_days",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", "camera", "part", name=op.f("pk_folded_days")),
    )
    op.create_index(op.f("ix_folded_days_camera_start_us"), "folded_days", ["camera", "start_us"], unique=False)
    _name_entries()


def _name_entries() -> None:
    """Subject and case of every entry that there is, a page at a time."""
    connection, after = op.get_bind(), 0
    read = sa.text("SELECT seq, entry FROM audit WHERE seq > :after ORDER BY seq LIMIT :page")
    write = sa.text("INSERT INTO audit_names (name, seq) VALUES (:name, :seq)")
    while page := connection.execute(read, {"after": after, "page": PAGE}).all():
        rows = []
        for seq, text in page:
            try:
                said = json.loads(text)
            except ValueError:  # `cctv audit verify` tells
                continue
            names = {str(name).casefold() for name in (said.get("subject"), said.get("case")) if name}
            rows += [{"name": name, "seq": seq} for name in names]
        if rows:
            connection.execute(write, rows)
        after = page[-1][0]
