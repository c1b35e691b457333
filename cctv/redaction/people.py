"""The drawn people of a clip: each carried through it, and what is hidden inside of each kept box.

Owns the order from masks to verdicts.  Reads masks, no picture.  Never decides which pixels are live; that is
`subject`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from cctv.redaction.bodies import Bodies, around, bodies_of
from cctv.redaction.carry import STRAY, Carried, carry, exceeds
from cctv.redaction.contacts import Verdict, judge
from cctv.redaction.fitting import Part, at_border
from cctv.redaction.geometry import Box, Size, enclosing
from cctv.redaction.keep import BoxPath, KeepBoxes, Keyframe
from cctv.redaction.spool import MaskSpool
from cctv.redaction.subject import Around, scene
from cctv.redaction.walkers import Scene

_PATIENCE = 2.5  # seconds; PETS09-S2L1: nobody is wholly inside another's box for longer than 1


def carried_and_judged(
    keep: KeepBoxes, differs: MaskSpool, rate: float
) -> tuple[KeepBoxes, tuple[tuple[Verdict, ...], ...]]:
    """The drawn paths (full size) carried by the regions of each frame's mask, and the verdicts for each kept one."""
    rows, columns = differs.shape
    picture = Box(0, 0, columns, rows)
    carried = [carry(path, _bodies_along(path, differs), picture) for path in keep.keep]
    followed = KeepBoxes(
        tuple(each.path for each in carried),
        tuple(carry(path, _bodies_along(path, differs), picture).path for path in keep.hide),
    )
    patience = max(2, round(_PATIENCE * rate))
    verdicts = tuple(
        judge(_surroundings(each, path, followed, differs), picture, patience)
        for each, path in zip(carried, keep.keep, strict=True)
    )
    hidden = (_whole_at_edges(*paths, picture) for paths in zip(keep.hide, followed.hide, strict=True))
    return replace(followed, hide=tuple(hidden)), verdicts


def _whole_at_edges(drawn: BoxPath, carried: BoxPath, picture: Box) -> BoxPath:
    """A carried hide path that holds all of somebody while he slips into the picture or out of it.

    A box that the picture's edge cuts off does not tell his height, and his pace hardly.  Wherever he is not followed
    from it to the next keyframe, he is hidden from the upper box's top to the lower one's bottom, half a width aside.
    """
    keys = {key.frame: key for key in carried.keyframes}
    for before, after in pairwise(drawn.keyframes):
        if any(at_border(key.box.scaled(0.5), picture) for key in (before, after)):
            whole = enclosing((before.box, after.box))
            room = STRAY * max(before.box.w, after.box.w)
            for frame in range(before.frame + 1, after.frame):
                line = drawn.box_at(frame)
                assert line is not None  # between two keyframes
                tall = Box(line.x - room, whole.y, line.w + 2 * room, whole.h)
                keys.setdefault(frame, Keyframe(frame, tall))
    return replace(carried, keyframes=tuple(keys[frame] for frame in sorted(keys)))


def _bodies(path: BoxPath, frame: int, differs: MaskSpool) -> Bodies:
    """What stands around a drawn person in a frame that the path covers."""
    line = path.box_at(frame)
    assert line is not None  # a path has a box from its first frame to its last
    height = max(key.box.h for key in path.around(frame)) / 2  # the picture's edge may cut off one of them
    place = around(line.scaled(0.5), height, Size(differs.shape[1], differs.shape[0]))
    return bodies_of(differs[frame], place, height)


def _bodies_along(path: BoxPath, differs: MaskSpool) -> list[tuple[Part, ...]]:
    """What stands around a drawn person in each frame; nothing where there is no path."""
    return [
        _bodies(path, frame, differs).parts if path.first <= frame <= path.last else () for frame in range(len(differs))
    ]


def _surroundings(carried: Carried, drawn: BoxPath, kept: KeepBoxes, differs: MaskSpool) -> list[Scene]:
    """What stands around one carried box, in each of its frames."""
    found = []
    drawn_in = {key.frame for key in drawn.keyframes}
    for frame in range(carried.path.first, min(carried.path.last + 1, len(differs))):
        box = carried.path.box_at(frame)
        assert box is not None
        others = [path.box_at(frame) for path in kept.keep if path is not carried.path]
        known = Around(
            others=tuple(each.scaled(0.5) for each in others if each is not None),
            hides=tuple(each.scaled(0.5) for each in kept.hidden_at(frame)),
            own=carried.own.get(frame, ()),
            drawn=frame in drawn_in,
        )
        bodies = _bodies(drawn, frame, differs)
        here = scene(frame, box.scaled(0.5), bodies, known)
        crowded = not known.own and _is_crowded(here.kept, drawn.around(frame), bodies)
        found.append(replace(here, crowded=crowded, lost=crowded and _is_cut_off(drawn.around(frame), differs)))
    return found


def _is_crowded(kept: Box, near: Sequence[Keyframe], bodies: Bodies) -> bool:
    """Whether the kept box stands on a region that is too large for the subject as drawn before and after."""
    width, height = (max(sides) / 2 for sides in zip(*((key.box.w, key.box.h) for key in near), strict=True))
    return any(part.box.overlap(kept) > 0 and exceeds(part.box, width, height) for part in bodies.parts)


def _is_cut_off(near: Sequence[Keyframe], differs: MaskSpool) -> bool:
    """Whether the box is interpolated from one that the picture's edge cuts off: too low and too narrow.

    It tells neither where the subject ends nor what of a region sticks out.
    """
    rows, columns = differs.shape
    return any(at_border(key.box.scaled(0.5), Box(0, 0, columns, rows)) for key in near)
