"""What a camera has on its own card, played over RTSP (ONVIF Profile G).

Responsible for its pictures' times: those that the camera's clock gave them when they were taken, less what that clock
is ahead of ours.  A picture `arrived` when it was taken, so that whoever records it dates it as one that came live.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from cctv.cameras.errors import CameraClosed, CameraFailed, CameraSilent
from cctv.cameras.reorder import Timed
from cctv.cameras.rtsp import OPEN_TIMEOUT, LiveStream, StreamAddress
from cctv.cameras.sdp import VideoTrack
from cctv.config.schema import CameraSettings, Transport
from cctv.core.time_range import Span

_LEAP_SECONDS = 1.0
_MOST_BEFORE = 2000  # pictures in front of the span: a card begins at the key picture before it
_LONGEST_SECONDS = 3600.0  # of one fetch, for others wait; what is left is asked for anew


class CardClock:
    """The time of the pictures that are played: that of the last one."""

    def __init__(self, start: datetime) -> None:
        self._seconds = start.timestamp()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._seconds, UTC)

    def monotonic(self) -> float:
        return self._seconds

    def reach(self, seconds: float) -> None:
        """A picture was taken then, in seconds since 1970 by our clock."""
        self._seconds = max(self._seconds, seconds)


class CardStream:
    """The pictures that a camera took in `span`, by our clock; used by one thread.  Ends by itself.

    `offset` is what the camera's clock is ahead of ours.
    """

    def __init__(
        self, camera: CameraSettings, address: StreamAddress, span: Span, offset: timedelta, clock: CardClock
    ) -> None:
        """Connect and let it play; raises CameraDown."""
        self.nap = 0.0
        self._camera, self._span, self._offset, self._clock = camera, span, offset.total_seconds(), clock
        by_camera = Span(span.start + offset, span.end + offset)
        over_tcp = StreamAddress(address.url, Transport.TCP, address.credential)  # as fast as it comes, none lost
        self._stream = LiveStream(camera, over_tcp, OPEN_TIMEOUT, time.monotonic, by_camera)

    @property
    def track(self) -> VideoTrack:
        return self._stream.track

    @property
    def tick(self) -> Fraction:
        """As of a stream that is live."""
        return self._stream.tick

    @property
    def lost(self) -> int:
        """As of a stream that is live."""
        return self._stream.lost

    def __iter__(self) -> Iterator[Timed]:
        """Every picture of the span and when it is decoded; raises CameraDown.

        Ends early where the card's times leap: what follows is a recording of its own.
        """
        start, end = self._span.start.timestamp(), self._span.end.timestamp()
        first: tuple[float, int] | None = None  # when a picture was taken, and its time in ticks
        has_begun, before = False, 0
        self._stream.end_within(_LONGEST_SECONDS)
        try:
            for picture, decoded in self._stream:
                taken = None if picture.taken is None else picture.taken - self._offset
                if first is None:
                    first = self._required(taken), picture.pts
                at = first[0] + float((picture.pts - first[1]) * self.tick)  # some give a time to key pictures alone
                if taken is not None and abs(taken - at) > _LEAP_SECONDS:
                    if has_begun:
                        return
                    first, at = (taken, picture.pts), taken
                if at >= end:
                    return
                if at >= start and (has_begun or picture.is_key):
                    has_begun = True
                    self._clock.reach(at)
                    yield picture._replace(arrived=at), decoded
                elif (before := before + 1) > _MOST_BEFORE:
                    detail = "its card plays another time than it was asked for"
                    raise CameraFailed(camera=self._camera.id, detail=detail)
        except (CameraClosed, CameraSilent):
            if first is None:
                raise
            return  # there is no more on the card

    def _required(self, taken: float | None) -> float:
        if taken is None:
            detail = "what it plays from its card has no times (ONVIF Streaming Specification, 6.3)"
            raise CameraFailed(camera=self._camera.id, detail=detail)
        return taken

    def end_within(self, seconds: float) -> None:
        """As of a stream that is live."""
        self._stream.end_within(seconds)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
