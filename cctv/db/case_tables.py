"""Tables of cases: incidents, requests with what belongs to them, disclosures, packages.  Owns their shape only."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from cctv.db.schema import Key, metadata

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
)
Index(
    "ix_requests_unforgotten",
    requests.c.closed_us,
    sqlite_where=requests.c.forgotten_us.is_(None),
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
