"""The first two passes over a clip: what its empty scene looks like, and what differs in each frame.

Owns the order of the work and its progress.  Memory does not grow with the length of the clip beyond some hundred bytes
a frame.  Never decides what is shown; that is `subject`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from cctv.redaction.ahead import ahead
from cctv.redaction.backdrop import Backdrop, Sampler
from cctv.redaction.comparing import compared
from cctv.redaction.contacts import Verdict
from cctv.redaction.geometry import Size, outer
from cctv.redaction.keep import KeepBoxes
from cctv.redaction.light import Light
from cctv.redaction.masks import MaskedArea
from cctv.redaction.people import carried_and_judged
from cctv.redaction.planes import Mask, Plane
from cctv.redaction.regions import HOLD
from cctv.redaction.scratch import Scratch
from cctv.redaction.shapes import worth_showing
from cctv.redaction.source import Clip, Reading
from cctv.redaction.spool import MaskSpool
from cctv.redaction.stretches import backdrops_of
from cctv.redaction.subject import slack
from cctv.redaction.tracks import Track, Tracker, numbered

Progress = Callable[[str, int, int], None]
"""Called with the step's name (`backdrop`, `regions`, `render`, `verify`), frames done, frames in all (0: unknown)."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The empty scene of a clip: its backdrops and the times (microseconds) of its frames."""

    times: tuple[int, ...]
    backdrops: tuple[Backdrop, ...]

    @property
    def rate(self) -> float:
        """Frames a second, over the whole clip; 10 for a single frame."""
        return (len(self.times) - 1) * 1e6 / (self.times[-1] - self.times[0]) if len(self.times) > 1 else 10.0

    @property
    def hold(self) -> int:
        """Frames before and after for which a region counts: a fifth of a second, at least HOLD."""
        return max(HOLD, min(round(HOLD * self.rate / 10), 4 * HOLD))


@dataclass(frozen=True, slots=True)
class Analysis:
    """What differs in each frame of a clip; masks and boxes at half size.

    `differs` holds one mask a frame, True = differs from the backdrop, and its regions beside it; `stretch` and
    backdrop and light; `kept` are the drawn paths carried by the subject's own region, in their order; `verdicts`
    gives, for each of them, what to hide inside of it from its first frame on.  `masked` is what the camera's static
    masks hide, in every frame and whatever is kept.
    """

    survey: Survey
    differs: MaskSpool
    stretch: tuple[int, ...]
    lights: tuple[Light | None, ...]
    tracks: tuple[Track, ...]
    kept: KeepBoxes
    verdicts: tuple[tuple[Verdict, ...], ...]
    masked: MaskedArea | None = None


def survey(
    clip: Clip,
    keep: KeepBoxes,
    progress: Progress,
    elsewhere: Sequence[Clip] = (),
    scratch: Scratch | None = None,
) -> Survey:
    """Read the clip once for its times and backdrops; `elsewhere` adds other footage of the same camera as samples.

    Notes the clip's pictures in `scratch`.  Raises SourceUnreadable.
    """
    sampler, times = sampled(clip, keep, progress, scratch)
    count = len(times)
    if elsewhere:
        number = count
        for other in elsewhere:
            for planes in Reading(replace(other, masks=clip.masks)):
                if sampler.wants(number):
                    sampler.add(number, planes, None, own=False)
                number += 1
    found = Survey(times, ())
    masked = clip.masked
    backdrops = backdrops_of(sampler.kept, sampler.size, sampler.stride / found.rate, masked.half if masked else None)
    return Survey(found.times, backdrops)


def sampled(
    clip: Clip, keep: KeepBoxes, progress: Progress, scratch: Scratch | None = None
) -> tuple[Sampler, tuple[int, ...]]:
    """A clip's own samples of the empty scene, drawn boxes excluded, and the times of all its frames (microseconds).

    Notes the clip's pictures in `scratch`.  Raises SourceUnreadable.
    """
    size = clip.size.even()
    sampler = Sampler(size)
    reading = Reading(clip)
    pictures = reading if scratch is None else (planes for planes, _ in scratch.noting(reading))
    for frame, planes in enumerate(pictures):
        if sampler.wants(frame):
            sampler.add(frame, planes, drawn(keep, frame, size))
        progress("backdrop", frame + 1, clip.frames_estimate)
    return sampler, tuple(reading.times)


def drawn(keep: KeepBoxes, frame: int, size: Size) -> Mask | None:
    """The half-size mask of a frame's drawn boxes, True = drawn: no sample of the empty scene.  None without any."""
    found = (*keep.kept_at(frame), *keep.hidden_at(frame))
    if not found:
        return None
    half = Size(size.width // 2, size.height // 2)
    mask = np.zeros((half.height, half.width), np.bool_)
    for box in found:
        mask[outer(slack(box.scaled(0.5)), half).slices()] = True
    return mask


def analyse(
    clip: Clip,
    found: Survey,
    keep: KeepBoxes,
    differs: MaskSpool,
    progress: Progress,
    scratch: Scratch | None = None,
) -> Analysis:
    """Compare every frame with its backdrop and judge the surroundings of each kept box.  Raises SourceUnreadable.

    Fills `differs`; reads what is in `scratch`, or notes the clip's pictures there.
    """
    tracker = Tracker()
    stretch: list[int] = []
    lights: list[Light | None] = []
    masked = clip.masked.half if clip.masked else None
    with closing(ahead(_stacked(clip, scratch))) as pictures:
        for frame, one in enumerate(compared(pictures, found.backdrops, masked)):
            differs.append(one.difference.mask, one.difference.regions)
            stretch.append(one.stretch)
            lights.append(one.difference.light)
            tracker.add([part.box for part in one.difference.parts])
            progress("regions", frame + 1, len(found.times))
    rows, columns = differs.shape
    kept, verdicts = carried_and_judged(keep, differs, found.rate)
    tracks = numbered(worth_showing(tracker.finish(), rows * columns, found.rate))
    return Analysis(found, differs, tuple(stretch), tuple(lights), tracks, kept, verdicts, clip.masked)


def _stacked(clip: Clip, scratch: Scratch | None) -> Iterator[Plane]:
    """Every picture at half size: as it was set aside, else decoded."""
    if scratch is None:
        return (planes.stacked() for planes in Reading(clip))
    return scratch.pictures() or (stacked for _, stacked in scratch.noting(Reading(clip)))
