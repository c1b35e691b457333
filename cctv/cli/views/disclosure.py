"""How disclosures look: what was asked, what left, what became of it.

Owns the words and the JSON of `cctv disclosure`.  Decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console

from cctv.cases.disclosures.disclosures import DisclosureFile, EndedDisclosure, OpenedDisclosure
from cctv.cli.context import CommandContext
from cctv.cli.output import length, local, local_date, size, table
from cctv.cli.views.footage import (
    print_departures,
    print_dry,
    print_footage,
    print_gap,
    print_holds,
    print_next,
    print_subject,
)
from cctv.core.i18n import _, enum_text
from cctv.model.disclosures import Disclosure
from cctv.packages.unredacted_copy import BuiltDisclosure, DisclosurePlan


def disclosure_data(one: Disclosure) -> dict[str, object]:
    return {
        "id": one.id,
        "state": one.state,
        "recipient": one.recipient,
        "duty": one.duty,
        "authority": one.receiver.authority,
        "officer": one.receiver.officer,
        "reference": one.receiver.reference,
        "basis": one.receiver.basis,
        "case": one.case_id,
        "cameras": one.cameras,
        "start": one.span.start,
        "end": one.span.end,
        "unmasked": one.unmasked,
        "opened": one.opened,
        "opened_by": one.opened_by,
        "approved": one.approved,
        "approved_by": one.approved_by,
        "package": one.package,
        "handed": one.handed.at if one.handed else None,
        "handed_by": one.handed.by if one.handed else None,
        "method": one.handed.method.value if one.handed else None,
        "receipt": one.receipt,
        "until": one.lease_end,
        "closed": one.closed,
        "ending": one.ending,
    }


def opened_text(console: Console, context: CommandContext, opened: OpenedDisclosure) -> None:
    one = opened.disclosure
    console.print(_("{id} registered, kept by {hold}", id=one.id, hold=opened.hold.id), style="bold")
    console.print(_("Nothing leaves before somebody approves it.") + "\n")
    print_footage(console, opened.footage, context.zone)
    print_next(f'cctv disclosure approve {one.id} --reason "what was checked"', f"cctv disclosure show {one.id}")


def list_text(console: Console, context: CommandContext, found: Sequence[Disclosure]) -> None:
    if not found:
        console.print(_("No disclosures.  `cctv disclosure list --all` shows ended ones too."))
        return
    rows = [
        (one.id, enum_text(one.recipient), enum_text(one.duty), one.case_id or "", local_date(one.opened, context.zone),
         one.package or "", enum_text(one.state))
        for one in found
    ]  # fmt: skip
    console.print(table(("disclosure", "recipient", "because", "case", "since", "package", "state"), rows))


def show_text(console: Console, context: CommandContext, found: DisclosureFile) -> None:
    one = found.disclosure
    console.print(_("{id}: {state}", id=one.id, state=one.state), style="bold")
    rows = [row for row in _rows(context, one) if row[1]]
    wide = max(len(name) for name, _ in rows)
    for name, value in rows:
        console.print(f"{name:<{wide}}  {value}", markup=False, highlight=False, soft_wrap=True)
    print_subject(console, one.cameras, one.span, context.zone)
    if found.holds:
        print_holds(console, found.holds, context.zone, context.now)
        console.print()
    print_footage(console, found.footage, context.zone)
    print_next(f"cctv audit list --about {one.id}")


def _rows(context: CommandContext, one: Disclosure) -> Iterator[tuple[str, str]]:
    """What is written down of a disclosure, a row each; empty where there is nothing."""

    asked, duty = one.receiver, enum_text(one.duty)
    yield _("recipient"), enum_text(one.recipient)
    yield _("authority"), asked.authority
    yield _("officer"), asked.officer
    yield _("reference"), asked.reference
    yield _("because"), _("{duty}: {basis}", duty=duty, basis=asked.basis) if asked.basis else duty
    yield _("case"), one.case_id or ""
    yield _("masks"), _("the order names what they hide") if one.unmasked else ""
    yield _("opened"), _("{when} by {who}", when=local(one.opened, context.zone), who=one.opened_by)
    if one.approved is not None:
        yield _("approved"), _("{when} by {who}", when=local(one.approved, context.zone), who=one.approved_by)
    yield _("package"), one.package or ""
    if (handed := one.handed) is not None:
        by = _("{when} by {who}", when=local(handed.at, context.zone), who=handed.by)
        yield _("handed over"), f"{by}, {enum_text(handed.method)}"
    if one.receipt is not None:
        yield _("receipt"), f"{one.receipt.astimezone(context.zone):%d/%m/%Y}"
    if one.lease_end is not None:
        yield _("ends"), f"{one.lease_end.astimezone(context.zone):%d/%m/%Y}"
    if one.ending is not None and one.closed is not None:
        yield _("ended"), f"{local(one.closed, context.zone)}, {enum_text(one.ending)}"


def plan_data(plan: DisclosurePlan) -> dict[str, object]:
    return {
        "dry_run": True,
        "disclosure": plan.disclosure.id,
        "outputs": [
            {
                "file": one.file,
                "camera": one.camera,
                "start": one.stretch.span.start,
                "end": one.stretch.span.end,
                "frames": one.stretch.frames,
            }
            for one in plan.outputs
        ],
        "gaps": [
            {"camera": gap.camera, "start": gap.span.start, "end": gap.span.end, "cause": gap.cause}
            for gap in plan.gaps
        ],
    }


def plan_text(console: Console, context: CommandContext, plan: DisclosurePlan) -> None:
    rows = [
        (
            one.file,
            local(one.stretch.span.start, context.zone),
            length(one.stretch.span.duration),
            str(one.stretch.frames),
        )
        for one in plan.outputs
    ]
    console.print(table(("would be copied", "from", "length", "frames"), rows, right=("frames",)))
    for gap in plan.gaps:
        print_gap(console, gap.camera, (gap.span.start, gap.span.end), gap.cause, context.zone)
    print_dry(console)


def built_data(built: BuiltDisclosure) -> dict[str, object]:
    return {
        "dry_run": False,
        "package": built.package.id,
        "disclosure": built.package.disclosure,
        "path": built.path,
        "expires": built.package.expires,
        "key": built.manifest.key,
        "outputs": [
            {
                "file": one.file,
                "camera": one.camera,
                "start": one.span.start,
                "end": one.span.end,
                "frames": one.frames,
                "size_bytes": one.size_bytes,
                "sha256": one.sha256,
                "stream_sha256": one.stream_sha256,
            }
            for one in built.manifest.outputs
        ],
        "gaps": len(built.manifest.gaps),
    }


def built_text(console: Console, context: CommandContext, built: BuiltDisclosure) -> None:
    made = _("{id} built for {case}", id=built.package.id, case=built.package.disclosure)
    console.print(made, style="bold")
    rows = [
        (one.file, length(one.span.end - one.span.start), str(one.frames), size(one.size_bytes), _("as recorded"))
        for one in built.manifest.outputs
    ]
    console.print(table(("video", "length", "frames", "size", "checked"), rows, right=("frames", "size")))
    console.print(f"\n{built.path}", soft_wrap=True)
    expires = local_date(built.package.expires, context.zone)
    console.print(_("Everybody in it can be seen.  Our copy goes by {when}", when=expires))
    print_next(f"cctv export deliver {built.package.id} --method hand --to FOLDER")


def ended_text(console: Console, context: CommandContext, done: EndedDisclosure) -> None:
    one = done.disclosure
    how = enum_text(one.ending) if one.ending else ""
    ended = (
        _("Would end {id}: {how}", id=one.id, how=how)
        if context.dry_run
        else _("Ended {id}: {how}", id=one.id, how=how)
    )
    console.print(f"{ended}\n", style="bold")
    print_departures(console, done.departures, context.zone)
    if context.dry_run:
        print_dry(console)
