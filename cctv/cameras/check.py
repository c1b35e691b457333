"""Checking cameras: several in parallel, each with its own time limit, so that none delays another.

Responsible for what an answer or a fault means for reachability and login.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum

from cctv.cameras.errors import CameraDown, CameraFailed, CameraUnauthorised, ProfileUnknown, StreamUnknown
from cctv.cameras.onvif import DeviceFacts, device_facts, stream_address
from cctv.cameras.probe import StreamFacts, probe_camera
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings
from cctv.core.clock import Clock
from cctv.core.logs import SHOWN
from cctv.model.ids import CameraId

log = logging.getLogger(__name__)

_MAX_PARALLEL_CHECKS = 8


class Encrypted(Enum):
    """Which of a camera's traffic is encrypted on its network."""

    ALL = "yes"
    PICTURE = "picture"
    CONTROL = "control"
    NOTHING = "no"


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a camera answered: `facts`, or a `fault`.  `signed_in` is None when the camera never checked a login.

    `device` is None for a camera without ONVIF.
    """

    camera: CameraId
    address: str
    facts: StreamFacts | None = None
    fault: CameraDown | None = None
    device: DeviceFacts | None = None
    onvif: str | None = None

    @property
    def reachable(self) -> bool:
        return self.facts is not None or isinstance(self.fault, CameraUnauthorised | StreamUnknown | ProfileUnknown)

    @property
    def signed_in(self) -> bool | None:
        if self.facts is not None or isinstance(self.fault, StreamUnknown | ProfileUnknown):
            return True
        return False if isinstance(self.fault, CameraUnauthorised) else None

    @property
    def encrypted(self) -> Encrypted:
        picture = self.address.startswith("rtsps://")
        control = picture if self.onvif is None else self.onvif.startswith("https://")
        if picture:
            return Encrypted.ALL if control else Encrypted.PICTURE
        return Encrypted.CONTROL if control else Encrypted.NOTHING


def check_cameras(
    cameras: Sequence[CameraSettings], credentials: Mapping[str, Credential], clock: Clock
) -> list[Checkup]:
    """Check the stream of every camera; the results are in the order of `cameras`."""
    if not cameras:
        return []
    with ThreadPoolExecutor(min(_MAX_PARALLEL_CHECKS, len(cameras))) as pool:
        return list(pool.map(lambda camera: _check(camera, credentials, clock), cameras))


def _check(camera: CameraSettings, credentials: Mapping[str, Credential], clock: Clock) -> Checkup:
    url = camera.rtsp or camera.onvif or ""
    try:
        address = stream_address(camera, credentials)
        url = address.url
        facts = probe_camera(camera, address)
    except CameraDown as fault:
        return _failed(camera, url, fault)
    except Exception as error:
        log.warning("camera.unreadable", extra={"camera": camera.id, "error": type(error).__name__}, exc_info=error)
        return _failed(camera, url, CameraFailed(camera=camera.id, detail=f"unreadable ({type(error).__name__})"))
    device = device_facts(camera, credentials, clock)
    return Checkup(camera.id, url, facts=facts, device=device, onvif=camera.onvif)


def _failed(camera: CameraSettings, url: str, fault: CameraDown) -> Checkup:
    log.warning("camera.unreached", extra={"camera": camera.id, "error": fault.code, SHOWN: True})
    return Checkup(camera.id, url, fault=fault, onvif=camera.onvif)
