"""ONVIF: which profiles a device has, and where the stream of one is.

Owns all use of onvif-zeep.  Imported only where a camera is named by `onvif`.  A device's address for the stream is
believed, its credentials are not: any user name inside it is dropped.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias
from urllib.parse import urlsplit, urlunsplit

from cctv.cameras.errors import (
    CameraDown,
    CameraFailed,
    CameraRefused,
    CameraSilent,
    CameraUnauthorised,
    CameraUnreachable,
    ProfileUnknown,
)
from cctv.config import CameraSettings, Credential
from cctv.kernel.process import without_secrets

Untyped: TypeAlias = Any  # onvif-zeep and what it makes of a device's answers have no types

_HTTP_PORTS = {"http": 80, "https": 443}
_RECORDABLE = ("H264", "H265", "HEVC")
_UNAUTHORISED = ("notauthorized", "not authorized", "unauthorized", "401", "authority failure", "sender not authorized")


@dataclass(frozen=True, slots=True)
class Profile:
    """A stream that a device offers."""

    token: str
    name: str
    codec: str
    width: int
    height: int


def ask_stream_address(camera: CameraSettings, credential: Credential | None, timeout: timedelta) -> str:
    """The RTSP address of the camera's profile; raises CameraDown."""
    assert camera.onvif is not None
    # basicConfig() of the library would print zeep's log on our stderr; a root that has a handler is left alone.
    if not logging.getLogger().handlers:
        logging.getLogger().addHandler(logging.NullHandler())
    from onvif import ONVIFCamera, ONVIFError

    try:
        device = _connect(ONVIFCamera, camera.onvif, credential, timeout)
        media = device.create_media_service()
        chosen = choose(camera, [_profile(one) for one in media.GetProfiles()])
        wanted = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        answer = media.GetStreamUri({"StreamSetup": wanted, "ProfileToken": chosen.token})
    except ONVIFError as error:
        raise _told(camera, str(error), timeout) from None  # its chain may hold the request
    return _without_user(str(answer.Uri))


def choose(camera: CameraSettings, profiles: Sequence[Profile]) -> Profile:
    """The profile that `profile` names by token or name, else the largest; raises ProfileUnknown."""
    usable = [one for one in profiles if one.codec.upper() in _RECORDABLE]
    if camera.profile is not None:
        usable = [one for one in usable if camera.profile in (one.token, one.name)]
    if not usable:
        known = ", ".join(f"{one.name} ({one.codec} {one.width}x{one.height})" for one in profiles) or "none"
        raise ProfileUnknown(camera=camera.id, profile=camera.profile or "at all", known=known)
    return max(usable, key=lambda one: one.width * one.height)


def _connect(library: Untyped, address: str, credential: Credential | None, timeout: timedelta) -> Untyped:
    import requests
    from zeep.transports import Transport

    parts = urlsplit(address if "://" in address else f"http://{address}")
    seconds = timeout.total_seconds()
    session = requests.Session()
    session.trust_env = False  # a proxy of the environment never stands between a site and its cameras
    transport: Untyped = Transport(session=session, timeout=seconds, operation_timeout=seconds)  # type: ignore[no-untyped-call]
    return library(
        f"{parts.scheme}://{parts.hostname}",
        parts.port or _HTTP_PORTS[parts.scheme],
        credential.username if credential else "",
        credential.password if credential else "",
        no_cache=True,
        transport=transport,
    )


def _profile(said: Untyped) -> Profile:
    encoder = said.VideoEncoderConfiguration
    if encoder is None:
        return Profile(said.token, str(said.Name), "none", 0, 0)
    size = encoder.Resolution
    return Profile(said.token, str(said.Name), str(encoder.Encoding), int(size.Width), int(size.Height))


def _told(camera: CameraSettings, said: str, timeout: timedelta) -> CameraDown:
    """zeep and requests tell kinds of failure apart by text only, once onvif-zeep has wrapped them."""
    lower = said.lower()
    named = {"camera": camera.id, "address": camera.onvif}
    if any(sign in lower for sign in _UNAUTHORISED):
        return CameraUnauthorised(**named, credential=camera.credential or "(none is named)")
    if "connection refused" in lower:
        return CameraRefused(**named)
    if "timed out" in lower or "timeout" in lower:
        return CameraSilent(**named, seconds=f"{timeout.total_seconds():.0f}")
    if "connection aborted" in lower or "connection reset" in lower:
        return CameraUnreachable(**named, detail="it broke the connection off")
    if "max retries" in lower or "name or service" in lower or "unreachable" in lower or "no route" in lower:
        return CameraUnreachable(**named, detail="no connection")
    detail = without_secrets(" ".join(said.removeprefix("Unknown error: ").split()))[:200].rstrip(".")
    return CameraFailed(camera=camera.id, detail=f"ONVIF answers: {detail}")


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
