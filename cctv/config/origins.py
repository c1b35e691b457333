"""Where each effective setting comes from: the file, a default, or a cap.

Owns the rows of `cctv config show`.  Pure.  Never shows a credential, only the name of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import Enum

from cctv.config.limits import LimitRule
from cctv.config.locate import line_of
from cctv.config.settings import CameraSettings, Settings, ZoneSettings
from cctv.kernel.durations import format_duration


class Origin(Enum):
    """What decided a value."""

    FILE = "file"
    DEFAULT = "default"
    CAPPED = "capped"


@dataclass(frozen=True, slots=True)
class Row:
    """One key of cameras.toml with the value in force."""

    key: str
    value: str
    origin: Origin
    line: int | None  # where the file says it
    note: str = ""


def explain(settings: Settings) -> list[Row]:
    """Every key, in the order of the file's reference."""
    site, recording = settings.site, settings.recording
    rows = [
        _row(settings, ("site", "name"), site.name),
        _row(settings, ("site", "timezone"), site.timezone.key),
        _row(settings, ("site", "jurisdiction"), site.jurisdiction.value),
        _row(settings, ("site", "language"), site.language.value),
        _row(settings, ("site", "storage"), str(site.storage)),
        _site_cap(settings),
        _row(settings, ("recording", "segment"), format_duration(recording.segment)),
        _row(settings, ("recording", "reserve"), f"{recording.reserve_fraction * 100:g}%"),
    ]
    for zone in settings.zones.values():
        rows += _zone(settings, zone)
    for camera in settings.cameras.values():
        rows += _camera(settings, camera)
    acts = ", ".join(sorted(act.value for act in settings.policy.two_person)) or "none"
    rows.append(_row(settings, ("policy", "two_person"), acts))
    granted = ", ".join(sorted(each.value for each in settings.policy.granted_only)) or "none"
    rows.append(_row(settings, ("policy", "granted_only"), granted))
    rows.append(_row(settings, ("policy", "area"), settings.policy.area.value))
    for one in fields(settings.policy.forget):
        period = format_duration(getattr(settings.policy.forget, one.name))
        rows.append(_row(settings, ("policy", f"forget_{one.name}"), period))
    rows.append(_row(settings, ("credentials", "file"), str(settings.credentials.file or "none")))
    alerts = settings.alerts
    rows.append(_row(settings, ("alerts", "mail"), alerts.mail or "none"))
    rows.append(_row(settings, ("alerts", "sender"), alerts.sender or "none"))
    rows.append(_row(settings, ("alerts", "smtp"), f"{alerts.smtp_host}:{alerts.smtp_port}"))
    rows.append(_row(settings, ("alerts", "command"), " ".join(alerts.command) or "none"))
    rows.append(_row(settings, ("alerts", "state"), str(alerts.state)))
    rows.append(_row(settings, ("backup", "recipients"), ", ".join(settings.backup.recipients) or "none"))
    rows.append(_row(settings, ("backup", "warn_after"), format_duration(settings.backup.warn_after)))
    return rows + _correspondence(settings)


def _correspondence(settings: Settings) -> list[Row]:
    controller, letters = settings.controller, settings.letters
    return [
        _row(settings, ("controller", "name"), controller.name or "none"),
        _row(settings, ("controller", "address"), ", ".join(controller.address) or "none"),
        _row(settings, ("controller", "mail"), controller.mail or "none"),
        _row(settings, ("controller", "phone"), controller.phone or "none"),
        _row(settings, ("controller", "dpo"), controller.dpo or "none"),
        _row(settings, ("controller", "signatory"), controller.signatory or "none"),
        _row(settings, ("controller", "public_body"), str(controller.public_body).lower()),
        _row(settings, ("letters", "templates"), str(letters.templates or "none")),
        _row(settings, ("letters", "window"), letters.window.value),
        _row(settings, ("letters", "words"), ", ".join(letters.words) or "none"),
    ]


def _row(settings: Settings, key: tuple[str, ...], value: str) -> Row:
    if key not in settings.source.given:
        return Row(".".join(key), value, Origin.DEFAULT, None)
    return Row(".".join(key), value, Origin.FILE, line_of(settings.source.lines, key))


def _site_cap(settings: Settings) -> Row:
    site = settings.site
    row = _row(settings, ("site", "max_retention"), format_duration(min(site.max_retention, site.jurisdiction.cap)))
    if site.max_retention <= site.jurisdiction.cap:
        return row
    note = f"the file says {format_duration(site.max_retention)}; {site.jurisdiction.source}"
    return Row(row.key, row.value, Origin.CAPPED, row.line, note)


def _zone(settings: Settings, zone: ZoneSettings) -> Iterator[Row]:
    key = ("zones", zone.id)
    yield _row(settings, (*key, "kind"), zone.kind.value)
    bound = settings.bound_for(zone.id)
    row = _row(settings, (*key, "retention"), format_duration(bound.period))
    if bound.rule is not LimitRule.ZONE:
        note = f"the file says {format_duration(zone.retention)}; the {bound.rule.value} is shorter"
        row = Row(row.key, row.value, Origin.CAPPED, row.line, note)
    yield row
    yield _row(settings, (*key, "min_retention"), format_duration(zone.min_retention))


def _camera(settings: Settings, camera: CameraSettings) -> Iterator[Row]:
    key = ("cameras", camera.id)
    yield _row(settings, (*key, "zone"), camera.zone)
    yield _row(settings, (*key, "purpose"), camera.purpose)
    kind, address = ("onvif", camera.onvif) if camera.onvif else ("rtsp", camera.rtsp)
    yield _row(settings, (*key, kind), address or "")
    yield _row(settings, (*key, "credential"), camera.credential or "none")
    if camera.onvif:
        yield _row(settings, (*key, "profile"), camera.profile or "the camera's first")
    yield _row(settings, (*key, "transport"), camera.transport.value)
    windows = len(camera.schedule.windows) if camera.schedule else 0
    yield _row(settings, (*key, "schedule"), f"{windows} window{'s' if windows > 1 else ''}" if windows else "always")
    yield _row(settings, (*key, "masks"), f"{len(camera.masks)} polygons" if camera.masks else "none")
    yield _row(settings, (*key, "location"), camera.location or "none")
