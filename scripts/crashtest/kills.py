"""Two writers that are really killed: one records, one sweeps, places holds and releases them, on one storage.

Both are forked from a parent that has imported everything, and get SIGKILL at random instants, apart from each other.
The storage lives through many kills; its clock runs a week in a second or two, so that footage falls due all the while.
What a writer promises it tells through a pipe once it is done: what is not told is not promised.
"""

from __future__ import annotations

import os
import pickle
import random
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from testbed.own_storage import OwnClock

from cctv.cases.holds import release_hold
from cctv.core.durable import DurableFiles
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction
from cctv.db.storage import open_site
from cctv.footage.ingest import ingest
from cctv.footage.layout import incoming_directory
from cctv.footage.runs import anchor_run, end_run
from cctv.holds.store import holds_in_force
from cctv.model.audit import Actor
from cctv.model.footage import GapCause
from cctv.retention.guards import clock
from cctv.retention.sweep import sweep_once
from crashtest.scenarios import hold_on
from crashtest.stage import BEGIN, FOYER, GEVEL, Stage
from crashtest.states import clear
from crashtest.truth import Kept, Releasing, Violation, look_after

HOUR = timedelta(hours=1)
SPEED = 400_000  # seconds of the storage's clock in one of ours: a week in 1.5 s
LONGEST = 0.09  # seconds that a pair of writers lives
ROUNDS = 40  # kills of a storage before a new one


class FastClock:
    """A clock that runs from an instant on, for wall and monotonic time alike; every process reads the same."""

    def __init__(self, at: datetime) -> None:
        self._at, self._real, self._written = at, time.monotonic(), timedelta(0)

    def now(self) -> datetime:
        return self._at + timedelta(seconds=(time.monotonic() - self._real) * SPEED)

    def monotonic(self) -> float:
        return (self.now() - BEGIN).total_seconds()

    def advance(self, step: timedelta) -> None:
        """Time passes by itself."""


class StillClock(OwnClock):
    """The instant of the next start, in the same counting."""

    def monotonic(self) -> float:
        return (self.at - BEGIN).total_seconds()


class Teller:
    """Promises into a pipe; a message is far below what a pipe takes at once, so that none is torn."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def promise(self, what: object) -> None:
        data = pickle.dumps(what)
        os.write(self._pipe, len(data).to_bytes(4, "big") + data)


@dataclass(frozen=True)
class Raised:
    """A writer that ended by an error of its own."""

    what: str


def record(stage: Stage, teller: Teller) -> None:
    """Runs of a few segments, one camera after the other; media time goes on where the last segment ended."""
    stage.recorder = teller
    while True:
        camera = stage.random.choice((GEVEL, FOYER))
        run = stage.start_run(camera)
        start = stage.clock.now()
        anchor_run(stage.site, run, start)
        for index in range(stage.random.randrange(1, 4)):
            path = incoming_directory(stage.site, camera) / f"run{run.id}-{index:06d}.mp4"
            data = _written(stage, path, stage.random.randrange(1, 4))
            span = Span(start, start + timedelta(seconds=data.count(b"moof")))
            segment = ingest(stage.site, run, path, span)
            teller.promise(Kept(camera, start, segment.limit, data))
            start = span.end
        end_run(stage.site, run, start, GapCause.RECORDER_STOPPED)


def _written(stage: Stage, path: Path, fragments: int) -> bytes:
    disk, data = stage.site.disk, b""
    descriptor = disk.create(path)
    for _ in range(fragments):
        piece = stage.fragment()
        disk.append(descriptor, len(data), [piece])
        data += piece
    os.close(descriptor)
    return data


def sweep_and_hold(stage: Stage, teller: Teller) -> None:
    """Sweep; now and then place a hold around the present or around what is about to go, or release one."""
    stage.recorder = teller
    while True:
        sweep_once(stage.site)
        now = stage.clock.now()
        chance = stage.random.random()
        if chance < 0.4:
            begin = now - stage.random.randrange(0, 7 * 24) * HOUR
            hold_on(stage, Span(begin, begin + 12 * HOUR), stage.random.choice((GEVEL, FOYER)))
        elif chance < 0.8:
            with read_transaction(stage.site.engine) as connection:
                holds = holds_in_force(connection)
            if len(holds) > 1:
                hold_id = stage.random.choice(holds).id
                teller.promise(Releasing(hold_id))
                release_hold(stage.site, hold_id, reason="over")
                teller.promise(Releasing(hold_id, done=True))


def _fork(stage: Stage, pipe: int, work: Callable[[Stage, Teller], None], seed: int) -> int:
    child = os.fork()
    if child:
        return child
    teller = Teller(pipe)
    try:
        stage.random = random.Random(seed)
        work(stage, teller)
    except BaseException as error:  # noqa: BLE001  # a child must never return into its parent's code
        teller.promise(Raised(f"{work.__name__}: {type(error).__name__}: {error}"))
    finally:
        os._exit(1)


def kill_rounds(folder: Path, seed: int, rounds: int) -> tuple[int, list[tuple[int, Violation]]]:
    """Kill so many pairs on one new storage; answers processes killed, and violations with the round they came in."""
    with _clock_believed():
        return _kill_rounds(folder, seed, rounds)


@contextmanager
def _clock_believed() -> Iterator[None]:
    """Two readings of so fast a clock lie hours apart: no witness could agree with it.  The guard has its own tests."""
    before, clock.SLACK = clock.SLACK, timedelta(days=3650)
    try:
        yield
    finally:
        clock.SLACK = before


def _kill_rounds(folder: Path, seed: int, rounds: int) -> tuple[int, list[tuple[int, Violation]]]:
    stage = Stage(folder, seed)
    clear(stage.root)
    site = stage.site
    at, promises, killed = site.clock.now(), list[Any](), 0
    violations: list[tuple[int, Violation]] = []
    for number in range(rounds):
        stage.clock = FastClock(at)  # type: ignore[assignment]
        stage.reopen()
        dead, messages = _one_round(stage, seed * 1000 + number)
        killed += dead
        now = stage.clock.now()
        violations += [
            (number, Violation("writer failed", message.what)) for message in messages if isinstance(message, Raised)
        ]
        promises += [message for message in messages if not isinstance(message, Raised)]
        at = now + timedelta(seconds=30)
        still = StillClock(at)
        again = open_site(stage.settings, disk=DurableFiles(), clock=still, actor=Actor("faults"))
        new_violations = look_after(lambda again=again: again, promises)  # type: ignore[misc]
        violations += [(number, violation) for violation in new_violations]
        if new_violations:
            return killed, violations
    return killed, violations


def _one_round(stage: Stage, seed: int) -> tuple[int, list[Any]]:
    chance = random.Random(seed)
    reader, writer = os.pipe()
    children = [_fork(stage, writer, work, chance.randrange(1 << 30)) for work in (record, sweep_and_hold)]
    os.close(writer)
    chance.shuffle(children)
    data = _drain(reader, chance.uniform(0.002, LONGEST))
    dead = 0
    for child, pause in zip(children, (chance.uniform(0, 0.02), 0.0), strict=True):
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        dead += os.WIFSIGNALED(status)
        data += _drain(reader, pause)
    data += _drain(reader, None)
    os.close(reader)
    return dead, _messages(data)


def _drain(pipe: int, seconds: float | None) -> bytes:
    """What comes within that time; with None, until nobody can write any more."""
    data, until = b"", time.monotonic() + (seconds or 0)
    while True:
        left = None if seconds is None else max(0.0, until - time.monotonic())
        ready, _, _ = select.select([pipe], [], [], left)
        if not ready:
            return data
        piece = os.read(pipe, 1 << 16)
        if not piece:
            return data
        data += piece


def _messages(data: bytes) -> list[Any]:
    messages = []
    while len(data) >= 4:
        size = int.from_bytes(data[:4], "big")
        if len(data) < 4 + size:
            break
        messages.append(pickle.loads(data[4 : 4 + size]))
        data = data[4 + size :]
    return messages
