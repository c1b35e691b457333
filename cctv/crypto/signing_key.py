"""The signing key: one Ed25519 pair for a site, in OpenSSH's formats.

`keys/signing` is private, readable by its owner only, and made at first use; `keys/signing.pub` is what recipients
compare.  This module reads and makes keys, and packs strings as OpenSSH puts them on the wire.  It never replaces a
key, never shows or copies the private half, and never signs with one that others could have read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)

from cctv.core.durable import DurableFiles, exclusive
from cctv.core.errors import CctvError, Exit
from cctv.core.i18n import N_

ALGORITHM = b"ssh-ed25519"
PRIVATE, PUBLIC = "signing", "signing.pub"
_RAW_KEY_BYTES = 32
_MAX_KEY_FILE_BYTES = 64 << 10


class KeyUnreadable(CctvError):
    """{path} is not a signing key that can be used: {problem}.

    next: {following}
    """

    exit_code = Exit.UNREADABLE


class KeyExposed(CctvError):
    """The signing key {path} can be read by others (mode {mode}), so that a signature would prove nothing.

    next: chmod 600 {path} if nobody can have copied it; otherwise move both halves aside and tell recipients so.
    """

    exit_code = Exit.NOT_PERMITTED


class KeyLost(CctvError):
    """The private half of the signing key is gone: {public} is there, {private} is not.

    next: restore {private} from the back-up; or move {public} aside, and tell recipients that a new key begins.
    """

    exit_code = Exit.UNREADABLE


class WireError(ValueError):
    """The bytes are not the OpenSSH strings that were expected."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 public key: `raw` is its 32 bytes."""

    raw: bytes

    @property
    def blob(self) -> bytes:
        """The key as OpenSSH puts it on the wire."""
        return pack(ALGORITHM, self.raw)

    @property
    def line(self) -> str:
        """`ssh-ed25519 AAAA...`, without a comment."""
        return f"{ALGORITHM.decode()} {base64.b64encode(self.blob).decode()}"

    @property
    def fingerprint(self) -> str:
        """`SHA256:...` as `ssh-keygen -l` prints it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key that is in use, and its public half."""

    private: Ed25519PrivateKey
    public: PublicKey


def signing_key(directory: Path, disk: DurableFiles) -> SigningKey:
    """The site's key, made when there is none yet; raises KeyLost, KeyExposed, KeyUnreadable."""
    path = directory / PRIVATE
    if not path.exists():
        with exclusive(directory / f".{PRIVATE}.lock"):
            if not path.exists():
                _make(directory, disk)
    key = _read_private(path)
    if not (directory / PUBLIC).exists():
        _write_public(directory, key.public, disk)  # a crash between the two files
    return key


def read_public_key(path: Path) -> PublicKey:
    """The first key of a .pub or allowed_signers file; raises KeyUnreadable."""
    following = N_("give a file that holds a line such as: ssh-ed25519 AAAA...")
    try:
        with path.open("rb") as file:
            words = file.read(_MAX_KEY_FILE_BYTES).split()
    except OSError as error:
        problem = error.strerror or "unreadable"
        raise KeyUnreadable(path=path, problem=problem, following=following) from error
    if ALGORITHM not in words[:-1]:
        raise KeyUnreadable(path=path, problem=N_("there is no ssh-ed25519 key in it"), following=following)
    try:
        return public_key_of(base64.b64decode(words[words.index(ALGORITHM) + 1], validate=True))
    except (binascii.Error, WireError) as error:
        raise KeyUnreadable(
            path=path, problem=N_("its key is torn ({error})", error=error), following=following
        ) from error


def public_key_of(blob: bytes) -> PublicKey:
    """The key of a wire blob; raises WireError."""
    algorithm, raw = unpack(blob, 2)
    if algorithm != ALGORITHM or len(raw) != _RAW_KEY_BYTES:
        raise WireError("not an Ed25519 key")
    return PublicKey(raw)


def pack(*strings: bytes) -> bytes:
    """Strings one after the other, each as a length of four bytes and its bytes (RFC 4251, section 5)."""
    return b"".join(len(item).to_bytes(4, "big") + item for item in strings)


def unpack(data: bytes, count: int) -> list[bytes]:
    """Exactly `count` strings and nothing after them; raises WireError.  Never reads past the end."""
    strings: list[bytes] = []
    rest = data
    for _ in range(count):
        length = int.from_bytes(rest[:4], "big")
        if len(rest) < 4 + length:
            raise WireError("it breaks off")
        strings.append(rest[4 : 4 + length])
        rest = rest[4 + length :]
    if rest:
        raise WireError("something follows it")
    return strings


def _make(directory: Path, disk: DurableFiles) -> None:
    if (directory / PUBLIC).exists():
        raise KeyLost(private=directory / PRIVATE, public=directory / PUBLIC)
    private = Ed25519PrivateKey.generate()
    data = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    disk.write(directory / PRIVATE, data, mode=0o600)
    _write_public(directory, _public(private.public_key()), disk)


def _write_public(directory: Path, public: PublicKey, disk: DurableFiles) -> None:
    disk.write(directory / PUBLIC, f"{public.line} cctv-package\n".encode(), mode=0o644)


def _read_private(path: Path) -> SigningKey:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise KeyExposed(path=path, mode=f"{mode:o}")
    following = N_("restore it from the back-up; nothing was signed")
    try:
        private = load_ssh_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise KeyUnreadable(path=path, problem=error.strerror or "unreadable", following=following) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnreadable(path=path, problem=str(error), following=following) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyUnreadable(path=path, problem=N_("it is not an Ed25519 key"), following=following)
    return SigningKey(private, _public(private.public_key()))


def _public(key: Ed25519PublicKey) -> PublicKey:
    return PublicKey(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
