"""`cctv notify`: send alarms and the weekly message, or a test message."""

from __future__ import annotations

from collections.abc import Sequence

import click

from cctv.cli.context import CommandContext, json_option
from cctv.cli.options import mutation
from cctv.cli.output import echo
from cctv.monitoring.alarm_history import Alarm
from cctv.monitoring.notify import AlarmsNotDelivered, notify_once, send_test


@click.group()
def notify() -> None:
    """Tell somebody, by mail, a command or a webhook, when recording or deletion is not well."""


@notify.command()
@mutation
@click.pass_obj
def run(context: CommandContext) -> None:
    """Look once, and tell what is new: alarms, what is over, and once a week that all is well.

    The timer cctv-notify runs it every two minutes. Each alarm is told once. Exit 1 if a message did not get through.

    \b
      cctv notify run --dry-run     what would be told now
      cctv notify run
    """
    result = notify_once(
        context.settings,
        lambda: context.site,
        context.now,
        context.make_disk(),
        context.environ,
        dry_run=context.dry_run,
    )
    rows = [
        {
            "kind": alarm.kind,
            "state": alarm.state,
            "subject": alarm.subject,
            "since": alarm.since,
            "text": alarm.text,
            "next": alarm.next_step or None,
        }
        for alarm in result.alarms
    ]
    failed = [failure.message for failure in result.failed]
    data = {"dry_run": context.dry_run, "alarms": rows, "failed": failed}
    context.emit(
        data, lambda _: _print_alarms(result.alarms, "would tell" if context.dry_run else "due" if failed else "told")
    )
    _raise_first(result.failed)


@notify.command()
@json_option
@click.pass_obj
def test(context: CommandContext) -> None:
    """Send a message that says it is a test, every way that [alerts] of cameras.toml names.

    \b
      cctv notify test
    """
    failed = send_test(context.settings, context.now, context.environ)
    ways = context.settings.alerts.ways
    data = {"ways": ways, "failed": [failure.message for failure in failed]}
    context.emit(data, lambda _: None if failed else echo(f"sent: {', '.join(ways)}. Did it arrive?"))
    _raise_first(failed)


def _print_alarms(alarms: Sequence[Alarm], word: str) -> None:
    for alarm in alarms:
        echo(f"{word}: {alarm.state.value}: {alarm.text}")
    if not alarms:
        echo("nothing new to tell", err=True)


def _raise_first(failed: Sequence[AlarmsNotDelivered]) -> None:
    """The first failure is the command's error; the others are told before it."""
    for other in failed[1:]:
        echo(f"error: {other.message}", err=True)
    if failed:
        raise failed[0]
