"""A sample of the matrix of cameras: the rows are data, and the recorder is run by its commands."""

import subprocess
import sys
from pathlib import Path

import pytest
import simrig

ROOT = Path(__file__).resolve().parent.parent.parent
MAIN = ROOT / "scripts" / "matrix_bench" / "main.py"

pytestmark = [pytest.mark.slow, pytest.mark.hardware]


def run(*arguments):
    return subprocess.run([sys.executable, str(MAIN), *arguments], capture_output=True, text=True, check=False)


def test_a_sample_of_the_rows_is_as_expected(tmp_path):
    if lacking := simrig.missing():
        pytest.skip(f"no simulated cameras: {lacking}")
    sample = [
        "GStreamer, H.264: B-frames",
        "Digest, a wrong password",
        "device, H.265: H.265 by Media2",
        "no such stream",
    ]
    done = run(*(f"--only={words}" for words in sample), "--from", str(tmp_path), "--write", "page.md")

    assert (done.returncode, done.stderr) == (0, "")
    page = (tmp_path / "page.md").read_text()
    assert page == done.stdout
    assert "| GStreamer | H.264 | B-frames | H.264 | recorded | yes |" in page
    assert "| GStreamer | - | Digest, a wrong password | `CameraUnauthorised` | nothing | yes |" in page
    assert "| ONVIF device | H.265 | H.265 by Media2 only | H.265 | recorded | yes |" in page
    assert "| RTSP by hand | - | knows no such stream | `StreamUnknown` | nothing | yes |" in page


def test_words_that_no_row_has_are_named():
    done = run("--only", "no such camera anywhere")

    assert done.returncode == 2
    assert "no row has those words" in done.stderr


def test_the_page_has_a_line_for_every_row():
    sys.path.insert(0, str(ROOT / "scripts"))
    from matrix_bench.rows import rows  # noqa: PLC0415 - scripts/ is not on the path before

    page = (ROOT / "docs" / "cameras-tested.md").read_text()
    lacking = [row.title for row in rows() if f"| {row.server} | {row.codec} | {row.quirk} |" not in page]
    assert lacking == [], "run ./scripts/matrix --write docs/cameras-tested.md"
