"""A segment file while it grows: what a kill, a full disk or another format leaves of it."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import pytest

from cctv.core.durable import DurableFiles
from cctv.footage.media import holes_in, probe, read_timing
from cctv.recording.access_units import holds_picture, parameter_sets
from cctv.recording.codec_params import first_format, format_of
from cctv.recording.segment_file import SegmentFile

pytestmark = pytest.mark.slow

TICK = Fraction(1, 90_000)
FRAME = 3600


class SmallDisk(DurableFiles):
    """Has room for so many bytes; a write that finds too little writes what fits, as a file system does."""

    def __init__(self, room: int) -> None:
        self.room = room

    def append(self, descriptor, size, pieces):
        if size + sum(map(len, pieces)) > self.room:
            super().append(descriptor, size, [b"".join(pieces)[: self.room - size]])
            os.ftruncate(descriptor, size)
            raise OSError(errno.ENOSPC, "No space left on device")
        super().append(descriptor, size, pieces)


def stream(folder: Path, codec: str, size: str = "320x180", seconds: int = 2) -> Path:
    path = folder / f"{size}.{codec}"
    encoder = {"h264": ["libx264"], "hevc": ["libx265", "-x265-params", "log-level=none:keyint=25"]}[codec]
    source = f"testsrc2=size={size}:rate=25:duration={seconds}"
    words = ["-f", "lavfi", "-i", source, "-c:v", *encoder, "-preset", "ultrafast", "-g", "25", "-bf", "0", "-f", codec]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *words, str(path)], check=True)
    return path


@pytest.fixture(params=["h264", "hevc"])
def codec(request) -> str:
    return request.param


def written(source: Path, path: Path, disk: DurableFiles, *, skip: range = range(0)) -> SegmentFile:
    """Every picture of a stream in one file that is still open; raises what the disk raises, the file then at hand."""
    container = av.open(str(source))
    file = SegmentFile(path, first_format(container.streams.video[0]), TICK, disk)
    file.number = 0
    try:
        for number, packet in enumerate(one for one in container.demux() if one.size):
            if number not in skip:
                file.write(packet, number * FRAME, number * FRAME)
            file.number = number + 1
    except OSError as error:
        error.file = file
        raise
    return file


def test_a_closed_file_is_what_its_hash_says_and_can_be_played(codec, tmp_path):
    file = written(stream(tmp_path, codec), tmp_path / "run1-000000.mp4", DurableFiles())
    file.flush()

    closed = file.close(50 * FRAME)

    data = closed.path.read_bytes()
    assert (closed.sha256, closed.size_bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert closed.until == 50 * FRAME
    media = probe(closed.path)
    assert (len(read_timing(closed.path).times), media.width, media.sound) == (50, 320, None)
    assert (
        subprocess.run(
            ["ffmpeg", "-v", "error", "-i", str(closed.path), "-f", "null", "-"], capture_output=True, check=True
        ).stderr
        == b""
    )
    file.flush()  # one that comes late does no harm


def test_a_file_that_nobody_closed_lacks_half_a_second_at_most(codec, tmp_path):
    file = written(stream(tmp_path, codec), tmp_path / "run1-000000.mp4", DurableFiles())

    assert len(read_timing(file.path).times) >= 50 - 12
    file.abandon()


def test_a_full_disk_leaves_whole_fragments_and_says_until_when(codec, tmp_path):
    source = stream(tmp_path, codec)
    whole = written(source, tmp_path / "whole.mp4", DurableFiles()).close(50 * FRAME)
    path = tmp_path / "run1-000000.mp4"

    with pytest.raises(OSError, match="No space") as raised:
        written(source, path, SmallDisk(whole.size_bytes * 2 // 3))
    closed = raised.value.file.close(50 * FRAME)

    data = path.read_bytes()
    assert 0 < closed.until < 50 * FRAME
    assert len(read_timing(path).times) * FRAME == closed.until
    assert (closed.sha256, closed.size_bytes) == (hashlib.sha256(data).hexdigest(), len(data))


def test_a_disk_without_any_room_leaves_a_file_without_a_picture(codec, tmp_path):
    with pytest.raises(OSError, match="No space") as raised:
        written(stream(tmp_path, codec), tmp_path / "run1-000000.mp4", SmallDisk(10))

    assert raised.value.file.close(50 * FRAME).until is None


def test_a_hole_can_be_read_from_the_file_that_a_kill_left(codec, tmp_path):
    file = written(stream(tmp_path, codec), tmp_path / "run1-000000.mp4", DurableFiles(), skip=range(10, 30))

    (start, end), *more = holes_in(file.path)

    assert not more
    assert (start.total_seconds(), end.total_seconds()) == pytest.approx((0.4, 1.2), abs=0.05)
    file.abandon()


def test_a_key_picture_of_another_size_is_seen_and_gives_its_own_header(codec, tmp_path):
    before, after = (av.open(str(stream(tmp_path, codec, size))) for size in ("320x180", "480x270"))
    announced = first_format(before.streams.video[0])
    picture = next(packet for packet in after.demux() if packet.is_keyframe)

    found = parameter_sets(bytes(picture), is_h265=codec == "hevc")
    new = format_of(bytes(picture), before.streams.video[0])

    assert announced.parameters
    assert found == new.parameters != announced.parameters
    file = SegmentFile(tmp_path / "run1-000001.mp4", new, TICK, DurableFiles())
    file.write(picture, 0, 0)
    assert probe(file.close(FRAME).path).width == 480


def test_what_is_left_of_a_picture_without_a_slice_is_none(codec, tmp_path):
    picture = next(packet for packet in av.open(str(stream(tmp_path, codec))).demux() if packet.is_keyframe)
    delimiter = b"\0\0\0\1\x09\xf0" if codec == "h264" else b"\0\0\0\1\x46\x01\x50"

    assert holds_picture(bytes(picture), is_h265=codec == "hevc")
    assert not holds_picture(delimiter, is_h265=codec == "hevc")
    assert not holds_picture(b"", is_h265=codec == "hevc")


def test_what_no_file_can_hold_leaves_none_behind(tmp_path):
    """A file without a picture in the way of the next attempt once stopped the recording of all cameras."""
    with av.open(str(tmp_path / "x.avi"), "w") as other:
        stream = other.add_stream("rawvideo", 25)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
        for packet in stream.encode(av.VideoFrame(16, 16, "yuv420p")):
            other.mux(packet)
    template = av.open(str(tmp_path / "x.avi")).streams.video[0]

    with pytest.raises(ValueError, match="does not support"):
        SegmentFile(tmp_path / "run1-000000.mp4", first_format(template), TICK, DurableFiles())

    assert not (tmp_path / "run1-000000.mp4").exists()


@pytest.mark.parametrize(("has_changed", "tag"), [(False, "hvc1"), (True, "hev1")])
def test_h265_names_where_its_parameter_sets_are(tmp_path, has_changed, tag):
    container = av.open(str(stream(tmp_path, "hevc")))
    first = next(packet for packet in container.demux() if packet.size)
    stated = format_of(bytes(first), container.streams.video[0], has_changed=has_changed)
    file = SegmentFile(tmp_path / "run1-000000.mp4", stated, TICK, DurableFiles())
    file.write(first, 0, 0, repeats_sets=True)
    path = file.close(FRAME).path

    with av.open(str(path)) as written:
        video = written.streams.video[0]
        (packet,) = [one for one in written.demux(video) if one.size]
        assert video.codec_context.codec_tag == tag
        assert bytes(video.codec_context.extradata)[23] >> 7 == (0 if has_changed else 1)  # "all sets are here"
        units, at, data = [], 0, bytes(packet)
        while at < len(data):
            size = int.from_bytes(data[at : at + 4], "big")
            units.append((data[at + 4] >> 1) & 0x3F)
            at += 4 + size
    assert bool({32, 33, 34} & set(units)) is has_changed
