"""`cctv record`: parse, run the recorder's process, say how it ended."""

from __future__ import annotations

import click

from cctv.cli.box import Box


@click.command()
@click.pass_obj
def record(box: Box) -> None:
    """Record every camera until told to stop.

    Runs in the foreground; Ctrl-C or SIGTERM closes every segment first.  As a service: docs/installing.md.
    """
    from cctv.config.credentials import load_credentials
    from cctv.daemon.record import run_recorder

    credentials = load_credentials(box.settings, box.environ)
    run_recorder(box.site, credentials, write=lambda line: click.echo(line, err=True), environ=box.environ)
