"""The commands that ffmpeg gets, built by ffmpeg-python, are those that were written by hand and measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from cctv.cameras.probe import packet_list_command, picture_command
from cctv.cameras.rtsp import PROTOCOLS
from cctv.redaction.review.background_samples import first_picture_command

FLAGS = {"-hide_banner", "-nostdin", "-an"}
CONCAT = ["-v", "error", "-hide_banner", "-f", "concat", "-safe", "0", "-protocol_whitelist", PROTOCOLS, "-i", "pipe:0"]
PACKETS = ["-map", "0:v:0", "-c", "copy", "-flush_packets", "1", "-f", "framecrc", "pipe:1"]
SCALE = ["-vf", "scale=32:-1:flags=area", "-f", "rawvideo", "-pix_fmt", "bgr24", "pipe:1"]
FILE = ["-nostdin", "-v", "error", "-i", "file:/s/a b.mp4", "-map", "0:v:0", "-an", "-frames:v", "1"]
PAD = ["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2:0:0", "-pix_fmt", "yuv420p", "-f", "rawvideo", "pipe:1"]


def parsed(command):
    """The options of each file, in any order, and the file: that is how ffmpeg reads a command."""
    program, *rest = command
    files, options = [], set()
    while rest:
        word = rest.pop(0)
        if word == "-i" or not word.startswith("-"):
            files.append((frozenset(options), word, rest.pop(0) if word == "-i" else None))
            options = set()
        else:
            options.add((word, None if word in FLAGS else rest.pop(0)))
    assert not options
    return program, files


@pytest.mark.parametrize(
    ("built", "written"),
    [
        (packet_list_command(), [*CONCAT, *PACKETS]),
        (picture_command(32), [*CONCAT, "-map", "0:v:0", "-frames:v", "1", *SCALE]),
        (first_picture_command(Path("/s/a b.mp4")), [*FILE, *PAD]),
    ],
    ids=["packets", "picture", "first picture"],
)
def test_a_command_has_the_options_that_were_measured(built, written):
    assert parsed(built) == parsed(["ffmpeg", *written])
