"""A segment while it is written: fragmented MP4, hashed as it is written, one write per fragment.

Responsible for the file and its format.  Invariant: a fragment is complete on disk or absent; one that did not fit is
truncated, so that what a kill or a full disk leaves can be played to its end.
"""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.packet import Packet
from av.video.stream import VideoStream

from cctv.core.durable import DurableFiles
from cctv.recording.access_units import without_sets
from cctv.recording.codec_params import Format, is_h265, sets_in_header

# A killed recorder loses the fragment that is not full, the picture under way and one nap of the reader: < 0.5 s.
FRAGMENT_US = 160_000
_OPTIONS = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof",
    "frag_duration": str(FRAGMENT_US),
    "flush_packets": "1",  # a fragment is written as soon as it is complete
}
_BUFFER_BYTES = 1 << 18  # a fragment in few pieces


@dataclass(frozen=True, slots=True)
class Written:
    """A closed file; `until` in ticks is where its last whole fragment ends, None for one without a picture."""

    path: Path
    sha256: str
    size_bytes: int
    until: int | None


class SegmentFile:
    """Written by one thread; `flush` may be called by another."""

    def __init__(self, path: Path, stream: Format, tick: Fraction, disk: DurableFiles) -> None:
        self.path, self._disk, self._digest, self._size = path, disk, hashlib.sha256(), 0
        self._chunks: list[bytes] = []
        self._put_count = 0
        self._until: int | None = None
        self._is_broken = self._is_named = False
        self._lock = threading.Lock()
        self._zero: int | None = None
        self._tick = tick
        self._muxer = av.open(_Sink(self._chunks), "w", format="mp4", options=_OPTIONS, buffer_size=_BUFFER_BYTES)
        self._stream = self._muxer.add_stream_from_template(stream.template, opaque=True)
        self._stream.time_base = tick
        self._names_sets = is_h265(stream.template) and not stream.has_changed  # in the header alone, for players
        if is_h265(stream.template):
            self._stream.codec_context.codec_tag = "hev1"  # the muxer drops no set; see cctv.recording.codec_params
        self._descriptor = disk.create(path)  # last: what no file can hold leaves none behind

    def write(self, packet: Packet[VideoStream], pts: int, dts: int, *, repeats_sets: bool = False) -> None:
        """Add a picture; its times are those of the run, in ticks.  Raises OSError, and then takes no more.

        `repeats_sets`: it brings parameter sets, and none of them is new.
        """
        if repeats_sets and self._names_sets:
            packet = _without_sets(packet)
        if self._zero is None:
            self._zero, packet.is_keyframe = dts, True  # players begin here, wherever that is
        packet.stream, packet.time_base = self._stream, self._tick
        packet.pts, packet.dts = pts - self._zero, dts - self._zero
        self._muxer.mux_one(packet)
        if self._chunks and self._put() > 1:
            self._until = dts  # the fragment ended before this picture

    def close(self, until: int) -> Written:
        """Finish the file, the last of whose pictures ends at `until`.  Never raises for lack of space."""
        if self._zero is not None:
            self._muxer.close()
        if self._chunks and not self._is_broken:
            try:
                self._put()
                self._until = until
            except OSError:
                self._is_broken = True
        with self._lock:
            os.close(self._descriptor)
            self._descriptor = -1
        return Written(self.path, self._digest.hexdigest(), self._size, self._until)

    def abandon(self) -> None:
        """Write nothing more and leave the file as it is."""
        self._is_broken = True
        self._chunks.clear()
        with self._lock:
            os.close(self._descriptor)
            self._descriptor = -1

    def flush(self) -> None:
        """Flush to disk what is written so far; a power cut costs only what came since."""
        with self._lock:
            if self._descriptor < 0:
                return
            self._disk.sync(self._descriptor)
            if not self._is_named:
                self._disk.sync_directory(self.path.parent)
                self._is_named = True

    def _put(self) -> int:
        """Write what the muxer produced; returns the number of writes so far, the header included."""
        chunks = self._chunks[:]
        self._chunks.clear()
        if self._is_broken:
            return 0
        if self._names_sets and not self._put_count:
            chunks = [sets_in_header(b"".join(chunks))]
        try:
            self._disk.append(self._descriptor, self._size, chunks)
        except OSError:
            self._is_broken = True
            raise
        for chunk in chunks:
            self._digest.update(chunk)
            self._size += len(chunk)
        self._put_count += 1
        return self._put_count


def _without_sets(packet: Packet[VideoStream]) -> Packet[VideoStream]:
    bare = cast("Packet[VideoStream]", Packet(without_sets(bytes(packet), is_h265=True)))
    bare.is_keyframe, bare.duration = packet.is_keyframe, packet.duration
    return bare


class _Sink:
    """The file object that libavformat writes to."""

    def __init__(self, chunks: list[bytes]) -> None:
        self.write = chunks.append  # returns None, which stands for "all of it"
