"""Errors and warnings about cameras.toml and the credentials.

A message has file, line, key, value, what is allowed, and the next step.  Never shows a password, nor a value that may
be one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from cctv.core.errors import ConfigError, UsageError

KeyPath = tuple[str, ...]
SECRET = re.compile(r"pass(word|wd|phrase)?[=_:]|pwd[=_:]", re.IGNORECASE)
CREDENTIALS = 'put the user name and password in the credentials file and name them here with credential = "..."'
_NO_VALUE = object()


class BadValue(ValueError):
    """A value that cannot be used: what is wrong, what is allowed, and what to do when that is not obvious."""

    def __init__(self, what: str, allowed: str, following: str | None = None) -> None:
        super().__init__(what)
        self.what, self.allowed, self.following = what, allowed, following


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing that is wrong with one key, or with its value where that is given."""

    key: KeyPath
    what: str
    allowed: str | None = None
    following: str | None = None  # the next step; None where correcting the key is all
    value: object = _NO_VALUE

    def describe(self, path: Path, line: int | None) -> str:
        """`/etc/cctv/cameras.toml, line 12: zones.facade.retention = "7 days": ... Allowed: ...`."""
        place = str(path) if line is None else f"{path}, line {line}"
        value = "" if self.value is _NO_VALUE else f" = {scrubbed(self.value)}"
        allowed = f". Allowed: {self.allowed}" if self.allowed else ""
        return f"{place}: {'.'.join(self.key)}{value}: {self.what}{allowed}".rstrip(".") + "."


def scrubbed(value: object) -> str:
    """A value for a message: short, quoted, and without anything that may be a password."""
    if isinstance(value, str):
        if "@" in value or SECRET.search(value):
            return "(not shown)"
        return f'"{value}"' if len(value) <= 80 else f'"{value[:77]}..."'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return "(a list)" if isinstance(value, list) else "(a table)" if isinstance(value, dict) else str(value)


@dataclass(frozen=True, slots=True)
class ConfigWarning:
    """Something that works but should be changed."""

    key: KeyPath
    line: int | None
    message: str

    def __str__(self) -> str:
        return self.message if self.line is None else f"line {self.line}: {self.message}"


class SettingsNotFound(ConfigError):
    """There is no {wanted}{origin}.

    next: {following}
    """


class SettingsAmbiguous(ConfigError):
    """There are two cameras.toml: {here}, in this directory, and {system_wide}, which the services follow; neither is
    read.

    next: `cctv --config {system_wide} ...` for this box, or go to another directory; `cctv --config {here} ...`, or
    {variable}, for the other one.
    """


class SettingsUnreadable(ConfigError):
    """{path} cannot be read: {reason}.

    next: {following}
    """


class SettingsUntrusted(ConfigError):
    """{path} is not read, for others than its reader could steer this program by it: {problem}.

    next: {following}
    """


class TomlSyntax(ConfigError):
    """{path}, line {line}, column {column}: this is not TOML: {reason}.

    next: correct that line (text values stand in quotes), then `cctv config check`.
    """


class DefinedTwice(ConfigError):
    """{path}, line {second}: {thing} is defined twice, line {first} and line {second}.

    next: {following}
    """


class SettingsRefused(ConfigError):
    """{problem}

    next: {following}
    """


class ForbiddenPlace(SettingsRefused):
    """{problem}

    next: {following}
    """


class RetentionOverCap(SettingsRefused):
    """{problem}

    next: {following}
    """


class CredentialsRefused(ConfigError):
    """{place}: {problem}.

    next: {following}
    """


class CredentialTaken(ConfigError):
    """{path} has a credential {name} already, with another user name or password; nothing was changed.

    next: correct it there with an editor, or give the new one another name with `--credential`.
    """


class CredentialUnknown(ConfigError):
    """{place}: camera "{camera}" names the credential "{name}", which is not in {sources}.

    next: {following}
    """


class CameraUnknown(UsageError):
    """There is no camera "{camera}". Cameras: {known}.

    next: {following}
    """


class ZoneUnknown(UsageError):
    """There is no zone "{zone}". Zones: {known}.

    next: {following}
    """
