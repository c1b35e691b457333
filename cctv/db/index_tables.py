"""Tables of what is stored and kept: the site, footage, its deletion, holds, the audit log.  Owns their shape only."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from cctv.db.schema import Key, metadata

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
