"""Finding ONVIF cameras on the local network by WS-Discovery.

Owns all use of wsdiscovery.  Asks by multicast and connects to nothing; what a device says of itself is text from
a stranger and is cleaned before anybody sees it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

log = logging.getLogger(__name__)

WAIT = timedelta(seconds=3)  # devices spread their answers over half a second; the probe is sent several times

_CAMERA_TYPE = ("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")
_SCOPE = "onvif://www.onvif.org/"
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A device that answered: its host, what to write as `onvif`, and what it calls itself."""

    host: str
    onvif: str
    name: str
    hardware: str


def discover_cameras(wait: timedelta = WAIT) -> list[FoundCamera]:
    """Every device that answers within the wait, by address.  Blocks that long."""
    # The library logs what it cannot send or parse; none of that is a person's business here.
    logging.getLogger("threading").addHandler(logging.NullHandler())
    from wsdiscovery import QName
    from wsdiscovery.discovery import ThreadedWSDiscovery

    asking = ThreadedWSDiscovery()
    asking.start()
    try:
        answers = asking.searchServices(types=[QName(*_CAMERA_TYPE)], timeout=wait.total_seconds())
    finally:
        asking.stop()
    found = {
        camera
        for one in answers
        if (camera := found_camera(one.getXAddrs(), (scope.getValue() for scope in one.getScopes())))
    }
    log.debug("network.searched", extra={"cameras": len(found), "seconds": wait})
    return sorted(found, key=lambda camera: (_order(camera.host), camera.onvif))


def found_camera(addresses: Iterable[str], scopes: Iterable[str]) -> FoundCamera | None:
    """What an answer says; None for one without an address that could be used.  Pure."""
    usable = [parts for one in addresses if (parts := _parts(one)) is not None]
    if not usable:
        return None
    chosen = min(usable, key=lambda parts: (":" in (parts.hostname or ""), parts.scheme != "https"))  # IPv4, then https
    said = {kind: text for scope in scopes for kind, text in [_scope(scope)]}
    plain = chosen.netloc.removesuffix(":80") if chosen.scheme == "http" else f"https://{chosen.netloc}"
    return FoundCamera(chosen.hostname or "", plain, said.get("name", ""), said.get("hardware", ""))


def _parts(address: str) -> SplitResult | None:
    """An address that cameras.toml would take as `onvif`."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return None
    return parts if usable and _plain(address) == address else None


def _plain(text: str) -> str:
    shown = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(shown.split())


def _scope(scope: str) -> tuple[str, str]:
    kind, _, text = scope.removeprefix(_SCOPE).partition("/") if scope.startswith(_SCOPE) else ("", "", "")
    return kind, _plain(unquote(text))[:_LONGEST]


def _order(host: str) -> tuple[int, int, str]:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return 99, 0, host
    return address.version, int(address), host
