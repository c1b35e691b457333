"""Plays scenarios seed by seed until so many states were looked at, kills writers, leaves out flushes one by one."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from crashtest.kills import ROUNDS, kill_rounds
from crashtest.scenarios import ALL, play
from crashtest.stage import played_here
from crashtest.states import crash_states

# Flushes whose omission this model cannot detect, each with its reason; `--without-syncs` expects exactly these.
NOT_NEEDED = {
    "sync_directory(source.parent)": "a rename is one change, safe with its target's directory: so says the journal of "
    "ext4, XFS and btrfs; a file system without one might keep both names",
    "deletion._remove_empty_days": "an empty folder of a day that comes back is no footage",
}
_WRITERS = 2  # processes that are killed in each round


@dataclass
class Outcome:
    """What one scenario of one seed, or the kills on one storage, came to."""

    name: str
    seed: int
    looked: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)  # how to see one again, and what was wrong
    sites: dict[str, int] = field(default_factory=dict)

    def add(self, again: str, kind: str, what: str) -> None:
        self.kinds[kind] += 1
        self.failures.append(f"{again} {kind}: {what}")


def look_at(
    name: str, seed: int, folder: Path, *, without: str | None = None, first: bool = False, only: int | None = None
) -> Outcome:
    """Every state of a scenario; `first` stops at the first violation, `only` looks at that one state."""
    outcome = Outcome(name, seed)
    try:
        played = play(ALL[name], folder, seed, without)
    except Exception as error:  # noqa: BLE001  # the product failed with nothing lost: that is the finding
        outcome.add(f"{name}:{seed}:-", "scenario failed", f"{type(error).__name__}: {error}")
        return outcome
    outcome.sites = played.sites
    states = list(crash_states(played.journal))
    for state in reversed(states) if first else states:  # what is never flushed can still be lost at the end
        if only is not None and state.number != only:
            continue
        outcome.looked += 1
        for wrong in played.look(state):
            lost = ", ".join(state.lost) or "nothing"
            what = f"{wrong.what} (after {state.step}; lost: {lost})"
            outcome.add(f"{name}:{seed}:{state.number}", wrong.kind, what)
        if first and outcome.failures:
            break
    return outcome


def kill_writers(seed: int, folder: Path, rounds: int) -> Outcome:
    outcome = Outcome("kill -9", seed)
    outcome.looked, violations = kill_rounds(folder, seed, rounds)
    for number, violation in violations:
        outcome.add(f"kills:{seed}:{number}", violation.kind, violation.what)
    return outcome


@dataclass(frozen=True)
class _Work:
    name: str
    seed: int
    rounds: int
    folder: Path


def _do(work: _Work) -> Outcome:
    own = work.folder / str(os.getpid())
    with played_here():
        if work.rounds:
            return kill_writers(work.seed, own / "kills", work.rounds)
        return look_at(work.name, work.seed, own / "states")


def campaign(folder: Path, seed: int, runs: int, kills: int, jobs: int) -> Iterator[Outcome]:
    """States first, then kills; what is under way when there are enough is looked at to its end."""
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        looked = 0
        names = list(ALL)
        for turn in count():
            if looked >= runs:
                break
            batch = [_Work(name, seed + turn * jobs + more, 0, folder) for more in range(jobs) for name in names]
            for outcome in pool.imap_unordered(_do, batch):
                looked += outcome.looked
                yield outcome
        storages = -(-kills // (ROUNDS * _WRITERS))
        rounds = min(ROUNDS, -(-kills // _WRITERS))
        yield from pool.imap_unordered(_do, [_Work("", seed + storage, rounds, folder) for storage in range(storages)])


@dataclass(frozen=True)
class OmittedFlush:
    """A flush that was left out: where it stands, and the first thing that went wrong without it."""

    site: str
    failure: str | None
    looked: int
    seconds: float

    @property
    def reason(self) -> str | None:
        """Why nothing was expected to go wrong; None for a flush that must be missed."""
        return next((reason for place, reason in NOT_NEEDED.items() if place in self.site), None)

    @property
    def is_as_expected(self) -> bool:
        return (self.failure is None) == (self.reason is not None)


def flush_sites(folder: Path, seeds: range) -> dict[str, list[tuple[str, int]]]:
    """Every place that flushes in any scenario, and the scenarios and seeds that come by."""
    visits: dict[str, list[tuple[str, int]]] = {}
    for seed in seeds:
        for name, scenario in ALL.items():
            for site in play(scenario, folder, seed).sites:
                visits.setdefault(site, []).append((name, seed))
    return dict(sorted(visits.items()))


def without_each(folder: Path, seeds: range) -> Iterator[OmittedFlush]:
    """Leave out one flush after the other, until something goes wrong."""
    for site, where in flush_sites(folder, seeds).items():
        began, looked, failure = time.monotonic(), 0, None
        for name, seed in where:
            outcome = look_at(name, seed, folder, without=site, first=True)
            looked += outcome.looked
            if outcome.failures:
                failure = outcome.failures[0]
                break
        yield OmittedFlush(site, failure, looked, time.monotonic() - began)
