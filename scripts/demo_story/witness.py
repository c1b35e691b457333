"""The witness: reads every segment as soon as it is closed, before it may expire, and remembers which frames it held.

Independent of the product: it looks at the disk only, and counts by the marks that the simulated cameras send.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from simulator import sei


@dataclass(frozen=True)
class Seen:
    """A segment as it stood on the disk."""

    name: str
    camera: str
    scan: sei.Scan

    @property
    def counters(self) -> list[int]:
        return [frame.counter for frame in self.scan.frames]

    @property
    def start(self) -> datetime:
        """The instant of the first frame, as the name says it."""
        return datetime.strptime(self.name.rpartition("_")[2], "%Y%m%dT%H%M%S.%fZ.mp4").replace(tzinfo=UTC)

    def within(self, start: datetime, end: datetime) -> list[bool]:
        """Of each frame, whether it lies in a span: a package has those and no other."""
        times = [frame.pts_seconds or 0.0 for frame in self.scan.frames]
        return [start <= self.start + timedelta(seconds=time - times[0]) < end for time in times]


class Witness:
    """Watches `segments/` in a thread until told to stop."""

    def __init__(self, storage: Path) -> None:
        self._segments = storage / "segments"
        self._seen: dict[str, Seen] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Look once more, then stop."""
        self._stop.set()
        self._thread.join()
        self._look()

    def seen(self, camera: str | None = None) -> list[Seen]:
        """What was closed so far, in the order of time."""
        segments = [segment for _, segment in sorted(self._seen.items())]
        return [segment for segment in segments if camera in (None, segment.camera)]

    def lost_frames(self) -> int:
        """Frames missing within and between all segments, over all cameras."""
        return sum(audit.missing + audit.backwards for audit in sei.across(segment.scan for segment in self.seen()))

    def _watch(self) -> None:
        while not self._stop.wait(0.3):
            self._look()

    def _look(self) -> None:
        for path in sorted(self._segments.glob("*/*/*/*.mp4")):
            if path.name not in self._seen:
                self._seen[path.name] = Seen(path.name, path.parent.parent.name, sei.scan(path))
