"""Incidents, from their opening to their settlement.

Opening an incident places a hold, settling it releases the incident's own holds, each in one transaction with its audit
entries.  Responsible for what may be done with an incident.  Deletes no footage: the sweep does, once holds are
released.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cctv.access.second_factor import require_code
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.errors.incidents import IncidentRepeated, IncidentSettled, IncidentUnknown, NoCameras, OutsidePurpose
from cctv.cases.footage_status import FootageStatus, ReleaseEffect, find_footage, footage_status, release_effects
from cctv.cases.holds import REVIEW, Corrected, follow_names, move_hold, remove_replaced
from cctv.cases.incident_queries import (
    insert_incident,
    mark_settled,
    select_incident,
    select_incidents,
    update_incident,
)
from cctv.cases.text_input import changed_fields, checked_text, given_of, logged_facts
from cctv.cases.two_person import sign_release
from cctv.config.policy_text.claims import Purpose
from cctv.config.policy_text.reader import purposes_in
from cctv.config.schema import CameraSettings, SecondFactorUse
from cctv.core.i18n import N_
from cctv.core.time_range import Span
from cctv.core.typed_time.resolve import echo_span
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage, next_short_id
from cctv.footage.runs import names_over
from cctv.holds.files import remove_hold_file
from cctv.holds.store import holds_of, place, release
from cctv.model.audit import Act
from cctv.model.cases import Incident, IncidentKind
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, IdKind, IncidentId, typed_id

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
class IncidentCorrection:
    """What an incident should say; None where it is right."""

    kind: IncidentKind | None = None
    title: str | None = None
    cameras: tuple[CameraId, ...] | None = None
    span: Span | None = None
    place: str | None = None
    finder: str | None = None
    police_reference: str | None = None


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


def repeats(new: NewIncident, incident: Incident) -> bool:
    """Whether an open incident is about the same: its kind, one of its cameras, and a part of its span.  Pure."""
    return (
        incident.is_open
        and incident.kind is new.kind
        and not set(incident.cameras).isdisjoint(new.cameras)
        and incident.span.overlaps(new.span)
    )


def same_incident(site: Storage, new: NewIncident) -> Incident | None:
    """The open incident that a new one repeats, the latest one; None where there is none."""
    with read_transaction(site.engine) as connection:
        return _same(connection, replace(new, cameras=names_over(connection, site.settings, new.cameras, new.span)))


def repeated(site: Storage, same: Incident) -> IncidentRepeated:
    """The refusal of what repeats an open incident."""
    when = echo_span(same.span.start, same.span.end, site.settings.site.timezone)
    return IncidentRepeated(id=same.id, kind=same.kind, cameras=", ".join(same.cameras), when=when)


def open_incident(site: Storage, new: NewIncident, *, another: bool = False) -> OpenedIncident:
    """Record an incident and keep its footage, stored, being written or still to come; review in 30 days.

    Raises IncidentRepeated where an open one is about the same, unless it is `another`; OutsidePurpose, and what
    `NewIncident.checked` raises.
    """
    new, cameras = new.checked(), site.settings.cameras
    with write_transaction(site.engine) as connection:
        now = site.clock.now()
        new = replace(new, cameras=names_over(connection, site.settings, new.cameras, new.span))
        check_purpose(new.kind, [cameras[camera] for camera in new.cameras if camera in cameras])
        if not another and (same := _same(connection, new)) is not None:
            raise repeated(site, same)
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


def correct_incident(
    site: Storage, incident_id: str, correction: IncidentCorrection, *, reason: str, dry_run: bool = False
) -> Corrected[Incident]:
    """Correct an incident that is not settled; its hold follows.

    Raises IncidentUnknown, IncidentSettled, NothingCorrected, OutsidePurpose, TextUnusable.
    """
    reason = checked_text(N_("reason"), reason, N_('say what was wrong: --reason "WHY".'))
    if correction.cameras or correction.span:  # its hold moves
        require_code(site, SecondFactorUse.RELEASE, dry_run=dry_run)
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        before = unsettled(connection, site, incident_id)
        after = follow_names(connection, site, before, replace(before, **given_of(correction)))
        after = check_incident(site, after)
        old, new = _incident_facts(before), _incident_facts(after)
        fields = changed_fields(before.id, old, new)
        facts = logged_facts(fields, old, new)
        append_entry(connection, site, Act.INCIDENT_CORRECTED, before.id, case_id=before.id, facts=facts, reason=reason)
        update_incident(connection, after)
        ground = Ground(GroundKind.INCIDENT, before.id)
        moved = move_hold(connection, site, ground, before, after, reason)
        footage = footage_status(connection, site, after.cameras, after.span)
    remove_replaced(site, moved)
    return Corrected(after, fields, moved, footage)


def plan_settlement(site: Storage, incident_id: str) -> Settlement:
    """What settling would release, and when its footage would be deleted; raises IncidentUnknown, IncidentSettled."""
    with read_transaction(site.engine) as connection:
        incident = unsettled(connection, site, incident_id)
        own = tuple(holds_of(connection, incident.id))
        return Settlement(incident, own, release_effects(connection, own, site.clock.now()))


def settle_incident(site: Storage, incident_id: str, *, reason: str) -> Settlement:
    """Settle an incident and release its own holds; the footage then expires as if they had never been.

    Raises FirstSigned or ReleaseAsked, and settles nothing, while the policy requires a second person; IncidentUnknown,
    IncidentSettled.
    """
    reason = checked_text(N_("reason"), reason, N_("say how it ended, for example --reason handed to the police."))
    require_code(site, SecondFactorUse.RELEASE)
    with write_transaction(site.engine) as connection:
        incident = unsettled(connection, site, incident_id)
        own = tuple(holds_of(connection, incident.id))
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


def _same(connection: Connection, new: NewIncident) -> Incident | None:
    incidents = select_incidents(connection, settled_too=False)
    return next((incident for incident in incidents if repeats(new, incident)), None)


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


def _incident_facts(incident: Incident) -> AuditFacts:
    return {
        "kind": incident.kind.value,
        "title": incident.title,
        "cameras": list(incident.cameras),
        "span": str(incident.span),
        "place": incident.place or "",
        "finder": incident.finder or "",
        "police_reference": incident.police_reference or "",
    }


def _optional(what: str, text: str | None) -> str | None:
    return checked_text(what, text, N_("leave the option out, or give a few words.")) if text is not None else None


def unsettled(connection: Connection, site: Storage, incident_id: str) -> Incident:
    """One that is not settled; raises IncidentUnknown, IncidentSettled."""
    incident = find_incident(connection, incident_id)
    if incident.settled is not None:
        when = incident.settled.astimezone(site.settings.site.timezone).date()
        raise IncidentSettled(id=incident.id, when=when, by=incident.settled_by)
    return incident


def check_incident(site: Storage, incident: Incident) -> Incident:
    """The same with clean texts; raises what `NewIncident.checked` and `check_purpose` raise."""
    typed = NewIncident(
        incident.kind,
        incident.title,
        incident.cameras,
        incident.span,
        incident.place,
        incident.finder,
        incident.police_reference,
    ).checked()
    cameras = site.settings.cameras
    check_purpose(typed.kind, [cameras[camera] for camera in typed.cameras if camera in cameras])
    return replace(
        incident,
        title=typed.title,
        place=typed.place,
        finder=typed.finder,
        police_reference=typed.police_reference,
    )
