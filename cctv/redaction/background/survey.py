"""The survey: the first pass over a clip, for the times of its frames and its empty scenes.

Memory grows by some hundred bytes a frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cctv.redaction.background.lighting_segments import backdrops_of
from cctv.redaction.background.model import Backdrop, Sampler
from cctv.redaction.people.weights import Model
from cctv.redaction.progress import Progress
from cctv.redaction.tracking.annotations import KeepBoxes
from cctv.redaction.tracking.bounds import grow_by_hide_margin
from cctv.redaction.tracking.foreground import HOLD
from cctv.redaction.video.geometry import Size, outer
from cctv.redaction.video.reader import Clip, Reading, require_memory
from cctv.redaction.video.spill import Scratch
from cctv.redaction.video.yuv import Mask


@dataclass(frozen=True, slots=True)
class BackgroundModel:
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


def survey(
    clip: Clip,
    keep: KeepBoxes,
    progress: Progress,
    elsewhere: Sequence[Clip] = (),
    scratch: Scratch | None = None,
    model: Model | None = None,
) -> BackgroundModel:
    """Read the clip once for its times and backdrops; `elsewhere` adds other footage of the same camera as samples.

    Notes the clip's pictures in `scratch`.  `model` finds who stands in a backdrop; None: the default one.  Raises
    SourceUnreadable, PeopleSearchFailed.
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
    timing = BackgroundModel(times, ())
    masked = clip.masked
    spacing = sampler.stride / timing.rate
    backdrops = backdrops_of(sampler.kept, sampler.size, spacing, masked.half if masked else None, model)
    return BackgroundModel(timing.times, backdrops)


def sampled(
    clip: Clip, keep: KeepBoxes, progress: Progress, scratch: Scratch | None = None
) -> tuple[Sampler, tuple[int, ...]]:
    """A clip's own samples of the empty scene, drawn boxes excluded, and the times of all its frames (microseconds).

    Notes the clip's pictures in `scratch`.  Raises SourceUnreadable.
    """
    require_memory(clip)
    size = clip.size.even()
    sampler = Sampler(size)
    reading = Reading(clip)
    pictures = reading if scratch is None else scratch.noting(reading)
    for frame, planes in enumerate(pictures):
        if sampler.wants(frame):
            sampler.add(frame, planes, drawn(keep, frame, size))
        progress("backdrop", frame + 1, clip.frames_estimate)
    return sampler, tuple(reading.times)


def drawn(keep: KeepBoxes, frame: int, size: Size) -> Mask | None:
    """The half-size mask of a frame's drawn boxes, True = drawn: no sample of the empty scene.  None without any."""
    boxes = (*keep.kept_at(frame), *keep.hidden_at(frame))
    if not boxes:
        return None
    half = Size(size.width // 2, size.height // 2)
    mask = np.zeros((half.height, half.width), np.bool_)
    for box in boxes:
        mask[outer(grow_by_hide_margin(box.scaled(0.5)), half).slices()] = True
    return mask
