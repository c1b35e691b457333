"""The index's tables.  Instants are integer microseconds since 1970 UTC, enums their values, ids short text.

Owns the shape only: queries live in each room's `store.py`.  Portable to PostgreSQL.  A change here needs a migration;
a test compares the two.
"""

from cctv.db.case_tables import (
    block_cameras,
    blocks,
    disclosures,
    erasures,
    exports,
    extensions,
    identity_checks,
    incidents,
    letters,
    parties,
    redactions,
    requests,
    statements,
    yields,
)
from cctv.db.index_tables import (
    audit,
    audit_names,
    camera_totals,
    folded_days,
    gaps,
    hold_cameras,
    holds,
    notes,
    policies,
    runs,
    segments,
    short_ids,
    site,
    sweeps,
    tombstones,
)
from cctv.db.schema import Key, metadata

__all__ = [
    "Key",
    "audit",
    "audit_names",
    "block_cameras",
    "blocks",
    "camera_totals",
    "disclosures",
    "erasures",
    "exports",
    "extensions",
    "folded_days",
    "gaps",
    "hold_cameras",
    "holds",
    "identity_checks",
    "incidents",
    "letters",
    "metadata",
    "notes",
    "parties",
    "policies",
    "redactions",
    "requests",
    "runs",
    "segments",
    "short_ids",
    "site",
    "statements",
    "sweeps",
    "tombstones",
    "yields",
]
