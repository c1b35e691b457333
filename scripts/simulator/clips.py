"""Elementary streams cut into access units, each ready to carry a mark.

Owns the NAL unit knowledge of H.264 and H.265.  Standard library only; never re-encodes.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

START_CODE = b"\x00\x00\x00\x01"
USER_DATA_UNREGISTERED = 5
RBSP_TRAILING_BITS = b"\x80"


class ClipError(Exception):
    """A clip cannot be played; the message says what it lacks."""


class Codec(enum.Enum):
    """The two codecs that cameras send, and what tells their NAL units apart."""

    H264 = "h264"
    H265 = "h265"

    def nal_type(self, header: int) -> int:
        """Type of the NAL unit whose first byte is `header`."""
        return header & 0x1F if self is Codec.H264 else (header >> 1) & 0x3F

    def is_delimiter(self, nal_type: int) -> bool:
        """Access unit delimiter: where one picture ends and the next begins."""
        return nal_type == (9 if self is Codec.H264 else 35)

    def is_picture(self, nal_type: int) -> bool:
        """Slice of a picture."""
        return 1 <= nal_type <= 5 if self is Codec.H264 else nal_type < 32

    def is_key(self, nal_type: int) -> bool:
        """Slice of a picture that decoding can begin at: IDR, or in H.265 also CRA."""
        return nal_type == 5 if self is Codec.H264 else nal_type in (19, 20, 21)

    def is_parameter_set(self, nal_type: int) -> bool:
        """VPS, SPS or PPS."""
        return nal_type in (7, 8) if self is Codec.H264 else nal_type in (32, 33, 34)

    def sei(self, payload: bytes) -> bytes:
        """A supplemental NAL unit with one unregistered message; `payload` begins with its 16 byte UUID."""
        header = b"\x06" if self is Codec.H264 else b"\x4e\x01"  # H.265: prefix SEI, type 39, layer 0, temporal id 0
        message = bytes([USER_DATA_UNREGISTERED, len(payload)]) + payload
        return START_CODE + header + message + RBSP_TRAILING_BITS


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One picture: what stands before its first slice, and the slices."""

    delimiter: bytes
    headers: bytes
    slices: bytes
    key: bool
    parameter_sets: bytes

    def marked(self, supplement: bytes, parameter_sets: bytes = b"") -> bytes:
        """The picture with `supplement` in front of its slices, and parameter sets if it has none of its own."""
        return self.delimiter + (self.parameter_sets or parameter_sets) + self.headers + supplement + self.slices


@dataclass(frozen=True, slots=True)
class Clip:
    """A stream that can be played in a circle: its first picture is one that decoding can begin at."""

    path: Path
    codec: Codec
    units: tuple[AccessUnit, ...]

    def __len__(self) -> int:
        return len(self.units)

    @property
    def parameter_sets(self) -> bytes:
        """Those of the first picture."""
        return self.units[0].parameter_sets


def load_clip(path: Path) -> Clip:
    """Read an annex B stream, refusing early what could not be played in a circle."""
    try:
        stream = path.read_bytes()
    except OSError as error:
        raise ClipError(f"{path}: {error.strerror}") from error
    codec = _codec_of(path, stream)
    units = tuple(_access_units(stream, codec))
    if not units:
        raise ClipError(f"{path}: no access unit delimiters; encode with aud=1")
    if not units[0].key or not units[0].parameter_sets:
        raise ClipError(f"{path}: does not begin with a key frame and its parameter sets; encode with repeat-headers=1")
    return Clip(path, codec, units)


def _codec_of(path: Path, stream: bytes) -> Codec:
    _, start, _ = next(_nal_units(stream[:64]), (0, 0, 0))
    first = stream[start] if start else 0
    for codec in Codec:
        if codec.is_delimiter(codec.nal_type(first)) and first & 0x80 == 0:
            return codec
    raise ClipError(f"{path}: not an annex B stream that begins with an access unit delimiter; encode with aud=1")


def _nal_units(stream: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (start of the start code, start of the NAL unit, its end)."""
    code = stream.find(b"\x00\x00\x01")
    while code >= 0:
        following = stream.find(b"\x00\x00\x01", code + 3)
        end = len(stream) if following < 0 else following
        if following > 0 and stream[following - 1] == 0:
            end -= 1  # the four byte form of the next start code
        begin = code - 1 if code > 0 and stream[code - 1] == 0 else code
        yield begin, code + 3, end
        code = following


def _access_units(stream: bytes, codec: Codec) -> Iterator[AccessUnit]:
    pending: list[tuple[int, bytes]] = []
    for _, start, end in _nal_units(stream):
        nal_type = codec.nal_type(stream[start])
        if codec.is_delimiter(nal_type) and pending:
            yield _assemble(pending, codec)
            pending = []
        pending.append((nal_type, START_CODE + stream[start:end]))
    if pending:
        yield _assemble(pending, codec)


def _assemble(nals: list[tuple[int, bytes]], codec: Codec) -> AccessUnit:
    first_slice = next((place for place, (kind, _) in enumerate(nals) if codec.is_picture(kind)), len(nals))
    before, after = nals[:first_slice], nals[first_slice:]
    return AccessUnit(
        delimiter=b"".join(nal for kind, nal in before if codec.is_delimiter(kind)),
        headers=b"".join(
            nal for kind, nal in before if not codec.is_delimiter(kind) and not codec.is_parameter_set(kind)
        ),
        slices=b"".join(nal for _, nal in after),
        key=any(codec.is_key(kind) for kind, _ in after),
        parameter_sets=b"".join(nal for kind, nal in before if codec.is_parameter_set(kind)),
    )
