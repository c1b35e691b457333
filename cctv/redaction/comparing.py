"""Every frame compared with its backdrop: in order, and as many at once as there are cores.

Owns the order.  The light of a frame is judged by that of the frame before it, and that one counts only if the whole
comparison believes it.  So each frame is begun as if it did; where one turns out otherwise, those after it begin anew.
The answers are those of one frame after the other.  Never guesses one.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from cctv.redaction.backdrop import Backdrop
from cctv.redaction.light import Light
from cctv.redaction.planes import Mask, Plane
from cctv.redaction.regions import Difference, Empty
from cctv.redaction.stretches import best


@dataclass(frozen=True, slots=True)
class Compared:
    """One frame: the index of its backdrop, and what differs from that."""

    stretch: int
    difference: Difference


@dataclass(frozen=True, slots=True)
class _Behind:
    """What a frame is judged by: the backdrop of the one before, and its light."""

    stretch: int = 0
    light: Light | None = None


@dataclass(frozen=True, slots=True)
class _Begun:
    """A frame whose comparison goes on: it was begun in `before`, and `expected` is what follows if all goes well."""

    stacked: Plane
    stretch: int
    before: Light | None
    expected: _Behind
    result: Future[Difference]


def compared(pictures: Iterable[Plane], backdrops: Sequence[Backdrop], masked: Mask | None) -> Iterator[Compared]:
    """Compare half-size pictures, (3, height/2, width/2) uint8, in order of time; nothing differs where `masked`."""
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        comparison = _Comparison([Empty(backdrop, masked) for backdrop in backdrops], backdrops, pool)
        for stacked in pictures:
            try:
                comparison.begin(stacked)
            except Exception:
                yield from comparison.rest()  # what came before is right, and tells at which frame it broke off
                raise
            if len(comparison.waiting) > cores:
                yield comparison.finish()
        yield from comparison.rest()


class _Comparison:
    def __init__(self, scenes: Sequence[Empty], backdrops: Sequence[Backdrop], pool: ThreadPoolExecutor) -> None:
        self.waiting: deque[_Begun] = deque()
        self._behind = _Behind()
        self._scenes, self._backdrops, self._pool = scenes, backdrops, pool

    def begin(self, stacked: Plane) -> None:
        """Take in the next frame."""
        behind = self.waiting[-1].expected if self.waiting else self._behind
        stretch = best(stacked, self._backdrops, behind.stretch)
        before = behind.light if stretch == behind.stretch else None
        scene = self._scenes[stretch]
        light = scene.light(stacked, before)
        result = self._pool.submit(scene.difference, stacked, light)
        self.waiting.append(_Begun(stacked, stretch, before, _Behind(stretch, light or before), result))

    def rest(self) -> Iterator[Compared]:
        """The answers of all frames that wait."""
        while self.waiting:
            yield self.finish()

    def finish(self) -> Compared:
        """The answer of the frame that waits longest."""
        first = self.waiting.popleft()
        found = first.result.result()
        self._behind = _Behind(first.stretch, found.light or first.before)
        if self._behind != first.expected:
            again = [each.stacked for each in self.waiting]
            self.waiting.clear()
            for stacked in again:
                self.begin(stacked)
        return Compared(first.stretch, found)
