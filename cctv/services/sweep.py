"""The sweeper's process, and one pass over everything that has an end: footage, packages, derived files, registers.

Wiring and signals only: each package decides and deletes its own.  A guard that stops deletion of footage stops the
whole pass, but not the process: it is reported once, the watchdog is fed, and the next pass tries again a minute later.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import FrameType

from cctv.access.policy import PolicyUnadopted, SettingsForeign, by_adopted_limits, require_known_settings
from cctv.audit.chain import AuditBroken
from cctv.audit.checkpoint_files import Checkpoint
from cctv.audit.checkpoints import sign_checkpoint
from cctv.backup.held_copy import HeldDone, destroy_released
from cctv.cases.registers.anonymise import forget_registers
from cctv.cases.requests.anonymise import forget_due
from cctv.cases.requests.close import Erased, erase_ordered
from cctv.cases.requests.scope import end_lapsed
from cctv.core.durable import LockHeld
from cctv.core.errors import FileUnreadable, GuardError
from cctv.core.logs import SHOWN
from cctv.core.process import ServiceManager
from cctv.crypto.signing_key import KeyExposed, KeyLost, KeyUnreadable
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.repair.seals import SEAL_EVERY, seal_footage
from cctv.footage.segments import next_limit
from cctv.footage.space_requests import room_wanted
from cctv.packages.expiry import expire_packages
from cctv.packages.orphans import expire_leftovers
from cctv.redaction.review.cleanup import delete_derived
from cctv.retention.free_space import RoomMade, make_room
from cctv.retention.policy import lead
from cctv.retention.summarise import Summarised, summarise_oldest_day
from cctv.retention.sweep import LONGEST_SLEEP, SweepReport, sleep_for, sweep_once
from cctv.viewing.cleanup import tidy_views

log = logging.getLogger(__name__)

_POLL_SECONDS = 2.0  # between two polls for a request of the recorder
_LOCKED_PAUSE = timedelta(seconds=2)  # a typed command holds the lock for seconds; a restore for longer


@dataclass(frozen=True, slots=True)
class Swept:
    """What one pass deleted: footage, packages by id, requests by id whose derived files were deleted."""

    footage: SweepReport
    packages: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()  # packages and derived files that the index does not know
    held_copy: HeldDone | None = None  # what the copy of held footage lost, where holds were released
    lapsed: tuple[str, ...] = ()  # provisional holds that were not confirmed
    erased: tuple[Erased, ...] = ()  # what requests for erasure and upheld objections deleted
    forgotten: tuple[str, ...] = ()  # requests and entries of registers that were anonymised
    room: RoomMade | None = None  # what was deleted early for a recorder on a full disk
    folded: Summarised | None = None
    signed: Checkpoint | None = None  # the checkpoint of the log, where the pass wrote to it
    unsigned: str | None = None  # why something could not be signed; deletion goes on
    busy: tuple[str, ...] = ()  # what is in use at the moment; left for the next pass

    @property
    def took_something(self) -> bool:
        """Whether the pass is worth a line in the journal: it deleted something, or could not sign."""
        return bool(
            self.unsigned
            or self.footage.gone
            or self.footage.quarantine_taken_in
            or self.packages
            or self.derived
            or self.leftovers
            or (self.held_copy and self.held_copy.destroyed)
            or self.lapsed
            or self.forgotten
            or any(erasure.gone for erasure in self.erased)
            or (self.room and self.room.gone)
        )


def sweep_everything(site: Storage) -> Swept:
    """One pass over everything that has an end, by the limits that were adopted.

    Raises LockHeld, or the guard that stops deletion.
    """
    site, _unadopted = by_adopted_limits(site)
    swept = Swept(sweep_once(site))
    swept = replace(swept, erased=erase_ordered(site), lapsed=end_lapsed(site))
    swept = replace(swept, forgotten=_forget(site))
    swept = replace(swept, room=make_room(site))
    try:
        swept = replace(swept, packages=tuple(package.id for package in expire_packages(site)))
    except LockHeld:
        log.info("packages.skipped", extra={"cause": "locked"})
        swept = replace(swept, busy=(*swept.busy, "packages"))
    try:
        swept = replace(swept, derived=(*delete_derived(site), *tidy_views(site)), leftovers=expire_leftovers(site))
    except LockHeld:
        swept = replace(swept, busy=(*swept.busy, "derived files"))
    try:
        swept = replace(swept, held_copy=destroy_released(site))
    except LockHeld:
        swept = replace(swept, busy=(*swept.busy, "the copy of held footage"))
    try:
        swept = replace(swept, folded=summarise_oldest_day(site))
        seal_footage(site, every=SEAL_EVERY)
        return replace(swept, signed=sign_checkpoint(site))
    except (KeyExposed, KeyLost, KeyUnreadable, AuditBroken, FileUnreadable) as error:
        log.warning("checkpoint.failed", extra={"error": error.code, SHOWN: True})
        return replace(swept, unsigned=error.message)


def _forget(site: Storage) -> tuple[str, ...]:
    """Forget the people whose period is over, by the [policy] that the storage follows and by no other."""
    try:
        with write_transaction(site.engine) as connection:
            require_known_settings(connection, site)
    except (SettingsForeign, PolicyUnadopted) as error:
        log.warning("forgetting.skipped", extra={"error": error.code, SHOWN: True})
        return ()
    return (*forget_due(site), *forget_registers(site))


def summary_of(swept: Swept) -> str:
    """A line of text for people: what the pass deleted, finished and left."""
    lines = [f"{count(len(swept.footage.gone), 'segment')} deleted, {swept.footage.plan.kept_by_holds} kept by holds"]
    if swept.footage.finished:
        lines.append(f"{count(len(swept.footage.finished), 'deletion')} finished that an earlier sweep had begun")
    if swept.footage.quarantine_gone:
        lines.append(f"{count(len(swept.footage.quarantine_gone), 'quarantined file')} deleted at its limit")
    if swept.footage.quarantine_taken_in:
        taken_in = count(len(swept.footage.quarantine_taken_in), "file")
        lines.append(f"{taken_in} in quarantine without a note: taken in, with a limit from now on")
    if swept.room is not None:
        lines.append(_room_summary(swept.room))
    if swept.packages:
        lines.append(f"packages deleted: {', '.join(swept.packages)}")
    if swept.derived:
        lines.append(f"derived files deleted of {', '.join(swept.derived)}")
    if swept.leftovers:
        lines.append(f"{count(len(swept.leftovers), 'folder')} deleted that the index does not know")
    if swept.held_copy is not None:
        lines.append(_held_copy_summary(swept.held_copy))
    if swept.folded is not None and swept.folded.lines:
        lines.append(f"{count(swept.folded.tombstones, 'tombstone')} of a year ago folded into signed lines")
    erasures = [erasure for erasure in swept.erased if erasure.gone]
    if erasures:
        erased = sum(erasure.gone for erasure in erasures)
        lines.append(f"{count(erased, 'segment')} erased for {', '.join(erasure.request for erasure in erasures)}")
    if swept.forgotten:
        lines.append(f"the people of {', '.join(swept.forgotten)} forgotten")
    if swept.lapsed:
        lines.append(f"{', '.join(swept.lapsed)} ended: nobody confirmed more than a day of footage within 72 hours")
    if swept.unsigned:
        lines.append(f"NOT SIGNED: {swept.unsigned}")
    if swept.busy:
        lines.append(f"{' and '.join(swept.busy)} are being worked on: left for the next pass")
    return "; ".join(lines)


def _held_copy_summary(done: HeldDone) -> str:
    """What became of the copy of held footage, as text."""
    if done.reached:
        return f"{count(done.destroyed, 'segment')} destroyed in the copy of held footage"
    return f"NOT REACHED: the copy of held footage in {done.folder} still has what {count(done.released, 'hold')} kept"


def _room_summary(room: RoomMade) -> str:
    """What was deleted early, as text."""
    text = f"{count(len(room.gone), 'segment')} deleted early: the disk is full"
    return f"{text}, and nothing more may go early" if room.exhausted else text


def count(number: int, thing: str) -> str:
    """`1 segment`, `2 segments`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def run_sweeper(site: Storage, *, write: Callable[[str], None], environ: Mapping[str, str]) -> None:
    """Sweep in time until SIGTERM or SIGINT.  `write` gets what people read.

    While another process holds the sweeper's lock it waits and tries again: a restart would mend nothing.
    """
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    manager = ServiceManager(environ)
    manager.ready("sweeping")
    guard: str | None = None
    locked = False
    while not stop.is_set():
        try:
            guard = _pass(site, manager, guard, write)
        except LockHeld as error:
            _report_locked(error, manager, None if locked else write)
            locked, pause = True, _LOCKED_PAUSE
        else:
            locked, pause = False, _pause(site) if guard is None else LONGEST_SLEEP
        _wait(site, stop, pause)
    manager.stopping()


def _report_locked(error: LockHeld, manager: ServiceManager, write: Callable[[str], None] | None) -> None:
    """Feed the watchdog, and say that deletion waits: once, and not at every attempt."""
    manager.alive(f"deletion waits: {error.message}")
    if write is not None:
        log.warning("pass.skipped", extra={"cause": "locked", SHOWN: True})
        write(f"deletion waits: {error.message}\nnext: {error.next_step}")


def _wait(site: Storage, stop: threading.Event, pause: timedelta) -> None:
    """Sleep until the next pass is due, or until the recorder requests space."""
    answered_at = request.asked if (request := room_wanted(site.root)) else None
    until = site.clock.monotonic() + pause.total_seconds()
    while not stop.is_set() and (remaining := until - site.clock.monotonic()) > 0:
        stop.wait(min(remaining, _POLL_SECONDS))
        request = room_wanted(site.root)
        if request is not None and request.asked != answered_at:
            return


def _pass(site: Storage, manager: ServiceManager, stopped_by: str | None, write: Callable[[str], None]) -> str | None:
    """One pass; returns the guard that stopped it, so that it is reported once and not every minute."""
    try:
        swept = sweep_everything(site)
    except GuardError as guard:
        manager.alive(f"deletion stopped: {guard.message}")
        if stopped_by != guard.code:
            log.error("deletion.stopped", extra={"guard": guard.code, SHOWN: True})
            write(f"deletion stopped: {guard.message}\nnext: {guard.next_step}")
        return guard.code
    if stopped_by is not None:
        log.info("guard.cleared", extra={"guard": stopped_by})
    counts = {"deleted": len(swept.footage.gone), "packages": len(swept.packages), "cases": len(swept.derived)}
    log.log(logging.INFO if swept.took_something else logging.DEBUG, "pass.finished", extra=counts)
    if swept.took_something:
        write(summary_of(swept))
    manager.alive(summary_of(swept))
    return None


def _pause(site: Storage) -> timedelta:
    with read_transaction(site.engine) as connection:
        following = next_limit(connection)
    shortest = min((site.settings.limit_for(zone) for zone in site.settings.zones), default=LONGEST_SLEEP)
    if following is None:
        return sleep_for(None, site.clock.now(), shortest)
    start, limit = following
    return sleep_for(limit - lead(limit - start), site.clock.now(), shortest)
