"""The first schema: footage and its deletion, holds, the audit log, cases, what a controller must be able to show."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Names of keys and indexes follow the metadata's naming convention."""
    op.create_table(
        "site",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("site_uuid", sa.Text(), nullable=False),
        sa.Column("database_uuid", sa.Text(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "index_marks",
        sa.Column("number", KEY, primary_key=True),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "short_ids",
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("year", sa.Integer(), primary_key=True),
        sa.Column("last_number", sa.Integer(), nullable=False),
    )
    op.create_table(
        "policies",
        sa.Column("digest", sa.Text(), primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_seen_us", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "runs",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), sa.ForeignKey("policies.digest"), nullable=False),
        sa.Column("period_us", sa.BigInteger(), nullable=False),
        sa.Column("started_us", sa.BigInteger(), nullable=False),
        sa.Column("anchor_us", sa.BigInteger()),
        sa.Column("ended_us", sa.BigInteger()),
        sa.Column("clock_offset_us", sa.BigInteger()),
    )
    op.create_table(
        "segments",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("limit_us", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False, unique=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("policy", sa.Text(), sa.ForeignKey("policies.digest"), nullable=False),
        sa.Column("run_id", KEY, sa.ForeignKey("runs.id")),
        sa.Column("held_over", sa.Integer(), nullable=False, server_default="0"),
        sa.Index(None, "camera", "start_us"),
        sa.Index(None, "held_over", "limit_us"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "camera_totals",
        sa.Column("camera", sa.Text(), primary_key=True),
        sa.Column("segments", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("longest_us", sa.BigInteger(), nullable=False),
        sa.Column("held_over", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.create_table(
        "gaps",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger()),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Index(None, "camera", "start_us"),
    )
    op.create_table(
        "tombstones",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("segment_id", sa.BigInteger(), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("limit_us", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("began_us", sa.BigInteger(), nullable=False),
        sa.Column("closed_us", sa.BigInteger()),
        sa.Index(None, "camera", "start_us"),
    )
    _partial("ix_tombstones_open", "tombstones", "id", "closed_us IS NULL")
    op.create_table(
        "folded_days",
        sa.Column("day", sa.Text(), primary_key=True),
        sa.Column("camera", sa.Text(), primary_key=True),
        sa.Column("part", sa.Integer(), primary_key=True),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Index(None, "camera", "start_us"),
    )
    op.create_table(
        "sweeps",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("expired", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("refused_by", sa.Text()),
    )
    _partial("ix_sweeps_completed", "sweeps", "at_us", "refused_by IS NULL")
    op.create_table(
        "holds",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("ground_kind", sa.Text(), nullable=False),
        sa.Column("ground_id", sa.Text(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("review_us", sa.BigInteger(), nullable=False),
        sa.Column("placed_us", sa.BigInteger(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("released_us", sa.BigInteger()),
        sa.Column("released_by", sa.Text()),
        sa.Index(None, "ground_id"),
    )
    op.create_table(
        "hold_cameras",
        sa.Column("camera", sa.Text(), primary_key=True),
        sa.Column("hold_id", sa.Text(), sa.ForeignKey("holds.id"), primary_key=True),
    )
    op.create_table(
        "audit",
        sa.Column("seq", KEY, primary_key=True),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False, unique=True),
    )
    op.create_table(
        "audit_names",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("seq", KEY, sa.ForeignKey("audit.seq"), primary_key=True),
    )
    op.create_table(
        "notes",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("audit_seq", KEY, sa.ForeignKey("audit.seq"), nullable=False),
        sa.Index(None, "case_id"),
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("cameras", sa.Text(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("opened_us", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("settled_us", sa.BigInteger()),
        sa.Column("settled_by", sa.Text()),
        sa.Column("place", sa.Text()),
        sa.Column("finder", sa.Text()),
        sa.Column("police_reference", sa.Text()),
        sa.Column("forgotten_us", sa.BigInteger()),
    )
    op.create_table(
        "requests",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("cameras", sa.Text(), nullable=False),
        sa.Column("start_us", sa.BigInteger()),
        sa.Column("end_us", sa.BigInteger()),
        sa.Column("received_us", sa.BigInteger(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("opened_us", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("closed_us", sa.BigInteger()),
        sa.Column("closed_by", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sa.Column("relation", sa.Text(), nullable=False, server_default="visitor"),
        sa.Column("channel", sa.Text()),
        sa.Column("signed", sa.Integer()),
        sa.Column("dated", sa.Integer()),
        sa.Column("under_16", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("stated", sa.Text()),
        sa.Column("provisional_hold", sa.Text()),
        sa.Column("provisional_us", sa.BigInteger()),
        sa.Column("answered_us", sa.BigInteger()),
        sa.Column("outcome_ground", sa.Text()),
        sa.Column("forgotten_us", sa.BigInteger()),
        sa.Column("instructed", sa.Text()),
        sa.Column("instructed_on", sa.Text()),
        sa.Column("instructed_by", sa.Text()),
        sa.Column("instruction", sa.Text()),
    )
    _partial("ix_requests_open", "requests", "due_us", "closed_us IS NULL")
    _partial("ix_requests_unforgotten", "requests", "closed_us", "forgotten_us IS NULL")
    op.create_table(
        "parties",
        sa.Column("request_id", sa.Text(), sa.ForeignKey("requests.id"), primary_key=True),
        sa.Column("role", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("deliver_to", sa.Text()),
        sa.Column("mandate", sa.Text()),
        sa.Column("mandated", sa.Text()),
        sa.Column("country", sa.Text()),
        sa.Column("renamed_us", sa.BigInteger()),
        sa.Column("moved_us", sa.BigInteger()),
    )
    op.create_table(
        "identity_checks",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("request_id", sa.Text(), sa.ForeignKey("requests.id"), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("checked", sa.Text(), nullable=False),
        sa.Column("checker", sa.Text(), nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Index(None, "request_id"),
    )
    op.create_table(
        "extensions",
        sa.Column("request_id", sa.Text(), sa.ForeignKey("requests.id"), primary_key=True),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("decided_us", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("sent_us", sa.BigInteger()),
    )
    op.create_table(
        "statements",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("request_id", sa.Text(), sa.ForeignKey("requests.id"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("given_us", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Index(None, "request_id"),
    )
    op.create_table(
        "letters",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("request_id", sa.Text(), sa.ForeignKey("requests.id"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("sent_us", sa.BigInteger()),
        sa.Index(None, "request_id"),
    )
    op.create_table(
        "blocks",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("request_id", sa.Text(), sa.ForeignKey("requests.id"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("placed_us", sa.BigInteger(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("lifted_us", sa.BigInteger()),
        sa.Column("lifted_by", sa.Text()),
        sa.Index(None, "request_id"),
    )
    _partial("ix_blocks_in_force", "blocks", "start_us", "lifted_us IS NULL")
    op.create_table(
        "block_cameras",
        sa.Column("camera", sa.Text(), primary_key=True),
        sa.Column("block_id", KEY, sa.ForeignKey("blocks.id"), primary_key=True),
    )
    op.create_table(
        "yields",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("block_id", KEY, sa.ForeignKey("blocks.id"), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("decided_us", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("told_us", sa.BigInteger()),
        sa.Index(None, "block_id"),
    )
    op.create_table(
        "erasures",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("request_id", sa.Text(), sa.ForeignKey("requests.id"), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("cameras", sa.Text(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("ordered_us", sa.BigInteger(), nullable=False),
        sa.Column("ordered_by", sa.Text(), nullable=False),
        sa.Column("done_us", sa.BigInteger()),
    )
    _partial("ix_erasures_open", "erasures", "id", "done_us IS NULL")
    op.create_table(
        "redactions",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("request_id", sa.Text(), sa.ForeignKey("requests.id"), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("directory", sa.Text(), nullable=False),
        sa.Column("prepared_us", sa.BigInteger(), nullable=False),
        sa.Column("prepared_by", sa.Text(), nullable=False),
        sa.Column("approved_us", sa.BigInteger()),
        sa.Column("approved_by", sa.Text()),
        sa.Column("approved_digest", sa.Text()),
        sa.Column("reviews", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("consents", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("decided", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("signed_off", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("reviewed", sa.Integer(), nullable=False, server_default="0"),
        sa.UniqueConstraint("request_id", "camera", "position"),
    )
    op.create_table(
        "disclosures",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("cameras", sa.Text(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Text()),
        sa.Column("unmasked", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("opened_us", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("approved_us", sa.BigInteger()),
        sa.Column("approved_by", sa.Text()),
        sa.Column("export_id", sa.Text()),
        sa.Column("handed_us", sa.BigInteger()),
        sa.Column("handed_by", sa.Text()),
        sa.Column("method", sa.Text()),
        sa.Column("receipt_us", sa.BigInteger()),
        sa.Column("lease_end_us", sa.BigInteger()),
        sa.Column("closed_us", sa.BigInteger()),
        sa.Column("closed_by", sa.Text()),
        sa.Column("ending", sa.Text()),
        sa.Column("forgotten_us", sa.BigInteger()),
        sa.Index(None, "case_id"),
        sa.Index(None, "export_id"),
    )
    op.create_table(
        "exports",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("request_id", sa.Text(), sa.ForeignKey("requests.id")),
        sa.Column("disclosure_id", sa.Text(), sa.ForeignKey("disclosures.id")),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.Text(), nullable=False),
        sa.Column("built_us", sa.BigInteger(), nullable=False),
        sa.Column("built_by", sa.Text(), nullable=False),
        sa.Column("expires_us", sa.BigInteger(), nullable=False),
        sa.Column("deleted_us", sa.BigInteger()),
    )
    op.create_table(
        "breaches",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("risk", sa.Text(), nullable=False),
        sa.Column("suspected", sa.Integer(), nullable=False),
        sa.Column("aware_us", sa.BigInteger(), nullable=False),
        sa.Column("cameras", sa.Text(), nullable=False),
        sa.Column("people", sa.Integer()),
        sa.Column("people_known", sa.Integer(), nullable=False),
        sa.Column("measures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("opened_us", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("closed_us", sa.BigInteger()),
        sa.Column("closed_by", sa.Text()),
        sa.Column("forgotten_us", sa.BigInteger()),
        sa.Index(None, "closed_us"),
    )
    op.create_table(
        "breach_notices",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("breach_id", sa.Text(), sa.ForeignKey("breaches.id"), nullable=False),
        sa.Column("whom", sa.Text(), nullable=False),
        sa.Column("sent_us", sa.BigInteger(), nullable=False),
        sa.Column("sent_by", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Index(None, "breach_id"),
    )
    op.create_table(
        "processors",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("contract_on", sa.Text()),
        sa.Column("audited_on", sa.Text()),
        sa.Column("sub_processors", sa.Text(), nullable=False),
        sa.Column("added_us", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("ended_on", sa.Text()),
        sa.Column("end", sa.Text()),
        sa.Column("forgotten_us", sa.BigInteger()),
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("permission", sa.Text(), nullable=False),
        sa.Column("briefed_on", sa.Text(), nullable=False),
        sa.Column("confidentiality_on", sa.Text(), nullable=False),
        sa.Column("granted_us", sa.BigInteger(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_us", sa.BigInteger()),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("forgotten_us", sa.BigInteger()),
        sa.Index(None, "account"),
    )
    op.create_table(
        "declarations",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("declared_on", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
    )
    op.create_table(
        "workstation_checks",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("checked_on", sa.Text(), nullable=False),
        sa.Column("checker", sa.Text(), nullable=False),
        sa.Column("found", sa.Text()),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("forgotten_us", sa.BigInteger()),
        sa.Index(None, "checked_on"),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("done_on", sa.Text(), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text()),
        sa.Column("triggers", sa.Text(), nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("forgotten_us", sa.BigInteger()),
        sa.Index(None, "kind", "done_on"),
    )
    op.create_table(
        "policy_letters",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Index(None, "policy", "case_id"),
    )


def _partial(name: str, table: str, column: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, [column], sqlite_where=condition, postgresql_where=condition)
