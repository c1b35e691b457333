"""The shape of cameras.toml, each setting declared once: its key, type, default and help text.

Reading (loader.py), `cctv config show` (explain.py) and the tables of docs/cameras-toml.md (scripts/docgen) all
follow from the fields below.  Frozen; made by loader.py only, never written back.  Never holds a password.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from datetime import date, timedelta
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cctv.config import fields
from cctv.config.errors import CameraUnknown, KeyPath, ZoneUnknown
from cctv.config.fields import section, setting
from cctv.core.i18n import USUAL, Language
from cctv.model.access import Role
from cctv.model.compliance import Permission, ProcessingRole
from cctv.model.ids import CameraId, ZoneId, typed_name
from cctv.model.legal import Area, Jurisdiction, ZoneKind

REFUSED_BEYOND = timedelta(days=400)  # no camera law knows such a period; a slip, or the terms of a rented photo booth
_YEAR = timedelta(days=365)
_FOR_CUSTOMER = 'required where `role` is `"processor"`, and only there'
_CLAIM_LAPSES = 5 * _YEAR  # of damage (BE: article 2262bis of the old Civil Code, NL: 3:310 BW)


class Transport(Enum):
    """What carries RTP."""

    TCP = "tcp"
    UDP = "udp"


class TwoPersonAct(Enum):
    """An act that may ask for a second person."""

    HOLD_RELEASE = "hold.release"
    EXPORT_UNREDACTED = "export.unredacted"
    REDACTION_APPROVE = "redaction.approve"
    REQUEST_ANSWER = "request.answer"
    FOOTAGE_VIEW = "footage.view"
    POLICY_CHANGE = "policy.change"
    GRANT_CHANGE = "grant.change"
    FOOTAGE_DESTROY = "footage.destroy"
    INDEX_REPLACE = "index.replace"


# What a site where more accounts than one may act should ask two persons for.
SEVERAL_DECIDE = (
    TwoPersonAct.HOLD_RELEASE,
    TwoPersonAct.EXPORT_UNREDACTED,
    TwoPersonAct.POLICY_CHANGE,
    TwoPersonAct.GRANT_CHANGE,
    TwoPersonAct.FOOTAGE_DESTROY,
    TwoPersonAct.INDEX_REPLACE,
)


class SecondFactorUse(Enum):
    """What an account may have to prove by a code of its own, beside its login."""

    VIEW = "view"
    EXPORT = "export"
    RELEASE = "release"
    DISCLOSURE = "disclosure"


class EnvelopeWindow(Enum):
    """Where the window of the site's envelopes is."""

    LEFT = "left"
    RIGHT = "right"


class LimitRule(Enum):
    """Which bound decided a limit."""

    ZONE = "zone"
    SITE_CAP = "site cap"
    JURISDICTION_CAP = "jurisdiction cap"


@dataclass(frozen=True, slots=True)
class Limit:
    """The period that a zone runs at, and the bound that decided it."""

    period: timedelta
    rule: LimitRule


def retention_limit(declared: timedelta, site_cap: timedelta, jurisdiction: Jurisdiction) -> Limit:
    """The shortest of what a zone declares, the site allows and the law allows; of equals, the first in that order.

    Never lengthens a period, and has no exception: holds are applied elsewhere.
    """
    bounds = (
        Limit(declared, LimitRule.ZONE),
        Limit(site_cap, LimitRule.SITE_CAP),
        Limit(jurisdiction.cap, LimitRule.JURISDICTION_CAP),
    )
    return min(bounds, key=lambda bound: bound.period)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSettings:
    """[site]"""

    name: str = setting(fields.TEXT, "the site's name, for letters and pages")
    timezone: ZoneInfo = setting(
        fields.TIMEZONE, 'IANA name, `"Europe/Brussels"`; what people type without an offset means this zone'
    )
    jurisdiction: Jurisdiction = setting(
        fields.choice(Jurisdiction), "the law that applies, which sets the cap and the authority: {choices}"
    )
    language: Language = setting(
        fields.choice(Language), "of letters, pages and what the casework commands print: {choices}", USUAL
    )
    storage: Path = setting(fields.STORAGE, "directory of footage, index and log; not `/`")
    max_retention: timedelta = setting(
        fields.DURATION,
        "nothing is kept longer without a hold, whatever a zone says",
        derive=lambda values, site: values["jurisdiction"].cap,
        default_help="the jurisdiction's cap",
    )
    role: ProcessingRole = setting(
        fields.choice(ProcessingRole),
        "whose cameras these are: the site's own, or a customer's for whom it records, with a section [processor] "
        "(Article 28 GDPR): {choices}",
        ProcessingRole.CONTROLLER,
    )


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """[recording]"""

    segment: timedelta = setting(fields.DURATION, "length of one media file, `1s` to `1h`", timedelta(seconds=60))
    reserve_fraction: float = setting(
        fields.RESERVE,
        'free share of the disk, `"1%"` to `"50%"`, below which recording makes room or stops',
        0.05,
        key="reserve",
    )


def _min_retention(values: Mapping[str, timedelta], site: SiteSettings) -> timedelta:
    return min(timedelta(hours=72), retention_limit(values["retention"], site.max_retention, site.jurisdiction).period)


@dataclass(frozen=True, slots=True)
class ZoneSettings:
    """[zones.ID]; `retention` is as declared, `Settings.limit_for` is what it runs at."""

    id: ZoneId
    kind: ZoneKind = setting(fields.choice(ZoneKind), "class of place: {choices}")
    retention: timedelta = setting(
        fields.DURATION, "longest ordinary keeping time, counted from the first frame of a segment"
    )
    min_retention: timedelta = setting(
        fields.DURATION,
        "a full disk may take footage of this age; nothing younger",
        derive=_min_retention,
        default_help='`"72h"`, or the whole period of a zone that keeps less',
    )


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """[cameras.ID]; exactly one of `onvif` and `rtsp` is set."""

    id: CameraId
    zone: ZoneId = setting(fields.TEXT, "name of a zone above")
    purpose: str = setting(
        fields.TEXT, "why this camera records, as the registers and answers will say it; no purpose, no recording"
    )
    onvif: str | None = setting(
        fields.ONVIF,
        "host, `host:port` or `http(s)://` address of the camera",
        None,
        default_help="one of `onvif`, `rtsp`",
        applies=lambda camera: camera.onvif is not None,
    )
    rtsp: str | None = setting(
        fields.RTSP,
        "`rtsp://` or `rtsps://` address of the stream, without user name or password",
        None,
        default_help="one of `onvif`, `rtsp`",
        applies=lambda camera: camera.rtsp is not None,
    )
    credential: str | None = setting(fields.TEXT, "name of a credential, see below", None)
    profile: str | None = setting(
        fields.TEXT,
        "token of an ONVIF media profile",
        None,
        default_help="the largest H.264 or H.265 one",
        absent="the camera's first",
        applies=lambda camera: camera.onvif is not None,
    )
    transport: Transport = setting(fields.choice(Transport), "what carries the stream: {choices}", Transport.TCP)
    allow_basic: bool = setting(
        fields.FLAG,
        "whether the password may go to this camera unencrypted (Basic); Digest and `rtsps://` never need this",
        default=False,
    )
    fill_gaps: bool = setting(
        fields.FLAG,
        "whether gaps are filled from the camera's own card (ONVIF Profile G), within the zone's limits",
        default=False,
        applies=lambda camera: camera.onvif is not None,
    )
    schedule: fields.Schedule | None = setting(  # None records always
        fields.SCHEDULE,
        "list of windows in which it records, local time; outside it the camera is not recorded",
        None,
        default_help="always",
        absent="always",
    )
    masks: tuple[fields.Polygon, ...] = setting(
        fields.MASKS,
        "list of polygons that are hidden, each of three or more points `[x, y]` in percent of the picture from its "
        "top left corner; see [Masks](#masks)",
        (),
    )
    renamed_from: tuple[CameraId, ...] = setting(
        fields.CAMERAS,
        'every name that the same device was recorded under before, `["gevel-1"]`: holds, requests and incidents that '
        "name it go on under this one",
        (),
    )
    location: str | None = setting(
        fields.TEXT, 'where it hangs, for the camera register: `"above the door, Kerkstraat"`', None
    )

    @property
    def host(self) -> str:
        """The address or name of the device, without its port; an IPv6 address without brackets."""
        address = self.rtsp or self.onvif or ""
        return urlsplit(address if "://" in address else f"//{address}").hostname or ""


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """[policy]; `forget_*`: how long after its end a register's entry names people.

    Then the sweep erases their names and all free text.  Why so long (articles of the GDPR):
    requests, complaints: whether one is repetitive (Article 12(5)) and how it was handled can be answered for a year.
    incidents, with the reasons of their holds: insurer and police have a file of their own by then.
    disclosures: who asked for footage on which order, while it may be claimed that it was wrong.
    breaches: the documentation that the authority may verify (Article 33(5)).
    processors: who answered for what (Article 28), while damage may be claimed (Article 82).
    grants: why an account was given or lost a permission; the account itself stays in the log.
    checks: who signed for the workstations.
    """

    two_person: frozenset[TwoPersonAct] = setting(
        fields.choices(TwoPersonAct),
        "acts that need a second person: {choices}; that is whatever ends a hold (`cctv hold release`, "
        "`incident settle`, `request close`, `request lift`, `request withdraw`, `disclosure end`, `request scope` "
        "that frees footage, `request answer` that gives nothing), `cctv disclosure approve`, `cctv redaction "
        "approve`, every other `cctv request answer` that ends a hold, `cctv footage show` and `extract`, `cctv config "
        "adopt` and `retention adopt`, `cctv grant give`, `withdraw`, `deputy` and `exception`, `cctv factor reset`, "
        "what destroys (an erasure, `cctv footage delete`, `cctv site close`, `cctv retention accept-sweep` and "
        "`accept-clock`), and what goes on after another index, log or holds took the place of those that were proved "
        "(`cctv restore --replace`, `cctv hold confirm`, `cctv audit accept`); "
        "[two persons](accountability.md#two-persons)",
        frozenset({TwoPersonAct.HOLD_RELEASE, TwoPersonAct.EXPORT_UNREDACTED}),
        default_help="the first two",
    )
    approvers: tuple[fields.Approver, ...] = setting(
        fields.APPROVERS,
        'people elsewhere who may be the second person by a signed text, with the public key of each: `{ "An Peeters" '
        '= "ssh-ed25519 AAAA..." }`; [by mail](accountability.md#a-second-person-elsewhere)',
        (),
        default_help="none",
    )
    granted_only: frozenset[Permission] = setting(
        fields.choices(Permission),
        "permissions that an account has by a grant only (`cctv grant`): {choices}; all of them where there are "
        "[roles]",
        frozenset(),
    )
    second_factor: frozenset[SecondFactorUse] = setting(
        fields.choices(SecondFactorUse),
        "acts that ask for a code of the account's own second factor ([second-factor.md](second-factor.md)): {choices}",
        frozenset(),
    )
    area: Area = setting(fields.choice(Area), "where processors and third parties may be: {choices}", Area.EU)
    least_visible: float = setting(
        fields.PERCENTAGE,
        "share of the frames with the requester in the picture in which a copy must show them, "
        '`"0%"` to `"100%"`; under it `cctv redaction approve` asks why',
        0.8,
    )
    forget_requests: timedelta = setting(
        fields.DURATION,
        "how long after it was closed a request still names its people; an erasure forgets them at once",
        _YEAR,
    )
    forget_complaints: timedelta = setting(fields.DURATION, "the same of a complaint", _YEAR)
    forget_incidents: timedelta = setting(
        fields.DURATION,
        "of an incident, from when it was settled; [what registers forget](accountability.md#what-registers-forget)",
        _YEAR,
    )
    forget_disclosures: timedelta = setting(fields.DURATION, "of a disclosure, from when it was ended", _CLAIM_LAPSES)
    forget_breaches: timedelta = setting(fields.DURATION, "of a breach, from when it was closed", _CLAIM_LAPSES)
    forget_processors: timedelta = setting(
        fields.DURATION, "of a processor, from the end of its engagement", _CLAIM_LAPSES
    )
    forget_grants: timedelta = setting(fields.DURATION, "of a grant, from when it was withdrawn", _CLAIM_LAPSES)
    forget_checks: timedelta = setting(fields.DURATION, "of a check of the workstations, from its day", 2 * _YEAR)


@dataclass(frozen=True, slots=True)
class RolesSettings:
    """[roles]; which groups of this machine have which role ([roles.md](roles.md)).  Without it one person does all."""

    operator: tuple[str, ...] = setting(fields.GROUPS, "groups of those who run the machine, and see nobody", ())
    staff: tuple[str, ...] = setting(fields.GROUPS, "of those who report incidents and take requests in", ())
    handler: tuple[str, ...] = setting(fields.GROUPS, "of those who prepare answers and disclosures", ())
    decider: tuple[str, ...] = setting(
        fields.GROUPS,
        "of those who decide and approve for the controller, and give grants",
        (),
        default_help="required where the section stands",
    )
    dpo: tuple[str, ...] = setting(
        fields.GROUPS, "of the data protection officer, who advises and audits (Article 39 GDPR)", ()
    )
    auditor: tuple[str, ...] = setting(fields.GROUPS, "of those who read registers and the log", ())

    @property
    def groups(self) -> Mapping[Role, tuple[str, ...]]:
        """The groups of every role, none of a role that nobody has."""
        return {role: getattr(self, role.value) for role in Role}

    @property
    def is_set(self) -> bool:
        """Whether accounts are told apart; else one person does all."""
        return any(self.groups.values())


@dataclass(frozen=True, slots=True)
class CredentialsSettings:
    """[credentials]; where camera passwords are."""

    file: Path | None = setting(fields.PATH, "path of the credentials file", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsSettings:
    """[alerts]; who is notified when something is wrong, by which mail host; `state` remembers what was sent."""

    mail: str | None = setting(fields.MAIL, "mail address that gets the alarms", None)
    sender: str = setting(
        fields.MAIL,
        "address that they come from",
        derive=lambda values, site: values.get("mail", ""),
        default_help="the same as `mail`",
    )
    smtp: fields.MailHost = setting(
        fields.MAIL_HOST,
        "mail host that takes mail from this machine, `host` or `host:port`; without user name and password",
        fields.MailHost("localhost", fields.SMTP_PORT),
    )
    command: tuple[str, ...] = setting(
        fields.COMMAND, "program and arguments; it gets the alarms as JSON on standard input", ()
    )
    webhook: str | None = setting(fields.WEBHOOK, "`https://` address to which the same JSON is posted", None)
    webhook_credential: str | None = setting(
        fields.TEXT,
        "name of a credential for it: `username` is the name of a header, `password` what it says",
        None,
    )
    state: Path = setting(
        fields.PATH,
        "file that remembers what was told; outside the storage",
        Path("/var/lib/cctv-notify/alarms.json"),
    )

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways of notification, as text; empty where there are none."""
        mail = (f"mail to {self.mail}",) if self.mail else ()
        command = (f"the command {self.command[0]}",) if self.command else ()
        return (*mail, *command, *((f"the webhook of {self.webhook_host}",) if self.webhook else ()))

    @property
    def webhook_host(self) -> str:
        """The host of the webhook: its path may be a secret.  Empty without one."""
        return urlsplit(self.webhook or "").netloc


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """[audit]; where signed checkpoints of the audit log go that the account of the services cannot rewrite.

    `cctv notify run` sends both, by the mail host of [alerts].
    """

    mail: str | None = setting(
        fields.MAIL,
        "mail address that gets the latest signed checkpoint once a week: the data protection officer's",
        None,
    )
    timestamp: str | None = setting(
        fields.TIMESTAMP,
        "address of a server that stamps the first checkpoint of each day with the time (RFC 3161)",
        None,
    )
    timestamp_ca: Path | None = setting(
        fields.PATH, "file with the certificates (PEM) that its stamps are verified against; required with it", None
    )

    @property
    def is_set(self) -> bool:
        """Whether checkpoints go anywhere."""
        return self.mail is not None or self.timestamp is not None


@dataclass(frozen=True, slots=True)
class BackupSettings:
    """[backup]; the public halves of the recovery keys, where back-ups go, how long they stay, when one is due.

    `longest`: an erasure is answered within a month (Article 12(3) GDPR), and a back-up names whom the registers have
    forgotten since.  `rehearse_after`: twice a year, as often as audits ask whether a back-up can be restored.
    """

    recipients: tuple[str, ...] = setting(
        fields.RECIPIENTS,
        'public halves of the recovery keys, `["age1..."]`; each of them alone opens a back-up. The private half is '
        "refused",
        (),
        default_help="none: no back-ups",
    )
    warn_after: timedelta = setting(
        fields.DURATION, "`cctv status` warns when the last back-up is older", timedelta(days=8)
    )
    folder: Path | None = setting(
        fields.PATH,
        "folder on another disk to which `cctv backup` without DIR writes, and the timer cctv-backup each night",
        None,
    )
    keep: fields.BackupsKept = setting(
        fields.KEPT,
        "which back-ups stay in their folder: the last of each of so many days, weeks and months that have one; the "
        "newest always",
        fields.BackupsKept(daily=7, weekly=5, monthly=0),
        default_help="`{ daily = 7, weekly = 5, monthly = 0 }`",
    )
    longest: timedelta = setting(
        fields.DURATION,
        "a back-up that is older goes whatever `keep` says, for it names people whom the registers may have forgotten; "
        "at most the shortest `forget_*` of [policy]",
        timedelta(days=31),
    )
    rehearse_after: timedelta = setting(
        fields.DURATION,
        "`cctv status` advises to rehearse a restore when the last rehearsal is older",
        timedelta(days=183),
    )


@dataclass(frozen=True, slots=True)
class ControllerSettings:
    """[controller]; who answers for the cameras (Article 4(7) GDPR), as letters say it; None is not given yet.

    On a site that records for a customer, it is the customer.
    """

    name: str | None = setting(fields.TEXT, 'its full name: `"Cultuurcentrum De Grote Post vzw"`', None)
    address: tuple[str, ...] = setting(fields.ADDRESS, "list of one to four lines, without the name", ())
    mail: str | None = setting(fields.MAIL, "mail address for everything", None)
    phone: str | None = setting(fields.TEXT, "telephone number", None)
    dpo: str | None = setting(
        fields.TEXT,
        "where people write about their data: the data protection officer, or whoever has that task",
        None,
    )
    signatory: str | None = setting(fields.TEXT, "the person who signs", None)
    public_body: bool = setting(
        fields.FLAG,
        "`true` for a public body; in the Netherlands another remedy is then open (Article 34 UAVG)",
        False,
    )


def _for_customer(table: ProcessorSettings) -> bool:
    return table.name is not None


@dataclass(frozen=True, slots=True)
class ProcessorSettings:
    """[processor]; who records for the controller, and by which contract; only where [site] `role` is `"processor"`."""

    name: str | None = setting(
        fields.TEXT,
        'full name of who records: `"Camerazorg nv"`',
        None,
        applies=_for_customer,
        default_help=_FOR_CUSTOMER,
    )
    address: tuple[str, ...] = setting(
        fields.ADDRESS,
        "list of one to four lines, without the name",
        (),
        applies=_for_customer,
        default_help=_FOR_CUSTOMER,
    )
    mail: str | None = setting(fields.MAIL, "its mail address", None, applies=_for_customer, default_help=_FOR_CUSTOMER)
    signatory: str | None = setting(
        fields.TEXT,
        "the person who signs its letters, in the name of the controller too",
        None,
        applies=_for_customer,
        default_help=_FOR_CUSTOMER,
    )
    contract: str | None = setting(
        fields.TEXT,
        'reference of the contract with the instructions (Article 28(3) GDPR): `"2026/014, annex 2"`',
        None,
        applies=_for_customer,
        default_help=_FOR_CUSTOMER,
    )
    contract_date: date | None = setting(
        fields.DAY, "its date: `2026-01-15`", None, applies=_for_customer, default_help=_FOR_CUSTOMER
    )
    country: str | None = setting(
        fields.TEXT,
        'the country in which it records, two letters of ISO 3166: `"BE"`; inside `[policy] area`',
        None,
        default_help="that of `[site] jurisdiction`",
        absent="that of [site] jurisdiction",
        applies=_for_customer,
    )
    dpo: str | None = setting(
        fields.TEXT,
        "its own data protection officer, for its register (Article 30(2) GDPR)",
        None,
        applies=_for_customer,
    )
    breaches: str | None = setting(
        fields.MAIL,
        "where the controller is told of a breach (Article 33(2) GDPR)",
        None,
        default_help="`mail` of [controller]",
        absent="mail of [controller]",
        applies=_for_customer,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersSettings:
    """[letters]; how letters look."""

    templates: Path | None = setting(
        fields.PATH, "folder of [own templates](letters.md#own-templates), which win over the built-in ones", None
    )
    window: EnvelopeWindow = setting(
        fields.choice(EnvelopeWindow),
        "where the window of the envelopes is: {choices}",
        derive=lambda values, site: (
            EnvelopeWindow.RIGHT if site.jurisdiction is Jurisdiction.BE else EnvelopeWindow.LEFT
        ),
        default_help='`"right"` in BE, `"left"` in NL',
    )
    words: Mapping[str, Mapping[Language, str]] = setting(
        fields.TRANSLATIONS,
        "purposes of cameras and services of processors in other languages, by their own words",
        derive=lambda values, site: MappingProxyType({}),
        default_help="none",
    )


@dataclass(frozen=True, slots=True)
class RedactionSettings:
    """[redaction]; how people are found in footage that leaves."""

    detector: Path | None = setting(
        fields.PATH,
        "ONNX file of [a model of your own](redaction.md#a-model-of-your-own) that finds people",
        None,
        default_help="the model that comes with the program",
        absent="the model that comes with the program",
    )


@dataclass(frozen=True, slots=True)
class SettingSource:
    """The file that the settings came from, and the line of each key in it."""

    path: Path
    lines: Mapping[KeyPath, int]
    file_keys: frozenset[KeyPath]  # keys that the file has; the others are defaults

    def line(self, key: tuple[str | int, ...]) -> int | None:
        """The line of a key, else of the nearest section or key around it; None where the file has none of them."""
        names = tuple(str(part) for part in key)
        return next((self.lines[names[:end]] for end in range(len(names), 0, -1) if names[:end] in self.lines), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of cameras.toml, checked; paths are absolute."""

    site: SiteSettings = section(SiteSettings, required=True)
    recording: RecordingSettings = section(RecordingSettings)
    zones: Mapping[ZoneId, ZoneSettings] = section(ZoneSettings, ZoneId)
    cameras: Mapping[CameraId, CameraSettings] = section(CameraSettings, CameraId)
    policy: PolicySettings = section(PolicySettings)
    roles: RolesSettings = section(RolesSettings)
    credentials: CredentialsSettings = section(CredentialsSettings)
    alerts: AlertsSettings = section(AlertsSettings)
    audit: AuditSettings = section(AuditSettings)
    backup: BackupSettings = section(BackupSettings)
    controller: ControllerSettings = section(ControllerSettings)
    processor: ProcessorSettings = section(ProcessorSettings)
    letters: LettersSettings = section(LettersSettings)
    redaction: RedactionSettings = section(RedactionSettings)
    source: SettingSource = field(compare=False, repr=False)

    @property
    def for_customer(self) -> bool:
        """Whether the site records for another controller, which [controller] names, as its processor."""
        return self.site.role is ProcessingRole.PROCESSOR

    @property
    def granted_only(self) -> frozenset[Permission]:
        """What an account may do by a grant only: with [roles] everything that a grant is for."""
        return frozenset(Permission) if self.roles.is_set else self.policy.granted_only

    def camera(self, name: str) -> CameraSettings:
        """A camera by the name that a person typed; raises CameraUnknown."""
        if (camera := self.cameras.get(CameraId(typed_name(name)))) is not None:
            return camera
        names: list[str] = list(self.cameras)
        following = fields.suggestion(name, names) or "use one of those names, or add the camera to cameras.toml."
        raise CameraUnknown(camera=name, known=", ".join(names) or "none", following=following)

    def successor(self, name: CameraId) -> CameraId | None:
        """The camera that a device is called today which was recorded under this name; None where none says so."""
        return next((camera.id for camera in self.cameras.values() if name in camera.renamed_from), None)

    def zone(self, name: str) -> ZoneSettings:
        """A zone by the name that a person typed; raises ZoneUnknown."""
        if (zone := self.zones.get(ZoneId(typed_name(name)))) is not None:
            return zone
        names: list[str] = list(self.zones)
        following = fields.suggestion(name, names) or "use one of those names, or add the zone to cameras.toml."
        raise ZoneUnknown(zone=name, known=", ".join(names) or "none", following=following)

    def bound_for(self, zone: ZoneId) -> Limit:
        """The period that a zone runs at and the bound that decided it."""
        return retention_limit(self.zone(zone).retention, self.site.max_retention, self.site.jurisdiction)

    def limit_for(self, zone: ZoneId) -> timedelta:
        """The period that a zone runs at."""
        return self.bound_for(zone).period

    @property
    def backups_longest(self) -> timedelta:
        """How old a back-up may become: what [backup] says, and no longer than any register names people."""
        names = [item.name for item in fields_of(PolicySettings) if item.name.startswith("forget_")]
        periods: list[timedelta] = [getattr(self.policy, name) for name in names]
        return min(self.backup.longest, *periods)

    @property
    def policy_text(self) -> str:
        """Every zone's limit and both caps, in seconds, and the cameras' masks as canonical JSON: a policy version.

        Footage keeps the masks that it was recorded under, so that one removed later still hides what it hid.
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
        """Hex SHA-256 of `policy_text`."""
        return hashlib.sha256(self.policy_text.encode()).hexdigest()


def _seconds(period: timedelta) -> int:
    return period // timedelta(seconds=1)
