"""The certificate of deletion: what went in a period, under which rule, how, and what may still have a copy.

Owns its contents.  Says "unlinked" and never "erased": a file system forgets names, not bytes.  What only an encrypted
volume makes true is said of an encrypted volume alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from cctv.audit.log import chain_head
from cctv.core.clock import iso
from cctv.core.filesystem import Volume
from cctv.core.time_range import Span
from cctv.crypto.signing_key import PublicKey
from cctv.crypto.sshsig import SignatureInvalid, verify
from cctv.db.storage import Storage
from cctv.footage.deletion_summaries import day_of, folded_between
from cctv.model.footage import FoldedDay, Reason
from cctv.retention.explain import (
    Deleted,
    PolicyRow,
    deleted_between,
    held_over_by,
    open_deletions,
    passes_between,
    policies,
    terms_of,
)
from cctv.retention.plan import make_plan, overdue
from cctv.retention.summarise import NAMESPACE as FOLD_NAMESPACE

LOST = (Reason.LOST, Reason.FORGOTTEN)


@dataclass(frozen=True, slots=True)
class DeletionCopy:
    """Something that may hold a copy of footage: a copy of held footage, a package; `until` is when it must be gone."""

    what: str
    where: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """The contents as they are signed: plain values only.  `text` is the JSON."""

    said: dict[str, Any]

    @property
    def text(self) -> str:
        return json.dumps(self.said, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def certify(
    connection: Connection, site: Storage, span: Span, volume: Volume, copies: Sequence[DeletionCopy], key: PublicKey
) -> Certificate:
    """Everything that the index, the log and the volume tell of the deletions of a period."""
    now = site.clock.now()
    lines = folded_between(connection, day_of(span.start), day_of(span.end))
    rows = [*deleted_between(connection, span.start, span.end), *_folded(lines, span)]
    known = policies(connection, [one.policy for one in rows])
    passes = passes_between(connection, span.start, span.end)
    entries, head = chain_head(connection)
    late = overdue(make_plan(connection, now).decisions, now)
    return Certificate(
        {
            "schema": 1,
            "kind": "certificate of deletion",
            "site": {"name": site.settings.site.name, "id": site.identity.site},
            "made": iso(now),
            "made_by": site.actor.account,
            "made_for": site.actor.on_behalf_of,
            "from": iso(span.start),
            "to": iso(span.end),
            "how": "unlinked",
            "volume": asdict(volume),
            "deletions": [_said(one, known) for one in rows if one.reason not in LOST],
            "lost": [_said(one, known) for one in rows if one.reason in LOST],
            "policies": [
                {"digest": one.digest, "since": iso(one.since), "text": json.loads(one.text)} for one in known.values()
            ],
            "copies": [
                {"what": one.what, "where": one.where, "since": iso(one.since),
                 "until": iso(one.until) if one.until else None}
                for one in copies
            ],
            "sweeps": {
                "completed": passes.completed,
                "stopped_by_guards": [{"guard": name, "passes": count} for name, count in passes.refused],
            },
            "now": {
                "overdue_seconds": late.total_seconds(),
                "deletions_begun_not_ended": open_deletions(connection),
                "kept_past_limit_by_holds": held_over_by(connection),
            },
            "folded_lines": {"signed": len(lines), "not_holding": sum(not _holds(one, key) for one in lines)},
            "log": {"entries": entries, "head": head},
            "key": key.fingerprint,
        }
    )  # fmt: skip


def _folded(lines: Iterable[FoldedDay], span: Span) -> Iterator[Deleted]:
    """Groups of folded days that touch the period; a day is counted whole, since its single files are not known."""
    for line in lines:
        for one in line.groups:
            if one.last_deleted >= span.start and one.first_deleted < span.end:
                yield Deleted(
                    one.camera, one.zone, one.policy, one.reason, one.segments, one.size_bytes, one.span,
                    one.first_deleted, one.last_deleted, one.latest,
                )  # fmt: skip


def _holds(line: FoldedDay, key: PublicKey) -> bool:
    try:
        verify(line.line.encode(), line.signature, key, FOLD_NAMESPACE)
    except SignatureInvalid:
        return False
    return True


def _said(one: Deleted, known: dict[str, PolicyRow]) -> dict[str, Any]:
    terms = terms_of(one.policy, one.zone, known)
    return {
        "camera": one.camera,
        "zone": one.zone,
        "policy": one.policy,
        "rule": terms.rule,
        "period_seconds": _seconds(terms.period),
        "reason": one.reason.value,
        "segments": one.segments,
        "bytes": one.size_bytes,
        "recorded_from": iso(one.recorded.start),
        "recorded_to": iso(one.recorded.end),
        "first_deleted": iso(one.first),
        "last_deleted": iso(one.last),
        "beyond_limit_seconds": max(0.0, one.latest.total_seconds()),
    }


def _seconds(period: timedelta | None) -> float | None:
    return period.total_seconds() if period is not None else None
