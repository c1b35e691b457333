"""Nothing is approved that nobody looked at: every backdrop signed off, every frame reviewed, as they are shown now."""

from __future__ import annotations

import json
import re
from itertools import count
from pathlib import Path

import pytest
from casescene import BLUE, HEIGHT, RATE, SEGMENT, WIDTH, Person, film, pictures_of
from casestages import OPEN, REQUEST, TOTAL, acts, write_keep
from sqlalchemy import text

from cctv.db.engine import write_transaction
from cctv.redaction.tracking.foreground import ReferenceScene

pytestmark = pytest.mark.slow

APPROVE = f"redaction approve {REQUEST} --reason looked --hidden-reason 'nobody is kept'"
COVER = "120,90,20,30"


def _part(site):
    return site.cctv(f"redaction show {REQUEST} --json").json["parts"][0]


def _page(site) -> str:
    page = (site.root / "derived" / REQUEST / "sheet.html").read_text()
    return re.sub(r"</?span>", "", page)  # words of a command that stay on one line


def test_an_approval_without_a_look_is_refused_and_names_backdrops_frames_and_local_times(prepared):
    said = prepared.cctv(APPROVE, exit=13)

    assert "foyer-1 part 1: backdrop 1 is not signed off" in said.err
    assert f"frames 0-{TOTAL - 1} (01/11 11:00:00 - 11:00:07) are not reviewed" in said.err
    assert "sheet.html" in said.err
    assert not _part(prepared)["approved"]
    assert acts(prepared)[-1] == "redaction.prepared"


def test_range_by_range_every_frame_must_be_reviewed_before_the_approval(prepared):
    prepared.cctv(f"redaction backdrop {REQUEST} --approve --reason 'nobody in it'")
    prepared.cctv(f"redaction review {REQUEST} --frames 0-29 --reason x")
    prepared.cctv(f"redaction review {REQUEST} --frames 50-79 --reason x")
    assert "frames 30-49 (01/11 11:00:03 - 11:00:04) are not reviewed" in prepared.cctv(APPROVE, exit=13).err
    said = prepared.cctv(f"redaction review {REQUEST} --frames 30-49 --reason x --json").json

    assert said["parts"][0]["unreviewed"] == []
    assert said["next"] == f"cctv redaction approve {REQUEST} --reason WHY"
    prepared.cctv(APPROVE)
    assert _part(prepared)["approved"]
    assert acts(prepared)[-5:] == [*["redaction.reviewed"] * 3, "redaction.partial", "redaction.approved"]


def test_what_is_missing_is_said_in_the_order_of_the_work_and_shrinks_with_it(prepared):
    def steps():
        said = prepared.cctv(f"request show {REQUEST} --json").json["missing"]
        return [one["need"] for one in said if one["need"] != "receipt"]

    assert steps() == ["decide", "backdrop", "review", "approve"]
    prepared.cctv(f"redaction hide {REQUEST} --others absent --reason x")
    assert steps() == ["backdrop", "review", "approve"]
    prepared.cctv(f"redaction backdrop {REQUEST} --approve --reason x")
    prepared.cctv(f"redaction review {REQUEST} --frames 0-29 --reason x")
    assert steps() == ["review", "approve"]
    prepared.cctv(f"redaction review {REQUEST} --all --reason x")
    assert steps() == ["approve"]
    said = prepared.cctv(f"{APPROVE} --json").json
    assert (steps(), said["next"]) == (["answer"], f"cctv request answer {REQUEST}")

    prepared.cctv(f"request receipt {REQUEST}")
    shown, listed = (prepared.cctv(line).json for line in (f"request show {REQUEST} --json", "request board --json"))
    owed = next(one for one in listed["items"] if one["id"] == REQUEST)
    assert shown["next"] == owed["next"] == f"cctv request answer {REQUEST}"
    assert f"cctv request answer {REQUEST}" in _page(prepared)


def test_one_command_may_say_that_everything_was_looked_at_and_the_log_has_each_act(prepared):
    prepared.cctv(f"{APPROVE} --all --dry-run")
    assert acts(prepared)[-1] == "redaction.prepared"

    prepared.cctv(f"{APPROVE} --all")

    part = _part(prepared)
    assert part["unreviewed"] == []
    assert [one["signed_by"] for one in part["backdrops"]] == [part["approved_by"]]
    assert acts(prepared)[-4:-2] == ["redaction.backdrop", "redaction.reviewed"]
    assert acts(prepared)[-2:] == ["redaction.partial", "redaction.approved"]
    assert "nog niet goedgekeurd" not in _page(prepared)


def test_a_decision_voids_every_review_and_the_sign_off_of_a_backdrop_that_it_changed(prepared):
    prepared.cctv(f"redaction backdrop {REQUEST} --approve --reason x")
    prepared.cctv(f"redaction review {REQUEST} --all --reason x")
    before = _part(prepared)
    prepared.cctv(f"redaction hide {REQUEST} --others absent --reason 'shapes in front of the requester'")

    after = _part(prepared)

    assert after["others"] == "absent"
    assert (before["unreviewed"], after["unreviewed"]) == ([], [[0, TOTAL - 1]])
    assert after["backdrops"] == before["backdrops"]  # the same picture: still signed off
    assert after["plan"] != before["plan"]
    assert f"frames 0-{TOTAL - 1}" in prepared.cctv(APPROVE, exit=13).err


def test_what_is_covered_is_flat_and_never_live_and_its_cover_is_in_the_digest(prepared, keep_file):
    prepared.cctv(f"redaction keep {REQUEST} --boxes {keep_file} --reason x")
    prepared.cctv(f"{APPROVE} --all")
    before = _part(prepared)
    said = prepared.cctv(f"redaction backdrop {REQUEST} --cover {COVER} --cover 60,10,20,40 --reason 'he stood'").out

    assert "The approval given before is void" in said
    after = _part(prepared)
    assert after["plan"] != before["plan"]
    assert not after["approved"]
    assert (after["backdrops"][0]["signed_by"], after["unreviewed"]) == (None, [[0, TOTAL - 1]])
    assert after["backdrops"][0]["covers"] == [[120, 90, 20, 30], [60, 10, 20, 40]]
    made = prepared.cctv(f"redaction preview {REQUEST} --json").json["previews"][0]
    pictures = pictures_of(Path(made["path"])).astype(int)
    for rows, columns in ((slice(94, 116), slice(124, 136)), (slice(14, 46), slice(64, 76))):  # the subject crosses it
        assert (abs(pictures[:, rows, columns] - 136) < 16).mean() > 0.9
    assert "preview.mp4" in _page(prepared)
    prepared.cctv(f"redaction backdrop {REQUEST} --uncover --approve --reason x")
    assert not Path(made["path"]).exists()
    assert _part(prepared)["backdrops"][0]["covers"] == []
    assert acts(prepared)[-2:] == ["redaction.previewed", "redaction.backdrop"]


def test_the_manifest_says_what_was_covered_hidden_and_reviewed(prepared, tmp_path):
    box = {"id": "car", "frame": 0, "x": 1, "y": 1, "w": 9, "h": 9, "reason": "plate"}
    path = tmp_path / "hide.json"
    path.write_text(json.dumps({"schema": 1, "boxes": [], "hide": [box]}))
    prepared.cctv(f"redaction hide {REQUEST} --boxes {path} --others absent --reason 'a plate'")
    prepared.cctv(f"redaction backdrop {REQUEST} --cover {COVER} --approve --reason x")
    page = _page(prepared)
    prepared.cctv(f"{APPROVE} --all")
    built = Path(prepared.cctv(f"export build {REQUEST} --json").json["path"])

    (output,) = json.loads((built / "manifest.json").read_text())["outputs"]
    assert output["others"] == "absent"
    assert output["hidden"] == [{"reason": "plate", "count": 1}]
    assert output["covered"] == [{"backdrop": 1, "boxes": [[120, 90, 20, 30]]}]
    assert [(one["first"], one["last"]) for one in output["reviewed"]] == [(0, TOTAL - 1)]
    assert output["signed_off"] == [output["approved"]["account"]]
    assert "zichtbaar: car" not in page
    assert "verborgen: car (nummerplaat)" in page
    assert prepared.cctv(f"export verify {built}").exit == 0


def test_an_approval_from_before_frames_were_reviewed_builds_nothing(approved):
    with write_transaction(approved.open().engine) as connection:
        connection.execute(text("UPDATE redactions SET reviews = '[]'"))

    said = approved.cctv(f"export build {REQUEST}", exit=13)

    assert f"frames 0-{TOTAL - 1} (01/11 11:00:00" in said.err
    assert list((approved.root / "exports").glob("EXP-*")) == []
    assert acts(approved)[-1] == "export.refused"


@pytest.mark.parametrize("command", ["redaction prepare", "redaction keep", "export build"])
def test_a_detector_that_throws_stops_everything_and_names_its_frame(approved, monkeypatch, command):
    before, calls, real = acts(approved), count(), ReferenceScene.light

    def broken(*given):
        if next(calls) == 33:
            raise ValueError("no such model")
        return real(*given)

    monkeypatch.setattr(ReferenceScene, "light", broken)
    more = {"redaction prepare": "--again", "redaction keep": "1 --reason x", "export build": ""}[command]
    said = approved.cctv(f"{command} {REQUEST} {more}", exit=15)

    assert "foyer-1 part 1 broke off at frame 33 (regions: ValueError: no such model)" in said.err
    assert list((approved.root / "exports").glob("EXP-*")) == []
    assert len([path for path in (approved.root / "derived" / REQUEST).iterdir() if path.is_dir()]) == 1
    assert acts(approved) == before + ["export.refused"] * (command == "export build")
    assert _part(approved)["approved"]


def test_bad_input_is_refused_with_the_next_step(prepared):
    for command, word in [
        (f"backdrop {REQUEST} --reason x", "Nothing was said"),
        (f"backdrop {REQUEST} --cover 1,2,3 --reason x", "four whole numbers"),
        (f"backdrop {REQUEST} --cover 1,2,0,4 --reason x", f"{WIDTH} x {HEIGHT}"),
        (f"backdrop {REQUEST} --cover 900,2,5,4 --reason x", f"{WIDTH} x {HEIGHT}"),
        (f"backdrop {REQUEST} --stretch 9 --approve --reason x", "no backdrop 9"),
        (f"review {REQUEST} --reason x", "which frames"),
        (f"review {REQUEST} --all --frames 0-9 --reason x", "which frames"),
        (f"review {REQUEST} --frames 9 --reason x", "two numbers"),
        (f"review {REQUEST} --frames 9-8 --reason x", f"0 to {TOTAL - 1}"),
        (f"review {REQUEST} --frames 0-{TOTAL} --reason x", f"0 to {TOTAL - 1}"),
        ("review REQ-2026-099 --all --reason x", "REQ-2026-099"),
    ]:
        said = prepared.cctv(f"redaction {command}", exit=2)
        assert word in said.err, command
        assert "next:" in said.err
    assert acts(prepared)[-1] == "redaction.prepared"


def test_the_sheet_shows_the_result_the_drawn_boxes_and_what_to_type_next_to_each(prepared, tmp_path):
    kept = write_keep(tmp_path / "K.json", last=TOTAL - 1)
    prepared.cctv(f"redaction keep {REQUEST} --boxes {kept} --reason x")
    page = _page(prepared)

    assert page.count("Wat te zien zal zijn, 11:00:0") >= 6
    assert page.count("Getekende kaders, 11:00:0") == 2
    for command in (
        f"redaction backdrop {REQUEST} --stretch 1 --approve",
        f"redaction review {REQUEST} --frames 0-{TOTAL - 1}",
        f"redaction keep {REQUEST} --person 1 --reason",
        f"redaction hide {REQUEST} --person 2 --reason",
    ):
        assert command in page
    assert page.count("<img ") == page.count('<img alt="') > 0
    assert "er werd niet opgenomen" in page  # the rest of the requested minute
    prepared.cctv(f"redaction review {REQUEST} --all --reason x")
    assert "nagekeken door" in _page(prepared)


def test_what_stayed_in_its_place_is_listed_with_the_picture_of_the_camera_beside_the_result(
    opened, footage_files, tmp_path
):
    for start in ("2026-11-01 11:30:00", "2026-11-01 11:30:04"):
        opened.record("foyer-1", start, minutes=SEGMENT / 60, segment=SEGMENT, clip=footage_files["nobody"][0])
    stays = film(tmp_path / "stays.mp4", [Person(BLUE, start=80, speed=0, bottom=100)], frames=6 * RATE)
    opened.record("foyer-1", "2026-11-01 11:30:08", minutes=0.1, segment=6, clip=stays)
    opened.cctv(OPEN.replace("11:00", "11:30"))
    opened.cctv("redaction prepare REQ-2026-002")

    page = (opened.root / "derived" / "REQ-2026-002" / "sheet.html").read_text()

    assert "iets bleef staan, of iemand stond stil" in page
    assert page.count("wat de camera zag, 11:30:1") == 2  # in the picture's text and below it
