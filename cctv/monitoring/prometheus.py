"""Metrics: what `cctv status`, the doctor and verification report, in the text format of Prometheus.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cctv import __version__
from cctv.footage.repair.verify import VerifyRound
from cctv.monitoring.doctor import ReportSummary, Severity
from cctv.monitoring.status import Status

_Labels = dict[str, str]
_Sample = tuple[_Labels, float]
_Family = tuple[str, str, list[_Sample]]


def metrics_of(status: Status, doctor: ReportSummary | None, verified: VerifyRound | None) -> str:
    """The metrics as text, all of them gauges.  A time is in seconds since 1970, and 0 where there is none.

    `doctor` is the report that the service wrote last, `verified` the round of verification; None where there is none.
    """
    families = [*_promises(status), *_recording(status), *_machine(status), *_kept(status, doctor, verified)]
    return "".join(f"{line}\n" for name, about, samples in families for line in _lines(name, about, samples))


def _promises(status: Status) -> Iterator[_Family]:
    """Deletion and holds."""
    yield "cctv_status_time_seconds", "When this was looked at.", [({}, status.now.timestamp())]
    yield "cctv_status_exit_code", "What cctv status ends with; 0 is well.", [({}, int(status.exit_code))]
    overdue = "Age beyond its limit of the oldest footage that no hold covers, copies included; 0 is the promise."
    yield "cctv_overdue_seconds", overdue, [({}, status.overdue.total_seconds())]
    copies = "Files past their limit that were made of footage."
    yield "cctv_overdue_copies", copies, [({}, len(status.overdue_copies))]
    guard = [({"guard": status.guard}, 1.0)] if status.guard else []
    yield "cctv_guard_stops_deletion", "The guard that stopped the latest sweep; none where there is no sample.", guard
    yield "cctv_last_sweep_time_seconds", "When a sweep last completed.", [({}, _seconds(status.last_sweep))]
    yield "cctv_held_past_limit_segments", "Segments that holds keep past their limit.", [({}, status.held_past_limit)]
    lost = "Segments that a hold should keep and that are lost."
    yield "cctv_held_footage_lost_segments", lost, [({}, len(status.held_lost))]
    yield "cctv_holds", "Holds in force.", [({}, len(status.holds))]
    yield "cctv_holds_to_review", "Holds past their review date.", [({}, len(status.holds_to_review))]
    asked = "Requests over more than a day of footage that nobody confirmed."
    yield "cctv_requests_unconfirmed", asked, [({}, len(status.unconfirmed))]
    adopt = "Zones whose stored footage was promised longer than the policy of today."
    yield "cctv_zones_to_adopt", adopt, [({}, len(status.to_adopt))]


def _recording(status: Status) -> Iterator[_Family]:
    """Recorder and cameras."""
    yield "cctv_recorder_running", "1 while the recorder runs.", [({}, int(status.recorder_running))]
    yield (
        "cctv_camera_well",
        "1 while a camera is recorded, or outside its hours.",
        [({"camera": camera.camera}, int(camera.is_well)) for camera in status.cameras],
    )
    yield (
        "cctv_camera_state",
        "1 for the state that a camera is in.",
        [({"camera": camera.camera, "state": camera.health.value}, 1.0) for camera in status.cameras],
    )
    yield (
        "cctv_camera_last_frame_time_seconds",
        "When a camera's last frame came.",
        [({"camera": camera.camera}, _seconds(camera.last_frame)) for camera in status.cameras],
    )
    yield (
        "cctv_camera_bits_per_second",
        "Bit rate of a camera's footage of the last minutes; no sample where there is none.",
        [({"camera": camera.camera}, camera.bit_rate) for camera in status.cameras if camera.bit_rate is not None],
    )
    yield (
        "cctv_camera_unrecorded_seconds",
        "Not recorded in the last 24 hours.",
        [({"camera": camera.camera}, camera.gaps_today.total_seconds()) for camera in status.cameras],
    )


def _machine(status: Status) -> Iterator[_Family]:
    """The disk."""
    yield "cctv_disk_total_bytes", "Size of the disk of the storage.", [({}, status.disk_total)]
    yield "cctv_disk_free_bytes", "Free on the disk of the storage.", [({}, status.disk_free)]
    yield "cctv_disk_reserve_bytes", "Free space below which recording makes room.", [({}, status.disk_reserve)]
    lasts: list[_Sample] = [({}, status.disk_lasts.total_seconds())] if status.disk_lasts is not None else []
    yield "cctv_disk_lasts_seconds", "Until the reserve is reached; no sample while the disk does not fill.", lasts
    may = int(bool(status.volume and status.volume.snapshots))
    yield "cctv_volume_may_snapshot", "1 where the volume can keep snapshots of deleted footage.", [({}, may)]
    encrypted = status.volume.encrypted if status.volume else None
    known: list[_Sample] = [({}, float(encrypted))] if encrypted is not None else []
    yield "cctv_volume_encrypted", "1 where the volume is encrypted, 0 where not; no sample where not known.", known


def _kept(status: Status, doctor: ReportSummary | None, verified: VerifyRound | None) -> Iterator[_Family]:
    """Back-up, log, verification, and what the doctor found."""
    yield "cctv_backup_set_up", "1 where cameras.toml names a recovery key.", [({}, int(status.backs_up))]
    yield "cctv_backup_late", "1 where the last back-up is older than warn_after.", [({}, int(status.backup_late))]
    yield "cctv_last_backup_time_seconds", "When the last back-up was made.", [({}, _seconds(status.last_backup))]
    yield "cctv_log_whole", "0 where the audit log does not go as far as was signed.", [({}, int(status.log_whole))]
    completed = _seconds(verified.completed if verified else None)
    yield "cctv_verify_completed_time_seconds", "When all footage was last hashed again.", [({}, completed)]
    damaged = max(verified.damaged, verified.completed_damaged) if verified else 0
    yield "cctv_verify_damaged_segments", "Damaged segments of this round and the last.", [({}, damaged)]
    yield "cctv_doctor_time_seconds", "When the doctor last looked.", [({}, _seconds(doctor.at if doctor else None))]
    found = [({"severity": severity.value}, float(doctor.counts[severity])) for severity in Severity] if doctor else []
    yield "cctv_doctor_findings", "What the doctor found, by severity.", found
    yield "cctv_build_info", "The version of the program.", [({"version": __version__}, 1.0)]


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def _lines(name: str, about: str, samples: list[_Sample]) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} gauge"
    for labels, value in samples:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{f'{{{inside}}}' if inside else ''} {float(value)!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
