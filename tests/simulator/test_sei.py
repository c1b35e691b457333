"""The audit finds what is missing, and only that."""

import json
import subprocess

import pytest
import simrig
from simulator import sei
from simulator.clips import load_clip

pytestmark = pytest.mark.slow


@pytest.fixture
def recording(small, tmp_path):
    """Make a file whose frames carry these counters, without any camera."""
    clip = load_clip(small().stream)

    def make(counters, name="recording.ts", camera=2):
        stream = b"".join(
            unit.marked(clip.codec.sei(sei.mark(camera, counter, 1_000_000 + counter)))
            for counter, unit in zip(counters, clip.units, strict=False)
        )
        command = [
            "ffmpeg",
            "-v",
            "error",
            "-y",
            "-r",
            "25",
            "-f",
            "h264",
            "-i",
            "pipe:0",
            "-c",
            "copy",
            tmp_path / name,
        ]
        subprocess.run(command, input=stream, check=True)
        return tmp_path / name

    return make


def test_a_complete_file_is_clean(recording):
    audit = sei.audit(sei.scan(recording(range(100, 120))))

    assert audit.clean
    assert (audit.camera, audit.frames, audit.first, audit.last) == (2, 20, 100, 119)
    assert (audit.first_sent_us, audit.last_sent_us) == (1_000_100, 1_000_119)
    assert audit.audio_streams == 0


def test_a_gap_and_a_step_back_are_counted(recording):
    audit = sei.audit(sei.scan(recording([5, 6, 9, 10, 8, 9])))

    assert (audit.missing, audit.backwards) == (2, 1)
    assert not audit.clean


def test_what_is_missing_between_two_files_counts_only_across(recording):
    scans = [sei.scan(recording(range(10), "a.ts")), sei.scan(recording(range(13, 20), "b.ts"))]
    other = sei.scan(recording(range(50, 60), "c.ts", camera=1))

    assert [sei.audit(scanned).missing for scanned in scans] == [0, 0]
    assert [(audit.camera, audit.missing, audit.frames) for audit in sei.across([*scans, other])] == [
        (1, 0, 10),
        (2, 3, 17),
    ]


def test_a_frame_without_a_mark_is_not_clean(small):
    audit = sei.audit(sei.scan(small().movie))

    assert (audit.frames, audit.unmarked) == (0, small().frames)
    assert not audit.clean


def test_an_unreadable_file_is_an_error_and_not_an_exception(tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a movie")

    audit = sei.audit(sei.scan(broken))

    assert audit.error
    assert sei.audit(sei.scan(tmp_path / "nowhere.mp4")).error


def test_the_command_prints_a_line_for_each_file_and_fails_if_one_is_not_clean(recording):
    files = [recording(range(5), "a.ts"), recording([7, 9], "b.ts")]
    command = [simrig.SYSTEM_PYTHON, simrig.SCRIPTS / "sei-audit"]

    good = subprocess.run([*command, files[0]], capture_output=True, text=True, check=False)
    both = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    across = subprocess.run([*command, "--across", *files], capture_output=True, text=True, check=False)

    assert (good.returncode, both.returncode, across.returncode) == (0, 1, 1)
    assert [json.loads(line)["missing"] for line in both.stdout.splitlines()] == [0, 1]
    assert [json.loads(line)["missing"] for line in across.stdout.splitlines()] == [3]
