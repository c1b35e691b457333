"""SOAP over HTTP to one device: to the configured host and no other, within limits of size and time.

zeep's own transport follows redirects, asks whatever host an XAddr names, unpacks gzip of any size and waits as long as
a byte comes in time.  A device is asked by its configured scheme, host and port; of the addresses that it names only
the path counts, since behind NAT the rest is wrong and behind an attacker it is his.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import requests
from onvif import ONVIFCamera
from requests.structures import CaseInsensitiveDict
from zeep.transports import Transport

from cctv.cameras.authentication import Signer, usable_challenge
from cctv.cameras.connection import DEFAULT_PORTS, socket_problem
from cctv.cameras.errors import (
    CameraFailed,
    CameraOversized,
    CameraRedirected,
    CameraRefused,
    CameraSilent,
    CameraUnauthorised,
    CameraUnreachable,
)
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings
from cctv.core.text import without_secrets

MAX_ANSWER_BYTES = 1 << 20
ANSWER_TIMEOUT = timedelta(seconds=10)  # from the question to the last byte of the answer
_PLAIN = ("", "identity")
_DOCTYPES = (b"<!DOCTYPE", b"<!ENTITY", b"<\0!\0", b"\0<\0!")  # no SOAP message has one (SOAP 1.2 part 1, section 5)
_REDIRECTS = range(300, 400)
_SERVICE_PATHS = {"http://www.onvif.org/ver10/media/wsdl": "/onvif/media_service"}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer over HTTP, as zeep reads it; `challenges` are its `WWW-Authenticate` headers."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    challenges: tuple[str, ...] = ()
    encoding: str | None = None


class Device(ONVIFCamera):  # type: ignore[misc]
    """onvif-zeep's camera, which asks nothing on its own: the library's opens an event subscription at each connection,
    whose number many cameras limit.
    """

    dt_diff: timedelta | None

    def update_xaddrs(self) -> None:
        self.dt_diff, self.xaddrs = None, dict(_SERVICE_PATHS)
        self.devicemgmt = self.create_devicemgmt_service()

    def date_by(self, offset: timedelta) -> None:
        """Sign in by the device's own clock, which is `offset` ahead of ours: it refuses other dates."""
        self.dt_diff = offset
        self.devicemgmt.zeep_client.wsse.dt_diff = offset

    def learn_addresses(self) -> None:
        """Ask for the paths of its services; the usual ones stay for what it does not name."""
        capabilities = self.devicemgmt.GetCapabilities({"Category": "All"})
        media = getattr(capabilities, "Media", None)
        if media is not None and media.XAddr:
            self.xaddrs |= dict.fromkeys(_SERVICE_PATHS, str(media.XAddr))


class DeviceTransport(Transport):
    """zeep's transport to one camera.  Raises CameraDown, and never with the text of a request."""

    def __init__(self, camera: CameraSettings, credential: Credential | None, timeout: timedelta) -> None:
        session = requests.Session()  # zeep wants one, and never gets to use it
        super().__init__(session=session, operation_timeout=timeout.total_seconds())  # type: ignore[no-untyped-call]
        self._camera, self._credential = camera, credential
        self._base = device_address(camera)
        self._signer: Signer | None = None

    def load(self, url: str) -> bytes:
        """A description of a service from the package; nothing is fetched."""
        if urlsplit(url).scheme not in ("", "file"):
            raise CameraFailed(camera=self._camera.id, detail="it names a description to fetch from elsewhere")
        return Path(os.fsdecode(url.removeprefix("file://"))).read_bytes()

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> Reply:
        """Ask, and ask again signed where HTTP wants that (RFC 7616)."""
        parts = urlsplit(address)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        reply = self._ask(path, message, headers)
        if reply.status_code == http.client.UNAUTHORIZED and self._sign_in(reply):
            reply = self._ask(path, message, headers)
        if reply.status_code in (http.client.UNAUTHORIZED, http.client.FORBIDDEN) and not reply.content.strip():
            credential = self._camera.credential or "(none is named)"
            raise CameraUnauthorised(**self._named(), credential=credential)
        if reply.status_code in _REDIRECTS:
            raise CameraRedirected(**self._named(), target=without_secrets(reply.headers.get("Location", ""))[:200])
        if any(sign in reply.content for sign in _DOCTYPES):
            raise CameraFailed(camera=self._camera.id, detail="its ONVIF answer defines entities, which none may")
        return reply

    def _sign_in(self, reply: Reply) -> bool:
        """Whether there is an answer to the challenge that was not given yet."""
        if self._credential is None:
            return False
        is_encrypted = self._base.scheme == "https"
        challenge = usable_challenge(
            self._camera, self._camera.onvif or "", reply.challenges, is_encrypted=is_encrypted
        )
        if challenge is None:
            return False
        if self._signer is not None and not challenge.is_stale and self._signer.challenge.scheme == challenge.scheme:
            return False
        self._signer = Signer(challenge, self._credential)
        return True

    def _ask(self, path: str, message: bytes, headers: Mapping[str, str]) -> Reply:
        connection = self._connected()
        signed = {"Authorization": self._signer.header("POST", path)} if self._signer is not None else {}
        over = threading.Event()
        alarm = threading.Timer(ANSWER_TIMEOUT.total_seconds(), _cut, (connection, over))
        alarm.daemon = True
        alarm.start()
        try:
            connection.request("POST", path, message, {**headers, "Accept-Encoding": "identity", **signed})
            response = connection.getresponse()
            content = response.read(MAX_ANSWER_BYTES + 1)
        except TimeoutError as error:
            raise self._silent(self.operation_timeout) from error
        except (OSError, http.client.HTTPException) as error:
            if over.is_set():
                raise self._silent(ANSWER_TIMEOUT.total_seconds()) from error
            if isinstance(error, http.client.HTTPException) and not isinstance(error, ConnectionError):
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
        return Reply(response.status, CaseInsensitiveDict(response.headers.items()), content, challenges)

    def _connected(self) -> http.client.HTTPConnection:
        base, seconds = self._base, self.operation_timeout
        host, port = base.hostname or "", base.port or DEFAULT_PORTS[base.scheme]
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
        if base.scheme == "https":
            connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=ssl.create_default_context())
        try:
            connection.connect()
        except ConnectionRefusedError as error:
            raise CameraRefused(**self._named()) from error
        except TimeoutError as error:
            raise self._silent(seconds) from error
        except (OSError, ValueError) as error:
            raise CameraUnreachable(**self._named(), detail=socket_problem(error)) from error
        return connection

    def _silent(self, seconds: float) -> CameraSilent:
        return CameraSilent(**self._named(), seconds=f"{seconds:.0f}")

    def _named(self) -> dict[str, str]:
        return {"camera": self._camera.id, "address": self._camera.onvif or ""}


def device_address(camera: CameraSettings) -> SplitResult:
    """The scheme, host and port of its `onvif`."""
    address = camera.onvif or ""
    return urlsplit(address if "://" in address else f"http://{address}")


def _cut(connection: http.client.HTTPConnection, over: threading.Event) -> None:
    """End a conversation that takes too long: a read of it returns at once."""
    over.set()
    opened = connection.sock
    if opened is not None:
        try:
            opened.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it has just ended
