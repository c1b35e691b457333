"""When a picture is decoded: RTP tells when it is shown, and with B-frames pictures are sent in another order.

A picture is decoded when a decoder that holds `depth` pictures back must hand one over, so its decoding time is the
earliest time of showing of the last `depth` + 1 pictures.  The depth stands in the SPS: `max_num_reorder_frames` of
H.264 (ITU-T H.264, annex E.2.1), `sps_max_num_reorder_pics` of H.265 (ITU-T H.265, 7.4.3.2.1).  H.264 may leave it out,
and then it is learnt from the pictures.  Pure.
"""

from __future__ import annotations

import re
from bisect import insort
from itertools import pairwise
from typing import NamedTuple

from cctv.cameras.rtp import SentPicture
from cctv.cameras.sdp import Codec, VideoTrack

_MOST_DEPTH = 16  # pictures that a decoder holds back (ITU-T H.264 annex A.3.1; H.265 annex A.4.2)
_MOST_HELD = _MOST_DEPTH + 4
_FEWEST_HELD = 3  # to see of the third picture that it is shown before the second
_MOST_REFERENCES_IN_ORDER = 1  # a B-frame refers to one picture before it and one behind it
_BASELINE = 66  # profile without B-frames (ITU-T H.264, annex A.2.1)
_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})  # 7.3.2.1.1
_ALL_COLOURS = 3  # chroma_format_idc of 4:4:4
_EXTENDED_SAR = 255
_MAX_LAYERS = 7  # sps_max_sub_layers_minus1 is 0 to 6
_LONGEST_CODE = 32  # bits of an Exp-Golomb code in a parameter set
_MAX_SPS_BYTES = 4096

Timed = tuple[SentPicture, int]
"""A picture and when it is decoded, in the ticks of its own time."""


class DecodingOrder:
    """Gives the pictures of a stream their decoding times, in the order in which they come.

    Of a stream that may have B-frames the first few are held until their distance and the depth are known.
    """

    def __init__(self, track: VideoTrack) -> None:
        self._codec, self._rate, self._sps = track.codec, track.clock_rate, b""
        self._depth, self._is_known = 0, False
        self._held: list[SentPicture] | None = []  # None once the stream has begun
        self._step = 0
        self._recent: list[int] = []  # times of showing that no picture was decoded at yet, sorted
        self._last = 0

    def learn(self, sps: bytes) -> None:
        """Note the parameter set that holds from the next picture on."""
        if sps == self._sps:
            return
        self._sps, depth = sps, reorder_depth(sps, self._codec)
        self._is_known = depth is not None
        self._depth = max(self._depth, depth or 0)

    def take(self, picture: SentPicture) -> list[Timed]:
        """This picture and those that were held, with their times; empty while it is held itself."""
        if self._held is None:
            return [(picture, self._decoded(picture.pts))]
        self._held.append(picture)
        if self._holds_on(self._held):
            return []
        return self.rest()

    def rest(self) -> list[Timed]:
        """The pictures that are still held when the stream ends.

        The first `depth` of them are decoded a step apart before the one that is shown first.
        """
        held, self._held = self._held or [], None
        if not held:
            return []
        first = min(picture.pts for picture in held)
        timed = []
        for number, picture in enumerate(held):
            if number < self._depth:
                insort(self._recent, picture.pts)
                timed.append((picture, first - (self._depth - number) * self._step))
            else:
                timed.append((picture, self._decoded(picture.pts)))
        return timed

    def _holds_on(self, held: list[SentPicture]) -> bool:
        if self._is_known and not self._depth:
            return False
        before = self._depth, self._step
        times = [picture.pts for picture in held]
        if not self._is_known:
            self._depth = min(max(self._depth, sum(time > times[-1] for time in times)), _MOST_DEPTH)
        self._step = min((later - earlier for earlier, later in pairwise(sorted(times)) if later > earlier), default=0)
        if len(held) >= _MOST_HELD:
            return False
        if not self._depth:
            return len(held) < _FEWEST_HELD
        return len(held) < self._depth + 2 or before != (self._depth, self._step)

    def _decoded(self, shown: int) -> int:
        insort(self._recent, shown)
        if len(self._recent) > self._depth:
            earliest = self._recent[0]
            is_expected = self._is_known or self._depth >= _MOST_DEPTH
            if is_expected or not 0 < self._last - earliest < self._rate:
                self._last = self._recent.pop(0)
            else:  # a B-frame that was not expected; a camera that counts anew goes back further
                self._depth += 1
        return self._last


def reorder_depth(sps: bytes, codec: Codec) -> int | None:
    """How many pictures a decoder holds back by a sequence parameter set; None where it does not tell."""
    bits = Bits(sps[:_MAX_SPS_BYTES])
    try:
        return _depth_h265(bits) if codec is Codec.H265 else _depth_h264(bits)
    except IndexError:
        return None


def field_number_bits(sps: bytes) -> int | None:
    """Bits of `frame_num` in a slice of H.264 that may be one of a field; None where all pictures are frames."""
    try:
        told = _read_h264(Bits(sps[:_MAX_SPS_BYTES]))
    except IndexError:
        return None
    return told.number_bits if told.may_have_fields else None


class Bits:
    """Reads the payload of a NAL unit bit by bit, without its emulation prevention; raises IndexError at its end."""

    def __init__(self, unit: bytes) -> None:
        payload = re.sub(b"\0\0\3", b"\0\0", unit)
        self._bits, self._left = int.from_bytes(payload, "big"), len(payload) * 8

    def take(self, count: int) -> int:
        """u(n)"""
        self._left -= count
        if self._left < 0:
            raise IndexError
        return self._bits >> self._left & (1 << count) - 1

    def code(self) -> int:
        """ue(v)"""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > _LONGEST_CODE:
                raise IndexError
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """se(v)"""
        code = self.code()
        return (code + 1) // 2 if code % 2 else -(code // 2)


class _H264Sps(NamedTuple):
    """What an SPS of H.264 tells in front of its cropping (ITU-T H.264, 7.3.2.1.1)."""

    profile: int
    number_bits: int  # of frame_num
    order: int  # pic_order_cnt_type
    references: int
    may_have_fields: bool


def _read_h264(bits: Bits) -> _H264Sps:
    bits.take(8)
    profile = bits.take(8)
    bits.take(16)
    bits.code()
    if profile in _WITH_CHROMA:
        _skip_chroma(bits)
    number_bits = bits.code() + 4
    order = bits.code()
    if order == 0:
        bits.code()
    elif order == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(bits.code()):
            bits.signed()
    references = bits.code()
    bits.take(1)
    bits.code()
    bits.code()
    may_have_fields = not bits.take(1)  # frame_mbs_only_flag
    if may_have_fields:
        bits.take(1)
    return _H264Sps(profile, number_bits, order, references, may_have_fields)


def _depth_h264(bits: Bits) -> int | None:
    sps = _read_h264(bits)
    bits.take(1)
    if bits.take(1):  # cropping
        for _ in range(4):
            bits.code()
    told = _told_depth(bits) if bits.take(1) else None
    in_order = sps.profile == _BASELINE or sps.order == 2 or sps.references <= _MOST_REFERENCES_IN_ORDER
    return 0 if in_order else told


def _skip_chroma(bits: Bits) -> None:
    kind = bits.code()
    if kind == _ALL_COLOURS:
        bits.take(1)
    bits.code()
    bits.code()
    bits.take(1)
    if bits.take(1):  # scaling lists
        for number in range(12 if kind == _ALL_COLOURS else 8):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if number < 6 else 64)


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _told_depth(bits: Bits) -> int | None:
    """`max_num_reorder_frames` of the usability information (ITU-T H.264, annex E.1.1)."""
    if bits.take(1) and bits.take(8) == _EXTENDED_SAR:
        bits.take(32)
    if bits.take(1):
        bits.take(1)
    if bits.take(1):
        bits.take(4)
        if bits.take(1):
            bits.take(24)
    if bits.take(1):
        bits.code()
        bits.code()
    if bits.take(1):
        bits.take(65)
    if has_nal_rates := bits.take(1):
        _skip_rates(bits)
    if has_rates := bits.take(1):
        _skip_rates(bits)
    if has_nal_rates or has_rates:
        bits.take(1)
    bits.take(1)
    if not bits.take(1):
        return None
    bits.take(1)
    for _ in range(4):
        bits.code()
    return min(bits.code(), _MOST_DEPTH)


def _skip_rates(bits: Bits) -> None:
    """ITU-T H.264, annex E.1.2."""
    count = bits.code() + 1
    bits.take(8)
    for _ in range(count):
        bits.code()
        bits.code()
        bits.take(1)
    bits.take(20)


def _depth_h265(bits: Bits) -> int | None:
    """ITU-T H.265, 7.3.2.2: of the highest layer."""
    bits.take(16 + 4)
    layers = bits.take(3) + 1
    bits.take(1)
    if layers > _MAX_LAYERS:
        return None
    bits.take(88 + 8)  # profile, tier and level
    present = [(bits.take(1), bits.take(1)) for _ in range(layers - 1)]
    if layers > 1:
        bits.take(2 * (9 - layers))
    for has_profile, has_level in present:
        bits.take(88 * has_profile + 8 * has_level)
    bits.code()
    if bits.code() == _ALL_COLOURS:
        bits.take(1)
    bits.code()
    bits.code()
    if bits.take(1):  # conformance window
        for _ in range(4):
            bits.code()
    bits.code()
    bits.code()
    bits.code()
    each = bits.take(1)
    depth = 0
    for _ in range(layers if each else 1):
        bits.code()
        depth = bits.code()
        bits.code()
    return min(depth, _MOST_DEPTH)
