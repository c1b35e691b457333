"""How disclosures look: what was asked, what left, what became of it.

Owns the words and the JSON of `cctv disclosure`.  Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cctv.cli.box import Box

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.casework.disclosures import DisclosureFile, EndedDisclosure, OpenedDisclosure
    from cctv.export.disclosed import BuiltDisclosure, DisclosurePlan
    from cctv.model.disclosures import Disclosure


def disclosure_data(one: Disclosure) -> dict[str, object]:
    return {
        "id": one.id,
        "state": one.state.value,
        "recipient": one.recipient.value,
        "duty": one.duty.value,
        "authority": one.receiver.authority,
        "officer": one.receiver.officer,
        "reference": one.receiver.reference,
        "basis": one.receiver.basis,
        "case": one.case_id,
        "cameras": list(one.cameras),
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
        "ending": one.ending.value if one.ending else None,
    }


def opened_text(console: Console, box: Box, opened: OpenedDisclosure) -> None:
    from cctv.cli.preserved import print_footage, print_next

    one = opened.disclosure
    console.print(f"{one.id} registered, kept by {opened.hold.id}", style="bold")
    console.print("Nothing leaves before somebody approves it.\n")
    print_footage(console, opened.footage, box.zone)
    print_next(f'cctv disclosure approve {one.id} --reason "what was checked"', f"cctv disclosure show {one.id}")


def list_text(console: Console, box: Box, found: Sequence[Disclosure]) -> None:
    from cctv.cli.output import local_date, table

    if not found:
        console.print("No disclosures.  `cctv disclosure list --all` shows ended ones too.")
        return
    rows = [
        (one.id, one.recipient.value, one.duty.value, one.case_id or "", local_date(one.opened, box.zone),
         one.package or "", one.state.value)
        for one in found
    ]  # fmt: skip
    console.print(table(("disclosure", "to", "because", "case", "since", "package", "state"), rows))


def show_text(console: Console, box: Box, found: DisclosureFile) -> None:
    from cctv.cli.output import local
    from cctv.cli.preserved import print_footage, print_holds, print_next, print_subject

    one = found.disclosure
    console.print(f"{one.id}: {one.state.value}", style="bold")
    said = one.receiver
    rows = [("to", one.recipient.value), ("authority", said.authority), ("officer", said.officer)]
    rows += [("reference", said.reference), ("because", f"{one.duty.value}: {said.basis}" if said.basis else "right")]
    rows += [("case", one.case_id or ""), ("masks", "the order names what they hide" if one.unmasked else "")]
    rows.append(("opened", f"{local(one.opened, box.zone)} by {one.opened_by}"))
    if one.approved is not None:
        rows.append(("approved", f"{local(one.approved, box.zone)} by {one.approved_by}"))
    rows.append(("package", one.package or ""))
    if one.handed is not None:
        rows.append(("handed over", f"{local(one.handed.at, box.zone)} by {one.handed.by}, {one.handed.method.value}"))
    if one.receipt is not None:
        rows.append(("receipt", f"{one.receipt.astimezone(box.zone):%d/%m/%Y}"))
    if one.lease_end is not None:
        rows.append(("ends", f"{one.lease_end.astimezone(box.zone):%d/%m/%Y}"))
    if one.ending is not None and one.closed is not None:
        rows.append(("ended", f"{local(one.closed, box.zone)}, {one.ending.value}"))
    for name, value in rows:
        if value:
            console.print(f"{name:<13}{value}", markup=False, highlight=False, soft_wrap=True)
    print_subject(console, one.cameras, one.span, box.zone)
    if found.holds:
        print_holds(console, found.holds, box.zone, box.now)
        console.print()
    print_footage(console, found.footage, box.zone)
    print_next(f"cctv audit list --about {one.id}")


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


def plan_text(console: Console, box: Box, plan: DisclosurePlan) -> None:
    from cctv.cli.output import length, local, table

    rows = [
        (one.file, local(one.stretch.span.start, box.zone), length(one.stretch.span.duration), str(one.stretch.frames))
        for one in plan.outputs
    ]
    console.print(table(("would be copied", "from", "length", "frames"), rows, right=("frames",)))
    for gap in plan.gaps:
        console.print(f"no picture: {gap.camera} {local(gap.span.start, box.zone)} - {local(gap.span.end, box.zone)}, "
                      f"{gap.cause}")  # fmt: skip
    console.print("Dry run: nothing was changed.")


def built_data(built: BuiltDisclosure) -> dict[str, object]:
    return {
        "dry_run": False,
        "package": built.package.id,
        "disclosure": built.package.disclosure,
        "path": str(built.path),
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


def built_text(console: Console, box: Box, built: BuiltDisclosure) -> None:
    from cctv.cli.output import length, local_date, size, table
    from cctv.cli.preserved import print_next

    console.print(f"{built.package.id} built for {built.package.disclosure}", style="bold")
    rows = [
        (one.file, length(one.span.end - one.span.start), str(one.frames), size(one.size_bytes), "as recorded")
        for one in built.manifest.outputs
    ]
    console.print(table(("video", "length", "frames", "size", "checked"), rows, right=("frames", "size")))
    console.print(f"\n{built.path}", soft_wrap=True)
    console.print("Everybody in it can be seen.  Our copy goes by " + local_date(built.package.expires, box.zone))
    print_next(f"cctv export deliver {built.package.id} --method hand --to FOLDER")


def ended_text(console: Console, box: Box, done: EndedDisclosure) -> None:
    from cctv.cli.preserved import print_departures

    one = done.disclosure
    verb = "Would end" if box.dry_run else "Ended"
    console.print(f"{verb} {one.id}: {one.ending.value if one.ending else ''}\n", style="bold")
    print_departures(console, done.departures, box.zone)
    if box.dry_run:
        console.print("Dry run: nothing was changed.")
