"""`cctv export deliver` and `fetch`: how a package leaves the box."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cctv.cli.box import Box
from cctv.cli.options import mutation, one_of
from cctv.model.disclosures import Method, Recipient
from cctv.tongue import said

if TYPE_CHECKING:
    from rich.console import Console

    from cctv.export.delivery import Delivered
    from cctv.export.fetching import FetchLines
    from cctv.model.disclosures import Disclosure


@click.command()
@click.argument("package", metavar="PACKAGE")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder to write into: a medium to hand over, or where the ZIP is sent from.",
)
@click.option(
    "--method",
    type=one_of(Method),
    required=True,
    help="hand: a copy and a receipt to print and sign; zip: one encrypted file and a note beside it.",
)
@click.option(
    "--recipient",
    type=one_of((Recipient.SUBJECT, Recipient.NOMINEE, Recipient.PROXY)),
    help="Who takes a request's package: the subject, whom the subject named, or who asked in their name; as it says.",
)
@mutation
@click.pass_obj
def deliver(box: Box, package: str, folder: Path, method: str, recipient: str | None) -> None:
    """Hand a package over: copy it or encrypt it into a folder, and record that it left.

    The passphrase of a ZIP is printed once, on stdout, and kept nowhere: tell it by telephone or in a letter, never
    with the file.  Handing over again makes another one.  With a nominee, a proxy, an insurer or a lawyer the copy is a
    lease of a month: `cctv disclosure end` says that it came back, `cctv disclosure lease` agrees another end.

    \b
      cctv export deliver EXP-2026-003 --method hand --to /media/usb
      cctv export deliver EXP-2026-003 --method zip --to ~/outgoing
    """
    from cctv.export.delivery import deliver as deliver_package

    done = deliver_package(
        box.site,
        package,
        folder,
        Method(method),
        Recipient(recipient) if recipient else None,
        dry_run=box.dry_run,
    )
    box.emit(_delivered_data(box, done), lambda console: _delivered_text(console, box, done))


@click.command()
@click.argument("package", metavar="PACKAGE")
@mutation
@click.pass_obj
def fetch(box: Box, package: str) -> None:
    """Print the line by which another desk copies a package, and the line that checks it there.

    Copies nothing.  That it was asked for is in the log; whoever types the line needs an account on this machine that
    may read the storage.

    \b
      cctv export fetch EXP-2026-003
    """
    from cctv.export.shelf import fetch as fetch_package

    lines = fetch_package(box.site, package, dry_run=box.dry_run)
    data = {"dry_run": box.dry_run, "copy": lines.copy, "verify": lines.verify, "stock_tools": lines.stock}
    box.emit(data, lambda console: _fetch_text(console, lines))


def _delivered_data(box: Box, done: Delivered) -> dict[str, object]:
    return {
        "dry_run": box.dry_run,
        "package": done.package.id,
        "for": done.package.case_id,
        "disclosure": done.disclosure.id if done.disclosure else None,
        "until": done.disclosure.lease_end if done.disclosure else None,
        "files": done.files,
        "passphrase": done.passphrase,
    }


def _delivered_text(console: Console, box: Box, done: Delivered) -> None:
    from cctv.cli.preserved import print_dry, print_next

    if done.disclosure is None:
        planned = said("Would hand over {package} as {file}.", package=done.package.id, file=done.files[0])
        console.print(planned, soft_wrap=True)
        print_dry(console)
        return
    handed = said("{package} handed over: {disclosure}", package=done.package.id, disclosure=done.disclosure.id)
    console.print(handed, style="bold")
    for path in done.files:
        console.print(f"  {path}", soft_wrap=True)
    if done.disclosure.lease_end is not None:
        console.print(lent_text(box, done.disclosure))
    if done.passphrase is not None:
        console.print(f"\n{said('passphrase')}  {done.passphrase}\n", style="bold")
        console.print(said("It is written nowhere and cannot be asked again.  Tell it by another way than the file."))
    else:
        signing = said("Print the page twice; both sign.  The package is on the medium, the page stays on paper.")
        console.print(f"\n{signing}")
        print_next(f"cctv disclosure receipt {done.disclosure.id} --on DATE")


def lent_text(box: Box, one: Disclosure) -> str:
    """That a copy is lent, to whom and until when."""
    assert one.lease_end is not None
    day = one.lease_end.astimezone(box.zone)
    return said("Lent to the {recipient}: back or destroyed by {day:%d/%m/%Y}.", recipient=one.recipient, day=day)


def _fetch_text(console: Console, lines: FetchLines) -> None:
    console.print(said("At the other desk, type:") + "\n")
    for line in (lines.copy, lines.verify):
        console.print(f"  {line}", soft_wrap=True, markup=False)
    console.print("\n" + said("Without cctv there:") + "\n")
    console.print(f"  {lines.stock}", soft_wrap=True, markup=False)
    console.print("\n" + said("What is copied is a copy too: it goes when it was used, within a month."))
