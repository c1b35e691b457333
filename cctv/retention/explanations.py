"""Explain: why footage is still there, or went: its limit and the rule behind it, its holds, and who did what about it.

Costs what the camera and span hold, by index; the log is read by the names of its entries, never from end to end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv import archive, audit, holds
from cctv.archive import Missing
from cctv.audit import Entry
from cctv.kernel.span import Span
from cctv.model.acts import Act
from cctv.model.folded import FoldedGroup
from cctv.model.footage import Reason, Segment, Tombstone
from cctv.model.holds import Hold
from cctv.model.ids import CameraId
from cctv.retention import proofstore
from cctv.retention.policy import Decision, decide, due

BATCHES = 100  # of deletions that are looked up in the log for one answer
ENTRIES_NEAR = 50  # of a batch's own: recorder and commands may write between two

_Promised = Segment | Tombstone | FoldedGroup


@dataclass(frozen=True, slots=True)
class Terms:
    """The policy version that footage was recorded under, and what it said of its zone.

    `rule` is the bound that decided the period: zone, site cap or jurisdiction cap; None where the text is not known.
    """

    policy: str
    since: datetime | None
    rule: str | None
    declared: timedelta | None
    period: timedelta | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of a camera over a span: decisions about what is stored, what went, what never was.

    `holds` are all that ever stood over the span, released ones too; `acts` are the log's entries about it with their
    reason, as far as that still exists.
    """

    camera: CameraId
    span: Span
    decisions: tuple[Decision, ...]
    gone: tuple[Tombstone, ...]
    folded: tuple[FoldedGroup, ...]
    missing: tuple[Missing, ...]
    holds: tuple[Hold, ...]
    acts: tuple[tuple[Entry, str | None], ...]
    policies: Mapping[str, proofstore.PolicyRow]

    def terms(self, footage: _Promised) -> Terms:
        """What the policy in force at recording said of this footage."""
        return terms_of(footage.policy, footage.zone, self.policies)

    def holds_of(self, span: Span) -> tuple[Hold, ...]:
        """The holds that ever stood over a part of the span."""
        return tuple(one for one in self.holds if one.span.overlaps(span))


def explain(connection: Connection, camera: CameraId, span: Span, now: datetime) -> Explanation:
    """Explain every segment of a camera that touches the span."""
    found = archive.inventory(connection, camera, span, now)
    in_force = holds.in_force(connection)
    decisions = tuple(decide(segment, in_force, now) for segment in found.segments)
    promised: list[_Promised] = [*found.segments, *found.gone, *found.folded]
    ever = proofstore.holds_over(connection, camera, span)
    cases = [*proofstore.cases_over(connection, camera, span), *(hold.ground.case_id for hold in ever)]
    return Explanation(
        camera=camera,
        span=span,
        decisions=decisions,
        gone=found.gone,
        folded=found.folded,
        missing=found.missing,
        holds=tuple(ever),
        acts=tuple(_acts(connection, camera, span, cases, ever, [*found.segments, *found.gone])),
        policies=proofstore.policies(connection, [one.policy for one in promised]),
    )


def goes_at(decision: Decision) -> datetime:
    """When the sweep takes a segment that no hold keeps."""
    return due(decision.segment)


def terms_of(policy: str, zone: str, known: Mapping[str, proofstore.PolicyRow]) -> Terms:
    """What a policy version said of a zone.  Pure."""
    row = known.get(policy)
    if row is None:
        return Terms(policy, None, None, None, None)
    try:
        said = json.loads(row.text)["zones"][zone]
        declared, period = timedelta(seconds=said["declared"]), timedelta(seconds=said["limit"])
        return Terms(policy, row.since, str(said["rule"]), declared, period)
    except (ValueError, KeyError, TypeError):
        return Terms(policy, row.since, None, None, None)


def _acts(
    connection: Connection,
    camera: CameraId,
    span: Span,
    cases: Sequence[str],
    ever: Sequence[Hold],
    footage: Sequence[Segment | Tombstone],
) -> list[tuple[Entry, str | None]]:
    """The log's entries about a camera and span, in order: of its cases, of its files, of their deletion."""
    found: dict[int, tuple[Entry, str | None]] = {}
    ours = {hold.id for hold in ever}
    for case in sorted(set(cases)):
        for entry, reason in audit.entries(connection, about=case):
            if not entry.subject.startswith("HOLD-") or entry.subject in ours:
                found[entry.seq] = entry, reason
    for one in footage:
        for entry, reason in audit.entries(connection, about=one.path):
            found[entry.seq] = entry, reason
    for entry in _batches(connection, [one for one in footage if isinstance(one, Tombstone)]):
        found[entry.seq] = entry, None
    if any(isinstance(one, Tombstone) and one.reason is Reason.NEVER_ALLOWED for one in footage):
        for entry, reason in audit.entries(connection, act=Act.DELETION_ORDERED, about="footage"):
            cameras = entry.facts.get("cameras")
            if isinstance(cameras, list) and camera in cameras and _overlaps(entry.facts.get("span"), span):
                found[entry.seq] = entry, reason
    return [found[seq] for seq in sorted(found)]


def _batches(connection: Connection, gone: Sequence[Tombstone]) -> Iterator[Entry]:
    """The entries of the batches that the tombstones went with; each was written when its batch began."""
    wanted = {one.began: one.id for one in gone if one.reason not in (Reason.LOST, Reason.FORGOTTEN)}
    for began, number in sorted(wanted.items())[:BATCHES]:
        for count, entry in enumerate(audit.since(connection, began)):
            first, last = entry.facts.get("first_tombstone"), entry.facts.get("last_tombstone")
            if isinstance(first, int) and isinstance(last, int) and first <= number <= last:
                yield entry
                break
            if count >= ENTRIES_NEAR:
                break


def _overlaps(text: object, span: Span) -> bool:
    try:
        start, _, end = str(text).partition("/")
        return Span(datetime.fromisoformat(start), datetime.fromisoformat(end)).overlaps(span)
    except ValueError:
        return False
