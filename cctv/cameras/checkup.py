"""Checking cameras: several at once, each within its own time, none keeping another waiting.

Owns what an answer or a fault says about reachability and login.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from cctv.cameras.addresses import stream_address
from cctv.cameras.errors import CameraDown, CameraUnauthorised, ProfileUnknown, StreamUnknown
from cctv.cameras.probe import StreamFacts, probe_camera
from cctv.config import CameraSettings, Credential
from cctv.model.ids import CameraId

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a camera answered: `facts`, or a `fault`.  `signed_in` is None where it never came to that."""

    camera: CameraId
    address: str
    facts: StreamFacts | None = None
    fault: CameraDown | None = None

    @property
    def reachable(self) -> bool:
        return self.facts is not None or isinstance(self.fault, CameraUnauthorised | StreamUnknown | ProfileUnknown)

    @property
    def signed_in(self) -> bool | None:
        if self.facts is not None or isinstance(self.fault, StreamUnknown | ProfileUnknown):
            return True
        return False if isinstance(self.fault, CameraUnauthorised) else None


def check_cameras(cameras: Sequence[CameraSettings], credentials: Mapping[str, Credential]) -> list[Checkup]:
    """Ask every camera for its stream; in the order given."""
    if not cameras:
        return []
    with ThreadPoolExecutor(min(_AT_ONCE, len(cameras))) as pool:
        return list(pool.map(lambda camera: _check(camera, credentials), cameras))


def _check(camera: CameraSettings, credentials: Mapping[str, Credential]) -> Checkup:
    asked = camera.rtsp or camera.onvif or ""
    try:
        address = stream_address(camera, credentials)
        asked = address.url
        return Checkup(camera.id, asked, facts=probe_camera(camera, address))
    except CameraDown as fault:
        return Checkup(camera.id, asked, fault=fault)
