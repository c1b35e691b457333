"""Nobody looks without an open case that is about the footage; what was looked at goes with the case."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SPAN = "--from '2026-11-01 10:00:00' --to '2026-11-01 10:00:02'"
CASE = "incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:05'"


def frames_of(path):
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=codec_type,nb_read_frames"]
    return subprocess.run([*command, "-of", "csv=p=0", str(path)], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def recorded(site):
    site.record("gevel-1", "2026-11-01 10:00", minutes=2 / 30, segment=2)
    return site


def test_without_a_case_nobody_looks(recorded):
    told = recorded.cctv(f"footage show --case INC-2026-001 --camera gevel-1 {SPAN}", exit=2)

    assert "no incident INC-2026-001" in told.err
    assert not list((recorded.root / "derived").rglob("*.html"))


def test_a_contact_sheet_shows_what_the_case_is_about_and_the_log_says_who_looked(recorded):
    recorded.cctv(CASE)

    shown = recorded.cctv(f"footage show --case inc-2026-001 --camera gevel-1 {SPAN} --stills 3 --json").json

    page = Path(shown["path"]).read_text()
    assert page.count("data:image/jpeg") == 3
    assert len(shown["times"]) == 3
    assert "01/11/2026 10:00:00" in page
    assert not re.search(r"(src|href)=.?http", page)
    assert "footage.viewed" in recorded.cctv("audit list --about INC-2026-001").out


def test_a_case_may_look_at_what_it_holds_and_no_further(recorded):
    recorded.record("foyer-1", "2026-11-01 10:00")
    recorded.cctv(CASE)

    elsewhere = recorded.cctv(f"footage show --case INC-2026-001 --camera foyer-1 {SPAN}", exit=12)
    later = recorded.cctv(
        "footage extract --case INC-2026-001 --camera gevel-1 --from '2026-11-01 10:04' --to '2026-11-01 10:06'",
        exit=12,
    )

    assert "does not justify" in elsewhere.err
    assert "cctv hold place --ground INC-2026-001" in later.err
    assert recorded.cctv("audit list").out.count("use.refused") == 2


def test_a_settled_case_is_no_reason_to_look(recorded):
    recorded.cctv(CASE)
    recorded.cctv("incident settle INC-2026-001 --reason gedaan --yes")

    assert "was settled" in recorded.cctv(f"footage show --case INC-2026-001 --camera gevel-1 {SPAN}", exit=2).err


def test_an_extract_has_the_asked_frames_and_no_other_and_no_sound(recorded):
    recorded.cctv(CASE)

    made = recorded.cctv(f"footage extract --case INC-2026-001 --camera gevel-1 {SPAN} --json").json

    (path,) = made["paths"]
    assert made["frames"] == 20
    assert frames_of(path).strip() == "video,20"
    assert "footage.extracted" in recorded.cctv("audit list").out


def test_a_dry_run_checks_the_case_and_writes_nothing(recorded):
    recorded.cctv(CASE)

    planned = recorded.cctv(f"footage extract --case INC-2026-001 --camera gevel-1 {SPAN} --dry-run --json").json

    assert planned["dry_run"]
    assert not list((recorded.root / "derived").rglob("*"))
    assert "footage.extracted" not in recorded.cctv("audit list").out


def test_where_there_is_no_footage_the_cause_is_named(recorded):
    recorded.cctv("incident open x --kind theft --cameras gang-2 --from '2026-11-01 10:00' --to '2026-11-01 10:05'")

    told = recorded.cctv(f"footage show --case INC-2026-001 --camera gang-2 {SPAN}", exit=14)

    assert "not recorded" in told.err


def test_views_go_when_the_case_ends_and_after_four_weeks_at_most(recorded, clock):
    recorded.cctv(CASE)
    recorded.cctv(f"footage show --case INC-2026-001 --camera gevel-1 {SPAN} --stills 1")
    views = recorded.root / "derived" / "INC-2026-001" / "views"
    recorded.cctv("sweep --once")
    assert len(list(views.iterdir())) == 1

    recorded.cctv("incident settle INC-2026-001 --reason gedaan --yes")
    recorded.cctv("sweep --once")

    assert not views.parent.exists()
    assert "derived.deleted" in recorded.cctv("audit list").out


def test_what_a_crash_left_of_an_extract_goes_after_a_day(recorded, clock):
    recorded.cctv(CASE)
    recorded.cctv(f"footage extract --case INC-2026-001 --camera gevel-1 {SPAN}")
    views = recorded.root / "derived" / "INC-2026-001" / "views"
    left = views / ".extracting"
    left.mkdir()
    (left / "half.mp4").write_bytes(b"half")
    made = clock.now().timestamp()
    os.utime(left / "half.mp4", (made, made))
    os.utime(left, (made, made))

    clock.advance(hours=25)
    recorded.cctv("sweep --once")

    assert not left.exists()
    assert len(list(views.iterdir())) == 1


def test_a_grant_to_view_is_asked_for_where_the_policy_says_so(recorded):
    recorded.config.write_text(recorded.config.read_text().replace("[policy]\n", '[policy]\ngranted_only = ["view"]\n'))
    recorded.cctv(CASE)

    told = recorded.cctv(f"footage show --case INC-2026-001 --camera gevel-1 {SPAN}", exit=12)

    assert "no grant for view" in told.err
    assert "grant.missed" in recorded.cctv("audit list").out


def test_what_a_mask_covers_is_black_in_an_extract(recorded):
    text = recorded.config.read_text()
    mask = 'masks = [[[0, 0], [50, 0], [50, 100], [0, 100]]]\nrtsp = "rtsp://127.0.0.1:9/gevel-1"'
    recorded.config.write_text(text.replace('rtsp = "rtsp://127.0.0.1:9/gevel-1"', mask))
    recorded.cctv(CASE)

    (path,) = recorded.cctv(f"footage extract --case INC-2026-001 --camera gevel-1 {SPAN} --json").json["paths"]

    command = ["ffmpeg", "-v", "error", "-i", path, "-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo", "-"]
    picture = subprocess.run(command, capture_output=True, check=True).stdout
    rows = [picture[row * 160 : row * 160 + 70] for row in range(120)]
    assert max(max(row) for row in rows) < 40


def test_an_extract_is_not_written_into_what_somebody_made_beforehand(recorded, tmp_path):
    recorded.cctv(CASE)
    elsewhere, views = tmp_path / "elsewhere", recorded.root / "derived" / "INC-2026-001" / "views"
    line = f"footage extract --case INC-2026-001 --camera gevel-1 {SPAN} --json"
    (planned,) = recorded.cctv(f"{line} --dry-run").json["paths"]
    views.mkdir(parents=True)
    (views / f".{Path(planned).name}.part").symlink_to(elsewhere)

    (path,) = recorded.cctv(line).json["paths"]

    assert Path(path).name == Path(planned).name
    assert frames_of(path).strip() == "video,20"
    assert not elsewhere.exists()
