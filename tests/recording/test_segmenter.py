"""Where segments begin and end, by the pictures alone."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from av.packet import Packet

from cctv.cameras.errors import KeyPictureMissing
from cctv.core.clock import SystemClock
from cctv.core.durable import DurableFiles
from cctv.footage.media import read_timing
from cctv.model.ids import CameraId
from cctv.recording.access_units import Entry, parameter_sets
from cctv.recording.segmenter import Beginning, ClosedFile, EntryPoints, Segmenter, Task
from cctv.recording.timeline import Timeline, TimesBroken

pytestmark = pytest.mark.slow

RATE = 90_000
FRAME = 3600


class Heard:
    """Keeps what the cutter has to say."""

    def __init__(self) -> None:
        self.files: list[ClosedFile] = []
        self.said: list[str] = []

    def begun(self) -> None: ...

    def anchored(self, anchor) -> None:
        self.said.append("anchored")

    def closed(self, closed: ClosedFile) -> None:
        self.files.append(closed)

    def drifted(self) -> None:
        self.said.append("drifted")

    def succeeded(self, anchor) -> None:
        self.said.append("succeeded")


class Bench:
    """Six seconds of pictures, a key picture every second, and a cutter for segments of two."""

    def __init__(self, folder: Path) -> None:
        path = folder / "clip.h264"
        source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=6", "-c:v", "libx264"]
        shape = ["-preset", "ultrafast", "-g", "25", "-bf", "0", "-f", "h264", str(path)]
        subprocess.run(["ffmpeg", "-v", "error", *source, *shape], check=True)
        container = av.open(str(path))
        self.packets = [packet for packet in container.demux() if packet.size]
        self.heard, self.timeline = Heard(), Timeline(RATE)
        task = Task(SimpleNamespace(id="gevel-1"), None, folder, 7, timedelta(seconds=2))
        self.cutter = Segmenter(
            task,
            container.streams.video[0],
            Fraction(1, RATE),
            self.heard,
            lambda call, *args: call(*args),
            DurableFiles(),
            SystemClock(),
        )
        self.container = container

    def feed(self, number: int, pts: int, arrived: float) -> None:
        packet = Packet(bytes(self.packets[number]))
        packet.is_keyframe = self.packets[number].is_keyframe
        self.cutter.take(packet, arrived, self.timeline.place(pts, pts), self.timeline.frame)

    def spans(self) -> list[tuple[float, float]]:
        return [(one.start.total_seconds(), one.end.total_seconds()) for one in self.heard.files]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_segments_begin_at_key_pictures_and_meet(bench, tmp_path):
    for number in range(150):
        bench.feed(number, number * FRAME, number * 0.04)
    bench.cutter.close()

    assert bench.spans() == [(0, 2), (2, 4), (4, 6)]
    assert [len(read_timing(one.file.path).times) for one in bench.heard.files] == [50, 50, 50]
    assert [one.file.path.name for one in bench.heard.files] == [f"run7-00000{number}.mp4" for number in range(3)]
    assert bench.heard.said == ["anchored"]


def test_a_segment_ends_where_its_pictures_end_when_some_are_missing_before_the_next(bench):
    for number in range(150):
        late = 1.0 if number >= 50 else 0.0
        bench.feed(number, number * FRAME + round(late * RATE), number * 0.04 + late)
    bench.cutter.close()

    assert bench.spans()[:2] == [(0, 2), (3, 4)]  # segments keep to the run's even seconds
    holes = [(start.total_seconds(), end.total_seconds()) for one in bench.heard.files for start, end in one.holes]
    assert holes == [(2, 3)]


def test_times_that_leap_ahead_of_the_clock_end_the_run(bench):
    for number in range(30):
        bench.feed(number, number * FRAME, number * 0.04)
    with pytest.raises(TimesBroken):
        bench.feed(30, 30 * FRAME + 3600 * RATE, 30 * 0.04)
    bench.cutter.close()

    assert bench.spans() == [(0, 1.2)]


@pytest.mark.parametrize("step", [FRAME, 0], ids=["no key picture", "times that stand still"])
def test_a_file_that_cannot_be_closed_ends_the_session(bench, step):
    for number in range(301):  # the segment's two seconds, and ten
        bench.feed(min(number, 1), number * step, number * 0.04)
    with pytest.raises(KeyPictureMissing):
        bench.feed(1, 301 * step, 301 * 0.04)
    bench.cutter.close()

    assert len(bench.heard.files) == 1


def test_a_better_picture_to_begin_at_is_waited_for_where_one_is_to_come():
    points = EntryPoints()
    for second in range(0, 61, 2):
        points.note(Entry.CLOSED if second % 20 == 0 else Entry.OPEN, second)

    assert points.promise_better(Entry.OPEN, 62, until=88)  # the next closed one is due at 80
    assert not points.promise_better(Entry.OPEN, 62, until=79)
    assert not points.promise_better(Entry.OPEN, 82, until=90)  # it did not come
    assert not points.promise_better(Entry.CLOSED, 62, until=88)
    assert points.promise_better(Entry.GRADUAL, 61, until=62)


def test_a_run_begins_at_a_key_picture_or_after_twelve_seconds_at_any():
    beginning = Beginning(CameraId("gevel-1"))
    assert not beginning.is_at(Entry.NONE, 100.0, knows_format=True)
    assert not beginning.is_at(Entry.NONE, 111.9, knows_format=True)
    assert not beginning.is_at(Entry.NONE, 112.1, knows_format=False)
    assert beginning.is_at(Entry.NONE, 112.1, knows_format=True)
    assert Beginning(CameraId("gevel-1")).is_at(Entry.GRADUAL, 100.0, knows_format=False)


def test_a_run_without_a_key_picture_is_cut_anywhere_until_one_comes(bench):
    """A key picture every 250 s, and none when it is asked anew: nothing that was sent is left out."""
    for number in range(1, 24):  # the second of six, which has no key picture but its first
        bench.feed(number, number * FRAME, number * 0.04)
    for number in range(24, 700):
        bench.feed(1 + number % 23, number * FRAME, number * 0.04)
    bench.feed(25, 700 * FRAME, 28.0)
    bench.cutter.close()

    assert [round(end - start) for start, end in bench.spans()] == [12, 12, 4, 0]
    assert sum(len(read_timing(one.file.path).times) for one in bench.heard.files) == 700


CODERS = {
    "h264": ("libx264", "-x264-params", ("cabac=1", "cabac=0")),
    "hevc": ("libx265", "-x265-params", ("log-level=none:signhide=1", "log-level=none:signhide=0")),
}


def encoded(folder: Path, codec: str, number: int, hue: int) -> Path:
    """A second of pictures; `number` chooses what its PPS says, the SPS is the same."""
    encoder, option, choices = CODERS[codec]
    path = folder / f"{number}.{codec}"
    source = ["-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=25:duration=1,hue=h={hue}"]
    shape = ["-c:v", encoder, option, choices[number], "-preset", "ultrafast", "-g", "25", "-bf", "0", "-f", codec]
    subprocess.run(["ffmpeg", "-v", "error", *source, *shape, str(path)], check=True)
    return path


def decoded(path: Path) -> list[bytes]:
    """Every picture of a file or stream, as raw planes."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_changed_parameter_set_begins_a_file_and_every_picture_decodes_as_it_was_sent(tmp_path, codec):
    streams = [encoded(tmp_path, codec, number, hue) for number, hue in ((0, 0), (1, 90))]
    heard, timeline = Heard(), Timeline(RATE)
    first = av.open(str(streams[0]))
    (folder := tmp_path / "incoming").mkdir()
    task = Task(SimpleNamespace(id="gevel-1"), None, folder, 7, timedelta(seconds=20))
    cutter = Segmenter(
        task,
        first.streams.video[0],
        Fraction(1, RATE),
        heard,
        lambda call, *args: call(*args),
        DurableFiles(),
        SystemClock(),
    )
    packets = [packet for path in (*streams, streams[0]) for packet in av.open(str(path)).demux() if packet.size]
    for number, packet in enumerate(packets):
        cutter.take(packet, number * 0.04, timeline.place(number * FRAME, number * FRAME), timeline.frame)
    cutter.close()

    sent = [picture for path in (*streams, streams[0]) for picture in decoded(path)]
    recorded = [picture for closed in heard.files for picture in decoded(closed.file.path)]
    assert len(heard.files) == 3
    assert recorded == sent


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_parameter_set_behind_a_long_message_is_seen(tmp_path, codec):
    is_h265 = codec == "hevc"
    picture = encoded(tmp_path, codec, 0, 0).read_bytes()
    message = b"\0\0\0\1" + (b"\x4e\x01" if is_h265 else b"\x06") + b"\x05" + b"\xff" * 30 + b"\x80" * 9000

    assert parameter_sets(message + picture, is_h265=is_h265) == parameter_sets(picture, is_h265=is_h265) != {}
