"""Detections of a clip: boxes, scores and looks, frame by frame, on disk.

Owns their layout.  Memory does not grow with the clip beyond some bytes a frame.
"""

from __future__ import annotations

import tempfile
from array import array
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

LOOK_VALUES = 144
"""Values of one look: histograms of three body parts (`appearance`)."""
_COLUMNS = 6


@dataclass(frozen=True, slots=True, eq=False)
class FrameDetections:
    """The people found in one frame, one row each, in no order.

    `boxes` (n, 4) float32: x, y, width, height in full-size pixels.  `scores` (n,) float32, 0 to 1.  `differs` (n,)
    float32: the share of the box that is foreground.  `looks` (n, LOOK_VALUES) uint8.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    differs: NDArray[np.float32]
    looks: NDArray[np.uint8]

    @staticmethod
    def none() -> FrameDetections:
        """Nobody."""
        return FrameDetections(
            np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.float32),
            np.empty((0, LOOK_VALUES), np.uint8),
        )  # fmt: skip


class DetectionSpool:
    """Detections appended in order of frame and read back by index, by one thread at a time.  A context manager.

    Not every frame need be searched: `frames` are the numbers (from 0) of those that were.
    """

    def __init__(self) -> None:
        self.frames = array("q")
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._ends = array("q", [0])

    def __enter__(self) -> DetectionSpool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self.frames)

    def append(self, frame: int, found: FrameDetections) -> None:
        """Add the detections of the next frame that was searched."""
        numbers = np.column_stack([found.boxes, found.scores, found.differs]).astype(np.float32)
        row = numbers.tobytes() + np.ascontiguousarray(found.looks).tobytes()
        self._file.seek(self._ends[-1])
        self._file.write(row)
        self._ends.append(self._ends[-1] + len(row))
        self.frames.append(frame)

    def __getitem__(self, index: int) -> FrameDetections:
        """The detections of the `index`th frame that was searched."""
        start, end = self._ends[index], self._ends[index + 1]
        self._file.seek(start)
        row = self._file.read(end - start)
        count = len(row) // (4 * _COLUMNS + LOOK_VALUES)
        numbers = np.frombuffer(row, np.float32, count * _COLUMNS).reshape(count, _COLUMNS)
        looks = np.frombuffer(row, np.uint8, offset=4 * numbers.size).reshape(count, LOOK_VALUES)
        return FrameDetections(numbers[:, :4], numbers[:, 4], numbers[:, 5], looks)
