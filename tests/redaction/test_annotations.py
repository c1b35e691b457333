"""KEEP.json: what is read, what is refused, what lies between keyframes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.core.errors import Exit
from cctv.redaction.errors import KeepRefused
from cctv.redaction.tracking.annotations import BoxPath, HideReason, Keyframe, check_within, parse_keep, read_keep
from cctv.redaction.video.geometry import Rect

FILE = Path("KEEP.json")
GOOD = {"id": "a", "frame": 0, "x": 1, "y": 2, "w": 3, "h": 4}


def document(**changes):
    return json.dumps({"schema": 1, "boxes": [GOOD], "hide": [], **changes})


def box(**changes):
    return document(boxes=[{**GOOD, **changes}])


def test_boxes_and_hides_are_read_apart():
    keep = parse_keep(document(hide=[{**GOOD, "id": "b", "frame": 7}]), FILE)

    assert keep.kept_at(0) == (Rect(1, 2, 3, 4),)
    assert keep.hidden_at(7) == (Rect(1, 2, 3, 4),)
    assert keep.kept_at(1) == ()
    assert keep.last_frame == 7


def test_a_hide_box_may_say_what_it_hides_once_for_each_id():
    hide = [{**GOOD, "reason": "plate"}, {**GOOD, "frame": 9}, {**GOOD, "id": "b"}]

    keep = parse_keep(document(hide=hide), FILE)

    assert [path.reason for path in keep.hide] == [HideReason.PLATE, None]
    assert len(keep.hide[0].keyframes) == 2


def test_several_ids_stand_side_by_side():
    keep = parse_keep(document(boxes=[GOOD, {**GOOD, "id": "b", "x": 50}]), FILE)

    assert len(keep.kept_at(0)) == 2


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "line 1"),
        ("[]", "file"),
        ("nope", "line 1"),
        ("1" * 5000, "file"),
        ('{"schema": 1, "schema": 1, "boxes": []}', "'schema'"),
        (json.dumps({"boxes": []}), "file"),
        (json.dumps({"schema": 1}), "file"),
        (document(schema=2), "schema"),
        (document(schema=True), "schema"),
        (document(schema="1"), "schema"),
        (document(boxes={}), "boxes"),
        (document(boxes=[3]), "boxes[0]"),
        (document(extra=1), "file: 'extra'"),
        (document(hide=["a"]), "hide[0]"),
        (document(hide=[{"frame": 0, "x": 0, "y": 0, "w": 1, "h": 1}]), "hide[0]"),
        (document(boxes=[GOOD, GOOD]), "boxes[1]"),
        (box(colour="red"), "boxes[0]: 'colour'"),
        (box(id=""), "boxes[0].id"),
        (box(id=3), "boxes[0].id"),
        (box(frame=-1), "boxes[0].frame"),
        (box(frame=1.5), "boxes[0].frame"),
        (box(frame=True), "boxes[0].frame"),
        (box(x="1"), "boxes[0].x"),
        (box(x=None), "boxes[0].x"),
        (box(y=float("nan")), "boxes[0].y"),
        (box(y=float("inf")), "boxes[0].y"),
        (box(x=10**400), "boxes[0].x"),
        (box(w=0), "boxes[0].w"),
        (box(h=-1), "boxes[0].h"),
        (box(reason="plate"), "boxes[0]: 'reason'"),
        (document(hide=[{**GOOD, "reason": "car"}]), "hide[0].reason"),
        (document(hide=[{**GOOD, "reason": 3}]), "hide[0].reason"),
        (document(hide=[{**GOOD, "reason": "plate"}, {**GOOD, "frame": 1, "reason": "person"}]), "hide[1].reason"),
    ],
)
def test_what_is_not_the_format_is_refused_with_its_place(text, where):
    with pytest.raises(KeepRefused) as refused:
        parse_keep(text, FILE)

    assert refused.value.exit_code is Exit.USAGE
    assert where in refused.value.message
    assert refused.value.fields["where"] == where
    assert refused.value.next_step


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path):
    binary = tmp_path / "KEEP.json"
    binary.write_bytes(b"\xff\xfe\x00")

    for path in (tmp_path / "absent.json", tmp_path, binary):
        with pytest.raises(KeepRefused):
            read_keep(path)


def test_a_frame_past_the_end_is_refused():
    keep = parse_keep(box(frame=60), FILE)

    check_within(keep, 61, FILE)
    with pytest.raises(KeepRefused, match="60 is past the end"):
        check_within(keep, 60, FILE)


def test_a_lone_keyframe_covers_one_frame():
    path = BoxPath("a", (Keyframe(5, Rect(0, 0, 1, 1)),))

    assert [path.box_at(frame) is not None for frame in (4, 5, 6)] == [False, True, False]


numbers = st.floats(-1000, 1000)
sides = st.floats(0.5, 500)
boxes = st.builds(Rect, numbers, numbers, sides, sides)


@given(st.dictionaries(st.integers(0, 500), boxes, min_size=1, max_size=6), st.integers(-5, 505))
def test_a_path_stays_between_its_keyframes(found, frame):
    path = BoxPath("a", tuple(Keyframe(at, found[at]) for at in sorted(found)))
    shown = path.box_at(frame)

    if frame in found:
        assert shown == found[frame]
    elif frame < min(found) or frame > max(found):
        assert shown is None
    else:
        before = found[max(at for at in found if at < frame)]
        after = found[min(at for at in found if at > frame)]
        for side in ("x", "y", "w", "h"):
            ends = sorted((getattr(before, side), getattr(after, side)))
            assert ends[0] - 1e-6 <= getattr(shown, side) <= ends[1] + 1e-6
