"""What a new cameras.toml changes for a recorder that runs.  Pure: the supervisor carries it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings, Settings
from cctv.kernel.errors import ConfigError
from cctv.model.ids import CameraId


class NeedsRestart(ConfigError):
    """cameras.toml names another storage ({path}), and a recorder that runs cannot move.

    next: `systemctl restart cctv-record cctv-sweep`, or put the storage back as it was.
    """


@dataclass(frozen=True, slots=True)
class Changes:
    """Cameras by what becomes of them; those that are in none of the sets go on undisturbed."""

    added: tuple[CameraId, ...]
    removed: tuple[CameraId, ...]
    begun_again: tuple[CameraId, ...]  # another address, zone, period, mask or segment length: a new run
    touched: tuple[CameraId, ...]  # a change that needs none, such as other hours

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.begun_again or self.touched)


def changes(
    before: Settings,
    after: Settings,
    credentials_before: Mapping[str, Credential],
    credentials_after: Mapping[str, Credential],
) -> Changes:
    """Compare; raises NeedsRestart for a change that cannot be made while recording."""
    if before.site.storage != after.site.storage:
        raise NeedsRestart(path=after.site.storage)
    both = [name for name in after.cameras if name in before.cameras]
    again = {
        name
        for name in both
        if _of_the_run(before, before.cameras[name], credentials_before)
        != _of_the_run(after, after.cameras[name], credentials_after)
    }
    touched = {name for name in both if name not in again and before.cameras[name] != after.cameras[name]}
    return Changes(
        added=tuple(name for name in after.cameras if name not in before.cameras),
        removed=tuple(name for name in before.cameras if name not in after.cameras),
        begun_again=tuple(name for name in both if name in again),
        touched=tuple(name for name in both if name in touched),
    )


def _of_the_run(
    settings: Settings, camera: CameraSettings, credentials: Mapping[str, Credential]
) -> tuple[object, ...]:
    """What is fixed when a run starts."""
    login = credentials.get(camera.credential) if camera.credential else None
    fixed = replace(camera, schedule=None, purpose="")  # masks: the policy of a run holds them
    return (fixed, login, settings.limit_for(camera.zone), settings.recording.segment)
