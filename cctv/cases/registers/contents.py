"""The rows of every register, from what the other rooms recorded.

Owns what stands in which column.  Dates are the site's, as ISO has them, so that a spreadsheet sorts them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from cctv.audit.log import append_entry
from cctv.cases.compliance.breaches import list_breaches
from cctv.cases.compliance.checks import list_checks, list_declarations
from cctv.cases.compliance.deadlines import clocks
from cctv.cases.compliance.grants import list_grants
from cctv.cases.compliance.processors import list_processors
from cctv.cases.disclosures.disclosures import list_disclosures
from cctv.cases.incident_queries import select_incidents
from cctv.cases.registers.addressees import addressees, everybody
from cctv.cases.registers.processing import camera_register, processing_register
from cctv.cases.registers.register import Register, RegisterName
from cctv.cases.requests.queries import select_requests
from cctv.cases.text_input import ERASED
from cctv.core.i18n import N_, Message, enum_label, join_messages
from cctv.core.language import Language
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.holds.store import all_holds
from cctv.model.audit import Act
from cctv.model.cases import RequestType
from cctv.model.compliance import NoticeRecipient, Processor, SubProcessor, WorkstationCheck
from cctv.model.disclosures import Disclosure, Duty


def make_register(site: Storage, name: RegisterName, language: Language = Language.EN) -> Register:
    """One register as it stands now, ended entries too; `language` is that of phrases which no row has."""
    if name is RegisterName.PROCESSING:
        return processing_register(site.settings, list_processors(site), language)
    if name is RegisterName.CAMERAS:
        return camera_register(site.settings, list_declarations(site), language)
    return _MAKERS[name](site)


def made_register(site: Storage, name: RegisterName, language: Language = Language.EN) -> Register:
    """The same for a person who looks at it: that is in the log."""
    found = make_register(site, name, language)
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, Act.REGISTER_SHOWN, name.value, facts={"rows": len(found.rows)})
    return found


def _requests(site: Storage) -> Register:
    """Requests of every type but complaints, which have a register of their own."""
    return _asked(site, RegisterName.REQUESTS, lambda kind: kind is not RequestType.COMPLAINT)


def _complaints(site: Storage) -> Register:
    return _asked(site, RegisterName.COMPLAINTS, lambda kind: kind is RequestType.COMPLAINT)


def _asked(site: Storage, name: RegisterName, wanted: Callable[[RequestType], bool]) -> Register:
    """The requester's name stands in it until the request is forgotten; an erasure has none any more once closed."""
    zone = site.settings.site.timezone
    with read_transaction(site.engine) as connection:
        found = [one for one in select_requests(connection, closed_too=True) if wanted(one.type)]
    columns = (
        "id",
        "type",
        "requester",
        "received",
        "due",
        "state",
        "outcome",
        "ground",
        "answered",
        "closed",
        "cameras",
    )
    rows = (
        (one.id, enum_label(one.type), one.requester.name if one.requester else ERASED, _at(one.received, zone)[:10],
         _at(one.due, zone)[:10], enum_label(one.state), enum_label(one.outcome) if one.outcome else "",
         enum_label(one.ground) if one.ground else "", _at(one.answered, zone), _at(one.closed, zone),
         ", ".join(one.cameras))
        for one in found
    )  # fmt: skip
    return Register(name, columns, tuple(rows))


def _disclosures(site: Storage) -> Register:
    """To a data subject and to an authority alike; what the receiver is called stands in it until the row is erased."""
    zone = site.settings.site.timezone
    columns = ("id", "recipient", "authority", "officer", "reference", "basis", "case", "cameras", "from", "to",
               "method", "handed_over", "receipt", "lease_end", "end")  # fmt: skip
    rows = (
        (one.id, enum_label(one.recipient), _authority(one), one.receiver.officer, one.receiver.reference,
         _basis(one), one.case_id or "",
         ", ".join(one.cameras), *_span(one.span, zone), enum_label(one.handed.method) if one.handed else "",
         _at(one.handed.at, zone) if one.handed else "", _at(one.receipt, zone)[:10], _at(one.lease_end, zone)[:10],
         enum_label(one.ending) if one.ending else "")
        for one in list_disclosures(site, closed_too=True)
    )  # fmt: skip
    return Register(RegisterName.DISCLOSURES, columns, tuple(rows))


def _when(whom: NoticeRecipient, at: datetime, zone: ZoneInfo) -> Message:
    return join_messages((whom, _at(at, zone)), between=" ")


def _basis(one: Disclosure) -> str:
    return (
        N_("{duty}: {basis}", duty=one.duty, basis=one.receiver.basis) if one.receiver.basis else enum_label(one.duty)
    )


def _authority(one: Disclosure) -> str:
    return one.receiver.authority or ("" if one.duty is Duty.RIGHT else ERASED)


def _incidents(site: Storage) -> Register:
    with read_transaction(site.engine) as connection:
        found = select_incidents(connection, settled_too=True)
    zone = site.settings.site.timezone
    columns = ("id", "kind", "what", "place", "police_reference", "cameras", "from", "to", "opened", "opened_by",
               "settled", "settled_by")  # fmt: skip
    rows = (
        (one.id, enum_label(one.kind), one.title or ERASED, one.place or "", one.police_reference or "",
         ", ".join(one.cameras), *_span(one.span, zone), _at(one.opened, zone), one.opened_by, _at(one.settled, zone),
         one.settled_by or "")
        for one in found
    )  # fmt: skip
    return Register(RegisterName.INCIDENTS, columns, tuple(rows))


def _holds(site: Storage) -> Register:
    zone = site.settings.site.timezone
    with read_transaction(site.engine) as connection:
        found = all_holds(connection)
    columns = ("id", "ground", "cameras", "from", "to", "placed", "placed_by", "review", "released", "released_by")
    rows = (
        (one.id, one.ground.case_id, ", ".join(sorted(one.cameras)), *_span(one.span, zone), _at(one.placed, zone),
         one.placed_by, _at(one.review, zone), _at(one.released, zone), one.released_by or "")
        for one in found
    )  # fmt: skip
    return Register(RegisterName.HOLDS, columns, tuple(rows))


def _breaches(site: Storage) -> Register:
    zone = site.settings.site.timezone
    columns = ("id", "state", "role", "risk", "aware", "people", "to_tell", "told", "measures", "closed")
    rows = []
    for one in list_breaches(site, closed_too=True):
        owed = join_messages((_when(clock.whom, clock.due, zone) for clock in clocks(one)), between="; ")
        told = join_messages((_when(notice.whom, notice.sent, zone) for notice in one.notices), between="; ")
        people = N_("unknown") if one.people is None else str(one.people)
        state = N_("suspected") if one.suspected else N_("certain")
        measures = N_("yes") if one.measures else N_("no")
        rows.append((one.id, state, enum_label(one.role), enum_label(one.risk), _at(one.aware, zone), people, owed, told,
                     measures, _at(one.closed, zone)))  # fmt: skip
    return Register(RegisterName.BREACHES, columns, tuple(rows))


def _processors(site: Storage) -> Register:
    columns = ("id", "name", "service", "country", "contract", "audited", "sub_processors", "ended", "end")
    found = list_processors(site)
    rows = tuple(
        (one.id, one.name or ERASED, one.service, one.country, _day(one.contract), _day(one.audited),
         join_messages((_sub_processor(sub) for sub in one.sub_processors), between="; "),
         _day(one.ended), enum_label(one.end) if one.end else "")
        for one in found
    )  # fmt: skip
    return Register(RegisterName.PROCESSORS, columns, rows, tuple(_lacking(found)))


def _sub_processor(one: SubProcessor) -> str:
    agreed = _day(one.agreed) or N_("not agreed")
    return N_("{name} ({country}, {agreed})", name=one.name or ERASED, country=one.country, agreed=agreed)


def _lacking(found: Iterable[Processor]) -> Iterator[str]:
    for one in found:
        if one.ended is not None:
            continue
        if one.contract is None:
            following = f"cctv processor audited {one.id} --on DATE --contract DATE"
            yield N_("{id}: no contract (Article 28(3) GDPR): {following}", id=one.id, following=following)
        for sub in one.sub_processors:
            if sub.agreed is None:
                line = f'cctv processor engage {one.id} "{sub.name}" --country {sub.country} --agreed DATE'
                yield N_(
                    "{id}: nobody agreed to {name} (Article 28(2) GDPR): {following}",
                    id=one.id,
                    name=sub.name,
                    following=line,
                )


def _grants(site: Storage) -> Register:
    zone = site.settings.site.timezone
    columns = ("id", "account", "permission", "briefed", "confidentiality", "granted", "granted_by", "withdrawn")
    rows = (
        (one.id, one.account, enum_label(one.permission), _day(one.briefed), _day(one.confidentiality),
         _at(one.granted, zone), one.granted_by, _at(one.withdrawn, zone))
        for one in list_grants(site, withdrawn_too=True)
    )  # fmt: skip
    return Register(RegisterName.GRANTS, columns, tuple(rows))


def _declarations(site: Storage) -> Register:
    columns = ("kind", "declared", "reference", "recorded_by")
    rows = ((enum_label(one.kind), _day(one.on), one.reference, one.recorded_by) for one in list_declarations(site))
    return Register(RegisterName.DECLARATIONS, columns, tuple(rows))


def _workstations(site: Storage) -> Register:
    columns = ("id", "checked", "checker", "found", "recorded_by")
    rows = ((one.id, _day(one.on), one.checker or ERASED, _found(one), one.recorded_by) for one in list_checks(site))
    return Register(RegisterName.WORKSTATIONS, columns, tuple(rows))


def _addressees(site: Storage) -> Register:
    return addressees(everybody(site))


def _found(one: WorkstationCheck) -> str:
    return "" if one.found is None else one.found or ERASED


def _span(span: Span, zone: ZoneInfo) -> tuple[str, str]:
    return _at(span.start, zone), _at(span.end, zone)


def _at(instant: datetime | None, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).isoformat(" ", "minutes")[:16] if instant is not None else ""


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


_MAKERS: dict[RegisterName, Callable[[Storage], Register]] = {
    RegisterName.REQUESTS: _requests,
    RegisterName.COMPLAINTS: _complaints,
    RegisterName.DISCLOSURES: _disclosures,
    RegisterName.INCIDENTS: _incidents,
    RegisterName.HOLDS: _holds,
    RegisterName.BREACHES: _breaches,
    RegisterName.PROCESSORS: _processors,
    RegisterName.GRANTS: _grants,
    RegisterName.DECLARATIONS: _declarations,
    RegisterName.WORKSTATIONS: _workstations,
    RegisterName.ADDRESSEES: _addressees,
}
