"""Breaches of personal data: recorded at the first suspicion, told in time, closed when nothing is owed any more.

Owns what may happen to a breach.  Never sends anything: who was told is recorded by whoever told them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from cctv import audit
from cctv.casework.duties import store
from cctv.casework.duties.clocks import Clock, clocks
from cctv.casework.duties.errors import AwareLater, BreachClosed, BreachUnfinished, BreachUnknown
from cctv.casework.words import checked_text, typed_id
from cctv.db.engine import reading, writing
from cctv.db.site import Site, next_short_id
from cctv.kernel.phrases import Phrase, counted, listed, phrase
from cctv.model.accountability import Breach, Notice, Risk, Role, Told
from cctv.model.acts import Act
from cctv.model.ids import BreachId, CameraId, IdKind

_HAPPENED = phrase('say what happened, for example "USB stick with a package lost".')
_MEASURES = phrase('say what keeps it from happening again, for example --text "packages only leave as encrypted ZIP".')


@dataclass(frozen=True, slots=True)
class NewBreach:
    """What a person tells of a breach.  `people` is None while nobody knows how many."""

    happened: str
    aware: datetime
    role: Role
    risk: Risk
    suspected: bool
    cameras: tuple[CameraId, ...] = ()
    people: int | None = None
    people_known: bool = False


@dataclass(frozen=True, slots=True)
class BreachFile:
    """A breach, whom to tell by when, and its texts in order: act and text."""

    breach: Breach
    clocks: tuple[Clock, ...]
    texts: tuple[tuple[Act, str], ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What became known of a breach since; None: as it was."""

    risk: Risk | None = None
    suspected: bool | None = None
    people: int | None = None
    people_known: bool | None = None

    def of(self, breach: Breach) -> Breach:
        """The breach as it looks now."""
        return replace(
            breach,
            risk=self.risk or breach.risk,
            suspected=breach.suspected if self.suspected is None else self.suspected,
            people=breach.people if self.people is None else self.people,
            people_known=breach.people_known if self.people_known is None else self.people_known,
        )


def open_breach(site: Site, new: NewBreach, *, dry_run: bool = False) -> Breach:
    """Record a breach; its clocks run from `aware`.  Raises TextUnusable, AwareLater.  A dry run writes nothing."""
    happened, now = checked_text(phrase("description"), new.happened, _HAPPENED), site.clock.now()
    if new.aware > now:
        raise AwareLater(when=_on(new.aware, site))
    with writing(site.engine, dry_run=dry_run) as connection:
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
        store.insert_breach(connection, breach)
        facts: audit.Facts = {
            "role": breach.role.value,
            "risk": breach.risk.value,
            "suspected": breach.suspected,
            "cameras": list(breach.cameras),
        }
        audit.append(connection, site, Act.BREACH_OPENED, breach.id, case_id=breach.id, facts=facts, reason=happened)
    return breach


def assess(site: Site, breach_id: str, found: Findings, *, reason: str, dry_run: bool = False) -> Breach:
    """Write down what became known of a breach; the clocks do not start anew."""
    reason = checked_text(phrase("reason"), reason, phrase("say why, for example --reason the file was encrypted."))
    with writing(site.engine, dry_run=dry_run) as connection:
        breach = found.of(_open(connection, site, breach_id))
        store.update_breach(connection, breach)
        facts: audit.Facts = {"risk": breach.risk.value, "suspected": breach.suspected}
        audit.append(connection, site, Act.BREACH_CHANGED, breach.id, case_id=breach.id, facts=facts, reason=reason)
    return breach


def tell(
    site: Site,
    breach_id: str,
    whom: Told,
    *,
    sent: datetime | None = None,
    reason: str | None = None,
    dry_run: bool = False,
) -> Breach:
    """Record that somebody was told, now or at an earlier instant; the reason says why it was late."""
    now = site.clock.now()
    at = sent or now
    if at > now:
        raise AwareLater(when=_on(at, site))
    if reason is not None:
        reason = checked_text(phrase("reason"), reason, phrase("say why it was late."))
    with writing(site.engine, dry_run=dry_run) as connection:
        breach = _open(connection, site, breach_id)
        late = next((at > clock.due for clock in clocks(breach) if clock.whom is whom), False)
        if late and reason is None:
            raise BreachUnfinished(
                id=breach.id,
                missing=phrase(
                    "the {whom} was told after the deadline, and nothing says why (Article 33(1) GDPR)", whom=whom
                ),
                following=f"cctv breach tell {breach.id} --whom {whom.value} --reason WHY",
            )
        notice = Notice(whom, at, site.actor.account)
        store.insert_notice(connection, breach.id, notice)
        facts: audit.Facts = {"whom": whom.value, "late": late}
        audit.append(connection, site, Act.BREACH_TOLD, breach.id, case_id=breach.id, facts=facts, reason=reason)
    return replace(breach, notices=(*breach.notices, notice))


def add_measures(site: Site, breach_id: str, text: str, *, dry_run: bool = False) -> Breach:
    """Write down what keeps it from happening again.

    docs/policies/001.txt: "maatregelen ... om herhaling ... te voorkomen".
    """
    text = checked_text(phrase("text"), text, _MEASURES)
    with writing(site.engine, dry_run=dry_run) as connection:
        breach = replace(_open(connection, site, breach_id), measures=True)
        store.update_breach(connection, breach)
        audit.append(connection, site, Act.BREACH_MEASURES, breach.id, case_id=breach.id, reason=text)
    return breach


def close_breach(site: Site, breach_id: str, *, reason: str, dry_run: bool = False) -> Breach:
    """Close a breach; refused while somebody is still to be told or no measure is written down."""
    reason = checked_text(
        phrase("reason"), reason, phrase("say how it ended, for example --reason stick found, unread.")
    )
    with writing(site.engine, dry_run=dry_run) as connection:
        breach = _open(connection, site, breach_id)
        _refuse_unfinished(breach)
        closed = replace(breach, closed=site.clock.now(), closed_by=site.actor.account)
        store.update_breach(connection, closed)
        audit.append(connection, site, Act.BREACH_CLOSED, breach.id, case_id=breach.id, reason=reason)
    return closed


def list_breaches(site: Site, *, closed_too: bool) -> Sequence[Breach]:
    """Breaches, the latest first."""
    with reading(site.engine) as connection:
        return store.select_breaches(connection, closed_too=closed_too)


def breach_file(site: Site, breach_id: str) -> BreachFile:
    """All there is to show of one breach; raises BreachUnknown."""
    with reading(site.engine) as connection:
        breach = _find(connection, breach_id)
        said = audit.entries(connection, about=breach.id)
        return BreachFile(breach, clocks(breach), tuple((entry.act, text) for entry, text in said if text))


def _on(moment: datetime, site: Site) -> Phrase:
    return phrase("on {at:%d/%m/%Y} at {at:%H:%M}", at=moment.astimezone(site.settings.site.timezone))


def _refuse_unfinished(breach: Breach) -> None:
    """A suspicion that proved wrong owes no telling; everything else does."""
    owed = [clock.whom for clock in clocks(breach) if clock.sent is None]
    if owed and not (breach.suspected and breach.risk is Risk.UNLIKELY):
        raise BreachUnfinished(
            id=breach.id,
            missing=counted(
                len(owed),
                "nothing says that the {whom} was told",
                "nothing says that the {whom} were told",
                whom=listed(owed, between=phrase(" and the ")),
            ),
            following=phrase(
                "cctv breach tell {id} --whom {whom}, or `cctv breach assess` with what is known now.",
                id=breach.id,
                whom=owed[0].value,
            ),
        )
    if not breach.measures:
        raise BreachUnfinished(
            id=breach.id,
            missing=phrase("no measure against a recurrence is written down"),
            following=f'cctv breach measures {breach.id} --text "..."',
        )


def _find(connection: Connection, breach_id: str) -> Breach:
    found = store.select_breach(connection, typed_id(breach_id))
    if found is None:
        raise BreachUnknown(id=breach_id)
    return found


def _open(connection: Connection, site: Site, breach_id: str) -> Breach:
    breach = _find(connection, breach_id)
    if breach.closed is not None:
        when = breach.closed.astimezone(site.settings.site.timezone).date()
        raise BreachClosed(id=breach.id, when=when, by=breach.closed_by)
    return breach
