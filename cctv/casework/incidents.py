"""Incidents: opened with a hold, settled with its release, each in one transaction with its audit entries.

Owns what an incident is allowed to do.  Never deletes footage: settling releases the incident's own holds, and the
sweeper does the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection

from cctv import audit, holds
from cctv.casework import store
from cctv.casework.departures import Departure, departures
from cctv.casework.errors import IncidentSettled, IncidentUnknown, NoCameras, OutsidePurpose
from cctv.casework.found import Found, find_footage, look
from cctv.casework.words import checked_text, typed_id
from cctv.config.policy_text.claims import Purpose
from cctv.config.policy_text.reader import purposes_in
from cctv.config.schema import CameraSettings
from cctv.db.engine import reading, writing
from cctv.db.site import Site, next_short_id
from cctv.kernel.phrases import phrase
from cctv.kernel.span import Span
from cctv.model.acts import Act
from cctv.model.casework import Incident, IncidentKind
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, IdKind, IncidentId

REVIEW = timedelta(days=30)
_TITLE = phrase('say in a few words what happened, for example "laptop, foyer".')


@dataclass(frozen=True, slots=True)
class NewIncident:
    """What a person tells about an incident; `checked` before anything happens."""

    kind: IncidentKind
    title: str
    cameras: tuple[CameraId, ...]
    span: Span
    place: str | None = None
    finder: str | None = None
    police_reference: str | None = None

    def checked(self) -> NewIncident:
        """The same with a clean title; raises TextUnusable, NoCameras."""
        if not self.cameras:
            raise NoCameras(problem=phrase("an incident is kept on at least one"), example="foyer-1,gang-2")
        return replace(
            self,
            title=checked_text(phrase("title"), self.title, _TITLE),
            place=_optional("place", self.place),
            finder=_optional("finder", self.finder),
            police_reference=_optional("police reference", self.police_reference),
        )


def _optional(what: str, text: str | None) -> str | None:
    return checked_text(what, text, phrase("leave the option out, or give a few words.")) if text is not None else None


# What a camera must record for before an incident of a kind is its business.  Violence, fire and accidents are always:
# somebody's vital interests outweigh the purpose (Article 6(1)(d) GDPR).
_FITTING = {
    IncidentKind.THEFT: frozenset({Purpose.THEFT}),
    IncidentKind.DAMAGE: frozenset({Purpose.DAMAGE}),
    IncidentKind.FRAUD: frozenset({Purpose.FRAUD}),
    IncidentKind.TRESPASS: frozenset({Purpose.ACCESS, Purpose.SAFETY, Purpose.THEFT}),
}


def check_purpose(kind: IncidentKind, cameras: Sequence[CameraSettings]) -> None:
    """Raises OutsidePurpose where a camera's purpose names other things only; words that nobody knows allow all."""
    wanted = {purpose.value for purpose in _FITTING.get(kind, frozenset())}
    if not wanted:
        return
    wrong = [one.id for one in cameras if (named := purposes_in(one.purpose)) and not named & wanted]
    if wrong:
        raise OutsidePurpose(kind=kind, cameras=", ".join(wrong))


@dataclass(frozen=True, slots=True)
class OpenedIncident:
    """An incident, the hold that keeps its footage, and what there was to keep."""

    incident: Incident
    hold: Hold
    footage: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Settlement:
    """What settling releases, and what becomes of the footage."""

    incident: Incident
    releases: tuple[Hold, ...]
    departures: tuple[Departure, ...]


@dataclass(frozen=True, slots=True)
class IncidentFile:
    """An incident with its holds, released or not, and its footage as it stands now."""

    incident: Incident
    holds: tuple[Hold, ...]
    footage: tuple[Found, ...]


def open_incident(site: Site, new: NewIncident) -> OpenedIncident:
    """Record an incident and keep its footage, stored, being written or still to come; review in 30 days."""
    new = new.checked()
    known = site.settings.cameras
    check_purpose(new.kind, [known[camera] for camera in new.cameras if camera in known])
    with writing(site.engine) as connection:
        now = site.clock.now()
        incident = Incident(
            id=IncidentId(next_short_id(connection, IdKind.INCIDENT, now.year)),
            kind=new.kind,
            title=new.title,
            cameras=new.cameras,
            span=new.span,
            opened=now,
            opened_by=site.actor.account,
            place=new.place,
            finder=new.finder,
            police_reference=new.police_reference,
        )
        store.insert_incident(connection, incident)
        facts: audit.Facts = {
            "kind": incident.kind.value,
            "cameras": list(incident.cameras),
            "span": str(incident.span),
        }
        audit.append(
            connection, site, Act.INCIDENT_OPENED, incident.id, case_id=incident.id, facts=facts, reason=incident.title
        )
        hold = holds.place(
            connection,
            site,
            ground=Ground(GroundKind.INCIDENT, incident.id),
            cameras=incident.cameras,
            span=incident.span,
            review=now + REVIEW,
            reason=incident.title,
        )
    # Looked up after the commit: nothing covered can go any more, and a wide span must not keep the recorder waiting.
    return OpenedIncident(incident, hold, find_footage(site, incident.cameras, incident.span))


def find_incident(connection: Connection, incident_id: str) -> Incident:
    """One incident; raises IncidentUnknown."""
    found = store.select_incident(connection, typed_id(incident_id))
    if found is None:
        raise IncidentUnknown(id=incident_id)
    return found


def list_incidents(site: Site, *, settled_too: bool) -> Sequence[Incident]:
    """Incidents, the latest first."""
    with reading(site.engine) as connection:
        return store.select_incidents(connection, settled_too=settled_too)


def incident_file(site: Site, incident_id: str) -> IncidentFile:
    """All there is to show of one incident; raises IncidentUnknown."""
    with reading(site.engine) as connection:
        incident = find_incident(connection, incident_id)
        own = tuple(holds.holds_of(connection, incident.id, released_too=True))
        return IncidentFile(incident, own, look(connection, site, incident.cameras, incident.span))


def plan_settlement(site: Site, incident_id: str) -> Settlement:
    """What settling would release, and what would go when; raises IncidentUnknown, IncidentSettled."""
    with reading(site.engine) as connection:
        incident, own = _unsettled(connection, site, incident_id)
        return Settlement(incident, own, departures(connection, own, site.clock.now()))


def settle_incident(site: Site, incident_id: str, *, reason: str) -> Settlement:
    """Settle an incident and release its own holds; the footage then expires as if they had never been."""
    reason = checked_text(
        phrase("reason"), reason, phrase("say how it ended, for example --reason handed to the police.")
    )
    with writing(site.engine) as connection:
        incident, own = _unsettled(connection, site, incident_id)
        store.mark_settled(connection, incident.id, site.clock.now(), site.actor.account)
        facts: audit.Facts = {"released": [hold.id for hold in own]}
        audit.append(
            connection, site, Act.INCIDENT_SETTLED, incident.id, case_id=incident.id, facts=facts, reason=reason
        )
        for hold in own:
            holds.release(connection, site, hold.id, reason=reason)
        settled = find_incident(connection, incident.id)
    for hold in own:
        holds.remove_hold_file(site, hold.id)
    with reading(site.engine) as connection:
        return Settlement(settled, own, departures(connection, own, site.clock.now()))


def _unsettled(connection: Connection, site: Site, incident_id: str) -> tuple[Incident, tuple[Hold, ...]]:
    incident = find_incident(connection, incident_id)
    if incident.settled is not None:
        when = incident.settled.astimezone(site.settings.site.timezone).date()
        raise IncidentSettled(id=incident.id, when=when, by=incident.settled_by)
    return incident, tuple(holds.holds_of(connection, incident.id))
