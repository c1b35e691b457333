"""ONVIF: the stream address of a camera, what the device reports about itself, and discovery on the local network.

Responsible for all use of onvif-zeep and wsdiscovery.  The address is requested again at every call, since cameras
change their addresses.  A device's stream address is trusted, its credentials are not: a user name inside it is
dropped.  Discovery asks by multicast and connects to nothing; what a device reports is untrusted text and is cleaned
before it is shown.
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
from cctv.core.text import hidden_sign, without_secrets

log = logging.getLogger(__name__)

Untyped: TypeAlias = Any  # onvif-zeep and what it makes of a device's answers have no types
DISCOVERY_WAIT = timedelta(seconds=3)  # devices spread their answers over 0.5 s; the probe is sent several times
ONVIF_TIMEOUT = timedelta(seconds=5)
_CLOCK_TIMEOUT = timedelta(seconds=1)  # a recording waits for the answer, and does not need it
_CAMERA_TYPE = ("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")
_SCOPE = "onvif://www.onvif.org/"
_MAX_LABEL_LENGTH = 60
_HTTP_PORTS = {"http": 80, "https": 443}
_RECORDING_SERVICE = "http://www.onvif.org/ver10/recording/wsdl"
_RECORDABLE = ("H264", "H265", "HEVC")
_UNAUTHORISED = ("notauthorized", "not authorized", "unauthorized", "401", "authority failure", "sender not authorized")


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A device that answered: its host, what to write as `onvif`, and what it calls itself."""

    host: str
    onvif: str
    name: str
    hardware: str


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
    """What a device reports about itself; None for what it does not report."""

    model: str | None = None
    firmware: str | None = None
    clock_offset: timedelta | None = None  # its clock less ours; it reports whole seconds
    records_on_board: bool | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The RTSP address of a profile, and the device's clock less ours, None if not requested or not reported."""

    url: str
    clock_offset: timedelta | None


@dataclass(frozen=True, slots=True)
class ReachedAddress:
    """Where a camera's stream is, and its own clock less ours: None for plain RTSP, or where it does not report one."""

    address: StreamAddress
    clock_offset: timedelta | None


def stream_address(
    camera: CameraSettings, credentials: Mapping[str, Credential], *, timeout: timedelta = ONVIF_TIMEOUT
) -> StreamAddress:
    """Where the camera's stream is now.  Blocks on the network for a camera named by `onvif`; raises CameraDown."""
    credential = _credential(camera, credentials)
    if camera.rtsp is not None:
        return StreamAddress(camera.rtsp, camera.transport, credential)
    return StreamAddress(ask_stream_address(camera, credential, timeout).url, camera.transport, credential)


def reach_camera(
    camera: CameraSettings,
    credentials: Mapping[str, Credential],
    *,
    timeout: timedelta = ONVIF_TIMEOUT,
    clock: Clock | None = None,
) -> ReachedAddress:
    """As `stream_address`, and in the same conversation how far the camera's own clock is off.

    A failure to read the clock costs the address nothing but a second of waiting.
    """
    credential = _credential(camera, credentials)
    if camera.rtsp is not None:
        return ReachedAddress(StreamAddress(camera.rtsp, camera.transport, credential), None)
    assert camera.onvif is not None
    log.debug("camera.asked", extra={"camera": camera.id, "method": "onvif"})
    tcp_ping(camera, camera.onvif)  # zeep takes half a second of processor time before it fails
    answer = ask_stream_address(camera, credential, timeout, clock or SystemClock())
    return ReachedAddress(StreamAddress(answer.url, camera.transport, credential), answer.clock_offset)


def device_facts(camera: CameraSettings, credentials: Mapping[str, Credential], clock: Clock) -> DeviceFacts | None:
    """Return what the camera reports about itself over ONVIF; None for one named by `rtsp`.  Blocks on the network."""
    if camera.onvif is None:
        return None
    return ask_device(camera, _credential(camera, credentials), ONVIF_TIMEOUT, clock)


def discover_cameras(wait: timedelta = DISCOVERY_WAIT) -> list[FoundCamera]:
    """Return every device that answers within `wait`, sorted by address.  Blocks that long."""
    # The library logs what it cannot send or parse; none of that is of use to a user.
    logging.getLogger("threading").addHandler(logging.NullHandler())
    discovery = ThreadedWSDiscovery()
    discovery.start()
    try:
        answers = discovery.searchServices(types=[QName(*_CAMERA_TYPE)], timeout=wait.total_seconds())
    finally:
        discovery.stop()
    cameras = {
        camera
        for answer in answers
        if (camera := found_camera(answer.getXAddrs(), (scope.getValue() for scope in answer.getScopes())))
    }
    log.debug("network.searched", extra={"cameras": len(cameras), "seconds": wait})
    return sorted(cameras, key=lambda camera: (_sort_key(camera.host), camera.onvif))


def found_camera(addresses: Iterable[str], scopes: Iterable[str]) -> FoundCamera | None:
    """Parse the answer of a device; None for one without a usable address.  Pure."""
    usable = [parts for address in addresses if (parts := _usable_parts(address)) is not None]
    if not usable:
        return None
    chosen = min(usable, key=lambda parts: (":" in (parts.hostname or ""), parts.scheme != "https"))  # IPv4, then https
    labels = {kind: text for scope in scopes for kind, text in [_scope(scope)]}
    plain = chosen.netloc.removesuffix(":80") if chosen.scheme == "http" else f"https://{chosen.netloc}"
    return FoundCamera(chosen.hostname or "", plain, labels.get("name", ""), labels.get("hardware", ""))


def ask_stream_address(
    camera: CameraSettings, credential: Credential | None, timeout: timedelta, clock: Clock | None = None
) -> Answer:
    """The address of the camera's profile and, with a `clock`, how far its own clock is off; raises CameraDown."""
    try:
        device = _connect(camera, credential, timeout)
        media = device.create_media_service()
        chosen = choose(camera, [_profile(profile) for profile in media.GetProfiles()])
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        answer = media.GetStreamUri({"StreamSetup": setup, "ProfileToken": chosen.token})
    except ONVIFError as error:
        raise _fault_of_text(camera, str(error), timeout) from None  # its chain may hold the request
    return Answer(_without_user(str(answer.Uri)), _ask_clock(device, clock) if clock else None)


def ask_device(camera: CameraSettings, credential: Credential | None, timeout: timedelta, clock: Clock) -> DeviceFacts:
    """What the device reports about itself; a fact that it does not answer is None, and never an error."""

    def answer(ask: Callable[[], Untyped]) -> Untyped:
        try:
            return ask()
        except ONVIFError:
            return None

    if (device := answer(lambda: _connect(camera, credential, timeout))) is None:
        return DeviceFacts()
    offset = _ask_clock(device, clock)
    information = answer(device.devicemgmt.GetDeviceInformation)
    scopes = answer(device.devicemgmt.GetScopes)
    services = answer(lambda: device.devicemgmt.GetServices({"IncludeCapability": False}))
    return DeviceFacts(
        model=f"{information.Manufacturer} {information.Model}" if information else None,
        firmware=str(information.FirmwareVersion) if information else None,
        clock_offset=offset,
        records_on_board=records_on_board(
            [str(scope.ScopeItem) for scope in scopes or ()], [str(service.Namespace) for service in services or ()]
        ),
    )


def choose(camera: CameraSettings, profiles: Sequence[Profile]) -> Profile:
    """The profile that `profile` names by token or name, else the largest; raises ProfileUnknown."""
    usable = [profile for profile in profiles if profile.codec.upper() in _RECORDABLE]
    if camera.profile is not None:
        usable = [profile for profile in usable if camera.profile in (profile.token, profile.name)]
    if not usable:
        offered = [f"{profile.name} ({profile.codec} {profile.width}x{profile.height})" for profile in profiles]
        labels = ", ".join(offered) or "none"
        raise ProfileUnknown(camera=camera.id, profile=camera.profile or "at all", known=labels)
    return max(usable, key=lambda profile: profile.width * profile.height)


def records_on_board(scopes: Iterable[str], services: Sequence[str]) -> bool | None:
    """Whether a device can record on itself (Profile G), None where it names neither its profiles nor its services.

    False needs both lists: many a camera with a memory card declares no profile G.
    """
    profiles = [scope.rsplit("/", 1)[-1].upper() for scope in scopes if "/profile/" in scope.casefold()]
    if "G" in profiles or _RECORDING_SERVICE in services:
        return True
    return False if profiles and services else None


def _ask_clock(device: Untyped, clock: Clock) -> timedelta | None:
    """The device's clock less ours; None, and never an error, for one that reports no time soon."""
    timeout, device.transport.operation_timeout = device.transport.operation_timeout, _CLOCK_TIMEOUT.total_seconds()
    asked_at = clock.now()
    try:
        reply = device.devicemgmt.GetSystemDateAndTime()
    except ONVIFError:
        return None
    finally:
        device.transport.operation_timeout = timeout
    return _offset(reply, asked_at + (clock.now() - asked_at) / 2)


def _offset(reply: Untyped, site_time: datetime) -> timedelta | None:
    utc = getattr(reply, "UTCDateTime", None)
    day, time = getattr(utc, "Date", None), getattr(utc, "Time", None)
    if day is None or time is None:
        return None
    try:
        device_time = datetime(day.Year, day.Month, day.Day, time.Hour, time.Minute, min(time.Second, 59), tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):  # a part is left out (None), or it is no date
        return None
    # Whole seconds, cut off: on average it is half a second later than reported.
    return device_time + timedelta(seconds=0.5) - site_time


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


def _profile(profile: Untyped) -> Profile:
    encoder = profile.VideoEncoderConfiguration
    if encoder is None:
        return Profile(profile.token, str(profile.Name), "none", 0, 0)
    size = encoder.Resolution
    return Profile(profile.token, str(profile.Name), str(encoder.Encoding), int(size.Width), int(size.Height))


def _fault_of_text(camera: CameraSettings, text: str, timeout: timedelta) -> CameraDown:
    """The error for a message: onvif-zeep wraps those of zeep and requests, which then differ by text only."""
    lower = text.lower()
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
    detail = without_secrets(" ".join(text.removeprefix("Unknown error: ").split()))[:200].rstrip(".")
    return CameraFailed(camera=camera.id, detail=f"ONVIF answers: {detail}")


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _credential(camera: CameraSettings, credentials: Mapping[str, Credential]) -> Credential | None:
    if camera.credential is None:
        return None
    if camera.credential not in credentials:
        raise CredentialMissing(camera=camera.id, credential=camera.credential)
    return credentials[camera.credential]


def _usable_parts(address: str) -> SplitResult | None:
    """Split an address that cameras.toml accepts as `onvif`; None for any other."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return None
    return parts if usable and _printable(address) == address else None


def _printable(text: str) -> str:
    shown = "".join(sign if sign.isprintable() and hidden_sign(sign) is None else " " for sign in text)
    return " ".join(shown.split())


def _scope(scope: str) -> tuple[str, str]:
    kind, _, text = scope.removeprefix(_SCOPE).partition("/") if scope.startswith(_SCOPE) else ("", "", "")
    return kind, _printable(unquote(text))[:_MAX_LABEL_LENGTH]


def _sort_key(host: str) -> tuple[int, int, str]:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return 99, 0, host
    return address.version, int(address), host
