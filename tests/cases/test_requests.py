"""A request freezes its footage, has a deadline, and keeps its requester to itself."""

import pytest
from sqlalchemy import event, select

from cctv.cases.requests.next_steps import open_facts
from cctv.db import schema
from cctv.db.engine import read_transaction

pytestmark = pytest.mark.slow

WHO = "--name 'Quirina Zandvoort' --contact quirina@example.be"
SPAN = "--cameras foyer-1 --from '1/11 9:02' --to '1/11 9:05'"
DATED = SPAN.replace("1/11", "1/11/2026")
BEFORE = SPAN.replace("1/11", "19/10")


@pytest.fixture
def asked(site, clock):
    """Ten minutes of the foyer and a request over three of them."""
    clock.set("2026-11-01 12:00")
    site.record("foyer-1", "2026-11-01 09:00", minutes=10)
    return site.cctv(f"request open --no-prepare {WHO} {SPAN} --json").json


def test_opening_freezes_the_footage_past_its_limit(site, clock, asked):
    clock.advance(days=29)
    site.cctv("sweep --once")
    assert [segment.span.start.minute for segment in site.footage("foyer-1")] == [2, 3, 4]


def test_opening_answers_how_much_exists_and_when_the_answer_is_due(asked):
    assert asked["request"]["id"] == "REQ-2026-001"
    assert asked["request"]["due"] == "2026-12-01T22:59:59.000Z"
    assert asked["request"]["days_left"] == 30
    assert asked["footage"][0]["saved_seconds"] == 180
    assert asked["next"] == "cctv request receipt REQ-2026-001"


def test_the_hold_is_reviewed_when_the_answer_is_due(asked):
    assert asked["hold"]["review"] == asked["request"]["due"]
    assert asked["hold"]["ground_kind"] == "request"


@pytest.mark.parametrize(("kind", "ground"), [("restriction", "restriction"), ("objection", "objection")])
def test_restriction_and_objection_hold_on_their_own_ground(site, kind, ground):
    said = site.cctv(
        f"request open --no-prepare {WHO} --type {kind} --cameras foyer-1 --from 9:00 --to 9:10 --json"
    ).json
    assert said["hold"]["ground_kind"] == ground


@pytest.mark.parametrize("kind", ["erasure", "portability", "rectification", "complaint"])
def test_every_other_type_can_be_registered(site, kind):
    said = site.cctv(
        f"request open --no-prepare {WHO} --type {kind} --cameras foyer-1 --from 9:00 --to 9:10 --json"
    ).json
    assert said["request"]["type"] == kind


def test_the_clock_starts_on_the_day_of_receipt(site, clock):
    clock.set("2026-11-20 12:00")
    said = site.cctv(f"request open --no-prepare {WHO} {SPAN} --received 2/11 --json").json
    assert said["request"]["due"] == "2026-12-02T22:59:59.000Z"
    assert said["request"]["days_left"] == 12


def test_a_deadline_that_has_passed_is_said_loudly(site, clock):
    clock.set("2026-12-20 12:00")
    answer = site.cctv(f"request open --no-prepare {WHO} {DATED} --received 2/11/2026")
    assert "18 days LATE" in answer.out


def test_a_request_without_footage_is_registered_with_the_cause(site, clock):
    clock.set("2026-11-01 12:00")
    answer = site.cctv(f"request open --no-prepare {WHO} {SPAN}")
    assert "this camera has never been recorded" in answer.out
    assert "The request must still be answered" in answer.out
    assert "cctv request answer REQ-2026-001 --outcome no-footage" in answer.err


def test_letters_are_in_the_language_of_the_site_unless_said(site):
    cameras = "--cameras foyer-1 --from 9:00 --to 9:10 --json"
    assert site.cctv(f"request open --no-prepare {WHO} {cameras}").json["request"]["language"] == "nl"
    assert site.cctv(f"request open --no-prepare {WHO} {cameras} --language fr").json["request"]["language"] == "fr"


def test_closing_releases_its_own_holds_and_the_footage_then_expires(site, clock, asked):
    site.cctv("incident open fiets --kind theft --cameras foyer-1 --from '1/11 9:04' --to '1/11 9:05'")
    clock.advance(days=29)

    said = site.cctv("request close REQ-2026-001 --outcome granted --json").json
    assert said["request"]["outcome"] == "granted"
    assert {one["fate"] for one in said["footage"]} == {"next-sweep", "still-held"}

    site.cctv("sweep --once")
    assert [segment.span.start.minute for segment in site.footage("foyer-1")] == [4]
    assert [path.name for path in (site.root / "holds").iterdir()] == ["HOLD-2026-002.json"]


@pytest.mark.parametrize("outcome", ["refused --ground excessive", "partly", "not-identifiable"])
def test_a_refusal_needs_a_reason(site, asked, outcome):
    answer = site.cctv(f"request close REQ-2026-001 --outcome {outcome}", exit=2)
    assert "Article 12(4)" in answer.err
    site.cctv(f"request close REQ-2026-001 --outcome {outcome} --reason 'delivered last week'")


def test_a_request_is_closed_once(site, asked):
    site.cctv("request close REQ-2026-001 --outcome granted")
    answer = site.cctv("request close REQ-2026-001 --outcome granted", exit=2)
    assert "REQ-2026-001 was closed on 2026-11-01" in answer.err


@pytest.mark.parametrize("command", ["show REQ-2026-009", "close REQ-2026-009 --outcome granted", "show fiets"])
def test_an_unknown_request_is_refused(site, command):
    answer = site.cctv(f"request {command}", exit=2)
    assert "There is no request" in answer.err
    assert "next:  cctv request list --all" in answer.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--name '' --contact a@example.be --from 9:00 --to 9:10", "The name cannot be used"),
        ("--name An --contact ' ' --from 9:00 --to 9:10", "The contact cannot be used"),
        (f"{WHO} --from 9:00 --to 9:10 --received 2/11/2026", "is still to come"),
        (f"{WHO} --from 9:00 --to 9:10 --received 31/2", "no day 31 in month 2"),
        (f"{WHO} --from 9:10 --to '1/11 9:00'", "does not end after it starts"),
        (f"{WHO} --from '25/10 2:30' --to '25/10 4:00'", "happens twice"),
        (f"{WHO} --from '29/3/2026 2:30' --to '29/3/2026 4:00'", "does not exist"),
    ],
)
def test_bad_input_changes_nothing(site, clock, arguments, message):
    clock.set("2026-11-01 12:00")
    answer = site.cctv(f"request open --no-prepare --cameras foyer-1 {arguments}", exit=2)
    assert message in answer.err
    assert "next:" in answer.err
    assert site.cctv("request list --all --json").json["requests"] == []
    assert not list((site.root / "holds").iterdir())


def test_dry_runs_change_nothing(site, asked):
    site.cctv(f"request open --no-prepare {WHO} {SPAN} --dry-run")
    site.cctv("request close REQ-2026-001 --outcome granted --dry-run")
    (only,) = site.cctv("request list --all --json").json["requests"]
    assert only["state"] == "open"


def test_the_list_shows_the_first_due_first_and_hides_what_is_closed(site, clock, asked):
    clock.set("2026-11-10 12:00")
    site.cctv(f"request open --no-prepare {WHO} {SPAN}")
    site.cctv(f"request open --no-prepare {WHO} {BEFORE} --received 20/10")
    site.cctv("request close REQ-2026-002 --outcome not-identifiable --reason 'no such coat'")
    assert [one["id"] for one in site.cctv("request list --json").json["requests"]] == ["REQ-2026-003", "REQ-2026-001"]
    assert len(site.cctv("request list --all --json").json["requests"]) == 3


def test_a_requesters_name_is_in_the_request_and_nowhere_else(site, asked):
    site.cctv("request close REQ-2026-001 --outcome refused --ground excessive --reason 'not on these cameras'")
    with read_transaction(site.open().engine) as connection:
        rows = {table.name: str(connection.execute(select(table)).all()) for table in schema.metadata.sorted_tables}
    naming = {name for name, said in rows.items() if "zandvoort" in said.lower() or "quirina" in said.lower()}
    assert naming == {"parties"}
    files = [path for path in site.root.rglob("*") if path.is_file() and not path.name.startswith("cctv.db")]
    assert not [path for path in files if b"Zandvoort" in path.read_bytes() or b"quirina" in path.read_bytes()]
    assert not [path for path in site.root.rglob("*") if "zandvoort" in path.name.lower()]
    site.cctv("audit verify")


def test_an_error_never_repeats_the_name(site, asked):
    answer = site.cctv(f"request open --no-prepare {WHO} --cameras foyer-1 --from '3/9 9:00' --to '1/9 9:00'", exit=2)
    assert "Zandvoort" not in answer.out + answer.err


def test_opening_prepares_the_sheet_where_a_copy_is_asked_for(site, clock):
    clock.set("2026-11-01 12:00")
    site.record("foyer-1", "2026-11-01 09:00", minutes=1)
    said = site.cctv(f"request open {WHO} --cameras foyer-1 --from '1/11 9:00' --to '1/11 9:01' --json").json
    assert said["not_prepared"] is None
    assert [step["need"] for step in said["missing"]] == [*("receipt", "decide", "backdrop", "review", "approve")]
    assert (site.root / "derived/REQ-2026-001/sheet.html").is_file()


def test_a_sheet_that_cannot_be_prepared_leaves_the_request_registered(site, clock):
    clock.set("2026-11-01 12:00")
    (segment,) = site.record("foyer-1", "2026-11-01 09:00", minutes=1)
    (site.root / segment.path).write_bytes(b"not what was recorded")
    answer = site.cctv(f"request open {WHO} --cameras foyer-1 --from '1/11 9:00' --to '1/11 9:01'", exit=3)
    assert "Registered and frozen, but not prepared" in answer.out
    assert site.cctv("request list --json").json["requests"]


def test_what_is_missing_of_open_requests_costs_nothing_for_closed_ones(site):
    for _ in range(3):
        site.cctv(f"request open --no-prepare {WHO} {SPAN}")
    site.cctv("request close REQ-2026-001 --outcome granted")
    plans = []
    opened = site.open()
    with read_transaction(opened.engine) as connection:

        def explain(*given):
            plans.append(connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {given[2]}", given[3]).fetchall())

        event.listen(connection, "before_cursor_execute", explain)
        facts = open_facts(connection, opened)
    assert [one.request.id for one in facts] == ["REQ-2026-002", "REQ-2026-003"]
    said = [row[3] for plan in plans for row in plan]
    assert not [step for step in said if step.startswith("SCAN requests") and "ix_requests_open" not in step]
