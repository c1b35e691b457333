"""`cctv export`: build the package that leaves, list packages, verify one anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cctv.cli.box import Box
from cctv.cli.options import json_option, mutation
from cctv.kernel.phrases import phrase
from cctv.tongue import said, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from cctv.export.building import Built
    from cctv.export.plan import BuildPlan
    from cctv.export.store import Package
    from cctv.export.verify import Checked


_STATES = {
    "deleted": phrase("deleted"),
    "missing": phrase("missing"),
    "expired": phrase("expired"),
    "here": phrase("here"),
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
def build(box: Box, request_id: str) -> None:
    """Render what was approved, check it, and write a signed package under exports/.

    Needs an approval of every part's plan as it is now (`cctv redaction approve`).  Our copy expires within a month.

    \b
      cctv export build REQ-2026-007 --dry-run
      cctv export build REQ-2026-007
    """
    from cctv.cli.redacted import watched
    from cctv.export.building import build as build_package
    from cctv.export.plan import plan_build

    with watched() as progress:
        if box.dry_run:
            plan = plan_build(box.site, request_id, progress)
        else:
            built = build_package(box.site, request_id, progress)
    if box.dry_run:
        box.emit(_plan_data(plan), lambda console: _plan_text(console, box, plan))
    else:
        box.emit(_built_data(built), lambda console: _built_text(console, box, built))


@export.command("list")
@click.option("--request", "request_id", metavar="ID", help="Only the packages of this request or disclosure.")
@json_option
@click.pass_obj
def list_(box: Box, request_id: str | None) -> None:
    """List packages: for which request, by whom, until when."""
    from cctv.export.shelf import list_packages

    found = list_packages(box.site, request_id)
    data = [_package_data(box, one) for one in found]
    box.emit({"packages": data}, lambda console: _list_text(console, box, found))


@export.command()
@click.argument("path", type=click.Path(path_type=Path), metavar="PATH")
@click.option(
    "--key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The signer's public key, got from elsewhere; without it the key inside the package is used.",
)
@json_option
@click.pass_obj
def verify(box: Box, path: Path, key: Path | None) -> None:
    """Check a package: the signature, every hash, nothing missing, nothing added.

    PATH is the package's folder or its manifest.json, or the id of a package of this storage.  With a path it needs no
    cameras.toml, no database and no network.

    \b
      cctv export verify EXP-2026-003
      cctv export verify /media/usb/EXP-2026-003 --key signing.pub
    """
    from cctv.cli.redacted import watched
    from cctv.export.verify import verify_package
    from cctv.model.ids import IdKind, id_kind

    if not path.exists() and id_kind(str(path).upper()) is IdKind.EXPORT:
        from cctv.export.shelf import package_path

        path = package_path(box.site, str(path))
    with watched() as progress:
        checked = verify_package(path, key=key, progress=progress)
    box.emit(_checked_data(checked), lambda console: _checked_text(console, checked))


def _plan_data(plan: BuildPlan) -> dict[str, object]:
    return {
        "dry_run": True,
        "request": plan.request.id,
        "outputs": [
            {
                "file": one.file,
                "camera": one.part.plan.camera,
                "part": one.part.plan.position,
                "start": one.part.plan.span.start,
                "end": one.part.plan.span.end,
                "frames": one.part.plan.frames,
                "plan": one.part.digest,
                "approved_by": one.part.approval.by if one.part.approval else None,
            }
            for one in plan.outputs
        ],
        "gaps": [
            {"camera": gap.camera, "start": gap.span.start, "end": gap.span.end, "cause": gap.cause}
            for gap in plan.gaps
        ],
    }


def _plan_text(console: Console, box: Box, plan: BuildPlan) -> None:
    from cctv.cli.output import length, local, size, table
    from cctv.cli.preserved import print_dry, print_gap

    rows = [
        (
            one.file,
            local(one.part.plan.span.start, box.zone),
            length(one.part.plan.span.duration),
            str(one.part.plan.frames),
            one.part.approval.by if one.part.approval else "",
        )
        for one in plan.outputs
    ]
    console.print(table(("would be written", "from", "length", "frames", "approved by"), rows, right=("frames",)))
    for gap in plan.gaps:
        print_gap(console, gap.camera, (gap.span.start, gap.span.end), gap.cause, box.zone)
    console.print(said("From {size} of recordings.", size=size(plan.source_bytes)))
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
                "file": one.file,
                "camera": one.camera,
                "part": one.part,
                "frames": one.frames,
                "size_bytes": one.size_bytes,
                "sha256": one.sha256,
                "live_pixels_outside": one.verified.live_pixels_outside,
                "same_times": one.verified.same_times,
                "audio_streams": one.verified.audio_streams,
            }
            for one in built.manifest.outputs
        ],
        "gaps": len(built.manifest.gaps),
    }


def _built_text(console: Console, box: Box, built: Built) -> None:
    from cctv.cli.output import length, local_date, size, table

    made = said("{id} built for {case}", id=built.package.id, case=built.package.request)
    console.print(made, style="bold")
    rows = [
        (
            one.file,
            length(one.span.end - one.span.start),
            str(one.frames),
            size(one.size_bytes),
            said("{count} live pixels outside what was kept; no sound", count=one.verified.live_pixels_outside),
        )
        for one in built.manifest.outputs
    ]
    console.print(table(("video", "length", "frames", "size", "checked"), rows, right=("frames", "size")))
    console.print(f"\n{built.path}", soft_wrap=True)
    expires = local_date(built.package.expires, box.zone)
    signed = said("signed with {key}; our copy goes by {when}", key=built.manifest.key, when=expires)
    console.print(f"{signed}\n")
    console.print(f"{said('next:')}  cctv export verify {built.package.id}")


def _package_data(box: Box, one: Package) -> dict[str, object]:
    return {
        "id": one.id,
        "request": one.request,
        "disclosure": one.disclosure,
        "path": box.site.root / one.path,
        "built": one.built,
        "built_by": one.built_by,
        "expires": one.expires,
        "deleted": one.deleted,
        "state": _state(box, one),
    }


def _state(box: Box, one: Package) -> str:
    if one.deleted is not None:
        return "deleted"
    if not (box.site.root / one.path).is_dir():
        return "missing"
    return "expired" if one.expires <= box.now else "here"


def _list_text(console: Console, box: Box, found: Sequence[Package]) -> None:
    from cctv.cli.output import local_date, table

    if not found:
        console.print(said("No packages yet.  `cctv export build REQUEST` makes one."))
        return
    rows = [
        (one.id, one.case_id, local_date(one.built, box.zone), one.built_by, local_date(one.expires, box.zone),
         told(_STATES[_state(box, one)]))
        for one in found
    ]  # fmt: skip
    console.print(table(("package", "for", "built", "built by", "our copy goes by", "state"), rows))


def _checked_data(checked: Checked) -> dict[str, object]:
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
        "videos": [one.file for one in manifest.outputs],
        "verified": True,
    }


def _checked_text(console: Console, checked: Checked) -> None:
    from rich.text import Text  # drops control signs that a stranger's manifest may hold

    manifest = checked.manifest
    whole = said(
        "{package} for {case}, from {site}: whole",
        package=manifest.package,
        case=manifest.case_id,
        site=manifest.site.name,
    )
    console.print(Text(whole, style="bold"))
    holds = said(
        "{files} files ({videos} video); every hash and the signature hold",
        files=checked.files,
        videos=len(manifest.outputs),
    )
    console.print(holds)
    console.print(said("signed with {key}", key=checked.fingerprint))
    if not checked.trusted:
        console.print(
            said(
                "The key came with the package.  To know who signed, compare this fingerprint with the site's, by "
                "telephone or from its letter, or give the key with --key."
            )
        )
