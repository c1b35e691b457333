"""A frame that went in comes out, or the video is refused; pictures need memory that the machine has."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cctv.core.durable import DurableFiles
from cctv.core.process import available_memory, limited_memory
from cctv.core.time_range import Span
from cctv.footage.ingest import ingest
from cctv.footage.layout import incoming_directory
from cctv.footage.runs import begin_run, end_run
from cctv.model.footage import GapCause
from cctv.model.ids import CameraId
from cctv.recording.codec_params import first_format
from cctv.recording.segment_file import SegmentFile
from cctv.redaction.errors import MemoryShort, SourceUnreadable
from cctv.redaction.video import reader
from cctv.redaction.video.geometry import Size
from cctv.redaction.video.reader import Reading, clip_of, needed_memory, require_memory

pytestmark = pytest.mark.slow

FRAMES = 30
CODERS = {
    "h264": "libx264 -x264-params keyint=10:min-keyint=10:bframes=3:scenecut=0:open-gop={open}",
    "hevc": "libx265 -x265-params keyint=10:min-keyint=10:bframes=3:scenecut=0:open-gop={open}:log-level=none",
}


def coded(folder: Path, codec: str, *, open_groups: bool, size: str = "160x120") -> Path:
    path = folder / f"{codec}.ts"
    words = (
        f"ffmpeg -v error -y -f lavfi -i testsrc2=size={size}:rate=10:duration={FRAMES // 10} -pix_fmt yuv420p -c:v "
    )
    words += CODERS[codec].format(open=int(open_groups))
    subprocess.run([*shlex.split(words), str(path)], check=True)
    return path


def segments(source: Path, folder: Path, *, skipped: int = 0) -> list[Path]:
    """As the recorder writes them: a file for each key picture; without the first `skipped` pictures of each."""
    files: list[Path] = []
    with av.open(str(source)) as container:
        stream, file, zero, place = container.streams.video[0], None, 0, 0
        for packet in (packet for packet in container.demux(stream) if packet.size):
            if packet.is_keyframe:
                if file is not None:
                    file.close(packet.dts - zero)
                files.append(folder / f"run1-{len(files):06d}.mp4")
                file, zero, place = (
                    SegmentFile(files[-1], first_format(stream), Fraction(1, 90_000), DurableFiles()),
                    packet.dts,
                    0,
                )
            if place >= skipped:
                file.write(packet, packet.pts - zero, packet.dts - zero)
            place += 1
        file.close(packet.dts - zero + 9000)
    return files


def count(paths: list[Path]) -> int:
    return sum(1 for _ in Reading(clip_of(paths)))


@pytest.mark.parametrize(("codec", "open_groups"), [("h264", False), ("hevc", False)])
def test_every_picture_of_unbroken_segments_comes_out(tmp_path, codec, open_groups):
    files = segments(coded(tmp_path, codec, open_groups=open_groups), tmp_path)

    assert len(files) == FRAMES // 10
    assert count(files) == FRAMES


def test_a_video_without_its_first_key_picture_is_refused(tmp_path):
    (first, *_) = segments(coded(tmp_path, "h264", open_groups=False), tmp_path, skipped=1)

    with pytest.raises(SourceUnreadable, match=r"did not come out|cannot be decoded"):
        count([first])


def without_its_first(whole: Path, torn: Path) -> Path:
    """The same video, whose decoder skips what comes before the second key picture without a word."""
    with av.open(str(whole)) as container, av.open(str(torn), "w") as muxer:
        stream = muxer.add_stream_from_template(container.streams.video[0])
        for place, packet in enumerate(packet for packet in container.demux(video=0) if packet.size):
            if place:
                packet.stream = stream
                muxer.mux_one(packet)
    return torn


def test_interlaced_pictures_that_are_no_pairs_of_fields_are_counted_one_by_one(tmp_path):
    """MBAFF: of 29 that go in and 20 that come out none would be missing, if each packet were a field."""
    source, shape = "testsrc2=size=160x128:rate=10:duration=3", "keyint=10:min-keyint=10:bframes=0:interlaced=1"
    command = f"ffmpeg -v error -f lavfi -i {source} -c:v libx264 -x264-params {shape} {tmp_path / 'whole.mp4'}"
    subprocess.run(shlex.split(command), check=True)

    assert count([tmp_path / "whole.mp4"]) == FRAMES
    with pytest.raises(SourceUnreadable, match="9 of 29 pictures did not come out"):
        count([without_its_first(tmp_path / "whole.mp4", tmp_path / "torn.mp4")])


def test_a_file_that_lost_pictures_is_told_of_footage_and_refused_of_a_file_from_elsewhere(bare_site, tmp_path):
    torn = without_its_first(coded(tmp_path, "h264", open_groups=False), tmp_path / "torn.mp4")
    bare_site.cctv("footage init")
    site, at = bare_site.open("recorder"), bare_site.instant("2026-11-01 11:00")
    run = begin_run(site, CameraId("foyer-1"))
    incoming = incoming_directory(site, run.camera) / f"run{run.id}-000000.mp4"
    incoming.write_bytes(torn.read_bytes())
    segment = ingest(site, run, incoming, Span(at, at.replace(second=3)))
    end_run(site, run, segment.span.end, GapCause.RECORDER_STOPPED)
    span = "--from '1/11 11:00' --to '1/11 11:01'"
    bare_site.cctv(f"request open --no-prepare --name 'An Peeters' --contact an@example.be --cameras foyer-1 {span}")
    bare_site.cctv(f"incident open ruit --another --kind damage --cameras foyer-1 {span}")

    prepared = bare_site.cctv("redaction prepare REQ-2026-001")
    extracted = bare_site.cctv(f"footage extract --case INC-2026-001 --camera foyer-1 {span}")
    redacted = bare_site.cctv(f"redaction file {torn} {tmp_path / 'out.mp4'}", exit=15)

    for done in (prepared, extracted):  # the file before it may be gone, by its limit
        assert re.search(r"picture\.undecodable .* frames=[1-9]", done.err)
    assert re.search(r"[1-9]\d* of \d\d pictures did not come out", redacted.err)
    assert not (tmp_path / "out.mp4").exists()


def test_pictures_too_large_for_the_memory_that_is_free_are_refused_before_they_are_decoded(tmp_path, monkeypatch):
    clip = clip_of([coded(tmp_path, "h264", open_groups=False)])
    monkeypatch.setattr(reader, "available_memory", lambda: 100_000_000)

    needed = needed_memory(Size(160, 120)) // 1_000_000
    with pytest.raises(MemoryShort, match=rf"160 x 120 need about {needed} MB of memory, 100 MB are free"):
        require_memory(clip)


def test_a_limit_of_memory_is_a_plain_refusal(tmp_path):
    source = coded(tmp_path, "h264", open_groups=False, size="1920x1080")
    program = "import sys; from cctv.cli.app import main; sys.exit(main())"
    words = [
        sys.executable,
        "-c",
        program,
        "--language",
        "en",
        "redaction",
        "file",
        str(source),
        str(tmp_path / "out.mp4"),
    ]

    done = subprocess.run(
        ["prlimit", "--as=1000000000", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )

    assert done.returncode == 15
    needed = needed_memory(Size(1920, 1080)) // 1_000_000
    assert f"1920 x 1080 need about {needed} MB of memory" in done.stderr
    assert not (tmp_path / "out.mp4").exists()


def test_what_a_library_takes_beyond_the_limit_is_an_error_and_the_limit_ends(tmp_path):
    with pytest.raises(MemoryError), limited_memory(1 << 28):
        np.ones(1 << 30, np.uint8)

    assert np.ones(1 << 29, np.uint8).any()


def test_the_need_grows_with_the_picture_and_the_machine_tells_what_is_free():
    free = available_memory()
    assert free is not None
    assert 0 < free < 1 << 50
    assert 651e6 < needed_memory(Size(1920, 1080)) < 950e6  # the search took 651 MB on two cores
    assert 3444e6 < needed_memory(Size(7680, 4320)) < 7200e6  # ten pictures took 3444 MB
