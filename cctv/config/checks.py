"""Rules between the keys of cameras.toml.

Decides whether a well-formed file is acceptable: no toilet or changing room, existing zones, periods that fit each
other and the caps.  Pure.  A strictness setting never lifts a refusal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from cctv.config.errors import ConfigProblem, ConfigWarning
from cctv.config.fields import MOST_SIGNS, suggestion
from cctv.config.schema import REFUSED_BEYOND, CameraSettings, LimitRule, Settings, ZoneSettings
from cctv.core.typed_time.durations import format_duration
from cctv.model.access import APART, Role
from cctv.model.ids import valid_id
from cctv.model.legal import forbidden_place

_MIN_SEGMENT, _MAX_SEGMENT = timedelta(seconds=1), timedelta(hours=1)
_AWAY = (
    "remove it: no camera may watch a toilet, shower or changing room. The text of a camera beside one names what it "
    'does watch ("gang achteraan", not "gang naast toiletten"), and masks keep the door out of view; a cloakroom for '
    'coats is "garderobe".'
)


def forbidden_places(raw: dict[str, Any]) -> list[ConfigProblem]:
    """Zones and cameras whose text names a toilet or changing room, in any spelling (`forbidden_place`)."""
    refusals: list[ConfigProblem] = []
    for section, words in (("zones", ("kind",)), ("cameras", ("zone", "purpose", "location"))):
        tables = raw.get(section)
        for name, table in tables.items() if isinstance(tables, dict) else ():
            if word := forbidden_place(name[:MOST_SIGNS]):  # a longer one is refused whatever it says
                refusals.append(_forbidden((section, name), word))
            for key in words if isinstance(table, dict) else ():
                if isinstance(table.get(key), str) and (word := forbidden_place(table[key][:MOST_SIGNS])):
                    refusals.append(_forbidden((section, name, key), word, table[key]))
    return refusals


def bad_ids(raw: dict[str, Any]) -> Iterator[ConfigProblem]:
    """Names of zones and cameras that cannot be names of directories."""
    for section in ("zones", "cameras"):
        tables = raw.get(section)
        for name in tables if isinstance(tables, dict) else ():
            if not valid_id(name):
                allowed = "1 to 40 of a-z, 0-9 and -"
                yield ConfigProblem((section, name), f'"{name}" cannot be a name', allowed, "choose such a name.")


def problems(settings: Settings) -> Iterator[ConfigProblem]:
    """Why the settings are refused; nothing where they are acceptable."""
    segment = settings.recording.segment
    if not _MIN_SEGMENT <= segment <= _MAX_SEGMENT:
        yield ConfigProblem(
            ("recording", "segment"), "a segment lasts from 1s to 1h", "1s to 1h", value=format_duration(segment)
        )
    cap = settings.site.max_retention
    if cap > REFUSED_BEYOND:
        yield _too_long(("site", "max_retention"), cap)
    for zone in settings.zones.values():
        yield from _zone_problems(zone, settings)
    for camera in settings.cameras.values():
        yield from _camera_problems(camera, settings)
    yield from _rename_problems(settings)
    yield from _role_problems(settings)
    yield from _roles_problems(settings)
    yield from _audit_problems(settings)


def retention_warnings(settings: Settings) -> list[ConfigWarning]:
    """Periods that a cap shortens: the published text promises something else than what runs."""
    warnings: list[ConfigWarning] = []
    site = settings.site
    if site.max_retention > site.jurisdiction.cap:
        warnings.append(
            _shortened(settings, ("site", "max_retention"), "max_retention", site.max_retention, site.jurisdiction.cap)
        )
    for zone in settings.zones.values():
        bound = settings.bound_for(zone.id)
        if bound.rule is LimitRule.ZONE:
            continue
        reason = f"{site.jurisdiction.value} {site.jurisdiction.source}"
        if bound.rule is LimitRule.SITE_CAP:
            line = settings.source.line(("site", "max_retention"))
            reason = f'max_retention = "{format_duration(bound.period)}" of [site]' + (f", line {line}" if line else "")
        key = ("zones", zone.id, "retention")
        warnings.append(
            _shortened(settings, key, zone.id, zone.retention, bound.period, f"{bound.rule.value}, {reason}")
        )
    return warnings


def other_warnings(settings: Settings) -> list[ConfigWarning]:
    """What works, but is probably a mistake."""
    warnings: list[ConfigWarning] = []
    if not settings.cameras:
        warnings.append(
            ConfigWarning(("cameras",), None, "no camera is defined, so nothing is recorded: add [cameras.NAME]")
        )
    seen: dict[tuple[object, ...], CameraSettings] = {}
    for camera in settings.cameras.values():
        first = seen.setdefault(_address(camera), camera)
        if first is not camera:
            key = ("cameras", camera.id, "onvif" if camera.onvif else "rtsp")
            message = f"{camera.id} records the same address as {first.id}: remove one of them, or correct its address"
            warnings.append(ConfigWarning(key, settings.source.line(key), message))
    return [*warnings, *_roles_warnings(settings), *_letter_warnings(settings)]


def in_words(period: timedelta) -> str:
    """`28 days or 4 weeks`: a period for a text that visitors read."""
    if period % timedelta(days=1):
        return format_duration(period)
    days = period.days
    weeks = f" or {days // 7} week{'s' if days > 7 else ''}" if days and days % 7 == 0 else ""
    return f"{days} day{'s' if days != 1 else ''}{weeks}"


def _zone_problems(zone: ZoneSettings, settings: Settings) -> Iterator[ConfigProblem]:
    key, limit = ("zones", zone.id), settings.limit_for(zone.id)
    if zone.retention > REFUSED_BEYOND:
        yield _too_long((*key, "retention"), zone.retention)
    shortest = 2 * settings.recording.segment
    if limit < shortest:
        what = f"footage is kept for whole segments, and two of them last {format_duration(shortest)}"
        allowed = f"at least {format_duration(shortest)}"
        following = "give a longer retention, or a shorter [recording] segment."
        yield ConfigProblem((*key, "retention"), what, allowed, following, value=format_duration(zone.retention))
    if zone.min_retention > limit:
        what = f"it is longer than the zone keeps anything ({format_duration(limit)})"
        allowed = f"at most {format_duration(limit)}"
        yield ConfigProblem(
            (*key, "min_retention"), what, allowed, f"write {allowed}.", value=format_duration(zone.min_retention)
        )


def _camera_problems(camera: CameraSettings, settings: Settings) -> Iterator[ConfigProblem]:
    key = ("cameras", camera.id)
    if camera.zone not in settings.zones:
        zone_ids: list[str] = list(settings.zones)
        following = suggestion(camera.zone, zone_ids) or f"use one of those zones, or add [zones.{camera.zone}]."
        allowed = ", ".join(zone_ids) or "no zone is defined yet"
        yield ConfigProblem((*key, "zone"), f'there is no zone "{camera.zone}"', allowed, following, value=camera.zone)
    if (camera.onvif is None) == (camera.rtsp is None):
        what = "it has no address" if camera.onvif is None else "it has two addresses"
        yield ConfigProblem(key, what, "exactly one of onvif and rtsp", "give onvif = or rtsp =, not both.")
    elif camera.fill_gaps and camera.onvif is None:
        what = "a camera's card is reached by ONVIF, and this one has no onvif address"
        yield ConfigProblem((*key, "fill_gaps"), what, "false", "leave it out, or give onvif = in place of rtsp =.")


def _rename_problems(settings: Settings) -> Iterator[ConfigProblem]:
    """A former name is of no camera of today, and of one device: else a hold would go on under the wrong one."""
    claimed: dict[str, str] = {}
    for camera in settings.cameras.values():
        key = ("cameras", camera.id, "renamed_from")
        for name in camera.renamed_from:
            if name in settings.cameras:
                what = f"{name} is still a camera, so that it was not renamed"
                following = f"remove [cameras.{name}] if {camera.id} is that device; else leave {name} out here."
                yield ConfigProblem(key, what, "names that no camera has any more", following)
            elif claimed.setdefault(name, camera.id) != camera.id:
                what = f"{claimed[name]} was renamed from {name} already"
                yield ConfigProblem(key, what, "each former name once", f"give {name} to the device that had it.")


def _role_problems(settings: Settings) -> Iterator[ConfigProblem]:
    """What a site that records for a customer must give (Article 28(3) GDPR), and another one must not."""
    controller, processor = settings.controller, settings.processor
    if not settings.for_customer:
        if ("processor",) in settings.source.file_keys:
            what = "a site that records for itself has no such section"
            following = 'give role = "processor" in [site] if it records for a customer, or remove [processor].'
            yield ConfigProblem(("processor",), what, 'it with role = "processor" only', following)
        return
    required: dict[tuple[str, str], object] = {
        ("controller", "name"): controller.name,
        ("controller", "address"): controller.address,
        ("controller", "mail"): controller.mail,
        ("processor", "name"): processor.name,
        ("processor", "address"): processor.address,
        ("processor", "mail"): processor.mail,
        ("processor", "signatory"): processor.signatory,
        ("processor", "contract"): processor.contract,
        ("processor", "contract_date"): processor.contract_date,
    }
    for (section, name), value in required.items():
        if not value:
            whom = "the customer" if section == "controller" else "who records for the customer, by which contract"
            what = f'it is required where [site] role is "processor" (Article 28(3) GDPR): [{section}] is {whom}'
            yield ConfigProblem((section, name), what, following=f"add {name} to [{section}].")
    area = settings.policy.area
    if processor.country is not None and not area.holds(processor.country):
        following = "give the code in capitals; footage stays inside the area that the site promises."
        allowed = f"a country of the {area.value}, in two capitals"
        yield ConfigProblem(
            ("processor", "country"), "it is no country there", allowed, following, value=processor.country
        )


def _letter_warnings(settings: Settings) -> list[ConfigWarning]:
    """What letters must state and cameras.toml does not give: Articles 13(1)(a) and (b), 33(3)(b) GDPR."""
    controller = settings.controller
    required = {
        "name": controller.name,
        "address": controller.address,
        "mail": controller.mail,
        "dpo": controller.dpo,
        **({} if settings.for_customer else {"signatory": controller.signatory}),
    }
    absent = [key for key, value in required.items() if not value]
    if not absent:
        return []
    message = f"no letter can be written: [controller] does not give {', '.join(absent)}"
    return [ConfigWarning(("controller",), settings.source.line(("controller",)), message)]


def _shortened(
    settings: Settings,
    key: tuple[str, ...],
    name: str,
    declared: timedelta,
    effective: timedelta,
    reason: str | None = None,
) -> ConfigWarning:
    law = settings.site.jurisdiction
    reason = reason or f"{LimitRule.JURISDICTION_CAP.value}, {law.value} {law.source}"
    message = (
        f"{name} says {format_duration(declared)}, but nothing may be kept longer than {format_duration(effective)} "
        f"({reason}): it runs at {format_duration(effective)}; change the published text to {in_words(effective)}"
    )
    return ConfigWarning(key, settings.source.line(key), message)


def _roles_problems(settings: Settings) -> Iterator[ConfigProblem]:
    if ("roles",) in settings.source.file_keys and not settings.roles.decider:
        what = "it names no group that decides, so that nobody could approve anything or give a grant"
        following = 'add decider = ["GROUP"], or leave the section out where one person does all.'
        yield ConfigProblem(("roles",), what, "at least decider", following)


def _audit_problems(settings: Settings) -> Iterator[ConfigProblem]:
    """Checkpoints go out with the alarms, which tell when they do not; an unverified stamp proves nothing."""
    audit = settings.audit
    if audit.is_set and not settings.alerts.ways:
        what = "nobody would be told when a checkpoint does not get there"
        following = "add [alerts] with mail, command or webhook."
        yield ConfigProblem(("audit",), what, "it beside an [alerts] that tells somebody", following)
    if (audit.timestamp is None) != (audit.timestamp_ca is None):
        key, other = ("timestamp_ca", "timestamp") if audit.timestamp_ca is not None else ("timestamp", "timestamp_ca")
        yield ConfigProblem(("audit", key), f"it needs {other} beside it", following=f"add {other} to [audit].")


def _roles_warnings(settings: Settings) -> Iterator[ConfigWarning]:
    """Groups that have two roles which should be apart."""
    groups = settings.roles.groups
    for first, second in APART:
        for group in [name for name in groups[first] if name in groups[second]]:
            key = ("roles", second.value)
            message = f"the group {group} is both {first.value} and {second.value}: {why_apart(first, second)}"
            yield ConfigWarning(key, settings.source.line(key), message)


def why_apart(first: Role, second: Role) -> str:
    """Why no account should have both of two roles of APART."""
    if first is Role.HANDLER:
        return "who prepares an answer should not approve it; make two groups"
    if first is Role.OPERATOR:
        return "who runs the machine should decide nothing about people; make two groups"
    if first is Role.DPO:
        return "who is data protection officer neither handles nor decides (Article 38(6) GDPR); make two groups"
    return f"an auditor does not audit their own work as {second.value}; make two groups"


def _address(camera: CameraSettings) -> tuple[object, ...]:
    address = camera.rtsp or camera.onvif or camera.id
    parts = urlsplit(address if "://" in address else f"//{address}")
    port = parts.port or (554 if camera.rtsp else 443 if parts.scheme == "https" else 80)
    if camera.rtsp:
        return ("rtsp", parts.hostname, port, parts.path.rstrip("/"), parts.query)
    return ("onvif", parts.hostname, port, camera.profile)


def _forbidden(key: tuple[str, ...], word: str, value: str | None = None) -> ConfigProblem:
    what = f'"{word}" names a toilet, shower or changing room, which no camera may watch'
    if value is None:
        return ConfigProblem(key, what, "any other place", _AWAY)
    return ConfigProblem(key, what, "any other place", _AWAY, value=value)


def _too_long(key: tuple[str, ...], period: timedelta) -> ConfigProblem:
    longest = format_duration(REFUSED_BEYOND)
    following = "give the period of the cameras; six months or two years are the terms of rented photo booths."
    what = f"no camera may keep footage longer than {longest}, whatever the caps"
    return ConfigProblem(key, what, "the period of the published policy", following, value=format_duration(period))
