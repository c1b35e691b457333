"""Memory over long clips at 1080p25: a clip of people again and again, as long as was asked for.

The clip is encoded once and repeated without encoding again, so that an hour is made in a minute.  Each length is
prepared and then rendered in both modes, each in a fresh process.  What a length takes beyond a shorter one, by frame,
is the slope; an hour is told by it from the longest that was run, unless an hour was run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from cctv.redaction.render.options import Mode, Options
from cctv.redaction.tracking.annotations import NOTHING_KEPT, KeepBoxes
from cctv.redaction.video.geometry import Size
from redaction_bench.counting import Annotated
from redaction_bench.figures import Figure, at_most, tells
from redaction_bench.memory import MEMORY_MIB, Usage
from redaction_bench.pictures import enlarged, repeated
from redaction_bench.speed import prepared, rendered
from redaction_bench.truth import keep_one, scaled, until

FULL = Size(1920, 1080)
_RATE, _HOUR_MINUTES = 25, 60
_ENCODED_FRAMES = 750  # half a minute: then everybody comes again, as somebody else
_KIB_IN_MIB = 1024


def over_minutes(on: Annotated, minutes: Sequence[int]) -> Iterator[Figure]:
    """The rows on memory of each length, in minutes."""
    once = on.folder / "once.mp4"
    count = min(_ENCODED_FRAMES, on.frames)
    enlarged(on.clip, once, count)
    people = until(scaled(on.people, FULL.width / on.size.width, FULL.height / on.size.height), count)
    keep = keep_one(people, max(people, key=lambda person: len(people[person])), with_hides=False)
    peaks: dict[str, list[tuple[int, float]]] = {}
    for length in sorted(minutes):
        frames = 60 * _RATE * length
        long = on.folder / "long.mp4"
        repeated(once, long, frames)
        for step, usage in _usages(on, long, keep):
            title = f"1080p25, {length} min: {step}"
            yield at_most(f"{title}: peak memory, MiB", round(usage.peak), MEMORY_MIB)
            yield tells(f"{title}: growth within the run, KiB a frame", _kib(usage.growth / 1000))
            peaks.setdefault(step, []).append((frames, usage.peak))
        long.unlink()
    once.unlink()
    yield from _told_by(peaks)


def _usages(on: Annotated, clip: Path, keep: KeepBoxes) -> Iterator[tuple[str, Usage]]:
    """The memory of preparing and of both modes, one after the other."""
    file, output = on.folder / "long.prepared", on.folder / "long.out.mp4"
    yield "preparing", prepared(clip, on.folder, file).usage
    for mode, kept in ((Mode.BACKDROP, keep), (Mode.MASK, NOTHING_KEPT)):
        yield mode.value, rendered(clip, kept, Options(mode, caption=None), output, file).usage
        output.unlink()
    file.unlink()


def _told_by(peaks: dict[str, list[tuple[int, float]]]) -> Iterator[Figure]:
    """The slope between the shortest and the longest run, and an hour told by it where none was run."""
    for step, runs in peaks.items():
        (few, low), (many, high) = runs[0], runs[-1]
        if few == many:
            continue
        slope = (high - low) / (many - few)
        yield tells(f"1080p25: {step}: slope between runs, KiB a frame", _kib(slope))
        left = _HOUR_MINUTES * 60 * _RATE - many
        if left > 0:
            hour = high + max(slope, 0.0) * left
            yield at_most(f"1080p25: {step}: peak memory of an hour told by the slope, MiB", round(hour), MEMORY_MIB)


def _kib(mib: float) -> float:
    return round(mib * _KIB_IN_MIB, 2)
