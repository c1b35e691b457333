"""Which cameras a command means: by id, by zone, or all.  Cameras that only the archive knows count too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cctv.archive import archived_cameras
from cctv.db.engine import reading
from cctv.kernel.errors import UsageError
from cctv.model.ids import CameraId, ZoneId

if TYPE_CHECKING:
    from cctv.cli.box import Box


class CameraUnknown(UsageError):
    """There is no camera {camera}{suggestion}.

    next: use one of {known}
    """


class ZoneUnknown(UsageError):
    """There is no zone {zone}.

    next: use one of {known}
    """


def select_cameras(box: Box, text: str | None, zones: str | None) -> list[CameraId]:
    """The cameras named, in the order typed; raises CameraUnknown, ZoneUnknown."""
    configured = list(box.settings.cameras)
    if not text and not zones:
        return configured
    chosen = [CameraId(name.strip()) for name in (text or "").split(",") if name.strip()]
    unknown = [camera for camera in chosen if camera not in configured]
    if unknown:
        known = configured + [camera for camera in _archived(box) if camera not in configured]
        for camera in unknown:
            if camera not in known:
                from difflib import get_close_matches

                close = get_close_matches(camera, known, n=1)
                suggestion = f" (did you mean {close[0]}?)" if close else ""
                raise CameraUnknown(camera=camera, suggestion=suggestion, known=", ".join(known))
    for name in (zones or "").split(","):
        if name.strip():
            chosen += _of_zone(box, ZoneId(name.strip()))
    return list(dict.fromkeys(chosen))


def _of_zone(box: Box, zone: ZoneId) -> list[CameraId]:
    if zone not in box.settings.zones:
        raise ZoneUnknown(zone=zone, known=", ".join(box.settings.zones))
    return [camera for camera, settings in box.settings.cameras.items() if settings.zone == zone]


def _archived(box: Box) -> list[CameraId]:
    with reading(box.site.engine) as connection:
        return archived_cameras(connection)
