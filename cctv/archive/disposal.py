"""Disposal: the only place that deletes footage (invariants 1 and 2).

For a batch of segments, so that a crash at any point can be finished at the next start:

1. tombstones in place of the rows, holds checked in the same transaction (crash: files are there; resumes at 2)
2. unlink each file                                         (crash: the tombstone says so; resumes at 2)
3. flush each directory (`Disk.unlink` does both)           (crash: the unlink may be undone; resumes at 2)
4. close the tombstones

Knows holds and nothing else: not why they are there, not who asks.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from cctv import audit, holds
from cctv.archive import store
from cctv.archive.layout import INDEX
from cctv.archive.quarantine import Quarantined
from cctv.db.engine import kept_open, reading, writing
from cctv.db.site import Site
from cctv.kernel.clock import to_us
from cctv.model.acts import Act
from cctv.model.footage import Reason, Segment, Tombstone

log = logging.getLogger(__name__)

BATCH = 1000  # a recorder waits for one transaction of so many: twice the longest raw batch at most (scripts/bench)
HEADER_BYTES = 4096  # ffmpeg's header of a fragmented MP4 has 700 to 1,400, by codec


def dispose(site: Site, segments: Sequence[Segment], reason: Reason) -> list[Tombstone]:
    """Delete segments that no hold covers by now; those that one does are left alone and are not in the answer."""
    gone: list[Tombstone] = []
    with kept_open(site.engine):
        for first in range(0, len(segments), BATCH):
            begun = _begin(site, segments[first : first + BATCH], reason)
            gone += _finish(site, begun)
            log.info("segments.deleted", extra={"reason": reason, "segments": len(begun)})
    return gone


def finish_open_tombstones(site: Site) -> list[Tombstone]:
    """Finish what a crash interrupted; start-up calls it before anything else."""
    with reading(site.engine) as connection:
        begun = store.open_tombstones(connection)
    if begun:
        log.info("deletion.resumed", extra={"segments": len(begun)})
    return _finish(site, begun)


def _begin(site: Site, batch: Sequence[Segment], reason: Reason) -> list[Tombstone]:
    with writing(site.engine) as connection:
        began = site.clock.now()
        begun = store.bury_unheld(connection, batch, reason, began)
        if begun:
            _audit_batch(connection, site, begun, reason)
    return begun


def _audit_batch(connection: Connection, site: Site, begun: Sequence[Tombstone], reason: Reason) -> None:
    """One entry for the batch, bound to each of its tombstones by their digest."""
    first, last = begun[0].id, begun[-1].id
    facts: audit.Facts = {
        "reason": reason.value,
        "segments": len(begun),
        "first_tombstone": first,
        "last_tombstone": last,
        "digest": tombstone_digest(begun),
    }
    audit.append(connection, site, Act.SEGMENT_DELETED, f"tombstones {first}-{last}", facts=facts)


def _finish(site: Site, begun: Sequence[Tombstone]) -> list[Tombstone]:
    if not begun:
        return []
    each = log.isEnabledFor(logging.DEBUG)
    for tombstone in begun:
        site.disk.unlink(Path(f"{site.root}/{tombstone.path}"))  # joining Paths takes three times as long
        if each:
            log.debug("segment.deleted", extra={"camera": tombstone.camera, "segment": tombstone.path})
    with writing(site.engine) as connection:
        closed = store.close_tombstones(connection, begun, site.clock.now())
    _remove_empty_days(site, {tombstone.path.rpartition("/")[0] for tombstone in begun})
    return closed


def _remove_empty_days(site: Site, directories: Iterable[str]) -> None:
    """Remove day directories with nothing but their index; not those that a recorder may still write to."""
    now = site.clock.now()
    for directory in (site.root / relative for relative in sorted(directories)):
        try:
            day = datetime.strptime(directory.name, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            continue
        if now - day < timedelta(days=2) or not directory.is_dir():
            continue
        if [path.name for path in directory.iterdir()] in ([], [INDEX]):
            site.disk.unlink(directory / INDEX)
            directory.rmdir()
            site.disk.sync_directory(directory.parent)


def dispose_quarantined(site: Site, found: Quarantined) -> str | None:
    """Delete a quarantined file and its note; None when a hold in force has its camera, for its time is not known.

    A file of no known camera stays while anything at all is held.
    """
    relative = site.relative(found.path)
    with writing(site.engine) as connection:
        if any(found.camera is None or found.camera in hold.cameras for hold in holds.in_force(connection)):
            return None
        facts: audit.Facts = {"reason": "quarantine past its limit"}
        audit.append(connection, site, Act.SEGMENT_DELETED, relative, facts=facts)
    site.disk.unlink(found.path)
    site.disk.unlink(found.note)
    log.info("quarantine.deleted", extra={"camera": found.camera, "path": relative})
    return relative


def discard_header(site: Site, path: Path) -> bool:
    """Remove a file of `incoming/` that a kill met before its first fragment; False when it may hold a picture.

    Such a file is a header of under a kilobyte without a `moof` box: no frame was ever in it, so no act is logged.
    """
    if path.stat().st_size > HEADER_BYTES or b"moof" in path.read_bytes():
        return False
    site.disk.unlink(path)
    log.debug("header.discarded", extra={"path": site.relative(path)})
    return True


def tombstone_digest(tombstones: Iterable[Tombstone]) -> str:
    """Hex SHA-256 over what was deleted, so that the audit entry of a batch binds each of its tombstones."""
    digest = hashlib.sha256()
    for one in tombstones:
        digest.update(f"{one.id} {one.path} {one.sha256} {to_us(one.limit)} {one.reason.value}\n".encode())
    return digest.hexdigest()
