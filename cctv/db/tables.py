"""The index's tables.  Instants are integer microseconds since 1970 UTC, enums their values, ids short text.

Owns the shape only: queries live in each room's `store.py`.  Portable to PostgreSQL.  A change here needs a migration;
a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Key = BigInteger().with_variant(Integer, "sqlite")

site = Table(
    "site",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site_uuid", Text, nullable=False),
    Column("database_uuid", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
)

short_ids = Table(
    "short_ids",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("last_number", Integer, nullable=False),
)

policies = Table(
    "policies",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("first_seen_us", BigInteger, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Key, primary_key=True),
    Column("camera", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("policy", Text, ForeignKey("policies.digest"), nullable=False),
    Column("period_us", BigInteger, nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("anchor_us", BigInteger),
    Column("ended_us", BigInteger),
    Column("clock_offset_us", BigInteger),  # the camera's own clock less ours, None where it did not say
)

segments = Table(
    "segments",
    metadata,
    Column("id", Key, primary_key=True),
    Column("camera", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("limit_us", BigInteger, nullable=False),
    Column("path", Text, nullable=False, unique=True),
    Column("sha256", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("policy", Text, ForeignKey("policies.digest"), nullable=False),
    Column("run_id", Key, ForeignKey("runs.id")),
    Column("held_over", Integer, nullable=False, server_default="0"),  # 1: a sweep found it due and held
    Index(None, "camera", "start_us"),
    Index(None, "held_over", "limit_us"),
    sqlite_autoincrement=True,  # a tombstone's segment_id must never name a later segment
)

camera_totals = Table(
    "camera_totals",
    metadata,
    Column("camera", Text, primary_key=True),
    Column("segments", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("longest_us", BigInteger, nullable=False),  # of every segment that it ever had: bounds a search by start
    Column("held_over", BigInteger, nullable=False, server_default="0"),
)

gaps = Table(
    "gaps",
    metadata,
    Column("id", Key, primary_key=True),
    Column("camera", Text, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger),
    Column("cause", Text, nullable=False),
    Index(None, "camera", "start_us"),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("id", Key, primary_key=True),
    Column("segment_id", BigInteger, nullable=False),
    Column("camera", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("limit_us", BigInteger, nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("policy", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("began_us", BigInteger, nullable=False),
    Column("closed_us", BigInteger),
    Index(None, "camera", "start_us"),
)
Index(
    "ix_tombstones_open",
    tombstones.c.id,
    sqlite_where=tombstones.c.closed_us.is_(None),
    postgresql_where=tombstones.c.closed_us.is_(None),
)

# Tombstones older than a year, as signed lines: one for a camera's deletions of a day, another `part` for late ones.
folded_days = Table(
    "folded_days",
    metadata,
    Column("day", Text, primary_key=True),  # of the deletion, UTC
    Column("camera", Text, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("start_us", BigInteger, nullable=False),  # of the footage
    Column("end_us", BigInteger, nullable=False),
    Column("line", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Index(None, "camera", "start_us"),
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("id", Key, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("expired", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("refused_by", Text),
)
Index(
    "ix_sweeps_completed",
    sweeps.c.at_us,
    sqlite_where=sweeps.c.refused_by.is_(None),
    postgresql_where=sweeps.c.refused_by.is_(None),
)

holds = Table(
    "holds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("ground_kind", Text, nullable=False),
    Column("ground_id", Text, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("review_us", BigInteger, nullable=False),
    Column("placed_us", BigInteger, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("released_us", BigInteger),
    Column("released_by", Text),
    Index(None, "ground_id"),
)

hold_cameras = Table(
    "hold_cameras",
    metadata,
    Column("camera", Text, primary_key=True),
    Column("hold_id", Text, ForeignKey("holds.id"), primary_key=True),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("cameras", Text, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("opened_us", BigInteger, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("settled_us", BigInteger),
    Column("settled_by", Text),
    Column("place", Text),
    Column("finder", Text),  # personal data, as the title may be
    Column("police_reference", Text),
    Column("forgotten_us", BigInteger),
)

requests = Table(
    "requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("cameras", Text, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("received_us", BigInteger, nullable=False),
    Column("due_us", BigInteger, nullable=False),
    Column("opened_us", BigInteger, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("closed_us", BigInteger),
    Column("closed_by", Text),
    Column("outcome", Text),
    Column("relation", Text, nullable=False, server_default="visitor"),
    Column("channel", Text),
    Column("signed", Integer),  # None: nobody wrote it down
    Column("dated", Integer),
    Column("under_16", Integer, nullable=False, server_default="0"),
    Column("stated", Text),  # what the person said of time, place and appearance, as JSON
    Column("provisional_hold", Text),
    Column("provisional_us", BigInteger),  # until when an unconfirmed wide request freezes its footage
    Column("answered_us", BigInteger),
    Column("outcome_ground", Text),
    Column("forgotten_us", BigInteger),
)
Index(
    "ix_requests_open",
    requests.c.due_us,
    sqlite_where=requests.c.closed_us.is_(None),
    postgresql_where=requests.c.closed_us.is_(None),
)
Index(
    "ix_requests_unforgotten",
    requests.c.closed_us,
    sqlite_where=requests.c.forgotten_us.is_(None),
    postgresql_where=requests.c.forgotten_us.is_(None),
)

# The people of a request.  Their rows go when the request is forgotten; nothing else has a name or an address.
parties = Table(
    "parties",
    metadata,
    Column("request_id", Text, ForeignKey("requests.id"), primary_key=True),
    Column("role", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("deliver_to", Text),
    Column("mandate", Text),
    Column("mandated", Text),  # a day
)

identity_checks = Table(
    "identity_checks",
    metadata,
    Column("id", Key, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("checked", Text, nullable=False),  # a day
    Column("checker", Text, nullable=False),
    Column("recorded_us", BigInteger, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Index(None, "request_id"),
)

extensions = Table(
    "extensions",
    metadata,
    Column("request_id", Text, ForeignKey("requests.id"), primary_key=True),  # one, and no second
    Column("ground", Text, nullable=False),
    Column("due_us", BigInteger, nullable=False),
    Column("decided_us", BigInteger, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("sent_us", BigInteger),
)

statements = Table(
    "statements",
    metadata,
    Column("id", Key, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("given_us", BigInteger, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Index(None, "request_id"),
)

letters = Table(
    "letters",
    metadata,
    Column("id", Key, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("sent_us", BigInteger),
    Index(None, "request_id"),
)

# Apart from holds: a block stops viewing and export, and deletion never looks at it.
blocks = Table(
    "blocks",
    metadata,
    Column("id", Key, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("placed_us", BigInteger, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("lifted_us", BigInteger),
    Column("lifted_by", Text),
    Index(None, "request_id"),
)
Index(
    "ix_blocks_in_force",
    blocks.c.start_us,
    sqlite_where=blocks.c.lifted_us.is_(None),
    postgresql_where=blocks.c.lifted_us.is_(None),
)

block_cameras = Table(
    "block_cameras",
    metadata,
    Column("camera", Text, primary_key=True),
    Column("block_id", Key, ForeignKey("blocks.id"), primary_key=True),
)

# What a block yields to: one case, on one ground, by the DPO.
yields = Table(
    "yields",
    metadata,
    Column("id", Key, primary_key=True),
    Column("block_id", Key, ForeignKey("blocks.id"), nullable=False),
    Column("case_id", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("decided_us", BigInteger, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("told_us", BigInteger),
    Index(None, "block_id"),
)

# Footage that goes as soon as no hold covers it; outlives the request's personal data, and has none.
erasures = Table(
    "erasures",
    metadata,
    Column("id", Key, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.id"), nullable=False),
    Column("cameras", Text, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("ordered_us", BigInteger, nullable=False),
    Column("ordered_by", Text, nullable=False),
    Column("done_us", BigInteger),
)
Index(
    "ix_erasures_open",
    erasures.c.id,
    sqlite_where=erasures.c.done_us.is_(None),
    postgresql_where=erasures.c.done_us.is_(None),
)

redactions = Table(
    "redactions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.id"), nullable=False),
    Column("camera", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("plan", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("directory", Text, nullable=False),
    Column("prepared_us", BigInteger, nullable=False),
    Column("prepared_by", Text, nullable=False),
    Column("approved_us", BigInteger),
    Column("approved_by", Text),
    Column("approved_digest", Text),
    Column("reviews", Text, nullable=False, server_default="[]"),
    Column("decided", Integer, nullable=False, server_default="0"),  # what the plan says, for who cannot read it all
    Column("signed_off", Integer, nullable=False, server_default="0"),
    Column("reviewed", Integer, nullable=False, server_default="0"),
    UniqueConstraint("request_id", "camera", "position"),
)

# Footage handed to somebody: an authority's from its registration on, a request's from the moment its package left.
disclosures = Table(
    "disclosures",
    metadata,
    Column("id", Text, primary_key=True),
    Column("recipient", Text, nullable=False),
    Column("duty", Text, nullable=False),
    Column("receiver", Text, nullable=False),  # JSON: authority, officer, reference, basis; personal data
    Column("cameras", Text, nullable=False),
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("case_id", Text),  # the request that it answers, or the incident that it is about
    Column("unmasked", Integer, nullable=False, server_default="0"),
    Column("opened_us", BigInteger, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("approved_us", BigInteger),
    Column("approved_by", Text),
    Column("export_id", Text),
    Column("handed_us", BigInteger),
    Column("handed_by", Text),
    Column("method", Text),
    Column("receipt_us", BigInteger),
    Column("lease_end_us", BigInteger),
    Column("closed_us", BigInteger),
    Column("closed_by", Text),
    Column("ending", Text),
    Column("forgotten_us", BigInteger),
    Index(None, "export_id"),
    Index(None, "case_id"),
)

exports = Table(
    "exports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.id")),  # or
    Column("disclosure_id", Text, ForeignKey("disclosures.id")),
    Column("path", Text, nullable=False),
    Column("manifest_sha256", Text, nullable=False),
    Column("built_us", BigInteger, nullable=False),
    Column("built_by", Text, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("deleted_us", BigInteger),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Key, primary_key=True),
    Column("entry", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
)

# Where an entry's subject and case are found without reading the log; no part of the proof.
audit_names = Table(
    "audit_names",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seq", Key, ForeignKey("audit.seq"), primary_key=True),
)

notes = Table(
    "notes",
    metadata,
    Column("id", Key, primary_key=True),
    Column("case_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("audit_seq", Key, ForeignKey("audit.seq"), nullable=False),
    Index(None, "case_id"),
)
