"""Rights in effect: an objection is upheld or rejected, a block yields or is lifted, a statement stands beside footage.

A block yields to a named legal claim or authority, for one case, by decision of a named person; the person who was
protected is told.  Recording goes on whatever is decided: an objection is about footage that there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cctv import audit, holds, letters
from cctv.casework import blockstore, requeststore
from cctv.casework.closing import end, ending_of, finish
from cctv.casework.departures import Departure, departures
from cctv.casework.errors import DeciderMissing, NothingBlocked, YieldsAlready
from cctv.casework.grounds import find_ground
from cctv.casework.lettering import Draft, asked_of, draft, enter, local_day, what_becomes
from cctv.casework.requests import find_request, moved, moving
from cctv.casework.states import Move
from cctv.casework.words import checked_text
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.kernel.phrases import phrase
from cctv.letters.letter import Facts
from cctv.model.acts import Act
from cctv.model.casework import AccessRequest, Outcome, RequestType
from cctv.model.holds import Hold
from cctv.model.requests import Block, LetterKind, Statement, Yield, YieldGround

_WHY = phrase('say why: --reason "WHY".')


@dataclass(frozen=True, slots=True)
class Yielded:
    """A request, its blocks, and the case that they yield to."""

    request: AccessRequest
    blocks: tuple[Block, ...]
    case_id: str
    ground: YieldGround


@dataclass(frozen=True, slots=True)
class Lifted:
    """A request whose block was lifted, and the holds that were released with it."""

    request: AccessRequest
    released: tuple[Hold, ...]


def decide_objection(site: Site, request_id: str, move: Move, *, reason: str, dry_run: bool = False) -> AccessRequest:
    """Uphold or reject an objection; a rejection's reason are the compelling grounds of Article 21(1), for the letter.

    Raises RequestUnknown, RequestClosed, MoveRefused.
    """
    reason = checked_text(phrase("reason"), reason, _WHY)
    with writing(site.engine, dry_run=dry_run) as connection:
        request = moving(connection, site, request_id, move)
        facts: audit.Facts = {"decision": move.value}
        audit.append(connection, site, Act.REQUEST_DECIDED, request.id, case_id=request.id, facts=facts, reason=reason)
        decided = moved(connection, request, move)
        return request if dry_run else decided


@dataclass(frozen=True, slots=True)
class YieldTo:
    """What a block yields to: the case, the ground, who gets to see the footage, and under which reference."""

    case_id: str
    ground: YieldGround
    recipient: str
    reference: str
    reason: str


def plan_yield(site: Site, request_id: str, wanted: YieldTo) -> Yielded:
    """What `yield_block` would do; raises what that raises, but for the letter."""
    _checked(site, wanted)
    with reading(site.engine) as connection:
        return _yielding(connection, site, request_id, wanted)


def yield_block(site: Site, request_id: str, wanted: YieldTo, *, with_letter: bool = True) -> Yielded:
    """Let one open case use blocked footage, and make the letter that tells the person who was protected.

    The footage stays blocked for everybody else.  Raises DeciderMissing without a named person, NothingBlocked,
    YieldsAlready, what finding the case raises; SenderUnknown for the letter.
    """
    wanted = _checked(site, wanted)
    planned = plan_yield(site, request_id, wanted)
    letter = _yield_letter(site, planned, wanted) if with_letter else None
    with writing(site.engine) as connection:
        found = _yielding(connection, site, request_id, wanted)
        for block in found.blocks:
            if not block.yields_to(found.case_id):
                entered = Yield(0, found.case_id, wanted.ground, site.clock.now(), site.actor.account)
                blockstore.insert_yield(connection, block, entered)
        facts: audit.Facts = {"to": found.case_id, "ground": wanted.ground.value}
        reason = f"{wanted.recipient}, {wanted.reference}: {wanted.reason}"
        case = found.request.id
        audit.append(connection, site, Act.BLOCK_YIELDED, case, case_id=case, facts=facts, reason=reason)
        if letter is not None:
            enter(connection, site, found.request, letter)
        return replace(found, blocks=tuple(blockstore.blocks_of(connection, found.request.id)))


def lift(site: Site, request_id: str, *, reason: str, with_letter: bool = True, dry_run: bool = False) -> Lifted:
    """The person lifts the restriction, or takes the objection back: block and hold end, and the request with them.

    A letter confirms it.  Raises RequestUnknown, RequestClosed, MoveRefused; SenderUnknown.
    """
    reason = checked_text(phrase("reason"), reason, phrase('say who asked for it: --reason "WHY".'))
    with reading(site.engine) as connection:
        request = moving(connection, site, request_id, Move.LIFT)
        own = tuple(holds.holds_of(connection, request.id))
        leaving = departures(connection, own, site.clock.now())
    if dry_run:
        return Lifted(request, own)
    letter = _lift_letter(site, request, leaving) if with_letter else None
    with writing(site.engine) as connection:
        request = moving(connection, site, request_id, Move.LIFT)
        if letter is not None:
            enter(connection, site, request, letter)
        ending = replace(ending_of(request, Outcome.GRANTED), reason=reason)
        own = end(connection, site, request, ending, Move.LIFT)
        lifted = find_request(connection, request.id)
    finish(site, lifted, own)
    return Lifted(lifted, own)


def add_statement(site: Site, request_id: str, text: str, *, dry_run: bool = False) -> AccessRequest:
    """Put the person's supplementary statement beside the footage; pixels never change (Article 16 GDPR)."""
    text = checked_text(phrase("statement"), text, phrase("give the person's own words: --text TEXT."))
    with writing(site.engine, dry_run=dry_run) as connection:
        request = moving(connection, site, request_id, Move.STATEMENT)
        statement = Statement(text, site.clock.now(), site.actor.account)
        requeststore.insert_statement(connection, request.id, statement)
        audit.append(connection, site, Act.REQUEST_STATED, request.id, case_id=request.id, reason=text)
    return request


def _checked(site: Site, wanted: YieldTo) -> YieldTo:
    if site.actor.on_behalf_of is None:
        raise DeciderMissing
    return replace(
        wanted,
        recipient=checked_text(
            phrase("recipient"), wanted.recipient, phrase("name who gets to see the footage: --recipient NAME.")
        ),
        reference=checked_text(
            phrase("reference"), wanted.reference, phrase("give the file or order: --reference REFERENCE.")
        ),
        reason=checked_text(phrase("reason"), wanted.reason, phrase("say what it is needed for: --reason WHY.")),
    )


def _yielding(connection: Connection, site: Site, request_id: str, wanted: YieldTo) -> Yielded:
    request = moving(connection, site, request_id, Move.YIELD)
    case = find_ground(connection, site, wanted.case_id).case_id
    blocks = blockstore.blocks_of(connection, request.id)
    if not blocks or case == request.id:
        raise NothingBlocked(id=request.id, case=case)
    if all(block.yields_to(case) for block in blocks):
        raise YieldsAlready(id=request.id, case=case)
    return Yielded(request, tuple(blocks), case, wanted.ground)


def _yield_letter(site: Site, planned: Yielded, wanted: YieldTo) -> Draft:
    footage = tuple(letters.Footage(camera, block.span) for block in planned.blocks for camera in sorted(block.cameras))
    facts = letters.BlockYielded(
        asked=asked_of(site, planned.request),
        on=local_day(site, site.clock.now()),
        ground=wanted.ground,
        recipient=wanted.recipient,
        recipient_reference=wanted.reference,
        footage=footage,
        explanation=wanted.reason,
    )
    return draft(site, planned.request, LetterKind.YIELD, [facts])


def _lift_letter(site: Site, request: AccessRequest, leaving: Sequence[Departure]) -> Draft:
    """The reason for lifting stays in the log: it says who wrote when, which the person knows."""
    gone_by, kept_for = what_becomes(site, leaving)
    asked, today = asked_of(site, request), local_day(site, site.clock.now())
    facts: Facts = letters.ObjectionWithdrawn(asked, today, gone_by, kept_for)
    if request.type is RequestType.RESTRICTION:
        facts = letters.RestrictionLifted(asked, today, letters.LiftReason.YOUR_WISH, None, gone_by, kept_for)
    return draft(site, request, LetterKind.LIFTED, [facts])
