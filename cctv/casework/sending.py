"""Sending: a person posted or mailed a letter, and some letters have effect only then.

* extension: the deadline moves (Article 12(3) GDPR wants the person told inside the first period);
* yield: the person who was protected has been told;
* answer: an erasure is closed, and forgets its people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from cctv import audit
from cctv.casework import blockstore, letterstore
from cctv.casework.closing import end, ending_of, finish
from cctv.casework.errors import RequestForgotten, SentLater
from cctv.casework.extension import told_of_extension
from cctv.casework.requests import find_request
from cctv.casework.states import Move
from cctv.db.engine import writing
from cctv.db.site import Site
from cctv.kernel.local_days import start_of_day
from cctv.model.acts import Act
from cctv.model.casework import AccessRequest, Outcome, RequestState
from cctv.model.holds import Hold
from cctv.model.requests import LetterKind


@dataclass(frozen=True, slots=True)
class Sent:
    """A request after a letter went; `day` is when."""

    request: AccessRequest
    kind: LetterKind
    day: date


def mark_sent(site: Site, request_id: str, kind: LetterKind, day: date | None = None, *, dry_run: bool = False) -> Sent:
    """Enter that a letter went, today or on an earlier day.

    Raises RequestUnknown, RequestForgotten, SentLater; NotExtended, ExtensionLate for an extension.
    """
    today = site.clock.now().astimezone(site.settings.site.timezone).date()
    day = day or today
    with writing(site.engine, dry_run=dry_run) as connection:
        request = find_request(connection, request_id)
        if request.forgotten is not None:
            raise RequestForgotten(id=request.id)
        if not request.received.astimezone(site.settings.site.timezone).date() <= day <= today:
            raise SentLater(when=day)
        released = _enter(connection, site, request, kind, day)
        if dry_run:
            return Sent(request, kind, day)
        request = find_request(connection, request.id)
    finish(site, request, released)
    return Sent(request, kind, day)


def _enter(connection: Connection, site: Site, request: AccessRequest, kind: LetterKind, day: date) -> tuple[Hold, ...]:
    at = _instant(site, day)
    letterstore.mark_letters_sent(connection, request.id, kind, at)
    facts: audit.Facts = {"letter": kind.value, "day": day.isoformat()}
    audit.append(connection, site, Act.LETTER_SENT, request.id, case_id=request.id, facts=facts)
    if kind is LetterKind.EXTENSION:
        told_of_extension(connection, site, request, day)
    if kind is LetterKind.YIELD:
        blockstore.mark_told(connection, request.id, at)
    if kind is LetterKind.ANSWER and request.state is RequestState.ANSWERED:
        return end(connection, site, request, ending_of(request, Outcome.GRANTED), Move.CLOSE)
    return ()


def _instant(site: Site, day: date) -> datetime:
    """Now for today, the start of an earlier day."""
    now, zone = site.clock.now(), site.settings.site.timezone
    return now if day == now.astimezone(zone).date() else start_of_day(day, zone)
