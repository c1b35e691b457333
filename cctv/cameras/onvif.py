"""ONVIF: the stream address of a camera, what the device reports about itself, and discovery on the local network.

Responsible for what is asked of onvif-zeep (`cctv.cameras.soap` carries it), and for wsdiscovery.  The address is
requested again at every call, since cameras change theirs.  Of a stream's address the scheme, port and path count; its
host is the configured one, and a user name inside it is dropped.  What a device answers ends nothing but its own
conversation.  Discovery asks by multicast and connects to nothing; what a device reports is untrusted text and is
cleaned before it is shown.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any, TypeAlias
from urllib.parse import SplitResult, quote, unquote, urlsplit

from wsdiscovery import QName
from wsdiscovery.discovery import ThreadedWSDiscovery
from zeep.exceptions import Error as ZeepError

from cctv.cameras.connection import connect_to
from cctv.cameras.errors import (
    CameraDown,
    CameraFailed,
    CameraUnauthorised,
    ClockRefused,
    CredentialMissing,
    ProfileUnknown,
)
from cctv.cameras.rtsp import StreamAddress
from cctv.cameras.soap import Device, DeviceTransport, device_address
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings
from cctv.core.clock import Clock, SystemClock
from cctv.core.errors import CctvError
from cctv.core.text import hidden_sign, without_secrets

log = logging.getLogger(__name__)

Untyped: TypeAlias = Any  # onvif-zeep and what it makes of a device's answers have no types
DISCOVERY_WAIT = timedelta(seconds=3)  # devices spread their answers over 0.5 s; the probe is sent several times
ONVIF_TIMEOUT = timedelta(seconds=5)
_CLOCK_TIMEOUT = timedelta(seconds=1)  # a recording waits for the answer, and does not need it
_CAMERA_TYPE = ("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")
_SCOPE = "onvif://www.onvif.org/"
_MAX_LABEL_LENGTH = 60
_STREAM_SCHEMES = ("rtsp", "rtsps")
_STREAM = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL)
_PORT = re.compile(r":([0-9]{1,5})")
_MAX_ADDRESS_LENGTH = 2048
_RECORDING_SERVICE = "http://www.onvif.org/ver10/recording/wsdl"
_RECORDABLE = ("H264", "H265", "HEVC")
_UNAUTHORISED = (
    "notauthorized",
    "not authorized",
    "unauthorized",
    "401",
    "authority failure",
    "failedauthentication",
    "security token could not be authenticated",
)
_OUT_OF_DATE = ("messageexpired", "message expired", "message has expired", "time check failed", "created time")


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
    return reach_camera(camera, credentials, timeout=timeout).address


def reach_camera(
    camera: CameraSettings,
    credentials: Mapping[str, Credential],
    *,
    timeout: timedelta = ONVIF_TIMEOUT,
    clock: Clock | None = None,
) -> ReachedAddress:
    """As `stream_address`, and in the same conversation how far the camera's own clock is off.

    It is asked first, for the device checks the date of the sign-in by it.  Raises CameraDown for whatever it answers;
    a failure to read the clock costs a second of waiting and no more.
    """
    credential = _credential(camera, credentials)
    if camera.rtsp is not None:
        return ReachedAddress(StreamAddress(camera.rtsp, camera.transport, credential), None)
    assert camera.onvif is not None
    log.debug("camera.asked", extra={"camera": camera.id, "method": "onvif"})
    # zeep takes half a second of processor time before it fails
    connect_to(camera, camera.onvif, device_address(camera)).close()
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
    camera: CameraSettings, credential: Credential | None, timeout: timedelta, clock: Clock
) -> Answer:
    """The address of the camera's profile, and how far its clock is off; raises CameraDown for whatever it answers."""
    offset: timedelta | None = None
    try:
        device, offset = _sign_in(camera, credential, timeout, clock)
        device.learn_addresses()
        media = device.create_media_service()
        chosen = choose(camera, [usable for profile in media.GetProfiles() or () if (usable := _profile(profile))])
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        answer = media.GetStreamUri({"StreamSetup": setup, "ProfileToken": chosen.token})
        return Answer(pinned_address(camera, str(answer.Uri)), offset)
    except Exception as error:  # noqa: BLE001 - what a device answers ends its own conversation, never a recording
        raise _fault(camera, error, offset) from None  # its chain may hold the request


def ask_device(camera: CameraSettings, credential: Credential | None, timeout: timedelta, clock: Clock) -> DeviceFacts:
    """What the device reports about itself; a fact that it does not answer is None, and never an error."""
    try:
        device, offset = _sign_in(camera, credential, timeout, clock)
    except CameraDown:
        return DeviceFacts()

    def answer(ask: Callable[[], Untyped]) -> Untyped:
        try:
            return ask()
        except Exception as error:  # noqa: BLE001 - as above: the device's trouble
            log.debug("camera.unanswered", extra={"camera": camera.id, "error": type(error).__name__})
            return None

    information = answer(device.devicemgmt.GetDeviceInformation)
    scopes = answer(device.devicemgmt.GetScopes)
    services = answer(lambda: device.devicemgmt.GetServices({"IncludeCapability": False}))
    named = [getattr(information, field, None) for field in ("Manufacturer", "Model")]
    firmware = getattr(information, "FirmwareVersion", None)
    return DeviceFacts(
        model=_printable(" ".join(str(name) for name in named if name))[:_MAX_LABEL_LENGTH] or None,
        firmware=_printable(str(firmware))[:_MAX_LABEL_LENGTH] if firmware is not None else None,
        clock_offset=offset,
        records_on_board=records_on_board(
            [str(getattr(scope, "ScopeItem", "")) for scope in scopes or ()],
            [str(getattr(service, "Namespace", "")) for service in services or ()],
        ),
    )


def pinned_address(camera: CameraSettings, address: str) -> str:
    """The stream's address as the device tells it, on the configured host and without a user; raises CameraFailed.

    Devices tell two ports (`:554:554`), spaces in the path, characters of a password in front of the host, and behind
    NAT a host that nobody reaches.  Pure.
    """
    match = _STREAM.fullmatch(address.strip())
    scheme = match[1].lower() if match else ""
    if match is None or scheme not in _STREAM_SCHEMES or len(address) > _MAX_ADDRESS_LENGTH:
        shown = without_secrets(_printable(address))[:100]
        raise CameraFailed(camera=camera.id, detail=f"its stream address is none: {shown or '(empty)'}")
    bare = match[2].rpartition("@")[2]
    rest = bare.rpartition("]")[2] if bare.startswith("[") else bare
    ports = [int(port) for port in _PORT.findall(rest) if 0 < int(port) < 65_536]
    host = device_address(camera).hostname or ""
    shown_host = f"[{host}]" if ":" in host else host
    path = quote(match[3], safe="/?#[]@!$&'()*+,;=:%-._~", errors="replace").replace("'", "%27")
    if bare.strip("[]").partition(":")[0] not in host:
        log.debug("camera.pinned", extra={"camera": camera.id})
    return f"{scheme}://{shown_host}{f':{ports[0]}' if ports else ''}{path}"


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


def _sign_in(
    camera: CameraSettings, credential: Credential | None, timeout: timedelta, clock: Clock
) -> tuple[Device, timedelta | None]:
    """A device that is asked by its own clock, and how far that is off, None where not told; raises CameraDown."""
    # basicConfig() of the library would print zeep's log on our stderr; a root that has a handler is left alone.
    if not logging.getLogger().handlers:
        logging.getLogger().addHandler(logging.NullHandler())
    transport = DeviceTransport(camera, credential, timeout)
    name, password = (credential.username, credential.password) if credential else ("", "")
    try:
        device = Device("device", 80, name, password, no_cache=True, transport=transport)  # the transport knows where
        device.devicemgmt.zeep_client.settings.xml_huge_tree = False
        offset = _ask_clock(device, transport, clock)
    except Exception as error:  # noqa: BLE001 - the device's trouble, see ask_stream_address
        raise _fault(camera, error, None) from None
    if offset is not None:
        device.date_by(offset)
    return device, offset


def _ask_clock(device: Device, transport: DeviceTransport, clock: Clock) -> timedelta | None:
    """The device's clock less ours; None for one that reports no time soon."""
    timeout, transport.operation_timeout = transport.operation_timeout, _CLOCK_TIMEOUT.total_seconds()
    asked_at = clock.now()
    try:
        reply = device.devicemgmt.GetSystemDateAndTime()
    except Exception as error:  # noqa: BLE001 - the device's trouble, see ask_stream_address
        log.debug("camera.unanswered", extra={"error": type(error).__name__})
        return None
    finally:
        transport.operation_timeout = timeout
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


def _profile(profile: Untyped) -> Profile | None:
    """None for a profile that cannot be asked for; one of an encoder that is not told has no size."""
    token = getattr(profile, "token", None)
    if not token:
        return None
    encoder = getattr(profile, "VideoEncoderConfiguration", None)
    size = getattr(encoder, "Resolution", None)
    name = _printable(str(getattr(profile, "Name", None) or token))[:_MAX_LABEL_LENGTH]
    codec = _printable(str(getattr(encoder, "Encoding", None) or "none"))[:_MAX_LABEL_LENGTH]
    return Profile(str(token), name, codec, _pixels(size, "Width"), _pixels(size, "Height"))


def _pixels(size: Untyped, side: str) -> int:
    value = getattr(size, side, None)
    return value if isinstance(value, int) and 0 < value < 100_000 else 0


def _fault(camera: CameraSettings, error: Exception, offset: timedelta | None) -> CctvError:
    """The error that one of onvif-zeep's stands for: it wraps ours, zeep's, and whatever an answer made raise."""
    causes = list(_causes(error))
    if (known := next((cause for cause in causes if isinstance(cause, CctvError)), None)) is not None:
        return known
    text = str(error)
    lower = text.lower()
    named = {"camera": camera.id, "address": camera.onvif}
    if any(sign in lower for sign in _OUT_OF_DATE):
        seconds = f"{offset.total_seconds():+.0f} s" if offset is not None else "it does not tell how far"
        return ClockRefused(**named, offset=seconds)
    if any(sign in lower for sign in _UNAUTHORISED):
        return CameraUnauthorised(**named, credential=camera.credential or "(none is named)")
    kind = type(causes[-1]).__name__
    log.warning("camera.unreadable", extra={"camera": camera.id, "error": kind})
    if not any(isinstance(cause, ZeepError) for cause in causes):  # made of no fault that it told
        return CameraFailed(camera=camera.id, detail=f"its ONVIF answer cannot be read ({kind})")
    detail = without_secrets(_printable(text.removeprefix("Unknown error: ")))[:200].rstrip(".")
    return CameraFailed(camera=camera.id, detail=f"ONVIF answers: {detail or kind}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it was made of, the first cause last."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


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
