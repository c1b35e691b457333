"""The rows of every register, from what the other modules recorded.

Responsible for which value is in which column.  Dates are local, in ISO format, so that a spreadsheet sorts them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from cctv.access.deputies import all_deputyships, all_exceptions
from cctv.audit.log import append_entry
from cctv.cases.compliance.breaches import list_breaches
from cctv.cases.compliance.checks import list_checks, list_declarations, list_reviews
from cctv.cases.compliance.deadlines import clocks
from cctv.cases.compliance.grants import list_grants
from cctv.cases.compliance.processors import list_processors
from cctv.cases.disclosures.disclosures import list_disclosures
from cctv.cases.incident_queries import select_incidents
from cctv.cases.registers.addressees import addressees, reachable_people
from cctv.cases.registers.processing import camera_register, processing_register
from cctv.cases.registers.register import Register, RegisterName
from cctv.cases.requests.queries import select_requests
from cctv.cases.text_input import ERASED
from cctv.core.i18n import N_, Language, Message, enum_label, join_messages
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.holds.store import all_holds
from cctv.model.audit import Act
from cctv.model.cases import RequestType
from cctv.model.compliance import Notice, NoticeRecipient, Processor, SubProcessor, WorkstationCheck
from cctv.model.disclosures import Disclosure, Duty


def make_register(site: Storage, name: RegisterName, language: Language = Language.EN) -> Register:
    """One register, ended entries too; `language` is that of texts which come from no row."""
    if name is RegisterName.PROCESSING:
        return processing_register(site.settings, list_processors(site), language)
    if name is RegisterName.CAMERAS:
        return camera_register(site.settings, list_declarations(site), language)
    return _MAKERS[name](site)


def made_register(site: Storage, name: RegisterName, language: Language = Language.EN) -> Register:
    """The same for a person who views it, with an audit entry."""
    register = make_register(site, name, language)
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, Act.REGISTER_SHOWN, name.value, facts={"rows": len(register.rows)})
    return register


def _requests(site: Storage) -> Register:
    """Requests of every type but complaints, which have a register of their own."""
    return _requests_of_type(site, RegisterName.REQUESTS, lambda kind: kind is not RequestType.COMPLAINT)


def _complaints(site: Storage) -> Register:
    return _requests_of_type(site, RegisterName.COMPLAINTS, lambda kind: kind is RequestType.COMPLAINT)


def _requests_of_type(site: Storage, name: RegisterName, includes: Callable[[RequestType], bool]) -> Register:
    """With the requester's name until the request is anonymised; an erasure is when it is closed."""
    zone = site.settings.site.timezone
    with read_transaction(site.engine) as connection:
        requests = [request for request in select_requests(connection, closed_too=True) if includes(request.type)]
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
        (request.id, enum_label(request.type), request.requester.name if request.requester else ERASED,
         _at(request.received, zone)[:10], _at(request.due, zone)[:10], enum_label(request.state),
         enum_label(request.outcome) if request.outcome else "", enum_label(request.ground) if request.ground else "",
         _at(request.answered, zone), _at(request.closed, zone), ", ".join(request.cameras))
        for request in requests
    )  # fmt: skip
    return Register(name, columns, tuple(rows))


def _disclosures(site: Storage) -> Register:
    """To data subjects and to authorities; with the recipient's name until the row is anonymised."""
    zone = site.settings.site.timezone
    columns = ("id", "recipient", "authority", "country", "officer", "reference", "basis", "case", "cameras", "from",
               "to", "method", "handed_over", "receipt", "lease_end", "end")  # fmt: skip
    rows = (
        (disclosure.id, enum_label(disclosure.recipient), _authority(disclosure), disclosure.receiver.country,
         disclosure.receiver.officer,
         disclosure.receiver.reference, _basis(disclosure), disclosure.case_id or "", ", ".join(disclosure.cameras),
         *_span(disclosure.span, zone), enum_label(disclosure.handed.method) if disclosure.handed else "",
         _at(disclosure.handed.at, zone) if disclosure.handed else "", _at(disclosure.receipt, zone)[:10],
         _at(disclosure.lease_end, zone)[:10], enum_label(disclosure.ending) if disclosure.ending else "")
        for disclosure in list_disclosures(site, closed_too=True)
    )  # fmt: skip
    return Register(RegisterName.DISCLOSURES, columns, tuple(rows))


def _when(whom: NoticeRecipient, at: datetime, zone: ZoneInfo) -> Message:
    return join_messages((whom, _at(at, zone)), between=" ")


def _told(notice: Notice, zone: ZoneInfo) -> Message:
    return join_messages((_when(notice.whom, notice.sent, zone), notice.way), between=", ")


def _basis(disclosure: Disclosure) -> str:
    return (
        N_("{duty}: {basis}", duty=disclosure.duty, basis=disclosure.receiver.basis)
        if disclosure.receiver.basis
        else enum_label(disclosure.duty)
    )


def _authority(disclosure: Disclosure) -> str:
    return disclosure.receiver.authority or ("" if disclosure.duty is Duty.RIGHT else ERASED)


def _incidents(site: Storage) -> Register:
    with read_transaction(site.engine) as connection:
        incidents = select_incidents(connection, settled_too=True)
    zone = site.settings.site.timezone
    columns = ("id", "kind", "what", "place", "police_reference", "cameras", "from", "to", "opened", "opened_by",
               "settled", "settled_by")  # fmt: skip
    rows = (
        (incident.id, enum_label(incident.kind), incident.title or ERASED, incident.place or "",
         incident.police_reference or "", ", ".join(incident.cameras), *_span(incident.span, zone),
         _at(incident.opened, zone), incident.opened_by, _at(incident.settled, zone), incident.settled_by or "")
        for incident in incidents
    )  # fmt: skip
    return Register(RegisterName.INCIDENTS, columns, tuple(rows))


def _holds(site: Storage) -> Register:
    zone = site.settings.site.timezone
    with read_transaction(site.engine) as connection:
        holds = all_holds(connection)
    columns = ("id", "ground", "cameras", "from", "to", "placed", "placed_by", "review", "released", "released_by")
    rows = (
        (hold.id, hold.ground.case_id, ", ".join(sorted(hold.cameras)), *_span(hold.span, zone), _at(hold.placed, zone),
         hold.placed_by, _at(hold.review, zone), _at(hold.released, zone), hold.released_by or "")
        for hold in holds
    )  # fmt: skip
    return Register(RegisterName.HOLDS, columns, tuple(rows))


def _breaches(site: Storage) -> Register:
    zone = site.settings.site.timezone
    columns = ("id", "state", "role", "risk", "aware", "people", "to_tell", "told", "measures", "closed")
    rows = []
    for breach in list_breaches(site, closed_too=True):
        owed = join_messages((_when(deadline.whom, deadline.due, zone) for deadline in clocks(breach)), between="; ")
        informed = join_messages((_told(notice, zone) for notice in breach.notices), between="; ")
        people = N_("unknown") if breach.people is None else str(breach.people)
        state = N_("suspected") if breach.suspected else N_("certain")
        measures = N_("yes") if breach.measures else N_("no")
        rows.append((breach.id, state, enum_label(breach.role), enum_label(breach.risk), _at(breach.aware, zone),
                     people, owed, informed, measures, _at(breach.closed, zone)))  # fmt: skip
    return Register(RegisterName.BREACHES, columns, tuple(rows))


def _processors(site: Storage) -> Register:
    columns = ("id", "name", "service", "country", "contract", "audited", "sub_processors", "ended", "end")
    processors = list_processors(site)
    rows = tuple(
        (processor.id, processor.name or ERASED, processor.service, processor.country, _day(processor.contract),
         _day(processor.audited),
         join_messages((_sub_processor(sub) for sub in processor.sub_processors), between="; "), _day(processor.ended),
         enum_label(processor.end) if processor.end else "")
        for processor in processors
    )  # fmt: skip
    return Register(RegisterName.PROCESSORS, columns, rows, tuple(_lacking(processors)))


def _sub_processor(sub_processor: SubProcessor) -> str:
    agreed = _day(sub_processor.agreed) or N_("not agreed")
    return N_(
        "{name} ({country}, {agreed})", name=sub_processor.name or ERASED, country=sub_processor.country, agreed=agreed
    )


def _lacking(processors: Iterable[Processor]) -> Iterator[str]:
    for processor in processors:
        if processor.ended is not None:
            continue
        if processor.contract is None:
            following = f"cctv processor audited {processor.id} --on DATE --contract DATE"
            yield N_("{id}: no contract (Article 28(3) GDPR): {following}", id=processor.id, following=following)
        for sub in processor.sub_processors:
            if sub.agreed is None:
                line = f'cctv processor engage {processor.id} "{sub.name}" --country {sub.country} --agreed DATE'
                yield N_(
                    "{id}: nobody agreed to {name} (Article 28(2) GDPR): {following}",
                    id=processor.id,
                    name=sub.name,
                    following=line,
                )


def _grants(site: Storage) -> Register:
    zone = site.settings.site.timezone
    columns = (
        *("id", "account", "permission", "briefed", "confidentiality"),
        *("granted", "granted_by", "until", "withdrawn"),
    )
    rows: list[tuple[str, ...]] = [
        (grant.id, grant.account, enum_label(grant.permission), _day(grant.briefed), _day(grant.confidentiality),
         _at(grant.granted, zone), grant.granted_by, _day(grant.until), _at(grant.withdrawn, zone))
        for grant in list_grants(site, withdrawn_too=True)
    ]  # fmt: skip
    with read_transaction(site.engine) as connection:
        deputies, exceptions = all_deputyships(connection), all_exceptions(connection)
    rows += [
        (deputy.id, deputy.account, N_("deputy: {role}", role=deputy.role), "", "",
         _at(deputy.named, zone), deputy.named_by, _day(deputy.until), _at(deputy.withdrawn, zone))
        for deputy in deputies
    ]  # fmt: skip
    rows += [
        (given.id, given.account, N_("handles {case} (Article 38(6) GDPR)", case=given.case_id), "", "",
         _at(given.given, zone), given.given_by, _day(given.until), _at(given.withdrawn, zone))
        for given in exceptions
    ]  # fmt: skip
    return Register(RegisterName.GRANTS, columns, tuple(sorted(rows, key=lambda row: row[0])))


def _declarations(site: Storage) -> Register:
    columns = ("kind", "declared", "reference", "recorded_by")
    rows = (
        (enum_label(declaration.kind), _day(declaration.on), declaration.reference, declaration.recorded_by)
        for declaration in list_declarations(site)
    )
    return Register(RegisterName.DECLARATIONS, columns, tuple(rows))


def _workstations(site: Storage) -> Register:
    columns = ("id", "checked", "checker", "found", "recorded_by")
    rows = (
        (check.id, _day(check.on), check.checker or ERASED, _finding(check), check.recorded_by)
        for check in list_checks(site)
    )
    return Register(RegisterName.WORKSTATIONS, columns, tuple(rows))


def _reviews(site: Storage) -> Register:
    columns = ("id", "kind", "done", "done_by", "report", "due", "purpose", "criteria")
    rows = (
        (review.id, enum_label(review.kind), _day(review.on), review.by or ERASED, review.report or ERASED,
         _day(review.due), review.purpose or "", join_messages(review.triggers))
        for review in list_reviews(site)
    )  # fmt: skip
    return Register(RegisterName.REVIEWS, columns, tuple(rows))


def _addressees(site: Storage) -> Register:
    return addressees(reachable_people(site))


def _finding(check: WorkstationCheck) -> str:
    return "" if check.found is None else check.found or ERASED


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
    RegisterName.REVIEWS: _reviews,
    RegisterName.ADDRESSEES: _addressees,
}
