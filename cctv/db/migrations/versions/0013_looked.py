"""Of a redaction's part: whether somebody decided on it, signed off its backdrops, reviewed its frames."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("decided", "signed_off", "reviewed"):
        op.add_column("redactions", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
