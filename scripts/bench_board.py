"""Measure the board: 10,000 requests of which 50 are open, against the 50 alone, as whole commands in turn.

./scripts/bench board [--runs 9] [--requests 10000]
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CCTV = str(Path(sys.executable).with_name("cctv"))
OPEN = 50
GOAL = 1.5
CONFIG = """
[site]
name = "Bench"
timezone = "Europe/Brussels"
jurisdiction = "BE"
storage = "storage"
[zones.facade]
kind = "facade"
retention = "7d"
[cameras.gevel-1]
zone = "facade"
purpose = "theft and damage"
rtsp = "rtsp://127.0.0.1:9/gevel-1"
"""


def make_site(folder: Path, closed: int) -> Path:
    """A storage with OPEN open requests made by the command, and `closed` copies of one that are closed."""
    folder.mkdir(parents=True)
    config = folder / "cameras.toml"
    config.write_text(CONFIG)
    cctv(config, "footage", "init")
    asked = ["--name", "A", "--contact", "a@example.be", "--cameras", "gevel-1", "--from", "gisteren 10:00"]
    for _ in range(OPEN):
        cctv(config, "request", "open", *asked, "--to", "+10m")
    database = sqlite3.connect(folder / "storage" / "cctv.db")
    database.row_factory = sqlite3.Row
    row = dict(database.execute("SELECT * FROM requests LIMIT 1").fetchone())
    names = ", ".join(row)
    with database:
        database.executemany(
            f"INSERT INTO requests ({names}) VALUES ({', '.join('?' for _ in row)})",
            (
                tuple({**row, "id": f"REQ-2020-{n:05}", "state": "closed", "closed_us": n, "closed_by": "x"}.values())
                for n in range(1, closed + 1)
            ),
        )
    database.close()
    return config


def cctv(config: Path, *words: str) -> None:
    subprocess.run([CCTV, "--config", str(config), *words], check=True, capture_output=True)


def seconds(config: Path) -> float:
    began = time.perf_counter()
    cctv(config, "request", "board", "--json")
    return time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(prog="./scripts/bench board", description=__doc__)
    parser.add_argument("--runs", type=int, default=9, help="pairs of runs (default: 9)")
    parser.add_argument("--requests", type=int, default=10_000, help="in all (default: 10,000)")
    given = parser.parse_args()
    os.environ.pop("CCTV_CONFIG", None)
    with tempfile.TemporaryDirectory(prefix="bench-board-") as name:
        many = make_site(Path(name) / "many", given.requests - OPEN)
        few = make_site(Path(name) / "few", 0)
        pairs = [(seconds(many), seconds(few)) for _ in range(given.runs + 1)][1:]
    value = statistics.median(one / other for one, other in pairs)
    ok = value <= GOAL
    name = f"request board, {given.requests} requests of which {OPEN} are open / {OPEN}"
    print(json.dumps({"figure": name, "value": round(value, 3), "goal": GOAL, "ok": ok}), flush=True)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
