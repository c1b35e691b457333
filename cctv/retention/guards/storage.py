"""Guards of the storage: conditions that stop deletion until a person has resolved them (invariants 2 and 6).

The storage's identity (site.json, file system, database) is checked when the site is opened and again before every
sweep: a disk can be unmounted while the sweeper sleeps.  A guard of the identity is not recorded, for the storage to
record it in is missing; the others are.
"""

from __future__ import annotations

from sqlalchemy import Connection

from cctv.audit.chain import AuditBroken
from cctv.audit.checkpoint_files import contained, latest
from cctv.audit.log import stored_entry_hash
from cctv.core.clock import iso
from cctv.core.errors import FileUnreadable, GuardError
from cctv.core.i18n import N_
from cctv.db.engine import read_transaction
from cctv.db.identity import (
    DATABASE_FILE,
    DatabaseForeign,
    check,
    has_mark,
    read_identity,
    read_mark,
    require_newest,
)
from cctv.db.storage import Storage
from cctv.footage.layout import require_inside, require_own_folders
from cctv.footage.segments import open_tombstones
from cctv.holds.confirmation import require_confirmed
from cctv.holds.logged import require_as_logged
from cctv.holds.store import without_file
from cctv.retention.guards.clock import require_plausible
from cctv.retention.queries import knows_footage


class IndexEmpty(GuardError):
    """Deletion stops: the index knows no segment, but {count} files stand in segments/ (the first is {first}).

    next: put the site's own cctv.db back, or make one again from the disk:
    `cctv footage rebuild --reason WHY --dry-run`; nothing was deleted.
    """


class HoldFilesMissing(GuardError):
    """Deletion stops: the storage lacks {missing}, and without it an older cctv.db would forget what is held.

    next: put it back; if it is lost, compare `cctv hold list` with what you know, then `cctv footage reconcile --fix`
    makes it again; nothing was deleted.
    """


class LogCut(GuardError):
    """Deletion stops: the log does not contain what was signed on {at}, {entries} entries: it was cut or written anew.

    next: `cctv audit verify`, and compare with the last back-up and with checkpoints that were kept elsewhere; if it
    may go on as it is, `cctv audit accept --for NAME --reason WHY`; nothing was deleted.
    """


def same_storage(site: Storage) -> None:
    """Raise StorageMissing, MountMissing or DatabaseForeign unless this is still the storage that was opened."""
    identity = read_identity(site.root)
    if not (site.root / DATABASE_FILE).exists():
        raise DatabaseForeign(path=site.root, problem=N_("it is not there"))
    with read_transaction(site.engine) as connection:
        check(connection, identity, site.root)


def check_guards(connection: Connection, site: Storage) -> None:
    """Raise the first guard that stops deletion now."""
    require_own_folders(site.root)
    require_confirmed(site.root)
    _index_not_empty(connection, site)
    _index_newest(connection, site)
    _log_reaches(connection, site)
    _hold_files_there(connection, site)
    require_as_logged(connection, site)
    _paths_inside(connection, site)
    require_plausible(connection, site)


def _index_not_empty(connection: Connection, site: Storage) -> None:
    if knows_footage(connection):
        return
    files = sorted((site.root / "segments").glob("*/*/*/*.mp4"))
    if files:
        raise IndexEmpty(count=len(files), first=site.relative(files[0]))


def _index_newest(connection: Connection, site: Storage) -> None:
    """Raise IndexOlder unless the index has the disk's mark; asked again, for a recorder may mark both meanwhile."""
    if not has_mark(connection, read_mark(site.root)):
        require_newest(site.engine, site.root)


def _log_reaches(connection: Connection, site: Storage) -> None:
    """Raise LogCut where the log lacks the latest checkpoint; asked again, for a signature may be made meanwhile."""
    try:
        last = latest(site.root)
    except FileUnreadable:
        return  # the sweep signs nothing then, and says so
    if last is None or stored_entry_hash(connection, last.seq) == last.hash:
        return
    with read_transaction(site.engine) as later:
        try:
            contained(later, last)
        except AuditBroken as error:
            raise LogCut(at=iso(last.at), entries=last.seq) from error


def _paths_inside(connection: Connection, site: Storage) -> None:
    """Raise PathOutside for an open tombstone that names a file outside of the storage."""
    for tombstone in open_tombstones(connection):
        require_inside(site.root, [tombstone.path], N_("tombstone {id}", id=tombstone.id))


def _hold_files_there(connection: Connection, site: Storage) -> None:
    """Raise HoldFilesMissing when `holds/` or the file of a hold in force is not there: no crash leaves it so."""
    if not (site.root / "holds").is_dir():
        raise HoldFilesMissing(missing="holds/")
    if not (missing := without_file(connection, site)):
        return
    with read_transaction(site.engine) as later:  # a release that commits meanwhile removes its file after the row
        missing = [hold for hold in without_file(later, site) if hold in missing]
    if missing:
        raise HoldFilesMissing(missing=", ".join(f"holds/{hold}.json" for hold in missing))
