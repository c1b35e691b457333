"""Who looked at me: every consultation of the footage that a request is about, by the audit log.

Dates and purposes are information of Article 15(1) GDPR; the names of employees who acted on instruction are not (CJEU
C-579/21, Pankki S, 22 June 2023).  Of another person's request only that there was one.  `consultations` is pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cctv.audit.chain import AuditEntry
from cctv.audit.log import entries_of_acts
from cctv.cases.requests.needs import scope_of
from cctv.core.time_range import Span
from cctv.letters.answers import Viewing, ViewingKind, ViewingPurpose
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest
from cctv.model.disclosures import Method, Recipient
from cctv.model.ids import CameraId, IdKind, id_kind

_SCOPES = frozenset(
    {
        Act.REQUEST_OPENED,
        Act.REQUEST_SCOPED,
        Act.REQUEST_CORRECTED,
        Act.DISCLOSURE_OPENED,
        Act.DISCLOSURE_CORRECTED,
    }
)
_KINDS: Mapping[Act, ViewingKind] = {
    Act.CAMERA_STILL: ViewingKind.STILL,
    Act.FOOTAGE_VIEWED: ViewingKind.VIEWED,
    Act.FOOTAGE_EXTRACTED: ViewingKind.EXTRACTED,
    Act.REDACTION_PREPARED: ViewingKind.REDACTED,
    Act.REDACTION_KEPT: ViewingKind.REDACTED,
    Act.REDACTION_HIDDEN: ViewingKind.REDACTED,
    Act.REDACTION_ANSWERED: ViewingKind.REDACTED,
    Act.REDACTION_PICTURED: ViewingKind.REDACTED,
    Act.REDACTION_BACKDROP: ViewingKind.REDACTED,
    Act.REDACTION_REVIEWED: ViewingKind.REDACTED,
    Act.REDACTION_PREVIEWED: ViewingKind.REDACTED,
    Act.REDACTION_APPROVED: ViewingKind.REDACTED,
    Act.REDACTION_PARTIAL: ViewingKind.REDACTED,
    Act.EXPORT_BUILT: ViewingKind.EXPORTED,
    Act.EXPORT_FETCHED: ViewingKind.FETCHED,
    Act.DISCLOSURE_HANDED: ViewingKind.HANDED,
}
_PICTURE = timedelta(seconds=1)  # what a still shows, as a span


@dataclass(frozen=True, slots=True)
class _Scope:
    """The footage that an act was about."""

    cameras: frozenset[str]
    span: Span


def viewings_of(connection: Connection, request: AccessRequest, zone: ZoneInfo) -> tuple[Viewing, ...]:
    """The consultations of a request's footage, in order of time; each once a day, purpose and recipient.

    Raises ScopeUnknown of a request that does not say where and when.
    """
    span = scope_of(request)
    entries = entries_of_acts(connection, _SCOPES | _KINDS.keys())
    return consultations(entries, request.id, request.cameras, span, zone)


def consultations(
    entries: Iterable[AuditEntry], request_id: str, cameras: Iterable[CameraId], span: Span, zone: ZoneInfo
) -> tuple[Viewing, ...]:
    """What a log, in order, says of these cameras and this span; `request_id` is the request of who asks.

    An act on a package or a redaction is about what its case was about at that moment.
    """
    wanted = tuple(dict.fromkeys(cameras))
    looks: dict[tuple[date, ViewingKind, ViewingPurpose, Recipient | None], set[str]] = {}
    for entry, scope in _scoped(entries):
        seen = scope.cameras.intersection(wanted)
        if not seen or not scope.span.overlaps(span):
            continue
        day = entry.at.astimezone(zone).date()
        look = (day, _kind(entry), _purpose(entry, request_id), _recipient(entry))
        looks.setdefault(look, set()).update(seen)
    return tuple(
        Viewing(day, kind, purpose, tuple(camera for camera in wanted if camera in seen), recipient)
        for (day, kind, purpose, recipient), seen in looks.items()
    )


def _scoped(entries: Iterable[AuditEntry]) -> Iterator[tuple[AuditEntry, _Scope]]:
    """The consultations among some entries, each with the footage that it was about."""
    cases: dict[str, _Scope] = {}
    for entry in entries:
        if entry.act in _SCOPES:
            now = _own_scope(entry, cases.get(entry.subject))
            if now is not None:
                cases[entry.subject] = now
            continue
        scope = _own_scope(entry) or cases.get(entry.case_id or entry.subject)
        if scope is not None and entry.act in _KINDS:
            camera = entry.facts.get("camera")
            yield entry, _Scope(frozenset({str(camera)}), scope.span) if camera else scope


def _own_scope(entry: AuditEntry, before: _Scope | None = None) -> _Scope | None:
    """The footage that an entry names itself; None where its case says what it was about.

    Of a correction that names only the cameras or only the span, the other one is that of `before`.
    """
    if entry.act is Act.CAMERA_STILL:
        return _Scope(frozenset({entry.subject}), Span(entry.at, entry.at + _PICTURE))
    start, _, end = str(entry.facts.get("span", "")).partition("/")
    cameras = entry.facts.get("cameras") or entry.facts.get("camera")
    names = frozenset(cameras if isinstance(cameras, list) else [str(cameras)]) if cameras else None
    span = Span(datetime.fromisoformat(start), datetime.fromisoformat(end)) if end else None
    if before is not None:
        names, span = names or before.cameras, span or before.span
    return _Scope(names, span) if names and span else None


def _kind(entry: AuditEntry) -> ViewingKind:
    """What was done; what was shown on the spot left no copy."""
    shown = entry.act is Act.DISCLOSURE_HANDED and entry.facts.get("method") == Method.ON_SITE.value
    return ViewingKind.SHOWN if shown else _KINDS[entry.act]


def _purpose(entry: AuditEntry, request_id: str) -> ViewingPurpose:
    if entry.act is Act.CAMERA_STILL:
        return ViewingPurpose.CAMERA
    if entry.case_id == request_id:
        return ViewingPurpose.YOUR_REQUEST
    kind = id_kind(entry.case_id or "")
    if kind is IdKind.REQUEST:
        return ViewingPurpose.OTHER_REQUEST
    handed = entry.act is Act.DISCLOSURE_HANDED  # its case is the incident that it is about
    return ViewingPurpose.INCIDENT if kind is IdKind.INCIDENT and not handed else ViewingPurpose.DISCLOSURE


def _recipient(entry: AuditEntry) -> Recipient | None:
    """Who received a copy, None for a data subject: the purpose says whose request it answered."""
    recipient = Recipient(str(entry.facts["recipient"])) if entry.act is Act.DISCLOSURE_HANDED else None
    return None if recipient is Recipient.SUBJECT else recipient
