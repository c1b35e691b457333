"""ONVIF: which profiles a device has, where the stream of one is, and what the device says of itself.

Owns all use of onvif-zeep.  Imported only where a camera is named by `onvif`.  A device's address for the stream is
believed, its credentials are not: any user name inside it is dropped.

Finding ONVIF cameras on the local network by WS-Discovery.

Owns all use of wsdiscovery.  Asks by multicast and connects to nothing; what a device says of itself is text from
a stranger and is cleaned before anybody sees it.

The stream address of a camera: as given, or asked of the camera itself over ONVIF.

Asks again at every call, since cameras change their addresses.  zeep costs 0.4 s to load and loads only where a camera
is named by `onvif`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

import requests
from onvif import ONVIFCamera, ONVIFError
from wsdiscovery import QName
from wsdiscovery.discovery import ThreadedWSDiscovery
from zeep.transports import Transport

from cctv.cameras.errors import (
    CameraDown,
    CameraFailed,
    CameraRefused,
    CameraSilent,
    CameraUnauthorised,
    CameraUnreachable,
    CredentialMissing,
    ProfileUnknown,
)
from cctv.cameras.rtsp import StreamAddress, tcp_ping
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings
from cctv.core.clock import Clock, SystemClock
from cctv.core.secrets import without_secrets

WAIT = timedelta(seconds=3)  # devices spread their answers over half a second; the probe is sent several times

_CAMERA_TYPE = ("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")
_SCOPE = "onvif://www.onvif.org/"
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A device that answered: its host, what to write as `onvif`, and what it calls itself."""

    host: str
    onvif: str
    name: str
    hardware: str


def discover_cameras(wait: timedelta = WAIT) -> list[FoundCamera]:
    """Every device that answers within the wait, by address.  Blocks that long."""
    # The library logs what it cannot send or parse; none of that is a person's business here.
    logging.getLogger("threading").addHandler(logging.NullHandler())

    asking = ThreadedWSDiscovery()
    asking.start()
    try:
        answers = asking.searchServices(types=[QName(*_CAMERA_TYPE)], timeout=wait.total_seconds())
    finally:
        asking.stop()
    found = {
        camera
        for one in answers
        if (camera := found_camera(one.getXAddrs(), (scope.getValue() for scope in one.getScopes())))
    }
    log.debug("network.searched", extra={"cameras": len(found), "seconds": wait})
    return sorted(found, key=lambda camera: (_order(camera.host), camera.onvif))


def found_camera(addresses: Iterable[str], scopes: Iterable[str]) -> FoundCamera | None:
    """What an answer says; None for one without an address that could be used.  Pure."""
    usable = [parts for one in addresses if (parts := _parts(one)) is not None]
    if not usable:
        return None
    chosen = min(usable, key=lambda parts: (":" in (parts.hostname or ""), parts.scheme != "https"))  # IPv4, then https
    said = {kind: text for scope in scopes for kind, text in [_scope(scope)]}
    plain = chosen.netloc.removesuffix(":80") if chosen.scheme == "http" else f"https://{chosen.netloc}"
    return FoundCamera(chosen.hostname or "", plain, said.get("name", ""), said.get("hardware", ""))


def _parts(address: str) -> SplitResult | None:
    """An address that cameras.toml would take as `onvif`."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return None
    return parts if usable and _plain(address) == address else None


def _plain(text: str) -> str:
    shown = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(shown.split())


def _scope(scope: str) -> tuple[str, str]:
    kind, _, text = scope.removeprefix(_SCOPE).partition("/") if scope.startswith(_SCOPE) else ("", "", "")
    return kind, _plain(unquote(text))[:_LONGEST]


def _order(host: str) -> tuple[int, int, str]:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return 99, 0, host
    return address.version, int(address), host


Untyped: TypeAlias = Any  # onvif-zeep and what it makes of a device's answers have no types

_HTTP_PORTS = {"http": 80, "https": 443}
_RECORDING_SERVICE = "http://www.onvif.org/ver10/recording/wsdl"
_RECORDABLE = ("H264", "H265", "HEVC")
_CLOCK_TIMEOUT = timedelta(seconds=1)  # a recording waits for the answer, and does not need it
_UNAUTHORISED = ("notauthorized", "not authorized", "unauthorized", "401", "authority failure", "sender not authorized")


@dataclass(frozen=True, slots=True)
class Profile:
    """A stream that a device offers."""

    token: str
    name: str
    codec: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What a device says of itself; None where it does not say."""

    model: str | None = None
    firmware: str | None = None
    clock_offset: timedelta | None = None  # its clock less ours; it tells whole seconds
    records_on_board: bool | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The RTSP address of a profile, and the device's clock less ours, None where that was not asked or not told."""

    url: str
    clock_offset: timedelta | None


def ask_stream_address(
    camera: CameraSettings, credential: Credential | None, timeout: timedelta, clock: Clock | None = None
) -> Answer:
    """Where the camera's profile is and, asked after that with a `clock`, how far its own is off; raises CameraDown."""

    try:
        device = _connect(camera, credential, timeout)
        media = device.create_media_service()
        chosen = choose(camera, [_profile(one) for one in media.GetProfiles()])
        wanted = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        answer = media.GetStreamUri({"StreamSetup": wanted, "ProfileToken": chosen.token})
    except ONVIFError as error:
        raise _told(camera, str(error), timeout) from None  # its chain may hold the request
    return Answer(_without_user(str(answer.Uri)), _ask_clock(device, clock) if clock else None)


def ask_device(camera: CameraSettings, credential: Credential | None, timeout: timedelta, clock: Clock) -> DeviceFacts:
    """What the device says of itself.  Never raises for a device that leaves a question open: that fact is None."""

    def answer(ask: Callable[[], Untyped]) -> Untyped:
        try:
            return ask()
        except ONVIFError:
            return None

    if (device := answer(lambda: _connect(camera, credential, timeout))) is None:
        return DeviceFacts()
    offset = _ask_clock(device, clock)
    about = answer(device.devicemgmt.GetDeviceInformation)
    scopes = answer(device.devicemgmt.GetScopes)
    services = answer(lambda: device.devicemgmt.GetServices({"IncludeCapability": False}))
    return DeviceFacts(
        model=f"{about.Manufacturer} {about.Model}" if about else None,
        firmware=str(about.FirmwareVersion) if about else None,
        clock_offset=offset,
        records_on_board=records_on_board(
            [str(one.ScopeItem) for one in scopes or ()], [str(one.Namespace) for one in services or ()]
        ),
    )


def records_on_board(scopes: Iterable[str], services: Sequence[str]) -> bool | None:
    """Whether a device can record on itself (Profile G), None where it names neither its profiles nor its services.

    "No" takes both lists: many a camera with a memory card declares no profile G.
    """
    profiles = [scope.rsplit("/", 1)[-1].upper() for scope in scopes if "/profile/" in scope.casefold()]
    if "G" in profiles or _RECORDING_SERVICE in services:
        return True
    return False if profiles and services else None


def _ask_clock(device: Untyped, clock: Clock) -> timedelta | None:
    """The device's clock less ours; None, and never an error, for one that does not tell a time soon."""

    usual, device.transport.operation_timeout = device.transport.operation_timeout, _CLOCK_TIMEOUT.total_seconds()
    before = clock.now()
    try:
        said = device.devicemgmt.GetSystemDateAndTime()
    except ONVIFError:
        return None
    finally:
        device.transport.operation_timeout = usual
    return _offset(said, before + (clock.now() - before) / 2)


def _offset(said: Untyped, ours: datetime) -> timedelta | None:
    utc = getattr(said, "UTCDateTime", None)
    day, time = getattr(utc, "Date", None), getattr(utc, "Time", None)
    if day is None or time is None:
        return None
    try:
        theirs = datetime(day.Year, day.Month, day.Day, time.Hour, time.Minute, min(time.Second, 59), tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):  # a part is left out (None), or it is no date
        return None
    # Whole seconds, cut off: on average it is half a second later than it says.
    return theirs + timedelta(seconds=0.5) - ours


def choose(camera: CameraSettings, profiles: Sequence[Profile]) -> Profile:
    """The profile that `profile` names by token or name, else the largest; raises ProfileUnknown."""
    usable = [one for one in profiles if one.codec.upper() in _RECORDABLE]
    if camera.profile is not None:
        usable = [one for one in usable if camera.profile in (one.token, one.name)]
    if not usable:
        known = ", ".join(f"{one.name} ({one.codec} {one.width}x{one.height})" for one in profiles) or "none"
        raise ProfileUnknown(camera=camera.id, profile=camera.profile or "at all", known=known)
    return max(usable, key=lambda one: one.width * one.height)


def _connect(camera: CameraSettings, credential: Credential | None, timeout: timedelta) -> Untyped:
    address = camera.onvif
    assert address is not None
    # basicConfig() of the library would print zeep's log on our stderr; a root that has a handler is left alone.
    if not logging.getLogger().handlers:
        logging.getLogger().addHandler(logging.NullHandler())

    parts = urlsplit(address if "://" in address else f"http://{address}")
    seconds = timeout.total_seconds()
    session = requests.Session()
    session.trust_env = False  # a proxy of the environment never stands between a site and its cameras
    transport: Untyped = Transport(session=session, timeout=seconds, operation_timeout=seconds)  # type: ignore[no-untyped-call]
    return ONVIFCamera(
        f"{parts.scheme}://{parts.hostname}",
        parts.port or _HTTP_PORTS[parts.scheme],
        credential.username if credential else "",
        credential.password if credential else "",
        no_cache=True,
        transport=transport,
    )


def _profile(said: Untyped) -> Profile:
    encoder = said.VideoEncoderConfiguration
    if encoder is None:
        return Profile(said.token, str(said.Name), "none", 0, 0)
    size = encoder.Resolution
    return Profile(said.token, str(said.Name), str(encoder.Encoding), int(size.Width), int(size.Height))


def _told(camera: CameraSettings, said: str, timeout: timedelta) -> CameraDown:
    """zeep and requests tell kinds of failure apart by text only, once onvif-zeep has wrapped them."""
    lower = said.lower()
    named = {"camera": camera.id, "address": camera.onvif}
    if any(sign in lower for sign in _UNAUTHORISED):
        return CameraUnauthorised(**named, credential=camera.credential or "(none is named)")
    if "connection refused" in lower:
        return CameraRefused(**named)
    if "timed out" in lower or "timeout" in lower:
        return CameraSilent(**named, seconds=f"{timeout.total_seconds():.0f}")
    if "connection aborted" in lower or "connection reset" in lower:
        return CameraUnreachable(**named, detail="it broke the connection off")
    if "max retries" in lower or "name or service" in lower or "unreachable" in lower or "no route" in lower:
        return CameraUnreachable(**named, detail="no connection")
    detail = without_secrets(" ".join(said.removeprefix("Unknown error: ").split()))[:200].rstrip(".")
    return CameraFailed(camera=camera.id, detail=f"ONVIF answers: {detail}")


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


log = logging.getLogger(__name__)

ONVIF_TIMEOUT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class ReachedAddress:
    """Where a camera's stream is, and its own clock less ours: None for plain RTSP, or where it does not say."""

    address: StreamAddress
    clock_offset: timedelta | None


def reach_camera(
    camera: CameraSettings,
    credentials: Mapping[str, Credential],
    *,
    timeout: timedelta = ONVIF_TIMEOUT,
    clock: Clock | None = None,
) -> ReachedAddress:
    """As `stream_address`, and in the same conversation how far the camera's own clock is off.

    What goes wrong with the second costs the first nothing but, once, a second of waiting.
    """
    credential = _credential(camera, credentials)
    if camera.rtsp is not None:
        return ReachedAddress(StreamAddress(camera.rtsp, camera.transport, credential), None)
    assert camera.onvif is not None
    log.debug("camera.asked", extra={"camera": camera.id, "method": "onvif"})
    tcp_ping(camera, camera.onvif)  # zeep takes half a second of processor time before it finds out

    said = ask_stream_address(camera, credential, timeout, clock or SystemClock())
    return ReachedAddress(StreamAddress(said.url, camera.transport, credential), said.clock_offset)


def stream_address(
    camera: CameraSettings, credentials: Mapping[str, Credential], *, timeout: timedelta = ONVIF_TIMEOUT
) -> StreamAddress:
    """Where the camera's stream is now.  Blocks on the network for a camera named by `onvif`; raises CameraDown."""
    credential = _credential(camera, credentials)
    if camera.rtsp is not None:
        return StreamAddress(camera.rtsp, camera.transport, credential)

    return StreamAddress(ask_stream_address(camera, credential, timeout).url, camera.transport, credential)


def device_facts(camera: CameraSettings, credentials: Mapping[str, Credential], clock: Clock) -> DeviceFacts | None:
    """What the camera says of itself over ONVIF; None for one that is named by `rtsp`.  Blocks on the network."""
    if camera.onvif is None:
        return None

    return ask_device(camera, _credential(camera, credentials), ONVIF_TIMEOUT, clock)


def _credential(camera: CameraSettings, credentials: Mapping[str, Credential]) -> Credential | None:
    if camera.credential is None:
        return None
    if camera.credential not in credentials:
        raise CredentialMissing(camera=camera.id, credential=camera.credential)
    return credentials[camera.credential]
