"""Pictures out of RTP packets: H.264 (RFC 6184) and H.265 (RFC 7798), as Annex B data.

Pure: packets and their arrival in, pictures out.  Packets come in the order in which they were sent (`UdpTrack`, or
TCP).  A camera of 4 Mbit/s sends some 350 packets a second, so there is no object for each: what a packet holds is
added to the picture under way, which becomes a `SentPicture` once.

A picture ends where the next one begins: at another timestamp.  It ends at its marker bit already, where a key picture
has shown that the camera sets it on the last packet of a picture and on no other (RFC 3550, section 5.1).  Of cameras
that set it on every NAL unit, or never, the timestamps count.

Lost packets: a NAL unit keeps what came before the first packet that is missing and loses what follows, since a slice
cannot be decoded beyond; a picture stays as long as one slice of it came.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from struct import Struct
from typing import NamedTuple

from cctv.cameras.errors import CameraFailed, CameraOversized
from cctv.cameras.sdp import Codec, VideoTrack
from cctv.model.ids import CameraId

START_CODE = b"\0\0\0\1"
MAX_UNITS = 2000  # of a picture; 600 slices are the most in H.265 (ITU-T H.265, table A.8), with a message for each
_HEADER = Struct(">BBHII")  # version to CSRC count, marker and type, number, timestamp, source (RFC 3550, section 5.1)
_HEADER_BYTES = 12
_VERSION, _PADDING, _EXTENSION, _SOURCES = 0x80, 0x20, 0x10, 0x0F
_MARKER = 0x80
_HALF, _WHOLE = 1 << 31, 1 << 32  # of the timestamps
_ANEW = 1 << 15  # of the numbers: one that is further ahead is behind (RFC 3550, appendix A.1)
_START, _END = 0x80, 0x40  # of a fragment (RFC 6184, section 5.8; RFC 7798, section 4.4.3)
_REPLAY = Struct(">HHII")  # kind, length in words, NTP time; flags and a number follow
_REPLAY_KIND, _REPLAY_WORDS = 0xABAC, 3
_NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970
_INTERLEAVED = {25: "STAP-B", 26: "MTAP16", 27: "MTAP24", 29: "FU-B"}  # RFC 6184, table 1
_FIRST_SLICE = 0x80  # first_mb_in_slice is 0; first_slice_segment_in_pic_flag


class SentPicture(NamedTuple):
    """An access unit.  `pts` counts ticks of the track's clock, over all turns of the 32 bits; `arrived` is when its
    first packet was read, in seconds of the monotonic clock.

    `taken` is when it was taken by the camera's own clock, in seconds since 1970; None but in what its card plays."""

    data: bytes
    pts: int
    is_key: bool  # IDR; IRAP of H.265
    arrived: float
    taken: float | None = None


class _Marker(Enum):
    """What the marker bit of a camera is worth."""

    UNKNOWN = 0
    RIGHT = 1
    WRONG = 2


class Depacketiser(ABC):
    """Puts the pictures of one track together.  They stand in `ready` until they are taken from there."""

    def __init__(self, camera: CameraId, track: VideoTrack) -> None:
        self._camera, self._type = camera, track.payload_type
        self.ready: list[SentPicture] = []
        self.lost = 0  # packets
        # The sequence parameter set that was announced, or came last, without a start code.
        sps_type = track.codec.sps_type
        self.sps = next((unit for unit in track.sets if track.codec.unit_type(unit[0]) == sps_type), b"")
        self._number = self._source = self._stamp = -1
        self._time = 0
        self._data = bytearray()
        self._arrived = 0.0
        self._is_key = self._has_slice = self._is_open = False  # open: a fragment is still to come
        self._is_marked = False  # the last packet had the marker
        self._is_damaged = False  # packets of this picture were lost
        self._has_unmarked = False  # a NAL unit of this picture ended without the marker
        self._unit_at = self._units = 0  # where the last NAL unit begins in the data, and how many there are
        self._taken: float | None = None
        self._marker = _Marker.UNKNOWN

    def take(self, data: memoryview | bytes, at: int, end: int, arrived: float) -> None:
        """Add the packet that lies there; what is no packet of this track is dropped.

        Raises CameraFailed for a way of sending that nobody uses and that is not read here, and CameraOversized for a
        picture of more NAL units than any has: libavcodec takes seconds for them.
        """
        if end - at < _HEADER_BYTES:
            return
        flags, kind, number, stamp, source = _HEADER.unpack_from(data, at)
        if flags & 0xC0 != _VERSION or kind & 0x7F != self._type:
            return
        if number != self._number or source != self._source:
            if number == (self._number - 1) & 0xFFFF and source == self._source:  # twice
                return
            self._note_loss(number, source)
        self._number = (number + 1) & 0xFFFF
        at += _HEADER_BYTES
        taken = None
        if flags & 0x3F:
            taken = _taken(data, at, end, flags)
            at, end = _payload(data, at, end, flags)
        if at >= end:  # it keeps a way through a firewall open (RFC 6263, section 4.1), and has a number all the same
            return
        if stamp != self._stamp:
            self._begin(stamp, arrived)
            self._taken = taken
        elif self._is_marked:
            self._go_on(data, at, end, arrived)
        self._unpack(data, at, end)
        self._is_marked = kind >= _MARKER
        if not (self._is_marked or self._is_open or self._is_damaged):
            self._has_unmarked = True
        if self._is_marked and self._marker is _Marker.RIGHT and self._has_slice and not self._is_open:
            self._finish()

    def end(self) -> None:
        """The stream ended: the picture under way is ready too, but for a NAL unit that is not whole."""
        if self._is_open:
            del self._data[self._unit_at :]
            self._is_open = False
            self._has_slice = self._has_slice and self._holds_slice()
        self._finish()

    @abstractmethod
    def _unpack(self, data: memoryview | bytes, at: int, end: int) -> None:
        """Add the NAL units of a payload."""

    @abstractmethod
    def _begins_picture(self, data: memoryview | bytes, at: int, end: int) -> bool:
        """Whether a payload is one that only the first packets of a picture have."""

    @abstractmethod
    def _note_unit(self, kind: int) -> None:
        """A NAL unit of that type begins."""

    @abstractmethod
    def _holds_slice(self) -> bool:
        """Whether the data has a slice, once its last NAL unit was taken away."""

    def _add(self, kind: int, header: bytes, data: memoryview | bytes, at: int, end: int) -> None:
        """Begin a NAL unit: its header, and what of it lies in the packet."""
        self._unit_at, self._units = len(self._data), self._units + 1
        if self._units > MAX_UNITS:
            raise CameraOversized(camera=self._camera, detail=f"more than {MAX_UNITS} NAL units in a picture")
        self._note_unit(kind)
        self._data += START_CODE + header
        self._data += data[at:end]

    def _add_fragment(self, flags: int, kind: int, header: bytes, data: memoryview | bytes, at: int, end: int) -> None:
        """Add the first fragment of a NAL unit, or one that follows."""
        if flags & _START:
            self._add(kind, header, data, at, end)
            self._is_open = True
        elif self._is_open:
            self._data += data[at:end]
        if flags & _END:
            self._is_open = False

    def _unsupported(self, what: str) -> CameraFailed:
        return CameraFailed(camera=self._camera, detail=f"it sends {what}, which is not read here")

    def _note_loss(self, number: int, source: int) -> None:
        """The numbers do not follow each other: packets are missing, or the camera counts anew."""
        if self._number >= 0:
            missing = (number - self._number) & 0xFFFF
            self.lost += missing if source == self._source and missing < _ANEW else 0
            self._is_open, self._is_damaged = False, True
        self._source = source

    def _begin(self, stamp: int, arrived: float) -> None:
        """Another timestamp: the picture before is complete."""
        if self._stamp >= 0:
            # Only a picture of several units tells a marker of pictures from one that is set on each unit.
            if self._is_marked and self._has_unmarked and self._has_slice and self._marker is _Marker.UNKNOWN:
                self._marker = _Marker.RIGHT
            self._is_open = False
            if self._is_damaged and not self._has_slice:  # what is left of a picture whose slices were lost
                self._data.clear()
                self._unit_at = self._units = 0
                self._is_damaged = self._has_unmarked = False
            self._finish()
            self._time += (stamp - self._stamp + _HALF) % _WHOLE - _HALF
        else:
            self._time = stamp
        self._stamp, self._arrived, self._is_marked = stamp, arrived, False

    def _go_on(self, data: memoryview | bytes, at: int, end: int, arrived: float) -> None:
        """A packet follows the marker with the same timestamp: another picture begins, or the marker is wrong."""
        if self._begins_picture(data, at, end) and (self._has_slice or not self._data):
            self._finish()
            self._arrived = arrived
        else:
            self._marker = _Marker.WRONG

    def _finish(self) -> None:
        """Hand the picture over.  What has no slice yet, such as parameter sets of their own time, is of the next."""
        if not self._has_slice:
            return
        self.ready.append(SentPicture(bytes(self._data), self._time, self._is_key, self._arrived, self._taken))
        self._data.clear()
        self._is_key = self._has_slice = self._is_damaged = self._has_unmarked = False
        self._unit_at = self._units = 0


class H264Depacketiser(Depacketiser):
    """RFC 6184, packetization-mode 0 and 1: single NAL units, STAP-A and FU-A."""

    _STAP_A, _FU_A = 24, 28
    _SLICES, _IDR, _SPS = range(1, 6), 5, 7
    _FIRST = (6, 7, 8, 9)  # SEI, SPS, PPS, delimiter: never behind a slice of the same picture

    def _unpack(self, data: memoryview | bytes, at: int, end: int) -> None:
        kind = data[at] & 0x1F
        if kind == self._FU_A:
            if end - at > 2:
                flags = data[at + 1]
                header = bytes((data[at] & 0xE0 | flags & 0x1F,)) if flags & _START else b""
                self._add_fragment(flags, flags & 0x1F, header, data, at + 2, end)
        elif 0 < kind < self._STAP_A:
            self._is_open = False
            self._add_unit(data, at, end)
        elif kind == self._STAP_A:
            self._is_open = False
            at += 1
            while end - at > 2:
                size = data[at] << 8 | data[at + 1]
                at += 2
                if not 0 < size <= end - at:
                    break
                if 0 < data[at] & 0x1F < self._STAP_A:
                    self._add_unit(data, at, at + size)
                at += size
        elif kind in _INTERLEAVED:
            raise self._unsupported(f"H.264 as {_INTERLEAVED[kind]} (interleaved mode)")

    def _add_unit(self, data: memoryview | bytes, at: int, end: int) -> None:
        kind = data[at] & 0x1F
        if kind == self._SPS:
            self.sps = bytes(data[at:end])
        self._add(kind, b"", data, at, end)

    def _note_unit(self, kind: int) -> None:
        if kind in self._SLICES:
            self._has_slice = True
            self._is_key = self._is_key or kind == self._IDR

    def _begins_picture(self, data: memoryview | bytes, at: int, end: int) -> bool:
        kind = data[at] & 0x1F
        if kind == self._STAP_A:
            at += 3
        elif kind == self._FU_A:
            at += 1
        if end - at < 2:
            return False
        kind = data[at] & 0x1F
        return kind in self._FIRST or (kind in self._SLICES and data[at + 1] & _FIRST_SLICE != 0)

    def _holds_slice(self) -> bool:
        units = bytes(self._data).split(START_CODE)
        return any(unit and unit[0] & 0x1F in self._SLICES for unit in units)


class H265Depacketiser(Depacketiser):
    """RFC 7798: single NAL units, aggregation packets and fragmentation units, with order numbers and without.

    Pictures come in decoding order all the same: no camera is known that sends them otherwise.
    """

    _AGGREGATED, _FRAGMENT, _PACI = 48, 49, 50
    _SLICES, _KEYS, _SPS = range(32), range(16, 24), 33  # IRAP (ITU-T H.265, table 7-1)
    _FIRST = (32, 33, 34, 35, 39)  # VPS, SPS, PPS, delimiter, SEI of a prefix

    def __init__(self, camera: CameraId, track: VideoTrack) -> None:
        super().__init__(camera, track)
        self._order_bytes = 2 if track.has_order_numbers else 0  # DONL; DOND has one

    def _unpack(self, data: memoryview | bytes, at: int, end: int) -> None:
        if end - at < 2:
            return
        kind = data[at] >> 1 & 0x3F
        if kind == self._FRAGMENT:
            if end - at < 3:
                return
            flags = data[at + 2]
            header, begin = b"", at + 3
            if flags & _START:
                header = bytes((data[at] & 0x81 | (flags & 0x3F) << 1, data[at + 1]))
                begin += self._order_bytes
            self._add_fragment(flags, flags & 0x3F, header, data, begin, end)
        elif kind < self._AGGREGATED:
            self._is_open = False
            self._add_unit(bytes(data[at : at + 2]), data, at + 2 + self._order_bytes, end)
        elif kind == self._AGGREGATED:
            self._is_open = False
            self._unpack_aggregated(data, at + 2 + self._order_bytes, end)
        elif kind == self._PACI:
            raise self._unsupported("H.265 as PACI packets")

    def _unpack_aggregated(self, data: memoryview | bytes, at: int, end: int) -> None:
        while end - at >= 4:  # an end of sequence is its header alone
            size = data[at] << 8 | data[at + 1]
            at += 2
            if not 2 <= size <= end - at:
                break
            if data[at] >> 1 & 0x3F < self._AGGREGATED:
                self._add_unit(bytes(data[at : at + 2]), data, at + 2, at + size)
            at += size + self._order_bytes // 2

    def _add_unit(self, header: bytes, data: memoryview | bytes, at: int, end: int) -> None:
        kind = header[0] >> 1 & 0x3F
        if kind == self._SPS:
            self.sps = header + bytes(data[at:end])
        self._add(kind, header, data, at, end)

    def _note_unit(self, kind: int) -> None:
        if kind in self._SLICES:
            self._has_slice = True
            self._is_key = self._is_key or kind in self._KEYS

    def _begins_picture(self, data: memoryview | bytes, at: int, end: int) -> bool:
        if end - at < 3:
            return False
        kind, flags_at = data[at] >> 1 & 0x3F, at + 2 + self._order_bytes
        if kind == self._FRAGMENT:
            kind, flags_at = data[at + 2] & 0x3F, flags_at + 1
        elif kind == self._AGGREGATED:
            at += 4 + self._order_bytes
            if end - at < 3:
                return False
            kind, flags_at = data[at] >> 1 & 0x3F, at + 2
        if kind in self._FIRST:
            return True
        return kind in self._SLICES and flags_at < end and data[flags_at] & _FIRST_SLICE != 0

    def _holds_slice(self) -> bool:
        units = bytes(self._data).split(START_CODE)
        return any(unit and unit[0] >> 1 & 0x3F in self._SLICES for unit in units)


def depacketiser(camera: CameraId, track: VideoTrack) -> Depacketiser:
    """That of the track's codec."""
    return (H264Depacketiser if track.codec is Codec.H264 else H265Depacketiser)(camera, track)


def holds_endless_units(picture: bytes) -> bool:
    """Whether a picture holds more NAL units than any has, also inside of one that a camera sent as one.

    To be asked before libav reads one: it takes 17 s for 16 MB of small messages.
    """
    return picture.count(START_CODE[1:]) > MAX_UNITS


def _taken(data: memoryview | bytes, at: int, end: int, flags: int) -> float | None:
    """When the picture was taken, by the header extension of a replay (ONVIF Streaming Specification, 6.3)."""
    at += 4 * (flags & _SOURCES)
    if not flags & _EXTENSION or end - at < _REPLAY.size:
        return None
    kind, words, seconds, fraction = _REPLAY.unpack_from(data, at)
    return seconds - _NTP_EPOCH + fraction / _WHOLE if kind == _REPLAY_KIND and words >= _REPLAY_WORDS else None


def _payload(data: memoryview | bytes, at: int, end: int, flags: int) -> tuple[int, int]:
    """Where the payload lies behind contributing sources and extension, and without padding (RFC 3550, section 5.1)."""
    at += 4 * (flags & _SOURCES)
    if flags & _EXTENSION:
        if end - at < 4:
            return end, end
        at += 4 + 4 * (data[at + 2] << 8 | data[at + 3])
    if flags & _PADDING and at < end:
        end -= data[end - 1]
    return at, end
