"""The agenda: everything that is due, the first due first, each item with the command that deals with it.

`board` reads what open cases and registers hold, at the cost of what is open; the functions for each kind of item are
pure.  An item names no requester.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cctv.cases.compliance.breaches import list_breaches
from cctv.cases.compliance.checks import list_declarations
from cctv.cases.compliance.deadlines import clocks, declaration_due, reviews_due, workstations_due
from cctv.cases.compliance.queries import last_check_on, select_reviews
from cctv.cases.disclosures.queries import select_disclosures
from cctv.cases.incident_queries import first_recorded
from cctv.cases.requests.deadlines import pass_on_by
from cctv.cases.requests.needs import step_label
from cctv.cases.requests.next_steps import RequestFacts, missing, next_line, open_facts
from cctv.config.schema import Settings
from cctv.core.clock import end_of_day
from cctv.core.i18n import N_, enum_label, join_messages
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage
from cctv.holds.store import holds_in_force
from cctv.model.compliance import Breach, ReviewKind
from cctv.model.disclosures import Disclosure
from cctv.model.holds import GroundKind, Hold

ROTATE = timedelta(days=180)  # docs/policies/000.txt: "op regelmatige basis", no period: twice a year
LEASE_AHEAD = timedelta(days=7)  # time for a letter and its answer before the copy is late
REVIEW_AHEAD = timedelta(days=60)  # a penetration test is ordered weeks ahead
HOLD_AHEAD = timedelta(days=14)  # a review further away needs no work yet
_REQUESTED = {GroundKind.REQUEST, GroundKind.RESTRICTION, GroundKind.OBJECTION}  # their holds follow the request


class AgendaKind(Enum):
    """What an item is about.  The value is written to JSON; never rename one."""

    REQUEST = "request"
    PASS_ON = "pass-on"
    LAPSE = "lapse"
    BREACH = "breach"
    HOLD = "hold"
    LEASE = "lease"
    DECLARATION = "declaration"
    CREDENTIAL = "credential"
    WORKSTATIONS = "workstations"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is due.

    `missing` are the labels of the steps, `line` is the next command.  `footage_until` is when the footage of a request
    would begin to expire if nothing held it; None for other kinds, and where its cameras or its time are not known.
    """

    kind: AgendaKind
    id: str
    due: datetime
    what: str
    line: str
    missing: tuple[str, ...] = ()
    footage_until: datetime | None = None


def request_items(facts: Iterable[RequestFacts], settings: Settings, now: datetime) -> Iterator[Item]:
    """Every open request with what is missing."""
    for case in facts:
        request, steps = case.request, missing(case, now)
        steps_missing = tuple(step_label(step) for step in steps)
        line = next_line(case, now) or f"cctv request show {request.id}"
        until = [
            request.span.start + settings.limit_for(settings.cameras[camera].zone)
            for camera in request.cameras
            if camera in settings.cameras and request.span is not None
        ]
        what = join_messages((request.type, request.state))
        yield Item(AgendaKind.REQUEST, request.id, request.due, what, line, steps_missing, min(until, default=None))


def pass_on_items(facts: Iterable[RequestFacts], now: datetime, zone: ZoneInfo) -> Iterator[Item]:
    """Requests of which the controller must still be told, on a site that records for a customer."""
    for case in facts:
        if case.waits_for_controller:
            by = pass_on_by(case.request.received, zone)
            line = next_line(case, now) or f"cctv request show {case.request.id}"
            yield Item(AgendaKind.PASS_ON, case.request.id, by, N_("pass it on to the controller, who decides"), line)


def lapse_items(facts: Iterable[RequestFacts], now: datetime) -> Iterator[Item]:
    """Requests over more than a day of footage that nobody confirmed, from their first day until one is confirmed.

    Due when the provisional hold lapses; one that lapsed stays listed, as late.
    """
    for case in facts:
        request, until = case.request, case.request.lapses
        if until is None:
            continue
        what = (
            N_("nothing keeps its footage any more: nobody confirmed more than a day of it")
            if request.has_lapsed(now)
            else N_("its footage is kept until then only: nobody confirmed more than a day of it")
        )
        line = N_('cctv request confirm {id} --reason "..."  (or scope)', id=request.id)
        yield Item(AgendaKind.LAPSE, request.id, until, what, line)


def breach_items(breaches: Iterable[Breach]) -> Iterator[Item]:
    """Each notification of a breach that is still owed."""
    for breach in breaches:
        for deadline in clocks(breach):
            if deadline.sent is None:
                line = f"cctv breach tell {breach.id} --whom {deadline.whom.value} --how mail"
                yield Item(AgendaKind.BREACH, breach.id, deadline.due, N_("tell the {whom}", whom=deadline.whom), line)


def hold_items(holds: Iterable[Hold], now: datetime) -> Iterator[Item]:
    """Holds whose review is near or past; those of requests are on the agenda with their request."""
    for hold in holds:
        if hold.ground.kind not in _REQUESTED and hold.review <= now + HOLD_AHEAD:
            line = N_('cctv hold renew {id} --review 30d --reason "..."  (or release)', id=hold.id)
            yield Item(AgendaKind.HOLD, hold.id, hold.review, N_("review, for {case}", case=hold.ground.case_id), line)


def lease_items(disclosures: Iterable[Disclosure]) -> Iterator[Item]:
    """Delivered copies that must come back or be destroyed."""
    for disclosure in disclosures:
        if disclosure.lease_end is not None and disclosure.closed is None and disclosure.handed is not None:
            what = N_("copy of {recipient} to be returned or destroyed", recipient=disclosure.recipient)
            line = N_('cctv disclosure end {id} --how returned --reason "..."  (or destroyed)', id=disclosure.id)
            yield Item(AgendaKind.LEASE, disclosure.id, disclosure.lease_end, what, line)


def declaration_item(due: date | None, zone: ZoneInfo) -> Iterator[Item]:
    """The next declaration of the cameras (BE)."""
    if due is not None:
        line = "cctv register declare --kind yearly --on DATE --reference NUMBER"
        what = N_("declare the cameras to the police")
        yield Item(AgendaKind.DECLARATION, "cameras", end_of_day(due, zone), what, line)


def workstations_item(due: date | None, zone: ZoneInfo) -> Iterator[Item]:
    """The next check of the workstations."""
    if due is not None:
        what = N_("check that no copy of footage is left on a workstation")
        line = N_(
            "cctv register workstation-check --on DATE --checker NAME --clean"
            "  (the form: cctv register workstation-form --to FILE)"
        )
        yield Item(AgendaKind.WORKSTATIONS, "workstations", end_of_day(due, zone), what, line)


def review_items(due: Mapping[ReviewKind, date], now: datetime, zone: ZoneInfo) -> Iterator[Item]:
    """What is repeated each year, from two months before it is due."""
    for kind, day in due.items():
        if end_of_day(day, zone) <= now + REVIEW_AHEAD:
            line = N_("cctv register review --kind {kind} --on DATE --by NAME --report WHERE", kind=kind.value)
            yield Item(AgendaKind.REVIEW, kind.value, end_of_day(day, zone), enum_label(kind), line)


def credential_items(rotated: Sequence[tuple[str, date | None]], now: datetime, zone: ZoneInfo) -> Iterator[Item]:
    """Passwords that are due for a change; today where no last change is recorded (None)."""
    today = now.astimezone(zone).date()
    for name, last in rotated:
        due = last + ROTATE if last is not None else today
        what = (
            N_("change the camera's password")
            if last is not None
            else N_("write down when the password was last changed")
        )
        line = N_("rotated = {today:%Y-%m-%d} in the credentials file", today=today)
        yield Item(AgendaKind.CREDENTIAL, name, end_of_day(due, zone), what, line)


def board(site: Storage, rotated: Sequence[tuple[str, date | None]]) -> tuple[Item, ...]:
    """Everything owed, the first due first.  `rotated` are the credentials and when each was last changed."""
    settings, now = site.settings, site.clock.now()
    zone = settings.site.timezone
    with read_transaction(site.engine) as connection:
        facts = open_facts(connection, site)
        in_force = holds_in_force(connection)
        disclosures = select_disclosures(connection, closed_too=False)
        first, today = _first_use(connection, site), now.astimezone(zone).date()
        declared = list_declarations(site)
        checked = last_check_on(connection, today)
        reviewed = reviews_due(select_reviews(connection), first)
    items = [
        *request_items(facts, settings, now),
        *pass_on_items(facts, now, zone),
        *lapse_items(facts, now),
        *breach_items(list_breaches(site, closed_too=False)),
        *hold_items(in_force, now),
        *lease_items(disclosures),
        *declaration_item(declaration_due(declared, settings.site.jurisdiction, today, first), zone),
        *workstations_item(workstations_due(checked, first), zone),
        *review_items(reviewed, now, zone),
        *credential_items(rotated, now, zone),
    ]
    return tuple(sorted(items, key=lambda item: (item.due, item.id)))


def _first_use(connection: Connection, site: Storage) -> date | None:
    """The day of the oldest footage that a camera of today ever had."""
    starts = [first_recorded(connection, camera) for camera in site.settings.cameras]
    first = min((start for start in starts if start is not None), default=None)
    return first.astimezone(site.settings.site.timezone).date() if first is not None else None
