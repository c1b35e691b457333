"""Other people near a kept box: who touches it, who slips into it, who comes out of it.

Owns the reading of one kept box's surroundings through time.  Works offline, over all its frames at once, on boxes and
flags only.  Pure.  Never assumes that somebody who disappeared into a kept box has gone: he is inside until somebody
comes out again.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cctv.redaction.fitting import at_border
from cctv.redaction.geometry import Box
from cctv.redaction.walkers import Blob, Scene, Walker, follow

PERSON = 0.30  # of the kept box's area: a region that was ever this large apart from it is somebody
CHILD = 0.04  # of the kept box's area: a region as large as a head is somebody when it walks by the width of the box
LIMB = 0.25  # of the kept box's area: a smaller region that always touches it is its own limb, its shadow or noise
FITS = 0.7  # of the kept box's sides: whoever is smaller may stay in front of the subject without showing beside him
_NARROWEST = 0.85  # of the kept box's width: what was seen apart and is narrower may be a part of somebody
_EDGE = 0.12  # of a person's width hidden besides
_NEAR = 0.15  # of the kept box's width: a person who ends this close to it has slipped into it
_BORDERS = 2.0  # half-size pixels that somebody who stands still may seem to move
_WATCHED = 3  # frames of a kept box; in fewer, nobody can tell a limb or a shadow from somebody who stands behind
_DRIFT = 0.6  # of the frames between two keyframes: drift builds up slowly, a passer-by is quicker


@dataclass(frozen=True, slots=True)
class Verdict:
    """What must be hidden inside the kept box in one frame: everything, or these boxes."""

    everything: bool
    boxes: tuple[Box, ...]
    sure: bool = False  # the subject's own region stands apart from everybody else's


def judge(scenes: Sequence[Scene], picture: Box, patience: int) -> tuple[Verdict, ...]:
    """A verdict for each scene; the scenes are one kept box's frames in order, without a gap."""
    scenes = _with_full_sizes(scenes, picture)
    walkers = follow(scenes)
    inside = _inside(scenes, walkers, picture, patience)
    if len(scenes) < _WATCHED:
        inside |= np.array([not scene.sure and any(blob.touches for blob in scene.blobs) for scene in scenes], np.bool_)
    boxes = [[_around(blob, scene.kept) for blob in scene.blobs if blob.thin] for scene in scenes]
    for walker in walkers:
        drift = _is_drift(walker, scenes)
        for index, blob in walker.steps:
            boxes[index].append(
                _around(blob, scenes[index].kept) if drift else _reach(walker, index, blob, scenes[index].kept)
            )
    return tuple(
        Verdict(bool(hidden), tuple(found), scene.sure)
        for hidden, found, scene in zip(inside, boxes, scenes, strict=True)
    )


def _with_full_sizes(scenes: Sequence[Scene], picture: Box) -> list[Scene]:
    """The scenes with the subject's full size where the picture's edge cuts the kept box off."""
    full = [index for index, scene in enumerate(scenes) if not at_border(scene.kept, picture)]
    found = []
    for index, scene in enumerate(scenes):
        if not full or not at_border(scene.kept, picture):
            found.append(scene)
            continue
        place = bisect.bisect_left(full, index)
        nearest = min(full[max(place - 1, 0) : place + 1], key=lambda at: abs(at - index))
        found.append(replace(scene, whole=scenes[nearest].kept))
    return found


def _inside(
    scenes: Sequence[Scene], walkers: Sequence[Walker], picture: Box, patience: int
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For each scene, whether somebody may be wholly inside the kept box.

    Whoever slipped in is inside until the next person comes out.  When nobody does, a person about as large as the box
    cannot stay unseen in it for longer than `patience` frames; a smaller one can, for good.
    """
    enters, leaves = _events(scenes, walkers, picture)
    hidden = np.array([scene.lost for scene in scenes], np.bool_)
    for enter in enters:
        limit = len(scenes) if enter.small else enter.index + patience
        match = next((leave for leave in leaves if enter.index <= leave.index <= limit and enter.explains(leave)), None)
        if match is not None:
            leaves.remove(match)
        if match is not None or enter.person:
            hidden[enter.index : match.index + 1 if match else limit] = True
    for leave in leaves:
        hidden[0 if leave.small else max(leave.index - patience, 0) : leave.index] = True
    return hidden


@dataclass(frozen=True, slots=True)
class _Event:
    """Somebody slips into the kept box or comes out: the scene, the region's place, its kind."""

    index: int
    place: Box
    person: bool
    small: bool

    def explains(self, leave: _Event) -> bool:
        """Whether who slipped in may be who comes out.

        Something that never looked like a person is part of somebody who stands still (the rest of him looks like the
        ground) when it comes out where it was.
        """
        return self.person or self.place.grown(_BORDERS, _BORDERS).overlap(leave.place) > 0


def _events(scenes: Sequence[Scene], walkers: Sequence[Walker], picture: Box) -> tuple[list[_Event], list[_Event]]:
    """When somebody slips into the box and when somebody comes out, people before mere parts of people."""
    enters, leaves = [], []
    for walker in walkers:
        if _is_drift(walker, scenes) or all(blob.inside for _, blob in walker.steps):
            continue
        person = _is_person(walker, scenes)
        if walker.last + 1 < len(scenes) and walker.joined is None and _beside(walker.steps[-1], scenes):
            place = next((blob.box for _, blob in walker.steps[::-1] if not blob.touches), walker.steps[-1][1].box)
            enters.append(_Event(walker.last + 1, place, person, _is_small(walker, scenes, walker.last)))
        known = walker.born_of is not None or walker.more_of is not None
        from_border = at_border(walker.steps[0][1].box, picture)
        if person and walker.first > 0 and not known and _beside(walker.steps[0], scenes) and not from_border:
            place = next((blob.box for _, blob in walker.steps if not blob.touches), walker.steps[0][1].box)
            leaves.append(_Event(walker.first, place, person, _is_small(walker, scenes, walker.first)))
    return (
        sorted(enters, key=lambda event: (not event.person, event.index)),
        sorted(leaves, key=lambda event: event.index),
    )


def _is_drift(walker: Walker, scenes: Sequence[Scene]) -> bool:
    """True for a region that sticks out of the kept box only between two keyframes: the subject's own body.

    Interpolated boxes lag behind a subject who turns or changes pace, by up to half a body (PETS09-S2L1, keyframes
    every 20 frames).  Somebody else does not come and go exactly with the keyframes, was seen apart at some time, and
    makes one region with the subject that is too large for one person.
    """
    members = (walker, *(other for _, other in walker.loads))
    if any(not blob.touches for member in members for _, blob in member.steps):
        return False
    if any(scenes[index].drawn or scenes[index].sure for index, _ in walker.steps):
        return False
    if sum(scenes[index].crowded for index, _ in walker.steps) > len(walker.steps) / 2:
        return False
    before = next((i for i in range(walker.first, -1, -1) if scenes[i].drawn), walker.first)
    after = next((i for i in range(walker.last, len(scenes)) if scenes[i].drawn), walker.last)
    return len(walker.steps) >= _DRIFT * (after - before)


def _is_person(walker: Walker, scenes: Sequence[Scene]) -> bool:
    """True when the region was ever large enough, outside of the kept box, to be somebody; or smaller, and walked."""
    if any(blob.area >= PERSON * scenes[index].subject.area for index, blob in walker.steps):
        return True
    seen = [
        (index, blob.box)
        for index, blob in walker.steps
        if not blob.touches and blob.area >= CHILD * scenes[index].subject.area
    ]
    if len(seen) < 3:
        return False
    (index, first), (_, last) = seen[0], seen[-1]
    moved = abs(last.x + last.w / 2 - first.x - first.w / 2) + abs(last.bottom - first.bottom)
    return moved >= scenes[index].subject.w


def _is_small(walker: Walker, scenes: Sequence[Scene], index: int) -> bool:
    """True when the whole person would fit into the kept box with room to spare."""
    kept = scenes[index].subject
    sizes = walker.free_sizes(index)
    return bool(sizes) and max(w for w, _ in sizes) < FITS * kept.w and max(h for _, h in sizes) < FITS * kept.h


def _beside(step: tuple[int, Blob], scenes: Sequence[Scene]) -> bool:
    index, blob = step
    kept = scenes[index].kept
    return not blob.explained and (blob.touches or blob.box.distance(kept) <= _NEAR * kept.w)


def _reach(walker: Walker, index: int, blob: Blob, kept: Box) -> Box:
    """The box that certainly holds the body of which a blob is the part outside of the kept box."""
    if not blob.touches or blob.explained or _is_limb(walker, index, kept):
        return _around(blob, kept)
    width, height = _full_size(walker, index, kept)
    width, height = max(width, blob.box.w), max(height, blob.box.h)
    left = blob.box.right - width if blob.cut_left else blob.box.x
    right = blob.box.x + width if blob.cut_right else blob.box.right
    bottom = blob.box.y + height if blob.cut_bottom else blob.box.bottom
    # a head may be inside the kept box while a shoulder shows beside it, and what was seen apart may be a fragment
    top, bottom = min(blob.box.y, bottom - height, kept.y), max(bottom, kept.bottom)
    whole = Box(left, top, right - left, bottom - top)
    return whole.grown(*_margins(blob, kept))


def _is_limb(walker: Walker, index: int, kept: Box) -> bool:
    """True for what was never large and never apart; a companion may shrink to a sliver behind the subject.

    Nor did anybody go into it who was: his legs below the kept box are no limb of the subject's.
    """
    members = (walker, *walker.carries(index))
    return not any(
        max(blob.area for _, blob in member.steps) >= LIMB * kept.area or member.free_sizes(index) for member in members
    )


def _around(blob: Blob, kept: Box) -> Box:
    return blob.box.grown(*_margins(blob, kept))


def _margins(blob: Blob, kept: Box) -> tuple[float, float]:
    return max(2.0, _EDGE * min(blob.box.w, kept.w)), max(2.0, 0.10 * min(blob.box.h, kept.h))


def _full_size(walker: Walker, index: int, kept: Box) -> tuple[float, float]:
    """Width and height of the whole person or group: as seen apart from the kept box, or else as large as that box."""
    width, height = 0.0, 0.0
    members = [walker, *walker.carries(index)]
    for member in members:
        sizes = member.free_sizes(index if member is walker else member.last)
        w = max((size[0] for size in sizes), default=kept.w)
        h = max((size[1] for size in sizes), default=kept.h)
        width, height = width + max(w, _NARROWEST * kept.w), max(height, h)
    return width, height
