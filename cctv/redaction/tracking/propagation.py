"""Keyframe propagation: a drawn box follows the subject's own component between its keyframes.

The component that fits a drawn box is the subject; it is followed as long as it stays one component of about that size
where the straight line between keyframes expects it.  Works offline, from both keyframes of a gap.  Pure.  Never
guesses across a merge or a split: there the box is interpolated between the last certain box and the next.  A box never
leaves the surroundings of the straight line, so that verification can compare it with what was drawn.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cctv.redaction.tracking.annotations import BoxPath, Keyframe
from cctv.redaction.tracking.matching import (
    BORDER,
    LOOSE,
    Component,
    Region,
    at_border,
    likeness,
    match_region,
    merged_with_another,
    only_candidate,
)
from cctv.redaction.video.geometry import Rect, enclosing

STRAY = 0.5  # of the larger keyframe's width and ...
# ... height: interpolated boxes lag by up to half a body (PETS09-S2L1, keyframes every 20 frames)
_STRAY_HEIGHTS = 0.25
_MIN_EXPECTED_IOU = 0.6  # overlap by union between a region and where it is expected; two people side by side reach 0.5
_MIN_DRAWN_IOU = 0.55  # the same with a drawn box: people leave out a leg or a shadow, but choose the person
# of the drawn height; a region that rises higher holds the head of a person behind, who is a seventh taller
_MAX_ABOVE_HEIGHTS = 0.1
_MIN_CUT_IOU = 0.9  # the same at the picture's edge, where there is no usual size to go by
# of the subject's usual pixels: gait and light change them by a third, a second person doubles them
_MAX_AREA_RATIO = 1.5
_MAX_HEIGHT_RATIO = 1.2  # of the drawn height: gait moves it by a tenth
_MAX_WIDTH_RATIO = 1.25  # of the drawn width at the widest step: a shadow beside the shoes
_MAX_FILLED_SHARE = 0.85  # of a drawn box; a body leaves a quarter of its box free, and a fuller one holds a group
_INSIDE_SHARE = (
    0.9  # of a propagated box within the surroundings of the line; a box outside of them follows another person
)
_SLIVER_SHARE = 0.3  # of the largest drawn box: less of a person at the picture's edge is too little to match
_MAX_SLIP_FRAMES = 6  # frames for which a person who enters is too slender to follow
_SAMPLE_KEYFRAMES = 5  # keyframes around a frame: one or two of them may show a group
_PACE_FRAMES = 4  # frames over which a region's own motion is taken
Sides = tuple[float, float, float, float]
"""How far the left, top, right and bottom side of one box lie from those of another."""


@dataclass(frozen=True, slots=True)
class PropagatedPath:
    """A kept path with a keyframe for every frame in which the subject is surely known.

    `own` gives its parts in the frames in which they stand apart from all other people's.
    """

    path: BoxPath
    own: Mapping[int, tuple[Rect, ...]]


@dataclass(frozen=True, slots=True)
class _KeyframeMatches:
    """Drawn boxes (half size), the regions that fit them, and each one's pixels by drawn height squared."""

    drawn: Mapping[int, Rect]
    fits: Mapping[int, Region]
    shares: Mapping[int, float]

    def usual(self, frame: int) -> float:
        """The subject's usual share around a frame: about the same for one person, twice that for two.

        Of a few keyframes only: a person who stands still for long may in part look like the ground.
        """
        near = sorted(self.shares, key=lambda at: abs(at - frame))[:_SAMPLE_KEYFRAMES]
        return statistics.median_low(self.shares[at] for at in near) if near else math.inf

    def width(self, frame: int) -> float:
        """The subject's width at the widest step around a frame."""
        near = sorted(self.drawn, key=lambda at: abs(at - frame))[:_SAMPLE_KEYFRAMES]
        return max(self.drawn[at].w for at in near)

    def region(self, frame: int) -> Region | None:
        """The subject in a keyframe; None where no region fits or where it holds another person too."""
        region = self.fits.get(frame)
        if region is None:
            return None
        return region if self.is_one_person(region, self.drawn[frame], frame) else None

    def is_certain(self, frame: int) -> bool:
        """Whether a keyframe's region is surely the subject's: the picture's edge cuts off a group like one person."""
        region = self.region(frame)
        return region is not None and (frame in self.shares or likeness(region.box, self.drawn[frame]) >= _MIN_CUT_IOU)

    def is_one_person(self, region: Region, line: Rect, frame: int, *, cut: bool = False) -> bool:
        """Whether a region is no more than the subject where the line has a box of this height.

        `cut`: the picture's edge cuts it off, and so the line too; then the subject's full size is the bound.
        """
        near = sorted(self.drawn, key=lambda at: abs(at - frame))[:_SAMPLE_KEYFRAMES]
        height = max(self.drawn[at].h for at in near) if cut else line.h
        width = self.width(frame)
        return region.area <= min(
            _MAX_AREA_RATIO * self.usual(frame) * height**2, _MAX_FILLED_SHARE * width * height
        ) and not is_larger_than_person(region.box, width, height)


def propagate_box(path: BoxPath, parts: Sequence[Sequence[Component]], picture: Rect) -> PropagatedPath:
    """Carry a drawn path (full size) by the regions of every frame of the clip in a picture (both half size)."""
    keys: dict[int, Keyframe] = {key.frame: key for key in path.keyframes}
    own: dict[int, tuple[Rect, ...]] = {}
    matches = _recognised(path, parts, picture)
    for before, after in zip(path.keyframes, path.keyframes[1:], strict=False):
        for frame, region, box in _between(path, (before, after), matches, parts, picture):
            own[frame] = region.parts
            keys.setdefault(frame, Keyframe(frame, box))
    for frame, members, box in _at_edges(path, matches, keys, parts, picture):
        own[frame] = members
        keys[frame] = Keyframe(frame, box)
    return PropagatedPath(BoxPath(path.id, tuple(keys[frame] for frame in sorted(keys))), own)


def surroundings(path: BoxPath, frame: int, picture: Rect) -> Rect | None:
    """The part of the picture that a propagated box never leaves; None where the path has no box.  One scale for all.

    Around the straight line; where a keyframe touches the picture's edge, around both keyframes, since the line of a
    box that the edge cuts off lies about its height and its pace.
    """
    line = path.box_at(frame)
    if line is None:
        return None
    near = [key.box for key in path.around(frame)]
    if any(at_border(box, picture) for box in near):
        line = enclosing(near)
    return line.grown(STRAY * max(box.w for box in near), _STRAY_HEIGHTS * max(box.h for box in near))


def is_larger_than_person(box: Rect, width: float, height: float) -> bool:
    """Whether a region's box is too large for a person of this size."""
    return box.h > _MAX_HEIGHT_RATIO * height + 2 or box.w > _MAX_WIDTH_RATIO * width + 2


def _recognised(path: BoxPath, parts: Sequence[Sequence[Component]], picture: Rect) -> _KeyframeMatches:
    """The subject's regions in keyframes: a region that fits the drawn box and holds no other person is the subject."""
    fits: dict[int, Region] = {}
    shares: dict[int, float] = {}
    least = _SLIVER_SHARE * max(key.box.area for key in path.keyframes)
    for key in path.keyframes:
        drawn = key.box.scaled(0.5)
        if 4 * drawn.area < least and at_border(drawn, picture):
            continue
        region = match_region(parts[key.frame], drawn, _MIN_DRAWN_IOU)
        beyond = region is not None and at_border(region.box, picture) and not at_border(drawn, picture)
        if region is not None and not beyond and drawn.y - region.box.y <= _MAX_ABOVE_HEIGHTS * drawn.h:
            fits[key.frame] = region
            if not at_border(region.box, picture):
                shares[key.frame] = region.area / drawn.h**2
    return _KeyframeMatches({key.frame: key.box.scaled(0.5) for key in path.keyframes}, fits, shares)


def _between(
    path: BoxPath,
    gap: tuple[Keyframe, Keyframe],
    matches: _KeyframeMatches,
    parts: Sequence[Sequence[Component]],
    picture: Rect,
) -> Iterator[tuple[int, Region, Rect]]:
    """The frames from one keyframe to the next in which the subject is sure, with its region and its box."""
    frames = range(gap[0].frame, gap[1].frame + 1)
    line = [box.scaled(0.5) for frame in frames if (box := path.box_at(frame)) is not None]
    here = parts[frames.start : frames.stop]
    first, last = matches.region(frames[0]), matches.region(frames[-1])
    onward = _chain(first, line, here, picture)
    back = _chain(last, line[::-1], here[::-1], picture)[::-1]
    if not (matches.is_certain(frames[0]) or matches.is_certain(frames[-1])):
        return
    starts = None if first is None else _apart(line[0], first.box)
    ends = None if last is None else _apart(line[-1], last.box)
    for index, region in enumerate(_agreed(onward, back)):
        if region is None:
            continue
        if not matches.is_one_person(region, line[index], frames[index], cut=at_border(region.box, picture)):
            continue
        box = _shifted(region.box, _mixed(starts, ends, index / (len(frames) - 1)))
        bounds = surroundings(path, frames[index], picture.scaled(2))
        whole = None if bounds is None else _clipped(box.scaled(2), bounds)
        if whole is not None and whole.area >= _INSIDE_SHARE * 4 * box.area:
            yield frames[index], region, whole


def _at_edges(
    path: BoxPath,
    matches: _KeyframeMatches,
    keys: Mapping[int, Keyframe],
    parts: Sequence[Sequence[Component]],
    picture: Rect,
) -> Iterator[tuple[int, tuple[Rect, ...], Rect]]:
    """The frames in which the subject slips into the picture or out of it: too little of them to be tracked.

    No other person may be near: all regions there lie within the first box that is sure and the drawn one.
    """
    sure = sorted(keys)
    for edge, following in ((sure[0], sure[1:2]), (sure[-1], sure[-2:-1])):
        if not following or not at_border(keys[edge].box.scaled(0.5), picture):
            continue
        whole = enclosing((keys[edge].box, keys[following[0]].box))
        reach = whole.scaled(0.5).grown(LOOSE * whole.w + 1, LOOSE * whole.h + 1)
        frames = range(min(edge, following[0]) + 1, max(edge, following[0]))
        near = [tuple(part.box for part in parts[frame] if part.box.overlap(reach) > 0) for frame in frames]
        usual = _MAX_WIDTH_RATIO * matches.width(edge) + 2
        if any(held and enclosing(held).w > usual for held in near):
            continue
        if len(frames) <= _MAX_SLIP_FRAMES and all(_clipped(box, reach) == box for held in near for box in held):
            yield from ((frame, held, whole) for frame, held in zip(frames, near, strict=True))


def _chain(
    start: Region | None, line: Sequence[Rect], parts: Sequence[Sequence[Component]], picture: Rect
) -> list[Region | None]:
    """The region followed from the first frame on, None from where it is lost."""
    if start is None:
        return [None] * len(line)
    chain = [start]
    for index in range(1, len(line)):
        held = chain[-1].box
        region = None
        for moved in (_shifted(held, _apart(line[index], line[index - 1])), _onward(chain, picture), held):
            expected = _clipped(moved, picture)
            if region is None and expected is not None:
                region = match_region(parts[index], expected, _MIN_EXPECTED_IOU)
        if region is None:
            region = only_candidate(chain[-1], parts[index - 1], parts[index])
        if region is None or merged_with_another(chain[-1], parts[index - 1], region, parts[index]):
            return [*chain, *[None] * (len(line) - len(chain))]
        if not at_border(region.box, picture) and region.area > _MAX_AREA_RATIO * chain[-1].area:
            return [*chain, *[None] * (len(line) - len(chain))]
        chain.append(region)
    return [*chain]


def _onward(chain: Sequence[Region], picture: Rect) -> Rect:
    """Where a region would be next at its own pace; of one that the picture's edge cuts off, the inner side counts."""
    now, then = chain[-1].box, chain[max(len(chain) - 1 - _PACE_FRAMES, 0)].box
    steps = max(min(len(chain) - 1, _PACE_FRAMES), 1)
    left, _, right, bottom = _apart(now, then)
    if now.right >= picture.right - BORDER:
        across = left
    elif now.x <= picture.x + BORDER:
        across = right
    else:
        across = (left + right) / 2
    return Rect(now.x + across / steps, now.y + bottom / steps, now.w, now.h)


def _clipped(box: Rect, bounds: Rect) -> Rect | None:
    """The part of a box within bounds; None without any."""
    if box.w <= 0 or box.h <= 0 or box.overlap(bounds) <= 0:
        return None
    left, top = max(box.x, bounds.x), max(box.y, bounds.y)
    return Rect(left, top, min(box.right, bounds.right) - left, min(box.bottom, bounds.bottom) - top)


def _agreed(onward: list[Region | None], back: list[Region | None]) -> list[Region | None]:
    """Both chains merged; all None when they follow different regions."""
    merged: list[Region | None] = []
    for forward, backward in zip(onward, back, strict=True):
        apart = forward is not None and backward is not None and not {*forward.parts} & {*backward.parts}
        if (
            apart
            and forward is not None
            and backward is not None
            and likeness(forward.box, backward.box) < _MIN_EXPECTED_IOU
        ):
            return [None] * len(onward)
        merged.append(forward if forward is not None else backward)
    return merged


def _apart(first: Rect, second: Rect) -> Sides:
    return first.x - second.x, first.y - second.y, first.right - second.right, first.bottom - second.bottom


def _shifted(box: Rect, by: Sides) -> Rect:
    left, top = box.x + by[0], box.y + by[1]
    return Rect(left, top, box.right + by[2] - left, box.bottom + by[3] - top)


def _mixed(starts: Sides | None, ends: Sides | None, fraction: float) -> Sides:
    """By how much the drawn box reaches beyond the region: a person draws hair and shoes that look like the ground.

    Never inwards: legs open and close between keyframes, and all of the region is the subject or the subject's shadow.
    """
    if starts is None or ends is None:
        left, top, right, bottom = starts or ends or (0.0, 0.0, 0.0, 0.0)
    else:
        left, top, right, bottom = (a + (b - a) * fraction for a, b in zip(starts, ends, strict=True))
    return min(left, 0.0), min(top, 0.0), max(right, 0.0), max(bottom, 0.0)
