"""Cost grows with what expires: what is held over stands apart, and each camera's totals are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("segments", sa.Column("held_over", sa.Integer(), server_default="0", nullable=False))
    op.drop_index(op.f("ix_segments_limit_us"), table_name="segments")
    op.create_index(op.f("ix_segments_held_over_limit_us"), "segments", ["held_over", "limit_us"], unique=False)
    _partial_index("ix_tombstones_open", "tombstones", "id", "closed_us IS NULL")
    op.drop_index(op.f("ix_tombstones_closed_us"), table_name="tombstones")
    _partial_index("ix_sweeps_completed", "sweeps", "at_us", "refused_by IS NULL")
    op.create_table(
        "camera_totals",
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("segments", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("longest_us", sa.BigInteger(), nullable=False),
        sa.Column("held_over", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("camera", name=op.f("pk_camera_totals")),
    )
    op.execute(
        "INSERT INTO camera_totals (camera, segments, size_bytes, longest_us) "
        "SELECT camera, sum(stored), sum(size_bytes), max(longest_us) FROM ("
        "  SELECT camera, count(*) AS stored, sum(size_bytes) AS size_bytes, max(end_us - start_us) AS longest_us"
        "  FROM segments GROUP BY camera"
        "  UNION ALL"
        "  SELECT camera, 0, 0, max(end_us - start_us) FROM tombstones GROUP BY camera"
        ") AS known GROUP BY camera"
    )


def _partial_index(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
