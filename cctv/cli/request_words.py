"""How a request is told: its JSON, its lines, and what to type next.  Shared by the commands of `cctv request`.

Owns every word of them, so that they can be said in another language.  Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cctv.casework import Need, Step, days_left, facts_of, missing
from cctv.cli.output import length, local_date, size, table
from cctv.cli.preserved import day, print_next
from cctv.db.engine import reading
from cctv.model.casework import AccessRequest, RequestType
from cctv.model.requests import Block, IdentityCheck, Party

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.casework import Forecast, Found
    from cctv.casework.lettering import Draft
    from cctv.cli.box import Box

FORGOTTEN = "(forgotten)"
DRY = "Dry run: nothing was changed."


def request_data(one: AccessRequest, box: Box) -> dict[str, object]:
    """A request as JSON."""
    asking = one.requester
    return {
        "id": one.id,
        "type": one.type.value,
        "state": one.state.value,
        "name": asking.name if asking else None,
        "contact": asking.contact if asking else None,
        "parties": [_party_data(party) for party in one.parties],
        "relation": one.relation.value,
        "channel": one.channel.value if one.channel else None,
        "signed": one.signed,
        "dated": one.dated,
        "under_16": one.under_16,
        "stated": {"time": one.stated.time, "place": one.stated.place, "appearance": one.stated.appearance},
        "language": one.language.value,
        "cameras": list(one.cameras),
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
        "outcome": one.outcome.value if one.outcome else None,
        "ground": one.ground.value if one.ground else None,
        "forgotten": one.forgotten,
    }


def block_data(one: Block) -> dict[str, object]:
    """A block as JSON."""
    return {
        "kind": one.kind.value,
        "cameras": sorted(one.cameras),
        "start": one.span.start,
        "end": one.span.end,
        "placed": one.placed,
        "placed_by": one.placed_by,
        "lifted": one.lifted,
        "lifted_by": one.lifted_by,
        "yields": [
            {"to": each.case_id, "ground": each.ground.value, "decided": each.decided, "by": each.decided_by,
             "told": each.told}
            for each in one.yields
        ],
    }  # fmt: skip


def check_data(one: IdentityCheck) -> dict[str, object]:
    """A check of identity as JSON."""
    return {
        "role": one.role.value,
        "method": one.method.value,
        "checked": one.checked.isoformat(),
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
    return one.requester.name if one.requester else FORGOTTEN


def next_line(one: AccessRequest, footage: Sequence[Found]) -> str | None:
    """What to type next; None when nothing is left to do."""
    if not one.is_open:
        return None
    if one.provisional_until is not None:
        return f'cctv request confirm {one.id} --reason "..."'
    if one.type not in {RequestType.ACCESS, RequestType.PORTABILITY}:
        return f"cctv request show {one.id}"
    if all(found.is_empty for found in footage):
        return f"cctv request answer {one.id} --outcome no-footage"
    return f"cctv redaction prepare {one.id}"


def due_words(one: AccessRequest, box: Box) -> str:
    """The last day and how far away it is."""
    left, last_day = days_left(one.due, box.now, box.zone), day(one.due, box.zone)
    if left == 0:
        return f"{last_day}, TODAY"
    days = f"{abs(left)} day{'' if abs(left) == 1 else 's'}"
    return f"{last_day}, {days} {'left' if left > 0 else 'LATE'}"


def arrival_words(one: AccessRequest, box: Box) -> str:
    """How a request arrived."""
    said = [f"received {day(one.received, box.zone)}"]
    said += [f"by {one.channel.value}"] if one.channel else []
    said += [{True: "signed", False: "not signed"}[one.signed]] if one.signed is not None else []
    said += [{True: "dated", False: "not dated"}[one.dated]] if one.dated is not None else []
    return f"{', '.join(said)}; {one.relation.value}" + ("; under 16" if one.under_16 else "")


def party_words(one: Party) -> str:
    """A person in a request."""
    said = f"{one.role.value}: {one.name}, {one.contact}"
    said += f"; answer to {one.deliver_to}" if one.deliver_to else ""
    return said + (f"; {one.mandate.value} of {one.mandated:%d/%m/%Y}" if one.mandate and one.mandated else "")


def print_forecast(console: Console, one: Forecast) -> None:
    """What freezing costs, in one or two lines."""
    console.print(
        f"That is {length(one.asked)} of footage, {size(one.size_bytes)}; {size(one.kept_bytes)} of it would have gone "
        f"by the day of the answer.  Of {size(one.free_bytes)} free, {size(max(one.left_bytes, 0))} would be left."
    )
    if not one.fits:
        console.print(
            f"That is less than the reserve of {size(one.reserve_bytes)}: recording would then make room by deleting "
            "other footage early.",
            style="bold",
        )


def tell_none(console: Console, footage: Sequence[Found]) -> None:
    """Say so where there is nothing to answer with."""
    if all(found.is_empty for found in footage):
        console.print(
            "There is no footage to answer with; the table says why.  The request must still be answered.", style="bold"
        )


def provisional_words(one: AccessRequest, box: Box) -> str | None:
    """Until when an unconfirmed request freezes its footage; None where it is frozen to the end."""
    until = one.provisional_until
    if until is None:
        return None
    when = local_date(until, box.zone)
    if one.provisional_hold is None:
        return f"Nothing is frozen since {when}: nobody confirmed more than a day of footage."
    return f"More than a day of footage: frozen until {when} only, unless somebody confirms it."


def _party_data(one: Party) -> dict[str, object]:
    return {
        "role": one.role.value,
        "name": one.name,
        "contact": one.contact,
        "deliver_to": one.deliver_to,
        "mandate": one.mandate.value if one.mandate else None,
        "mandated": one.mandated.isoformat() if one.mandated else None,
    }


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
        return f"{one.kind.value}: was blocked until {local_date(one.lifted, box.zone)}"
    said = f"{one.kind.value}: blocked since {local_date(one.placed, box.zone)}; nobody may look at it or export it"
    given = [f"{each.case_id} ({each.ground.value})" for each in one.yields]
    return said + (f", except for {', '.join(given)}" if given else "")


def tell_request(box: Box, one: AccessRequest, said: str) -> None:
    """Print what was done with a request, as JSON or in a line, and what is missing now."""
    data = {"dry_run": box.dry_run, "request": request_data(one, box), "missing": missing_data(box, one)}
    box.emit(data, lambda console: tell(console, box, one, said))


def tell(console: Console, box: Box, one: AccessRequest, said: str) -> None:
    """A line, and what is missing now; after a dry run only that nothing was changed."""
    if box.dry_run:
        console.print(f"Would do this: {said}")
        console.print(DRY)
        return
    console.print(said, style="bold")
    print_missing(console, box, one)


def missing_data(box: Box, one: AccessRequest) -> list[dict[str, object]]:
    """What is missing, as JSON."""
    return [
        {"need": step.need.value, "about": step.about, "must": step.must, "next": step.line}
        for step in _steps(box, one)
    ]


def print_missing(console: Console, box: Box, one: AccessRequest, *more: str) -> None:
    """What stands between a request and its answer, with the line to type for each, and what else to type."""
    steps = _steps(box, one)
    if not steps:
        print_next(*more)
        return
    rows = [(_NEEDS[step.need], step.about or "", "the answer waits for it" if step.must else "") for step in steps]
    console.print(table(("missing", "of", ""), rows))
    print_next(*[step.line for step in steps], *more)


def _steps(box: Box, one: AccessRequest) -> tuple[Step, ...]:
    with reading(box.site.engine) as connection:
        return missing(facts_of(connection, box.site, one), box.now)


_NEEDS = {
    Need.CONFIRM: "a reason for more than a day of footage",
    Need.MANDATE: "a mandate",
    Need.IDENTITY: "a check of identity",
    Need.RECEIPT: "a letter of receipt",
    Need.TELL_EXTENSION: "telling the person of the extension",
    Need.TELL_YIELD: "telling the person that the block yielded",
    Need.STATEMENT: "the person's statement",
    Need.DECISION: "a decision on the objection",
    Need.PREPARE: "preparing the footage",
    Need.DECIDE: "a decision who stays visible, made on the sheet",
    Need.BACKDROP: "a look at the backdrops",
    Need.REVIEW: "a look at every frame, as it will be shown",
    Need.APPROVE: "an approval",
    Need.ANSWER: "the answer",
    Need.SEND: "sending the answer",
    Need.LIFT: "nothing, until the person lifts it",
}
