"""Opening: a request is registered, its clock starts at receipt, its footage is frozen, all in one transaction.

Never refuses to register a request: not for a missing signature, mandate, check of identity or footage.  What asks for
more than a day of footage is frozen for 72 hours, until somebody confirms it (`scope`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cctv import audit
from cctv.casework import requeststore
from cctv.casework.blocks import place_block
from cctv.casework.deadlines import due
from cctv.casework.errors import NoCameras, ReceivedLater
from cctv.casework.found import Found, find_footage
from cctv.casework.parties import check_party, check_stated
from cctv.casework.scope import freeze
from cctv.db.engine import writing
from cctv.db.site import Site, next_short_id
from cctv.kernel.local_days import start_of_day
from cctv.kernel.phrases import phrase
from cctv.kernel.span import Span
from cctv.model.acts import Act
from cctv.model.casework import AccessRequest, RequestState, RequestType
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, IdKind, RequestId
from cctv.model.language import Language
from cctv.model.requests import NOTHING_STATED, Block, Channel, Party, Relation, Stated


@dataclass(frozen=True, slots=True)
class NewRequest:
    """What a letter says; `received` is its day of receipt, `language` the requester's, where they are known."""

    type: RequestType
    parties: tuple[Party, ...]
    cameras: tuple[CameraId, ...]
    span: Span
    received: date | None = None
    language: Language | None = None
    relation: Relation = Relation.VISITOR
    channel: Channel | None = None
    signed: bool | None = None
    dated: bool | None = None
    under_16: bool = False
    stated: Stated = NOTHING_STATED


@dataclass(frozen=True, slots=True)
class OpenedRequest:
    """A request, the hold that freezes its footage, the block if it has one, and how much of the footage exists."""

    request: AccessRequest
    hold: Hold
    block: Block | None
    footage: tuple[Found, ...]


def check_request(new: NewRequest, now: datetime, zone: ZoneInfo) -> NewRequest:
    """The same with clean texts.

    Raises NoCameras, TextUnusable, NationalNumberTyped, MandateUnusable, ReceivedLater.
    """
    if not new.cameras:
        raise NoCameras(problem=phrase("a request is about at least one"), example="foyer-1")
    if new.received and new.received > now.astimezone(zone).date():
        raise ReceivedLater(when=new.received)
    return replace(new, parties=tuple(check_party(one) for one in new.parties), stated=check_stated(new.stated))


def open_request(site: Site, new: NewRequest) -> OpenedRequest:
    """Register a request and freeze its footage until it is closed; the hold is reviewed when the answer is due.

    A restriction and an objection block the footage from this moment too (docs/policies/002.txt, "onmiddellijk").
    """
    now = site.clock.now()
    new = check_request(new, now, site.settings.site.timezone)
    with writing(site.engine) as connection:
        request = _registered(RequestId(next_short_id(connection, IdKind.REQUEST, now.year)), site, new, now)
        requeststore.insert_request(connection, request)
        _log(connection, site, request)
        request, hold = freeze(connection, site, request)
        block = place_block(connection, site, request)
    return OpenedRequest(request, hold, block, find_footage(site, request.cameras, request.span))


def _registered(request_id: RequestId, site: Site, new: NewRequest, now: datetime) -> AccessRequest:
    zone = site.settings.site.timezone
    received = start_of_day(new.received, zone) if new.received else now
    return AccessRequest(
        id=request_id,
        type=new.type,
        state=RequestState.OPEN,
        language=new.language or site.settings.site.language,
        cameras=new.cameras,
        span=new.span,
        received=received,
        due=due(received, zone),
        opened=now,
        opened_by=site.actor.account,
        parties=new.parties,
        relation=new.relation,
        channel=new.channel,
        signed=new.signed,
        dated=new.dated,
        under_16=new.under_16,
        stated=new.stated,
    )


def _log(connection: Connection, site: Site, request: AccessRequest) -> None:
    zone = site.settings.site.timezone
    facts: audit.Facts = {
        "type": request.type.value,
        "cameras": list(request.cameras),
        "span": str(request.span),
        "received": str(request.received.astimezone(zone).date()),
        "due": str(request.due.astimezone(zone).date()),
        "relation": request.relation.value,
        "channel": request.channel.value if request.channel else "not recorded",
        "parties": [one.role.value for one in request.parties],
    }
    audit.append(connection, site, Act.REQUEST_OPENED, request.id, case_id=request.id, facts=facts)
