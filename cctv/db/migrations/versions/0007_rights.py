"""Rights: blocks and what they yield to, and erasures that wait for holds."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blocks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("placed_us", sa.BigInteger(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("lifted_us", sa.BigInteger(), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_blocks_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocks")),
    )
    op.create_index(
        "ix_blocks_in_force",
        "blocks",
        ["start_us"],
        unique=False,
        sqlite_where=sa.text("lifted_us IS NULL"),
        postgresql_where=sa.text("lifted_us IS NULL"),
    )
    op.create_index(op.f("ix_blocks_request_id"), "blocks", ["request_id"], unique=False)
    op.create_table(
        "block_cameras",
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("block_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["block_id"], ["blocks.id"], name=op.f("fk_block_cameras_block_id")),
        sa.PrimaryKeyConstraint("camera", "block_id", name=op.f("pk_block_cameras")),
    )
    op.create_table(
        "yields",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("block_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("decided_us", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("told_us", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["block_id"], ["blocks.id"], name=op.f("fk_yields_block_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_yields")),
    )
    op.create_index(op.f("ix_yields_block_id"), "yields", ["block_id"], unique=False)
    op.create_table(
        "erasures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("cameras", sa.Text(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("ordered_us", sa.BigInteger(), nullable=False),
        sa.Column("ordered_by", sa.Text(), nullable=False),
        sa.Column("done_us", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_erasures_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(
        "ix_erasures_open",
        "erasures",
        ["id"],
        unique=False,
        sqlite_where=sa.text("done_us IS NULL"),
        postgresql_where=sa.text("done_us IS NULL"),
    )
    _block_what_was_asked()


def _block_what_was_asked() -> None:
    """Open requests for restriction and objection had a hold only; from now on their footage is blocked too."""
    op.execute(
        "INSERT INTO blocks (request_id, kind, start_us, end_us, placed_us, placed_by) "
        "SELECT id, type, start_us, end_us, opened_us, opened_by FROM requests "
        "WHERE closed_us IS NULL AND type IN ('restriction', 'objection')"
    )
    op.execute(
        "INSERT INTO block_cameras (camera, block_id) "
        "SELECT DISTINCT camera.camera, block.id FROM blocks AS block "
        "JOIN holds AS hold ON hold.ground_id = block.request_id AND hold.released_us IS NULL "
        "JOIN hold_cameras AS camera ON camera.hold_id = hold.id"
    )
