"""One camera: a clip played in a circle by the camera's own clock, whether anyone looks or not.

Owns which picture is due and whether it is sent.  Knows nothing of RTSP, mount points or other cameras.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from simulator import sei
from simulator.clips import AccessUnit, Clip
from simulator.gst import Gst, GstRtspServer

AUDIO_RATE = 8000
SILENCE = b"\xff"  # PCMU
LEAVING = 0.01  # seconds in which another thread notices that its client has left
LEAVES_WITHIN = 5.0


@dataclass(slots=True)
class Sent:
    """What left the camera so far."""

    frames: int = 0
    dropped: int = 0
    bytes: int = 0
    first: int | None = None
    last: int | None = None


class Camera:
    """Feeds the sources of one RTSP media.

    The picture with counter N is always picture N % len(clip) of the clip that plays: the counter starts at 0, and a
    change of clip waits for a counter at which the other clip has a key frame.
    """

    def __init__(self, index: int, name: str, clips: Sequence[Clip], fps: Fraction, start_idr: bool) -> None:
        self.index = index
        self.name = name
        self.clips = tuple(clips)
        self.fps = fps
        self.start_idr = start_idr
        self.playing = 0
        self.wanted = 0
        self.counter = 0
        self.frozen = False
        self.drop = 0.0
        self.sent = Sent()
        self._chance = random.Random(index)
        self._lock = threading.Lock()
        self._media: GstRtspServer.RTSPMedia | None = None
        self._video: Gst.Element | None = None
        self._audio: Gst.Element | None = None
        self._origin: int | None = None
        self._waits_for_key = False

    @property
    def clip(self) -> Clip:
        """The clip that plays now."""
        return self.clips[self.playing]

    @property
    def connected(self) -> bool:
        """Somebody looks."""
        return self._media is not None

    def attach(self, media: GstRtspServer.RTSPMedia) -> None:
        """Feed this media from the next picture on, or from the next key frame."""
        element = media.get_element()
        with self._lock:
            self._video = element.get_by_name("video-source")
            self._audio = element.get_by_name("audio-source")
            self._media = media
            self._origin = None
            self._waits_for_key = self.start_idr
        media.connect_after("unprepared", self._detach)  # after its factory has forgotten it

    def wait_until_left(self) -> None:
        """Let the last client leave before the next one is answered: it would get the media that is being taken apart.

        Called in the next client's thread.
        """
        time.sleep(LEAVING)
        deadline = time.monotonic() + LEAVES_WITHIN
        going = GstRtspServer.RTSPMediaStatus.UNPREPARING, GstRtspServer.RTSPMediaStatus.UNPREPARED
        while (media := self._media) is not None and media.get_status() in going and time.monotonic() < deadline:
            time.sleep(LEAVING)

    def tick(self) -> None:
        """Let one picture pass; send it if somebody looks."""
        self._change_clip()
        counter, self.counter = self.counter, self.counter + 1
        unit = self.clip.units[counter % len(self.clip)]
        with self._lock:
            video, audio = self._video, self._audio
            if video is None or self.frozen or (self._waits_for_key and not unit.key):
                return
            joins = self._origin is None
            if joins and not self._begin(video, counter):
                return
            self._waits_for_key = False
        begin, end = self._timestamp(counter), self._timestamp(counter + 1)
        self._send_picture(video, unit, counter, joins, begin, end)
        if audio is not None:
            samples = self._samples_before(counter + 1) - self._samples_before(counter)
            audio.emit("push-buffer", _buffer(SILENCE * samples, begin, end))

    def _change_clip(self) -> None:
        clip = self.clips[self.wanted]
        if self.wanted != self.playing and clip.units[self.counter % len(clip)].key:
            self.playing = self.wanted

    def _begin(self, video: Gst.Element, counter: int) -> bool:
        _, state, _ = video.get_state(0)
        clock = video.get_clock()
        if clock is None or state != Gst.State.PLAYING:
            return False
        running = clock.get_time() - video.get_base_time()
        self._origin = running - self._duration_of(counter)
        return True

    def _send_picture(
        self, video: Gst.Element, unit: AccessUnit, counter: int, joins: bool, begin: int, end: int
    ) -> None:
        if self.drop and self._chance.random() < self.drop:
            self.sent.dropped += 1
            return
        supplement = self.clip.codec.sei(sei.mark(self.index, counter, time.time_ns() // 1000))
        # The session description must carry the parameter sets, as those of real cameras do.
        data = unit.marked(supplement, self.clip.parameter_sets if joins else b"")
        if video.emit("push-buffer", _buffer(data, begin, end)) != Gst.FlowReturn.OK:
            return
        self.sent.frames += 1
        self.sent.bytes += len(data)
        self.sent.last = counter
        if self.sent.first is None:
            self.sent.first = counter

    def _timestamp(self, counter: int) -> int:
        return (self._origin or 0) + self._duration_of(counter)

    def _duration_of(self, frames: int) -> int:
        return round(frames * Gst.SECOND / self.fps)

    def _samples_before(self, counter: int) -> int:
        return int(counter * AUDIO_RATE / self.fps)

    def _detach(self, media: GstRtspServer.RTSPMedia) -> None:
        with self._lock:
            if self._media is media:
                self._media = self._video = self._audio = None


def _buffer(data: bytes, begin: int, end: int) -> Gst.Buffer:
    buffer = Gst.Buffer.new_wrapped(data)
    buffer.pts = buffer.dts = begin
    buffer.duration = end - begin
    return buffer
