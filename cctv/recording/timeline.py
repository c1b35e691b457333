"""The timeline of a run: media times of its pictures, in ticks from the first one, and where pictures are missing.

Pure; arrivals are arguments.  Cameras repeat times and jump; the times in a file always advance.  One
picture stamped far off follows the one before it; a second one in a row ends the run.  Where a camera counts more or
fewer pictures a second than it sends, arrivals count (`Pace`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

HOLE_SECONDS = 0.5  # shorter ones are no gap that is worth a cause
_MIN_HOLE_FRAMES = 3  # at two frames a second nothing is missing after half a second
_MAX_JUMP_SECONDS = 1.0  # backwards, or ahead of its arrival: the camera restarted its count
_MAX_REORDER_SECONDS = 10.0  # between decoding and showing a picture
_USUAL_WEIGHT = 8
# Of `Pace`: a reader that sleeps between two reads must not look like a camera that lags.
_WINDOW_SECONDS = 0.5
_ANCHOR_SECONDS = 1.5  # of arrivals: a camera sends what it has stored at once; later ones are never early
_MOST_LATE_SECONDS, _MOST_EARLY_SECONDS = 0.25, 0.1
_PAUSE_SECONDS, _PAUSE_STEPS, _CALM_SECONDS = 0.4, 3, 10.0
_FOLLOW, _LEARN = 1 / 25, 1 / 2500  # of the lateness, for each picture
_DRIFT_SECONDS, _MOST_DRIFT_SECONDS = 30.0, 0.1
_NEVER = 1e9


class TimesBroken(Exception):
    """The camera's times went backwards: the run ends, another begins."""


class Times(NamedTuple):
    """When a picture is shown and decoded, in ticks from the run's first picture, and the hole before it, if any."""

    pts: int
    dts: int
    hole: int  # ticks; 0 for none


@dataclass(slots=True)
class Pace:
    """By how much the times of pictures are to be shifted to keep in step with their arrivals; in seconds.

    A camera may stamp 25 pictures a second and send 21: its times fall behind by 10 minutes in an hour.  A clock that
    drifts (below 0.3 %) is none of its business, the segmenter anchors anew; nor is a network that holds pictures back:
    they come in a burst after a pause, while a camera that counts wrongly lags a little more with each picture.  Once
    it acts it goes on until the run ends, as a controller of the least lateness of half a second, with what it learned.
    """

    is_acting: bool = False
    _zero: float | None = None
    _began: float = 0.0
    _last: float = 0.0
    _calm_from: float = 0.0
    _learned: float = 0.0  # seconds for each picture
    _recent: deque[tuple[float, float]] = field(default_factory=deque)
    _least: float = _NEVER
    _least_since: float = 0.0

    def shift(self, arrived: float, media: float, step: float) -> float:
        """What to add to all later times, for a picture at a media time; `step` is the usual distance of two."""
        if self._zero is None:
            self._zero = self._began = self._last = self._calm_from = self._least_since = arrived - media
        pause, self._last = arrived - self._last, arrived
        if pause > max(_PAUSE_SECONDS, _PAUSE_STEPS * step):
            self._calm_from = arrived + _CALM_SECONDS
            self._recent.clear()
        late = arrived - media - self._zero
        if arrived - self._began < _ANCHOR_SECONDS:
            self._zero, late = min(self._zero, self._zero + late), max(late, 0.0)
        self._note(arrived, late)
        least = min(lateness for _, lateness in self._recent)
        if not self.is_acting:
            is_late = least > _MOST_LATE_SECONDS and arrived >= self._calm_from and self._is_long(arrived, step)
            self.is_acting = is_late or late < -_MOST_EARLY_SECONDS
        if not self.is_acting or not step:
            return 0.0
        error = late if late < 0 else least
        self._learned = min(max(self._learned + error * _LEARN, -step / 2), 4 * step)
        return min(max(self._learned + error * _FOLLOW, -step / 2), 4 * step)

    def is_ahead(self, arrived: float, media: float, seconds: float) -> bool:
        """Whether a picture came by so much before its time."""
        return self._zero is not None and self._zero + media > arrived + seconds

    def _note(self, arrived: float, late: float) -> None:
        while self._recent and self._recent[0][0] < arrived - _WINDOW_SECONDS:
            self._recent.popleft()
        if self._recent and self._recent[-1][0] == arrived:  # of one reading, which may hold thousands
            self._recent.append((arrived, min(late, self._recent.pop()[1])))
        else:
            self._recent.append((arrived, late))
        self._least = min(self._least, late)
        if arrived - self._least_since >= _DRIFT_SECONDS:  # clocks that drift: the segmenter follows, and so does this
            if not self.is_acting and abs(self._least) <= _MOST_DRIFT_SECONDS and self._zero is not None:
                self._zero += self._least
            self._least, self._least_since = _NEVER, arrived

    def _is_long(self, arrived: float, step: float) -> bool:
        """Whether the pictures of the window came evenly."""
        return arrived - self._recent[0][0] >= _WINDOW_SECONDS - 2 * step - _PAUSE_SECONDS / 2


@dataclass(slots=True)
class Timeline:
    """Places every picture of a run, from the first one that is recorded on."""

    ticks_a_second: int
    frame: int = 0  # usual distance of two pictures, in ticks
    _zero: int = 0
    _last: Times | None = None
    _pace: Pace = field(default_factory=Pace)
    _shift: float = 0.0  # ticks by which arrivals moved the camera's times
    _was_odd: bool = False  # the last picture was stamped far off

    def place(self, pts: int, dts: int, arrived: float | None = None) -> Times:
        """The times of a picture that the camera shows and decodes then.

        `arrived` in seconds of the monotonic clock; None where it does not matter.  Raises TimesBroken.
        """
        last = self._last
        if last is None:
            self._zero, delay = dts, pts - dts
            self._last = Times(delay if self._is_usual(delay) else 0, 0, 0)
            return self._last
        shift = round(self._shift) - self._zero
        shown, decoded = pts + shift, dts + shift
        step, hole = decoded - last.dts, 0
        if step == self.frame:
            pass  # as nearly always
        elif self._is_odd(step, decoded, arrived):
            if self._was_odd:
                raise TimesBroken
            self._was_odd = True
            decoded = last.dts + max(self.frame, 1)
            self._last = Times(decoded + last.pts - last.dts, decoded, 0)
            return self._last
        elif step > self._least_hole:
            hole = step - self.frame if self.frame else 0
        elif step > 0:
            self.frame = step if not self.frame else self.frame + (step - self.frame) // _USUAL_WEIGHT
        self._was_odd = False
        if step <= 0:
            decoded = last.dts + 1
        if not self._is_usual(shown - decoded):
            shown = decoded
        self._last = Times(shown, decoded, hole)
        if arrived is not None:
            rate = self.ticks_a_second
            self._shift += self._pace.shift(arrived, decoded / rate, self.frame / rate) * rate
        return self._last

    def _is_usual(self, delay: int) -> bool:
        """Whether a picture may be shown so long after it is decoded."""
        return 0 <= delay <= _MAX_REORDER_SECONDS * self.ticks_a_second

    @property
    def _least_hole(self) -> float:
        return max(HOLE_SECONDS * self.ticks_a_second, _MIN_HOLE_FRAMES * self.frame)

    def _is_odd(self, step: int, decoded: int, arrived: float | None) -> bool:
        """Whether a picture is stamped before those that came before it, or later than it came."""
        if step < -_MAX_JUMP_SECONDS * self.ticks_a_second:
            return True
        if step <= self._least_hole or arrived is None:
            return False
        return self._pace.is_ahead(arrived, decoded / self.ticks_a_second, _MAX_JUMP_SECONDS)
