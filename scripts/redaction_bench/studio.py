"""Redacting an annotated clip as the product does, and counting what its output shows.

Owns the runs of the rows on people, a process for each core.  Counts by the mask that the product wrote and by the
pixels of its video, apart from each other.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cctv.redaction.progress import Progress
from cctv.redaction.render.options import Options
from cctv.redaction.render.render import RenderReport, Work, redact
from cctv.redaction.tracking.annotations import NOTHING_KEPT, KeepBoxes
from cctv.redaction.video.geometry import Rect, Size, outer
from cctv.redaction.video.reader import clip_of
from redaction_bench.pictures import Hidden, hidden_in, pass_through, pictures
from redaction_bench.pixels import EmptyScene, Heads, empty_scene, judge
from redaction_bench.truth import People, TruthUnreadable, boxes_in, head, keep_one, place, read_people

_SUBJECT = 0.6  # of the box live: the subject is visible
_HEAD = 0.9  # of a head hidden: nobody can be told by it
_GROWN = 0.1  # of a box's sides: what lies farther out is harmless


@dataclass(frozen=True)
class Annotated:
    """A clip, the truth about it, its empty scene, and a folder for what is made of it."""

    clip: Path
    size: Size
    frames: int
    people: People
    scene: EmptyScene
    folder: Path


def annotated(clip: Path, truth: Path, folder: Path) -> Annotated:
    """Read a clip and its ground truth; raises TruthUnreadable, and what the engine raises for a clip."""
    people = read_people(truth)
    size = clip_of([clip]).size
    frames = sum(1 for _ in pictures(clip, size))
    last = max(max(boxes) for boxes in people.values())
    if last >= frames:
        raise TruthUnreadable(f"{truth} goes to frame {last + 1}, {clip} has {frames}: they do not belong together")
    return Annotated(clip, size, frames, people, empty_scene(clip, size, people, frames), folder)


@dataclass(frozen=True)
class Job:
    """One redaction to judge: nobody kept, or one person, with hide boxes for those who come near or without."""

    name: str
    options: Options
    person: int | None = None
    with_hides: bool = False

    def keep(self, people: People) -> KeepBoxes:
        """What was drawn."""
        return NOTHING_KEPT if self.person is None else keep_one(people, self.person, with_hides=self.with_hides)


@dataclass(frozen=True)
class Seen:
    """What an output shows.  Heads are those of everybody but the subject."""

    heads: int
    by_mask: int
    by_pixels: Heads
    harmless_hidden: float  # share of the area outside of everybody's boxes
    subject: float  # share of the subject's frames in which he is visible


def quiet(_step: str, _done: int, _total: int) -> None:
    """No progress."""


@contextmanager
def workers(count: int | None = None) -> Iterator[ProcessPoolExecutor]:
    """Processes for runs beside each other: as many as there are cores."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count or os.cpu_count() or 1, mp_context=fresh) as pool:
        yield pool


def redacted(
    clip: Path, keep: KeepBoxes, options: Options, output: Path, mask: Path | None = None, progress: Progress = quiet
) -> RenderReport:
    """Redact as `cctv redaction file` does."""
    return redact(Work(clip_of([clip]), keep, options, output, mask), progress)


def look(job: Job, on: Annotated) -> Seen:
    """Redact once, and count."""
    output, mask = on.folder / f"{job.name}.mp4", on.folder / f"{job.name}.mkv"
    try:
        redacted(on.clip, job.keep(on.people), job.options, output, mask)
        return counted(on, output, mask, job.person)
    finally:
        output.unlink(missing_ok=True)
        mask.unlink(missing_ok=True)


def counted(on: Annotated, output: Path, mask: Path, subject: int | None = None) -> Seen:
    """Count what an output and its mask show."""
    heads = by_mask = harmless = covered = 0
    seen = 0
    by_pixels = Heads()
    own = on.people.get(subject, {}) if subject is not None else {}
    streams = pictures(on.clip, on.size), pictures(output, on.size), hidden_in(mask, on.size)
    for frame, (source, shown, hidden) in enumerate(zip(*streams, strict=True)):
        others = [*boxes_in(on.people, frame, () if subject is None else (subject,))]
        heads += len(others)
        by_mask += sum(_shows(hidden, box) for box in others)
        by_pixels += judge(source, shown, on.scene, others)
        free = _harmless(on, frame)
        harmless += int(np.count_nonzero(free))
        covered += int(np.count_nonzero(free & hidden))
        seen += frame in own and _live_share(hidden, own[frame], on.size) >= _SUBJECT
    return Seen(heads, by_mask, by_pixels, covered / max(harmless, 1), seen / max(len(own), 1))


def unhidden(on: Annotated) -> Heads:
    """The heads that the look at pixels finds in a clip that was only encoded again: how much it can be relied on."""
    output = on.folder / "unhidden.mp4"
    pass_through(on.clip, output)
    heads = Heads()
    for frame, (source, shown) in enumerate(zip(pictures(on.clip, on.size), pictures(output, on.size), strict=True)):
        heads += judge(source, shown, on.scene, boxes_in(on.people, frame))
    output.unlink()
    return heads


def looked(jobs: Sequence[Job], on: Annotated) -> Iterable[Seen]:
    """Every job's answer, in their order."""
    if len(jobs) == 1:
        yield look(jobs[0], on)
        return
    with workers() as pool:
        yield from pool.map(look, jobs, [on] * len(jobs))


def _shows(hidden: Hidden, box: Rect) -> bool:
    region = hidden[place(head(box))]
    return bool(region.size and region.mean() < _HEAD)


def _harmless(on: Annotated, frame: int) -> Hidden:
    free = np.ones((on.size.height, on.size.width), np.bool_)
    for box in boxes_in(on.people, frame):
        free[outer(box.grown(_GROWN * box.w, _GROWN * box.h), on.size).slices()] = False
    return free


def _live_share(hidden: Hidden, box: Rect, size: Size) -> float:
    region = hidden[outer(box, size).slices()]
    return 1.0 - float(region.mean()) if region.size else 0.0
