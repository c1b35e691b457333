"""The one extension of Article 12(3) GDPR: two months, reasoned, and told inside the first period.

The deadline moves when the person was told, not when somebody decided: a letter that was never sent extends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection

from cctv import audit, letters
from cctv.casework import requeststore
from cctv.casework.deadlines import extended
from cctv.casework.errors import ExtendedAlready, ExtensionLate, NotExtended, SentLater
from cctv.casework.lettering import Draft, asked_of, draft, enter
from cctv.casework.requests import moving
from cctv.casework.states import Move
from cctv.casework.words import checked_text
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.kernel.local_days import end_of_day, start_of_day
from cctv.kernel.phrases import phrase
from cctv.model.acts import Act
from cctv.model.casework import AccessRequest
from cctv.model.requests import Extension, ExtensionGround, LetterKind


@dataclass(frozen=True, slots=True)
class Extended:
    """A request and its extension; `request.due` is the first deadline until the extension was sent."""

    request: AccessRequest
    extension: Extension


def plan_extension(site: Site, request_id: str, ground: ExtensionGround, *, reason: str) -> Extended:
    """What `extend` would decide; raises what that raises."""
    _reason(reason)
    with reading(site.engine) as connection:
        return _decided(connection, site, request_id, ground)


def extend(site: Site, request_id: str, ground: ExtensionGround, *, reason: str, with_letter: bool = True) -> Extended:
    """Decide on the one extension and make its letter; it binds once `mark_sent` says that the person was told.

    Raises RequestUnknown, RequestClosed, MoveRefused, ExtendedAlready, ExtensionLate; SenderUnknown for the letter.
    """
    reason = _reason(reason)
    planned = plan_extension(site, request_id, ground, reason=reason)
    letter = _letter(site, planned, reason) if with_letter else None
    with writing(site.engine) as connection:
        done = _decided(connection, site, request_id, ground)
        requeststore.insert_extension(connection, done.request.id, done.extension)
        if letter is not None:
            enter(connection, site, done.request, letter)
        zone = site.settings.site.timezone
        facts: audit.Facts = {"ground": ground.value, "due": str(done.extension.due.astimezone(zone).date())}
        case = done.request.id
        audit.append(connection, site, Act.REQUEST_EXTENDED, case, case_id=case, facts=facts, reason=reason)
    return done


def told_of_extension(connection: Connection, site: Site, request: AccessRequest, day: date) -> Extended:
    """The person was told on a day: the deadline moves, in the caller's transaction.

    Raises NotExtended, SentLater, ExtensionLate (told after the first period).
    """
    extension = requeststore.extension_of(connection, request.id)
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
    requeststore.mark_extension_sent(connection, request.id, at)
    requeststore.set_due(connection, request.id, extension.due)
    return Extended(replace(request, due=extension.due), replace(extension, sent=at))


def _letter(site: Site, planned: Extended, reason: str) -> Draft:
    request, zone = planned.request, site.settings.site.timezone
    facts = letters.Extension(
        asked=asked_of(site, request),
        first_due=request.due.astimezone(zone).date(),
        due=planned.extension.due.astimezone(zone).date(),
        reasons=(planned.extension.ground,),
        explanation=reason,
    )
    return draft(site, request, LetterKind.EXTENSION, [facts])


def _decided(connection: Connection, site: Site, request_id: str, ground: ExtensionGround) -> Extended:
    request = moving(connection, site, request_id, Move.EXTEND)
    zone, now = site.settings.site.timezone, site.clock.now()
    if requeststore.extension_of(connection, request.id) is not None:
        raise ExtendedAlready(id=request.id)
    if now > request.due:
        raise ExtensionLate(id=request.id, due=request.due.astimezone(zone).date())
    return Extended(request, Extension(ground, extended(request.received, zone), now, site.actor.account))


def _reason(reason: str) -> str:
    return checked_text(
        phrase("reason"), reason, phrase('say what takes so long; the letter says it too: --reason "WHY".')
    )
