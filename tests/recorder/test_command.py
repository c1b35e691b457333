"""The command that records: what it holds and what it must never hold."""

from datetime import timedelta
from pathlib import Path

from cctv.archive.layout import incoming_name
from cctv.recorder.command import file_pattern, record_command

COMMAND = record_command(Path("incoming/gevel-1/run7-%06d.mp4"), 5, timedelta(seconds=60))


def after(option: str) -> str:
    return COMMAND[COMMAND.index(option) + 1]


def test_only_the_picture_is_copied_and_never_encoded():
    assert after("-map") == "0:v:0"
    assert "-an" in COMMAND
    assert after("-c") == "copy"


def test_the_address_comes_on_standard_input_only():
    assert after("-i") == "pipe:0"
    assert not any("rtsp://" in word for word in COMMAND)


def test_segments_are_fragmented_so_that_a_kill_costs_half_a_second():
    assert after("-segment_time") == "60"
    assert "frag_keyframe+empty_moov+default_base_moof" in after("-segment_format_options")
    assert "frag_duration=400000:flush_packets=1" in after("-segment_format_options")


def test_closed_segments_and_progress_are_heard_apart():
    assert after("-segment_list") == "pipe:1"
    assert after("-progress") == "pipe:5"


def test_the_archive_reads_the_names_that_the_recorder_writes():
    assert incoming_name(file_pattern(7) % 12) == (7, 12)
