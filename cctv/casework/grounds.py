"""Grounds: the open case that justifies a hold, found by its short id.  Reads only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from cctv.casework import requeststore, store
from cctv.casework.disclosurestore import select_disclosure
from cctv.casework.errors import GroundClosed, GroundUnknown, GroundUnreadable
from cctv.casework.words import typed_id
from cctv.db.site import Site
from cctv.kernel.phrases import phrase
from cctv.model.casework import AccessRequest, RequestType
from cctv.model.holds import Ground, GroundKind
from cctv.model.ids import IdKind, id_kind

_KINDS = {RequestType.RESTRICTION: GroundKind.RESTRICTION, RequestType.OBJECTION: GroundKind.OBJECTION}


def ground_of(request: AccessRequest) -> Ground:
    """The ground that a request gives to its hold; every type but two is simply a request."""
    return Ground(_KINDS.get(request.type, GroundKind.REQUEST), request.id)


def find_ground(connection: Connection, site: Site, case_id: str) -> Ground:
    """The open case that an id names; raises GroundUnreadable, GroundUnknown, GroundClosed."""
    case_id = typed_id(case_id)
    match id_kind(case_id):
        case IdKind.INCIDENT:
            incident = store.select_incident(connection, case_id)
            if incident is None:
                raise GroundUnknown(what=phrase("incident"), id=case_id, following="cctv incident list --all")
            if incident.settled is not None:
                raise _closed(site, case_id, phrase("settled"), incident.settled)
            return Ground(GroundKind.INCIDENT, case_id)
        case IdKind.REQUEST:
            request = requeststore.select_request(connection, case_id)
            if request is None:
                raise GroundUnknown(what=phrase("request"), id=case_id, following="cctv request list --all")
            if request.closed is not None:
                raise _closed(site, case_id, phrase("closed"), request.closed)
            return ground_of(request)
        case IdKind.DISCLOSURE:
            disclosure = select_disclosure(connection, case_id)
            if disclosure is None:
                raise GroundUnknown(what=phrase("disclosure"), id=case_id, following="cctv disclosure list --all")
            if disclosure.closed is not None:
                raise _closed(site, case_id, phrase("ended"), disclosure.closed)
            return Ground(GroundKind.DISCLOSURE, case_id)
        case _:
            raise GroundUnreadable(id=case_id)


def _closed(site: Site, case_id: str, ended: str, when: datetime) -> GroundClosed:
    return GroundClosed(id=case_id, ended=ended, when=when.astimezone(site.settings.site.timezone).date())
