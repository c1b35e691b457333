"""`cctv audit`: search and prove the log."""

from __future__ import annotations

import click

from cctv.cli.box import Box
from cctv.cli.options import json_option

SUBJECT_WIDTH = 36


@click.group()
def audit() -> None:
    """Search and prove the log of every act."""


@audit.command("list")
@click.option("--about", metavar="ID", help="Only acts on this id, or for this case.")
@click.option("--last", type=click.IntRange(1), default=50, show_default=True, help="At most so many, the newest.")
@json_option
@click.pass_obj
def list_(box: Box, about: str | None, last: int) -> None:
    """List acts: who, when, what, for which case, and why.

    \b
      cctv audit list --about INC-2026-014
    """
    from cctv import audit as log
    from cctv.cli.output import local, table
    from cctv.db.engine import reading

    with reading(box.site.engine) as connection:
        found = log.entries(connection, about=about, last=last)
    zone = box.zone
    data = [
        {
            "seq": entry.seq,
            "at": entry.at,
            "actor": entry.actor.account,
            "for": entry.actor.on_behalf_of,
            "act": entry.act.value,
            "subject": entry.subject,
            "case": entry.case_id,
            "facts": dict(entry.facts),
            "reason": reason,
        }
        for entry, reason in found
    ]
    rows = [
        (
            str(entry.seq),
            local(entry.at, zone),
            entry.actor.account + (f" for {entry.actor.on_behalf_of}" if entry.actor.on_behalf_of else ""),
            entry.act.value,
            _short(entry.subject),
            entry.case_id or "",
            reason or "",
        )
        for entry, reason in found
    ]
    columns = ("seq", "when", "who", "act", "subject", "case", "reason")
    box.emit({"entries": data}, lambda console: console.print(table(columns, rows, right=("seq",))))


@audit.command()
@json_option
@click.pass_obj
def verify(box: Box) -> None:
    """Prove that no entry was changed, removed or put in between."""
    from cctv import audit as log
    from cctv.db.engine import reading

    with reading(box.site.engine) as connection:
        count, head = log.verify(connection)
    box.emit(
        {"entries": count, "head": head},
        lambda console: console.print(f"{count} entries, unbroken; the last one's hash is {head}"),
    )


def _short(subject: str) -> str:
    """Digests and paths are cut in the table; `--json` has them whole."""
    return subject if len(subject) <= SUBJECT_WIDTH else f"{subject[: SUBJECT_WIDTH - 3]}..."
