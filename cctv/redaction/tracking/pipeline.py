"""The first two passes over a clip: its background model, and the foreground of each frame.

`survey` samples the empty scene; `analyse` compares every frame, propagates the drawn keyframes and resolves occlusions
of each kept box.  Memory grows by some hundred bytes a frame.  Decides no visible pixel; that is
`cctv.redaction.render.visibility`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from cctv.redaction.background.illumination import Light
from cctv.redaction.background.lighting_segments import backdrops_of
from cctv.redaction.background.model import Backdrop, Sampler
from cctv.redaction.people.weights import Model
from cctv.redaction.render.privacy_masks import MaskedArea
from cctv.redaction.render.silhouettes import filter_person_tracks
from cctv.redaction.tracking.annotations import BoxPath, KeepBoxes, Keyframe
from cctv.redaction.tracking.foreground import HOLD, compared
from cctv.redaction.tracking.matching import Component, at_border
from cctv.redaction.tracking.neighbours import FrameNeighbourhood
from cctv.redaction.tracking.occlusion import (
    Around,
    OcclusionResult,
    frame_neighbourhood,
    grow_by_body_slack,
    resolve_occlusions,
)
from cctv.redaction.tracking.propagation import STRAY, PropagatedPath, is_larger_than_person, propagate_box
from cctv.redaction.tracking.segmentation import UprightComponents, around, bodies_of
from cctv.redaction.tracking.tracks import Track, Tracker, numbered
from cctv.redaction.video.geometry import Rect, Size, enclosing, outer
from cctv.redaction.video.parallel import prefetch
from cctv.redaction.video.reader import Clip, Reading, require_memory
from cctv.redaction.video.spill import MaskSpool, Scratch
from cctv.redaction.video.yuv import Mask, Plane

_PATIENCE_SECONDS = 2.5  # seconds; PETS09-S2L1: no one is wholly inside another's box for longer than 1
Progress = Callable[[str, int, int], None]
"""Called with the step's name (`backdrop`, `regions`, `render`, `verify`), frames done, frames in all (0: unknown)."""


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


@dataclass(frozen=True, slots=True)
class Analysis:
    """What differs in each frame of a clip; masks and boxes at half size.

    `differs` holds one mask a frame, True = foreground, and its regions; `stretch` and `lights` give each frame's
    backdrop (from 0) and light; `kept` are the drawn paths propagated by the subject's own region, in order; `verdicts`
    gives, for each of them, what to hide inside of it from its first frame on.  `masked` is what the camera's static
    masks hide, in every frame and whatever is kept.
    """

    survey: BackgroundModel
    differs: MaskSpool
    stretch: tuple[int, ...]
    lights: tuple[Light | None, ...]
    tracks: tuple[Track, ...]
    kept: KeepBoxes
    verdicts: tuple[tuple[OcclusionResult, ...], ...]
    masked: MaskedArea | None = None


def propagate_and_resolve(
    keep: KeepBoxes, differs: MaskSpool, rate: float
) -> tuple[KeepBoxes, tuple[tuple[OcclusionResult, ...], ...]]:
    """The drawn paths (full size) propagated by the regions of each mask, and each kept one's occlusion results."""
    rows, columns = differs.shape
    picture = Rect(0, 0, columns, rows)
    carried = [propagate_box(path, _bodies_along(path, differs), picture) for path in keep.keep]
    followed = KeepBoxes(
        tuple(propagated.path for propagated in carried),
        tuple(propagate_box(path, _bodies_along(path, differs), picture).path for path in keep.hide),
    )
    patience = max(2, round(_PATIENCE_SECONDS * rate))
    verdicts = tuple(
        resolve_occlusions(_surroundings(propagated, path, followed, differs), picture, patience)
        for propagated, path in zip(carried, keep.keep, strict=True)
    )
    hidden = (_whole_at_edges(*paths, picture) for paths in zip(keep.hide, followed.hide, strict=True))
    return replace(followed, hide=tuple(hidden)), verdicts


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
    pictures = reading if scratch is None else (planes for planes, _ in scratch.noting(reading))
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
        mask[outer(grow_by_body_slack(box.scaled(0.5)), half).slices()] = True
    return mask


def analyse(
    clip: Clip,
    background: BackgroundModel,
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
    with closing(prefetch(_stacked(clip, scratch))) as pictures:
        for frame, comparison in enumerate(compared(pictures, background.backdrops, masked)):
            differs.append(comparison.difference.mask, comparison.difference.regions)
            stretch.append(comparison.stretch)
            lights.append(comparison.difference.light)
            tracker.add([part.box for part in comparison.difference.parts])
            progress("regions", frame + 1, len(background.times))
    rows, columns = differs.shape
    kept, verdicts = propagate_and_resolve(keep, differs, background.rate)
    tracks = numbered(filter_person_tracks(tracker.finish(), rows * columns, background.rate))
    return Analysis(background, differs, tuple(stretch), tuple(lights), tracks, kept, verdicts, clip.masked)


def _whole_at_edges(drawn: BoxPath, carried: BoxPath, picture: Rect) -> BoxPath:
    """A propagated hide path that holds all of a person who slips into the picture or out of it.

    A box that the picture's edge cuts off shows neither their height nor, reliably, their pace.  Wherever they are not
    tracked from it to the next keyframe, they are hidden from the upper box's top to the lower one's bottom, half a
    width aside.
    """
    keys = {key.frame: key for key in carried.keyframes}
    for before, after in pairwise(drawn.keyframes):
        if any(at_border(key.box.scaled(0.5), picture) for key in (before, after)):
            whole = enclosing((before.box, after.box))
            margin = STRAY * max(before.box.w, after.box.w)
            for frame in range(before.frame + 1, after.frame):
                line = drawn.box_at(frame)
                assert line is not None  # between two keyframes
                tall = Rect(line.x - margin, whole.y, line.w + 2 * margin, whole.h)
                keys.setdefault(frame, Keyframe(frame, tall))
    return replace(carried, keyframes=tuple(keys[frame] for frame in sorted(keys)))


def _bodies(path: BoxPath, frame: int, differs: MaskSpool) -> UprightComponents:
    """What stands around a drawn person in a frame that the path covers."""
    line = path.box_at(frame)
    assert line is not None  # a path has a box from its first frame to its last
    height = max(key.box.h for key in path.around(frame)) / 2  # the picture's edge may cut off one of them
    place = around(line.scaled(0.5), height, Size(differs.shape[1], differs.shape[0]))
    return bodies_of(differs[frame], place, height)


def _bodies_along(path: BoxPath, differs: MaskSpool) -> list[tuple[Component, ...]]:
    """What stands around a drawn person in each frame; nothing where there is no path."""
    return [
        _bodies(path, frame, differs).parts if path.first <= frame <= path.last else () for frame in range(len(differs))
    ]


def _surroundings(
    carried: PropagatedPath, drawn: BoxPath, kept: KeepBoxes, differs: MaskSpool
) -> list[FrameNeighbourhood]:
    """What stands around one propagated box, in each of its frames."""
    scenes = []
    drawn_in = {key.frame for key in drawn.keyframes}
    for frame in range(carried.path.first, min(carried.path.last + 1, len(differs))):
        box = carried.path.box_at(frame)
        assert box is not None
        others = [path.box_at(frame) for path in kept.keep if path is not carried.path]
        surrounding = Around(
            others=tuple(other_box.scaled(0.5) for other_box in others if other_box is not None),
            hides=tuple(hide.scaled(0.5) for hide in kept.hidden_at(frame)),
            own=carried.own.get(frame, ()),
            drawn=frame in drawn_in,
        )
        bodies = _bodies(drawn, frame, differs)
        here = frame_neighbourhood(frame, box.scaled(0.5), bodies, surrounding)
        crowded = not surrounding.own and _is_crowded(here.kept, drawn.around(frame), bodies)
        scenes.append(replace(here, crowded=crowded, lost=crowded and _is_cut_off(drawn.around(frame), differs)))
    return scenes


def _is_crowded(kept: Rect, near: Sequence[Keyframe], bodies: UprightComponents) -> bool:
    """Whether the kept box stands on a region that is too large for the subject as drawn before and after."""
    width, height = (max(sides) / 2 for sides in zip(*((key.box.w, key.box.h) for key in near), strict=True))
    return any(part.box.overlap(kept) > 0 and is_larger_than_person(part.box, width, height) for part in bodies.parts)


def _is_cut_off(near: Sequence[Keyframe], differs: MaskSpool) -> bool:
    """Whether the box is interpolated from one that the picture's edge cuts off: too low and too narrow.

    It shows neither where the subject ends nor what of a region sticks out.
    """
    rows, columns = differs.shape
    return any(at_border(key.box.scaled(0.5), Rect(0, 0, columns, rows)) for key in near)


def _stacked(clip: Clip, scratch: Scratch | None) -> Iterator[Plane]:
    """Every picture at half size: as spilled to disk, else decoded."""
    if scratch is None:
        return (planes.stacked() for planes in Reading(clip))
    return scratch.pictures() or (stacked for _, stacked in scratch.noting(Reading(clip)))
