"""Requests: how each arrived, its people apart so that they can be forgotten, its letters."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("requests", sa.Column("relation", sa.Text(), server_default="visitor", nullable=False))
    op.add_column("requests", sa.Column("channel", sa.Text(), nullable=True))
    op.add_column("requests", sa.Column("signed", sa.Integer(), nullable=True))
    op.add_column("requests", sa.Column("dated", sa.Integer(), nullable=True))
    op.add_column("requests", sa.Column("under_16", sa.Integer(), server_default="0", nullable=False))
    op.add_column("requests", sa.Column("stated", sa.Text(), nullable=True))
    op.add_column("requests", sa.Column("provisional_hold", sa.Text(), nullable=True))
    op.add_column("requests", sa.Column("provisional_us", sa.BigInteger(), nullable=True))
    op.add_column("requests", sa.Column("answered_us", sa.BigInteger(), nullable=True))
    op.add_column("requests", sa.Column("outcome_ground", sa.Text(), nullable=True))
    op.add_column("requests", sa.Column("forgotten_us", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_requests_open",
        "requests",
        ["due_us"],
        unique=False,
        sqlite_where=sa.text("closed_us IS NULL"),
        postgresql_where=sa.text("closed_us IS NULL"),
    )
    op.create_index(
        "ix_requests_unforgotten",
        "requests",
        ["closed_us"],
        unique=False,
        sqlite_where=sa.text("forgotten_us IS NULL"),
        postgresql_where=sa.text("forgotten_us IS NULL"),
    )
    op.create_table(
        "parties",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("deliver_to", sa.Text(), nullable=True),
        sa.Column("mandate", sa.Text(), nullable=True),
        sa.Column("mandated", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_parties_request_id")),
        sa.PrimaryKeyConstraint("request_id", "role", name=op.f("pk_parties")),
    )
    op.create_table(
        "identity_checks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("checked", sa.Text(), nullable=False),
        sa.Column("checker", sa.Text(), nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_identity_checks_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_checks")),
    )
    op.create_index(op.f("ix_identity_checks_request_id"), "identity_checks", ["request_id"], unique=False)
    op.create_table(
        "extensions",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("decided_us", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("sent_us", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_extensions_request_id")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_extensions")),
    )
    op.create_table(
        "statements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("given_us", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_statements_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
    )
    op.create_index(op.f("ix_statements_request_id"), "statements", ["request_id"], unique=False)
    op.create_table(
        "letters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("sent_us", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_letters_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
    )
    op.create_index(op.f("ix_letters_request_id"), "letters", ["request_id"], unique=False)
    _move_requesters()
    op.drop_column("requests", "requester")


def _move_requesters() -> None:
    connection = op.get_bind()
    write = sa.text(
        "INSERT INTO parties (request_id, role, name, contact) VALUES (:request_id, 'subject', :name, :contact)"
    )
    for request_id, text in connection.execute(sa.text("SELECT id, requester FROM requests")).all():
        said = json.loads(text)
        connection.execute(write, {"request_id": request_id, "name": said["name"], "contact": said["contact"]})
