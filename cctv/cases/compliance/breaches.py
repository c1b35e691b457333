"""Breaches of personal data: recorded at the first suspicion, notified in time, closed when nothing is owed any more.

Responsible for what may be done with a breach.  Sends nothing: people record whom they notified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry, audit_entries
from cctv.cases.compliance.deadlines import NotificationDeadline, clocks
from cctv.cases.compliance.queries import insert_breach, insert_notice, select_breach, select_breaches, update_breach
from cctv.cases.errors.compliance import AwareLater, BreachClosed, BreachUnfinished, BreachUnknown
from cctv.cases.text_input import checked_text
from cctv.core.i18n import N_, Message, join_messages, ngettext_lazy
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage, next_short_id
from cctv.model.audit import Act
from cctv.model.compliance import Breach, Notice, NoticeRecipient, NoticeWay, ProcessingRole, Risk
from cctv.model.ids import BreachId, CameraId, IdKind, typed_id

_HAPPENED = N_('say what happened, for example "USB stick with a package lost".')
_MEASURES = N_('say what keeps it from happening again, for example --text "packages only leave as encrypted ZIP".')


@dataclass(frozen=True, slots=True)
class NewBreach:
    """What a person reports of a breach.  `people` is None while their number is unknown."""

    happened: str
    aware: datetime
    role: ProcessingRole
    risk: Risk
    suspected: bool
    cameras: tuple[CameraId, ...] = ()
    people: int | None = None
    people_known: bool = False


@dataclass(frozen=True, slots=True)
class BreachFile:
    """A breach, whom to notify by when, and its texts in order: act and text."""

    breach: Breach
    clocks: tuple[NotificationDeadline, ...]
    texts: tuple[tuple[Act, str], ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What became known of a breach since; None: as it was."""

    risk: Risk | None = None
    suspected: bool | None = None
    people: int | None = None
    people_known: bool | None = None

    def of(self, breach: Breach) -> Breach:
        """The breach with these findings."""
        return replace(
            breach,
            risk=self.risk or breach.risk,
            suspected=breach.suspected if self.suspected is None else self.suspected,
            people=breach.people if self.people is None else self.people,
            people_known=breach.people_known if self.people_known is None else self.people_known,
        )


def open_breach(site: Storage, new: NewBreach, *, dry_run: bool = False) -> Breach:
    """Record a breach; its deadlines count from `aware`.  Raises TextUnusable, AwareLater."""
    happened, now = checked_text(N_("description"), new.happened, _HAPPENED), site.clock.now()
    if new.aware > now:
        raise AwareLater(when=_on(new.aware, site))
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        breach = Breach(
            id=BreachId(next_short_id(connection, IdKind.BREACH, now.year)),
            role=new.role,
            risk=new.risk,
            suspected=new.suspected,
            aware=new.aware,
            cameras=new.cameras,
            people=new.people,
            people_known=new.people_known,
            opened=now,
            opened_by=site.actor.account,
        )
        insert_breach(connection, breach)
        facts: AuditFacts = {
            "role": breach.role.value,
            "risk": breach.risk.value,
            "suspected": breach.suspected,
            "cameras": list(breach.cameras),
        }
        append_entry(connection, site, Act.BREACH_OPENED, breach.id, case_id=breach.id, facts=facts, reason=happened)
    return breach


def assess(site: Storage, breach_id: str, findings: Findings, *, reason: str, dry_run: bool = False) -> Breach:
    """Record findings about a breach; its deadlines do not restart."""
    reason = checked_text(N_("reason"), reason, N_("say why, for example --reason the file was encrypted."))
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        breach = findings.of(_open(connection, site, breach_id))
        update_breach(connection, breach)
        facts: AuditFacts = {"risk": breach.risk.value, "suspected": breach.suspected}
        append_entry(connection, site, Act.BREACH_CHANGED, breach.id, case_id=breach.id, facts=facts, reason=reason)
    return breach


def tell(
    site: Storage,
    breach_id: str,
    whom: NoticeRecipient,
    way: NoticeWay,
    *,
    sent: datetime | None = None,
    reason: str | None = None,
    dry_run: bool = False,
) -> Breach:
    """Record that a recipient was notified, how, now or at an earlier instant; the reason explains a late notice.

    By word of mouth it is recorded too, and still owed in writing (docs/policies/001.txt: "schriftelijk").

    Raises BreachUnknown, BreachClosed, AwareLater; BreachUnfinished for a late notice without a reason.
    """
    now = site.clock.now()
    at = sent or now
    if at > now:
        raise AwareLater(when=_on(at, site))
    if reason is not None:
        reason = checked_text(N_("reason"), reason, N_("say why it was late."))
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        breach = _open(connection, site, breach_id)
        due = next((deadline.due for deadline in clocks(breach) if deadline.whom is whom), None)
        late = due is not None and way.is_written and at > due
        if late and reason is None:
            raise BreachUnfinished(
                id=breach.id,
                missing=N_(
                    "the {whom} was told after the deadline, and nothing says why (Article 33(1) GDPR)", whom=whom
                ),
                following=f"cctv breach tell {breach.id} --whom {whom.value} --how {way.value} --reason WHY",
            )
        notice = Notice(whom, at, site.actor.account, way)
        insert_notice(connection, breach.id, notice)
        facts: AuditFacts = {"whom": whom.value, "how": way.value, "written": way.is_written, "late": late}
        append_entry(connection, site, Act.BREACH_TOLD, breach.id, case_id=breach.id, facts=facts, reason=reason)
    return replace(breach, notices=(*breach.notices, notice))


def add_measures(site: Storage, breach_id: str, text: str, *, dry_run: bool = False) -> Breach:
    """Record the measure that prevents a recurrence.

    docs/policies/001.txt: "maatregelen ... om herhaling ... te voorkomen".
    """
    text = checked_text(N_("text"), text, _MEASURES)
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        breach = replace(_open(connection, site, breach_id), measures=True)
        update_breach(connection, breach)
        append_entry(connection, site, Act.BREACH_MEASURES, breach.id, case_id=breach.id, reason=text)
    return breach


def close_breach(site: Storage, breach_id: str, *, reason: str, dry_run: bool = False) -> Breach:
    """Close a breach; raises BreachUnfinished while a notification is owed or no measure is recorded."""
    reason = checked_text(N_("reason"), reason, N_("say how it ended, for example --reason stick found, unread."))
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        breach = _open(connection, site, breach_id)
        _refuse_unfinished(breach)
        closed = replace(breach, closed=site.clock.now(), closed_by=site.actor.account)
        update_breach(connection, closed)
        append_entry(connection, site, Act.BREACH_CLOSED, breach.id, case_id=breach.id, reason=reason)
    return closed


def list_breaches(site: Storage, *, closed_too: bool) -> Sequence[Breach]:
    """Breaches, the latest first."""
    with read_transaction(site.engine) as connection:
        return select_breaches(connection, closed_too=closed_too)


def breach_file(site: Storage, breach_id: str) -> BreachFile:
    """All there is to show of one breach; raises BreachUnknown."""
    with read_transaction(site.engine) as connection:
        breach = _find(connection, breach_id)
        entries = audit_entries(connection, about=breach.id)
        return BreachFile(breach, clocks(breach), tuple((entry.act, text) for entry, text in entries if text))


def _on(moment: datetime, site: Storage) -> Message:
    return N_("on {at:%d/%m/%Y} at {at:%H:%M}", at=moment.astimezone(site.settings.site.timezone))


def _refuse_unfinished(breach: Breach) -> None:
    """Raises BreachUnfinished; a suspicion that proved wrong needs no notification, everything else does."""
    owed = [deadline.whom for deadline in clocks(breach) if deadline.sent is None]
    if owed and not (breach.suspected and breach.risk is Risk.UNLIKELY):
        raise BreachUnfinished(
            id=breach.id,
            missing=ngettext_lazy(
                len(owed),
                "nothing says that the {whom} was told in writing",
                "nothing says that the {whom} were told in writing",
                whom=join_messages(owed, between=N_(" and the ")),
            ),
            following=N_(
                "cctv breach tell {id} --whom {whom} --how mail, or `cctv breach assess` with what is known now.",
                id=breach.id,
                whom=owed[0].value,
            ),
        )
    if not breach.measures:
        raise BreachUnfinished(
            id=breach.id,
            missing=N_("no measure against a recurrence is written down"),
            following=f'cctv breach measures {breach.id} --text "..."',
        )


def _find(connection: Connection, breach_id: str) -> Breach:
    breach = select_breach(connection, typed_id(breach_id))
    if breach is None:
        raise BreachUnknown(id=breach_id)
    return breach


def _open(connection: Connection, site: Storage, breach_id: str) -> Breach:
    breach = _find(connection, breach_id)
    if breach.closed is not None:
        when = breach.closed.astimezone(site.settings.site.timezone).date()
        raise BreachClosed(id=breach.id, when=when, by=breach.closed_by)
    return breach
