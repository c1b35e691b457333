"""`cctv retention certificate`: certify what was deleted in a period, and verify a certificate anywhere."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from sqlalchemy import Connection

from cctv.backup.state import read_backup_state
from cctv.cli.context import CommandContext
from cctv.cli.options import mutation
from cctv.cli.output import size
from cctv.core.disks import volume_of
from cctv.crypto.signing_key import signing_key
from cctv.db.engine import read_transaction
from cctv.packages.queries import select_packages
from cctv.retention.certificate.certificate import Certificate, DeletionCopy, certify
from cctv.retention.certificate.files import CheckedCertificate, check, issue


@click.command()
@click.option("--from", "start", metavar="TIME", help='What was deleted from then: "1/11", "2026-11-01 0:00", ISO.')
@click.option("--to", "end", metavar="TIME", help="Until then; usually the end of the month.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Where to write; made, must not be there yet."
)
@click.option("--verify", type=click.Path(exists=True), metavar="FILE", help="Check a certificate instead.")
@click.option("--key", type=click.Path(), metavar="FILE", help="With --verify: the site's public key, from elsewhere.")
@mutation
@click.pass_obj
def certificate(
    context: CommandContext, start: str | None, end: str | None, out: Path | None, verify: str | None, key: str | None
) -> None:
    """Certify what was deleted, under which rule and how; or check such a certificate, on any machine, offline.

    \b
      cctv retention certificate --from "2026-11-01 0:00" --to "2026-12-01 0:00"
      cctv retention certificate --verify deleted-20261101-20261201/certificate.json --key signing.pub
    """
    if verify is not None:
        checked = check(Path(verify), Path(key) if key else None)
        data = {"certificate": checked.said, "key": checked.fingerprint, "trusted": checked.trusted}
        context.emit(data, lambda console: console.print(_checked_text(checked)))
        return
    if start is None or end is None:
        raise click.UsageError("give --from and --to, or --verify FILE")
    document, folder = _make(context, start, end, out)
    where = None if context.dry_run else str(folder)
    context.emit(
        {"certificate": document.said, "folder": where}, lambda console: _certificate_text(console, document, where)
    )


def known_copies(context: CommandContext, connection: Connection) -> list[DeletionCopy]:
    """What is recorded to have a copy of footage: the copy of held footage, and packages that are still here."""
    held = read_backup_state(context.site.root).held
    copies = [DeletionCopy("held", held.directory, held.at)] if held else []
    return copies + [
        DeletionCopy("packages", package.id, package.built, package.expires)
        for package in select_packages(connection)
        if package.deleted is None
    ]


def _make(context: CommandContext, start: str, end: str, out: Path | None) -> tuple[Certificate, Path]:
    site, span = context.site, context.span(start, end)
    key = signing_key(site.root / "keys", site.disk)
    with read_transaction(site.engine) as connection:
        volume = volume_of(site.root / "segments")
        document = certify(connection, site, span, volume, known_copies(context, connection), key.public)
    days = "-".join(f"{instant.astimezone(context.zone):%Y%m%d}" for instant in (span.start, span.end))
    folder = out or Path(f"deleted-{days}")
    if not context.dry_run:
        issue(site, document, key, folder.absolute())
    return document, folder


def _certificate_text(console: Console, document: Certificate, folder: str | None) -> None:
    rows, content = document.said["deletions"], document.said
    files, total = sum(group["segments"] for group in rows), sum(group["bytes"] for group in rows)
    late = sum(group["beyond_limit_seconds"] > 0 for group in rows)
    console.print(
        f"{files} segments ({size(total)}) unlinked; {f'{late} groups LATE' if late else 'all of them in time'}"
    )
    volume = content["volume"]
    secret = {True: "encrypted", False: "not encrypted", None: "not known whether encrypted"}[volume["encrypted"]]
    console.print(f"volume {volume['file_system']} on {volume['device']}: {secret}")
    if volume["snapshots"]:
        console.print(f"WARNING: {', '.join(volume['snapshots'])} may keep snapshots that still have the files")
    for copy in content["copies"]:
        console.print(f"a copy is known: {copy['what']}, {copy['where']}")
    if content["folded_lines"]["not_holding"]:
        console.print(
            f"WARNING: {content['folded_lines']['not_holding']} lines of past years are not signed with this key"
        )
    console.print(f"written to {folder}; print certificate.html" if folder else "nothing was written")


def _checked_text(checked: CheckedCertificate) -> str:
    whose = "the key that you gave" if checked.trusted else "the key that lies beside it: compare it by telephone"
    files = sum(group["segments"] for group in checked.said.get("deletions", ()))
    what = f": {files} segments, {checked.said['from']} to {checked.said['to']}" if checked.said else ""
    return f"the signature holds{what}; made with {checked.fingerprint}, {whose}"
