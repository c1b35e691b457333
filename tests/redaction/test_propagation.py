"""A kept box follows its own region between keyframes, and only its own."""

from __future__ import annotations

import numpy as np
import pytest

from cctv.redaction.tracking.annotations import BoxPath, KeepBoxes, Keyframe
from cctv.redaction.tracking.matching import Component, Region, match_region, merged_with_another, only_candidate
from cctv.redaction.tracking.pipeline import propagate_and_resolve
from cctv.redaction.tracking.propagation import propagate_box, surroundings
from cctv.redaction.video.geometry import Rect
from cctv.redaction.video.spill import MaskSpool

PICTURE = Rect(0, 0, 160, 100)
FRAMES = 21
W, H = 12.0, 40.0


def part(x, y=40.0, w=W, h=H):
    return Component(Rect(x, y, w, h), int(0.6 * w * h))


def waits(frame):
    """Where the subject is: stands for the first half, then walks; a straight line runs ahead by almost half a body."""
    return 30.0 if frame <= 10 else 30.0 + 1.0 * (frame - 10)


def drawn(x, w=W):
    return Rect(2 * x, 80, 2 * w, 2 * H)


PATH = BoxPath("a", (Keyframe(0, drawn(waits(0))), Keyframe(FRAMES - 1, drawn(waits(20)))))


def test_the_box_goes_where_the_region_is_and_not_straight():
    carried = propagate_box(PATH, [[part(waits(frame))] for frame in range(FRAMES)], PICTURE)

    assert sorted(carried.own) == list(range(FRAMES))
    assert carried.path.box_at(10).x == pytest.approx(2 * waits(10))
    assert PATH.box_at(10).x != pytest.approx(2 * waits(10))


def test_the_box_goes_straight_where_somebody_else_merges_with_the_region():
    frames = [[part(waits(frame)), part(waits(frame) + 40 - 3 * frame)] for frame in range(9)]
    frames += [[Component(Rect(30, 40, 2 * W, H), 600)]] * 4
    frames += [[part(waits(frame))] for frame in range(13, FRAMES)]

    carried = propagate_box(PATH, frames, PICTURE)

    assert not {9, 10, 11, 12} & set(carried.own)
    assert {0, 5, 15, 20} <= set(carried.own)


def test_a_group_in_a_keyframe_is_nobody():
    group = [[Component(Rect(waits(frame) - 4, 40, W + 8, H), 700)] for frame in range(FRAMES)]

    carried = propagate_box(PATH, group, PICTURE)

    assert not carried.own
    assert carried.path == PATH


def test_two_regions_that_both_may_be_meant_are_nobody():
    pair = [[part(waits(frame) - 6), part(waits(frame) + 7)] for frame in range(FRAMES)]

    assert not propagate_box(PATH, pair, PICTURE).own


def test_who_slips_into_the_box_ends_what_is_sure():
    frames = [[part(waits(frame)), Component(Rect(44, 60, 6, 20), 80)] for frame in range(10)]
    frames += [[part(waits(frame))] for frame in range(10, FRAMES)]

    carried = propagate_box(PATH, frames, PICTURE)

    assert 9 in carried.own  # the child stands beside the subject there, and is told apart
    onward = propagate_box(PATH, [*frames[:-1], []], PICTURE)  # nothing in the second keyframe to follow back from
    assert max(onward.own) == 9


def test_a_head_beside_the_subject_s_is_somebody_else_s_and_a_hand_is_not():
    head, hand = (Component(Rect(30 + W, y, 4, 12), 35) for y in (42, 58))

    def members(aside):
        return match_region([part(30), aside], Rect(30, 40, W + 2, H), 0.6).parts

    assert head.box not in members(head)
    assert hand.box in members(hand)


def test_somebody_who_enters_at_the_edge_is_followed_by_the_inner_side():
    wide = [min(3.0 * frame, W) for frame in range(FRAMES)]
    inner = [160 - 3.0 * frame for frame in range(FRAMES)]
    frames = [[part(inner[f], w=wide[f])] if f else [] for f in range(FRAMES)]
    path = BoxPath("a", (Keyframe(0, drawn(158, 2)), Keyframe(20, drawn(inner[20]))))

    carried = propagate_box(path, frames, PICTURE)

    assert set(range(2, FRAMES)) <= set(carried.own)
    assert carried.path.box_at(4).x == pytest.approx(2 * inner[4], abs=2)


def test_a_carried_box_never_leaves_the_surroundings_of_the_line():
    far = [[part(waits(frame) + (0 if frame in {0, 20} else 1.6 * min(frame, 20 - frame)))] for frame in range(FRAMES)]

    carried = propagate_box(PATH, far, PICTURE)

    for frame in range(FRAMES):
        box, bounds = carried.path.box_at(frame), surroundings(PATH, frame, PICTURE.scaled(2))
        assert box.overlap(bounds) == pytest.approx(box.area)


def walking_apart_of_the_line():
    """Masks of a person who waits and then walks, and the boxes that a person drew at both ends."""
    masks = MaskSpool((100, 160))
    for frame in range(FRAMES):
        mask = np.zeros(masks.shape, np.bool_)
        left = int(waits(frame))
        mask[40:50, left + 4 : left + 8] = True
        mask[50:80, left : left + int(W)] = True
        masks.append(mask)
    return masks


def test_a_hide_box_goes_where_its_region_is():
    with walking_apart_of_the_line() as masks:
        kept, _ = propagate_and_resolve(KeepBoxes(hide=(PATH,)), masks, 10.0)

    assert kept.hide[0].box_at(10).x == pytest.approx(2 * waits(10))
    assert kept.hide[0].box_at(0) == PATH.box_at(0)


def test_a_region_alone_is_followed_while_its_legs_open_and_not_beside_somebody():
    one, next_ = part(30), Component(Rect(34, 40, W + 6, H), 300)
    held = Region(one.box, (one.box,), one.area)
    somebody = Component(Rect(14, 40, W, H), 290)

    assert match_region([next_], held.box, 0.6) is None
    assert only_candidate(held, [one], [next_]).box == next_.box
    assert only_candidate(held, [one], [next_, somebody]) is None
    assert only_candidate(held, [one, somebody], [next_]) is None


def test_a_fragment_of_somebody_beside_is_not_the_subject_s():
    head = Rect(30 + W + 6, 40, 4, 10)
    frames = [[part(30), Component(head, 35)] for _ in range(FRAMES)]
    path = BoxPath("a", (Keyframe(0, drawn(30, w=2 * W)), Keyframe(FRAMES - 1, drawn(30, w=2 * W))))

    assert all(head not in own for own in propagate_box(path, frames, PICTURE).own.values())


def test_a_head_beside_the_next_region_went_into_it():
    walker, head = part(30), Component(Rect(30 + W + 8, 40, 6, 12), 50)
    grown = Component(Rect(34, 40, W + 10, H), 400)  # it has reached the head of somebody dressed like the ground
    passer = Component(Rect(30 + W + 8, 40, W, H), 280)

    assert merged_with_another(_region(walker), [walker, head], _region(grown), [grown])
    assert not merged_with_another(_region(walker), [walker, passer], _region(part(31)), [part(31), passer])


def _region(only):
    return Region(only.box, (only.box,), only.area)


def test_a_region_with_a_head_above_the_drawn_box_is_not_the_subject():
    taller = [[part(waits(frame), y=34, h=H + 6)] for frame in range(FRAMES)]

    assert not propagate_box(PATH, taller, PICTURE).own


def test_a_hide_box_is_tall_enough_while_somebody_slips_out_of_the_picture():
    path = BoxPath("a", (Keyframe(0, drawn(100)), Keyframe(20, Rect(316, 140, 4, 20))))
    with MaskSpool((100, 160)) as masks:
        for _ in range(FRAMES):
            masks.append(np.zeros(masks.shape, np.bool_))
        kept, _ = propagate_and_resolve(KeepBoxes(hide=(path,)), masks, 10.0)

    assert (kept.hide[0].box_at(15).y, kept.hide[0].box_at(15).bottom) == (80, 80 + 2 * H)


def test_a_group_at_the_picture_s_edge_hides_the_subject_whose_box_is_cut_off():
    path = BoxPath("a", (Keyframe(0, Rect(0, 80, 4, 2 * H)), Keyframe(20, drawn(50))))
    with MaskSpool((100, 160)) as masks:
        for frame in range(FRAMES):
            mask = np.zeros(masks.shape, np.bool_)
            mask[40:95, int(2.5 * frame) : int(2.5 * frame + 2 * W)] = True
            masks.append(mask)
        _, (verdicts,) = propagate_and_resolve(KeepBoxes((path,)), masks, 10.0)

    assert all(verdict.everything for verdict in verdicts[2:19])
