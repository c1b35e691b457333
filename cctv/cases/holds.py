"""Holds that people place, renew and release by hand, each justified by an open case.

Responsible for the limit of the review date, and for the two-person rule of `[policy] two_person`: where it names
`hold.release`, one account requests the release and another one releases.  A request is an audit entry and nothing
else.  It is valid for a week, and no longer once the hold is renewed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv.audit.chain import AuditEntry
from cctv.audit.log import append_entry, audit_entries
from cctv.cases.errors.incidents import NoCameras
from cctv.cases.errors.requests import ReleaseAsked, ReviewPast, ReviewTooFar
from cctv.cases.footage_status import FootageStatus, ReleaseEffect, find_footage, footage_status, release_effects
from cctv.cases.incidents import find_ground
from cctv.cases.requests.queries import select_request
from cctv.cases.text_input import checked_text, typed_id
from cctv.config.schema import TwoPersonAct
from cctv.core.i18n import N_
from cctv.core.time_range import Span
from cctv.core.typed_time.resolve import echo_instant
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.holds.files import remove_hold_file
from cctv.holds.store import HoldReleased, all_holds, find_hold, holds_in_force, place, release, renew
from cctv.model.audit import Act
from cctv.model.holds import Ground, Hold
from cctv.model.ids import CameraId, IdKind, id_kind

LONGEST_REVIEW = timedelta(days=90)
RELEASE_REQUEST_VALIDITY = timedelta(days=7)  # later, the second person should be given the reason again


@dataclass(frozen=True, slots=True)
class NewHold:
    """What a person asks to keep, on which ground, and when someone must decide again."""

    ground: str
    cameras: tuple[CameraId, ...]
    span: Span
    review: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class PlacedHold:
    """A hold and the footage that it keeps; `hold` is None when it was only planned."""

    ground: Ground
    hold: Hold | None
    footage: tuple[FootageStatus, ...]


@dataclass(frozen=True, slots=True)
class ReleasedHold:
    """A hold and what becomes of its footage."""

    hold: Hold
    departures: tuple[ReleaseEffect, ...]


def plan_hold(site: Storage, new: NewHold) -> PlacedHold:
    """What `place_hold` would keep; raises what that raises."""
    new = _validated(site, new)
    with read_transaction(site.engine) as connection:
        ground = find_ground(connection, site, new.ground)
        return PlacedHold(ground, None, footage_status(connection, site, new.cameras, new.span))


def place_hold(site: Storage, new: NewHold) -> PlacedHold:
    """Keep footage beyond its limit: stored, being written, and still to come.

    Raises NoCameras, TextUnusable, ReviewTooFar, GroundUnreadable, GroundUnknown, GroundClosed.
    """
    new = _validated(site, new)
    with write_transaction(site.engine) as connection:
        ground = find_ground(connection, site, new.ground)
        hold = place(
            connection,
            site,
            ground=ground,
            cameras=new.cameras,
            span=new.span,
            review=_review(connection, ground, new.review, site.clock.now()),
            reason=new.reason,
        )
    return PlacedHold(ground, hold, find_footage(site, new.cameras, new.span))


def list_holds(site: Storage, *, released_too: bool) -> Sequence[Hold]:
    """Holds, oldest first."""
    with read_transaction(site.engine) as connection:
        return all_holds(connection) if released_too else holds_in_force(connection)


def hold_file(site: Storage, hold_id: str) -> PlacedHold:
    """One hold and the present status of its footage; raises HoldUnknown."""
    with read_transaction(site.engine) as connection:
        hold = find_hold(connection, typed_id(hold_id))
        return PlacedHold(hold.ground, hold, footage_status(connection, site, sorted(hold.cameras), hold.span))


def plan_release(site: Storage, hold_id: str) -> ReleasedHold:
    """What releasing would do to the footage; raises HoldUnknown, HoldReleased."""
    with read_transaction(site.engine) as connection:
        hold = _load_unreleased(connection, site, hold_id)
        return ReleasedHold(hold, release_effects(connection, [hold], site.clock.now()))


def plan_renewal(site: Storage, hold_id: str, review: datetime) -> Hold:
    """The hold as `renew_hold` would leave it; raises what that raises."""
    with read_transaction(site.engine) as connection:
        hold = _load_unreleased(connection, site, hold_id)
        return replace(hold, review=_renewal_review(connection, site, hold, review))


def renew_hold(site: Storage, hold_id: str, review: datetime, *, reason: str) -> Hold:
    """Give a hold a new review date, 90 days away at the most.

    Raises HoldUnknown, HoldReleased, ReviewTooFar, ReviewPast.
    """
    reason = checked_text(N_("reason"), reason, N_('say why the footage is still needed: --reason "WHY".'))
    with write_transaction(site.engine) as connection:
        hold = _load_unreleased(connection, site, hold_id)
        return renew(connection, site, hold, _renewal_review(connection, site, hold, review), reason=reason)


def release_hold(site: Storage, hold_id: str, *, reason: str) -> ReleasedHold:
    """Release a hold; what no other hold keeps then expires as if it had never been.

    Raises ReleaseAsked, and releases nothing, while the policy requires a second person; HoldUnknown, HoldReleased.
    """
    reason = checked_text(N_("reason"), reason, N_('say why the footage is no longer needed: --reason "WHY".'))
    with write_transaction(site.engine) as connection:
        hold = _load_unreleased(connection, site, hold_id)
        refusal = _two_person_refusal(connection, site, hold, reason)
        released = hold if refusal else release(connection, site, hold.id, reason=reason)
    if refusal is not None:
        raise refusal
    remove_hold_file(site, released.id)
    with read_transaction(site.engine) as connection:
        return ReleasedHold(released, release_effects(connection, [released], site.clock.now()))


def _validated(site: Storage, new: NewHold) -> NewHold:
    if not new.cameras:
        raise NoCameras(problem=N_("a hold keeps the footage of at least one"), example="foyer-1,gang-2")
    _check_review(site, new.review)
    reason = checked_text(N_("reason"), new.reason, N_('say why the footage is needed: --reason "WHY".'))
    return NewHold(new.ground, new.cameras, new.span, new.review, reason)


def _check_review(site: Storage, review: datetime) -> None:
    latest = site.clock.now() + LONGEST_REVIEW
    if review > latest:
        zone = site.settings.site.timezone
        when, until = echo_instant(review, zone), echo_instant(latest, zone)
        raise ReviewTooFar(when=when, most=LONGEST_REVIEW.days, latest=until)


def _renewal_review(connection: Connection, site: Storage, hold: Hold, review: datetime) -> datetime:
    _check_review(site, review)
    now = site.clock.now()
    if review <= now:
        raise ReviewPast(id=hold.id, when=echo_instant(review, site.settings.site.timezone))
    return _review(connection, hold.ground, review, now)


def _review(connection: Connection, ground: Ground, review: datetime, now: datetime) -> datetime:
    """A request's hold is reviewed when the answer is due; after that, and for other cases, at the given date."""
    if id_kind(ground.case_id) is not IdKind.REQUEST:
        return review
    request = select_request(connection, ground.case_id)
    return request.due if request is not None and request.due > now else review


def _load_unreleased(connection: Connection, site: Storage, hold_id: str) -> Hold:
    hold = find_hold(connection, typed_id(hold_id))
    if hold.released is not None:
        raise HoldReleased(id=hold.id, when=hold.released.astimezone(site.settings.site.timezone).date())
    return hold


def _two_person_refusal(connection: Connection, site: Storage, hold: Hold, reason: str) -> ReleaseAsked | None:
    """None when the hold may be released now; else the error to raise, with the request in the caller's transaction.

    Returned rather than raised, so that the request is committed.
    """
    if TwoPersonAct.HOLD_RELEASE not in site.settings.policy.two_person:
        return None
    request, now = _pending_request(connection, hold), site.clock.now()
    if request is not None and now - request.at < RELEASE_REQUEST_VALIDITY:
        if request.actor.account != site.actor.account:
            return None
    else:
        case = hold.ground.case_id
        request = append_entry(connection, site, Act.RELEASE_ASKED, hold.id, case_id=case, reason=reason)
    when = request.at.astimezone(site.settings.site.timezone).date()
    return ReleaseAsked(id=hold.id, account=request.actor.account, when=when)


def _pending_request(connection: Connection, hold: Hold) -> AuditEntry | None:
    for entry, _ in reversed(audit_entries(connection, about=hold.id)):
        if entry.act is Act.HOLD_RENEWED:
            return None
        if entry.act is Act.RELEASE_ASKED and entry.subject == hold.id:
            return entry
    return None
