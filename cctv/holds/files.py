"""`holds/<id>.json`: the copy of a hold on the disk.

Flushed before the placing commits and removed after a release commits: a crash can only over-hold (invariant 2).
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

from cctv.core.clock import iso
from cctv.core.errors import FileUnreadable, GuardError
from cctv.core.i18n import N_
from cctv.core.text import parse_json
from cctv.core.time_range import Span
from cctv.db.storage import Storage
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, HoldId

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*", re.ASCII)


class HoldIdDamaged(GuardError):
    """Deletion stops: the index is damaged: a hold has the id {id}, which is no id.

    next: look at it with `cctv footage reconcile`; else put the site's own cctv.db back (`cctv restore`); nothing was
    deleted.
    """


def hold_path(site: Storage, hold: HoldId) -> Path:
    """The path of a hold's file, whether or not it exists; raises HoldIdDamaged."""
    if not _NAME.fullmatch(hold):
        raise HoldIdDamaged(id=hold)
    return site.root / "holds" / f"{hold}.json"


def hold_file_bytes(hold: Hold) -> bytes:
    """The content of a hold's file."""
    payload = {
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
    return json.dumps(payload, indent=2).encode() + b"\n"


def write_hold_file(site: Storage, hold: Hold) -> None:
    """Write the hold's file in place of an earlier one, flushed; makes `holds/` where it is missing."""
    path = hold_path(site, hold.id)
    if not path.parent.is_dir():
        site.disk.make_directory(path.parent)
    site.disk.write(path, hold_file_bytes(hold))


def remove_hold_file(site: Storage, hold: HoldId) -> None:
    """Remove a hold's file durably, if it exists."""
    site.disk.unlink(hold_path(site, hold))


def read_hold_files(site: Storage) -> list[Hold]:
    """Every hold of `holds/`, in the order of their ids; raises FileUnreadable."""
    return [read_hold_file(path, site) for path in sorted((site.root / "holds").glob("HOLD-*.json"))]


def is_hold_file(site: Storage, path: Path) -> bool:
    """Whether a file of `holds/` is an intact hold."""
    try:
        read_hold_file(path, site)
    except FileUnreadable:
        return False
    return True


def read_hold_file(path: Path, site: Storage) -> Hold:
    """The hold of a file; raises FileUnreadable, FileNotFoundError."""
    try:
        payload = parse_json(path.read_text("utf-8"))
        names = [payload["id"], payload["ground_id"], payload["placed_by"], *payload["cameras"]]
        if not all(isinstance(name, str) for name in names):
            raise ValueError("a name in it is not text")
        if not _NAME.fullmatch(payload["id"]):
            raise ValueError("its id is no id")
        hold = Hold(
            id=HoldId(payload["id"]),
            ground=Ground(GroundKind(payload["ground_kind"]), payload["ground_id"]),
            cameras=frozenset(CameraId(camera) for camera in payload["cameras"]),
            span=Span(datetime.fromisoformat(payload["start"]), datetime.fromisoformat(payload["end"])),
            review=datetime.fromisoformat(payload["review"]),
            placed=datetime.fromisoformat(payload["placed"]),
            placed_by=payload["placed_by"],
        )
        if None in (hold.span.start.tzinfo, hold.span.end.tzinfo, hold.review.tzinfo, hold.placed.tzinfo):
            raise ValueError("a time in it has no zone")
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        following = N_("compare it with `cctv hold list`; written last at {when}", when=iso(site.clock.now()))
        raise FileUnreadable(path=path, problem=N_("not a hold ({error})", error=error), following=following) from error
    return hold
