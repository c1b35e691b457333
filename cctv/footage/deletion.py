"""Deletion: the only module that deletes footage, and the session without which it deletes none (invariants 1 and 2).

A session (`begin_deletion`; `cctv.retention.session.deletion_session` opens it with the guards) takes these steps in
this order, and ends where one of them raises:

1. prove that the storage is the one that was opened: before the lock, so that nothing is written where a mount was lost
2. take the sweeper's lock: one process deletes at a time
3. check the guards: what stops deletion stops the finishing of earlier deletions too
4. adopt hold files that the index does not have: an older cctv.db may lie in the storage
5. finish open tombstones, but index again what a hold covers by now and what is still on the disk

Holds are adopted before tombstones are finished: an older database may hold open tombstones over footage that only a
hold file keeps, and finishing them first would delete it.

Deletion itself, for a batch of segments, so that a crash at any point can be finished by the next session:

1. tombstones in place of the rows, holds checked in the same transaction (crash: files are there; resumes at 2)
2. unlink each file                                         (crash: the tombstone names it; resumes at 2)
3. flush each directory (`DurableFiles.unlink` does both)   (crash: the unlink may be undone; resumes at 2)
4. close the tombstones

Knows holds and nothing else: neither why they were placed nor who asks for the deletion.
"""

from __future__ import annotations

import gc
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.core.clock import to_us
from cctv.db.engine import keep_connection_open, read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.ingest import lines_in
from cctv.footage.layout import INDEX, require_inside, sweeper_lock
from cctv.footage.quarantine import Quarantined
from cctv.footage.repair.queries import drop_tombstone, insert_line
from cctv.footage.runs import follow_renames
from cctv.footage.segments import close_tombstones, insert_tombstones_unless_held, is_indexed, open_tombstones
from cctv.holds.store import holds_in_force, match_files
from cctv.model.audit import Act
from cctv.model.footage import FootageSource, NewSegment, Reason, Segment, Tombstone
from cctv.model.holds import Hold

log = logging.getLogger(__name__)

BATCH = 1000  # a recorder waits for one transaction of so many: twice the longest raw batch at most (scripts/bench)
KEPT_DAYS = timedelta(days=2)  # of a day's folder: a recorder may still write to it
HEADER_BYTES = 4096  # ffmpeg's header of a fragmented MP4 has 700 to 1,400, by codec
_OPENER = object()  # passed by `begin_deletion` alone


class DeletionSession:
    """Permission to delete footage of `site`, valid until the block of `begin_deletion` ends.

    `adopted` are the holds that were adopted from their files, `finished` the tombstones of earlier deletions that
    this session closed, `kept` the relative paths of footage that an earlier deletion had begun to delete and that a
    hold covers by now: it is indexed again.
    """

    __slots__ = ("_is_open", "adopted", "finished", "kept", "site")

    def __init__(
        self,
        site: Storage,
        adopted: Sequence[Hold],
        finished: Sequence[Tombstone],
        kept: Sequence[str],
        *,
        opener: object,
    ) -> None:
        if opener is not _OPENER:
            raise TypeError("a deletion session comes from begin_deletion alone")
        self.site = site
        self.adopted = tuple(adopted)
        self.finished = tuple(finished)
        self.kept = tuple(kept)
        self._is_open = True

    def require_open(self) -> None:
        """Raise RuntimeError once the session has ended: its lock and its guards hold no longer."""
        if not self._is_open:
            raise RuntimeError("this deletion session has ended")

    def end(self) -> None:
        """Refuse every later deletion."""
        self._is_open = False


@contextmanager
def begin_deletion(
    site: Storage, *, prove_storage: Callable[[Storage], None], ask_guards: Callable[[Storage], None]
) -> Iterator[DeletionSession]:
    """Open a session by the five steps of the module; its block is the only place where footage can be deleted.

    `prove_storage` and `ask_guards` raise what stops deletion; the second is called under the sweeper's lock.  Also
    raises LockHeld while another process deletes, and FileUnreadable for a hold file that cannot be read.
    """
    prove_storage(site)
    with sweeper_lock(site):
        ask_guards(site)
        adopted = match_files(site)
        follow_renames(site)
        kept = _keep_held(site)
        session = DeletionSession(site, adopted, _finish_open_tombstones(site), kept, opener=_OPENER)
        try:
            yield session
        finally:
            session.end()


def delete_segments(session: DeletionSession, segments: Sequence[Segment], reason: Reason) -> list[Tombstone]:
    """Delete segments that no hold covers by now; held ones are left alone and are not returned.

    Returns the closed tombstones.  Raises RuntimeError when the session has ended, and PathOutside before anything is
    deleted.
    """
    session.require_open()
    site, deleted = session.site, list[Tombstone]()
    require_inside(site.root, (segment.path for segment in segments))
    with keep_connection_open(site.engine):
        for first in range(0, len(segments), BATCH):
            begun = _begin(site, segments[first : first + BATCH], reason)
            deleted += _finish(site, begun)
            log.info("segments.deleted", extra={"reason": reason, "segments": len(begun)})
    return deleted


def delete_quarantined(session: DeletionSession, files: Iterable[Quarantined]) -> tuple[str, ...]:
    """Delete quarantined files and their notes; returns the relative paths of the deleted files.

    A file stays while a hold in force names its camera, for its time is not known; a file of no known camera stays
    while anything at all is held.  Raises RuntimeError when the session has ended.
    """
    session.require_open()
    return tuple(session.site.relative(file.path) for file in files if _delete_quarantined(session.site, file))


def _finish_open_tombstones(site: Storage) -> list[Tombstone]:
    """Finish the deletions that a crash interrupted."""
    with read_transaction(site.engine) as connection:
        begun = open_tombstones(connection)
    if begun:
        log.info("deletion.resumed", extra={"segments": len(begun)})
    return _finish(site, begun)


def _keep_held(site: Storage) -> list[str]:
    """Index again what an open tombstone names, a hold in force covers and the disk still has; returns the paths.

    The hold was placed after the deletion began: over an index that was rebuilt from the disk, for example, before an
    older database with that tombstone was put back.
    """
    with read_transaction(site.engine) as connection:
        if not open_tombstones(connection):
            return []
    kept: list[str] = []
    with write_transaction(site.engine) as connection:
        in_force = holds_in_force(connection)
        for tombstone in open_tombstones(connection):
            keeping = [hold.id for hold in in_force if hold.covers(tombstone.camera, tombstone.span)]
            if keeping and (site.root / tombstone.path).exists():
                _index_again(connection, site, tombstone, keeping)
                kept.append(tombstone.path)
    return kept


def _index_again(connection: Connection, site: Storage, tombstone: Tombstone, keeping: Sequence[str]) -> None:
    """Put the row back in place of an open tombstone, in the caller's transaction; its index line names its run."""
    if not is_indexed(connection, tombstone.path):
        directory = tombstone.path.rpartition("/")[0]
        line = lines_in(site.root / directory, directory).get(tombstone.path)
        is_its = line is not None and line.sha256 == tombstone.sha256
        run_id, source = (line.run_id, line.source) if line is not None and is_its else (None, FootageSource.LIVE)
        new = NewSegment(
            tombstone.camera, tombstone.zone, tombstone.span, tombstone.limit, tombstone.path, tombstone.sha256,
            tombstone.size_bytes, tombstone.policy, run_id, source,
        )  # fmt: skip
        insert_line(connection, new, site.clock.now())
    drop_tombstone(connection, tombstone.id)
    facts: AuditFacts = {"why": "its deletion had begun, and a hold covers it", "holds": list(keeping)}
    append_entry(connection, site, Act.FOOTAGE_ADOPTED, tombstone.path, facts=facts)


def _begin(site: Storage, batch: Sequence[Segment], reason: Reason) -> list[Tombstone]:
    with _collector_paused(), write_transaction(site.engine) as connection:
        began = site.clock.now()
        begun = insert_tombstones_unless_held(connection, batch, reason, began)
        if begun:
            _audit_batch(connection, site, begun, reason)
    return begun


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep Python's garbage collector out of a transaction for which a recorder may wait.

    Over the segments of a day a full collection takes 50 to 90 ms, twice as long as the batch itself, and most of them
    began inside it (measured with `scripts/bench retention`).
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _audit_batch(connection: Connection, site: Storage, begun: Sequence[Tombstone], reason: Reason) -> None:
    """One entry for the batch, bound to each of its tombstones by their digest."""
    first, last = begun[0].id, begun[-1].id
    facts: AuditFacts = {
        "reason": reason.value,
        "segments": len(begun),
        "first_tombstone": first,
        "last_tombstone": last,
        "digest": tombstone_digest(begun),
    }
    append_entry(connection, site, Act.SEGMENT_DELETED, f"tombstones {first}-{last}", facts=facts)


def _finish(site: Storage, begun: Sequence[Tombstone]) -> list[Tombstone]:
    if not begun:
        return []
    root, logs_files = str(site.root), log.isEnabledFor(logging.DEBUG)
    for tombstone in begun:
        site.disk.unlink(f"{root}/{tombstone.path}")
        if logs_files:
            log.debug("segment.deleted", extra={"camera": tombstone.camera, "segment": tombstone.path})
    with _collector_paused(), write_transaction(site.engine) as connection:
        closed = close_tombstones(connection, begun, site.clock.now())
    _remove_empty_days(site, {tombstone.path.rpartition("/")[0] for tombstone in begun})
    return closed


def _remove_empty_days(site: Storage, directories: Iterable[str]) -> None:
    """Remove day directories with nothing but their index; not those that a recorder may still write to."""
    now = site.clock.now()
    for directory in (site.root / relative for relative in sorted(directories)):
        try:
            day = datetime.strptime(directory.name, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            continue
        if now - day < KEPT_DAYS or not directory.is_dir():
            continue
        if [path.name for path in directory.iterdir()] in ([], [INDEX]):
            site.disk.unlink(directory / INDEX)
            directory.rmdir()
            site.disk.sync_directory(directory.parent)


def _delete_quarantined(site: Storage, file: Quarantined) -> bool:
    """The audit entry with the holds checked in its transaction, the file, its note; False when a hold keeps it."""
    with write_transaction(site.engine) as connection:
        if file.is_kept_by(holds_in_force(connection)):
            return False
        facts: AuditFacts = {"reason": "quarantine past its limit"}
        append_entry(connection, site, Act.SEGMENT_DELETED, site.relative(file.path), facts=facts)
    site.disk.unlink(file.path)
    site.disk.unlink(file.note)
    log.info("quarantine.deleted", extra={"camera": file.camera, "path": site.relative(file.path)})
    return True


def discard_header(site: Storage, path: Path) -> bool:
    """Remove a file of `incoming/` that ends before its first fragment; False when it may hold a picture.

    Needs no session: such a file is a header of under a kilobyte without a `moof` box.  No frame was ever in it, so it
    is no footage, no hold can cover it, and no act is logged.  The recorder calls it, which must not wait for guards.
    """
    if path.stat().st_size > HEADER_BYTES or b"moof" in path.read_bytes():
        return False
    site.disk.unlink(path)
    log.debug("header.discarded", extra={"path": site.relative(path)})
    return True


def tombstone_digest(tombstones: Iterable[Tombstone]) -> str:
    """Hex SHA-256 over what was deleted, so that the audit entry of a batch binds each of its tombstones."""
    digest = hashlib.sha256()
    for stone in tombstones:
        line = f"{stone.id} {stone.path} {stone.sha256} {to_us(stone.limit)} {stone.reason.value}\n"
        digest.update(line.encode())
    return digest.hexdigest()
