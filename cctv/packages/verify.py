"""Checking a package, on any machine, offline: no settings, no database, no ssh-keygen.

Responsible for the order: the signature first, then what it covers.  Reads only.  Everything in a package is untrusted
input until its signature holds, and names are checked before they are opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cctv.core.durable import sha256_file
from cctv.core.errors import CctvError, Exit, UsageError
from cctv.core.i18n import N_, join_messages
from cctv.crypto.signing_key import KeyUnreadable, PublicKey, read_public_key
from cctv.crypto.sshsig import allowed_signers, verify
from cctv.packages.manifest import (
    ALLOWED_SIGNERS,
    MANIFEST,
    PUBLIC_KEY,
    SIGNATURE,
    SUMS,
    AnyManifest,
    read_manifest,
    sums_text,
)

_MAX_TEXT_BYTES = 64 << 20
_NEXT_STEP = N_("do not use it; ask whoever sent it for a fresh copy.")


class PackageMissing(UsageError):
    """{path} is not a package: {problem}.

    next: give the folder that holds manifest.json, or manifest.json itself.
    """


class PackageMismatch(CctvError):
    """The package {path} is not what was signed: {problem}{more}.

    next: {following}
    """

    exit_code = Exit.UNREADABLE


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """A package whose signature and every hash hold.  `trusted`: the key came from outside the package."""

    path: Path
    manifest: AnyManifest
    fingerprint: str
    trusted: bool
    files: int
    size_bytes: int


Progress = Callable[[str, int, int], None]
"""Called with a file name, the number of files done and their total."""


def verify_package(path: Path, *, key: Path | None = None, progress: Progress | None = None) -> VerificationResult:
    """Check a package's folder or manifest; raises PackageMissing (2), or with exit code 15 whatever does not hold."""
    directory = _directory(path)
    present = _present(directory)
    for name in (MANIFEST, SIGNATURE, SUMS, PUBLIC_KEY):
        if name not in present:
            raise _mismatch(directory, [f"{name} is missing"])
    public = read_public_key(key) if key is not None else _enclosed_key(directory)
    text = _read(directory, MANIFEST)
    verify(text, _read(directory, SIGNATURE).decode("ascii", "replace"), public)
    manifest = read_manifest(text)
    problems = _check_names(manifest, present)
    problems += _check_hashes(directory, manifest, present, progress)
    problems += _check_keys(directory, public, present)
    problems += _check_sums(directory, manifest, present)
    if problems:
        raise _mismatch(directory, problems)
    total = sum(present.values())
    return VerificationResult(directory, manifest, public.fingerprint, key is not None, len(present), total)


def enclosed_manifest(path: Path) -> AnyManifest:
    """The manifest of a package's folder, unchecked; raises PackageMissing, PackageMismatch, ManifestUnreadable."""
    directory = _directory(path)
    if MANIFEST not in _present(directory):
        raise _mismatch(directory, [N_("{name} is missing", name=MANIFEST)])
    return read_manifest(_read(directory, MANIFEST))


def _directory(path: Path) -> Path:
    if path.is_dir():
        return path
    if path.name == MANIFEST and path.is_file():
        return path.parent
    raise PackageMissing(path=path, problem=N_("it does not exist") if not path.exists() else N_("it is another file"))


def _present(directory: Path) -> dict[str, int]:
    """Names and sizes in bytes of what lies in the folder; anything but a plain file is refused."""
    sizes: dict[str, int] = {}
    with os.scandir(directory) as entries:
        for entry in entries:
            status = entry.stat(follow_symlinks=False)
            if not stat.S_ISREG(status.st_mode):
                raise _mismatch(directory, [N_("{name!r} is not a plain file", name=entry.name)])
            sizes[entry.name] = status.st_size
    return sizes


def _enclosed_key(directory: Path) -> PublicKey:
    try:
        return read_public_key(directory / PUBLIC_KEY)
    except KeyUnreadable as error:
        raise _mismatch(directory, [error.phrase]) from error


def _read(directory: Path, name: str) -> bytes:
    path = directory / name
    if path.stat().st_size > _MAX_TEXT_BYTES:
        raise _mismatch(directory, [N_("{name} is too large to be one", name=name)])
    return path.read_bytes()


def _check_names(manifest: AnyManifest, present: dict[str, int]) -> list[str]:
    expected = {*manifest.names, MANIFEST, SIGNATURE, SUMS}
    missing: list[str] = [N_("{name} is missing", name=name) for name in sorted(expected - present.keys())]
    extra = [N_("{name!r} does not belong to it", name=name) for name in sorted(present.keys() - expected)]
    return missing + extra


def _check_hashes(
    directory: Path, manifest: AnyManifest, present: dict[str, int], progress: Progress | None
) -> list[str]:
    problems: list[str] = []
    hashes = {name: digest_and_size for name, digest_and_size in manifest.hashes.items() if name in present}
    for done, (name, (sha256, size)) in enumerate(hashes.items()):
        if progress is not None:
            progress(name, done, len(hashes))
        if present[name] != size or sha256_file(directory / name) != sha256:
            problems.append(N_("{name} was changed", name=name))
    return problems


def _check_keys(directory: Path, public: PublicKey, present: dict[str, int]) -> list[str]:
    """The key and the list of signers inside must be those of the signature, or stock tools would trust another key."""
    problems: list[str] = []
    if _enclosed_key(directory) != public:
        problems.append(N_("{name} is another key than the one given", name=PUBLIC_KEY))
    if ALLOWED_SIGNERS in present and _read(directory, ALLOWED_SIGNERS) != allowed_signers(public).encode():
        problems.append(N_("{name} names another key or another purpose", name=ALLOWED_SIGNERS))
    return problems


def _check_sums(directory: Path, manifest: AnyManifest, present: dict[str, int]) -> list[str]:
    names = sorted({*manifest.names, MANIFEST, SIGNATURE} & present.keys())
    expected = {name: manifest.hashes[name][0] for name in names if name in manifest.hashes}
    expected |= {name: sha256_file(directory / name) for name in (MANIFEST, SIGNATURE)}
    listing = _read(directory, SUMS).decode("utf-8", "replace")
    if listing == sums_text(expected):
        return []
    differing = [name for name, sha256 in expected.items() if f"{sha256}  {name}\n" not in listing]
    problems: list[str] = [N_("{sums} and {name} do not agree", sums=SUMS, name=name) for name in differing]
    return problems or [N_("{name} was changed", name=SUMS)]


def _mismatch(directory: Path, problems: list[str]) -> PackageMismatch:
    others = join_messages(problems[1:4], between="; ")
    more = N_("; and {count} more: {others}", count=len(problems) - 1, others=others) if len(problems) > 1 else ""
    return PackageMismatch(path=directory, problem=problems[0], more=more, following=_NEXT_STEP)
