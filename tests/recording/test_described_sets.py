"""A camera whose parameter sets stand in the description of its stream alone, and never in the stream."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import av
import pytest
from hostile import RtspServer, reply, usual
from recording import Recorder
from rtp_packets import START, packets

from cctv.cameras.sdp import Codec

pytestmark = pytest.mark.slow

FPS = 25
CODERS = {
    Codec.H264: ["libx264", "-bf", "2"],
    Codec.H265: ["libx265", "-x265-params", "log-level=none:bframes=2:keyint=25:repeat-headers=1"],
}


class Described:
    """A clip with B-frames: its pictures without their parameter sets, and those apart."""

    def __init__(self, folder: Path, codec: Codec) -> None:
        path = folder / f"clip.{codec.value}"
        source = ["-f", "lavfi", "-i", f"testsrc2=size=320x180:rate={FPS}:duration=3"]
        encoder = ["-c:v", *CODERS[codec], "-preset", "fast", "-g", str(FPS)]
        movie = path.with_suffix(".mkv")
        subprocess.run(["ffmpeg", "-v", "error", *source, *encoder, str(movie)], check=True)
        subprocess.run(["ffmpeg", "-v", "error", "-i", movie, "-c", "copy", "-f", codec.value, path], check=True)
        with av.open(str(movie)) as container:
            self.times = [round(one.pts * one.time_base * 90_000) for one in container.demux() if one.size]
        with av.open(str(path)) as container:
            units = [bytes(packet).replace(START, START[1:]).split(START[1:]) for packet in container.demux()]
        pictures = [[unit.rstrip(b"\0") for unit in one if unit.strip(b"\0")] for one in units]
        self.sets = {codec.unit_type(unit[0]): unit for one in pictures for unit in one if self._is_set(codec, unit)}
        self.pictures = [[unit for unit in one if not self._is_set(codec, unit)] for one in pictures if one]
        self.decoded = decoded(path)
        self.codec = codec

    @staticmethod
    def _is_set(codec: Codec, unit: bytes) -> bool:
        return codec.unit_type(unit[0]) in codec.set_types

    @property
    def description(self) -> str:
        told = [base64.b64encode(self.sets[kind]).decode() for kind in self.codec.set_types]
        if self.codec is Codec.H264:
            name, parameters = "H264", f"packetization-mode=1;sprop-parameter-sets={','.join(told)}"
        else:
            name, parameters = "H265", "sprop-vps={};sprop-sps={};sprop-pps={}".format(*told)
        lines = ["v=0", "m=video 0 RTP/AVP 96", f"a=rtpmap:96 {name}/90000", f"a=fmtp:96 {parameters}"]
        return "\r\n".join([*lines, "a=control:track1", ""])

    def answer(self, method: str, headers: dict[str, str]) -> bytes:
        """All of it at once, and then nothing."""
        if method == "DESCRIBE":
            return reply("200 OK", headers, body=self.description)
        if method != "PLAY":
            return usual(method, headers)
        sent = packets(self.codec, self.pictures, most=1200, times=self.times)
        return usual(method, headers) + b"".join(b"$\0" + len(one).to_bytes(2, "big") + one for one in sent)


def decoded(path: Path) -> list[bytes]:
    """Every picture as raw planes, in the order in which they are shown."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]


@pytest.mark.parametrize("codec", Codec)
def test_its_pictures_decode_as_they_were_sent_and_in_their_order(tmp_path, make_recorder, codec):
    clip = Described(tmp_path, codec)
    with RtspServer(clip.answer) as server:
        recorder: Recorder = make_recorder({"gevel-1": f'rtsp = "{server.url}"'})
        recorder.start()
        recorder.wait("gevel-1", lambda state: state.segments >= 2)
        assert recorder.stop() == 0

    paths = sorted((recorder.root / "segments" / "facade" / "gevel-1").glob("*/*.mp4"))
    first = [picture for path in paths[:2] for picture in decoded(path)]
    assert first == clip.decoded
