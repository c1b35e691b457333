"""What is read from the log: by time, by number, by act; and every way in which an entry may not fit the one before."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from cctv.audit.chain import GENESIS, AuditBroken, check_chain, entry_hash
from cctv.audit.checkpoint_files import DAILY, FOLDER, LATEST
from cctv.audit.log import audit_entries, entries_since, entry_at, forget_texts_about, verify_log
from cctv.db.engine import read_transaction
from cctv.model.audit import Act

OPEN = "incident open 'laptop, foyer' --kind theft --another --cameras foyer-1 --from '2026-11-01 11:00' --to '11:30'"


@pytest.fixture
def told(site, clock):
    """A day of acts, an hour between them: an incident, a second one, the end of the first."""
    site.record("foyer-1", "2026-11-01 11:00", minutes=2)
    for command in (OPEN, OPEN.replace("laptop", "fiets"), "incident settle INC-2026-001 --reason done --yes"):
        clock.advance(hours=1)
        site.cctv(command)
    return site


def rows(site) -> list[tuple[int, str, str]]:
    """The log as it is stored: number, text and hash of each entry."""
    with sqlite3.connect(site.root / "cctv.db") as connection:
        found = connection.execute("SELECT seq, entry, hash FROM audit ORDER BY seq").fetchall()
    connection.close()
    return found


def test_the_entries_since_an_instant_begin_with_the_first_that_is_not_before_it(told, clock):
    whole = len(rows(told))
    with read_transaction(told.open().engine) as connection:
        found = {
            hours: list(entries_since(connection, clock.now() - timedelta(hours=hours))) for hours in (-1, 0, 1, 2, 9)
        }

    assert found[-1] == []
    assert [entry.act for entry in found[0]] == [Act.INCIDENT_SETTLED, Act.HOLD_RELEASED]
    assert [entry.act for entry in found[1]][:2] == [Act.INCIDENT_OPENED, Act.HOLD_PLACED]
    assert len(found[1]) == 4
    assert len(found[2]) == 6
    assert len(found[9]) == whole
    assert [entry.seq for entry in found[9]] == list(range(1, whole + 1))


def test_entries_are_those_of_an_act_the_last_of_them_first_to_be_kept(told):
    with read_transaction(told.open().engine) as connection:
        opened = audit_entries(connection, act=Act.INCIDENT_OPENED)
        (last,) = audit_entries(connection, act=Act.INCIDENT_OPENED, last=1)

    assert [reason for _, reason in opened] == ["laptop, foyer", "fiets, foyer"]
    assert last == opened[-1]


def test_an_entry_that_was_never_written_is_none(told):
    with read_transaction(told.open().engine) as connection:
        assert entry_at(connection, len(rows(told)) + 1) is None
        first = entry_at(connection, 1)
    assert first is not None
    assert first.act is Act.STORAGE_CREATED


def test_texts_about_one_name_are_forgotten_and_those_that_another_names_too_stay(told):
    with told.open().engine.begin() as connection:
        assert forget_texts_about(connection, "inc-2026-001", but=["HOLD-2026-001"]) == 2
        about = audit_entries(connection, about="INC-2026-001")
        verify_log(connection)

    kept = {entry.subject for entry, reason in about if reason is not None}
    assert kept == {"HOLD-2026-001"}
    assert {entry.subject for entry, reason in about if reason is None} >= {"INC-2026-001"}


def test_an_entry_whose_text_is_no_entry_breaks_the_chain_though_its_hash_fits(told):
    (first, *_) = rows(told)
    for text in ("[]", "{}", "no json", '{"seq": 2}'):
        with pytest.raises(AuditBroken, match="cannot be read"):
            check_chain([first, (2, text, entry_hash(text))])


def test_an_entry_that_was_moved_does_not_follow_the_one_before_it(told):
    first, second, third, *_ = rows(told)

    assert check_chain([]) == (0, GENESIS)
    assert check_chain([first, second, third]) == (3, third[2])
    with pytest.raises(AuditBroken, match="does not follow"):
        check_chain([first, (2, third[1], third[2])])


def test_a_checkpoint_that_cannot_be_read_is_no_proof_that_the_log_is_whole(told):
    told.cctv("sweep --once")
    assert "DOES NOT GO AS FAR" not in told.cctv("status", exit=None).out

    (told.root / FOLDER / LATEST).write_text('{"checkpoint": "no json"}\n')

    assert "DOES NOT GO AS FAR" in told.cctv("status", exit=15).out
    assert "keep it as it is" in told.cctv("audit verify", exit=15).err


def test_a_checkpoint_of_which_the_key_is_gone_proves_nothing(told):
    told.cctv("sweep --once")
    (told.root / "keys/signing.pub").unlink()

    assert "signing.pub" in told.cctv("audit verify", exit=15).err


def test_a_line_that_a_power_cut_tore_was_never_signed(told):
    told.cctv("sweep --once")
    signed = told.cctv("audit verify --json").json["checkpoints"]
    with (told.root / FOLDER / DAILY).open("a") as file:
        file.write('{"checkpoint": "{')

    assert told.cctv("audit verify --json").json["checkpoints"] == signed
