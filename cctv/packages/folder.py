"""The folder of a package: written under a temporary name, flushed, then registered and renamed.

1. videos into exports/.building                              (crash: the next build removes it)
2. README, key, manifest, signature, sums; all flushed        (crash: the same)
3. row and audit entry, committed                             (crash: the next build resumes at 4)
4. rename to exports/EXP-YYYY-NNN                             (crash: the next build, or `cctv footage reconcile --fix`)

So a folder with a package's name is always intact.  Responsible for the working folder, which needs the exports lock,
and for whether a package holds what its request asks now.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from cctv.cases.requests.needs import scope_of
from cctv.core.durable import DurableFiles, sha256_file
from cctv.core.i18n import N_, join_messages
from cctv.core.time_range import Span
from cctv.core.typed_time.resolve import echo_span
from cctv.crypto.signing_key import SigningKey
from cctv.crypto.sshsig import allowed_signers, sign
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage
from cctv.footage.layout import PathOutside, inside, is_relative
from cctv.model.cases import AccessRequest
from cctv.packages.errors import PackageOutdated
from cctv.packages.manifest import (
    ALLOWED_SIGNERS,
    MANIFEST,
    PUBLIC_KEY,
    README,
    SIGNATURE,
    SUMS,
    AnyManifest,
    DisclosureManifest,
    ListedFile,
    Manifest,
    sums_text,
)
from cctv.packages.queries import PackageRow, package_of_manifest
from cctv.packages.verify import enclosed_manifest

WORKING = ".building"
Kind = TypeVar("Kind", Manifest, DisclosureManifest)


def working_folder(site: Storage) -> Path:
    """The folder in which a package is built."""
    return site.root / "exports" / WORKING


def package_folder(site: Storage, package: PackageRow) -> Path:
    """The folder of a package that the index names, to be read; raises PathOutside where that is elsewhere."""
    package_place(site, package)
    return inside(site.root, package.path, N_("package {id}", id=package.id))


def package_place(site: Storage, package: PackageRow) -> Path:
    """The same, to be removed: a link in its place is not followed.  Raises PathOutside for no folder of `exports/`."""
    folder, _, name = package.path.partition("/")
    if folder != "exports" or "/" in name or not is_relative(name):
        problem = N_("it is no folder of exports/")
        raise PathOutside(row=N_("package {id}", id=package.id), path=package.path, problem=problem)
    return site.root / package.path


def is_current(manifest: AnyManifest, request: AccessRequest) -> bool:
    """Whether a package was built for the cameras and the span that its request asks now.  Pure."""
    return set(manifest.cameras) == set(request.cameras) and _span_built(manifest) == request.span


def require_current(site: Storage, package: PackageRow, request: AccessRequest) -> None:
    """Raises PackageOutdated where the request was corrected after it was built; says what differs, and no more."""
    manifest, zone = enclosed_manifest(package_folder(site, package)), site.settings.site.timezone
    if is_current(manifest, request):
        return
    built, asked = _span_built(manifest), scope_of(request)
    differing: list[tuple[str, str]] = []
    if set(manifest.cameras) != set(request.cameras):
        differing.append((", ".join(manifest.cameras), ", ".join(request.cameras)))
    if built != asked:
        differing.append((echo_span(built.start, built.end, zone), echo_span(asked.start, asked.end, zone)))
    raise PackageOutdated(
        id=package.id,
        built=join_messages(before for before, _ in differing),
        case=request.id,
        asked=join_messages(now for _, now in differing),
        following=N_("look for the one that was built after that: cctv export list")
        if request.closed is not None
        else N_(
            "build it anew: cctv redaction prepare {id}, decide and approve, cctv export build {id}", id=request.id
        ),
    )


def begin_build(site: Storage) -> Path:
    """An empty working folder; what a crash left in it is moved into place if it was committed, else removed."""
    finish_interrupted_build(site)
    folder = working_folder(site)
    site.disk.make_directory(folder)
    return folder


def finish_interrupted_build(site: Storage) -> str | None:
    """Finish or remove what a crash left behind; the id of the package that was finished, if one was."""
    folder = working_folder(site)
    if folder.is_symlink() or not folder.exists():
        discard(site)
        return None
    manifest = folder / MANIFEST
    if manifest.exists():
        with read_transaction(site.engine) as connection:
            package = package_of_manifest(connection, sha256_file(manifest))
        if package is not None and not (target := package_folder(site, package)).exists():
            site.disk.rename(folder, target)
            return package.id
    discard(site)
    return None


def discard(site: Storage) -> None:
    """Remove the working folder; where a link is in its place the link, never what it leads to."""
    folder = working_folder(site)
    if folder.is_symlink():
        site.disk.unlink(folder)
    elif folder.exists():
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        site.disk.sync_directory(folder.parent)


def complete_build(working: Path, disk: DurableFiles, draft: Kind, readme: str, key: SigningKey) -> Kind:
    """Write all that is not video, flushed: README and key, the manifest that lists them, its signature, the sums."""
    texts = {
        README: readme,
        PUBLIC_KEY: f"{key.public.line} cctv-package\n",
        ALLOWED_SIGNERS: allowed_signers(key.public),
    }
    for name, text in texts.items():
        disk.write(working / name, text.encode())
    manifest = replace(draft, files=tuple(_listed(working / name) for name in texts))
    payload = manifest.to_json()
    disk.write(working / MANIFEST, payload)
    disk.write(working / SIGNATURE, sign(payload, key).encode())
    sums = {name: sha256 for name, (sha256, _) in manifest.hashes.items()}
    sums |= {name: sha256_file(working / name) for name in (MANIFEST, SIGNATURE)}
    disk.write(working / SUMS, sums_text(sums).encode())
    return manifest


def _span_built(manifest: AnyManifest) -> Span:
    return Span(manifest.requested.start, manifest.requested.end)


def _listed(path: Path) -> ListedFile:
    return ListedFile(path.name, sha256_file(path), path.stat().st_size)
