"""Who may be inside a kept box, and what is hidden for them."""

from __future__ import annotations

from dataclasses import replace

from cctv.redaction.tracking.neighbours import Blob, FrameNeighbourhood
from cctv.redaction.tracking.occlusion import resolve_occlusions
from cctv.redaction.video.geometry import Rect

KEPT = Rect(100, 50, 20, 60)
PICTURE = Rect(0, 0, 300, 200)
PATIENCE = 20


def scenes(*blobs):
    return [FrameNeighbourhood(frame, KEPT, tuple(here)) for frame, here in enumerate(blobs)]


def free(x):
    return Blob(Rect(x, 50, 20, 60), 1000, touches=False)


def from_left(shown):
    return Blob(Rect(96 - shown, 50, shown, 60), shown * 50, touches=True, cut_right=True)


def to_right(shown):
    return Blob(Rect(124, 50, shown, 60), shown * 50, touches=True, cut_left=True)


def test_nobody_near_hides_nothing():
    verdicts = resolve_occlusions(scenes(*[[]] * 5), PICTURE, PATIENCE)

    assert not any(verdict.everything or verdict.boxes for verdict in verdicts)


def test_a_person_who_reaches_in_is_hidden_to_his_full_width():
    verdicts = resolve_occlusions(scenes([free(60)], [free(68)], [from_left(14)]), PICTURE, PATIENCE)

    hidden = verdicts[2].boxes[0]
    assert hidden.right >= 82 + 20  # as wide as when he was seen apart
    assert not verdicts[2].everything


def test_while_somebody_is_inside_everything_is_hidden():
    crossing = [[free(60)], [free(70)], [from_left(10)], [], [], [to_right(10)], [free(130)], [free(140)]]

    verdicts = resolve_occlusions(scenes(*crossing), PICTURE, PATIENCE)

    assert [verdict.everything for verdict in verdicts][3:5] == [True, True]
    assert not verdicts[0].everything
    assert not verdicts[7].everything


def test_who_comes_out_was_inside_before():
    verdicts = resolve_occlusions(scenes([], [], [to_right(10)], [free(128)], [free(136)]), PICTURE, PATIENCE)

    assert verdicts[0].everything
    assert verdicts[1].everything
    assert not verdicts[4].everything


def test_a_small_person_who_never_comes_out_stays_inside_for_good():
    child = Blob(Rect(85, 85, 13, 25), 400, touches=False)

    verdicts = resolve_occlusions(scenes([child], [child], *[[]] * 200), PICTURE, PATIENCE)

    assert all(verdict.everything for verdict in verdicts[3:])


def test_legs_below_the_box_belong_to_who_went_into_them():
    legs = Blob(Rect(96, 112, 6, 12), 40, touches=True, cut_top=True)
    crossing = [[free(60)], [free(70)], [from_left(14), legs], [legs], [legs]]

    verdicts = resolve_occlusions(scenes(*crossing), PICTURE, PATIENCE)

    assert verdicts[4].everything or min(box.y for box in verdicts[4].boxes) <= 50


def test_what_sticks_out_between_two_keyframes_is_the_subject_s_own_unless_the_region_is_a_group():
    lagging = [
        replace(each, drawn=index in {0, 4}) for index, each in enumerate(scenes([], *[[from_left(10)]] * 3, []))
    ]
    group = [replace(each, crowded=True) for each in lagging]

    own, other = (resolve_occlusions(each, PICTURE, PATIENCE)[2].boxes[0] for each in (lagging, group))

    assert own.right < 102
    assert other.right >= 96 - 10 + 0.85 * KEPT.w


def test_a_head_that_was_seen_apart_is_hidden_as_a_whole_person():
    head = Blob(Rect(70, 50, 7, 12), 60, touches=False)
    shoulder = Blob(Rect(90, 50, 6, 30), 150, touches=True, cut_right=True)

    hidden = resolve_occlusions(
        scenes([head], [replace(head, box=Rect(80, 50, 8, 12))], [shoulder]), PICTURE, PATIENCE
    )[2].boxes[0]

    assert hidden.right >= 90 + 0.85 * KEPT.w


def test_in_a_frame_or_two_whatever_touches_the_subject_may_be_somebody():
    sliver = replace(from_left(3), area=40)

    assert all(verdict.everything for verdict in resolve_occlusions(scenes([sliver], [sliver]), PICTURE, PATIENCE))
    assert not resolve_occlusions(scenes([], [free(60)]), PICTURE, PATIENCE)[0].everything
    assert not any(verdict.everything for verdict in resolve_occlusions(scenes(*[[sliver]] * 3), PICTURE, PATIENCE))
