"""The board: what is owed by when, without a name, at the cost of what is open."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import event, text

from cctv.cases.agenda.agenda import ROTATE, board, credential_items, hold_items
from cctv.cases.requests.deadlines import days_left
from cctv.db.engine import read_transaction, write_transaction
from cctv.holds.store import holds_in_force

pytestmark = pytest.mark.slow

ZONE = ZoneInfo("Europe/Brussels")
NOW = datetime(2026, 11, 1, 11, tzinfo=UTC)
OPEN = "request open --name 'Zqx Marked' --contact zqx@example.be --cameras gevel-1"
SPAN = "--from '2026-11-01 10:00' --to '2026-11-01 10:10'"


def test_each_request_stands_with_its_days_its_footage_and_the_next_line(site):
    site.record("gevel-1", "2026-11-01 10:00")
    site.cctv(f"{OPEN} {SPAN}")

    items = site.cctv("request board --json").json["items"]

    (request,) = [one for one in items if one["kind"] == "request"]
    assert request["id"] == "REQ-2026-001"
    assert request["days_left"] == 30
    assert request["missing"]
    assert request["next"].startswith("cctv request")
    assert request["footage_until"].startswith("2026-11-08T09:00")


def test_a_request_without_footage_says_the_answer_that_there_is_none(site):
    site.cctv(f"{OPEN} {SPAN}")
    site.cctv("request receipt REQ-2026-001")

    (request,) = [one for one in site.cctv("request board --json").json["items"] if one["kind"] == "request"]

    assert request["missing"] == ["answer"]
    assert request["next"] == "cctv request answer REQ-2026-001 --outcome no-footage"


def test_breaches_reviews_and_declarations_stand_beside_the_requests_the_first_due_first(site, clock):
    site.record("gevel-1", "2026-11-01 10:00")
    site.cctv(f"{OPEN} {SPAN}")
    site.cctv("breach open kwijt --aware '2026-11-01 09:00'")
    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:05'")
    clock.advance(days=20)

    items = site.cctv("request board --json").json["items"]

    assert {one["kind"] for one in items} == {"request", "breach", "hold", "declaration", "workstations"}
    assert [one["due"] for one in items] == sorted(one["due"] for one in items)
    assert next(one for one in items if one["kind"] == "breach")["days_left"] < 0
    assert "LATE" in site.cctv("request board").out


def test_neither_the_board_nor_the_calendar_names_anybody(site, tmp_path):
    site.record("gevel-1", "2026-11-01 10:00")
    site.cctv(f"{OPEN} {SPAN}")
    file = tmp_path / "cctv.ics"

    shown = site.cctv("request board").out
    site.cctv(f"request board --calendar {file}")

    assert "zqx" not in (shown + file.read_text()).casefold()


def test_the_calendar_is_one_that_a_reader_takes_and_an_entry_keeps_its_name(site, tmp_path):
    site.record("gevel-1", "2026-11-01 10:00")
    site.cctv(f"{OPEN} {SPAN}")
    file = tmp_path / "cctv.ics"
    site.cctv(f"request board --calendar {file}")
    first = Calendar.from_ical(file.read_bytes())
    site.cctv(f"request board --calendar {file}")
    again = Calendar.from_ical(file.read_bytes())

    events = {str(one["uid"]): one for one in first.walk("VEVENT")}
    request = next(one for uid, one in events.items() if "REQ-2026-001" in uid)
    assert request["dtstart"].dt == date(2026, 12, 1)
    assert events.keys() == {str(one["uid"]) for one in again.walk("VEVENT")}


def test_the_board_asks_for_what_is_open_however_much_was_closed(site):
    site.cctv(f"{OPEN} {SPAN}")
    opened = site.open()

    def steps():
        count = 0

        def progressed():
            nonlocal count
            count += 1
            return 0

        @event.listens_for(opened.engine, "connect")
        def watch(connection, _):
            connection.set_progress_handler(progressed, 100)

        board(opened, ())
        event.remove(opened.engine, "connect", watch)
        return count

    few = steps()
    with write_transaction(opened.engine) as connection:
        rows = connection.execute(text("SELECT * FROM requests")).mappings().one()
        closed = {**rows, "state": "closed", "closed_us": 1, "closed_by": "x"}
        names = ", ".join(closed)
        values = ", ".join(f":{name}" for name in closed)
        statement = text(f"INSERT INTO requests ({names}) VALUES ({values})")
        connection.execute(statement, [{**closed, "id": f"REQ-2025-{n:05}"} for n in range(3000)])

    assert len([item for item in board(opened, ()) if item.kind.value == "request"]) == 1
    assert steps() <= 1.2 * few + 5


@pytest.mark.parametrize(("last", "left"), [(date(2026, 10, 31), ROTATE.days - 1), (date(2026, 1, 1), -124), (None, 0)])
def test_a_password_is_due_half_a_year_after_its_last_change(last, left):
    (item,) = credential_items([("gevel-1", last)], NOW, ZONE)

    assert days_left(item.due, NOW, ZONE) == left


def test_a_hold_whose_review_is_far_away_is_nobodys_work_yet(site):
    site.record("gevel-1", "2026-11-01 10:00")
    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:05'")

    opened = site.open()
    with read_transaction(opened.engine) as connection:
        kept = holds_in_force(connection)

    assert list(hold_items(kept, opened.clock.now())) == []
    assert len(list(hold_items(kept, opened.clock.now() + timedelta(days=17)))) == 1
