"""The recovery key and the age format: what is written here, the stock `age` program decrypts.

Streams, so that a back-up is never held in memory.  Never writes a private key into the storage, never keeps one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from pyrage import DecryptError, EncryptError, IdentityError, RecipientError, decrypt_io, encrypt_io
from pyrage.x25519 import Identity, Recipient

from cctv.config.schema import Settings
from cctv.core.clock import iso
from cctv.core.durable import DurableFiles
from cctv.crypto.errors import (
    BackupTorn,
    KeyFileOnBox,
    KeyFileTaken,
    KeyFileUnreadable,
    RecoveryKeyMissing,
    RecoveryKeyUnusable,
    RecoveryKeyWrong,
)

_MARK = "AGE-SECRET-KEY-1"
_MAX_KEY_FILE_BYTES = 64 << 10


def make_recovery_key(settings: Settings, path: Path | None, now: datetime, disk: DurableFiles) -> tuple[str, str]:
    """Make a key; returns its public half, and its file as age-keygen writes it.

    The file is written to `path` unless that is None; raises KeyFileTaken, KeyFileOnBox.
    """
    if path is not None:
        if path.exists() or path.is_symlink():
            raise KeyFileTaken(path=path)
        if path.resolve().is_relative_to(settings.site.storage):
            raise KeyFileOnBox(path=path)
    identity = Identity.generate()
    public = str(identity.to_public())
    text = f"# recovery key of {settings.site.name}\n# created: {iso(now)}\n# public key: {public}\n{identity}\n"
    if path is not None:
        disk.write(path, text.encode(), mode=0o600)
    return public, text


def read_recovery_key(path: Path) -> Identity:
    """The private key in a file; raises KeyFileUnreadable."""
    try:
        with path.open("rb") as file:
            lines = file.read(_MAX_KEY_FILE_BYTES).decode("utf-8", "replace").splitlines()
    except OSError as error:
        raise KeyFileUnreadable(path=path, problem=error.strerror or "unreadable") from error
    secret = next((line.strip() for line in lines if line.strip().startswith(_MARK)), None)
    if secret is None:
        raise KeyFileUnreadable(path=path, problem=f"no line of it starts with {_MARK}")
    try:
        return Identity.from_str(secret)
    except IdentityError as error:
        raise KeyFileUnreadable(path=path, problem=str(error)) from error


def recipients(settings: Settings) -> Sequence[Recipient]:
    """The keys that back-ups are encrypted to; raises RecoveryKeyMissing, RecoveryKeyUnusable."""
    if not settings.backup.recipients:
        raise RecoveryKeyMissing
    keys = []
    for key in settings.backup.recipients:
        try:
            keys.append(Recipient.from_str(key))
        except RecipientError as error:
            raise RecoveryKeyUnusable(key=key, problem=error) from error
    return keys


def encrypt(pieces: Iterator[bytes], descriptor: int, to: Sequence[Recipient]) -> None:
    """Write the pieces, encrypted, to a descriptor; raises the OSError or CctvError that stopped it."""
    source, sink = _Source(pieces), _Sink(descriptor)
    try:
        encrypt_io(source, sink, to)
    except EncryptError as error:
        raise source.failed or sink.failed or OSError(str(error)) from error


def decrypt(path: Path, descriptor: int, key: Identity) -> None:
    """Write the plaintext of a file to a descriptor; raises RecoveryKeyWrong, BackupTorn, or OSError of the writing."""
    sink = _Sink(descriptor)
    try:
        with path.open("rb") as file:
            decrypt_io(file, sink, [key])
    except DecryptError as error:
        if "No matching keys" in str(error):
            raise RecoveryKeyWrong(path=path) from error
        raise sink.failed or BackupTorn(path=path, problem=str(error)) from error
    except OSError as error:
        if sink.failed is not None:
            raise sink.failed from error
        raise BackupTorn(path=path, problem=error.strerror or str(error)) from error


class _Source:
    """Pieces as a readable file; keeps the error that producing them raised, which pyrage would reduce to text."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""
        self.failed: Exception | None = None

    def read(self, size: int) -> bytes:
        try:
            while not self._rest:
                self._rest = next(self._pieces)
        except StopIteration:
            return b""
        except Exception as error:
            self.failed = error
            raise
        chunk, self._rest = self._rest[:size], self._rest[size:]
        return chunk


class _Sink:
    """A descriptor as a writable file; keeps its error likewise."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.failed: OSError | None = None

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as error:
            self.failed = error
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing is buffered."""
