"""Matching of connected components to the subject's expected box, and detection of merges and splits beside it.

Pure.  Never chooses between two people: where more than one component could be meant, the result is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cctv.redaction.video.geometry import Rect, enclosing

# of a fragment's box inside the expected box: the subject's own head or foot, cut off by a like colour
_MEMBER_SHARE = 0.6
_FRAGMENT_SHARE = 0.25  # of the largest region's pixels: a larger one beside it is a person
_HEAD_OR_FEET_SHARE = 0.5  # the same, of a piece above or below: the trunk in between may look like the ground
_HEAD_HEIGHTS = 0.25  # of a person's height
SOMEBODY = 0.08  # of the region's pixels: something this large that merges with it or splits from it may be a person
_BESIDE_WIDTHS = 0.15  # of the region's width
_STEP_PIXELS = 2.0  # half-size pixels, at least, that the parts of one person overlap from frame to frame
_FOREIGN_SHARE = 0.15  # of the expected box covered by a region that is mostly elsewhere: two people in one region
_STRIDE_WIDTHS = 0.5  # of a region's width: no one moves farther from frame to frame
_STEADY_RATIO = 1.4  # of a region's pixels from frame to frame
LOOSE = 0.1  # of the expected box's sides: gait moves them from frame to frame
BORDER = 2.0  # half-size pixels


@dataclass(frozen=True, slots=True)
class Component:
    """One region of one frame at half size: its box and its pixels."""

    box: Rect
    area: int


@dataclass(frozen=True, slots=True)
class Region:
    """The subject in one frame at half size: the box around its parts, and the boxes of these."""

    box: Rect
    parts: tuple[Rect, ...]
    area: int


def match_region(parts: Sequence[Component], expected: Rect, least: float) -> Region | None:
    """The one region (with its fragments) that fits an expected box; None when none or more do."""
    reach = expected.grown(LOOSE * expected.w + 1, LOOSE * expected.h + 1)
    near = [part for part in parts if part.box.overlap(reach) > 0]
    inside = [part for part in near if part.box.overlap(reach) >= _MEMBER_SHARE * part.box.area]
    if not inside:
        return None
    main = max(inside, key=lambda part: part.area)
    members = [part for part in inside if part is main or _is_fragment(part, main)]
    for part in near:
        if part not in members and part.box.overlap(expected) >= _FOREIGN_SHARE * expected.area:
            return None
    whole = enclosing(part.box for part in members)
    if likeness(whole, expected) < least:
        return None
    return Region(whole, tuple(part.box for part in members), sum(part.area for part in members))


def _is_fragment(part: Component, main: Component) -> bool:
    """Head or feet above or below the main piece, or a small one close beside it.

    Farther aside, or at the height of the head, stands a person of whom the rest looks like the ground.
    """
    shared = min(part.box.right, main.box.right) - max(part.box.x, main.box.x)
    if shared >= _MEMBER_SHARE * part.box.w:
        return part.area <= _HEAD_OR_FEET_SHARE * main.area
    close = part.box.distance(main.box) <= max(_STEP_PIXELS, _BESIDE_WIDTHS * main.box.w)
    return close and part.area <= _FRAGMENT_SHARE * main.area and part.box.y >= main.box.y + _HEAD_HEIGHTS * main.box.h


def only_candidate(held: Region, before: Sequence[Component], after: Sequence[Component]) -> Region | None:
    """The only region that can be the held one a frame later; None when another person is near in either frame."""
    reach = held.box.grown(_STRIDE_WIDTHS * held.box.w, LOOSE * held.box.h)

    def person_sized(parts: Sequence[Component]) -> list[Component]:
        return [part for part in parts if part.area >= SOMEBODY * held.area and part.box.overlap(reach) > 0]

    candidates = person_sized(after)
    if len(candidates) != 1 or any(part.box not in held.parts for part in person_sized(before)):
        return None
    box, area = candidates[0].box, candidates[0].area
    steady = held.area <= _STEADY_RATIO * area and area <= _STEADY_RATIO * held.area
    upright = abs(box.h - held.box.h) <= 2 * LOOSE * held.box.h
    return Region(box, (box,), area) if steady and upright else None


def merged_with_another(held: Region, before: Sequence[Component], current: Region, after: Sequence[Component]) -> bool:
    """True when something beside the region merged with it from one frame to the next, or came out of it."""

    def lost(region: Region, here: Sequence[Component], other: Region, there: Sequence[Component]) -> bool:
        reach = enclosing((region.box, other.box)).grown(
            _BESIDE_WIDTHS * region.box.w + 2, _BESIDE_WIDTHS * region.box.w + 2
        )
        beside = [p.box for p in here if p.area >= SOMEBODY * region.area and p.box.overlap(reach) > 0]
        elsewhere = [p.box for p in there if p.box not in other.parts]
        return any(box not in region.parts and not _continues_elsewhere(box, elsewhere, other.parts) for box in beside)

    return lost(held, before, current, after) or lost(current, after, held, before)


def _continues_elsewhere(box: Rect, elsewhere: Sequence[Rect], own: Sequence[Rect]) -> bool:
    """Whether a region is a frame later, or was before, rather one of those elsewhere than a part of the subject."""
    near = box.grown(_STEP_PIXELS, _STEP_PIXELS)
    held = max(near.overlap(part) for part in own)
    return any(near.overlap(other) > held for other in elsewhere)


def likeness(first: Rect, second: Rect) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    shared = first.overlap(second)
    union = first.area + second.area - shared
    return shared / union if union > 0 else 0.0


def at_border(box: Rect, picture: Rect) -> bool:
    """True for a region that the picture's edge may cut off."""
    return (
        box.x <= picture.x + BORDER
        or box.y <= picture.y + BORDER
        or box.right >= picture.right - BORDER
        or box.bottom >= picture.bottom - BORDER
    )
