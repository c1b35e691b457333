"""`cctv export`: build, list and verify packages, and hand them over (`deliver`, `fetch`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from cctv.cli.context import CommandContext, json_option
from cctv.cli.options import mutation, one_of
from cctv.cli.output import length, local, local_date, size, table
from cctv.cli.views.footage import next_text, print_dry, print_gap, print_next
from cctv.cli.views.redaction import watched
from cctv.core.i18n import N_, _, translate
from cctv.model.disclosures import Disclosure, Method, Recipient
from cctv.model.ids import IdKind, id_kind, typed_id
from cctv.packages.build import BuildPlan, Built, plan_build
from cctv.packages.build import build as build_package
from cctv.packages.deliver import Delivered, FetchLines
from cctv.packages.deliver import deliver as deliver_package
from cctv.packages.deliver import fetch as fetch_package
from cctv.packages.expiry import list_packages, package_path
from cctv.packages.folder import package_folder
from cctv.packages.queries import PackageRow
from cctv.packages.verify import VerificationResult, verify_package

_STATES = {
    "deleted": N_("deleted"),
    "missing": N_("missing"),
    "expired": N_("expired"),
    "here": N_("here"),
}


@click.group()
def export() -> None:
    """Build and verify the package that leaves.

    \b
      cctv export build REQ-2026-007
      cctv export verify EXP-2026-003
    """


@export.command()
@click.argument("request_id", metavar="REQUEST")
@mutation
@click.pass_obj
def build(context: CommandContext, request_id: str) -> None:
    """Render what was approved, check it, and write a signed package under exports/.

    Needs an approval of every part's plan as it is now (`cctv redaction approve`).  Our copy expires within a month.

    \b
      cctv export build REQ-2026-007 --dry-run
      cctv export build REQ-2026-007
    """
    with watched() as progress:
        if context.dry_run:
            plan = plan_build(context.site, request_id, progress)
        else:
            built = build_package(context.site, request_id, progress)
    if context.dry_run:
        context.emit(_plan_data(plan), lambda console: _plan_text(console, context, plan))
    else:
        context.emit(_built_data(built), lambda console: _built_text(console, context, built))


@export.command("list")
@click.option("--request", "request_id", metavar="ID", help="Only the packages of this request or disclosure.")
@json_option
@click.pass_obj
def list_(context: CommandContext, request_id: str | None) -> None:
    """List packages: for which request, by whom, until when."""
    packages = list_packages(context.site, request_id)
    data = [_package_data(context, package) for package in packages]
    context.emit({"packages": data}, lambda console: _list_text(console, context, packages))


@export.command()
@click.argument("path", type=click.Path(path_type=Path), metavar="PATH")
@click.option(
    "--key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The signer's public key, got from elsewhere; without it the key inside the package is used.",
)
@json_option
@click.pass_obj
def verify(context: CommandContext, path: Path, key: Path | None) -> None:
    """Check a package: the signature, every hash, nothing missing, nothing added.

    PATH is the package's folder or its manifest.json, or the id of a package of this storage.  With a path it needs no
    cameras.toml, no database and no network.

    \b
      cctv export verify EXP-2026-003
      cctv export verify /media/usb/EXP-2026-003 --key signing.pub
    """
    if not path.exists() and id_kind(typed_id(str(path))) is IdKind.EXPORT:
        path = package_path(context.site, str(path))
    with watched() as progress:
        checked = verify_package(path, key=key, progress=progress)
    context.emit(_checked_data(checked), lambda console: _checked_text(console, checked))


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
    type=one_of((Method.HAND, Method.ZIP)),
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
def deliver(context: CommandContext, package: str, folder: Path, method: str, recipient: str | None) -> None:
    """Hand a package over: copy it or encrypt it into a folder, and record that it left.

    The passphrase of a ZIP is printed once, on stdout, and kept nowhere: tell it by telephone or in a letter, never
    with the file.  Handing over again makes another one.  With a nominee, a proxy, an insurer or a lawyer the copy is a
    lease of a month: `cctv disclosure end` says that it came back, `cctv disclosure lease` agrees another end.

    \b
      cctv export deliver EXP-2026-003 --method hand --to /media/usb
      cctv export deliver EXP-2026-003 --method zip --to ~/outgoing
    """
    delivery = deliver_package(
        context.site,
        package,
        folder,
        Method(method),
        Recipient(recipient) if recipient else None,
        dry_run=context.dry_run,
    )
    context.emit(_delivered_data(context, delivery), lambda console: _delivered_text(console, context, delivery))


@click.command()
@click.argument("package", metavar="PACKAGE")
@mutation
@click.pass_obj
def fetch(context: CommandContext, package: str) -> None:
    """Print the line by which another desk copies a package, and the line that checks it there.

    Copies nothing.  That it was asked for is in the log.  The storage is its owner's alone: for any other account the
    line has the package handed over to that account's home folder first, which is in the log as well.

    \b
      cctv export fetch EXP-2026-003
    """
    lines = fetch_package(context.site, package, dry_run=context.dry_run)
    data = {"dry_run": context.dry_run, "copy": lines.copy, "verify": lines.verify, "stock_tools": lines.stock}
    context.emit(data, lambda console: _fetch_text(console, lines))


def lease_text(context: CommandContext, disclosure: Disclosure) -> str:
    """That a copy is lent, to whom and until when."""
    assert disclosure.lease_end is not None
    day = disclosure.lease_end.astimezone(context.zone)
    return _("Lent to the {recipient}: back or destroyed by {day:%d/%m/%Y}.", recipient=disclosure.recipient, day=day)


def _plan_data(plan: BuildPlan) -> dict[str, object]:
    return {
        "dry_run": True,
        "request": plan.request.id,
        "outputs": [
            {
                "file": output.file,
                "camera": output.part.plan.camera,
                "part": output.part.plan.position,
                "start": output.part.plan.span.start,
                "end": output.part.plan.span.end,
                "frames": output.part.plan.frames,
                "plan": output.part.digest,
                "approved_by": output.part.approval.by if output.part.approval else None,
            }
            for output in plan.outputs
        ],
        "gaps": [
            {"camera": gap.camera, "start": gap.span.start, "end": gap.span.end, "cause": gap.cause}
            for gap in plan.gaps
        ],
    }


def _plan_text(console: Console, context: CommandContext, plan: BuildPlan) -> None:
    rows = [
        (
            output.file,
            local(output.part.plan.span.start, context.zone),
            length(output.part.plan.span.duration),
            str(output.part.plan.frames),
            output.part.approval.by if output.part.approval else "",
        )
        for output in plan.outputs
    ]
    console.print(table(("would be written", "from", "length", "frames", "approved by"), rows, right=("frames",)))
    for gap in plan.gaps:
        print_gap(console, gap.camera, (gap.span.start, gap.span.end), gap.cause, context.zone)
    console.print(_("From {size} of recordings.", size=size(plan.source_bytes)))
    print_dry(console)


def _built_data(built: Built) -> dict[str, object]:
    return {
        "dry_run": False,
        "package": built.package.id,
        "request": built.package.request,
        "path": built.path,
        "expires": built.package.expires,
        "key": built.manifest.key,
        "outputs": [
            {
                "file": output.file,
                "camera": output.camera,
                "part": output.part,
                "frames": output.frames,
                "size_bytes": output.size_bytes,
                "sha256": output.sha256,
                "live_pixels_outside": output.verified.live_pixels_outside,
                "same_times": output.verified.same_times,
                "audio_streams": output.verified.audio_streams,
                "witness_model": output.verified.witness_model,
                "witness_frames": output.verified.witness_frames,
            }
            for output in built.manifest.outputs
        ],
        "gaps": len(built.manifest.gaps),
    }


def _built_text(console: Console, context: CommandContext, built: Built) -> None:
    heading = _("{id} built for {case}", id=built.package.id, case=built.package.request)
    console.print(heading, style="bold")
    rows = [
        (
            output.file,
            length(output.span.end - output.span.start),
            str(output.frames),
            size(output.size_bytes),
            _("{count} live pixels outside what was kept; no sound", count=output.verified.live_pixels_outside),
        )
        for output in built.manifest.outputs
    ]
    console.print(table(("video", "length", "frames", "size", "checked"), rows, right=("frames", "size")))
    console.print(f"\n{built.path}", soft_wrap=True)
    expires = local_date(built.package.expires, context.zone)
    signed = _("signed with {key}; our copy goes by {when}", key=built.manifest.key, when=expires)
    console.print(f"{signed}\n")
    console.print(next_text(f"cctv export verify {built.package.id}"))


def _package_data(context: CommandContext, package: PackageRow) -> dict[str, object]:
    return {
        "id": package.id,
        "request": package.request,
        "disclosure": package.disclosure,
        "path": package_folder(context.site, package),
        "built": package.built,
        "built_by": package.built_by,
        "expires": package.expires,
        "deleted": package.deleted,
        "state": _state(context, package),
    }


def _state(context: CommandContext, package: PackageRow) -> str:
    if package.deleted is not None:
        return "deleted"
    if not package_folder(context.site, package).is_dir():
        return "missing"
    return "expired" if package.expires <= context.now else "here"


def _list_text(console: Console, context: CommandContext, packages: Sequence[PackageRow]) -> None:
    if not packages:
        console.print(_("No packages yet.  `cctv export build REQUEST` makes one."))
        return
    rows = [
        (
            package.id,
            package.case_id,
            local_date(package.built, context.zone),
            package.built_by,
            local_date(package.expires, context.zone),
            translate(_STATES[_state(context, package)]),
        )
        for package in packages
    ]
    console.print(table(("package", "for", "built", "built by", "our copy goes by", "state"), rows))


def _checked_data(checked: VerificationResult) -> dict[str, object]:
    manifest = checked.manifest
    return {
        "package": manifest.package,
        "request": manifest.case_id if manifest.mode != "unredacted" else None,
        "disclosure": manifest.case_id if manifest.mode == "unredacted" else None,
        "mode": manifest.mode,
        "site": manifest.site.name,
        "built": manifest.built.at,
        "key": checked.fingerprint,
        "key_from_outside": checked.trusted,
        "files": checked.files,
        "size_bytes": checked.size_bytes,
        "videos": [output.file for output in manifest.outputs],
        "verified": True,
    }


def _checked_text(console: Console, checked: VerificationResult) -> None:
    manifest = checked.manifest
    whole = _(
        "{package} for {case}, from {site}: whole",
        package=manifest.package,
        case=manifest.case_id,
        site=manifest.site.name,
    )
    console.print(whole, style="bold", soft_wrap=True)
    holds = _(
        "{files} files ({videos} video); every hash and the signature hold",
        files=checked.files,
        videos=len(manifest.outputs),
    )
    console.print(holds)
    console.print(_("signed with {key}", key=checked.fingerprint))
    if not checked.trusted:
        console.print(
            _(
                "The key came with the package.  To know who signed, compare this fingerprint with the site's, by "
                "telephone or from its letter, or give the key with --key."
            )
        )


def _delivered_data(context: CommandContext, delivery: Delivered) -> dict[str, object]:
    return {
        "dry_run": context.dry_run,
        "package": delivery.package.id,
        "for": delivery.package.case_id,
        "disclosure": delivery.disclosure.id if delivery.disclosure else None,
        "until": delivery.disclosure.lease_end if delivery.disclosure else None,
        "files": delivery.files,
        "passphrase": delivery.passphrase,
    }


def _delivered_text(console: Console, context: CommandContext, delivery: Delivered) -> None:
    if delivery.disclosure is None:
        planned = _("Would hand over {package} as {file}.", package=delivery.package.id, file=delivery.files[0])
        console.print(planned, soft_wrap=True)
        print_dry(console)
        return
    handed = _("{package} handed over: {disclosure}", package=delivery.package.id, disclosure=delivery.disclosure.id)
    console.print(handed, style="bold")
    for path in delivery.files:
        console.print(f"  {path}", soft_wrap=True)
    if delivery.disclosure.lease_end is not None:
        console.print(lease_text(context, delivery.disclosure))
    if delivery.passphrase is not None:
        console.print(f"\n{_('passphrase')}  {delivery.passphrase}\n", style="bold")
        console.print(_("It is written nowhere and cannot be asked again.  Tell it by another way than the file."))
    else:
        signing = _("Print the page twice; both sign.  The package is on the medium, the page stays on paper.")
        console.print(f"\n{signing}")
        print_next(f"cctv disclosure receipt {delivery.disclosure.id} --on DATE")


def _fetch_text(console: Console, lines: FetchLines) -> None:
    console.print(_("At the other desk, type:") + "\n")
    for line in (lines.copy, lines.verify):
        console.print(f"  {line}", soft_wrap=True, markup=False)
    console.print("\n" + _("Without cctv there:") + "\n")
    console.print(f"  {lines.stock}", soft_wrap=True, markup=False)
    console.print("\n" + _("What is copied is a copy too: it goes when it was used, within a month."))


export.add_command(deliver)
export.add_command(fetch)
