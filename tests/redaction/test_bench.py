"""The bench of redaction can fail: heads that an output shows are counted, by its mask and by its pixels alone."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from itertools import repeat

import numpy as np
import pytest
from simrig import SCRIPTS, scene_clip

sys.path.insert(0, str(SCRIPTS))

import bench_redaction
from redaction_bench import looks
from redaction_bench.clips import ClipFiles
from redaction_bench.counting import counted
from redaction_bench.engine import redacted
from redaction_bench.figures import Figure, Persons
from redaction_bench.pictures import hidden_in
from redaction_bench.studio import annotated
from redaction_bench.truth import head, read_people
from redaction_bench.ways import Case

from cctv.redaction.render.options import Mode, Options
from cctv.redaction.tracking.annotations import NOTHING_KEPT
from cctv.redaction.video.geometry import Rect, Size

pytestmark = pytest.mark.slow

WALKER = 1
FRAME = 4  # the walker is alone in it
PICTURE = Rect(26, 29, 24, 60)  # hangs on the wall in every frame


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """Two people who pass each other."""
    return scene_clip(tmp_path_factory.mktemp("bench"), seed=11, size="320x180", seconds=4, fps=8, people=2)


@pytest.fixture(scope="module")
def on(scene, tmp_path_factory):
    files = ClipFiles("scene", scene.movie, scene.folder / "truth.json")
    return annotated(files, tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def redaction(on):
    """Mask mode's video and mask, and what they show of the walker: nothing."""
    output, mask = on.folder / "out.mp4", on.folder / "mask.mkv"
    redacted(on.clip, NOTHING_KEPT, Options(Mode.MASK, caption=None), output, mask)
    walker = replace(on, people={WALKER: {FRAME: on.people[WALKER][FRAME]}})
    seen = shown(walker, output, mask)
    assert (seen.heads, seen.by_mask, seen.by_pixels.judged, seen.by_pixels.shown) == (1, 0, 1, 0)
    return walker, output, mask


def shown(on, output, mask):
    return counted(on, hidden_in(mask, on.size), output=output).beside


def ffmpeg(*words):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, words)], check=True)


def figures(text):
    return {line["figure"]: line for line in map(json.loads, text.splitlines())}


def mot(people):
    rows = [(f + 1, n, b.x + 1, b.y + 1, b.w, b.h) for n, boxes in people.items() for f, b in boxes.items()]
    return "".join(",".join(f"{value:g}" for value in row) + ",1,-1,-1,-1\n" for row in sorted(rows))


def head_of(walker):
    box = head(walker.people[WALKER][FRAME]).grown(2, 2)
    return round(box.x), round(box.y), round(box.w), round(box.h)


def test_one_head_in_one_frame_of_the_output_is_counted_though_the_mask_says_hidden(redaction):
    walker, output, mask = redaction
    leaking = output.with_name("leaking.mp4")
    x, y, w, h = head_of(walker)
    put_back = f"[1]crop={w}:{h}:{x}:{y}:exact=1[head];[0][head]overlay={x}:{y}:enable=eq(n\\,{FRAME})"

    ffmpeg("-i", output, "-i", walker.clip, "-filter_complex", put_back, "-crf", "16", leaking)

    seen = shown(walker, leaking, mask)
    assert (seen.by_mask, seen.by_pixels.shown) == (0, 1)


def test_one_head_that_the_mask_lets_through_is_counted(redaction):
    walker, output, mask = redaction
    holed = mask.with_name("holed.mkv")
    x, y, w, h = head_of(walker)
    hole = f"drawbox={x}:{y}:{w}:{h}:black:fill:enable=eq(n\\,{FRAME})"

    ffmpeg("-i", mask, "-vf", hole, "-c:v", "ffv1", "-pix_fmt", "gray", holed)

    assert shown(walker, output, holed).by_mask == 1


def test_the_bench_takes_a_folder_through_three_ways_of_deciding_and_fails_on_somebody_in_the_backdrop(scene, tmp_path):
    folder = tmp_path / "data" / "hall"
    folder.mkdir(parents=True)
    (folder / "clip.mp4").symlink_to(scene.movie)
    people = read_people(scene.folder / "truth.json")
    frames = range(scene.truth["frames"])
    (folder / "gt.txt").write_text(mot(people | {9: dict.fromkeys(frames, PICTURE)}))
    command = [sys.executable, SCRIPTS / "bench_redaction.py", "--data", folder.parent, "--quick", "--people", "1,2"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 1, done.stderr
    found = figures(done.stdout)
    for way in ("a: backdrop mode", "a: mask mode", "b: backdrop mode", "b: mask mode"):
        assert found[f"hall: {way}: heads of others"]["value"] > 2 * len(frames)
        assert found[f"hall: {way}: heads of others visible by the mask"]["goal"] == "<= 0"
        by_pixels = found[f"hall: {way}: heads of others visible by the pixels"]
        assert by_pixels["goal"] == "<= 0"
        assert by_pixels["persons"] == "2 of 3"
        assert found[f"hall: {way}: heads of others judged by the pixels"]["value"] > 0
        assert found[f"hall: {way}: subject visible, median, %"]["goal"] == ">= 85"
    assert found["hall: a: answers, median"]["value"] >= 1
    assert found["hall: people listed for each true person"]["goal"] == "<= 1.5"
    assert not found["hall: a: backdrop mode: heads of others visible by the pixels"]["ok"]
    assert found["hall: a: backdrop mode: heads of others visible by the mask"]["ok"]
    in_backdrop = found["hall: c: backdrop mode: heads visible by the pixels"]
    assert in_backdrop["value"] >= len(frames)
    assert not in_backdrop["ok"]
    assert found["hall: c: backdrop mode: heads visible by the mask"]["ok"]  # the mask alone would not have told


def test_a_quick_bench_renders_some_people_and_says_of_how_many(on):
    people = tuple(range(1, 20))
    quick, whole = Case(on, None, people, quick=True), Case(on, None, people)

    assert len(quick.rendered) == 4
    assert quick.rendered < whole.rendered == set(people)
    row = Figure("heads", 0, "<= 0", persons=Persons(len(quick.rendered), len(people))).row()
    assert row == {"figure": "heads", "value": 0, "goal": "<= 0", "ok": True, "persons": "4 of 19"}
    assert "persons" not in Figure("heads", 0, persons=Persons(19, 19)).row()


def test_people_are_recognised_by_their_colours_and_not_by_a_grey_that_covers_them():
    people = {n: {frame: Rect(4 + 4 * frame, 20 * n, 16, 18) for frame in range(80)} for n in range(8)}
    lineup = looks.chosen(people, Size(400, 160))

    def street(covered):
        for frame in range(80):
            picture = np.full((3, 80, 200), 128, np.uint8)
            for n, boxes in people.items():
                box = boxes[frame].scaled(0.5)
                rows, columns = slice(round(box.y), round(box.bottom)), slice(round(box.x), round(box.right))
                picture[:, rows, columns] = 112 if covered else 60 + 20 * n
            yield picture

    shown = looks.recognised(lineup, looks.described(looks.cut(street(False), lineup)))
    hidden = looks.recognised(lineup, looks.described(looks.cut(street(True), lineup)))
    empty = looks.recognised(lineup, looks.described(looks.cut(repeat(np.zeros((3, 80, 200), np.uint8), 80), lineup)))

    assert shown.mean == 100
    assert hidden.interval[0] <= lineup.chance <= hidden.interval[1]
    assert empty.mean == hidden.mean


def test_without_a_clip_it_says_where_to_get_one(capsys):
    assert bench_redaction.main([]) == 2
    assert "vtest.avi" in capsys.readouterr().err


def test_ground_truth_of_another_clip_is_refused(scene, tmp_path, capsys):
    truth = tmp_path / "gt.txt"
    truth.write_text("900,1,10,10,20,40,1,0,0,0\n")

    assert bench_redaction.main([str(scene.movie), "--gt", str(truth)]) == 2
    assert "do not belong together" in capsys.readouterr().err


def test_a_folder_without_clips_or_without_the_one_that_is_asked_for_is_refused(tmp_path, capsys):
    assert bench_redaction.main(["--data", str(tmp_path)]) == 2
    assert "holds no folder with a video and gt.txt" in capsys.readouterr().err

    (tmp_path / "street").mkdir()
    (tmp_path / "street" / "gt.txt").touch()
    assert bench_redaction.main(["--data", str(tmp_path)]) == 2
    assert "no video" in capsys.readouterr().err

    (tmp_path / "street" / "clip.avi").touch()
    assert bench_redaction.main(["--data", str(tmp_path), "--clips", "hall"]) == 2
    assert "has no clip hall" in capsys.readouterr().err
