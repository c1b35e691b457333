"""The stream of a camera: its address, and its compressed pictures read in this process until the camera fails.

Responsible for the reading side of PyAV (libavformat of FFmpeg 8).  None of libav's errors leaves this module: their
text holds the address with its password.  The password is handed to libavformat in two ways only: to a child by an
ffconcat script on standard input, which keeps it out of the process list, and in this process by `connect`.

`tcp_ping` precedes every connection: the socket of a camera that is off fails at once and with a plain reason, for the
price of one packet; libavformat and zeep do not.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from time import monotonic
from typing import cast
from urllib.parse import quote, urlsplit, urlunsplit

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
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings, Transport

log = logging.getLogger(__name__)

# What the script may open; `pipe` is the script itself.
PROTOCOLS = "file,pipe,fd,rtsp,rtp,tcp,udp,tls,crypto"
# Start-up costs 0.32 CPU-s with ffmpeg's own probing, 0.11 s with this (docs/decisions/0002-one-recorder-process.md).
LEAN_PROBING = {"fpsprobesize": "0", "analyzeduration": "100000", "probesize": "100000"}
# One lost SYN costs a second: with a longer wait a camera that comes back would be noticed late.
PING_TIMEOUT = timedelta(seconds=1)
OPEN_TIMEOUT = timedelta(seconds=8)  # for the handshake and for the stream's format, each
# Counted from the last picture, whatever else the camera sends: RTCP alone does not prolong it.  With the sleep of
# the reader and the first wait, a camera that fell silent is opened again within 3 s.
STALL_TIMEOUT = timedelta(seconds=1.8)
_STALL_SECONDS = STALL_TIMEOUT.total_seconds() - 0.05
_DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_MICROSECOND = timedelta(microseconds=1)
_SOCKET_TIMEOUT = timedelta(seconds=5)  # a write that blocks, such as a TEARDOWN; 8 s and more never fire
_UDP_BUFFER_BYTES = str(4 << 20)  # a key frame of a large picture, while the reader sleeps

av.logging.set_level(None)  # libav's own lines repeat addresses, and waking Python for each costs what a picture costs


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """Where a camera's stream is; `url` is safe to show."""

    url: str
    transport: Transport
    credential: Credential | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.url

    def script(self, *, timeout: timedelta) -> bytes:
        """The ffconcat script that opens the stream.  Holds the password: for a child's standard input only.

        The camera is not even asked for its sound.
        """
        options = {
            "rtsp_transport": self.transport.value,
            "timeout": str(timeout // _MICROSECOND),
            **LEAN_PROBING,
            "allowed_media_types": "video",
        }
        lines = ["ffconcat version 1.0", f"file '{self.with_credentials()}'"]
        lines += [f"option {name} {value}" for name, value in options.items()]
        return "\n".join(lines).encode() + b"\n"

    def options(self, *, video_only: bool = True, timeout: timedelta = _SOCKET_TIMEOUT) -> dict[str, str]:
        """For libavformat in this process; `timeout` is that of its socket.

        With `video_only` the camera is not even asked for its sound.  That also leaves RTCP out of the timestamps,
        which would otherwise shift when the first sender report arrives, to bring sound and picture together.
        """
        return {
            "rtsp_transport": self.transport.value,
            "timeout": str(timeout // _MICROSECOND),
            **({"allowed_media_types": "video"} if video_only else {}),
            **LEAN_PROBING,
            **({"buffer_size": _UDP_BUFFER_BYTES} if self.transport is Transport.UDP else {}),
        }

    def with_credentials(self) -> str:
        """The whole address, its password included.  For `script` and `connect` only."""
        url = self.url.replace("'", "%27")
        if any(character.isspace() or not character.isprintable() for character in url):
            raise ValueError(f"white space in a stream address: {self.url!r}")
        if self.credential is None:
            return url
        parts = urlsplit(url)
        name, password = quote(self.credential.username, safe=""), quote(self.credential.password, safe="")
        return urlunsplit(parts._replace(netloc=f"{name}:{password}@{parts.netloc.rpartition('@')[2]}"))


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
        requested_at = monotonic()
        try:
            for packet in self._container.demux(self.template):
                waited = monotonic() - requested_at
                if packet.size:
                    yield packet
                # An interrupted read returns the picture that was held back, as if nothing had happened.
                if waited >= _STALL_SECONDS:
                    raise self._silent()
                requested_at = monotonic()
        except (av.error.FFmpegError, OSError) as error:
            raise fault_of(self._camera, self._address, error, STALL_TIMEOUT) from error
        raise CameraClosed(camera=self._camera.id, address=self._address.url)

    def _silent(self) -> CameraSilent:
        seconds = f"{STALL_TIMEOUT.total_seconds():g}"
        return CameraSilent(camera=self._camera.id, address=self._address.url, seconds=seconds)

    def close(self) -> None:
        """Close the connection."""
        self._container.close()


def open_live(camera: CameraSettings, address: StreamAddress) -> LiveStream:
    """Connect and learn the stream's format; raises CameraDown."""
    return LiveStream(
        camera, address, connect(camera, address, address.options(), opening=OPEN_TIMEOUT, reading=STALL_TIMEOUT)
    )


def connect(
    camera: CameraSettings, address: StreamAddress, options: dict[str, str], *, opening: timedelta, reading: timedelta
) -> InputContainer:
    """Open a camera's stream.  `opening` is how long that may take, `reading` how long each packet.

    Raises CameraDown, never with a cause: its text would hold the password.
    """
    tcp_ping(camera, address.url)
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
    """The error that one of libav's stands for; uses nothing of its text but `strerror`."""
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


def tcp_ping(camera: CameraSettings, address: str) -> None:
    """Connect to an address without credentials, and leave; raises CameraRefused or CameraUnreachable."""
    parts = urlsplit(address if "://" in address else f"http://{address}")
    where = parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme, 80)
    try:
        socket.create_connection(where, PING_TIMEOUT.total_seconds()).close()
    except ConnectionRefusedError as error:
        raise CameraRefused(camera=camera.id, address=address) from error
    except OSError as error:
        raise CameraUnreachable(camera=camera.id, address=address, detail=_socket_problem(error)) from error


def _socket_problem(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "the name is not known"
    if isinstance(error, TimeoutError):
        return "it does not answer"
    return (error.strerror or type(error).__name__).lower()
