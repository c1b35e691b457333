"""Scope: which footage a request freezes, and what happens when that is more than a day of it.

Up to 24 hours of camera time are frozen until the request is closed.  More is frozen for 72 hours: somebody confirms it
with a reason, having seen how much that is and what it does to the disk, or narrows it; else the provisional hold ends
by itself, and the log says so.  It is the only hold that ends without a person: its end was told when it was placed.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv import audit, holds
from cctv.archive import segments_of
from cctv.casework import blockstore, requeststore
from cctv.casework.blocks import lift_blocks, place_block
from cctv.casework.deadlines import due
from cctv.casework.errors import NoCameras, NothingToConfirm
from cctv.casework.found import Found, look
from cctv.casework.grounds import ground_of
from cctv.casework.requests import moving
from cctv.casework.states import Move
from cctv.casework.words import checked_text
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.kernel.phrases import phrase
from cctv.kernel.span import Span, total
from cctv.model.acts import Act
from cctv.model.casework import AccessRequest
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, HoldId

WIDEST = timedelta(hours=24)  # of camera time; a request freezes what it is about, not the archive
PROVISIONAL = timedelta(hours=72)  # a weekend between a Friday's letter and a Monday's decision


@dataclass(frozen=True, slots=True)
class Forecast:
    """What freezing costs: bytes that would have gone by the day of the answer, and what is then left of the disk."""

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
        """Whether the reserve stays free, below which recording makes room or stops."""
        return self.left_bytes >= self.reserve_bytes


@dataclass(frozen=True, slots=True)
class Scoped:
    """A request with the hold that freezes its footage now, and what that costs."""

    request: AccessRequest
    hold: Hold | None
    released: tuple[HoldId, ...]
    forecast: Forecast
    footage: tuple[Found, ...]


def asked(cameras: Sequence[CameraId], span: Span) -> timedelta:
    """Camera time: the span once for each camera."""
    return span.duration * len(cameras)


def is_wide(cameras: Sequence[CameraId], span: Span) -> bool:
    """Whether somebody must confirm it."""
    return asked(cameras, span) > WIDEST


def has_lapsed(request: AccessRequest, now: datetime) -> bool:
    """Whether a provisional hold is over."""
    until = request.provisional_until
    return request.provisional_hold is not None and until is not None and now >= until


def freeze(connection: Connection, site: Site, request: AccessRequest) -> tuple[AccessRequest, Hold]:
    """Hold the footage of a request in the caller's transaction, for 72 hours only if it is wide."""
    wide = is_wide(request.cameras, request.span)
    until = site.clock.now() + PROVISIONAL if wide else None
    hold = holds.place(
        connection,
        site,
        ground=ground_of(request),
        cameras=request.cameras,
        span=request.span,
        review=until or request.due,
        reason=f"{request.type.value} request" + (", provisional: more than a day" if wide else ""),
    )
    if until is None:
        return request, hold
    requeststore.set_provisional(connection, request.id, hold.id, until)
    return replace(request, provisional_hold=hold.id, provisional_until=until), hold


def forecast(connection: Connection, site: Site, cameras: Sequence[CameraId], span: Span, until: datetime) -> Forecast:
    """What it costs to keep this footage until an instant.  What is to come is counted at the rate of the rest."""
    found = look(connection, site, cameras, span)
    stored = [segment for camera in cameras for segment in segments_of(connection, camera, span)]
    coming = sum(_coming_bytes(one) for one in found)
    usage = shutil.disk_usage(site.root)
    return Forecast(
        asked=asked(cameras, span),
        size_bytes=sum(segment.size_bytes for segment in stored) + coming,
        kept_bytes=sum(segment.size_bytes for segment in stored if segment.limit <= until) + coming,
        free_bytes=usage.free,
        reserve_bytes=int(usage.total * site.settings.recording.reserve_fraction),
    )


def plan_freeze(site: Site, cameras: Sequence[CameraId], span: Span) -> Forecast:
    """What it costs to freeze this until a request that arrives today must be answered."""
    with reading(site.engine) as connection:
        return forecast(connection, site, cameras, span, due(site.clock.now(), site.settings.site.timezone))


def plan_scope(site: Site, request_id: str, cameras: Sequence[CameraId], span: Span) -> Scoped:
    """What `change_scope` would do; raises what that raises."""
    with reading(site.engine) as connection:
        request = _scopable(connection, site, request_id, cameras)
        own = tuple(hold.id for hold in holds.holds_of(connection, request.id) if _freezes(hold, request))
        released = () if is_wide(cameras, span) else own
        return _scoped(connection, site, replace(request, cameras=tuple(cameras), span=span), None, released)


def change_scope(site: Site, request_id: str, cameras: Sequence[CameraId], span: Span, *, reason: str) -> Scoped:
    """Make a request about other cameras or another time; its hold and block move along in the same transaction.

    The hold that froze the old scope is released, unless the new one is provisional: then it stays until that one is
    confirmed.  Holds that a person placed for the request stay.
    """
    reason = checked_text(
        phrase("reason"), reason, phrase('say why, for example --reason "the person named another evening".')
    )
    with writing(site.engine) as connection:
        request = _scopable(connection, site, request_id, cameras)
        before = [hold for hold in holds.holds_of(connection, request.id) if _freezes(hold, request)]
        request = replace(request, cameras=tuple(cameras), span=span, provisional_hold=None, provisional_until=None)
        requeststore.set_scope(connection, request.id, cameras, span)
        requeststore.set_provisional(connection, request.id, None, None)
        facts: audit.Facts = {"cameras": list(cameras), "span": str(span)}
        audit.append(connection, site, Act.REQUEST_SCOPED, request.id, case_id=request.id, facts=facts, reason=reason)
        request, hold = freeze(connection, site, request)
        _move_block(connection, site, request)
        released = () if request.provisional_hold else _release(connection, site, before, f"{request.id}: other scope")
    return _done(site, request, hold, released)


def plan_confirmation(site: Site, request_id: str) -> Scoped:
    """What confirming would keep, and what that costs; raises NothingToConfirm."""
    with reading(site.engine) as connection:
        request = _unconfirmed(connection, site, request_id)
        return _scoped(connection, site, request, None, ())


def confirm_scope(site: Site, request_id: str, *, reason: str) -> Scoped:
    """Freeze more than a day of footage until the request is closed.

    After the provisional hold has lapsed a new one is placed: what went in between is gone.
    """
    reason = checked_text(phrase("reason"), reason, phrase('say why so much is needed: --reason "WHY".'))
    with writing(site.engine) as connection:
        request = _unconfirmed(connection, site, request_id)
        cost = forecast(connection, site, request.cameras, request.span, request.due)
        facts: audit.Facts = {
            "asked_seconds": int(cost.asked.total_seconds()),
            "size_bytes": cost.size_bytes,
            "left_bytes": cost.left_bytes,
        }
        audit.append(
            connection, site, Act.REQUEST_CONFIRMED, request.id, case_id=request.id, facts=facts, reason=reason
        )
        own = holds.holds_of(connection, request.id)
        hold = next((one for one in own if one.id == request.provisional_hold), None)
        if hold is None:
            request, hold = freeze(connection, site, request)
        hold = holds.renew(connection, site, hold, request.due, reason=reason)
        requeststore.set_provisional(connection, request.id, None, None)
        replaced = [one for one in own if one.id != hold.id and _within(one, hold)]
        released = _release(connection, site, replaced, f"{request.id}: confirmed as {hold.id}")
    request = replace(request, provisional_hold=None, provisional_until=None)
    return _done(site, request, hold, released)


def end_lapsed(site: Site) -> tuple[HoldId, ...]:
    """Release the provisional holds whose 72 hours are over; the sweep calls it.  Answers those that ended."""
    with reading(site.engine) as connection:
        found = requeststore.select_provisional(connection)
    ended: list[HoldId] = []
    for request in found:
        if has_lapsed(request, site.clock.now()):
            ended += _lapse(site, request)
    return tuple(ended)


def _lapse(site: Site, seen: AccessRequest) -> tuple[HoldId, ...]:
    with writing(site.engine) as connection:
        request = requeststore.select_request(connection, seen.id)
        if request is None or request.provisional_hold is None or not has_lapsed(request, site.clock.now()):
            return ()
        hold = holds.find_hold(connection, request.provisional_hold)
        facts: audit.Facts = {"hold": hold.id}
        audit.append(connection, site, Act.REQUEST_LAPSED, request.id, case_id=request.id, facts=facts)
        released = _release(connection, site, [hold] if hold.in_force else [], "nobody confirmed it within 72 hours")
        requeststore.set_provisional(connection, request.id, None, request.provisional_until)
    _remove_files(site, released)
    return released


def _scopable(connection: Connection, site: Site, request_id: str, cameras: Sequence[CameraId]) -> AccessRequest:
    if not cameras:
        raise NoCameras(problem=phrase("a request is about at least one"), example="foyer-1")
    return moving(connection, site, request_id, Move.SCOPE)


def _unconfirmed(connection: Connection, site: Site, request_id: str) -> AccessRequest:
    request = moving(connection, site, request_id, Move.CONFIRM)
    if request.provisional_until is None:
        raise NothingToConfirm(id=request.id)
    return request


def _scoped(
    connection: Connection, site: Site, request: AccessRequest, hold: Hold | None, released: tuple[HoldId, ...]
) -> Scoped:
    cost = forecast(connection, site, request.cameras, request.span, request.due)
    return Scoped(request, hold, released, cost, look(connection, site, request.cameras, request.span))


def _done(site: Site, request: AccessRequest, hold: Hold, released: tuple[HoldId, ...]) -> Scoped:
    _remove_files(site, released)
    with reading(site.engine) as connection:
        return _scoped(connection, site, request, hold, released)


def _move_block(connection: Connection, site: Site, request: AccessRequest) -> None:
    if blockstore.blocks_of(connection, request.id):
        lift_blocks(connection, site, request, reason="moved to another scope")
        place_block(connection, site, request)


def _freezes(hold: Hold, request: AccessRequest) -> bool:
    """Whether this hold is the request's own, and not one that a person placed for it over something else."""
    return hold.cameras == frozenset(request.cameras) and hold.span == request.span


def _within(inner: Hold, outer: Hold) -> bool:
    return inner.cameras <= outer.cameras and outer.span.start <= inner.span.start and inner.span.end <= outer.span.end


def _release(connection: Connection, site: Site, leaving: Sequence[Hold], reason: str) -> tuple[HoldId, ...]:
    return tuple(holds.release(connection, site, one.id, reason=reason).id for one in leaving)


def _remove_files(site: Site, released: Sequence[HoldId]) -> None:
    for one in released:
        holds.remove_hold_file(site, one)


def _coming_bytes(found: Found) -> int:
    recorded = total(found.saved)
    if found.to_come is None or not recorded:
        return 0
    return int(found.size_bytes * (found.to_come.duration / recorded))
