"""How disclosures are printed: their text and JSON, and those of their packages.  Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console

from cctv.cases.disclosures.disclosures import DisclosureFile, EndedDisclosure, OpenedDisclosure
from cctv.cases.disclosures.grounds import FACTS
from cctv.cli.context import CommandContext
from cctv.cli.output import length, local, local_date, size, table
from cctv.cli.views.footage import (
    print_dry,
    print_footage,
    print_gap,
    print_holds,
    print_next,
    print_release_effects,
    print_subject,
)
from cctv.core.i18n import _, enum_text
from cctv.model.disclosures import Disclosure
from cctv.packages.unredacted_copy import BuiltDisclosure, DisclosurePlan


def disclosure_data(disclosure: Disclosure) -> dict[str, object]:
    """A disclosure as JSON."""
    return {
        "id": disclosure.id,
        "state": disclosure.state,
        "recipient": disclosure.recipient,
        "duty": disclosure.duty,
        "authority": disclosure.receiver.authority,
        "officer": disclosure.receiver.officer,
        "reference": disclosure.receiver.reference,
        "country": disclosure.receiver.country,
        "basis": disclosure.receiver.basis,
        "ground": {fact.field: getattr(disclosure.receiver, fact.field) for fact in FACTS.get(disclosure.duty, ())},
        "case": disclosure.case_id,
        "cameras": disclosure.cameras,
        "start": disclosure.span.start,
        "end": disclosure.span.end,
        "unmasked": disclosure.unmasked,
        "opened": disclosure.opened,
        "opened_by": disclosure.opened_by,
        "approved": disclosure.approved,
        "approved_by": disclosure.approved_by,
        "package": disclosure.package,
        "handed": disclosure.handed.at if disclosure.handed else None,
        "handed_by": disclosure.handed.by if disclosure.handed else None,
        "method": disclosure.handed.method.value if disclosure.handed else None,
        "receipt": disclosure.receipt,
        "until": disclosure.lease_end,
        "closed": disclosure.closed,
        "ending": disclosure.ending,
    }


def opened_text(console: Console, context: CommandContext, opened: OpenedDisclosure) -> None:
    """A new disclosure, and the footage that its hold keeps."""
    disclosure = opened.disclosure
    console.print(_("{id} registered, kept by {hold}", id=disclosure.id, hold=opened.hold.id), style="bold")
    console.print(_("Nothing leaves before somebody approves it.") + "\n")
    print_footage(console, opened.footage, context.zone)
    print_next(f"cctv disclosure approve {disclosure.id} --reason WHAT", f"cctv disclosure show {disclosure.id}")


def list_text(console: Console, context: CommandContext, disclosures: Sequence[Disclosure]) -> None:
    """Disclosures as a table."""
    if not disclosures:
        console.print(_("No disclosures.  `cctv disclosure list --all` shows ended ones too."))
        return
    rows = [
        (
            disclosure.id,
            enum_text(disclosure.recipient),
            enum_text(disclosure.duty),
            disclosure.case_id or "",
            local_date(disclosure.opened, context.zone),
            disclosure.package or "",
            enum_text(disclosure.state),
        )
        for disclosure in disclosures
    ]
    console.print(table(("disclosure", "recipient", "because", "case", "since", "package", "state"), rows))


def show_text(console: Console, context: CommandContext, file: DisclosureFile) -> None:
    """One disclosure: its recipient, steps, holds and footage."""
    disclosure = file.disclosure
    console.print(_("{id}: {state}", id=disclosure.id, state=disclosure.state), style="bold")
    rows = [row for row in _rows(context, disclosure) if row[1]]
    wide = max(len(name) for name, _ in rows)
    for name, value in rows:
        console.print(f"{name:<{wide}}  {value}", markup=False, highlight=False, soft_wrap=True)
    print_subject(console, disclosure.cameras, disclosure.span, context.zone)
    if file.holds:
        print_holds(console, file.holds, context.zone, context.now)
        console.print()
    print_footage(console, file.footage, context.zone)
    print_next(f"cctv audit list --about {disclosure.id}")


def plan_data(plan: DisclosurePlan) -> dict[str, object]:
    """What a build would copy, as JSON."""
    return {
        "dry_run": True,
        "disclosure": plan.disclosure.id,
        "outputs": [
            {
                "file": output.file,
                "camera": output.camera,
                "start": output.stretch.span.start,
                "end": output.stretch.span.end,
                "frames": output.stretch.frames,
            }
            for output in plan.outputs
        ],
        "gaps": [
            {"camera": gap.camera, "start": gap.span.start, "end": gap.span.end, "cause": gap.cause}
            for gap in plan.gaps
        ],
    }


def plan_text(console: Console, context: CommandContext, plan: DisclosurePlan) -> None:
    """What a build would copy."""
    rows = [
        (
            output.file,
            local(output.stretch.span.start, context.zone),
            length(output.stretch.span.duration),
            str(output.stretch.frames),
        )
        for output in plan.outputs
    ]
    console.print(table(("would be copied", "from", "length", "frames"), rows, right=("frames",)))
    for gap in plan.gaps:
        print_gap(console, gap.camera, (gap.span.start, gap.span.end), gap.cause, context.zone)
    print_dry(console)


def built_data(built: BuiltDisclosure) -> dict[str, object]:
    """A package that was built, as JSON."""
    return {
        "dry_run": False,
        "package": built.package.id,
        "disclosure": built.package.disclosure,
        "path": built.path,
        "expires": built.package.expires,
        "key": built.manifest.key,
        "outputs": [
            {
                "file": output.file,
                "camera": output.camera,
                "start": output.span.start,
                "end": output.span.end,
                "frames": output.frames,
                "size_bytes": output.size_bytes,
                "sha256": output.sha256,
                "stream_sha256": output.stream_sha256,
            }
            for output in built.manifest.outputs
        ],
        "gaps": len(built.manifest.gaps),
    }


def built_text(console: Console, context: CommandContext, built: BuiltDisclosure) -> None:
    """A package that was built, and when our copy expires."""
    heading = _("{id} built for {case}", id=built.package.id, case=built.package.disclosure)
    console.print(heading, style="bold")
    rows = [
        (
            output.file,
            length(output.span.end - output.span.start),
            str(output.frames),
            size(output.size_bytes),
            _("as recorded"),
        )
        for output in built.manifest.outputs
    ]
    console.print(table(("video", "length", "frames", "size", "checked"), rows, right=("frames", "size")))
    console.print(f"\n{built.path}", soft_wrap=True)
    expires = local_date(built.package.expires, context.zone)
    console.print(_("Everybody in it can be seen.  Our copy goes by {when}", when=expires))
    print_next(f"cctv export deliver {built.package.id} --method hand --to FOLDER")


def ended_text(console: Console, context: CommandContext, ended: EndedDisclosure) -> None:
    """A disclosure that was ended, or would be, and what becomes of its footage."""
    disclosure = ended.disclosure
    how = enum_text(disclosure.ending) if disclosure.ending else ""
    heading = (
        _("Would end {id}: {how}", id=disclosure.id, how=how)
        if context.dry_run
        else _("Ended {id}: {how}", id=disclosure.id, how=how)
    )
    console.print(f"{heading}\n", style="bold")
    print_release_effects(console, ended.departures, context.zone)
    if context.dry_run:
        print_dry(console)


def _rows(context: CommandContext, disclosure: Disclosure) -> Iterator[tuple[str, str]]:
    """What is written down of a disclosure, a row each; empty where there is nothing."""
    receiver, duty = disclosure.receiver, enum_text(disclosure.duty)
    yield _("recipient"), enum_text(disclosure.recipient)
    yield _("authority"), receiver.authority
    yield _("country"), receiver.country
    yield _("officer"), receiver.officer
    yield _("reference"), receiver.reference
    yield _("because"), _("{duty}: {basis}", duty=duty, basis=receiver.basis) if receiver.basis else duty
    yield _("case"), disclosure.case_id or ""
    yield _("masks"), _("the order names what they hide") if disclosure.unmasked else ""
    yield _("opened"), _("{when} by {who}", when=local(disclosure.opened, context.zone), who=disclosure.opened_by)
    if disclosure.approved is not None:
        yield (
            _("approved"),
            _("{when} by {who}", when=local(disclosure.approved, context.zone), who=disclosure.approved_by),
        )
    yield _("package"), disclosure.package or ""
    if (handed := disclosure.handed) is not None:
        by = _("{when} by {who}", when=local(handed.at, context.zone), who=handed.by)
        yield _("handed over"), f"{by}, {enum_text(handed.method)}"
    if disclosure.receipt is not None:
        yield _("receipt"), f"{disclosure.receipt.astimezone(context.zone):%d/%m/%Y}"
    if disclosure.lease_end is not None:
        yield _("ends"), f"{disclosure.lease_end.astimezone(context.zone):%d/%m/%Y}"
    if disclosure.ending is not None and disclosure.closed is not None:
        yield _("ended"), f"{local(disclosure.closed, context.zone)}, {enum_text(disclosure.ending)}"
