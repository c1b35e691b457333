"""Checking cameras: several in parallel, each with its own time limit, so that none delays another.

Responsible for what an answer or a fault means for reachability and login.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import Enum

from cctv.cameras.errors import (
    CameraDown,
    CameraFailed,
    CameraUnauthorised,
    CodecUnsupported,
    ProfileUnknown,
    StreamUnknown,
)
from cctv.cameras.media import Lesser
from cctv.cameras.onvif import DeviceFacts, device_facts, reach_camera
from cctv.cameras.probe import Blocks, StreamFacts, coarse_blocks, probe_camera
from cctv.cameras.rtsp import StreamAddress
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

    `device` is None for a camera without ONVIF.  `blocks` is its coarse picture, None where none was asked for or came.
    `lesser` is None when the stream is its largest, or the one that the site names.
    """

    camera: CameraId
    address: str
    facts: StreamFacts | None = None
    fault: CameraDown | None = None
    device: DeviceFacts | None = None
    onvif: str | None = None
    lesser: Lesser | None = None
    blocks: Blocks | None = field(default=None, compare=False, repr=False)

    @property
    def reachable(self) -> bool:
        return self.facts is not None or isinstance(
            self.fault, CameraUnauthorised | StreamUnknown | ProfileUnknown | CodecUnsupported
        )

    @property
    def signed_in(self) -> bool | None:
        if self.facts is not None or isinstance(self.fault, StreamUnknown | ProfileUnknown | CodecUnsupported):
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
    cameras: Sequence[CameraSettings],
    credentials: Mapping[str, Credential],
    clock: Clock,
    *,
    with_blocks: bool = False,
) -> list[Checkup]:
    """Check the stream of every camera; the results are in the order of `cameras`.

    `with_blocks` asks each for a coarse picture too: whoever shows it has it in the audit log.
    """
    if not cameras:
        return []
    with ThreadPoolExecutor(min(_MAX_PARALLEL_CHECKS, len(cameras))) as pool:
        return list(pool.map(lambda camera: _check(camera, credentials, clock, with_blocks=with_blocks), cameras))


def _check(
    camera: CameraSettings, credentials: Mapping[str, Credential], clock: Clock, *, with_blocks: bool
) -> Checkup:
    url = camera.rtsp or camera.onvif or ""
    try:
        reached = reach_camera(camera, credentials, clock=clock)
        address, lesser = reached.address, reached.lesser
        url = str(address)
        if lesser is not None:
            log.warning("camera.lesser", extra={"camera": camera.id, "reason": lesser.reason, SHOWN: True})
        facts = probe_camera(camera, address)
        device = device_facts(camera, credentials, clock)
    except CameraDown as fault:
        return _failed(camera, url, fault)
    except Exception as error:
        log.warning("camera.unreadable", extra={"camera": camera.id, "error": type(error).__name__}, exc_info=error)
        return _failed(camera, url, CameraFailed(camera=camera.id, detail=f"unreadable ({type(error).__name__})"))
    checkup = Checkup(camera.id, url, facts=facts, device=device, onvif=camera.onvif, lesser=lesser)
    return replace(checkup, blocks=_blocks(camera, address)) if with_blocks else checkup


def _failed(camera: CameraSettings, url: str, fault: CameraDown) -> Checkup:
    log.warning("camera.unreached", extra={"camera": camera.id, "error": fault.code, SHOWN: True})
    return Checkup(camera.id, url, fault=fault, onvif=camera.onvif)


def _blocks(camera: CameraSettings, address: StreamAddress) -> Blocks | None:
    """None too where it sends none now."""
    try:
        return coarse_blocks(camera, address)
    except CameraDown:
        return None
