"""By when whom to notify of a breach, declare the cameras and check the workstations.  Pure.

Every deadline of a breach counts from the awareness of it, and a suspicion counts (docs/policies/001.txt:
"(vermoedelijke) datalek").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cctv.core.clock import months_after
from cctv.model.compliance import (
    Breach,
    ComplianceReview,
    Declaration,
    DeclarationKind,
    NoticeRecipient,
    ProcessingRole,
    ReviewKind,
    Risk,
    Trigger,
)
from cctv.model.legal import Jurisdiction

# docs/policies/001.txt: "binnen maximaal 18 uur", stricter than "without undue delay" of Article 33(2)
CONTROLLER = timedelta(hours=18)
AUTHORITY = timedelta(hours=72)  # Article 33(1) GDPR
# docs/policies/000.txt and 004.txt: "aan alle betrokken gebruikers ... binnen de 72 uren"
PEOPLE = timedelta(hours=72)

REVIEW_MONTHS = 12  # docs/policies/001.txt: "jaarlijks"
LONGEST_REVIEW_MONTHS = 36  # WP 248 rev.01, II.B(b): an assessment that nothing changed is reviewed all the same
YEARLY = (ReviewKind.PENETRATION_TEST, ReviewKind.AWARENESS, ReviewKind.AUDIT)  # owed without being recorded first


@dataclass(frozen=True, slots=True)
class NotificationDeadline:
    """One notification that a breach requires; `sent` is None until it was sent in writing."""

    whom: NoticeRecipient
    due: datetime
    sent: datetime | None

    def is_overdue(self, now: datetime) -> bool:
        """Whether it was due before now and not sent."""
        return self.sent is None and now > self.due


def clocks(breach: Breach) -> tuple[NotificationDeadline, ...]:
    """Whom to notify by when.

    A processor notifies its controller within 18 hours, and no one else.  A controller notifies the authority, unless a
    risk is unlikely, and the people concerned, whatever the risk, as the policies promise.  People who are unknown are
    notified by a public notice.  What was not in writing does not count (docs/policies/001.txt: "schriftelijk").
    """
    if breach.role is ProcessingRole.PROCESSOR:
        periods = [(NoticeRecipient.CONTROLLER, CONTROLLER)]
    else:
        periods = [] if breach.risk is Risk.UNLIKELY else [(NoticeRecipient.AUTHORITY, AUTHORITY)]
        periods.append((NoticeRecipient.PEOPLE if breach.people_known else NoticeRecipient.PUBLIC, PEOPLE))
    sent = {notice.whom: notice.sent for notice in reversed(breach.notices) if notice.way.is_written}
    return tuple(NotificationDeadline(whom, breach.aware + period, sent.get(whom)) for whom, period in periods)


def declaration_due(
    declarations: Sequence[Declaration], jurisdiction: Jurisdiction, today: date, first_use: date | None
) -> date | None:
    """The day by which the cameras are to be declared (again); None where nothing is due.

    BE: the day before the first use at the latest, and confirmed each year (act of 21 March 2007, declared at
    www.aangiftecamera.be).  NL knows no such duty.  Without a first use nothing is recorded, so nothing is due.
    """
    if jurisdiction is not Jurisdiction.BE:
        return None
    past = [declaration for declaration in declarations if declaration.on <= today]
    if past and max(past, key=lambda declaration: declaration.on).kind is DeclarationKind.ENDED:
        return None
    if past:
        return months_after(max(declaration.on for declaration in past), 12)
    return first_use - timedelta(days=1) if first_use is not None else None


def workstations_due(last: date | None, first_use: date | None) -> date | None:
    """The day by which a person must check the workstations for copies; None before anything was recorded.

    docs/policies/001.txt: "één keer per maand".  The same date of the next month, or its last day where that date does
    not exist.
    """
    since = last or first_use
    return months_after(since, 1) if since is not None else None


def reviews_due(reviews: Sequence[ComplianceReview], first_use: date | None) -> dict[ReviewKind, date]:
    """The day by which each kind is due; those that the policies promise each year without a first one too.

    An impact assessment and a consultation of the staff are due again once they were recorded: whether they are owed
    at all is for a person to find out (`assessment_required`).
    """
    due = dict.fromkeys(YEARLY, months_after(first_use, REVIEW_MONTHS)) if first_use is not None else {}
    for review in sorted(reviews, key=lambda review: (review.on, review.id)):
        due[review.kind] = review.due
    return due


def assessment_required(triggers: Sequence[Trigger]) -> bool:
    """Whether an impact assessment is required: Article 35(3)(c) GDPR by itself, or two criteria (WP 248 rev.01)."""
    return {Trigger.PUBLIC_PLACE, Trigger.LARGE_SCALE} <= set(triggers) or len(set(triggers)) >= 2
