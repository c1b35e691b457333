"""`cctv site`: close a site."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
from rich.console import Console

from cctv.cases.text_input import checked_text
from cctv.cli.commands.retention_certificate import known_copies
from cctv.cli.context import CommandContext, confirm
from cctv.cli.options import mutation, reason_option, yes_option
from cctv.cli.output import size, table
from cctv.core.i18n import N_, _
from cctv.db.engine import read_transaction
from cctv.services.decommission import ClosingPlan, ClosingUndecided, DecommissionResult, close_site, plan_closing


@click.group()
def site() -> None:
    """End a site: destroy everything that was recorded, with a signed certificate.

    \b
      cctv site close --out closing-2026 --reason "the venue moves" --dry-run
    """


@site.command()
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="For the certificate; made, outside.",
)
@reason_option()
@yes_option
@mutation
@click.pass_obj
def close(context: CommandContext, out: Path, reason: str, yes: bool) -> None:
    """Destroy all footage, quarantine, packages and derived files, and certify it.

    Refused while a hold is in force, a case is open, or the recorder or the sweeper runs.  Index, registers and log
    stay: hand them over with a last `cctv backup`, or wipe the disk when their time is over.

    \b
      cctv site close --out closing-2026 --reason "the venue moves" --dry-run
      cctv backup /media/usb
      cctv site close --out closing-2026 --reason "the venue moves"
    """
    reason = checked_text(N_("reason"), reason, N_("say why the site ends."))
    plan = plan_closing(context.site)
    if context.dry_run:
        context.emit({"dry_run": True, **_plan_data(plan)}, lambda console: _plan_text(console, plan))
        return
    count = sum(number for _, number in plan.segments)
    if not yes and not _agreed(context, plan):
        line = f"cctv site close --out {shlex.quote(str(out))} --reason {shlex.quote(reason)} --yes"
        raise ClosingUndecided(segments=count, size=size(plan.size_bytes), line=line)
    with read_transaction(context.site.engine) as connection:
        copies = [copy for copy in known_copies(context, connection) if copy.what != "packages"]
    result = close_site(context.site, reason=reason, folder=out.absolute(), copies=copies)
    data = {
        "dry_run": False,
        "segments": result.segments,
        "quarantined": result.quarantined,
        "packages": result.packages,
        "certificate": result.certificate,
    }
    context.emit(data, lambda console: _done_text(console, result))


def _agreed(context: CommandContext, plan: ClosingPlan) -> bool:
    if not context.interactive:
        return False
    context.emit({}, lambda console: _plan_text(console, plan))
    return confirm(_("Destroy all of it?"))


def _plan_data(plan: ClosingPlan) -> dict[str, object]:
    return {
        "segments": dict(plan.segments),
        "bytes": plan.size_bytes,
        "quarantined": plan.quarantined,
        "packages": plan.packages,
    }


def _plan_text(console: Console, plan: ClosingPlan) -> None:
    console.print(_("Closing the site destroys:") + "\n", style="bold")
    rows = [(_("footage of {zone}", zone=zone), str(count)) for zone, count in plan.segments]
    rows += [(_("files in quarantine"), str(plan.quarantined)), (_("packages"), str(len(plan.packages)))]
    console.print(table(("what", "files"), rows, right=("files",)))
    rest = _("{size} of footage.  Index, registers and log stay.  Nothing was changed.", size=size(plan.size_bytes))
    console.print(f"\n{rest}")


def _done_text(console: Console, result: DecommissionResult) -> None:
    destroyed = _(
        "{segments} segments, {quarantined} quarantined files and {packages} packages destroyed.",
        segments=result.segments,
        quarantined=result.quarantined,
        packages=result.packages,
    )
    console.print(destroyed, style="bold")
    stays = _("Certificate: {file}; print certificate.html.  Index, registers and log stay.", file=result.certificate)
    console.print(stays)
