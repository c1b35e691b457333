"""The log cannot be changed unseen, and forgetting a reason does not break it."""

from __future__ import annotations

import sqlite3

import pytest

from cctv.audit.log import audit_entries, forget_text, verify_log
from cctv.db.engine import read_transaction

INCIDENT = "incident open 'laptop, foyer' --kind theft --cameras foyer-1 --from '2026-11-01 11:00' --to '11:30'"


@pytest.fixture
def told(site):
    site.record("foyer-1", "2026-11-01 11:00", minutes=2)
    site.cctv(INCIDENT)
    return site


@pytest.mark.parametrize(
    ("change", "seq"),
    [
        ("UPDATE audit SET entry = replace(entry, 'foyer-1', 'gang-2') WHERE entry LIKE '%hold.placed%'", None),
        ("DELETE FROM audit WHERE seq = 2", 2),
        ("UPDATE audit SET hash = 'abc' WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 1", 1),
    ],
)
def test_a_changed_or_missing_entry_is_found(told, change, seq):
    with sqlite3.connect(told.root / "cctv.db") as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(change)
    connection.close()

    found = told.cctv("audit verify", exit=15)

    assert "broken at entry" in found.err
    assert seq is None or f"entry {seq}" in found.err


def test_the_log_tells_who_did_what_for_which_case_and_why(told):
    entries = told.cctv("audit list --about INC-2026-001 --json").json["entries"]

    assert [entry["act"] for entry in entries] == ["incident.opened", "hold.placed"]
    assert entries[0]["reason"] == "laptop, foyer"


def test_a_forgotten_reason_is_gone_from_the_database_and_the_chain_still_verifies(told):
    opened = told.open()
    with opened.engine.begin() as connection:
        assert forget_text(connection, "INC-2026-001") > 0
    with read_transaction(opened.engine) as connection:
        verify_log(connection)
        reasons = [reason for _, reason in audit_entries(connection, about="INC-2026-001")]
    assert reasons == [None, None]


def test_free_text_is_in_no_entry(told):
    with sqlite3.connect(told.root / "cctv.db") as connection:
        texts = [row[0] for row in connection.execute("SELECT entry FROM audit")]
    connection.close()
    assert not any("laptop" in text for text in texts)


@pytest.mark.parametrize(
    "change",
    ["DELETE FROM audit_names WHERE name = 'inc-2026-001'", "INSERT INTO audit_names VALUES ('inc-2026-009', 1)"],
)
def test_an_entry_that_is_hidden_from_the_search_is_told(told, change):
    with sqlite3.connect(told.root / "cctv.db") as connection:
        connection.execute(change)
    connection.close()

    assert "audit_names was changed" in told.cctv("audit verify", exit=15).err
