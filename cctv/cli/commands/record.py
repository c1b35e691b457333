"""`cctv record`: run the recorder in the foreground."""

from __future__ import annotations

from collections.abc import Callable

import click

from cctv.cli.context import CommandContext
from cctv.cli.output import echo
from cctv.config.credentials import load_credentials
from cctv.core.logs import LogFormat
from cctv.db.upgrade import upgrade_storage
from cctv.services.record import run_recorder


def service_output(log_format: LogFormat) -> Callable[[str], None]:
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
    write = service_output(context.invocation.start_log(service=True))
    credentials = load_credentials(context.settings, context.environ)
    upgrade_storage(context.settings)
    run_recorder(context.site, credentials, write=write, environ=context.environ)
