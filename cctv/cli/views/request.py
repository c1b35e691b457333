"""How a request is told: its JSON, its lines, and what to type next.  Shared by the commands of `cctv request`.

Owns every word of them.  Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from cctv.cases.footage_status import FootageStatus
from cctv.cases.letters.request_letters import Draft
from cctv.cases.requests.deadlines import days_left
from cctv.cases.requests.next_steps import NextStepKind, Step, facts_of, missing, next_line
from cctv.cases.requests.scope import StorageForecast
from cctv.cli.context import CommandContext
from cctv.cli.output import joined, length, local_date, size, table
from cctv.cli.views.footage import day, print_dry, print_next
from cctv.core.i18n import N_, _, enum_text, ngettext, translate
from cctv.db.engine import read_transaction
from cctv.model.cases import AccessRequest
from cctv.model.requests import Block, IdentityCheck, Party


def request_data(one: AccessRequest, context: CommandContext) -> dict[str, object]:
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
        "days_left": days_left(one.due, context.now, context.zone) if one.is_open else None,
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


def forecast_data(one: StorageForecast) -> dict[str, object]:
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
    return one.requester.name if one.requester else _("(forgotten)")


def next_step(context: CommandContext, one: AccessRequest) -> str | None:
    """What to type next, as the board says it; None when nothing is left to do."""
    with read_transaction(context.site.engine) as connection:
        return next_line(facts_of(connection, context.site, one), context.now)


def due_words(one: AccessRequest, context: CommandContext) -> str:
    """The last day and how far away it is."""
    left, last_day = days_left(one.due, context.now, context.zone), day(one.due, context.zone)
    if left == 0:
        return _("{day}, TODAY", day=last_day)
    if left < 0:
        return ngettext(-left, "{day}, {count} day LATE", "{day}, {count} days LATE", day=last_day)
    return ngettext(left, "{day}, {count} day left", "{day}, {count} days left", day=last_day)


def arrival_words(one: AccessRequest, context: CommandContext) -> str:
    """How a request arrived."""
    parts = [_("received {day}", day=day(one.received, context.zone))]
    parts += [_("by {channel}", channel=one.channel)] if one.channel else []
    parts += [_("signed") if one.signed else _("not signed")] if one.signed is not None else []
    parts += [_("dated") if one.dated else _("not dated")] if one.dated is not None else []
    return joined([", ".join(parts), enum_text(one.relation), *([_("under 16")] if one.under_16 else [])])


def party_words(one: Party) -> str:
    """A person in a request."""
    parts = [_("{role}: {name}, {contact}", role=one.role, name=one.name, contact=one.contact)]
    parts += [_("answer to {address}", address=one.deliver_to)] if one.deliver_to else []
    if one.mandate and one.mandated:
        parts.append(_("{mandate} of {mandated:%d/%m/%Y}", mandate=one.mandate, mandated=one.mandated))
    return joined(parts)


def print_forecast(console: Console, one: StorageForecast) -> None:
    """What freezing costs, in one or two lines."""
    console.print(
        _(
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
            _(
                "That is less than the reserve of {reserve}: recording would then make room by deleting other footage "
                "early.",
                reserve=size(one.reserve_bytes),
            ),
            style="bold",
        )


def tell_none(console: Console, footage: Sequence[FootageStatus]) -> None:
    """Say so where there is nothing to answer with."""
    if all(found.is_empty for found in footage):
        console.print(
            _("There is no footage to answer with; the table says why.  The request must still be answered."),
            style="bold",
        )


def provisional_words(one: AccessRequest, context: CommandContext) -> str | None:
    """Until when an unconfirmed request freezes its footage; None where it is frozen to the end."""
    until = one.provisional_until
    if until is None:
        return None
    when = local_date(until, context.zone)
    if one.provisional_hold is None:
        return _("Nothing is frozen since {when}: nobody confirmed more than a day of footage.", when=when)
    return _("More than a day of footage: frozen until {when} only, unless somebody confirms it.", when=when)


def print_letter(console: Console, context: CommandContext, letter: Draft | None) -> None:
    """The text of a letter, to read before it goes, and where it stands."""
    if letter is None:
        return
    console.print(letter.text, soft_wrap=True)
    for path in letter.files:
        console.print(f"{context.site.root / path}", style="bold", soft_wrap=True)


def block_words(one: Block, context: CommandContext) -> str:
    """What a block stops, since when, and what it yields to."""
    if one.lifted is not None:
        return _("{kind}: was blocked until {when}", kind=one.kind, when=local_date(one.lifted, context.zone))
    since, given = (
        local_date(one.placed, context.zone),
        [f"{each.case_id} ({enum_text(each.ground)})" for each in one.yields],
    )
    if not given:
        return _("{kind}: blocked since {when}; nobody may look at it or export it", kind=one.kind, when=since)
    return _(
        "{kind}: blocked since {when}; nobody may look at it or export it, except for {cases}",
        kind=one.kind,
        when=since,
        cases=", ".join(given),
    )


def tell_request(context: CommandContext, one: AccessRequest, done: str) -> None:
    """Print what was done with a request, as JSON or in a line, and what is missing now."""
    data = {"dry_run": context.dry_run, "request": request_data(one, context), "missing": missing_data(context, one)}
    context.emit(data, lambda console: tell(console, context, one, done))


def tell(console: Console, context: CommandContext, one: AccessRequest, done: str) -> None:
    """A line, and what is missing now; after a dry run only that nothing was changed."""
    if context.dry_run:
        console.print(_("Would do this: {done}", done=done))
        print_dry(console)
        return
    console.print(done, style="bold")
    print_missing(console, context, one)


def missing_data(context: CommandContext, one: AccessRequest) -> list[dict[str, object]]:
    """What is missing, as JSON."""
    return [
        {"need": step.need, "about": step.about, "must": step.must, "next": step.line} for step in _steps(context, one)
    ]


def print_missing(console: Console, context: CommandContext, one: AccessRequest, *more: str) -> None:
    """What stands between a request and its answer, with the line to type for each, and what else to type."""
    steps = _steps(context, one)
    if not steps:
        print_next(*more)
        return
    rows = [
        (translate(_NEEDS[step.need]), translate(step.about or ""), _("the answer waits for it") if step.must else "")
        for step in steps
    ]
    console.print(table(("missing", "of", ""), rows))
    print_next(*[step.line for step in steps], *more)


def _steps(context: CommandContext, one: AccessRequest) -> tuple[Step, ...]:
    with read_transaction(context.site.engine) as connection:
        return missing(facts_of(connection, context.site, one), context.now)


_NEEDS = {
    NextStepKind.CONFIRM: N_("a reason for more than a day of footage"),
    NextStepKind.MANDATE: N_("a mandate"),
    NextStepKind.IDENTITY: N_("a check of identity"),
    NextStepKind.RECEIPT: N_("a letter of receipt"),
    NextStepKind.TELL_EXTENSION: N_("telling the person of the extension"),
    NextStepKind.TELL_YIELD: N_("telling the person that the block yielded"),
    NextStepKind.STATEMENT: N_("the person's statement"),
    NextStepKind.DECISION: N_("a decision on the objection"),
    NextStepKind.PREPARE: N_("preparing the footage"),
    NextStepKind.DECIDE: N_("a decision who stays visible, made on the sheet"),
    NextStepKind.BACKDROP: N_("a look at the backdrops"),
    NextStepKind.REVIEW: N_("a look at every frame, as it will be shown"),
    NextStepKind.APPROVE: N_("an approval"),
    NextStepKind.ANSWER: N_("the answer"),
    NextStepKind.SEND: N_("sending the answer"),
    NextStepKind.LIFT: N_("nothing, until the person lifts it"),
}
