"""The answer to a camera's challenge: Digest by its strongest algorithm, Basic only where that is allowed.

RFC 7616 and RFC 7617, as RTSP (RFC 2326, section 14) uses them too.  Pure but for the client's nonce.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.request import parse_http_list

from cctv.cameras.errors import BasicRefused
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings

_ALGORITHMS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}  # the later, the stronger


@dataclass(frozen=True, slots=True)
class Challenge:
    """One `WWW-Authenticate` header: its scheme in lower case, and its parameters."""

    scheme: str
    parameters: dict[str, str | None]

    @property
    def algorithm(self) -> str:
        return (self.parameters.get("algorithm") or "MD5").upper()

    @property
    def is_stale(self) -> bool:
        """Whether only the nonce ran out: the password was right (RFC 7616, section 3.3)."""
        return (self.parameters.get("stale") or "").lower() == "true"

    @property
    def is_digest(self) -> bool:
        """Whether it is a Digest that can be answered."""
        known = self.algorithm.removesuffix("-SESS") in _ALGORITHMS
        qop = self.parameters.get("qop")
        usable = qop is None or "auth" in [offer.strip() for offer in qop.lower().split(",")]
        return self.scheme == "digest" and known and usable and bool(self.parameters.get("nonce"))


def read_challenge(header: str) -> Challenge:
    """A `WWW-Authenticate` header; parameters that are none are left out."""
    scheme, _, rest = header.strip().partition(" ")
    parameters: dict[str, str | None] = {}
    for part in parse_http_list(rest):
        name, has_value, text = part.partition("=")
        unquoted = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
        parameters[name.strip().lower()] = unquoted if has_value else None
    return Challenge(scheme.lower(), parameters)


def choose_challenge(headers: Iterable[str], *, allow_basic: bool) -> Challenge | None:
    """The strongest one that may be answered; None where there is none, so that the password is not sent."""
    challenges = [read_challenge(header) for header in headers]
    order = list(_ALGORITHMS)
    digests = [challenge for challenge in challenges if challenge.is_digest]
    if digests:
        return max(digests, key=lambda challenge: order.index(challenge.algorithm.removesuffix("-SESS")))
    basic = [challenge for challenge in challenges if challenge.scheme == "basic"]
    return basic[0] if basic and allow_basic else None


def usable_challenge(
    camera: CameraSettings, address: str, headers: Iterable[str], *, is_encrypted: bool
) -> Challenge | None:
    """The challenge that may be answered on a connection to a camera; None where there is none.

    Raises BasicRefused where Basic alone is asked for, and neither TLS nor the site allows that.
    """
    offered = list(headers)
    challenge = choose_challenge(offered, allow_basic=camera.allow_basic or is_encrypted)
    if challenge is None and any(read_challenge(header).scheme == "basic" for header in offered):
        raise BasicRefused(camera=camera.id, address=address)
    return challenge


@dataclass(slots=True)
class Signer:
    """Signs the requests of one connection, after the challenge that it got."""

    challenge: Challenge
    credential: Credential = field(repr=False)
    _count: int = 0

    def header(self, method: str, uri: str) -> str:
        """The text of the `Authorization` header of a request."""
        if self.challenge.scheme == "basic":
            pair = f"{self.credential.username}:{self.credential.password}".encode()
            return f"Basic {base64.b64encode(pair).decode()}"
        self._count += 1
        return self._digest(method, uri, f"{self._count:08x}", secrets.token_hex(8))

    def _digest(self, method: str, uri: str, count: str, cnonce: str) -> str:
        asked = self.challenge.parameters
        realm, nonce = asked.get("realm") or "", asked.get("nonce") or ""
        new = _ALGORITHMS[self.challenge.algorithm.removesuffix("-SESS")]

        def digest(text: str) -> str:
            return new(text.encode()).hexdigest()

        secret = digest(f"{self.credential.username}:{realm}:{self.credential.password}")
        if self.challenge.algorithm.endswith("-SESS"):
            secret = digest(f"{secret}:{nonce}:{cnonce}")
        action = digest(f"{method}:{uri}")
        has_qop = asked.get("qop") is not None
        middle = f"{nonce}:{count}:{cnonce}:auth" if has_qop else nonce
        fields = {"username": self.credential.username, "realm": realm, "nonce": nonce, "uri": uri}
        fields["response"] = digest(f"{secret}:{middle}:{action}")
        if (opaque := asked.get("opaque")) is not None:
            fields["opaque"] = opaque
        if has_qop or self.challenge.algorithm.endswith("-SESS"):
            fields["cnonce"] = cnonce
        quoted = ", ".join(f'{name}="{_escaped(text)}"' for name, text in fields.items())
        named = f", algorithm={asked['algorithm']}" if asked.get("algorithm") else ""
        return f"Digest {quoted}{named}" + (f", qop=auth, nc={count}" if has_qop else "")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
