"""A request freezes what it is about: a day of footage at most, more only when somebody confirms it."""

from datetime import UTC, datetime

import pytest
from icalendar import Calendar
from sqlalchemy import update

from cctv.db import schema
from cctv.model.cases import RequestType

pytestmark = pytest.mark.slow

WHO = "--name 'Quirina Zandvoort' --contact quirina@example.be"
WIDE = "--cameras foyer-1,gang-2 --from '1/11 9:00' --to '1/11 21:01'"
CLOSE = "--cameras foyer-1 --from '1/11 9:03' --to '1/11 9:05'"


@pytest.fixture
def wide(site, clock):
    """Six minutes of the foyer, and a request over a minute more than a day of camera time."""
    clock.set("2026-11-02 12:00")
    site.record("foyer-1", "2026-11-01 09:00", minutes=6)
    return site.cctv(f"request open --no-prepare {WHO} {WIDE} --yes --json").json


def minutes(site):
    return [segment.span.start.minute for segment in site.footage("foyer-1")]


def test_a_wide_request_is_registered_and_frozen_for_72_hours(site, wide):
    assert wide["request"]["state"] == "open"
    assert wide["request"]["provisional_until"] == wide["hold"]["review"] == "2026-11-05T11:00:00.000Z"
    assert wide["cost"]["asked_seconds"] == 24 * 3600 + 120
    assert wide["next"].startswith("cctv request confirm REQ-2026-001")


def test_exactly_a_day_of_footage_is_frozen_to_the_end(site, clock):
    clock.set("2026-11-02 12:00")
    day = "--cameras foyer-1,gang-2 --from '1/11 9:00' --to '1/11 21:00'"
    assert site.cctv(f"request open --no-prepare {WHO} {day} --json").json["request"]["provisional_until"] is None


def test_a_dry_run_shows_size_and_disk_before_anybody_confirms(site, wide):
    said = site.cctv("request confirm REQ-2026-001 --reason look --dry-run")
    assert "24 h 02 min of footage" in said.out
    assert "free" in said.out
    assert site.cctv("request show REQ-2026-001 --json").json["request"]["provisional_until"]


def test_what_nobody_confirms_goes_after_72_hours_and_the_log_says_so(site, clock, wide):
    clock.advance(hours=71)
    site.cctv("sweep --once")
    assert site.cctv("hold list --json").json["holds"]

    clock.advance(hours=1)
    assert "HOLD-2026-001 ended" in site.cctv("sweep --once").out

    assert site.cctv("hold list --json").json["holds"] == []
    assert not list((site.root / "holds").iterdir())
    acts = [entry["act"] for entry in site.cctv("audit list --about REQ-2026-001 --json").json["entries"]]
    assert acts == ["request.opened", "hold.placed", "request.lapsed", "hold.released"]
    assert "Nothing is frozen" in site.cctv("request show REQ-2026-001").out


def test_what_somebody_confirms_stays_until_the_request_is_closed(site, clock, wide):
    done = site.cctv("request confirm REQ-2026-001 --reason 'she does not know which hour' --json").json
    assert done["hold"]["id"] == "HOLD-2026-001"
    clock.advance(days=28)
    site.cctv("sweep --once")
    assert minutes(site) == [0, 1, 2, 3, 4, 5]
    site.cctv("request close REQ-2026-001 --outcome granted")
    site.cctv("sweep --once")
    assert minutes(site) == []


def test_after_it_lapsed_confirming_freezes_what_is_left(site, clock, wide):
    clock.advance(hours=73)
    site.cctv("sweep --once")
    done = site.cctv("request confirm REQ-2026-001 --reason 'he was ill' --json").json
    assert done["hold"]["id"] == "HOLD-2026-002"
    clock.advance(days=40)
    site.cctv("sweep --once")
    assert len(minutes(site)) == 6


@pytest.mark.parametrize("kind", ["restriction", "objection", "erasure"])
def test_a_right_that_stops_the_footage_never_lapses_however_much_it_is(site, clock, kind):
    clock.set("2026-11-02 12:00")
    site.record("foyer-1", "2026-11-01 09:00", minutes=6)
    opened = site.cctv(f"request open --no-prepare {WHO} --type {kind} {WIDE} --yes --json").json
    assert opened["request"]["provisional_until"] is None
    assert "confirm" not in [step["need"] for step in opened["missing"]]

    for _ in range(3):
        clock.advance(days=10)
        site.cctv("sweep --once")

    assert minutes(site) == [0, 1, 2, 3, 4, 5]
    assert [hold["id"] for hold in site.cctv("hold list --json").json["holds"]] == ["HOLD-2026-001"]
    assert "nothing to confirm" in site.cctv("request confirm REQ-2026-001 --reason x", exit=2).err


def test_a_hold_that_an_earlier_version_placed_for_72_hours_stays_under_a_restriction(site, clock, wide):
    opened = site.open()
    with opened.engine.begin() as connection:  # past the log, as an earlier version left it
        connection.execute(update(schema.requests).values(type=RequestType.RESTRICTION))
    clock.advance(days=30)

    site.cctv("sweep --once")
    site.cctv("sweep --once")

    assert len(minutes(site)) == 6
    assert "confirm" not in [step["need"] for step in site.cctv("request show REQ-2026-001 --json").json["missing"]]


def test_a_restriction_that_becomes_wider_is_frozen_at_once_and_to_the_end(site, clock):
    clock.set("2026-11-02 12:00")
    site.record("foyer-1", "2026-11-01 09:00", minutes=6)
    site.cctv(f"request open --no-prepare {WHO} --type restriction {CLOSE}")
    done = site.cctv(f"request scope REQ-2026-001 {WIDE} --yes --reason 'all day' --json").json
    assert (done["released"], done["request"]["provisional_until"]) == (["HOLD-2026-001"], None)
    clock.advance(days=30)
    site.cctv("sweep --once")
    assert len(minutes(site)) == 6


def test_a_lapse_is_on_the_board_in_the_calendar_and_in_the_status_from_its_first_day(site, clock, wide, tmp_path):
    (lapse,) = lapses(site)
    assert (lapse["id"], lapse["due"], lapse["days_left"]) == ("REQ-2026-001", "2026-11-05T11:00:00.000Z", 3)
    assert lapse["next"].startswith("cctv request confirm REQ-2026-001")
    site.cctv(f"request board --calendar {tmp_path / 'cctv.ics'}")
    events = Calendar.from_ical((tmp_path / "cctv.ics").read_bytes()).walk("VEVENT")
    (event,) = [event for event in events if str(event["uid"]).startswith("lapse-REQ-2026-001")]
    assert event["dtend"].dt == datetime(2026, 11, 5, 11, tzinfo=UTC)
    told = site.cctv("status --json", exit=None).json["unconfirmed"]
    assert told == [{"request": "REQ-2026-001", "until": "2026-11-05T11:00:00.000Z", "lapsed": False}]
    assert "REQ-2026-001: hold ends" in site.cctv("status", exit=None).out


def test_a_lapse_stays_on_the_board_until_somebody_confirms_or_narrows(site, clock, wide):
    clock.advance(days=5)
    site.cctv("sweep --once")
    (lapse,) = lapses(site)
    assert (lapse["days_left"], lapse["what"].split(":")[0]) == (-2, "nothing keeps its footage any more")
    assert "REQ-2026-001: hold ENDED" in site.cctv("status", exit=None).out

    site.cctv("request confirm REQ-2026-001 --reason 'he was ill'")

    assert lapses(site) == []
    assert site.cctv("status --json", exit=None).json["unconfirmed"] == []


def lapses(site):
    return [item for item in site.cctv("request board --json").json["items"] if item["kind"] == "lapse"]


def test_nothing_to_confirm_is_said(site, clock):
    clock.set("2026-11-02 12:00")
    site.cctv(f"request open --no-prepare {WHO} {CLOSE}")
    assert "nothing to confirm" in site.cctv("request confirm REQ-2026-001 --reason x", exit=2).err


def test_a_narrower_scope_lets_the_rest_go_and_keeps_its_own(site, clock, wide):
    done = site.cctv(f"request scope REQ-2026-001 {CLOSE} --reason 'she named the hour' --json").json
    assert (done["released"], done["request"]["provisional_until"]) == (["HOLD-2026-001"], None)
    clock.advance(days=28)
    site.cctv("sweep --once")
    assert minutes(site) == [3, 4]


def test_a_wider_scope_keeps_the_earlier_hold_until_it_is_confirmed(site, clock):
    clock.set("2026-11-02 12:00")
    site.record("foyer-1", "2026-11-01 09:00", minutes=6)
    site.cctv(f"request open --no-prepare {WHO} {CLOSE}")

    site.cctv(f"request scope REQ-2026-001 {WIDE} --yes --reason 'another hour, she thinks'")
    clock.advance(hours=73)
    site.cctv("sweep --once")

    assert [one["id"] for one in site.cctv("hold list --json").json["holds"]] == ["HOLD-2026-001"]


UNTIL = "2026-11-05T11:00:00.000Z"  # 72 hours after the fixture `wide`
OTHER_DAYS = "--cameras foyer-1,gang-2 --from '30/10 9:00' --to '31/10 9:00'"


def until(site):
    return site.cctv("request show REQ-2026-001 --json").json["request"]["provisional_until"]


def held(site):
    return [hold["id"] for hold in site.cctv("hold list --json").json["holds"]]


@pytest.mark.parametrize(
    "change",
    [
        "request correct REQ-2026-001 --type portability --reason 'as data'",
        f"request correct REQ-2026-001 {OTHER_DAYS} --yes --reason 'the days before'",
        f"request scope REQ-2026-001 {OTHER_DAYS} --yes --reason 'the days before'",
    ],
)
def test_the_first_72_hours_go_on_whatever_is_changed_and_everything_lapses(site, clock, wide, change):
    clock.advance(hours=24)

    site.cctv(change)

    assert until(site) == UNTIL
    clock.advance(hours=48)
    site.cctv("sweep --once")
    assert held(site) == []
    assert "Nothing is frozen" in site.cctv("request show REQ-2026-001").out


@pytest.mark.parametrize("verb", ["scope", "correct"])
def test_a_confirmed_scope_ends_the_hold_of_an_earlier_one_that_nobody_confirmed(site, clock, wide, verb):
    site.cctv(f"request {verb} REQ-2026-001 {OTHER_DAYS} --yes --reason 'the days before'")
    assert held(site) == ["HOLD-2026-001", "HOLD-2026-002"]

    confirmed = site.cctv("request confirm REQ-2026-001 --reason 'he does not know the day' --json").json

    assert confirmed["released"] == ["HOLD-2026-001"]
    assert held(site) == ["HOLD-2026-002"]


def test_a_narrower_scope_after_two_wide_ones_keeps_its_own_only(site, clock, wide):
    site.cctv(f"request scope REQ-2026-001 {OTHER_DAYS} --yes --reason 'the days before'")

    site.cctv(f"request scope REQ-2026-001 {CLOSE} --reason 'she named the minute'")

    assert held(site) == ["HOLD-2026-003"]


def correct_type(site, kind):
    site.cctv(f"request correct REQ-2026-001 --type {kind} --reason 'typed wrong'")


def test_an_erasure_that_becomes_an_access_request_must_be_confirmed(site, clock):
    clock.set("2026-11-02 12:00")
    site.record("foyer-1", "2026-11-01 09:00", minutes=6)
    site.cctv(f"request open --no-prepare {WHO} --type erasure {WIDE} --yes")

    told = site.cctv("request correct REQ-2026-001 --type access --reason 'typed wrong'")

    assert "More than a day of footage: frozen until Thu 05/11/2026 12:00 only" in told.out
    assert until(site) == UNTIL
    assert held(site) == ["HOLD-2026-002"]
    clock.advance(hours=72)
    site.cctv("sweep --once")
    assert held(site) == []


def test_72_hours_go_on_after_a_type_that_never_lapses(site, clock, wide):
    correct_type(site, "erasure")
    assert until(site) is None
    clock.advance(hours=24)

    correct_type(site, "access")

    assert until(site) == UNTIL
    assert len(held(site)) == 1


def test_72_hours_begin_anew_where_nobody_could_confirm_before_they_were_over(site, clock, wide):
    correct_type(site, "erasure")
    clock.advance(hours=80)
    site.cctv("sweep --once")
    assert len(held(site)) == 1

    correct_type(site, "access")

    assert until(site) == "2026-11-08T19:00:00.000Z"


def test_what_was_confirmed_stays_confirmed_with_another_type(site, clock, wide):
    site.cctv("request confirm REQ-2026-001 --reason 'he does not know the day'")

    correct_type(site, "portability")

    assert until(site) is None
    assert held(site) == ["HOLD-2026-001"]


def test_a_small_request_never_lapses_after_its_type_was_corrected_twice(site, clock, wide):
    correct_type(site, "erasure")
    site.cctv(f"request scope REQ-2026-001 {CLOSE} --reason 'she named the minute'")

    correct_type(site, "access")

    assert until(site) is None
    clock.advance(hours=80)
    site.cctv("sweep --once")
    assert len(held(site)) == 1


def test_a_hold_that_a_person_placed_survives_another_scope(site, clock):
    clock.set("2026-11-02 12:00")
    site.cctv(f"request open --no-prepare {WHO} {CLOSE}")
    site.cctv("hold place --ground REQ-2026-001 --cameras gang-2 --from '1/11 9:00' --to '1/11 9:10' --reason seen")
    site.cctv("request scope REQ-2026-001 --cameras foyer-1 --from '1/11 9:00' --to '1/11 9:02' --reason earlier")
    assert [one["id"] for one in site.cctv("hold list --json").json["holds"]] == ["HOLD-2026-002", "HOLD-2026-003"]
