"""Pictures of what a decision shows: the result at chosen moments, the source beside it, and where anything is live.

Owns the pass that composes them, by the same rules as a render, without writing a video.  Pictures of the source show
people as they are: they stay on the box, for the reviewer alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.analysis import Analysis, Progress
from cctv.redaction.compose import Composer
from cctv.redaction.decide import Decisions
from cctv.redaction.geometry import Box
from cctv.redaction.keep import KeepBoxes
from cctv.redaction.options import Options
from cctv.redaction.pictures import Bgr, bgr
from cctv.redaction.planes import Planes
from cctv.redaction.scratch import whole
from cctv.redaction.source import Clip
from cctv.redaction.verify import paired

Jpeg = NDArray[np.uint8]
"""A coded picture, as one flat array of bytes."""
_WIDE = 480  # pixels: a face that can be told from another is larger than 8 of them
_KEPT, _HIDDEN, _MARKED = (75, 127, 26), (10, 87, 220), (190, 40, 200)  # blue first


@dataclass(frozen=True, slots=True)
class Gallery:
    """The result and the source of chosen frames, by frame, and for every frame whether anything of it is live."""

    shown: dict[int, Jpeg]
    seen: dict[int, Jpeg]
    live: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The frames whose result, and those whose source with the drawn boxes, a reviewer looks at.

    `marks` are places in the source to look at, by frame.
    """

    shown: Collection[int]
    seen: Collection[int]
    marks: Mapping[int, Box] = field(default_factory=dict)


def gallery(
    clip: Clip,
    analysis: Analysis,
    keep: KeepBoxes,
    options: Options,
    wanted: Wanted,
    progress: Progress,
    also: Callable[[int, Planes], None] = lambda _frame, _planes: None,
) -> Gallery:
    """One pass over the clip; `also` is called with every frame's source.  Raises SourceUnreadable."""
    composer = Composer(analysis.survey.backdrops, options, None, clip.masked)
    shown: dict[int, Jpeg] = {}
    seen: dict[int, Jpeg] = {}
    live: list[bool] = []
    total = len(analysis.survey.times)
    for planes, decision in paired(clip, Decisions(analysis, keep, options, None)):
        frame = decision.frame
        also(frame, planes)
        live.append(bool(decision.live.any()))
        if frame in wanted.seen:
            seen[frame] = _jpeg(_outlined(bgr(planes), keep, frame, wanted.marks.get(frame)))
        if frame in wanted.shown:
            shown[frame] = _jpeg(bgr(composer.compose(whole(planes), decision)))
        progress("pictures", frame + 1, total)
    return Gallery(shown, seen, tuple(live))


def _outlined(picture: Bgr, keep: KeepBoxes, frame: int, mark: Box | None) -> Bgr:
    """The picture with the boxes of a frame: green what is kept, orange and crossed what is hidden, magenta a mark."""
    thick = max(1, round(1.5 * picture.shape[1] / _WIDE))
    boxes: Sequence[tuple[bool, tuple[int, int], tuple[int, int]]] = [
        (kept, (round(box.x), round(box.y)), (round(box.right), round(box.bottom)))
        for kept, held in ((True, keep.kept_at(frame)), (False, keep.hidden_at(frame)))
        for box in held
    ]
    for kept, corner, other in boxes:
        cv2.rectangle(picture, corner, other, _KEPT if kept else _HIDDEN, thick)
        if not kept:
            cv2.line(picture, corner, other, _HIDDEN, thick)
            cv2.line(picture, (corner[0], other[1]), (other[0], corner[1]), _HIDDEN, thick)
    if mark is not None:
        corner, other = (round(mark.x), round(mark.y)), (round(mark.right), round(mark.bottom))
        cv2.rectangle(picture, corner, other, _MARKED, thick)
    return picture


def _jpeg(picture: Bgr) -> Jpeg:
    height, width = picture.shape[:2]
    if width > _WIDE:
        size = (_WIDE, max(1, round(height * _WIDE / width)))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    done, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 78])
    if not done:
        raise ValueError("a picture for the reviewer could not be coded")
    return np.asarray(coded, np.uint8).ravel()
