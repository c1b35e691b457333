"""Measure the board: 10,000 requests of which 50 are open, against the 50 alone, as whole commands in turn.

./scripts/bench board [--runs 9] [--requests 10000]
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

from testbed.report import figure, work_folder

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
    """A storage with one request that the command opened, copied to OPEN open ones and `closed` closed ones."""
    folder.mkdir(parents=True)
    config = folder / "cameras.toml"
    config.write_text(CONFIG)
    cctv(config, "footage", "init")
    options = ["--name", "A", "--contact", "a@example.be", "--cameras", "gevel-1", "--from", "gisteren 10:00"]
    cctv(config, "request", "open", "--no-prepare", *options, "--to", "+10m")
    database = sqlite3.connect(folder / "storage" / "cctv.db")
    with database:
        _copy(database, "requests", "id", OPEN - 1, {})
        _copy(database, "parties", "request_id", OPEN - 1, {})
        ended = {"state": "closed", "closed_us": 1, "closed_by": "x"}
        _copy(database, "requests", "id", closed, ended)
    database.close()
    return config


def _copy(database: sqlite3.Connection, table: str, key: str, count: int, changed: dict[str, object]) -> None:
    """Copies of a table's first row, each with a key of its own."""
    database.row_factory = sqlite3.Row
    row = dict(database.execute(f"SELECT * FROM {table} ORDER BY {key} DESC LIMIT 1").fetchone())
    year = 2020 if changed else 2021
    rows = (tuple({**row, **changed, key: f"REQ-{year}-{n:05}"}.values()) for n in range(1, count + 1))
    database.executemany(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' for _ in row)})", rows)


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
    arguments = parser.parse_args()
    os.environ.pop("CCTV_CONFIG", None)
    with work_folder("bench-board-") as folder:
        many = make_site(folder / "many", arguments.requests - OPEN)
        few = make_site(folder / "few", 0)
        pairs = [(seconds(many), seconds(few)) for _ in range(arguments.runs + 1)][1:]
    value = statistics.median(large / small for large, small in pairs)
    name = f"request board, {arguments.requests} requests of which {OPEN} are open / {OPEN}"
    return 0 if figure(name, value, GOAL) else 1


if __name__ == "__main__":
    sys.exit(main())
