"""The cameras of `cctv init`: found or named, signed in to, shown coarsely, and asked about.

Each camera is sent at most two passwords, since many lock an account after three.  A camera that gives no picture is
kept where it only cannot be reached, and left out where it refuses the password.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from cctv.cameras.check import Checkup, check_cameras
from cctv.cameras.errors import CameraRefused, CameraUnauthorised, CameraUnreachable
from cctv.cameras.onvif import FoundCamera, discover_cameras
from cctv.cameras.probe import png_of
from cctv.cli.context import CommandContext, ask_yes_or_no
from cctv.cli.options import OptionRefused, chosen, typed_password
from cctv.cli.output import console, echo, table
from cctv.cli.views.camera_check import described, print_blocks
from cctv.config.credentials import Credential, read_credentials
from cctv.config.errors import BadValue
from cctv.config.schema import CameraSettings
from cctv.core.clock import iso
from cctv.core.errors import UsageError
from cctv.model.ids import CameraId, ZoneId
from cctv.model.legal import ZoneKind, forbidden_place
from cctv.setup.answers import CameraAnswer, address_of, camera_name, check_camera, named_camera

SHARED = "cameras"  # name of the credential that most cameras share
_MOST_ASKED_ABOUT = 8  # with more, the zone is asked once and only corrections are
_MOST_PASSWORDS = 2


class AnswersMissing(UsageError):
    """Nobody can be asked here, and these are not given: {options}.

    next: give them, with `--yes` for what is proposed of the rest; or type it on a terminal.
    """


@dataclass(frozen=True, slots=True)
class CameraWishes:
    """What the options say about cameras: names to what is said of them."""

    addresses: Sequence[tuple[str | None, str]] = ()
    discover: bool = True
    zones: Mapping[str, ZoneKind] = field(default_factory=dict)
    locations: Mapping[str, str] = field(default_factory=dict)
    on_the_road: frozenset[str] = frozenset()
    credentials: Mapping[str, Credential] = field(default_factory=dict)  # `SHARED` is that of the others
    stills: Path | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A camera that is not in cameras.toml, and why."""

    address: str
    why: str


@dataclass(frozen=True, slots=True)
class CameraRound:
    """What came of it: the cameras, the credentials that they name, who was left out, whose picture was shown when."""

    cameras: tuple[CameraAnswer, ...]
    credentials: Mapping[str, Credential]
    left_out: tuple[LeftOut, ...]
    shown: tuple[tuple[str, str], ...]
    checkups: Mapping[str, Checkup]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A camera before it is one of cameras.toml."""

    name: str
    address: str
    sender: str = ""
    credential: str | None = None
    tries: int = 0
    checkup: Checkup | None = None

    @property
    def settings(self) -> CameraSettings:
        where = address_of(self.address)
        onvif, rtsp = where.get("onvif"), where.get("rtsp")
        return CameraSettings(
            CameraId(self.name), ZoneId("new"), "new", onvif=onvif, rtsp=rtsp, credential=self.credential
        )

    @property
    def is_refused(self) -> bool:
        return self.checkup is not None and isinstance(self.checkup.fault, CameraUnauthorised)

    @property
    def elsewhere(self) -> str | None:
        """The address that it answered discovery from, where it names another one; None where it does not."""
        parts = urlsplit(self.address if "://" in self.address else f"//{self.address}")
        if not self.sender or self.sender == parts.hostname or parts.scheme.startswith("rtsp"):
            return None
        host = f"[{self.sender}]" if ":" in self.sender else self.sender
        scheme = f"{parts.scheme}://" if parts.scheme else ""
        return f"{scheme}{host}{f':{parts.port}' if parts.port else ''}"


class CameraDialog:
    """One round of questions; without `asks` the wishes decide all of it."""

    def __init__(self, context: CommandContext, wishes: CameraWishes, *, zone: ZoneKind, asks: bool) -> None:
        self._context, self._wishes, self._zone, self._asks = context, wishes, zone, asks
        self._credentials: dict[str, Credential] = dict(wishes.credentials)
        self._left_out: list[LeftOut] = []
        self._shown: list[tuple[str, str]] = []

    def run(self) -> CameraRound:
        """Find, sign in, ask.  Raises BadValue for wishes that cannot be met."""
        candidates = self._signed_in(self._candidates())
        cameras = self._answers(candidates)
        kept = {camera.credential for camera in cameras}
        return CameraRound(
            tuple(cameras),
            {name: credential for name, credential in self._credentials.items() if name in kept},
            tuple(self._left_out),
            tuple(self._shown),
            {candidate.name: candidate.checkup for candidate in candidates if candidate.checkup},
        )

    def credentials_again(self, cameras: Sequence[CameraAnswer], missing: set[str]) -> dict[str, Credential]:
        """Credentials of an interrupted run, which kept none: asked for, and tried on the first camera of each.

        Raises AnswersMissing where nobody can be asked, and CameraUnauthorised after the second wrong password.
        """
        if not self._asks:
            raise AnswersMissing(options="--user, --password-file")
        for name in sorted(missing):
            first = next(camera for camera in cameras if camera.credential == name)
            camera = _Candidate(first.name, first.address)
            while not camera.tries or (camera.is_refused and camera.tries < _MOST_PASSWORDS):
                if camera.tries:
                    self._say_refused(camera)
                self._ask_credential(name, "the cameras" if name == SHARED else name)
                if name not in self._credentials:
                    continue
                camera = self._checked([replace(camera, credential=name)], shows=False)[0]
            if camera.is_refused and camera.checkup is not None and camera.checkup.fault is not None:
                raise camera.checkup.fault
        return {name: self._credentials[name] for name in missing}

    def _candidates(self) -> list[_Candidate]:
        """Those that are named by options, and those that answered and were chosen."""
        named = [(name, address, "", "") for name, address in self._wishes.addresses]
        if self._wishes.discover:
            echo("Looking for cameras on this network (WS-Discovery)...", err=True)
            answered = self._wanted(discover_cameras())
            named += [(None, camera.onvif, camera.name, camera.sender) for camera in answered]
        if self._asks:
            named += [(name, address, "", "") for name, address in _typed_addresses()]
        candidates: list[_Candidate] = []
        for name, address, told, sender in named:
            if word := forbidden_place(told):
                self._leave_out(address, f'it calls itself after a place that no camera may watch ("{word}")')
            elif all(candidate.address != address for candidate in candidates):
                taken = [candidate.name for candidate in candidates] + [name for name, *_ in named if name]
                candidates.append(_Candidate(name or camera_name(told, taken), address, sender))
        return candidates

    def _wanted(self, answered: Sequence[FoundCamera]) -> list[FoundCamera]:
        if not answered:
            echo("No camera answered. Is ONVIF on in it, and is it on this network segment?", err=True)
        if not answered or not self._asks:
            return list(answered)
        rows = [
            (str(number), camera.onvif, camera.name or "-", camera.hardware or "-")
            for number, camera in enumerate(answered, 1)
        ]
        console(self._context.environ).print(table(("", "onvif", "name", "hardware"), rows))
        while True:
            typed = click.prompt("Which of them (all, none, or numbers such as 1,3-5)", default="all", err=True)
            try:
                return [answered[number - 1] for number in chosen(str(typed), len(answered))]
            except BadValue as bad:
                _say_again(bad)

    def _signed_in(self, candidates: list[_Candidate]) -> list[_Candidate]:
        """Each with what it sends; those that refuse the password twice, or the only one that there is, left out."""
        if not candidates:
            return []
        if self._asks and SHARED not in self._credentials:
            self._ask_credential(SHARED, "the cameras")
        candidates = [replace(camera, credential=self._credential_of(camera)) for camera in candidates]
        if self._asks:  # one camera tries the password, so that a wrong one locks no other
            first = self._tried(candidates[:1])[0]
            if first.is_refused and first.credential is not None:
                self._say_refused(first)
                self._ask_credential(SHARED, "the cameras")
                first = self._tried([replace(first, credential=self._credential_of(first))])[0]
            others = [replace(camera, credential=self._credential_of(camera)) for camera in candidates[1:]]
            candidates = [first, *self._tried(others)]
        else:
            candidates = self._tried(candidates)
        return [again for camera in candidates if (again := self._sure_of(camera)) is not None]

    def _sure_of(self, camera: _Candidate) -> _Candidate | None:
        """The camera once its password is right, None where it is left out."""
        while camera.is_refused and self._asks and camera.tries < _MOST_PASSWORDS:
            self._say_refused(camera)
            if not ask_yes_or_no(f"Another user or password for {camera.name} ({camera.address})?"):
                break
            self._ask_credential(camera.name, camera.name)
            camera = self._tried([replace(camera, credential=self._credential_of(camera))])[0]
        if camera.is_refused:
            self._leave_out(camera.address, "it refuses the user name or password")
            return None
        return camera

    def _tried(self, candidates: Sequence[_Candidate]) -> list[_Candidate]:
        if candidates:
            echo(f"Asking {len(candidates)} camera{'s' if len(candidates) > 1 else ''} for a picture...", err=True)
        shows = self._asks or self._wishes.stills is not None
        results = self._checked(candidates, shows=shows)
        moved = [camera for camera in results if _is_away(camera) and camera.elsewhere]
        for camera in self._checked(
            [replace(camera, address=camera.elsewhere or "", sender="") for camera in moved], shows=shows
        ):
            if not _is_away(camera):
                old = next(result for result in results if result.name == camera.name)
                echo(f"note: {camera.name} names the address {old.address} and is at {camera.address}", err=True)
                results[results.index(old)] = camera
        return results

    def _checked(self, candidates: Sequence[_Candidate], *, shows: bool) -> list[_Candidate]:
        settings = [camera.settings for camera in candidates]
        checkups = check_cameras(settings, self._credentials, self._context.clock, with_blocks=shows)
        return [
            replace(camera, checkup=checkup, tries=camera.tries + (camera.credential is not None))
            for camera, checkup in zip(candidates, checkups, strict=True)
        ]

    def _credential_of(self, camera: _Candidate) -> str | None:
        return next((name for name in (camera.name, SHARED) if name in self._credentials), None)

    def _ask_credential(self, name: str, whose: str) -> None:
        user = click.prompt(
            f"User name of {whose} (empty: none is asked for)", default="", show_default=False, err=True
        )
        if not str(user).strip():
            self._credentials.pop(name, None)
            return
        self._credentials[name] = Credential(str(user).strip(), typed_password(None, whose, asks=True))

    def _answers(self, candidates: Sequence[_Candidate]) -> list[CameraAnswer]:
        drafts = [self._draft(camera) for camera in candidates]
        if self._asks and len(drafts) > _MOST_ASKED_ABOUT:
            return self._corrected(drafts, candidates)
        cameras: list[CameraAnswer] = []
        for draft, candidate in zip(drafts, candidates, strict=True):
            self._show(draft, candidate)
            if not self._asks:
                check_camera(draft, cameras)
                cameras.append(draft)
            elif (camera := ask_about(draft, cameras)) is not None:
                self._rename_shown(draft.name, camera.name)
                cameras.append(camera)
            else:
                self._leave_out(draft.address, "not wanted")
        return cameras

    def _draft(self, camera: _Candidate) -> CameraAnswer:
        return CameraAnswer(
            camera.name,
            self._wishes.zones.get(camera.name, self._zone),
            credential=camera.credential,
            location=self._wishes.locations.get(camera.name),
            sees_road=camera.name in self._wishes.on_the_road,
            bit_rate=camera.checkup.facts.bit_rate if camera.checkup and camera.checkup.facts else None,
            **address_of(camera.address),
        )

    def _corrected(self, drafts: list[CameraAnswer], candidates: Sequence[_Candidate]) -> list[CameraAnswer]:
        """Many cameras: all of them as proposed, but those whose numbers are typed."""
        out: set[int] = set()
        while True:
            rows = [
                (str(number), draft.name, draft.address, draft.kind.value, "yes" if draft.sees_road else "no", "")
                if number not in out
                else (str(number), draft.name, draft.address, "-", "-", "left out")
                for number, draft in enumerate(drafts, 1)
            ]
            console(self._context.environ).print(table(("", "camera", "address", "zone", "road", ""), rows))
            typed = str(
                click.prompt("Numbers to change (empty: all is right)", default="", show_default=False, err=True)
            )
            if not typed.strip():
                return [draft for number, draft in enumerate(drafts, 1) if number not in out]
            try:
                numbers = chosen(typed, len(drafts))
            except BadValue as bad:
                _say_again(bad)
                continue
            for number in numbers:
                draft = drafts[number - 1]
                self._show(draft, candidates[number - 1])
                others = [other for other in drafts if other is not draft]
                camera = ask_about(draft, others)
                out = out | {number} if camera is None else out - {number}
                drafts[number - 1] = camera or draft
                self._rename_shown(draft.name, drafts[number - 1].name)

    def _show(self, draft: CameraAnswer, candidate: _Candidate) -> None:
        """What it sends, and its coarse picture, which goes into the audit log once there is one."""
        checkup = candidate.checkup
        if checkup is None:
            return
        echo("", err=True)
        echo(f"{draft.name}  {draft.address}  {described(checkup)}", err=True)
        if checkup.blocks is None:
            return
        if self._asks:
            print_blocks(console(self._context.environ), checkup.blocks)
        if self._wishes.stills is not None and not self._context.dry_run:
            disk = self._context.make_disk()
            disk.make_directory(self._wishes.stills)
            disk.write(self._wishes.stills / f"{draft.name}.png", png_of(checkup.blocks), mode=0o600)
        self._shown.append((draft.name, iso(self._context.now)))

    def _rename_shown(self, old: str, new: str) -> None:
        """The log will have the picture under the name that the camera got after it was shown."""
        self._shown = [(new if name == old else name, at) for name, at in self._shown]

    def _say_refused(self, camera: _Candidate) -> None:
        echo(f"{camera.name} ({camera.address}) refuses this user name or password.", err=True)

    def _leave_out(self, address: str, why: str) -> None:
        self._left_out.append(LeftOut(address, why))
        echo(f"Left out: {address}: {why}.", err=True)


def ask_about(draft: CameraAnswer, others: Sequence[CameraAnswer]) -> CameraAnswer | None:
    """The camera as a person wants it, each answer checked when it is typed; None where it is not wanted."""
    plain = replace(draft, location=None, sees_road=False)
    while True:
        name = str(click.prompt("  Name (or none: leave it out)", default=draft.name, err=True)).strip().casefold()
        if name == "none":
            return None
        if _may_be(plain := replace(plain, name=name), others):
            break
    while True:
        where = str(
            click.prompt(
                "  Where it hangs and what it watches (empty: not said)",
                default=draft.location or "",
                show_default=bool(draft.location),
                err=True,
            )
        ).strip()
        if _may_be(located := replace(plain, location=where or None), others):
            break
    kinds = click.Choice([kind.value for kind in ZoneKind])
    while True:
        kind = click.prompt("  Zone", default=draft.kind.value, type=kinds, show_choices=False, err=True)
        road = ask_yes_or_no("  Is the public road in its picture?")
        if _may_be(camera := replace(located, kind=ZoneKind(kind), sees_road=road), others):
            return camera


def _may_be(camera: CameraAnswer, others: Sequence[CameraAnswer]) -> bool:
    """Whether a camera may be so; the reason is told where it may not."""
    try:
        check_camera(camera, others)
    except BadValue as bad:
        _say_again(bad)
        return False
    return True


def wishes_of(options: Mapping[str, Any], *, asks: bool) -> CameraWishes:
    """What the options of `cctv init` say about cameras; raises OptionRefused, AnswersMissing, CredentialsRefused."""
    addresses = [named_camera(text) for text in options["cameras"]]
    try:
        for _, address in addresses:
            address_of(address)
    except BadValue as bad:
        raise OptionRefused(option="--camera", problem=bad.what, allowed=bad.allowed) from bad
    kinds = [kind.value for kind in ZoneKind]
    zones = dict(_pair("--zone-of", text) for text in options["zone_of"])
    if unknown := set(zones.values()) - set(kinds):
        raise OptionRefused(option="--zone-of", problem=f'"{min(unknown)}" is no zone', allowed=", ".join(kinds))
    return CameraWishes(
        addresses=addresses,
        discover=not options["no_discovery"] and (asks or not addresses),
        zones={name: ZoneKind(kind) for name, kind in zones.items()},
        locations=dict(_pair("--location", text) for text in options["location"]),
        on_the_road=frozenset(options["road"]),
        credentials=_given_credentials(options, asks=asks),
        stills=options["stills"],
    )


def _given_credentials(options: Mapping[str, Any], *, asks: bool) -> dict[str, Credential]:
    file, user, password_file = options["credentials_file"], options["user"], options["password_file"]
    credentials = dict(read_credentials(file)) if file is not None else {}
    if user is None:
        if password_file is not None:
            raise AnswersMissing(options="--user")
        return credentials
    return {**credentials, SHARED: Credential(user, typed_password(password_file, "the cameras", asks=asks))}


def _pair(option: str, text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise OptionRefused(option=option, problem=f'"{text}" has no =', allowed="NAME=VALUE")
    return name.strip(), value.strip()


def _typed_addresses() -> list[tuple[str | None, str]]:
    """Addresses that are typed one by one until an empty line."""
    addresses: list[tuple[str | None, str]] = []
    while True:
        typed = str(
            click.prompt("Address of another camera (empty: no more)", default="", show_default=False, err=True)
        )
        if not typed.strip():
            return addresses
        name, address = named_camera(typed)
        try:
            address_of(address)
        except BadValue as bad:
            _say_again(bad)
        else:
            addresses.append((name, address))


def _is_away(camera: _Candidate) -> bool:
    fault = camera.checkup.fault if camera.checkup else None
    return isinstance(fault, CameraUnreachable | CameraRefused)


def _say_again(bad: BadValue) -> None:
    echo(f"  {bad.what}. Allowed: {bad.allowed}", err=True)
