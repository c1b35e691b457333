"""The checked settings, as every other room sees them.

Owns their shape.  Frozen, made by load.py only, never written back.  Never holds a password.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

from cctv.config.errors import CameraUnknown, ZoneUnknown
from cctv.config.forgetting import Forgetting
from cctv.config.limits import Limit, retention_limit
from cctv.config.locate import KeyPath
from cctv.config.schedule import Schedule
from cctv.config.values import Polygon, suggestion
from cctv.model.accountability import Permission
from cctv.model.countries import Area
from cctv.model.ids import CameraId, ZoneId
from cctv.model.jurisdiction import Jurisdiction
from cctv.model.language import Language
from cctv.model.zones import ZoneKind


class Transport(Enum):
    """What carries RTP."""

    TCP = "tcp"
    UDP = "udp"


class TwoPersonAct(Enum):
    """An act that may ask for a second person."""

    HOLD_RELEASE = "hold.release"
    EXPORT_UNREDACTED = "export.unredacted"
    REDACTION_APPROVE = "redaction.approve"


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """The site."""

    name: str
    timezone: ZoneInfo
    jurisdiction: Jurisdiction
    language: Language
    storage: Path  # absolute
    max_retention: timedelta


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """How footage is cut and how much of the disk stays free."""

    segment: timedelta
    reserve_fraction: float  # of the disk


@dataclass(frozen=True, slots=True)
class ZoneSettings:
    """A place class; `retention` is as declared, `Settings.limit_for` is what it runs at."""

    id: ZoneId
    kind: ZoneKind
    retention: timedelta
    min_retention: timedelta


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """A camera; exactly one of `onvif` and `rtsp` is set."""

    id: CameraId
    zone: ZoneId
    purpose: str
    onvif: str | None = None
    rtsp: str | None = None
    credential: str | None = None
    profile: str | None = None
    transport: Transport = Transport.TCP
    schedule: Schedule | None = None  # None records always
    masks: tuple[Polygon, ...] = ()
    location: str | None = None  # where it hangs, for the camera register


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """Which acts need two people, which need a grant, where processors may be, how long registers name people."""

    two_person: frozenset[TwoPersonAct]
    granted_only: frozenset[Permission] = frozenset()
    area: Area = Area.EU
    forget: Forgetting = field(default_factory=Forgetting)


@dataclass(frozen=True, slots=True)
class CredentialsSettings:
    """Where camera passwords are; absolute."""

    file: Path | None


@dataclass(frozen=True, slots=True)
class AlertsSettings:
    """Whom to tell when something is wrong, by which mail host, and where is remembered what was told; absolute."""

    mail: str | None
    sender: str
    smtp_host: str
    smtp_port: int
    command: tuple[str, ...]
    state: Path

    @property
    def ways(self) -> tuple[str, ...]:
        """By what somebody is told, in words; empty where nobody is."""
        mail = (f"mail to {self.mail}",) if self.mail else ()
        return (*mail, f"the command {self.command[0]}") if self.command else mail


@dataclass(frozen=True, slots=True)
class BackupSettings:
    """The public halves of the recovery keys that back-ups are encrypted to, and after how long one is late."""

    recipients: tuple[str, ...]
    warn_after: timedelta


class EnvelopeWindow(Enum):
    """Where the window of the site's envelopes is."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class ControllerSettings:
    """Who answers for the cameras (Article 4(7) GDPR), as letters say it; None is not given yet."""

    name: str | None
    address: tuple[str, ...]
    mail: str | None
    phone: str | None
    dpo: str | None
    signatory: str | None
    public_body: bool


@dataclass(frozen=True, slots=True)
class LettersSettings:
    """How letters look: a folder of own templates (absolute), the envelope's window, own words in other languages."""

    templates: Path | None
    window: EnvelopeWindow
    words: Mapping[str, Mapping[Language, str]]


@dataclass(frozen=True, slots=True)
class Source:
    """The file that the settings came from, and the line of each key in it."""

    path: Path
    lines: Mapping[KeyPath, int]
    given: frozenset[KeyPath]  # keys that the file has; the others are defaults


@dataclass(frozen=True, slots=True)
class Settings:
    """All of cameras.toml, checked."""

    site: SiteSettings
    recording: RecordingSettings
    zones: Mapping[ZoneId, ZoneSettings]
    cameras: Mapping[CameraId, CameraSettings]
    policy: PolicySettings
    credentials: CredentialsSettings
    alerts: AlertsSettings
    backup: BackupSettings
    controller: ControllerSettings
    letters: LettersSettings
    source: Source = field(compare=False, repr=False)

    def camera(self, name: str) -> CameraSettings:
        """A camera by the name that a person typed; raises CameraUnknown."""
        if (found := self.cameras.get(CameraId(name))) is not None:
            return found
        known: list[str] = list(self.cameras)
        following = suggestion(name, known) or "use one of those names, or add the camera to cameras.toml."
        raise CameraUnknown(camera=name, known=", ".join(known) or "none", following=following)

    def zone(self, name: str) -> ZoneSettings:
        """A zone by the name that a person typed; raises ZoneUnknown."""
        if (found := self.zones.get(ZoneId(name))) is not None:
            return found
        known: list[str] = list(self.zones)
        following = suggestion(name, known) or "use one of those names, or add the zone to cameras.toml."
        raise ZoneUnknown(zone=name, known=", ".join(known) or "none", following=following)

    def bound_for(self, zone: ZoneId) -> Limit:
        """The period that a zone runs at and the bound that decided it."""
        return retention_limit(self.zone(zone).retention, self.site.max_retention, self.site.jurisdiction)

    def limit_for(self, zone: ZoneId) -> timedelta:
        """The period that a zone runs at."""
        return self.bound_for(zone).period

    @property
    def policy_text(self) -> str:
        """Every zone's limit and both caps, in seconds, and the cameras' masks as canonical JSON: a policy version.

        Footage keeps the masks that it was recorded under, so that one taken away later still hides what it hid.
        """
        zones = {
            name: {
                "declared": _seconds(zone.retention),
                "limit": _seconds(self.limit_for(name)),
                "min": _seconds(zone.min_retention),
                "rule": self.bound_for(name).rule.value,
            }
            for name, zone in self.zones.items()
        }
        caps = {
            "jurisdiction": self.site.jurisdiction.value,
            "jurisdiction_cap": _seconds(self.site.jurisdiction.cap),
            "site_cap": _seconds(self.site.max_retention),
        }
        masks = {name: camera.masks for name, camera in self.cameras.items() if camera.masks}
        text = {"caps": caps, "zones": zones} | ({"masks": masks} if masks else {})
        return json.dumps(text, sort_keys=True, separators=(",", ":"))

    @property
    def policy_digest(self) -> str:
        """SHA-256 of `policy_text`; a changed policy has another."""
        return hashlib.sha256(self.policy_text.encode()).hexdigest()


def _seconds(period: timedelta) -> int:
    return period // timedelta(seconds=1)
