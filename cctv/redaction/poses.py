"""Where a camera stood: samples of like light are parted where it was nudged, and each pose gets its own.

Owns the grouping, and what one pose may borrow from another along a known shift.  Pure.  Never builds on samples that
show another view than the rest (turned, zoomed, covered): they are left out, and frames like them are hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cctv.redaction.ahead import each
from cctv.redaction.backdrop import FEWEST, Sample
from cctv.redaction.geometry import Size
from cctv.redaction.planes import Mask, from_buffer
from cctv.redaction.shift import UNMOVED, Kind, Shift, View, aligned, measure, relief, same

_MOST = 6  # poses; a camera that sways shows more, and is no scenery
_COHERENT = 3  # samples that must agree with each other before they count as a pose
_BORROWED = 40  # samples at most; the median needs no more


@dataclass(frozen=True, slots=True)
class Pose:
    """Samples from one standing of the camera, and how far it is from where the most samples were taken."""

    samples: tuple[Sample, ...]
    shift: Shift = UNMOVED


def poses(samples: Sequence[Sample], size: Size, masked: Mask | None = None) -> tuple[Pose, ...]:
    """The poses among samples of like light in order of time; the one with the most of the clip's own comes first.

    Where the samples do not cohere (night, noise, a camera that sways) they stay together: the vetting of their
    backdrop then doubts what disagrees, as it does without any pose.
    """
    found = _clusters(samples, size, masked)
    sure = [(view, members) for view, members in found if len(members) >= _COHERENT]
    if len(found) == 1 or 2 * sum(len(members) for _, members in sure) < len(samples):
        return (Pose(tuple(samples)),)
    sure.sort(key=lambda each: -sum(1 + 1000 * sample.own for sample in each[1]))
    main, _ = sure[0]
    placed = [(measure(main, view.relief, size.width), members) for view, members in sure]
    kept = [Pose(tuple(members), shift) for shift, members in placed if shift.kind is not Kind.ANOTHER_VIEW]
    return tuple(_complete(pose, kept, size) for pose in kept if any(sample.own for sample in pose.samples)) or (
        Pose(tuple(samples)),
    )


def _clusters(samples: Sequence[Sample], size: Size, masked: Mask | None) -> list[tuple[View, list[Sample]]]:
    found: list[tuple[View, list[Sample]]] = []
    current = 0
    views = each(lambda sample: relief(from_buffer(sample.buffer, size).y, masked), samples)
    for sample, view in zip(samples, views, strict=True):
        order = sorted(range(len(found)), key=lambda number: number != current)
        known = next((n for n in order if same(found[n][0], view, size.width)), None)
        if known is None and len(found) < _MOST:
            known = len(found)
            found.append((View(view), []))
        if known is not None:
            current = known
            found[known][1].append(sample)
    return found


def _complete(pose: Pose, every: Sequence[Pose], size: Size) -> Pose:
    """The pose with what it lacks from the others, moved along the shift: enough samples, and some from around."""
    others = [other for other in every if other is not pose]
    lent = [(sample, other) for other in others for sample in other.samples]
    if len(pose.samples) >= FEWEST:
        around = [(sample, other) for sample, other in lent if not sample.own]
        lent = around if len(around) >= FEWEST and all(sample.own for sample in pose.samples) else []
    if not lent:
        return pose
    chosen = lent[:: -(-len(lent) // _BORROWED)]
    moved = [aligned(sample, size, _between(other.shift, pose.shift)) for sample, other in chosen]
    return Pose((*pose.samples, *moved), pose.shift)


def _between(start: Shift, end: Shift) -> Shift:
    return Shift(Kind.SHIFTED, end.x - start.x, end.y - start.y)
