"""Camera user names and passwords, from an owner-only file or from systemd.

The only reader and writer of them; checks that no other account can read them.  A password never appears in a repr, a
message or the chain of an exception, and is written into the credentials file only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from pathlib import Path

from tomlkit import key, string

from cctv.config.errors import CredentialsRefused, CredentialTaken, CredentialUnknown
from cctv.config.loader import key_lines
from cctv.config.schema import CameraSettings, Settings
from cctv.config.settings_file import MAX_BYTES, toml_table
from cctv.core.access import REACHABLE, owner_of, why_untrusted
from cctv.core.durable import DurableFiles

DIRECTORY = "CREDENTIALS_DIRECTORY"  # set by systemd's LoadCredential=
RESTART = "systemctl restart cctv-record"  # what hands changed passwords over
_WHOLE_FILE = "credentials.toml"  # the unit's name of it, and the usual name beside cameras.toml
SHORTEST_PASSWORD = 8  # characters (NIST SP 800-63B, 5.1.1)
# What cameras and recorders came with, by their makers' manuals; in small letters.
_DEFAULTS = frozenset(
    {("admin", "admin"), ("admin", "12345"), ("admin", "123456"), ("admin", "1234"), ("admin", "password"),
     ("admin", "9999"), ("admin", "4321"), ("admin", "1111111"), ("admin", "meinsm"), ("admin", "fliradmin"),
     ("admin", "admin123"), ("admin", "jvc"), ("admin", "tljwpbo6"), ("root", "root"), ("root", "pass"),
     ("root", "system"), ("root", "camera"), ("root", "xc3511"), ("root", "admin"), ("user", "user"),
     ("service", "service"), ("supervisor", "supervisor"), ("ubnt", "ubnt"), ("888888", "888888"),
     ("666666", "666666"), ("guest", "guest"), ("viewer", "viewer"), ("operator", "operator")}
)  # fmt: skip
_FORM = '[NAME], username = "...", password = "..."'


@dataclass(frozen=True, slots=True)
class Credential:
    """A user name and password for a camera; the repr hides the password."""

    username: str
    password: str = field(repr=False)
    rotated: date | None = None  # when the password was last changed, if the file says so


class PasswordWeakness(Enum):
    """Why a password protects little."""

    KNOWN = "known"  # none, the user's name, or what the camera came with
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Credentials(Mapping[str, Credential]):
    """Credentials by name; `KeyError` for a name without one."""

    by_name: Mapping[str, Credential]

    def __getitem__(self, name: str) -> Credential:
        return self.by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_name)

    def __len__(self) -> int:
        return len(self.by_name)


def load_credentials(settings: Settings, environ: Mapping[str, str]) -> Credentials:
    """All credentials that the cameras name: those that systemd handed over, else those of the credentials file.

    systemd's are a copy that was made when the service started; the file that it was made of stays root's own, so a
    service reads it only where [credentials] names another one for it.
    Reads nothing when no camera names one.  Raises CredentialsRefused for a file that others can read or that is
    malformed, and CredentialUnknown for a name without a credential.
    """
    needed = {camera.credential for camera in settings.cameras.values() if camera.credential}
    if not needed:
        return Credentials({})
    credentials: dict[str, Credential] = {}
    directory = Path(environ[DIRECTORY]) if environ.get(DIRECTORY) else None
    if directory is not None:
        credentials = _from_directory(directory, needed)
    file = credentials_file(settings)
    if file is not None and not needed <= credentials.keys() and (directory is None or _readable(file)):
        credentials = _from_file(file, others=REACHABLE) | credentials
    for camera in settings.cameras.values():
        if camera.credential and camera.credential not in credentials:
            raise _unknown(camera, settings, directory, sorted(credentials))
    return Credentials(credentials)


def credentials_file(settings: Settings) -> Path | None:
    """The file of [credentials], else credentials.toml beside cameras.toml, None where there is neither."""
    if settings.credentials.file is not None:
        return settings.credentials.file
    usual = settings.source.path.with_name(_WHOLE_FILE)
    return usual if usual.exists() else None


def check_credentials(settings: Settings, environ: Mapping[str, str]) -> Path | None:
    """Refuse what `load_credentials` refuses, and with it the recorder at its next start.

    Returns the file that only another account may read, so that nothing could be said; None where all was checked.
    """
    file = credentials_file(settings)
    asked = any(camera.credential for camera in settings.cameras.values())
    if asked and file is not None and file.exists() and not _readable(file) and not environ.get(DIRECTORY):
        return file
    load_credentials(settings, environ)
    return None


def _readable(file: Path) -> bool:
    return os.access(file, os.R_OK, effective_ids=True)


def load_credential(settings: Settings, name: str, environ: Mapping[str, str]) -> Credential:
    """One credential that no camera names, from the same places; raises CredentialsRefused."""
    found: dict[str, Credential] = {}
    if environ.get(DIRECTORY):
        found = _from_directory(Path(environ[DIRECTORY]), {name})
    file = credentials_file(settings)
    if name not in found and file is not None:
        found = _from_file(file, others=REACHABLE)
    if name not in found:
        following = f"add [{name}] to the credentials file, or LoadCredential={name}:/etc/cctv/{name} to the unit."
        raise CredentialsRefused(
            place=settings.source.path, problem=f"no credential is called {name}", following=following
        )
    return found[name]


def password_weakness(credential: Credential) -> PasswordWeakness | None:
    """Why a credential protects little, None where nothing shows."""
    user, password = credential.username.lower(), credential.password.lower()
    if password in ("", user) or (user, password) in _DEFAULTS:
        return PasswordWeakness.KNOWN
    return PasswordWeakness.SHORT if len(password) < SHORTEST_PASSWORD else None


def read_credentials(path: Path) -> Credentials:
    """All credentials of a file that only its owner can read; raises CredentialsRefused."""
    return Credentials(_from_file(path, others=REACHABLE))


def read_password(path: Path) -> str:
    """The first line of a file that only its owner can read; raises CredentialsRefused."""
    password = _guarded_text(path, others=REACHABLE).partition("\n")[0].rstrip("\r")
    if not password:
        raise _refused(path, 1, "there is no password in it", "write the password on its first line.")
    return password


def add_credentials(path: Path, new: Mapping[str, Credential], disk: DurableFiles) -> None:
    """Add sections at the end of the credentials file, which is made where there is none, readable by its owner only.

    One that is there already with the same user name and password is left as it is.  Raises CredentialTaken for one
    with others, and CredentialsRefused; then nothing was changed.
    """
    before = _guarded_text(path, others=REACHABLE) if path.exists() else ""
    known = _from_file(path, others=REACHABLE) if path.exists() else {}
    sections = [before.rstrip("\n")] if before.strip() else []
    for name, credential in new.items():
        if name not in known:
            lines = [f"[{key(name).as_string()}]"]
            lines += [f"{word} = {string(getattr(credential, word)).as_string()}" for word in ("username", "password")]
            sections.append("\n".join(lines))
        elif (known[name].username, known[name].password) != (credential.username, credential.password):
            raise CredentialTaken(name=name, path=path)
    text = "\n\n".join(sections)
    if new.keys() - known.keys() or not path.exists():
        disk.write(path, f"{text}\n".encode() if text else b"", mode=0o600)


def _unknown(camera: CameraSettings, settings: Settings, directory: Path | None, names: list[str]) -> CredentialUnknown:
    line = settings.source.line(("cameras", camera.id, "credential"))
    file = credentials_file(settings)
    sources = " or ".join(str(place) for place in (directory, file) if place) or "any file"
    following = f"add [{camera.credential}] to the credentials file; it has: {', '.join(names) or 'none'}."
    if directory is not None:
        following = (
            f"add [{camera.credential}] to {settings.source.path.with_name(_WHOLE_FILE)}, which stays root's own, then "
            f"`{RESTART}`: systemd hands the passwords over when the service starts, a reload takes no new ones."
        )
    elif file is None:
        following = (
            f'write [{camera.credential}] with username = "..." and password = "..." into '
            f"{settings.source.path.with_name(_WHOLE_FILE)}, a file of mode 600."
        )
    return CredentialUnknown(
        place=f"{settings.source.path}, line {line}",
        camera=camera.id,
        name=camera.credential,
        sources=sources,
        following=following,
    )


def _from_directory(directory: Path, needed: set[str]) -> dict[str, Credential]:
    file = directory / _WHOLE_FILE
    # systemd grants its service by an ACL, which shows as group bits.
    credentials = _from_file(file, others=0o007) if file.exists() else {}
    for name in sorted(needed):
        path = directory / name
        if "/" in name or not path.is_file():
            continue
        username, colon, password = _guarded_text(path, others=0o007).rstrip("\r\n").partition(":")
        if not colon or not username:
            raise _refused(path, None, "it does not hold USERNAME:PASSWORD on one line", "write it in that form.")
        credentials[name] = Credential(username, password)
    return credentials


def _from_file(path: Path, *, others: int) -> dict[str, Credential]:
    text = _guarded_text(path, others=others)
    try:
        raw = toml_table(text)
    except ValueError as error:
        # tomllib's message may quote the text, and so a password.
        raise _refused(path, None, "it is not TOML", f"use the form {_FORM}, one section a credential.") from error
    lines = key_lines(text)
    return {name: _credential(path, name, table, lines.get((name,))) for name, table in raw.items()}


def _credential(path: Path, name: str, table: object, line: int | None) -> Credential:
    if not isinstance(table, dict):
        raise _refused(path, line, f'"{name}" is not a section', f"use the form {_FORM}.")
    if extra := sorted(table.keys() - {"username", "password", "rotated"}):
        problem = f'"{extra[0]}" is not a key of [{name}]'
        raise _refused(path, line, problem, "the keys are username, password and rotated (a date).")
    username, password, rotated = table.get("username"), table.get("password"), table.get("rotated")
    if not isinstance(username, str) or not username or not isinstance(password, str):
        raise _refused(path, line, f"[{name}] needs a username and a password, as text", f"use the form {_FORM}.")
    if type(rotated) not in (date, type(None)):
        raise _refused(path, line, f"rotated of [{name}] is not a date", "write rotated = 2026-11-01, without quotes.")
    return Credential(username, password, rotated)


def _guarded_text(path: Path, *, others: int) -> str:
    """The file's text, if only its owner can read it; checked on the open file, so that it cannot be swapped."""
    try:
        with path.open("rb") as file:
            if (why := why_untrusted(path, os.fstat(file.fileno()), others)) is not None:
                raise _refused(path, None, str(why.problem), str(why.following))
            data = file.read(MAX_BYTES + 1)
            if len(data) > MAX_BYTES:
                raise _refused(path, None, "it is larger than 1 MiB", f"use the form {_FORM}.")
            return data.decode()
    except FileNotFoundError as error:
        following = f"create it with `install -m 600 /dev/null {path}`, then add {_FORM}."
        raise _refused(path, None, "there is no such file", following) from error
    except PermissionError as error:
        raise _refused(path, None, "this account may not read it", _as_owner(path)) from error
    except OSError as error:
        raise _refused(path, None, f"it cannot be read: {error.strerror}", "look at the disk that it is on.") from error
    except UnicodeDecodeError as error:
        raise _refused(path, None, "it is not UTF-8", "save it as UTF-8.") from error


def _as_owner(path: Path) -> str:
    """Never to give it away: root's file of passwords is to stay root's own."""
    return f"run the command as the account that owns it: `sudo -u {owner_of(path)} cctv ...`."


def _refused(path: Path, line: int | None, problem: str, following: str) -> CredentialsRefused:
    place = str(path) if line is None else f"{path}, line {line}"
    return CredentialsRefused(place=place, problem=problem, following=following)
