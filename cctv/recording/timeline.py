"""The timeline of a run: media times of its pictures, in ticks from the first one, and where pictures are missing.

Pure; arrivals are arguments.  Cameras omit times, repeat them and jump; the times in a file always advance.  One
picture stamped far off follows the one before it; a second one in a row ends the run.  Where a camera counts more or
fewer pictures a second than it sends, arrivals count (`Pace`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

HOLE_SECONDS = 0.5  # shorter ones are no gap that is worth a cause
_MIN_HOLE_FRAMES = 3  # at two frames a second nothing is missing after half a second
_MAX_JUMP_SECONDS = 1.0  # backwards, or ahead of its arrival: the camera restarted its count
_MAX_REORDER_SECONDS = 10.0  # between decoding and showing a picture
_USUAL_WEIGHT = 8
_MIN_TIMED = 2  # pictures with a time, which give the distance of two
_MOST_WAITING = 20  # more than a decoder holds back (16, ITU-T H.264 annex A.3.1)
_ASSUMED_FPS = 25  # until then
# Of `Pace`: a reader that sleeps 0.17 s between two reads must not look like a camera that lags.
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
    """Places every picture of a run, from the first key picture on.

    libavformat may not know the time of a stream's first pictures: they are held until two are known, and lie a frame
    time apart before those.
    """

    ticks_a_second: int
    frame: int = 0  # usual distance of two pictures, in ticks
    _zero: int = 0
    _last: Times | None = None
    _waiting: list[tuple[int | None, int | None]] = field(default_factory=list)
    _pace: Pace = field(default_factory=Pace)
    _shift: float = 0.0  # ticks by which arrivals moved the camera's times
    _was_odd: bool = False  # the last picture was stamped far off

    def place(self, pts: int | None, dts: int | None, arrived: float | None = None) -> list[Times]:
        """The times of this picture and of those that waited for it; empty while it waits itself.

        `arrived` in seconds of the monotonic clock; None where it does not matter.  Raises TimesBroken.
        """
        if self._last is not None:
            return [self._next(pts, dts, arrived)]
        self._waiting.append((pts, dts))
        timed = [shown for shown, _ in self._waiting if shown is not None]
        if self._waiting[0][0] is None and len(timed) < _MIN_TIMED:
            return []
        is_reordered = sorted(timed) != timed  # B-frames: a few more tell the distance, and when they are decoded
        if is_reordered and dts is None and len(self._waiting) < _MOST_WAITING:
            return []
        return self._begin()

    def rest(self) -> list[Times]:
        """The pictures that still wait when the stream ends."""
        return self._begin() if self._waiting else []

    def _begin(self) -> list[Times]:
        """Give the first pictures without a time one that fits those that have one.

        They are shown before all others, a frame time apart; and decoded a frame time apart before the first of which
        that is known, which with B-frames is earlier than they are shown.
        """
        waiting, self._waiting = self._waiting, []
        timed = sorted(pts for pts, _ in waiting if pts is not None)
        steps = [later - earlier for earlier, later in pairwise(timed) if later > earlier]
        step = min(steps, default=self.ticks_a_second // _ASSUMED_FPS)
        if len(waiting) > 1:
            self.frame = step
        untimed = sum(pts is None for pts, _ in waiting)
        first = timed[0] - untimed * step if timed else 0
        rising = iter(range(first, first + untimed * step, step))
        shown = [next(rising) if pts is None else pts for pts, _ in waiting]
        known = next(((at, dts) for at, (_, dts) in enumerate(waiting) if dts is not None), None)
        if known is None or shown == sorted(shown):
            decoded = [pts if dts is None else dts for pts, (_, dts) in zip(shown, waiting, strict=True)]
        else:
            decoded = [known[1] + (at - known[0]) * step for at in range(len(waiting))]
        self._zero = decoded[0]
        return [self._next(*times) for times in zip(shown, decoded, strict=True)]

    def _next(self, pts: int | None, dts: int | None, arrived: float | None = None) -> Times:
        last = self._last
        if last is None:
            self._last = Times(max((pts or 0) - self._zero, 0), 0, 0)
            return self._last
        shift = round(self._shift) - self._zero
        shown = pts + shift if pts is not None else last.pts + self.frame
        decoded = dts + shift if dts is not None else shown
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
        if not decoded <= shown <= decoded + _MAX_REORDER_SECONDS * self.ticks_a_second:
            shown = decoded
        self._last = Times(shown, decoded, hole)
        if arrived is not None:
            rate = self.ticks_a_second
            self._shift += self._pace.shift(arrived, decoded / rate, self.frame / rate) * rate
        return self._last

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
