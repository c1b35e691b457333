"""How fast the engine is, beside plain transcoding and plain decoding of the same clip.

A preparation is everything that is done before anybody decides, and is timed apart from the render that follows the
decisions: in backdrop mode all that `export build` does with a reviewed case.  In mask mode, which only
`redaction file` has, the comparison with the empty scene is made once, before the render, and counts as preparing; what
it would be with the comparison made again is told beside.  Each runs in a fresh process, one at a time and nothing
beside it; pass-through is timed before and after the renders, because machines are not steady.  Processor time is told
beside, as it moves less on a busy machine.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cctv.redaction.render.options import Mode, Options
from cctv.redaction.tracking.annotations import NOTHING_KEPT, KeepBoxes
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.reader import Reading, clip_of
from redaction_bench.counting import Annotated
from redaction_bench.engine import prepare, quiet, redacted, store, stored
from redaction_bench.figures import Figure, at_least, at_most, tells
from redaction_bench.memory import MEMORY_MIB, Meter, Usage, watched
from redaction_bench.pictures import decode, enlarged, mostly_still, pass_through, repeated, still
from redaction_bench.rival import VERSION, frames_a_second
from redaction_bench.studio import workers
from redaction_bench.truth import People, keep_one, scaled, until

_PREPARING_PETS, _PREPARING_LARGE = 20, 10  # frames a second
_STILL = 0.8  # of decoding alone
_RENDERING = 0.5  # of pass-through
_SIZE = 1.2
_ENCODED_FRAMES, _STILL_FRAMES = 500, 15_000  # 20 s, ten minutes
_MOSTLY_STILL_FRAMES = 3000
_LARGE_FRAMES = 300
_FULL = Size(1920, 1080)
_RENDER = "render"  # by its name in the engine's progress: the first frame of it is done


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, and of processors."""

    seconds: float
    processor: float


@dataclass(frozen=True)
class Timed:
    """One clip gone through: frames a second, processor seconds, bytes written, what memory it took.

    `whole` is frames a second with the comparison that mask mode has behind it already.
    """

    fps: float
    processor: float
    size: int
    usage: Usage
    whole: float = 0.0


@dataclass(frozen=True)
class Speeds:
    """Preparing, pass-through and both modes of one clip."""

    preparing: Timed
    reference: Timed
    modes: dict[Mode, Timed]


def speeds(clip: Path, people: People, folder: Path) -> Speeds:
    """Time the preparation, then both modes between two pass-throughs.

    The subject is whoever is in the picture longest, kept by keyframes.
    """
    output, file = folder / "timed.mp4", folder / "timed.prepared"
    subject = max(people, key=lambda person: len(people[person]))
    kept = {Mode.BACKDROP: keep_one(people, subject, with_hides=False), Mode.MASK: NOTHING_KEPT}
    preparing = prepared(clip, folder, file)
    before = _spent(pass_through, clip, output)
    size = output.stat().st_size
    modes = {mode: rendered(clip, keep, Options(mode, caption=None), output, file) for mode, keep in kept.items()}
    after = _spent(pass_through, clip, output)
    frames = len(stored(file).analysis.survey.times)
    for path in (output, file):
        path.unlink()
    stored.cache_clear()
    seconds, processor = (before.seconds + after.seconds) / 2, (before.processor + after.processor) / 2
    return Speeds(preparing, Timed(frames / seconds, processor, size, Usage()), modes)


def at_own_size(on: Annotated, *, beside_rival: bool) -> Iterator[Figure]:
    """The rows on speed and file size at the clip's own size, and against deface."""
    name = f"{on.size.width}x{on.size.height}"
    measured = speeds(on.clip, on.people, on.folder)
    fps = round(measured.preparing.fps, 1)
    title = f"{name}: preparing, fps"
    yield at_least(title, fps, _PREPARING_PETS) if on.is_pets else tells(title, fps)
    yield from _against_pass_through(name, measured)
    if beside_rival:
        theirs = frames_a_second(on.clip, on.frames, on.folder)
        yield tells(f"{name}: deface {VERSION}, fps", round(theirs, 2))
        yield tells(f"{name}: preparing / deface", round(measured.preparing.fps / theirs, 1))
        for mode, timed in measured.modes.items():
            yield tells(f"{name}: {mode.value}: rendering / deface", round(timed.fps / theirs, 1))


def without_movement(on: Annotated) -> Iterator[Figure]:
    """The rows on footage in which nothing but the sensor's noise moves: the clip's own empty scene, ten minutes of it.

    Decoding alone is the engine's own, into its planes; that by the ffmpeg program, into nothing, is told beside.  The
    search for people in the empty scene takes as long whatever the length, so the goal is for ten minutes, and a
    clip of 20 seconds is told beside; so is one of two minutes in which people walk in a tenth of the time.
    """
    short, clip = on.folder / "short.mp4", on.folder / "still.mp4"
    own = f"{on.size.width}x{on.size.height}"
    for name, size in ((own, on.size), ("1080p25", _FULL)):
        still(on.scene.filled, short, size, _ENCODED_FRAMES)
        repeated(short, clip, _STILL_FRAMES)
        yield from _beside_decoding(f"{name}: still", clip, on, _STILL_FRAMES, _STILL)
        yield from _beside_decoding(f"{name}: still, 20 s", short, on, _ENCODED_FRAMES)
    mostly_still(on.scene.filled, on.clip, clip, on.size, _MOSTLY_STILL_FRAMES)
    yield from _beside_decoding(f"{own}: people in a tenth of the time", clip, on, _MOSTLY_STILL_FRAMES)
    for path in (short, clip):
        path.unlink()


def _beside_decoding(name: str, clip: Path, on: Annotated, frames: int, goal: float | None = None) -> Iterator[Figure]:
    """Preparing a clip, against decoding it alone before and after."""
    file = on.folder / "still.prepared"
    with workers(1) as pool:
        before = pool.submit(_spent, _read, clip).result()
        timed = prepared(clip, on.folder, file, metered=False)
        after = pool.submit(_spent, _read, clip).result()
    file.unlink()
    alone = 2 * frames / (before.seconds + after.seconds)
    other = frames / _spent(decode, clip).seconds
    yield tells(f"{name}: decoding alone, fps", round(alone))
    yield tells(f"{name}: preparing, fps", round(timed.fps, 1))
    title, share = f"{name}: preparing / decoding alone", round(timed.fps / alone, 2)
    yield tells(title, share) if goal is None else at_least(title, share, goal)
    processor = (before.processor + after.processor) / 2
    yield tells(f"{name}: processor time / decoding alone", round(timed.processor / processor, 2))
    yield tells(f"{name}: preparing / decoding by ffmpeg", round(timed.fps / other, 2))


def at_1080p(on: Annotated) -> Iterator[Figure]:
    """The rows on speed, file size and memory of the clip scaled up to 1080p25."""
    large = on.folder / "large.mp4"
    frames = min(_LARGE_FRAMES, on.frames)
    enlarged(on.clip, large, frames)
    across, along = _FULL.width / on.size.width, _FULL.height / on.size.height
    people = scaled(on.people, across, along)
    measured = speeds(large, until(people, frames), on.folder)
    yield at_least("1080p25: preparing, fps", round(measured.preparing.fps, 1), _PREPARING_LARGE)
    yield from _against_pass_through("1080p25", measured)
    usages = {"preparing": measured.preparing.usage}
    usages |= {mode.value: timed.usage for mode, timed in measured.modes.items()}
    for name, usage in usages.items():
        yield at_most(f"1080p25: {name}: peak memory, MiB", round(usage.peak), MEMORY_MIB)
    large.unlink()


def _against_pass_through(name: str, measured: Speeds) -> Iterator[Figure]:
    """Speed and size of both modes over those of pass-through."""
    reference = measured.reference
    yield tells(f"{name}: pass-through, fps", round(reference.fps, 1))
    for mode, timed in measured.modes.items():
        share = round(timed.fps / reference.fps, 2)
        yield at_least(f"{name}: {mode.value}: rendering / pass-through", share, _RENDERING)
        if mode is Mode.MASK:
            yield tells(
                f"{name}: mask: rendering with the comparison / pass-through", round(timed.whole / reference.fps, 2)
            )
        processor = round(timed.processor / reference.processor, 2)
        yield tells(f"{name}: {mode.value}: processor time / pass-through", processor)
        yield at_most(f"{name}: {mode.value}: size / pass-through", round(timed.size / reference.size, 2), _SIZE)


def prepared(clip: Path, folder: Path, file: Path, *, metered: bool = True) -> Timed:
    """Prepare a clip in a fresh process, and leave the preparation in a file.

    `metered` False: without the growth of memory, as 10 ms for each look at it are more than still frames take.
    """
    with workers(1) as pool, watched(pool.submit(os.getpid).result()) as peaks:
        spent, frames, growth = pool.submit(_preparation, clip, folder, file, metered=metered).result()
    return Timed(frames / spent.seconds, spent.processor, 0, Usage(max(peaks), growth))


def rendered(clip: Path, keep: KeepBoxes, options: Options, output: Path, file: Path) -> Timed:
    """Redact a clip that was prepared, in a fresh process; proof and second witness ride along."""
    with workers(1) as pool, watched(pool.submit(os.getpid).result()) as peaks:
        spent, whole, frames, growth = pool.submit(_redaction, clip, keep, options, output, file).result()
    usage = Usage(max(peaks), growth)
    return Timed(frames / spent.seconds, spent.processor, output.stat().st_size, usage, frames / whole.seconds)


def _spent(work: Callable[..., object], *arguments: object) -> Spent:
    began, used = time.monotonic(), _processor()
    work(*arguments)
    return Spent(time.monotonic() - began, _processor() - used)


def _processor() -> float:
    """Processor seconds of this process and of the children that it waited for."""
    kinds = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(kind.ru_utime + kind.ru_stime for kind in kinds)


def _read(clip: Path) -> None:
    """Decode a clip as the engine does, and nothing else."""
    for _ in Reading(clip_of([clip])):
        pass


def _preparation(clip: Path, folder: Path, file: Path, *, metered: bool) -> tuple[Spent, int, float]:
    """What it took, frames, and the growth of memory in 1,000 frames; runs in the fresh process."""
    began, used = time.monotonic(), _processor()
    meter = Meter()
    done = prepare(clip, folder, meter.see if metered else quiet)
    spent = Spent(time.monotonic() - began, _processor() - used)
    store(done, file)
    return spent, len(done.analysis.survey.times), meter.growth


def _redaction(
    clip: Path, keep: KeepBoxes, options: Options, output: Path, file: Path
) -> tuple[Spent, Spent, int, float]:
    """What it took, and in all; frames, and the growth of memory in 1,000 frames; runs in the fresh process."""
    before, meter = stored(file), Meter()
    start = _Clock()
    compared: list[Spent] = []

    def progress(step: str, done: int, total: int) -> None:
        if step == _RENDER and not compared and options.mode is Mode.MASK:
            compared.append(start.spent())
        meter.see(step, done, total)

    report = redacted(clip, keep, options, output, progress=progress, prepared=before, surveyed=True)
    whole = start.spent()
    first = compared[0] if compared else Spent(0.0, 0.0)
    spent = Spent(whole.seconds - first.seconds, whole.processor - first.processor)
    return spent, whole, report.frames, meter.growth


class _Clock:
    """Seconds and processor seconds since it was made."""

    def __init__(self) -> None:
        self._began, self._used = time.monotonic(), _processor()

    def spent(self) -> Spent:
        """Until now."""
        return Spent(time.monotonic() - self._began, _processor() - self._used)
