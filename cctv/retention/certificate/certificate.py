"""The certificate of deletion: what was deleted in a period, under which rule, how, and what may still have a copy.

Responsible for its contents.  Says "unlinked" and never "erased": a file system forgets names, not bytes.  What only an
encrypted volume makes true is stated of an encrypted volume alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from cctv.audit.log import chain_head
from cctv.config.schema import Settings
from cctv.core.clock import iso
from cctv.core.disks import Volume
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
    """A possible copy of footage: the copy of held footage, a package; `until` is when it must be deleted."""

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
        """The JSON that is written and signed."""
        return json.dumps(self.said, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def certify(
    connection: Connection, site: Storage, span: Span, volume: Volume, copies: Sequence[DeletionCopy], key: PublicKey
) -> Certificate:
    """What the index, the log and the volume record of the deletions of a period."""
    now = site.clock.now()
    lines = folded_between(connection, day_of(span.start), day_of(span.end))
    rows = [*deleted_between(connection, span.start, span.end), *_folded(lines, span)]
    versions = policies(connection, [row.policy for row in rows])
    passes = passes_between(connection, span.start, span.end)
    entries, head = chain_head(connection)
    late = overdue(make_plan(connection, now).decisions, now)
    return Certificate(
        {
            "schema": 1,
            "kind": "certificate of deletion",
            "site": {"name": site.settings.site.name, "id": site.identity.site},
            "for_controller": _for_controller(site.settings),
            "made": iso(now),
            "made_by": site.actor.account,
            "made_for": site.actor.on_behalf_of,
            "from": iso(span.start),
            "to": iso(span.end),
            "how": "unlinked",
            "volume": asdict(volume),
            "deletions": [_deletion_fields(row, versions) for row in rows if row.reason not in LOST],
            "lost": [_deletion_fields(row, versions) for row in rows if row.reason in LOST],
            "policies": [
                {"digest": version.digest, "since": iso(version.since), "text": json.loads(version.text)}
                for version in versions.values()
            ],
            "copies": [
                {"what": copy.what, "where": copy.where, "since": iso(copy.since),
                 "until": iso(copy.until) if copy.until else None}
                for copy in copies
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
            "folded_lines": {"signed": len(lines), "not_holding": sum(not _holds(line, key) for line in lines)},
            "log": {"entries": entries, "head": head},
            "key": key.fingerprint,
        }
    )  # fmt: skip


def _for_controller(settings: Settings) -> dict[str, Any] | None:
    """For whom the footage was recorded, by whom and under which contract (Article 28(3)(g) GDPR); None: the site."""
    controller, processor = settings.controller, settings.processor
    if not settings.for_customer:
        return None
    return {
        "name": controller.name,
        "address": list(controller.address),
        "processor": processor.name,
        "contract": processor.contract,
        "contract_date": str(processor.contract_date),
    }


def _folded(lines: Iterable[FoldedDay], span: Span) -> Iterator[Deleted]:
    """Groups of folded days that touch the period; a day is counted whole, since its single files are not known."""
    for line in lines:
        for group in line.groups:
            if group.last_deleted >= span.start and group.first_deleted < span.end:
                yield Deleted(
                    group.camera, group.zone, group.policy, group.reason, group.segments, group.size_bytes, group.span,
                    group.first_deleted, group.last_deleted, group.latest,
                )  # fmt: skip


def _holds(line: FoldedDay, key: PublicKey) -> bool:
    try:
        verify(line.line.encode(), line.signature, key, FOLD_NAMESPACE)
    except SignatureInvalid:
        return False
    return True


def _deletion_fields(row: Deleted, versions: dict[str, PolicyRow]) -> dict[str, Any]:
    terms = terms_of(row.policy, row.zone, versions)
    return {
        "camera": row.camera,
        "zone": row.zone,
        "policy": row.policy,
        "rule": terms.rule,
        "period_seconds": _seconds(terms.period),
        "reason": row.reason.value,
        "segments": row.segments,
        "bytes": row.size_bytes,
        "recorded_from": iso(row.recorded.start),
        "recorded_to": iso(row.recorded.end),
        "first_deleted": iso(row.first),
        "last_deleted": iso(row.last),
        "beyond_limit_seconds": max(0.0, row.latest.total_seconds()),
    }


def _seconds(period: timedelta | None) -> float | None:
    return period.total_seconds() if period is not None else None
