"""From one version of the schema to the next: rows stay, and the tables are those that the program knows."""

from datetime import timedelta

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text

from cctv.archive import runs_of
from cctv.db import register_tables
from cctv.db.engine import open_engine, reading, writing
from cctv.db.migrate import HEAD, DatabaseNewer, migrate, version
from cctv.kernel.clock import from_us
from cctv.kernel.span import Span
from cctv.model.ids import CameraId

NOON_US = 1_793_530_800_000_000
ROWS = (
    "INSERT INTO policies (digest, text, first_seen_us) VALUES ('p1', 'x', 1)",
    "INSERT INTO runs (id, camera, zone, policy, period_us, started_us, anchor_us, ended_us) "
    f"VALUES (7, 'gevel-1', 'facade', 'p1', 60000000, {NOON_US}, {NOON_US + 5}, {NOON_US + 90})",
    "INSERT INTO segments (camera, zone, start_us, end_us, limit_us, path, sha256, size_bytes, policy, run_id) "
    f"VALUES ('gevel-1', 'facade', {NOON_US + 5}, {NOON_US + 90}, {NOON_US + 100}, 'a.mp4', 'f0', 3, 'p1', 7)",
    "INSERT INTO tombstones (segment_id, camera, zone, start_us, end_us, limit_us, path, sha256, size_bytes, policy, "
    "reason, began_us) VALUES (1, 'gevel-1', 'facade', 0, 200, 300, 'b.mp4', 'f1', 4, 'p1', 'past its limit', 300), "
    "(2, 'foyer-1', 'interior', 0, 60, 300, 'c.mp4', 'f2', 5, 'p1', 'past its limit', 300)",
    f"INSERT INTO gaps (camera, start_us, cause) VALUES ('gevel-1', {NOON_US + 90}, 'stalled')",
)


@pytest.fixture
def first(tmp_path):
    """A database as the first version made it, with rows."""
    engine = open_engine(tmp_path / "cctv.db", create=True)
    with writing(engine) as connection:
        config = Config()
        config.set_main_option("script_location", "cctv.db:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for row in ROWS:
            connection.execute(text(row))
    return engine


def test_a_database_of_the_first_version_is_brought_up_to_date_with_its_rows(first):
    with reading(first) as connection:
        assert version(connection) == "0001"
        before = [tuple(connection.execute(text(f"SELECT * FROM {name}")).one()) for name in ("segments", "gaps")]

    migrate(first)

    with reading(first) as connection:
        assert version(connection) == HEAD
        (*segment, held_over), gap = (
            tuple(connection.execute(text(f"SELECT * FROM {name}")).one()) for name in ("segments", "gaps")
        )
        (run,) = runs_of(connection, CameraId("gevel-1"), Span(from_us(NOON_US), from_us(NOON_US + 1)))
    assert [tuple(segment), gap] == before
    assert held_over == 0
    assert (run.id, run.started, run.ended) == (7, from_us(NOON_US), from_us(NOON_US + 90))
    assert (run.period, run.clock_offset) == (timedelta(minutes=1), None)


def test_the_totals_of_each_camera_are_made_of_the_rows_that_were_there(first):
    migrate(first)

    with reading(first) as connection:
        rows = connection.execute(text("SELECT * FROM camera_totals ORDER BY camera")).all()
    assert [tuple(row) for row in rows] == [("foyer-1", 0, 0, 60, 0), ("gevel-1", 1, 3, 200, 0)]


def test_bringing_up_to_date_twice_changes_nothing(first):
    migrate(first)
    migrate(first)

    with reading(first) as connection:
        assert version(connection) == HEAD


def test_the_migrations_make_the_tables_that_the_program_knows(first):
    migrate(first)

    with reading(first) as connection:
        assert compare_metadata(MigrationContext.configure(connection), register_tables.metadata) == []


def test_a_database_of_a_newer_program_is_refused(first):
    migrate(first)
    with writing(first) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(DatabaseNewer):
        migrate(first)


def test_an_older_log_is_found_by_its_names_after_the_migration(first):
    entry = '{"case":"INC-2026-001","seq":1,"subject":"HOLD-2026-001"}'
    with writing(first) as connection:
        connection.execute(text("INSERT INTO audit (seq, entry, hash) VALUES (1, :entry, 'h')"), {"entry": entry})

    migrate(first)

    with reading(first) as connection:
        named = connection.execute(text("SELECT name, seq FROM audit_names ORDER BY name")).all()
    assert named == [("hold-2026-001", 1), ("inc-2026-001", 1)]
