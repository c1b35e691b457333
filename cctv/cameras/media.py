"""Which stream of a device is recorded, and where it is: the largest of both media services, or the one that is named.

H.265 is mostly offered by Media2 (ver20) only, and old devices have Media1 (ver10) only: what either answers counts,
and a service that answers a fault, or half of it, costs nothing where the other one answers.  Of a stream's address the
scheme, port and path count; its host is the configured one, and a user name inside it is dropped.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from urllib.parse import quote
from xml.sax.saxutils import escape

from cctv.cameras.errors import CameraDown, CameraFailed, ProfileUnknown, require_recordable
from cctv.cameras.soap import DEVICE, Device, Service, device_address, shown_host
from cctv.cameras.xml_answer import Node
from cctv.config.schema import CameraSettings
from cctv.core.text import plain_line, without_secrets

log = logging.getLogger(__name__)

MEDIA1 = Service("http://www.onvif.org/ver10/media/wsdl", "/onvif/media_service")
MEDIA2 = Service("http://www.onvif.org/ver20/media/wsdl", "/onvif/media2_service")
_SCHEMA = "http://www.onvif.org/ver10/schema"
_SETUP = (
    f'<StreamSetup><Stream xmlns="{_SCHEMA}">RTP-Unicast</Stream><Transport xmlns="{_SCHEMA}"><Protocol>RTSP</Protocol>'
    "</Transport></StreamSetup><ProfileToken>{}</ProfileToken>"
)
_STREAM_SCHEMES = ("rtsp", "rtsps")
_STREAM = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL)
_PORT = re.compile(r":([0-9]{1,5})")
_RECORDABLE = re.compile(r"(video/)?(h\.?26[45]|hevc)", re.IGNORECASE)
_MAX_ADDRESS_LENGTH = 2048
_MAX_LABEL_LENGTH = 60
_MAX_REFUSED = 8  # streams that a device may list and refuse, before it is down


@dataclass(frozen=True, slots=True)
class Profile:
    """A stream that a device offers; what it does not tell is empty or 0.  `services` are those that tell it."""

    token: str
    name: str
    codec: str
    width: int
    height: int
    fps: float = 0.0
    services: tuple[Service, ...] = (MEDIA1,)

    @property
    def label(self) -> str:
        """As messages name it: `main (H264 1920x1080)`."""
        return f"{self.name} ({self.codec} {self.width}x{self.height})"

    @property
    def size(self) -> int:
        """Pixels of its picture."""
        return self.width * self.height

    @property
    def is_recordable(self) -> bool:
        """Whether it is H.264 or H.265."""
        return _RECORDABLE.fullmatch(self.codec) is not None


class LesserReason(Enum):
    """Why a stream is taken that is not a device's largest."""

    UNNAMED = "unnamed"
    CODEC = "codec"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Lesser:
    """That a lesser stream is taken; `detail` is in plain words."""

    taken: Profile
    largest: Profile
    reason: LesserReason
    detail: str

    def __str__(self) -> str:
        return f"{self.taken.label} is recorded, not {self.largest.label}: {self.detail}"


@dataclass(frozen=True, slots=True)
class ChosenStream:
    """The RTSP address of the profile that is taken; `lesser` is None where that is the largest, or the one named."""

    url: str
    lesser: Lesser | None


def find_stream(device: Device, camera: CameraSettings) -> ChosenStream:
    """Ask the device which streams it has, and for the address of the one to record; raises CameraDown."""
    profiles = _profiles(device, _media_services(device))
    refused: dict[str, CameraFailed] = {}
    for profile in ranked(camera, profiles)[:_MAX_REFUSED]:
        try:
            url = _stream_address(device, camera, profile)
        except CameraFailed as error:  # what it refuses; a device that is gone is another matter
            refused[profile.token] = error
            continue
        why = {token: str(error.fields["detail"]) for token, error in refused.items()}
        return ChosenStream(url, None if camera.profile is not None else lesser_of(profile, profiles, why))
    raise next(iter(refused.values()))


def ranked(camera: CameraSettings, profiles: Sequence[Profile]) -> list[Profile]:
    """Those that can be recorded, best first; only the one that `profile` names by token or name, if it does.

    The larger picture is better, then the higher frame rate, then the device's own order, which begins with its main
    stream.  Raises ProfileUnknown where there is none, CodecUnsupported where only other codecs are.  Pure.
    """
    usable = [profile for profile in profiles if profile.token and profile.is_recordable]
    if camera.profile is not None:
        named = plain_line(camera.profile)
        usable = [profile for profile in usable if named in (plain_line(profile.token), profile.name)]
    if not usable:
        wanted = [profile for profile in profiles if camera.profile in (None, profile.token, profile.name)]
        for profile in wanted:
            if profile.codec != "none" and not profile.is_recordable:
                require_recordable(camera.id, camera.onvif or "", profile.codec)
        labels = ", ".join(profile.label for profile in profiles) or "none"
        raise ProfileUnknown(camera=camera.id, profile=camera.profile or "at all", known=labels[:1000])
    return sorted(usable, key=lambda profile: (-profile.size, -profile.fps))


def lesser_of(taken: Profile, profiles: Sequence[Profile], refused: dict[str, str]) -> Lesser | None:
    """Why the largest stream is not taken; None where none is larger.  `refused`: tokens, and the answer.  Pure."""
    largest = max(profiles, key=lambda profile: profile.size)
    if largest.size <= taken.size:
        return None
    if not largest.token:
        return Lesser(taken, largest, LesserReason.UNNAMED, "the device gives it no token to ask for it by")
    if not largest.is_recordable:
        return Lesser(taken, largest, LesserReason.CODEC, "it is neither H.264 nor H.265")
    return Lesser(taken, largest, LesserReason.REFUSED, refused.get(largest.token, "the device refuses it"))


def read_profiles(answer: Node, service: Service) -> list[Profile]:
    """The profiles that one service tells, in its order; what is no profile is left out.  Pure."""
    return [_profile(node, service) for node in answer.every("Profiles")]


def merged(first: Sequence[Profile], second: Sequence[Profile]) -> list[Profile]:
    """The profiles of both services, by token: of one that both tell, what says more, the first one's otherwise.  Pure.

    Media1 has no word for H.265: it tells such a profile as H.264, or without an encoder.
    """
    by_token = {profile.token: profile for profile in second if profile.token}
    both: list[Profile] = []
    for profile in first:
        other = by_token.pop(profile.token, None)
        if other is None:
            both.append(profile)
            continue
        chosen = other if (other.is_recordable, other.size > 0) > (profile.is_recordable, profile.size > 0) else profile
        services = (*chosen.services, *(profile if chosen is other else other).services)
        both.append(Profile(chosen.token, chosen.name, chosen.codec, chosen.width, chosen.height, chosen.fps, services))
    return both + [profile for profile in second if not profile.token or profile.token in by_token]


def pinned_address(camera: CameraSettings, address: str) -> str:
    """The stream's address as the device tells it, on the configured host and without a user; raises CameraFailed.

    Devices tell two ports (`:554:554`), spaces in the path, characters of a password in front of the host, behind NAT a
    host that nobody reaches, and IPv6 where they were asked by IPv4.  Pure.
    """
    match = _STREAM.fullmatch(address.strip())
    scheme = match[1].lower() if match else ""
    if match is None or scheme not in _STREAM_SCHEMES or len(address) > _MAX_ADDRESS_LENGTH:
        shown = without_secrets(plain_line(address[:_MAX_ADDRESS_LENGTH]))[:100]
        raise CameraFailed(camera=camera.id, detail=f"its stream address is none: {shown or '(empty)'}")
    bare = match[2].rpartition("@")[2]
    told, rest = bare.rpartition("]")[::2] if bare.startswith("[") else (bare.partition(":")[0], bare)
    ports = [int(port) for port in _PORT.findall(rest) if 0 < int(port) < 65_536]
    host = device_address(camera).hostname or ""
    path = quote(match[3], safe="/?#[]@!$&'()*+,;=:%-._~", errors="replace").replace("'", "%27")
    if told.strip("[]").lower() != host:
        log.debug("camera.pinned", extra={"camera": camera.id})
    return f"{scheme}://{shown_host(host)}{f':{ports[0]}' if ports else ''}{path}"


def _media_services(device: Device) -> list[Service]:
    """The media services that a device names, the newer one first; the older one by its usual path if it names none."""
    named: dict[str, str] = {}
    with contextlib.suppress(CameraFailed):  # older than that question, or it answers it wrongly
        services = device.ask(DEVICE, "GetServices", "<IncludeCapability>false</IncludeCapability>")
        named = {each.said("Namespace").rstrip("/"): each.said("XAddr") for each in services.every("Service")}
    found = [service.at(named[service.namespace]) for service in (MEDIA2, MEDIA1) if service.namespace in named]
    if found:
        return found
    with contextlib.suppress(CameraFailed):
        capabilities = device.ask(DEVICE, "GetCapabilities", "<Category>All</Category>").walk()
        told = {node.name: node.said("XAddr") for node in capabilities if node.name in ("Media", "Media2")}
        newer = [MEDIA2.at(told["Media2"])] if told.get("Media2") else []
        return [*newer, MEDIA1.at(told.get("Media", ""))]
    return [MEDIA1]


def _profiles(device: Device, services: Sequence[Service]) -> list[Profile]:
    """What the services offer together; raises what the last one answered where none tells any."""
    offered: list[Profile] = []
    trouble: CameraDown | None = None
    for service in services:
        try:
            wanted = "<Type>VideoEncoder</Type>" if service.namespace == MEDIA2.namespace else ""
            told = read_profiles(device.ask(service, "GetProfiles", wanted), service)
        except CameraDown as error:
            log.debug("camera.unanswered", extra={"camera": device.camera, "error": type(error).__name__})
            trouble = error
            continue
        offered = merged(offered, told)
    if trouble is not None and not any(profile.token and profile.is_recordable for profile in offered):
        raise trouble
    return offered


def _stream_address(device: Device, camera: CameraSettings, profile: Profile) -> str:
    """Where a profile's stream is, by the first service that tells it; raises CameraFailed where none does."""
    trouble: CameraFailed | None = None
    for service in profile.services:
        token = escape(profile.token)
        newer = service.namespace == MEDIA2.namespace
        wanted = f"<Protocol>RTSP</Protocol><ProfileToken>{token}</ProfileToken>" if newer else _SETUP.format(token)
        try:
            answer = device.ask(service, "GetStreamUri", wanted)
            return pinned_address(camera, answer.said("MediaUri", "Uri") or answer.said("Uri"))
        except CameraFailed as error:
            trouble = trouble or error
    assert trouble is not None
    raise trouble


def _profile(node: Node, service: Service) -> Profile:
    encoder = node.child("VideoEncoderConfiguration") or node.child("Configurations", "VideoEncoder") or Node("none")
    token = node.attributes.get("token", "")
    name = plain_line(node.said("Name") or token)[:_MAX_LABEL_LENGTH] or "(no name)"
    codec = plain_line(encoder.said("Encoding"))[:_MAX_LABEL_LENGTH] or "none"
    width, height = (_number(encoder.said("Resolution", side), 100_000) for side in ("Width", "Height"))
    fps = _number(encoder.said("RateControl", "FrameRateLimit"), 1000)
    return Profile(token, name, codec, int(width), int(height), fps, (service,))


def _number(text: str, below: int) -> float:
    """A number between 0 and `below`; 0 for anything else."""
    with contextlib.suppress(ValueError, OverflowError):
        if 0 < (number := float(text[:20])) < below:
            return number
    return 0.0
