"""`cctv sweep`: the deletion of what has expired, once or for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cctv.cli.box import Box
from cctv.cli.options import mutation

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.retention import SweepReport


@click.command()
@click.option("--once", is_flag=True, help="One pass, then end; otherwise stay and sweep in time.")
@mutation
@click.pass_obj
def sweep(box: Box, once: bool) -> None:
    """Delete what has expired and no hold covers.

    \b
      cctv sweep --once --dry-run     what would go now, and why
      cctv sweep --once               one pass
      cctv sweep                      stay (the service cctv-sweep does this)
    """
    if box.dry_run:
        from cctv.cli.retention import show_plan

        show_plan(box)
        return
    if not once:
        from cctv.daemon.sweep import run_sweeper

        run_sweeper(box.site, environ=box.environ)
        return
    from cctv.retention import sweep_once

    report = sweep_once(box.site)
    box.emit(
        {
            "expired": [{"path": one.path, "limit": one.limit, "reason": one.reason.value} for one in report.gone],
            "held": len(report.plan.held),
            "finished_for_earlier": len(report.finished),
            "quarantine_expired": list(report.quarantine_gone),
            "overdue_seconds": 0,
            "overdue_before_seconds": report.overdue_before.total_seconds(),
        },
        lambda console: _text(console, report),
    )


def _text(console: Console, report: SweepReport) -> None:
    from cctv.cli.output import size

    freed = sum(one.size_bytes for one in report.gone)
    console.print(f"{len(report.gone)} segments deleted ({size(freed)}), {len(report.plan.held)} kept by holds")
    if report.finished:
        console.print(f"{len(report.finished)} deletions finished that an earlier sweep had begun")
    if report.quarantine_gone:
        console.print(f"{len(report.quarantine_gone)} quarantined files deleted at their limit")
