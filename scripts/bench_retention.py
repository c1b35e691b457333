"""Measure what the index costs: sweeps, deletions, holds and explanations, on an archive as large as a site has.

    ./scripts/bench retention [--large] [--runs 11]

The index is generated (64 cameras, 28 days, segments of 60 s: 2.58 M rows); the footage itself is not there, so
deletions unlink nothing.  Each figure stands against a reference measured in the same run, with synchronous=FULL on
both sides.  `--large` measures ten times as many rows beside it.
"""

from __future__ import annotations

import argparse
import json
import select
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from testbed.report import figure, work_folder

from cctv.config.loader import load_settings
from cctv.core.durable import DurableFiles
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage, open_site
from cctv.footage.deletion import BATCH, begin_deletion, delete_segments
from cctv.footage.segments import candidates, due_query, insert_segment
from cctv.holds.cover import mark_held_past_limit
from cctv.model.audit import Actor
from cctv.model.footage import NewSegment, Reason
from cctv.model.ids import CameraId, ZoneId
from cctv.retention.plan import make_plan
from cctv.retention.sweep import sweep_once

CCTV = str(Path(sys.executable).with_name("cctv"))
MINUTE_US = 60_000_000
PERIOD = timedelta(days=28)
DAY = timedelta(days=1)
HEAD = """
[site]
name = "Bench"
timezone = "Europe/Brussels"
jurisdiction = "BE"
storage = "storage"
[zones.facade]
kind = "facade"
retention = "28d"
[zones.interior]
kind = "interior"
retention = "28d"
"""
CAMERA = """[cameras.camera-{number:02}]
zone = "{zone}"
purpose = "theft and damage"
rtsp = "rtsp://127.0.0.1:9/camera-{number:02}"
"""


@dataclass(frozen=True)
class Archive:
    """A storage whose index knows `minutes` of each camera, up to `end`."""

    folder: Path
    cameras: int
    minutes: int
    end: datetime

    @property
    def config(self) -> Path:
        return self.folder / "cameras.toml"

    @property
    def database(self) -> Path:
        return self.folder / "storage" / "cctv.db"

    @property
    def start(self) -> datetime:
        return self.end - timedelta(minutes=self.minutes)

    @property
    def segments(self) -> int:
        return self.cameras * self.minutes


def make_archive(folder: Path, cameras: int, minutes: int) -> Archive:
    """A storage made by `cctv footage init`, its index filled in one go."""
    folder.mkdir(parents=True, exist_ok=True)
    zones = ("facade", "interior")
    sections = (CAMERA.format(number=number, zone=zones[number % 2]) for number in range(cameras))
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    archive = Archive(folder, cameras, minutes, end)
    archive.config.write_text(HEAD + "".join(sections))
    subprocess.run([CCTV, "--config", str(archive.config), "footage", "init"], check=True, capture_output=True)
    if minutes:
        fill(archive)
    return archive


def fill(archive: Archive) -> None:
    """All rows of segments by one statement, in the order in which a recorder would have written them."""
    database = sqlite3.connect(archive.database, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-2000000", "temp_store=MEMORY"):
        database.execute(f"PRAGMA {pragma}")
    indexes = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'segments' AND type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    database.execute("BEGIN")
    database.execute("INSERT INTO policies VALUES ('bench', '', 0)")
    for name, _ in indexes:
        database.execute(f"DROP INDEX {name}")
    database.execute(
        FILL,
        {
            "minutes": archive.minutes,
            "cameras": archive.cameras,
            "first": int(archive.start.timestamp()),
            "period": PERIOD // timedelta(seconds=1),
        },
    )
    for _, statement in indexes:
        database.execute(statement)
    database.execute(STOCK)
    database.execute("COMMIT")
    database.execute("PRAGMA journal_mode=WAL")
    database.close()


class SetClock:
    """A clock that stands at an instant."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()


class NoFootage(DurableFiles):
    """A disk on which the footage is not."""

    def unlink(self, path: Path | str) -> bool:
        return not str(path).endswith(".mp4") and super().unlink(path)


def opened(archive: Archive, at: datetime) -> Storage:
    settings = load_settings(archive.config, environ={}).settings
    return open_site(settings, disk=NoFootage(), clock=SetClock(at), actor=Actor("bench"))


def raw(archive: Archive) -> sqlite3.Connection:
    """The reference's connection: sqlite3 alone, its commits as durable as ours."""
    connection = sqlite3.connect(archive.database, isolation_level=None, timeout=60)
    connection.execute("PRAGMA synchronous=FULL")
    return connection


FILL = """
WITH RECURSIVE minute(m) AS (SELECT 0 UNION ALL SELECT m + 1 FROM minute WHERE m + 1 < :minutes),
camera(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM camera WHERE n + 1 < :cameras),
made AS (
  SELECT printf('camera-%02d', n) AS camera, CASE n % 2 WHEN 0 THEN 'facade' ELSE 'interior' END AS zone,
         :first + 60 * m AS at
  FROM minute CROSS JOIN camera
)
INSERT INTO segments (camera, zone, start_us, end_us, limit_us, path, sha256, size_bytes, policy)
SELECT camera, zone, at * 1000000, (at + 60) * 1000000, (at + :period) * 1000000,
       'segments/' || zone || '/' || camera || '/' || strftime('%Y-%m-%d', at, 'unixepoch') || '/' || camera || '_'
       || strftime('%Y%m%dT%H%M%S', at, 'unixepoch') || '.000Z.mp4',
       lower(hex(randomblob(32))), 30000000, 'bench'
FROM made
"""
STOCK = """
INSERT INTO camera_totals (camera, segments, size_bytes, longest_us)
SELECT camera, count(*), sum(size_bytes), max(end_us - start_us) FROM segments GROUP BY camera
"""


def seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def ratio(ours: Callable[[], object], theirs: Callable[[], object], runs: int) -> float:
    """The median of pairs run in turn, so that a drifting machine touches both."""
    ours(), theirs()  # the first run reads from disk
    return statistics.median(seconds(ours) / seconds(theirs) for _ in range(runs))


def command(archive: Archive, *arguments: str) -> Callable[[], object]:
    """A whole run of the command line."""
    words = [CCTV, "--config", str(archive.config), *arguments]
    return lambda: subprocess.run(words, check=True, capture_output=True)


def hold_ratio(full: Archive, empty: Archive, runs: int) -> float:
    """Holds over the oldest day of a zone of half the cameras."""
    span = ["--from", full.start.isoformat(), "--to", (full.start + DAY).isoformat()]
    for archive in (full, empty):
        command(archive, "incident", "open", "bench", "--kind", "theft", "--cameras", "camera-00",
                "--from", full.end.isoformat(), "--to", "+1m")()  # fmt: skip
    place = ["hold", "place", "--ground", f"INC-{datetime.now(UTC).year}-001", "--zones", "interior", *span]
    place += ["--reason", "bench"]
    return ratio(command(full, *place), command(empty, *place), runs)


def explain_ratio(full: Archive, empty: Archive, runs: int) -> float:
    middle = full.start + (full.end - full.start) / 2
    words = ["retention", "explain", "--cameras", "camera-01", "--from", middle.isoformat()]
    return ratio(command(full, *words), command(empty, *words), runs)


def set_aside(full: Archive) -> int:
    """What a sweep a day from now would find due and held; it leaves the queue as it would then."""
    site = opened(full, full.start + PERIOD + DAY)
    with read_transaction(site.engine) as connection:
        held = [decision.segment for decision in make_plan(connection, site.clock.now()).held]
    for first in range(0, len(held), BATCH):
        with write_transaction(site.engine) as connection:
            mark_held_past_limit(connection, held[first : first + BATCH])
    return len(held)


def next_seconds(archive: Archive, runs: int) -> float:
    """The statement of `candidates` for the next 1,000, run by sqlite3 as the scan is."""
    query = due_query(archive.end + PERIOD, 1000).compile(compile_kwargs={"literal_binds": True})
    connection = raw(archive)
    ask: Callable[[], object] = lambda: connection.execute(str(query)).fetchall()  # noqa: E731
    ask()
    taken = statistics.median(seconds(ask) for _ in range(runs))
    connection.close()
    return taken


def scan_seconds(archive: Archive) -> float:
    connection = raw(archive)
    scan = "SELECT id FROM segments NOT INDEXED WHERE limit_us <= ? AND held_over = 0 ORDER BY limit_us LIMIT 1000"
    taken = min(seconds(lambda: connection.execute(scan, (1 << 62,)).fetchall()) for _ in range(3))
    connection.close()
    return taken


def idle_ratio(full: Archive, small: Archive, runs: int) -> float:
    """Sweeps before anything is due."""
    sites = [opened(archive, archive.start + PERIOD - timedelta(hours=1)) for archive in (full, small)]
    return ratio(lambda: sweep_once(sites[0]), lambda: sweep_once(sites[1]), runs)


@dataclass(frozen=True)
class Deletions:
    """A day's deletions by us and by sqlite3 alone, in turn on one table; and what a recorder waited meanwhile."""

    ours: float
    theirs: float
    longest_raw_batch: float
    waits: Sequence[float]


def deletions(full: Archive, count: int, stints: int) -> Deletions:
    """`count` rows each, in as many stints; the recorder inserts during ours, for `stints` more besides."""
    site = opened(full, full.start + PERIOD + (full.end - full.start))
    rows_each = count // stints
    ours, batches = 0.0, list[float]()
    for _ in range(stints):
        ours += seconds(lambda: delete_ours(site, rows_each))
        batches += delete_raw(full, rows_each)
    recorder = subprocess.Popen(
        [sys.executable, __file__, "--record-into", str(full.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert recorder.stdout is not None
    recorder.stdout.readline()
    for _ in range(2 * stints):
        delete_ours(site, rows_each)
    answer, _ = recorder.communicate(b"end\n")
    return Deletions(ours, sum(batches), max(batches), json.loads(answer))


def delete_ours(site: Storage, count: int) -> None:
    """Plan and carry out, as a sweep does."""
    with read_transaction(site.engine) as connection:
        due = candidates(connection, site.clock.now(), count)
    with begin_deletion(site, prove_storage=lambda _: None, ask_guards=lambda _: None) as session:
        delete_segments(session, due, Reason.PAST_LIMIT)


def delete_raw(full: Archive, count: int) -> list[float]:
    """The next rows by batches of 1,000; seconds of each."""
    connection = raw(full)
    rows = connection.execute(
        "SELECT id FROM segments WHERE held_over = 0 ORDER BY limit_us, id LIMIT ?", (count,)
    ).fetchall()
    taken = []
    for first in range(0, len(rows), 1000):
        some = rows[first : first + 1000]
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("DELETE FROM segments WHERE id = ?", some)
        connection.execute("COMMIT")
        taken.append(time.perf_counter() - began)
    connection.close()
    return taken


def record_into(folder: Path) -> None:
    """A recorder's index work until stdin ends: 10 rows a second, each in its own transaction; prints the waits."""
    full = Archive(folder, 0, 0, datetime.now(UTC))
    site = opened(full, full.end)
    camera, zone = CameraId("camera-00"), ZoneId("facade")
    waits: list[float] = []
    print(flush=True)
    began = time.perf_counter()
    while not select.select([sys.stdin], [], [], max(0.0, began + len(waits) / 10 - time.perf_counter()))[0]:
        start = full.end + timedelta(minutes=len(waits))
        span = Span(start, start + timedelta(minutes=1))
        path = f"segments/facade/camera-00/recorded/{time.time_ns()}.mp4"
        new = NewSegment(camera, zone, span, start + PERIOD, path, "0" * 64, 30_000_000, "bench", None)
        insert_began = time.perf_counter()
        with write_transaction(site.engine) as connection:
            insert_segment(connection, new)
        waits.append(time.perf_counter() - insert_began)
    print(json.dumps(waits))


def measure(options: argparse.Namespace, folder: Path) -> list[bool]:
    minutes = round(options.segments / options.cameras)
    full = make_archive(folder / "full", options.cameras, minutes)
    small = make_archive(folder / "small", options.cameras, max(1, minutes // 100))
    empty = make_archive(folder / "empty", options.cameras, 0)
    runs = options.runs
    met = [
        figure("hold place, a day of half the cameras / empty index", hold_ratio(full, empty, runs), 2.5),
        figure("retention explain / empty index", explain_ratio(full, empty, runs), 1.2),
        figure("sweep with nothing to do / 1 % of the index", idle_ratio(full, small, 3 * runs), 1.5),
    ]
    set_aside(full)
    following = next_seconds(full, runs)
    met.append(figure("next 1,000 expired and not held / full scan", following / scan_seconds(full), 0.01))
    if options.large:
        larger = make_archive(folder / "large", options.cameras, 10 * minutes)
        met.append(figure("the same, ten times the index", next_seconds(larger, runs) / following, 1.5))
    done = deletions(full, min(options.cameras * 1440, options.segments // 8), 4)
    waits = sorted(done.waits)
    met.append(figure("a day's deletions / raw DELETE", done.ours / done.theirs, 6))
    p99 = waits[max(0, round(0.99 * len(waits)) - 1)]
    met.append(figure("recorder's wait, p99 / longest raw batch", p99 / done.longest_raw_batch, 2))
    met.append(figure("recorder's wait, worst / longest raw batch", waits[-1] / done.longest_raw_batch, 4))
    return met


def main() -> int:
    parser = argparse.ArgumentParser(prog="./scripts/bench retention", description=__doc__)
    parser.add_argument("--cameras", type=int, default=64)
    parser.add_argument("--segments", type=int, default=64 * 28 * 1440, help="of the index (default: 2,580,480)")
    parser.add_argument("--runs", type=int, default=11, help="pairs of runs of each command (default: 11)")
    parser.add_argument("--large", action="store_true", help="ten times the index beside it")
    parser.add_argument("--folder", type=Path, help="where to make the indexes (default: a temporary folder)")
    parser.add_argument("--record-into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.record_into:
        record_into(options.record_into)
        return 0
    with work_folder("bench-retention-", inside=options.folder) as folder:
        return 0 if all(measure(options, folder)) else 1


if __name__ == "__main__":
    sys.exit(main())
