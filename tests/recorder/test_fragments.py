"""What the heads of fragments tell: holes, changes, and how a file is parted at one."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from cctv.archive import probe
from cctv.archive.layout import incoming_name
from cctv.kernel.durable import Disk
from cctv.recorder.fragments import Fragment, all_fragments, holes
from cctv.recorder.mending import examine
from cctv.recorder.openfiles import OpenFiles

FLAGS = "frag_keyframe+empty_moov+default_base_moof"


def ffmpeg(*words: object) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, words)], check=True)


def stream(folder: Path, codec: str, size: str, seconds: int) -> bytes:
    path = folder / f"{size}.{codec}"
    encoder = {"h264": ["libx264"], "hevc": ["libx265", "-x265-params", "log-level=none:keyint=25"]}[codec]
    source = f"testsrc2=size={size}:rate=25:duration={seconds}"
    ffmpeg("-f", "lavfi", "-i", source, "-c:v", *encoder, "-preset", "ultrafast", "-g", 25, "-bf", 0, "-f", codec, path)
    return path.read_bytes()


@pytest.fixture(params=["h264", "hevc"])
def changed(request, tmp_path) -> Path:
    """Four seconds, the last two in another size, as ffmpeg records them: under the header of the first."""
    raw = tmp_path / f"both.{request.param}"
    raw.write_bytes(stream(tmp_path, request.param, "320x180", 2) + stream(tmp_path, request.param, "160x90", 2))
    path = tmp_path / "run7-000002.mp4"
    ffmpeg("-r", 25, "-f", request.param, "-i", raw, "-c", "copy", "-movflags", FLAGS, "-frag_duration", 400000, path)
    return path


def frames(path: Path) -> int:
    return probe(path).packets


def test_a_file_is_parted_where_its_stream_changed(changed):
    examined = examine(changed, None, Disk())

    first, second = examined.parts
    assert examined.changed
    assert [(part.start, part.end, part.holds) for part in examined.parts] == [
        (timedelta(0), timedelta(seconds=2), timedelta(seconds=2)),
        (timedelta(seconds=2), None, timedelta(seconds=2)),
    ]
    assert [(probe(part.path).width, frames(part.path)) for part in (first, second)] == [(320, 50), (160, 50)]
    assert incoming_name(second.path.name)[0] == incoming_name(changed.name)[0]
    for part in (first, second):
        decoded = ["ffmpeg", "-v", "error", "-i", str(part.path), "-f", "null", "-"]
        assert subprocess.run(decoded, capture_output=True, check=True).stderr == b""


def test_a_whole_file_under_the_old_header_gets_its_own(changed):
    parameters = all_fragments(changed)[1][0].parameters
    second = examine(changed, None, Disk()).parts[1].path
    following = changed.with_name("run7-000003.mp4")
    header = changed.read_bytes()[: all_fragments(changed)[0].size]
    following.write_bytes(header + second.read_bytes()[all_fragments(second)[0].size :])

    examined = examine(following, parameters, Disk())

    assert examined.changed
    assert [part.path for part in examined.parts] == [following]
    assert (probe(following).width, frames(following)) == (160, 50)


def test_a_file_without_a_change_is_left_as_it_is(clip, tmp_path):
    path = Path(shutil.copy(clip, tmp_path / "run7-000001.mp4"))
    before = path.read_bytes()

    examined = examine(path, None, Disk())

    assert not examined.changed
    assert [part.holds for part in examined.parts] == [timedelta(seconds=2)]
    assert path.read_bytes() == before


def test_a_torn_file_is_read_up_to_its_last_whole_fragment(clip, tmp_path):
    path = tmp_path / "run7-000001.mp4"
    path.write_bytes(clip.read_bytes()[:-2000])

    assert examine(path, None, Disk()).parts[0].holds == timedelta(seconds=1)


def fragment(start: int, *durations: int) -> Fragment:
    return Fragment(0, 0, 0, 0, start, durations, None)


def test_missing_frames_are_holes_inside_a_fragment_and_between_two():
    found = [fragment(1000, 40, 40, 1540, 40), fragment(2660, 40, 40), fragment(3740, 40)]

    spans = [(start.total_seconds(), end.total_seconds()) for start, end in holes(found, 1000)]

    assert spans == [(0.12, 1.62), (1.74, 2.74)]


def test_a_slow_camera_has_no_holes():
    assert holes([fragment(0, 1000, 1000, 1000)], 1000) == []


class RecordingDisk(Disk):
    def __init__(self) -> None:
        self.flushed: list[str] = []

    def sync_file(self, path: Path) -> None:
        self.flushed.append(path.name)
        super().sync_file(path)


def test_open_files_are_flushed_when_they_have_grown(clip, tmp_path):
    disk = RecordingDisk()
    files = OpenFiles(tmp_path, "run7-", disk)
    path = Path(shutil.copy(clip, tmp_path / "run7-000001.mp4"))
    shutil.copy(clip, tmp_path / "run8-000001.mp4")

    assert [files.flush(), files.flush()] == [False, False]
    assert disk.flushed == [path.name]

    with path.open("ab") as file:
        file.write(b"more")
    files.flush()
    assert disk.flushed == [path.name] * 2


def test_a_change_is_seen_while_the_file_is_open(changed):
    assert OpenFiles(changed.parent, "run7-", Disk()).flush()
