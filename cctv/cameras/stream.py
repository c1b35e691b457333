"""A stream's address, and the two ways in which it is handed to libavformat.

In a child: by an ffconcat script on standard input, which keeps the address and its password out of the process list.
In this process: by `live`.  Nothing else gets an address with its password.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote, urlsplit, urlunsplit

from cctv.config.credentials import Credential
from cctv.config.schema import Transport

# What the script may open; `pipe` is the script itself.
PROTOCOLS = "file,pipe,fd,rtsp,rtp,tcp,udp,tls,crypto"

# Start-up costs 0.32 CPU-s with ffmpeg's own probing, 0.11 s with this (docs/decisions/0002-one-recorder-process.md).
LEAN_PROBING = {"fpsprobesize": "0", "analyzeduration": "100000", "probesize": "100000"}

_MICROSECOND = timedelta(microseconds=1)
_SOCKET = timedelta(seconds=5)  # a write that blocks, such as a TEARDOWN; 8 s and more never fire
_UDP_BUFFER = str(4 << 20)  # bytes: a key frame of a large picture, while the reader naps


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

    def options(self, *, video_only: bool = True, timeout: timedelta = _SOCKET) -> dict[str, str]:
        """For libavformat in this process; `timeout` is that of its socket.

        With `video_only` the camera is not even asked for its sound.  That also leaves RTCP out of the timestamps,
        which would otherwise shift when the first sender report arrives, to bring sound and picture together.
        """
        return {
            "rtsp_transport": self.transport.value,
            "timeout": str(timeout // _MICROSECOND),
            **({"allowed_media_types": "video"} if video_only else {}),
            **LEAN_PROBING,
            **({"buffer_size": _UDP_BUFFER} if self.transport is Transport.UDP else {}),
        }

    def with_credentials(self) -> str:
        """The whole address, its password included.  For `script` and `live` only."""
        url = self.url.replace("'", "%27")
        if any(character.isspace() or not character.isprintable() for character in url):
            raise ValueError(f"white space in a stream address: {self.url!r}")
        if self.credential is None:
            return url
        parts = urlsplit(url)
        name, password = quote(self.credential.username, safe=""), quote(self.credential.password, safe="")
        return urlunsplit(parts._replace(netloc=f"{name}:{password}@{parts.netloc.rpartition('@')[2]}"))
