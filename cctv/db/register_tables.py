"""Tables of what a controller must be able to show: breaches, processors, grants, declarations, checks.

Owns their shape only, on the metadata of `tables`.  Days are ISO dates, instants integer microseconds.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from cctv.db.tables import Key, metadata

breaches = Table(
    "breaches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("risk", Text, nullable=False),
    Column("suspected", Integer, nullable=False),
    Column("aware_us", BigInteger, nullable=False),
    Column("cameras", Text, nullable=False),
    Column("people", Integer),
    Column("people_known", Integer, nullable=False),
    Column("measures", Integer, nullable=False, server_default="0"),
    Column("opened_us", BigInteger, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("closed_us", BigInteger),
    Column("closed_by", Text),
    Column("forgotten_us", BigInteger),
    Index(None, "closed_us"),
)

breach_notices = Table(
    "breach_notices",
    metadata,
    Column("id", Key, primary_key=True),
    Column("breach_id", Text, ForeignKey("breaches.id"), nullable=False),
    Column("whom", Text, nullable=False),
    Column("sent_us", BigInteger, nullable=False),
    Column("sent_by", Text, nullable=False),
    Index(None, "breach_id"),
)

processors = Table(
    "processors",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("contract_on", Text),
    Column("audited_on", Text),
    Column("sub_processors", Text, nullable=False),
    Column("added_us", BigInteger, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("ended_on", Text),
    Column("end", Text),
    Column("forgotten_us", BigInteger),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("permission", Text, nullable=False),
    Column("briefed_on", Text, nullable=False),
    Column("confidentiality_on", Text, nullable=False),
    Column("granted_us", BigInteger, nullable=False),
    Column("granted_by", Text, nullable=False),
    Column("withdrawn_us", BigInteger),
    Column("withdrawn_by", Text),
    Column("forgotten_us", BigInteger),
    Index(None, "account"),
)

declarations = Table(
    "declarations",
    metadata,
    Column("id", Key, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("declared_on", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("recorded_us", BigInteger, nullable=False),
    Column("recorded_by", Text, nullable=False),
)

workstation_checks = Table(
    "workstation_checks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("checked_on", Text, nullable=False),
    Column("checker", Text, nullable=False),
    Column("found", Text),  # what was found and what became of it; nothing where there is none
    Column("recorded_us", BigInteger, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("forgotten_us", BigInteger),
    Index(None, "checked_on"),
)

# Who was written to about which policy version, by case and not by name: it stays when the case is forgotten.
policy_letters = Table(
    "policy_letters",
    metadata,
    Column("id", Key, primary_key=True),
    Column("policy", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("made_by", Text, nullable=False),
    Index(None, "policy", "case_id"),
)
