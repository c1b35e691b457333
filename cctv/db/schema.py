"""The tables of the index: footage and its deletion, holds, the audit log, cases, what a controller must show.

Only their shape: queries are in the packages.  A column is named as the database stores it (`_us`: microseconds
since 1970) and converts itself, so that a row has instants, enums and tuples.  Portable to PostgreSQL.  A change here
needs a migration; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint

from cctv.core.i18n import Language
from cctv.db.types import Day, Duration, EnumColumn, Flag, Instant, JsonRecord, JsonTuple
from cctv.model.cases import CaseOutcome, IncidentKind, RequestState, RequestType
from cctv.model.compliance import (
    DeclarationKind,
    End,
    NoticeRecipient,
    NoticeWay,
    Permission,
    ProcessingRole,
    ReviewKind,
    Risk,
)
from cctv.model.disclosures import DisclosureClosure, Duty, Method, Receiver, Recipient
from cctv.model.footage import FootageSource, GapCause, Reason
from cctv.model.holds import GroundKind
from cctv.model.ids import IdKind
from cctv.model.requests import (
    BlockKind,
    Channel,
    ErasureGround,
    ExtensionGround,
    IdentityMethod,
    InstructedAct,
    LetterKind,
    Mandate,
    RefusalGround,
    Relation,
    RequesterRole,
    Stated,
    YieldGround,
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
    Column("created_us", Instant, nullable=False),
)

# Steps that the index and the disk have in common; the disk has the last of them (cctv.db.identity).
index_marks = Table(
    "index_marks",
    metadata,
    Column("number", Key, primary_key=True),
    Column("token", Text, nullable=False),
    Column("at_us", Instant, nullable=False),
)

short_ids = Table(
    "short_ids",
    metadata,
    Column("kind", EnumColumn(IdKind), primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("last_number", Integer, nullable=False),
)

policies = Table(
    "policies",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("first_seen_us", Instant, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Key, primary_key=True),
    Column("camera", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("policy", Text, ForeignKey("policies.digest"), nullable=False),
    Column("period_us", Duration, nullable=False),
    Column("started_us", Instant, nullable=False),
    Column("anchor_us", Instant),
    Column("ended_us", Instant),
    Column("clock_offset_us", Duration),  # the camera's own clock minus ours, None where it reported none
    Column("source", EnumColumn(FootageSource), nullable=False, server_default=FootageSource.LIVE.value),
)

segments = Table(
    "segments",
    metadata,
    Column("id", Key, primary_key=True),
    Column("camera", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("start_us", Instant, nullable=False),
    Column("end_us", Instant, nullable=False),
    Column("limit_us", Instant, nullable=False),
    Column("path", Text, nullable=False, unique=True),
    Column("sha256", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("policy", Text, ForeignKey("policies.digest"), nullable=False),
    Column("run_id", Key, ForeignKey("runs.id")),
    Column("held_over", Integer, nullable=False, server_default="0"),  # 1: due, and held by a hold (cctv.holds.cover)
    Column("source", EnumColumn(FootageSource), nullable=False, server_default=FootageSource.LIVE.value),
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
    Column("longest_us", Duration, nullable=False),  # of every segment that it ever had: bounds a search by start
    Column("held_over", BigInteger, nullable=False, server_default="0"),
)

gaps = Table(
    "gaps",
    metadata,
    Column("id", Key, primary_key=True),
    Column("camera", Text, nullable=False),
    Column("start_us", Instant, nullable=False),
    Column("end_us", Instant),
    Column("cause", EnumColumn(GapCause), nullable=False),
    Index(None, "camera", "start_us"),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("id", Key, primary_key=True),
    Column("segment_id", BigInteger, nullable=False),
    Column("camera", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("start_us", Instant, nullable=False),
    Column("end_us", Instant, nullable=False),
    Column("limit_us", Instant, nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("policy", Text, nullable=False),
    Column("reason", EnumColumn(Reason), nullable=False),
    Column("began_us", Instant, nullable=False),
    Column("closed_us", Instant),
    Index(None, "camera", "start_us"),
)
Index("ix_tombstones_open", tombstones.c.id, sqlite_where=tombstones.c.closed_us.is_(None))

# Tombstones older than a year, as signed lines: one for a camera's deletions of a day, another `part` for late ones.
folded_days = Table(
    "folded_days",
    metadata,
    Column("day", Text, primary_key=True),  # of the deletion, UTC
    Column("camera", Text, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("start_us", Instant, nullable=False),  # of the footage
    Column("end_us", Instant, nullable=False),
    Column("line", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Index(None, "camera", "start_us"),
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("id", Key, primary_key=True),
    Column("at_us", Instant, nullable=False),
    Column("expired", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("refused_by", Text),
)
Index("ix_sweeps_completed", sweeps.c.at_us, sqlite_where=sweeps.c.refused_by.is_(None))

holds = Table(
    "holds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("ground_kind", EnumColumn(GroundKind), nullable=False),
    Column("ground_id", Text, nullable=False),
    Column("start_us", Instant, nullable=False),
    Column("end_us", Instant, nullable=False),
    Column("review_us", Instant, nullable=False),
    Column("placed_us", Instant, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("released_us", Instant),
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

# Search of entries by subject and case without reading the log; no part of the proof.
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

incidents = Table(
    "incidents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", EnumColumn(IncidentKind), nullable=False),
    Column("title", Text, nullable=False),
    Column("cameras", JsonTuple, nullable=False),
    Column("start_us", Instant, nullable=False),
    Column("end_us", Instant, nullable=False),
    Column("opened_us", Instant, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("settled_us", Instant),
    Column("settled_by", Text),
    Column("place", Text),
    Column("finder", Text),  # personal data, as the title may be
    Column("police_reference", Text),
    Column("forgotten_us", Instant),
)

requests = Table(
    "requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("type", EnumColumn(RequestType), nullable=False),
    Column("state", EnumColumn(RequestState), nullable=False),
    Column("language", EnumColumn(Language), nullable=False),
    Column("cameras", JsonTuple, nullable=False),
    Column("start_us", Instant),  # None: not known yet
    Column("end_us", Instant),
    Column("received_us", Instant, nullable=False),
    Column("due_us", Instant, nullable=False),
    Column("opened_us", Instant, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("closed_us", Instant),
    Column("closed_by", Text),
    Column("outcome", EnumColumn(CaseOutcome)),
    Column("relation", EnumColumn(Relation), nullable=False, server_default="visitor"),
    Column("channel", EnumColumn(Channel)),
    Column("signed", Flag),  # None: not recorded
    Column("dated", Flag),
    Column("under_16", Flag, nullable=False, server_default="0"),
    Column("stated", JsonRecord(Stated)),
    Column("provisional_hold", Text),
    Column("provisional_us", Instant),  # until when an unconfirmed wide request freezes its footage
    Column("answered_us", Instant),
    Column("outcome_ground", EnumColumn(RefusalGround)),
    Column("forgotten_us", Instant),
    Column("instructed", EnumColumn(InstructedAct)),  # by the controller of a site that records for a customer
    Column("instructed_on", Day),
    Column("instructed_by", Text),
    Column("instruction", Text),  # where it can be read
)
Index("ix_requests_open", requests.c.due_us, sqlite_where=requests.c.closed_us.is_(None))
Index("ix_requests_unforgotten", requests.c.closed_us, sqlite_where=requests.c.forgotten_us.is_(None))

# A random key for the digest of each row that the log seals (cctv.audit.rows): replaced with every change of the row,
# so that nothing can be guessed from the digest of what it was before.
row_keys = Table(
    "row_keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key", Text, nullable=False),
)

# The people of a request.  Their rows go when the request is forgotten; nothing else has a name or an address.
parties = Table(
    "parties",
    metadata,
    Column("request_id", Text, ForeignKey("requests.id"), primary_key=True),
    Column("role", EnumColumn(RequesterRole), primary_key=True),
    Column("name", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("deliver_to", Text),
    Column("mandate", EnumColumn(Mandate)),
    Column("mandated", Day),
    Column("country", Text),  # of a nominee
    Column("renamed_us", Instant),  # when the name was last corrected
    Column("moved_us", Instant),  # when the known address was last corrected
)

identity_checks = Table(
    "identity_checks",
    metadata,
    Column("id", Key, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.id"), nullable=False),
    Column("role", EnumColumn(RequesterRole), nullable=False),
    Column("method", EnumColumn(IdentityMethod), nullable=False),
    Column("checked", Day, nullable=False),
    Column("checker", Text, nullable=False),
    Column("recorded_us", Instant, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Index(None, "request_id"),
)

extensions = Table(
    "extensions",
    metadata,
    Column("request_id", Text, ForeignKey("requests.id"), primary_key=True),  # at most one
    Column("ground", EnumColumn(ExtensionGround), nullable=False),
    Column("due_us", Instant, nullable=False),
    Column("decided_us", Instant, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("sent_us", Instant),
)

statements = Table(
    "statements",
    metadata,
    Column("id", Key, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("given_us", Instant, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Index(None, "request_id"),
)

letters = Table(
    "letters",
    metadata,
    Column("id", Key, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.id"), nullable=False),
    Column("kind", EnumColumn(LetterKind), nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("made_us", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("sent_us", Instant),
    Index(None, "request_id"),
)

# Apart from holds: a block stops viewing and export, and deletion ignores it.
blocks = Table(
    "blocks",
    metadata,
    Column("id", Key, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.id"), nullable=False),
    Column("kind", EnumColumn(BlockKind), nullable=False),
    Column("start_us", Instant, nullable=False),
    Column("end_us", Instant, nullable=False),
    Column("placed_us", Instant, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("lifted_us", Instant),
    Column("lifted_by", Text),
    Index(None, "request_id"),
)
Index("ix_blocks_in_force", blocks.c.start_us, sqlite_where=blocks.c.lifted_us.is_(None))

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
    Column("ground", EnumColumn(YieldGround), nullable=False),
    Column("decided_us", Instant, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("told_us", Instant),
    Index(None, "block_id"),
)

# Footage to delete as soon as no hold covers it; outlives the request's personal data, and has none.
erasures = Table(
    "erasures",
    metadata,
    Column("id", Key, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.id"), nullable=False),
    Column("ground", EnumColumn(ErasureGround), nullable=False),
    Column("cameras", JsonTuple, nullable=False),
    Column("start_us", Instant, nullable=False),
    Column("end_us", Instant, nullable=False),
    Column("ordered_us", Instant, nullable=False),
    Column("ordered_by", Text, nullable=False),
    Column("done_us", Instant),
)
Index("ix_erasures_open", erasures.c.id, sqlite_where=erasures.c.done_us.is_(None))

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
    Column("prepared_us", Instant, nullable=False),
    Column("prepared_by", Text, nullable=False),
    Column("approved_us", Instant),
    Column("approved_by", Text),
    Column("approved_digest", Text),
    Column("reviews", Text, nullable=False, server_default="[]"),
    Column("consents", Text, nullable=False, server_default="[]"),  # personal data
    Column("decided", Flag, nullable=False, server_default="0"),  # as the plan says, for queries
    Column("signed_off", Flag, nullable=False, server_default="0"),
    Column("reviewed", Flag, nullable=False, server_default="0"),
    UniqueConstraint("request_id", "camera", "position"),
)

# Footage that is handed over: an authority's from its registration on, a request's from the moment its package left.
disclosures = Table(
    "disclosures",
    metadata,
    Column("id", Text, primary_key=True),
    Column("recipient", EnumColumn(Recipient), nullable=False),
    Column("duty", EnumColumn(Duty), nullable=False),
    Column("receiver", JsonRecord(Receiver), nullable=False),  # personal data
    Column("cameras", JsonTuple, nullable=False),
    Column("start_us", Instant, nullable=False),
    Column("end_us", Instant, nullable=False),
    Column("case_id", Text),  # the request that it answers, or the incident that it is about
    Column("unmasked", Flag, nullable=False, server_default="0"),
    Column("opened_us", Instant, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("approved_us", Instant),
    Column("approved_by", Text),
    Column("export_id", Text),
    Column("handed_us", Instant),
    Column("handed_by", Text),
    Column("method", EnumColumn(Method)),
    Column("receipt_us", Instant),
    Column("lease_end_us", Instant),
    Column("closed_us", Instant),
    Column("closed_by", Text),
    Column("ending", EnumColumn(DisclosureClosure)),
    Column("forgotten_us", Instant),
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
    Column("built_us", Instant, nullable=False),
    Column("built_by", Text, nullable=False),
    Column("expires_us", Instant, nullable=False),
    Column("deleted_us", Instant),
)

breaches = Table(
    "breaches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("role", EnumColumn(ProcessingRole), nullable=False),
    Column("risk", EnumColumn(Risk), nullable=False),
    Column("suspected", Flag, nullable=False),
    Column("aware_us", Instant, nullable=False),
    Column("cameras", JsonTuple, nullable=False),
    Column("people", Integer),
    Column("people_known", Flag, nullable=False),
    Column("measures", Flag, nullable=False, server_default="0"),
    Column("opened_us", Instant, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("closed_us", Instant),
    Column("closed_by", Text),
    Column("forgotten_us", Instant),
    Index(None, "closed_us"),
)

breach_notices = Table(
    "breach_notices",
    metadata,
    Column("id", Key, primary_key=True),
    Column("breach_id", Text, ForeignKey("breaches.id"), nullable=False),
    Column("whom", EnumColumn(NoticeRecipient), nullable=False),
    Column("sent_us", Instant, nullable=False),
    Column("sent_by", Text, nullable=False),
    Column("way", EnumColumn(NoticeWay), nullable=False),
    Index(None, "breach_id"),
)

processors = Table(
    "processors",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("contract_on", Day),
    Column("audited_on", Day),
    Column("sub_processors", JsonTuple, nullable=False),
    Column("added_us", Instant, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("ended_on", Day),
    Column("end", EnumColumn(End)),
    Column("forgotten_us", Instant),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("permission", EnumColumn(Permission), nullable=False),
    Column("briefed_on", Day, nullable=False),
    Column("confidentiality_on", Day, nullable=False),
    Column("granted_us", Instant, nullable=False),
    Column("granted_by", Text, nullable=False),
    Column("withdrawn_us", Instant),
    Column("withdrawn_by", Text),
    Column("forgotten_us", Instant),
    Column("until_on", Day),
    Index(None, "account"),
)

declarations = Table(
    "declarations",
    metadata,
    Column("id", Key, primary_key=True),
    Column("kind", EnumColumn(DeclarationKind), nullable=False),
    Column("declared_on", Day, nullable=False),
    Column("reference", Text, nullable=False),
    Column("recorded_us", Instant, nullable=False),
    Column("recorded_by", Text, nullable=False),
)

workstation_checks = Table(
    "workstation_checks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("checked_on", Day, nullable=False),
    Column("checker", Text, nullable=False),
    Column("found", Text),  # the copies and what became of them; NULL where there were none
    Column("recorded_us", Instant, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("forgotten_us", Instant),
    Index(None, "checked_on"),
)

# What is done each year and reported on.
reviews = Table(
    "reviews",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", EnumColumn(ReviewKind), nullable=False),
    Column("done_on", Day, nullable=False),
    Column("done_by", Text, nullable=False),
    Column("report", Text, nullable=False),
    Column("due_on", Day, nullable=False),
    Column("purpose", Text),  # of cameras at work; NULL for other kinds
    Column("triggers", JsonTuple, nullable=False),
    Column("recorded_us", Instant, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("forgotten_us", Instant),
    Index(None, "kind", "done_on"),
)

# Who was notified of which policy version, by case and not by name: it stays when the case is forgotten.
policy_letters = Table(
    "policy_letters",
    metadata,
    Column("id", Key, primary_key=True),
    Column("policy", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("made_us", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Index(None, "policy", "case_id"),
)
