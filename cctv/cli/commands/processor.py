"""`cctv processor`: who works on the site's behalf, under which contract, and what became of the data at the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import click
from rich.console import Console

from cctv.cases.compliance.processors import NewProcessor, add_processor, end_processor, list_processors
from cctv.cases.compliance.processors import audited as record_audit
from cctv.cases.compliance.processors import engage as add_sub_processor
from cctv.cases.text_input import ERASED
from cctv.cli.context import CommandContext, json_option
from cctv.cli.options import mutation, one_of, reason_option
from cctv.cli.output import table
from cctv.cli.views.footage import print_dry
from cctv.core.i18n import _, enum_text, translate
from cctv.model.compliance import End, Processor


@click.group()
def processor() -> None:
    """Keep the register of processors: contract, sub-processors, country, audit, end.

    \b
      cctv processor add "Installatie NV" --service "maintains the recorder" --country BE --contract 1/3/2026
      cctv processor list
    """


@processor.command()
@click.argument("name")
@click.option("--service", required=True, metavar="TEXT", help="What it does for the site.")
@click.option("--country", required=True, metavar="CC", help="Where it is established: two letters, such as BE.")
@click.option("--contract", metavar="DATE", help="Of the processing agreement (Article 28(3) GDPR).")
@mutation
@click.pass_obj
def add(context: CommandContext, name: str, service: str, country: str, contract: str | None) -> None:
    """Enter a processor.  One outside the EU (or the EEA, as [policy] area says) is refused.

    \b
      cctv processor add "Installatie NV" --service "maintains the recorder" --country BE --contract 1/3/2026
    """
    new = NewProcessor(name, service, country, _day(context, contract))
    added = add_processor(context.site, new, dry_run=context.dry_run)
    _show(context, added, _("would be entered") if context.dry_run else _("entered"))


@processor.command()
@click.argument("processor_id", metavar="ID")
@click.argument("name")
@click.option("--country", required=True, metavar="CC", help="Where it is established.")
@click.option("--agreed", metavar="DATE", help="When the site agreed to it; without it, the register says so.")
@mutation
@click.pass_obj
def engage(context: CommandContext, processor_id: str, name: str, country: str, agreed: str | None) -> None:
    """Enter whom a processor engages, and when the site agreed to that.

    \b
      cctv processor engage PRO-2026-001 "Datacenter BV" --country NL --agreed 2/3/2026
    """
    updated = add_sub_processor(
        context.site, processor_id, name=name, country=country, agreed=_day(context, agreed), dry_run=context.dry_run
    )
    _show(context, updated, _("would be changed") if context.dry_run else _("changed"))


@processor.command()
@click.argument("processor_id", metavar="ID")
@click.option("--on", required=True, metavar="DATE", help="The day of the audit.")
@click.option("--contract", metavar="DATE", help="Of a new agreement, if there is one.")
@mutation
@click.pass_obj
def audited(context: CommandContext, processor_id: str, on: str, contract: str | None) -> None:
    """Write down that a processor was audited."""
    updated = record_audit(
        context.site, processor_id, on=_needed(context, on), contract=_day(context, contract), dry_run=context.dry_run
    )
    _show(context, updated, _("would be changed") if context.dry_run else _("changed"))


@processor.command()
@click.argument("processor_id", metavar="ID")
@click.option("--on", required=True, metavar="DATE", help="The last day.")
@click.option("--how", required=True, type=one_of(End), help="What became of the data.")
@reason_option()
@mutation
@click.pass_obj
def end(context: CommandContext, processor_id: str, on: str, how: str, reason: str) -> None:
    """End an engagement: the data was returned or destroyed, and the reason says how that was shown.

    \b
      cctv processor end PRO-2026-001 --on 30/6/2026 --how destroyed --reason "certificate of 3 July"
    """
    updated = end_processor(
        context.site, processor_id, on=_needed(context, on), how=End(how), reason=reason, dry_run=context.dry_run
    )
    _show(context, updated, _("would be ended") if context.dry_run else _("ended"))


@processor.command("list")
@json_option
@click.pass_obj
def list_(context: CommandContext) -> None:
    """List the processors, those that are engaged first."""
    processors = list_processors(context.site)
    context.emit(
        {"processors": [_data(processor) for processor in processors]}, lambda console: _list_text(console, processors)
    )


def _day(context: CommandContext, text: str | None) -> date | None:
    return _needed(context, text) if text else None


def _needed(context: CommandContext, text: str) -> date:
    return context.day(text)


def _data(processor: Processor) -> dict[str, object]:
    return {
        "id": processor.id,
        "name": processor.name,
        "service": processor.service,
        "country": processor.country,
        "contract": processor.contract,
        "audited": processor.audited,
        "sub_processors": processor.sub_processors,
        "ended": processor.ended,
        "end": processor.end,
    }


def _show(context: CommandContext, processor: Processor, what: str) -> None:
    def text(console: Console) -> None:
        entry = _(
            "{id} {what}: {name}, {country}", id=processor.id, what=what, name=processor.name, country=processor.country
        )
        console.print(entry, style="bold")
        if context.dry_run:
            print_dry(console)

    context.emit({"dry_run": context.dry_run, "processor": _data(processor)}, text)


def _list_text(console: Console, processors: Sequence[Processor]) -> None:
    if not processors:
        none = _('No processors.  `cctv processor add "Installatie NV" --service ... --country BE` enters one.')
        console.print(none)
        return
    rows = [
        (
            processor.id,
            processor.name or translate(ERASED),
            processor.service,
            processor.country,
            _shown(processor.contract),
            _shown(processor.audited),
            ", ".join(f"{sub.name or translate(ERASED)} ({sub.country})" for sub in processor.sub_processors) or "-",
            f"{_shown(processor.ended)}, {enum_text(processor.end)}" if processor.end else _("engaged"),
        )
        for processor in processors
    ]
    console.print(table(("id", "name", "service", "in", "contract", "audited", "sub-processors", "state"), rows))


def _shown(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else _("MISSING")
