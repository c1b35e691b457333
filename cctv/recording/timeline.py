"""The timeline of a run: media times of its pictures, in ticks from the first one, and where pictures are missing.

Pure.  Cameras omit times, repeat them and jump; the times in a file always advance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

HOLE_SECONDS = 0.5  # shorter ones are no gap that is worth a cause
_MIN_HOLE_FRAMES = 3  # at two frames a second nothing is missing after half a second
_MAX_JUMP_SECONDS = 1.0  # backwards: the camera restarted its count
_USUAL_WEIGHT = 8
_MIN_TIMED = 2  # pictures with a time, which give the distance of two
_ASSUMED_FPS = 25  # until then


class TimesBroken(Exception):
    """The camera's times went backwards: the run ends, another begins."""


class Times(NamedTuple):
    """When a picture is shown and decoded, in ticks from the run's first picture, and the hole before it, if any."""

    pts: int
    dts: int
    hole: int  # ticks; 0 for none


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

    def place(self, pts: int | None, dts: int | None) -> list[Times]:
        """The times of this picture and of those that waited for it; empty while it waits itself."""
        if self._last is not None:
            return [self._next(pts, dts)]
        self._waiting.append((pts, dts))
        timed = sum(pts is not None for pts, _ in self._waiting)
        if self._waiting[0][0] is None and timed < _MIN_TIMED:
            return []
        return self._begin()

    def rest(self) -> list[Times]:
        """The pictures that still wait when the stream ends."""
        return self._begin() if self._waiting else []

    def _begin(self) -> list[Times]:
        """Give the first pictures without a time one that fits those that have one."""
        waiting, self._waiting = self._waiting, []
        timed = [(number, pts) for number, (pts, _) in enumerate(waiting) if pts is not None]
        step = self.ticks_a_second // _ASSUMED_FPS
        if len(timed) >= _MIN_TIMED and (measured := (timed[1][1] - timed[0][1]) // (timed[1][0] - timed[0][0])) > 0:
            step = measured
        if len(waiting) > 1:
            self.frame = step
        number, pts = timed[0] if timed else (0, 0)
        self._zero = pts - number * step
        guessed = (
            (self._zero + index * step,) * 2 if pts is None else (pts, dts) for index, (pts, dts) in enumerate(waiting)
        )
        return [self._next(*times) for times in guessed]

    def _next(self, pts: int | None, dts: int | None) -> Times:
        last = self._last
        if last is None:
            self._last = Times(0, 0, 0)
            return self._last
        shown = pts - self._zero if pts is not None else last.pts + self.frame
        decoded = dts - self._zero if dts is not None else shown
        step, hole = decoded - last.dts, 0
        if step == self.frame:
            pass  # as nearly always
        elif step < -_MAX_JUMP_SECONDS * self.ticks_a_second:
            raise TimesBroken
        elif step > max(HOLE_SECONDS * self.ticks_a_second, _MIN_HOLE_FRAMES * self.frame):
            hole = step - self.frame if self.frame else 0
        elif step > 0:
            self.frame = step if not self.frame else self.frame + (step - self.frame) // _USUAL_WEIGHT
        if step <= 0:
            decoded = last.dts + 1
        self._last = Times(shown if shown > decoded else decoded, decoded, hole)
        return self._last
