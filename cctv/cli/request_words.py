"""How a request is told: its JSON, its lines, and what to type next.  Shared by the commands of `cctv request`.

Owns every word of them.  Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cctv.casework import Need, Step, days_left, facts_of, missing, next_line
from cctv.cli.output import joined, length, local_date, size, table
from cctv.cli.preserved import day, print_dry, print_next
from cctv.db.engine import reading
from cctv.kernel.phrases import phrase
from cctv.model.casework import AccessRequest
from cctv.model.requests import Block, IdentityCheck, Party
from cctv.tongue import said, said_of, told, word

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.casework import Forecast, Found
    from cctv.casework.lettering import Draft
    from cctv.cli.box import Box


def request_data(one: AccessRequest, box: Box) -> dict[str, object]:
    """A request as JSON."""
    asking = one.requester
    return {
        "id": one.id,
        "type": one.type,
        "state": one.state,
        "name": asking.name if asking else None,
        "contact": asking.contact if asking else None,
        "parties": one.parties,
        "relation": one.relation,
        "channel": one.channel,
        "signed": one.signed,
        "dated": one.dated,
        "under_16": one.under_16,
        "stated": one.stated,
        "language": one.language,
        "cameras": one.cameras,
        "start": one.span.start,
        "end": one.span.end,
        "received": one.received,
        "due": one.due,
        "days_left": days_left(one.due, box.now, box.zone) if one.is_open else None,
        "provisional_until": one.provisional_until,
        "opened": one.opened,
        "opened_by": one.opened_by,
        "answered": one.answered,
        "closed": one.closed,
        "closed_by": one.closed_by,
        "outcome": one.outcome,
        "ground": one.ground,
        "forgotten": one.forgotten,
    }


def block_data(one: Block) -> dict[str, object]:
    """A block as JSON."""
    return {
        "kind": one.kind,
        "cameras": one.cameras,
        "start": one.span.start,
        "end": one.span.end,
        "placed": one.placed,
        "placed_by": one.placed_by,
        "lifted": one.lifted,
        "lifted_by": one.lifted_by,
        "yields": [
            {"to": each.case_id, "ground": each.ground, "decided": each.decided, "by": each.decided_by,
             "told": each.told}
            for each in one.yields
        ],
    }  # fmt: skip


def check_data(one: IdentityCheck) -> dict[str, object]:
    """A check of identity as JSON."""
    return {
        "role": one.role,
        "method": one.method,
        "checked": one.checked,
        "checker": one.checker,
    }


def forecast_data(one: Forecast) -> dict[str, object]:
    """What freezing costs, as JSON."""
    return {
        "asked_seconds": int(one.asked.total_seconds()),
        "size_bytes": one.size_bytes,
        "kept_bytes": one.kept_bytes,
        "free_bytes": one.free_bytes,
        "left_bytes": one.left_bytes,
        "reserve_bytes": one.reserve_bytes,
        "fits": one.fits,
    }


def name_of(one: AccessRequest) -> str:
    """Who asks, as it is shown."""
    return one.requester.name if one.requester else said("(forgotten)")


def next_step(box: Box, one: AccessRequest) -> str | None:
    """What to type next, as the board says it; None when nothing is left to do."""
    with reading(box.site.engine) as connection:
        return next_line(facts_of(connection, box.site, one), box.now)


def due_words(one: AccessRequest, box: Box) -> str:
    """The last day and how far away it is."""
    left, last_day = days_left(one.due, box.now, box.zone), day(one.due, box.zone)
    if left == 0:
        return said("{day}, TODAY", day=last_day)
    if left < 0:
        return said_of(-left, "{day}, {count} day LATE", "{day}, {count} days LATE", day=last_day)
    return said_of(left, "{day}, {count} day left", "{day}, {count} days left", day=last_day)


def arrival_words(one: AccessRequest, box: Box) -> str:
    """How a request arrived."""
    parts = [said("received {day}", day=day(one.received, box.zone))]
    parts += [said("by {channel}", channel=one.channel)] if one.channel else []
    parts += [said("signed") if one.signed else said("not signed")] if one.signed is not None else []
    parts += [said("dated") if one.dated else said("not dated")] if one.dated is not None else []
    return joined([", ".join(parts), word(one.relation), *([said("under 16")] if one.under_16 else [])])


def party_words(one: Party) -> str:
    """A person in a request."""
    parts = [said("{role}: {name}, {contact}", role=one.role, name=one.name, contact=one.contact)]
    parts += [said("answer to {address}", address=one.deliver_to)] if one.deliver_to else []
    if one.mandate and one.mandated:
        parts.append(said("{mandate} of {mandated:%d/%m/%Y}", mandate=one.mandate, mandated=one.mandated))
    return joined(parts)


def print_forecast(console: Console, one: Forecast) -> None:
    """What freezing costs, in one or two lines."""
    console.print(
        said(
            "That is {length} of footage, {size}; {kept} of it would have gone by the day of the answer.  Of {free} "
            "free, {left} would be left.",
            length=length(one.asked),
            size=size(one.size_bytes),
            kept=size(one.kept_bytes),
            free=size(one.free_bytes),
            left=size(max(one.left_bytes, 0)),
        )
    )
    if not one.fits:
        console.print(
            said(
                "That is less than the reserve of {reserve}: recording would then make room by deleting other footage "
                "early.",
                reserve=size(one.reserve_bytes),
            ),
            style="bold",
        )


def tell_none(console: Console, footage: Sequence[Found]) -> None:
    """Say so where there is nothing to answer with."""
    if all(found.is_empty for found in footage):
        console.print(
            said("There is no footage to answer with; the table says why.  The request must still be answered."),
            style="bold",
        )


def provisional_words(one: AccessRequest, box: Box) -> str | None:
    """Until when an unconfirmed request freezes its footage; None where it is frozen to the end."""
    until = one.provisional_until
    if until is None:
        return None
    when = local_date(until, box.zone)
    if one.provisional_hold is None:
        return said("Nothing is frozen since {when}: nobody confirmed more than a day of footage.", when=when)
    return said("More than a day of footage: frozen until {when} only, unless somebody confirms it.", when=when)


def print_letter(console: Console, box: Box, letter: Draft | None) -> None:
    """The text of a letter, to read before it goes, and where it stands."""
    if letter is None:
        return
    console.print(letter.text, soft_wrap=True)
    for path in letter.files:
        console.print(f"{box.site.root / path}", style="bold", soft_wrap=True)


def block_words(one: Block, box: Box) -> str:
    """What a block stops, since when, and what it yields to."""
    if one.lifted is not None:
        return said("{kind}: was blocked until {when}", kind=one.kind, when=local_date(one.lifted, box.zone))
    since, given = local_date(one.placed, box.zone), [f"{each.case_id} ({word(each.ground)})" for each in one.yields]
    if not given:
        return said("{kind}: blocked since {when}; nobody may look at it or export it", kind=one.kind, when=since)
    return said(
        "{kind}: blocked since {when}; nobody may look at it or export it, except for {cases}",
        kind=one.kind,
        when=since,
        cases=", ".join(given),
    )


def tell_request(box: Box, one: AccessRequest, done: str) -> None:
    """Print what was done with a request, as JSON or in a line, and what is missing now."""
    data = {"dry_run": box.dry_run, "request": request_data(one, box), "missing": missing_data(box, one)}
    box.emit(data, lambda console: tell(console, box, one, done))


def tell(console: Console, box: Box, one: AccessRequest, done: str) -> None:
    """A line, and what is missing now; after a dry run only that nothing was changed."""
    if box.dry_run:
        console.print(said("Would do this: {done}", done=done))
        print_dry(console)
        return
    console.print(done, style="bold")
    print_missing(console, box, one)


def missing_data(box: Box, one: AccessRequest) -> list[dict[str, object]]:
    """What is missing, as JSON."""
    return [{"need": step.need, "about": step.about, "must": step.must, "next": step.line} for step in _steps(box, one)]


def print_missing(console: Console, box: Box, one: AccessRequest, *more: str) -> None:
    """What stands between a request and its answer, with the line to type for each, and what else to type."""
    steps = _steps(box, one)
    if not steps:
        print_next(*more)
        return
    rows = [
        (told(_NEEDS[step.need]), told(step.about or ""), said("the answer waits for it") if step.must else "")
        for step in steps
    ]
    console.print(table(("missing", "of", ""), rows))
    print_next(*[step.line for step in steps], *more)


def _steps(box: Box, one: AccessRequest) -> tuple[Step, ...]:
    with reading(box.site.engine) as connection:
        return missing(facts_of(connection, box.site, one), box.now)


_NEEDS = {
    Need.CONFIRM: phrase("a reason for more than a day of footage"),
    Need.MANDATE: phrase("a mandate"),
    Need.IDENTITY: phrase("a check of identity"),
    Need.RECEIPT: phrase("a letter of receipt"),
    Need.TELL_EXTENSION: phrase("telling the person of the extension"),
    Need.TELL_YIELD: phrase("telling the person that the block yielded"),
    Need.STATEMENT: phrase("the person's statement"),
    Need.DECISION: phrase("a decision on the objection"),
    Need.PREPARE: phrase("preparing the footage"),
    Need.DECIDE: phrase("a decision who stays visible, made on the sheet"),
    Need.BACKDROP: phrase("a look at the backdrops"),
    Need.REVIEW: phrase("a look at every frame, as it will be shown"),
    Need.APPROVE: phrase("an approval"),
    Need.ANSWER: phrase("the answer"),
    Need.SEND: phrase("sending the answer"),
    Need.LIFT: phrase("nothing, until the person lifts it"),
}
