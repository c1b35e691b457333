"""Cost grows with what expires: no statement of a sweep walks what is stored, and the bench runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import event

from cctv.db.engine import read_transaction, write_transaction
from cctv.holds.store import release as release_hold
from cctv.retention.sweep import sweep_once

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
BENCH = ROOT / "scripts" / "bench_retention.py"
OPEN = "ix_tombstones_open"  # only those that are not closed
WALKS = ("SCAN segments", "SCAN tombstones", "SEARCH segments USING INDEX ix_segments_held_over_limit_us (held_over=?)")


def walks_of(engine, act):
    """The statements of an act that would read all of a large table."""
    said = []

    def note(_connection, _cursor, statement, parameters, _context, many):
        if statement.startswith(("SELECT", "INSERT INTO tombstones", "UPDATE", "DELETE")):
            said.append((statement, parameters[0] if many else parameters))

    event.listen(engine, "before_cursor_execute", note)
    act()
    event.remove(engine, "before_cursor_execute", note)
    with read_transaction(engine) as connection:
        for statement, parameters in said:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            if "LIMIT" not in statement and any(step.startswith(WALKS) and OPEN not in step for step in plan):
                yield statement, plan


def test_no_statement_of_a_sweep_or_a_release_walks_what_is_stored(site, clock):
    site.record("gevel-1", "2026-11-01 11:00", minutes=3)
    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'")
    clock.advance(days=6, hours=22)
    opened = site.open()
    sweep_once(opened)  # the first of a day looks at all that is held over

    def release():
        with write_transaction(opened.engine) as connection:
            release_hold(connection, opened, "HOLD-2026-001", reason="over")

    clock.advance(hours=1, minutes=10)
    assert list(walks_of(opened.engine, lambda: sweep_once(opened))) == []
    assert len(site.footage("gevel-1")) == 1
    assert list(walks_of(opened.engine, release)) == []
    assert list(walks_of(opened.engine, lambda: sweep_once(opened))) == []
    assert site.footage("gevel-1") == []


def test_the_bench_measures_a_small_index(tmp_path):
    words = [
        sys.executable,
        str(BENCH),
        "--cameras",
        "4",
        "--segments",
        "16000",
        "--runs",
        "1",
        "--folder",
        str(tmp_path),
    ]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode in (0, 1), done.stderr
    figures = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(figures) == 7
    assert all(figure["value"] > 0 for figure in figures)
