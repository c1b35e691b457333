"""`cctv redaction prepare`: footage becomes parts with numbered tracks and a sheet; nothing is prepared by halves."""

from __future__ import annotations

import re

import pytest
from casestages import OPEN, REQUEST, TOTAL, acts, record_people

pytestmark = pytest.mark.slow

PREPARE = f"redaction prepare {REQUEST}"


def _segments(site):
    return site.footage("foyer-1")[-2:]


def test_prepare_numbers_the_tracks_and_writes_a_sheet_that_needs_nothing_else(prepared):
    shown = prepared.cctv(f"redaction show {REQUEST} --json").json
    part = shown["parts"][0]
    page = (prepared.root / "derived" / REQUEST / "sheet.html").read_text().replace("<span>", "").replace("</span>", "")

    assert shown["sheet"].endswith(f"derived/{REQUEST}/sheet.html")
    assert (part["camera"], part["part"], part["segments"], part["frames"]) == ("foyer-1", 1, 2, TOTAL)
    assert part["undecided"] == part["tracks"] != []
    assert not part["approved"]
    assert page.count("data:image/jpeg;base64,") >= 1 + len(part["tracks"])
    assert not re.search(r"<script|https?://|src=\"(?!data:)", page)
    assert f"cctv redaction keep {REQUEST}" in page
    assert "An Peeters" not in page
    assert acts(prepared).count("redaction.prepared") == 1


def test_prepare_leaves_no_recording_under_derived(prepared):
    held = {path.suffix for path in (prepared.root / "derived").rglob("*") if path.is_file()}
    assert held == {".npz", ".json", ".png", ".html", ""}  # the last is the lock


def test_preparing_again_keeps_numbers_decisions_and_approval(approved):
    before = approved.cctv(f"redaction show {REQUEST} --json").json

    said = approved.cctv(f"{PREPARE} --json").json

    assert said["parts"][0]["kept_from_before"]
    assert approved.cctv(f"redaction show {REQUEST} --json").json == before
    assert before["parts"][0]["approved"]


def test_a_dry_run_says_what_it_would_analyse_and_writes_nothing(opened):
    said = opened.cctv(f"{PREPARE} --dry-run --json").json

    assert said["dry_run"]
    assert said["parts"][0]["segments"] == 2
    assert list((opened.root / "derived").iterdir()) == []
    assert "redaction.prepared" not in acts(opened)


@pytest.mark.parametrize("harm", ["truncated", "changed", "missing"])
def test_a_segment_that_is_not_whole_is_named_and_nothing_is_prepared(opened, harm):
    path = opened.root / _segments(opened)[1].path
    data = path.read_bytes()
    if harm == "truncated":
        path.write_bytes(data[: len(data) // 2])
    elif harm == "changed":
        path.write_bytes(data[:-5] + bytes([data[-5] ^ 1]) + data[-4:])
    else:
        path.unlink()

    said = opened.cctv(PREPARE, exit=15)

    assert path.name in said.err
    assert "next:" in said.err
    assert opened.cctv(f"redaction show {REQUEST}", exit=13).out == ""
    assert list((opened.root / "derived").iterdir()) == []
    assert "redaction.prepared" not in acts(opened)


def test_a_pause_in_the_recording_makes_two_parts_that_must_be_told_apart(opened, footage_files, tmp_path):
    record_people(opened, footage_files, "2026-11-01 11:00:30")
    opened.cctv(PREPARE)

    said = opened.cctv(f"redaction keep {REQUEST} 1 --reason x", exit=2)
    assert "--part" in said.err
    done = opened.cctv(f"redaction keep {REQUEST} 1 --part 2 --reason x --json").json
    assert done["part"]["part"] == 2
    assert done["part"]["keep"] == [1]
    parts = opened.cctv(f"redaction show {REQUEST} --json").json["parts"]
    assert [part["keep"] for part in parts] == [[], [1]]


@pytest.mark.parametrize(("camera", "cause"), [("gevel-1", "never recorded"), ("foyer-1", "recorder stopped")])
def test_without_footage_the_cause_is_named(opened, camera, cause):
    opened.cctv(OPEN.replace("foyer-1", camera).replace("11:00", "11:30"))

    said = opened.cctv("redaction prepare REQ-2026-002", exit=14)

    assert cause in said.err
    assert "request answer REQ-2026-002 --outcome no-footage" in said.err


def test_footage_that_expired_is_named_as_such(opened):
    opened.record("foyer-1", "2026-10-01 11:00")
    opened.cctv("sweep --once")
    opened.cctv(OPEN.replace("2026-11-01 11:00", "2026-10-01 11:00"))

    assert "past its limit" in opened.cctv("redaction prepare REQ-2026-002", exit=14).err


def test_requests_that_get_no_copy_are_refused(opened):
    assert opened.cctv("redaction prepare REQ-2026-099", exit=2).err
    opened.cctv(f"{OPEN} --type erasure")
    assert "erasure" in opened.cctv("redaction prepare REQ-2026-002", exit=12).err
    opened.cctv(f"request close {REQUEST} --outcome granted")
    assert "closed" in opened.cctv(PREPARE, exit=2).err
