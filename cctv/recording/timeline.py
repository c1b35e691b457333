"""The timeline of a run: media times of its pictures, in ticks from the first one, and where pictures are missing.

Pure.  Cameras omit times, repeat them and jump; the times in a file always advance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

HOLE_SECONDS = 0.5  # shorter ones are no gap that is worth a cause
_MIN_HOLE_FRAMES = 3  # at two frames a second nothing is missing after half a second
_MAX_JUMP_SECONDS = 1.0  # backwards: the camera restarted its count
_USUAL_WEIGHT = 8
_MIN_TIMED = 2  # pictures with a time, which give the distance of two
_MOST_WAITING = 20  # more than a decoder holds back (16, ITU-T H.264 annex A.3.1)
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

    def _next(self, pts: int | None, dts: int | None) -> Times:
        last = self._last
        if last is None:
            self._last = Times(max((pts or 0) - self._zero, 0), 0, 0)
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
