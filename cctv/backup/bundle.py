"""A bundle: files in a tar, encrypted.  `age -d -i KEY FILE | tar x` opens it without this program.

Written so that a crash leaves either the complete file under its name or one that ends in `.part`.  Reading is strict:
a member that is no plain file at a plain place inside the folder is refused.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pyrage.x25519 import Identity, Recipient

from cctv.backup.state import PART
from cctv.core.durable import DurableFiles, give_as_folder
from cctv.core.errors import CctvError, Exit, FileUnreadable
from cctv.core.medium import medium_error
from cctv.crypto.age import decrypt, encrypt
from cctv.crypto.errors import BackupTorn

_BLOCK_BYTES = 512
_CHUNK_BYTES = 1 << 20


class BackupNotWritten(CctvError):
    """The back-up could not be written to {path}: {problem}.  What is unfinished ends in .part and is no back-up.

    next: make room there or give another folder, then repeat the command: it removes what is unfinished.
    """

    exit_code = Exit.STORAGE_FULL


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a bundle; its bytes are `data`, or those of the file `source`, which must have that hash."""

    name: str
    size_bytes: int
    sha256: str
    data: bytes | None = None
    source: Path | None = None


def of_bytes(name: str, data: bytes) -> Member:
    """A member with these bytes."""
    return Member(name, len(data), hashlib.sha256(data).hexdigest(), data=data)


def write_bundle(target: Path, members: Sequence[Member], to: Sequence[Recipient], disk: DurableFiles) -> None:
    """Write a bundle; made by root in a folder of the services' account, it is theirs: else they could not prune it.

    Raises BackupNotWritten, MediumFull and its like; FileUnreadable for a member whose bytes do not match its hash.

    1. written beside, encrypted                (crash: a .part, which the next back-up removes)
    2. flushed                                  (the same)
    3. renamed, its folder flushed
    """
    beside = target.with_name(f"{target.name}.{secrets.token_hex(8)}{PART}")
    try:
        descriptor = disk.create(beside, mode=0o600)
        try:
            encrypt(_tar(members), descriptor, to)
            disk.sync(descriptor)
        finally:
            os.close(descriptor)
        give_as_folder(beside)
        disk.rename(beside, target)
    except FileUnreadable:
        disk.unlink(beside)
        raise
    except OSError as error:
        with suppress(OSError):  # of a medium that is gone the .part stays; the next back-up removes it
            disk.unlink(beside)
        if (refused := medium_error(error, target)) is not None:
            raise refused from error
        raise BackupNotWritten(path=target.parent, problem=error.strerror or error) from error


def read_bundle(path: Path, key: Identity, folder: Path, disk: DurableFiles) -> None:
    """Unpack a bundle into an empty folder; raises RecoveryKeyWrong, BackupTorn."""
    packed = folder / ".bundle.tar"
    descriptor = disk.create(packed, mode=0o600)
    try:
        decrypt(path, descriptor, key)
    finally:
        os.close(descriptor)
    try:
        with tarfile.open(packed, "r:") as tar:
            for info in tar:
                _unpack(tar, info, path, folder)
    except (tarfile.TarError, EOFError) as error:
        raise BackupTorn(path=path, problem=str(error)) from error
    packed.unlink()


def _unpack(tar: tarfile.TarFile, info: tarfile.TarInfo, path: Path, folder: Path) -> None:
    """Unpack one member: a plain file inside the folder, whatever else a tar could hold; raises BackupTorn."""
    target = folder / info.name
    source = tar.extractfile(info) if info.isreg() else None
    if source is None or not target.resolve().is_relative_to(folder.resolve()) or target.exists():
        raise BackupTorn(path=path, problem=f"{info.name} is not what a back-up holds")
    target.parent.mkdir(parents=True, exist_ok=True)
    with source, target.open("xb") as file:
        shutil.copyfileobj(source, file, _CHUNK_BYTES)


def _tar(members: Sequence[Member]) -> Iterator[bytes]:
    for member in members:
        info = tarfile.TarInfo(member.name)
        info.size, info.mode = member.size_bytes, 0o600
        yield info.tobuf(tarfile.USTAR_FORMAT)
        yield from _checked(member)
        yield b"\0" * (-member.size_bytes % _BLOCK_BYTES)
    yield b"\0" * (2 * _BLOCK_BYTES)


def _checked(member: Member) -> Iterator[bytes]:
    """A member's bytes; raises FileUnreadable when they are not those that its hash names."""
    if member.data is not None:
        yield member.data
        return
    assert member.source is not None
    digest, size = hashlib.sha256(), 0
    following = "cctv footage reconcile, then cctv footage verify, show what else is not as it was written"
    try:
        with member.source.open("rb") as file:
            while piece := file.read(_CHUNK_BYTES):
                digest.update(piece)
                size += len(piece)
                yield piece
    except OSError as error:
        problem = error.strerror or str(error)
        raise FileUnreadable(path=member.source, problem=problem, following=following) from error
    if (digest.hexdigest(), size) != (member.sha256, member.size_bytes):
        raise FileUnreadable(path=member.source, problem="its bytes are not those of its hash", following=following)
