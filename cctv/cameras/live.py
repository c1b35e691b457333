"""A live stream read in this process: whole pictures, still compressed, as they come, until the camera fails.

Owns PyAV's reading side (libavformat of FFmpeg 8).  None of its errors leaves this room: their text holds the address
with its password.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from time import monotonic
from typing import cast

import av
import av.error
import av.logging
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from cctv.cameras.errors import (
    CameraClosed,
    CameraDown,
    CameraFailed,
    CameraRefused,
    CameraSilent,
    CameraUnauthorised,
    CameraUnreachable,
    StreamUnknown,
)
from cctv.cameras.knock import knock
from cctv.cameras.stream import StreamAddress
from cctv.config.schema import CameraSettings

log = logging.getLogger(__name__)

OPEN = timedelta(seconds=8)  # handshake and what tells the stream's format, each
# Counted from the last picture, whatever else the camera sends: RTCP alone does not prolong it.  With the nap of the
# reader and the first wait, a camera that fell silent is opened again within 3 s.
STALL = timedelta(seconds=1.8)
_STALLED = STALL.total_seconds() - 0.05

av.logging.set_level(None)  # libav's own lines repeat addresses, and waking Python for each costs what a picture costs


class LiveStream:
    """An open stream.  Used by one thread."""

    def __init__(self, camera: CameraSettings, address: StreamAddress, container: InputContainer) -> None:
        self._camera, self._address, self._container = camera, address, container
        if not container.streams.video:
            container.close()
            raise CameraFailed(camera=camera.id, detail="it offers no video")
        self.template: VideoStream = container.streams.video[0]

    @property
    def tick(self) -> Fraction:
        """Seconds of one unit of a packet's times; 1/90000 by RFC 6184 and RFC 7798."""
        return cast(Fraction, self.template.time_base)

    def __iter__(self) -> Iterator[Packet[VideoStream]]:
        """Packets of one picture each, Annex B.  Ends with a CameraDown, never by itself."""
        asked = monotonic()
        try:
            for packet in self._container.demux(self.template):
                waited = monotonic() - asked
                if packet.size:
                    yield packet
                # A read that is broken off hands over the picture that was held back, as if nothing had happened.
                if waited >= _STALLED:
                    raise self._silent()
                asked = monotonic()
        except (av.error.FFmpegError, OSError) as error:
            raise fault_of(self._camera, self._address, error, STALL) from error
        raise CameraClosed(camera=self._camera.id, address=self._address.url)

    def _silent(self) -> CameraSilent:
        seconds = f"{STALL.total_seconds():g}"
        return CameraSilent(camera=self._camera.id, address=self._address.url, seconds=seconds)

    def close(self) -> None:
        """Leave the camera."""
        self._container.close()


def open_live(camera: CameraSettings, address: StreamAddress) -> LiveStream:
    """Connect and learn the stream's format; raises CameraDown."""
    return LiveStream(camera, address, connect(camera, address, address.options(), opening=OPEN, reading=STALL))


def connect(
    camera: CameraSettings, address: StreamAddress, options: dict[str, str], *, opening: timedelta, reading: timedelta
) -> InputContainer:
    """Open a camera's stream.  `opening` is how long that may take, `reading` how long each packet.

    Raises CameraDown, never with a cause: its text would hold the password.
    """
    knock(camera, address.url)
    began = monotonic()
    log.debug("stream.requested", extra={"camera": camera.id, "transport": address.transport})
    try:
        return av.open(
            address.with_credentials(),
            options=options,
            timeout=(opening.total_seconds(), reading.total_seconds()),
        )
    except (av.error.FFmpegError, OSError) as error:
        raise fault_of(camera, address, error, timedelta(seconds=monotonic() - began)) from error


def fault_of(camera: CameraSettings, address: StreamAddress, error: Exception, waited: timedelta) -> CameraDown:
    """The error that one of libav's stands for; takes nothing of its text but `strerror`."""
    named = {"camera": camera.id, "address": address.url}
    if isinstance(error, (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError)):
        return CameraUnauthorised(**named, credential=camera.credential or "(none is named)")
    if isinstance(error, (av.error.HTTPNotFoundError, av.error.HTTPOtherClientError)):
        return StreamUnknown(**named)
    if isinstance(error, av.error.HTTPServerError):
        return CameraFailed(camera=camera.id, detail="it answers with a server error (too many viewers, perhaps)")
    if isinstance(error, ConnectionRefusedError):
        return CameraRefused(**named)
    # Interrupted by our own limit, or a handshake that broke off in the middle.
    if isinstance(error, (av.error.ExitError, av.error.InvalidDataError, TimeoutError)):
        return CameraSilent(**named, seconds=f"{waited.total_seconds():.2g}")
    if isinstance(error, ConnectionError):
        return CameraUnreachable(**named, detail="it broke the connection off")
    return CameraFailed(camera=camera.id, detail=str(getattr(error, "strerror", "")) or type(error).__name__)
