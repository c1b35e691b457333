"""Incidents, and the open case that justifies a hold.

Opening an incident places a hold, settling it releases the incident's own holds, each in one transaction with its audit
entries.  Responsible for what may be done with an incident.  Deletes no footage: the sweep does, once holds are
released.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.disclosures.queries import select_disclosure
from cctv.cases.errors.incidents import IncidentSettled, IncidentUnknown, NoCameras, OutsidePurpose
from cctv.cases.errors.requests import GroundClosed, GroundUnknown, GroundUnreadable
from cctv.cases.footage_status import FootageStatus, ReleaseEffect, find_footage, footage_status, release_effects
from cctv.cases.incident_queries import insert_incident, mark_settled, select_incident, select_incidents
from cctv.cases.requests.queries import select_request
from cctv.cases.text_input import checked_text, typed_id
from cctv.cases.two_person import sign_release
from cctv.config.policy_text.claims import Purpose
from cctv.config.policy_text.reader import purposes_in
from cctv.config.schema import CameraSettings
from cctv.core.i18n import N_
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage, next_short_id
from cctv.footage.runs import cameras_over
from cctv.holds.files import remove_hold_file
from cctv.holds.store import holds_of, place, release
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest, Incident, IncidentKind, RequestType
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, IdKind, IncidentId, id_kind

_KINDS = {RequestType.RESTRICTION: GroundKind.RESTRICTION, RequestType.OBJECTION: GroundKind.OBJECTION}
REVIEW = timedelta(days=30)
_TITLE = N_('say in a few words what happened, for example "laptop, foyer".')
# What a camera must record for before an incident of a kind is its business.  Violence, fire and accidents are always:
# a person's vital interests outweigh the purpose (Article 6(1)(d) GDPR).
_FITTING = {
    IncidentKind.THEFT: frozenset({Purpose.THEFT}),
    IncidentKind.DAMAGE: frozenset({Purpose.DAMAGE}),
    IncidentKind.FRAUD: frozenset({Purpose.FRAUD}),
    IncidentKind.TRESPASS: frozenset({Purpose.ACCESS, Purpose.SAFETY, Purpose.THEFT}),
}


@dataclass(frozen=True, slots=True)
class NewIncident:
    """What a person reports of an incident, before `checked`."""

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
            raise NoCameras(problem=N_("an incident is kept on at least one"), example="foyer-1,gang-2")
        return replace(
            self,
            title=checked_text(N_("title"), self.title, _TITLE),
            place=_optional("place", self.place),
            finder=_optional("finder", self.finder),
            police_reference=_optional("police reference", self.police_reference),
        )


@dataclass(frozen=True, slots=True)
class OpenedIncident:
    """An incident, the hold that keeps its footage, and what there was to keep."""

    incident: Incident
    hold: Hold
    footage: tuple[FootageStatus, ...]


@dataclass(frozen=True, slots=True)
class Settlement:
    """What settling releases, and what becomes of the footage."""

    incident: Incident
    releases: tuple[Hold, ...]
    departures: tuple[ReleaseEffect, ...]


@dataclass(frozen=True, slots=True)
class IncidentFile:
    """An incident with its holds, released or not, and the present status of its footage."""

    incident: Incident
    holds: tuple[Hold, ...]
    footage: tuple[FootageStatus, ...]


def open_incident(site: Storage, new: NewIncident) -> OpenedIncident:
    """Record an incident and keep its footage, stored, being written or still to come; review in 30 days."""
    new = new.checked()
    new = replace(new, cameras=cameras_over(site, new.cameras, new.span))
    cameras = site.settings.cameras
    check_purpose(new.kind, [cameras[camera] for camera in new.cameras if camera in cameras])
    with write_transaction(site.engine) as connection:
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
        insert_incident(connection, incident)
        facts: AuditFacts = {
            "kind": incident.kind.value,
            "cameras": list(incident.cameras),
            "span": str(incident.span),
        }
        append_entry(
            connection, site, Act.INCIDENT_OPENED, incident.id, case_id=incident.id, facts=facts, reason=incident.title
        )
        hold = place(
            connection,
            site,
            ground=Ground(GroundKind.INCIDENT, incident.id),
            cameras=incident.cameras,
            span=incident.span,
            review=now + REVIEW,
            reason=incident.title,
        )
    # Read after the commit: covered footage is safe by now, and a wide span must not keep the recorder waiting.
    return OpenedIncident(incident, hold, find_footage(site, incident.cameras, incident.span))


def find_incident(connection: Connection, incident_id: str) -> Incident:
    """One incident; raises IncidentUnknown."""
    incident = select_incident(connection, typed_id(incident_id))
    if incident is None:
        raise IncidentUnknown(id=incident_id)
    return incident


def list_incidents(site: Storage, *, settled_too: bool) -> Sequence[Incident]:
    """Incidents, the latest first."""
    with read_transaction(site.engine) as connection:
        return select_incidents(connection, settled_too=settled_too)


def incident_file(site: Storage, incident_id: str) -> IncidentFile:
    """All there is to show of one incident; raises IncidentUnknown."""
    with read_transaction(site.engine) as connection:
        incident = find_incident(connection, incident_id)
        own = tuple(holds_of(connection, incident.id, released_too=True))
        return IncidentFile(incident, own, footage_status(connection, site, incident.cameras, incident.span))


def plan_settlement(site: Storage, incident_id: str) -> Settlement:
    """What settling would release, and when its footage would be deleted; raises IncidentUnknown, IncidentSettled."""
    with read_transaction(site.engine) as connection:
        incident, own = _unsettled(connection, site, incident_id)
        return Settlement(incident, own, release_effects(connection, own, site.clock.now()))


def settle_incident(site: Storage, incident_id: str, *, reason: str) -> Settlement:
    """Settle an incident and release its own holds; the footage then expires as if they had never been.

    Raises ReleaseAsked, and settles nothing, while the policy requires a second person; IncidentUnknown,
    IncidentSettled.
    """
    reason = checked_text(N_("reason"), reason, N_("say how it ended, for example --reason handed to the police."))
    with write_transaction(site.engine) as connection:
        incident, own = _unsettled(connection, site, incident_id)
        line = f"cctv incident settle {incident.id} --reason WHY"
        refusal = sign_release(connection, site, own, reason=reason, line=line)
        if refusal is None:
            _settle(connection, site, incident, own, reason)
        settled = find_incident(connection, incident.id)
    if refusal is not None:
        raise refusal
    for hold in own:
        remove_hold_file(site, hold.id)
    with read_transaction(site.engine) as connection:
        return Settlement(settled, own, release_effects(connection, own, site.clock.now()))


def _settle(connection: Connection, site: Storage, incident: Incident, own: Sequence[Hold], reason: str) -> None:
    mark_settled(connection, incident.id, site.clock.now(), site.actor.account)
    facts: AuditFacts = {"released": [hold.id for hold in own]}
    append_entry(connection, site, Act.INCIDENT_SETTLED, incident.id, case_id=incident.id, facts=facts, reason=reason)
    for hold in own:
        release(connection, site, hold.id, reason=reason)


def check_purpose(kind: IncidentKind, cameras: Sequence[CameraSettings]) -> None:
    """Raises OutsidePurpose where a camera's purpose names other things only; an unrecognised purpose allows all."""
    allowed = {purpose.value for purpose in _FITTING.get(kind, frozenset())}
    if not allowed:
        return
    wrong = [camera.id for camera in cameras if (named := purposes_in(camera.purpose)) and not named & allowed]
    if wrong:
        raise OutsidePurpose(kind=kind, cameras=", ".join(wrong))


def ground_of(request: AccessRequest) -> Ground:
    """The ground that a request gives to its hold; every type but two is simply a request."""
    return Ground(_KINDS.get(request.type, GroundKind.REQUEST), request.id)


def find_ground(connection: Connection, site: Storage, case_id: str) -> Ground:
    """The open case that an id names; raises GroundUnreadable, GroundUnknown, GroundClosed."""
    case_id = typed_id(case_id)
    match id_kind(case_id):
        case IdKind.INCIDENT:
            incident = select_incident(connection, case_id)
            if incident is None:
                raise GroundUnknown(what=N_("incident"), id=case_id, following="cctv incident list --all")
            if incident.settled is not None:
                raise _closed(site, case_id, N_("settled"), incident.settled)
            return Ground(GroundKind.INCIDENT, case_id)
        case IdKind.REQUEST:
            request = select_request(connection, case_id)
            if request is None:
                raise GroundUnknown(what=N_("request"), id=case_id, following="cctv request list --all")
            if request.closed is not None:
                raise _closed(site, case_id, N_("closed"), request.closed)
            return ground_of(request)
        case IdKind.DISCLOSURE:
            disclosure = select_disclosure(connection, case_id)
            if disclosure is None:
                raise GroundUnknown(what=N_("disclosure"), id=case_id, following="cctv disclosure list --all")
            if disclosure.closed is not None:
                raise _closed(site, case_id, N_("ended"), disclosure.closed)
            return Ground(GroundKind.DISCLOSURE, case_id)
        case _:
            raise GroundUnreadable(id=case_id)


def _closed(site: Storage, case_id: str, ended: str, when: datetime) -> GroundClosed:
    return GroundClosed(id=case_id, ended=ended, when=when.astimezone(site.settings.site.timezone).date())


def _optional(what: str, text: str | None) -> str | None:
    return checked_text(what, text, N_("leave the option out, or give a few words.")) if text is not None else None


def _unsettled(connection: Connection, site: Storage, incident_id: str) -> tuple[Incident, tuple[Hold, ...]]:
    incident = find_incident(connection, incident_id)
    if incident.settled is not None:
        when = incident.settled.astimezone(site.settings.site.timezone).date()
        raise IncidentSettled(id=incident.id, when=when, by=incident.settled_by)
    return incident, tuple(holds_of(connection, incident.id))
