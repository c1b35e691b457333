"""Asking a camera what it sends: codec, picture size, frame rate, sound.

Looks at the stream for a moment and keeps nothing of it.  Always ends: a camera that hangs costs the time given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from time import monotonic

import av.error
from av.container import InputContainer

from cctv.archive.media import describe
from cctv.cameras.errors import CameraFailed, CameraSilent
from cctv.cameras.live import connect, fault_of
from cctv.cameras.stream import StreamAddress
from cctv.config.schema import CameraSettings

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
    """Look at the stream; raises CameraDown.

    Blocks for `patience` until the format is known, and as long again for the packets that tell the frame rate.
    """
    options = address.options(video_only=False, timeout=patience)
    with connect(camera, address, options, opening=patience, reading=patience) as container:
        media = describe(container)
        if media is None:
            raise CameraFailed(camera=camera.id, detail="its stream has no picture in it")
        try:
            times = _times(container, monotonic() + patience.total_seconds())
        except (av.error.FFmpegError, OSError) as error:
            raise fault_of(camera, address, error, patience) from error
    if not times:
        raise CameraSilent(camera=camera.id, address=address.url, seconds=f"{patience.total_seconds():.0f}")
    return StreamFacts(media.codec, media.width, media.height, _rate(times), media.sound)


def _times(container: InputContainer, ends_at: float) -> list[float]:
    """Seconds of the pictures among the first packets, as many as came until an instant of the monotonic clock."""
    video, times = container.streams.video[0], []
    for number, packet in enumerate(container.demux(), 1):
        if packet.stream is video and packet.size and packet.pts is not None and packet.time_base:
            times.append(float(packet.pts * packet.time_base))
        if number >= _PACKETS or monotonic() >= ends_at:
            break
    return times


def _rate(times: Sequence[float]) -> float | None:
    """Frames a second over the packets seen; the median step, since the first ones come in a burst."""
    steps = sorted(later - earlier for earlier, later in pairwise(sorted(times)))
    if len(steps) < 4 or steps[len(steps) // 2] <= 0:
        return None
    return float(Fraction(1 / steps[len(steps) // 2]).limit_denominator(100))
