"""Redacting an annotated clip as the product does, and counting what its output shows.

Owns the runs of the rows on people, a process for each core.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

from cctv.core.errors import CctvError, Exit
from cctv.redaction.render.options import Options
from cctv.redaction.tracking.annotations import KeepBoxes
from cctv.redaction.video.reader import clip_of
from redaction_bench.clips import ClipFiles
from redaction_bench.counting import Annotated, Seen, counted, refused
from redaction_bench.engine import masks_of, redacted, stored
from redaction_bench.pictures import hidden_in, pictures
from redaction_bench.pixels import empty_scene
from redaction_bench.truth import TruthUnreadable, read_people


@dataclass(frozen=True)
class Job:
    """One redaction to judge: under which name, of whom (None: nobody is kept), by what was decided.

    `prepared` is the file of a preparation; None has the engine begin anew, as it does for a file from elsewhere.
    `rendered`: without it only the decisions are counted, which takes `prepared`, and its empty scene as it is.
    """

    name: str
    options: Options
    keep: KeepBoxes
    person: int | None = None
    prepared: Path | None = None
    rendered: bool = True


def annotated(files: ClipFiles, folder: Path) -> Annotated:
    """Read a clip and its ground truth; raises TruthUnreadable, and what the engine raises for a clip."""
    people = read_people(files.truth)
    size = clip_of([files.clip]).size
    frames = sum(1 for _ in pictures(files.clip, size))
    last = max(max(boxes) for boxes in people.values())
    if last >= frames:
        problem = f"{files.truth} goes to frame {last + 1}, {files.clip} has {frames}: they do not belong together"
        raise TruthUnreadable(problem)
    own = folder / files.name
    own.mkdir()
    scene = empty_scene(files.clip, size, people, frames)
    return Annotated(files.name, files.clip, size, frames, people, scene, own, files.is_pets)


@contextmanager
def workers(count: int | None = None) -> Iterator[ProcessPoolExecutor]:
    """Processes for runs beside each other: as many as there are cores."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count or os.cpu_count() or 1, mp_context=fresh) as pool:
        yield pool


def look(job: Job, on: Annotated) -> Seen:
    """Redact once, and count; of what the engine refuses to make, nothing shows."""
    prepared = stored(job.prepared) if job.prepared is not None else None
    if not job.rendered:
        assert prepared is not None
        return counted(on, masks_of(prepared, job.keep, job.options, on.size), job.person)
    output, mask = on.folder / f"{job.name}.mp4", on.folder / f"{job.name}.mkv"
    try:
        redacted(on.clip, job.keep, job.options, output, mask, prepared=prepared)
        return counted(on, hidden_in(mask, on.size), job.person, output)
    except CctvError as error:
        if error.exit_code is not Exit.UNREADABLE:
            raise
        return refused(on, job.person, str(error))
    finally:
        output.unlink(missing_ok=True)
        mask.unlink(missing_ok=True)


def looked(jobs: Sequence[Job], on: Annotated, pool: Executor) -> Iterator[Seen]:
    """Every job's answer, in their order, as they come."""
    return pool.map(look, jobs, repeat(on))
