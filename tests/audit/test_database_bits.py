"""What lies in cctv.db beside the rows: indexes, definitions, pages, header.  A change there is named too."""

from __future__ import annotations

import sqlite3

import pytest


@pytest.fixture
def signed(site):
    site.record("foyer-1", "2026-11-01 11:00", minutes=2)
    site.cctv("incident open laptop --kind theft --cameras foyer-1 --from '2026-11-01 11:00' --to '11:02'")
    site.cctv("audit checkpoint")
    with sqlite3.connect(site.root / "cctv.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return site


def names(site) -> dict[str, str]:
    """What `audit verify` says differs, by name."""
    found = site.cctv("audit verify --json", exit=15).json["differences"]
    return {difference["name"]: difference["why"] for difference in found}


def change(site, *statements: str) -> None:
    connection = sqlite3.connect(site.root / "cctv.db", isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("column", ["segments.path", "audit.hash", "row_keys.name", "notes.case_id"])
def test_a_bit_of_an_index_is_named_though_its_table_is_whole(signed, column):
    """From such an index a query misses rows: the file has the value in its table, and again in the index."""
    table, _, name = column.partition(".")
    connection = sqlite3.connect(signed.root / "cctv.db")
    (value,) = connection.execute(f"SELECT {name} FROM {table} ORDER BY rowid DESC LIMIT 1").fetchone()
    connection.close()
    whole = (signed.root / "cctv.db").read_bytes()
    places = [place for place in range(len(whole)) if whole.startswith(value.encode(), place)]
    assert len(places) >= 2
    for place in places:
        data = bytearray(whole)
        data[place + len(value) // 2] ^= 1
        (signed.root / "cctv.db").write_bytes(data)
        told = signed.cctv("audit verify", exit=None)
        (signed.root / "cctv.db").write_bytes(whole)
        assert told.exit == 15 or not _counts(whole, data, signed), f"byte {place}: {told.out}"
    (signed.root / "cctv.db").write_bytes(whole)
    signed.cctv("audit verify")


def _counts(whole: bytes, data: bytes, site) -> bool:
    """Whether a database says anything else than before: a value may stand in free space too."""
    said = []
    for content in (whole, data):
        copy = site.folder / "copy.db"
        copy.write_bytes(content)
        connection = sqlite3.connect(copy)
        said.append((list(connection.iterdump()), connection.execute("PRAGMA integrity_check").fetchall()))
        connection.close()
    return said[0] != said[1]


def test_a_definition_that_was_changed_is_named(signed):
    """Columns that may be NULL now; their names and types are as before."""
    change(
        signed,
        "PRAGMA writable_schema=ON",
        "UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '        ') WHERE name = 'holds'",
    )

    assert list(names(signed)) == ["definition of table holds"]


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("CREATE INDEX mine ON holds (id)", "definition of index mine"),
        ("DROP INDEX ix_notes_case_id", "definition of index ix_notes_case_id"),
        ("CREATE TABLE mine (id INTEGER)", "definition of table mine"),
        ("PRAGMA application_id = 7", "cctv.db: application_id"),
        ("PRAGMA user_version = 7", "cctv.db: user_version"),
    ],
)
def test_what_is_not_of_the_program_is_named(signed, statement, name):
    change(signed, statement)

    assert list(names(signed)) == [name]


def test_a_path_that_is_no_text_is_named_and_is_no_crash(signed):
    change(signed, "UPDATE segments SET path = CAST(x'7365676d656e74732fee2f78' AS TEXT) WHERE id = 1")

    assert "no UTF-8" in names(signed)["cctv.db"]


@pytest.mark.parametrize("table", ["row_keys", "notes"])
@pytest.mark.parametrize("forged", ["upper(key)", "key || ' '"])
def test_a_key_in_other_signs_is_named_though_it_is_the_same_number(signed, table, forged):
    """One bit makes a capital of a hex digit."""
    change(signed, f"UPDATE {table} SET key = {forged}")

    assert any(name.startswith("notes/") for name in names(signed))
