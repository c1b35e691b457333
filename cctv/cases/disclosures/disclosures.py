"""Disclosures: registered with a hold, approved by a person who checked the ground, handed over, ended.

Responsible for what may be done with a disclosure; who may receive footage on which ground is in `grounds`.  Footage
that is shown on site is a disclosure as well: no copy leaves, and the register has it.

The recipient, their file number and the facts of the ground are in the disclosure's row only; the audit log has their
keyed digest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from cctv.access.policy import require_known_settings
from cctv.access.second_factor import require_code
from cctv.audit.log import append_entry
from cctv.cases.compliance.processors import checked_country
from cctv.cases.disclosures.grounds import check_receiver, check_recipient
from cctv.cases.disclosures.leases import FOR_SUBJECT, LENT, lease_end, taker
from cctv.cases.disclosures.queries import insert_disclosure, select_disclosure, select_disclosures, update_disclosure
from cctv.cases.errors.disclosures import (
    ControllerUnasked,
    DisclosureClosed,
    DisclosureNeedsSecond,
    DisclosureOfRequest,
    DisclosureUnapproved,
    DisclosureUnknown,
    EndingUnfit,
    GroundIncomplete,
    LeaseRunning,
    NoControllerToAsk,
    NotHandedOver,
    NotLent,
    ReceiptLater,
    ViewedAlready,
)
from cctv.cases.errors.incidents import NoCameras
from cctv.cases.footage_status import FootageStatus, ReleaseEffect, find_footage, footage_status, release_effects
from cctv.cases.holds import REVIEW, find_ground
from cctv.cases.requests.needs import scope_of
from cctv.cases.text_input import checked_text
from cctv.cases.two_person import agreed_elsewhere, is_one_person, sign_release, who_typed
from cctv.config.schema import SecondFactorUse, TwoPersonAct
from cctv.core.i18n import N_
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage, next_short_id
from cctv.footage.runs import names_over
from cctv.holds.files import remove_hold_file
from cctv.holds.store import holds_of, place, release
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest
from cctv.model.disclosures import Disclosure, DisclosureClosure, Duty, Handing, Method, Receiver, Recipient
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, DisclosureId, ExportId, IdKind, typed_id
from cctv.model.legal import Area

_LEFT = frozenset(
    {DisclosureClosure.HANDED, DisclosureClosure.RETURNED, DisclosureClosure.DESTROYED, DisclosureClosure.PASSED_ON}
)


@dataclass(frozen=True, slots=True)
class NewDisclosure:
    """What an authority requests.  `case_id` names the incident that it is about, `lease_end` when the copy ends."""

    recipient: Recipient
    duty: Duty
    receiver: Receiver
    cameras: tuple[CameraId, ...]
    span: Span
    case_id: str | None = None
    unmasked: bool = False
    lease_end: datetime | None = None

    def checked(self, area: Area, today: date) -> NewDisclosure:
        """The same with clean texts; raises NoCameras, RecipientUnfit, UnmaskedUnfit, what `check_receiver` raises.

        A report of an offence names the incident: without it there is GroundIncomplete.
        """
        if not self.cameras:
            raise NoCameras(problem=N_("a disclosure is of at least one"), example="foyer-1,gang-2")
        check_recipient(self.recipient, self.duty, unmasked=self.unmasked)
        if self.duty is Duty.VOLUNTARY and not self.case_id:
            raise GroundIncomplete(duty=self.duty, missing="--case")
        return replace(self, receiver=check_receiver(self.duty, self.receiver, area, today))


@dataclass(frozen=True, slots=True)
class OpenedDisclosure:
    """A disclosure, the hold that keeps its footage, and how much of that exists."""

    disclosure: Disclosure
    hold: Hold
    footage: tuple[FootageStatus, ...]


@dataclass(frozen=True, slots=True)
class DisclosureFile:
    """A disclosure with its holds, released or not, and the present status of its footage."""

    disclosure: Disclosure
    holds: tuple[Hold, ...]
    footage: tuple[FootageStatus, ...]


@dataclass(frozen=True, slots=True)
class EndedDisclosure:
    """What an ending releases, and what becomes of the footage."""

    disclosure: Disclosure
    releases: tuple[Hold, ...]
    departures: tuple[ReleaseEffect, ...]


def open_disclosure(site: Storage, new: NewDisclosure) -> OpenedDisclosure:
    """Register a disclosure and keep its footage until it is ended; review in 30 days."""
    now = site.clock.now()
    new = new.checked(site.settings.policy.area, now.astimezone(site.settings.site.timezone).date())
    with write_transaction(site.engine) as connection:
        new = replace(new, cameras=names_over(connection, site.settings, new.cameras, new.span))
        case_id = find_ground(connection, site, new.case_id).case_id if new.case_id else None
        disclosure = Disclosure(
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
        insert_disclosure(connection, disclosure)
        _log(
            connection,
            site,
            Act.DISCLOSURE_OPENED,
            disclosure,
            reason="; ".join(filter(None, _texts(disclosure.receiver))),
        )
        hold = place(
            connection,
            site,
            ground=Ground(GroundKind.DISCLOSURE, disclosure.id),
            cameras=disclosure.cameras,
            span=disclosure.span,
            review=now + REVIEW,
            reason=f"disclosure to {disclosure.recipient.value}",
        )
    return OpenedDisclosure(disclosure, hold, find_footage(site, disclosure.cameras, disclosure.span))


def find_disclosure(connection: Connection, disclosure_id: str) -> Disclosure:
    """One disclosure; raises DisclosureUnknown."""
    disclosure = select_disclosure(connection, typed_id(disclosure_id))
    if disclosure is None:
        raise DisclosureUnknown(id=disclosure_id)
    return disclosure


def unclosed(connection: Connection, site: Storage, disclosure_id: str) -> Disclosure:
    """One that is not ended; raises DisclosureUnknown, DisclosureClosed."""
    disclosure = find_disclosure(connection, disclosure_id)
    if disclosure.closed is not None:
        raise DisclosureClosed(id=disclosure.id, when=disclosure.closed.astimezone(site.settings.site.timezone).date())
    return disclosure


def list_disclosures(site: Storage, *, closed_too: bool) -> Sequence[Disclosure]:
    """Disclosures, the latest first."""
    with read_transaction(site.engine) as connection:
        return select_disclosures(connection, closed_too=closed_too)


def disclosure_file(site: Storage, disclosure_id: str) -> DisclosureFile:
    """All there is to show of one; raises DisclosureUnknown."""
    with read_transaction(site.engine) as connection:
        disclosure = find_disclosure(connection, disclosure_id)
        own = tuple(holds_of(connection, disclosure.id, released_too=True))
        return DisclosureFile(disclosure, own, footage_status(connection, site, disclosure.cameras, disclosure.span))


def approve_disclosure(
    site: Storage, disclosure_id: str, *, reason: str, instruction: str | None = None, dry_run: bool = False
) -> Disclosure:
    """A person answers for the ground and the scope of a disclosure.

    `instruction`, which only a site that records for a customer needs: where the controller instructed it, or was told
    of a law that leaves no choice (Article 28(3)(a) GDPR; docs/policies/004.txt: "mits uitdrukkelijke toestemming van
    de klant").  Raises DisclosureUnknown, DisclosureClosed, ControllerUnasked, NoControllerToAsk; DisclosureNeedsSecond
    where the policy asks for two people.
    """
    reason = checked_text(N_("reason"), reason, N_('say what was checked: --reason "WHAT".'))
    if site.settings.for_customer:
        reason = f"{reason}; {_checked_instruction(site, disclosure_id, instruction)}"
    elif instruction is not None:
        raise NoControllerToAsk(id=disclosure_id)
    require_code(site, SecondFactorUse.DISCLOSURE, dry_run=dry_run)
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        disclosure = unclosed(connection, site, disclosure_id)
        require_known_settings(connection, site)
        approved = replace(disclosure, approved=site.clock.now(), approved_by=site.actor.account)
        approved, waiting = (approved, None) if dry_run else agreed_elsewhere(connection, site, approved, reason)
        if waiting is None:
            require_approved(connection, site, approved)
            update_disclosure(connection, approved)
            _log(connection, site, Act.DISCLOSURE_APPROVED, approved, reason=reason)
    if waiting is not None:
        raise waiting
    return approved


def _checked_instruction(site: Storage, disclosure_id: str, instruction: str | None) -> str:
    if instruction is None:
        raise ControllerUnasked(id=disclosure_id, controller=site.settings.controller.name or "")
    return checked_text(N_("instruction"), instruction, N_("say where it can be read: --instruction TEXT."))


def require_registered(disclosure: Disclosure) -> None:
    """Raises DisclosureOfRequest for what was given on a request: the data subject's right is its ground."""
    if disclosure.duty is Duty.RIGHT:
        raise DisclosureOfRequest(id=disclosure.id, case=disclosure.case_id)


def require_approved(connection: Connection, site: Storage, disclosure: Disclosure) -> None:
    """What unredacted footage needs when it is approved, built, handed over and shown.

    Raises DisclosureOfRequest; DisclosureUnapproved; DisclosureNeedsSecond where the policy, as it is now, asks for two
    people, and whoever approved it had opened it or corrected what is built;
    ViewedAlready once it was shown on site; OutsideArea where the area, as it is now, does not hold their country.
    """
    require_registered(disclosure)
    following = N_("refuse it: cctv disclosure end {id} --how refused --reason WHY", id=disclosure.id)
    checked_country(N_("The recipient"), disclosure.receiver.country, site.settings.policy.area, following)
    if disclosure.handed is not None and disclosure.handed.method is Method.ON_SITE:
        when = disclosure.handed.at.astimezone(site.settings.site.timezone).date()
        raise ViewedAlready(id=disclosure.id, when=when)
    if disclosure.approved is None:
        raise DisclosureUnapproved(id=disclosure.id)
    acts, approver = site.settings.policy.two_person, disclosure.approved_by
    typists = who_typed(connection, disclosure)
    if any(is_one_person(acts, TwoPersonAct.EXPORT_UNREDACTED, account, approver) for account in typists):
        raise DisclosureNeedsSecond(id=disclosure.id, account=approver)


def package_built(connection: Connection, disclosure: Disclosure, package: ExportId) -> None:
    """Enter the package that was made for a disclosure, in the caller's transaction."""
    update_disclosure(connection, replace(disclosure, package=package))


def handed_over(
    connection: Connection, site: Storage, disclosure: Disclosure, method: Method, at: datetime | None = None
) -> Disclosure:
    """Enter that an authority's package left, in the caller's transaction; a lease without an end gets one.

    With the method `ON_SITE` they saw it, at `at`, and there is no copy to lend.
    """
    at = at or site.clock.now()
    until = disclosure.lease_end or lease_end(disclosure.recipient, at, site.settings.site.timezone)
    until = None if method is Method.ON_SITE else until
    now = replace(disclosure, handed=Handing(at, site.actor.account, method), lease_end=until)
    update_disclosure(connection, now)
    _log(connection, site, Act.DISCLOSURE_HANDED, now)
    return now


def given_to_subject(
    connection: Connection, site: Storage, package: ExportId | None, request_id: str,
    scope: tuple[tuple[CameraId, ...], Span], recipient: Recipient, method: Method, until: datetime | None,
    at: datetime | None = None,
) -> Disclosure:  # fmt: skip
    """Enter that a request's package was handed over, in the caller's transaction; the row does not name the subject.

    Without an end, `until`, the copy is the recipient's own: nothing is expected back, and the disclosure ends at once.
    Without a package the footage was shown on site, at `at`.
    """
    now, kept_by_recipient = site.clock.now(), until is None
    disclosure = Disclosure(
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
        handed=Handing(at or now, site.actor.account, method),
        lease_end=until,
        closed=now if kept_by_recipient else None,
        closed_by=site.actor.account if kept_by_recipient else None,
        ending=DisclosureClosure.HANDED if kept_by_recipient else None,
    )
    insert_disclosure(connection, disclosure)
    _log(connection, site, Act.DISCLOSURE_HANDED, disclosure)
    return disclosure


def viewing_entered(connection: Connection, site: Storage, request: AccessRequest) -> None:
    """Enter that a request was answered by showing its footage on site, unless a viewing of it was entered before.

    In the caller's transaction.
    """
    shown = (disclosure for disclosure in select_disclosures(connection, closed_too=True) if disclosure.handed)
    if any(one.case_id == request.id and one.handed and one.handed.method is Method.ON_SITE for one in shown):
        return
    scope = (request.cameras, scope_of(request))
    given_to_subject(connection, site, None, request.id, scope, taker(request), Method.ON_SITE, None)


def record_receipt(site: Storage, disclosure_id: str, on: datetime, *, dry_run: bool = False) -> Disclosure:
    """Enter the date of the signed receipt; raises DisclosureUnknown, NotHandedOver, ReceiptLater."""
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        disclosure = find_disclosure(connection, disclosure_id)
        if disclosure.handed is None:
            raise NotHandedOver(id=disclosure.id)
        if on > site.clock.now():
            raise ReceiptLater(when=on.astimezone(site.settings.site.timezone).date())
        signed = replace(disclosure, receipt=on)
        update_disclosure(connection, signed)
        _log(connection, site, Act.DISCLOSURE_RECEIPTED, signed)
    return signed


def set_lease(site: Storage, disclosure_id: str, until: datetime, *, reason: str, dry_run: bool = False) -> Disclosure:
    """Agree another end of a copy's lease; raises DisclosureUnknown, DisclosureClosed, NotLent."""
    reason = checked_text(N_("reason"), reason, N_('say why: --reason "the case is before the court until then".'))
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        disclosure = find_disclosure(connection, disclosure_id)
        if disclosure.duty is Duty.RIGHT and disclosure.lease_end is None:
            raise NotLent(id=disclosure.id)
        disclosure = unclosed(connection, site, disclosure_id)
        agreed = replace(disclosure, lease_end=until)
        update_disclosure(connection, agreed)
        _log(connection, site, Act.DISCLOSURE_LEASED, agreed, reason=reason)
    return agreed


def end_disclosure(
    site: Storage, disclosure_id: str, ending: DisclosureClosure, *, reason: str, dry_run: bool = False
) -> EndedDisclosure:
    """End a disclosure and release its own holds.

    Raises DisclosureUnknown, DisclosureClosed, EndingUnfit, LeaseRunning; FirstSigned or ReleaseAsked, and ends
    nothing, while the policy requires a second person.
    """
    reason = checked_text(N_("reason"), reason, N_('say how it ended: --reason "HOW".'))
    require_code(site, SecondFactorUse.RELEASE, dry_run=dry_run)
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        disclosure = unclosed(connection, site, disclosure_id)
        _refuse_unfit(site, disclosure, ending)
        own = tuple(holds_of(connection, disclosure.id))
        ended = replace(disclosure, closed=site.clock.now(), closed_by=site.actor.account, ending=ending)
        leaving = release_effects(connection, own, site.clock.now())
        line = f"cctv disclosure end {disclosure.id} --how {ending.value} --reason HOW"
        refusal = None if dry_run else sign_release(connection, site, own, reason=reason, line=line)
        if refusal is None:
            update_disclosure(connection, ended)
            _log(connection, site, Act.DISCLOSURE_CLOSED, ended, reason=reason)
            for hold in own:
                release(connection, site, hold.id, reason=f"{disclosure.id} ended: {ending.value}")
    if refusal is not None:
        raise refusal
    if not dry_run:
        for hold in own:
            remove_hold_file(site, hold.id)
    return EndedDisclosure(ended, own, leaving)


def _refuse_unfit(site: Storage, disclosure: Disclosure, ending: DisclosureClosure) -> None:
    if (ending in _LEFT) != (disclosure.handed is not None) or (
        ending is DisclosureClosure.PASSED_ON and disclosure.recipient not in FOR_SUBJECT
    ):
        raise EndingUnfit(id=disclosure.id, ending=ending, state=disclosure.state)
    if ending is DisclosureClosure.HANDED and disclosure.lease_end is not None and disclosure.recipient in LENT:
        until = disclosure.lease_end.astimezone(site.settings.site.timezone)
        raise LeaseRunning(id=disclosure.id, recipient=disclosure.recipient, until=f"{until:%d/%m/%Y}")


def _texts(receiver: Receiver) -> tuple[str, ...]:
    return receiver.authority, receiver.officer, receiver.reference, receiver.basis, receiver.country


def _log(connection: Connection, site: Storage, act: Act, disclosure: Disclosure, reason: str | None = None) -> None:
    facts: dict[str, str | int | list[str]] = {
        "recipient": disclosure.recipient.value,
        "duty": disclosure.duty.value,
        "cameras": list(disclosure.cameras),
        "span": str(disclosure.span),
    }
    if disclosure.receiver.country:
        facts["country"] = disclosure.receiver.country
    if disclosure.unmasked:
        facts["unmasked"] = "yes"
    if disclosure.package is not None:
        facts["package"] = disclosure.package
    if disclosure.handed is not None:
        facts["method"] = disclosure.handed.method.value
    if disclosure.receipt is not None:
        facts["receipt"] = str(disclosure.receipt.astimezone(site.settings.site.timezone).date())
    if act is Act.DISCLOSURE_LEASED or (act is Act.DISCLOSURE_HANDED and disclosure.lease_end is not None):
        assert disclosure.lease_end is not None
        facts["until"] = str(disclosure.lease_end.astimezone(site.settings.site.timezone).date())
    if disclosure.ending is not None:
        facts["ending"] = disclosure.ending.value
    append_entry(
        connection, site, act, disclosure.id, case_id=disclosure.case_id or disclosure.id, facts=facts, reason=reason
    )
