"""Disclosures: registered with a hold, approved by a person who checked the ground, handed over, ended.

Owns what a disclosure is allowed to do.  Who receives it, under which number and on which basis stand in its row and
nowhere else; the log has their keyed digest.  Never registers one to a recipient that no policy allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv import audit, holds
from cctv.casework import disclosurestore as store
from cctv.casework.departures import Departure, departures
from cctv.casework.disclosing import check_recipient, check_texts
from cctv.casework.errors import (
    DisclosureClosed,
    DisclosureNeedsSecond,
    DisclosureUnknown,
    EndingUnfit,
    LeaseRunning,
    NoCameras,
    NotHandedOver,
    NotLent,
    ReceiptLater,
)
from cctv.casework.found import Found, find_footage, look
from cctv.casework.grounds import find_ground
from cctv.casework.leases import FOR_SUBJECT, LENT, lease_end
from cctv.casework.words import checked_text, typed_id
from cctv.config.schema import TwoPersonAct
from cctv.db.engine import reading, writing
from cctv.db.site import Site, next_short_id
from cctv.kernel.phrases import phrase
from cctv.kernel.span import Span
from cctv.model.acts import Act
from cctv.model.disclosures import Disclosure, Duty, Ending, Handing, Method, Receiver, Recipient
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, DisclosureId, ExportId, IdKind

REVIEW = timedelta(days=30)
_LEFT = frozenset({Ending.HANDED, Ending.RETURNED, Ending.DESTROYED, Ending.PASSED_ON})


@dataclass(frozen=True, slots=True)
class NewDisclosure:
    """What an authority asks.  `case_id` names the incident that it is about, `lease_end` when the copy ends."""

    recipient: Recipient
    duty: Duty
    receiver: Receiver
    cameras: tuple[CameraId, ...]
    span: Span
    case_id: str | None = None
    unmasked: bool = False
    lease_end: datetime | None = None

    def checked(self) -> NewDisclosure:
        """The same with clean texts; raises NoCameras, TextUnusable, RecipientUnfit, UnmaskedUnfit."""
        if not self.cameras:
            raise NoCameras(problem=phrase("a disclosure is of at least one"), example="foyer-1,gang-2")
        check_recipient(self.recipient, self.duty, unmasked=self.unmasked)
        return replace(self, receiver=check_texts(self.receiver))


@dataclass(frozen=True, slots=True)
class OpenedDisclosure:
    """A disclosure, the hold that keeps its footage, and how much of that exists."""

    disclosure: Disclosure
    hold: Hold
    footage: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class DisclosureFile:
    """A disclosure with its holds, released or not, and its footage as it stands now."""

    disclosure: Disclosure
    holds: tuple[Hold, ...]
    footage: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class EndedDisclosure:
    """What an ending releases, and what becomes of the footage."""

    disclosure: Disclosure
    releases: tuple[Hold, ...]
    departures: tuple[Departure, ...]


def open_disclosure(site: Site, new: NewDisclosure) -> OpenedDisclosure:
    """Register a disclosure and keep its footage until it is ended; review in 30 days."""
    new, now = new.checked(), site.clock.now()
    with writing(site.engine) as connection:
        case_id = find_ground(connection, site, new.case_id).case_id if new.case_id else None
        one = Disclosure(
            id=DisclosureId(next_short_id(connection, IdKind.DISCLOSURE, now.year)),
            recipient=new.recipient,
            duty=new.duty,
            receiver=new.receiver,
            cameras=new.cameras,
            span=new.span,
            opened=now,
            opened_by=site.actor.account,
            case_id=case_id,
            unmasked=new.unmasked,
            lease_end=new.lease_end,
        )
        store.insert_disclosure(connection, one)
        _log(connection, site, Act.DISCLOSURE_OPENED, one, reason="; ".join(filter(None, _texts(one.receiver))))
        hold = holds.place(
            connection,
            site,
            ground=Ground(GroundKind.DISCLOSURE, one.id),
            cameras=one.cameras,
            span=one.span,
            review=now + REVIEW,
            reason=f"disclosure to {one.recipient.value}",
        )
    return OpenedDisclosure(one, hold, find_footage(site, one.cameras, one.span))


def find_disclosure(connection: Connection, disclosure_id: str) -> Disclosure:
    """One disclosure; raises DisclosureUnknown."""
    found = store.select_disclosure(connection, typed_id(disclosure_id))
    if found is None:
        raise DisclosureUnknown(id=disclosure_id)
    return found


def unclosed(connection: Connection, site: Site, disclosure_id: str) -> Disclosure:
    """One that is not ended; raises DisclosureUnknown, DisclosureClosed."""
    one = find_disclosure(connection, disclosure_id)
    if one.closed is not None:
        raise DisclosureClosed(id=one.id, when=one.closed.astimezone(site.settings.site.timezone).date())
    return one


def list_disclosures(site: Site, *, closed_too: bool) -> Sequence[Disclosure]:
    """Disclosures, the latest first."""
    with reading(site.engine) as connection:
        return store.select_disclosures(connection, closed_too=closed_too)


def disclosure_file(site: Site, disclosure_id: str) -> DisclosureFile:
    """All there is to show of one; raises DisclosureUnknown."""
    with reading(site.engine) as connection:
        one = find_disclosure(connection, disclosure_id)
        own = tuple(holds.holds_of(connection, one.id, released_too=True))
        return DisclosureFile(one, own, look(connection, site, one.cameras, one.span))


def approve_disclosure(site: Site, disclosure_id: str, *, reason: str, dry_run: bool = False) -> Disclosure:
    """A person answers for the ground and the scope of a disclosure.

    Raises DisclosureUnknown, DisclosureClosed; DisclosureNeedsSecond where the policy asks for two people.
    """
    reason = checked_text(phrase("reason"), reason, phrase('say what was checked: --reason "WHAT".'))
    with writing(site.engine, dry_run=dry_run) as connection:
        one = unclosed(connection, site, disclosure_id)
        needs_two = TwoPersonAct.EXPORT_UNREDACTED in site.settings.policy.two_person
        if needs_two and site.actor.account == one.opened_by:
            raise DisclosureNeedsSecond(id=one.id, account=one.opened_by)
        approved = replace(one, approved=site.clock.now(), approved_by=site.actor.account)
        store.update_disclosure(connection, approved)
        _log(connection, site, Act.DISCLOSURE_APPROVED, approved, reason=reason)
    return approved


def package_built(connection: Connection, one: Disclosure, package: ExportId) -> None:
    """Enter the package that was made for a disclosure, in the caller's transaction."""
    store.update_disclosure(connection, replace(one, package=package))


def handed_over(connection: Connection, site: Site, one: Disclosure, method: Method) -> Disclosure:
    """Enter that an authority's package left, in the caller's transaction; a lease without an end gets one."""
    at = site.clock.now()
    until = one.lease_end or lease_end(one.recipient, at, site.settings.site.timezone)
    now = replace(one, handed=Handing(at, site.actor.account, method), lease_end=until)
    store.update_disclosure(connection, now)
    _log(connection, site, Act.DISCLOSURE_HANDED, now)
    return now


def given_to_subject(
    connection: Connection, site: Site, package: ExportId, request_id: str, scope: tuple[tuple[CameraId, ...], Span],
    recipient: Recipient, method: Method, until: datetime | None,
) -> Disclosure:  # fmt: skip
    """Enter that a request's package left, in the caller's transaction; who the subject is stays in the request.

    Without an end, `until`, the copy is the recipient's own: nothing is expected back, and the disclosure ends at once.
    """
    now, theirs = site.clock.now(), until is None
    one = Disclosure(
        id=DisclosureId(next_short_id(connection, IdKind.DISCLOSURE, now.year)),
        recipient=recipient,
        duty=Duty.RIGHT,
        receiver=Receiver(),
        cameras=scope[0],
        span=scope[1],
        opened=now,
        opened_by=site.actor.account,
        case_id=request_id,
        package=package,
        handed=Handing(now, site.actor.account, method),
        lease_end=until,
        closed=now if theirs else None,
        closed_by=site.actor.account if theirs else None,
        ending=Ending.HANDED if theirs else None,
    )
    store.insert_disclosure(connection, one)
    _log(connection, site, Act.DISCLOSURE_HANDED, one)
    return one


def record_receipt(site: Site, disclosure_id: str, on: datetime, *, dry_run: bool = False) -> Disclosure:
    """Enter the date of the signed receipt; raises DisclosureUnknown, NotHandedOver, ReceiptLater."""
    with writing(site.engine, dry_run=dry_run) as connection:
        one = find_disclosure(connection, disclosure_id)
        if one.handed is None:
            raise NotHandedOver(id=one.id)
        if on > site.clock.now():
            raise ReceiptLater(when=on.astimezone(site.settings.site.timezone).date())
        signed = replace(one, receipt=on)
        store.update_disclosure(connection, signed)
        _log(connection, site, Act.DISCLOSURE_RECEIPTED, signed)
    return signed


def set_lease(site: Site, disclosure_id: str, until: datetime, *, reason: str, dry_run: bool = False) -> Disclosure:
    """Agree another end of a copy's lease; raises DisclosureUnknown, DisclosureClosed, NotLent."""
    reason = checked_text(
        phrase("reason"), reason, phrase('say why: --reason "the case is before the court until then".')
    )
    with writing(site.engine, dry_run=dry_run) as connection:
        one = find_disclosure(connection, disclosure_id)
        if one.duty is Duty.RIGHT and one.lease_end is None:
            raise NotLent(id=one.id)
        one = unclosed(connection, site, disclosure_id)
        agreed = replace(one, lease_end=until)
        store.update_disclosure(connection, agreed)
        _log(connection, site, Act.DISCLOSURE_LEASED, agreed, reason=reason)
    return agreed


def end_disclosure(
    site: Site, disclosure_id: str, ending: Ending, *, reason: str, dry_run: bool = False
) -> EndedDisclosure:
    """End a disclosure and release its own holds.

    Raises DisclosureUnknown, DisclosureClosed, EndingUnfit, LeaseRunning.
    """
    reason = checked_text(phrase("reason"), reason, phrase('say how it ended: --reason "HOW".'))
    with writing(site.engine, dry_run=dry_run) as connection:
        one = unclosed(connection, site, disclosure_id)
        _refuse_unfit(site, one, ending)
        own = tuple(holds.holds_of(connection, one.id))
        ended = replace(one, closed=site.clock.now(), closed_by=site.actor.account, ending=ending)
        leaving = departures(connection, own, site.clock.now())
        store.update_disclosure(connection, ended)
        _log(connection, site, Act.DISCLOSURE_CLOSED, ended, reason=reason)
        for hold in own:
            holds.release(connection, site, hold.id, reason=f"{one.id} ended: {ending.value}")
    if not dry_run:
        for hold in own:
            holds.remove_hold_file(site, hold.id)
    return EndedDisclosure(ended, own, leaving)


def _refuse_unfit(site: Site, one: Disclosure, ending: Ending) -> None:
    if (ending in _LEFT) != (one.handed is not None) or (
        ending is Ending.PASSED_ON and one.recipient not in FOR_SUBJECT
    ):
        raise EndingUnfit(id=one.id, ending=ending.value, state=one.state)
    if ending is Ending.HANDED and one.lease_end is not None and one.recipient in LENT:
        until = one.lease_end.astimezone(site.settings.site.timezone)
        raise LeaseRunning(id=one.id, recipient=one.recipient, until=f"{until:%d/%m/%Y}")


def _texts(receiver: Receiver) -> tuple[str, ...]:
    return receiver.authority, receiver.officer, receiver.reference, receiver.basis


def _log(connection: Connection, site: Site, act: Act, one: Disclosure, reason: str | None = None) -> None:
    facts: dict[str, str | int | list[str]] = {
        "recipient": one.recipient.value,
        "duty": one.duty.value,
        "cameras": list(one.cameras),
        "span": str(one.span),
    }
    if one.unmasked:
        facts["unmasked"] = "yes"
    if one.package is not None:
        facts["package"] = one.package
    if one.handed is not None:
        facts["method"] = one.handed.method.value
    if one.receipt is not None:
        facts["receipt"] = str(one.receipt.astimezone(site.settings.site.timezone).date())
    if act is Act.DISCLOSURE_LEASED or (act is Act.DISCLOSURE_HANDED and one.lease_end is not None):
        assert one.lease_end is not None
        facts["until"] = str(one.lease_end.astimezone(site.settings.site.timezone).date())
    if one.ending is not None:
        facts["ending"] = one.ending.value
    audit.append(connection, site, act, one.id, case_id=one.case_id or one.id, facts=facts, reason=reason)
