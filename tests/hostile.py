"""An RTSP server in a thread that answers what a test tells it to, and a host that listens for what it must not get."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass

Answer = Callable[[str, dict[str, str]], bytes | None]
"""From a method and the headers (lower case, and `url`) to the bytes of an answer; None closes the connection."""

SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 packetization-mode=1\r\na=control:track1\r\n"
)


def reply(status: str, headers: dict[str, str], *lines: str, body: str = "") -> bytes:
    """An answer to the request with those headers."""
    length = [f"Content-Length: {len(body)}"] if body else []
    head = [f"RTSP/1.0 {status}", f"CSeq: {headers['cseq']}", *lines, *length]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def usual(method: str, headers: dict[str, str]) -> bytes:
    """What a camera answers that has one H.264 track."""
    if method == "DESCRIBE":
        return reply("200 OK", headers, "Content-Type: application/sdp", body=SDP)
    if method == "SETUP":
        return reply("200 OK", headers, f"Transport: {headers['transport']}", "Session: 1")
    return reply("200 OK", headers, "Session: 1")


@dataclass(frozen=True)
class StreamQuirk:
    """How a camera fails over RTSP; `errors` are the codes of the error that it is, any of them."""

    name: str
    answer: Answer
    errors: tuple[str, ...]


def _at(asked: str, answer: Answer) -> Answer:
    return lambda method, headers: answer(method, headers) if method == asked else usual(method, headers)


def _told(status: str, *lines: str, body: str = "") -> Answer:
    return lambda method, headers: reply(status, headers, *lines, body=body)


def flood(method: str, headers: dict[str, str]) -> bytes:
    """A picture that never ends: parameter sets at full speed."""
    unit = b"\x80\x60" + bytes(2) + bytes(8) + b"\x67" + b"\x42" * 60_000
    return usual(method, headers) + (b"$\0" + len(unit).to_bytes(2, "big") + unit) * 1200


_LIMITS = ("CameraOversized", "CameraFailed")
QUIRKS = (
    StreamQuirk("sends on to another host", _told("302 Found", "Location: rtsp://192.0.2.99/x"), ("CameraRedirected",)),
    StreamQuirk("serves somebody else", _at("DESCRIBE", _told("453 Not Enough Bandwidth")), ("CameraBusy",)),
    StreamQuirk("knows no such stream", _at("DESCRIBE", _told("404 Not Found")), ("StreamUnknown",)),
    StreamQuirk("another transport only", _at("SETUP", _told("461 Unsupported Transport")), ("TransportRefused",)),
    StreamQuirk("an error of its own", _at("DESCRIBE", _told("500 Internal Server Error")), ("CameraFailed",)),
    StreamQuirk("asks for Basic", _told("401 Unauthorized", "WWW-Authenticate: Basic realm=x"), ("BasicRefused",)),
    StreamQuirk("tells a length of 2 GB", _told("200 OK", "Content-Length: 2147483000"), _LIMITS),
    StreamQuirk("headers of 20 kB", _at("DESCRIBE", _told("200 OK", "X: " + "y" * 20_000)), _LIMITS),
    StreamQuirk("a description of 70 kB", _at("DESCRIBE", _told("200 OK", body=SDP + "a=x:" + "y" * 70_000)), _LIMITS),
    StreamQuirk("noise", lambda method, headers: b"\xff" * 300_000, _LIMITS),
    StreamQuirk("closes at once", lambda method, headers: None, ("CameraClosed", "CameraSilent")),
    StreamQuirk("a picture that never ends", _at("PLAY", flood), ("CameraOversized", "CameraSilent")),
    StreamQuirk("plays, and sends nothing", usual, ("CameraSilent",)),
)


class RtspServer:
    """`asked` has the method and the headers of every request."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self._answer, self._server, self._tls = answer, socket.create_server(("127.0.0.1", 0)), tls
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{'rtsps' if self._tls else 'rtsp'}://127.0.0.1:{self._server.getsockname()[1]}/main"

    def __enter__(self) -> RtspServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
        for client in self._open:
            client.close()

    @property
    def heard(self) -> str:
        """All that came, as one text."""
        return repr(self.asked)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                self._open.append(client)
                threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        if self._tls is not None:
            client = self._tls.wrap_socket(client, server_side=True)
        with contextlib.suppress(OSError), client, client.makefile("rb") as lines:
            while (first := lines.readline()) and not first.startswith(b"$"):
                method, url, _ = first.decode().split(" ", 2)
                headers = {"url": url}
                while line := lines.readline().decode().strip():
                    name, _, text = line.partition(":")
                    headers[name.strip().lower()] = text.strip()
                self.asked.append((method, headers))
                if (answer := self._answer(method, headers)) is None:
                    return
                client.sendall(answer)


class RawServer:
    """Answers each HTTP request with what `write` sends on the connection, and keeps what it heard."""

    def __init__(self, write: Callable[[socket.socket, bytes], None]) -> None:
        self._write, self._server = write, socket.create_server(("127.0.0.1", 0))
        self.heard: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.getsockname()[1]}"

    def __enter__(self) -> RawServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            request = b""
            while b"Envelope>" not in request:
                data = client.recv(65_536)
                if not data:
                    return
                request += data
            self.heard.append(request)
            self._write(client, request)
