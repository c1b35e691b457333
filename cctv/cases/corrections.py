"""Corrects what was typed wrong of a request or a disclosure: who, where, when and what.  `incidents` has its own.

Every correction has a reason and an audit entry in its transaction.  The entry names the fields, and has the old value
and the new one of what is no personal data; of names, addresses and free text it has neither.  Deadlines, holds and
blocks follow the corrected facts:

1. the hold over the corrected cameras and span is placed
2. then the one that it replaces is released; where that keeps other footage, by the rule of two persons
3. an instruction of the controller about another right or other footage is void
4. a block moves with the scope; where the type changes it stays until somebody decides that it ends

A decision that rests on a fact keeps it from being corrected.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cctv.access.second_factor import require_code
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.disclosures.disclosures import find_disclosure, require_registered, unclosed
from cctv.cases.disclosures.grounds import check_receiver
from cctv.cases.disclosures.queries import update_disclosure
from cctv.cases.errors.incidents import CorrectionLate
from cctv.cases.errors.requests import ReceivedLater
from cctv.cases.footage_status import footage_status, request_footage
from cctv.cases.holds import Corrected, MovedHold, follow_names, move_hold, remove_replaced
from cctv.cases.requests.blocks import place_block
from cctv.cases.requests.deadlines import corrected_due, extended
from cctv.cases.requests.lifecycle import Transition, find_request, load_for_transition
from cctv.cases.requests.needs import instruction_left
from cctv.cases.requests.open import check_party, replaced_party, role_unknown
from cctv.cases.requests.queries import (
    extension_of,
    letters_of,
    put_party,
    set_extension_due,
    set_facts,
    set_instruction,
    set_scope,
)
from cctv.cases.requests.scope import check_asked, freezes, lapses_otherwise, refreeze
from cctv.cases.text_input import changed_fields, checked_text, field_label, given_of, logged_facts
from cctv.cases.two_person import BUILT
from cctv.config.schema import SecondFactorUse, Settings
from cctv.core.clock import start_of_day
from cctv.core.i18n import N_, Language, join_messages
from cctv.core.time_range import Span
from cctv.db.engine import write_transaction
from cctv.db.storage import Storage
from cctv.holds.store import holds_of, renew
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest, RequestState, RequestType
from cctv.model.disclosures import Disclosure
from cctv.model.holds import Ground, GroundKind
from cctv.model.ids import CameraId
from cctv.model.legal import Area
from cctv.model.requests import Channel, Extension, Party, Relation, RequesterRole

_DECIDED = ("type", "received", "cameras", "span")  # of a request: what its decision and its answer rest on
_ASKED = frozenset({"type", "received", "span"})  # of a request: whether a copy can be asked of that footage
_WHY = N_('say what was wrong: --reason "WHY".')


@dataclass(frozen=True, slots=True)
class RequestCorrection:
    """What a request should say; None where it is right.  Name and addresses are those of `role`, else the subject."""

    role: RequesterRole | None = None
    name: str | None = None
    contact: str | None = None
    deliver_to: str | None = None
    received: date | None = None
    type: RequestType | None = None
    cameras: tuple[CameraId, ...] | None = None
    span: Span | None = None
    language: Language | None = None
    relation: Relation | None = None
    channel: Channel | None = None
    under_16: bool | None = None


@dataclass(frozen=True, slots=True)
class DisclosureCorrection:
    """What a disclosure should say; None where it is right."""

    authority: str | None = None
    officer: str | None = None
    reference: str | None = None
    country: str | None = None
    order_by: str | None = None
    order_number: str | None = None
    order_on: str | None = None
    law: str | None = None
    consent_of: str | None = None
    consent_on: str | None = None
    consent_record: str | None = None
    cameras: tuple[CameraId, ...] | None = None
    span: Span | None = None


def correct_request(
    site: Storage, request_id: str, correction: RequestCorrection, *, reason: str, dry_run: bool = False
) -> Corrected[AccessRequest]:
    """Correct a request; its deadline, hold, block and the checks of identity follow.

    Raises RequestUnknown, RequestClosed, MoveRefused, NothingCorrected, CorrectionLate, RoleUnknown, ReceivedLater,
    FootageToCome, FootageAfterReceipt, TextUnusable, NationalNumberTyped.
    """
    reason, zone = checked_text(N_("reason"), reason, _WHY), site.settings.site.timezone
    if correction.cameras or correction.span or correction.type:  # its hold moves
        require_code(site, SecondFactorUse.RELEASE, dry_run=dry_run)
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        before = load_for_transition(connection, site, request_id, Transition.CORRECT)
        extension = extension_of(connection, before.id)
        after = corrected_request(before, correction, extension, site.clock.now(), site.settings)
        after = follow_names(connection, site, before, after)
        old, new = _request_facts(before, zone), _request_facts(after, zone)
        fields = changed_fields(before.id, old, new)
        if before.state is not RequestState.OPEN:
            _refuse_late(before.id, before.state, fields, _DECIDED)
        facts = logged_facts(fields, old, new)
        append_entry(connection, site, Act.REQUEST_CORRECTED, before.id, case_id=before.id, facts=facts, reason=reason)
        _store_request(connection, before, after, extension, zone)
        if not _ASKED.isdisjoint(fields):
            check_asked(after.type, after.span, after.received, site.clock.now(), zone)
        moved = None if dry_run else _follow(connection, site, before, after, reason)
        after = after if dry_run else find_request(connection, after.id)  # with the 72 hours that its hold has now
        footage = request_footage(connection, site, after)
        letters = bool(letters_of(connection, after.id))
    remove_replaced(site, moved)
    return Corrected(after, fields, moved, footage, letters)


def corrected_request(
    request: AccessRequest,
    correction: RequestCorrection,
    extension: Extension | None,
    now: datetime,
    settings: Settings,
) -> AccessRequest:
    """The request as a correction makes it, with its deadline.  Pure.

    Raises RoleUnknown, ReceivedLater, TextUnusable, NationalNumberTyped.
    """
    received, due, zone = request.received, request.due, settings.site.timezone
    if correction.received is not None and correction.received != received.astimezone(zone).date():
        if correction.received > request.opened.astimezone(zone).date():
            raise ReceivedLater(when=correction.received)
        received = start_of_day(correction.received, zone)
        due = corrected_due(received, extension, zone)
    corrected = replace(
        request,
        parties=_corrected_parties(request, correction, settings.policy.area, now),
        received=received,
        due=due,
        type=correction.type or request.type,
        cameras=correction.cameras or request.cameras,
        span=correction.span or request.span,
        language=correction.language or request.language,
        relation=correction.relation or request.relation,
        channel=correction.channel or request.channel,
        under_16=request.under_16 if correction.under_16 is None else correction.under_16,
    )
    return replace(corrected, instruction=instruction_left(request, corrected))


def correct_disclosure(
    site: Storage, disclosure_id: str, correction: DisclosureCorrection, *, reason: str, dry_run: bool = False
) -> Corrected[Disclosure]:
    """Correct a disclosure that is not ended; its hold follows, and an approval of what it said before is void.

    Raises DisclosureUnknown, DisclosureOfRequest, DisclosureClosed, NothingCorrected; CorrectionLate for what was built
    or shown; what `check_receiver` raises.
    """
    reason = checked_text(N_("reason"), reason, _WHY)
    if correction.cameras or correction.span:  # its hold moves
        require_code(site, SecondFactorUse.RELEASE, dry_run=dry_run)
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        before = _correctable(connection, site, disclosure_id)
        today = site.clock.now().astimezone(site.settings.site.timezone).date()
        after = corrected_disclosure(before, correction, site.settings.policy.area, today)
        after = follow_names(connection, site, before, after)
        old, new = _disclosure_facts(before), _disclosure_facts(after)
        fields = changed_fields(before.id, old, new)
        if before.package is not None or before.handed is not None:
            _refuse_late(before.id, before.state, fields, BUILT)
        facts, case_id = logged_facts(fields, old, new), before.case_id or before.id
        append_entry(connection, site, Act.DISCLOSURE_CORRECTED, before.id, case_id=case_id, facts=facts, reason=reason)
        update_disclosure(connection, after)
        ground = Ground(GroundKind.DISCLOSURE, before.id)
        moved = move_hold(connection, site, ground, before, after, reason)
        footage = footage_status(connection, site, after.cameras, after.span)
    remove_replaced(site, moved)
    return Corrected(after, fields, moved, footage)


def corrected_disclosure(
    disclosure: Disclosure, correction: DisclosureCorrection, area: Area, today: date
) -> Disclosure:
    """The disclosure as a correction makes it; without its approval where that rested on what changed.  Pure.

    Raises what `check_receiver` raises.
    """
    texts = {name: text for name, text in given_of(correction).items() if name not in ("cameras", "span")}
    receiver = disclosure.receiver
    if texts:
        receiver = check_receiver(disclosure.duty, replace(receiver, **texts), area, today)
    after = replace(
        disclosure,
        receiver=receiver,
        cameras=correction.cameras or disclosure.cameras,
        span=correction.span or disclosure.span,
    )
    old, new = _disclosure_facts(disclosure), _disclosure_facts(after)
    if any(old[name] != new[name] for name in BUILT):
        return replace(after, approved=None, approved_by=None)
    return after


def _correctable(connection: Connection, site: Storage, disclosure_id: str) -> Disclosure:
    """One that is not ended and that somebody registered: a request's copy has no ground of its own to correct."""
    disclosure = find_disclosure(connection, disclosure_id)
    require_registered(disclosure)
    return unclosed(connection, site, disclosure.id)


def _corrected_parties(
    request: AccessRequest, correction: RequestCorrection, area: Area, now: datetime
) -> tuple[Party, ...]:
    if correction.name is None and correction.contact is None and correction.deliver_to is None:
        return request.parties
    role = correction.role or RequesterRole.SUBJECT
    before = request.party(role)
    if before is None:
        raise role_unknown(request, role)
    typed = replace(
        before,
        name=before.name if correction.name is None else correction.name,
        contact=before.contact if correction.contact is None else correction.contact,
        deliver_to=before.deliver_to if correction.deliver_to is None else correction.deliver_to,
    )
    after = replaced_party(before, check_party(typed, area), now)
    return tuple(after if party is before else party for party in request.parties)


def _store_request(
    connection: Connection, before: AccessRequest, after: AccessRequest, extension: Extension | None, zone: ZoneInfo
) -> None:
    set_facts(connection, after)
    set_scope(connection, after.id, after.cameras, after.span)
    set_instruction(connection, after.id, after.instruction)
    for party in after.parties:
        if party not in before.parties:
            put_party(connection, after.id, party)
    if extension is not None and after.received != before.received:
        until = after.due if extension.sent is not None else extended(after.received, zone)
        set_extension_due(connection, after.id, until)


def _follow(
    connection: Connection, site: Storage, before: AccessRequest, after: AccessRequest, reason: str
) -> MovedHold | None:
    """Let the hold and the blocks of a request follow what was corrected, the stricter protection first."""
    moved = None
    scope_moved = (before.cameras, before.span) != (after.cameras, after.span)
    if after.has_scope and (scope_moved or lapses_otherwise(before, after)):
        moved = MovedHold(*refreeze(connection, site, before, after, reason))
    elif before.due != after.due:
        for hold in holds_of(connection, before.id):
            if freezes(hold, before) and hold.review == before.due:
                renew(connection, site, hold, after.due, reason=reason)
    if before.type is not after.type:
        place_block(connection, site, after)
    return moved


def _request_facts(request: AccessRequest, zone: ZoneInfo) -> AuditFacts:
    return {
        "name": [party.name for party in request.parties],
        "contact": [party.contact for party in request.parties],
        "deliver_to": [party.deliver_to or "" for party in request.parties],
        "received": str(request.received.astimezone(zone).date()),
        "due": str(request.due.astimezone(zone).date()),
        "type": request.type.value,
        "cameras": list(request.cameras),
        "span": str(request.span) if request.span else "not known",
        "language": request.language.value,
        "relation": request.relation.value,
        "channel": request.channel.value if request.channel else "not recorded",
        "under_16": str(request.under_16).lower(),
    }


def _disclosure_facts(disclosure: Disclosure) -> AuditFacts:
    receiver = disclosure.receiver
    return {
        "authority": receiver.authority,
        "officer": receiver.officer,
        "reference": receiver.reference,
        "country": receiver.country,
        "basis": receiver.basis,
        "cameras": list(disclosure.cameras),
        "span": str(disclosure.span),
    }


def _refuse_late(case_id: str, state: Enum, changed: Iterable[str], settled: Iterable[str]) -> None:
    late = [field_label(name) for name in changed if name in set(settled)]
    if late:
        raise CorrectionLate(id=case_id, state=state, fields=join_messages(late))
