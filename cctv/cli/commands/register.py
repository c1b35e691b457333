"""`cctv register`: the registers as table, CSV, JSON or page; signs, declarations and workstation checks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console

from cctv.cases.compliance.checks import check_workstations, record_review
from cctv.cases.compliance.checks import declare as record_declaration
from cctv.cases.compliance.deadlines import assessment_required, workstations_due
from cctv.cases.registers.addressees import policy_since
from cctv.cases.registers.contents import made_register
from cctv.cases.registers.page import Sign, ZoneNotice, notices, page_of
from cctv.cases.registers.page import signs as signs_of
from cctv.cases.registers.register import Register, RegisterName, as_csv, label
from cctv.cli.context import CommandContext, json_option
from cctv.cli.options import mutation, one_of
from cctv.cli.output import aligned, echo, local_date, table
from cctv.cli.views.footage import print_next
from cctv.core.durable import DurableFiles
from cctv.core.i18n import Language, _, current_language, translate
from cctv.core.medium import on_medium
from cctv.db.engine import read_transaction
from cctv.letters.render import render
from cctv.letters.sender import templates_of
from cctv.model.compliance import ComplianceReview, Declaration, DeclarationKind, ReviewKind, Trigger, WorkstationCheck
from cctv.model.ids import ZoneId
from cctv.packages.deliver import workstation_letter

_NAMES = (
    "requests", "complaints", "disclosures", "incidents", "holds", "breaches", "processors", "grants", "declarations",
    "workstations", "reviews", "addressees", "processing", "cameras",
)  # fmt: skip


@click.group()
def register() -> None:
    """Show the registers that the authority may ask for.

    \b
      cctv register show processing --format page --output processing.html
      cctv register show incidents --format csv --output incidents.csv
    """


@register.command()
@click.argument("name", type=click.Choice(_NAMES))
@click.option("--format", "form", type=click.Choice(["table", "csv", "page"]), default="table", show_default=True)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write there; must not exist."
)
@json_option
@click.pass_obj
def show(context: CommandContext, name: str, form: str, output: Path | None) -> None:
    """Make one register as it stands now, and name what is missing in it.

    That somebody made it is in the log.  `processing` (Article 30 GDPR) and `cameras` (BE) come from the live
    cameras.toml.  `addressees` are the people to tell when the policy changes.

    \b
      cctv register show breaches
      cctv register show cameras --format page --output cameras.html
    """
    by_form = {"page": context.settings.site.language, "table": current_language()}
    language = Language.EN if context.json else by_form.get(form, Language.EN)
    content = made_register(context.site, RegisterName(name), language)
    if context.json:
        since = {"policy_since": _policy_since(context)} if content.name is RegisterName.ADDRESSEES else {}
        data = {"register": name, "rows": _records(content), "missing": content.missing, **since}
        context.emit(data, lambda _: None)
        return
    if form == "table":
        context.emit({}, lambda console: _table(console, content))
        if content.name is RegisterName.ADDRESSEES:
            _print_policy(context)
        return
    settings = context.settings.site
    made_at = f"{context.now.astimezone(context.zone):%d/%m/%Y %H:%M}"
    text = (
        as_csv(content)
        if form == "csv"
        else page_of(content, settings.language, site=settings.name, made=made_at, by=context.actor.account)
    )
    _write(context.make_disk(), text, output)


@register.command()
@click.option("--language", type=one_of(Language), help="Else the site's.")
@json_option
@click.pass_obj
def signs(context: CommandContext, language: str | None) -> None:
    """Print the text of the sign at each zone, and what cameras.toml lacks for it."""
    zone_signs = signs_of(context.settings, Language(language) if language else context.settings.site.language)
    data = [{"zone": sign.zone, "lines": sign.lines, "missing": sign.missing, "size": sign.size} for sign in zone_signs]
    context.emit({"signs": data}, lambda console: _signs_text(console, zone_signs))


@register.command()
@click.option("--address", required=True, metavar="URL", help="Where the pages will stand: the QR code leads there.")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write there.",
)
@click.option("--language", type=one_of(Language), help="Else the site's.")
@json_option
@click.pass_obj
def notice(context: CommandContext, address: str, folder: Path, language: str | None) -> None:
    """Make the page that the sign's QR code leads to, one for each zone: what Article 13 GDPR tells visitors.

    By the live cameras.toml and dated today: make it again when the settings change. {zone} in the address is the zone.

    \b
      cctv register notice --address "https://example.org/cameras-{zone}" --to notices
    """
    chosen = Language(language) if language else context.settings.site.language
    today = context.now.astimezone(context.zone).date()
    pages = notices(context.settings, chosen, address=address, on=today)
    disk = context.make_disk()
    disk.make_directory(folder)
    files = {page.zone: folder / f"{page.zone}-{chosen.value}.html" for page in pages}
    for page in pages:
        _write_new(disk, files[page.zone], page.html.encode())
    data = [{"zone": page.zone, "file": files[page.zone], "missing": page.missing} for page in pages]
    context.emit({"notices": data, "on": today}, lambda console: _notices_text(console, pages, files))


@register.command()
@click.option("--kind", required=True, type=one_of(DeclarationKind))
@click.option("--on", required=True, metavar="DATE", help="The day of the declaration.")
@click.option("--reference", required=True, metavar="TEXT", help="The number that the government's page printed.")
@mutation
@click.pass_obj
def declare(context: CommandContext, kind: str, on: str, reference: str) -> None:
    """Write down that the cameras were declared to the police (BE); the next one is due a year later.

    \b
      cctv register declare --kind yearly --on 5/1/2026 --reference 2026-001234
    """
    day = context.day(on)
    declaration = record_declaration(
        context.site, DeclarationKind(kind), on=day, reference=reference, dry_run=context.dry_run
    )
    data = {"dry_run": context.dry_run, "kind": kind, "on": day, "reference": declaration.reference}
    context.emit(data, lambda console: _declared_text(console, context, declaration))


@register.command("workstation-check")
@click.option("--on", required=True, metavar="DATE", help="The day on which somebody looked.")
@click.option("--checker", required=True, metavar="NAME", help="Who looked and signed.")
@click.option("--clean", is_flag=True, help="No copy of footage was left on any workstation.")
@click.option("--found", "finding", metavar="TEXT", help="Or what was found, where, and what became of it.")
@mutation
@click.pass_obj
def workstation_check(context: CommandContext, on: str, checker: str, clean: bool, finding: str | None) -> None:
    """Write down the monthly check: somebody looked for copies of footage on the workstations, and signed.

    The next one is due a month later; the board and the calendar have it. `cctv register workstation-form` makes the
    form to sign.

    \b
      cctv register workstation-check --on 2/11 --checker "A. Peeters" --clean
      cctv register workstation-check --on 2/12 --checker "A. Peeters" --found "EXP-2026-003 on the front desk, removed"
    """
    if clean is (finding is not None):
        raise click.UsageError(_('say --clean, or --found "WHAT, AND WHAT BECAME OF IT"'))
    day = context.day(on)
    check = check_workstations(context.site, on=day, checker=checker, found=finding, dry_run=context.dry_run)
    due = workstations_due(check.on, None)
    assert due is not None
    data = {"id": check.id, "on": check.on, "checker": check.checker, "found": check.found}
    context.emit(
        {"dry_run": context.dry_run, "check": data, "next_due": due},
        lambda console: _checked_text(console, context, check, due),
    )


@register.command("review")
@click.option("--kind", required=True, type=one_of(ReviewKind), help="What was done.")
@click.option("--on", required=True, metavar="DATE", help="The day on which it was done or decided.")
@click.option("--by", required=True, metavar="NAME", help="Who did it, or with whom.")
@click.option("--report", required=True, metavar="TEXT", help="Where the report is.")
@click.option("--next", "due", metavar="DATE", help="By when again; a year later unless you say so, three at most.")
@click.option("--purpose", metavar="TEXT", help="Of the cameras at work, for a staff-consultation.")
@click.option(
    "--criterion", "criteria", multiple=True, type=one_of(Trigger),
    help="A criterion of high risk that is met, for an impact-assessment; may be repeated.",
)  # fmt: skip
@mutation
@click.pass_obj
def review(
    context: CommandContext,
    kind: str,
    on: str,
    by: str,
    report: str,
    due: str | None,
    purpose: str | None,
    criteria: tuple[str, ...],
) -> None:
    """Write down what is repeated each year: a penetration test, awareness of the staff, an audit, an assessment.

    The board and the calendar have the next one from two months before it is due. A staff-consultation is that of
    CAO 68 (BE) or of the works council (NL). An impact-assessment is required where two criteria are met.

    \b
      cctv register review --kind penetration-test --on 2/11/2026 --by "Toreon" --report "safe, folder 12"
      cctv register review --kind impact-assessment --on 2/11/2026 --by DPO --report DPIA-1 --criterion public-place
    """
    day = context.day(on)
    next_day = context.day(due) if due is not None else None
    recorded = record_review(
        context.site,
        ReviewKind(kind),
        on=day,
        by=by,
        report=report,
        due=next_day,
        purpose=purpose,
        triggers=[Trigger(criterion) for criterion in criteria],
        dry_run=context.dry_run,
    )
    data = {
        "dry_run": context.dry_run,
        "id": recorded.id,
        "kind": recorded.kind,
        "on": recorded.on,
        "next_due": recorded.due,
        "criteria": [trigger.value for trigger in recorded.triggers],
        "assessment_required": assessment_required(recorded.triggers) if recorded.triggers else None,
    }
    context.emit(data, lambda console: _review_text(console, context, recorded))


@register.command("workstation-form")
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.pdf",
    help="A new file.",
)
@json_option
@click.pass_obj
def workstation_form(context: CommandContext, target: Path) -> None:
    """Make the form of the monthly check, to tick off and sign: copies of the last month that passed a workstation.

    Those are the packages that were fetched or left as a ZIP, by the account that did it. It is the letter
    `workstation-check` (`cctv letter list`).

    \b
      cctv register workstation-form --to check.pdf
    """
    form = render(workstation_letter(context.site), templates_of(context.settings))
    _write_new(context.make_disk(), target, form.pdf)
    context.emit({"file": target, "bytes": len(form.pdf)}, lambda console: _form_text(console, target))


def _records(register: Register) -> list[dict[str, str]]:
    return [dict(zip(register.columns, row, strict=True)) for row in register.rows]


def _policy_since(context: CommandContext) -> datetime | None:
    with read_transaction(context.site.engine) as connection:
        return policy_since(connection, context.settings)


def _print_policy(context: CommandContext) -> None:
    since = _policy_since(context)
    version = (
        _("The policy version of cameras.toml is in force since {when}.", when=local_date(since, context.zone))
        if since
        else _("The policy version of cameras.toml is not in force yet: nothing is recorded under it.")
    )
    echo(f"\n{version}", err=True)
    print_next('cctv letter policy-changed --to DIR --change LANGUAGE "..." --where ADDRESS --dry-run')


def _write(disk: DurableFiles, text: str, output: Path | None) -> None:
    if output is None:
        echo(text, nl=False)
        return
    _write_new(disk, output, text.encode())
    echo(_("written: {file}", file=output), err=True)


def _write_new(disk: DurableFiles, output: Path, contents: bytes) -> None:
    if disk.exists(output):
        raise click.UsageError(_("{file} exists; name another file.", file=output))
    try:
        with on_medium(output):
            disk.write(output, contents)
    except OSError as error:
        raise click.UsageError(_("{file} cannot be written: {why}.", file=output, why=error.strerror)) from error


def _table(console: Console, register: Register) -> None:
    columns = _labels(register)
    rows = [[translate(cell) for cell in row] for row in register.rows]
    if not rows:
        console.print(_("No entries."))
    elif len(aligned(columns, rows)[1]) <= console.width:  # the rule: as wide as the table would like to be
        console.print(table(columns, rows))
    else:
        _entries(console, columns, rows)
    if register.missing:
        console.print("\n" + _("Missing:"), style="bold")
        for key in register.missing:
            console.print(f"  {translate(key)}")


def _labels(register: Register) -> list[str]:
    """The columns as the page calls them; in English by their keys, which CSV and JSON have."""
    language = current_language()
    return (
        list(register.columns) if language is Language.EN else [label(column, language) for column in register.columns]
    )


def _entries(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """One entry below the other, for a register wider than the terminal: a table would break ids and dates in two."""
    wide = max(len(column) for column in columns)
    for row in rows:
        console.print(row[0], style="bold")
        for column, value in zip(columns[1:], row[1:], strict=True):
            if value:
                console.print(f"  {column.ljust(wide)}  {value}", soft_wrap=True)


def _signs_text(console: Console, zone_signs: tuple[Sign, ...]) -> None:
    for sign in zone_signs:
        console.print(sign.zone, style="bold")
        for line in sign.lines:
            console.print(f"  {line}")
        if sign.size:
            console.print("  " + _("Size: {size}", size=sign.size), style="dim")
        for key in sign.missing:
            console.print("  " + _("MISSING: {key} in cameras.toml", key=key))
        console.print()


def _notices_text(console: Console, pages: Sequence[ZoneNotice], files: dict[ZoneId, Path]) -> None:
    for page in pages:
        console.print(_("written: {file}", file=files[page.zone]))
        for key in page.missing:
            console.print("  " + _("MISSING: {key} in cameras.toml", key=key))


def _declared_text(console: Console, context: CommandContext, declaration: Declaration) -> None:
    what = _(
        "cameras declared on {day:%d/%m/%Y} ({kind}), {reference}",
        day=declaration.on,
        kind=declaration.kind,
        reference=declaration.reference,
    )
    would = _("Would write down: {what}", what=what) if context.dry_run else _("Written down: {what}", what=what)
    console.print(would, style="bold")


def _checked_text(console: Console, context: CommandContext, check: WorkstationCheck, due: date) -> None:
    what = (
        _("workstations checked on {day:%d/%m/%Y} by {checker}, no copy was left", day=check.on, checker=check.checker)
        if check.found is None
        else _(
            "workstations checked on {day:%d/%m/%Y} by {checker}, copies were found",
            day=check.on,
            checker=check.checker,
        )
    )
    would = (
        _("Would write down: {what}", what=what)
        if context.dry_run
        else _("{id} written down: {what}", id=check.id, what=what)
    )
    console.print(would, style="bold")
    console.print(_("The next check is due by {day:%d/%m/%Y}.", day=due))


def _review_text(console: Console, context: CommandContext, review: ComplianceReview) -> None:
    what = _("{kind} on {day:%d/%m/%Y} by {by}", kind=review.kind, day=review.on, by=review.by)
    would = (
        _("Would write down: {what}", what=what)
        if context.dry_run
        else _("{id} written down: {what}", id=review.id, what=what)
    )
    console.print(would, style="bold")
    console.print(_("The next one is due by {day:%d/%m/%Y}.", day=review.due))
    if review.kind is ReviewKind.IMPACT_ASSESSMENT:
        answer = (
            _("By these criteria an impact assessment is required (Article 35 GDPR).")
            if assessment_required(review.triggers)
            else _("By these criteria no impact assessment is required; keep the reasons.")
        )
        console.print(answer)


def _form_text(console: Console, target: Path) -> None:
    console.print(_("{file}: print it, look, tick off, sign", file=target), soft_wrap=True)
    print_next("cctv register workstation-check --on DATE --checker NAME --clean")
