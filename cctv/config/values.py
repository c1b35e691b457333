"""Single values of cameras.toml: from what TOML gives to what the program uses.

Owns what each value may look like and the words for when it does not.  Pure.  Never repeats a value that may hold a
password.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from enum import Enum
from pathlib import PurePath
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cctv.kernel.durations import ALLOWED as DURATIONS
from cctv.kernel.durations import DurationUnreadable, parse_duration
from cctv.model.language import Language

Polygon = tuple[tuple[float, float], ...]
Choice = TypeVar("Choice", bound=Enum)

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")
_SECRET = re.compile(r"pass(word|wd|phrase)?[=_:]|pwd[=_:]", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@<>,;:\"]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_AGE = re.compile(r"age1[02-9ac-hj-np-z]{58}")
_SMTP = 'a host such as "localhost" or "mail.example.org:25", without user name and password'
SMTP_PORT = 25
_ADDRESS_LINES = 4  # what fits a window envelope under the name
CREDENTIALS = 'put the user name and password in the credentials file and name them here with credential = "..."'


class BadValue(ValueError):
    """A value that cannot be used: what is wrong, what is allowed, and what to do when that is not obvious."""

    def __init__(self, what: str, allowed: str, following: str | None = None) -> None:
        super().__init__(what)
        self.what, self.allowed, self.following = what, allowed, following


def text(value: object) -> str:
    """Text that is not blank."""
    if not isinstance(value, str):
        raise BadValue("it is not text", "text in quotes")
    if not value.strip() or "\0" in value:
        raise BadValue("it is empty", "text in quotes")
    return value.strip()


def text_lines(value: object) -> tuple[str, ...]:
    """The lines of a postal address, without the name."""
    allowed = f'a list of 1 to {_ADDRESS_LINES} lines such as ["Hendrik Serruyslaan 18A", "8400 Oostende"]'
    if not isinstance(value, list) or not 1 <= len(value) <= _ADDRESS_LINES:
        raise BadValue("it is not an address", allowed)
    return tuple(text(line) for line in value)


def flag(value: object) -> bool:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise BadValue("it is not true or false", "true, false")
    return value


def translations(value: object) -> Mapping[str, Mapping[Language, str]]:
    """Purposes and services by their own words, each in one or more of the languages of letters."""
    codes = [language.value for language in Language]
    allowed = f'a table such as {{ "theft and damage" = {{ fr = "vol et dégradation" }} }}, of {", ".join(codes)}'
    if not isinstance(value, dict):
        raise BadValue("it is not a table", allowed)
    read: dict[str, Mapping[Language, str]] = {}
    for words, table in value.items():
        if not isinstance(table, dict) or not table or not set(table) <= set(codes):
            raise BadValue(f'"{words}" is not given by language', allowed)
        read[words] = MappingProxyType({Language(code): text(said) for code, said in table.items()})
    return MappingProxyType(read)


def storage(value: object) -> str:
    """A directory for footage; the root of the file system is not one."""
    wanted = text(value)
    if PurePath(wanted).root and len(PurePath(wanted).parts) == 1:
        raise BadValue("it is the root of the file system", 'a directory such as "/var/lib/cctv"')
    return wanted


def duration(value: object) -> timedelta:
    """`72h`."""
    try:
        return parse_duration(text(value))
    except DurationUnreadable as error:
        raise BadValue(str(error.fields["problem"]), DURATIONS, error.next_step) from error


def choice(kind: type[Choice], value: object) -> Choice:
    """One of the values of an enumeration."""
    words = [str(member.value) for member in kind]
    wanted = text(value)
    if wanted in words:
        return kind(wanted)
    raise BadValue(f'"{wanted}" is not known', ", ".join(words), suggestion(wanted, words))


def timezone(value: object) -> ZoneInfo:
    """A time zone by its IANA name."""
    wanted = text(value)
    if not wanted.startswith(("right/", "posix/")):  # copies of the zones; those under right/ count leap seconds
        with suppress(ZoneInfoNotFoundError, ValueError, OSError):
            return ZoneInfo(wanted)
    known = sorted(available_timezones())
    cities = {name.rsplit("/", 1)[-1].casefold(): name for name in known}
    near = _close(wanted.casefold(), [*cities, *(name.casefold() for name in known)], n=3, cutoff=0.7)
    full = {name.casefold(): name for name in known}
    names = list(dict.fromkeys(full.get(name) or cities[name] for name in near))
    following = f"write {_either(names)}." if names else None
    raise BadValue("it is not a time zone", 'an IANA name such as "Europe/Brussels"', following)


def reserve(value: object) -> float:
    """`5%` as a fraction."""
    found = re.fullmatch(r"([0-9]{1,2}(?:\.[0-9]+)?)\s?%", text(value))
    if found is None or not 1 <= float(found[1]) <= 50:
        raise BadValue("it is not a share of the disk", 'a percentage from "1%" to "50%"')
    return float(found[1]) / 100


def onvif(value: object) -> str:
    """The address of a camera's ONVIF service: a host, host:port or http(s) URL."""
    wanted = text(value)
    allowed = 'a host such as "192.0.2.20", a host and port such as "192.0.2.20:8000", or an http or https address'
    parts = _address(wanted if "://" in wanted else f"//{wanted}", allowed)
    if parts.scheme not in ("", "http", "https"):
        raise BadValue(f'"{parts.scheme}" is not a scheme of ONVIF', allowed)
    return wanted


def rtsp(value: object) -> str:
    """The address of a stream."""
    wanted = text(value)
    allowed = 'an address such as "rtsp://192.0.2.20/stream1"'
    parts = _address(wanted, allowed)
    if parts.scheme not in ("rtsp", "rtsps"):
        raise BadValue("it does not start with rtsp:// or rtsps://", allowed)
    return wanted


def mail(value: object) -> str:
    """A mail address, without a name before it."""
    wanted = text(value)
    if not _MAIL.fullmatch(wanted):
        raise BadValue("it is not a mail address", 'an address such as "recorder@example.org"')
    return wanted


def smtp(value: object) -> tuple[str, int]:
    """The mail host that takes mail from this machine, and its port."""
    parts = _address(f"//{text(value)}", _SMTP)
    if parts.path or parts.query or parts.fragment:
        raise BadValue("it is more than a host and a port", _SMTP)
    return parts.hostname or "", parts.port or SMTP_PORT


def recipients(value: object) -> tuple[str, ...]:
    """Public keys that back-ups are encrypted to; whether each is whole is seen when one is used."""
    allowed = 'a list of public keys such as ["age1..."], as `cctv backup key` prints them'
    if not isinstance(value, list):
        raise BadValue("it is not a list", allowed)
    keys = tuple(text(key) for key in value)
    if any(key.upper().startswith("AGE-SECRET-KEY-") for key in keys):
        following = "remove it: the private half must not be on this box. Make a new key, for this one was seen."
        raise BadValue("it is the private half of a recovery key", allowed, following)
    if not all(_AGE.fullmatch(key) for key in keys):
        raise BadValue("one of them is not a public key of age", allowed)
    return keys


def command(value: object) -> tuple[str, ...]:
    """A program and its arguments."""
    if not isinstance(value, list) or not value:
        raise BadValue("it is not a list", 'the program and its arguments, such as ["/usr/local/bin/tell", "--short"]')
    return tuple(text(word) for word in value)


def masks(value: object) -> tuple[Polygon, ...]:
    """Polygons in percent of the picture, from its top left corner."""
    if not isinstance(value, list):
        raise BadValue("it is not a list of polygons", _MASKS)
    return tuple(_polygon(item) for item in value)


_MASKS = "polygons of at least three points in percent of the picture, such as [[[0, 0], [100, 0], [100, 50]]]"


def _polygon(item: object) -> Polygon:
    if not isinstance(item, list) or len(item) < 3:
        raise BadValue("a polygon has at least three points", _MASKS)
    points = tuple(_point(pair) for pair in item)
    turned = (*points[1:], points[0])
    if not sum(x * v - u * y for (x, y), (u, v) in zip(points, turned, strict=True)):
        raise BadValue("a polygon covers nothing", _MASKS)
    return points


def _point(pair: object) -> tuple[float, float]:
    if not isinstance(pair, list) or len(pair) != 2 or any(type(number) not in (int, float) for number in pair):
        raise BadValue("a point is two numbers", _MASKS)
    if not all(math.isfinite(number) and 0 <= number <= 100 for number in pair):
        raise BadValue(f"the point {pair} is outside the picture", _MASKS)
    return float(pair[0]), float(pair[1])


def _address(wanted: str, allowed: str) -> SplitResult:
    if "@" in wanted or _SECRET.search(wanted):
        raise BadValue("it holds a user name or password", allowed, CREDENTIALS)
    try:
        parts = urlsplit(wanted)
        port = parts.port
    except ValueError as error:
        raise BadValue("it is not an address", allowed) from error
    host = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    if re.search(r"\s", wanted) or not _HOST.fullmatch(host) or port == 0:
        raise BadValue("it names no host", allowed)
    return parts


def _close(wanted: str, known: list[str], n: int, cutoff: float = 0.6) -> list[str]:
    import difflib  # only a mistake needs it

    return difflib.get_close_matches(wanted, known, n=n, cutoff=cutoff)


def suggestion(wanted: str, known: list[str]) -> str | None:
    """`did you mean "retention"?`, None when nothing is near."""
    near = _close(wanted.casefold(), [name.casefold() for name in known], n=1)
    return f'did you mean "{next(name for name in known if name.casefold() == near[0])}"?' if near else None


def scrubbed(value: object) -> str:
    """A value for a message: short, quoted, and without anything that may be a password."""
    if isinstance(value, str):
        if "@" in value or _SECRET.search(value):
            return "(not shown)"
        return f'"{value}"' if len(value) <= 80 else f'"{value[:77]}..."'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return "(a list)" if isinstance(value, list) else "(a table)" if isinstance(value, dict) else str(value)


def _either(names: list[str]) -> str:
    return " or ".join(f'"{name}"' for name in names)
