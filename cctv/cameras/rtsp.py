"""The stream of a camera: its address, and its compressed pictures read in this process until the camera fails.

Responsible for the reading side of PyAV (libavformat of FFmpeg 8).  libavformat never has the password, and connects to
no camera: a `Relay` does (`cctv.cameras.relay`), whose error says what libavformat's own does not.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
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
    CameraSilent,
)
from cctv.cameras.relay import LONGEST_SILENCE, MAX_CHILD_BYTES, MAX_PICTURE_BYTES, Relay
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings, Transport

log = logging.getLogger(__name__)

# What the script may open; `pipe` is the script itself.
PROTOCOLS = "file,pipe,fd,rtsp,rtp,tcp,udp,tls,crypto"
# Start-up costs 0.32 CPU-s with ffmpeg's own probing, 0.11 s with this (docs/decisions/0002-one-recorder-process.md).
LEAN_PROBING = {"fpsprobesize": "0", "analyzeduration": "100000", "probesize": "100000"}
OPEN_TIMEOUT = timedelta(seconds=8)  # for the handshake and for the stream's format, each
_READ_TIMEOUT = LONGEST_SILENCE * 2  # of libavformat; the relay ends a silent stream before
_MICROSECOND = timedelta(microseconds=1)
_SOCKET_TIMEOUT = timedelta(seconds=5)  # a write that blocks, such as a TEARDOWN; 8 s and more never fire

av.logging.set_level(None)  # libav's own lines repeat addresses, and waking Python for each costs what a picture costs


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """Where a camera's stream is; `url` is safe to show."""

    url: str
    transport: Transport
    credential: Credential | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.url

    def relay(self, camera: CameraSettings, *, for_child: bool = False) -> Relay:
        """Connect to it; raises CameraDown."""
        limit = MAX_CHILD_BYTES if for_child else MAX_PICTURE_BYTES
        return Relay(camera, self.url, self.credential, limit=limit)


def script(relay: Relay, *, timeout: timedelta) -> bytes:
    """The ffconcat script by which a child opens the stream.  The camera is not even asked for its sound."""
    lines = ["ffconcat version 1.0", f"file '{relay.url}'"]
    lines += [f"option {name} {value}" for name, value in options(timeout=timeout).items()]
    return "\n".join(lines).encode() + b"\n"


def options(*, video_only: bool = True, timeout: timedelta = _SOCKET_TIMEOUT) -> dict[str, str]:
    """For libavformat; `timeout` is that of its socket.

    With `video_only` the camera is not even asked for its sound.  That also leaves RTCP out of the timestamps, which
    would otherwise shift when the first sender report arrives, to bring sound and picture together.
    """
    return {
        "rtsp_transport": "tcp",  # to the relay
        "timeout": str(timeout // _MICROSECOND),
        **({"allowed_media_types": "video"} if video_only else {}),
        **LEAN_PROBING,
    }


class LiveStream:
    """An open stream.  Used by one thread."""

    def __init__(self, camera: CameraSettings, address: StreamAddress, relay: Relay, container: InputContainer) -> None:
        self._camera, self._address, self._relay, self._container = camera, address, relay, container
        if not container.streams.video:
            self.close()
            raise CameraFailed(camera=camera.id, detail="it offers no video")
        self.template: VideoStream = container.streams.video[0]

    @property
    def tick(self) -> Fraction:
        """Seconds of one unit of a packet's times; 1/90000 by RFC 6184 and RFC 7798."""
        return cast(Fraction, self.template.time_base)

    def __iter__(self) -> Iterator[Packet[VideoStream]]:
        """Packets of one picture each, Annex B.  Ends with a CameraDown, never by itself."""
        try:
            self._relay.await_picture()
            for packet in self._container.demux(self.template):
                self._relay.note_picture()
                if packet.size:
                    yield packet
                self._relay.await_picture()
        except (av.error.FFmpegError, OSError) as error:
            raise self._relay.fault or fault_of(self._camera, self._address, error, LONGEST_SILENCE) from error
        raise self._relay.fault or CameraClosed(camera=self._camera.id, address=self._address.url)

    def nap_for(self, seconds: float) -> None:
        """Let the camera's data come in for so long before it is read, which saves waking up."""
        self._relay.nap = seconds

    def end_within(self, seconds: float) -> None:
        """Let it end so soon, with the pictures that came until then.  May be called by another thread."""
        self._relay.end_within(seconds)

    def close(self) -> None:
        """Close the connection."""
        self._container.close()
        self._relay.close()


def open_live(camera: CameraSettings, address: StreamAddress) -> LiveStream:
    """Connect and learn the stream's format; raises CameraDown."""
    relay = address.relay(camera)
    container = connect(camera, address, relay, options(), opening=OPEN_TIMEOUT, reading=_READ_TIMEOUT)
    return LiveStream(camera, address, relay, container)


def connect(
    camera: CameraSettings,
    address: StreamAddress,
    relay: Relay,
    options: dict[str, str],
    *,
    opening: timedelta,
    reading: timedelta,
) -> InputContainer:
    """Open a stream.  `opening` is how long that may take, `reading` how long each packet; raises CameraDown."""
    began = monotonic()
    log.debug("stream.requested", extra={"camera": camera.id, "transport": address.transport})
    try:
        return av.open(relay.url, options=options, timeout=(opening.total_seconds(), reading.total_seconds()))
    except (av.error.FFmpegError, OSError) as error:
        relay.close()
        raise relay.fault or fault_of(camera, address, error, timedelta(seconds=monotonic() - began)) from error


def fault_of(camera: CameraSettings, address: StreamAddress, error: Exception, waited: timedelta) -> CameraDown:
    """The error that one of libav's stands for, where the relay knows none; uses nothing of its text but `strerror`."""
    # Interrupted by our own limit, or a handshake that broke off in the middle.
    if isinstance(error, (av.error.ExitError, av.error.InvalidDataError, TimeoutError)):
        seconds = f"{waited.total_seconds():.2g}"
        return CameraSilent(camera=camera.id, address=address.url, seconds=seconds)
    if isinstance(error, ConnectionError):
        return CameraClosed(camera=camera.id, address=address.url)
    return CameraFailed(camera=camera.id, detail=str(getattr(error, "strerror", "")) or type(error).__name__)
