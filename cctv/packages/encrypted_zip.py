"""The encrypted ZIP: a package as one file that free programs open with a passphrase (AES-256, WinZip's AE-2).

Responsible for its format and its passphrase.  Video is stored, not compressed; memory use does not grow with it.
Names and sizes of the files stay readable without the passphrase, as in every such ZIP.
"""

from __future__ import annotations

import secrets
import warnings
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from stat import S_IFREG

from stream_zip import NO_COMPRESSION_64, stream_zip

from cctv.core.durable import DurableFiles

GROUPS, DIGITS = 5, 5
"""Of the passphrase: 25 digits are 83 bits, and digits are heard right over a telephone in every language."""
_CHUNK_BYTES = 1 << 20


def new_passphrase() -> str:
    """`12345-67890-...` from the system's random source.  Never written anywhere."""
    return "-".join(f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}" for _ in range(GROUPS))


def write_zip(folder: Path, target: Path, passphrase: str, modified: datetime, disk: DurableFiles) -> None:
    """Write a package's folder as one encrypted ZIP, flushed; the files lie in a folder of the package's name."""

    def members() -> Iterator[tuple[str, datetime, int, object, Iterator[bytes]]]:
        for path in sorted(folder.iterdir()):
            method = NO_COMPRESSION_64(path.stat().st_size, _crc(path))
            yield f"{folder.name}/{path.name}", modified, S_IFREG | 0o644, method, _read(path)

    with target.open("xb") as out, warnings.catch_warnings():
        # AE-2 fixes the derivation: a thousand rounds of SHA-1.  The passphrase's 83 random bits carry the strength.
        warnings.filterwarnings("ignore", message="PBKDF2 without", category=DeprecationWarning)
        for chunk in stream_zip(members(), password=passphrase, chunk_size=_CHUNK_BYTES):  # type: ignore[arg-type]
            out.write(chunk)
    disk.sync_file(target)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _crc(path: Path) -> int:
    crc = 0
    for chunk in _read(path):
        crc = zlib.crc32(chunk, crc)
    return crc
