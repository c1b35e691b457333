"""A stream's address, and the one way in which it is handed to ffmpeg.

Owns the ffconcat script on standard input that keeps the address and its password out of the process list.  Never turns
an address with its password into text for anything else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote, urlsplit, urlunsplit

from cctv.config import Credential, Transport

# What the script may open; `pipe` is the script itself.
PROTOCOLS = "file,pipe,fd,rtsp,rtp,tcp,udp,tls,crypto"

# Start-up costs 0.32 CPU-s with ffmpeg's own probing, 0.11 s with this (MEASURED.md).
LEAN_PROBING = {"fpsprobesize": "0", "analyzeduration": "100000", "probesize": "100000"}

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """Where a camera's stream is; `url` is safe to show."""

    url: str
    transport: Transport
    credential: Credential | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.url

    def script(self, *, timeout: timedelta, video_only: bool) -> bytes:
        """The ffconcat script that opens the stream.  Holds the password: for a child's standard input only.

        `video_only` does not even ask the camera for its sound.  It also leaves RTCP out of the timestamps, which
        ffmpeg would otherwise shift when the first sender report arrives, to bring sound and picture together.
        """
        options = {
            "rtsp_transport": self.transport.value,
            "timeout": str(timeout // _MICROSECOND),
            **LEAN_PROBING,
            **({"allowed_media_types": "video"} if video_only else {}),
        }
        lines = ["ffconcat version 1.0", f"file '{self._with_credentials()}'"]
        lines += [f"option {name} {value}" for name, value in options.items()]
        return "\n".join(lines).encode() + b"\n"

    def _with_credentials(self) -> str:
        url = self.url.replace("'", "%27")
        if any(character.isspace() or not character.isprintable() for character in url):
            raise ValueError(f"white space in a stream address: {self.url!r}")
        if self.credential is None:
            return url
        parts = urlsplit(url)
        name, password = quote(self.credential.username, safe=""), quote(self.credential.password, safe="")
        return urlunsplit(parts._replace(netloc=f"{name}:{password}@{parts.netloc.rpartition('@')[2]}"))
