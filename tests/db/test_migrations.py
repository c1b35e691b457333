"""The migrations: they make the tables that the program knows, keep what is there, and refuse an unknown version."""

import re
from importlib.resources import as_file, files

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from cctv.db.engine import open_engine, read_transaction, write_transaction
from cctv.db.migrate import HEAD, DatabaseNewer, version
from cctv.db.schema import metadata
from cctv.db.upgrade import upgrade
from cctv.footage.runs import find_run
from cctv.footage.segments import find_segment
from cctv.model.footage import FootageSource

SCHEMA = text("SELECT name, tbl_name, sql FROM sqlite_master WHERE tbl_name != 'alembic_version'")


@pytest.fixture
def migrated(tmp_path):
    engine = open_engine(tmp_path / "cctv.db", create=True)
    upgrade(engine)
    return engine


def schema_of(engine):
    """Every table and index with the words of its statement; a column that was added later stands behind the others."""
    with engine.connect() as connection:
        rows = connection.execute(SCHEMA)
        return {(name, table, *sorted(re.findall(r"[\w']+", sql or ""))) for name, table, sql in rows}


def test_the_migrations_make_the_tables_that_the_program_knows_and_no_other(migrated):
    known = create_engine("sqlite://")
    metadata.create_all(known)

    assert schema_of(migrated) == schema_of(known)
    with read_transaction(migrated) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_bringing_up_to_date_twice_changes_nothing(migrated):
    before = schema_of(migrated)

    upgrade(migrated)

    assert schema_of(migrated) == before
    with read_transaction(migrated) as connection:
        assert version(connection) == HEAD


@pytest.mark.parametrize("other", ["0014", "9999"])
def test_a_database_of_an_unknown_version_is_refused_and_left_as_it_is(migrated, other):
    with write_transaction(migrated) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :other"), {"other": other})

    with pytest.raises(DatabaseNewer, match=f"of version {other}; this program knows {HEAD}") as refused:
        upgrade(migrated)

    assert refused.value.next_step == "install the newer cctv that wrote it; nothing was changed."
    with read_transaction(migrated) as connection:
        assert version(connection) == other


def test_footage_of_before_there_were_cards_was_recorded_live(tmp_path):
    engine = open_engine(tmp_path / "cctv.db", create=True)
    with as_file(files("cctv.db") / "migrations") as scripts, write_transaction(engine) as connection:
        config = Config()
        config.set_main_option("script_location", str(scripts))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in (
            "INSERT INTO policies VALUES ('p', '{}', 1)",
            "INSERT INTO runs (camera, zone, policy, period_us, started_us) VALUES ('c', 'z', 'p', 9, 1)",
            "INSERT INTO segments (camera, zone, start_us, end_us, limit_us, path, sha256, size_bytes, policy, run_id)"
            " VALUES ('c', 'z', 1, 2, 10, 'segments/z/c/1970-01-01/x.mp4', 'h', 5, 'p', 1)",
        ):
            connection.execute(text(statement))

    upgrade(engine)

    with read_transaction(engine) as connection:
        assert find_segment(connection, 1).source is FootageSource.LIVE
        assert find_run(connection, 1).source is FootageSource.LIVE
