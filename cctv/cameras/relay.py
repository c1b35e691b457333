"""The connection to a camera: a thread that carries its stream to libavformat, through `Exchange`.

libavformat connects to a port of the loopback interface, by an address with a random word in it, and speaks RTSP over
TCP without a password.  The relay connects to the camera: to the host and port of its address, by TLS for `rtsps`, by
UDP where the site says so.  What a camera may cost is limited: by `Exchange` for answers, and here for the bytes that
make one picture.  The first error of the camera is `fault`, which libavformat's own error only repeats.

After a read the relay sleeps for `nap` seconds: a third of the processor time of a recorder is waking up.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import select
import socket
import ssl
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import SplitResult, urlsplit

from cctv.cameras.errors import (
    CameraDown,
    CameraFailed,
    CameraOversized,
    CameraRefused,
    CameraSilent,
    CameraUnreachable,
)
from cctv.cameras.exchange import Buffer, Exchange
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings, Transport

log = logging.getLogger(__name__)

# One lost SYN costs a second: with a longer wait a camera that comes back would be noticed late.
CONNECT_TIMEOUT = timedelta(seconds=1)
DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
MAX_PICTURE_BYTES = 32 << 20  # of one access unit, with what stands between it and the next
MAX_CHILD_BYTES = 256 << 20  # of a look at a camera by a child, which claims nothing
_MISSED, _REMEMBERED = 2.5, 8  # distances
_SEND_SECONDS = 5.0  # a camera that takes no request for so long is gone; a reader that waits for the disk takes longer
_READER_SECONDS = 120.0
_TICK_SECONDS = 0.1
# With the sleep and the first wait, a camera of a few pictures a second that fell silent is opened again within 3 s.
STALL_TIMEOUT = timedelta(seconds=1.8)
FIRST_TIMEOUT = timedelta(
    seconds=12
)  # until two pictures tell their distance; cameras send one every 10 s and more often
LONGEST_SILENCE = timedelta(seconds=30)
_CHUNK_BYTES = 1 << 17  # more than comes while it sleeps
_REQUEST_BYTES = 16_384
_UDP_BUFFER_BYTES = 4 << 20  # a key frame of a large picture
_DATAGRAM_BYTES = 65_536
_DATAGRAMS_AT_ONCE = 1000  # then they are handed on, and counted
_REORDERED = 64  # datagrams that may overtake one that is missing
_REORDER_SECONDS = 0.1
_PORT_TRIES = 50
_PUNCH = b"\x80\x00" + bytes(10), b"\x80\xc9\x00\x01" + bytes(4)  # an empty RTP packet and an empty receiver report


class Relay:
    """Open from its making to `close`.  `url` is what libavformat opens, once."""

    def __init__(
        self, camera: CameraSettings, url: str, credential: Credential | None, *, limit: int = MAX_PICTURE_BYTES
    ) -> None:
        """Connect to the camera; raises CameraDown.  Blocks for `CONNECT_TIMEOUT`, and for TLS some seconds more.

        `limit` is how many bytes it carries between two calls of `claim`.
        """
        self.nap = 0.0
        self.fault: CameraDown | None = None
        self._camera, self._address, self._limit = camera, url, limit
        self._unclaimed, self._is_over, self._chunk = 0, False, memoryview(bytearray(_CHUNK_BYTES))
        self._patience, self._waited_since, self._ends_at = Patience(), float("inf"), float("inf")
        if not url.isascii() or not url.isprintable() or " " in url:  # it stands in a line of a request
            raise CameraFailed(camera=camera.id, detail="its stream address holds signs that none may")
        parts = urlsplit(url)
        self._peer = connect_to(camera, url, parts)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self._listener.settimeout(_TICK_SECONDS)
        port = self._listener.getsockname()[1]
        self.url = f"rtsp://127.0.0.1:{port}/{secrets.token_hex(16)}"
        udp = UdpTracks(self._peer) if camera.transport is Transport.UDP else None
        self._udp = udp
        ports = udp.open_pair if udp is not None else None
        self._exchange = Exchange(camera, url, credential, self.url.encode(), ports)
        threading.Thread(target=self._run, name=f"relay-{camera.id}", daemon=True).start()

    def claim(self) -> None:
        """A picture came out of libavformat: what was carried until now belonged to it."""
        self._unclaimed = 0

    def await_picture(self) -> None:
        """libavformat is asked for the next picture: from now on a camera that sends none is silent."""
        self._waited_since = time.monotonic()

    def note_picture(self) -> None:
        """It came, or libavformat gave up."""
        self._patience.hear(time.monotonic())
        self._waited_since = float("inf")
        self.claim()

    def end_within(self, seconds: float) -> None:
        """Close the connection so soon: whoever reads gets what came until then."""
        self._ends_at = time.monotonic() + seconds

    def close(self) -> None:
        """End it, once libavformat has closed its side, or when it never connected."""
        self._is_over = True

    def _run(self) -> None:
        with contextlib.ExitStack() as opened:
            opened.callback(self._close_sockets)
            try:
                client = self._accepted()
                if client is not None:
                    opened.enter_context(client)
                    self._carry(client)
            except CameraDown as fault:
                self.fault = fault
            except OSError as error:
                self.fault = self.fault or self._broken(error)
            except Exception as error:
                # What a camera sends ends its own connection, never the recorder.
                log.warning("camera.unreadable", extra={"camera": self._camera.id}, exc_info=error)
                self.fault = CameraFailed(camera=self._camera.id, detail=f"its answer cannot be read ({error!r:.80})")
                self.fault.__cause__ = error

    def _accepted(self) -> socket.socket | None:
        while not self._is_over:
            with contextlib.suppress(TimeoutError):
                client, _ = self._listener.accept()
                client.settimeout(_READER_SECONDS)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _CHUNK_BYTES)  # a chunk in one call
                return client
        return None

    def _carry(self, client: socket.socket) -> None:
        self._listener.close()
        self._peer.setblocking(False)
        ready = Readable()
        while time.monotonic() <= self._ends_at:
            ready.wait((client, self._peer, *(self._udp.sockets if self._udp is not None else ())), _TICK_SECONDS)
            self._require_picture(time.monotonic(), is_heard=ready.is_any_but(client))
            if client in ready and not self._carry_requests(client):
                return
            if self._peer in ready and not self._carry_answers(client):
                return
            if self._udp is not None and (frames := self._udp.received(ready, time.monotonic())):
                self._give(client, frames)
            if self.nap and self._peer in ready:
                time.sleep(self.nap)

    def _require_picture(self, now: float, *, is_heard: bool) -> None:
        """Raises CameraSilent for a camera that is silent for longer than it ever was.

        What it sent may still lie here, where the machine was too busy to hand it on; but reports alone, which some go
        on to send, prolong nothing for long.
        """
        limit, silence = self._patience.seconds, now - self._waited_since
        if silence > (2 * limit if is_heard else limit):
            raise CameraSilent(camera=self._camera.id, address=self._address, seconds=f"{limit:.2g}")

    def _carry_requests(self, client: socket.socket) -> bool:
        """False when libavformat has closed its side."""
        try:
            data = client.recv(_REQUEST_BYTES)
        except ConnectionError:
            return False
        if not data:
            return False
        requests, frames = self._exchange.requests(data)
        if requests:
            self._send(requests)
        if self._udp is not None:
            self._udp.send(frames)
        return True

    def _carry_answers(self, client: socket.socket) -> bool:
        """False when the camera has closed its side."""
        while True:
            try:
                size = self._peer.recv_into(self._chunk)
            except (BlockingIOError, ssl.SSLWantReadError):  # a part of a TLS record, or nothing for us in it
                return True
            if not size:
                return False
            for_client, for_camera = self._exchange.answers(self._chunk[:size])
            if for_camera:
                self._send(for_camera)
            if self._udp is not None:
                self._udp.learn(self._exchange.server_ports)
            if for_client and not self._give(client, for_client):
                return False
            if not (isinstance(self._peer, ssl.SSLSocket) and self._peer.pending()):
                return True

    def _send(self, data: bytes) -> None:
        """To the camera, waiting for it; reading never waits, for TLS sends records that hold nothing for us."""
        self._peer.settimeout(_SEND_SECONDS)
        try:
            self._peer.sendall(data)
        finally:
            self._peer.setblocking(False)

    def _give(self, client: socket.socket, data: Buffer) -> bool:
        self._unclaimed += len(data)
        if self._unclaimed > self._limit:
            size = f"{self._limit >> 20} MB in which no picture ends"
            raise CameraOversized(camera=self._camera.id, detail=size)
        try:
            client.sendall(data)
        except OSError:  # libavformat has closed its side
            return False
        return True

    def _broken(self, error: OSError) -> CameraDown:
        detail = "it broke the connection off" if isinstance(error, ConnectionError) else socket_problem(error)
        return CameraUnreachable(camera=self._camera.id, address=self._address, detail=detail)

    def _close_sockets(self) -> None:
        self._listener.close()
        self._peer.close()
        if self._udp is not None:
            self._udp.close()


class Readable:
    """The sockets that can be read, or have ended.  By poll, since select knows 1024 descriptors only."""

    def __init__(self) -> None:
        self._poll, self._watched = select.poll(), tuple[socket.socket, ...]()
        self._found: list[int] = []

    def wait(self, sockets: tuple[socket.socket, ...], seconds: float) -> None:
        """Until one of them can be read, or so many seconds."""
        for opened in sockets[len(self._watched) :]:  # ports of UDP are opened on the way
            self._poll.register(opened, select.POLLIN)
        self._watched = sockets
        self._found = [descriptor for descriptor, _ in self._poll.poll(seconds * 1000)]

    def __contains__(self, opened: socket.socket) -> bool:
        return opened.fileno() in self._found

    def is_any_but(self, opened: socket.socket) -> bool:
        return any(descriptor != opened.fileno() for descriptor in self._found)


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


class UdpTracks:
    """The UDP ports of a connection's tracks: datagrams of the camera's host alone, in the order of their numbers."""

    def __init__(self, peer: socket.socket) -> None:
        self._family = peer.family
        self._here, self._there = peer.getsockname()[0], peer.getpeername()[0]
        self._by_socket: dict[socket.socket, UdpTrack] = {}
        self._by_channel: dict[int, tuple[socket.socket, int]] = {}
        self.sockets: list[socket.socket] = []

    def open_pair(self, channel: int) -> tuple[int, int]:
        """Two ports that follow each other, the first one even (RFC 3550, section 11)."""
        for _ in range(_PORT_TRIES):
            first = self._bound(0)
            port = first.getsockname()[1]
            if port % 2 == 0 and port < 65_535:
                with contextlib.suppress(OSError):
                    second = self._bound(port + 1)
                    for offset, opened in enumerate((first, second)):
                        self._by_socket[opened] = UdpTrack(channel + offset, ordered=offset == 0)
                        self.sockets.append(opened)
                    return port, port + 1
            first.close()
        raise OSError("no two UDP ports are free")

    def _bound(self, port: int) -> socket.socket:
        opened = socket.socket(self._family, socket.SOCK_DGRAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _UDP_BUFFER_BYTES)
        try:
            opened.bind((self._here, port))
        except OSError:
            opened.close()
            raise
        opened.setblocking(False)
        return opened

    def learn(self, server_ports: dict[int, tuple[int, int]]) -> None:
        """Note where the camera sends from, and send there once, so that a firewall between lets it through."""
        for channel, ports in server_ports.items():
            if channel in self._by_channel:
                continue
            sockets = [opened for opened, track in self._by_socket.items() if track.channel in (channel, channel + 1)]
            for opened, port, offset, punch in zip(sockets, ports, (0, 1), _PUNCH, strict=False):
                self._by_channel[channel + offset] = opened, port
                self._send(opened, punch, port)

    def send(self, frames: list[tuple[int, bytes]]) -> None:
        """libavformat's reports to the camera."""
        for channel, data in frames:
            if channel in self._by_channel:
                opened, port = self._by_channel[channel]
                self._send(opened, data, port)

    def _send(self, opened: socket.socket, data: bytes, port: int) -> None:
        with contextlib.suppress(OSError):  # a report that is lost costs nothing, the next follows
            opened.sendto(data, (self._there, port))

    def received(self, ready: Readable, now: float) -> bytes:
        """What came, as interleaved frames."""
        frames = bytearray()
        for opened, track in self._by_socket.items():
            for _ in range(_DATAGRAMS_AT_ONCE if opened in ready else 0):
                try:
                    data, sender = opened.recvfrom(_DATAGRAM_BYTES)
                except OSError:  # no more, or the camera's port is closed
                    break
                if sender[0] == self._there and data:
                    track.take(data, now)
            for data in track.due(now):
                frames += b"$" + bytes([track.channel]) + len(data).to_bytes(2, "big") + data
        return bytes(frames)

    def close(self) -> None:
        for opened in self.sockets:
            opened.close()


@dataclass(slots=True)
class UdpTrack:
    """Puts the datagrams of one port in the order of their RTP numbers (RFC 3550, section 5.1).  Pure."""

    channel: int
    ordered: bool = True
    _next: int | None = None
    _waiting: dict[int, bytes] = field(default_factory=dict)
    _since: float = 0.0
    _ready: list[bytes] = field(default_factory=list)

    def take(self, data: bytes, now: float) -> None:
        """Add a datagram; one that comes too late, or twice, is dropped."""
        if not self.ordered or len(data) < 4:
            self._ready.append(data)
            return
        number = int.from_bytes(data[2:4], "big")
        if self._next is None:
            self._next = number
        ahead = (number - self._next) & 0xFFFF
        if ahead >= 0x8000:
            return
        if not self._waiting:
            self._since = now
        self._waiting[number] = data
        self._advance()
        if len(self._waiting) > _REORDERED:
            self._give_up()

    def due(self, now: float) -> list[bytes]:
        """The datagrams that follow each other by now, and those that waited too long for one that is lost."""
        if self._waiting and now - self._since >= _REORDER_SECONDS:
            self._give_up()
        ready, self._ready = self._ready, []
        return ready

    def _advance(self) -> None:
        while self._next in self._waiting:
            self._ready.append(self._waiting.pop(self._next))
            self._next = (self._next + 1) & 0xFFFF

    def _give_up(self) -> None:
        """Go on behind what is missing."""
        assert self._next is not None
        expected = self._next
        self._next = min(self._waiting, key=lambda number: (number - expected) & 0xFFFF)
        self._advance()


def connect_to(camera: CameraSettings, url: str, parts: SplitResult) -> socket.socket:
    """Connect to an address without credentials, by TLS for rtsps; raises CameraRefused or CameraUnreachable.

    A camera's certificate is its own and proves nothing: the encryption keeps others from reading along, no more.
    """
    try:
        where = parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme, 80)
        connected = socket.create_connection(where, CONNECT_TIMEOUT.total_seconds())
        connected.settimeout(_SEND_SECONDS)
        if parts.scheme != "rtsps":
            return connected
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(connected, server_hostname=parts.hostname)
    except ConnectionRefusedError as error:
        raise CameraRefused(camera=camera.id, address=url) from error
    except (OSError, ValueError) as error:  # ValueError: a port or a name that cannot be one
        raise CameraUnreachable(camera=camera.id, address=url, detail=socket_problem(error)) from error


def socket_problem(error: OSError | ValueError) -> str:
    """A few plain words for what the network answered."""
    if isinstance(error, (socket.gaierror, ValueError)):
        return "the name is not known"
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, ssl.SSLError):
        return f"no encrypted connection ({error.reason or 'TLS'})"
    return (error.strerror or type(error).__name__).lower()
