"""`cctv record` and `cctv sweep`: the two services, in the foreground, and one pass of the second."""

from __future__ import annotations

from collections.abc import Callable

import click

from cctv.cli.commands.retention import show_plan
from cctv.cli.context import CommandContext
from cctv.cli.options import mutation
from cctv.cli.output import echo
from cctv.config.credentials import load_credentials
from cctv.core.logs import LogFormat
from cctv.db.upgrade import upgrade_storage
from cctv.services.record import run_recorder
from cctv.services.sweep import run_sweeper, summary_of, sweep_everything


def _service_output(log_format: LogFormat) -> Callable[[str], None]:
    """The writer of a service's progress lines: to stderr, or to nowhere when the log has the same as JSON events."""
    if log_format is LogFormat.JSON:
        return lambda line: None
    return lambda line: echo(line, err=True)


@click.command()
@click.pass_obj
def record(context: CommandContext) -> None:
    """Record every camera until told to stop.

    Runs in the foreground; Ctrl-C or SIGTERM closes every segment first.  As a service: docs/installing.md.
    """
    write = _service_output(context.invocation.start_log(service=True))
    credentials = load_credentials(context.settings, context.environ)
    upgrade_storage(context.settings)
    run_recorder(context.site, credentials, write=write, environ=context.environ)


@click.command()
@click.option("--once", is_flag=True, help="One pass, then end; otherwise stay and sweep in time.")
@mutation
@click.pass_obj
def sweep(context: CommandContext, once: bool) -> None:
    """Delete what has expired and no hold covers.

    \b
      cctv sweep --once --dry-run     what would go now, and why
      cctv sweep --once               one pass
      cctv sweep                      stay (the service cctv-sweep does this)
    """
    if context.dry_run:
        show_plan(context)
        return
    upgrade_storage(context.settings)
    if not once:
        run_sweeper(
            context.site, write=_service_output(context.invocation.start_log(service=True)), environ=context.environ
        )
        return

    swept = sweep_everything(context.site)
    footage = swept.footage
    context.emit(
        {
            "expired": [{"path": stone.path, "limit": stone.limit, "reason": stone.reason} for stone in footage.gone],
            "held": footage.plan.kept_by_holds,
            "finished_for_earlier": len(footage.finished),
            "quarantine_expired": footage.quarantine_gone,
            "quarantine_taken_in": footage.quarantine_taken_in,
            "packages_expired": swept.packages,
            "derived_deleted": swept.derived,
            "leftovers_deleted": swept.leftovers,
            "held_copy_destroyed": swept.held_copy.destroyed if swept.held_copy else 0,
            "held_copy_reached": swept.held_copy is None or swept.held_copy.reached,
            "erased": [
                {"request": erasure.request, "segments": erasure.gone, "waiting": erasure.waiting}
                for erasure in swept.erased
            ],
            "forgotten": swept.forgotten,
            "lapsed_holds": swept.lapsed,
            "left_for_the_next_pass": swept.busy,
            "overdue_before_seconds": footage.overdue_before,
        },
        lambda console: console.print(summary_of(swept)),
    )
