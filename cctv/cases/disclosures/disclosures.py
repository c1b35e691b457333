"""Disclosures: registered with a hold, approved by a person who checked the ground, handed over, ended.

Responsible for what may be done with a disclosure, and for which recipient may receive footage on which duty.  Police
and fire brigade: "wettelijk verplicht deze gegevens af te geven" (docs/policies/003.txt).  Insurer and lawyer: never
"zonder de uitdrukkelijke toestemming" (docs/policies/000.txt), or where a law says so.  No one commercial.

The recipient, their file number and the legal basis are in the disclosure's row only; the audit log has their keyed
digest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv.audit.log import append_entry
from cctv.cases.disclosures.leases import FOR_SUBJECT, LENT, lease_end
from cctv.cases.disclosures.queries import insert_disclosure, select_disclosure, select_disclosures, update_disclosure
from cctv.cases.errors.disclosures import (
    DisclosureClosed,
    DisclosureNeedsSecond,
    DisclosureUnknown,
    EndingUnfit,
    LeaseRunning,
    NotHandedOver,
    NotLent,
    ReceiptLater,
    RecipientUnfit,
    UnmaskedUnfit,
)
from cctv.cases.errors.incidents import NoCameras
from cctv.cases.footage_status import FootageStatus, ReleaseEffect, find_footage, footage_status, release_effects
from cctv.cases.incidents import find_ground
from cctv.cases.text_input import checked_text, typed_id
from cctv.cases.two_person import sign_release
from cctv.config.schema import TwoPersonAct
from cctv.core.i18n import N_
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage, next_short_id
from cctv.footage.initialise import require_known_settings
from cctv.footage.runs import cameras_over
from cctv.holds.files import remove_hold_file
from cctv.holds.store import holds_of, place, release
from cctv.model.audit import Act
from cctv.model.disclosures import Disclosure, DisclosureClosure, Duty, Handing, Method, Receiver, Recipient
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, DisclosureId, ExportId, IdKind

_PUBLIC = frozenset({Duty.ORDERED, Duty.OBLIGED, Duty.VOLUNTARY})
_PRIVATE = frozenset({Duty.ORDERED, Duty.OBLIGED, Duty.CONSENT})
DUTIES: dict[Recipient, frozenset[Duty]] = {
    Recipient.POLICE: _PUBLIC,
    Recipient.FIRE_BRIGADE: _PUBLIC,
    Recipient.COURT: _PUBLIC,
    Recipient.INSURER: _PRIVATE,
    Recipient.LAWYER: _PRIVATE,
}
"""Who may receive unredacted footage, and on which duties.  A data subject never does."""

REVIEW = timedelta(days=30)
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

    def checked(self) -> NewDisclosure:
        """The same with clean texts; raises NoCameras, TextUnusable, RecipientUnfit, UnmaskedUnfit."""
        if not self.cameras:
            raise NoCameras(problem=N_("a disclosure is of at least one"), example="foyer-1,gang-2")
        check_recipient(self.recipient, self.duty, unmasked=self.unmasked)
        return replace(self, receiver=check_texts(self.receiver))


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


def check_recipient(recipient: Recipient, duty: Duty, *, unmasked: bool) -> None:
    """Raises RecipientUnfit for a pair that no policy allows; UnmaskedUnfit without an order."""
    allowed = DUTIES.get(recipient, frozenset())
    if duty not in allowed:
        raise RecipientUnfit(
            recipient=recipient,
            duty=duty,
            allowed=", ".join(candidate.value for candidate in Duty if candidate in allowed) or N_("no duty at all"),
        )
    if unmasked and duty is not Duty.ORDERED:
        raise UnmaskedUnfit(duty=duty)


def check_texts(receiver: Receiver) -> Receiver:
    """The same, clean; the officer alone may be left out.  Raises TextUnusable."""
    return Receiver(
        authority=checked_text(
            N_("authority"), receiver.authority, N_('name it: --authority "Lokale politie Oostende".')
        ),
        officer=checked_text(N_("officer"), receiver.officer, N_("name whoever asks, or leave --officer out."))
        if receiver.officer
        else "",
        reference=checked_text(
            N_("reference"), receiver.reference, N_("give the number of their file: --reference NUMBER.")
        ),
        basis=checked_text(
            N_("basis"), receiver.basis, N_('name the order or the law: --basis "vordering 46bis Sv.".')
        ),
    )


def open_disclosure(site: Storage, new: NewDisclosure) -> OpenedDisclosure:
    """Register a disclosure and keep its footage until it is ended; review in 30 days."""
    new, now = new.checked(), site.clock.now()
    new = replace(new, cameras=cameras_over(site, new.cameras, new.span))
    with write_transaction(site.engine) as connection:
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


def approve_disclosure(site: Storage, disclosure_id: str, *, reason: str, dry_run: bool = False) -> Disclosure:
    """A person answers for the ground and the scope of a disclosure.

    Raises DisclosureUnknown, DisclosureClosed; DisclosureNeedsSecond where the policy asks for two people.
    """
    reason = checked_text(N_("reason"), reason, N_('say what was checked: --reason "WHAT".'))
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        disclosure = unclosed(connection, site, disclosure_id)
        require_known_settings(connection, site)
        needs_two = TwoPersonAct.EXPORT_UNREDACTED in site.settings.policy.two_person
        if needs_two and site.actor.account == disclosure.opened_by:
            raise DisclosureNeedsSecond(id=disclosure.id, account=disclosure.opened_by)
        approved = replace(disclosure, approved=site.clock.now(), approved_by=site.actor.account)
        update_disclosure(connection, approved)
        _log(connection, site, Act.DISCLOSURE_APPROVED, approved, reason=reason)
    return approved


def package_built(connection: Connection, disclosure: Disclosure, package: ExportId) -> None:
    """Enter the package that was made for a disclosure, in the caller's transaction."""
    update_disclosure(connection, replace(disclosure, package=package))


def handed_over(connection: Connection, site: Storage, disclosure: Disclosure, method: Method) -> Disclosure:
    """Enter that an authority's package left, in the caller's transaction; a lease without an end gets one."""
    at = site.clock.now()
    until = disclosure.lease_end or lease_end(disclosure.recipient, at, site.settings.site.timezone)
    now = replace(disclosure, handed=Handing(at, site.actor.account, method), lease_end=until)
    update_disclosure(connection, now)
    _log(connection, site, Act.DISCLOSURE_HANDED, now)
    return now


def given_to_subject(
    connection: Connection, site: Storage, package: ExportId, request_id: str, scope: tuple[tuple[CameraId, ...], Span],
    recipient: Recipient, method: Method, until: datetime | None,
) -> Disclosure:  # fmt: skip
    """Enter that a request's package was handed over, in the caller's transaction; the row does not name the subject.

    Without an end, `until`, the copy is the recipient's own: nothing is expected back, and the disclosure ends at once.
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
        handed=Handing(now, site.actor.account, method),
        lease_end=until,
        closed=now if kept_by_recipient else None,
        closed_by=site.actor.account if kept_by_recipient else None,
        ending=DisclosureClosure.HANDED if kept_by_recipient else None,
    )
    insert_disclosure(connection, disclosure)
    _log(connection, site, Act.DISCLOSURE_HANDED, disclosure)
    return disclosure


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

    Raises DisclosureUnknown, DisclosureClosed, EndingUnfit, LeaseRunning; ReleaseAsked, and ends nothing, while the
    policy requires a second person.
    """
    reason = checked_text(N_("reason"), reason, N_('say how it ended: --reason "HOW".'))
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
        raise EndingUnfit(id=disclosure.id, ending=ending.value, state=disclosure.state)
    if ending is DisclosureClosure.HANDED and disclosure.lease_end is not None and disclosure.recipient in LENT:
        until = disclosure.lease_end.astimezone(site.settings.site.timezone)
        raise LeaseRunning(id=disclosure.id, recipient=disclosure.recipient, until=f"{until:%d/%m/%Y}")


def _texts(receiver: Receiver) -> tuple[str, ...]:
    return receiver.authority, receiver.officer, receiver.reference, receiver.basis


def _log(connection: Connection, site: Storage, act: Act, disclosure: Disclosure, reason: str | None = None) -> None:
    facts: dict[str, str | int | list[str]] = {
        "recipient": disclosure.recipient.value,
        "duty": disclosure.duty.value,
        "cameras": list(disclosure.cameras),
        "span": str(disclosure.span),
    }
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
