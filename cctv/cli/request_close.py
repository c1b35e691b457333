"""`cctv request close`: end a request that was answered elsewhere, with its outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cctv.cli.box import Box
from cctv.cli.options import mutation, one_of, reason_option
from cctv.model.casework import Outcome
from cctv.model.requests import RefusalGround
from cctv.tongue import said

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.casework import Closure


@click.command()
@click.argument("request_id", metavar="ID")
@click.option("--outcome", required=True, type=one_of(Outcome), help="How it was answered.")
@click.option("--ground", type=one_of(RefusalGround), help="On which it was refused.")
@reason_option(required=False)
@mutation
@click.pass_obj
def close(box: Box, request_id: str, outcome: str, ground: str | None, reason: str | None) -> None:
    """Close a request that was answered elsewhere, with its outcome, and release its holds.

    `cctv request answer` makes the answer and closes the request itself.  `refused` needs a ground of the law, and it,
    `partly` and `not-identifiable` need the reason that the requester was told.  An erasure forgets its people at once.

    \b
      cctv request close REQ-2026-007 --outcome granted
      cctv request close REQ-2026-007 --outcome refused --ground excessive \\
        --reason "the same footage was delivered last week"
    """
    from cctv.casework import Ending, close_request, plan_closure
    from cctv.cli.preserved import departures_data
    from cctv.cli.request_words import request_data

    act = plan_closure if box.dry_run else close_request
    done = act(box.site, request_id, Ending(Outcome(outcome), RefusalGround(ground) if ground else None, reason))
    data = {
        "dry_run": box.dry_run,
        "request": request_data(done.request, box),
        "released": [hold.id for hold in done.releases],
        "footage": departures_data(done.departures),
    }
    box.emit(data, lambda console: _closed_text(console, box, done))


def _closed_text(console: Console, box: Box, done: Closure) -> None:
    from cctv.cli.preserved import print_departures, print_dry

    one = done.request
    released = ", ".join(hold.id for hold in done.releases)
    if box.dry_run and released:
        closed = said("Would close {id}; {holds} would be released.", id=one.id, holds=released)
    elif box.dry_run:
        closed = said("Would close {id}.", id=one.id)
    elif released:
        closed = said("Closed {id}; {holds} released.", id=one.id, holds=released)
    else:
        closed = said("Closed {id}.", id=one.id)
    console.print(f"{closed}\n", style="bold")
    print_departures(console, done.departures, box.zone)
    if box.dry_run:
        print_dry(console)
