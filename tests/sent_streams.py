"""A camera in a thread that sends given pictures over RTSP at given times, and streams of many kinds to send.

Every byte of RTP is written here, so that a test knows what was sent.  Uses nothing of cctv.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av
from hostile import RtspServer, reply

RATE, FRAME = 90_000, 3600
_MTU, _PIECE = 1400, 1200
_START = re.compile(b"\0\0\0?\1")


@dataclass(frozen=True)
class Picture:
    """An access unit in Annex B, when it is sent in seconds from PLAY on, and its RTP time."""

    data: bytes
    at: float
    stamp: int


@dataclass(frozen=True)
class Stream:
    """`codec` is h264 or hevc, or the name of another, whose pictures are the payload of a packet each.

    `marks` puts the marker bit behind every slice, as some cameras do.
    """

    codec: str
    pictures: tuple[Picture, ...]
    sprop: bytes = b""  # parameter sets of the session description
    rate: int = RATE
    marks: bool = False

    @property
    def data(self) -> bytes:
        return b"".join(picture.data for picture in self.pictures)

    def at_speed(self, speed: float) -> Stream:
        return replace(self, pictures=tuple(replace(one, at=one.at / speed) for one in self.pictures))


def units(data: bytes) -> list[bytes]:
    """The NAL units of Annex B data."""
    return [unit for unit in _START.split(data) if unit]


def kind(codec: str, unit: bytes) -> int:
    return (unit[0] >> 1) & 0x3F if codec == "hevc" else unit[0] & 0x1F


def sets_of(codec: str, data: bytes) -> list[bytes]:
    wanted = (32, 33, 34) if codec == "hevc" else (7, 8)
    return [unit for unit in units(data) if kind(codec, unit) in wanted]


def annex_b(parts: Sequence[bytes]) -> bytes:
    return b"".join(b"\0\0\0\1" + unit for unit in parts)


def encode(
    folder: Path,
    name: str,
    codec: str,
    params: str = "",
    *,
    seconds: float = 6,
    size: str = "320x180",
    source: str = "",
    more: Sequence[str] = (),
) -> Stream:
    """Moving pictures by x264 or x265, 25 a second, sent as they would be taken."""
    path = folder / f"{name}.ts"
    encoder, option = ("libx265", "-x265-params") if codec == "hevc" else ("libx264", "-x264-params")
    quiet = "log-level=none:" if codec == "hevc" else ""
    picture = f"testsrc2=size={size}:rate=25:duration={seconds}{source}"
    words = ["-f", "lavfi", "-i", picture, "-c:v", encoder, option, f"{quiet}{params}", "-preset", "veryfast", *more]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *words, "-f", "mpegts", str(path)], check=True)
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        zero = min(packet.dts for packet in packets)
        return Stream(
            codec, tuple(Picture(bytes(packet), (packet.dts - zero) / RATE, packet.pts - zero) for packet in packets)
        )


def joined(*streams: Stream) -> Stream:
    """The streams one after the other, without a pause."""
    pictures: list[Picture] = []
    for stream in streams:
        at, stamp = len(pictures) / 25, len(pictures) * FRAME
        pictures += [replace(one, at=one.at + at, stamp=one.stamp + stamp) for one in stream.pictures]
    return replace(streams[0], pictures=tuple(pictures))


def mixed_sets(stream: Stream, other: Stream) -> Stream:
    """From the 60th picture to the 120th those of the other, with its PPS in front of the first alone.

    Both have the same structure and a key picture each 50: the sets change where none is.
    """
    pictures = list(stream.pictures)
    pictures[60:120] = other.pictures[60:120]
    for number, source in ((60, other), (120, stream)):
        first, *rest = units(pictures[number].data)
        last_set = sets_of(source.codec, source.data)[-1]
        pictures[number] = replace(pictures[number], data=annex_b([first, last_set, *rest]))
    return replace(stream, pictures=tuple(pictures))


class _Writer:
    """Bits of a NAL unit (ITU-T H.264, 7.2 and 9.1)."""

    def __init__(self) -> None:
        self.bits = ""

    def put(self, value: int, count: int) -> _Writer:
        self.bits += f"{value:0{count}b}" if count else ""
        return self

    def ue(self, *values: int) -> _Writer:
        for value in values:
            code = f"{value + 1:b}"
            self.bits += "0" * (len(code) - 1) + code
        return self

    def align(self) -> _Writer:
        self.bits += "0" * (-len(self.bits) % 8)
        return self

    def unit(self, head: int) -> bytes:
        bits = self.bits + "1"
        bits += "0" * (-len(bits) % 8)
        raw = int(bits, 2).to_bytes(len(bits) // 8, "big")
        return bytes([head]) + re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", raw)


def fields(seconds: int) -> Stream:
    """H.264 of 32 x 32 in pairs of fields (PAFF), every macroblock I_PCM: x264 codes none.  A key picture a second."""
    sps = _Writer().put(77, 8).put(0, 8).put(30, 8).ue(0, 0, 2, 1).put(0, 1).ue(1, 0).put(0b01100, 5)
    pps = _Writer().ue(0, 0).put(0, 2).ue(0, 0, 0).put(0, 3).ue(0, 0, 0).put(0, 3)
    pictures: list[Picture] = []
    for number in range(50 * seconds):
        frame, is_bottom = number // 2, number % 2
        is_key = frame % 25 == 0 and not is_bottom
        head = _Writer().ue(0, 7, 0).put(frame % 25 % 16, 4).put(1, 1).put(is_bottom, 1)
        head = head.ue(frame // 25 % 2).put(0, 2) if is_key else head.put(0, 1)
        head.ue(0)  # slice_qp_delta
        for block in range(2):
            head.ue(25).align()
            head.bits += "".join(f"{1 + (number * 3 + block * 50 + at) % 250:08b}" for at in range(384))
        sets = [sps.unit(0x67), pps.unit(0x68)] if is_key else []
        data = annex_b([b"\x09\xf0", *sets, head.unit(0x65 if is_key else 0x61)])
        pictures.append(Picture(data, number / 50, number * FRAME // 2))
    return Stream("h264", tuple(pictures))


class Camera(RtspServer):
    """Sends the stream to its first client, then closes; every later one is told that there is none, unless `again`."""

    def __init__(self, stream: Stream, *, again: bool = False) -> None:
        self.stream, self._again = stream, again
        self.over = threading.Event()
        self.sent_at: list[float] = []  # seconds of the wall clock
        super().__init__(self._reply)

    def _reply(self, method: str, headers: dict[str, str]) -> bytes | None:
        if method == "DESCRIBE":
            if self.over.is_set() and not self._again:
                return reply("404 Not Found", headers)
            return reply("200 OK", headers, "Content-Type: application/sdp", body=self._sdp())
        if method == "SETUP":
            return reply("200 OK", headers, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 1")
        return reply("200 OK", headers, "Session: 1")

    def _sdp(self) -> str:
        stream = self.stream
        name = {"h264": "H264", "hevc": "H265"}.get(stream.codec, stream.codec)
        lines = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=x", "t=0 0", "m=video 0 RTP/AVP 96"]
        lines += [f"a=rtpmap:96 {name}/{stream.rate}"]
        sprop = units(stream.sprop)
        sets = {kind(stream.codec, unit): base64.b64encode(unit).decode() for unit in sprop}
        if stream.codec == "h264":
            told = f";sprop-parameter-sets={sets[7]},{sets[8]}" if sets else ""
            lines += [f"a=fmtp:96 packetization-mode=1{told}"]
        elif stream.codec == "hevc" and sets:
            lines += [f"a=fmtp:96 sprop-vps={sets[32]};sprop-sps={sets[33]};sprop-pps={sets[34]}"]
        return "\r\n".join([*lines, "a=control:track1", ""])

    def _talk(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, client.makefile("rb") as lines:
            while first := lines.readline():
                if first.startswith(b"$"):  # a report
                    lines.read(int.from_bytes((first + lines.read(max(0, 4 - len(first))))[2:4], "big"))
                    continue
                method, url, _ = first.decode().split(" ", 2)
                headers = {"url": url}
                while line := lines.readline().decode().strip():
                    name, _, text = line.partition(":")
                    headers[name.strip().lower()] = text.strip()
                self.asked.append((method, headers))
                answer = self._answer(method, headers)
                assert answer is not None
                client.sendall(answer)
                if method == "PLAY":
                    self._play(client)
                    return

    def _play(self, client: socket.socket) -> None:
        began, self._number = time.monotonic(), 0
        try:
            for picture in self.stream.pictures:
                time.sleep(max(0.0, began + picture.at - time.monotonic()))
                self.sent_at.append(time.time())
                client.sendall(b"".join(self._frames(picture)))
            time.sleep(0.2)
        finally:
            self.over.set()

    def _frames(self, picture: Picture) -> list[bytes]:
        """The picture as interleaved RTP packets (RFC 6184, RFC 7798)."""
        frames: list[bytes] = []
        is_known = self.stream.codec in ("h264", "hevc")
        whole = units(picture.data) if is_known else [picture.data]
        for number, unit in enumerate(whole):
            is_last = number == len(whole) - 1
            is_slice = kind(self.stream.codec, unit) < (32 if self.stream.codec == "hevc" else 6)
            payloads = self._payloads(unit) if is_known else [unit]
            for place, payload in enumerate(payloads):
                ends = place == len(payloads) - 1 and (is_last or (self.stream.marks and is_slice))
                head = bytes([0x80, 96 | (0x80 if ends else 0)]) + (self._number & 0xFFFF).to_bytes(2, "big")
                packet = head + (picture.stamp & 0xFFFFFFFF).to_bytes(4, "big") + b"\0\0\0\1" + payload
                frames.append(b"$\0" + len(packet).to_bytes(2, "big") + packet)
                self._number += 1
        return frames

    def _payloads(self, unit: bytes) -> list[bytes]:
        if len(unit) <= _MTU:
            return [unit]
        is_h265 = self.stream.codec == "hevc"
        skip = 2 if is_h265 else 1
        lead = bytes([unit[0] & 0x81 | 49 << 1, unit[1]]) if is_h265 else bytes([unit[0] & 0xE0 | 28])
        code = kind(self.stream.codec, unit)
        pieces = [unit[at : at + _PIECE] for at in range(skip, len(unit), _PIECE)]  # two at least
        last = len(pieces) - 1
        return [
            lead + bytes([(0x80 if at == 0 else 0) | (0x40 if at == last else 0) | code]) + piece
            for at, piece in enumerate(pieces)
        ]
