"""The copy of held footage: one, encrypted, on another medium; what is released is removed from it at the next sweep.

A segment is one file, named by a hash of its path and bytes, so that this machine knows what is in the copy though it
cannot read it, and can destroy one file without the others.  Never copies what no hold covers.  While holds await
confirmation nothing is destroyed.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pyrage.x25519 import Recipient

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.backup.bundle import Member, of_bytes, write_bundle
from cctv.backup.queries import held_lost, held_segments, released_since
from cctv.backup.state import (
    PART,
    HeldCopy,
    backup_lock,
    check_place,
    held_file,
    held_files,
    held_folder,
    held_name,
    on_same_disk,
    read_backup_state,
    remember_held,
)
from cctv.core.durable import give_as_folder
from cctv.core.errors import CctvError, Exit, FileUnreadable
from cctv.core.text import parse_json
from cctv.crypto.age import recipients
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.ingest import index_line
from cctv.footage.layout import inside
from cctv.holds.confirmation import unconfirmed
from cctv.holds.store import match_files
from cctv.model.audit import Act
from cctv.model.footage import NewSegment, Segment

log = logging.getLogger(__name__)

COPY_FILE = "copy.json"
LINE, FOOTAGE = "segment.json", "segment.mp4"


class HeldCopyElsewhere(CctvError):
    """Of held footage there is one copy, and it is in {directory}: {path} is not that copy.

    next: cctv backup --held {directory}, or, when that copy is destroyed, `cctv backup --held DIR --new-copy WHY`.
    """

    exit_code = Exit.DECISION_MISSING


@dataclass(frozen=True, slots=True)
class HeldPlan:
    """What a back-up of held footage would do: segments to copy, files that no hold covers any more, how many stay."""

    folder: Path
    copy: tuple[Segment, ...]
    destroy: tuple[Path, ...]
    kept: int

    @property
    def size_bytes(self) -> int:
        """Bytes of the segments to copy."""
        return sum(segment.size_bytes for segment in self.copy)


@dataclass(frozen=True, slots=True)
class HeldDone:
    """What was done; `unreadable` are segments whose bytes are not as indexed, `released` holds that an unreachable
    copy still has footage of."""

    folder: Path
    copied: int = 0
    destroyed: int = 0
    kept: int = 0
    unreadable: tuple[str, ...] = ()
    reached: bool = True
    released: int = 0
    same_disk: bool = False


def plan_held(site: Storage, directory: Path, *, new_copy: bool = False) -> HeldPlan:
    """Compare the copy with what is held now; raises RecoveryKeyMissing, BackupPlaceUnfit, HeldCopyElsewhere."""
    recipients(site.settings)
    folder = held_folder(site, check_place(site, directory))
    _check_the_one(site, folder, new_copy=new_copy)
    return _plan(site, folder)


def copy_held(site: Storage, directory: Path, *, new_copy: str | None = None) -> HeldDone:
    """Bring the copy up to date: destroy what was released, then copy what it lacks.

    `new_copy` is the reason why the earlier copy no longer exists.  A segment whose bytes are not as indexed is left
    out and named in the result.
    """
    to = recipients(site.settings)
    place = check_place(site, directory)
    folder = held_folder(site, place)
    with backup_lock(site):
        match_files(site)
        _check_the_one(site, folder, new_copy=new_copy is not None)
        site.disk.make_directory(folder)
        give_as_folder(folder)
        identity = _read_id(folder) or _begin(site, folder)
        at = _up_to_date(site)
        plan = _plan(site, folder)
        destroyed = _destroy(site, plan.destroy)
        remember_held(site, HeldCopy(identity, str(place), at))
        unreadable = [segment.path for segment in plan.copy if not _copy(site, folder, segment, to)]
        copied = len(plan.copy) - len(unreadable)
        done = HeldDone(folder, copied, destroyed, plan.kept, tuple(unreadable), same_disk=on_same_disk(site, place))
        _record(site, identity, done, reason=new_copy)
    return done


def refresh_held_copy(site: Storage) -> HeldDone | None:
    """Destroy what was released in the copy; None where there is no copy.

    Called by every back-up and by a sweep after a release, under the back-up's lock.
    """
    copy = read_backup_state(site.root).held
    if copy is None:
        return None
    match_files(site)
    folder = held_folder(site, Path(copy.directory))
    if _read_id(folder) != copy.id:
        with read_transaction(site.engine) as connection:
            released = released_since(connection, copy.at)
        return HeldDone(folder, reached=False, released=released)
    at = _up_to_date(site)
    plan = _plan(site, folder)
    destroyed = _destroy(site, plan.destroy)
    remember_held(site, HeldCopy(copy.id, copy.directory, at))
    done = HeldDone(folder, destroyed=destroyed, kept=plan.kept)
    if destroyed:
        _record(site, copy.id, done, reason=None)
    return done


def destroy_released(site: Storage) -> HeldDone | None:
    """Destroy in the copy what was released since it was brought up to date; None where nothing was.

    A medium that is away, or that cannot be written, is told in the result, not raised: the next sweep tries again.
    Raises LockHeld while a back-up is being made.
    """
    copy = read_backup_state(site.root).held
    if copy is None:
        return None
    with read_transaction(site.engine) as connection:
        released = released_since(connection, copy.at)
    if not released:
        return None
    try:
        with backup_lock(site):
            return refresh_held_copy(site)
    except OSError as error:
        log.warning("held.unreachable", extra={"error": type(error).__name__})
        return HeldDone(held_folder(site, Path(copy.directory)), reached=False, released=released)


def _up_to_date(site: Storage) -> datetime:
    """Since when no release is left to follow: now, unless released footage waits for the confirmation of the holds.

    Asked before the holds are read, and while no release is under way: one that comes while the medium is written has a
    later time, and the next sweep follows it.
    """
    copy = read_backup_state(site.root).held
    if copy is not None and unconfirmed(site.root) is not None:
        return copy.at
    with write_transaction(site.engine):
        return site.clock.now()


def _plan(site: Storage, folder: Path) -> HeldPlan:
    with read_transaction(site.engine) as connection:
        held = held_segments(connection)
        lost = held_lost(connection)
    copied = dict(held_files(folder))
    names = {_name(segment): segment for segment in held}
    keep_names = {*names, *(held_name(path, sha256) for path, sha256 in lost)}
    missing = [segment for name, segment in names.items() if name not in copied]
    waits = unconfirmed(site.root) is not None
    leftovers = sorted(folder.glob(f"*{PART}"))
    released = [] if waits else [path for name, path in copied.items() if name not in keep_names]
    return HeldPlan(folder, tuple(missing), (*leftovers, *released), len(copied) - len(released))


def _check_the_one(site: Storage, folder: Path, *, new_copy: bool) -> None:
    copy = read_backup_state(site.root).held
    if copy is not None and not new_copy and _read_id(folder) != copy.id:
        raise HeldCopyElsewhere(directory=copy.directory, path=folder)


def _read_id(folder: Path) -> str | None:
    try:
        return str(parse_json((folder / COPY_FILE).read_text("utf-8"))["copy"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _begin(site: Storage, folder: Path) -> str:
    identity = str(uuid.uuid4())
    payload = {"schema": 1, "copy": identity, "site": site.identity.site}
    site.disk.write(folder / COPY_FILE, json.dumps(payload, indent=2).encode() + b"\n")
    give_as_folder(folder / COPY_FILE)
    return identity


def _destroy(site: Storage, files: Sequence[Path]) -> int:
    """Encrypted copies that no hold keeps: copies need no deletion session, which footage itself always does."""
    for path in files:
        site.disk.unlink(path)
    return sum(path.suffix != PART for path in files)


def _name(segment: Segment) -> str:
    return held_name(segment.path, segment.sha256)


def _copy(site: Storage, folder: Path, segment: Segment, to: Sequence[Recipient]) -> bool:
    new = NewSegment(
        segment.camera, segment.zone, segment.span, segment.limit, segment.path, segment.sha256, segment.size_bytes,
        segment.policy, None, segment.source,
    )  # fmt: skip
    line = of_bytes(LINE, index_line(new).encode() + b"\n")
    footage = Member(FOOTAGE, segment.size_bytes, segment.sha256, source=inside(site.root, segment.path))
    try:
        write_bundle(held_file(folder, _name(segment)), [line, footage], to, site.disk)
    except FileUnreadable:
        return False
    return True


def _record(site: Storage, identity: str, done: HeldDone, *, reason: str | None) -> None:
    log.info("held.copied", extra={"copied": done.copied, "deleted": done.destroyed, "kept": done.kept})
    facts: AuditFacts = {"copied": done.copied, "destroyed": done.destroyed, "kept": done.kept}
    with write_transaction(site.engine) as connection:
        append_entry(connection, site, Act.HELD_COPIED, identity, facts=facts, reason=reason)
