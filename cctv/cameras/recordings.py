"""What a camera recorded on its own card, and where it plays that (ONVIF Profile G: search and replay).

These questions are nested and rare, so that they are made and read by the descriptions of onvif-zeep, parsed when the
first camera is asked.  They travel as every other one: `Device` sends them, to the configured host alone, and refuses
what is too large, no answer or a fault before zeep reads it (docs/decisions/0027-soap-without-a-schema.md).
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import onvif
from onvif.client import UsernameDigestTokenDtDiff
from onvif.definition import SERVICES
from zeep import Client, Settings
from zeep.exceptions import Error as ZeepError
from zeep.transports import Transport
from zeep.wsdl import Document

from cctv.cameras.errors import CameraDown, CameraFailed
from cctv.cameras.media import pinned_address
from cctv.cameras.onvif import ONVIF_TIMEOUT, credential_of, learn_clock
from cctv.cameras.rtsp import StreamAddress
from cctv.cameras.soap import DEVICE, Device, Service
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings
from cctv.config.schema import Transport as Carrier
from cctv.core.clock import Clock
from cctv.core.time_range import Span

log = logging.getLogger(__name__)

_WSDL = Path(onvif.__file__).parent.parent / "wsdl"
_SETTINGS = Settings(strict=False, xml_huge_tree=False)  # devices leave out what the schema demands
_KEEP_ALIVE, _WAIT = timedelta(seconds=10), timedelta(seconds=2)
_MOST_ASKED = 10  # times that a search is asked for more
_MOST_RECORDINGS = 200
_STREAM_SETUP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}


class NothingOnCard(CameraDown):
    """{camera} has nothing on its card of the time that was asked for.

    next: nothing; let the camera record on its card, for no longer than its zone keeps footage, to fill gaps from it.
    """


@dataclass(frozen=True, slots=True)
class CardAddress:
    """Where a recording is played; `offset` is what the camera's clock is ahead of ours."""

    address: StreamAddress
    offset: timedelta


@dataclass(frozen=True, slots=True)
class OnCard:
    """A recording on a card, by the camera's clock."""

    token: str
    span: Span


def find_on_card(
    camera: CameraSettings, credentials: Mapping[str, Credential], clock: Clock, span: Span
) -> CardAddress:
    """Where what the camera recorded in a span, by our clock, is played.  Blocks on the network.

    Raises NothingOnCard, and another CameraDown for a camera without Profile G, or whose clock is not known.
    """
    credential = credential_of(camera, credentials)
    device = Device(camera, credential, ONVIF_TIMEOUT, clock)
    try:
        offset = learn_clock(device, clock)
        if offset is None:
            raise CameraFailed(camera=camera.id, detail="it does not tell its time, without which its card has none")
        by_camera = Span(span.start + offset, span.end + offset)
        search, replay = _services(device)
        recording = chosen(_recordings(device, camera, search), by_camera)
        if recording is None:
            raise NothingOnCard(camera=camera.id)
        wanted = {"StreamSetup": _STREAM_SETUP, "RecordingToken": recording.token}
        told = _asked(device, camera, "replay", replay, "GetReplayUri", **wanted)
        address = StreamAddress(pinned_address(camera, str(told)), Carrier.TCP, credential)
    except CameraDown:
        raise
    except Exception as error:
        # What a camera answers ends this search, whatever it makes the reading of it raise.
        log.warning("camera.unreadable", extra={"camera": camera.id, "error": type(error).__name__})
        detail = f"its answer about its card cannot be read ({type(error).__name__})"
        raise CameraFailed(camera=camera.id, detail=detail) from error
    return CardAddress(address, offset)


def chosen(recordings: Sequence[OnCard], span: Span) -> OnCard | None:
    """The recording that has most of a span; None where none has any.  Pure."""
    shared = {one: inside.duration for one in recordings if (inside := one.span.intersection(span)) is not None}
    return max(shared, key=lambda one: shared[one], default=None)


def _services(device: Device) -> tuple[Service, Service]:
    """Search and replay; raises CameraFailed for a device that names none."""
    named = {
        each.said("Namespace").rstrip("/"): each.said("XAddr")
        for each in device.ask(DEVICE, "GetServices", "<IncludeCapability>false</IncludeCapability>").every("Service")
    }
    namespaces = [SERVICES[name]["ns"] for name in ("search", "replay")]
    if not all(namespace in named for namespace in namespaces):
        raise CameraFailed(camera=device.camera, detail="it plays nothing from a card (no ONVIF Profile G)")
    search, replay = (Service(namespace, "/onvif/device_service").at(named[namespace]) for namespace in namespaces)
    return search, replay


def _recordings(device: Device, camera: CameraSettings, service: Service) -> list[OnCard]:
    """All recordings with pictures, as far as the device tells them."""
    asked = {"Scope": {}, "MaxMatches": _MOST_RECORDINGS, "KeepAliveTime": _KEEP_ALIVE}
    token = _asked(device, camera, "search", service, "FindRecordings", **asked)
    found: list[OnCard] = []
    for _ in range(_MOST_ASKED):
        wanted = {"SearchToken": token, "MinResults": 1, "MaxResults": _MOST_RECORDINGS, "WaitTime": _WAIT}
        told = _asked(device, camera, "search", service, "GetRecordingSearchResults", **wanted)
        found += [recording for each in told.RecordingInformation or () if (recording := _on_card(each)) is not None]
        if told.SearchState == "Completed" or len(found) >= _MOST_RECORDINGS:
            break
    with contextlib.suppress(CameraDown):  # it ends by itself
        _asked(device, camera, "search", service, "EndSearch", SearchToken=token)
    return found


def _on_card(told: Any) -> OnCard | None:  # noqa: ANN401 - what zeep makes of an element
    """None for a recording without pictures, or without a time."""
    tracks = [track for track in told.Track or () if track.TrackType == "Video"]
    starts = [at for at in (told.EarliestRecording, *(track.DataFrom for track in tracks)) if isinstance(at, datetime)]
    ends = [at for at in (told.LatestRecording, *(track.DataTo for track in tracks)) if isinstance(at, datetime)]
    if not (tracks and starts and ends and told.RecordingToken):
        return None
    start, end = min(map(_aware, starts)), max(map(_aware, ends))
    return OnCard(str(told.RecordingToken), Span(start, end)) if start < end else None


def _aware(at: datetime) -> datetime:
    """ONVIF tells UTC, and some devices leave the letter out."""
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


@cache
def _description(name: str) -> Document:
    """The description of a service, which onvif-zeep brings; nothing is read from a network."""
    files: Any = _FilesOnly
    return Document(str(_WSDL / SERVICES[name]["wsdl"]), files(), settings=_SETTINGS)


def _asked(
    device: Device, camera: CameraSettings, name: str, service: Service, operation: str, **arguments: object
) -> Any:  # noqa: ANN401
    """The answer to a question, as zeep reads it; raises CameraDown."""
    signed = None
    if device.credential is not None:
        signed = UsernameDigestTokenDtDiff(
            device.credential.username, device.credential.password, dt_diff=device.offset, use_digest=True
        )
    make: Any = Client
    carrier = _ByDevice(device, service, operation)
    client = make(_description(name), wsse=signed, transport=carrier, settings=_SETTINGS)
    port = client.create_service("{{{ns}}}{binding}".format(**SERVICES[name]), service.path)
    try:
        return port[operation](**arguments)
    except ZeepError as error:
        detail = f"its answer about its card cannot be read ({type(error).__name__})"
        raise CameraFailed(camera=camera.id, detail=detail) from error


class _FilesOnly(Transport):
    """Loads descriptions from this machine and no other."""

    def load(self, url: str) -> bytes:
        """The content of a file; raises ValueError for an address."""
        if "://" in url:
            raise ValueError(f"a description is not here: {url}")
        return Path(url).read_bytes()


class _ByDevice(_FilesOnly):
    """Has a `Device` send a question, and hands zeep an answer that `Device` has accepted."""

    def __init__(self, device: Device, service: Service, operation: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._device, self._service, self._operation = device, service, operation

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> Any:  # noqa: ANN401
        """As a response of requests, as far as zeep looks at one."""
        content = self._device.carry(self._service, self._operation, message)
        kind = {"Content-Type": "application/soap+xml; charset=utf-8"}
        return SimpleNamespace(status_code=200, content=content, headers=kind, encoding="utf-8")
