"""`cctv status`: whether recording and deletion are well."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import click

from cctv.cli.context import CommandContext
from cctv.cli.options import json_option
from cctv.cli.output import aligned, length, local, local_date, print_json, size
from cctv.monitoring.prometheus import metrics_of
from cctv.monitoring.status import CameraHealth, Status, status_now


@click.command()
@click.option("--metrics", is_flag=True, help="Print it for Prometheus (a textfile of its node exporter).")
@json_option
@click.pass_obj
def status(context: CommandContext, metrics: bool) -> int:
    """Tell whether recording and deletion are well; the exit code is 0 only if all of it is.

    \b
      cctv status
      cctv status --json
      cctv status --metrics
    """

    found = status_now(context.site)
    if metrics:
        click.echo(metrics_of(found), nl=False)
    elif context.json:
        print_json(_data(found))
    else:
        click.echo("\n".join(_lines(context, found)))
    return int(found.exit_code)


def _data(found: Status) -> dict[str, object]:
    return {
        "at": found.now,
        "exit": int(found.exit_code),
        "recorder_running": found.recorder_running,
        "cameras": [
            {
                "camera": one.camera,
                "state": one.health,
                "since": one.since,
                "last_frame": one.last_frame,
                "cause": one.cause,
                "message": one.message,
                "bits_per_second": round(one.bit_rate) if one.bit_rate is not None else None,
                "unrecorded_seconds_last_day": one.gaps_today,
            }
            for one in found.cameras
        ],
        "last_sweep": found.last_sweep,
        "guard": found.guard,
        "overdue_seconds": found.overdue,
        "held_past_limit": found.held_past_limit,
        "zones_to_adopt": found.to_adopt,
        "held_footage_lost": [
            {"camera": one.camera, "start": one.span.start, "end": one.span.end, "path": one.path}
            for one in found.held_lost
        ],
        "holds": len(found.holds),
        "holds_to_review": [hold.id for hold in found.holds_to_review],
        "last_backup": found.last_backup,
        "backup_late": found.backup_late,
        "log_whole": found.log_whole,
        "volume": {
            "file_system": found.volume.file_system,
            "encrypted": found.volume.encrypted,
            "snapshots": found.volume.snapshots,
            "has_snapshots": found.volume.has_snapshots,
        }
        if found.volume
        else None,
        "disk_free_bytes": found.disk_free,
        "disk_total_bytes": found.disk_total,
        "disk_reserve_bytes": found.disk_reserve,
        "disk_lasts_hours": found.disk_lasts / timedelta(hours=1) if found.disk_lasts is not None else None,
    }


def _lines(context: CommandContext, found: Status) -> Iterator[str]:
    rows = [
        (one.camera, one.health.value, local(one.since, context.zone) if one.since else "", _age(found, one),
         _rate(one), length(one.gaps_today) if one.gaps_today else "none", _why(one))
        for one in found.cameras
    ]  # fmt: skip
    yield from aligned(("camera", "state", "since", "last frame", "bit rate", "gaps in 24 h", "why"), rows)
    yield ""
    yield f"recorder   {'running' if found.recorder_running else 'not running'}"
    swept = f"last sweep {local(found.last_sweep, context.zone)}" if found.last_sweep else "never swept"
    yield f"deletion   {swept}; {f'stopped by {found.guard}' if found.guard else 'no guard stops it'}"
    late = f"{length(found.overdue)} OVERDUE" if found.overdue > timedelta(0) else "nothing overdue"
    yield f"limits     {late}; {found.held_past_limit} segments kept past theirs by holds"
    if found.to_adopt:
        yield f"policy     shorter than promised in {', '.join(found.to_adopt)}: cctv retention adopt --dry-run"
    review = ", ".join(hold.id for hold in found.holds_to_review)
    yield f"holds      {len(found.holds)} in force{f'; to review now: {review}' if review else ''}"
    if found.held_lost:
        first = found.held_lost[0]
        when = local(first.span.start, context.zone)
        yield f"lost       {len(found.held_lost)} segments that a hold should keep; the first of {first.camera} {when}"
    share = found.disk_free / found.disk_total
    lasts = f"; full in {length(found.disk_lasts)} at this rate" if found.disk_lasts is not None else ""
    if found.backs_up:
        made = f"last {local_date(found.last_backup, context.zone)}" if found.last_backup else "none was made"
        yield f"back-up    {made}{'; TOO OLD: cctv backup DIR' if found.backup_late else ''}"
    yield f"disk       {size(found.disk_free)} free of {size(found.disk_total)} ({share:.0%}){lasts}"
    if not found.log_whole:
        yield "audit log  DOES NOT GO AS FAR AS WAS SIGNED: cctv audit verify"
    if found.volume is not None and found.volume.snapshots:
        names = ", ".join(found.volume.snapshots)
        there = "has snapshots now" if found.volume.has_snapshots else "may keep snapshots"
        yield f"volume     {names} {there}: what is deleted stays in them; do not snapshot footage"


def _age(found: Status, one: CameraHealth) -> str:
    return f"{length(max(found.now - one.last_frame, timedelta(0)))} ago" if one.last_frame else ""


def _rate(one: CameraHealth) -> str:
    return f"{one.bit_rate / 1e6:.1f} Mbit/s" if one.bit_rate is not None else ""


def _why(one: CameraHealth) -> str:
    return ": ".join(part for part in (one.cause.value if one.cause else None, one.message) if part)
