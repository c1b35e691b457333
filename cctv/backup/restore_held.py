"""Restore held footage from its copy: only what a hold in force covers, what is missing, and what was not deleted.

For each segment, while the holds are confirmed and under the sweeper's lock:

1. decrypt into `.restore/`, compare with its hash                 (crash: the next command clears it)
2. in one transaction: the hold once more; the file in its place, its line, its row, the audit entry
                                     (crash before the commit: a file with its line, which reconciliation adopts)
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from pyrage.x25519 import Identity
from sqlalchemy import Connection

from cctv.audit.log import append_entry
from cctv.backup.bundle import read_bundle
from cctv.backup.held_copy import COPY_FILE, FOOTAGE, LINE
from cctv.backup.restore import BackupForeign, work_folder
from cctv.backup.state import BackupPlaceUnfit, backup_lock, held_files, held_folder, held_name
from cctv.core.durable import sha256_file
from cctv.core.text import parse_json
from cctv.crypto.errors import BackupTorn
from cctv.db.engine import write_transaction
from cctv.db.storage import Storage
from cctv.footage.deletion_summaries import folded_of
from cctv.footage.ingest import from_index_line, index_line, lines_in
from cctv.footage.layout import INDEX, segment_path, sweeper_lock
from cctv.footage.repair.queries import drop_tombstone, insert_line
from cctv.footage.segments import is_indexed, tombstones_of
from cctv.holds.confirmation import require_confirmed
from cctv.holds.store import holds_in_force, match_files
from cctv.model.audit import Act
from cctv.model.footage import NewSegment, Reason, Tombstone
from cctv.model.holds import Hold
from cctv.model.ids import valid_id

log = logging.getLogger(__name__)


class RestoreDecision(Enum):
    """What becomes of one segment of the copy."""

    RETURNED = "returned"
    THERE = "already there"
    NOT_HELD = "refused: no hold in force covers it"
    DELETED = "refused: it was deleted"


@dataclass(frozen=True, slots=True)
class Returned:
    """Every segment of the copy with its verdict; `torn` are files of it that could not be read."""

    verdicts: tuple[tuple[str, RestoreDecision], ...]
    torn: tuple[str, ...]

    def count(self, verdict: RestoreDecision) -> int:
        """How many segments have this decision."""
        return sum(decision is verdict for _, decision in self.verdicts)


def verdict_of(
    new: NewSegment, *, indexed: bool, holds: Sequence[Hold], stone: Tombstone | None, folded: bool = False
) -> RestoreDecision:
    """Whether a segment of the copy is restored.  Pure.

    Lost footage is restored when a hold covers it that was placed before the loss was noted: a newer hold may cover
    footage that was rightly deleted, and footage that a tombstone marks as deleted is never restored.  Where nothing
    tells lost from deleted, the hold must have been placed before the limit: a later one kept nothing.  `folded`: a
    deletion summary counts footage of that span, and no longer distinguishes one file from another.
    """
    if indexed:
        return RestoreDecision.THERE
    covering = [hold for hold in holds if hold.covers(new.camera, new.span)]
    if not covering:
        return RestoreDecision.NOT_HELD
    if stone is None:
        kept = not folded and any(hold.placed < new.limit for hold in covering)
    else:
        in_time = [hold for hold in covering if hold.placed <= stone.began]
        is_unclear = stone.reason is Reason.FORGOTTEN and any(hold.placed < new.limit for hold in in_time)
        kept = is_unclear or (stone.reason is Reason.LOST and bool(in_time))
    return RestoreDecision.RETURNED if kept else RestoreDecision.DELETED


def return_held(site: Storage, directory: Path, key: Identity, *, reason: str, dry_run: bool = False) -> Returned:
    """Bring held footage back; raises HoldsUnconfirmed, BackupPlaceUnfit, BackupForeign, RecoveryKeyWrong."""
    require_confirmed(site.root)
    folder = _folder(site, directory)
    verdicts: list[tuple[str, RestoreDecision]] = []
    torn: list[str] = []
    with sweeper_lock(site), backup_lock(site):
        match_files(site)
        for name, path in held_files(folder):
            with work_folder(site.root) as work:
                try:
                    read_bundle(path, key, work, site.disk)
                    new = _described(site, path, name, work)
                except BackupTorn:
                    torn.append(path.name)
                    continue
                verdicts.append((new.path, _return(site, new, work, reason=reason, dry_run=dry_run)))
    log.info("held.returned", extra={"files": len(verdicts), "lost": len(torn)})
    return Returned(tuple(verdicts), tuple(torn))


def _folder(site: Storage, directory: Path) -> Path:
    folder = directory if (directory / COPY_FILE).exists() else held_folder(site, directory)
    try:
        site_id = str(parse_json((folder / COPY_FILE).read_text("utf-8"))["site"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = "there is no copy of this site's held footage"
        raise BackupPlaceUnfit(path=directory, problem=problem) from error
    if site_id != site.identity.site:
        raise BackupForeign(path=folder, found=site_id, expected=site.identity.site)
    return folder


def _described(site: Storage, path: Path, name: str, work: Path) -> NewSegment:
    """The segment as the copy describes it; its line on the disk, if it still exists, names its run as well."""
    try:
        new = from_index_line((work / LINE).read_text("utf-8"), "")
    except (OSError, ValueError) as error:
        raise BackupTorn(path=path, problem=str(error)) from error
    if not (valid_id(new.zone) and valid_id(new.camera)):  # they become folders
        raise BackupTorn(path=path, problem=f"{new.zone}/{new.camera} is no zone and camera")
    target = segment_path(site.root, new.zone, new.camera, new.span.start)
    new = replace(new, path=site.relative(target))
    if held_name(new.path, new.sha256) != name or sha256_file(work / FOOTAGE) != new.sha256:
        raise BackupTorn(path=path, problem="its bytes are not those that its name says")
    line = lines_in(target.parent, site.relative(target.parent)).get(new.path)
    return line if line is not None and line.sha256 == new.sha256 else new


def _return(site: Storage, new: NewSegment, work: Path, *, reason: str, dry_run: bool) -> RestoreDecision:
    target = site.root / new.path
    with write_transaction(site.engine) as connection:
        stone = _tombstone(connection, new)
        present = target.exists() or is_indexed(connection, new.path)
        folded = bool(folded_of(connection, new.camera, new.span))
        verdict = verdict_of(new, indexed=present, holds=holds_in_force(connection), stone=stone, folded=folded)
        if dry_run or verdict is not RestoreDecision.RETURNED:
            return verdict
        site.disk.make_directory(target.parent)
        site.disk.sync_file(work / FOOTAGE)
        site.disk.rename(work / FOOTAGE, target)
        if new.path not in lines_in(target.parent, site.relative(target.parent)):
            site.disk.append_line(target.parent / INDEX, index_line(new))
        insert_line(connection, new, site.clock.now())
        if stone is not None:
            drop_tombstone(connection, stone.id)
        append_entry(connection, site, Act.HELD_RETURNED, new.path, facts={"sha256": new.sha256}, reason=reason)
    return verdict


def _tombstone(connection: Connection, new: NewSegment) -> Tombstone | None:
    """The last tombstone of the file."""
    stones = [stone for stone in tombstones_of(connection, new.camera, new.span) if stone.path == new.path]
    return max(stones, key=lambda stone: stone.id, default=None)
