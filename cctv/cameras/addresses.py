"""The stream address of a camera: as given, or asked of the camera itself over ONVIF.

Asks again at every call, since cameras change their addresses.  zeep costs 0.4 s to load and loads only where a camera
is named by `onvif`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cctv.cameras.errors import CredentialMissing
from cctv.cameras.knock import knock
from cctv.cameras.stream import StreamAddress
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings
from cctv.kernel.clock import SystemClock

if TYPE_CHECKING:
    from cctv.cameras.onvif import DeviceFacts
    from cctv.kernel.clock import Clock

log = logging.getLogger(__name__)

ONVIF_TIMEOUT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a camera's stream is, and its own clock less ours: None for plain RTSP, or where it does not say."""

    address: StreamAddress
    clock_offset: timedelta | None


def reach_camera(
    camera: CameraSettings,
    credentials: Mapping[str, Credential],
    *,
    timeout: timedelta = ONVIF_TIMEOUT,
    clock: Clock | None = None,
) -> Reached:
    """As `stream_address`, and in the same conversation how far the camera's own clock is off.

    What goes wrong with the second costs the first nothing but, once, a second of waiting.
    """
    credential = _credential(camera, credentials)
    if camera.rtsp is not None:
        return Reached(StreamAddress(camera.rtsp, camera.transport, credential), None)
    assert camera.onvif is not None
    log.debug("camera.asked", extra={"camera": camera.id, "method": "onvif"})
    knock(camera, camera.onvif)  # zeep takes half a second of processor time before it finds out
    from cctv.cameras.onvif import ask_stream_address

    said = ask_stream_address(camera, credential, timeout, clock or SystemClock())
    return Reached(StreamAddress(said.url, camera.transport, credential), said.clock_offset)


def stream_address(
    camera: CameraSettings, credentials: Mapping[str, Credential], *, timeout: timedelta = ONVIF_TIMEOUT
) -> StreamAddress:
    """Where the camera's stream is now.  Blocks on the network for a camera named by `onvif`; raises CameraDown."""
    credential = _credential(camera, credentials)
    if camera.rtsp is not None:
        return StreamAddress(camera.rtsp, camera.transport, credential)
    from cctv.cameras.onvif import ask_stream_address

    return StreamAddress(ask_stream_address(camera, credential, timeout).url, camera.transport, credential)


def device_facts(camera: CameraSettings, credentials: Mapping[str, Credential], clock: Clock) -> DeviceFacts | None:
    """What the camera says of itself over ONVIF; None for one that is named by `rtsp`.  Blocks on the network."""
    if camera.onvif is None:
        return None
    from cctv.cameras.onvif import ask_device

    return ask_device(camera, _credential(camera, credentials), ONVIF_TIMEOUT, clock)


def _credential(camera: CameraSettings, credentials: Mapping[str, Credential]) -> Credential | None:
    if camera.credential is None:
        return None
    if camera.credential not in credentials:
        raise CredentialMissing(camera=camera.id, credential=camera.credential)
    return credentials[camera.credential]
