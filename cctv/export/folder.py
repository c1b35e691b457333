"""The folder of a package: written beside its place, flushed, and only then known and moved there.

1. videos into exports/.building                              (crash: the next build removes it)
2. README, key, manifest, signature, sums; all flushed        (crash: the same)
3. row and audit entry, committed                             (crash: the next build removes it)
4. rename to exports/EXP-YYYY-NNN                             (crash: the next build, or `settle`, does it)

So a folder with a package's name is always whole.  Owns the working folder; needs the exports lock.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from cctv.db.engine import reading
from cctv.db.site import Site
from cctv.export import store
from cctv.export.disclosed_manifest import DisclosureManifest
from cctv.export.manifest import (
    ALLOWED_SIGNERS,
    MANIFEST,
    PUBLIC_KEY,
    README,
    SIGNATURE,
    SUMS,
    Listed,
    Manifest,
    sums_text,
)
from cctv.kernel.durable import Disk, sha256_file
from cctv.signing import SigningKey, sign
from cctv.signing.sshsig import allowed_signers

WORKING = ".building"
Kind = TypeVar("Kind", Manifest, DisclosureManifest)


def working_folder(site: Site) -> Path:
    return site.root / "exports" / WORKING


def begin(site: Site) -> Path:
    """An empty working folder; what a crash left in it is moved into place if it was committed, else removed."""
    settle(site)
    folder = working_folder(site)
    site.disk.make_directory(folder)
    folder.chmod(0o750)
    return folder


def settle(site: Site) -> str | None:
    """Finish or remove what a crash left behind; the id of the package that was finished, if one was."""
    folder = working_folder(site)
    if not folder.exists():
        return None
    manifest = folder / MANIFEST
    if manifest.exists():
        with reading(site.engine) as connection:
            package = store.package_of_manifest(connection, sha256_file(manifest))
        if package is not None and not (site.root / package.path).exists():
            site.disk.rename(folder, site.root / package.path)
            return package.id
    discard(site)
    return None


def discard(site: Site) -> None:
    """Remove the working folder."""
    folder = working_folder(site)
    if folder.exists():
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        site.disk.sync_directory(folder.parent)


def complete(working: Path, disk: Disk, draft: Kind, readme: str, key: SigningKey) -> Kind:
    """Write all that is not video, flushed: README and key, the manifest that lists them, its signature, the sums."""
    texts = {
        README: readme,
        PUBLIC_KEY: f"{key.public.line} cctv-package\n",
        ALLOWED_SIGNERS: allowed_signers(key.public),
    }
    for name, text in texts.items():
        disk.write(working / name, text.encode())
    manifest = replace(draft, files=tuple(_listed(working / name) for name in texts))
    signed = manifest.to_json()
    disk.write(working / MANIFEST, signed)
    disk.write(working / SIGNATURE, sign(signed, key).encode())
    sums = {name: sha256 for name, (sha256, _) in manifest.hashes.items()}
    sums |= {name: sha256_file(working / name) for name in (MANIFEST, SIGNATURE)}
    disk.write(working / SUMS, sums_text(sums).encode())
    return manifest


def _listed(path: Path) -> Listed:
    return Listed(path.name, sha256_file(path), path.stat().st_size)
