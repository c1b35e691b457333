"""What passes between libavformat and a camera over RTSP, checked: who gets the password, where it may lead, how large.

libavformat follows a camera's redirect to any host and signs in there, by Basic too; it takes an answer of any length.
So it never gets the password, and never speaks to the camera itself: `cctv.cameras.relay` carries the bytes, and this
module reads, changes or refuses them.  Requests are signed here (RFC 2326, section 14); a camera that redirects, that
refuses or that answers more than a camera needs ends the exchange with the error that says so.

Pure: bytes in, bytes out.  Interleaved frames (RFC 2326, section 10.12) pass as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from struct import Struct

from cctv.cameras.authentication import Signer, usable_challenge
from cctv.cameras.errors import (
    CameraBusy,
    CameraDown,
    CameraFailed,
    CameraOversized,
    CameraRedirected,
    CameraUnauthorised,
    StreamUnknown,
    TransportRefused,
)
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings, Transport
from cctv.core.text import without_secrets

MAX_HEAD_BYTES = 16_384  # of the headers of a request or an answer
MAX_BODY_BYTES = 65_536  # of a session description (SDP)
_MAX_NOISE_BYTES = 65_536  # between two frames: what a broken camera leaves of one
_MAX_CHANNEL = 31
_PORTS = 65_536
_FRAME, _FRAME_HEAD, _HEAD = ord("$"), 4, Struct(">BBH")
_END = b"\r\n\r\n"
_REQUEST = re.compile(rb"([A-Z_]{3,20}) (\S+) RTSP/1\.\d")
_ANSWER = re.compile(rb"RTSP/\d\.\d (\d{3})")
_OPENING = frozenset({b"DESCRIBE", b"SETUP", b"PLAY"})  # without these no picture; others may be unknown to a camera
_ANSWERED = frozenset({b"OPTIONS", b"GET_PARAMETER", b"SET_PARAMETER"})  # what a camera may ask of us
_REDIRECTS = range(300, 400)
_CHALLENGE = b"www-authenticate"
_TEXTS = (b"RTSP/", b"OPTIONS ", b"GET_PARAMETER ", b"SET_PARAMETER ", b"ANNOUNCE ", b"REDIRECT ")
_LONGEST_TEXT = max(map(len, _TEXTS))

Headers = list[bytes]
Buffer = bytes | memoryview
ClientPorts = Callable[[int], tuple[int, int]]
"""Opens two UDP ports for the channel of a track and answers their numbers."""


@dataclass(slots=True)
class _Pending:
    """A request that the camera has not answered yet; `number` is that of libavformat's."""

    method: bytes
    url: bytes
    headers: Headers
    number: bytes
    channel: int = 0
    signed: int = 0


@dataclass(slots=True)
class Exchange:
    """One connection to a camera, whose stream is `url`; `local` is the address by which libavformat knows it.

    `server_ports` has the ports from which a camera sends by UDP, by the channel of the track.
    """

    camera: CameraSettings
    url: str
    credential: Credential | None
    local: bytes
    client_ports: ClientPorts | None = None
    server_ports: dict[int, tuple[int, int]] = field(default_factory=dict)
    _from_client: bytearray = field(default_factory=bytearray)
    _from_camera: bytearray = field(default_factory=bytearray)
    _pending: dict[int, _Pending] = field(default_factory=dict)
    _number: int = 0
    _frame_left: int = 0  # bytes of a frame that has been handed on in part
    _noise: int = 0
    _is_known: bool = False
    _signer: Signer | None = None
    _was_let_in: bool = False

    def requests(self, data: bytes) -> tuple[bytes, list[tuple[int, bytes]]]:
        """What libavformat sent: what the camera gets of it, and the frames of a UDP track, with their channel.

        Raises CameraFailed for what is no request: then another program of this machine found the port.
        """
        buffer, out, frames = self._from_client, bytearray(), list[tuple[int, bytes]]()
        buffer += data
        while buffer:
            if buffer[0] == _FRAME:
                size = _frame_size(buffer, 0)
                if size is None:
                    break
                if self.client_ports is None:
                    out += buffer[:size]
                else:
                    frames.append((buffer[1], bytes(buffer[_FRAME_HEAD:size])))
                del buffer[:size]
                continue
            end = buffer.find(_END)
            if end < 0:
                if len(buffer) > MAX_HEAD_BYTES:
                    raise self._failed("the program that reads its stream asks what is no request")
                break
            out += self._request(bytes(buffer[:end]))
            del buffer[: end + len(_END)]
        return bytes(out), frames

    def answers(self, data: Buffer) -> tuple[Buffer, bytes]:
        """What the camera sent: what libavformat gets of it, and what the camera gets in answer.

        Raises the CameraDown of a camera that refuses, redirects or exceeds a limit.
        """
        if not self._from_camera:
            end, left = self._frames(data, min(self._frame_left, len(data)))
            if end == len(data):  # frames and nothing else, as nearly always: no copy of them
                self._frame_left = max(self._frame_left - len(data), 0) or left
                return data, b""
        return self._mixed(data)

    def _mixed(self, data: Buffer) -> tuple[bytes, bytes]:
        """The same for frames among answers, and for what still waits for its end."""
        buffer, out, back = self._from_camera, bytearray(), bytearray()
        buffer += data
        at = min(self._frame_left, len(buffer))
        self._frame_left -= at
        out += buffer[:at]
        while at < len(buffer):
            end, left = self._frames(buffer, at)
            if end > at:
                out += memoryview(buffer)[at:end]
                at, self._frame_left, self._noise = end, left, 0
                continue
            if buffer[at] == _FRAME and (len(buffer) - at < 2 or buffer[at + 1] <= _MAX_CHANNEL):
                break  # the head of a frame has still to come
            taken, for_client, for_camera = self._text(buffer, at)
            if not taken:
                break
            out += for_client
            back += for_camera
            at += taken
        del buffer[:at]
        return bytes(out), bytes(back)

    @staticmethod
    def _frames(data: Buffer | bytearray, at: int) -> tuple[int, int]:
        """Where the frames end that begin there, and how many bytes of the last one are still to come."""
        length = len(data)
        last, read = length - _FRAME_HEAD, _HEAD.unpack_from
        while at <= last:
            sign, channel, size = read(data, at)
            if sign != _FRAME or channel > _MAX_CHANNEL:
                break
            at += _FRAME_HEAD + size
        return (at, 0) if at <= length else (length, at - length)

    def _request(self, head: bytes) -> bytes:
        first, *headers = head.split(b"\r\n")
        match = _REQUEST.fullmatch(first)
        if match is None:
            raise self._failed("the program that reads its stream asks what is no request")
        method, url = match[1], match[2]
        if url.startswith(self.local):
            self._is_known = True
            url = self.url.encode() + url.removeprefix(self.local)
        if not self._is_known:
            raise self._failed("another program asks for its stream")
        number = _value(headers, b"cseq") or b"0"
        kept = [line for line in headers if _name(line) not in (b"cseq", b"authorization")]
        pending = _Pending(method, url, kept, number)
        if method == b"SETUP":
            self._set_up(pending)
        return self._sent(pending)

    def _set_up(self, pending: _Pending) -> None:
        asked = _value(pending.headers, b"transport") or b""
        channel = re.search(rb"interleaved=(\d{1,3})", asked)
        pending.channel = int(channel[1]) if channel else 0
        if self.client_ports is not None:
            first, second = self.client_ports(pending.channel)
            line = f"Transport: RTP/AVP;unicast;client_port={first}-{second}".encode()
            pending.headers = [line if _name(old) == b"transport" else old for old in pending.headers]

    def _sent(self, pending: _Pending) -> bytes:
        self._number += 1
        self._pending[self._number] = pending
        lines = [pending.method + b" " + pending.url + b" RTSP/1.0", b"CSeq: %d" % self._number, *pending.headers]
        if self._signer is not None:
            pending.signed += 1
            signed = self._signer.header(pending.method.decode(), pending.url.decode("latin-1"))
            lines.append(f"Authorization: {signed}".encode())
        return b"\r\n".join(lines) + _END

    def _text(self, buffer: bytearray, at: int) -> tuple[int, bytes, bytes]:
        """An answer, or a request of the camera: how many bytes it has, 0 while some are missing; for both sides."""
        if not buffer.startswith(_TEXTS, at):
            return self._skip(buffer, at)
        end = buffer.find(_END, at, at + MAX_HEAD_BYTES)
        if end < 0:
            if len(buffer) - at > MAX_HEAD_BYTES:
                raise self._oversized(f"headers of more than {MAX_HEAD_BYTES // 1024} kB")
            return 0, b"", b""
        first, *headers = bytes(buffer[at:end]).split(b"\r\n")
        length = self._length(headers)
        total = end + len(_END) - at + length
        if len(buffer) - at < total:
            return 0, b"", b""
        body = bytes(buffer[end + len(_END) : at + total])
        answer = _ANSWER.match(first)
        if first.startswith(b"REDIRECT "):
            raise self._redirected(headers)
        if answer is None:
            return total, b"", _reply(first, headers)
        return total, *self._answer(int(answer[1]), first, headers, body)

    def _length(self, headers: Headers) -> int:
        text = _value(headers, b"content-length")
        if text is None:
            return 0
        if not text.isdigit() or len(text) > 9 or int(text) > MAX_BODY_BYTES:
            raise self._oversized(f"a description of more than {MAX_BODY_BYTES // 1024} kB")
        return int(text)

    def _skip(self, buffer: bytearray, at: int) -> tuple[int, bytes, bytes]:
        """Noise up to the next thing that may be a frame or an answer."""
        rest = bytes(buffer[at : at + _LONGEST_TEXT])
        if any(text.startswith(rest) for text in _TEXTS):
            return 0, b"", b""
        starts = [found for sign in (b"$", b"RTSP/") if (found := buffer.find(sign, at + 1)) >= 0]
        end = min(starts, default=max(at + 1, len(buffer) - 5))  # the beginning of a word may stand at the end
        self._noise += end - at
        if self._noise > _MAX_NOISE_BYTES:
            raise self._failed("what it sends is no RTSP")
        return end - at, b"", b""

    def _answer(self, status: int, first: bytes, headers: Headers, body: bytes) -> tuple[bytes, bytes]:
        if not self._pending or status < 200:  # an answer to nothing that is open, or one that is still to come
            return b"", b""
        number = _value(headers, b"cseq") or b""
        asked = int(number) if number.isdigit() and len(number) < 10 else 0
        # Cheap cameras leave the number out or tell another one; they answer in order.
        pending = self._pending.pop(asked if asked in self._pending else min(self._pending))
        if status == 401 and (again := self._sign_in(pending, headers)) is not None:
            return b"", again
        if status >= 300 and (pending.method in _OPENING or status in _REDIRECTS or status in (401, 403)):
            raise self._fault(status, headers)
        if pending.method == b"OPTIONS" and status >= 400:  # libavformat would give up; DESCRIBE tells what is wrong
            first, headers, body = b"RTSP/1.0 200 OK", [], b""
        self._was_let_in = self._was_let_in or (pending.signed > 0 and status < 300)
        if pending.method == b"SETUP" and self.client_ports is not None:
            headers = self._as_tcp(pending, headers)
        kept = [line for line in headers if _name(line) not in (b"cseq", _CHALLENGE, b"location")]
        return b"\r\n".join([first, b"CSeq: " + pending.number, *kept]) + _END + body, b""

    def _sign_in(self, pending: _Pending, headers: Headers) -> bytes | None:
        """The request once more, signed; None where the camera refuses what was signed, or nothing may be sent."""
        challenges = [line.partition(b":")[2].decode("latin-1") for line in headers if _name(line) == _CHALLENGE]
        if self.credential is None:
            return None
        is_encrypted = self.url.startswith("rtsps://")
        challenge = usable_challenge(self.camera, self.url, challenges, is_encrypted=is_encrypted)
        if challenge is None:
            return None
        # Once more only with a nonce that ran out: a wrong password sent twice locks an account twice as soon.
        ran_out = self._was_let_in or challenge.is_stale
        if pending.signed > 1 or (pending.signed == 1 and not ran_out):
            return None
        self._signer = Signer(challenge, self.credential)
        return self._sent(pending)

    def _as_tcp(self, pending: _Pending, headers: Headers) -> Headers:
        """The answer to SETUP as libavformat expects it, and the ports that the camera sends from."""
        transport = _value(headers, b"transport") or b""
        ports = re.search(rb"server_port=(\d{1,5})(?:-(\d{1,5}))?", transport)
        if ports is not None:
            first, second = int(ports[1]), int(ports[2] or int(ports[1]) + 1)
            if 0 < first < _PORTS and 0 < second < _PORTS:
                self.server_ports[pending.channel] = first, second
        line = b"Transport: RTP/AVP/TCP;unicast;interleaved=%d-%d" % (pending.channel, pending.channel + 1)
        return [line if _name(old) == b"transport" else old for old in headers]

    def _fault(self, status: int, headers: Headers) -> CameraDown:
        named = {"camera": self.camera.id, "address": self.url}
        if status in _REDIRECTS:
            return self._redirected(headers)
        if status in (401, 403):
            return CameraUnauthorised(**named, credential=self.camera.credential or "(none is named)")
        if status in (404, 454):
            return StreamUnknown(**named)
        if status == 453:
            return CameraBusy(**named)
        if status == 461:
            other = Transport.UDP if self.camera.transport is Transport.TCP else Transport.TCP
            return TransportRefused(**named, transport=self.camera.transport, other=other)
        if status >= 500:
            return self._failed(f"it answers with a server error ({status}; too many viewers, perhaps)")
        return self._failed(f"it refuses the stream ({status})")

    def _redirected(self, headers: Headers) -> CameraRedirected:
        target = without_secrets(_shown((_value(headers, b"location") or b"").decode("latin-1")))
        return CameraRedirected(camera=self.camera.id, address=self.url, target=target or "(no address)")

    def _failed(self, detail: str) -> CameraFailed:
        return CameraFailed(camera=self.camera.id, detail=detail)

    def _oversized(self, detail: str) -> CameraOversized:
        return CameraOversized(camera=self.camera.id, detail=detail)


def _frame_size(buffer: bytearray, at: int) -> int | None:
    """Of the interleaved frame that begins there; None while some of it is missing."""
    if len(buffer) - at < _FRAME_HEAD:
        return None
    size = _FRAME_HEAD + (buffer[at + 2] << 8) + buffer[at + 3]
    return size if len(buffer) - at >= size else None


def _reply(first: bytes, headers: Headers) -> bytes:
    """The answer to what a camera asks of us: it looks whether we are still there."""
    method = first.partition(b" ")[0]
    status = b"200 OK" if method in _ANSWERED else b"501 Not Implemented"
    number = _value(headers, b"cseq") or b"0"
    return b"RTSP/1.0 " + status + b"\r\nCSeq: " + number + _END


def _name(line: bytes) -> bytes:
    return line.partition(b":")[0].strip().lower()


def _value(headers: Headers, name: bytes) -> bytes | None:
    return next((line.partition(b":")[2].strip() for line in headers if _name(line) == name), None)


def _shown(text: str) -> str:
    return "".join(sign for sign in text[:200] if sign.isprintable())
