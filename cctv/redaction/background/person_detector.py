"""Person detector for the background model: people who stood still in so many samples that the median shows them.

The learned detector looks for candidates in the median, with windows small enough for people far off, and again at each
candidate's place in some of the samples: what looks like a person there too, in most of them, stood there.  Posters and
mannequins do as well, and count as people.  A detector that fails raises PeopleSearchFailed and never passes for an
empty scene.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.people.detector import Picture, detectors_of, rgb
from cctv.redaction.people.fusion import Found, fused, overlaps, shares_of
from cctv.redaction.people.weights import Model
from cctv.redaction.people.windows import Stature, learned_stature, tiles, whole_picture
from cctv.redaction.video.geometry import Rect, Size, enclosing
from cctv.redaction.video.parallel import parallel_map
from cctv.redaction.video.yuv import Mask, Planes

_SAMPLES = 6
_LEAST_TILE = 180.0  # pixels; tiles become no narrower
_MOST_ACROSS = 4  # tiles in a row: people of a fortieth of the picture's height are found
_CANDIDATES = 16  # the best of the median
_AROUND = 2.0  # side of a window by height of a candidate
_LEAST_WINDOW = 48.0  # pixels
_SAME = 0.45  # intersection over union of one person in two samples
_LIKELY = 0.15  # score in the median, and in a sample that counts
_MOST_SAMPLES = 0.8  # share of the samples that must show somebody
# Square root of the score in the median by the median score of the samples.  A small person who stands through the
# CAVIAR corridor has 0.32; of what is nobody, a lamp post of PETS09-S2L1 0.24, a clipped tree of TUD-Stadtmitte 0.30.
_SURE, _SURE_LARGE = 0.2, 0.32
_LARGE = 0.02  # share of the picture; what is larger costs much where it is nobody, and is seen well where it is
_SIZES = (0.6, 1.7)  # height by that of people there, where that is known
_SHOWN = 0.1  # share of a box that is trusted, so that somebody shows
_INSIDE = 0.6  # of the smaller of two boxes, in the other
_MARGIN, _BELOW = 0.1, 0.2  # of a box's sides, around it for hair and hands, and below: legs are left out most often
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Search:
    """Windows of one picture; in `cells` where several share a pass."""

    picture: Picture
    windows: tuple[Rect, ...]
    cells: bool = False


def people_in(median: Planes, samples: Sequence[Planes], trusted: Mask, model: Model) -> tuple[Rect, ...]:
    """Boxes around people whom the median of samples shows where it is trusted, full-size pixels, with some margin.

    trusted: half size.  Raises PeopleSearchFailed (15).
    """
    size = median.size
    picture = rgb(median)
    sources = [rgb(sample) for sample in samples[:: math.ceil(len(samples) / _SAMPLES)]]
    whole = whole_picture(size)
    searches = [_Search(picture, (window,)) for window in (whole, *_pyramid(size))]
    searches += [_Search(source, (whole,)) for source in sources]
    found = _searched(searches, model)
    in_median, in_samples = found[: len(searches) - len(sources)], found[len(searches) - len(sources) :]
    stature = _stature(in_samples, size)
    boxes, scores = fused(in_median, size)
    plausible = (scores >= _LIKELY) & (shares_of(trusted, boxes) >= _SHOWN) & _sized(boxes, stature)
    boxes, scores = boxes[plausible][:_CANDIDATES], scores[plausible][:_CANDIDATES]
    if not len(boxes):
        return ()
    seen = _scores_in(sources, boxes, model)
    steady = np.median(seen, axis=0)
    is_large = boxes[:, 2] * boxes[:, 3] > _LARGE * size.width * size.height
    sure = np.sqrt(steady * scores) >= np.where(is_large, _SURE_LARGE, _SURE)
    stood = sure & ((seen >= _LIKELY).mean(axis=0) >= _MOST_SAMPLES)
    return tuple(_with_margin(place) for place in _places([Rect(*row) for row in boxes[stood].tolist()]))


def _with_margin(box: Rect) -> Rect:
    grown = box.grown(_MARGIN * box.w, _MARGIN * box.h)
    return Rect(grown.x, grown.y, grown.w, grown.h + (_BELOW - _MARGIN) * box.h)


def _places(boxes: Sequence[Rect]) -> list[Rect]:
    """One box around each group of those that lie mostly in one another: the same person, whole and in part."""
    places: list[Rect] = []
    for box in boxes:
        same = [place for place in places if place.overlap(box) >= _INSIDE * min(place.area, box.area)]
        places = [place for place in places if place not in same]
        places.append(enclosing((box, *same)))
    return places


def _pyramid(size: Size) -> list[Rect]:
    """Tiles of two to four in a row, as far as they stay wide enough, each row of the same number."""
    windows = list(tiles(size)) if size.width * 0.58 >= _LEAST_TILE else []
    for across in range(3, _MOST_ACROSS + 1):
        share = 1.2 / across
        if share * size.width < _LEAST_TILE:
            break
        steps = np.linspace(0, 1 - share, across)
        windows += [
            Rect(x * size.width, y * size.height, share * size.width, share * size.height) for y in steps for x in steps
        ]
    return windows


def _stature(found: Iterable[Found], size: Size) -> Stature | None:
    pairs = [fused([one], size) for one in found]
    return learned_stature(
        np.concatenate([boxes for boxes, _ in pairs]), np.concatenate([scores for _, scores in pairs]), size
    )


def _sized(boxes: Floats, stature: Stature | None) -> NDArray[np.bool_]:
    """Whether boxes are as tall as people are there; all of them where that is not known."""
    if stature is None:
        return np.ones(len(boxes), np.bool_)
    sizes = boxes[:, 3] / stature.of(boxes[:, 1] + boxes[:, 3])
    return np.asarray((sizes >= _SIZES[0]) & (sizes <= _SIZES[1]))


def _scores_in(sources: Sequence[Picture], boxes: Floats, model: Model) -> Floats:
    """The best score at the place of each of n boxes in each of m pictures, 0 without any: (m, n)."""
    windows = tuple(_window(Rect(*box)) for box in boxes.tolist())
    found = _searched([_Search(source, windows, cells=True) for source in sources], model)
    seen = np.zeros((len(sources), len(boxes)), np.float32)
    for number, rows in enumerate(np.array_split(np.arange(len(found)), len(sources))):
        for candidate, row in enumerate(rows.tolist()):
            one = found[row]
            same = overlaps(boxes[candidate : candidate + 1], one.boxes)[0] >= _SAME
            seen[number, candidate] = one.scores[same].max(initial=0)
    return seen


def _window(box: Rect) -> Rect:
    side = max(_AROUND * box.h, 1.2 * box.w, _LEAST_WINDOW)
    return Rect(box.x + (box.w - side) / 2, box.y + (box.h - side) / 2, side, side)


def _searched(searches: Sequence[_Search], model: Model) -> list[Found]:
    """What is in each window of each search, in order."""
    detectors = detectors_of(model)

    def one(search: _Search) -> list[Found]:
        with detectors.borrowed() as detector:
            if search.cells:
                pairs = detector.in_windows(search.picture, search.windows)
            else:
                pairs = [detector.in_window(search.picture, window) for window in search.windows]
        return [Found(window, *pair) for window, pair in zip(search.windows, pairs, strict=True)]

    return [found for part in parallel_map(one, searches) for found in part]
