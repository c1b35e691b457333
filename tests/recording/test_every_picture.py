"""Every picture that a camera sent is in a file, byte for byte: in both codecs, over both transports."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import pytest
import simrig
from recording import Recorder, Take
from simulator.clips import Clip, load_clip

pytestmark = [pytest.mark.slow, pytest.mark.hardware]


def slices(clip: Clip, data: bytes) -> list[bytes]:
    """The slices among NAL units that have their length before them."""
    out, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        unit = data[at + 4 : at + 4 + size]
        if clip.codec.is_picture(clip.codec.nal_type(unit[0])):
            out.append(unit)
        at += 4 + size
    return out


def sent_slices(clip: Clip) -> list[list[bytes]]:
    """The slices of each picture of a clip."""
    return [
        [unit for unit in one.slices.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit] for one in clip.units
    ]


def recorded(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_every_picture_is_recorded_as_it_was_sent(streams, make_recorder):
    kinds = {f"{codec}-{transport}": (codec, transport) for codec in ("h264", "h265") for transport in ("tcp", "udp")}
    clips = {codec: load_clip(path) for codec, path in streams.items()}
    with simrig.Rig({name: streams[codec] for name, (codec, _) in kinds.items()}) as rig:
        cameras = {name: f'rtsp = "{rig.url(name)}"\ntransport = "{way}"' for name, (_, way) in kinds.items()}
        recorder: Recorder = make_recorder(cameras)
        recorder.start()
        for name in kinds:
            recorder.wait(name, lambda state: state.segments >= 2)
        assert recorder.stop() == 0

    for name, (codec, _) in kinds.items():
        clip, takes = clips[codec], recorder.takes(name)
        sent = sent_slices(clip)
        for take in takes:
            pictures = recorded(take.path)
            assert take.scan.unmarked == 0
            assert len(pictures) == len(take.counters)
            for counter, picture in zip(take.counters, pictures, strict=True):
                assert slices(clip, picture) == sent[counter % len(clip)], f"{name}: picture {counter}"
        assert all(later == earlier + 1 for earlier, later in pairwise(of_run(takes))), name


def of_run(takes: list[Take]) -> list[int]:
    """The numbers of the pictures of the last run: a busy machine may have made another before it."""
    return [counter for take in takes if take.run == takes[-1].run for counter in take.counters]
