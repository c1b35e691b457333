"""ONVIF: where a camera's stream is, what the device reports about itself, and discovery on the local network.

The address is requested again at every call, since cameras change theirs.  What a device answers ends nothing but its
own conversation.  Discovery (WS-Discovery 1.0, 2005) asks by multicast and connects to nothing; what a device reports
is untrusted text and is cleaned before it is shown.
"""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
import selectors
import socket
import struct
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

from cctv.cameras.errors import CameraDown, CameraFailed, CameraUnauthorised, ClockRefused, CredentialMissing
from cctv.cameras.media import ChosenStream, Lesser, find_stream
from cctv.cameras.rtsp import StreamAddress
from cctv.cameras.soap import DEVICE, Device, shown_host
from cctv.cameras.xml_answer import Node, Unreadable, read_xml
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings
from cctv.core.clock import Clock, SystemClock
from cctv.core.errors import CctvError
from cctv.core.text import plain_line

log = logging.getLogger(__name__)

DISCOVERY_WAIT = timedelta(seconds=3)  # devices spread their answers over 0.5 s; the probe is sent several times
ONVIF_TIMEOUT = timedelta(seconds=5)
_LEAP = timedelta(seconds=2)  # a device's clock that moved by so much was set
_CLOCK_TIMEOUT = timedelta(seconds=1)  # a recording waits for the answer, and does not need it
_NAME, _SHIFT = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]+>)", r"[+-]?\d{1,2}(?::\d{2}){0,2}"
_ZONE = re.compile(rf"{_NAME}(?P<standard>{_SHIFT})(?:(?P<summer_name>{_NAME})(?P<summer>{_SHIFT})?(?:,.*)?)?")  # POSIX
_SCOPE = "onvif://www.onvif.org/"
_MAX_LABEL_LENGTH = 60
_RECORDING_SERVICE = "http://www.onvif.org/ver10/recording/wsdl"
_GROUPS = {socket.AF_INET: "239.255.255.250", socket.AF_INET6: "ff02::c"}
_DISCOVERY_PORT = 3702
_PROBE_TIMES = (0.0, 0.2, 0.6)  # seconds; UDP loses (SOAP-over-UDP 1.1, section 4.1)
_MAX_DATAGRAM_BYTES = 65_536
_MAX_ANSWERS, _MAX_ANSWERS_OF_HOST = 5000, 200  # a recorder of 64 channels answers for each of them, three times
_TYPES = ("NetworkVideoTransmitter", "NetworkVideoStorage", "Device")
_PROBE = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header>'
    '<a:Action s:mustUnderstand="1">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>'
    '<a:MessageID>{}</a:MessageID><a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>'
    '</s:Header><s:Body><d:Probe xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><d:Types'
    ' xmlns:dn="http://www.onvif.org/ver10/network/wsdl">dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body>'
    "</s:Envelope>"
)


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A device that answered: its host, what to write as `onvif`, and what it calls itself.

    `sender` is where its answer came from, empty where that is not known: behind NAT, or after a move to another
    network, devices name a host that nobody reaches.
    """

    host: str
    onvif: str
    name: str
    hardware: str
    sender: str = ""


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What a device reports about itself; None for what it does not report."""

    model: str | None = None
    firmware: str | None = None
    clock_offset: timedelta | None = None  # its clock less ours; it reports whole seconds
    records_on_board: bool | None = None


@dataclass(frozen=True, slots=True)
class ReachedAddress:
    """Where a camera's stream is, and its own clock less ours: None for plain RTSP, or where it does not report one.

    `lesser` says that its largest stream is not the one, and why; None where it is, or where the site names one.
    """

    address: StreamAddress
    clock_offset: timedelta | None
    lesser: Lesser | None = None


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
    credential = credential_of(camera, credentials)
    if camera.rtsp is not None:
        return ReachedAddress(StreamAddress(camera.rtsp, camera.transport, credential), None)
    log.debug("camera.asked", extra={"camera": camera.id, "method": "onvif"})
    clock = clock or SystemClock()
    device = Device(camera, credential, timeout, clock)
    stream = _ask_stream(device, camera, clock)
    return ReachedAddress(StreamAddress(stream.url, camera.transport, credential), device.offset, stream.lesser)


def device_facts(camera: CameraSettings, credentials: Mapping[str, Credential], clock: Clock) -> DeviceFacts | None:
    """What the camera reports about itself over ONVIF; None for one named by `rtsp`.  Blocks on the network.

    A fact that it does not answer is None, and never an error.
    """
    if camera.onvif is None:
        return None
    device = Device(camera, credential_of(camera, credentials), ONVIF_TIMEOUT, clock)
    offset = learn_clock(device, clock)

    def answer(operation: str, arguments: str = "") -> Node:
        try:
            return device.ask(DEVICE, operation, arguments)
        except CameraDown as error:
            log.debug("camera.unanswered", extra={"camera": camera.id, "error": type(error).__name__})
            return Node("none")

    information = answer("GetDeviceInformation")
    scopes = answer("GetScopes").every("Scopes")
    services = answer("GetServices", "<IncludeCapability>false</IncludeCapability>").every("Service")
    model = " ".join(information.said(name) for name in ("Manufacturer", "Model"))
    return DeviceFacts(
        model=plain_line(model)[:_MAX_LABEL_LENGTH] or None,
        firmware=plain_line(information.said("FirmwareVersion"))[:_MAX_LABEL_LENGTH] or None,
        clock_offset=offset,
        records_on_board=records_on_board(
            [scope.said("ScopeItem") for scope in scopes], [service.said("Namespace") for service in services]
        ),
    )


def learn_clock(device: Device, clock: Clock) -> timedelta | None:
    """Ask how far the device's clock is off, and date sign-ins by it; None where it does not tell that soon.

    Asked without a sign-in first, which a device whose clock is off would refuse, and with one where it insists.
    """
    device.offset = None
    for is_signed in (False, True):
        asked_at = clock.now()
        try:
            answer = device.ask(DEVICE, "GetSystemDateAndTime", is_signed=is_signed, timeout=_CLOCK_TIMEOUT)
        except CameraDown as error:
            log.debug("camera.unanswered", extra={"camera": device.camera, "error": type(error).__name__})
            if not isinstance(error, CameraUnauthorised):
                break
        else:
            device.offset = clock_offset(answer, asked_at + (clock.now() - asked_at) / 2)
            break
    return device.offset


def clock_offset(answer: Node, site_time: datetime) -> timedelta | None:
    """The device's clock less ours by its GetSystemDateAndTimeResponse; None where that tells no time.  Pure.

    Some tell local time and a POSIX time zone only.
    """
    told = answer.child("SystemDateAndTime") or answer
    at, ahead = _date(told.child("UTCDateTime")), timedelta(0)
    if at is None:
        zone = _ZONE.fullmatch(told.said("TimeZone", "TZ").strip())
        at = _date(told.child("LocalDateTime"))
        if at is None or zone is None:
            return None
        ahead = -_hours(zone["standard"])  # POSIX counts westwards
        if zone["summer_name"] and told.said("DaylightSavings").lower() in ("true", "1"):
            ahead = -_hours(zone["summer"]) if zone["summer"] else ahead + timedelta(hours=1)
    try:
        # Whole seconds, cut off: on average it is half a second later than reported.
        return at - ahead + timedelta(seconds=0.5) - site_time
    except OverflowError:
        return None


def _date(told: Node | None) -> datetime | None:
    if told is None:
        return None
    year, month, day = (told.said("Date", name)[:9] for name in ("Year", "Month", "Day"))
    hour, minute, second = (told.said("Time", name)[:9] for name in ("Hour", "Minute", "Second"))
    try:
        at = datetime(int(year), int(month), int(day), int(hour), int(minute), tzinfo=UTC)
        return at + timedelta(seconds=min(max(int(second), 0), 59))
    except (ValueError, OverflowError):  # a part is left out, or it is no date
        return None


def _hours(text: str) -> timedelta:
    """`-5:30` of a POSIX time zone."""
    hours, minutes, *_ = (*(int(part) for part in text.lstrip("+-").split(":")), 0, 0)
    return timedelta(hours=hours, minutes=minutes) * (-1 if text.startswith("-") else 1)


def records_on_board(scopes: Iterable[str], services: Sequence[str]) -> bool | None:
    """Whether a device can record on itself (Profile G), None where it names neither its profiles nor its services.

    False needs both lists: many a camera with a memory card declares no profile G.
    """
    profiles = [scope.rsplit("/", 1)[-1].upper() for scope in scopes if "/profile/" in scope.casefold()]
    if "G" in profiles or _RECORDING_SERVICE in services:
        return True
    return False if profiles and services else None


def discover_cameras(wait: timedelta = DISCOVERY_WAIT) -> list[FoundCamera]:
    """Every device that answers within `wait`, sorted by address.  Blocks that long."""
    question = f"urn:uuid:{uuid.UUID(bytes=secrets.token_bytes(16), version=4)}"
    cameras: set[FoundCamera] = set()
    for answers, (data, source) in enumerate(_answers(_PROBE.format(question).encode(), wait.total_seconds())):
        cameras.update(found_cameras(data, source, question))
        if answers >= _MAX_ANSWERS:
            break
    log.debug("network.searched", extra={"cameras": len(cameras), "seconds": wait})
    return sorted(cameras, key=lambda camera: (_sort_key(camera.host), camera.onvif))


def found_cameras(data: bytes, source: str, question: str) -> list[FoundCamera]:
    """The cameras that a datagram from a host tells of; none if it answers another question, or is no answer.  Pure."""
    try:
        envelope = read_xml(data)
    except Unreadable:
        return []
    if plain_line(envelope.said("Header", "RelatesTo")) != question:
        return []
    matches = envelope.child("Body", "ProbeMatches") or Node("none")
    found = []
    for match in matches.every("ProbeMatch"):
        types = {name.rpartition(":")[2] for name in match.said("Types").split()}
        scopes = match.said("Scopes").split()
        if not types & set(_TYPES) and not any(scope.startswith(_SCOPE) for scope in scopes):
            continue  # a printer answers every probe
        if (camera := found_camera(match.said("XAddrs").split(), scopes, source)) is not None:
            found.append(camera)
    return found


def found_camera(addresses: Iterable[str], scopes: Iterable[str], source: str = "") -> FoundCamera | None:
    """The device of those addresses that answered from `source`; None for one without a usable address.  Pure.

    Of several addresses the one that it answered from, then IPv4, then https.  One of another host is offered all the
    same, and said to be: a recorder answers for its cameras, a device behind NAT tells what nobody reaches, and whoever
    wants a password tells his own.
    """
    usable = [parts for address in addresses if (parts := _usable_parts(address)) is not None]
    if not usable:
        return None
    bare = source.partition("%")[0]

    def order(parts: SplitResult) -> tuple[bool, bool, bool]:
        host = parts.hostname or ""
        return host.partition("%")[0] != bare, ":" in host, parts.scheme != "https"

    chosen = min(usable, key=order)
    host = chosen.hostname or ""
    if host.partition("%")[0] == bare:
        host = source  # with the zone of a link-local address
    labels = {kind: text for scope in scopes for kind, text in [_scope(scope)]}
    port = f":{chosen.port}" if chosen.port not in (None, 80 if chosen.scheme == "http" else 443) else ""
    plain = f"{'https://' if chosen.scheme == 'https' else ''}{shown_host(host)}{port}"
    return FoundCamera(host, plain, labels.get("name", ""), labels.get("hardware", ""), source)


def _ask_stream(device: Device, camera: CameraSettings, clock: Clock) -> ChosenStream:
    """What a device answers becomes that camera's CameraDown, whatever it makes the reading of it raise."""
    try:
        before = learn_clock(device, clock)
        try:
            return find_stream(device, camera)
        except ClockRefused:
            after = learn_clock(device, clock)  # it was set between the question and the sign-in
            if after is None or (before is not None and abs(after - before) < _LEAP):
                raise
            return find_stream(device, camera)
    except CctvError:
        raise
    except Exception as error:
        log.warning("camera.unreadable", extra={"camera": camera.id, "error": type(error).__name__})
        detail = f"its ONVIF answer cannot be read ({type(error).__name__})"
        raise CameraFailed(camera=camera.id, detail=detail) from error


def _answers(probe: bytes, seconds: float) -> Iterator[tuple[bytes, str]]:
    """Datagrams that answer a probe, each with the host that it came from, until so long after the first probe."""
    counted: dict[str, int] = {}
    with contextlib.ExitStack() as opened, selectors.DefaultSelector() as selector:
        ways = [way for way in map(_way_out, _ways()) if way is not None]
        for way, _ in ways:
            opened.enter_context(way)
            selector.register(way, selectors.EVENT_READ)
        began, sent = time.monotonic(), 0
        while (passed := time.monotonic() - began) < seconds:
            if sent < len(_PROBE_TIMES) and passed >= _PROBE_TIMES[sent]:
                sent += 1
                for way, group in ways:
                    with contextlib.suppress(OSError):  # an interface that is down, or takes no multicast
                        way.sendto(probe, group)
            for key, _ in selector.select(min(0.05, seconds - passed)):
                assert isinstance(key.fileobj, socket.socket)
                with contextlib.suppress(OSError):
                    data, source = key.fileobj.recvfrom(_MAX_DATAGRAM_BYTES)
                    host = _host_of(source)
                    counted[host] = counted.get(host, 0) + 1
                    if counted[host] <= _MAX_ANSWERS_OF_HOST:
                        yield data, host


def _ways() -> list[tuple[socket.AddressFamily, int]]:
    """Families and interfaces, all but the loopback one."""
    numbers = [number for number, name in socket.if_nameindex() if name != "lo"]
    return [(family, number) for family in (socket.AF_INET, socket.AF_INET6) for number in numbers]


def _way_out(way: tuple[socket.AddressFamily, int]) -> tuple[socket.socket, tuple[str | int, ...]] | None:
    """A socket that sends to the group of a family by one interface, and the group's address; None without either."""
    family, interface = way
    try:
        out = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    except OSError:
        return None  # no IPv6
    try:
        if family == socket.AF_INET:
            out.setsockopt(
                socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("4s4si", bytes(4), bytes(4), interface)
            )
            return out, (_GROUPS[family], _DISCOVERY_PORT)
        out.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, interface)
        return out, (_GROUPS[family], _DISCOVERY_PORT, 0, interface)
    except OSError:
        out.close()
        return None


def _host_of(source: tuple[str, int] | tuple[str, int, int, int]) -> str:
    """The host of a datagram, a link-local one with its zone."""
    host = source[0].partition("%")[0]
    if len(source) == 4 and source[3] and ip_address(host).is_link_local:
        return f"{host}%{socket.if_indextoname(source[3])}"
    return host


def credential_of(camera: CameraSettings, credentials: Mapping[str, Credential]) -> Credential | None:
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
    return parts if usable and plain_line(address) == address else None


def _scope(scope: str) -> tuple[str, str]:
    kind, _, text = scope.removeprefix(_SCOPE).partition("/") if scope.startswith(_SCOPE) else ("", "", "")
    return kind, plain_line(unquote(text))[:_MAX_LABEL_LENGTH]


def _sort_key(host: str) -> tuple[int, int, str]:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return 99, 0, host
    return address.version, int(address), host
