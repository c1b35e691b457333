"""Holds of cases: those that people place, renew and release by hand, and those that follow a corrected case.

Responsible for the open case that justifies a hold, for the limit of the review date, and for how much is asked about
before it is held.  Releasing asks the rule of `two_person`.

A corrected camera or time moves a hold: the new one is placed before the old one is released, in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import Connection

from cctv.access.second_factor import require_code
from cctv.cases.disclosures.queries import select_disclosure
from cctv.cases.errors.incidents import NoCameras
from cctv.cases.errors.requests import GroundClosed, GroundUnknown, GroundUnreadable, ReviewPast, ReviewTooFar
from cctv.cases.footage_status import FootageStatus, ReleaseEffect, find_footage, footage_status, release_effects
from cctv.cases.incident_queries import select_incident
from cctv.cases.requests.queries import select_request
from cctv.cases.text_input import checked_text
from cctv.cases.two_person import Replacement, sign_release
from cctv.config.schema import SecondFactorUse
from cctv.core.i18n import N_
from cctv.core.time_range import Span
from cctv.core.typed_time.resolve import echo_instant
from cctv.db.engine import is_dry_run, read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.runs import names_over
from cctv.holds.files import remove_hold_file
from cctv.holds.store import HoldReleased, all_holds, find_hold, holds_in_force, holds_of, place, release, renew
from cctv.model.cases import AccessRequest, Incident, RequestType
from cctv.model.disclosures import Disclosure
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, HoldId, IdKind, id_kind, typed_id

CaseT = TypeVar("CaseT", AccessRequest, Incident, Disclosure)
_HeldT = TypeVar("_HeldT", Incident, Disclosure)
_KINDS = {RequestType.RESTRICTION: GroundKind.RESTRICTION, RequestType.OBJECTION: GroundKind.OBJECTION}
REVIEW = timedelta(days=30)  # of the hold of an incident or a disclosure: then somebody decides again
LONGEST_REVIEW = timedelta(days=90)
WIDEST = timedelta(hours=24)  # of camera time; a request freezes what it is about, not the archive


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


@dataclass(frozen=True, slots=True)
class Replaced:
    """The holds that a new one replaced: released, or kept until a second person releases them."""

    released: tuple[HoldId, ...] = ()
    kept: tuple[HoldId, ...] = ()


@dataclass(frozen=True, slots=True)
class MovedHold:
    """The hold over the corrected scope, and what became of those that kept the one before."""

    hold: Hold
    replaced: Replaced


@dataclass(frozen=True, slots=True)
class Corrected(Generic[CaseT]):
    """A case as it stands now, the fields that changed, its hold where that moved, and its footage."""

    case: CaseT
    fields: tuple[str, ...]
    moved: MovedHold | None
    footage: tuple[FootageStatus, ...]
    letters: bool = False  # whether letters were made before


def camera_time(cameras: Collection[CameraId], span: Span) -> timedelta:
    """Camera time: the span once for each camera."""
    return span.duration * len(cameras)


def is_wide(cameras: Collection[CameraId], span: Span) -> bool:
    """Whether a person must confirm it: more than 24 hours of camera time."""
    return camera_time(cameras, span) > WIDEST


def asks_first(cameras: Collection[CameraId], span: Span, *, of_request: bool) -> bool:
    """Whether a person says yes before footage is held: more than 24 hours, for a request over all of its cameras."""
    return is_wide(cameras, span) if of_request else span.duration > WIDEST


def plan_hold(site: Storage, new: NewHold) -> PlacedHold:
    """What `place_hold` would keep; raises what that raises."""
    new = _validated(site, new)
    with read_transaction(site.engine) as connection:
        new = replace(new, cameras=names_over(connection, site.settings, new.cameras, new.span))
        ground = find_ground(connection, site, new.ground)
        return PlacedHold(ground, None, footage_status(connection, site, new.cameras, new.span))


def place_hold(site: Storage, new: NewHold) -> PlacedHold:
    """Keep footage beyond its limit: stored, being written, and still to come.

    Raises NoCameras, TextUnusable, ReviewTooFar, GroundUnreadable, GroundUnknown, GroundClosed.
    """
    new = _validated(site, new)
    with write_transaction(site.engine) as connection:
        new = replace(new, cameras=names_over(connection, site.settings, new.cameras, new.span))
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

    Raises FirstSigned or ReleaseAsked, and releases nothing, while the policy requires a second person;
    HoldUnknown, HoldReleased.
    """
    reason = checked_text(N_("reason"), reason, N_('say why the footage is no longer needed: --reason "WHY".'))
    require_code(site, SecondFactorUse.RELEASE)
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


def ground_of(request: AccessRequest) -> Ground:
    """The ground that a request gives to its hold; every type but two is simply a request."""
    return Ground(_KINDS.get(request.type, GroundKind.REQUEST), request.id)


def find_ground(connection: Connection, site: Storage, case_id: str) -> Ground:
    """The open case that an id names; raises GroundUnreadable, GroundUnknown, GroundClosed."""
    case_id = typed_id(case_id)
    match id_kind(case_id):
        case IdKind.INCIDENT:
            incident = select_incident(connection, case_id)
            if incident is None:
                raise GroundUnknown(what=N_("incident"), id=case_id, following="cctv incident list --all")
            if incident.settled is not None:
                raise _closed(site, case_id, N_("settled"), incident.settled)
            return Ground(GroundKind.INCIDENT, case_id)
        case IdKind.REQUEST:
            request = select_request(connection, case_id)
            if request is None:
                raise GroundUnknown(what=N_("request"), id=case_id, following="cctv request list --all")
            if request.closed is not None:
                raise _closed(site, case_id, N_("closed"), request.closed)
            return ground_of(request)
        case IdKind.DISCLOSURE:
            disclosure = select_disclosure(connection, case_id)
            if disclosure is None:
                raise GroundUnknown(what=N_("disclosure"), id=case_id, following="cctv disclosure list --all")
            if disclosure.closed is not None:
                raise _closed(site, case_id, N_("ended"), disclosure.closed)
            return Ground(GroundKind.DISCLOSURE, case_id)
        case _:
            raise GroundUnreadable(id=case_id)


def _closed(site: Storage, case_id: str, ended: str, when: datetime) -> GroundClosed:
    return GroundClosed(id=case_id, ended=ended, when=when.astimezone(site.settings.site.timezone).date())


def release_replaced(
    connection: Connection, site: Storage, before: Sequence[Hold], hold: Hold, reason: str
) -> Replaced:
    """Release holds that a new one replaced, in the caller's transaction; their files are the caller's.

    What lies within the new one loses nothing and goes at once.  Another one keeps other footage: where the policy asks
    for two persons it has a first signature now, and stays until the second releases it.
    """
    now_kept = Replacement(hold.cameras, hold.span)
    released, kept = [], []
    for old in before:
        line = f"cctv hold release {old.id} --reason WHY"
        if sign_release(connection, site, [old], reason=reason, line=line, kept_by=now_kept) is not None:
            kept.append(old.id)
        else:
            released.append(release(connection, site, old.id, reason=reason).id)
    return Replaced(tuple(released), tuple(kept))


def follow_names(connection: Connection, site: Storage, before: CaseT, after: CaseT) -> CaseT:
    """The corrected case with its cameras under every name that they have over its time, where either changed."""
    if (before.cameras, before.span) == (after.cameras, after.span):
        return after
    return replace(after, cameras=names_over(connection, site.settings, after.cameras, after.span))


def move_hold(
    connection: Connection, site: Storage, ground: Ground, before: _HeldT, after: _HeldT, reason: str
) -> MovedHold | None:
    """Place the hold over the corrected scope, with the review of the one before; then release that one."""
    if (before.cameras, before.span) == (after.cameras, after.span) or is_dry_run(connection):
        return None
    scope = frozenset(before.cameras), before.span
    own = [hold for hold in holds_of(connection, ground.case_id) if (hold.cameras, hold.span) == scope]
    review = max((hold.review for hold in own), default=site.clock.now() + REVIEW)
    hold = place(connection, site, ground=ground, cameras=after.cameras, span=after.span, review=review, reason=reason)
    return MovedHold(hold, release_replaced(connection, site, own, hold, reason))


def remove_replaced(site: Storage, moved: MovedHold | None) -> None:
    """After the commit: delete the files of the holds that a moved one replaced."""
    for hold_id in moved.replaced.released if moved is not None else ():
        remove_hold_file(site, hold_id)


def _validated(site: Storage, new: NewHold) -> NewHold:
    if not new.cameras:
        raise NoCameras(problem=N_("a hold keeps the footage of at least one"), example="foyer-1,gang-2")
    _check_review(site, new.review)
    reason = checked_text(N_("reason"), new.reason, N_('say why the footage is needed: --reason "WHY".'))
    return replace(new, reason=reason)


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
