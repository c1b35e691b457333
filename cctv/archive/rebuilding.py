"""Rebuilding: a new index, made from the disk alone, in place of one that is lost or damaged.

1. from now on nothing is deleted: `holds-unconfirmed.json`        (crash: deletion waits; the command can be repeated)
2. a new database beside the old one, filled and flushed           (crash: the same; what was begun is thrown away)
3. what is left of the old one moved aside, never overwritten      (crash: no index; every command says to rebuild)
4. the new one renamed into its place; site.json names it          (crash: site.json names another index; the same)
5. holds taken in from holds/, the rest reconciled with the disk   (crash: the command is asked for again)
6. a named person may confirm the holds now

Deletes no footage.  The registers, the log and the reasons of deletions are not on the disk: only a back-up has them.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import inspect

from cctv import audit, holds
from cctv.archive import repairstore
from cctv.archive.layout import recorder_lock, sweeper_lock
from cctv.archive.reconciliation import Reconciled, reconcile_locked
from cctv.archive.refilling import Refilled, day_folders, refill
from cctv.config.schema import Settings
from cctv.db import identity
from cctv.db.engine import DatabaseDamaged, check_whole, open_engine, reading, settle_file, writing
from cctv.db.identity import DATABASE_FILE, DatabaseForeign, Identity
from cctv.db.migrate import migrate
from cctv.db.site import Site, keep_short_id, open_site
from cctv.kernel.clock import Clock
from cctv.kernel.durable import Disk, sha256_file
from cctv.kernel.errors import CctvError, Exit, FileUnreadable
from cctv.model.acts import Act, Actor
from cctv.model.holds import Hold
from cctv.model.ids import id_kind

log = logging.getLogger(__name__)

COMMAND = 'cctv footage rebuild --reason "..."'
NEW_FILE = f"{DATABASE_FILE}.rebuilding"
_BESIDE = ("-wal", "-shm", "-journal")
_WHY = "the index was made again from the disk"


class IndexWhole(CctvError):
    """The index is whole and belongs to this storage: there is nothing to make again; nothing was changed.

    next: cctv footage reconcile
    """

    exit_code = Exit.USAGE


@dataclass(frozen=True, slots=True)
class RebuildPlan:
    """What is wrong with the index, and what the disk has for a new one."""

    why: str
    segments: int
    gone: int
    without_line: int
    holds: tuple[Hold, ...]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The index that was made; `aside` is where the old one stands now, None where there was none."""

    plan: RebuildPlan
    aside: str | None
    reconciled: Reconciled


def plan_rebuild(settings: Settings, *, disk: Disk, clock: Clock, actor: Actor) -> RebuildPlan:
    """Look at the index and the disk.  Raises IndexWhole, FileUnreadable for a hold, and the guards of the storage."""
    site, why = _beside(settings, disk=disk, clock=clock, actor=actor)
    found = Refilled()
    for folder in day_folders(site):
        found.count(folder)
    return RebuildPlan(why, found.segments, found.gone, found.without_line, tuple(_holds(site)))


def rebuild(settings: Settings, *, disk: Disk, clock: Clock, actor: Actor, reason: str) -> Rebuilt:
    """Make the index again.  Raises as `plan_rebuild`, and LockHeld while a recorder or a sweeper runs."""
    site, why = _beside(settings, disk=disk, clock=clock, actor=actor)
    found = _holds(site)
    with recorder_lock(site), sweeper_lock(site):
        holds.ask_confirmation(site.root, disk, why=_WHY, at=clock.now(), resume=COMMAND)
        with _new_database(site) as made:
            aside = _aside_name(site)
            filled = refill(made, found)
            plan = RebuildPlan(why, filled.segments, filled.gone, filled.without_line, tuple(found))
            _record(made, plan, aside, reason)
        _replace(made, aside)
        opened = open_site(settings, disk=disk, clock=clock, actor=actor)
        holds.match_files(opened)
        reconciled = reconcile_locked(opened, accept_loss=True, recording=False)
        holds.ask_confirmation(site.root, disk, why=_WHY, at=clock.now())
    log.info("index.rebuilt", extra={"segments": plan.segments, "holds": len(plan.holds)})
    return Rebuilt(plan, aside, reconciled)


def _beside(settings: Settings, *, disk: Disk, clock: Clock, actor: Actor) -> tuple[Site, str]:
    """The storage with the place of its new database, and what is wrong with the index that it has."""
    root = settings.site.storage
    said = identity.read_identity(root)
    why = _trouble(root, said)
    if why is None:
        raise IndexWhole
    new = replace(said, database=str(uuid.uuid4()))
    return Site(settings, root, new, open_engine(root / NEW_FILE, create=True), disk, clock, actor), why


def _trouble(root: Path, said: Identity) -> str | None:
    """Why the index cannot be used, None when it can; raises DatabaseNewer."""
    waiting = holds.unconfirmed(root)
    if waiting is not None and waiting.resume == COMMAND:
        return "making it again was interrupted"
    path = root / DATABASE_FILE
    if not path.exists():
        return "it is not there"
    engine = open_engine(path)
    try:
        check_whole(engine, path)
        with reading(engine) as connection:
            if not inspect(connection).has_table("site"):
                return "it is empty"
            identity.check(connection, said, root)
        migrate(engine)
        with reading(engine) as connection:
            blank = repairstore.is_blank(connection)
    except (DatabaseDamaged, DatabaseForeign) as error:
        return str(error.fields["problem"])
    has_footage = any(path.is_file() for path in (root / "segments").glob("*/*/*/*.mp4"))
    return "it knows no footage, and the disk has some" if blank and has_footage else None


def _holds(site: Site) -> list[Hold]:
    """Every hold of the disk; one that cannot be read stops everything, for nobody knows what it keeps."""
    try:
        return holds.read_hold_files(site)
    except FileUnreadable as error:
        following = "write it again, or move it out of holds/ and place the hold anew afterwards; nothing was changed"
        raise FileUnreadable(path=error.fields["path"], problem=error.fields["problem"], following=following) from error


@contextmanager
def _new_database(site: Site) -> Iterator[Site]:
    """An empty database with its tables and identity; when the block ends, one flushed file."""
    path = site.root / NEW_FILE
    for beside in ("", *_BESIDE):
        site.disk.unlink(path.with_name(f"{NEW_FILE}{beside}"))
    migrate(site.engine)
    with writing(site.engine) as connection:
        identity.claim(connection, site.identity, site.clock.now())
    yield site
    settle_file(site.engine)
    site.disk.sync_file(path)


def _aside_name(site: Site) -> str | None:
    """A free name for what is left of the old index; None where nothing is."""
    if not any((site.root / f"{DATABASE_FILE}{beside}").exists() for beside in ("", *_BESIDE)):
        return None
    first = f"{DATABASE_FILE}.aside-{site.clock.now():%Y%m%dT%H%M%SZ}"
    names = (first, *(f"{first}-{number}" for number in range(2, 1000)))
    return next(name for name in names if not any(site.root.glob(f"{name}*")))


def _record(site: Site, plan: RebuildPlan, aside: str | None, reason: str) -> None:
    """The new log's first entry; ids that are in use already are not given again."""
    old = site.root / DATABASE_FILE
    facts: audit.Facts = {
        "why": plan.why,
        "segments": plan.segments,
        "gone": plan.gone,
        "without_line": plan.without_line,
        "holds": [hold.id for hold in plan.holds],
        "aside": aside or "",
        "aside_sha256": sha256_file(old) if old.exists() else "",
    }
    with writing(site.engine) as connection:
        used = [hold.ground.case_id for hold in plan.holds]
        used += [path.name for name in ("exports", "derived") for path in (site.root / name).iterdir()]
        for taken in used:
            if id_kind(taken) is not None:
                keep_short_id(connection, taken)
        audit.append(connection, site, Act.INDEX_REBUILT, site.identity.site, facts=facts, reason=reason)


def _replace(site: Site, aside: str | None) -> None:
    """The log of the old database moves first: left beside the new one, SQLite would take it for its own."""
    if aside is not None:
        for beside in (*_BESIDE, ""):
            old = site.root / f"{DATABASE_FILE}{beside}"
            if old.exists():
                site.disk.rename(old, site.root / f"{aside}{beside}")
    site.disk.rename(site.root / NEW_FILE, site.root / DATABASE_FILE)
    identity.write_identity(site.root, site.identity, site.disk)
