"""Access units: what the bytes of a picture in Annex B say of it, without decoding.

Whether decoding can begin at it, whether it needs what came before, and its parameter sets.  Pure.  Sources: ITU-T
H.264 and H.265, tables 7-1, 7.3.2 and annex D.  Bytes that break off or make no sense are no point to begin at.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from itertools import islice

from cctv.cameras.reorder import Bits

_START = b"\0\0\1"
_HEAD_BYTES = 64  # of a slice, whose kind and type stand in the first few
_H264_SLICES, _H264_IDR, _H264_SEI, _H264_SETS = range(1, 6), 5, 6, (7, 8, 13, 15)  # SPS, PPS, their extensions
_H265_SLICES, _H265_SEI, _H265_SETS = range(32), 39, (32, 33, 34)  # VPS, SPS, PPS
_H265_CLOSED, _H265_CRA = range(16, 21), 21  # the former: BLA and IDR
_H264_PROFILED, _H265_VPS, _H265_SPS = (7, 15), 32, 33  # the former: SPS and subset SPS
_RECOVERY_POINT = 6  # payload type, D.1
_I_SLICES = (2, 4, 7, 9)  # I and SI, 7.4.3; the latter two: all slices of the picture
_MOST_UNITS = 4096  # that are looked at: 256 sets of a kind and many slices are far fewer, and each costs time
_MOST_SEI_BYTES = 32 << 10  # of a picture's messages that are looked at; 16 MB of small ones took six seconds
_NO_ID = -1  # of a set that breaks off
ParameterSets = dict[tuple[int, int], bytes]
"""Sets by their kind and their number.  One replaces that of the same number; all others stay in force."""


class Entry(IntEnum):
    """How well decoding can begin at a picture; a greater one is better."""

    NONE = 0
    GRADUAL = 1
    """Pictures are whole some time later: a recovery point of intra refresh, or an I picture that promises nothing."""
    OPEN = 2
    """This one and all that are shown after it are whole; those that follow it and are shown before it need earlier
    ones: CRA, or a recovery point of no frames."""
    CLOSED = 3
    """Nothing needs what came before: IDR."""


def entry_of(data: bytes, *, is_h265: bool) -> Entry:
    """How well decoding can begin at a picture."""
    recovery: int | None = None
    left = _MOST_SEI_BYTES
    for unit in units_before_slices(data, is_h265=is_h265):
        if left > 0 and _kind(unit, is_h265=is_h265) == (_H265_SEI if is_h265 else _H264_SEI):
            found = _recovery_count(unit[:left], is_h265=is_h265)
            recovery = found if found is not None else recovery
            left -= len(unit)
    head = next(slice_heads(data, is_h265=is_h265), b"")
    if not head:
        return Entry.NONE
    kind = _kind(head, is_h265=is_h265)
    if kind in _H265_CLOSED if is_h265 else kind == _H264_IDR:
        return Entry.CLOSED
    if (is_h265 and kind == _H265_CRA) or recovery == 0:
        return Entry.OPEN
    if recovery is not None or (not is_h265 and _is_intra(data)):
        return Entry.GRADUAL
    return Entry.NONE


def holds_picture(data: bytes, *, is_h265: bool) -> bool:
    """Whether Annex B data has a slice.  A connection that ends between two pictures may leave a delimiter alone."""
    return next(slice_heads(data, is_h265=is_h265), None) is not None


def is_field(data: bytes, number_bits: int) -> bool:
    """Whether a picture of H.264 is one of two fields; `number_bits` by `field_number_bits` (7.3.3)."""
    bits = Bits(next(slice_heads(data, is_h265=False), b""))
    try:
        bits.take(8)
        for _ in range(3):  # first_mb_in_slice, slice_type, pic_parameter_set_id
            bits.code()
        bits.take(number_bits)
        return bool(bits.take(1))
    except IndexError:
        return False


def parameter_sets(data: bytes, *, is_h265: bool) -> ParameterSets:
    """The parameter sets in front of the first slice of Annex B data, however long the messages between them are."""
    kinds = _H265_SETS if is_h265 else _H264_SETS
    sets: ParameterSets = {}
    for unit in units_before_slices(data, is_h265=is_h265):
        kind = _kind(unit, is_h265=is_h265)
        if kind in kinds:
            sets[kind, _set_number(unit, kind, is_h265=is_h265)] = unit
    return sets


def without_sets(data: bytes, *, is_h265: bool) -> bytes:
    """The picture without the parameter sets in front of its first slice."""
    kinds = _H265_SETS if is_h265 else _H264_SETS
    kept: list[bytes] = []
    at = 0
    for begin, end in islice(_places(data), _MOST_UNITS):
        kind = _kind(data[begin : begin + 1], is_h265=is_h265)
        if kind in (_H265_SLICES if is_h265 else _H264_SLICES):
            break
        if kind in kinds:
            kept.append(data[at : begin - len(_START)].rstrip(b"\0"))
            at = end
    return b"".join((*kept, b"\0" if kept else b"", data[at:]))


def units_before_slices(data: bytes, *, is_h265: bool) -> Iterator[bytes]:
    """The NAL units in front of the first slice, without the zeros that may trail them (annex B)."""
    slices = _H265_SLICES if is_h265 else _H264_SLICES
    begin = data.find(_START) + len(_START)
    for _ in range(_MOST_UNITS):
        if begin < len(_START) or _kind(data[begin : begin + 1], is_h265=is_h265) in slices:
            return
        following = data.find(_START, begin)  # never through a slice, which is most of a picture
        if unit := data[begin : following if following >= 0 else len(data)].rstrip(b"\0"):
            yield unit
        begin = following + len(_START)


def slice_heads(data: bytes, *, is_h265: bool) -> Iterator[bytes]:
    """The first bytes of each slice."""
    slices = _H265_SLICES if is_h265 else _H264_SLICES
    for begin in islice(_begins(data), _MOST_UNITS):
        head = data[begin : begin + _HEAD_BYTES]
        if head and _kind(head, is_h265=is_h265) in slices:
            yield head


def _begins(data: bytes) -> Iterator[int]:
    """Where NAL units begin, sought for no further than asked: most pictures are classified by their first bytes."""
    at = data.find(_START)
    while at >= 0:
        yield at + len(_START)
        at = data.find(_START, at + len(_START))


def _places(data: bytes) -> Iterator[tuple[int, int]]:
    """Where NAL units begin and end."""
    begin = data.find(_START) + len(_START)
    while begin >= len(_START):
        following = data.find(_START, begin)
        yield begin, following if following >= 0 else len(data)
        begin = following + len(_START)


def _kind(unit: bytes, *, is_h265: bool) -> int:
    if not unit:
        return _NO_ID
    return (unit[0] >> 1) & 0x3F if is_h265 else unit[0] & 0x1F


def _is_intra(data: bytes) -> bool:
    """Whether every slice of an H.264 picture is an I slice."""
    try:
        for head in slice_heads(data, is_h265=False):
            bits = Bits(head[1:])
            bits.code()  # first_mb_in_slice
            if bits.code() not in _I_SLICES:
                return False
    except IndexError:
        return False
    return True


def _recovery_count(unit: bytes, *, is_h265: bool) -> int | None:
    """After how many pictures all is whole, by a recovery point message; None without one."""
    message = _unescaped(unit)
    at = 2 if is_h265 else 1
    while at + 2 < len(message):  # what is left when a message ends: the stop bit
        kind, at = _sum_of_bytes(message, at)
        size, at = _sum_of_bytes(message, at)
        if kind == _RECOVERY_POINT:
            return _coded_count(message[at : at + size], is_h265=is_h265)
        at += size
    return None


def _coded_count(payload: bytes, *, is_h265: bool) -> int | None:
    try:
        bits = Bits(payload)
        return abs(bits.signed()) if is_h265 else bits.code()
    except IndexError:
        return None


def _sum_of_bytes(message: bytes, at: int) -> tuple[int, int]:
    total = 0
    while at < len(message):
        total, at = total + message[at], at + 1
        if message[at - 1] != 0xFF:
            break
    return total, at


def _set_number(unit: bytes, kind: int, *, is_h265: bool) -> int:
    """The number by which others refer to a parameter set."""
    bits = Bits(unit[: 2 * _HEAD_BYTES])
    try:
        bits.take(16 if is_h265 else 8)
        if is_h265 and kind == _H265_VPS:
            return bits.take(4)
        if is_h265 and kind == _H265_SPS:
            _skip_profile(bits)
        elif not is_h265 and kind in _H264_PROFILED:
            bits.take(24)  # profile, constraints, level
        return bits.code()
    except IndexError:
        return _NO_ID


def _skip_profile(bits: Bits) -> None:
    """To sps_seq_parameter_set_id of H.265 (7.3.2.2.1, 7.3.3)."""
    bits.take(4)
    layers = bits.take(3)
    bits.take(1 + 88 + 8)
    flags = [bits.take(2) for _ in range(layers)]
    if layers:
        bits.take(2 * (8 - layers))
    for flag in flags:
        bits.take((88 if flag & 2 else 0) + (8 if flag & 1 else 0))


def _unescaped(unit: bytes) -> bytes:
    """Without emulation prevention (7.4.1)."""
    return unit.replace(b"\0\0\3", b"\0\0") if b"\0\0\3" in unit else unit
