"""Which cameras a command means: by id, by zone, or all.  Cameras that only the archive knows count too.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cctv.config.schema import Settings
from cctv.model.ids import CameraId


def select_cameras(
    settings: Settings, archived: Callable[[], Sequence[CameraId]], text: str | None, zones: str | None
) -> list[CameraId]:
    """The cameras named, in the order typed; all that are configured when neither is given.

    Asks the archive only for a name that cameras.toml does not know.  Raises CameraUnknown, ZoneUnknown.
    """
    if not text and not zones:
        return list(settings.cameras)
    chosen = [CameraId(name) for name in _names(text)]
    for camera in chosen:
        if camera not in settings.cameras and camera not in archived():
            settings.camera(camera)
    for name in _names(zones):
        zone = settings.zone(name).id
        chosen += [camera for camera, one in settings.cameras.items() if one.zone == zone]
    return list(dict.fromkeys(chosen))


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]
