"""The shape of cameras.toml: which keys there are, what each holds, which may be left out.

Owns keys and defaults.  The only module that imports pydantic, and load.py imports it late.  Never compares two keys:
that is check.py.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError

from cctv.config import values
from cctv.config.errors import Problem
from cctv.config.limits import Jurisdiction
from cctv.config.schedule import Schedule, parse_schedule
from cctv.config.settings import Transport, TwoPersonAct
from cctv.model.language import Language
from cctv.model.zones import ZoneKind

DEFAULT_MIN_RETENTION = timedelta(hours=72)


def _acts(value: object) -> frozenset[TwoPersonAct]:
    if not isinstance(value, list):
        raise values.BadValue("it is not a list", ", ".join(act.value for act in TwoPersonAct))
    return frozenset(values.choice(TwoPersonAct, item) for item in value)


Text = Annotated[str, PlainValidator(values.text)]
Duration = Annotated[timedelta, PlainValidator(values.duration)]
# One validator each rather than a union, whose errors would name its branches.
OptionalText = Annotated[str | None, PlainValidator(values.text)]
OptionalDuration = Annotated[timedelta | None, PlainValidator(values.duration)]


class Table(BaseModel):
    """One table; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Site(Table):
    """[site]"""

    name: Text
    timezone: Annotated[ZoneInfo, PlainValidator(values.timezone)]
    jurisdiction: Annotated[Jurisdiction, PlainValidator(lambda value: values.choice(Jurisdiction, value))]
    language: Annotated[Language, PlainValidator(lambda value: values.choice(Language, value))] = Language.NL
    storage: Annotated[str, PlainValidator(values.storage)]
    max_retention: OptionalDuration = None  # the cap of the jurisdiction


class Recording(Table):
    """[recording]"""

    segment: Duration = timedelta(seconds=60)
    reserve: Annotated[float, PlainValidator(values.reserve)] = 0.05


class Zone(Table):
    """[zones.ID]"""

    kind: Annotated[ZoneKind, PlainValidator(lambda value: values.choice(ZoneKind, value))]
    retention: Duration
    min_retention: OptionalDuration = None  # 72h, or the whole period of a zone that keeps less


class Camera(Table):
    """[cameras.ID]"""

    zone: Text
    purpose: Text
    onvif: Annotated[str | None, PlainValidator(values.onvif)] = None
    rtsp: Annotated[str | None, PlainValidator(values.rtsp)] = None
    credential: OptionalText = None
    profile: OptionalText = None
    transport: Annotated[Transport, PlainValidator(lambda value: values.choice(Transport, value))] = Transport.TCP
    schedule: Annotated[Schedule | None, PlainValidator(parse_schedule)] = None
    masks: Annotated[tuple[values.Polygon, ...], PlainValidator(values.masks)] = ()


class Policy(Table):
    """[policy]"""

    two_person: Annotated[frozenset[TwoPersonAct], PlainValidator(_acts)] = frozenset(TwoPersonAct)


class Credentials(Table):
    """[credentials]"""

    file: OptionalText = None


class File(Table):
    """All of cameras.toml."""

    site: Site
    recording: Recording = Recording()
    zones: dict[str, Zone] = {}
    cameras: dict[str, Camera] = {}
    policy: Policy = Policy()
    credentials: Credentials = Credentials()


_TABLES: dict[str, type[Table]] = {
    "site": Site,
    "recording": Recording,
    "zones": Zone,
    "cameras": Camera,
    "policy": Policy,
    "credentials": Credentials,
}


def validated(raw: dict[str, Any]) -> File | list[Problem]:
    """The file as typed tables, or all that is wrong with single keys."""
    try:
        return File.model_validate(raw)
    except ValidationError as error:
        # A misspelt key is also a missing one: the misspelling comes first, because its next step is the better one.
        items = sorted(error.errors(include_url=False), key=lambda item: item["type"] == "missing")
        return [_problem(dict(item)) for item in items]


def _problem(item: dict[str, Any]) -> Problem:
    key = tuple(str(part) for part in item["loc"])
    kind, cause = item["type"], item.get("ctx", {}).get("error")
    if kind == "extra_forbidden":
        return _unknown_key(key)
    if kind == "missing":
        allowed = ", ".join(File.model_fields if len(key) == 1 else _TABLES[key[0]].model_fields)
        required = "it is required" + ("; no purpose, no recording" if key[-1] == "purpose" else "")
        following = f"add a section [{key[0]}]." if len(key) == 1 else f"add {key[-1]} to [{'.'.join(key[:-1])}]."
        return Problem(key, required, f"the keys {allowed}", following, is_key=True)
    if isinstance(cause, values.BadValue):
        return Problem(key, cause.what, cause.allowed, cause.following, value=item["input"])
    header = ".".join(key if len(key) > 1 or key[0] not in ("zones", "cameras") else (*key, "NAME"))
    return Problem(key, "it is not a table", f"a table that starts with [{header}]", value=item["input"])


def _unknown_key(key: tuple[str, ...]) -> Problem:
    known = list(File.model_fields if len(key) == 1 else _TABLES[key[0]].model_fields)
    following = values.suggestion(key[-1], known)
    if key[-1].casefold() in ("password", "passwd", "pass", "username", "user"):
        following = values.CREDENTIALS
    return Problem(key, f'"{key[-1]}" is not a key here', ", ".join(known), following or "remove it.", is_key=True)
