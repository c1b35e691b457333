"""The ffmpeg commands that look at a camera's stream, built by ffmpeg-python.  Pure: starts nothing.

The stream comes by an ffconcat script on standard input (`StreamAddress.script`), so no command holds an address.
"""

from __future__ import annotations

from typing import Any

import ffmpeg

from cctv.cameras.rtsp import PROTOCOLS


def packet_list_command() -> list[str]:
    """A line for each packet of the video, as it comes."""
    return _compiled(format="framecrc", c="copy", flush_packets=1)


def picture_command(columns: int) -> list[str]:
    """One picture of so many columns as raw BGR, each pixel the mean of what it covers."""
    scale = f"scale={columns}:-1:flags=area"
    return _compiled(format="rawvideo", pix_fmt="bgr24", vf=scale, **{"frames:v": 1})


def _compiled(**output: str | int) -> list[str]:
    stream: Any = ffmpeg.input(
        "pipe:0", format="concat", safe=0, protocol_whitelist=PROTOCOLS, v="error", hide_banner=None
    )
    command: list[str] = ffmpeg.compile(stream["v:0"].output("pipe:1", **output))
    return command
