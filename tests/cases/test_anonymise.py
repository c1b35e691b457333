"""The people of a request leave no trace: not in the log or a file name, and after their time not in the database."""

import pytest
from sqlalchemy import select

from cctv.cases.requests.anonymise import forget_after
from cctv.cases.requests.lifecycle import list_requests
from cctv.db import schema
from cctv.db.engine import read_transaction

pytestmark = pytest.mark.slow

MARK = "Qwxzandvoort"
WHO = (
    f"--name 'An {MARK}1' --contact {MARK}2@example.be --said-time '{MARK}3 uur' --said-place '{MARK}4' "
    f"--appearance 'rode {MARK}5' --as nominee --by 'Mr {MARK}6' --by-contact {MARK}7@bar.be --by-country BE "
    "--mandate express-demand --mandated 31/10/2026"
)
SPAN = "--cameras foyer-1 --from '1/11 9:00' --to '1/11 9:02'"
ONE = "REQ-2026-001"


def holding(site):
    """Every file of the storage that holds the marked text, whatever its case."""
    marks = (MARK.encode(), MARK.lower().encode())
    files = [path for path in site.root.rglob("*") if path.is_file()]
    return sorted(path.name for path in files if any(mark in path.read_bytes() for mark in marks))


def tables_holding(site):
    with read_transaction(site.open().engine) as connection:
        rows = {table.name: str(connection.execute(select(table)).all()) for table in schema.metadata.sorted_tables}
    return sorted(name for name, said in rows.items() if MARK.lower() in said.lower())


@pytest.fixture
def asked(site, clock):
    """A request full of marked texts, checked, with a statement and a reason."""
    clock.set("2026-11-01 12:00")
    site.record("foyer-1", "2026-11-01 09:00", minutes=2)

    def ask(kind):
        site.cctv(f"request open --no-prepare {WHO} --type {kind} {SPAN}")
        site.cctv(f"request identity {ONE} --method document-seen --checker 'A. {MARK}10'")
        site.cctv(f"request identity {ONE} --role nominee --method bar-membership --checker 'A. Peeters'")
        site.cctv(f"request statement {ONE} --text 'ik, {MARK}8, stond daar'")
        site.cctv(f"request extend {ONE} --no-letter --ground complexity --reason 'voor {MARK}9'")

    return ask


def test_before_it_is_closed_a_name_stands_in_its_own_rows_and_nowhere_else(site, asked):
    asked("erasure")
    assert tables_holding(site) == ["identity_checks", "notes", "parties", "requests", "statements"]
    assert set(holding(site)) <= {"cctv.db", "cctv.db-wal"}
    assert not [path for path in site.root.rglob("*") if MARK.lower() in path.name.lower()]


def test_a_closed_erasure_leaves_no_byte_of_a_name_in_the_storage(site, asked):
    asked("erasure")
    (letter,) = site.cctv(f"request answer {ONE} --erasure-ground unlawful --yes --json").json["letters"]
    assert (site.root / letter).read_bytes().startswith(b"%PDF")
    assert f"{ONE}-answer.txt" in holding(site)
    site.cctv(f"request sent {ONE} --letter answer")

    assert holding(site) == []

    shown = site.cctv(f"request show {ONE}").out + site.cctv(f"audit list --about {ONE}").out
    assert MARK.lower() not in shown.lower()
    site.cctv("audit verify")


def test_any_other_request_is_forgotten_after_the_time_that_the_site_sets(site, clock, asked):
    text = site.config.read_text().replace("[policy]", '[policy]\nforget_requests = "90d"')
    site.config.write_text(text)
    asked("access")
    site.cctv(
        f"request answer {ONE} --no-letter --outcome not-identifiable --reason 'niemand met een jas als die van {MARK}'"
    )

    clock.advance(days=89)
    site.cctv("sweep --once")
    assert "parties" in tables_holding(site)
    clock.advance(days=1)
    assert f"the people of {ONE} forgotten" in site.cctv("sweep --once").out

    assert holding(site) == []
    said = site.cctv(f"request show {ONE} --json").json["request"]
    assert (said["state"], said["type"], said["outcome"]) == ("forgotten", "access", "not-identifiable")
    site.cctv("audit verify")


def test_errors_and_answers_of_every_act_name_nobody(site, asked):
    asked("erasure")
    for command in (
        f"request identity {ONE} --method eid --checker X --role proxy",
        f"request answer {ONE} --ground x",
        f"request yield {ONE} --to {ONE} --ground authority --recipient x --reference y --reason x --for DPO",
    ):
        answer = site.cctv(command, exit=2)
        assert MARK.lower() not in (answer.out + answer.err).lower()


def test_an_open_request_is_never_forgotten(site, clock, asked):
    asked("restriction")
    site.cctv(f"request answer {ONE} --no-letter")
    clock.advance(days=3000)
    site.cctv("sweep --once")
    assert "parties" in tables_holding(site)
    with read_transaction(site.open().engine) as connection:
        assert connection.execute(select(schema.requests.c.forgotten_us)).scalar() is None


def test_the_time_to_forget_is_counted_from_the_closing(site, clock, asked):
    asked("access")
    site.cctv(f"request close {ONE} --outcome granted")
    (closed,) = list_requests(site.open(), closed_too=True)
    keep = site.open().settings.policy.forget_requests
    assert (keep.days, forget_after(closed, keep)) == (365, closed.closed + keep)
