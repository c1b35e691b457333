"""The connection to a camera: its sockets, which may read but never wait, and what the network's errors mean.

It leads to the host and port of the camera's address, by TLS for `rtsps`.  By UDP only datagrams of the camera's host
count, in the order of their numbers.  Knows nothing of RTSP.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import SplitResult, urlsplit

from cctv.cameras.errors import CameraRefused, CameraUnreachable
from cctv.config.schema import CameraSettings

# One lost SYN costs a second: with a longer wait a camera that comes back would be noticed late.
CONNECT_TIMEOUT = timedelta(seconds=1)
DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_ENCRYPTED = ("rtsps", "https")
_SEND_SECONDS = 5.0  # a camera that takes no request for so long is gone
_FAREWELL_SECONDS = 0.5
_UDP_BUFFER_BYTES = 4 << 20  # a key frame of a large picture
_DATAGRAM_BYTES = 65_536
_DATAGRAMS_AT_ONCE = 1000  # then they are counted
_REORDERED = 64  # datagrams that may overtake one that is missing
_REORDER_SECONDS = 0.1
_FAR = 3000  # datagrams ahead, or behind: a stray, unless another one follows it (RFC 3550, appendix A.1)
_PORT_TRIES = 50
_PUNCH = b"\x80\x00" + bytes(10), b"\x80\xc9\x00\x01" + bytes(4)  # an empty RTP packet and an empty receiver report


class Connection:
    """Open from its making to `close`.  Used by one thread."""

    def __init__(self, camera: CameraSettings, url: str) -> None:
        """Connect; raises CameraDown.  Blocks for `CONNECT_TIMEOUT`, and for TLS some seconds more."""
        self._peer = connect_to(camera, url, urlsplit(url))
        self._peer.setblocking(False)
        self.udp: UdpPorts | None = None
        self._poll = select.poll()
        self._poll.register(self._peer, select.POLLIN)

    def open_ports(self) -> tuple[int, int]:
        """Open two ports for RTP and RTCP by UDP, and return their numbers; raises OSError."""
        self.udp = UdpPorts(self._peer)
        for opened in self.udp.sockets:
            self._poll.register(opened, select.POLLIN)
        return self.udp.numbers

    def wait(self, seconds: float) -> bool:
        """Until something can be read, or so many seconds; whether it can."""
        return bool(self._poll.poll(seconds * 1000))

    def read_into(self, space: memoryview) -> int | None:
        """Read without waiting: how many bytes came, 0 where the camera has closed its side, None where none came.

        Reads all that came, or until `space` is full.  Raises OSError.
        """
        try:
            size = self._peer.recv_into(space)
        except (BlockingIOError, ssl.SSLWantReadError):  # a part of a TLS record, or nothing for us in it
            return None
        if isinstance(self._peer, ssl.SSLSocket):  # it gives one record at a time, which may be a packet of 1 kB
            with contextlib.suppress(OSError):  # no more, or what the next reading tells
                while 0 < size < len(space) and (more := self._peer.recv_into(space[size:])):
                    size += more
        return size

    def send(self, data: bytes) -> None:
        """Send, waiting for the camera to take it; raises OSError."""
        self._peer.settimeout(_SEND_SECONDS)
        try:
            self._peer.sendall(data)
        finally:
            self._peer.setblocking(False)

    def close(self, farewell: bytes = b"") -> None:
        """Close it, after a last message that may be lost."""
        with contextlib.suppress(OSError):
            if farewell:
                self._peer.settimeout(_FAREWELL_SECONDS)
                self._peer.sendall(farewell)
        self._peer.close()
        if self.udp is not None:
            self.udp.close()


class UdpPorts:
    """The UDP ports for a track, RTP and RTCP: datagrams of the camera's host alone, in the order of their numbers."""

    def __init__(self, peer: socket.socket) -> None:
        """Open two ports that follow each other, the first one even (RFC 3550, section 11); raises OSError."""
        self._family = peer.family
        self._here, self._there = peer.getsockname()[0], peer.getpeername()[0]
        self._track = UdpTrack()
        self.sockets = self._pair()
        self.numbers: tuple[int, int] = self.sockets[0].getsockname()[1], self.sockets[1].getsockname()[1]

    def _pair(self) -> tuple[socket.socket, socket.socket]:
        for _ in range(_PORT_TRIES):
            first = self._bound(0)
            port = first.getsockname()[1]
            if port % 2 == 0 and port < 65_535:
                with contextlib.suppress(OSError):
                    return first, self._bound(port + 1)
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

    def punch(self, server_ports: tuple[int, int]) -> None:
        """Send to where the camera sends from, so that a firewall between lets it through."""
        for opened, port, data in zip(self.sockets, server_ports, _PUNCH, strict=True):
            with contextlib.suppress(OSError):  # one that is lost costs nothing, another follows
                opened.sendto(data, (self._there, port))

    def received(self, now: float) -> list[bytes]:
        """The packets that came and that follow each other; `now` is of the monotonic clock."""
        for opened in self.sockets:
            for _ in range(_DATAGRAMS_AT_ONCE):
                try:
                    data, sender = opened.recvfrom(_DATAGRAM_BYTES)
                except OSError:  # no more, or the camera's port is closed
                    break
                if sender[0] == self._there and opened is self.sockets[0]:
                    self._track.take(data, now)
        return self._track.due(now)

    def close(self) -> None:
        for opened in self.sockets:
            opened.close()


@dataclass(slots=True)
class UdpTrack:
    """Puts the datagrams of one port in the order of their RTP numbers (RFC 3550, section 5.1).  Pure."""

    _next: int | None = None
    _anew: int = -1  # the number that would follow one that was far off
    _waiting: dict[int, bytes] = field(default_factory=dict)
    _since: float = 0.0
    _ready: list[bytes] = field(default_factory=list)

    def take(self, data: bytes, now: float) -> None:
        """Add a datagram; one that comes too late, or twice, is dropped, and so is one without a number."""
        if len(data) < 4:
            return
        number = int.from_bytes(data[2:4], "big")
        if self._next is None:
            self._next = number
        ahead = (number - self._next) & 0xFFFF
        if _FAR <= ahead < 0x1_0000 - _FAR and not self._counts_anew(number):
            return
        if (number - self._next) & 0xFFFF >= 0x8000:
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

    def _counts_anew(self, number: int) -> bool:
        """Whether the camera counts from elsewhere: two datagrams there follow each other."""
        is_second, self._anew = number == self._anew, (number + 1) & 0xFFFF
        if is_second:
            while self._waiting:
                self._give_up()
            self._next = number
        return is_second

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


def connect_to(camera: CameraSettings, url: str, parts: SplitResult, seconds: float = _SEND_SECONDS) -> socket.socket:
    """Connect to an address without credentials, by TLS for rtsps and https; raises CameraRefused or CameraUnreachable.

    Each later wait ends after so many seconds.  A camera's certificate is its own and proves nothing: the encryption
    keeps others from reading along, no more.
    """
    try:
        host = parts.hostname or ""
        where = host, parts.port or DEFAULT_PORTS[parts.scheme]
        connected = socket.create_connection(where, min(CONNECT_TIMEOUT.total_seconds(), seconds))
        connected.settimeout(seconds)
        if parts.scheme not in _ENCRYPTED:
            return connected
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        named = host.partition("%")[0]  # the interface of a link-local address is no name of the camera
        return context.wrap_socket(connected, server_hostname=named)
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
