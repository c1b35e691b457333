"""`cctv doctor`: look at the machine and the site once, and say what would go wrong later."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.console import Console
from rich.text import Text

from cctv.cli.context import CommandContext, json_option
from cctv.cli.output import echo
from cctv.config.errors import ConfigWarning
from cctv.config.schema import Settings
from cctv.core.access import access_denied
from cctv.core.errors import CctvError
from cctv.core.i18n import _, enum_label, translate, translate_line
from cctv.core.text import printable
from cctv.db.storage import Storage
from cctv.monitoring.doctor import CheckName, DoctorFinding, Examined, Report, Severity, examine, report_as_json
from cctv.monitoring.doctor_machine import MACHINE_CHECKS
from cctv.monitoring.doctor_site import SITE_CHECKS
from cctv.monitoring.doctor_trust import TRUST_CHECKS
from cctv.monitoring.machine_facts import Machine

CHECKS = {**SITE_CHECKS, **MACHINE_CHECKS, **TRUST_CHECKS}
_COLOURS = {Severity.OK: "green", Severity.ADVICE: "yellow", Severity.WRONG: "red", Severity.UNKNOWN: "magenta"}
_ORDER = (Severity.WRONG, Severity.ADVICE, Severity.UNKNOWN, Severity.OK)
_INDENT = 2


@click.command()
@click.option(
    "--only",
    multiple=True,
    metavar="CHECK",
    type=click.Choice([name.value for name in CheckName]),
    help="This check only; may be repeated.",
)
@click.option("--all", "everything", is_flag=True, help="Show also what is well.")
@json_option
@click.pass_obj
def doctor(context: CommandContext, only: tuple[str, ...], everything: bool) -> int:
    """Look at the machine and the site once, and say what would go wrong later, and the line that mends it.

    Changes nothing. What this account cannot see is told as not known: as root it sees most. Exit 20 when something is
    wrong. The timer cctv-doctor runs it each week, and the weekly message tells what it found.

    \b
      cctv doctor
      cctv doctor --only disk --only backup
      cctv doctor --all --json
    """
    report = examine(_examined(context), CHECKS, [CheckName(name) for name in only])
    if context.json:
        context.emit(report_as_json(report), lambda _: None)
    else:
        _print(context, report, everything=everything or bool(only))
    return int(report.exit_code)


def _examined(context: CommandContext) -> Examined:
    """Settings and storage, or why there are none: each check says what it lacks."""
    settings, warnings = _settings(context)
    return Examined(settings, _site(context), warnings, context.environ, context.now, Machine())


def _settings(context: CommandContext) -> tuple[Settings | CctvError, tuple[ConfigWarning, ...]]:
    try:
        return context.settings, context.checked.warnings
    except CctvError as error:
        return error, ()


def _site(context: CommandContext) -> Storage | CctvError:
    try:
        return context.site
    except CctvError as error:
        return error
    except PermissionError as error:
        return access_denied(context.settings.site.storage.joinpath(str(error.filename or "")))


def _print(context: CommandContext, report: Report, *, everything: bool) -> None:
    shown = [severity for severity in _ORDER if everything or severity is not Severity.OK]
    found = [finding for severity in shown for finding in report.findings if finding.severity is severity]

    def text(console: Console) -> None:
        for finding in found:
            _print_finding(console, finding)
        if found:
            console.print()
        console.print(_counts(report), soft_wrap=True)

    context.emit({}, text)
    _print_next(context, report, found)


def _print_finding(console: Console, finding: DoctorFinding) -> None:
    """The line to type is never wrapped, so that it can be copied."""
    head = f"{translate(enum_label(finding.severity))}  {finding.check.value}: {translate(finding.text).rstrip('.')}"
    for number, line in enumerate(_wrapped(console, head)):
        console.print(Text(f"{' ' * _INDENT if number else ''}{line}", _COLOURS[finding.severity]))
    for line in _wrapped(console, translate(finding.why)):
        console.print(f"{' ' * _INDENT}{line}")
    if finding.following:
        console.print(f"{' ' * _INDENT}> {translate_line(translate(finding.following))}", soft_wrap=True)


def _wrapped(console: Console, text: str) -> list[str]:
    return [line.plain.rstrip() for line in Text(printable(text)).wrap(console, console.width - _INDENT) if line]


def _counts(report: Report) -> str:
    wrong, advised, hidden, well = (report.count(severity) for severity in _ORDER)
    return _(
        "{wrong} wrong, {advice} advice, {unknown} not known, {ok} well.",
        wrong=wrong,
        advice=advised,
        unknown=hidden,
        ok=well,
    )


def _print_next(context: CommandContext, report: Report, found: Sequence[DoctorFinding]) -> None:
    if report.count(Severity.UNKNOWN) and any("sudo" in finding.following for finding in found):
        echo(_("Root sees more: sudo cctv doctor"), err=True)
