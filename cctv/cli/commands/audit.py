"""`cctv audit`: list entries of the log, verify it, sign a checkpoint."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from cctv.audit.checkpoint_files import all_checkpoints, latest
from cctv.audit.checkpoints import Proved, prove, sign_checkpoint
from cctv.audit.log import audit_entries, chain_head, verify_log
from cctv.cli.context import CommandContext, json_option
from cctv.cli.options import mutation
from cctv.cli.output import local, local_date, table
from cctv.crypto.signing_key import read_public_key
from cctv.db.engine import read_transaction

SUBJECT_WIDTH = 36  # characters


@click.group()
def audit() -> None:
    """Search and prove the log of every act."""


@audit.command("list")
@click.option("--about", metavar="ID", help="Only acts on this id, or for this case.")
@click.option("--last", type=click.IntRange(1), default=50, show_default=True, help="At most so many, the newest.")
@json_option
@click.pass_obj
def list_(context: CommandContext, about: str | None, last: int) -> None:
    """List acts: who, when, what, for which case, and why.

    \b
      cctv audit list --about INC-2026-014
    """
    with read_transaction(context.site.engine) as connection:
        entries = audit_entries(connection, about=about, last=last)
    zone = context.zone
    data = [
        {
            "seq": entry.seq,
            "at": entry.at,
            "actor": entry.actor.account,
            "for": entry.actor.on_behalf_of,
            "act": entry.act,
            "subject": entry.subject,
            "case": entry.case_id,
            "facts": dict(entry.facts),
            "reason": reason,
        }
        for entry, reason in entries
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
        for entry, reason in entries
    ]
    columns = ("seq", "when", "who", "act", "subject", "case", "reason")
    context.emit({"entries": data}, lambda console: console.print(table(columns, rows, right=("seq",))))


@audit.command()
@click.option(
    "--checkpoint", type=click.Path(path_type=Path), metavar="FILE", help="Also a checkpoint that was kept elsewhere."
)
@click.option("--key", type=click.Path(path_type=Path), metavar="FILE", help="The site's public key, from elsewhere.")
@json_option
@click.pass_obj
def verify(context: CommandContext, checkpoint: Path | None, key: Path | None) -> None:
    """Prove that no entry was changed, removed or put in between, and that the end was not cut off.

    \b
      cctv audit verify
      cctv audit verify --checkpoint /media/usb/checkpoint.json --key /media/usb/signing.pub
    """
    public = key if key is not None else context.site.root / "keys" / "signing.pub"
    checkpoints = all_checkpoints(context.site.root, checkpoint)
    with read_transaction(context.site.engine) as connection:
        count, head = verify_log(connection)
        signer = read_public_key(public) if key or public.exists() else None
        proof = prove(connection, checkpoints, signer)
    data = {
        "entries": count,
        "head": head,
        "checkpoints": proof.checkpoints,
        "signed_entries": proof.latest.seq if proof.latest else 0,
        "signed_at": proof.latest.at if proof.latest else None,
        "set_aside": [
            {"entries": signed.seq, "signed_at": signed.at, "begun_again": entry.seq, "act": entry.act}
            for signed, entry in proof.set_aside
        ],
    }
    context.emit(data, lambda console: _proved_text(console, context, count, head, proof))


@audit.command()
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write a copy there, to be kept elsewhere."
)
@mutation
@click.pass_obj
def checkpoint(context: CommandContext, out: Path | None) -> None:
    """Sign how far the log goes.  The sweeper does so too; a copy that is kept elsewhere proves it to others.

    \b
      cctv audit checkpoint --out /media/usb/checkpoint.json
    """
    if context.dry_run:
        with read_transaction(context.site.engine) as connection:
            seq, head = chain_head(connection)
        context.emit({"entries": seq, "head": head}, lambda console: console.print(f"would sign {seq} entries: {head}"))
        return
    signed = sign_checkpoint(context.site) or latest(context.site.root)
    if signed is None:
        raise click.UsageError("there is no entry yet")
    if out:
        context.site.disk.write(out, signed.line.encode() + b"\n")
    data = {"entries": signed.seq, "head": signed.hash, "signed_at": signed.at, "file": out}
    context.emit(
        data, lambda console: console.print(f"{signed.seq} entries signed; the last one's hash is {signed.hash}")
    )


def _proved_text(console: Console, context: CommandContext, count: int, head: str, proof: Proved) -> None:
    console.print(f"{count} entries, unbroken; the last one's hash is {head}")
    if proof.latest is None:
        console.print("nobody signed how far it goes: cctv audit checkpoint")
    else:
        when = local_date(proof.latest.at, context.zone)
        console.print(f"the first {proof.latest.seq} are signed ({when}); {proof.checkpoints} checkpoints hold")
    for signed, entry in proof.set_aside:
        console.print(
            f"LOOK: {signed.seq} entries were signed on {local_date(signed.at, context.zone)}, before the log was "
            f"begun again at entry {entry.seq} ({entry.act.value}, "
            f"{local_date(entry.at, context.zone)}, by {entry.actor.account})"
        )


def _short(subject: str) -> str:
    """A subject as the table shows it: digests and paths are cut; `--json` has them in full."""
    return subject if len(subject) <= SUBJECT_WIDTH else f"{subject[: SUBJECT_WIDTH - 3]}..."
