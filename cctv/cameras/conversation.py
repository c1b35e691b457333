"""RTSP with a camera (RFC 2326): what it is asked, who gets the password, where an answer may lead, how large it is.

OPTIONS, DESCRIBE, SETUP of the video track alone, PLAY; then a question before the session's time runs out, and
TEARDOWN.  Requests are signed (section 14).  A camera that redirects, that refuses or that answers more than a camera
needs ends the conversation with the error that says so.  Of the addresses that it tells, the path counts and never the
host.

Pure: bytes in, requests and pictures out; `cctv.cameras.rtsp` has the sockets.  RTP comes between the answers, in
interleaved frames (section 10.12), or as datagrams.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

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
from cctv.cameras.rtp import Depacketiser, depacketiser
from cctv.cameras.sdp import Description, read_description
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings, Transport
from cctv.core.text import plain_line, without_secrets
from cctv.core.time_range import Span

MAX_HEAD_BYTES = 16_384  # of the headers of a request or an answer
MAX_BODY_BYTES = 65_536  # of a session description (SDP)
_MAX_NOISE_BYTES = 65_536  # between two frames: what a broken camera leaves of one
_MAX_CHANNEL = 31
_MAX_PENDING = 8  # questions without an answer that are remembered
_MAX_SESSION = 256  # signs
_PORTS = 65_536
_FRAME, _FRAME_HEAD = ord("$"), 4
_END = b"\r\n\r\n"
_ANSWER = re.compile(rb"RTSP/\d\.\d (\d{3})")
_OPENING = frozenset({"DESCRIBE", "SETUP", "PLAY"})  # without these no picture; others may be unknown to a camera
_ANSWERED = frozenset({b"OPTIONS", b"GET_PARAMETER", b"SET_PARAMETER"})  # what a camera may ask of us
_REDIRECTS = range(300, 400)
_CHALLENGE = b"www-authenticate"
_TEXTS = (b"RTSP/", b"OPTIONS ", b"GET_PARAMETER ", b"SET_PARAMETER ", b"ANNOUNCE ", b"REDIRECT ")
_LONGEST_TEXT = max(map(len, _TEXTS))
_ZONE = re.compile(r"(?<=[0-9A-Fa-f:.])%[^]/]*\]")  # this machine's own word (RFC 6874, section 1)
_SCHEMES = ("rtsp", "rtsps", "rtspu")
_SESSION_SECONDS, _SHORTEST_SECONDS = 60, 2  # where the camera tells none (RFC 2326, section 12.37); ours at the least

Headers = list[bytes]
ClientPorts = Callable[[], tuple[int, int]]
"""Opens two UDP ports for a track and answers their numbers."""


@dataclass(slots=True)
class _Pending:
    """A request that the camera has not answered yet."""

    method: str
    url: str
    headers: tuple[str, ...]
    signed: int = 0


@dataclass(slots=True)
class Conversation:
    """One connection to a camera, whose stream is `url`.  `client_ports` is None for RTP over the same connection.

    `playback` is the span to play from the camera's card, by the camera's clock (ONVIF Streaming Specification,
    chapter 6); None for what it sees now.
    `server_ports` are those from which the camera sends by UDP, None where it tells none.  Once `is_playing`,
    `description` and `depacketiser` are there.
    """

    camera: CameraSettings
    url: str
    credential: Credential | None = field(repr=False)
    client_ports: ClientPorts | None = None
    playback: Span | None = None
    server_ports: tuple[int, int] | None = None
    description: Description | None = None
    depacketiser: Depacketiser | None = None
    is_playing: bool = False
    session_seconds: float = _SESSION_SECONDS
    _asked: str = ""  # `url` as the camera is to see it
    _base: str = ""  # address of the whole stream
    _session: str = ""
    _channel: int = 0
    _pending: dict[int, _Pending] = field(default_factory=dict)
    _outgoing: bytearray = field(default_factory=bytearray)
    _number: int = 0
    _noise: int = 0
    _keeps_alive: str = "OPTIONS"
    _signer: Signer | None = None
    _was_let_in: bool = False

    def __post_init__(self) -> None:
        if not _is_usable(self.url):  # it stands in a line of a request
            raise self._failed("its stream address holds signs that none may")
        self._asked = _ZONE.sub("]", self.url, count=1)
        self._ask("OPTIONS", self._asked)

    def outgoing(self) -> bytes:
        """What the camera must be sent now; it is not told a second time."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    def keep_alive(self) -> None:
        """Ask something, so that the session goes on (RFC 2326, section 12.37); wanted twice in `session_seconds`."""
        if len(self._pending) >= _MAX_PENDING:  # it answers none, and what it hears may count all the same
            del self._pending[min(self._pending)]
        self._ask(self._keeps_alive, self._base)

    def tear_down(self) -> None:
        """Tell that nothing is wanted any more."""
        if self._session:
            self._ask("TEARDOWN", self._base)

    def read(self, buffer: bytearray, view: memoryview, end: int, arrived: float) -> int:
        """Read what the camera sent, from the beginning of `buffer`, of which `view` shows the bytes, up to `end`.

        Returns how many bytes are done with; the others wait for what follows them.  `arrived` is for the pictures.
        Raises the CameraDown of a camera that refuses, redirects or exceeds a limit.
        """
        at, take = 0, self.depacketiser.take if self.depacketiser is not None else None
        while at < end:
            if buffer[at] == _FRAME:
                if end - at < 2:
                    break
                channel = buffer[at + 1]
                if channel <= _MAX_CHANNEL:
                    begin = at + _FRAME_HEAD
                    if begin > end:
                        break
                    following = begin + (buffer[at + 2] << 8) + buffer[at + 3]
                    if following > end:
                        break
                    if take is not None and channel == self._channel:
                        take(view, begin, following, arrived)
                    at, self._noise = following, 0
                    continue
            taken = self._text(buffer, at, end)
            if not taken:
                break
            at += taken
            take = self.depacketiser.take if self.depacketiser is not None else None
        return at

    def _text(self, buffer: bytearray, at: int, end: int) -> int:
        """Read an answer, or a request of the camera, and return its length; 0 while some of it is missing."""
        if not buffer.startswith(_TEXTS, at, end):
            return self._skip(buffer, at, end)
        head_end = buffer.find(_END, at, min(end, at + MAX_HEAD_BYTES))
        if head_end < 0:
            if end - at >= MAX_HEAD_BYTES:
                raise self._oversized(f"headers of more than {MAX_HEAD_BYTES // 1024} kB")
            return 0
        first, *headers = bytes(buffer[at:head_end]).split(b"\r\n")
        body = head_end + len(_END)
        following = body + self._length(headers)
        if following > end:
            return 0
        self._noise = 0
        answer = _ANSWER.match(first)
        if first.startswith(b"REDIRECT "):
            raise self._redirected(headers)
        if answer is None:
            self._outgoing += _reply(first, headers)
        else:
            self._answer(int(answer[1]), headers, bytes(buffer[body:following]))
        return following - at

    def _length(self, headers: Headers) -> int:
        text = _value(headers, b"content-length")
        if text is None:
            return 0
        if not text.isdigit() or len(text) > 9 or int(text) > MAX_BODY_BYTES:
            raise self._oversized(f"a description of more than {MAX_BODY_BYTES // 1024} kB")
        return int(text)

    def _skip(self, buffer: bytearray, at: int, end: int) -> int:
        """Pass over noise, up to the next thing that may be a frame or an answer."""
        rest = bytes(buffer[at : min(end, at + _LONGEST_TEXT)])
        if any(text.startswith(rest) for text in _TEXTS):
            return 0
        limit, following = end, max(at + 1, end - _LONGEST_TEXT + 1)  # the beginning of a text may stand at the end
        for sign in (b"$", *_TEXTS):
            found = buffer.find(sign, at + 1, limit)
            if found >= 0:
                limit = following = found
        self._noise += following - at
        if self._noise > _MAX_NOISE_BYTES:
            raise self._failed("what it sends is no RTSP")
        return following - at

    def _ask(self, method: str, url: str, *headers: str) -> None:
        self._send(_Pending(method, url, headers))

    def _send(self, pending: _Pending) -> None:
        self._number += 1
        self._pending[self._number] = pending
        lines = [f"{pending.method} {pending.url} RTSP/1.0", f"CSeq: {self._number}", "User-Agent: cctv"]
        lines += pending.headers
        if self._session:
            lines.append(f"Session: {self._session}")
        if self._signer is not None:
            pending.signed += 1
            lines.append(f"Authorization: {self._signer.header(pending.method, pending.url)}")
        self._outgoing += "\r\n".join(lines).encode() + _END

    def _answer(self, status: int, headers: Headers, body: bytes) -> None:
        if not self._pending or status < 200:  # an answer to nothing that is open, or one that is still to come
            return
        number = _value(headers, b"cseq") or b""
        asked = int(number) if number.isdigit() and len(number) < 10 else 0
        # Cheap cameras leave the number out or tell another one; they answer in order.
        pending = self._pending.pop(asked if asked in self._pending else min(self._pending))
        if status == 401 and self._signs_in(pending, headers):
            return
        if status >= 300 and (pending.method in _OPENING or status in _REDIRECTS or status in (401, 403)):
            raise self._fault(status, headers)
        self._was_let_in = self._was_let_in or (pending.signed > 0 and status < 300)
        if status >= 300 and pending.method == "GET_PARAMETER":  # announced, and not known all the same
            self._keeps_alive = "OPTIONS"
        self._go_on(pending.method, headers, body)

    def _go_on(self, method: str, headers: Headers, body: bytes) -> None:
        """Ask what comes after the request that was answered."""
        if self.is_playing:
            return
        if method == "OPTIONS":  # whatever it answered: DESCRIBE tells what is wrong
            known = (_value(headers, b"public") or b"").decode("latin-1").upper()
            self._keeps_alive = "GET_PARAMETER" if "GET_PARAMETER" in known else "OPTIONS"
            self._ask("DESCRIBE", self._asked, "Accept: application/sdp", *self._required())
        elif method == "DESCRIBE":
            self._set_up(headers, body)
        elif method == "SETUP":
            self._note_session(headers)
            self._note_transport(headers)
            self._ask("PLAY", self._base, *self._required(), *self._wanted())
        elif method == "PLAY":
            self.is_playing = True

    def _set_up(self, headers: Headers, body: bytes) -> None:
        self.description = description = read_description(self.camera.id, self.url, body)
        told = _value(headers, b"content-base") or _value(headers, b"content-location") or b""
        text = told.decode("latin-1")
        base = self._pinned(text) if "://" in text else self._asked
        self._base = self._resolved(base, description.control or "")
        self.depacketiser = depacketiser(self.camera.id, description.video)
        if self.client_ports is None:
            transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
        else:
            transport = "RTP/AVP;unicast;client_port={}-{}".format(*self.client_ports())
        track = self._resolved(base, description.video.control)
        self._ask("SETUP", track, f"Transport: {transport}", *self._required())

    def _required(self) -> tuple[str, ...]:
        return ("Require: onvif-replay",) if self.playback is not None else ()

    def _wanted(self) -> tuple[str, ...]:
        """All that comes from now on; or a span of the card, as fast as the camera sends it."""
        if self.playback is None:
            return ("Range: npt=0.000-",)
        return f"Range: clock={_clock(self.playback.start)}-{_clock(self.playback.end)}", "Rate-Control: no"

    def _note_session(self, headers: Headers) -> None:
        name, _, parameters = (_value(headers, b"session") or b"").partition(b";")
        session = name.strip().decode("latin-1")
        if session and not (_is_usable(session) and len(session) <= _MAX_SESSION):
            raise self._failed("the name of its session holds signs that none may")
        self._session = session
        seconds = re.search(rb"timeout\s*=\s*(\d{1,6})", parameters)
        if seconds is not None:
            self.session_seconds = max(int(seconds[1]), _SHORTEST_SECONDS)

    def _note_transport(self, headers: Headers) -> None:
        """Note on which channel, or from which ports, the camera sends the track; raises TransportRefused."""
        transport = _value(headers, b"transport") or b""
        is_tcp = b"/tcp" in transport.lower() or b"interleaved=" in transport
        if transport and is_tcp != (self.client_ports is None):  # it chose another one than was asked for
            raise self._transport_refused()
        if self.client_ports is None:
            channel = re.search(rb"interleaved=(\d{1,3})", transport)
            self._channel = int(channel[1]) if channel is not None else 0
            if self._channel > _MAX_CHANNEL:
                raise self._failed(f"it sends on the channel {self._channel}")
            return
        ports = re.search(rb"server_port=(\d{1,5})(?:-(\d{1,5}))?", transport)
        told = (int(ports[1]), int(ports[2] or int(ports[1]) + 1)) if ports is not None else (0, 0)
        if all(0 < port < _PORTS for port in told):
            self.server_ports = told

    def _resolved(self, base: str, control: str) -> str:
        """The address of a control attribute (RFC 2326, appendix C.1.1), appended as a camera with a query means it."""
        if control in ("", "*"):
            return base
        if "://" in control:
            return self._pinned(control)
        joint = "" if base.endswith("/") or control.startswith("/") else "/"
        return self._checked(base + joint + control)

    def _pinned(self, told: str) -> str:
        """An address that the camera told, on the host and port that the site named."""
        try:
            parts, ours = urlsplit(self._checked(told)), urlsplit(self._asked)
        except ValueError as error:
            raise self._failed("an address in its description is none") from error
        if parts.scheme.lower() not in _SCHEMES:
            raise self._failed("an address in its description is not one of RTSP")
        return ours._replace(path=parts.path, query=parts.query, fragment="").geturl()

    def _checked(self, told: str) -> str:
        address = told.strip().replace(" ", "%20")
        if not _is_usable(address):
            raise self._failed("an address in its description holds signs that none may")
        return address

    def _signs_in(self, pending: _Pending, headers: Headers) -> bool:
        """Ask once more, signed; False where the camera refuses what was signed, or nothing may be sent."""
        challenges = [line.partition(b":")[2].decode("latin-1") for line in headers if _name(line) == _CHALLENGE]
        if self.credential is None:
            return False
        is_encrypted = self.url.startswith("rtsps://")
        challenge = usable_challenge(self.camera, self.url, challenges, is_encrypted=is_encrypted)
        if challenge is None:
            return False
        # Once more only with a nonce that ran out: a wrong password sent twice locks an account twice as soon.
        ran_out = self._was_let_in or challenge.is_stale
        if pending.signed > 1 or (pending.signed == 1 and not ran_out):
            return False
        self._signer = Signer(challenge, self.credential)
        self._send(pending)
        return True

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
            return self._transport_refused()
        if status >= 500:
            return self._failed(f"it answers with a server error ({status}; too many viewers, perhaps)")
        return self._failed(f"it refuses the stream ({status})")

    def _redirected(self, headers: Headers) -> CameraRedirected:
        target = without_secrets(plain_line((_value(headers, b"location") or b"").decode("latin-1")))[:200]
        return CameraRedirected(camera=self.camera.id, address=self.url, target=target or "(no address)")

    def _transport_refused(self) -> TransportRefused:
        both = Transport.TCP, Transport.UDP
        asked, other = both if self.client_ports is None else reversed(both)
        return TransportRefused(camera=self.camera.id, address=self.url, transport=asked, other=other)

    def _failed(self, detail: str) -> CameraFailed:
        return CameraFailed(camera=self.camera.id, detail=detail)

    def _oversized(self, detail: str) -> CameraOversized:
        return CameraOversized(camera=self.camera.id, detail=detail)


def _reply(first: bytes, headers: Headers) -> bytes:
    """The answer to what a camera asks of us: it looks whether we are still there."""
    method = first.partition(b" ")[0]
    status = b"200 OK" if method in _ANSWERED else b"501 Not Implemented"
    number = _value(headers, b"cseq") or b"0"
    return b"RTSP/1.0 " + status + b"\r\nCSeq: " + number + _END


def _clock(at: datetime) -> str:
    """An instant as a range has it (RFC 2326, section 3.7), to the millisecond."""
    return f"{at:%Y%m%dT%H%M%S}.{at.microsecond // 1000:03}Z"


def _name(line: bytes) -> bytes:
    return line.partition(b":")[0].strip().lower()


def _value(headers: Headers, name: bytes) -> bytes | None:
    return next((line.partition(b":")[2].strip() for line in headers if _name(line) == name), None)


def _is_usable(text: str) -> bool:
    """Whether it may stand in a line of a request, between two spaces."""
    return text.isascii() and text.isprintable() and " " not in text
