"""The decoding of footage in a worker that reaches nothing: what it reads, and how it ends (docs/decisions/0047).

Whoever decodes recordings for a request or a look asks `decode_apart`, and checks what comes back.  Owns which files a
recording's decoder reads: the recording, those before it that its first pictures refer to, the index.jsonl that names
these, and the model that finds people.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2

from cctv.core.errors import CctvError
from cctv.core.medium import FileTooLarge, MediumFull, MediumGone, MediumReadOnly
from cctv.core.worker import Workplace, nonsense, settled_files, work_apart
from cctv.core.worker_messages import Nonsense
from cctv.db.storage import Storage
from cctv.footage.ingest import days_before, file_before
from cctv.footage.layout import INDEX, PathOutside
from cctv.redaction.errors import (
    DetectorBlind,
    InputMissing,
    KeepRefused,
    MemoryShort,
    ModelRefused,
    PeopleSearchFailed,
    PersonShown,
    RenderFailed,
    SceneLost,
    SourceUnreadable,
    VerifyFailed,
    WeightsDiffer,
    WeightsMissing,
)
from cctv.redaction.people.detector import survive
from cctv.redaction.people.weights import load_model
from cctv.redaction.progress import Progress
from cctv.redaction.video.decoder import MOST_RUN_IN

ENGINE_ERRORS: tuple[type[CctvError], ...] = (
    *(SourceUnreadable, InputMissing, MemoryShort, KeepRefused, SceneLost, RenderFailed, VerifyFailed, PersonShown),
    *(WeightsMissing, WeightsDiffer, ModelRefused, PeopleSearchFailed, DetectorBlind),
    *(MediumFull, FileTooLarge, MediumReadOnly, MediumGone, PathOutside),
)

LARGEST_VIDEO_BYTES = 2**32 - 1
"""What FAT32 takes of one file; parts and copies are cut so that none is larger."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """What is decoded, in order of time and without a gap, and what else the worker needs.

    `reads` and `writes` as of `Workplace`; `detector` is the site's own model where people are searched, `errors` come
    beside those of the engine, `handed` as of `Workplace`.
    """

    recordings: tuple[Path, ...]
    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    detector: Path | None = None
    errors: tuple[type[CctvError], ...] = ()
    handed: list[Any] = field(default_factory=list)
    is_led: bool = True  # pictures are decoded, not only packets read: those of the files before may be needed


def decode_apart(work: Callable[[Progress], object], decoding: Decoding, progress: Progress) -> Any:  # noqa: ANN401
    """What `work` returns in a confined child, as JSON that is still to be checked.

    Raises as `core.worker.work_apart`: errors of the engine, WorkerFailed (15); ModelRefused for a model of the site's
    own, which is tried here first, as a worker starts no process.
    """
    recordings = decoding.recordings
    own = () if decoding.detector is None else (decoding.detector,)
    for path in own:
        survive(load_model(path))
    earlier = _run_in(recordings[0]) if decoding.is_led else ()
    days = {day for path in (*earlier, *recordings) for day in days_before(path)} if decoding.is_led else set()
    place = Workplace(
        recordings[0],
        (*recordings, *earlier, *(day / INDEX for day in sorted(days)), *own, *decoding.reads),
        (*ENGINE_ERRORS, *decoding.errors),
        decoding.writes,
        tuple(sorted({day.parent for day in days})),
        decoding.handed,
    )

    def begin(told: Progress) -> object:
        _renew_threads()
        return work(told)

    return work_apart(begin, place, progress)


@contextmanager
def believed(decoding: Decoding) -> Iterator[None]:
    """Around the checks of what came back: raises WorkerFailed in place of Nonsense."""
    try:
        yield
    except Nonsense as error:
        raise nonsense(decoding.recordings[0]) from error


@contextmanager
def workroom(site: Storage, folder: Path, name: str) -> Iterator[Path]:
    """A folder in another one for a worker alone, removed at the end; one that a crash left goes first."""
    room = folder / name
    _remove_room(site, room)
    site.disk.make_directory(room)
    try:
        yield room
    finally:
        _remove_room(site, room)


def take_out(site: Storage, room: Path, target: Path) -> None:
    """Move the one file that a worker was to leave, named as its target, in its place, flushed; raises Nonsense."""
    made = room / target.name
    if settled_files(room, lambda name: name == made.name, LARGEST_VIDEO_BYTES) != [made] or not made.stat().st_size:
        raise Nonsense
    site.disk.sync_file(made)
    made.replace(target)  # an earlier preview too
    site.disk.sync_directory(target.parent)


def _remove_room(site: Storage, room: Path) -> None:
    if room.is_symlink():
        site.disk.unlink(room)
    elif room.exists():
        shutil.rmtree(room)


def _run_in(path: Path) -> Sequence[Path]:
    """The files before a recording that its first pictures may refer to, the latest first."""
    files: list[Path] = []
    while len(files) < MOST_RUN_IN and (before := file_before(files[-1] if files else path)) is not None:
        files.append(before)
    return files


def _renew_threads() -> None:
    """OpenCV's threads ended with the fork, if there were any; without new ones it works on one core."""
    count = cv2.getNumThreads()
    cv2.setNumThreads(1)
    cv2.setNumThreads(count)
