"""How requests are printed: their text and JSON, and what to type next.

Shared by the commands of `cctv request`.  Decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from cctv.cases.footage_status import FootageStatus
from cctv.cases.letters.request_letters import Draft
from cctv.cases.requests.close import ErasurePlan, OtherCase
from cctv.cases.requests.deadlines import days_left, pass_on_by
from cctv.cases.requests.needs import NextStepKind, Step
from cctv.cases.requests.next_steps import facts_of, missing, next_line
from cctv.cases.requests.scope import StorageForecast
from cctv.cases.text_input import ERASED
from cctv.cli.context import CommandContext
from cctv.cli.copies import print_copy_line
from cctv.cli.output import joined, length, local_date, size, table
from cctv.cli.views.footage import day, print_dry, print_next, when
from cctv.core.i18n import N_, _, enum_text, ngettext, translate
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction
from cctv.model.cases import AccessRequest
from cctv.model.footage import Segment
from cctv.model.ids import CameraId, HoldId
from cctv.model.requests import Block, IdentityCheck, Party
from cctv.retention.removal import outside_of

_NEEDS = {
    NextStepKind.PASS_ON: N_("passing it on to the controller"),
    NextStepKind.TELL_CONTROLLER: N_("sending the letter to the controller"),
    NextStepKind.INSTRUCTION: N_("an instruction of the controller"),
    NextStepKind.CLOSE: N_("nothing: the controller answers it, and it is closed here"),
    NextStepKind.SCOPE: N_("the time or the camera; nothing is frozen"),
    NextStepKind.CONFIRM: N_("a reason for more than a day of footage"),
    NextStepKind.MANDATE: N_("a mandate"),
    NextStepKind.IDENTITY: N_("a check of identity"),
    NextStepKind.QUESTION: N_("the answer to the question about identity"),
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
    NextStepKind.UNBLOCK: N_("a decision that the block ends: the type was corrected"),
}


def request_data(request: AccessRequest, context: CommandContext) -> dict[str, object]:
    """A request as JSON."""
    requester = request.requester
    return {
        "id": request.id,
        "type": request.type,
        "state": request.state,
        "name": requester.name if requester else None,
        "contact": requester.contact if requester else None,
        "parties": request.parties,
        "relation": request.relation,
        "channel": request.channel,
        "signed": request.signed,
        "dated": request.dated,
        "under_16": request.under_16,
        "stated": request.stated,
        "language": request.language,
        "cameras": request.cameras,
        "start": request.span.start if request.span else None,
        "end": request.span.end if request.span else None,
        "received": request.received,
        "due": request.due,
        "days_left": days_left(request.due, context.now, context.zone) if request.is_open else None,
        "provisional_until": request.lapses,
        "opened": request.opened,
        "opened_by": request.opened_by,
        "answered": request.answered,
        "closed": request.closed,
        "closed_by": request.closed_by,
        "outcome": request.outcome,
        "ground": request.ground,
        "forgotten": request.forgotten,
        "instruction": request.instruction,
    }


def block_data(block: Block) -> dict[str, object]:
    """A block as JSON."""
    return {
        "kind": block.kind,
        "cameras": block.cameras,
        "start": block.span.start,
        "end": block.span.end,
        "placed": block.placed,
        "placed_by": block.placed_by,
        "lifted": block.lifted,
        "lifted_by": block.lifted_by,
        "yields": [
            {"to": yielding.case_id, "ground": yielding.ground, "decided": yielding.decided, "by": yielding.decided_by,
             "told": yielding.told}
            for yielding in block.yields
        ],
    }  # fmt: skip


def check_data(check: IdentityCheck) -> dict[str, object]:
    """A check of identity as JSON."""
    return {
        "role": check.role,
        "method": check.method,
        "checked": check.checked,
        "checker": check.checker,
    }


def forecast_data(forecast: StorageForecast) -> dict[str, object]:
    """What freezing costs, as JSON."""
    return {
        "asked_seconds": int(forecast.asked.total_seconds()),
        "size_bytes": forecast.size_bytes,
        "kept_bytes": forecast.kept_bytes,
        "free_bytes": forecast.free_bytes,
        "left_bytes": forecast.left_bytes,
        "reserve_bytes": forecast.reserve_bytes,
        "fits": forecast.fits,
    }


def scope_given(context: CommandContext, options: Mapping[str, Any]) -> tuple[tuple[CameraId, ...], Span | None]:
    """The cameras and the time that the options name; none where they name none."""
    start, end = options["start"], options["end"]
    if (start is None) != (end is None):
        raise click.UsageError(_("--from and --to go together"))
    named = (options["cameras"] or "").strip(" ,") or (options["zones"] or "").strip(" ,")
    cameras = context.cameras(options["cameras"], options["zones"]) if named else ()
    return tuple(cameras), context.held_span(start, end) if start is not None else None


def about_text(request: AccessRequest, zone: ZoneInfo) -> tuple[str, str]:
    """The cameras and the time of a request, or that they are not known."""
    unknown = _("not known yet")
    return ", ".join(request.cameras) or unknown, when(request.span, zone) if request.span else unknown


def name_of(request: AccessRequest) -> str:
    """The requester's name, or that it was erased."""
    return request.requester.name if request.requester else _("(forgotten)")


def next_step(context: CommandContext, request: AccessRequest) -> str | None:
    """The next line to type, the same as on the board; None when nothing is left to do."""
    with read_transaction(context.site.engine) as connection:
        return next_line(facts_of(connection, context.site, request), context.now)


def due_text(request: AccessRequest, context: CommandContext) -> str:
    """The last day and how far away it is."""
    remaining, last_day = days_left(request.due, context.now, context.zone), day(request.due, context.zone)
    if remaining == 0:
        return _("{day}, TODAY", day=last_day)
    if remaining < 0:
        return ngettext(-remaining, "{day}, {count} day LATE", "{day}, {count} days LATE", day=last_day)
    return ngettext(remaining, "{day}, {count} day left", "{day}, {count} days left", day=last_day)


def arrival_text(request: AccessRequest, context: CommandContext) -> str:
    """How a request arrived."""
    parts = [_("received {day}", day=day(request.received, context.zone))]
    parts += [_("by {channel}", channel=request.channel)] if request.channel else []
    parts += [_("signed") if request.signed else _("not signed")] if request.signed is not None else []
    parts += [_("dated") if request.dated else _("not dated")] if request.dated is not None else []
    return joined([", ".join(parts), enum_text(request.relation), *([_("under 16")] if request.under_16 else [])])


def party_text(party: Party) -> str:
    """A person in a request."""
    parts = [_("{role}: {name}, {contact}", role=party.role, name=party.name, contact=party.contact)]
    parts += [_("answer to {address}", address=party.deliver_to)] if party.deliver_to else []
    if party.mandate and party.mandated:
        parts.append(_("{mandate} of {mandated:%d/%m/%Y}", mandate=party.mandate, mandated=party.mandated))
    parts += [_("in {country}", country=party.country)] if party.country else []
    return joined(parts)


def print_forecast(console: Console, forecast: StorageForecast) -> None:
    """What freezing costs, in one or two lines."""
    console.print(
        _(
            "That is {length} of footage, {size}; {kept} of it would have gone by the day of the answer.  Of {free} "
            "free, {left} would be left.",
            length=length(forecast.asked),
            size=size(forecast.size_bytes),
            kept=size(forecast.kept_bytes),
            free=size(forecast.free_bytes),
            left=size(max(forecast.left_bytes, 0)),
        )
    )
    if not forecast.fits:
        console.print(
            _(
                "That is less than the reserve of {reserve}: recording would then make room by deleting other footage "
                "early.",
                reserve=size(forecast.reserve_bytes),
            ),
            style="bold",
        )


def print_no_footage(console: Console, footage: Sequence[FootageStatus]) -> None:
    """Print that there is nothing to answer with, if so."""
    if all(status.is_empty for status in footage):
        console.print(
            _("There is no footage to answer with; the table says why.  The request must still be answered."),
            style="bold",
        )


def provisional_text(request: AccessRequest, context: CommandContext) -> str | None:
    """Until when an unconfirmed request freezes its footage; None where it is frozen to the end."""
    until = request.lapses
    if until is None:
        return None
    when = local_date(until, context.zone)
    if request.provisional_hold is None:
        return _("Nothing is frozen since {when}: nobody confirmed more than a day of footage.", when=when)
    return _("More than a day of footage: frozen until {when} only, unless somebody confirms it.", when=when)


def erasure_data(plan: ErasurePlan) -> dict[str, object]:
    """What an erasure deletes and who else may be in it, as JSON; each segment with its own span."""
    return {
        "ground": plan.ground,
        "start": plan.removal.span.start,
        "end": plan.removal.span.end,
        "list": [
            {
                "camera": decision.segment.camera,
                "start": decision.segment.span.start,
                "end": decision.segment.span.end,
                "outside_before": before,
                "outside_after": after,
                "holds": decision.holds,
            }
            for decision in plan.removal.decisions
            for before, after in [outside_of(decision.segment.span, plan.removal.span)]
        ],
        "outside_seconds": plan.removal.outside,
        "to_come": plan.to_come,
        "others": plan.others,
    }


def print_erasure(console: Console, context: CommandContext, plan: ErasurePlan) -> None:
    """What an erasure deletes, how far that reaches beyond what was asked, what waits, and who else may be in it."""
    zone, asked = context.zone, plan.removal.span
    console.print(_("To be erased ({ground}): {when}", ground=plan.ground, when=when(asked, zone)), style="bold")
    rows = [
        (
            segments[0].camera,
            when(Span(segments[0].span.start, segments[-1].span.end), zone),
            str(len(segments)),
            _outside_text(segments, asked),
            _("waits for {holds}", holds=", ".join(holds)) if holds else _("is deleted"),
        )
        for segments, holds in _stretches(plan)
    ]
    console.print(table(("camera", "recorded", "segments", "outside of what was asked", ""), rows, right=("segments",)))
    if plan.removal.outside:
        console.print(
            _(
                "Footage is deleted by whole segments: {length} outside of what was asked would be deleted too.",
                length=length(plan.removal.outside),
            ),
            style="bold",
        )
    if plan.to_come:
        console.print(_("Some of it is still to be recorded or closed: that is deleted too, by whole segments."))
    if plan.others:
        console.print("\n" + _("Other people are likely in it; deleted footage proves nothing for them any more:"))
        others = [(case.id, ", ".join(case.cameras), when(case.span, zone), _why_in_it(case)) for case in plan.others]
        console.print(table(("case", "cameras", "footage", ""), others))
    else:
        console.print(_("No other case is about it, and no incident within 30 days of it."))


def _stretches(plan: ErasurePlan) -> list[tuple[list[Segment], tuple[HoldId, ...]]]:
    """Segments that follow each other and have the same end, together."""
    stretches: list[tuple[list[Segment], tuple[HoldId, ...]]] = []
    for decision in plan.removal.decisions:
        segment = decision.segment
        if stretches and stretches[-1][1] == decision.holds:
            last = stretches[-1][0][-1]
            if last.camera == segment.camera and segment.span.start - last.span.end < timedelta(seconds=1):
                stretches[-1][0].append(segment)
                continue
        stretches.append(([segment], decision.holds))
    return stretches


def _outside_text(segments: Sequence[Segment], asked: Span) -> str:
    before, after = outside_of(Span(segments[0].span.start, segments[-1].span.end), asked)
    parts = [_("{length} before", length=length(before))] if before else []
    parts += [_("{length} after", length=length(after))] if after else []
    return ", ".join(parts) or _("nothing")


def _why_in_it(case: OtherCase) -> str:
    if case.touched:
        return _("open, and about this footage") if case.is_open else _("settled, and about this footage")
    return _("open, within 30 days") if case.is_open else _("settled, within 30 days")


def print_letter(console: Console, context: CommandContext, letter: Draft | None) -> None:
    """The text of a letter, to read before it is sent, and the paths of its files; nothing for None."""
    if letter is None:
        return
    console.print(letter.text, soft_wrap=True)
    for path in letter.files:
        console.print(f"{context.site.root / path}", style="bold", soft_wrap=True)
    for request in dict.fromkeys(Path(path).parent.name for path in letter.files):
        print_copy_line(context, f"cctv request show {request} --copy-to .")


def block_text(block: Block, context: CommandContext) -> str:
    """What a block stops, since when, and what it yields to."""
    if block.lifted is not None:
        return _("{kind}: was blocked until {when}", kind=block.kind, when=local_date(block.lifted, context.zone))
    since, cases = (
        local_date(block.placed, context.zone),
        [f"{yielding.case_id} ({enum_text(yielding.ground)})" for yielding in block.yields],
    )
    if not cases:
        return _("{kind}: blocked since {when}; nobody may look at it or export it", kind=block.kind, when=since)
    return _(
        "{kind}: blocked since {when}; nobody may look at it or export it, except for {cases}",
        kind=block.kind,
        when=since,
        cases=", ".join(cases),
    )


def customer_text(request: AccessRequest, context: CommandContext) -> str | None:
    """Who decides on a request and what they said, on a site that records for a customer; else None."""
    settings, given = context.settings, request.instruction
    if not settings.for_customer or (given is None and not request.is_open):
        return None
    if given is None:
        with read_transaction(context.site.engine) as connection:
            waits = facts_of(connection, context.site, request).waits_for_controller
        if not waits:
            return _("{controller} decides, and was told", controller=settings.controller.name)
        by = day(pass_on_by(request.received, context.zone), context.zone)
        return _("{controller} decides, and must be told by {day}", controller=settings.controller.name, day=by)
    return _(
        "{controller} decided: {act}, {on:%d/%m/%Y}, by {by} ({reference})",
        controller=settings.controller.name,
        act=given.act,
        on=given.on,
        by=given.by or translate(ERASED),
        reference=given.reference or translate(ERASED),
    )


def emit_request(context: CommandContext, request: AccessRequest, message: str) -> None:
    """Print a result for a request, as JSON or in a line, and what is missing now."""
    data = {
        "dry_run": context.dry_run,
        "request": request_data(request, context),
        "missing": missing_data(context, request),
    }
    context.emit(data, lambda console: print_result(console, context, request, message))


def print_result(console: Console, context: CommandContext, request: AccessRequest, message: str) -> None:
    """A line, and what is missing now; after a dry run only that nothing was changed."""
    if context.dry_run:
        console.print(_("Would do this: {done}", done=message))
        print_dry(console)
        return
    console.print(message, style="bold")
    print_missing(console, context, request)


def missing_data(context: CommandContext, request: AccessRequest) -> list[dict[str, object]]:
    """What is missing, as JSON."""
    return [
        {"need": step.need, "about": step.about, "must": step.must, "next": step.line}
        for step in _steps(context, request)
    ]


def print_missing(console: Console, context: CommandContext, request: AccessRequest, *more: str) -> None:
    """A table of what is missing before a request can be answered; the lines to type for it, and `more` lines."""
    steps = _steps(context, request)
    if not steps:
        print_next(*more)
        return
    rows = [
        (translate(_NEEDS[step.need]), _about(step), _("the answer waits for it") if step.must else "")
        for step in steps
    ]
    console.print(table(("missing", "of", ""), rows))
    print_next(*[step.line for step in steps], *more)


def _about(step: Step) -> str:
    return translate(step.about or "") if step.need is not NextStepKind.SCOPE else ""


def _steps(context: CommandContext, request: AccessRequest) -> tuple[Step, ...]:
    with read_transaction(context.site.engine) as connection:
        return missing(facts_of(connection, context.site, request), context.now)
