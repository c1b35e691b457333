"""`cctv footage`: make the storage, list footage and its gaps, and view footage under an open case.

The commands that compare, repair and delete are in `footage_repair`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console

from cctv.cli.commands.footage_repair import delete, rebuild, reconcile, verify
from cctv.cli.context import CommandContext, json_option, restrict_umask
from cctv.cli.copies import copy_files, copy_option
from cctv.cli.i18n import TranslatedGroup
from cctv.cli.options import mutation, reason_option, span_options
from cctv.cli.output import coverage_bar, echo, length, local, local_date, size, table
from cctv.cli.views.redaction import watched
from cctv.core.i18n import _
from cctv.core.time_range import Span, total
from cctv.db.engine import read_transaction
from cctv.db.migrate import HEAD
from cctv.db.storage import refuse_occupied
from cctv.db.upgrade import found_version, upgrade_storage
from cctv.footage.coverage import FootageAbsence, Inventory, absence, inventory
from cctv.footage.initialise import adopt_disk as accept_disk
from cctv.footage.initialise import create_storage
from cctv.footage.runs import CLOCK_OFF, Run, runs_of
from cctv.model.ids import CameraId
from cctv.viewing.contact_sheet import show as make_contact_sheet
from cctv.viewing.extract import extract_footage

F = TypeVar("F", bound=Callable[..., object])


def _viewing(command: F) -> F:
    """`--case`, `--camera`, `--from`, `--to` and `--reason`."""
    command = reason_option(required=False)(command)
    command = click.option("--to", "end", required=True, metavar="TIME", help="Its end.")(command)
    command = click.option("--from", "start", required=True, metavar="TIME", help="Its start.")(command)
    command = click.option("--camera", required=True, metavar="ID", help="Which camera.")(command)
    return click.option("--case", "case_id", required=True, metavar="ID", help="INC-, REQ- or DIS- that is open.")(
        command
    )


@click.group(cls=TranslatedGroup)
def footage() -> None:
    """Make the storage; list footage and its gaps."""


@footage.command()
@mutation
@click.pass_obj
def init(context: CommandContext) -> None:
    """Make the storage that cameras.toml names: its identity, index and folders.  Once for each site."""
    root = context.settings.site.storage
    if context.dry_run:
        refuse_occupied(root)
        context.emit({"storage": root, "made": False}, lambda console: console.print(f"would make a storage in {root}"))
        return
    restrict_umask()
    site = create_storage(context.settings, disk=context.make_disk(), clock=context.clock, actor=context.actor)

    def text(console: Console) -> None:
        console.print(f"made a storage in {root} for site {site.identity.site}")
        echo("next:  cctv record    (or systemctl enable --now cctv-record cctv-sweep)", err=True)

    context.emit({"storage": root, "made": True, "site": site.identity.site}, text)


@footage.command("adopt-disk")
@reason_option()
@mutation
@click.pass_obj
def adopt_disk(context: CommandContext, reason: str) -> None:
    """Accept that the storage was moved to another disk on purpose; footage and index must have come along."""
    adopted = accept_disk(
        context.settings,
        disk=context.make_disk(),
        clock=context.clock,
        actor=context.actor,
        reason=reason,
        dry_run=context.dry_run,
    )
    names = "names" if adopted.changed or adopted.before == adopted.after else "would name"
    context.emit(
        {"file_system_before": adopted.before, "file_system": adopted.after, "changed": adopted.changed},
        lambda console: console.print(f"site.json {names} file system {adopted.after} (was {adopted.before})"),
    )


@footage.command("upgrade")
@mutation
@click.pass_obj
def upgrade_index(context: CommandContext) -> None:
    """Bring the index up to this version of the program, as both services do when they start.

    The Debian package does it by itself.  `cctv backup before-upgrade` keeps the index as it was.
    """
    root = context.settings.site.storage
    restrict_umask()
    before = found_version(context.settings)
    if not context.dry_run:
        upgrade_storage(context.settings)
    data = {"storage": root, "version_before": before, "version": HEAD, "dry_run": context.dry_run}
    verb = "would be brought" if context.dry_run else "was brought"
    is_current = before is None or before == HEAD
    text = f"there is no index in {root}" if before is None else f"the index is of version {before}"
    context.emit(
        data, lambda console: console.print(text if is_current else f"{text}, and {verb} to {HEAD}", markup=False)
    )


@footage.command("list")
@span_options()
@json_option
@click.pass_obj
def list_(context: CommandContext, cameras: str | None, zones: str | None, start: str, end: str) -> None:
    """List the segments that are stored, with their limits.

    \b
      cctv footage list --cameras foyer-1 --from "gisteren 22u" --to "2u"
    """
    inventories = _inventories(context, cameras, zones, start, end)
    segments = [segment for camera_inventory in inventories for segment in camera_inventory.segments]
    data = [
        {
            "id": segment.id,
            "camera": segment.camera,
            "zone": segment.zone,
            "start": segment.span.start,
            "end": segment.span.end,
            "limit": segment.limit,
            "path": segment.path,
            "sha256": segment.sha256,
            "bytes": segment.size_bytes,
            "source": segment.source,
        }
        for segment in segments
    ]
    rows = [
        (
            str(segment.id),
            segment.camera,
            local(segment.span.start, context.zone),
            length(segment.span.duration),
            size(segment.size_bytes),
            local_date(segment.limit, context.zone),
        )
        for segment in segments
    ]
    columns = ("segment", "camera", "start", "length", "size", "gone by")
    right = ("segment", "length", "size")
    _no_footage(inventories)
    context.emit({"segments": data}, lambda console: console.print(table(columns, rows, right=right)))


@footage.command()
@span_options()
@json_option
@click.pass_obj
def coverage(context: CommandContext, cameras: str | None, zones: str | None, start: str, end: str) -> None:
    """Show what part of a span was recorded, and why the rest was not.

    \b
      cctv footage coverage --from "vandaag 0u" --to "nu"
    """
    inventories = _inventories(context, cameras, zones, start, end)
    runs = _runs(context, inventories)
    context.emit(
        {"cameras": [_coverage(camera_inventory, runs[camera_inventory.camera]) for camera_inventory in inventories]},
        lambda console: _coverage_text(console, context, inventories, runs),
    )


@footage.command()
@_viewing
@click.option("--stills", type=click.IntRange(1, 60), default=24, show_default=True, help="How many pictures.")
@copy_option
@mutation
@click.pass_obj
def show(
    context: CommandContext,
    case_id: str,
    camera: str,
    start: str,
    end: str,
    reason: str | None,
    stills: int,
    folder: Path | None,
) -> None:
    """Make a contact sheet of what a case is about; refused without an open case, and the refusal is logged.

    A case may look at what its holds cover.  The page lies in derived/ and goes when the case ends, after four weeks at
    most; what the camera's masks cover is black.

    \b
      cctv footage show --case INC-2026-014 --camera foyer-1 --from "za 22u" --to "za 22u30"
    """
    span = context.span(start, end)
    (camera_id,) = context.cameras(camera)
    sheet = make_contact_sheet(
        context.site, case_id, camera_id, span, stills=stills, reason=reason, dry_run=context.dry_run
    )
    copies = copy_files(context, {sheet.path.name: sheet.path}, folder)
    data = {"dry_run": context.dry_run, "path": sheet.path, "times": sheet.times, "copies": copies}
    count = len(sheet.times)
    shown = (
        _("Would show: {count} pictures", count=count) if context.dry_run else _("Shown: {count} pictures", count=count)
    )
    context.emit(data, lambda console: console.print(f"{shown}\n{sheet.path}", soft_wrap=True))


@footage.command()
@_viewing
@copy_option
@mutation
@click.pass_obj
def extract(
    context: CommandContext,
    case_id: str,
    camera: str,
    start: str,
    end: str,
    reason: str | None,
    folder: Path | None,
) -> None:
    """Write the asked footage as videos on the box, one for each unbroken stretch; refused without an open case.

    People are seen in it as they are: it stays on the box, goes when the case ends, and never leaves.  What leaves is a
    package (`cctv export`) or a disclosure.

    \b
      cctv footage extract --case INC-2026-014 --camera foyer-1 --from "za 22u" --to "za 22u05"
    """
    span = context.span(start, end)
    (camera_id,) = context.cameras(camera)
    with watched() as progress:
        extraction = extract_footage(
            context.site, case_id, camera_id, span, reason=reason, progress=progress, dry_run=context.dry_run
        )
    copies = copy_files(context, {path.name: path for path in extraction.paths}, folder)
    data = {"dry_run": context.dry_run, "paths": extraction.paths, "frames": extraction.frames, "copies": copies}
    written = _("Would write:") if context.dry_run else _("Written, {count} frames:", count=extraction.frames)
    lines = "\n".join([written, *(str(path) for path in extraction.paths)])
    context.emit(data, lambda console: console.print(lines, soft_wrap=True))


def _inventories(
    context: CommandContext, cameras: str | None, zones: str | None, start: str, end: str
) -> list[Inventory]:
    span, camera_id = context.span(start, end), context.cameras(cameras, zones)
    with read_transaction(context.site.engine) as connection:
        return [inventory(connection, camera, span, context.now) for camera in camera_id]


def _runs(context: CommandContext, inventories: list[Inventory]) -> dict[CameraId, list[Run]]:
    with read_transaction(context.site.engine) as connection:
        return {
            camera_inventory.camera: runs_of(connection, camera_inventory.camera, camera_inventory.span)
            for camera_inventory in inventories
        }


def _no_footage(inventories: list[Inventory]) -> None:
    """Nothing at all is an answer with its own exit code and its cause."""
    if inventories and not any(camera_inventory.segments for camera_inventory in inventories):
        raise FootageAbsence(
            cameras=", ".join(camera_inventory.camera for camera_inventory in inventories), cause=absence(inventories)
        )


def _coverage(camera_inventory: Inventory, runs: list[Run]) -> dict[str, object]:
    return {
        "camera": camera_inventory.camera,
        "recorded_fraction": round(_recorded_fraction(camera_inventory, 0.9999), 4),
        "recorded_seconds": total(camera_inventory.saved),
        "deleted_seconds": total(camera_inventory.deleted),
        "never_recorded_seconds": total(hole.span for hole in camera_inventory.missing),
        "unexplained_seconds": total(camera_inventory.unexplained),
        "recorded": [{"start": span.start, "end": span.end} for span in camera_inventory.saved],
        "deleted": [
            {"start": stone.span.start, "end": stone.span.end, "at": stone.closed} for stone in camera_inventory.gone
        ],
        "never_recorded": [
            {"start": hole.span.start, "end": hole.span.end, "cause": hole.cause} for hole in camera_inventory.missing
        ],
        "unexplained": [{"start": span.start, "end": span.end} for span in camera_inventory.unexplained],
        "from_card": [{"start": span.start, "end": span.end} for span in camera_inventory.from_card],
        "runs": [
            {
                "run": run.id,
                "started": run.started,
                "ended": run.ended,
                "clock_offset_seconds": run.clock_offset,
                "source": run.source,
            }
            for run in runs
        ],
    }


def _coverage_text(
    console: Console, context: CommandContext, inventories: list[Inventory], runs: dict[CameraId, list[Run]]
) -> None:
    for camera_inventory in inventories:
        bar, fraction = coverage_bar(camera_inventory, 60), _recorded_fraction(camera_inventory, 0.999)
        console.print(f"{camera_inventory.camera:<20} {bar} {fraction:7.1%}")
    rows = [
        (
            camera_inventory.camera,
            local(hole.span.start, context.zone),
            local(hole.span.end, context.zone),
            length(hole.span.duration),
            hole.cause.value if hole.cause else _no_cause(camera_inventory, hole.span),
        )
        for camera_inventory in inventories
        for hole in camera_inventory.missing
    ]
    if rows:
        console.print()
        console.print(table(("camera", "gap from", "to", "length", "cause"), rows, right=("length",)))
    for camera_inventory in inventories:
        for span in camera_inventory.from_card:
            start, end = local(span.start, context.zone), local(span.end, context.zone)
            console.print(f"{camera_inventory.camera}: {start} to {end} was fetched from the camera's own card")
    for camera_inventory in inventories:
        offsets = [run.clock_offset for run in runs[camera_inventory.camera] if run.clock_offset is not None]
        if offsets and max(abs(offset) for offset in offsets) >= CLOCK_OFF:
            drift = f"{offsets[-1].total_seconds():+.0f} s" if len(offsets) == 1 else _range(offsets)
            echo(
                f"note: {camera_inventory.camera}: its own clock was off by {drift}; so is the text in its picture.",
                err=True,
            )


def _recorded_fraction(camera_inventory: Inventory, nearly: float) -> float:
    """The recorded fraction, never rounded up to the whole."""
    return camera_inventory.coverage if camera_inventory.coverage == 1 else min(camera_inventory.coverage, nearly)


def _no_cause(camera_inventory: Inventory, hole: Span) -> str:
    return (
        "unexplained"
        if any(span.overlaps(hole) for span in camera_inventory.unexplained)
        else "nothing recorded around it"
    )


def _range(offsets: list[timedelta]) -> str:
    least, most = min(offsets).total_seconds(), max(offsets).total_seconds()
    return f"{least:+.0f} to {most:+.0f} s"


for _command in (reconcile, verify, rebuild, delete):
    footage.add_command(_command)
footage.translated = frozenset({"show", "extract"})
