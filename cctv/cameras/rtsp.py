"""The stream of a camera: its address, and its compressed pictures read in this thread until the camera fails.

The only module by which a stream is opened.  `Connection` has the sockets, `Conversation` says what the bytes mean;
here is when is read, and how long a camera may be silent.  What it may cost is limited: by `Conversation` for answers,
and here for the bytes that make one picture.

After a read it may sleep for `nap` seconds, and then several pictures are read at once: a third of the processor time
of a recorder is waking up.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction

from cctv.cameras.connection import Connection, socket_problem
from cctv.cameras.conversation import Conversation
from cctv.cameras.errors import (
    CameraClosed,
    CameraDown,
    CameraFailed,
    CameraOversized,
    CameraSilent,
    CameraUnreachable,
)
from cctv.cameras.reorder import DecodingOrder, Timed
from cctv.cameras.rtp import Depacketiser, SentPicture
from cctv.cameras.sdp import VideoTrack
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings, Transport
from cctv.core.text import without_secrets
from cctv.core.time_range import Span

log = logging.getLogger(__name__)

OPEN_TIMEOUT = timedelta(seconds=8)  # for the conversation up to PLAY
MAX_PICTURE_BYTES = 32 << 20  # of one access unit, with what stands between it and the next
_MISSED, _REMEMBERED = 2.5, 8  # distances
_TICK_SECONDS = 0.1
# With the sleep and the first wait, a camera of a few pictures a second that fell silent is opened again within 3 s.
STALL_TIMEOUT = timedelta(seconds=1.8)
FIRST_TIMEOUT = timedelta(
    seconds=12
)  # until two pictures tell their distance; cameras send one every 10 s and more often
LONGEST_SILENCE = timedelta(seconds=30)
_BUFFER_BYTES = 1 << 17  # more than comes while it sleeps, and than the largest answer has
_MOST_EARLY = 1000  # pictures that come before PLAY is answered; bytes alone would allow two million
_ALIVE_TWICE = 2  # in the time of a session, so that one answer may be lost


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """Where a camera's stream is; its text is safe to show, `url` may hold what a device wrote into it."""

    url: str
    transport: Transport
    credential: Credential | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return without_secrets(self.url)


class LiveStream:
    """An open stream.  Used by one thread."""

    def __init__(
        self,
        camera: CameraSettings,
        address: StreamAddress,
        patience: timedelta,
        monotonic: Callable[[], float],
        playback: Span | None = None,
    ) -> None:
        """Connect and let it play; raises CameraDown.  Blocks for `patience` at the most, and a second to connect."""
        self.nap = 0.0
        self._camera, self._address, self._monotonic = camera, address, monotonic
        by_udp = self._open_ports if address.transport is Transport.UDP else None
        self._conversation = Conversation(camera, address.url, address.credential, by_udp, playback)
        self._buffer = bytearray(_BUFFER_BYTES)
        self._view, self._filled, self._unclaimed = memoryview(self._buffer), 0, 0
        self._patience, self._waited_since, self._ends_at = Patience(), 0.0, float("inf")
        self._has_read_all = False  # that came until the last reading, and something did
        log.debug("stream.requested", extra={"camera": camera.id, "transport": address.transport})
        self._connection = Connection(camera, address.url)
        try:
            self.track, self._depacketiser = self._play(patience)
        except BaseException:
            self.close()
            raise
        self._alive_after = self._conversation.session_seconds / _ALIVE_TWICE
        self._alive_at = monotonic() + self._alive_after

    @property
    def tick(self) -> Fraction:
        """Seconds of one unit of a picture's times; 1/90000 by RFC 6184 and RFC 7798."""
        return Fraction(1, self.track.clock_rate)

    @property
    def sound(self) -> str | None:
        """The codec of the sound that the camera would send; None without sound."""
        description = self._conversation.description
        return description.sound if description is not None else None

    @property
    def lost(self) -> int:
        """Packets that were sent, by their numbers, and never came."""
        return self._depacketiser.lost

    def __iter__(self) -> Iterator[Timed]:
        """Every picture and when it is decoded.  Ends with a CameraDown, never by itself."""
        order, fault = DecodingOrder(self.track), None
        while fault is None:
            try:
                pictures = self._next_pictures()
            except CameraDown as down:
                fault = down
                self._depacketiser.end()
                pictures = self._taken()
            for picture in pictures:
                if picture.is_key:
                    order.learn(self._depacketiser.sps)
                yield from order.take(picture)
        yield from order.rest()
        raise fault

    def end_within(self, seconds: float) -> None:
        """Let it end so soon, with the pictures that were read until then.  May be called by another thread."""
        self._ends_at = self._monotonic() + seconds

    def close(self) -> None:
        """Close the connection; the camera is told, and not waited for."""
        self._conversation.tear_down()
        self._connection.close(self._conversation.outgoing())

    def _open_ports(self) -> tuple[int, int]:
        return self._connection.open_ports()

    def _play(self, patience: timedelta) -> tuple[VideoTrack, Depacketiser]:
        ends_at = self._monotonic() + patience.total_seconds()
        self._send()
        talk = self._conversation
        while not talk.is_playing:
            if self._monotonic() > ends_at:
                raise self._silent(patience.total_seconds())
            if not self._receive():
                self._connection.wait(_TICK_SECONDS)
            taker = talk.depacketiser
            if taker is not None and not talk.is_playing and len(taker.ready) > _MOST_EARLY:
                detail = f"more than {_MOST_EARLY} pictures before it answers PLAY"
                raise CameraOversized(camera=self._camera.id, detail=detail)
        assert talk.description is not None
        assert talk.depacketiser is not None
        self._punch()
        return talk.description.video, talk.depacketiser

    def _next_pictures(self) -> list[SentPicture]:
        """Wait for the next picture, and take what came with it."""
        self._waited_since = self._monotonic()
        if self._waited_since > self._ends_at:  # of a camera too, that always has one more
            raise self._closed()
        while not self._depacketiser.ready:
            if self._has_read_all and self.nap:
                time.sleep(self.nap)
            is_heard = self._receive()
            if self._monotonic() > self._alive_at:
                self._keep_alive()
            if self._depacketiser.ready:
                break
            if not is_heard:
                is_heard = self._connection.wait(_TICK_SECONDS)
            now = self._monotonic()
            self._require_picture(now, is_heard=is_heard)
            if now > self._ends_at:
                raise self._closed()
        return self._taken()

    def _taken(self) -> list[SentPicture]:
        pictures, self._depacketiser.ready = self._depacketiser.ready, []
        for picture in pictures:
            self._patience.hear(picture.arrived)
        self._unclaimed = 0
        return pictures

    def _receive(self) -> bool:
        """Read what came, without waiting; whether anything did.  Raises CameraDown."""
        try:
            size = self._read()
            if self._connection.udp is not None:
                size += self._read_datagrams(self._connection.udp.received(self._monotonic()))
        except CameraDown:
            raise
        except OSError as error:
            raise self._broken(error) from error
        except Exception as error:
            # What a camera sends ends its own connection, never the recorder.
            log.warning("camera.unreadable", extra={"camera": self._camera.id}, exc_info=error)
            detail = f"its answer cannot be read ({error!r:.80})"
            raise CameraFailed(camera=self._camera.id, detail=detail) from error
        self._unclaimed += size
        if self._unclaimed > MAX_PICTURE_BYTES:
            detail = f"{MAX_PICTURE_BYTES >> 20} MB in which no picture ends"
            raise CameraOversized(camera=self._camera.id, detail=detail)
        return size > 0

    def _read(self) -> int:
        space = self._view[self._filled :]
        size = self._connection.read_into(space)
        self._has_read_all = size is not None and size < len(space)
        if size is None:
            return 0
        if not size:
            raise self._closed()
        end = self._filled + size
        done = self._conversation.read(self._buffer, self._view, end, self._monotonic())
        self._filled = end - done
        if done and self._filled:
            self._view[: self._filled] = self._view[done:end]
        self._send()
        return size

    def _read_datagrams(self, packets: list[bytes]) -> int:
        taker, now = self._conversation.depacketiser, self._monotonic()
        if taker is not None:
            for packet in packets:
                taker.take(packet, 0, len(packet), now)
        return sum(map(len, packets))

    def _send(self) -> None:
        if data := self._conversation.outgoing():
            try:
                self._connection.send(data)
            except OSError as error:
                raise self._broken(error) from error

    def _keep_alive(self) -> None:
        self._alive_at = self._monotonic() + self._alive_after
        self._conversation.keep_alive()
        self._punch()
        self._send()

    def _punch(self) -> None:
        if self._connection.udp is not None and self._conversation.server_ports is not None:
            self._connection.udp.punch(self._conversation.server_ports)

    def _require_picture(self, now: float, *, is_heard: bool) -> None:
        """Raises CameraSilent for a camera that is silent for longer than it ever was.

        What it sent may still lie here, where the machine was too busy to read it; but reports alone, which some go
        on to send, prolong nothing for long.
        """
        limit, silence = self._patience.seconds, now - self._waited_since
        if silence > (2 * limit if is_heard else limit):
            raise self._silent(limit)

    def _silent(self, seconds: float) -> CameraSilent:
        return CameraSilent(camera=self._camera.id, address=self._address.url, seconds=f"{seconds:.2g}")

    def _closed(self) -> CameraClosed:
        return CameraClosed(camera=self._camera.id, address=self._address.url)

    def _broken(self, error: OSError) -> CameraDown:
        detail = "it broke the connection off" if isinstance(error, ConnectionError) else socket_problem(error)
        return CameraUnreachable(camera=self._camera.id, address=self._address.url, detail=detail)


def open_live(
    camera: CameraSettings,
    address: StreamAddress,
    *,
    patience: timedelta = OPEN_TIMEOUT,
    monotonic: Callable[[], float] = time.monotonic,
) -> LiveStream:
    """Connect and let it play; raises CameraDown.  `monotonic` is the clock of the arrivals, in seconds."""
    return LiveStream(camera, address, patience, monotonic)


@dataclass(slots=True)
class Patience:
    """How long a stream may be silent: longer for a camera of one picture every few seconds.  Pure; in seconds."""

    _last: float | None = None
    _distances: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def hear(self, at: float) -> None:
        """Note when a picture came."""
        if self._last is not None:
            self._distances.append(at - self._last)
        self._last = at

    @property
    def seconds(self) -> float:
        """Two and a half times the longest of the last distances, within the limits of the module."""
        if not self._distances:
            return FIRST_TIMEOUT.total_seconds()
        wanted = max(STALL_TIMEOUT.total_seconds(), _MISSED * max(self._distances))
        return min(wanted, LONGEST_SILENCE.total_seconds())
