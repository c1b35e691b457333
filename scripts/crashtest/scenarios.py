"""The acts of which every crash is looked at.  What stands before `yield` is prepared, what comes after is recorded."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from testbed.own_storage import OwnClock

from cctv.access.acceptance import confirm_holds
from cctv.backup.create import make_backup
from cctv.backup.restore import RestoreSources
from cctv.backup.restore import restore as restore_backup
from cctv.cases.holds import NewHold, place_hold, release_hold
from cctv.cases.incidents import NewIncident, open_incident, settle_incident
from cctv.cases.requests.open import NewRequest, open_request
from cctv.cases.requests.scope import PROVISIONAL, end_lapsed
from cctv.core.durable import DurableFiles
from cctv.core.time_range import Span
from cctv.crypto.age import read_recovery_key
from cctv.db.identity import DATABASE_FILE, IndexOlder, is_newest
from cctv.db.storage import Storage
from cctv.footage.layout import incoming_directory, recorder_lock
from cctv.footage.quarantine import quarantine
from cctv.footage.repair.rebuild import rebuild_index
from cctv.footage.repair.reconcile import reconcile
from cctv.footage.repair.recover import recover_incoming
from cctv.footage.space_requests import RoomWanted, ask_for_room, withdraw_request
from cctv.holds.confirmation import unconfirmed
from cctv.model.audit import Actor
from cctv.model.cases import IncidentKind, RequestType
from cctv.model.footage import Segment
from cctv.model.holds import Hold
from cctv.model.requests import Party, RequesterRole
from cctv.retention.free_space import make_room
from cctv.retention.removal import remove
from cctv.retention.sweep import sweep_once
from cctv.services.decommission import close_site
from crashtest.journal import Journal
from crashtest.recorder import Died, Recorder
from crashtest.stage import FOYER, GEVEL, RENAMED, Stage, reopened
from crashtest.states import State, clear, materialise
from crashtest.truth import Held, MayGo, Releasing, Restored, Violation, look_after

DAY = timedelta(days=1)
AFTER = timedelta(seconds=30)  # from the crash to the next start
Opener = Callable[[Stage, datetime], Storage]


def hold_on(stage: Stage, span: Span, *cameras: str) -> tuple[str, str]:
    """An incident with its hold; answers both ids."""
    names = tuple(camera for camera in (GEVEL, FOYER) if camera in cameras)
    opened = open_incident(stage.site, NewIncident(IncidentKind.DAMAGE, "ruit", names, span), another=True)
    stage.promise(Held(opened.hold.id, frozenset(names), span))
    return opened.incident.id, opened.hold.id


def asked_for(stage: Stage, kind: RequestType, start: datetime) -> Hold:
    """A request over more than a day of both cameras; answers its hold."""
    subject = Party(RequesterRole.SUBJECT, "An Peeters", "an@example.be")
    new = NewRequest(kind, (subject,), (GEVEL, FOYER), Span(start, start + timedelta(hours=13)))
    hold = open_request(stage.site, new).hold
    stage.promise(Held(hold.id, hold.cameras, hold.span))
    return hold


def span_of(segments: list[Segment]) -> Span:
    return Span(segments[0].span.start, segments[-1].span.end)


def ingest(stage: Stage) -> Iterator[None]:
    """Two cameras record; a hold covers one of them, before and after."""
    now = stage.clock.now()
    hold_on(stage, Span(now, now + DAY), GEVEL)
    yield
    for camera in (GEVEL, FOYER):
        stage.record(camera, stage.random.randrange(1, 4))


def sweep(stage: Stage) -> Iterator[None]:
    """Footage of two days falls due, some of it held; a file in quarantine too."""
    old = stage.record(GEVEL, stage.random.randrange(2, 6))
    stage.record(FOYER, 2)
    if stage.random.random() < 0.7:
        hold_on(stage, stage.random.choice(old).span, GEVEL)
    if stage.random.random() < 0.5:
        stray = incoming_directory(stage.site, FOYER) / "holiday.mp4"
        stray.write_bytes(b"what is this")
        quarantine(stage.site, stray, FOYER, "nobody knows")
    stage.clock.advance(DAY)
    stage.record(GEVEL, stage.random.randrange(1, 4))
    stage.clock.advance(6 * DAY - timedelta(minutes=5))
    yield
    sweep_once(stage.site)
    stage.clock.advance(timedelta(minutes=45))
    sweep_once(stage.site)


def hold(stage: Stage) -> Iterator[None]:
    """Holds are placed a moment before the footage would go, over what is stored and what is still to come."""
    segments = stage.record(GEVEL, stage.random.randrange(2, 6))
    stage.clock.advance(7 * DAY - timedelta(minutes=20))
    yield
    now = stage.clock.now()
    ground, _ = hold_on(stage, stage.random.choice(segments).span, GEVEL)
    other = Span(segments[-1].span.start, now + DAY)
    placed = place_hold(stage.site, NewHold(ground, (GEVEL, FOYER), other, now + 30 * DAY, "more")).hold
    assert placed is not None
    stage.promise(Held(placed.id, placed.cameras, placed.span))
    stage.clock.advance(timedelta(minutes=15))
    sweep_once(stage.site)
    stage.record(FOYER, 1)


def release(stage: Stage) -> Iterator[None]:
    """Holds are released, by hand and with their case, over footage that is past its limit."""
    segments = stage.record(GEVEL, stage.random.randrange(2, 5))
    case, first = hold_on(stage, span_of(segments), GEVEL)
    _, second = hold_on(stage, segments[0].span, GEVEL, FOYER)
    stage.clock.advance(8 * DAY)
    sweep_once(stage.site)
    yield
    stage.promise(Releasing(first))  # type: ignore[arg-type]
    if stage.random.random() < 0.5:
        settle_incident(stage.site, case, reason="over")
    else:
        release_hold(stage.site, first, reason="over")
    stage.promise(Releasing(first, done=True))  # type: ignore[arg-type]
    sweep_once(stage.site)
    stage.promise(Releasing(second))  # type: ignore[arg-type]
    release_hold(stage.site, second, reason="over")
    stage.promise(Releasing(second, done=True))  # type: ignore[arg-type]
    stage.clock.advance(timedelta(minutes=1))
    sweep_once(stage.site)


def lapse(stage: Stage) -> Iterator[None]:
    """Nobody confirms more than a day of footage: its hold lapses after 72 hours and not before, another one stays."""
    segments = stage.record(GEVEL, stage.random.randrange(2, 5))
    stage.clock.advance(7 * DAY - PROVISIONAL)
    held = asked_for(stage, RequestType.ACCESS, segments[0].span.start)
    hold_on(stage, segments[-1].span, GEVEL)
    stage.clock.advance(PROVISIONAL - timedelta(minutes=5))
    yield
    _pass(stage)
    stage.clock.advance(timedelta(minutes=10))
    stage.promise(Releasing(held.id))
    _pass(stage)
    stage.promise(Releasing(held.id, done=True))
    stage.clock.advance(timedelta(minutes=1))
    _pass(stage)
    stage.record(FOYER, 1)


def restriction(stage: Stage) -> Iterator[None]:
    """A restriction, an objection or an erasure over more than a day of footage: its hold never lapses."""
    segments = stage.record(GEVEL, stage.random.randrange(2, 5))
    stage.clock.advance(7 * DAY - PROVISIONAL)
    yield
    kinds = (RequestType.RESTRICTION, RequestType.OBJECTION, RequestType.ERASURE)
    asked_for(stage, stage.random.choice(kinds), segments[0].span.start)
    stage.clock.advance(PROVISIONAL + timedelta(minutes=1))
    _pass(stage)
    stage.clock.advance(timedelta(minutes=1))
    _pass(stage)
    stage.record(FOYER, 1)


def _pass(stage: Stage) -> None:
    """What a pass of the sweeper does to footage and to holds."""
    sweep_once(stage.site)
    end_lapsed(stage.site)


def free_space(stage: Stage) -> Iterator[None]:
    """A recorder without space asks for it; the oldest footage that no hold covers is deleted early."""
    segments = stage.record(GEVEL, stage.random.randrange(3, 7)) + stage.record(FOYER, 2)
    hold_on(stage, segments[0].span, GEVEL)
    stage.clock.advance(4 * DAY)
    stage.record(GEVEL, 1)
    free = stage.random.randrange(100, 400)
    yield
    site = stage.site
    ask_for_room(site, RoomWanted(stage.clock.now(), free))
    stage.promise(MayGo(frozenset(segment.span.start for segment in segments)))
    done = make_room(site, lambda: free - 1 if (site.root / segments[1].path).exists() else free)
    assert done is not None
    stage.promise(MayGo(frozenset(segment.span.start for segment in done.gone), done=True))
    withdraw_request(site)
    stage.record(FOYER, 1)


def removal(stage: Stage) -> Iterator[None]:
    """A person orders footage of two cameras deleted; a hold keeps some of it."""
    segments = stage.record(GEVEL, stage.random.randrange(2, 5)) + stage.record(FOYER, 2)
    hold_on(stage, stage.random.choice(segments).span, GEVEL, FOYER)
    yield
    span = Span(min(segment.span.start for segment in segments), max(segment.span.end for segment in segments))
    stage.promise(MayGo(frozenset(segment.span.start for segment in segments)))
    done = remove(stage.site, (GEVEL, FOYER), span, reason="aimed at the street")
    stage.promise(MayGo(frozenset(segment.span.start for segment in done.gone), done=True))
    stage.record(FOYER, 1)


def rename(stage: Stage) -> Iterator[None]:
    """A camera that is held gets another zone, then another name; its holds go on over what it records from then on."""
    stage.record(GEVEL, stage.random.randrange(1, 4))
    now = stage.clock.now()
    coming = Span(now, now + 9 * DAY)
    ground, hold_id = hold_on(stage, coming, GEVEL)
    if stage.random.random() < 0.5:
        place_hold(stage.site, NewHold(ground, (GEVEL,), Span(now - DAY, now + DAY), now + 30 * DAY, "more"))
    stage.record(GEVEL, 1)
    yield
    stage.change('[cameras.gevel-1]\nzone = "facade"', '[cameras.gevel-1]\nzone = "interior"')
    stage.record(GEVEL, stage.random.randrange(1, 3))
    stage.change(
        '[cameras.gevel-1]\nzone = "interior"', f'[cameras.{RENAMED}]\nrenamed_from = ["gevel-1"]\nzone = "facade"'
    )
    stage.promise(Held(hold_id, frozenset({GEVEL, RENAMED}), coming))  # type: ignore[arg-type]
    stage.record(RENAMED, stage.random.randrange(1, 4))
    stage.clock.advance(8 * DAY)
    sweep_once(stage.site)
    stage.record(RENAMED, 1)


class _Stops(DurableFiles):
    """A disk under a process that dies before it removes the first file."""

    def unlink(self, path: Path | str) -> bool:
        raise Died


def older_index(stage: Stage) -> Iterator[None]:
    """An older index is put back: deletions are open in it, and it does not know the hold over some of that footage."""
    segments = stage.record(GEVEL, stage.random.randrange(2, 6))
    stage.record(FOYER, 1)
    stage.clock.advance(7 * DAY)
    with contextlib.suppress(Died):
        sweep_once(replace(stage.site, disk=_Stops()))
    older = stage.folder / "older.db"
    shutil.copy(stage.root / DATABASE_FILE, older)
    hold_on(stage, stage.random.choice(segments).span, GEVEL)
    for path in stage.root.glob(f"{DATABASE_FILE}*"):
        path.unlink()
    shutil.copy(older, stage.root / DATABASE_FILE)
    stage.reopen()
    yield
    sweep_once(stage.site)
    stage.clock.advance(timedelta(minutes=1))
    stage.record(FOYER, 1)


def older_database(stage: Stage) -> Iterator[None]:
    """A database of days ago is put back as a file: it knows neither the footage nor the hold of after."""
    segments = stage.record(GEVEL, stage.random.randrange(1, 4))
    hold_on(stage, segments[0].span, GEVEL)
    older = stage.folder / "older.db"
    shutil.copy(stage.root / DATABASE_FILE, older)
    stage.clock.advance(DAY)
    late = stage.record(GEVEL, stage.random.randrange(2, 4)) + stage.record(FOYER, 1)
    if stage.random.random() < 0.7:
        hold_on(stage, late[0].span, GEVEL)
    stage.clock.advance(7 * DAY)
    for path in stage.root.glob(f"{DATABASE_FILE}*"):
        path.unlink()
    shutil.copy(older, stage.root / DATABASE_FILE)
    stage.reopen()
    yield
    try:
        sweep_once(stage.site)
    except IndexOlder:
        bring_up(stage, stage.clock)
    else:
        raise AssertionError("an older database was not noticed")
    confirmed(stage.reopen())
    stage.clock.advance(timedelta(minutes=1))
    sweep_once(stage.site)
    stage.record(FOYER, 1)


def bring_up(stage: Stage, clock: OwnClock) -> None:
    rebuild_index(stage.settings, disk=DurableFiles(), clock=clock, actor=Actor("faults"), reason="an older one")


def brought_up(stage: Stage, at: datetime) -> Storage:
    """What a person does after a crash: rebuilds unless that had ended, and confirms the holds."""
    waiting = unconfirmed(stage.root)
    is_unfinished = waiting is not None and waiting.resume is not None
    if is_unfinished or not is_newest(reopened(stage, at).engine, stage.root):
        bring_up(stage, OwnClock(at))
    return confirmed(reopened(stage, at))


def closing(stage: Stage) -> Iterator[None]:
    """The site ends: everything goes, with a certificate outside of the storage."""
    segments = stage.record(GEVEL, stage.random.randrange(1, 4)) + stage.record(FOYER, 1)
    certificate = stage.folder / "certificate"
    shutil.rmtree(certificate, ignore_errors=True)
    yield
    starts = frozenset(segment.span.start for segment in segments)
    stage.promise(MayGo(starts))
    close_site(stage.site, reason="the venue moves", folder=certificate)
    stage.promise(MayGo(starts, done=True))


def restart(stage: Stage) -> Iterator[None]:
    """A kill, a start-up that sees what the kernel still has in memory, and then the power cut."""
    segments = stage.record(GEVEL, stage.random.randrange(1, 4))
    hold_on(stage, Span(segments[-1].span.start, stage.clock.now() + 9 * DAY), GEVEL)
    stage.clock.advance(7 * DAY - timedelta(minutes=8))
    yield
    acts: list[Callable[[], object]] = [
        lambda: stage.record(GEVEL, 2),
        lambda: stage.write(stage.start_run(FOYER), 0, 3, close=False),
        lambda: sweep_once(stage.site),
    ]
    stage.random.shuffle(acts)
    for act in acts:
        with _killed(stage, stage.random.randrange(1, 40)):
            act()
        site = stage.reopen()
        with recorder_lock(site):
            recover_incoming(site)
    sweep_once(stage.site)


def placing_killed(stage: Stage) -> Iterator[None]:
    """A placing is killed; the sweeper, which was not, takes in the file that the kernel has; and the power cut."""
    segments = stage.record(GEVEL, stage.random.randrange(1, 4))
    yield
    with _killed(stage, stage.random.randrange(2, 6)):
        hold_on(stage, stage.random.choice(segments).span, GEVEL)
    sweep_once(stage.reopen())


def ingest_killed(stage: Stage) -> Iterator[None]:
    """A recorder is killed, and a person reconciles before it starts again; and the power cut."""
    stage.record(FOYER, 1)
    yield
    with _killed(stage, after=stage.random.choice(("write segments", "rename incoming"))):
        stage.record(GEVEL, 1)
    reconcile(stage.reopen(), accept_loss=True)


@contextlib.contextmanager
def _killed(stage: Stage, steps: int | None = None, after: str | None = None) -> Iterator[None]:
    """What the block does, dead after so many steps or after a step; the clock goes on until the next start."""
    recorder = stage.recorder
    assert isinstance(recorder, Recorder)
    recorder.dies_in, recorder.dies_after = steps, after
    with contextlib.suppress(Died):
        yield
    recorder.dies_in = recorder.dies_after = None
    stage.clock.advance(AFTER)


def restore(stage: Stage) -> Iterator[None]:
    """A back-up is put back over an index that is lost, after holds, deletions and footage that it does not know."""
    segments = stage.record(GEVEL, stage.random.randrange(2, 4)) + stage.record(FOYER, 1)
    hold_on(stage, segments[0].span, GEVEL)
    medium = stage.folder / "medium"
    clear(medium)
    file = make_backup(stage.site, medium).path
    (stage.folder / "newest").write_text(str(file))
    stage.clock.advance(2 * DAY)
    if stage.random.random() < 0.5:
        late = stage.record(GEVEL, 1)
        hold_on(stage, late[0].span, GEVEL)
    stage.clock.advance(5 * DAY)
    sweep_once(stage.site)
    if stage.random.random() < 0.5:
        for path in stage.root.glob(f"{DATABASE_FILE}*"):
            path.unlink()
    yield
    stage.promise(Restored())
    put_back(stage, stage.clock)
    confirmed(stage.reopen())
    stage.clock.advance(timedelta(minutes=1))
    sweep_once(stage.site)


def put_back(stage: Stage, clock: OwnClock) -> None:
    key = read_recovery_key(stage.folder / "recovery.key")
    sources = RestoreSources(stage.settings, DurableFiles(), clock, Actor("faults"))
    restore_backup(sources, Path((stage.folder / "newest").read_text()), key, reason="disk", replace_whole=True)


def confirmed(site: Storage) -> Storage:
    if unconfirmed(site.root) is not None:
        confirm_holds(site.acting_as(Actor("faults", "A. Peeters")), reason="compared")
    return site


def restored(stage: Stage, at: datetime) -> Storage:
    """What a person does after a crash: restores again where that had not ended, and confirms the holds."""
    waiting = unconfirmed(stage.root)
    if not (stage.root / DATABASE_FILE).exists() or (waiting is not None and waiting.resume is not None):
        put_back(stage, OwnClock(at))
    return confirmed(reopened(stage, at))


@dataclass(frozen=True)
class Scenario:
    name: str
    play: Callable[[Stage], Iterator[None]]
    opener: Opener = reopened


ALL = {
    scenario.name: scenario
    for scenario in (
        Scenario("ingest", ingest),
        Scenario("sweep", sweep),
        Scenario("hold", hold),
        Scenario("release", release),
        Scenario("lapse", lapse),
        Scenario("restriction", restriction),
        Scenario("room", free_space),
        Scenario("removal", removal),
        Scenario("rename", rename),
        Scenario("older index", older_index),
        Scenario("older database", older_database, brought_up),
        Scenario("closing", closing),
        Scenario("restart", restart),
        Scenario("placing killed", placing_killed),
        Scenario("ingest killed", ingest_killed),
        Scenario("restore", restore, restored),
    )
}


@dataclass(frozen=True)
class Played:
    """A scenario as it was recorded."""

    scenario: Scenario
    stage: Stage
    journal: Journal
    sites: dict[str, int]

    def look(self, state: State) -> list[Violation]:
        """Put a state on the disk, start as after a crash, and say what is wrong."""
        materialise(state, self.stage.root)
        return look_after(lambda: self.scenario.opener(self.stage, state.now + AFTER), state.promises)


def play(scenario: Scenario, folder: Path, seed: int, without: str | None = None) -> Played:
    """Prepare and record; `without` names a flush that is left out."""
    stage = Stage(folder, seed)
    clear(stage.root)
    acting = scenario.play(stage)
    next(acting)
    recorder = Recorder(stage.root, stage.clock, without)
    for promise in stage.earlier:
        recorder.promise(promise)
    stage.recorder = recorder
    with recorder.recording():
        next(acting, None)
    return Played(scenario, stage, recorder.journal, recorder.sites)
