"""Leftovers: what stands in exports/ and derived/ without the index knowing why, and packages that are not there.

Deletes packages and derived files only, never footage.  A package that the index forgot goes when its month is over:
until then somebody may still need it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
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
from cctv.packages.folder import WORKING, finish_interrupted_build
from cctv.packages.manifest import MANIFEST, read_manifest
from cctv.packages.queries import mark_deleted, select_packages
from cctv.redaction.review.case import LOCK
from cctv.redaction.review.queries import prepared_requests


class LeftoverKind(Enum):
    """What does not agree.  The value is the word in JSON; never rename one."""

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
    """One thing that does not agree: where, what is done about it and why."""

    kind: LeftoverKind
    remedy: LeftoverRemedy
    path: str
    why: str


def leftovers(site: Storage) -> list[Leftover]:
    """What does not agree now.  What somebody works on at this moment is none."""
    packages = [] if is_locked(site.root / "exports" / ".lock") else _packages(site)
    return [*packages, *_derived(site)]


def clear_leftovers(site: Storage) -> list[Leftover]:
    """Put right what `leftovers` finds; answers what was done.  Audit entry first, so that a crash can repeat it."""
    done: list[Leftover] = []
    for one in _derived(site):
        if _remove_derived(site, one):
            done.append(one)
    try:
        with exclusive(site.root / "exports" / ".lock"):
            for one in _packages(site):
                if one.remedy is not LeftoverRemedy.LEAVE:
                    _put_right(site, one)
                    done.append(one)
    except LockHeld:
        pass  # a build is under way: the next call takes what it leaves
    return done


def _packages(site: Storage) -> Iterator[Leftover]:
    exports = site.root / "exports"
    with read_transaction(site.engine) as connection:
        known = select_packages(connection)
    if (exports / WORKING).exists():
        why = "a build that died left it"
        yield Leftover(LeftoverKind.UNFINISHED, LeftoverRemedy.FINISH, f"exports/{WORKING}", why)
    paths = {one.path for one in known}
    for folder in sorted(exports.iterdir()):
        relative = site.relative(folder)
        if relative not in paths and not folder.name.startswith("."):
            yield _unknown(site, folder, relative)
    for one in known:
        settling = (exports / WORKING).exists()  # it may be this very package
        if one.deleted is None and not settling and not (site.root / one.path).is_dir():
            why = f"{one.id} is not there any more"
            yield Leftover(LeftoverKind.MISSING_PACKAGE, LeftoverRemedy.MARK_GONE, one.path, why)


def _unknown(site: Storage, folder: Path, relative: str) -> Leftover:
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
        known = _prepared(connection)
    for folder in sorted((site.root / "derived").iterdir()):
        if folder.name not in known and not is_locked(folder / LOCK):
            why = "made for a request that the index does not know"
            yield Leftover(LeftoverKind.UNKNOWN_DERIVED, LeftoverRemedy.REMOVE, site.relative(folder), why)


def _prepared(connection: Connection) -> set[str]:
    return {str(one.request) for one in prepared_requests(connection)}


def _put_right(site: Storage, one: Leftover) -> None:
    match one.remedy:
        case LeftoverRemedy.FINISH:
            finish_interrupted_build(site)
        case LeftoverRemedy.REMOVE:
            _note(site, Act.EXPORT_DELETED, one)
            shutil.rmtree(site.root / one.path)
            site.disk.sync_directory((site.root / one.path).parent)
        case LeftoverRemedy.MARK_GONE:
            package = Path(one.path).name
            with write_transaction(site.engine) as connection:
                mark_deleted(connection, package, site.clock.now())
                facts: AuditFacts = {"why": one.why}
                append_entry(connection, site, Act.EXPORT_DELETED, package, facts=facts)
        case LeftoverRemedy.LEAVE:
            pass


def _remove_derived(site: Storage, one: Leftover) -> bool:
    """False while somebody prepares that very request, or when it is known by now."""
    folder = site.root / one.path
    if not folder.is_dir():
        return False
    try:
        with exclusive(folder / LOCK):
            with write_transaction(site.engine) as connection:
                if folder.name in _prepared(connection):
                    return False
                append_entry(connection, site, Act.DERIVED_DELETED, one.path, facts={"why": one.why})
            shutil.rmtree(folder)
            site.disk.sync_directory(folder.parent)
    except LockHeld:
        return False
    return True


def _note(site: Storage, act: Act, one: Leftover) -> None:
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, act, Path(one.path).name, facts={"why": one.why})
