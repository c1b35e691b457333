"""Parameter sets (SPS): the size and profile that a key picture carries, by which a change of the stream is detected.

Pure but for `format_of`, which has libavformat read one picture from memory.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import pairwise

import av
from av.container import InputContainer
from av.video.stream import VideoStream

_HEAD_BYTES = 4096  # parameter sets and messages stand in front of the first slice
_START = re.compile(b"\0\0\1")
_H264_SLICES, _H264_PARAMETERS = range(1, 6), 7
_H265_SLICES, _H265_PARAMETERS = range(32), 33


class Format:
    """A stream's format as a file's header needs it; keeps what it was read from alive."""

    def __init__(self, template: VideoStream, parameters: bytes | None, source: InputContainer | None = None) -> None:
        self.template, self.parameters, self._source = template, parameters, source


def sequence_parameters(data: bytes, *, is_h265: bool) -> bytes | None:
    """The sequence parameter set in front of the first slice of Annex B data, None where there is none."""
    for unit in _nal_units(data[:_HEAD_BYTES]):
        kind = (unit[0] >> 1) & 0x3F if is_h265 else unit[0] & 0x1F
        if kind == (_H265_PARAMETERS if is_h265 else _H264_PARAMETERS):
            return unit
        if kind in (_H265_SLICES if is_h265 else _H264_SLICES):
            return None
    return None


def holds_picture(data: bytes, *, is_h265: bool) -> bool:
    """Whether Annex B data has a slice.  A connection that ends between two pictures may leave a delimiter alone."""
    slices = _H265_SLICES if is_h265 else _H264_SLICES
    return any(((unit[0] >> 1) & 0x3F if is_h265 else unit[0] & 0x1F) in slices for unit in _nal_units(data))


def first_format(template: VideoStream) -> Format:
    """The format that the camera announced."""
    announced = template.codec_context.extradata or b""
    return Format(template, sequence_parameters(announced, is_h265=is_h265(template)))


def format_of(picture: bytes, template: VideoStream) -> Format:
    """The format of a key picture that brings another one than the camera announced."""
    source = av.open(io.BytesIO(picture), "r", format="hevc" if is_h265(template) else "h264")
    parameters = sequence_parameters(picture, is_h265=is_h265(template))
    return Format(source.streams.video[0], parameters, source)


def is_h265(template: VideoStream) -> bool:
    return template.codec_context.name == "hevc"


def _nal_units(data: bytes) -> Iterator[bytes]:
    """The NAL units of Annex B data, without the zeros that may trail them (ITU-T H.264, annex B)."""
    starts = [match.end() for match in _START.finditer(data)]
    for start, following in pairwise([*starts, len(data) + 3]):
        if unit := data[start : following - 3].rstrip(b"\0"):
            yield unit
