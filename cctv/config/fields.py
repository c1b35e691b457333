"""Values of cameras.toml: how each type is read from TOML, shown and refused; how a setting is declared.

Every reader returns the value or raises BadValue, which says what is allowed.  Pure.  Never repeats a value that may
hold a password.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cctv.config.errors import CREDENTIALS, SECRET, BadValue
from cctv.core.i18n import Language
from cctv.core.text import code_point, hidden_sign
from cctv.core.typed_time.durations import ALLOWED as DURATIONS
from cctv.core.typed_time.durations import DurationUnreadable, format_duration, parse_duration
from cctv.core.typed_time.words import WEEKDAYS
from cctv.model.ids import CameraId, valid_id

Polygon = tuple[tuple[float, float], ...]
T = TypeVar("T")
Choice = TypeVar("Choice", bound=Enum)

SMTP_PORT = 25
_MAX_ADDRESS_LINES = 4  # what fits a window envelope under the name
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+(%[A-Za-z0-9._-]{1,15})?\]")
_BARE_IPV6 = re.compile(r"(?:\w+:)?//[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(%[\w.-]+)?(/.*)?")
_ZONE = re.compile(r"(\[[0-9A-Fa-f:.]+%)25(?=[^\]]+\])")  # as RFC 6874 writes it
MOST_SIGNS = 4000  # of a text
_MAIL = re.compile(r"[^\s@<>,;:\"]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_AGE = re.compile(r"age1[02-9ac-hj-np-z]{58}")
KEY_KIND = "ssh-ed25519"  # of approvers: what cctv.crypto.sshsig verifies
_ED25519 = re.compile(r"AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}")  # 51 bytes: the algorithm and a key of 32
_WINDOW = re.compile(r"(?:([a-z,-]+)\s+)?([0-9]{1,2}):([0-9]{2})\s?-\s?([0-9]{1,2}):([0-9]{2})")
_SMTP = 'a host such as "localhost" or "mail.example.org:25", without user name and password'
_MASKS = "polygons of at least three points in percent of the picture, such as [[[0, 0], [100, 0], [100, 50]]]"
_WINDOWS = 'days and hours such as "mo-fr 08:00-18:00", "fr,sa 22:00-04:00" or "08:00-24:00"'
_GROUP = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+\\-]{0,62}\$?")  # also those of a directory service
_KEEP = "a table such as { daily = 7, weekly = 5, monthly = 0 }"
_MAX_KEPT = 1000
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class ValueType(Generic[T]):
    """A type of value.

    read: converts what TOML gives; raises BadValue.
    show: its text in `cctv config show`.
    choices: the texts that are allowed, where they can be listed.
    locate: how a path relative to the folder of the file is made absolute; None where the value is no path.
    """

    read: Callable[[object], T]
    show: Callable[[T], str] = str
    choices: tuple[str, ...] = ()
    locate: Callable[[Path], Path] | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a section.

    help: its description, in Markdown, for docs/cameras-toml.md; `{choices}` stands for the values of its type.
    derive: the value where the file gives none, from the section's values in the file and from [site] (None while
    [site] itself is made); None where a constant is the default, or the key is required.
    default_help: the default in the page, where it is no constant.
    key: its name in the file, empty where the attribute has the same.
    absent: the text for no value in `cctv config show`.
    applies: whether `cctv config show` has a row for it, given the section.
    """

    type: ValueType[Any]
    help: str
    default: object
    derive: Callable[[Mapping[str, Any], Any], object] | None = None
    default_help: str | None = None
    key: str = ""
    absent: str = "none"
    applies: Callable[[Any], bool] = lambda section: True

    @property
    def required(self) -> bool:
        """Whether the file must have it."""
        return self.default is MISSING and self.derive is None

    def show(self, value: object) -> str:
        """A value of this setting as `cctv config show` prints it."""
        nothing = value is None or (isinstance(value, Collection) and not value)
        return self.absent if nothing else self.type.show(value)


def setting(value_type: ValueType[Any], help: str, default: Any = MISSING, **options: Any) -> Any:  # noqa: ANN401
    """A dataclass field that is a key of cameras.toml; `options` are those of Setting."""
    return field(default=default, metadata={"setting": Setting(value_type, help, default, **options)})


def settings_in(section: type[Any]) -> Mapping[str, tuple[str, Setting]]:
    """The settings of a section by their keys, in order, each with the attribute that holds its value."""
    declared = ((item.name, item.metadata["setting"]) for item in fields(section) if "setting" in item.metadata)
    return {setting.key or attribute: (attribute, setting) for attribute, setting in declared}


@dataclass(frozen=True, slots=True)
class Section:
    """A table of cameras.toml; with an id type there is one for each name, `[zones.facade]`."""

    table: type[Any]
    id_type: Callable[[str], str] | None = None
    required: bool = False


def section(table: type[Any], id_type: Callable[[str], str] | None = None, *, required: bool = False) -> Any:  # noqa: ANN401
    """A dataclass field that is a section of cameras.toml."""
    return field(metadata={"section": Section(table, id_type, required)})


def sections_in(file: type[Any]) -> Mapping[str, Section]:
    """The sections of the file by their names, in order."""
    return {item.name: item.metadata["section"] for item in fields(file) if "section" in item.metadata}


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of the day on some weekdays (Monday is 0); an end at or before the start lies on the next day."""

    weekdays: tuple[int, ...]
    start_minute: int
    end_minute: int

    def covers(self, local: datetime) -> bool:
        """Whether a local wall-clock time is inside."""
        minute = local.hour * 60 + local.minute
        if self.end_minute > self.start_minute:
            return local.weekday() in self.weekdays and self.start_minute <= minute < self.end_minute
        late = local.weekday() in self.weekdays and minute >= self.start_minute
        return late or ((local.weekday() - 1) % 7 in self.weekdays and minute < self.end_minute)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a camera records; no schedule at all means always."""

    windows: tuple[Window, ...]

    def covers(self, local: datetime) -> bool:
        """Whether the camera records at a local wall-clock time."""
        return any(window.covers(local) for window in self.windows)


class BackupsKept(NamedTuple):
    """How many back-ups are kept: the last of each of so many days, weeks and months that have one."""

    daily: int = 0
    weekly: int = 0
    monthly: int = 0


class Approver(NamedTuple):
    """A person elsewhere who may be the second one: their name, and their public key as OpenSSH writes it."""

    name: str
    key: str


class MailHost(NamedTuple):
    """A mail host and its port."""

    host: str
    port: int


def text(value: object) -> str:
    """Text that is not blank."""
    if not isinstance(value, str):
        raise BadValue("it is not text", "text in quotes")
    if not value.strip():
        raise BadValue("it is empty", "text in quotes")
    if len(value) > MOST_SIGNS:  # checks of its words take longer than its length
        raise BadValue(f"it has {len(value)} signs", f"text of at most {MOST_SIGNS}")
    if (sign := hidden_sign(value)) is not None:
        raise BadValue(f"it holds {code_point(sign)}, a sign that nobody sees", "text of signs that show")
    return value.strip()


def text_lines(value: object) -> tuple[str, ...]:
    """The lines of a postal address, without the name."""
    allowed = f'a list of 1 to {_MAX_ADDRESS_LINES} lines such as ["Hendrik Serruyslaan 18A", "8400 Oostende"]'
    if not isinstance(value, list) or not 1 <= len(value) <= _MAX_ADDRESS_LINES:
        raise BadValue("it is not an address", allowed)
    return tuple(text(line) for line in value)


def camera_names(value: object) -> tuple[CameraId, ...]:
    """Names that cameras may have."""
    allowed = 'a list of names such as ["gevel-1"]'
    if not isinstance(value, list):
        raise BadValue("it is not a list", allowed)
    names = tuple(text(name) for name in value)
    for name in names:
        if not valid_id(name):
            raise BadValue(f'"{name}" cannot be a name', f"{allowed}, each 1 to 40 of a-z, 0-9 and -")
    return tuple(map(CameraId, names))


def group_names(value: object) -> tuple[str, ...]:
    """Names of unix groups, each once; at least one."""
    allowed = 'a list of groups of this machine such as ["cctv-handlers"]'
    if not isinstance(value, list) or not value:
        raise BadValue("it is not a list of groups", allowed)
    names = tuple(text(name) for name in value)
    for name in names:
        if not _GROUP.fullmatch(name):
            raise BadValue(f'"{name}" cannot be the name of a group', allowed)
    if len(set(names)) < len(names):
        raise BadValue("it names a group twice", allowed)
    return names


def calendar_day(value: object) -> date:
    """A day, as TOML writes it or as text."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    with suppress(ValueError):
        if isinstance(value, str):
            return date.fromisoformat(value)
    raise BadValue("it is not a day", "a day such as 2026-01-15")


def flag(value: object) -> bool:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise BadValue("it is not true or false", "true, false")
    return value


def translations(value: object) -> Mapping[str, Mapping[Language, str]]:
    """Translations of purposes and services, each in one or more of the languages of letters."""
    codes = [language.value for language in Language]
    allowed = f'a table such as {{ "theft and damage" = {{ fr = "vol et dégradation" }} }}, of {", ".join(codes)}'
    if not isinstance(value, dict):
        raise BadValue("it is not a table", allowed)
    result: dict[str, Mapping[Language, str]] = {}
    for original, table in value.items():
        if not isinstance(table, dict) or not table or not set(table) <= set(codes):
            raise BadValue(f'"{original}" is not given by language', allowed)
        result[original] = MappingProxyType({Language(code): text(translation) for code, translation in table.items()})
    return MappingProxyType(result)


def storage(value: object) -> str:
    """A directory for footage; the root of the file system is not one."""
    path = text(value)
    if PurePath(path).root and len(PurePath(path).parts) == 1:
        raise BadValue("it is the root of the file system", 'a directory such as "/var/lib/cctv"')
    return path


def duration(value: object) -> timedelta:
    """`72h`."""
    try:
        return parse_duration(text(value))
    except DurationUnreadable as error:
        raise BadValue(str(error.fields["problem"]), DURATIONS, error.next_step) from error


def choice(kind: type[Choice]) -> ValueType[Choice]:
    """One of the values of an enumeration."""
    allowed = tuple(str(member.value) for member in kind)

    def read(value: object) -> Choice:
        if (name := text(value)) in allowed:
            return kind(name)
        raise BadValue(f'"{name}" is not known', ", ".join(allowed), suggestion(name, allowed))

    return ValueType(read, lambda member: str(member.value), allowed)


def choices(kind: type[Choice]) -> ValueType[frozenset[Choice]]:
    """A list of values of an enumeration."""
    single = choice(kind)

    def read(value: object) -> frozenset[Choice]:
        if not isinstance(value, list):
            raise BadValue("it is not a list", ", ".join(single.choices))
        return frozenset(map(single.read, value))

    return ValueType(read, lambda members: ", ".join(sorted(map(single.show, members))), single.choices)


def timezone(value: object) -> ZoneInfo:
    """A time zone by its IANA name."""
    zone_name = text(value)
    if not zone_name.startswith(("right/", "posix/")):  # copies of the zones; those under right/ count leap seconds
        with suppress(ZoneInfoNotFoundError, ValueError, OSError):
            return ZoneInfo(zone_name)
    zones = sorted(available_timezones())
    cities = {name.rsplit("/", 1)[-1].casefold(): name for name in zones}
    full = {name.casefold(): name for name in zones}
    near = difflib.get_close_matches(zone_name.casefold(), [*cities, *full], n=3, cutoff=0.7)
    names = list(dict.fromkeys(full.get(name) or cities[name] for name in near))
    following = "write " + " or ".join(f'"{name}"' for name in names) + "." if names else None
    raise BadValue("it is not a time zone", 'an IANA name such as "Europe/Brussels"', following)


def reserve(value: object) -> float:
    """`5%` as a fraction."""
    match = re.fullmatch(r"([0-9]{1,2}(?:\.[0-9]+)?)\s?%", text(value))
    if match is None or not 1 <= float(match[1]) <= 50:
        raise BadValue("it is not a share of the disk", 'a percentage from "1%" to "50%"')
    return float(match[1]) / 100


def percentage(value: object) -> float:
    """`80%` as a fraction."""
    match = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]+)?)\s?%", text(value))
    if match is None or float(match[1]) > 100:
        raise BadValue("it is not a share", 'a percentage from "0%" to "100%"')
    return float(match[1]) / 100


def onvif(value: object) -> str:
    """The address of a camera's ONVIF service: a host, host:port or http(s) URL."""
    address = text(value)
    allowed = 'a host such as "192.0.2.20", a host and port such as "192.0.2.20:8000", or an http or https address'
    parts = _address(address if "://" in address else f"//{address}", allowed)
    if parts.scheme not in ("", "http", "https"):
        raise BadValue(f'"{parts.scheme}" is not a scheme of ONVIF', allowed)
    return _ZONE.sub(r"\1", address)


def rtsp(value: object) -> str:
    """The address of a stream."""
    address = text(value)
    allowed = 'an address such as "rtsp://192.0.2.20/stream1"'
    parts = _address(address, allowed)
    if parts.scheme not in ("rtsp", "rtsps"):
        raise BadValue("it does not start with rtsp:// or rtsps://", allowed)
    return _ZONE.sub(r"\1", address)


def mail(value: object) -> str:
    """A mail address, without a name before it."""
    address = text(value)
    if not _MAIL.fullmatch(address):
        raise BadValue("it is not a mail address", 'an address such as "recorder@example.org"')
    return address


def mail_host(value: object) -> MailHost:
    """The mail host that accepts mail from this machine, `host` or `host:port`."""
    parts = _address(f"//{text(value)}", _SMTP)
    if parts.path or parts.query or parts.fragment:
        raise BadValue("it is more than a host and a port", _SMTP)
    return MailHost(parts.hostname or "", parts.port or SMTP_PORT)


def webhook(value: object) -> str:
    """The address that alarms are posted to; only over TLS, since whoever knows it can often write there."""
    address = text(value)
    allowed = 'an address such as "https://example.org/alarms"; the secret of a header is a credential'
    if _address(address, allowed).scheme != "https":
        raise BadValue("it does not start with https://", allowed)
    return address


def timestamp_server(value: object) -> str:
    """The address of a timestamp server; also without TLS, for it gets a digest and its answer is signed."""
    address = text(value)
    allowed = 'an address such as "https://tsa.example.org/tsr"'
    if _address(address, allowed).scheme not in ("https", "http"):
        raise BadValue("it does not start with https:// or http://", allowed)
    return address


def recipients(value: object) -> tuple[str, ...]:
    """Public keys that back-ups are encrypted to; whether each is valid is checked when it is used."""
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


def approvers(value: object) -> tuple[Approver, ...]:
    """Names with the Ed25519 public key of each, by name; a comment behind a key is left out."""
    allowed = 'a table such as { "An Peeters" = "ssh-ed25519 AAAA..." }, each key the only line of its .pub file'
    if not isinstance(value, dict):
        raise BadValue("it is not a table", allowed)
    found = []
    for name, line in value.items():
        words = text(line).split()
        if "PRIVATE" in words:
            following = "remove it: whoever reads this file could approve. Make a new key, for this one was seen."
            raise BadValue("it is a private key", allowed, following)
        if "," in name:
            raise BadValue(f"the name {name} has a comma", allowed)
        if not name.strip() or len(words) < 2 or words[0] != KEY_KIND or not _ED25519.fullmatch(words[1]):
            raise BadValue(f"the key of {name} is no ssh-ed25519 public key", allowed)
        found.append(Approver(text(name), " ".join(words[:2])))
    if len({approver.key for approver in found}) < len(found):
        raise BadValue("two of them have the same key", allowed)
    return tuple(sorted(found))


def backups_kept(value: object) -> BackupsKept:
    """How many days, weeks and months keep their last back-up; what is not named is 0, and one of them is more."""
    if not isinstance(value, dict):
        raise BadValue("it is not a table", _KEEP)
    for name, count in value.items():
        if name not in BackupsKept._fields:
            raise BadValue(f'"{name}" is not known', _KEEP, suggestion(name, BackupsKept._fields))
        if type(count) is not int or not 0 <= count <= _MAX_KEPT:
            raise BadValue(f"the number of {name} back-ups is not from 0 to {_MAX_KEPT}", _KEEP)
    kept = BackupsKept(**value)
    if not any(kept):
        raise BadValue("it keeps none", _KEEP)
    return kept


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


def parse_schedule(value: object) -> Schedule:
    """When a camera records, from a list of windows."""
    if not isinstance(value, list) or not value:
        raise BadValue("it is not a list of windows", f"a list of {_WINDOWS}")
    return Schedule(tuple(_window(item) for item in value))


def suggestion(typed: str, candidates: Iterable[str]) -> str | None:
    """`did you mean "retention"?`, None when nothing is near."""
    names = {name.casefold(): name for name in reversed([*candidates])}
    near = difflib.get_close_matches(typed.casefold(), names, n=1)
    return f'did you mean "{names[near[0]]}"?' if near else None


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


def _address(address: str, allowed: str) -> SplitResult:
    if "@" in address or SECRET.search(address):
        raise BadValue("it holds a user name or password", allowed, CREDENTIALS)
    if _BARE_IPV6.fullmatch(address):
        raise BadValue("an IPv6 address stands in brackets", 'an address such as "[2001:db8::20]:8000"')
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise BadValue("it is not an address", allowed) from error
    host = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    if re.search(r"\s", address) or not _HOST.fullmatch(host) or port == 0:
        raise BadValue("it names no host", allowed)
    return parts


def _window(item: object) -> Window:
    match = _WINDOW.fullmatch(" ".join(item.casefold().split())) if isinstance(item, str) else None
    if match is None:
        raise BadValue(f'"{item}" is not a window', _WINDOWS)
    start, end = _minute(match[2], match[3]), _minute(match[4], match[5])
    if start in (end, _DAY_MINUTES):
        raise BadValue(f'"{item}" covers no time', _WINDOWS)
    return Window(_weekdays(match[1]) if match[1] else tuple(range(7)), start, end)


def _minute(hour: str, minute: str) -> int:
    total = int(hour) * 60 + int(minute)
    if int(minute) > 59 or total > _DAY_MINUTES:
        raise BadValue(f'"{hour}:{minute}" is not on a clock of 24 hours', _WINDOWS)
    return total


def _weekdays(text: str) -> tuple[int, ...]:
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
            raise BadValue(f'"{part}" is not a weekday or a range of them', _WINDOWS)
        length = (WEEKDAYS[last] - WEEKDAYS[first]) % 7 if dash else 0
        days.update((WEEKDAYS[first] + step) % 7 for step in range(length + 1))
    return tuple(sorted(days))


TEXT = ValueType(text)
PATH = ValueType(text, locate=Path.absolute)
STORAGE = ValueType(storage, locate=Path.resolve)
FLAG = ValueType(flag, lambda value: str(value).lower())
DAY = ValueType(calendar_day, date.isoformat)
DURATION = ValueType(duration, format_duration)
TIMEZONE = ValueType(timezone, lambda zone: zone.key)
RESERVE = ValueType(reserve, lambda fraction: f"{fraction * 100:g}%")
PERCENTAGE = ValueType(percentage, lambda fraction: f"{fraction * 100:g}%")
ONVIF = ValueType(onvif)
RTSP = ValueType(rtsp)
SCHEDULE = ValueType(parse_schedule, lambda plan: f"{len(plan.windows)} window{'s' if len(plan.windows) > 1 else ''}")
MASKS = ValueType(masks, lambda polygons: f"{len(polygons)} polygons")
MAIL = ValueType(mail)
MAIL_HOST = ValueType(mail_host, lambda host: f"{host.host}:{host.port}")
WEBHOOK = ValueType(webhook, lambda address: f"https://{urlsplit(address).netloc}/...")  # the path may be a secret
TIMESTAMP = ValueType(timestamp_server)
COMMAND = ValueType(command, " ".join)
RECIPIENTS = ValueType(recipients, ", ".join)
APPROVERS = ValueType(approvers, lambda people: ", ".join(f"{person.name} {person.key}" for person in people))
KEPT = ValueType(backups_kept, lambda kept: f"{kept.daily} daily, {kept.weekly} weekly, {kept.monthly} monthly")
CAMERAS = ValueType(camera_names, ", ".join)
GROUPS = ValueType(group_names, ", ".join)
ADDRESS = ValueType(text_lines, ", ".join)
TRANSLATIONS = ValueType(translations, ", ".join)
