"""`holds/<id>.json`: the hold as the disk knows it.

Flushed before the placing commits and removed after a release commits: a crash can only over-hold (invariant 2).
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from cctv.core.clock import iso
from cctv.core.errors import FileUnreadable
from cctv.core.i18n import N_
from cctv.core.time_range import Span
from cctv.db.storage import Storage
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, HoldId


def hold_path(site: Storage, hold: HoldId) -> Path:
    return site.root / "holds" / f"{hold}.json"


def write_hold_file(site: Storage, hold: Hold) -> None:
    """Write the hold's file in place of the one that is there, flushed; makes `holds/` where it is missing."""
    said = {
        "schema": 1,
        "id": hold.id,
        "ground_kind": hold.ground.kind.value,
        "ground_id": hold.ground.case_id,
        "cameras": sorted(hold.cameras),
        "start": hold.span.start.isoformat(),
        "end": hold.span.end.isoformat(),
        "review": hold.review.isoformat(),
        "placed": hold.placed.isoformat(),
        "placed_by": hold.placed_by,
    }
    path = hold_path(site, hold.id)
    if not path.parent.is_dir():
        site.disk.make_directory(path.parent)
    site.disk.write(path, json.dumps(said, indent=2).encode() + b"\n")


def remove_hold_file(site: Storage, hold: HoldId) -> None:
    site.disk.unlink(hold_path(site, hold))


def read_hold_files(site: Storage) -> list[Hold]:
    """Every hold that the disk knows, in the order of their ids; raises FileUnreadable."""
    return [_read(path, site) for path in sorted((site.root / "holds").glob("HOLD-*.json"))]


def is_hold_file(site: Storage, path: Path) -> bool:
    """Whether a file of `holds/` is whole."""
    try:
        _read(path, site)
    except FileUnreadable:
        return False
    return True


def _read(path: Path, site: Storage) -> Hold:
    try:
        said = json.loads(path.read_text())
        return Hold(
            id=HoldId(said["id"]),
            ground=Ground(GroundKind(said["ground_kind"]), said["ground_id"]),
            cameras=frozenset(CameraId(camera) for camera in said["cameras"]),
            span=Span(datetime.fromisoformat(said["start"]), datetime.fromisoformat(said["end"])),
            review=datetime.fromisoformat(said["review"]),
            placed=datetime.fromisoformat(said["placed"]),
            placed_by=said["placed_by"],
        )
    except (ValueError, KeyError, TypeError) as error:
        following = N_("compare it with `cctv hold list`; written last at {when}", when=iso(site.clock.now()))
        raise FileUnreadable(path=path, problem=N_("not a hold ({error})", error=error), following=following) from error
