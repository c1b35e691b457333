"""Looking at pictures: source and redacted frames side by side, and which heads can be seen.

Independent of the product's own verification: it compares pixels of the delivered file with those of the source.
A pixel of a head counts as live where the person stands out from the empty scene and the delivered picture shows the
source; a head is visible when more than a tenth of what stands out is live.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from demo_story.truth import Box

Picture = npt.NDArray[np.uint8]

STANDS_OUT = 25  # grey levels between a person and the empty scene
SAME = 12  # grey levels that encoding may move a pixel
VISIBLE = 0.1
SHOWN = 0.6  # of the subject's box


def frames(files: Sequence[Path], width: int, height: int) -> Iterator[Picture]:
    """BGR pictures of some files in order, frame by frame."""
    for file in files:
        command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(file), "-fps_mode", "passthrough"]
        command += ["-f", "rawvideo", "-pix_fmt", "bgr24", "pipe:1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as decoder:
            assert decoder.stdout is not None
            while len(data := decoder.stdout.read(width * height * 3)) == width * height * 3:
                yield np.frombuffer(data, np.uint8).reshape(height, width, 3)


def empty_scene(pictures: Sequence[Picture]) -> Picture:
    """The per-pixel median: who walks is nowhere long enough to stay in it."""
    return np.median(np.stack(pictures[:: max(1, len(pictures) // 60)]), axis=0).astype(np.uint8)


@dataclass
class Sight:
    """What was found over all frames."""

    heads: int = 0
    heads_visible: int = 0
    subject_frames: int = 0
    subject_visible: int = 0

    @property
    def subject_share(self) -> float:
        return self.subject_visible / self.subject_frames if self.subject_frames else 0.0


def head_is_visible(source: Picture, shown: Picture, scene: Picture, head: Box) -> bool:
    at = _window(head, source)
    stands_out = _distance(source[at], scene[at]) > STANDS_OUT
    if not stands_out.any():
        return False
    live = stands_out & (_distance(source[at], shown[at]) <= SAME)
    return bool(live.sum() > VISIBLE * stands_out.sum())


def subject_is_visible(source: Picture, shown: Picture, box: Box) -> bool:
    at = _window(box, source)
    return bool((_distance(source[at], shown[at]) <= SAME).mean() >= SHOWN)


def contact_sheet(pairs: Sequence[tuple[Picture, Picture]], path: Path) -> None:
    """Source above, redacted below, side by side in time."""
    columns = [np.vstack([_titled(source, "recorded"), _titled(shown, "delivered")]) for source, shown in pairs]
    rows = [np.hstack(columns[first : first + 3]) for first in range(0, len(columns) - len(columns) % 3, 3)]
    cv2.imwrite(str(path), np.vstack(rows))


def _titled(picture: Picture, title: str) -> Picture:
    framed = cv2.copyMakeBorder(picture, 26, 4, 4, 4, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    cv2.putText(framed, title, (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (40, 40, 40), 1, cv2.LINE_AA)
    return np.asarray(framed, dtype=np.uint8)


def _window(box: Box, picture: Picture) -> tuple[slice, slice]:
    x, y, w, h = box
    height, width = picture.shape[:2]
    left, top = max(0, int(x)), max(0, int(y))
    right, bottom = min(width, max(left + 1, round(x + w))), min(height, max(top + 1, round(y + h)))
    return slice(top, bottom), slice(left, right)


def _distance(picture: Picture, other: Picture) -> npt.NDArray[np.int16]:
    difference: npt.NDArray[np.int16] = np.abs(picture.astype(np.int16) - other.astype(np.int16)).max(axis=2)
    return difference
