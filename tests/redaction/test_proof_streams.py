"""A video that holds more than its picture is refused by the proof."""

from __future__ import annotations

import subprocess

import pytest
from scenes import Scene, write

from cctv.redaction.errors import VerifyFailed
from cctv.redaction.render.verify import _contents

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("added", "said"),
    [
        (("-metadata", "title=Jan"), "carries metadata .title"),
        (("-timecode", "01:00:00:00"), "video, data instead of one video"),
        (("-f", "lavfi", "-i", "sine=d=1", "-shortest"), "video, audio instead of one video"),
    ],
)
def test_a_video_with_sound_or_metadata_does_not_pass(tmp_path, added, said):
    clean = write(tmp_path / "clean.mp4", Scene(frames=3), "-c:v", "libx264", "-preset", "ultrafast")
    more = tmp_path / "more.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(clean), *added, "-c:v", "copy", str(more)], check=True)

    _contents(clean)
    with pytest.raises(VerifyFailed, match=said):
        _contents(more)


def test_a_video_that_cannot_be_read_does_not_pass(tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(bytes(5000))

    with pytest.raises(VerifyFailed, match="it is no video"):
        _contents(broken)
