"""Streams of many kinds, really sent: what is recorded decodes to the pictures that were sent, one by one."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from recording import PATIENCE, Recorder
from sent_streams import (
    FRAME,
    Camera,
    Picture,
    Stream,
    annex_b,
    encode,
    fields,
    joined,
    kind,
    mixed_sets,
    sets_of,
    units,
)

from cctv.model.footage import GapCause
from cctv.recording.state import Phase
from cctv.redaction.video.reader import Reading, clip_of

pytestmark = [pytest.mark.slow, pytest.mark.hardware]

CLOSED = "keyint=25:min-keyint=25:scenecut=0:bframes=0"
OPEN = "keyint=27:min-keyint=27:scenecut=0:bframes=3:b-adapt=0:open-gop=1"
LATE_SECONDS = 0.8  # 0.4 here; a busy machine is late, and by their stamps the last would be 1.1 s off or more
HOURS = 5 * 3600 * 90_000


def stamped(stream: Stream, number: int, ticks: int) -> Stream:
    """One of its pictures stamped so far off."""
    pictures = list(stream.pictures)
    pictures[number] = replace(pictures[number], stamp=pictures[number].stamp + ticks)
    return replace(stream, pictures=tuple(pictures))


def began_before(stream: Stream, number: int) -> Stream:
    """What a client gets that comes when so many pictures were sent; the description has the parameter sets."""
    pictures = stream.pictures[number:]
    moved = [replace(one, at=one.at - pictures[0].at, stamp=one.stamp - pictures[0].stamp) for one in pictures]
    return replace(stream, pictures=tuple(moved), sprop=annex_b(sets_of(stream.codec, stream.data)[:3]))


def with_messages(stream: Stream) -> Stream:
    """A long message in front of every parameter set, and access units of a delimiter and a message alone between."""
    is_h265 = stream.codec == "hevc"
    head = b"\x4e\x01" if is_h265 else b"\x06"
    long = head + b"\x05" + b"\xff" * 30 + b"\x50" + b"\x7f" * (30 * 255 + 80) + b"\x80"
    short = head + b"\x05\x20" + b"\x7f" * 32 + b"\x80"
    delimiter, sets = (b"\x46\x01\x50", (32, 33, 34)) if is_h265 else (b"\x09\xf0", (7, 8))
    pictures: list[Picture] = []
    for number, picture in enumerate(stream.pictures):
        first, *rest = units(picture.data)
        brings_sets = any(kind(stream.codec, unit) in sets for unit in rest)
        pictures.append(replace(picture, data=annex_b([first, *([long] if brings_sets else []), *rest])))
        if number % 10 == 5:
            half = picture.stamp + FRAME // 2
            pictures.append(Picture(annex_b([delimiter, short]), picture.at, half))
    return replace(stream, pictures=tuple(pictures))


def streams(folder: Path) -> dict[str, Stream]:
    made: dict[str, Stream] = {}
    for codec in ("h264", "hevc"):
        name = f"-{codec}"
        plain = encode(folder, f"plain{name}", codec, CLOSED)
        other = encode(folder, f"other{name}", codec, CLOSED, seconds=3, size="480x270")
        made |= {
            f"size{name}": joined(replace(plain, pictures=plain.pictures[:75]), other),
            f"slices{name}": replace(encode(folder, f"slices{name}", codec, f"{CLOSED}:slices=4"), marks=True),
            f"open{name}": encode(folder, f"open{name}", codec, OPEN),
            f"ahead{name}": stamped(plain, 80, HOURS),
            f"back{name}": stamped(plain, 80, -HOURS),
            f"announced{name}": replace(plain, sprop=annex_b(sets_of(codec, other.data)[:3])),
            f"messages{name}": with_messages(plain),
        }
        coding = {"h264": "cabac={}", "hevc": "signhide={}:open-gop=0"}[codec]
        long = "keyint=50:min-keyint=50:scenecut=0:bframes=0"
        made[f"sets{name}"] = mixed_sets(
            *(encode(folder, f"sets{at}{name}", codec, f"{coding.format(at)}:{long}") for at in (1, 0))
        )
        made[f"sets-behind{name}"] = with_messages(made[f"sets{name}"])
    plain = encode(folder, "plain", "h264", CLOSED)
    refresh = encode(folder, "refresh", "h264", f"{CLOSED}:intra-refresh=1")
    wrapped = tuple(replace(one, stamp=one.stamp + 2**32 - 3 * 90_000) for one in plain.pictures)
    made |= {
        "refresh": refresh,
        "refresh-hevc": encode(folder, "refresh5", "hevc", f"{CLOSED}:intra-refresh=1"),
        "refresh-joined": began_before(refresh, 30),
        "late": began_before(encode(folder, "late", "h264", "keyint=50:min-keyint=50:scenecut=0:bframes=0"), 10),
        "ten-bit": encode(folder, "ten", "hevc", CLOSED, more=("-pix_fmt", "yuv420p10le")),
        "interlaced": encode(folder, "mbaff", "h264", f"{CLOSED}:tff=1", more=("-flags", "+ilme+ildct")),
        "fields": fields(seconds=6),
        "wrap": replace(plain, pictures=wrapped),
        "milliseconds": replace(
            plain, rate=1000, pictures=tuple(replace(one, stamp=one.stamp // 90) for one in plain.pictures)
        ),
        "ahead-b-frames": stamped(encode(folder, "ahead", "h264", "keyint=25:bframes=2"), 80, HOURS),
        "slow": encode(folder, "slow", "h264", CLOSED, seconds=8).at_speed(21 / 25),
        "fast": encode(folder, "fast", "h264", CLOSED, seconds=8).at_speed(29 / 25),
    }
    return made


STARTS_LATE = {"refresh-joined": 20, "late": 40}
"""Pictures that came before the first at which decoding can begin, and are not recorded."""
HIDDEN = {"refresh-joined": 18}
"""Pictures that are recorded and that no decoder shows: x264 takes so many to refresh all."""
LED = {"open-h264", "open-hevc", "refresh", "refresh-hevc", "refresh-joined"}
"""Streams of which a file needs the one before it."""
EMPTY = dict.fromkeys(("messages-h264", "messages-hevc", "sets-behind-h264", "sets-behind-hevc"), 15)
"""Access units without a picture."""


@dataclass(frozen=True)
class File:
    path: Path
    start_us: int
    end_us: int
    run: int

    @property
    def tag(self) -> str:
        with av.open(str(self.path)) as container:
            return container.streams.video[0].codec_context.codec_tag

    @property
    def packets(self) -> int:
        with av.open(str(self.path)) as container:
            return sum(packet.size > 0 for packet in container.demux(video=0))

    @property
    def pictures(self) -> list[bytes]:
        with av.open(str(self.path)) as container:
            return planes(container)


def planes(container) -> list[bytes]:
    return [frame.reformat(format="yuv420p").to_ndarray().tobytes() for frame in container.decode(video=0)]


def files_of(recorder: Recorder, camera: str) -> list[File]:
    lines = [
        (index.parent, json.loads(line))
        for index in (recorder.root / "segments").glob(f"*/{camera}/*/index.jsonl")
        for line in index.read_text().splitlines()
    ]
    files = [File(folder / one["name"], one["start_us"], one["end_us"], one["run"]) for folder, one in lines]
    return sorted(files, key=lambda file: file.start_us)


def read(files: list[File]) -> tuple[list[bytes], Reading]:
    """As a redaction reads them."""
    clip = clip_of([file.path for file in files], [file.start_us - files[0].start_us for file in files])
    reading = Reading(clip.within(0, 10**9))
    pictures = [b"".join(np.ascontiguousarray(plane).tobytes() for plane in (one.y, one.u, one.v)) for one in reading]
    return pictures, reading


def problem_of(name: str, stream: Stream, recorder: Recorder) -> str | None:
    """What is wrong with a recording; None when it holds every picture as it was sent."""
    with av.open(io.BytesIO(stream.data), format=stream.codec) as container:
        sent = planes(container)
    files = files_of(recorder, name)
    packets, wanted = sum(file.packets for file in files), len(stream.pictures) - EMPTY.get(name, 0)
    if packets != wanted - STARTS_LATE.get(name, 0):
        return f"{packets} of {wanted} pictures recorded"
    if any(gap.cause in (GapCause.FRAMES_MISSING, GapCause.CLOCK_STEP) for gap in recorder.gaps(name)):
        return "a gap"
    if len({file.run for file in files}) != 1 or any(abs(b.start_us - a.end_us) > 1000 for a, b in pairwise(files)):
        return "runs or files that do not meet"
    if stream.codec == "hevc" and {file.tag for file in files} - {"hvc1"} != ({"hev1"} if "sets" in name else set()):
        return f"tags {[file.tag for file in files]}"
    if name not in LED and [picture for file in files for picture in file.pictures] != sent:
        return "other pictures than were sent, each file by itself"
    sizes = [files] if "size" not in name else [[file] for file in files]
    readings = [read(group) for group in sizes]
    if [picture for pictures, _ in readings for picture in pictures] != sent:
        return f"a redaction reads other pictures: {sum(len(pictures) for pictures, _ in readings)} of {len(sent)}"
    lost = sum(reading.lost for _, reading in readings)
    return None if lost == HIDDEN.get(name, 0) else f"{lost} pictures lost"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("streams")


def test_every_stream_is_recorded_picture_by_picture_as_it_was_sent(folder):
    sent = streams(folder)
    cameras = {name: Camera(stream) for name, stream in sent.items()}
    recorder = Recorder(folder, {name: f'rtsp = "{camera.url}"' for name, camera in cameras.items()})
    try:
        recorder.start()
        for name, camera in cameras.items():
            assert camera.over.wait(PATIENCE), name
            recorder.wait(name, lambda state: state.phase is Phase.WAITING)
        assert recorder.stop() == 0
        problems = {name: problem_of(name, stream, recorder) for name, stream in sent.items()}
        assert {name: problem for name, problem in problems.items() if problem} == {}
        for name in ("slow", "fast"):
            files, sent_at = files_of(recorder, name), cameras[name].sent_at
            assert files[0].start_us / 1e6 == pytest.approx(sent_at[0], abs=LATE_SECONDS)
            assert files[-1].end_us / 1e6 == pytest.approx(sent_at[-1], abs=LATE_SECONDS)

        elsewhere = folder / "copy.mp4"  # as a file from anywhere, which nothing is before
        elsewhere.write_bytes(files_of(recorder, "open-h264")[1].path.read_bytes())
        reading = Reading(clip_of([elsewhere]))
        assert (sum(1 for _ in reading), reading.lost) == (52, 2)

        first, second, *_ = files_of(recorder, "refresh")
        first.path.unlink()
        pictures, reading = read([second])
        assert (len(pictures), reading.lost, reading.times[0]) == (32, 18, 720_000)  # told, and dated as they were
    finally:
        recorder.close()


# The first packet of a picture, as the payload formats want it (RFC 2435, RFC 6416, RFC 7741).
OTHERS = {
    "JPEG": ("MJPEG", b"\0\0\0\0\1\x50\x28\x16" + b"y" * 300),
    "MP4V-ES": (
        "MPEG-4 part 2",
        bytes.fromhex("000001b001 000001b58913 00000100 00000120 00c48d8800cd14043c1443 000001b6") + b"x" * 300,
    ),
    "VP8": ("VP8", b"\x10\x10\2\0\x9d\1\x2a\x40\1\xb4\0" + b"v" * 200),
}


def test_a_codec_that_cannot_be_recorded_is_named_with_what_to_set(tmp_path, make_recorder):
    cameras = {}
    for name, (_, payload) in OTHERS.items():
        pictures = tuple(Picture(payload, number / 25, number * FRAME) for number in range(500))
        cameras[name.lower()] = Camera(Stream(name, pictures), again=True)
    recorder = make_recorder({name: f'rtsp = "{camera.url}"' for name, camera in cameras.items()})
    recorder.start()
    states = {name: recorder.wait(name, lambda state: state.phase is Phase.WAITING) for name in cameras}
    assert recorder.stop() == 0
    told = recorder.cctv("cameras", "check").stderr

    for name, (label, _) in OTHERS.items():
        assert f"sends {label} at" in states[name.lower()].message
        assert f"{name.lower()} sends {label} at" in told
    assert told.count("set the video encoding of that stream to H.264 (or H.265)") == len(OTHERS)
    assert not list((recorder.root / "incoming").glob("*/*"))
