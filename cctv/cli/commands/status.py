"""`cctv status`: whether recording and deletion are well, as text, JSON or Prometheus metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import click

from cctv.cli.context import CommandContext, json_option
from cctv.cli.output import aligned, echo, length, local, local_date, print_json, size
from cctv.footage.repair.verify import read_round
from cctv.monitoring.doctor import REPORT_FILE, read_summary
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
    health = status_now(context.site)
    if metrics:
        report, verified = read_summary(REPORT_FILE), read_round(context.settings.site.storage)
        echo(metrics_of(health, report, verified), nl=False)
    elif context.json:
        print_json(_data(health))
    else:
        echo("\n".join(_lines(context, health)))
    return int(health.exit_code)


def _data(health: Status) -> dict[str, object]:
    return {
        "at": health.now,
        "exit": int(health.exit_code),
        "recorder_running": health.recorder_running,
        "cameras": [
            {
                "camera": camera.camera,
                "state": camera.health,
                "since": camera.since,
                "last_frame": camera.last_frame,
                "cause": camera.cause,
                "message": camera.message,
                "bits_per_second": round(camera.bit_rate) if camera.bit_rate is not None else None,
                "unrecorded_seconds_last_day": camera.gaps_today,
            }
            for camera in health.cameras
        ],
        "last_sweep": health.last_sweep,
        "guard": health.guard,
        "overdue_seconds": health.overdue,
        "overdue_files": [{"path": kept.path, "limit": kept.limit} for kept in health.overdue_copies],
        "held_past_limit": health.held_past_limit,
        "policy_unadopted": health.unadopted,
        "zones_to_adopt": health.to_adopt,
        "held_footage_lost": [
            {"camera": segment.camera, "start": segment.span.start, "end": segment.span.end, "path": segment.path}
            for segment in health.held_lost
        ],
        "holds": len(health.holds),
        "holds_to_review": [hold.id for hold in health.holds_to_review],
        "unconfirmed": [
            {"request": waiting.request, "until": waiting.until, "lapsed": waiting.lapsed}
            for waiting in health.unconfirmed
        ],
        "last_backup": health.last_backup,
        "backup_late": health.backup_late,
        "last_rehearsal": health.last_rehearsal,
        "rehearsal_due": health.rehearsal_due,
        "log_whole": health.log_whole,
        "volume": {
            "file_system": health.volume.file_system,
            "encrypted": health.volume.encrypted,
            "snapshots": health.volume.snapshots,
            "has_snapshots": health.volume.has_snapshots,
        }
        if health.volume
        else None,
        "disk_free_bytes": health.disk_free,
        "disk_total_bytes": health.disk_total,
        "disk_reserve_bytes": health.disk_reserve,
        "disk_lasts_hours": health.disk_lasts / timedelta(hours=1) if health.disk_lasts is not None else None,
    }


def _lines(context: CommandContext, health: Status) -> Iterator[str]:
    rows = [
        (
            camera.camera,
            camera.health.value,
            local(camera.since, context.zone) if camera.since else "",
            _age(health, camera),
            _rate(camera),
            length(camera.gaps_today) if camera.gaps_today else "none",
            _why(camera),
        )
        for camera in health.cameras
    ]
    yield from aligned(("camera", "state", "since", "last frame", "bit rate", "gaps in 24 h", "why"), rows)
    yield ""
    yield f"recorder   {'running' if health.recorder_running else 'not running'}"
    swept = f"last sweep {local(health.last_sweep, context.zone)}" if health.last_sweep else "never swept"
    yield f"deletion   {swept}; {f'stopped by {health.guard}' if health.guard else 'no guard stops it'}"
    late = f"{length(health.overdue)} OVERDUE" if health.overdue > timedelta(0) else "nothing overdue"
    yield f"limits     {late}; {health.held_past_limit} segments kept past theirs by holds"
    if health.overdue_copies:
        oldest = health.overdue_copies[0].path
        yield f"           past its limit on the disk: {oldest}{_more(len(health.overdue_copies) - 1)}"
    if health.unadopted:
        yield f"policy     changed and not adopted ({', '.join(health.unadopted)}): cctv config diff"
    if health.to_adopt:
        yield f"policy     shorter than promised in {', '.join(health.to_adopt)}: cctv retention adopt --dry-run"
    review = ", ".join(hold.id for hold in health.holds_to_review)
    yield f"holds      {len(health.holds)} in force{f'; to review now: {review}' if review else ''}"
    for waiting in health.unconfirmed:
        when = local(waiting.until, context.zone)
        ends = f"hold ENDED {when}, unconfirmed" if waiting.lapsed else f"hold ends {when} unless it is confirmed"
        yield f"request    {waiting.request}: {ends}: cctv request confirm {waiting.request} --reason WHY"
    if health.held_lost:
        first = health.held_lost[0]
        when = local(first.span.start, context.zone)
        yield f"lost       {len(health.held_lost)} segments that a hold should keep; the first of {first.camera} {when}"
    share = health.disk_free / health.disk_total
    lasts = f"; full in {length(health.disk_lasts)} at this rate" if health.disk_lasts is not None else ""
    if health.backs_up:
        last_backup = f"last {local_date(health.last_backup, context.zone)}" if health.last_backup else "none was made"
        yield f"back-up    {last_backup}{'; TOO OLD: cctv backup DIR' if health.backup_late else ''}"
        tried = f"last {local_date(health.last_rehearsal, context.zone)}" if health.last_rehearsal else "none"
        advice = "; try one: cctv restore FILE --key KEY --rehearse" if health.rehearsal_due else ""
        yield f"rehearsal  {tried}{advice}"
    yield f"disk       {size(health.disk_free)} free of {size(health.disk_total)} ({share:.0%}){lasts}"
    if not health.log_whole:
        yield "audit log  DOES NOT GO AS FAR AS WAS SIGNED: cctv audit verify"
    if health.volume is not None and health.volume.snapshots:
        names = ", ".join(health.volume.snapshots)
        there = "has snapshots now" if health.volume.has_snapshots else "may keep snapshots"
        yield f"volume     {names} {there}: what is deleted stays in them; do not snapshot footage"


def _more(count: int) -> str:
    return f" and {count} more (--json lists them)" if count else ""


def _age(health: Status, camera: CameraHealth) -> str:
    return f"{length(max(health.now - camera.last_frame, timedelta(0)))} ago" if camera.last_frame else ""


def _rate(camera: CameraHealth) -> str:
    return f"{camera.bit_rate / 1e6:.1f} Mbit/s" if camera.bit_rate is not None else ""


def _why(camera: CameraHealth) -> str:
    return ": ".join(part for part in (camera.cause.value if camera.cause else None, camera.message) if part)
