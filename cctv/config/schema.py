"""The shape of cameras.toml: which keys there are, what each holds, which may be left out.

Owns keys and defaults.  Never compares two keys: that is check.py.

A table is a frozen dataclass whose fields carry the function that reads their value.  pydantic did this before; it took
0.12 s of every command's start, and every value had a reader of ours anyway, for messages that say what to type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from cctv.config import values
from cctv.config.errors import Problem
from cctv.config.forgetting import Forgetting
from cctv.config.schedule import Schedule, parse_schedule
from cctv.config.settings import EnvelopeWindow, Transport, TwoPersonAct
from cctv.model.accountability import Permission
from cctv.model.countries import Area
from cctv.model.jurisdiction import Jurisdiction
from cctv.model.language import USUAL, Language
from cctv.model.zones import ZoneKind

_FORGET = Forgetting()
DEFAULT_MIN_RETENTION = timedelta(hours=72)

Key = tuple[str, ...]
T = TypeVar("T")


def _acts(value: object) -> frozenset[TwoPersonAct]:
    if not isinstance(value, list):
        raise values.BadValue("it is not a list", ", ".join(act.value for act in TwoPersonAct))
    return frozenset(values.choice(TwoPersonAct, item) for item in value)


def _permissions(value: object) -> frozenset[Permission]:
    if not isinstance(value, list):
        raise values.BadValue("it is not a list", ", ".join(each.value for each in Permission))
    return frozenset(values.choice(Permission, item) for item in value)


def _value(read: Callable[[object], T], default: Any = MISSING) -> Any:  # noqa: ANN401  # as dataclasses.field has it
    """A key whose value `read` understands; without a default it is required."""
    return field(default=default, metadata={"read": read})


@dataclass(frozen=True)
class Site:
    """[site]"""

    name: str = _value(values.text)
    timezone: ZoneInfo = _value(values.timezone)
    jurisdiction: Jurisdiction = _value(lambda value: values.choice(Jurisdiction, value))
    storage: str = _value(values.storage)
    language: Language = _value(lambda value: values.choice(Language, value), USUAL)
    max_retention: timedelta | None = _value(values.duration, None)  # the cap of the jurisdiction


@dataclass(frozen=True)
class Recording:
    """[recording]"""

    segment: timedelta = _value(values.duration, timedelta(seconds=60))
    reserve: float = _value(values.reserve, 0.05)


@dataclass(frozen=True)
class Zone:
    """[zones.ID]"""

    kind: ZoneKind = _value(lambda value: values.choice(ZoneKind, value))
    retention: timedelta = _value(values.duration)
    min_retention: timedelta | None = _value(values.duration, None)  # 72h, or the whole period of a shorter zone


@dataclass(frozen=True)
class Camera:
    """[cameras.ID]"""

    zone: str = _value(values.text)
    purpose: str = _value(values.text)
    onvif: str | None = _value(values.onvif, None)
    rtsp: str | None = _value(values.rtsp, None)
    credential: str | None = _value(values.text, None)
    profile: str | None = _value(values.text, None)
    transport: Transport = _value(lambda value: values.choice(Transport, value), Transport.TCP)
    schedule: Schedule | None = _value(parse_schedule, None)
    masks: tuple[values.Polygon, ...] = _value(values.masks, ())
    location: str | None = _value(values.text, None)


@dataclass(frozen=True)
class Policy:
    """[policy]"""

    two_person: frozenset[TwoPersonAct] = _value(
        _acts, frozenset({TwoPersonAct.HOLD_RELEASE, TwoPersonAct.EXPORT_UNREDACTED})
    )
    granted_only: frozenset[Permission] = _value(_permissions, frozenset())
    area: Area = _value(lambda value: values.choice(Area, value), Area.EU)
    forget_requests: timedelta = _value(values.duration, _FORGET.requests)
    forget_complaints: timedelta = _value(values.duration, _FORGET.complaints)
    forget_incidents: timedelta = _value(values.duration, _FORGET.incidents)
    forget_disclosures: timedelta = _value(values.duration, _FORGET.disclosures)
    forget_breaches: timedelta = _value(values.duration, _FORGET.breaches)
    forget_processors: timedelta = _value(values.duration, _FORGET.processors)
    forget_grants: timedelta = _value(values.duration, _FORGET.grants)
    forget_checks: timedelta = _value(values.duration, _FORGET.checks)


@dataclass(frozen=True)
class Credentials:
    """[credentials]"""

    file: str | None = _value(values.text, None)


@dataclass(frozen=True, slots=True)
class Alerts:
    """[alerts]"""

    mail: str | None = _value(values.mail, None)
    sender: str | None = _value(values.mail, None)
    smtp: tuple[str, int] = _value(values.smtp, ("localhost", values.SMTP_PORT))
    command: tuple[str, ...] = _value(values.command, ())
    state: str = _value(values.text, "/var/lib/cctv-notify/alarms.json")


@dataclass(frozen=True)
class Backup:
    """[backup]"""

    recipients: tuple[str, ...] = _value(values.recipients, ())
    warn_after: timedelta = _value(values.duration, timedelta(days=8))


@dataclass(frozen=True)
class Controller:
    """[controller]"""

    name: str | None = _value(values.text, None)
    address: tuple[str, ...] = _value(values.text_lines, ())
    mail: str | None = _value(values.mail, None)
    phone: str | None = _value(values.text, None)
    dpo: str | None = _value(values.text, None)
    signatory: str | None = _value(values.text, None)
    public_body: bool = _value(values.flag, False)


@dataclass(frozen=True)
class Letters:
    """[letters]"""

    templates: str | None = _value(values.text, None)
    window: EnvelopeWindow | None = _value(lambda value: values.choice(EnvelopeWindow, value), None)  # as usual there
    words: Mapping[str, Mapping[Language, str]] | None = _value(values.translations, None)


@dataclass(frozen=True)
class File:
    """All of cameras.toml."""

    site: Site
    recording: Recording
    zones: Mapping[str, Zone]
    cameras: Mapping[str, Camera]
    policy: Policy
    credentials: Credentials
    alerts: Alerts
    backup: Backup
    controller: Controller
    letters: Letters


_ONE = {
    **{"site": Site, "recording": Recording, "policy": Policy, "credentials": Credentials},
    **{"alerts": Alerts, "backup": Backup, "controller": Controller, "letters": Letters},
}
_MANY = {"zones": Zone, "cameras": Camera}
_TABLES: dict[str, type[Any]] = {**_ONE, **_MANY}


def validated(raw: dict[str, Any]) -> File | list[Problem]:
    """The file as typed tables, or all that is wrong with single keys, misspelt ones first.

    A misspelt key is also a missing one, and the next step of the misspelling is the better one.
    """
    unknown = [_unknown_key((name,), list(_TABLES)) for name in raw if name not in _TABLES]
    missing = [_missing(("site",), list(_TABLES))] if "site" not in raw else []
    found: dict[str, Any] = {}
    for name, table in _ONE.items():
        if name in raw or name != "site":
            found[name] = _read(table, raw.get(name, {}), (name,), unknown, missing)
    for name, table in _MANY.items():
        found[name] = _read_all(table, raw.get(name, {}), (name,), unknown, missing)
    problems = unknown + missing
    return problems or File(**found)


def _read_all(
    table: type[T], raw: object, key: Key, wrong: list[Problem], missing: list[Problem]
) -> dict[str, T | None]:
    """Tables by name; `wrong` and `missing` gather what is not as it should be."""
    if not isinstance(raw, dict):
        wrong.append(_no_table(key, raw))
        return {}
    return {name: _read(table, one, (*key, name), wrong, missing) for name, one in raw.items()}


def _read(table: type[T], raw: object, key: Key, wrong: list[Problem], missing: list[Problem]) -> T | None:
    """One table, None when something in it was not as it should be."""
    if not isinstance(raw, dict):
        wrong.append(_no_table(key, raw))
        return None
    known: dict[str, Field[Any]] = {one.name: one for one in fields(table)}  # type: ignore[arg-type]
    before = len(wrong) + len(missing)
    wrong += [_unknown_key((*key, name), list(known)) for name in raw if name not in known]
    read: dict[str, Any] = {}
    for name, one in known.items():
        if name in raw:
            try:
                read[name] = one.metadata["read"](raw[name])
            except values.BadValue as bad:
                wrong.append(Problem((*key, name), bad.what, bad.allowed, bad.following, value=raw[name]))
        elif one.default is MISSING:
            missing.append(_missing((*key, name), list(known)))
    return table(**read) if len(wrong) + len(missing) == before else None


def _no_table(key: Key, value: object) -> Problem:
    header = ".".join(key if len(key) > 1 or key[0] not in _MANY else (*key, "NAME"))
    return Problem(key, "it is not a table", f"a table that starts with [{header}]", value=value)


def _missing(key: Key, known: list[str]) -> Problem:
    required = "it is required" + ("; no purpose, no recording" if key[-1] == "purpose" else "")
    following = f"add a section [{key[0]}]." if len(key) == 1 else f"add {key[-1]} to [{'.'.join(key[:-1])}]."
    return Problem(key, required, f"the keys {', '.join(known)}", following, is_key=True)


def _unknown_key(key: Key, known: list[str]) -> Problem:
    following = values.suggestion(key[-1], known)
    if key[-1].casefold() in ("password", "passwd", "pass", "username", "user"):
        following = values.CREDENTIALS
    return Problem(key, f'"{key[-1]}" is not a key here', ", ".join(known), following or "remove it.", is_key=True)
