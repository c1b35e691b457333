"""Measure what it costs to verify the log: against hashing the same bytes, in the same run.

    ./scripts/bench audit [--entries 100000] [--runs 3]

The log is generated, with acts of holds, cases and sweeps of ordinary length; each entry has one or two names.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from testbed.report import figure, work_folder

from cctv.audit.chain import GENESIS
from cctv.audit.log import verify_log
from cctv.audit.proof import read_log
from cctv.db.engine import open_engine, read_transaction
from cctv.db.upgrade import upgrade
from cctv.holds.logged import logged_holds

MOST = 10.0  # times the hashing of the same bytes


def main() -> int:
    options = _options()
    with work_folder("cctv-bench-audit-") as folder:
        path = folder / "cctv.db"
        engine = open_engine(path, create=True)
        upgrade(engine)
        texts = _fill(path, options.entries)
        size = sum(map(len, texts))
        figure("entries", len(texts))
        figure("bytes an entry", size / len(texts))
        reference = _seconds(options.runs, lambda: _hash(texts))
        figure("hashing the same bytes, s", reference)

        def timed(name: str, work: Callable[[], object], goal: float | None) -> bool:
            seconds = _seconds(options.runs, work)
            figure(f"{name}, s", seconds)
            return figure(f"{name}, times the hashing", seconds / reference, goal)

        with read_transaction(engine) as connection:
            ok = timed("verifying chain and names", lambda: verify_log(connection), MOST)
            timed("and gathering what it says of rows and texts", lambda: read_log(connection), None)
            first = time.perf_counter()
            logged_holds(connection, folder)
            figure("holds from the log, the first time, s", time.perf_counter() - first)
            again = time.perf_counter()
            logged_holds(connection, folder)
            figure("holds from the log, again, ms", 1000 * (time.perf_counter() - again))
    return 0 if ok else 1


def _fill(path: Path, count: int) -> list[bytes]:
    """A log of so many entries; returns what was hashed of each."""
    previous, texts, rows, names = GENESIS, [], [], []
    for seq in range(1, count + 1):
        case = f"INC-2026-{seq // 40:03}"
        is_hold = seq % 40 == 0
        payload = {
            "schema": 1,
            "seq": seq,
            "at_us": 1_793_520_000_000_000 + seq * 60_000_000,
            "actor": "an.peeters",
            "for": None,
            "act": "hold.released" if is_hold else "footage.viewed" if seq % 3 else "sweep.done",
            "subject": f"HOLD-2026-{seq // 40:03}" if is_hold else case,
            "case": case,
            "facts": {"expired": seq % 1000, "held": 12, "cameras": ["foyer-1", "gang-2"]},
            "reason_digest": hashlib.sha256(case.encode()).hexdigest() if seq % 3 else None,
            "previous": previous,
            "rows": {f"incidents/{case}": "0123456789abcdef0123456789abcdef"},
        }
        text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        previous = hashlib.sha256(text.encode()).hexdigest()
        texts.append(text.encode())
        rows.append((seq, text, previous))
        names += [(name, seq) for name in {str(payload["subject"]).casefold(), case.casefold()}]
    with sqlite3.connect(path) as connection:
        connection.executemany("INSERT INTO audit VALUES (?, ?, ?)", rows)
        connection.executemany("INSERT INTO audit_names (name, seq) VALUES (?, ?)", names)
    connection.close()
    return texts


def _hash(texts: list[bytes]) -> None:
    for text in texts:
        hashlib.sha256(text).hexdigest()


def _seconds(runs: int, work: Callable[[], object]) -> float:
    """The median of some runs, in seconds of this process's CPU: what other processes do is not measured."""
    taken = []
    for _ in range(runs):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
