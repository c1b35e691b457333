"""Metrics: what `cctv status` reports, in the text format of Prometheus.  Pure."""

from __future__ import annotations

from collections.abc import Iterator

from cctv.monitoring.status import Status

_Labels = dict[str, str]
_Sample = tuple[_Labels, float]


def metrics_of(status: Status) -> str:
    """The metrics as text, all of them gauges.  A time is in seconds since 1970, and 0 where there is none."""
    return "".join(f"{line}\n" for name, about, samples in _families(status) for line in _lines(name, about, samples))


def _families(status: Status) -> Iterator[tuple[str, str, list[_Sample]]]:
    yield "cctv_status_time_seconds", "When this was looked at.", [({}, status.now.timestamp())]
    yield "cctv_status_exit_code", "What cctv status ends with; 0 is well.", [({}, int(status.exit_code))]
    overdue = "Age beyond its limit of the oldest footage that no hold covers, copies included; 0 is the promise."
    yield "cctv_overdue_seconds", overdue, [({}, status.overdue.total_seconds())]
    guard = [({"guard": status.guard}, 1.0)] if status.guard else []
    yield "cctv_guard_stops_deletion", "The guard that stopped the latest sweep; none where there is no sample.", guard
    swept = status.last_sweep.timestamp() if status.last_sweep else 0
    yield "cctv_last_sweep_time_seconds", "When a sweep last completed.", [({}, swept)]
    yield "cctv_held_past_limit_segments", "Segments that holds keep past their limit.", [({}, status.held_past_limit)]
    yield (
        "cctv_held_footage_lost_segments",
        "Segments that a hold should keep and that are lost.",
        [({}, len(status.held_lost))],
    )
    yield "cctv_holds", "Holds in force.", [({}, len(status.holds))]
    yield "cctv_holds_to_review", "Holds past their review date.", [({}, len(status.holds_to_review))]
    yield "cctv_recorder_running", "1 while the recorder runs.", [({}, int(status.recorder_running))]
    yield (
        "cctv_camera_well",
        "1 while a camera is recorded, or outside its hours.",
        [({"camera": camera.camera}, int(camera.is_well)) for camera in status.cameras],
    )
    yield (
        "cctv_camera_unrecorded_seconds",
        "Not recorded in the last 24 hours.",
        [({"camera": camera.camera}, camera.gaps_today.total_seconds()) for camera in status.cameras],
    )
    yield "cctv_disk_free_bytes", "Free on the disk of the storage.", [({}, status.disk_free)]
    yield "cctv_disk_reserve_bytes", "Free space below which recording makes room.", [({}, status.disk_reserve)]
    backup = status.last_backup.timestamp() if status.last_backup else 0
    yield "cctv_last_backup_time_seconds", "When the last back-up was made.", [({}, backup)]
    yield "cctv_log_whole", "0 where the audit log does not go as far as was signed.", [({}, int(status.log_whole))]
    may = int(bool(status.volume and status.volume.snapshots))
    yield "cctv_volume_may_snapshot", "1 where the volume can keep snapshots of deleted footage.", [({}, may)]


def _lines(name: str, about: str, samples: list[_Sample]) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} gauge"
    for labels, value in samples:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{f'{{{inside}}}' if inside else ''} {float(value)!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
