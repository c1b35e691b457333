"""How fast the engine is and what memory it takes, beside plain transcoding of the same clip with the same settings.

Owns the two sizes.  The engine runs in a fresh process, one redaction at a time and nothing beside it; pass-through is
timed before and after it, because machines are not steady.  Times are of a whole redaction: backdrop pass, analysis,
render and proof.  Processor time is told beside them, as it moves less on a busy machine.  Memory is the largest sum of
proportional sizes (PSS) of that process and its ffmpegs, as sampled.
"""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from testbed.load import pss_mib, tree

from cctv.redaction.render.options import Mode, Options
from cctv.redaction.render.render import RenderReport
from cctv.redaction.tracking.annotations import NOTHING_KEPT, KeepBoxes
from cctv.redaction.video.geometry import Size
from redaction_bench.figures import Figure, at_least, at_most, tells
from redaction_bench.pictures import enlarged, pass_through
from redaction_bench.rival import VERSION, frames_a_second
from redaction_bench.studio import Annotated, redacted, workers
from redaction_bench.truth import People, keep_one, scaled

_SPEED = {Mode.BACKDROP: 0.8, Mode.MASK: 0.6}
_SIZE = 1.2
_RIVAL = 15
_MEMORY = 700  # MiB, at 1080p
_LOOK = 0.3  # seconds between two looks at memory: reading smaps of 500 MiB takes 10 ms
_FULL = Size(1920, 1080)


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, and of processors."""

    seconds: float
    processor: float


@dataclass(frozen=True)
class Timed:
    """One clip gone through: frames a second, processor seconds, bytes written, the largest memory (MiB).

    `unproved` are frames a second without the last pass, the proof.
    """

    fps: float
    processor: float
    size: int
    memory: float
    unproved: float = 0.0


@dataclass(frozen=True)
class Speeds:
    """Pass-through and both modes of one clip."""

    reference: Timed
    modes: dict[Mode, Timed]


def speeds(clip: Path, people: People, folder: Path) -> Speeds:
    """Time both modes between two pass-throughs.  The subject is whoever is in the picture longest."""
    output = folder / "timed.mp4"
    subject = max(people, key=lambda person: len(people[person]))
    kept = {Mode.BACKDROP: keep_one(people, subject, with_hides=False), Mode.MASK: NOTHING_KEPT}
    before = _spent(pass_through, clip, output)
    size = output.stat().st_size
    modes, frames = {}, 0
    for mode, keep in kept.items():
        with workers(1) as pool, _memory(pool.submit(os.getpid).result()) as memory:
            spent, proof, report = pool.submit(_redaction, clip, keep, Options(mode, caption=None), output).result()
        frames = report.frames
        unproved = frames / (spent.seconds - proof)
        modes[mode] = Timed(frames / spent.seconds, spent.processor, output.stat().st_size, max(memory), unproved)
    after = _spent(pass_through, clip, output)
    output.unlink()
    seconds, processor = (before.seconds + after.seconds) / 2, (before.processor + after.processor) / 2
    return Speeds(Timed(frames / seconds, processor, size, 0.0), modes)


def at_own_size(on: Annotated, *, beside_rival: bool) -> Iterator[Figure]:
    """The rows on speed and file size at the clip's own size, and against deface."""
    name = f"{on.size.width}x{on.size.height}"
    measured = speeds(on.clip, on.people, on.folder)
    yield from against_pass_through(name, measured)
    if beside_rival:
        theirs = frames_a_second(on.clip, on.frames, on.folder)
        yield tells(f"{name}: deface {VERSION}, fps", round(theirs, 2))
        for mode, timed in measured.modes.items():
            yield at_least(f"{name}: {mode.value}: speed / deface", round(timed.fps / theirs, 1), _RIVAL)


def at_1080p(on: Annotated) -> Iterator[Figure]:
    """The rows on speed, file size and memory of the clip scaled up to 1080p25."""
    large = on.folder / "large.mp4"
    enlarged(on.clip, large)
    people = scaled(on.people, _FULL.width / on.size.width, _FULL.height / on.size.height)
    measured = speeds(large, people, on.folder)
    large.unlink()
    yield from against_pass_through("1080p25", measured)
    for mode, timed in measured.modes.items():
        yield at_most(f"1080p25: {mode.value}: peak memory, MiB", round(timed.memory), _MEMORY)


def against_pass_through(name: str, measured: Speeds) -> Iterator[Figure]:
    """Speed and size of both modes over those of pass-through."""
    reference = measured.reference
    yield tells(f"{name}: pass-through, fps", round(reference.fps, 1))
    for mode, timed in measured.modes.items():
        share = round(timed.fps / reference.fps, 2)
        yield at_least(f"{name}: {mode.value}: speed / pass-through", share, _SPEED[mode])
        unproved = round(timed.unproved / reference.fps, 2)
        yield tells(f"{name}: {mode.value}: speed without the proof / pass-through", unproved)
        processor = round(timed.processor / reference.processor, 2)
        yield tells(f"{name}: {mode.value}: processor time / pass-through", processor)
        yield at_most(f"{name}: {mode.value}: size / pass-through", round(timed.size / reference.size, 2), _SIZE)


def _spent(work: Callable[..., object], *arguments: object) -> Spent:
    began, used = time.monotonic(), _processor()
    work(*arguments)
    return Spent(time.monotonic() - began, _processor() - used)


def _processor() -> float:
    """Processor seconds of this process and of the children that it waited for."""
    kinds = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(kind.ru_utime + kind.ru_stime for kind in kinds)


def _redaction(clip: Path, keep: KeepBoxes, options: Options, output: Path) -> tuple[Spent, float, RenderReport]:
    """One redaction, and the seconds of its proof; runs in the fresh process."""
    reports: list[RenderReport] = []
    proving: list[float] = []

    def watch(step: str, _done: int, _total: int) -> None:
        if step == "verify":
            proving.append(time.monotonic())

    spent = _spent(lambda: reports.append(redacted(clip, keep, options, output, progress=watch)))
    return spent, time.monotonic() - proving[0], reports[0]


@contextmanager
def _memory(pid: int) -> Iterator[list[float]]:
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
