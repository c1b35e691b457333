"""Packs pictures into RTP as cameras do, in every way that RFC 6184 and RFC 7798 allow and in some that they do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

from cctv.cameras.sdp import Codec

FRAME = 3600
START = b"\0\0\0\1"


class Marker(Enum):
    """Where a camera sets the marker bit."""

    LAST = "on the last packet of a picture"
    EVERY = "on every NAL unit"
    NEVER = "never"


def header(codec: Codec, kind: int) -> bytes:
    return bytes((0x60 | kind,)) if codec is Codec.H264 else bytes((kind << 1, 1))


def unit(codec: Codec, kind: int, body: bytes = b"\x80abc") -> bytes:
    return header(codec, kind) + body


def packed(
    codec: Codec, units: list[bytes], most: int, *, aggregates: bool, order_bytes: int = 0
) -> Iterator[tuple[bytes, bool]]:
    """Payloads, none of more than so many bytes of a unit, and whether a NAL unit ends with each."""
    size = 1 if codec is Codec.H264 else 2
    if aggregates and len(units) > 1 and sum(map(len, units)) <= 2 * most:
        parts = [len(one).to_bytes(2, "big") + one for one in units]
        yield (
            header(codec, 24 if codec is Codec.H264 else 48) + bytes(order_bytes) + bytes(order_bytes // 2).join(parts),
            True,
        )
        return
    for one in units:
        head, body = one[:size], one[size:]
        if len(body) <= most:
            yield head + bytes(order_bytes) + body, True
            continue
        kind = head[0] & 0x1F if codec is Codec.H264 else head[0] >> 1
        pieces = [body[at : at + most] for at in range(0, len(body), most)]
        for number, piece in enumerate(pieces):
            flags = (0x80 if number == 0 else 0) | (0x40 if number == len(pieces) - 1 else 0) | kind
            order = bytes(order_bytes) if number == 0 else b""
            yield header(codec, 28 if codec is Codec.H264 else 49) + bytes((flags,)) + order + piece, bool(flags & 0x40)


def packets(
    codec: Codec,
    pictures: list[list[bytes]],
    *,
    most: int = 20,
    marker: Marker = Marker.LAST,
    aggregates: bool = False,
    order_bytes: int = 0,
    number: int = 65_530,
    stamp: int = (1 << 32) - 5 * FRAME,
    times: Sequence[int] | None = None,
    source: int = 7,
) -> list[bytes]:
    """RTP of pictures that are lists of NAL units; numbers and times turn over on the way.

    `times` are those of the pictures from `stamp` on, a frame apart where they are None.
    """
    out = []
    for at, units in enumerate(pictures):
        payloads = list(packed(codec, units, most, aggregates=aggregates, order_bytes=order_bytes))
        for place, (payload, ends) in enumerate(payloads):
            last = place == len(payloads) - 1
            is_marked = (marker is Marker.LAST and last) or (marker is Marker.EVERY and ends)
            time = (stamp + (at * FRAME if times is None else times[at])) % (1 << 32)
            head = bytes((0x80, 96 | (0x80 if is_marked else 0))) + (number & 0xFFFF).to_bytes(2, "big")
            out.append(head + time.to_bytes(4, "big") + source.to_bytes(4, "big") + payload)
            number += 1
    return out
