"""Rebuild: a new index, made from the disk alone, in place of one that is lost or damaged; and an older one brought up.

1. from now on nothing is deleted: `holds-unconfirmed.json`        (crash: deletion waits; the command can be repeated)
2. a new database beside the old one, filled and flushed           (crash: the same; the unfinished one is discarded)
3. what is left of the old one moved aside, never overwritten      (crash: no index; every command says to rebuild)
4. the new one renamed into its place; site.json names it          (crash: site.json names another index; the same)
5. holds adopted from holds/, the rest reconciled with the disk    (crash: the command is to be repeated)
6. index and disk marked in step; a named person may confirm the holds now

An index that is whole and older than the storage (`IndexOlder`) keeps its registers and its log: in place of 2 to 4,
what was deleted since loses its rows, and numbers that may have been given since are left out, in one transaction.

`refill` makes the rows from segments/, index.jsonl and incoming/.  Limits are those of index.jsonl: a limit that was
promised at recording is never lengthened.  What no line explains is left to the reconciliation of step 5, which needs
the runs that `refill` enters.

Deletes no footage.  The registers, the log and the reasons of deletions are not on the disk: only a back-up has them.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, inspect

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.config.policy_part import settings_facts
from cctv.config.schema import Settings
from cctv.core.clock import Clock
from cctv.core.durable import DurableFiles, sha256_file
from cctv.core.errors import CctvError, Exit, FileUnreadable
from cctv.core.time_range import Span
from cctv.db.engine import (
    DatabaseDamaged,
    check_whole,
    leave_wal_mode,
    make_file,
    open_engine,
    read_transaction,
    write_transaction,
)
from cctv.db.identity import (
    DATABASE_FILE,
    DatabaseForeign,
    Identity,
    begin_marks,
    check,
    claim,
    is_newest,
    last_step,
    read_identity,
    write_identity,
)
from cctv.db.storage import Storage, keep_short_id, open_site, skip_short_ids
from cctv.db.upgrade import upgrade
from cctv.footage.layout import incoming_files, incoming_name, recorder_lock, sweeper_lock
from cctv.footage.repair.compare import DayFolder, day_folders
from cctv.footage.repair.queries import (
    bury_gone,
    gone_ids,
    insert_lines,
    insert_run_as,
    is_blank,
    mark_lost,
    stretch_run,
    unknown_policy,
)
from cctv.footage.repair.reconcile import Reconciled, reconcile_locked
from cctv.footage.runs import Run, insert_policy, insert_run, set_end
from cctv.footage.segments import insert_segment
from cctv.holds.confirmation import REBUILT, ask_confirmation, unconfirmed
from cctv.holds.files import read_hold_files
from cctv.holds.store import match_files
from cctv.model.audit import Act, Actor
from cctv.model.footage import NewSegment, Reason
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, ZoneId, id_kind

log = logging.getLogger(__name__)

_LONGEST_WRITE = timedelta(hours=2)  # a file in incoming/ was begun at most this long before its last write
COMMAND = 'cctv footage rebuild --reason "..."'
NEW_FILE = f"{DATABASE_FILE}.rebuilding"
_BESIDE = ("-wal", "-shm", "-journal")


@dataclass
class Refilled:
    """How much was entered."""

    segments: int = 0
    gone: int = 0
    without_line: int = 0
    runs: dict[int, Run] = field(default_factory=dict)
    reach: dict[int, Span] = field(default_factory=dict)
    earliest: dict[tuple[ZoneId, CameraId], datetime] = field(default_factory=dict)
    policies: set[str] = field(default_factory=set)

    def count(self, folder: DayFolder) -> None:
        """Add a day's folder to the counts."""
        self.segments += len(folder.present)
        self.gone += len(folder.gone)
        self.without_line += len(folder.without_line)
        for start in folder.without_line:
            key = (folder.zone, folder.camera)
            self.earliest[key] = min(start, self.earliest.get(key, start))


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
    keeps_registers: bool = False  # the index is whole, and older than the storage


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What is wrong with an index, and whether its registers can be kept: it is whole, and this storage's."""

    why: str
    keeps_registers: bool


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The index that was made; `aside` is the new name of the old one, None where there was none."""

    plan: RebuildPlan
    aside: str | None
    reconciled: Reconciled


def refill(site: Storage, holds: Sequence[Hold]) -> Refilled:
    """Insert the rows of everything on the disk; `holds` decide what counts as lost, and are not inserted."""
    done = Refilled()
    for folder in day_folders(site):
        with write_transaction(site.engine) as connection:
            done.count(folder)
            lines = _with_runs(connection, site, done, [*folder.present, *folder.gone])
            present = {line.path for line in folder.present}
            insert_lines(connection, [line for line in lines if line.path in present])
            for line in lines:
                if line.path not in present:
                    segment = insert_segment(connection, line)
                    mark_lost(connection, segment, _why_gone(line, holds), site.clock.now())
    with write_transaction(site.engine) as connection:
        for run_id, span in done.reach.items():
            stretch_run(connection, run_id, span)
        _runs_of_incoming(connection, site, done)
        _runs_before_any(connection, site, done)
    return done


def _why_gone(line: NewSegment, holds: Iterable[Hold]) -> Reason:
    """Lost where a hold was placed while the footage was within its limit: it should be there still."""
    is_held = any(hold.covers(line.camera, line.span) and hold.placed < line.limit for hold in holds)
    return Reason.LOST if is_held else Reason.FORGOTTEN


def _with_runs(connection: Connection, site: Storage, done: Refilled, lines: Iterable[NewSegment]) -> list[NewSegment]:
    """Enter the runs and policies that the lines name; a line that names the run of another camera has none."""
    out: list[NewSegment] = []
    now = site.clock.now()
    for line in sorted(lines, key=lambda line: (line.span, line.path)):
        if line.policy not in done.policies:
            insert_policy(connection, line.policy, _text_of(site, line.policy), now)
            done.policies.add(line.policy)
        if line.run_id is None:
            out.append(line)
            continue
        run = done.runs.get(line.run_id)
        if run is None:
            period = line.limit - line.span.start
            run = Run(line.run_id, line.camera, line.zone, line.policy, period, line.span.start, source=line.source)
            insert_run_as(connection, run, ended=line.span.end)
            done.runs[run.id] = run
        if (run.camera, run.zone) != (line.camera, line.zone):
            out.append(replace(line, run_id=None))
            continue
        reach = done.reach.get(run.id, line.span)
        done.reach[run.id] = Span(min(reach.start, line.span.start), max(reach.end, line.span.end))
        out.append(line)
    return out


def _text_of(site: Storage, policy: str) -> str:
    return site.settings.policy_text if policy == site.settings.policy_digest else unknown_policy()


def _runs_of_incoming(connection: Connection, site: Storage, done: Refilled) -> None:
    """Runs of which the disk holds unfinished files only: a later run must not get their id."""
    settings, now = site.settings, site.clock.now()
    for path in incoming_files(site.root):
        named, camera = incoming_name(path.name), settings.cameras.get(CameraId(path.parent.name))
        if named is None or camera is None or named[0] in done.runs:
            continue
        insert_policy(connection, settings.policy_digest, settings.policy_text, now)
        written = min(datetime.fromtimestamp(path.stat().st_mtime, UTC), now)
        period = settings.limit_for(camera.zone)
        run = Run(named[0], camera.id, camera.zone, settings.policy_digest, period, written - _LONGEST_WRITE)
        insert_run_as(connection, run, ended=None)
        done.runs[run.id] = run


def _runs_before_any(connection: Connection, site: Storage, done: Refilled) -> None:
    """A run for files that no line and no run of their camera explains, with the shortest period that may apply."""
    settings, now = site.settings, site.clock.now()
    for (zone, camera), start in done.earliest.items():
        own = [run for run in done.runs.values() if (run.zone, run.camera) == (zone, camera)]
        if any(done.reach[run.id].start <= start for run in own if run.id in done.reach):
            continue
        periods = [run.period for run in own] + ([settings.limit_for(zone)] if zone in settings.zones else [])
        if not periods:
            continue
        policy = settings.policy_digest
        insert_policy(connection, policy, settings.policy_text, now)
        run = insert_run(connection, camera=camera, zone=zone, policy=policy, period=min(periods), started=start)
        set_end(connection, run.id, start)


def plan_rebuild(settings: Settings, *, disk: DurableFiles, clock: Clock, actor: Actor) -> RebuildPlan:
    """What a rebuild would do.  Raises IndexWhole, FileUnreadable for a hold, and the guards of the storage."""
    site, trouble = _beside(settings, disk=disk, clock=clock, actor=actor)
    return _counted(site, trouble, _holds(site))


def _counted(site: Storage, trouble: _Trouble, holds: Sequence[Hold]) -> RebuildPlan:
    counts = Refilled()
    for folder in day_folders(site):
        counts.count(folder)
    return _plan(counts, trouble, holds)


def _plan(counts: Refilled, trouble: _Trouble, holds: Sequence[Hold]) -> RebuildPlan:
    numbers = counts.segments, counts.gone, counts.without_line
    return RebuildPlan(trouble.why, *numbers, tuple(holds), trouble.keeps_registers)


def rebuild_index(settings: Settings, *, disk: DurableFiles, clock: Clock, actor: Actor, reason: str) -> Rebuilt:
    """Rebuild the index.  Raises as `plan_rebuild`, and LockHeld while a recorder or a sweeper runs."""
    site, trouble = _beside(settings, disk=disk, clock=clock, actor=actor)
    holds = _holds(site)
    with recorder_lock(site), sweeper_lock(site):
        ask_confirmation(site.root, disk, why=REBUILT, at=clock.now(), resume=COMMAND)
        aside = None
        if trouble.keeps_registers:
            opened = open_site(settings, disk=disk, clock=clock, actor=actor)
            plan = _counted(opened, trouble, holds)
            _bring_up_to_date(opened, plan, reason)
        else:
            with _new_database(site) as new:
                aside = _aside_name(site)
                plan = _plan(refill(new, holds), trouble, holds)
                with write_transaction(new.engine) as connection:
                    _record(connection, new, plan, aside, reason)
            _replace(new, aside)
            opened = open_site(settings, disk=disk, clock=clock, actor=actor)
        match_files(opened)
        reconciled = reconcile_locked(opened, accept_loss=True, recording=False)
        begin_marks(opened.engine, opened.root, disk, clock.now())
        ask_confirmation(site.root, disk, why=REBUILT, at=clock.now())
    log.info("index.rebuilt", extra={"segments": plan.segments, "holds": len(plan.holds)})
    return Rebuilt(plan, aside, reconciled)


def _beside(settings: Settings, *, disk: DurableFiles, clock: Clock, actor: Actor) -> tuple[Storage, _Trouble]:
    """The storage with the place of its new database, and what is wrong with the index that it has."""
    root = settings.site.storage
    identity = read_identity(root)
    trouble = _trouble(root, identity)
    if trouble is None:
        raise IndexWhole
    new = replace(identity, database=str(uuid.uuid4()))
    return Storage(settings, root, new, open_engine(root / NEW_FILE), disk, clock, actor), trouble


def _trouble(root: Path, identity: Identity) -> _Trouble | None:
    """Why the index cannot be used, None when it can; raises DatabaseNewer."""
    confirmation, why = unconfirmed(root), _unusable(root, identity)
    keeps_registers = why is None
    if why is None and not is_newest(open_engine(root / DATABASE_FILE), root):
        why = "it is older than the storage"
    if confirmation is not None and confirmation.resume == COMMAND:
        why = "making it again was interrupted"
    return _Trouble(why, keeps_registers) if why is not None else None


def _unusable(root: Path, identity: Identity) -> str | None:
    """Why nothing of the index can be kept; None for one that is whole, this storage's, and knows its footage."""
    path = root / DATABASE_FILE
    if not path.exists():
        return "it is not there"
    engine = open_engine(path)
    try:
        check_whole(engine, path)
        with read_transaction(engine) as connection:
            if not inspect(connection).has_table("site"):
                return "it is empty"
            check(connection, identity, root)
        upgrade(engine)
        with read_transaction(engine) as connection:
            blank = is_blank(connection)
    except (DatabaseDamaged, DatabaseForeign) as error:
        return str(error.fields["problem"])
    has_footage = any(path.is_file() for path in (root / "segments").glob("*/*/*/*.mp4"))
    return "it knows no footage, and the disk has some" if blank and has_footage else None


def _holds(site: Storage) -> list[Hold]:
    """Every hold of the disk; one that cannot be read stops everything, for what it covers is unknown."""
    try:
        return read_hold_files(site)
    except FileUnreadable as error:
        following = "write it again, or move it out of holds/ and place the hold anew afterwards; nothing was changed"
        raise FileUnreadable(path=error.fields["path"], problem=error.fields["problem"], following=following) from error


@contextmanager
def _new_database(site: Storage) -> Iterator[Storage]:
    """An empty database with its tables and identity; when the block ends, one flushed file."""
    path = site.root / NEW_FILE
    for beside in ("", *_BESIDE):
        site.disk.unlink(path.with_name(f"{NEW_FILE}{beside}"))
    make_file(path)
    upgrade(site.engine)
    with write_transaction(site.engine) as connection:
        claim(connection, site.identity, site.clock.now())
    yield site
    leave_wal_mode(site.engine)
    site.disk.sync_file(path)


def _aside_name(site: Storage) -> str | None:
    """A free name for what is left of the old index; None where nothing is."""
    if not any((site.root / f"{DATABASE_FILE}{beside}").exists() for beside in ("", *_BESIDE)):
        return None
    first = f"{DATABASE_FILE}.aside-{site.clock.now():%Y%m%dT%H%M%SZ}"
    names = (first, *(f"{first}-{number}" for number in range(2, 1000)))
    return next(name for name in names if not any(site.root.glob(f"{name}*")))


def _bring_up_to_date(site: Storage, plan: RebuildPlan, reason: str) -> None:
    """Bring an index that is whole from when it was last in step to now; the reconciliation after it does the rest."""
    match_files(site)
    with write_transaction(site.engine) as connection:
        now = site.clock.now()
        _record(connection, site, plan, None, reason)
        skip_short_ids(connection, now.year)
        bury_gone(connection, gone_ids(connection, site.root), now, known=last_step(connection) or now)


def _record(connection: Connection, site: Storage, plan: RebuildPlan, aside: str | None, reason: str) -> None:
    """The entry of the log, a new one's first; ids that are in use already are not given again."""
    old = site.root / DATABASE_FILE
    facts: AuditFacts = {
        "why": plan.why,
        "segments": plan.segments,
        "gone": plan.gone,
        "without_line": plan.without_line,
        "holds": [hold.id for hold in plan.holds],
        "aside": aside or "",
        "aside_sha256": sha256_file(old) if aside and old.exists() else "",
        **settings_facts(site.settings, site.root),
    }
    used = [hold.ground.case_id for hold in plan.holds]
    used += [path.name for name in ("exports", "derived") for path in (site.root / name).iterdir()]
    for name in used:
        if id_kind(name) is not None:
            keep_short_id(connection, name)
    append_entry(connection, site, Act.INDEX_REBUILT, site.identity.site, facts=facts, reason=reason)


def _replace(site: Storage, aside: str | None) -> None:
    """The log of the old database moves first: left beside the new one, SQLite would take it for its own."""
    if aside is not None:
        for beside in (*_BESIDE, ""):
            old = site.root / f"{DATABASE_FILE}{beside}"
            if old.exists():
                site.disk.rename(old, site.root / f"{aside}{beside}")
    site.disk.rename(site.root / NEW_FILE, site.root / DATABASE_FILE)
    write_identity(site.root, site.identity, site.disk)
