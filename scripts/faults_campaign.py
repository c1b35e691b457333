"""Crash the product on purpose, at every step of what it does to footage and holds, and look at what is left.

    ./scripts/faults [--runs 10000] [--kills 2000] [--seed 1] [--dir FOLDER] [--jobs N]
    ./scripts/faults --again SCENARIO:SEED:NUMBER
    ./scripts/faults --without-syncs

States are derived from a recording (`crashtest.journal` has the model), materialised, and started from; kills are real.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from crashtest.campaign import Outcome, campaign, look_at, without_each
from crashtest.scenarios import ALL
from crashtest.stage import played_here
from testbed.report import note, tell, work_folder

KINDS = ("held footage lost", "overdue", "file without a row", "row without a file")
_SHOWN = 5  # failures of each scenario
_SEEDS = range(6)  # for --without-syncs; a kill between a write and its flush is in one of them


def main() -> int:
    options = _options()
    with work_folder("cctv-faults-", inside=options.dir) as folder:
        if options.again:
            return again(options.again, folder)
        if options.without_syncs:
            return without_syncs(folder)
        return everything(options, folder)


def everything(options: argparse.Namespace, folder: Path) -> int:
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    note(f"seed {seed}; {options.runs} states, {options.kills} kills, {options.jobs} at a time, in {folder}")
    began = time.monotonic()
    outcomes: list[Outcome] = []
    with contextlib.suppress(KeyboardInterrupt):  # what was looked at until then is told
        for outcome in campaign(folder, seed, options.runs, options.kills, options.jobs):
            outcomes.append(outcome)
            for failure in outcome.failures[:_SHOWN]:
                note(f"WRONG {failure}")
    by_name: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_name[outcome.name].append(outcome)
    for name in [*ALL, "kill -9"]:
        if of_name := by_name.get(name):
            tell(table(name, of_name))
    killed = sum(outcome.looked for outcome in by_name.get("kill -9", []))
    states = sum(outcome.looked for outcome in outcomes) - killed
    wrong = sum(sum(outcome.kinds.values()) for outcome in outcomes)
    enough = states >= options.runs and killed >= options.kills
    tell(
        {
            "faults": "all",
            "seed": seed,
            "states": states,
            "kills": killed,
            "violations": wrong,
            "seconds": round(time.monotonic() - began, 1),
            "pass": not wrong and enough,
        }
    )
    return 0 if not wrong and enough else 1


def table(name: str, outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """One line of the table: what was looked at, and what was wrong, by kind."""
    outcomes = list(outcomes)
    kinds = dict.fromkeys(KINDS, 0)
    for outcome in outcomes:
        for kind, number in outcome.kinds.items():
            kinds[kind] = kinds.get(kind, 0) + number
    seeds = sorted(outcome.seed for outcome in outcomes)
    what = "kills" if name == "kill -9" else "states"
    return {
        "faults": name,
        what: sum(outcome.looked for outcome in outcomes),
        "seeds": f"{seeds[0]}-{seeds[-1]}",
        "violations": kinds,
        "again": [failure.split(" ", 1)[0] for outcome in outcomes for failure in outcome.failures][:_SHOWN],
    }


def again(named: str, folder: Path) -> int:
    """One state, or all of a scenario and seed, and everything that is wrong there."""
    name, seed, *number = named.split(":")
    with played_here():
        outcome = look_at(name, int(seed), folder, only=int(number[0]) if number else None)
    for failure in outcome.failures:
        note(f"WRONG {failure}")
    tell(table(name, [outcome]))
    return 1 if outcome.failures or not outcome.looked else 0


def without_syncs(folder: Path) -> int:
    """Leave each flush out in turn: something must go wrong."""
    good = True
    with played_here():
        for omitted in without_each(folder, _SEEDS):
            good = good and omitted.is_as_expected
            tell(
                {
                    "faults": "without a flush",
                    "flush": omitted.site,
                    "missed_by": omitted.failure,
                    "not_needed": omitted.reason,
                    "states": omitted.looked,
                    "pass": omitted.is_as_expected,
                }
            )
    return 0 if good else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000, help="crash states to look at, at least")
    parser.add_argument("--kills", type=int, default=2_000, help="writers to kill, at least")
    parser.add_argument("--seed", type=int, help="where the seeds begin; any when it is not given")
    parser.add_argument("--dir", type=Path, help="a folder to work in; in memory (/dev/shm) it is quickest")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time")
    parser.add_argument("--again", metavar="SCENARIO:SEED[:NUMBER]", help="look at one state again")
    parser.add_argument("--without-syncs", action="store_true", help="leave each flush out in turn")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
