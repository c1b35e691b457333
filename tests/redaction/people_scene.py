"""People as a detector would find them, for tests of tracks: boxes that move, and how each person is dressed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cctv.redaction.people.detections import LOOK_VALUES, DetectionSpool, FrameDetections
from cctv.redaction.video.geometry import Rect, Size
from cctv.redaction.video.spill import MaskSpool

SIZE = Size(640, 360)
RATE = 10.0


def look(colour):
    """The look of somebody dressed in one of eight colours."""
    row = np.zeros((LOOK_VALUES // 16, 16), np.uint8)
    row[:, 2 * colour] = 200
    row[:, 2 * colour + 1] = 55
    return row.reshape(-1)


@dataclass(frozen=True)
class Walker:
    """Somebody 30 x 80 pixels, `colour` their clothes, at `places` (frame: left and top); `score` of detections."""

    colour: int
    places: dict[int, tuple[float, float]]
    score: float = 0.6
    width: float = 30.0
    height: float = 80.0

    def box(self, frame):
        x, y = self.places[frame]
        return Rect(x, y, self.width, self.height)


def walk(colour, start, end, frames, unseen=(), score=0.6):
    """Somebody who walks straight from one place to another in a range of frames, not detected in some."""
    first, last = frames[0], frames[-1]
    places = {
        frame: tuple(a + (b - a) * (frame - first) / max(last - first, 1) for a, b in zip(start, end, strict=True))
        for frame in frames
        if frame not in unseen
    }
    return Walker(colour, places, score)


def found(walkers: Sequence[Walker], frame: int) -> FrameDetections:
    """What a detector says of one frame."""
    here = [walker for walker in walkers if frame in walker.places]
    if not here:
        return FrameDetections.none()
    boxes = [(*walker.places[frame], walker.width, walker.height) for walker in here]
    return FrameDetections(
        np.array(boxes, np.float32),
        np.array([walker.score for walker in here], np.float32),
        np.ones(len(here), np.float32),
        np.stack([look(walker.colour) for walker in here]),
    )


def frames_of(walkers, count):
    """What it says of each of so many frames."""
    return [found(walkers, frame) for frame in range(count)]


def spools(walkers, count, shown=None):
    """Detections and foreground of so many frames, on disk; `shown` are those who differ, detected or not."""
    detections, differs = DetectionSpool(), MaskSpool((SIZE.height // 2, SIZE.width // 2))
    for frame in range(count):
        detections.append(frame, found(walkers, frame))
        mask = np.zeros(differs.shape, np.bool_)
        for walker in walkers if shown is None else shown:
            if frame in walker.places:
                x, y = walker.places[frame]
                mask[int(y / 2) : int((y + walker.height) / 2), int(x / 2) + 1 : int((x + walker.width) / 2) - 1] = True
        differs.append(mask)
    return detections, differs
