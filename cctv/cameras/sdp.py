"""The description of a stream (SDP, RFC 8866): its video track, and which sound the camera would send.

Pure: what a camera answers to DESCRIBE in, values out; whatever else it holds is passed over.  Only H.264 (RFC 6184)
and H.265 (RFC 7798) can be recorded; of several video tracks the first one counts.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from enum import Enum

from cctv.cameras.errors import CameraFailed, require_recordable
from cctv.core.text import printable
from cctv.model.ids import CameraId

_CLOCK_RATE = 90_000  # of both codecs (RFC 6184, section 8.2.1; RFC 7798, section 7.1)
_MAX_CLOCK_RATE = 10_000_000
_SPROP = ("sprop-vps", "sprop-sps", "sprop-pps")
_INTERLEAVED = "2"  # of packetization-mode (RFC 6184, section 5.4)
# Payload types that need no rtpmap (RFC 3551, section 6), and the names that libavcodec gives to what cameras send.
_STATIC_TYPES = {"0": "PCMU", "3": "GSM", "8": "PCMA", "9": "G722", "14": "MPA", "26": "JPEG", "32": "MPV"}
_SOUND_NAMES = {
    "PCMU": "pcm_mulaw",
    "PCMA": "pcm_alaw",
    "MPEG4-GENERIC": "aac",
    "MP4A-LATM": "aac",
    "L16": "pcm_s16be",
    "MPA": "mp3",
    "G722": "adpcm_g722",
}


class Codec(Enum):
    """A codec that can be recorded; the value is libavcodec's name for it and for the demuxer of its bytes."""

    H264 = "h264"
    H265 = "hevc"

    def unit_type(self, first: int) -> int:
        """The type of a NAL unit by its first byte."""
        return first & 0x1F if self is Codec.H264 else first >> 1 & 0x3F

    @property
    def set_types(self) -> tuple[int, ...]:
        """SPS and PPS (ITU-T H.264, table 7-1); VPS, SPS and PPS (ITU-T H.265, table 7-1)."""
        return (7, 8) if self is Codec.H264 else (32, 33, 34)

    @property
    def sps_type(self) -> int:
        return self.set_types[-2]


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """The track that is recorded.

    `control` is its address, absolute or below that of the stream; empty where the camera tells none.  `sets` are the
    parameter sets that it announces, NAL units without a start code; `has_order_numbers` tells whether packets carry a
    decoding order number (RFC 7798, section 4.4).
    """

    codec: Codec
    payload_type: int
    clock_rate: int
    control: str
    sets: tuple[bytes, ...] = ()
    has_order_numbers: bool = False


@dataclass(frozen=True, slots=True)
class Description:
    """What a camera would send.

    `control` is the address of the whole (RFC 2326, appendix C.1.1), None where it is that of the description itself;
    `sound` is libavcodec's name of a codec, None without sound.
    """

    control: str | None
    video: VideoTrack
    sound: str | None


@dataclass(slots=True)
class _Media:
    """An `m=` section: its kind, its first payload type, and its attributes; the session's own has no kind."""

    kind: str = ""
    payload_type: str = ""
    control: str | None = None
    maps: dict[str, str] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)

    @property
    def encoding(self) -> str:
        """The name in capital letters."""
        name = self.maps.get(self.payload_type, _STATIC_TYPES.get(self.payload_type, ""))
        return name.partition("/")[0].strip().upper()

    @property
    def clock_rate(self) -> int:
        rate = self.maps.get(self.payload_type, "").partition("/")[2].partition("/")[0].strip()
        usable = rate.isdecimal() and rate.isascii() and len(rate) < 9 and 0 < int(rate) <= _MAX_CLOCK_RATE
        return int(rate) if usable else _CLOCK_RATE

    @property
    def parameters(self) -> dict[str, str]:
        """Of its `fmtp` line, names in small letters."""
        pairs = (pair.partition("=") for pair in self.formats.get(self.payload_type, "").split(";"))
        return {name.strip().lower(): text.strip() for name, _, text in pairs}


def read_description(camera: CameraId, address: str, body: bytes) -> Description:
    """Raises CodecUnsupported for video that cannot be recorded, CameraFailed for a description without any."""
    session, *tracks = _sections(body.decode("latin-1"))
    videos = [track for track in tracks if track.kind == "video"]
    usable = [video for video in videos if video.encoding in Codec.__members__]
    if not usable:
        for video in videos:
            require_recordable(camera, address, printable(video.encoding)[:20] or "unknown")
        raise CameraFailed(camera=camera, detail="it offers no video")
    sounds = [track.encoding for track in tracks if track.kind == "audio" and track.encoding]
    sound = _SOUND_NAMES.get(sounds[0], printable(sounds[0])[:20].lower()) if sounds else None
    return Description(session.control, _video_track(camera, usable[0]), sound)


def _sections(text: str) -> list[_Media]:
    sections = [_Media()]
    for line in text.splitlines():
        kind, _, rest = line.strip().partition("=")
        if kind == "m":
            media, *words = rest.split() or [""]
            sections.append(_Media(media.lower(), words[2] if len(words) > 2 else ""))
        elif kind == "a":
            _note_attribute(sections[-1], rest)
    return sections


def _note_attribute(section: _Media, attribute: str) -> None:
    name, _, rest = attribute.partition(":")
    number, _, value = rest.strip().partition(" ")
    if name == "control":
        section.control = rest.strip()
    elif name == "rtpmap":
        section.maps.setdefault(number, value.strip())
    elif name == "fmtp":
        section.formats.setdefault(number, value)


def _video_track(camera: CameraId, media: _Media) -> VideoTrack:
    codec, parameters = Codec[media.encoding], media.parameters
    if codec is Codec.H264 and parameters.get("packetization-mode") == _INTERLEAVED:
        raise CameraFailed(camera=camera, detail="it sends H.264 in interleaved mode (packetization-mode 2)")
    number = media.payload_type
    return VideoTrack(
        codec,
        int(number) if number.isdecimal() and number.isascii() and len(number) < 4 else -1,
        media.clock_rate,
        media.control or "",
        _announced_sets(codec, parameters),
        parameters.get("sprop-max-don-diff", "0").strip("0") != "",
    )


def _announced_sets(codec: Codec, parameters: dict[str, str]) -> tuple[bytes, ...]:
    """The parameter sets of `sprop-parameter-sets`, or of `sprop-vps`, `-sps` and `-pps`; what is none is left out."""
    names = _SPROP if codec is Codec.H265 else ("sprop-parameter-sets",)
    texts = [text for name in names for text in parameters.get(name, "").split(",")]
    units = [unit for text in texts if (unit := _decoded(text))]
    return tuple(unit for unit in units if codec.unit_type(unit[0]) in codec.set_types)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.strip() + "==")  # some leave the padding out
    except (binascii.Error, ValueError):
        return b""
