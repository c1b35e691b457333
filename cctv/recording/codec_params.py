"""The format of a stream as a file's header needs it, and where its parameter sets are written.

H.265 in MP4 as players want it (`hvc1`) has the sets in the header alone.  The muxer would drop every set in a picture
then, also one that changed in front of a picture that no file can begin at, and all later pictures would be unreadable.
So it is told to keep them (`hev1`), and this module removes those that the header has and names the file `hvc1`.

Pure but for `format_of`, which has libavformat read one picture from memory.
"""

from __future__ import annotations

import io
from collections.abc import Iterable

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from cctv.cameras.rtp import START_CODE, holds_endless_units
from cctv.recording.access_units import ParameterSets, parameter_sets

_IN_BAND, _IN_HEADER = b"hev1", b"hvc1"  # ISO/IEC 14496-15, 8.4.1
_COMPLETE = 0x80  # array_completeness, 8.3.3.1.2
_SETS = (32, 33, 34)  # VPS, SPS, PPS; libavformat lists messages too
_FIXED_BYTES = 22  # of the configuration, before its arrays


class EndlessUnits(ValueError):
    """A picture of more NAL units than any has."""


class Format:
    """A stream's format as a file's header needs it; keeps what it was read from alive.

    `has_changed` is set for a stream whose sets change where no file can begin: its files say so (`hev1`).  `is_late`:
    the header lacks the sets that a decoder has by now.
    """

    def __init__(
        self,
        template: VideoStream,
        parameters: ParameterSets,
        source: InputContainer | None = None,
        *,
        has_changed: bool = False,
        is_late: bool = False,
    ) -> None:
        self.template, self.parameters, self._source = template, parameters, source
        self.has_changed, self.is_late = has_changed, is_late

    def with_sets(self, parameters: ParameterSets, *, has_changed: bool) -> Format:
        """The same header, and the sets that a decoder has by now."""
        return Format(self.template, parameters, self._source, has_changed=has_changed, is_late=True)


def first_format(template: VideoStream) -> Format:
    """The format that the camera announced."""
    announced = template.codec_context.extradata or b""
    return Format(template, parameter_sets(announced, is_h265=is_h265(template)))


def format_of(
    picture: bytes, template: VideoStream, sets: ParameterSets | None = None, *, has_changed: bool = False
) -> Format:
    """The format of a key picture; with `sets`, those that hold from it on.

    Raises av.error.FFmpegError, or IndexError, for a picture that libavformat cannot read, and EndlessUnits.
    """
    sets = sets if sets is not None else parameter_sets(picture, is_h265=is_h265(template))
    return _opened(picture, sets, is_h265=is_h265(template), has_changed=has_changed)


def announced_format(picture: bytes, announced: Iterable[bytes], *, is_h265: bool) -> Format:
    """The format of a stream's first picture, with the sets of its description where it brings none itself.

    Raises as `format_of` does.
    """
    brought = parameter_sets(picture, is_h265=is_h265)
    told = parameter_sets(b"".join(START_CODE + unit for unit in announced), is_h265=is_h265)
    return _opened(picture, told | brought, is_h265=is_h265)


def _opened(picture: bytes, sets: ParameterSets, *, is_h265: bool, has_changed: bool = False) -> Format:
    if holds_endless_units(picture):
        raise EndlessUnits
    head = b"".join(START_CODE + sets[key] for key in sorted(sets))
    source = av.open(io.BytesIO(head + picture), "r", format="hevc" if is_h265 else "h264")
    return Format(source.streams.video[0], sets, source, has_changed=has_changed)


def is_h265(template: VideoStream) -> bool:
    return template.codec_context.name == "hevc"


def sets_in_header(header: bytes) -> bytes:
    """The header of an H.265 file that says that all sets stand in it: `hev1` becomes `hvc1`.  Pure."""
    entry, config = header.find(_IN_BAND), header.find(b"hvcC")
    if entry < 0 or config < 0:
        return header
    changed = bytearray(header)
    changed[entry : entry + len(_IN_BAND)] = _IN_HEADER
    at = config + len(b"hvcC") + _FIXED_BYTES
    arrays, at = changed[at], at + 1
    for _ in range(arrays):
        if changed[at] & 0x3F in _SETS:
            changed[at] |= _COMPLETE
        count, at = int.from_bytes(changed[at + 1 : at + 3], "big"), at + 3
        for _ in range(count):
            at += 2 + int.from_bytes(changed[at : at + 2], "big")
    return bytes(changed)
