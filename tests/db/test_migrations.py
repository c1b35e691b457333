"""The first migration: it makes the tables that the program knows, and a database of an unknown version is refused."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from cctv.db.engine import open_engine, read_transaction, write_transaction
from cctv.db.migrate import HEAD, DatabaseNewer, version
from cctv.db.schema import metadata
from cctv.db.upgrade import upgrade

SCHEMA = text("SELECT name, tbl_name, sql FROM sqlite_master WHERE tbl_name != 'alembic_version'")


@pytest.fixture
def migrated(tmp_path):
    engine = open_engine(tmp_path / "cctv.db", create=True)
    upgrade(engine)
    return engine


def schema_of(engine):
    """Every table and index with its statement, whatever the order in which they were made."""
    with engine.connect() as connection:
        return {tuple(row) for row in connection.execute(SCHEMA)}


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
