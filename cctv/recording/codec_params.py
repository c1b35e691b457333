"""Parameter sets: what a key picture carries of size, profile and coding, by which a change of the stream is detected.

H.265 in MP4 as players want it (`hvc1`) has them in the header alone, and the muxer drops those in the pictures: a set
that changed and was not written into a new header makes every later picture unreadable.

Pure but for `format_of`, which has libavformat read one picture from memory.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise

import av
from av.container import InputContainer
from av.video.stream import VideoStream

_START = re.compile(b"\0\0\1")
_H264_SLICES, _H264_SETS = range(1, 6), (7, 8, 13, 15)  # SPS, PPS, their extensions (ITU-T H.264, table 7-1)
_H265_SLICES, _H265_SETS = range(32), (32, 33, 34)  # VPS, SPS, PPS (ITU-T H.265, table 7-1)
_LEAD = b"\0\0\0\1"
ParameterSets = dict[int, tuple[bytes, ...]]
"""The sets of each kind, each once, sorted."""


class Format:
    """A stream's format as a file's header needs it; keeps what it was read from alive."""

    def __init__(self, template: VideoStream, parameters: ParameterSets, source: InputContainer | None = None) -> None:
        self.template, self.parameters, self._source = template, parameters, source


def parameter_sets(data: bytes, *, is_h265: bool) -> ParameterSets:
    """The parameter sets in front of the first slice of Annex B data, however long the messages between them are."""
    sets: ParameterSets = {}
    for unit in _nal_units(data):
        kind = _kind(unit, is_h265=is_h265)
        if kind in (_H265_SLICES if is_h265 else _H264_SLICES):
            break
        if kind in (_H265_SETS if is_h265 else _H264_SETS):
            sets[kind] = tuple(sorted({*sets.get(kind, ()), unit}))  # cameras repeat them, in any order
    return sets


def first_format(template: VideoStream) -> Format:
    """The format that the camera announced."""
    announced = template.codec_context.extradata or b""
    return Format(template, parameter_sets(announced, is_h265=is_h265(template)))


def changed_sets(known: ParameterSets, picture: bytes, *, is_h265: bool) -> ParameterSets | None:
    """All sets that hold from a key picture on; None where it brings none, or those that are known.

    A picture may bring some kinds alone; the others stay as they were.
    """
    brought = parameter_sets(picture, is_h265=is_h265)
    after = known | brought
    return None if after == known else after


def format_of(picture: bytes, template: VideoStream, sets: ParameterSets | None = None) -> Format:
    """The format of a key picture; with `sets`, those that hold from it on.

    Raises av.error.FFmpegError, or IndexError, for a picture that libavformat cannot read.
    """
    sets = sets if sets is not None else parameter_sets(picture, is_h265=is_h265(template))
    return _opened(picture, sets, is_h265=is_h265(template))


def announced_format(picture: bytes, announced: Iterable[bytes], *, is_h265: bool) -> Format:
    """The format of a stream's first picture, with the sets of its description where it brings none itself.

    Raises as `format_of` does.
    """
    brought = parameter_sets(picture, is_h265=is_h265)
    told = parameter_sets(b"".join(_LEAD + unit for unit in announced), is_h265=is_h265)
    return _opened(picture, told | brought, is_h265=is_h265)


def _opened(picture: bytes, sets: ParameterSets, *, is_h265: bool) -> Format:
    head = b"".join(_LEAD + unit for kind in sorted(sets) for unit in sets[kind])
    source = av.open(io.BytesIO(head + picture), "r", format="hevc" if is_h265 else "h264")
    return Format(source.streams.video[0], sets, source)


def is_h265(template: VideoStream) -> bool:
    return template.codec_context.name == "hevc"


def _kind(unit: bytes, *, is_h265: bool) -> int:
    return (unit[0] >> 1) & 0x3F if is_h265 else unit[0] & 0x1F


def _nal_units(data: bytes) -> Iterator[bytes]:
    """The NAL units of Annex B data, without the zeros that may trail them (ITU-T H.264, annex B)."""
    starts = chain((match.end() for match in _START.finditer(data)), (len(data) + 3,))
    for start, following in pairwise(starts):
        if unit := data[start : following - 3].rstrip(b"\0"):
            yield unit
