"""When a request must be answered, and the one extension of that deadline.

Two promises run at once, and the earlier one binds: "binnen 30 dagen na ontvangst" of the published policies, and one
month of Article 12(3) GDPR.  Both are counted as Regulation (EEC, Euratom) No 1182/71, Article 3, says:

* the day of receipt is not counted (3(1)), and the hour of receipt does not matter;
* a period ends with the last hour of its last day (3(2)(b) and (c)), here in the site's time zone;
* a month ends on the same date of the next month, or on its last day where that date does not exist (3(2)(c)).

One extension is "two further months where necessary" (Article 12(3)): two months after the day on which the first
period ends, and never later than three months after receipt.  It needs a reason, and the person must be informed inside
the first period.  The deadline moves when they were informed: a letter that was never sent extends nothing.

A site that records for a customer passes a request on within three days, counted in the same way.  The law has no
number of days for it: the controller's month runs meanwhile, of which nine tenths are then left, and three days span a
weekend.

Article 3(4) would move an end on a Saturday, Sunday or holiday to the next working day.  That grace is not used: the
published promise of 30 days has none, and an answer may always come early.  Never yields a day later than either rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.errors.requests import ExtendedAlready, ExtensionLate, NotExtended, SentLater
from cctv.cases.letters.request_letters import Draft, asked_of, draft, enter
from cctv.cases.requests.lifecycle import Transition, load_for_transition
from cctv.cases.requests.queries import extension_of, insert_extension, mark_extension_sent, set_due
from cctv.cases.requests.questions import require_instructed
from cctv.cases.text_input import checked_text
from cctv.core.clock import calendar_days, end_of_day, months_after, start_of_day
from cctv.core.i18n import N_
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.letters.answers import ExtensionLetter
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest
from cctv.model.requests import Extension, ExtensionGround, InstructedAct, LetterKind

PROMISED = timedelta(days=30)  # docs/policies/000.txt and 002.txt: "binnen 30 dagen na ontvangst"
EXTENSION_MONTHS = 2  # Article 12(3)
PASS_ON = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Extended:
    """A request and its extension; `request.due` is the first deadline until the extension was sent."""

    request: AccessRequest
    extension: Extension


def due_date(received: date) -> date:
    """The last day on which a request received that day may be answered."""
    return min(received + PROMISED, months_after(received, 1))


def due(received: datetime, zone: ZoneInfo) -> datetime:
    """The last second of the last day, for a request received at an instant."""
    return end_of_day(due_date(received.astimezone(zone).date()), zone)


def pass_on_date(received: date) -> date:
    """The last day on which a processor may pass on to its controller what it received that day."""
    return received + PASS_ON


def pass_on_by(received: datetime, zone: ZoneInfo) -> datetime:
    """The last second of that day."""
    return end_of_day(pass_on_date(received.astimezone(zone).date()), zone)


def extended_date(received: date) -> date:
    """The last day once the person was informed of the one extension."""
    return min(months_after(due_date(received), EXTENSION_MONTHS), months_after(received, 1 + EXTENSION_MONTHS))


def extended(received: datetime, zone: ZoneInfo) -> datetime:
    """The last second of that day."""
    return end_of_day(extended_date(received.astimezone(zone).date()), zone)


def corrected_due(received: datetime, extension: Extension | None, zone: ZoneInfo) -> datetime:
    """When a request must be answered, once its receipt was corrected.  Pure.

    An extension counts where the person was told of it inside the first period, as that now runs.
    """
    first = due(received, zone)
    if extension is None or extension.sent is None or extension.sent > first:
        return first
    return extended(received, zone)


def days_left(due_at: datetime, now: datetime, zone: ZoneInfo) -> int:
    """Days until the last day: 0 on that day itself, negative after it."""
    return calendar_days(now, due_at, zone)


def plan_extension(site: Storage, request_id: str, ground: ExtensionGround, *, reason: str) -> Extended:
    """What `extend` would decide; raises what that raises."""
    _checked_reason(reason)
    with read_transaction(site.engine) as connection:
        return _decide(connection, site, request_id, ground)


def extend(
    site: Storage, request_id: str, ground: ExtensionGround, *, reason: str, with_letter: bool = True
) -> Extended:
    """Decide on the one extension and make its letter; it takes effect once `mark_sent` records it as sent.

    Raises RequestUnknown, RequestClosed, MoveRefused, NotInstructed, ExtendedAlready, ExtensionLate; SenderUnknown
    for the letter.
    """
    reason = _checked_reason(reason)
    planned = plan_extension(site, request_id, ground, reason=reason)
    letter = _letter(site, planned, reason) if with_letter else None
    with write_transaction(site.engine) as connection:
        decided = _decide(connection, site, request_id, ground)
        insert_extension(connection, decided.request.id, decided.extension)
        if letter is not None:
            enter(connection, site, decided.request, letter)
        zone = site.settings.site.timezone
        facts: AuditFacts = {"ground": ground.value, "due": str(decided.extension.due.astimezone(zone).date())}
        case = decided.request.id
        append_entry(connection, site, Act.REQUEST_EXTENDED, case, case_id=case, facts=facts, reason=reason)
    return decided


def apply_extension(connection: Connection, site: Storage, request: AccessRequest, day: date) -> Extended:
    """Move the deadline in the caller's transaction: the person was informed on a day.

    Raises NotExtended, SentLater, ExtensionLate (informed after the first period).
    """
    extension = extension_of(connection, request.id)
    if extension is None:
        raise NotExtended(id=request.id)
    if extension.sent is not None:
        return Extended(request, extension)
    zone = site.settings.site.timezone
    today = site.clock.now().astimezone(zone).date()
    if not extension.decided.astimezone(zone).date() <= day <= today:
        raise SentLater(when=day)
    if end_of_day(day, zone) > request.due:
        raise ExtensionLate(id=request.id, due=request.due.astimezone(zone).date())
    at = max(extension.decided, start_of_day(day, zone))
    mark_extension_sent(connection, request.id, at)
    set_due(connection, request.id, extension.due)
    return Extended(replace(request, due=extension.due), replace(extension, sent=at))


def _letter(site: Storage, planned: Extended, reason: str) -> Draft:
    request, zone = planned.request, site.settings.site.timezone
    facts = ExtensionLetter(
        asked=asked_of(site, request),
        first_due=request.due.astimezone(zone).date(),
        due=planned.extension.due.astimezone(zone).date(),
        reasons=(planned.extension.ground,),
        explanation=reason,
    )
    return draft(site, request, LetterKind.EXTENSION, [facts])


def _decide(connection: Connection, site: Storage, request_id: str, ground: ExtensionGround) -> Extended:
    request = load_for_transition(connection, site, request_id, Transition.EXTEND)
    require_instructed(site.settings, request, frozenset(InstructedAct))
    zone, now = site.settings.site.timezone, site.clock.now()
    if extension_of(connection, request.id) is not None:
        raise ExtendedAlready(id=request.id)
    if now > request.due:
        raise ExtensionLate(id=request.id, due=request.due.astimezone(zone).date())
    return Extended(request, Extension(ground, extended(request.received, zone), now, site.actor.account))


def _checked_reason(reason: str) -> str:
    return checked_text(N_("reason"), reason, N_('say what takes so long; the letter says it too: --reason "WHY".'))
