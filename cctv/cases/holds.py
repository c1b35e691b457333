"""Holds that people place, renew and release by hand, each justified by an open case.

Responsible for the limit of the review date.  Releasing asks the rule of `two_person`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv.cases.errors.incidents import NoCameras
from cctv.cases.errors.requests import ReviewPast, ReviewTooFar
from cctv.cases.footage_status import FootageStatus, ReleaseEffect, find_footage, footage_status, release_effects
from cctv.cases.incidents import find_ground
from cctv.cases.requests.queries import select_request
from cctv.cases.text_input import checked_text, typed_id
from cctv.cases.two_person import sign_release
from cctv.core.i18n import N_
from cctv.core.time_range import Span
from cctv.core.typed_time.resolve import echo_instant
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.runs import cameras_over
from cctv.holds.files import remove_hold_file
from cctv.holds.store import HoldReleased, all_holds, find_hold, holds_in_force, place, release, renew
from cctv.model.holds import Ground, Hold
from cctv.model.ids import CameraId, IdKind, id_kind

LONGEST_REVIEW = timedelta(days=90)


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
        line = f"cctv hold release {hold.id} --reason WHY"
        refusal = sign_release(connection, site, [hold], reason=reason, line=line)
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
    return NewHold(new.ground, cameras_over(site, new.cameras, new.span), new.span, new.review, reason)


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
