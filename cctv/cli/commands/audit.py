"""`cctv audit`: list entries of the log, verify it, sign a checkpoint."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from cctv.access.acceptance import accept_log, plan_accept
from cctv.audit.chain import AuditEntry, AuditFacts
from cctv.audit.checkpoint_files import all_checkpoints, latest, read_checkpoints
from cctv.audit.checkpoints import sign_checkpoint
from cctv.audit.export import export_log, write_export
from cctv.audit.kept import KEPT, STAMPS, keep_latest, kept_checkpoints, latest_reply
from cctv.audit.log import append_entry, audit_entries, chain_head
from cctv.audit.search import LogQuery, search_log
from cctv.cli.context import CommandContext, json_option, restrict_umask
from cctv.cli.options import mutation, reason_option
from cctv.cli.output import local, local_date, table
from cctv.core.errors import Exit
from cctv.core.i18n import _, translate
from cctv.crypto.signing_key import read_public_key
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.identity import parse_identity
from cctv.footage.repair.seals import seal_footage
from cctv.footage.repair.storage_proof import StorageProof, prove_storage
from cctv.model.audit import Act, Actor

SHOWN = 40
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
    _show_entries(context, entries)


@audit.command()
@click.option("--act", metavar="ACT", help='Only this act, such as hold.released, or all of a kind: "hold".')
@click.option("--actor", metavar="ACCOUNT", help="Only acts of this account, or on this person's call.")
@click.option("--case", metavar="ID", help="Only acts on this id, or for this case.")
@click.option("--from", "start", metavar="TIME", help='Not before: "za 22u", "gisteren 14:00", ISO.')
@click.option("--to", "end", metavar="TIME", help="Not after; goes with --from.")
@click.option("--text", metavar="TEXT", help="Only entries with this in their subject, facts or reason.")
@click.option("--last", type=click.IntRange(1), default=50, show_default=True, help="At most so many, the newest.")
@json_option
@click.pass_obj
def search(
    context: CommandContext,
    act: str | None,
    actor: str | None,
    case: str | None,
    start: str | None,
    end: str | None,
    text: str | None,
    last: int,
) -> None:
    """Search the log: by act, by account or person, by case, by time, by text; what is given must all fit.

    \b
      cctv audit search --act hold --actor an.peeters
      cctv audit search --case REQ-2026-003 --text gang-2
      cctv audit search --from "gisteren 8:00" --to "gisteren 18:00"
    """
    if (start is None) != (end is None):
        raise click.UsageError(_("--from and --to go together"))
    span = context.span(start, end) if start is not None and end is not None else None
    query = LogQuery(act=act, actor=actor, about=case, span=span, text=text)
    with read_transaction(context.site.engine) as connection:
        entries = search_log(connection, query, last=last)
    _show_entries(context, entries)


def _show_entries(context: CommandContext, entries: Sequence[tuple[AuditEntry, str | None]]) -> None:
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
            _for_whom(entry.actor),
            entry.act.value,
            _short(entry.subject),
            entry.case_id or "",
            reason or "",
        )
        for entry, reason in entries
    ]
    shown = table(("seq", "when", "who", "act", "subject", "case", "reason"), rows, right=("seq",))
    context.emit({"entries": data}, lambda console: console.print(shown))


@audit.command()
@click.option(
    "--checkpoint", type=click.Path(path_type=Path), metavar="FILE", help="Also a checkpoint that was kept elsewhere."
)
@click.option("--key", type=click.Path(path_type=Path), metavar="FILE", help="The site's public key, from elsewhere.")
@json_option
@click.pass_obj
def verify(context: CommandContext, checkpoint: Path | None, key: Path | None) -> int:
    """Prove that no entry was changed, removed or put in between, that the end was not cut off, and that what the log
    speaks of is still so: registers and texts, holds, limits and hashes of footage.

    Exit 15 when something differs, which is named; 3 when there is no checkpoint to compare with.

    \b
      cctv audit verify
      cctv audit verify --checkpoint /media/usb/checkpoint.json --key /media/usb/signing.pub
    """
    public = key if key is not None else context.site.root / "keys" / "signing.pub"
    checkpoints = all_checkpoints(context.site.root)
    kept = kept_checkpoints(context.site.identity.site)
    kept += read_checkpoints(checkpoint) if checkpoint is not None else []
    signer = read_public_key(public) if key or public.exists() else None
    proof = prove_storage(context.site, checkpoints, signer, kept=kept)
    proved = proof.proved
    reply, is_compared = latest_reply(context.site.root), context.settings.audit.timestamp_ca is not None
    data = {
        "entries": proof.log.entries,
        "head": proof.log.head,
        "checkpoints": proved.checkpoints,
        "signed_entries": proved.latest.seq if proved.latest else 0,
        "signed_at": proved.latest.at if proved.latest else None,
        "set_aside": [
            {"entries": signed.seq, "signed_at": signed.at, "begun_again": entry.seq, "act": entry.act}
            for signed, entry in proved.set_aside
        ],
        "rows": len(proof.log.rows),
        "sealed_folders": proof.sealed,
        "unsealed_lines": proof.unsealed,
        "stamped_entries": int(reply.stem) if reply is not None else 0,
        "stamp_compared": reply is not None and is_compared,
        "differences": [{"name": finding.name, "why": finding.why, "entry": finding.seq} for finding in proof.findings],
    }
    context.emit(data, lambda console: _proved_text(console, context, proof, reply))
    if proof.findings:
        return int(Exit.UNREADABLE)
    return int(Exit.PARTLY if proof.lacks_checkpoints else Exit.OK)


@audit.command()
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write a copy there, to be kept elsewhere."
)
@mutation
@click.pass_obj
def checkpoint(context: CommandContext, out: Path | None) -> None:
    """Seal what was recorded, and sign how far the log goes.

    The sweeper does so too; a copy that is kept elsewhere proves it to others.

    \b
      cctv audit checkpoint --out /media/usb/checkpoint.json
    """
    if context.dry_run:
        with read_transaction(context.site.engine) as connection:
            seq, head = chain_head(connection)
        context.emit(
            {"entries": seq, "head": head},
            lambda console: console.print(_("would sign {count} entries: {head}", count=seq, head=head)),
        )
        return
    seal_footage(context.site)
    signed = sign_checkpoint(context.site) or latest(context.site.root)
    if signed is None:
        raise click.UsageError(_("there is no entry yet"))
    if out:
        context.site.disk.write(out, signed.line.encode() + b"\n")
    data = {"entries": signed.seq, "head": signed.hash, "signed_at": signed.at, "file": out}
    context.emit(
        data,
        lambda console: console.print(
            _("{count} entries signed; the last one's hash is {hash}", count=signed.seq, hash=signed.hash)
        ),
    )


@audit.command()
@reason_option()
@mutation
@click.pass_obj
def accept(context: CommandContext, reason: str) -> None:
    """Go on with a log that does not contain what was signed; a named person decides that.

    Compare it with the last back-up and with checkpoints that were kept elsewhere first.  `cctv audit verify` tells it
    from then on, and by whom.

    \b
      cctv audit accept --for "A. Peeters" --reason "the disk's image of Monday was put back"
    """
    lost = plan_accept(context.site) if context.dry_run else accept_log(context.site, reason=reason)
    data = {"dry_run": context.dry_run, "signed_entries": lost.seq, "signed_at": lost.at}
    when = local_date(lost.at, context.zone)
    said = _("the log goes on without what was signed on {when}: {count} entries", when=when, count=lost.seq)
    context.emit(data, lambda console: console.print(said))


@audit.command()
@click.option(
    "--to", type=click.Path(), metavar="DIR", default=str(KEPT), show_default=True, help="Where they are kept."
)
@json_option
@click.pass_obj
def keep(context: CommandContext, to: str) -> None:
    """Keep a copy of the latest checkpoint where the account of the services cannot rewrite it.

    The timer cctv-checkpoint runs it as root every ten minutes; `cctv audit verify` compares the log with what is kept.

    \b
      cctv audit keep
    """
    root = context.settings.site.storage
    kept = keep_latest(root, parse_identity(root).site, context.make_disk(), Path(to))
    data = {"entries": kept.seq if kept else None, "signed_at": kept.at if kept else None, "folder": to}
    said = (
        _("{count} entries, signed: kept in {folder}", count=kept.seq, folder=to)
        if kept
        else _("nothing new to keep in {folder}", folder=to)
    )
    context.emit(data, lambda console: console.print(said))


@audit.command()
@click.option("--for", "authority", required=True, metavar="AUTHORITY", help="Who gets it; kept with the log.")
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), metavar="FILE",
              help="The zip to write.")  # fmt: skip
@click.option("--about", multiple=True, metavar="ID", help="Also the free texts of this id or case; may be repeated.")
@json_option
@click.pass_obj
def export(context: CommandContext, authority: str, target: Path, about: tuple[str, ...]) -> None:
    """Write the whole log for an authority, with what proves it: sha256sum and ssh-keygen are enough to verify it.

    Entries have no free text; --about adds the texts of one case.  The export is an entry of the log itself.

    \b
      cctv audit export --for "Gegevensbeschermingsautoriteit" --to log.zip --about REQ-2026-003
    """
    restrict_umask()
    site = context.site
    if site.disk.exists(target):
        raise click.UsageError(_("{path} is there already", path=target))
    signed = sign_checkpoint(site) or latest(site.root)
    if signed is None:
        raise click.UsageError(_("there is no entry yet"))
    key = read_public_key(site.root / "keys" / "signing.pub")
    with read_transaction(site.engine) as connection:
        exported = export_log(connection, signed, key, authority=authority, about=about)
    digest = hashlib.sha256(exported.content).hexdigest()
    with write_transaction(site.engine) as connection:
        facts: AuditFacts = {"entries": exported.entries, "texts_of": sorted(about), "sha256": digest}
        append_entry(connection, site, Act.LOG_EXPORTED, "log", facts=facts, reason=authority)
    write_export(site.disk, target, exported)
    data = {"file": target, "entries": exported.entries, "texts": exported.texts, "sha256": digest}
    context.emit(
        data,
        lambda console: console.print(
            _(
                "{path}: {entries} entries, {texts} free texts; its README.txt says how to verify them",
                path=target,
                entries=exported.entries,
                texts=exported.texts,
            )
        ),
    )


def _proved_text(console: Console, context: CommandContext, proof: StorageProof, reply: Path | None) -> None:
    log, proved = proof.log, proof.proved
    console.print(_("{count} entries, unbroken; the last one's hash is {hash}", count=log.entries, hash=log.head))
    if proved.latest is None:
        console.print(_("nobody signed how far it goes: cctv audit checkpoint"))
        if proof.lacks_checkpoints:
            console.print(_("LOOK: there is no checkpoint to compare with, although sweeps sign: were they removed?"))
    else:
        when = local_date(proved.latest.at, context.zone)
        signed = _(
            "the first {count} are signed ({when}); {checkpoints} checkpoints hold",
            count=proved.latest.seq,
            when=when,
            checkpoints=proved.checkpoints,
        )
        console.print(signed)
    for lost, entry in proved.set_aside:
        begun = _(
            "LOOK: {count} entries were signed on {when}, before the log was begun again at entry {entry} ({act}, "
            "{day}, by {account})",
            count=lost.seq,
            when=local_date(lost.at, context.zone),
            entry=entry.seq,
            act=entry.act.value,
            day=local_date(entry.at, context.zone),
            account=entry.actor.account,
        )
        console.print(begun)
    rows = sum(digest is not None for digest, _seq in log.rows.values())
    console.print(
        _(
            "{rows} rows and the index of {days} days compared with what the log says of them",
            rows=rows,
            days=proof.sealed,
        )
    )
    if proof.unsealed:
        newer = _("{count} lines of index.jsonl are newer than the last seal, which sweeps set each hour",
                  count=proof.unsealed)  # fmt: skip
        console.print(newer)
    if reply is not None and context.settings.audit.timestamp_ca is None:
        console.print(
            _("LOOK: stamps of a timestamp server are not verified: timestamp_ca in [audit] says against what")
        )
    elif reply is not None and not any(finding.name.startswith(STAMPS) for finding in proof.findings):
        console.print(_("the checkpoint of {count} entries is stamped by a timestamp server", count=reply.stem))
    if proof.findings:
        console.print(_("DIFFERS: {count}", count=len(proof.findings)), style="bold")
        found = [
            (finding.name, translate(finding.why), "" if finding.seq is None else str(finding.seq))
            for finding in proof.findings[:SHOWN]
        ]
        console.print(table(("what", "why", "entry"), found, right=("entry",)))
        if len(proof.findings) > SHOWN:
            console.print(_("and {count} more; --json lists them all", count=len(proof.findings) - SHOWN))


def _for_whom(actor: Actor) -> str:
    """The account, and the person on whose call it acted."""
    if actor.on_behalf_of is None:
        return actor.account
    return _("{account} for {person}", account=actor.account, person=actor.on_behalf_of)


def _short(subject: str) -> str:
    """A subject as the table shows it: digests and paths are cut; `--json` has them in full."""
    return subject if len(subject) <= SUBJECT_WIDTH else f"{subject[: SUBJECT_WIDTH - 3]}..."
