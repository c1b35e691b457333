"""Pruning: which back-ups of a folder go, and their removal.

`judge_backups` is the rule, pure: as `restic forget`, the last of each day, week and month that has one stays, the
newest always.  A back-up that is older than `longest` goes whatever the counts say, for it names people whom the
registers have forgotten since.  Where one is dated after now, the clock is wrong, or was: nothing goes.

Only this site's files count, by name and first bytes.  A file that is not as long as the log says is torn: it stands
for no day, and stays for a person to look at.  Never removes the newest, nor a file that is not ours.

1. the new back-up is written, flushed, and in the log    (by `cctv.backup.create`)
2. the clock's guard is asked, where something would go
3. an entry names the files that go                       (crash: the next pruning finds them again, and says so again)
4. each is unlinked, its folder flushed
"""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import Enum
from pathlib import Path

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry, audit_entries
from cctv.backup.state import backup_lock, backup_prefix
from cctv.config.fields import KEPT, BackupsKept
from cctv.core.errors import GuardError
from cctv.core.typed_time.durations import format_duration
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act

log = logging.getLogger(__name__)

_HEADER = b"age-encryption.org/v1\n"
_NAMED = re.compile(r"(\d{8}T\d{6}\.\d{3})Z\.age")
RequireClock = Callable[[Connection, Storage], None]
"""Raises a GuardError where the clock cannot be trusted; what the sweep asks before it deletes."""


class BackupFate(Enum):
    """What becomes of a back-up, and why."""

    NEWEST = "kept: the newest"
    DAILY = "kept: the last of its day"
    WEEKLY = "kept: the last of its week"
    MONTHLY = "kept: the last of its month"
    CLOCK = "kept: the clock is wrong, or was"
    TORN = "left: torn"
    REPLACED = "goes: a later one stands for it"
    TOO_OLD = "goes: older than longest"

    @property
    def goes(self) -> bool:
        """Whether it is removed."""
        return self in (BackupFate.REPLACED, BackupFate.TOO_OLD)


@dataclass(frozen=True, slots=True)
class StoredBackup:
    """A back-up of this site in a folder: when it was made, as its name says, and its size; `fate` by the rule."""

    path: Path
    made: datetime
    size_bytes: int
    fate: BackupFate


@dataclass(frozen=True, slots=True)
class Pruned:
    """The back-ups of a folder, newest first; `refused` is the guard that let none go although the rule says so."""

    backups: tuple[StoredBackup, ...]
    refused: GuardError | None = None

    @property
    def going(self) -> tuple[StoredBackup, ...]:
        """Those that went, or would go."""
        return () if self.refused else tuple(backup for backup in self.backups if backup.fate.goes)

    @property
    def torn(self) -> tuple[StoredBackup, ...]:
        """Those that are not as they were written."""
        return tuple(backup for backup in self.backups if backup.fate is BackupFate.TORN)


def judge_backups(
    instants: Sequence[datetime], now: datetime, keep: BackupsKept, longest: timedelta, zone: tzinfo
) -> dict[datetime, BackupFate]:
    """What becomes of the back-ups of these instants.  Pure; days, weeks (ISO 8601) and months are those of `zone`."""
    newest_first = sorted(set(instants), reverse=True)
    if newest_first and newest_first[0] > now:
        return dict.fromkeys(newest_first, BackupFate.CLOCK)
    buckets: tuple[tuple[BackupFate, int, Callable[[datetime], object]], ...] = (
        (BackupFate.DAILY, keep.daily, lambda at: at.date()),
        (BackupFate.WEEKLY, keep.weekly, lambda at: at.isocalendar()[:2]),
        (BackupFate.MONTHLY, keep.monthly, lambda at: (at.year, at.month)),
    )
    fates: dict[datetime, BackupFate] = {}
    seen: dict[BackupFate, set[object]] = {fate: set() for fate, _, _ in buckets}
    for instant in newest_first:
        fate = BackupFate.REPLACED if fates else BackupFate.NEWEST
        for kind, most, bucket_of in buckets:
            bucket = bucket_of(instant.astimezone(zone))
            if bucket not in seen[kind] and len(seen[kind]) < most:
                seen[kind].add(bucket)
                fate = kind if fate is BackupFate.REPLACED else fate
        if fate is not BackupFate.NEWEST and now - instant > longest:
            fate = BackupFate.TOO_OLD
        fates[instant] = fate
    return fates


def stored_backups(site: Storage, folder: Path, *, also: datetime | None = None) -> tuple[StoredBackup, ...]:
    """The back-ups of this site in a folder, newest first, each with its fate now.

    `also` is one that is about to be written there: it counts and is not in the result.
    """
    found = _ours(site, folder)
    with read_transaction(site.engine) as connection:
        written = _sizes_in_log(connection)
    whole = [made for path, made, size in found if written.get(path.name, size) == size]
    settings, now = site.settings, site.clock.now()
    instants = [*whole, *([also] if also is not None else [])]
    fates = judge_backups(instants, now, settings.backup.keep, settings.backups_longest, settings.site.timezone)
    return tuple(
        StoredBackup(path, made, size, fates[made] if made in whole else BackupFate.TORN)
        for path, made, size in sorted(found, key=lambda item: item[1], reverse=True)
    )


def plan_pruning(site: Storage, folder: Path, require_clock: RequireClock, *, also: datetime | None = None) -> Pruned:
    """What `prune_backups` would do there."""
    backups = stored_backups(site, folder, also=also)
    if not any(backup.fate.goes for backup in backups):
        return Pruned(backups)
    try:
        with read_transaction(site.engine) as connection:
            require_clock(connection, site)
    except GuardError as guard:
        return Pruned(backups, guard)
    return Pruned(backups)


def prune_backups(site: Storage, folder: Path, require_clock: RequireClock) -> Pruned:
    """Remove what the rule lets go; a guard that forbids it is in the result.  Raises LockHeld, OSError."""
    with backup_lock(site):
        plan = plan_pruning(site, folder, require_clock)
        if not plan.going:
            return plan
        names = [backup.path.name for backup in plan.going]
        facts: AuditFacts = {
            "files": names,
            "keep": KEPT.show(site.settings.backup.keep),
            "longest": format_duration(site.settings.backups_longest),
        }
        with write_transaction(site.engine) as connection:
            append_entry(connection, site, Act.BACKUP_PRUNED, str(folder), facts=facts)
        for backup in plan.going:
            site.disk.unlink(backup.path)
    log.info("backup.pruned", extra={"files": len(names)})
    return plan


def _ours(site: Storage, folder: Path) -> list[tuple[Path, datetime, int]]:
    """Path, instant and size of each plain file with a name and first bytes of this site's back-ups."""
    prefix, found = backup_prefix(site), list[tuple[Path, datetime, int]]()
    for path in sorted(folder.glob(f"{prefix}*.age")):
        match = _NAMED.fullmatch(path.name.removeprefix(prefix))
        status = path.lstat()
        if match is None or not stat.S_ISREG(status.st_mode):
            continue
        try:
            made = datetime.strptime(match[1], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
        except ValueError:
            continue  # no day of the calendar: not a name of ours
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if os.pread(descriptor, len(_HEADER), 0) == _HEADER:
                found.append((path, made, status.st_size))
        finally:
            os.close(descriptor)
    return found


def _sizes_in_log(connection: Connection) -> dict[str, int]:
    """The size of each back-up that the log names; those of versions that did not log it are not in it."""
    entries = (entry for entry, _ in audit_entries(connection, act=Act.BACKUP_MADE))
    return {entry.subject: size for entry in entries if isinstance(size := entry.facts.get("bytes"), int)}
