"""What memory the engine takes, and by how much it grows with the length of a clip.

The peak is the largest sum of proportional sizes (PSS) of a process and all that it started, as sampled from outside.
Growth is that of the process itself from frame to frame, by straight lines through what was sampled in each step; a
step's first third does not count, as buffers fill in it.  Nor does the survey, which holds samples of the empty scene
up to a budget of bytes and drops every other one when it is reached: a line through that says nothing.  Over 1,500
frames growth is good to about 2 MiB in 1,000 frames, so an hour told by it is good to about 200 MiB.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from testbed.load import pss_mib, tree

MEMORY_MIB = 900  # at 1080p, an hour long
_LOOK = 0.3  # seconds between two looks at memory: reading smaps of 500 MiB takes 10 ms
_EVERY = 20  # frames between two looks from inside
_FEWEST = 10  # samples of a step; through fewer no line is drawn
_BEGINNING = 1 / 3  # of a step
_BOUNDED = "backdrop"  # the survey, by its name in the engine's progress


@dataclass(frozen=True)
class Usage:
    """The largest memory (MiB), and by how much it grows in 1,000 frames (MiB)."""

    peak: float = 0.0
    growth: float = 0.0


class Meter:
    """Takes the progress of a run and looks at the memory of this process now and then."""

    def __init__(self) -> None:
        self._samples: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)

    def see(self, step: str, done: int, _total: int) -> None:
        """The engine's progress."""
        before = self._samples[step][-1][0] if self._samples[step] else -_EVERY
        if done >= before + _EVERY:  # a step may count every second frame only
            self._samples[step].append((done, pss_mib([os.getpid()])))

    @property
    def growth(self) -> float:
        """MiB in 1,000 frames: of all steps together, as each may leave something; 0 where nothing grows."""
        growing = (samples for step, samples in self._samples.items() if step != _BOUNDED)
        return sum(max(_slope(samples), 0.0) for samples in growing)


@contextmanager
def watched(pid: int) -> Iterator[list[float]]:
    """The memory (MiB) of a process and all that it started, every so often while the block runs."""
    samples: list[float] = [0.0]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_LOOK):
            samples.append(pss_mib(tree(pid)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield samples
    finally:
        ended.set()
        watcher.join()


def _slope(samples: list[tuple[int, float]]) -> float:
    """MiB in 1,000 frames."""
    settled = samples[round(_BEGINNING * len(samples)) :]
    if len(settled) < _FEWEST:
        return 0.0
    frames, sizes = zip(*settled, strict=True)
    return 1000 * float(np.polyfit(frames, sizes, 1)[0])
