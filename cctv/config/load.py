"""Reading cameras.toml: find it, parse it, check it, freeze it.

Owns the search order and the only reading of the file.  Never writes, never opens the storage, never reads credentials.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cctv.config import check, schema
from cctv.config.errors import (
    ConfigWarning,
    DefinedTwice,
    ForbiddenPlace,
    Problem,
    RetentionOverCap,
    SettingsNotFound,
    SettingsRefused,
    SettingsUnreadable,
    TomlSyntax,
)
from cctv.config.forgetting import Forgetting
from cctv.config.limits import retention_limit
from cctv.config.locate import key_lines, line_of, twice
from cctv.config.settings import (
    AlertsSettings,
    BackupSettings,
    CameraSettings,
    ControllerSettings,
    CredentialsSettings,
    EnvelopeWindow,
    LettersSettings,
    PolicySettings,
    RecordingSettings,
    Settings,
    SiteSettings,
    Source,
    ZoneSettings,
)
from cctv.kernel.phrases import phrase
from cctv.model.ids import CameraId, ZoneId
from cctv.model.jurisdiction import Jurisdiction
from cctv.tongue.site import NAME, SYSTEM_WIDE, VARIABLE, candidates


@dataclass(frozen=True, slots=True)
class Checked:
    """Settings that may be used, and what should be changed in them."""

    settings: Settings
    warnings: tuple[ConfigWarning, ...]


def load_settings(path: Path | None, *, environ: Mapping[str, str], strict: bool = False) -> Checked:
    """The checked settings; `strict` refuses what is otherwise capped with a warning."""
    file = find_settings(path, environ)
    return check_text(read_text(file), file, strict=strict)


def check_text(text: str, file: Path, *, strict: bool = False) -> Checked:
    """The checked settings of a text that is in the file, or is to be."""
    raw, lines = _parsed(text, file), key_lines(text)
    shape = _shaped(raw, file, lines)
    settings = _built(shape, Source(file, MappingProxyType(lines), frozenset(_given(raw))))
    _refuse(SettingsRefused, check.problems(settings), file, lines)
    capped = check.retention_warnings(settings)
    if strict and capped:
        _refuse(RetentionOverCap, [_as_problem(warning) for warning in capped], file, lines)
    return Checked(settings, (*capped, *check.other_warnings(settings)))


def find_settings(path: Path | None, environ: Mapping[str, str]) -> Path:
    """The file to read: the given one, CCTV_CONFIG, ./cameras.toml, /etc/cctv/cameras.toml; raises SettingsNotFound."""
    places = [Path(place) for place in candidates(path, environ)]
    if path is not None:
        return _existing(places[0], "", "check the path that --config gives.")
    if environ.get(VARIABLE):
        return _existing(places[0], f", which {VARIABLE} names", f"correct or unset {VARIABLE}.")
    for place in places:
        if place.exists():
            return place.absolute()
    raise SettingsNotFound(
        wanted=NAME,
        origin=phrase(" here ({cwd}) nor at {system_wide}", cwd=Path.cwd(), system_wide=SYSTEM_WIDE),
        following=phrase(
            "go to the directory that holds it, give --config FILE, or set {variable}.", variable=VARIABLE
        ),
    )


def _existing(path: Path, origin: str, following: str) -> Path:
    if not path.exists():
        raise SettingsNotFound(wanted=path, origin=origin, following=following)
    return path.absolute()


def read_text(file: Path) -> str:
    """The file as text; raises SettingsUnreadable."""
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason, following = error.strerror or "unknown", "give this account read access to the file."
        raise SettingsUnreadable(path=file, reason=reason, following=following) from error
    except UnicodeDecodeError as error:
        following = "save it as UTF-8."
        raise SettingsUnreadable(
            path=file, reason=phrase("byte {start} is not UTF-8", start=error.start), following=following
        ) from error


def _parsed(text: str, file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise SettingsUnreadable(
            path=file, reason=phrase("it nests too deeply"), following=phrase("remove what nests.")
        ) from error
    except tomllib.TOMLDecodeError as error:
        if (pair := twice(text)) is not None:
            first, second = pair
            raise DefinedTwice(
                path=file,
                first=first.line,
                second=second.line,
                thing=_thing(first.path, first.is_table),
                following=phrase("give one of them another name, or remove it."),
            ) from error
        found = re.search(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error), re.DOTALL)
        last = text.count("\n") + 1
        reason, line, column = (found[1], found[2] or last, found[3] or 1) if found else (str(error), last, 1)
        raise TomlSyntax(path=file, line=line, column=column, reason=_lowered(reason)) from error


def _given(table: dict[str, Any], around: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in table.items():
        yield (*around, key)
        if isinstance(value, dict):
            yield from _given(value, (*around, key))


def _lowered(reason: str) -> str:
    return reason[:1].lower() + reason[1:]


def _thing(path: tuple[str, ...], is_table: bool) -> str:
    if is_table and len(path) == 2 and path[0] in ("cameras", "zones"):
        return f"{path[0][:-1]} {path[1]}"
    return f"the section [{'.'.join(path)}]" if is_table else f"the key {'.'.join(path)}"


def _shaped(raw: dict[str, Any], file: Path, lines: Mapping[tuple[str, ...], int]) -> schema.File:
    _refuse(ForbiddenPlace, check.forbidden_places(raw), file, lines)
    shape = schema.validated(raw)
    wrong = [*check.bad_ids(raw), *(shape if isinstance(shape, list) else ())]
    if isinstance(shape, list) or wrong:
        raise _refusal(SettingsRefused, wrong, file, lines)
    return shape


def _built(shape: schema.File, source: Source) -> Settings:
    site, base = shape.site, source.path.parent
    cap = site.jurisdiction.cap if site.max_retention is None else site.max_retention
    secret = shape.credentials.file
    return Settings(
        site=SiteSettings(
            name=site.name,
            timezone=site.timezone,
            jurisdiction=site.jurisdiction,
            language=site.language,
            storage=(base / site.storage).resolve(),
            max_retention=cap,
        ),
        recording=RecordingSettings(shape.recording.segment, shape.recording.reserve),
        zones=MappingProxyType({ZoneId(name): _zone(name, zone, cap, site) for name, zone in shape.zones.items()}),
        cameras=MappingProxyType({CameraId(name): _camera(name, camera) for name, camera in shape.cameras.items()}),
        policy=_policy(shape.policy),
        credentials=CredentialsSettings(None if secret is None else (base / secret).absolute()),
        alerts=_alerts(shape.alerts, base),
        backup=BackupSettings(shape.backup.recipients, shape.backup.warn_after),
        controller=_controller(shape.controller),
        letters=_letters(shape.letters, site.jurisdiction, base),
        source=source,
    )


def _policy(shape: schema.Policy) -> PolicySettings:
    forget = Forgetting(**{one.name: getattr(shape, f"forget_{one.name}") for one in fields(Forgetting)})
    return PolicySettings(shape.two_person, shape.granted_only, shape.area, forget)


def _controller(shape: schema.Controller) -> ControllerSettings:
    return ControllerSettings(
        name=shape.name,
        address=shape.address,
        mail=shape.mail,
        phone=shape.phone,
        dpo=shape.dpo,
        signatory=shape.signatory,
        public_body=shape.public_body,
    )


def _letters(shape: schema.Letters, law: Jurisdiction, base: Path) -> LettersSettings:
    usual = EnvelopeWindow.RIGHT if law is Jurisdiction.BE else EnvelopeWindow.LEFT
    folder = None if shape.templates is None else (base / shape.templates).absolute()
    return LettersSettings(folder, shape.window or usual, shape.words or MappingProxyType({}))


def _zone(name: str, zone: schema.Zone, cap: timedelta, site: schema.Site) -> ZoneSettings:
    runs = retention_limit(zone.retention, cap, site.jurisdiction).period
    least = min(schema.DEFAULT_MIN_RETENTION, runs) if zone.min_retention is None else zone.min_retention
    return ZoneSettings(ZoneId(name), zone.kind, zone.retention, least)


def _alerts(alerts: schema.Alerts, base: Path) -> AlertsSettings:
    host, port = alerts.smtp
    sender = alerts.sender or alerts.mail or ""
    return AlertsSettings(alerts.mail, sender, host, port, alerts.command, (base / alerts.state).absolute())


def _camera(name: str, camera: schema.Camera) -> CameraSettings:
    return CameraSettings(
        id=CameraId(name),
        zone=ZoneId(camera.zone),
        purpose=camera.purpose,
        onvif=camera.onvif,
        rtsp=camera.rtsp,
        credential=camera.credential,
        profile=camera.profile,
        transport=camera.transport,
        schedule=camera.schedule,
        masks=camera.masks,
        location=camera.location,
    )


def _as_problem(warning: ConfigWarning) -> Problem:
    return Problem(warning.key, warning.message, following="give the shorter period here, or run without --strict.")


def _refuse(
    kind: type[SettingsRefused], problems: Iterable[Problem], file: Path, lines: Mapping[tuple[str, ...], int]
) -> None:
    found = list(problems)
    if found:
        raise _refusal(kind, found, file, lines)


def _refusal(
    kind: type[SettingsRefused], problems: list[Problem], file: Path, lines: Mapping[tuple[str, ...], int]
) -> SettingsRefused:
    """All problems at once, one a line; the next step is the first one's."""
    told = [problem.told(file, line_of(lines, problem.key)) for problem in problems]
    following = problems[0].following or f"correct {'.'.join(problems[0].key)}, then `cctv config check`."
    if len(problems) > 1:
        following = f"{following} Then the others, and `cctv config check`."
    return kind(problem="\n".join(told), following=following)
