"""Camera user names and passwords, from an owner-only file or from systemd.

The only reader and writer of them; checks that no other account can read them.  A password never appears in a repr, a
message or the chain of an exception, and is written into the credentials file only.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from tomlkit import key, string

from cctv.config.errors import CredentialsRefused, CredentialTaken, CredentialUnknown
from cctv.config.loader import key_lines
from cctv.config.schema import CameraSettings, Settings
from cctv.core.access import REACHABLE, why_untrusted
from cctv.core.durable import DurableFiles

DIRECTORY = "CREDENTIALS_DIRECTORY"  # set by systemd's LoadCredential=
_WHOLE_FILE = "credentials.toml"
_FORM = '[NAME], username = "...", password = "..."'


@dataclass(frozen=True, slots=True)
class Credential:
    """A user name and password for a camera; the repr hides the password."""

    username: str
    password: str = field(repr=False)
    rotated: date | None = None  # when the password was last changed, if the file says so


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
    """All credentials that the cameras name: from systemd's directory first, then from the file of [credentials].

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
    if settings.credentials.file is not None and not needed <= credentials.keys():
        credentials = _from_file(settings.credentials.file, others=REACHABLE) | credentials
    for camera in settings.cameras.values():
        if camera.credential and camera.credential not in credentials:
            raise _unknown(camera, settings, directory, sorted(credentials))
    return Credentials(credentials)


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
    sources = " or ".join(str(place) for place in (directory, settings.credentials.file) if place) or "any file"
    following = f"add [{camera.credential}] to the credentials file; it has: {', '.join(names) or 'none'}."
    if settings.credentials.file is None and directory is None:
        following = 'add [credentials] with file = "credentials.toml" to cameras.toml, or LoadCredential= to the unit.'
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
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
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
            return file.read().decode()
    except FileNotFoundError as error:
        following = f"create it with `install -m 600 /dev/null {path}`, then add {_FORM}."
        raise _refused(path, None, "there is no such file", following) from error
    except OSError as error:
        raise _refused(path, None, f"it cannot be read: {error.strerror}", f"chown it to {_account()}.") from error
    except UnicodeDecodeError as error:
        raise _refused(path, None, "it is not UTF-8", "save it as UTF-8.") from error


def _account() -> str:
    return f"the account that runs this command (uid {os.geteuid()}), or run it as the file's owner"


def _refused(path: Path, line: int | None, problem: str, following: str) -> CredentialsRefused:
    place = str(path) if line is None else f"{path}, line {line}"
    return CredentialsRefused(place=place, problem=problem, following=following)
