"""Which footage a request freezes, and what happens when that is more than a day of it.

Up to 24 hours of camera time are frozen until the request is closed.  More is frozen for 72 hours: a person confirms it
with a reason, having seen how much it is and what it costs on disk, or narrows it.  Otherwise the provisional hold ends
by itself, with an audit entry.  It is the only hold that ends without a person: the board, the calendar and an alarm
announce its end from the day on which it is placed.  Another scope or type does not begin the 72 hours anew, and what
was frozen for an earlier scope ends with them.

A restriction, an objection and an erasure are frozen until they are closed, however much it is: the person demanded
that nothing happens to the footage, or decides what does (Articles 17, 18 and 21 GDPR).
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cctv.access.second_factor import require_code
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.errors.requests import FootageAfterReceipt, FootageToCome, NothingToConfirm
from cctv.cases.footage_status import FootageStatus, footage_status, request_footage
from cctv.cases.holds import Replaced, camera_time, ground_of, is_wide, release_replaced
from cctv.cases.requests.blocks import move_blocks, place_block
from cctv.cases.requests.deadlines import due
from cctv.cases.requests.lifecycle import Transition, load_for_transition
from cctv.cases.requests.needs import instruction_left, scope_of
from cctv.cases.requests.queries import (
    select_provisional,
    select_request,
    set_instruction,
    set_provisional,
    set_scope,
)
from cctv.cases.text_input import checked_text
from cctv.cases.two_person import Replacement, sign_release
from cctv.config.schema import SecondFactorUse
from cctv.core.clock import iso, start_of_next_day
from cctv.core.i18n import N_
from cctv.core.time_range import Span, total
from cctv.core.typed_time.resolve import echo_date, echo_instant
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.runs import names_over
from cctv.footage.segments import segments_of
from cctv.holds.files import remove_hold_file
from cctv.holds.store import check_end, holds_of, place, release, renew
from cctv.model.audit import Act
from cctv.model.cases import NEVER_LAPSE, AccessRequest, RequestType
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, HoldId

PROVISIONAL = timedelta(hours=72)  # a weekend between a Friday's letter and a Monday's decision


@dataclass(frozen=True, slots=True)
class StorageForecast:
    """What freezing costs: bytes that would have been deleted by the day of the answer, and free disk space."""

    asked: timedelta
    size_bytes: int
    kept_bytes: int
    free_bytes: int
    reserve_bytes: int

    @property
    def left_bytes(self) -> int:
        return self.free_bytes - self.kept_bytes

    @property
    def fits(self) -> bool:
        """Whether the reserve stays free, below which recording frees space or stops."""
        return self.left_bytes >= self.reserve_bytes


@dataclass(frozen=True, slots=True)
class Scoped:
    """A request with the hold that freezes its footage now, and what that costs."""

    request: AccessRequest
    hold: Hold | None
    released: tuple[HoldId, ...]
    forecast: StorageForecast
    footage: tuple[FootageStatus, ...]


def needs_confirmation(kind: RequestType, cameras: Collection[CameraId], span: Span) -> bool:
    """Whether a request of this type over this footage gets a provisional hold, which lapses unless it is confirmed."""
    return kind not in NEVER_LAPSE and is_wide(cameras, span)


def check_asked(kind: RequestType, span: Span | None, received: datetime, now: datetime, zone: ZoneInfo) -> None:
    """Whether a copy can be asked of a span, by what existed when the request was received.

    Raises FootageToCome, FootageAfterReceipt.  Other rights may be about the future: a person may object to it.
    """
    if span is None or kind not in {RequestType.ACCESS, RequestType.PORTABILITY}:
        return
    if span.start >= now:
        raise FootageToCome(start=echo_instant(span.start, zone))
    day = received.astimezone(zone).date()
    if span.end > start_of_next_day(day, zone):
        raise FootageAfterReceipt(received=echo_date(day), end=echo_instant(span.end, zone))


def provisional_end(request: AccessRequest, before: AccessRequest | None, now: datetime) -> datetime | None:
    """When a hold over the scope of a request lapses; None where it needs no confirmation.  Pure.

    `before` is the request as it was until now: the 72 hours that run go on, whatever was corrected.  Nobody could
    confirm it while its type was one that never lapses: where they are over since, they begin anew.
    """
    if not needs_confirmation(request.type, request.cameras, scope_of(request)):
        return None
    first = before.provisional_until if before is not None else None
    if first is None or (before is not None and before.type in NEVER_LAPSE and first <= now):
        return now + PROVISIONAL
    return first


def lapses_otherwise(before: AccessRequest, after: AccessRequest) -> bool:
    """Whether another type changes if and when the hold of a request lapses.  Pure."""
    if before.type is after.type or not after.has_scope:
        return False
    confirms = needs_confirmation(after.type, after.cameras, scope_of(after))
    return before.provisional_until is not None or (before.type in NEVER_LAPSE and confirms)


def freeze(
    connection: Connection, site: Storage, request: AccessRequest, before: AccessRequest | None = None
) -> tuple[AccessRequest, Hold]:
    """Hold the footage of a request in the caller's transaction, for 72 hours only if that must be confirmed.

    `before` is the request as it was, None where nothing froze it: its 72 hours go on (`provisional_end`), and are
    remembered while its type is one that never lapses.
    """
    span = scope_of(request)
    until = provisional_end(request, before, site.clock.now())
    hold = place(
        connection,
        site,
        ground=ground_of(request),
        cameras=request.cameras,
        span=span,
        review=until or request.due,
        reason=f"{request.type.value} request" + (", provisional: more than a day" if until is not None else ""),
    )
    if until is None and before is not None and request.type in NEVER_LAPSE:
        until = before.provisional_until
    if until is None:
        return request, hold
    set_provisional(connection, request.id, hold.id, until)
    return replace(request, provisional_hold=hold.id, provisional_until=until), hold


def forecast(
    connection: Connection, site: Storage, cameras: Sequence[CameraId], span: Span, until: datetime
) -> StorageForecast:
    """What it costs to keep this footage until an instant.  What is to come is counted at the rate of the rest."""
    footage = footage_status(connection, site, cameras, span)
    stored = [segment for camera in cameras for segment in segments_of(connection, camera, span)]
    coming = sum(_coming_bytes(status) for status in footage)
    usage = shutil.disk_usage(site.root)
    return StorageForecast(
        asked=camera_time(cameras, span),
        size_bytes=sum(segment.size_bytes for segment in stored) + coming,
        kept_bytes=sum(segment.size_bytes for segment in stored if segment.limit <= until) + coming,
        free_bytes=usage.free,
        reserve_bytes=int(usage.total * site.settings.recording.reserve_fraction),
    )


def plan_freeze(site: Storage, cameras: Sequence[CameraId], span: Span) -> StorageForecast:
    """What it costs to freeze this until a request that arrives today must be answered."""
    with read_transaction(site.engine) as connection:
        return forecast(connection, site, cameras, span, due(site.clock.now(), site.settings.site.timezone))


def plan_scope(site: Storage, request_id: str, cameras: Sequence[CameraId], span: Span | None) -> Scoped:
    """What `change_scope` would do; raises what that raises."""
    with read_transaction(site.engine) as connection:
        before, request = _scopable(connection, site, request_id, cameras, span)
        leaving = _leaving(holds_of(connection, request.id), before, request)
        return _scoped(connection, site, request, None, tuple(hold.id for hold in leaving))


def change_scope(
    site: Storage, request_id: str, cameras: Sequence[CameraId], span: Span | None, *, reason: str
) -> Scoped:
    """Make a request about other cameras or another time; its hold and block follow in the same transaction.

    Without cameras, or with None for the span, it keeps its own.  Raises ScopeUnknown where it has none,
    FootageToCome, FootageAfterReceipt, HoldTooLong.

    The hold that froze the old scope is released, unless the new one is provisional: then it stays until that one is
    confirmed, and one that is provisional itself lapses with it.  Holds that a person placed for the request stay.

    Raises FirstSigned or ReleaseAsked, and changes nothing, while the policy requires a second person for what is
    freed.
    """
    reason = checked_text(N_("reason"), reason, N_('say why, for example --reason "the person named another evening".'))
    require_code(site, SecondFactorUse.RELEASE)
    with write_transaction(site.engine) as connection:
        earlier, request = _scopable(connection, site, request_id, cameras, span)
        leaving = _leaving(holds_of(connection, request.id), earlier, request)
        asked = scope_of(request)
        line = _scope_line(request, asked)
        kept = Replacement(frozenset(request.cameras), asked)
        refusal = sign_release(connection, site, leaving, reason=reason, line=line, kept_by=kept)
        if refusal is None:
            request, hold = _move(connection, site, earlier, request, reason)
            released = _release(connection, site, leaving, f"{request.id}: other scope")
    if refusal is not None:
        raise refusal
    return _done(site, request, hold, released)


def _scope_line(request: AccessRequest, span: Span) -> str:
    cameras = ",".join(request.cameras)
    times = f"--from {iso(span.start)} --to {iso(span.end)}"
    return f"cctv request scope {request.id} --cameras {cameras} {times} --reason WHY"


def _move(
    connection: Connection, site: Storage, earlier: AccessRequest, request: AccessRequest, reason: str
) -> tuple[AccessRequest, Hold]:
    """Enter another scope and freeze it, in the caller's transaction; the holds of the old one are still in force."""
    left = instruction_left(earlier, request)
    request = replace(request, provisional_hold=None, provisional_until=None, instruction=left)
    set_scope(connection, request.id, request.cameras, scope_of(request))
    set_instruction(connection, request.id, left)
    set_provisional(connection, request.id, None, None)
    facts: AuditFacts = {"cameras": list(request.cameras), "span": str(request.span)}
    append_entry(connection, site, Act.REQUEST_SCOPED, request.id, case_id=request.id, facts=facts, reason=reason)
    return _freeze_moved(connection, site, earlier, request)


def refreeze(
    connection: Connection, site: Storage, before: AccessRequest, request: AccessRequest, reason: str
) -> tuple[Hold, Replaced]:
    """Hold and block the scope that a request has now in the caller's transaction, then release what froze it before.

    That stays while the new hold is provisional, until that is confirmed; where it keeps other footage, until a second
    person releases it where the policy asks for one.  What was never confirmed lapses with the new hold.
    """
    own = holds_of(connection, request.id)
    set_provisional(connection, request.id, None, None)
    request = replace(request, provisional_hold=None, provisional_until=None)
    leaving = _leaving(own, before, request)
    request, hold = _freeze_moved(connection, site, before, request)
    until = request.lapses
    for old in own:
        if until is not None and old not in leaving and _is_unconfirmed(old, before) and old.review != until:
            renew(connection, site, old, until, reason=reason)
    return hold, release_replaced(connection, site, leaving, hold, reason)


def _freeze_moved(
    connection: Connection, site: Storage, before: AccessRequest, request: AccessRequest
) -> tuple[AccessRequest, Hold]:
    request, hold = freeze(connection, site, request, before)
    move_blocks(connection, site, request)
    if not before.has_scope:
        place_block(connection, site, request)
    return request, hold


def plan_confirmation(site: Storage, request_id: str) -> Scoped:
    """What confirming would keep, and what that costs; raises NothingToConfirm."""
    with read_transaction(site.engine) as connection:
        request = _unconfirmed(connection, site, request_id)
        return _scoped(connection, site, request, None, ())


def confirm_scope(site: Storage, request_id: str, *, reason: str) -> Scoped:
    """Freeze more than a day of footage until the request is closed; narrower holds of the request end with it.

    So do those of an earlier scope that nobody confirmed.

    After the provisional hold has lapsed a new one is placed: what was deleted in between is lost.
    """
    reason = checked_text(N_("reason"), reason, N_('say why so much is needed: --reason "WHY".'))
    require_code(site, SecondFactorUse.RELEASE)
    with write_transaction(site.engine) as connection:
        request = _unconfirmed(connection, site, request_id)
        kept, own = Replacement(frozenset(request.cameras), scope_of(request)), holds_of(connection, request.id)
        others = [hold for hold in own if hold.id != request.provisional_hold]
        leaving = [hold for hold in others if kept.keeps(hold) or _is_unconfirmed(hold, request)]
        line = f"cctv request confirm {request.id} --reason WHY"
        refusal = sign_release(connection, site, leaving, reason=reason, line=line, kept_by=kept)
        if refusal is None:
            request, hold = _confirm(connection, site, request, reason)
            released = _release(connection, site, leaving, f"{request.id}: confirmed as {hold.id}")
    if refusal is not None:
        raise refusal
    return _done(site, request, hold, released)


def _confirm(connection: Connection, site: Storage, request: AccessRequest, reason: str) -> tuple[AccessRequest, Hold]:
    """Enter the confirmation and what it costs, and keep the footage until the answer, in the caller's transaction."""
    cost = forecast(connection, site, request.cameras, scope_of(request), request.due)
    facts: AuditFacts = {
        "asked_seconds": int(cost.asked.total_seconds()),
        "size_bytes": cost.size_bytes,
        "left_bytes": cost.left_bytes,
    }
    append_entry(connection, site, Act.REQUEST_CONFIRMED, request.id, case_id=request.id, facts=facts, reason=reason)
    own = holds_of(connection, request.id)
    hold = next((hold for hold in own if hold.id == request.provisional_hold), None)
    if hold is None:
        request, hold = freeze(connection, site, request)
    hold = renew(connection, site, hold, request.due, reason=reason)
    set_provisional(connection, request.id, None, None)
    return replace(request, provisional_hold=None, provisional_until=None), hold


def end_lapsed(site: Storage) -> tuple[HoldId, ...]:
    """Release the provisional holds whose 72 hours are over; the sweep calls it.  Returns those that ended."""
    with read_transaction(site.engine) as connection:
        requests = select_provisional(connection)
    ended: list[HoldId] = []
    for request in requests:
        if request.provisional_hold is not None and request.has_lapsed(site.clock.now()):
            ended += _lapse(site, request)
    return tuple(ended)


def _lapse(site: Storage, seen: AccessRequest) -> tuple[HoldId, ...]:
    with write_transaction(site.engine) as connection:
        request = select_request(connection, seen.id)
        if request is None or request.provisional_hold is None or not request.has_lapsed(site.clock.now()):
            return ()
        own = holds_of(connection, request.id)
        over = [hold for hold in own if hold.id == request.provisional_hold or _is_unconfirmed(hold, request)]
        facts: AuditFacts = {"hold": request.provisional_hold}
        append_entry(connection, site, Act.REQUEST_LAPSED, request.id, case_id=request.id, facts=facts)
        released = _release(connection, site, over, "nobody confirmed it within 72 hours")
        set_provisional(connection, request.id, None, request.provisional_until)
    _remove_files(site, released)
    return released


def _scopable(
    connection: Connection, site: Storage, request_id: str, cameras: Sequence[CameraId], span: Span | None
) -> tuple[AccessRequest, AccessRequest]:
    """The request as it is, and with the scope that it gets."""
    before = load_for_transition(connection, site, request_id, Transition.SCOPE)
    request = replace(before, cameras=tuple(cameras) or before.cameras, span=span or before.span)
    request = replace(request, cameras=names_over(connection, site.settings, request.cameras, request.span))
    zone, now = site.settings.site.timezone, site.clock.now()
    check_end(scope_of(request), now, zone)
    check_asked(request.type, request.span, request.received, now, zone)
    return before, request


def _unconfirmed(connection: Connection, site: Storage, request_id: str) -> AccessRequest:
    request = load_for_transition(connection, site, request_id, Transition.CONFIRM)
    if request.lapses is None:
        raise NothingToConfirm(id=request.id)
    return request


def _scoped(
    connection: Connection, site: Storage, request: AccessRequest, hold: Hold | None, released: tuple[HoldId, ...]
) -> Scoped:
    cost = forecast(connection, site, request.cameras, scope_of(request), request.due)
    return Scoped(request, hold, released, cost, request_footage(connection, site, request))


def _done(site: Storage, request: AccessRequest, hold: Hold, released: tuple[HoldId, ...]) -> Scoped:
    _remove_files(site, released)
    with read_transaction(site.engine) as connection:
        return _scoped(connection, site, request, hold, released)


def freezes(hold: Hold, request: AccessRequest) -> bool:
    """Whether this hold is the request's own, and not one that a person placed for it over something else."""
    return hold.cameras == frozenset(request.cameras) and hold.span == request.span


def _is_unconfirmed(hold: Hold, request: AccessRequest) -> bool:
    """Whether a hold of a request ends with its 72 hours, or would if the type were not one that never lapses.  Pure.

    The review of such a hold is the end of the 72 hours; that of any other is the day of the answer, or what a person
    chose.
    """
    never_asked = request.type in NEVER_LAPSE and freezes(hold, request) and is_wide(hold.cameras, hold.span)
    return never_asked or hold.review == request.provisional_until


def _leaving(own: Sequence[Hold], before: AccessRequest, request: AccessRequest) -> tuple[Hold, ...]:
    """Which holds of a request end when it gets another scope or type.  Pure.

    Those that froze it; where the new hold is provisional, only those of them that nobody confirmed and that it
    replaces wholly.
    """
    span = scope_of(request)
    if not needs_confirmation(request.type, request.cameras, span):
        return tuple(hold for hold in own if freezes(hold, before) or _is_unconfirmed(hold, before))
    kept = Replacement(frozenset(request.cameras), span)
    return tuple(hold for hold in own if _is_unconfirmed(hold, before) and kept.keeps(hold))


def _release(connection: Connection, site: Storage, leaving: Sequence[Hold], reason: str) -> tuple[HoldId, ...]:
    return tuple(release(connection, site, hold.id, reason=reason).id for hold in leaving)


def _remove_files(site: Storage, released: Sequence[HoldId]) -> None:
    for hold_id in released:
        remove_hold_file(site, hold_id)


def _coming_bytes(status: FootageStatus) -> int:
    recorded = total(status.saved)
    if status.to_come is None or not recorded:
        return 0
    return int(status.size_bytes * (status.to_come.duration / recorded))
