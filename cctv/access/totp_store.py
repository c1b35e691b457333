"""The file of an account's second factor: its secret, and the salted hashes of its recovery codes.

`keys/second-factor/ACCOUNT.json`, for its owner only (mode 600, folder 700), written durably.  A file that others may
read, or that is a link, is not used.  Nothing here is ever logged; the log has a fingerprint of the file's contents
(`Factor.fingerprint`), so that an older file put back is noticed.  Which codes were used is in the log too
(`cctv.access.factor_state`), and nowhere else.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path
from urllib.parse import quote

import pyotp

from cctv.core.errors import CctvError, Exit, FileUnreadable
from cctv.core.i18n import N_
from cctv.core.text import parse_json
from cctv.db.storage import Storage

FOLDER = "keys/second-factor"
STEP_SECONDS = 30  # RFC 6238, section 5.2
DIGITS = 6
RECOVERY_CODES = 10
_GROUPS, _GROUP_SIGNS = 4, 4  # of a recovery code: 80 bits
_BASE32 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_SALT_BYTES = 16
_MAX_BYTES = 16 << 10


class FactorExposed(CctvError):
    """The second factor {path} can be read by others (mode {mode}), so that a code would prove nothing.

    next: let another account end it, then enrol a new one: cctv factor reset {account} --reason WHY
    """

    exit_code = Exit.NOT_PERMITTED


@dataclass(frozen=True, slots=True)
class RecoveryHash:
    """A recovery code that can be recognised and not read."""

    salt: bytes
    digest: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Factor:
    """The second factor of an account; `secret` is base32, as an authenticator takes it."""

    account: str
    secret: str
    recovery: tuple[RecoveryHash, ...]

    @property
    def fingerprint(self) -> str:
        """What the log knows it by; tells nothing of the secret, which has 160 bits."""
        return hashlib.sha256(self._text().encode()).hexdigest()

    def step_of(self, typed: str, step: int, drift: int) -> int | None:
        """The time step whose code was typed, at most `drift` steps from `step`; None for none.

        Every step is compared, each in constant time.  Of two steps with one code the later counts: it is used up for
        both.
        """
        totp, found = pyotp.TOTP(self.secret, digits=DIGITS, interval=STEP_SECONDS), None
        for candidate in range(max(0, step - drift), step + drift + 1):
            if compare_digest(totp.at(candidate * STEP_SECONDS), typed):
                found = candidate
        return found

    def recovery_of(self, typed: str) -> int | None:
        """The index of the recovery code that was typed; None for none."""
        found = None
        for index, one in enumerate(self.recovery):
            if compare_digest(_digest(typed, one.salt), one.digest):
                found = index
        return found

    def _text(self) -> str:
        recovery = [{"salt": one.salt.hex(), "digest": one.digest.hex()} for one in self.recovery]
        data = {"schema": 1, "account": self.account, "secret": self.secret, "recovery": recovery}
        return json.dumps(data, sort_keys=True)


def new_factor(account: str) -> tuple[Factor, tuple[str, ...]]:
    """A factor with a random secret, and its recovery codes, which nothing keeps."""
    codes = tuple(_new_recovery_code() for _ in range(RECOVERY_CODES))
    hashes = []
    for code in codes:
        salt = secrets.token_bytes(_SALT_BYTES)
        hashes.append(RecoveryHash(salt, _digest(plain_code(code), salt)))
    return Factor(account, pyotp.random_base32(), tuple(hashes)), codes


def provisioning_uri(factor: Factor, site_name: str) -> str:
    """The `otpauth://` address that an authenticator takes."""
    totp = pyotp.TOTP(factor.secret, digits=DIGITS, interval=STEP_SECONDS)
    return totp.provisioning_uri(name=factor.account, issuer_name=site_name.replace(":", " "))


def plain_code(typed: str) -> str:
    """A code as it is compared: without blanks and hyphens, in capitals."""
    return "".join(sign for sign in typed if not sign.isspace() and sign != "-").upper()


def is_time_code(plain: str) -> bool:
    """Whether it has the form of a code of the authenticator."""
    return len(plain) == DIGITS and plain.isascii() and plain.isdigit()


def is_recovery_code(plain: str) -> bool:
    """Whether it has the form of a recovery code."""
    return len(plain) == _GROUPS * _GROUP_SIGNS and set(plain) <= _BASE32


def factor_path(root: Path, account: str) -> Path:
    """Where an account's factor is; no account has a name that leads elsewhere."""
    return root / FOLDER / f"{quote(account, safe='')}.json"


def factor_files(root: Path) -> list[str]:
    """The files of all factors, relative to the storage, sorted."""
    folder = root / FOLDER
    if folder.is_symlink() or not folder.is_dir():
        return []
    return sorted(f"{FOLDER}/{path.name}" for path in folder.glob("*.json"))


def write_factor(site: Storage, factor: Factor) -> None:
    """Write it, durably, for the owner only."""
    folder = site.root / FOLDER
    site.disk.make_directory(folder)
    folder.chmod(0o700)
    path = factor_path(site.root, factor.account)
    site.disk.write(path, factor._text().encode(), mode=0o600)


def read_factor(site: Storage, account: str) -> Factor:
    """The factor of an account; raises FactorExposed, FileUnreadable."""
    path = factor_path(site.root, account)
    following = N_("let another account end it, then enrol a new one: cctv factor reset {account}", account=account)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        problem = error.strerror or "unreadable"
        raise FileUnreadable(path=path, problem=problem, following=following) from error
    try:
        status = os.fstat(descriptor)
        if stat.S_IMODE(status.st_mode) & 0o077 or not stat.S_ISREG(status.st_mode):
            raise FactorExposed(path=path, mode=f"{stat.S_IMODE(status.st_mode):o}", account=account)
        data = os.read(descriptor, _MAX_BYTES)
    finally:
        os.close(descriptor)
    factor = _parsed(data)
    if factor is None or factor.account != account:
        raise FileUnreadable(path=path, problem=N_("it is no second factor of that account"), following=following)
    return factor


def remove_factor(site: Storage, account: str) -> None:
    """Remove the file, durably; nothing happens where there is none."""
    with suppress(FileNotFoundError):
        site.disk.unlink(factor_path(site.root, account))


def _parsed(data: bytes) -> Factor | None:
    try:
        found = parse_json(data)
        recovery = tuple(
            RecoveryHash(bytes.fromhex(one["salt"]), bytes.fromhex(one["digest"])) for one in found["recovery"]
        )
        secret, account = found["secret"], found["account"]
    except (ValueError, KeyError, TypeError):
        return None
    is_secret = isinstance(secret, str) and bool(secret) and set(secret) <= _BASE32
    return Factor(str(account), secret, recovery) if is_secret else None


def _new_recovery_code() -> str:
    signs: Sequence[str] = sorted(_BASE32)
    return "-".join("".join(secrets.choice(signs) for _ in range(_GROUP_SIGNS)) for _ in range(_GROUPS))


def _digest(plain: str, salt: bytes) -> bytes:
    """One round: nobody tries out 80 random bits, as words of people are tried out."""
    return hashlib.sha256(salt + plain.encode()).digest()
