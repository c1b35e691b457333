"""Raw pictures with their times as a Matroska stream: what the encoding ffmpeg reads from its pipe.

A rawvideo pipe has no times, so a variable frame rate would be lost.  Owns those few elements of Matroska (RFC 9559)
that carry one uncompressed track.  Pure bytes; never touches a file.
"""

from __future__ import annotations

from cctv.redaction.geometry import Size

_TICK = 1000  # nanoseconds: times are written in microseconds


def _element(identity: int, body: bytes) -> bytes:
    return _head(identity, len(body)) + body


def _head(identity: int, length: int) -> bytes:
    return _identity(identity) + (length | 1 << 56).to_bytes(8, "big")


def _identity(identity: int) -> bytes:
    return identity.to_bytes((identity.bit_length() + 7) // 8, "big")


def _number(identity: int, value: int) -> bytes:
    return _element(identity, value.to_bytes(8, "big"))


def header(size: Size, fourcc: bytes) -> bytes:
    """EBML head, segment of unknown length and one uncompressed video track (`I420` or `Y800`)."""
    ebml = _element(0x1A45DFA3, _element(0x4282, b"matroska") + _number(0x4287, 4) + _number(0x4285, 2))
    info = _element(0x1549A966, _number(0x2AD7B1, _TICK))
    picture = _number(0xB0, size.width) + _number(0xBA, size.height) + _element(0x2EB524, fourcc)
    entry = _number(0xD7, 1) + _number(0x73C5, 1) + _number(0x83, 1)
    entry += _element(0x86, b"V_UNCOMPRESSED") + _element(0xE0, picture)
    return ebml + _identity(0x18538067) + b"\x01" + b"\xff" * 7 + info + _element(0x1654AE6B, _element(0xAE, entry))


def frame_head(time: int, duration: int, length: int) -> bytes:
    """What precedes the `length` bytes of a picture shown at `time` for `duration` (microseconds): its own cluster."""
    stamp, lasting = _number(0xE7, time), _number(0x9B, duration)
    block = b"\x81\x00\x00\x00"
    block_head = _head(0xA1, len(block) + length)
    group_head = _head(0xA0, len(lasting) + len(block_head) + len(block) + length)
    inside = len(stamp) + len(group_head) + len(lasting) + len(block_head) + len(block) + length
    return _head(0x1F43B675, inside) + stamp + group_head + lasting + block_head + block
