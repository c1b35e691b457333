"""Knocking: does anything answer at a camera's address?

Asked before every conversation: of a camera that is off, the socket says so at once, in plain words, for the price of
one packet; libavformat and zeep would not.
"""

from __future__ import annotations

import socket
from datetime import timedelta
from urllib.parse import urlsplit

from cctv.cameras.errors import CameraRefused, CameraUnreachable
from cctv.config.schema import CameraSettings

# One lost SYN costs a second: with a longer wait a camera that comes back would be found late.
KNOCK = timedelta(seconds=1)
_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}


def knock(camera: CameraSettings, address: str) -> None:
    """Connect to an address without credentials, and leave; raises CameraRefused or CameraUnreachable."""
    parts = urlsplit(address if "://" in address else f"http://{address}")
    where = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 80)
    try:
        socket.create_connection(where, KNOCK.total_seconds()).close()
    except ConnectionRefusedError as error:
        raise CameraRefused(camera=camera.id, address=address) from error
    except OSError as error:
        raise CameraUnreachable(camera=camera.id, address=address, detail=_plain(error)) from error


def _plain(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "the name is not known"
    if isinstance(error, TimeoutError):
        return "it does not answer"
    return (error.strerror or type(error).__name__).lower()
