"""The encrypted ZIP: a package as one file that free programs open with a passphrase (AES-256, WinZip's AE-2).

Responsible for its format, its parts and its passphrase.  Video is stored, not compressed; memory use does not grow
with it.  Names and sizes of the files stay readable without the passphrase, as in every such ZIP.
"""

from __future__ import annotations

import os
import secrets
import warnings
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from stat import S_IFREG
from types import TracebackType

from stream_zip import NO_COMPRESSION_64, stream_zip

from cctv.core.durable import DurableFiles, beside

VOLUME_BYTES = 4_000_000_000
"""Of one file: FAT32, which most sticks are sold with, takes 4 GiB less a byte."""
GROUPS, DIGITS = 5, 5
"""Of the passphrase: 25 digits are 83 bits, and digits are heard right over a telephone in every language."""
_CHUNK_BYTES = 1 << 20


def new_passphrase() -> str:
    """`12345-67890-...` from the system's random source.  Never written anywhere."""
    return "-".join(f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}" for _ in range(GROUPS))


def write_zip(
    folder: Path, target: Path, passphrase: str, modified: datetime, disk: DurableFiles, written: dict[Path, Path]
) -> None:
    """Write a package's folder as one encrypted ZIP, flushed; the files lie in a folder of the package's name.

    One that is larger than `VOLUME_BYTES` becomes several files, cut anywhere, as 7-Zip makes and opens them.
    `written` gets the name that each file is to have and the temporary one that it has, as soon as it is begun.
    """

    def members() -> Iterator[tuple[str, datetime, int, object, Iterator[bytes]]]:
        for path in sorted(folder.iterdir()):
            method = NO_COMPRESSION_64(path.stat().st_size, _crc(path))
            yield f"{folder.name}/{path.name}", modified, S_IFREG | 0o644, method, _read(path)

    with _Volumes(target, disk, written) as volumes, warnings.catch_warnings():
        # AE-2 fixes the derivation: a thousand rounds of SHA-1.  The passphrase's 83 random bits carry the strength.
        warnings.filterwarnings("ignore", message="PBKDF2 without", category=DeprecationWarning)
        for chunk in stream_zip(members(), password=passphrase, chunk_size=_CHUNK_BYTES):  # type: ignore[arg-type]
            volumes.write(chunk)
    if len(written) == 1:
        written[target] = written.pop(volume_path(target, 1))


def volume_path(target: Path, number: int) -> Path:
    """`EXP-2026-003.zip.001`: the name of a part, counted from 1."""
    return target.with_name(f"{target.name}.{number:03d}")


class _Volumes:
    """Files of at most `VOLUME_BYTES`, one behind the other, each flushed.  Use as a context manager."""

    def __init__(self, target: Path, disk: DurableFiles, written: dict[Path, Path]) -> None:
        self._target, self._disk, self._written = target, disk, written
        self._descriptor: int | None = None
        self._size = 0

    def __enter__(self) -> _Volumes:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._end()
        elif self._descriptor is not None:
            os.close(self._descriptor)

    def write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            if self._descriptor is None or self._size == VOLUME_BYTES:
                self._end()
                self._begin()
            assert self._descriptor is not None
            piece = left[: VOLUME_BYTES - self._size]
            self._disk.append(self._descriptor, self._size, [piece])
            self._size += len(piece)
            left = left[len(piece) :]

    def _begin(self) -> None:
        path = volume_path(self._target, len(self._written) + 1)
        partial = self._written[path] = beside(path)
        self._descriptor, self._size = self._disk.create(partial), 0

    def _end(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            try:
                self._disk.sync(descriptor)
            finally:
                os.close(descriptor)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _crc(path: Path) -> int:
    crc = 0
    for chunk in _read(path):
        crc = zlib.crc32(chunk, crc)
    return crc
