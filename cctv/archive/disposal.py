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
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from cctv import audit, holds
from cctv.archive.layout import INDEX
from cctv.archive.quarantine import Quarantined
from cctv.archive.store import to_segment, to_tombstone
from cctv.db import tables
from cctv.db.engine import reading, writing
from cctv.db.site import Site
from cctv.kernel.clock import to_us
from cctv.model.acts import Act
from cctv.model.footage import Reason, Segment, Tombstone

BATCH = 200


def dispose(site: Site, segments: Sequence[Segment], reason: Reason) -> list[Tombstone]:
    """Delete segments that no hold covers by now; those that one does are left alone and are not in the answer."""
    gone: list[Tombstone] = []
    for first in range(0, len(segments), BATCH):
        begun = _begin(site, segments[first : first + BATCH], reason)
        gone += _finish(site, begun)
    return gone


def finish_open_tombstones(site: Site) -> list[Tombstone]:
    """Finish what a crash interrupted; start-up calls it before anything else."""
    with reading(site.engine) as connection:
        table = tables.tombstones
        rows = connection.execute(select(table).where(table.c.closed_us.is_(None)).order_by(table.c.id)).all()
    return _finish(site, [to_tombstone(row) for row in rows])


def _begin(site: Site, batch: Sequence[Segment], reason: Reason) -> list[Tombstone]:
    with writing(site.engine) as connection:
        table = tables.segments
        chosen = table.c.id.in_([segment.id for segment in batch])
        rows = connection.execute(select(table).where(chosen & ~holds.covering()).order_by(table.c.id)).all()
        free = [to_segment(row) for row in rows]
        if not free:
            return []
        begun = [_bury(connection, site, segment, reason) for segment in free]
        connection.execute(delete(table).where(table.c.id.in_([segment.id for segment in free])))
        facts: dict[str, str | int | list[str]] = {
            "reason": reason.value,
            "segments": len(begun),
            "first_tombstone": begun[0].id,
            "last_tombstone": begun[-1].id,
            "digest": tombstone_digest(begun),
        }
        audit.append(connection, site, Act.SEGMENT_DELETED, f"tombstones {begun[0].id}-{begun[-1].id}", facts=facts)
    return begun


def _bury(connection: Connection, site: Site, segment: Segment, reason: Reason) -> Tombstone:
    began = site.clock.now()
    done = connection.execute(
        insert(tables.tombstones).values(
            segment_id=segment.id,
            camera=segment.camera,
            zone=segment.zone,
            start_us=to_us(segment.span.start),
            end_us=to_us(segment.span.end),
            limit_us=to_us(segment.limit),
            path=segment.path,
            sha256=segment.sha256,
            size_bytes=segment.size_bytes,
            policy=segment.policy,
            reason=reason.value,
            began_us=to_us(began),
        )
    )
    assert done.inserted_primary_key is not None
    return Tombstone(
        id=done.inserted_primary_key[0],
        camera=segment.camera,
        zone=segment.zone,
        span=segment.span,
        limit=segment.limit,
        path=segment.path,
        sha256=segment.sha256,
        size_bytes=segment.size_bytes,
        policy=segment.policy,
        reason=reason,
        began=began,
        closed=None,
    )


def _finish(site: Site, begun: Sequence[Tombstone]) -> list[Tombstone]:
    if not begun:
        return []
    for tombstone in begun:
        site.disk.unlink(site.root / tombstone.path)
    with writing(site.engine) as connection:
        table = tables.tombstones
        closing = update(table).where(table.c.id.in_([tombstone.id for tombstone in begun]))
        connection.execute(closing.values(closed_us=to_us(site.clock.now())))
        rows = connection.execute(select(table).where(table.c.id.in_([tombstone.id for tombstone in begun])))
        closed = [to_tombstone(row) for row in rows]
    _remove_empty_days(site, {(site.root / tombstone.path).parent for tombstone in begun})
    return closed


def _remove_empty_days(site: Site, directories: Iterable[Path]) -> None:
    """Remove day directories with nothing but their index; not those that a recorder may still write to."""
    now = site.clock.now()
    for directory in sorted(directories):
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
    """Delete a quarantined file and its note; None when a hold in force has its camera, for its time is not known."""
    relative = site.relative(found.path)
    with writing(site.engine) as connection:
        if any(found.camera in hold.cameras for hold in holds.in_force(connection)):
            return None
        facts: dict[str, str | int | list[str]] = {"reason": "quarantine past its limit"}
        audit.append(connection, site, Act.SEGMENT_DELETED, relative, facts=facts)
    site.disk.unlink(found.path)
    site.disk.unlink(found.note)
    return relative


def tombstone_digest(tombstones: Iterable[Tombstone]) -> str:
    """Hex SHA-256 over what was deleted, so that the audit entry of a batch binds each of its tombstones."""
    digest = hashlib.sha256()
    for one in tombstones:
        digest.update(f"{one.id} {one.path} {one.sha256} {to_us(one.limit)} {one.reason.value}\n".encode())
    return digest.hexdigest()
