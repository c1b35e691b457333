"""The commands that ffmpeg gets, built by ffmpeg-python, are those that were written by hand and measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from cctv.cameras.probe import picture_command
from cctv.cameras.sdp import Codec
from cctv.footage.media import MAX_PIXELS, READING
from cctv.redaction.review.background_samples import first_picture_command

FLAGS = {"-hide_banner", "-nostdin", "-an"}
BYTES = ["-v", "error", "-hide_banner", "-protocol_whitelist", "pipe", "-max_pixels", str(MAX_PIXELS), "-f"]
STILL = [
    "-i",
    "pipe:0",
    "-map",
    "0:v:0",
    "-frames:v",
    "1",
    "-vf",
    "scale=32:-1:flags=area",
    "-f",
    "rawvideo",
    "-pix_fmt",
    "bgr24",
    "pipe:1",
]
FENCED = [word for name, value in READING.items() for word in (f"-{name}", value)]
FILE = ["-nostdin", "-v", "error", *FENCED, "-i", "file:/s/a b.mp4", "-map", "0:v:0", "-an", "-frames:v", "1"]
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
        (picture_command(32, Codec.H264), [*BYTES, "h264", *STILL]),
        (picture_command(32, Codec.H265), [*BYTES, "hevc", *STILL]),
        (first_picture_command(Path("/s/a b.mp4")), [*FILE, *PAD]),
    ],
    ids=["picture", "picture of H.265", "first picture"],
)
def test_a_command_has_the_options_that_were_measured(built, written):
    assert parsed(built) == parsed(["ffmpeg", *written])
