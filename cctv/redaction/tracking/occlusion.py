"""Occlusion: other people who touch a kept box, slip into it or come out of it, and the pixels that stay visible.

`resolve_occlusions` works offline on boxes and flags of all frames of one kept box.  It never assumes that a person who
disappeared into a kept box has left: they count as inside until a person comes out again.

`visible_mask` gives the kept box less everything that may belong to another person.  Overlap with anyone else is always
hidden, no pixel outside of a kept box is ever shown, and in doubt nothing is shown.  Pure.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.tracking.foreground import connected_components
from cctv.redaction.tracking.matching import at_border
from cctv.redaction.tracking.neighbours import Blob, FrameNeighbourhood, NeighbourTrack, track_neighbours
from cctv.redaction.tracking.segmentation import UprightComponents
from cctv.redaction.video.geometry import PixelRect, Rect, Size, inner, outer
from cctv.redaction.video.yuv import Mask

PERSON = 0.30  # of the kept box's area: a region that was ever this large apart from it is a person
CHILD = 0.04  # of the kept box's area: a region as large as a head is a person when it walks by the width of the box
LIMB = 0.25  # of the kept box's area: a smaller region that always touches it is its own limb, its shadow or noise
FITS = 0.7  # of the kept box's sides: whoever is smaller may stay in front of the subject without showing beside them
_MIN_WIDTH_SHARE = 0.85  # of the kept box's width: what was seen apart and is narrower may be a part of a person
_EDGE_WIDTHS = 0.12  # of a person's width hidden besides
_NEAR_WIDTHS = 0.15  # of the kept box's width: a person who ends this close to it has slipped into it
_STILL_PIXELS = 2.0  # half-size pixels that a person who stands still may seem to move
# frames of a kept box; in fewer, no one can tell a limb or a shadow from a person who stands behind
_MIN_WATCHED_FRAMES = 3
_DRIFT_SHARE = 0.6  # of the frames between two keyframes: drift builds up slowly, a passer-by is quicker
SLACK = 0.20  # of the kept box's width, at least _SLACK_PIXELS: by so much its own body may stick out of a drawn box
_SLACK_PIXELS = 2.0
HIDE_MARGIN = 0.12  # of a hide box's sides: a drawn box is not exact between its keyframes
_SPECK_PIXELS = 12  # half-size pixels
_EXPLAINED_PIXELS = 3.0  # half-size pixels between a region and the hide box that explains it
_ADJACENT_PIXELS = 2  # half-size pixels
_WITHIN_SHARE = 0.6  # of a region's box
MIN_VISIBLE_SHARE = 0.30  # of a kept box; a smaller rest shows no one and risks much


@dataclass(frozen=True, slots=True)
class OcclusionResult:
    """What must be hidden inside the kept box in one frame: everything, or these boxes."""

    everything: bool
    boxes: tuple[Rect, ...]
    sure: bool = False  # the subject's own region stands apart from all other people's


@dataclass(frozen=True, slots=True)
class _Event:
    """A person slips into the kept box or comes out: the scene, the region's place, its kind."""

    index: int
    place: Rect
    person: bool
    small: bool

    def explains(self, leave: _Event) -> bool:
        """Whether the person who slipped in may be the one who comes out.

        Something that never looked like a person is part of a person who stands still (the rest looks like the
        ground) when it comes out where it was.
        """
        return self.person or self.place.grown(_STILL_PIXELS, _STILL_PIXELS).overlap(leave.place) > 0


@dataclass(frozen=True, slots=True)
class Around:
    """What else is known of a frame, half size: other kept boxes, hide boxes, and the subject's own regions.

    `own` is empty unless these stand apart from all other people's; `drawn` says that the kept box is not
    interpolated.
    """

    others: tuple[Rect, ...] = ()
    hides: tuple[Rect, ...] = ()
    own: tuple[Rect, ...] = ()
    drawn: bool = False


def resolve_occlusions(
    scenes: Sequence[FrameNeighbourhood], picture: Rect, patience: int
) -> tuple[OcclusionResult, ...]:
    """A occlusion result for each scene; the scenes are one kept box's frames in order, without a gap."""
    scenes = _with_full_sizes(scenes, picture)
    tracks = track_neighbours(scenes)
    inside = _inside(scenes, tracks, picture, patience)
    if len(scenes) < _MIN_WATCHED_FRAMES:
        inside |= np.array([not scene.sure and any(blob.touches for blob in scene.blobs) for scene in scenes], np.bool_)
    boxes = [[_around(blob, scene.kept) for blob in scene.blobs if blob.thin] for scene in scenes]
    for track in tracks:
        drift = _is_drift(track, scenes)
        for index, blob in track.steps:
            boxes[index].append(
                _around(blob, scenes[index].kept) if drift else _reach(track, index, blob, scenes[index].kept)
            )
    return tuple(
        OcclusionResult(bool(hidden), tuple(hidden_boxes), scene.sure)
        for hidden, hidden_boxes, scene in zip(inside, boxes, scenes, strict=True)
    )


def grow_by_body_slack(kept: Rect) -> Rect:
    """The kept box grown by how far the subject's body may stick out."""
    slack = max(_SLACK_PIXELS, SLACK * kept.w)
    return kept.grown(slack, slack)


def grow_by_hide_margin(hide: Rect) -> Rect:
    """A hide box grown by what it may be off."""
    return hide.grown(HIDE_MARGIN * hide.w + 1, HIDE_MARGIN * hide.h + 1)


def frame_neighbourhood(frame: int, kept: Rect, bodies: UprightComponents, around: Around) -> FrameNeighbourhood:
    """The surroundings of one kept box; boxes and the bodies at half size.

    Where the subject's own regions are known, everything else is another person's, inside of the kept box too.
    """
    left, top = bodies.place.left, bodies.place.top
    size = Size(bodies.bodies.shape[1], bodies.bodies.shape[0])
    upright, thin = bodies.without(around.own)
    grown_kept = grow_by_body_slack(kept).moved(-left, -top)
    hides = [grow_by_hide_margin(box).moved(-left, -top) for box in around.hides]
    covered = [*(grow_by_body_slack(box).moved(-left, -top) for box in around.others), *hides]
    ring = PixelRect(0, 0, 0, 0)
    if not around.own:
        covered.append(grown_kept)
        own = outer(grown_kept, size)
        ring = PixelRect(
            max(own.left - _ADJACENT_PIXELS, 0),
            max(own.top - _ADJACENT_PIXELS, 0),
            min(own.right + _ADJACENT_PIXELS, size.width),
            min(own.bottom + _ADJACENT_PIXELS, size.height),
        )
    blobs: list[Blob] = []
    for mask, is_thin in ((upright, False), (thin, True)):
        for box in covered:
            mask[outer(box, size).slices()] = False
        labels, stats = connected_components(mask.view(np.uint8))
        for label in (np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] >= _SPECK_PIXELS) + 1).tolist():
            blob = _blob(labels, label, tuple(stats[label].tolist()), ring, hides, grown_kept)
            blobs.append(replace(blob, box=blob.box.moved(left, top), thin=is_thin))
    return FrameNeighbourhood(frame, kept, tuple(blobs), around.drawn, bool(around.own))


def visible_mask(
    kept: Rect, here: OcclusionResult, around: Sequence[OcclusionResult], hides: Iterable[Rect], never: Mask
) -> Mask:
    """The live pixels of one kept box in one frame: half-size mask, True = live.

    `around` are the occlusion results of the frame and its neighbours; `never` (half size, True) is never shown.  Where
    the subject stands apart, what its neighbours only guess at does not count.
    """
    size = Size(never.shape[1], never.shape[0])
    live = np.zeros(never.shape, np.bool_)
    if any(verdict.everything for verdict in around):
        return live
    own = inner(kept, size)
    if own.empty:
        return live
    live[own.slices()] = ~never[own.slices()]
    others = [box for verdict in around if verdict.sure or not here.sure for box in verdict.boxes]
    for box in (*others, *(grow_by_hide_margin(hide) for hide in hides)):
        live[outer(box, size).slices()] = False
    if np.count_nonzero(live) < MIN_VISIBLE_SHARE * own.area:
        live[own.slices()] = False
    return live


def _with_full_sizes(scenes: Sequence[FrameNeighbourhood], picture: Rect) -> list[FrameNeighbourhood]:
    """The scenes with the subject's full size where the picture's edge cuts the kept box off."""
    full = [index for index, scene in enumerate(scenes) if not at_border(scene.kept, picture)]
    completed = []
    for index, scene in enumerate(scenes):
        if not full or not at_border(scene.kept, picture):
            completed.append(scene)
            continue
        place = bisect.bisect_left(full, index)
        nearest = min(full[max(place - 1, 0) : place + 1], key=lambda at: abs(at - index))
        completed.append(replace(scene, whole=scenes[nearest].kept))
    return completed


def _inside(
    scenes: Sequence[FrameNeighbourhood], tracks: Sequence[NeighbourTrack], picture: Rect, patience: int
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For each scene, whether a person may be wholly inside the kept box.

    Whoever slipped in is inside until the next person comes out.  When no one does, a person about as large as the box
    cannot stay unseen in it for longer than `patience` frames; a smaller one can, for good.
    """
    enters, leaves = _events(scenes, tracks, picture)
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


def _events(
    scenes: Sequence[FrameNeighbourhood], tracks: Sequence[NeighbourTrack], picture: Rect
) -> tuple[list[_Event], list[_Event]]:
    """When a person slips into the box and when a person comes out, people before mere parts of people."""
    enters, leaves = [], []
    for track in tracks:
        if _is_drift(track, scenes) or all(blob.inside for _, blob in track.steps):
            continue
        person = _is_person(track, scenes)
        if track.last + 1 < len(scenes) and track.joined is None and _beside(track.steps[-1], scenes):
            place = next((blob.box for _, blob in track.steps[::-1] if not blob.touches), track.steps[-1][1].box)
            enters.append(_Event(track.last + 1, place, person, _is_small(track, scenes, track.last)))
        continued = track.born_of is not None or track.more_of is not None
        from_border = at_border(track.steps[0][1].box, picture)
        if person and track.first > 0 and not continued and _beside(track.steps[0], scenes) and not from_border:
            place = next((blob.box for _, blob in track.steps if not blob.touches), track.steps[0][1].box)
            leaves.append(_Event(track.first, place, person, _is_small(track, scenes, track.first)))
    return (
        sorted(enters, key=lambda event: (not event.person, event.index)),
        sorted(leaves, key=lambda event: event.index),
    )


def _is_drift(track: NeighbourTrack, scenes: Sequence[FrameNeighbourhood]) -> bool:
    """True for a region that sticks out of the kept box only between two keyframes: the subject's own body.

    Interpolated boxes lag behind a subject who turns or changes pace, by up to half a body (PETS09-S2L1, keyframes
    every 20 frames).  Another person does not come and go exactly with the keyframes, was seen apart at some time, and
    makes one region with the subject that is too large for one person.
    """
    members = (track, *(other for _, other in track.loads))
    if any(not blob.touches for member in members for _, blob in member.steps):
        return False
    if any(scenes[index].drawn or scenes[index].sure for index, _ in track.steps):
        return False
    if sum(scenes[index].crowded for index, _ in track.steps) > len(track.steps) / 2:
        return False
    before = next((i for i in range(track.first, -1, -1) if scenes[i].drawn), track.first)
    after = next((i for i in range(track.last, len(scenes)) if scenes[i].drawn), track.last)
    return len(track.steps) >= _DRIFT_SHARE * (after - before)


def _is_person(track: NeighbourTrack, scenes: Sequence[FrameNeighbourhood]) -> bool:
    """True when the region was ever large enough, outside of the kept box, to be a person; or smaller, and walked."""
    if any(blob.area >= PERSON * scenes[index].subject.area for index, blob in track.steps):
        return True
    seen = [
        (index, blob.box)
        for index, blob in track.steps
        if not blob.touches and blob.area >= CHILD * scenes[index].subject.area
    ]
    if len(seen) < 3:
        return False
    (index, first), (_, last) = seen[0], seen[-1]
    moved = abs(last.x + last.w / 2 - first.x - first.w / 2) + abs(last.bottom - first.bottom)
    return moved >= scenes[index].subject.w


def _is_small(track: NeighbourTrack, scenes: Sequence[FrameNeighbourhood], index: int) -> bool:
    """True when the whole person would fit into the kept box with room to spare."""
    kept = scenes[index].subject
    sizes = track.free_sizes(index)
    return bool(sizes) and max(w for w, _ in sizes) < FITS * kept.w and max(h for _, h in sizes) < FITS * kept.h


def _beside(step: tuple[int, Blob], scenes: Sequence[FrameNeighbourhood]) -> bool:
    index, blob = step
    kept = scenes[index].kept
    return not blob.explained and (blob.touches or blob.box.distance(kept) <= _NEAR_WIDTHS * kept.w)


def _reach(track: NeighbourTrack, index: int, blob: Blob, kept: Rect) -> Rect:
    """The box that certainly holds the body of which a blob is the part outside of the kept box."""
    if not blob.touches or blob.explained or _is_limb(track, index, kept):
        return _around(blob, kept)
    width, height = _full_size(track, index, kept)
    width, height = max(width, blob.box.w), max(height, blob.box.h)
    left = blob.box.right - width if blob.cut_left else blob.box.x
    right = blob.box.x + width if blob.cut_right else blob.box.right
    bottom = blob.box.y + height if blob.cut_bottom else blob.box.bottom
    # a head may be inside the kept box while a shoulder shows beside it, and what was seen apart may be a fragment
    top, bottom = min(blob.box.y, bottom - height, kept.y), max(bottom, kept.bottom)
    whole = Rect(left, top, right - left, bottom - top)
    return whole.grown(*_margins(blob, kept))


def _is_limb(track: NeighbourTrack, index: int, kept: Rect) -> bool:
    """True for what was never large and never apart; a companion may shrink to a sliver behind the subject.

    Nor did a track merge into it that was either: legs below the kept box are then no limb of the subject's.
    """
    members = (track, *track.carries(index))
    return not any(
        max(blob.area for _, blob in member.steps) >= LIMB * kept.area or member.free_sizes(index) for member in members
    )


def _around(blob: Blob, kept: Rect) -> Rect:
    return blob.box.grown(*_margins(blob, kept))


def _margins(blob: Blob, kept: Rect) -> tuple[float, float]:
    return max(2.0, _EDGE_WIDTHS * min(blob.box.w, kept.w)), max(2.0, 0.10 * min(blob.box.h, kept.h))


def _full_size(track: NeighbourTrack, index: int, kept: Rect) -> tuple[float, float]:
    """Width and height of the whole person or group: as seen apart from the kept box, or else as large as that box."""
    width, height = 0.0, 0.0
    members = [track, *track.carries(index)]
    for member in members:
        sizes = member.free_sizes(index if member is track else member.last)
        w = max((size[0] for size in sizes), default=kept.w)
        h = max((size[1] for size in sizes), default=kept.h)
        width, height = width + max(w, _MIN_WIDTH_SHARE * kept.w), max(height, h)
    return width, height


def _blob(
    labels: NDArray[np.int32], label: int, stats: tuple[int, ...], ring: PixelRect, hides: Sequence[Rect], kept: Rect
) -> Blob:
    left, top, width, height, area = stats
    box = Rect(left, top, width, height)
    cut_off = at_border(box, Rect(0, 0, labels.shape[1], labels.shape[0]))
    explained = any(box.grown(_EXPLAINED_PIXELS, _EXPLAINED_PIXELS).overlap(hide) > 0 for hide in hides)
    near = PixelRect(
        max(left, ring.left), max(top, ring.top), min(left + width, ring.right), min(top + height, ring.bottom)
    )
    if near.empty:
        inside = box.overlap(kept) >= _WITHIN_SHARE * box.area
        return Blob(box, area, touches=False, explained=explained, inside=inside, at_edge=cut_off)
    rows, columns = np.nonzero(labels[near.slices()] == label)
    if rows.size == 0:
        return Blob(box, area, touches=False, explained=explained)
    columns, rows = columns + near.left, rows + near.top
    edge = 2
    return Blob(
        box,
        area,
        touches=True,
        explained=explained,
        at_edge=cut_off,
        cut_left=bool((columns < left + edge).any()),
        cut_top=bool((rows < top + edge).any()),
        cut_right=bool((columns >= left + width - edge).any()),
        cut_bottom=bool((rows >= top + height - edge).any()),
    )
