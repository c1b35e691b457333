"""One pass of the sweep over everything that has an end: footage, then packages, then derived files.

Wiring only: each room decides and deletes its own.  A guard that stops deletion of footage stops all of it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from cctv import audit
from cctv.audit.checkpoints import Checkpoint, sign_checkpoint
from cctv.casework import Erased, end_lapsed, erase_ordered, forget_due, forget_registers
from cctv.db.site import Site
from cctv.export.shelf import expire_packages
from cctv.kernel.durable import LockHeld
from cctv.kernel.errors import FileUnreadable
from cctv.kernel.logs import SHOWN
from cctv.redaction.case.tidy import tidy
from cctv.redaction.viewing import tidy_views
from cctv.retention import SweepReport, sweep_once
from cctv.retention.folding import Folded, fold_oldest
from cctv.retention.roommaker import RoomMade, make_room
from cctv.signing.keys import KeyExposed, KeyLost, KeyUnreadable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """What one pass took away: footage, ids of packages, ids of requests whose derived files went."""

    footage: SweepReport
    packages: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    lapsed: tuple[str, ...] = ()  # provisional holds that nobody confirmed
    erased: tuple[Erased, ...] = ()  # what requests for erasure and upheld objections took
    forgotten: tuple[str, ...] = ()  # requests and entries of registers whose people were forgotten
    room: RoomMade | None = None  # what a recorder without room asked for
    folded: Folded | None = None
    signed: Checkpoint | None = None  # how far the log goes, once a pass that wrote to it
    unsigned: str | None = None  # why something could not be signed; deletion goes on
    busy: tuple[str, ...] = ()  # what somebody works on at the moment; the next pass takes it

    @property
    def took_something(self) -> bool:
        return bool(
            self.unsigned
            or self.footage.gone
            or self.packages
            or self.derived
            or self.lapsed
            or self.forgotten
            or any(one.gone for one in self.erased)
            or (self.room and self.room.gone)
        )


def sweep_everything(site: Site) -> Swept:
    """Raises LockHeld, or the guard that stops deletion."""
    swept = Swept(sweep_once(site))
    swept = replace(swept, erased=erase_ordered(site), lapsed=end_lapsed(site))
    swept = replace(swept, forgotten=(*forget_due(site), *forget_registers(site)))
    swept = replace(swept, room=make_room(site))
    try:
        swept = replace(swept, packages=tuple(one.id for one in expire_packages(site)))
    except LockHeld:
        log.info("packages.skipped", extra={"cause": "locked"})
        swept = replace(swept, busy=(*swept.busy, "packages"))
    try:
        swept = replace(swept, derived=(*tidy(site), *tidy_views(site)))
    except LockHeld:
        swept = replace(swept, busy=(*swept.busy, "derived files"))
    try:
        swept = replace(swept, folded=fold_oldest(site))
        return replace(swept, signed=sign_checkpoint(site))
    except (KeyExposed, KeyLost, KeyUnreadable, audit.AuditBroken, FileUnreadable) as error:
        log.warning("checkpoint.failed", extra={"error": error.code, SHOWN: True})
        return replace(swept, unsigned=error.message)


def told(swept: Swept) -> str:
    """What went, in words."""
    said = [f"{count(len(swept.footage.gone), 'segment')} deleted, {swept.footage.plan.kept_by_holds} kept by holds"]
    if swept.footage.finished:
        said.append(f"{count(len(swept.footage.finished), 'deletion')} finished that an earlier sweep had begun")
    if swept.footage.quarantine_gone:
        said.append(f"{count(len(swept.footage.quarantine_gone), 'quarantined file')} deleted at its limit")
    if swept.room is not None:
        said.append(told_room(swept.room))
    if swept.packages:
        said.append(f"packages deleted: {', '.join(swept.packages)}")
    if swept.derived:
        said.append(f"derived files deleted of {', '.join(swept.derived)}")
    if swept.folded is not None and swept.folded.lines:
        said.append(f"{count(swept.folded.tombstones, 'tombstone')} of a year ago folded into signed lines")
    if any(one.gone for one in swept.erased):
        gone = sum(one.gone for one in swept.erased)
        said.append(f"{count(gone, 'segment')} erased for {', '.join(one.request for one in swept.erased if one.gone)}")
    if swept.forgotten:
        said.append(f"the people of {', '.join(swept.forgotten)} forgotten")
    if swept.lapsed:
        said.append(f"{', '.join(swept.lapsed)} ended: nobody confirmed more than a day of footage within 72 hours")
    if swept.unsigned:
        said.append(f"NOT SIGNED: {swept.unsigned}")
    if swept.busy:
        said.append(f"{' and '.join(swept.busy)} are being worked on: left for the next pass")
    return "; ".join(said)


def told_room(room: RoomMade) -> str:
    """What went early, in words."""
    said = f"{count(len(room.gone), 'segment')} deleted early: the disk is full"
    return f"{said}, and nothing more may go early" if room.exhausted else said


def count(number: int, thing: str) -> str:
    """`1 segment`, `2 segments`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
