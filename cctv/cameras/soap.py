"""SOAP over HTTP to one device: to the configured host and no other, within limits of size, time and shape.

A device is asked by its configured scheme, host and port; of the addresses that it names only the path counts, since
behind NAT the rest is wrong and behind an attacker it is his.  Elements are told apart by their local names: devices
mix up namespaces, versions of SOAP and status codes, and none of that is needed to understand them
(docs/decisions/0027-soap-without-a-schema.md).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import logging
import secrets
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import SplitResult, quote, urlsplit
from xml.sax.saxutils import escape

from cctv.cameras.authentication import Signer, usable_challenge
from cctv.cameras.connection import DEFAULT_PORTS, connect_to
from cctv.cameras.errors import (
    CameraFailed,
    CameraOversized,
    CameraRedirected,
    CameraSilent,
    CameraUnauthorised,
    CameraUnreachable,
    ClockRefused,
)
from cctv.cameras.xml_answer import Node, Unreadable, read_xml
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings
from cctv.core.clock import Clock
from cctv.core.text import plain_line, without_secrets

log = logging.getLogger(__name__)

MAX_ANSWER_BYTES = 1 << 20
ANSWER_TIMEOUT = timedelta(seconds=10)  # from the question to the last byte of the answer
_CHUNK_BYTES = 65_536
_PLAIN = ("", "identity")
_REDIRECTS = range(300, 400)
_REFUSALS = (http.client.UNAUTHORIZED, http.client.FORBIDDEN)
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>{}'
    "</s:Header><s:Body>{}</s:Body></s:Envelope>"
)
_TOKEN = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_SECURITY = (
    f'<Security s:mustUnderstand="1" xmlns="{_TOKEN}wssecurity-secext-1.0.xsd"><UsernameToken><Username>{{}}</Username>'
    f'<Password Type="{_TOKEN}username-token-profile-1.0#PasswordDigest">{{}}</Password>'
    f'<Nonce EncodingType="{_TOKEN}soap-message-security-1.0#Base64Binary">{{}}</Nonce>'
    f'<Created xmlns="{_TOKEN}wssecurity-utility-1.0.xsd">{{}}</Created></UsernameToken></Security>'
)
_UNAUTHORISED = (
    "notauthorized",
    "not authorized",
    "unauthorized",
    "401",
    "authority failure",
    "failedauthentication",
    "security token could not be authenticated",
)
_OUT_OF_DATE = ("messageexpired", "message expired", "message has expired", "time check failed", "created time")


@dataclass(frozen=True, slots=True)
class Service:
    """A service of a device: the namespace of its questions, and the path where it is asked."""

    namespace: str
    path: str

    def at(self, address: str) -> Service:
        """The same service by the path of an address that the device told; the usual one where that has none."""
        try:
            parts = urlsplit(address.split()[0] if address.split() else "")
        except ValueError:
            return self
        query = f"?{parts.query}" if parts.query else ""
        path = quote(parts.path + query, safe="/?%&=;:@+,!~*'()-._$")
        return Service(self.namespace, path) if path.startswith("/") and len(path) > 1 else self


DEVICE = Service("http://www.onvif.org/ver10/device/wsdl", "/onvif/device_service")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer over HTTP; `challenges` are its `WWW-Authenticate` headers."""

    status: int
    content: bytes
    location: str
    challenges: tuple[str, ...]


def device_address(camera: CameraSettings) -> SplitResult:
    """The scheme, host and port of its `onvif`, and the path of its device service where it names one."""
    address = camera.onvif or ""
    return urlsplit(address if "://" in address else f"http://{address}")


def shown_host(host: str, *, zone: bool = True) -> str:
    """A host as an address holds it: IPv6 in brackets, with the zone of a link-local one or without."""
    return f"[{host if zone else host.partition('%')[0]}]" if ":" in host else host


class Device:
    """A conversation with one device, used by one thread.  Raises CameraDown, and never with the text of a question.

    `offset` is the device's clock less ours, None while it is not known: sign-ins are dated by the device's clock.
    """

    def __init__(self, camera: CameraSettings, credential: Credential | None, timeout: timedelta, clock: Clock) -> None:
        self.offset: timedelta | None = None
        self._camera, self.credential, self._timeout, self._clock = camera, credential, timeout, clock
        self._base = device_address(camera)
        self._own = DEVICE.at(camera.onvif or "") if "://" in (camera.onvif or "") else DEVICE
        self._signer: Signer | None = None
        self._is_refused = False  # a password that HTTP refused is not sent again

    @property
    def camera(self) -> str:
        """The camera's id."""
        return self._camera.id

    def ask(
        self,
        service: Service,
        operation: str,
        arguments: str = "",
        *,
        is_signed: bool = True,
        timeout: timedelta | None = None,
    ) -> Node:
        """The answer to a question, whose `arguments` are XML; raises CameraDown for a fault and for what is no answer.

        `timeout` is for the connection's next byte.
        """
        at = self._own if service is DEVICE else service
        body = f'<{operation} xmlns="{at.namespace}">{arguments}</{operation}>'
        security = self._security() if is_signed and self.credential is not None else ""
        reply = self._asked(at, operation, _ENVELOPE.format(security, body).encode(), timeout or self._timeout)
        return self._answer(reply, f"{operation}Response")

    def carry(self, service: Service, operation: str, message: bytes) -> bytes:
        """The answer to a whole envelope that another wrote; raises CameraDown as `ask` does."""
        reply = self._asked(service, operation, message, self._timeout)
        self._answer(reply, f"{operation}Response")
        return reply.content

    def _asked(self, at: Service, operation: str, message: bytes, timeout: timedelta) -> Reply:
        if self._is_refused:
            raise self._unauthorised()
        headers = {"Content-Type": f'application/soap+xml; charset=utf-8; action="{at.namespace}/{operation}"'}
        return self._post(at.path, message, headers, timeout)

    def _answer(self, reply: Reply, expected: str) -> Node:
        """What the body of the envelope holds."""
        is_refusal = reply.status in _REFUSALS
        try:
            root = read_xml(reply.content)
        except Unreadable as error:
            if is_refusal:
                raise self._unauthorised() from error
            if reply.status >= http.client.BAD_REQUEST:
                raise CameraFailed(camera=self._camera.id, detail=f"ONVIF answers: HTTP {reply.status}") from error
            log.warning("camera.unreadable", extra={"camera": self._camera.id, "error": type(error).__name__})
            raise CameraFailed(
                camera=self._camera.id, detail=f"its ONVIF answer cannot be read: {plain_line(str(error))}"
            ) from error
        body = root.child("Body")
        said = next(iter(body.children), None) if body is not None else None
        if said is not None and said.name == expected:
            return said
        if said is not None and said.name == "Fault":
            raise self._fault(said, is_refusal=is_refusal)
        if is_refusal:
            raise self._unauthorised()
        if reply.status >= http.client.BAD_REQUEST:
            raise CameraFailed(camera=self._camera.id, detail=f"ONVIF answers: HTTP {reply.status}")
        shown = plain_line((said or body or root).name)[:60]
        log.warning("camera.unreadable", extra={"camera": self._camera.id, "error": "AnotherAnswer"})
        raise CameraFailed(
            camera=self._camera.id, detail=f"its ONVIF answer cannot be read: {shown} instead of {expected}"
        )

    def _fault(self, fault: Node, *, is_refusal: bool) -> CameraUnauthorised | ClockRefused | CameraFailed:
        """The error that a fault of SOAP 1.1 or 1.2 stands for, whatever the status it came with."""
        reason = fault.child("Reason") or fault.child("faultstring")
        codes = fault.child("Code") or fault.child("faultcode")
        told = [_words(part) for part in (reason, codes, fault.child("Detail") or fault.child("detail"))]
        lower = " ".join(told).lower()
        if any(sign in lower for sign in _OUT_OF_DATE):
            seconds = "it does not tell how far" if self.offset is None else f"{self.offset.total_seconds():+.0f} s"
            return ClockRefused(**self._named(), offset=seconds)
        if is_refusal or any(sign in lower for sign in _UNAUTHORISED):
            return self._unauthorised()
        detail = without_secrets(plain_line(next((text for text in told if text), "a fault")))[:200].rstrip(".")
        return CameraFailed(camera=self._camera.id, detail=f"ONVIF answers: {detail}")

    def _security(self) -> str:
        """A UsernameToken by digest, dated by the device's clock (WS-Security UsernameToken profile 1.0)."""
        assert self.credential is not None
        nonce = secrets.token_bytes(16)
        at: datetime = self._clock.now() + (self.offset or timedelta(0))
        created = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        digest = hashlib.sha1(nonce + created.encode() + self.credential.password.encode()).digest()
        named = escape(self.credential.username)
        return _SECURITY.format(named, base64.b64encode(digest).decode(), base64.b64encode(nonce).decode(), created)

    def _post(self, path: str, message: bytes, headers: Mapping[str, str], timeout: timedelta) -> Reply:
        """Ask, and ask again signed where HTTP wants that (RFC 7616)."""
        reply = self._exchange(path, message, headers, timeout)
        if reply.status == http.client.UNAUTHORIZED and self._sign_in(reply):
            reply = self._exchange(path, message, headers, timeout)
            self._is_refused = reply.status == http.client.UNAUTHORIZED
        if reply.status in _REDIRECTS:
            raise CameraRedirected(**self._named(), target=without_secrets(reply.location)[:200])
        return reply

    def _sign_in(self, reply: Reply) -> bool:
        """Whether there is an answer to the challenge that was not given yet."""
        if self.credential is None:
            return False
        is_encrypted, address = self._base.scheme == "https", self._camera.onvif or ""
        challenge = usable_challenge(self._camera, address, reply.challenges, is_encrypted=is_encrypted)
        if challenge is None:
            return False
        if self._signer is not None and not challenge.is_stale and self._signer.challenge.scheme == challenge.scheme:
            return False
        self._signer = Signer(challenge, self.credential)
        return True

    def _exchange(self, path: str, message: bytes, headers: Mapping[str, str], timeout: timedelta) -> Reply:
        """One question on a connection of its own: devices close those that they promised to keep."""
        seconds = timeout.total_seconds()
        host = self._base.hostname or ""
        connection = http.client.HTTPConnection(host, timeout=seconds)
        connection.sock = connect_to(self._camera, self._camera.onvif or "", self._base, seconds)
        signed = {"Authorization": self._signer.header("POST", path)} if self._signer is not None else {}
        over = threading.Event()
        alarm = threading.Timer(ANSWER_TIMEOUT.total_seconds(), _cut, (connection, over))
        alarm.daemon = True
        alarm.start()
        try:
            connection.putrequest("POST", path, skip_host=True, skip_accept_encoding=True)
            sent = {"Host": self._host_header(), "Accept-Encoding": "identity", "Connection": "close"}
            for name, text in {**sent, "Content-Length": str(len(message)), **headers, **signed}.items():
                connection.putheader(name, text)
            connection.endheaders(message)
            response = connection.getresponse()
            content = _read(response)
        except TimeoutError as error:
            raise self._silent(seconds) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            if over.is_set():
                raise self._silent(ANSWER_TIMEOUT.total_seconds()) from error
            if not isinstance(error, OSError):
                raise CameraFailed(camera=self._camera.id, detail="its answer is no HTTP") from error
            raise CameraUnreachable(**self._named(), detail="it broke the connection off") from error
        finally:
            alarm.cancel()
            connection.close()
        if over.is_set():
            raise self._silent(ANSWER_TIMEOUT.total_seconds())
        if len(content) > MAX_ANSWER_BYTES:
            raise CameraOversized(camera=self._camera.id, detail="an ONVIF answer of more than 1 MB")
        if response.headers.get("Content-Encoding", "").strip().lower() not in _PLAIN:
            raise CameraFailed(camera=self._camera.id, detail="it compresses its answers, which it was not asked to")
        challenges = tuple(response.headers.get_all("WWW-Authenticate", []))
        return Reply(response.status, content, response.headers.get("Location", ""), challenges)

    def _host_header(self) -> str:
        """Without the zone of a link-local address, which is this machine's own word (RFC 6874, section 1)."""
        host, port = shown_host(self._base.hostname or "", zone=False), self._base.port
        return host if port in (None, DEFAULT_PORTS[self._base.scheme]) else f"{host}:{port}"

    def _unauthorised(self) -> CameraUnauthorised:
        return CameraUnauthorised(**self._named(), credential=self._camera.credential or "(none is named)")

    def _silent(self, seconds: float) -> CameraSilent:
        return CameraSilent(**self._named(), seconds=f"{seconds:.2g}")

    def _named(self) -> dict[str, str]:
        return {"camera": self._camera.id, "address": self._camera.onvif or ""}


def _words(node: Node | None) -> str:
    return " ".join(part.text.strip() for part in node.walk() if part.text.strip()) if node is not None else ""


def _read(response: http.client.HTTPResponse) -> bytes:
    """The body, up to the end of its envelope: devices tell a length that is too long, or too short.

    Ends at the length that was told where that body is no envelope, and at MAX_ANSWER_BYTES and a chunk.
    """
    told, content = response.length, bytearray()
    if told is not None:
        response.length = None if told else 0  # http.client would cut it there
    while len(content) <= MAX_ANSWER_BYTES:
        try:
            data = response.read1(_CHUNK_BYTES)
        except TimeoutError:
            if told is None or len(content) < told:
                raise
            break
        except http.client.IncompleteRead:  # its last chunk is missing
            break
        content += data
        tail = bytes(content[-200:]).rstrip(b"\0 \t\r\n")
        if not data or (tail.endswith(b"Envelope>") and b"</" in tail):
            break
        if told is not None and len(content) >= told and b"Envelope" not in content[:_CHUNK_BYTES]:
            break
    return bytes(content)


def _cut(connection: http.client.HTTPConnection, over: threading.Event) -> None:
    """End a conversation that takes too long: a read of it returns at once."""
    over.set()
    opened = connection.sock
    if opened is not None:
        with contextlib.suppress(OSError):  # it has just ended
            opened.shutdown(socket.SHUT_RDWR)
