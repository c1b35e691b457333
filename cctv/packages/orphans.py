"""Leftovers: entries of exports/ and derived/ that the index does not know, and packages whose folder is missing.

Deletes packages and derived files only, never footage.  A package that the index does not know is deleted when its
lease is over: until then it may still be needed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from sqlalchemy import Connection

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.core.clock import iso
from cctv.core.durable import LockHeld, exclusive
from cctv.core.errors import CctvError
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.repair.compare import is_locked
from cctv.model.audit import Act
from cctv.packages.folder import WORKING, finish_interrupted_build, package_place
from cctv.packages.manifest import MANIFEST, read_manifest
from cctv.packages.queries import mark_deleted, select_packages
from cctv.redaction.review.case import LOCK
from cctv.redaction.review.queries import prepared_requests
from cctv.retention.copies import LONGEST, VIEWS


class LeftoverKind(Enum):
    """A kind of leftover.  The value is in JSON; never rename one."""

    UNFINISHED = "unfinished package"
    UNKNOWN_PACKAGE = "package without a row"
    MISSING_PACKAGE = "package's folder is missing"
    UNKNOWN_DERIVED = "derived files without a row"


class LeftoverRemedy(Enum):
    """What `--fix` does about it."""

    FINISH = "finish or remove"
    REMOVE = "remove"
    MARK_GONE = "mark gone"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Leftover:
    """One leftover: where, its remedy and the reason."""

    kind: LeftoverKind
    remedy: LeftoverRemedy
    path: str
    why: str


def leftovers(site: Storage) -> list[Leftover]:
    """Every leftover now; files that a running command has locked are none."""
    packages = [] if is_locked(site.root / "exports" / ".lock") else _packages(site)
    return [*packages, *_derived(site)]


def clear_leftovers(site: Storage) -> list[Leftover]:
    """Repair what `leftovers` finds and return it; the audit entry comes first, so that a crash can repeat it."""
    cleared: list[Leftover] = []
    for leftover in _derived(site):
        if _remove_derived(site, leftover):
            cleared.append(leftover)
    try:
        with exclusive(site.root / "exports" / ".lock"):
            for leftover in _packages(site):
                if leftover.remedy is not LeftoverRemedy.LEAVE:
                    _repair(site, leftover)
                    cleared.append(leftover)
    except LockHeld:
        pass  # a build is under way: the next call handles what it leaves
    return cleared


def expire_leftovers(site: Storage) -> tuple[str, ...]:
    """Remove those of ours that are past their limit; returns their paths.  Raises LockHeld while a build runs."""
    now, removed = site.clock.now(), list[str]()
    for leftover in leftovers(site):
        if leftover.kind is LeftoverKind.UNKNOWN_DERIVED:
            made = datetime.fromtimestamp((site.root / leftover.path).lstat().st_mtime, UTC)
            if made + LONGEST <= now and _remove_derived(site, leftover):
                removed.append(leftover.path)
        if leftover.kind is LeftoverKind.UNKNOWN_PACKAGE and leftover.remedy is LeftoverRemedy.REMOVE:
            with exclusive(site.root / "exports" / ".lock"):
                _repair(site, leftover)
            removed.append(leftover.path)
    return tuple(removed)


def _packages(site: Storage) -> Iterator[Leftover]:
    exports = site.root / "exports"
    with read_transaction(site.engine) as connection:
        packages = select_packages(connection)
    if (exports / WORKING).exists():
        why = "a build that died left it"
        yield Leftover(LeftoverKind.UNFINISHED, LeftoverRemedy.FINISH, f"exports/{WORKING}", why)
    paths = {package.path for package in packages}
    for folder in sorted(exports.iterdir()):
        relative = site.relative(folder)
        if relative not in paths and not folder.name.startswith("."):
            yield _unknown(site, folder, relative)
    for package in packages:
        is_building = (exports / WORKING).exists()  # it may be this very package
        if package.deleted is None and not is_building and not package_place(site, package).is_dir():
            why = f"{package.id} is not there any more"
            yield Leftover(LeftoverKind.MISSING_PACKAGE, LeftoverRemedy.MARK_GONE, package.path, why)


def _unknown(site: Storage, folder: Path, relative: str) -> Leftover:
    if folder.is_symlink():
        why = "a link, which is not followed: nobody here makes one"
        return Leftover(LeftoverKind.UNKNOWN_PACKAGE, LeftoverRemedy.REMOVE, relative, why)
    ends = _end_of(folder)
    if ends is None:
        why = "no package of ours; look at it and remove it"
        return Leftover(LeftoverKind.UNKNOWN_PACKAGE, LeftoverRemedy.LEAVE, relative, why)
    if ends <= site.clock.now():
        why = "the index does not know it, and its time is over"
        return Leftover(LeftoverKind.UNKNOWN_PACKAGE, LeftoverRemedy.REMOVE, relative, why)
    why = f"the index does not know it; its time is over on {iso(ends)}"
    return Leftover(LeftoverKind.UNKNOWN_PACKAGE, LeftoverRemedy.LEAVE, relative, why)


def _end_of(folder: Path) -> datetime | None:
    try:
        return read_manifest((folder / MANIFEST).read_bytes()).expires
    except (OSError, CctvError):
        return None


def _derived(site: Storage) -> Iterator[Leftover]:
    with read_transaction(site.engine) as connection:
        prepared = _prepared(connection)
    for folder in sorted((site.root / "derived").iterdir()):
        is_in_use = not folder.is_symlink() and is_locked(folder / LOCK)
        if folder.name not in prepared and not is_in_use and not _has_only_views(folder):
            why = "made for a request that the index does not know"
            yield Leftover(LeftoverKind.UNKNOWN_DERIVED, LeftoverRemedy.REMOVE, site.relative(folder), why)


def _has_only_views(folder: Path) -> bool:
    """Whether it is the folder of a case whose footage was looked at: the sweep removes its views in time."""
    return not folder.is_symlink() and folder.is_dir() and {path.name for path in folder.iterdir()} <= {VIEWS, LOCK}


def _prepared(connection: Connection) -> set[str]:
    return {str(preparation.request) for preparation in prepared_requests(connection)}


def _repair(site: Storage, leftover: Leftover) -> None:
    match leftover.remedy:
        case LeftoverRemedy.FINISH:
            finish_interrupted_build(site)
        case LeftoverRemedy.REMOVE:
            _log(site, Act.EXPORT_DELETED, leftover)
            folder = site.root / leftover.path
            if folder.is_symlink():
                site.disk.unlink(folder)
            else:
                shutil.rmtree(folder)
                site.disk.sync_directory(folder.parent)
        case LeftoverRemedy.MARK_GONE:
            package = Path(leftover.path).name
            with write_transaction(site.engine) as connection:
                mark_deleted(connection, package, site.clock.now())
                facts: AuditFacts = {"why": leftover.why}
                append_entry(connection, site, Act.EXPORT_DELETED, package, facts=facts)
        case LeftoverRemedy.LEAVE:
            pass


def _remove_derived(site: Storage, leftover: Leftover) -> bool:
    """Return False while that request is being prepared, or when the index knows it by now."""
    folder = site.root / leftover.path
    if folder.is_symlink():
        with write_transaction(site.engine) as connection:
            append_entry(connection, site, Act.DERIVED_DELETED, leftover.path, facts={"why": "a link in its place"})
        return site.disk.unlink(folder)
    if not folder.is_dir():
        return False
    try:
        with exclusive(folder / LOCK):
            with write_transaction(site.engine) as connection:
                if folder.name in _prepared(connection):
                    return False
                append_entry(connection, site, Act.DERIVED_DELETED, leftover.path, facts={"why": leftover.why})
            shutil.rmtree(folder)
            site.disk.sync_directory(folder.parent)
    except LockHeld:
        return False
    return True


def _log(site: Storage, act: Act, leftover: Leftover) -> None:
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, act, Path(leftover.path).name, facts={"why": leftover.why})
