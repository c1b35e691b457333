"""Why ffmpeg ended: from what it printed to one of the errors of cameras.

Pure.  Owns the knowledge of its messages (ffmpeg 5.1).  Never repeats a line that still holds a credential.
"""

from __future__ import annotations

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
from cctv.cameras.stream import StreamAddress
from cctv.config.schema import CameraSettings
from cctv.kernel.process import last_lines

_UNREACHABLE = {
    "Failed to resolve hostname": "the name is not known",
    "No route to host": "no route to it",
    "Network is unreachable": "the network is unreachable",
    "Host is unreachable": "it does not answer",
    "Connection timed out": "it does not answer",
    "Operation timed out": "it does not answer",
    "Connection reset by peer": "it broke the connection off",
}
# The timeout of ffmpeg's RTSP ends in this message, or in none and status 0
# (docs/decisions/0002-one-recorder-process.md).
_SILENT = ("Invalid data found when processing input", "Immediate exit requested")


def diagnose(camera: CameraSettings, address: StreamAddress, stderr: bytes, *, waited: float) -> CameraDown:
    """The error that a child's stderr stands for; `waited` is how long the camera was given, in seconds."""
    said = stderr.decode("utf-8", "replace")
    named = {"camera": camera.id, "address": address.url}
    if "401 Unauthorized" in said or "403 Forbidden" in said:
        return CameraUnauthorised(**named, credential=camera.credential or "(none is named)")
    if "404 Not Found" in said or "454 Session Not Found" in said:
        return StreamUnknown(**named)
    if "Connection refused" in said:
        return CameraRefused(**named)
    for sign, detail in _UNREACHABLE.items():
        if sign in said:
            return CameraUnreachable(**named, detail=detail)
    if any(sign in said for sign in _SILENT):
        return CameraSilent(**named, seconds=f"{waited:.0f}")
    if "Server returned 5XX" in said:  # 503 from many a camera that has all the viewers it can serve
        return CameraFailed(camera=camera.id, detail="it answers with a server error (too many viewers, perhaps)")
    if not said.strip():
        return CameraClosed(**named)
    return CameraFailed(camera=camera.id, detail=last_lines(stderr, 1).removeprefix("pipe:0: ").rstrip("."))
