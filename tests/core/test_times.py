"""Times as people type them, at De Grote Post on a Wednesday afternoon."""

import subprocess
import sys
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cctv.core.errors import Exit, UsageError
from cctv.core.typed_time.parser import TimeUnreadable
from cctv.core.typed_time.resolve import (
    EndBeforeStart,
    HourDoubled,
    HourMissing,
    ReviewNotAhead,
    SpanWraps,
    echo_instant,
    echo_span,
    parse_date,
    parse_instant,
    parse_review,
    parse_span,
)

BRUSSELS = ZoneInfo("Europe/Brussels")
NOW = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)  # Wednesday 15:00 in Brussels


def local(text, zone=BRUSSELS):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("2026-11-21T22:59:59.123Z", "2026-11-21 23:59:59.123"),
        ("20261121T225959.123Z", "2026-11-21 23:59:59.123"),
        ("2026-11-21T14:00+05:30", "2026-11-21 09:30"),
        ("2026-11-21 14:00 -0100", "2026-11-21 16:00"),
        ("2026-11-21T14:00+01", "2026-11-21 14:00"),
        ("2026-11-21 14:00", "2026-11-21 14:00"),
        ("2026-11-21T14:00:05", "2026-11-21 14:00:05"),
        ("2026-11-21 14:00 CET", "2026-11-21 14:00"),
        ("2026-11-21 14:00 UTC", "2026-11-21 15:00"),
        ("2026-11-21", "2026-11-21 00:00"),
        ("za 22u", "2026-11-21 22:00"),
        ("ZA. 22U", "2026-11-21 22:00"),
        ("zaterdag om 22 uur", "2026-11-21 22:00"),
        ("samedi à 22h", "2026-11-21 22:00"),
        ("sam. 22 h 15", "2026-11-21 22:15"),
        ("Saturday 22:00", "2026-11-21 22:00"),
        ("za 21/11 22u", "2026-11-21 22:00"),
        ("wo 14u", "2026-11-25 14:00"),
        ("wo 15u", "2026-11-25 15:00"),
        ("wo 16u", "2026-11-18 16:00"),
        ("wo", "2026-11-25 00:00"),
        ("do", "2026-11-19 00:00"),
        ("22u30", "2026-11-24 22:30"),
        ("22:30", "2026-11-24 22:30"),
        ("22:30u", "2026-11-24 22:30"),
        ("22u", "2026-11-24 22:00"),
        ("9u", "2026-11-25 09:00"),
        ("24u", "2026-11-25 00:00"),
        ("gisteren 14:00", "2026-11-24 14:00"),
        ("gisteren 24:00", "2026-11-25 00:00"),
        ("vandaag 9u", "2026-11-25 09:00"),
        ("vandaag 23u", "2026-11-25 23:00"),
        ("eergisteren", "2026-11-23 00:00"),
        ("avant-hier 8h", "2026-11-23 08:00"),
        ("hier 14h30", "2026-11-24 14:30"),
        ("aujourd'hui", "2026-11-25 00:00"),
        ("aujourd’hui 9h", "2026-11-25 09:00"),
        ("today", "2026-11-25 00:00"),
        ("yesterday 14:00", "2026-11-24 14:00"),
        ("21/11 9:30", "2026-11-21 09:30"),
        ("21/11/2026 9:30", "2026-11-21 09:30"),
        ("21/11/26 9:30", "2026-11-21 09:30"),
        ("le 21/11 à 9h30", "2026-11-21 09:30"),
        ("21-11 9u", "2026-11-21 09:00"),
        ("3/12", "2026-12-03 00:00"),
        ("5/11 22u", "2026-11-05 22:00"),
        ("nu", "2026-11-25 15:00"),
        ("now", "2026-11-25 15:00"),
        ("Maintenant", "2026-11-25 15:00"),
    ],
)
def test_what_a_person_types_is_the_moment_that_they_mean(text, wall):
    instant = parse_instant(text, now=NOW, zone=BRUSSELS)
    assert instant == local(wall)
    assert instant.tzinfo is UTC


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("za 22u", "ma 8u", "2026-11-21 22:00", "2026-11-23 08:00"),
        ("gisteren 22:00", "2u", "2026-11-24 22:00", "2026-11-25 02:00"),
        ("wo 14u", "do 9u", "2026-11-25 14:00", "2026-11-26 09:00"),
        ("vr 22u", "di 8u", "2026-11-20 22:00", "2026-11-24 08:00"),
        ("za", "zo", "2026-11-21 00:00", "2026-11-23 00:00"),
        ("za 22u", "za", "2026-11-21 22:00", "2026-11-22 00:00"),
        ("za 22u", "24u", "2026-11-21 22:00", "2026-11-22 00:00"),
        ("21/11", "21/11", "2026-11-21 00:00", "2026-11-22 00:00"),
        ("2026-11-21", "2026-11-22", "2026-11-21 00:00", "2026-11-23 00:00"),
        ("31/12/2025 22u", "1/1 6u", "2025-12-31 22:00", "2026-01-01 06:00"),
        ("za 20u", "za 24u", "2026-11-21 20:00", "2026-11-22 00:00"),
        ("za 20u", "za middernacht", "2026-11-21 20:00", "2026-11-22 00:00"),
        ("za 22u", "+2 uur", "2026-11-21 22:00", "2026-11-22 00:00"),
        ("za 22u", "+1u30", "2026-11-21 22:00", "2026-11-21 23:30"),
        ("sam. 22h", "+une demi-heure", "2026-11-21 22:00", "2026-11-21 22:30"),
        ("gisteravond", "gisteravond", "2026-11-24 18:00", "2026-11-25 00:00"),
        ("gisteravond", "vannacht", "2026-11-24 18:00", "2026-11-25 06:00"),
        ("vannacht", "vanochtend", "2026-11-24 22:00", "2026-11-25 12:00"),
        ("vorige week zaterdag 22u", "zondag 2u", "2026-11-21 22:00", "2026-11-22 02:00"),
        ("16u", "10u", "2026-11-24 16:00", "2026-11-25 10:00"),
        ("20 22u", "21 2u", "2026-11-20 22:00", "2026-11-21 02:00"),
        ("22u", "+2h", "2026-11-24 22:00", "2026-11-25 00:00"),
        ("14:00", "nu", "2026-11-25 14:00", "2026-11-25 15:00"),
        ("gisteren", "vandaag", "2026-11-24 00:00", "2026-11-26 00:00"),
        ("vandaag 14u", "morgen 8u", "2026-11-25 14:00", "2026-11-26 08:00"),
    ],
)
def test_an_end_is_the_first_such_moment_after_the_start(start, end, first, last):
    assert parse_span(start, end, now=NOW, zone=BRUSSELS) == (local(first), local(last))


def test_the_last_evening_of_the_year_ends_in_the_next():
    eve = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)  # the nearest 31 December is today's
    assert parse_span("31/12 22u", "1/1 6u", now=eve, zone=BRUSSELS) == (
        local("2026-12-31 22:00"),
        local("2027-01-01 06:00"),
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("21/11 9u", "20/11 9u"),
        ("2026-11-21 14:00", "2026-11-21 14:00"),
        ("2026-11-21 14:00", "2026-11-20"),
        ("vandaag 9u", "gisteren 10u"),
        ("nu", "nu"),
        ("22u", "+0h"),
    ],
)
def test_a_span_that_ends_before_it_starts_is_refused(start, end):
    with pytest.raises(EndBeforeStart) as refusal:
        parse_span(start, end, now=NOW, zone=BRUSSELS)
    assert refusal.value.exit_code is Exit.USAGE
    assert "+2h" in (refusal.value.next_step or "")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty"),
        ("  ", "it is empty"),
        ("foo", '"foo" is not a day'),
        ("lu 9u", '"lu" is not a day'),
        ("14pm", "clock of 12 hours"),
        ("22u3", "not a time of day"),
        ("25u", "24 hours"),
        ("24:01", "24 hours"),
        ("22:61", "24 hours"),
        ("22:30:60", "24 hours"),
        ("31/2", "no day 31 in month 2"),
        ("11/21", "the day comes first"),
        ("29/2/2026", "no day 29"),
        ("2026-13-01", "no day 1 in month 13"),
        ("21/11/1926", "the year 1926"),
        ("zo 21/11", "2026-11-21 is a Sat"),
        ("gisteren 21/11", "two days"),
        ("za zo", "two days"),
        ("22u 23u", "two times of day"),
        ("2 uur geleden 14u", "two times of day"),
        ("gisteravond ochtend", "two parts"),
        ("gisteravond 3u", "not in that part of the day"),
        ("vorige week", "names no day"),
        ("last", "names no day"),
        ("nacht van zaterdag op maandag", "no night lies between"),
        ("20-22u", "left over"),
        ("za 22u CET", "needs a full date"),
        ("2026-11-21 14:00 CEST", "no CEST at that time"),
        ("2026-11-21 14:00+25:00", "no place"),
        ("+2h", "only an end"),
        ("{now}", "not a time of day|left over"),
    ],
)
def test_what_cannot_be_read_is_refused_with_an_example(text, problem):
    with pytest.raises(TimeUnreadable, match=problem) as refusal:
        parse_instant(text, now=NOW, zone=BRUSSELS)
    assert refusal.value.exit_code is Exit.USAGE
    assert "za 22u" in (refusal.value.next_step or "")


@pytest.mark.parametrize("text", ["2026-10-25 02:30", "25/10 2u30", "zo 25/10 2:30"])
def test_an_hour_that_happens_twice_is_refused_with_both_readings(text):
    with pytest.raises(HourDoubled) as refusal:
        parse_instant(text, now=NOW, zone=BRUSSELS)
    first, second = refusal.value.fields["first"], refusal.value.fields["second"]
    assert (first, second) == ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00")
    assert first in (refusal.value.next_step or "")
    assert second in (refusal.value.next_step or "")
    assert parse_instant(first, now=NOW, zone=BRUSSELS) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert parse_instant(second, now=NOW, zone=BRUSSELS) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_an_hour_that_does_not_exist_is_refused_with_the_times_around_it():
    with pytest.raises(HourMissing) as refusal:
        parse_instant("2026-03-29 02:30", now=NOW, zone=BRUSSELS)
    assert refusal.value.fields["first"] == "2026-03-29T01:30:00+01:00"
    assert refusal.value.fields["second"] == "2026-03-29T03:30:00+02:00"


def test_a_clock_alone_is_refused_while_the_doubled_hour_is_near():
    with pytest.raises(HourDoubled):
        parse_instant("2u30", now=datetime(2026, 10, 25, 9, 0, tzinfo=UTC), zone=BRUSSELS)
    with pytest.raises(HourDoubled):
        parse_span("2026-10-24 22u", "2u30", now=NOW, zone=BRUSSELS)
    assert parse_instant("2u30", now=datetime(2026, 10, 24, 23, 0, tzinfo=UTC), zone=BRUSSELS) == local(
        "2026-10-24 02:30"
    )


def test_the_name_of_the_zone_settles_a_doubled_hour():
    assert parse_instant("2026-10-25 02:30 CEST", now=NOW, zone=BRUSSELS) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert parse_instant("2026-10-25 02:30 CET", now=NOW, zone=BRUSSELS) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-21", 24)])
def test_a_whole_day_is_as_long_as_it_was(day, hours):
    start, end = parse_span(day, day, now=NOW, zone=BRUSSELS)
    assert end - start == timedelta(hours=hours)


def test_a_day_whose_midnight_was_removed_starts_at_the_jump():
    assert parse_instant("2026-04-24", now=NOW, zone=ZoneInfo("Africa/Cairo")) == datetime(2026, 4, 23, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("30d", "2026-12-25 15:00"),
        ("+90d", "2027-02-23 15:00"),
        ("21/12", "2026-12-21 00:00"),
        ("ma", "2026-11-30 00:00"),
    ],
)
def test_a_review_date_lies_ahead(text, wall):
    assert parse_review(text, now=NOW, zone=BRUSSELS) == local(wall)


@pytest.mark.parametrize("text", ["0d", "gisteren", "2026-11-01"])
def test_a_review_date_in_the_past_is_refused(text):
    with pytest.raises(ReviewNotAhead):
        parse_review(text, now=NOW, zone=BRUSSELS)


def test_a_date_is_a_day_at_the_site():
    assert parse_date("21/11", now=NOW, zone=BRUSSELS) == date(2026, 11, 21)
    assert parse_date("nu", now=datetime(2026, 11, 25, 23, 30, tzinfo=UTC), zone=BRUSSELS) == date(2026, 11, 26)
    with pytest.raises(TimeUnreadable, match="no time of day"):
        parse_date("21/11 9u", now=NOW, zone=BRUSSELS)


def test_the_echo_shows_local_time_and_utc_on_one_line():
    span = parse_span("za 22u", "ma 8u", now=NOW, zone=BRUSSELS)
    assert echo_span(*span, BRUSSELS) == (
        "Sat 2026-11-21 22:00 CET to Mon 2026-11-23 08:00 CET (UTC 2026-11-21T21:00Z to 2026-11-23T07:00Z)"
    )


ZONES = st.sampled_from(["Europe/Brussels", "Europe/London", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu"])
INSTANTS = st.integers(820_454_400_000, 3_786_912_000_000).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC))


@given(INSTANTS, ZONES.map(ZoneInfo))
@example(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), BRUSSELS)
@example(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), BRUSSELS)
def test_what_is_echoed_can_be_typed_back(instant, zone):
    assert parse_instant(echo_instant(instant, zone), now=NOW, zone=zone) == instant


@given(INSTANTS, st.sampled_from(["ma", "di", "wo", "do", "vr", "za", "zo"]), st.integers(0, 23), st.integers(0, 59))
def test_a_weekday_is_the_most_recent_one(now, weekday, hour, minute):
    try:
        instant = parse_instant(f"{weekday} {hour}u{minute:02}", now=now, zone=BRUSSELS)
    except (HourDoubled, HourMissing):
        return
    assert timedelta(0) <= now - instant < timedelta(days=7, hours=2)
    assert instant.astimezone(BRUSSELS).hour == hour


@given(INSTANTS, st.integers(0, 23), st.integers(0, 23))
def test_two_clocks_span_less_than_a_night_or_are_refused(now, first, last):
    try:
        start, end = parse_span(f"{first}u", f"{last}:00", now=now, zone=BRUSSELS)
    except (HourDoubled, HourMissing):
        return
    except SpanWraps:
        assert (last - first) % 24 in (0, *range(17, 24))
        return
    assert start <= now
    assert timedelta(0) < end - start <= timedelta(hours=18)


@given(st.text(max_size=20) | st.text("0123456789 :/-uhzT+.amo", max_size=16))
def test_no_text_breaks_the_reader(text):
    for parse in (parse_instant, parse_review, parse_date):
        with suppress(UsageError):
            parse(text, now=NOW, zone=BRUSSELS)


def test_reading_times_does_not_load_pydantic():
    code = "import sys, cctv.core.typed_time.resolve; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
