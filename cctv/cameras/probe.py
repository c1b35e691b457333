"""Asking a camera what it sends: codec, picture size, frame rate, sound.

Looks at the stream for a moment and keeps nothing of it.  Always ends: a camera that hangs costs the time given.
"""

from __future__ import annotations

import json
import logging
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from cctv.cameras.diagnose import diagnose
from cctv.cameras.errors import CameraFailed, CameraSilent
from cctv.cameras.stream import PROTOCOLS, StreamAddress
from cctv.config import CameraSettings
from cctv.kernel import process

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=12)  # a GOP of 10 s and the handshake
_PACKETS = 40  # enough for a frame rate, as a camera counts it


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What a camera sends.  `fps` is None where too little came to tell; `sound` is a codec, None without sound."""

    codec: str
    width: int
    height: int
    fps: float | None
    sound: str | None


def probe_camera(camera: CameraSettings, address: StreamAddress, *, patience: timedelta = PATIENCE) -> StreamFacts:
    """Look at the stream; raises CameraDown.  Blocks for `patience` at the most."""
    fields = "stream=index,codec_type,codec_name,width,height:packet=stream_index,pts_time"
    command = ["ffprobe", "-v", "error", "-hide_banner", "-f", "concat", "-safe", "0"]
    command += ["-protocol_whitelist", PROTOCOLS, "-show_entries", fields, "-read_intervals", f"%+#{_PACKETS}"]
    command += ["-of", "json", "-i", "pipe:0"]
    script = address.script(timeout=patience, video_only=False)
    waited = patience.total_seconds()
    log.debug("stream.probed", extra={"camera": camera.id, "transport": address.transport})
    try:
        done = _run(command, script, patience)
    except subprocess.TimeoutExpired as error:
        raise CameraSilent(camera=camera.id, address=address.url, seconds=f"{waited:.0f}") from error
    if done.returncode != 0:
        raise diagnose(camera, address, done.stderr, waited=waited)
    said = json.loads(done.stdout)
    video = next((one for one in said.get("streams", []) if one.get("codec_type") == "video"), None)
    if video is None or "codec_name" not in video:
        raise CameraFailed(camera=camera.id, detail="its stream has no picture in it")
    sound = next((one for one in said["streams"] if one.get("codec_type") == "audio"), None)
    return StreamFacts(
        codec=video["codec_name"],
        width=video.get("width", 0),
        height=video.get("height", 0),
        fps=_rate([packet for packet in said.get("packets", []) if packet["stream_index"] == video["index"]]),
        sound=sound.get("codec_name", "unknown") if sound else None,
    )


def _run(command: Sequence[str], script: bytes, patience: timedelta) -> subprocess.CompletedProcess[bytes]:
    child = process.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with child:
        try:
            stdout, stderr = child.communicate(script, timeout=patience.total_seconds())
        except subprocess.TimeoutExpired:
            child.kill()
            raise
    return subprocess.CompletedProcess(command, child.returncode, stdout, stderr)


def _rate(packets: Sequence[dict[str, Any]]) -> float | None:
    """Frames a second over the packets seen; the median step, since the first ones come in a burst."""
    times = sorted(float(packet["pts_time"]) for packet in packets if "pts_time" in packet)
    steps = sorted(later - earlier for earlier, later in pairwise(times))
    if len(steps) < 4 or steps[len(steps) // 2] <= 0:
        return None
    return float(Fraction(1 / steps[len(steps) // 2]).limit_denominator(100))
