"""Requests: registered with a deadline and a hold, closed with an outcome and its release.

Owns what a request is allowed to do.  A requester's name and contact go into the request's row and nowhere else: not
into the audit log, a file name, an error or a reason of ours.  Never refuses to register a request because there is no
footage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cctv import audit, holds
from cctv.casework import store
from cctv.casework.deadlines import due, start_of_day
from cctv.casework.departures import Departure, departures
from cctv.casework.errors import (
    NoCameras,
    ReasonMissing,
    ReceivedLater,
    RequestClosed,
    RequestTooWide,
    RequestUnknown,
)
from cctv.casework.found import Found, find_footage, look
from cctv.casework.grounds import ground_of
from cctv.casework.words import checked_text, typed_id
from cctv.db.engine import reading, writing
from cctv.db.site import Site, next_short_id
from cctv.kernel.span import Span
from cctv.model.acts import Act
from cctv.model.casework import AccessRequest, Outcome, Requester, RequestState, RequestType
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, IdKind, RequestId
from cctv.model.language import Language

WIDEST = timedelta(hours=24)  # of camera time; a request freezes what it is about, not the archive
_NEEDS_REASON = frozenset({Outcome.REFUSED, Outcome.PARTLY})  # Article 12(4) GDPR


@dataclass(frozen=True, slots=True)
class NewRequest:
    """What a letter says; `received` is its day of receipt, `language` the requester's, where they are known."""

    type: RequestType
    requester: Requester
    cameras: tuple[CameraId, ...]
    span: Span
    received: date | None = None
    language: Language | None = None
    wide_reason: str | None = None


@dataclass(frozen=True, slots=True)
class OpenedRequest:
    """A request, the hold that freezes its footage, and how much of that exists."""

    request: AccessRequest
    hold: Hold
    footage: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class RequestFile:
    """A request with its holds, released or not, and its footage as it stands now."""

    request: AccessRequest
    holds: tuple[Hold, ...]
    footage: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Closure:
    """What closing releases, and what becomes of the footage."""

    request: AccessRequest
    releases: tuple[Hold, ...]
    departures: tuple[Departure, ...]


def check_request(new: NewRequest, now: datetime, zone: ZoneInfo) -> NewRequest:
    """The same with clean texts; raises TextUnusable, NoCameras, ReceivedLater, RequestTooWide."""
    if not new.cameras:
        raise NoCameras(problem="a request is about at least one", example="foyer-1")
    name = checked_text("name", new.requester.name, 'give the name as the letter has it: --name "An Peeters".')
    contact = checked_text("contact", new.requester.contact, "give the e-mail or postal address: --contact ADDRESS.")
    if new.received and new.received > now.astimezone(zone).date():
        raise ReceivedLater(when=new.received)
    wide = new.wide_reason
    if wide is not None:
        wide = checked_text("reason", wide, 'say why so much is needed: --wide "REASON".')
    asked = new.span.duration * len(new.cameras)
    if asked > WIDEST and wide is None:
        raise RequestTooWide(
            asked=_hours(asked),
            most=_hours(WIDEST),
            cameras=f"{len(new.cameras)} camera{'s' if len(new.cameras) > 1 else ''}",
            span=_hours(new.span.duration),
        )
    return replace(new, requester=Requester(name, contact), wide_reason=wide)


def open_request(site: Site, new: NewRequest) -> OpenedRequest:
    """Register a request and freeze its footage until it is closed; the hold is reviewed when the answer is due."""
    zone = site.settings.site.timezone
    now = site.clock.now()
    new = check_request(new, now, zone)
    with writing(site.engine) as connection:
        request = _registered(RequestId(next_short_id(connection, IdKind.REQUEST, now.year)), site, new, now)
        store.insert_request(connection, request)
        facts: audit.Facts = {
            "type": request.type.value,
            "cameras": list(request.cameras),
            "span": str(request.span),
            "received": str(request.received.astimezone(zone).date()),
            "due": str(request.due.astimezone(zone).date()),
        }
        audit.append(
            connection,
            site,
            Act.REQUEST_OPENED,
            request.id,
            case_id=request.id,
            facts=facts,
            reason=new.wide_reason,
        )
        hold = holds.place(
            connection,
            site,
            ground=ground_of(request),
            cameras=request.cameras,
            span=request.span,
            review=request.due,
            reason=f"{request.type.value} request",
        )
    return OpenedRequest(request, hold, find_footage(site, request.cameras, request.span))


def find_request(connection: Connection, request_id: str) -> AccessRequest:
    """One request; raises RequestUnknown."""
    found = store.select_request(connection, typed_id(request_id))
    if found is None:
        raise RequestUnknown(id=request_id)
    return found


def list_requests(site: Site, *, closed_too: bool) -> Sequence[AccessRequest]:
    """Requests, the first due first."""
    with reading(site.engine) as connection:
        return store.select_requests(connection, closed_too=closed_too)


def request_file(site: Site, request_id: str) -> RequestFile:
    """All there is to show of one request; raises RequestUnknown."""
    with reading(site.engine) as connection:
        request = find_request(connection, request_id)
        own = tuple(holds.holds_of(connection, request.id, released_too=True))
        return RequestFile(request, own, look(connection, site, request.cameras, request.span))


def plan_closure(site: Site, request_id: str, outcome: Outcome, *, reason: str | None) -> Closure:
    """What closing would release; raises RequestUnknown, RequestClosed, ReasonMissing."""
    _checked_reason(outcome, reason)
    with reading(site.engine) as connection:
        request, own = _unclosed(connection, site, request_id)
        return Closure(request, own, departures(connection, own, site.clock.now()))


def close_request(site: Site, request_id: str, outcome: Outcome, *, reason: str | None) -> Closure:
    """Close a request with its outcome and release its own holds."""
    reason = _checked_reason(outcome, reason)
    with writing(site.engine) as connection:
        request, own = _unclosed(connection, site, request_id)
        store.mark_closed(connection, request.id, outcome, site.clock.now(), site.actor.account)
        facts: audit.Facts = {
            "outcome": outcome.value,
            "released": [hold.id for hold in own],
        }
        audit.append(connection, site, Act.REQUEST_CLOSED, request.id, case_id=request.id, facts=facts, reason=reason)
        for hold in own:
            holds.release(connection, site, hold.id, reason=f"{request.id} closed: {outcome.value}")
        closed = find_request(connection, request.id)
    for hold in own:
        holds.remove_hold_file(site, hold.id)
    with reading(site.engine) as connection:
        return Closure(closed, own, departures(connection, own, site.clock.now()))


def _registered(request_id: RequestId, site: Site, new: NewRequest, now: datetime) -> AccessRequest:
    zone = site.settings.site.timezone
    received = start_of_day(new.received, zone) if new.received else now
    return AccessRequest(
        id=request_id,
        type=new.type,
        state=RequestState.OPEN,
        requester=new.requester,
        language=new.language or site.settings.site.language,
        cameras=new.cameras,
        span=new.span,
        received=received,
        due=due(received, zone),
        opened=now,
        opened_by=site.actor.account,
    )


def _unclosed(connection: Connection, site: Site, request_id: str) -> tuple[AccessRequest, tuple[Hold, ...]]:
    request = find_request(connection, request_id)
    if request.closed is not None:
        when = request.closed.astimezone(site.settings.site.timezone).date()
        raise RequestClosed(id=request.id, when=when, by=request.closed_by)
    return request, tuple(holds.holds_of(connection, request.id))


def _checked_reason(outcome: Outcome, reason: str | None) -> str | None:
    if reason is None:
        if outcome in _NEEDS_REASON:
            raise ReasonMissing(outcome=outcome.value)
        return None
    return checked_text("reason", reason, 'say why: --reason "WHY".')


def _hours(duration: timedelta) -> str:
    minutes = duration // timedelta(minutes=1)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes % 60 else f"{minutes // 60} h"
