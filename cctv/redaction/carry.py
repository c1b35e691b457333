"""A kept box carried between its keyframes by the subject's own region.

Owns the step from a straight line between two drawn boxes to where the subject really is.  A keyframe is a person's
word: the region that fits the drawn box is the subject; it is followed from there as long as it stays one region of
about that size where the line expects it.  Works offline, from both keyframes of a gap.  Pure.  Never guesses across a
merge or a split: there the box goes straight between the last sure box and the next.  Never leaves the surroundings of
the straight line, so that verification can hold it to what was drawn.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cctv.redaction.geometry import Box, enclosing
from cctv.redaction.keep import BoxPath, Keyframe

STRAY = 0.5  # of the larger keyframe's width and ...
_STRAY_ALONG = 0.25  # ... height: interpolated boxes lag by up to half a body (PETS09-S2L1, keyframes every 20 frames)
_FITS = 0.6  # overlap by union between a region and where it is expected; two people side by side reach 0.5
_DRAWN = 0.45  # the same with a drawn box: people leave out a leg or a shadow, but choose the person
_MORE = 1.5  # of the subject's usual pixels: gait and light change them by a third, a second person doubles them
_TALLER = 1.2  # of the drawn height: gait moves it by a tenth
_MEMBER = 0.6  # of a fragment's box inside the expected box: the subject's own head or foot, cut off by a like colour
_FRAGMENT = 0.25  # of the largest region's pixels: a larger one beside it is somebody
_HEAD_OR_FEET = 0.5  # the same, of a piece above or below: the trunk in between may look like the ground
_SOMEBODY = 0.08  # of the region's pixels: something this large that goes into it or comes out of it may be somebody
_BESIDE = 0.15  # of the region's width
_STEP = 2.0  # half-size pixels, at least, that the parts of one person overlap from frame to frame
_FOREIGN = 0.15  # of the expected box covered by a region that is mostly elsewhere: two people in one region
_INSIDE = 0.9  # of a carried box within the surroundings of the line; one that leaves them follows somebody else
_LOOSE = 0.1  # of the expected box's sides: gait moves them from frame to frame
_SLIVER = 0.3  # of the largest drawn box: less of somebody at the picture's edge tells little
_BORDER = 2.0  # half-size pixels
_SLIP = 6  # frames for which somebody who enters is too slender to follow
_PACE = 4  # frames over which a region's own motion is taken


@dataclass(frozen=True, slots=True)
class Part:
    """One region of one frame at half size: its box and its pixels."""

    box: Box
    area: int


@dataclass(frozen=True, slots=True)
class Region:
    """The subject in one frame at half size: the box around its parts, and the boxes of these."""

    box: Box
    parts: tuple[Box, ...]
    area: int


@dataclass(frozen=True, slots=True)
class Carried:
    """A kept path with a keyframe for every frame in which the subject is surely known.

    `own` gives its parts in the frames in which they stand apart from everybody else's.
    """

    path: BoxPath
    own: Mapping[int, tuple[Box, ...]]


def carry(path: BoxPath, parts: Sequence[Sequence[Part]], picture: Box) -> Carried:
    """Carry a drawn path (full size) by the regions of every frame of the clip in a picture (both half size)."""
    keys: dict[int, Keyframe] = {key.frame: key for key in path.keyframes}
    own: dict[int, tuple[Box, ...]] = {}
    known = _recognised(path, parts, picture)
    for before, after in zip(path.keyframes, path.keyframes[1:], strict=False):
        for frame, region, box in _between(path, (before, after), known, parts, picture):
            own[frame] = region.parts
            keys.setdefault(frame, Keyframe(frame, box))
    for frame, members, box in _at_edges(path, keys, parts, picture):
        own[frame] = members
        keys[frame] = Keyframe(frame, box)
    return Carried(BoxPath(path.id, tuple(keys[frame] for frame in sorted(keys))), own)


def surroundings(path: BoxPath, frame: int, picture: Box) -> Box | None:
    """The part of the picture that a carried box never leaves; None where the path has no box.  One scale for all.

    Around the straight line; where a keyframe touches the picture's edge, around both keyframes, since the line of a
    box that the edge cuts off lies about its height and its pace.
    """
    line = path.box_at(frame)
    if line is None:
        return None
    near = [key.box for key in _around(path, frame)]
    if any(at_border(box, picture) for box in near):
        line = enclosing(near)
    return line.grown(STRAY * max(box.w for box in near), _STRAY_ALONG * max(box.h for box in near))


def _around(path: BoxPath, frame: int) -> list[Keyframe]:
    before = max((key for key in path.keyframes if key.frame <= frame), key=lambda key: key.frame)
    after = min((key for key in path.keyframes if key.frame >= frame), key=lambda key: key.frame)
    return [before, after]


@dataclass(frozen=True, slots=True)
class _Known:
    """The subject's region in the keyframes in which it is recognised, and how much of it is usual.

    `usual` is in pixels by drawn height squared: a person's stays about the same, two people's is twice that.
    """

    regions: Mapping[int, Region]
    usual: float

    def bears(self, region: Region, line: Box) -> bool:
        """Whether a region is no more than the subject where the line has a box of this height."""
        return region.area <= _MORE * self.usual * line.h**2 and region.box.h <= _TALLER * line.h + 2


def _recognised(path: BoxPath, parts: Sequence[Sequence[Part]], picture: Box) -> _Known:
    """What keyframes tell: a region that fits the drawn box and holds nobody else is the subject."""
    found: dict[int, tuple[Region, float]] = {}
    least = _SLIVER * max(key.box.area for key in path.keyframes)
    for key in path.keyframes:
        drawn = key.box.scaled(0.5)
        if 4 * drawn.area < least and at_border(drawn, picture):
            continue
        region = _fitting(parts[key.frame], drawn, _DRAWN)
        if region is not None:
            found[key.frame] = region, region.area / drawn.h**2
    whole = [share for region, share in found.values() if not at_border(region.box, picture)]
    usual = statistics.median_low(whole) if whole else math.inf
    return _Known({frame: region for frame, (region, share) in found.items() if share <= _MORE * usual}, usual)


def _between(
    path: BoxPath,
    gap: tuple[Keyframe, Keyframe],
    known: _Known,
    parts: Sequence[Sequence[Part]],
    picture: Box,
) -> Iterator[tuple[int, Region, Box]]:
    """The frames from one keyframe to the next in which the subject is sure, with its region and its box."""
    frames = range(gap[0].frame, gap[1].frame + 1)
    line = [box.scaled(0.5) for frame in frames if (box := path.box_at(frame)) is not None]
    here = parts[frames.start : frames.stop]
    first, last = known.regions.get(frames[0]), known.regions.get(frames[-1])
    onward = _chain(first, line, here, picture)
    back = _chain(last, line[::-1], here[::-1], picture)[::-1]
    starts = None if first is None else _apart(line[0], first.box)
    ends = None if last is None else _apart(line[-1], last.box)
    for index, region in enumerate(_agreed(onward, back)):
        if region is None or not (at_border(region.box, picture) or known.bears(region, line[index])):
            continue
        box = _shifted(region.box, _mixed(starts, ends, index / (len(frames) - 1)))
        bounds = surroundings(path, frames[index], picture.scaled(2))
        whole = None if bounds is None else _clipped(box.scaled(2), bounds)
        if whole is not None and whole.area >= _INSIDE * 4 * box.area:
            yield frames[index], region, whole


def _at_edges(
    path: BoxPath, keys: Mapping[int, Keyframe], parts: Sequence[Sequence[Part]], picture: Box
) -> Iterator[tuple[int, tuple[Box, ...], Box]]:
    """The frames in which the subject slips into the picture or out of it: too little of him to be followed.

    Nobody else may be near: all regions there lie within the first box that is sure and the drawn one.
    """
    sure = sorted(keys)
    for one, other in ((sure[0], sure[1:2]), (sure[-1], sure[-2:-1])):
        if not other or not at_border(keys[one].box.scaled(0.5), picture):
            continue
        whole = enclosing((keys[one].box, keys[other[0]].box))
        reach = whole.scaled(0.5).grown(_LOOSE * whole.w + 1, _LOOSE * whole.h + 1)
        frames = range(min(one, other[0]) + 1, max(one, other[0]))
        near = [tuple(part.box for part in parts[frame] if part.box.overlap(reach) > 0) for frame in frames]
        if len(frames) <= _SLIP and all(_clipped(box, reach) == box for held in near for box in held):
            yield from ((frame, held, whole) for frame, held in zip(frames, near, strict=True))


def _chain(
    start: Region | None, line: Sequence[Box], parts: Sequence[Sequence[Part]], picture: Box
) -> list[Region | None]:
    """The region followed from the first frame on, None from where it is lost."""
    if start is None:
        return [None] * len(line)
    chain = [start]
    for index in range(1, len(line)):
        held = chain[-1].box
        found = None
        for moved in (_shifted(held, _apart(line[index], line[index - 1])), _onward(chain, picture), held):
            expected = _clipped(moved, picture)
            if found is None and expected is not None:
                found = _fitting(parts[index], expected, _FITS)
        if found is None or _met(chain[-1], parts[index - 1], found, parts[index]):
            return [*chain, *[None] * (len(line) - len(chain))]
        if not at_border(found.box, picture) and found.area > _MORE * chain[-1].area:
            return [*chain, *[None] * (len(line) - len(chain))]
        chain.append(found)
    return [*chain]


def _onward(chain: Sequence[Region], picture: Box) -> Box:
    """Where a region would be next at its own pace; of one that the picture's edge cuts off, the inner side tells."""
    now, then = chain[-1].box, chain[max(len(chain) - 1 - _PACE, 0)].box
    steps = max(min(len(chain) - 1, _PACE), 1)
    left, _, right, bottom = _apart(now, then)
    if now.right >= picture.right - _BORDER:
        across = left
    elif now.x <= picture.x + _BORDER:
        across = right
    else:
        across = (left + right) / 2
    return Box(now.x + across / steps, now.y + bottom / steps, now.w, now.h)


def _clipped(box: Box, bounds: Box) -> Box | None:
    """The part of a box within bounds; None without any."""
    if box.w <= 0 or box.h <= 0 or box.overlap(bounds) <= 0:
        return None
    left, top = max(box.x, bounds.x), max(box.y, bounds.y)
    return Box(left, top, min(box.right, bounds.right) - left, min(box.bottom, bounds.bottom) - top)


def at_border(box: Box, picture: Box) -> bool:
    """True for a region that the picture's edge may cut off."""
    return (
        box.x <= picture.x + _BORDER
        or box.y <= picture.y + _BORDER
        or box.right >= picture.right - _BORDER
        or box.bottom >= picture.bottom - _BORDER
    )


def _agreed(onward: list[Region | None], back: list[Region | None]) -> list[Region | None]:
    """Both chains as one; nothing when they follow different regions."""
    found: list[Region | None] = []
    for one, other in zip(onward, back, strict=True):
        if one is not None and other is not None and _likeness(one.box, other.box) < _FITS:
            return [None] * len(onward)
        found.append(one if one is not None else other)
    return found


def _fitting(parts: Sequence[Part], expected: Box, least: float) -> Region | None:
    """The one region (with its fragments) that fits an expected box; None when none or more do."""
    reach = expected.grown(_LOOSE * expected.w + 1, _LOOSE * expected.h + 1)
    near = [part for part in parts if part.box.overlap(reach) > 0]
    inside = [part for part in near if part.box.overlap(reach) >= _MEMBER * part.box.area]
    if not inside:
        return None
    main = max(inside, key=lambda part: part.area)
    members = [part for part in inside if part is main or _is_fragment(part, main)]
    for part in near:
        if part not in members and part.box.overlap(expected) >= _FOREIGN * expected.area:
            return None
    whole = enclosing(part.box for part in members)
    if _likeness(whole, expected) < least:
        return None
    return Region(whole, tuple(part.box for part in members), sum(part.area for part in members))


def _is_fragment(part: Part, main: Part) -> bool:
    """A small piece beside the main one, or head or feet above or below it."""
    shared = min(part.box.right, main.box.right) - max(part.box.x, main.box.x)
    aligned = shared >= _MEMBER * part.box.w
    return part.area <= (_HEAD_OR_FEET if aligned else _FRAGMENT) * main.area


def _met(held: Region, before: Sequence[Part], found: Region, after: Sequence[Part]) -> bool:
    """True when something beside the region went into it from one frame to the next, or came out of it."""

    def lost(region: Region, here: Sequence[Part], other: Region, there: Sequence[Part]) -> bool:
        reach = region.box.grown(_BESIDE * region.box.w + 2, _BESIDE * region.box.w + 2)
        beside = [p.box for p in here if p.area >= _SOMEBODY * region.area and p.box.overlap(reach) > 0]
        elsewhere = [p.box for p in there if p.box not in other.parts]
        return any(
            box not in region.parts and not any(box.grown(_STEP, _STEP).overlap(each) > 0 for each in elsewhere)
            for box in beside
        )

    return lost(held, before, found, after) or lost(found, after, held, before)


def _likeness(one: Box, other: Box) -> float:
    shared = one.overlap(other)
    union = one.area + other.area - shared
    return shared / union if union > 0 else 0.0


Sides = tuple[float, float, float, float]
"""How far the left, top, right and bottom side of one box lie from those of another."""


def _apart(one: Box, other: Box) -> Sides:
    return one.x - other.x, one.y - other.y, one.right - other.right, one.bottom - other.bottom


def _shifted(box: Box, by: Sides) -> Box:
    left, top = box.x + by[0], box.y + by[1]
    return Box(left, top, box.right + by[2] - left, box.bottom + by[3] - top)


def _mixed(starts: Sides | None, ends: Sides | None, part: float) -> Sides:
    """By how much the drawn box reaches beyond the region: a person draws hair and shoes that look like the ground.

    Never inwards: legs open and close between keyframes, and all of the region is the subject or the subject's shadow.
    """
    if starts is None or ends is None:
        left, top, right, bottom = starts or ends or (0.0, 0.0, 0.0, 0.0)
    else:
        left, top, right, bottom = (a + (b - a) * part for a, b in zip(starts, ends, strict=True))
    return min(left, 0.0), min(top, 0.0), max(right, 0.0), max(bottom, 0.0)
