"""The demo is the acceptance test: the whole story on real streams, proved from outside; it keeps off real footage."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import simrig

pytestmark = [pytest.mark.slow, pytest.mark.hardware]

DEMO = Path(__file__).resolve().parents[2] / "scripts" / "demo_story" / "main.py"


def demo(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DEMO), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)


@pytest.mark.timeout(1800)  # no measure: a machine that does other things takes its time
@pytest.mark.skipif(simrig.missing() is not None, reason=f"no simulated cameras: {simrig.missing()}")
def test_the_whole_story_holds_on_real_streams(tmp_path):
    done = demo("--json", "--workdir", tmp_path / "work")

    assert done.returncode == 0, done.stderr[-4000:]
    facts = json.loads(done.stdout.splitlines()[-1])
    assert facts["ok"]
    assert facts["frames_lost"] == facts["audio_streams"] == facts["heads_visible"] == 0
    assert facts["subject_visible_share"] >= 0.9
    assert Path(facts["contact_sheet"]).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("place", ["", "storage", "segments/facade"])
def test_the_demo_refuses_a_storage_with_real_footage(site, place):
    recorded = site.record("gevel-1", "2026-11-01 11:00")
    folder = {"": site.folder, "storage": site.root}.get(place, site.root / place)

    done = demo("--workdir", folder)

    assert done.returncode == 12
    assert "real site" in done.stderr
    assert site.footage("gevel-1") == recorded


def test_the_demo_refuses_a_folder_with_other_things_in_it(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"")

    done = demo("--workdir", tmp_path)

    assert done.returncode == 12
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]
