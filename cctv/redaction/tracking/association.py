"""Association: detections of frame after frame, put together to trails of one person each.

A trail goes on in the detection that fits its motion and its look best; sure detections first, weak ones only for a
trail that is established (Zhang et al. 2022, "ByteTrack").  Where two trails want one detection, or one trail could go
on in two, and nothing settles it, the trails end: nothing is guessed here.  Pure; memory grows with the detections.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.people.appearance import likenesses
from cctv.redaction.people.detections import FrameDetections
from cctv.redaction.tracking.trails import Boxes, Trail, overlaps

_SURE, _BEGINNING, _WEAK = 0.3, 0.35, 0.1  # scores: goes on, begins, goes on in an established trail
_ESTABLISHED = 4  # detections
_WEAK_SECONDS = 0.8  # of weak detections in a row, and no longer: they breed trails of nobody
_PATIENCE_SECONDS = 0.5  # without any detection
_DOUBT = 0.05  # of cost: what is nearer than that is not told apart
_SAME_BOX = 0.5  # overlap: two detections of one place are no alternative
_TAKEN_BOX = 0.6  # overlap with a living trail: no new one begins there
_LIMIT_SURE, _LIMIT_WEAK = 0.8, 1.0  # of cost
_LOOK_MEMORY = 0.85  # of the look so far, at each new detection
_UNFIT = 9.0
# Deviations, in heights of the person: of middle, bottom, width and height of a box, and of their pace.
_FIRST, _FIRST_PACE = np.array([0.05, 0.05, 0.1, 0.05]), np.array([0.1, 0.05, 0.02, 0.02])
_DRIFT, _PACE_DRIFT = np.array([0.02, 0.015, 0.02, 0.015]), np.array([0.012, 0.008, 0.002, 0.002])
_NOISE = np.array([0.06, 0.05, 0.1, 0.05])  # of a detection (PETS09-S2L1, Stadtmitte, CAVIAR: 0.03 to 0.06)


@dataclass(eq=False, slots=True)
class _Open:
    """A trail that goes on.

    `state` is middle, bottom, width and height of its box in pixels, `pace` their change a step; `spread`, `shared` and
    `pace_spread` are their variances and covariance: a Kalman filter of constant velocity for each of the four.
    What was found is kept without a gap: views of each frame's detections would keep all of these in memory.
    """

    steps: array[int]
    boxes: array[float]
    scores: array[float]
    looks: bytearray
    state: NDArray[np.float64]
    look: NDArray[np.float32]
    pace: NDArray[np.float64]
    spread: NDArray[np.float64]
    shared: NDArray[np.float64]
    pace_spread: NDArray[np.float64]
    missed: int = 0
    weak: int = 0

    @staticmethod
    def begun(step: int, found: FrameDetections, number: int) -> _Open:
        box, look = found.boxes[number], found.looks[number]
        height = float(box[3])
        return _Open(
            array("q", [step]), array("f", box), array("d", [float(found.scores[number])]), bytearray(look.tobytes()),
            _state_of(box), look.astype(np.float32),
            np.zeros(4), (_FIRST * height) ** 2, np.zeros(4), (_FIRST_PACE * height) ** 2,
        )  # fmt: skip

    def closed(self) -> Trail:
        count = len(self.steps)
        return Trail(
            np.array(self.steps, np.intp),
            np.array(self.boxes, np.float64).reshape(count, 4),
            np.array(self.scores, np.float64),
            np.frombuffer(bytes(self.looks), np.uint8).reshape(count, -1),
        )

    def predict(self) -> None:
        height = self.state[3]
        self.state = self.state + self.pace
        self.state[2:] = np.maximum(self.state[2:], 4)
        self.spread = self.spread + 2 * self.shared + self.pace_spread + (_DRIFT * height) ** 2
        self.shared = self.shared + self.pace_spread
        self.pace_spread = self.pace_spread + (_PACE_DRIFT * height) ** 2

    @property
    def box(self) -> NDArray[np.float64]:
        middle, bottom, width, height = self.state
        return np.array([middle - width / 2, bottom - height, width, height])

    def go_on(self, step: int, found: FrameDetections, number: int, *, sure: bool) -> None:
        box = found.boxes[number]
        noise = (_NOISE * self.state[3] / (1.0 if sure else 0.6)) ** 2
        off = _state_of(box) - self.state
        gain, pace_gain = self.spread / (self.spread + noise), self.shared / (self.spread + noise)
        self.state = self.state + gain * off
        self.pace = self.pace + pace_gain * off
        self.pace_spread = self.pace_spread - pace_gain * self.shared
        self.spread, self.shared = (1 - gain) * self.spread, (1 - gain) * self.shared
        self.steps.append(step)
        self.boxes.extend(box)
        self.scores.append(float(found.scores[number]))
        self.looks.extend(found.looks[number].tobytes())
        self.missed = 0
        self.weak = 0 if sure else self.weak + 1
        if sure:
            self.look = _LOOK_MEMORY * self.look + (1 - _LOOK_MEMORY) * found.looks[number]


def _state_of(box: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.array([box[0] + box[2] / 2, box[1] + box[3], box[2], box[3]], np.float64)


def follow(frames: Iterable[FrameDetections], rate: float) -> list[Trail]:
    """The trails of all people in searched frames, `rate` of them a second; those of one detection are left out."""
    open_: list[_Open] = []
    ended: list[Trail] = []
    patience, weak = max(2, round(_PATIENCE_SECONDS * rate)), max(2, round(_WEAK_SECONDS * rate))
    for step, found in enumerate(frames):
        if not open_ and not len(found.scores):
            continue
        for trail in open_:
            trail.predict()
        sure = np.flatnonzero(found.scores >= _SURE)
        taken, doubtful = _go_on_surely(open_, step, found, sure)
        going = {number for number, trail in enumerate(open_) if trail.steps[-1] == step}
        _go_on_weakly([trail for number, trail in enumerate(open_)
                       if number not in going | doubtful and len(trail.steps) >= _ESTABLISHED and trail.weak < weak],
                      step, found)  # fmt: skip
        staying: list[_Open] = []
        for number, trail in enumerate(open_):
            trail.missed += trail.steps[-1] != step
            if number not in doubtful and trail.missed <= patience:
                staying.append(trail)
            elif len(trail.steps) > 1:
                ended.append(trail.closed())
        open_ = staying
        open_.extend(_begun(open_, step, found, [number for number in sure.tolist() if number not in taken]))
    return [*ended, *(trail.closed() for trail in open_ if len(trail.steps) > 1)]


def _go_on_surely(
    trails: Sequence[_Open], step: int, found: FrameDetections, sure: NDArray[np.intp]
) -> tuple[set[int], set[int]]:
    """Continue trails in sure detections; the numbers of the detections taken, and of the trails that end in doubt."""
    taken: set[int] = set()
    doubtful: set[int] = set()
    if not trails or not len(sure):
        return taken, doubtful
    costs = _costs(trails, found, sure, strict=False)
    for row, column, cost in _pairs(costs, _LIMIT_SURE):
        other_column = _next_best(costs[row], column)
        other_row = _next_best(costs[:, column], row)
        if costs[row, other_column] < cost + _DOUBT and other_column != column:
            apart = overlaps(*(found.boxes[sure[[at]]].astype(np.float64) for at in (column, other_column)))
            free = _without(costs[:, other_column], row).min(initial=_UNFIT) > costs[row, other_column] - _DOUBT
            if apart[0, 0] < _SAME_BOX and free:
                doubtful.add(row)
                continue
        if costs[other_row, column] < cost + _DOUBT and other_row != row:
            free = _without(costs[other_row], column).min(initial=_UNFIT) > costs[other_row, column] - _DOUBT
            if free:
                doubtful |= {row, other_row}
                continue
        trails[row].go_on(step, found, int(sure[column]), sure=True)
        taken.add(int(sure[column]))
    return taken, doubtful


def _go_on_weakly(trails: Sequence[_Open], step: int, found: FrameDetections) -> None:
    weak = np.flatnonzero((found.scores < _SURE) & (found.scores >= _WEAK))
    if trails and len(weak):
        for row, column, _ in _pairs(_costs(trails, found, weak, strict=True), _LIMIT_WEAK):
            trails[row].go_on(step, found, int(weak[column]), sure=False)


def _begun(trails: Sequence[_Open], step: int, found: FrameDetections, free: Sequence[int]) -> list[_Open]:
    """New trails at sure detections that nobody's box explains."""
    seen = [trail.box for trail in trails if trail.missed == 0]
    begun: list[_Open] = []
    for number in free:
        if found.scores[number] < _BEGINNING:
            continue
        box = found.boxes[number].astype(np.float64)
        near = np.array([*seen, *(trail.box for trail in begun)]).reshape(-1, 4)
        if overlaps(box[None], near).max(initial=0.0) > _TAKEN_BOX:
            continue
        begun.append(_Open.begun(step, found, number))
    return begun


def _costs(trails: Sequence[_Open], found: FrameDetections, chosen: NDArray[np.intp], *, strict: bool) -> Boxes:
    """What it costs each trail to go on in each detection: 0 is a perfect fit, _UNFIT none."""
    expected, boxes = np.array([trail.box for trail in trails]), found.boxes[chosen].astype(np.float64)
    overlap = overlaps(expected, boxes)
    heights = expected[:, 3:4]
    across = (boxes[:, 0] + boxes[:, 2] / 2 - (expected[:, 0] + expected[:, 2] / 2)[:, None]) / heights
    along = (boxes[:, 1] + boxes[:, 3] - (expected[:, 1] + expected[:, 3])[:, None]) / heights
    distance = np.sqrt(across**2 + 0.5 * along**2)
    growth = np.abs(np.log(boxes[:, 3] / heights))
    looks = np.array([trail.look for trail in trails]).astype(np.uint8)
    unlike = 1 - likenesses(looks, found.looks[chosen]).astype(np.float64)
    missed = np.array([trail.missed for trail in trails])[:, None]
    fits = (growth < 0.35) & (distance < 0.35 + 0.06 * missed) & ((overlap > 0.15) | (distance < 0.25)) & (unlike < 0.6)
    if strict:
        fits &= (overlap > 0.4) & (growth < 0.2)
    return np.where(fits, 0.6 * (1 - overlap) + 1.2 * distance + 0.8 * growth + unlike, _UNFIT)


def _pairs(costs: Boxes, limit: float) -> list[tuple[int, int, float]]:
    """The cheapest pairs below a limit, each row and column once."""
    rows, columns = np.nonzero(costs < limit)
    order = np.argsort(costs[rows, columns], kind="stable")
    used_rows: set[int] = set()
    used_columns: set[int] = set()
    pairs = []
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in used_rows and column not in used_columns:
            used_rows.add(row)
            used_columns.add(column)
            pairs.append((row, column, float(costs[row, column])))
    return pairs


def _without(values: NDArray[np.float64], number: int) -> NDArray[np.float64]:
    return np.delete(values, number)


def _next_best(values: NDArray[np.float64], best: int) -> int:
    """The number of the smallest value but `best`; `best` itself where there is no other."""
    others = values.copy()
    others[best] = _UNFIT
    return int(np.argmin(others)) if len(values) > 1 else best
