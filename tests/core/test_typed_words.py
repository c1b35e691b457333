"""What porters type, in three languages, on a Monday afternoon at De Grote Post: one reading, or all of them."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cctv.core.errors import Exit
from cctv.core.typed_time import words
from cctv.core.typed_time.durations import DurationUnreadable
from cctv.core.typed_time.parser import TimeUnreadable
from cctv.core.typed_time.resolve import (
    EndBeforeStart,
    HourDoubled,
    HourMissing,
    ReviewNotAhead,
    SpanWraps,
    TwoReadings,
    YearUnsure,
    echo_date,
    echo_instant,
    parse_ahead,
    parse_date,
    parse_instant,
    parse_review,
    parse_span,
)
from cctv.core.typed_time.words import MONTHS, SHIFTS, WEEKDAYS

BRUSSELS = ZoneInfo("Europe/Brussels")
NOW = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)  # Monday 14:00 in Brussels


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS).astimezone(UTC)


def instant(text, now=NOW):
    return parse_instant(text, now=now, zone=BRUSSELS)


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("gisteravond", "2026-11-29 18:00"),
        ("gisteravond 22u", "2026-11-29 22:00"),
        ("gisteravond 9u", "2026-11-29 21:00"),
        ("gisterenavond half negen", "2026-11-29 20:30"),
        ("eergisteravond 20u", "2026-11-28 20:00"),
        ("vannacht", "2026-11-29 22:00"),
        ("vannacht 2u", "2026-11-30 02:00"),
        ("vannacht om 23u", "2026-11-29 23:00"),
        ("nacht van zaterdag op zondag 2u", "2026-11-29 02:00"),
        ("vanochtend", "2026-11-30 06:00"),
        ("vanmorgen 9u", "2026-11-30 09:00"),
        ("vanmiddag 2 uur", "2026-11-30 14:00"),
        ("vanavond 20u", "2026-11-30 20:00"),
        ("zaterdagmorgen 9u", "2026-11-28 09:00"),
        ("za avond half negen", "2026-11-28 20:30"),
        ("half negen 's avonds", "2026-11-29 20:30"),
        ("half 9 's avonds", "2026-11-29 20:30"),
        ("'s morgens half negen", "2026-11-30 08:30"),
        ("kwart voor negen 's avonds", "2026-11-29 20:45"),
        ("kwart over 9 's avonds", "2026-11-29 21:15"),
        ("vijf voor half negen 's avonds", "2026-11-29 20:25"),
        ("10 over 9 's avonds", "2026-11-29 21:10"),
        ("twaalf uur 's middags", "2026-11-30 12:00"),
        ("kwart voor 21u", "2026-11-29 20:45"),
        ("20 uur 30", "2026-11-29 20:30"),
        ("20u30", "2026-11-29 20:30"),
        ("20.30", "2026-11-29 20:30"),
        ("8.30", "2026-11-30 08:30"),
        ("za 22", "2026-11-28 22:00"),
        ("za 28", "2026-11-28 00:00"),
        ("za 28 20u30", "2026-11-28 20:30"),
        ("gisteren 22", "2026-11-29 22:00"),
        ("28 november 20u30", "2026-11-28 20:30"),
        ("28 nov. 2026 20u30", "2026-11-28 20:30"),
        ("20u30 op 28 november", "2026-11-28 20:30"),
        ("14u 28/11", "2026-11-28 14:00"),
        ("22u gisteren", "2026-11-29 22:00"),
        ("vorige week dinsdag", "2026-11-24 00:00"),
        ("dinsdag vorige week 14u", "2026-11-24 14:00"),
        ("vorige dinsdag", "2026-11-24 00:00"),
        ("voorbije zaterdag 22u", "2026-11-28 22:00"),
        ("2 uur geleden", "2026-11-30 12:00"),
        ("een half uur geleden", "2026-11-30 13:30"),
        ("anderhalf uur geleden", "2026-11-30 12:30"),
        ("een kwartier geleden", "2026-11-30 13:45"),
        ("24 uur geleden", "2026-11-29 14:00"),
        ("3 dagen geleden 14u", "2026-11-27 14:00"),
        ("hier soir", "2026-11-29 18:00"),
        ("hier soir à 9h", "2026-11-29 21:00"),
        ("hier à 22 heures", "2026-11-29 22:00"),
        ("avant-hier", "2026-11-28 00:00"),
        ("ce matin 9h15", "2026-11-30 09:15"),
        ("ce soir 20h", "2026-11-30 20:00"),
        ("cette nuit 2h", "2026-11-30 02:00"),
        ("la nuit dernière à 3h", "2026-11-30 03:00"),
        ("samedi dernier", "2026-11-28 00:00"),
        ("samedi soir 22h", "2026-11-28 22:00"),
        ("lundi de la semaine dernière 14h", "2026-11-23 14:00"),
        ("20h30", "2026-11-29 20:30"),
        ("20 heures 30", "2026-11-29 20:30"),
        ("huit heures et demie du soir", "2026-11-29 20:30"),
        ("9 heures moins le quart du soir", "2026-11-29 20:45"),
        ("hier midi", "2026-11-29 12:00"),
        ("midi et demi", "2026-11-30 12:30"),
        ("minuit", "2026-11-30 00:00"),
        ("il y a 2 heures", "2026-11-30 12:00"),
        ("il y a une demi-heure", "2026-11-30 13:30"),
        ("il y a un quart d'heure", "2026-11-30 13:45"),
        ("le 28 à 20h30", "2026-11-28 20:30"),
        ("28 novembre à 20h30", "2026-11-28 20:30"),
        ("1er décembre", "2026-12-01 00:00"),
        ("10pm", "2026-11-29 22:00"),
        ("10:15 p.m.", "2026-11-29 22:15"),
        ("12pm", "2026-11-30 12:00"),
        ("noon", "2026-11-30 12:00"),
        ("last saturday", "2026-11-28 00:00"),
        ("last saturday 10pm", "2026-11-28 22:00"),
        ("tuesday last week 10pm", "2026-11-24 22:00"),
        ("last night at 2", "2026-11-30 02:00"),
        ("last night 10pm", "2026-11-29 22:00"),
        ("tonight 22:00", "2026-11-30 22:00"),
        ("this morning 9:15", "2026-11-30 09:15"),
        ("yesterday evening", "2026-11-29 18:00"),
        ("half past eight in the evening", "2026-11-29 20:30"),
        ("a quarter to nine in the evening", "2026-11-29 20:45"),
        ("an hour ago", "2026-11-30 13:00"),
        ("Nov 28, 10pm", "2026-11-28 22:00"),
        ("28th of November 2026 10:15 pm", "2026-11-28 22:15"),
        ("the 28th 20:30", "2026-11-28 20:30"),
        ("tomorrow 9:00", "2026-12-01 09:00"),
        ("overmorgen 9u", "2026-12-02 09:00"),
        ("5/12", "2026-12-05 00:00"),
        ("1/12 9u", "2026-12-01 09:00"),
        ("mar 10/11", "2026-11-10 00:00"),
        ("28 mar. 2026", "2026-03-28 00:00"),
        ("28.11 's avonds", "2026-11-28 18:00"),
        ("28.11 avond 20u", "2026-11-28 20:00"),
        ("28.11 morgen", "2026-11-28 06:00"),
        ("8.30 's avonds", "2026-11-29 20:30"),
        ("28.11 22", "2026-11-28 22:00"),
        ("22 28.11", "2026-11-28 22:00"),
        ("28.11.26 22u", "2026-11-28 22:00"),
        ("10.11 28.11", "2026-11-28 10:11"),
        ("22u 21.11", "2026-11-21 22:00"),
        ("22u 21.11.2026", "2026-11-21 22:00"),
        ("21.11 22u", "2026-11-21 22:00"),
        ("huit heures 20 du soir", "2026-11-29 20:20"),
        ("huit heures vingt du soir", "2026-11-29 20:20"),
        ("acht uur twintig 's avonds", "2026-11-29 20:20"),
        ("8 uur 5 's avonds", "2026-11-29 20:05"),
        ("8 uur 5 minuten", "2026-11-30 08:05"),
        ("8 uur 05", "2026-11-30 08:05"),
        ("9 uur 2 dagen geleden", "2026-11-28 09:00"),
        ("9 uur twee dagen geleden", "2026-11-28 09:00"),
        ("vannacht 07:30", "2026-11-30 07:30"),
        ("vannacht 8u", "2026-11-30 08:00"),
        ("vannacht 10u", "2026-11-29 22:00"),
        ("vannacht 7am", "2026-11-30 07:00"),
        ("deze week zaterdag", "2026-12-05 00:00"),
        ("deze zaterdag 28/11 22u", "2026-11-28 22:00"),
        ("vorige week zaterdag 28/11", "2026-11-28 00:00"),
        ("ce midi", "2026-11-30 12:00"),
        ("minuit et demi", "2026-11-30 00:30"),
        ("minuit moins le quart", "2026-11-29 23:45"),
        ("kwart over middernacht", "2026-11-30 00:15"),
        ("half past noon", "2026-11-30 12:30"),
        ("samedi soir à minuit", "2026-11-29 00:00"),
    ],
)
def test_what_porters_type(text, wall):
    assert instant(text) == local(wall)


@pytest.mark.parametrize(
    ("text", "walls"),
    [
        ("half negen", ("2026-11-29 20:30", "2026-11-30 08:30")),
        ("negen uur", ("2026-11-29 21:00", "2026-11-30 09:00")),
        ("gisteren 9", ("2026-11-29 09:00", "2026-11-29 21:00")),
        ("kwart voor 9", ("2026-11-29 20:45", "2026-11-30 08:45")),
        ("huit heures et demie", ("2026-11-29 20:30", "2026-11-30 08:30")),
        ("quarter past nine", ("2026-11-29 21:15", "2026-11-30 09:15")),
        ("half eight", ("2026-11-29 19:30", "2026-11-29 20:30", "2026-11-30 07:30", "2026-11-30 08:30")),
        ("8.11", ("2026-11-08 00:00", "2026-11-30 08:11")),
        ("14", ("2026-11-14 00:00", "2026-11-30 14:00")),
        ("samedi minuit", ("2026-11-28 00:00", "2026-11-29 00:00")),
        ("zondag 12am", ("2026-11-29 00:00", "2026-11-30 00:00")),
        ("zaterdagnacht 2u", ("2026-11-28 02:00", "2026-11-29 02:00")),
        ("zaterdagnacht", ("2026-11-27 22:00", "2026-11-28 22:00")),
        ("last night", ("2026-11-29 18:00", "2026-11-29 22:00")),
        ("mar 14", ("2026-11-24 14:00", "2027-03-14 00:00")),
        ("8.11 's avonds", ("2026-11-08 18:00", "2026-11-29 20:11")),
        ("28.11 9", ("2026-11-28 09:00", "2026-11-28 21:00")),
        ("8.11 9.11", ("2026-11-08 09:11", "2026-11-09 08:11")),
        ("8 uur 5", ("2026-11-05 08:00", "2026-11-30 08:05")),
        ("huit heures 20", ("2026-11-29 20:20", "2026-11-30 08:20")),
        ("half acht vannacht", ("2026-11-29 19:30", "2026-11-30 07:30")),
        ("9 morgen", ("2026-11-09 06:00", "2026-11-30 09:00", "2026-12-01 09:00", "2026-12-01 21:00")),
        ("deze zaterdag", ("2026-11-28 00:00", "2026-12-05 00:00")),
        ("ce samedi 22h", ("2026-11-28 22:00", "2026-12-05 22:00")),
        ("samedi minuit et demi", ("2026-11-28 00:30", "2026-11-29 00:30")),
        ("samedi minuit moins le quart", ("2026-11-27 23:45", "2026-11-28 23:45")),
    ],
)
def test_what_has_several_readings_is_refused_with_all_of_them(text, walls):
    with pytest.raises(TwoReadings) as refusal:
        instant(text)
    assert refusal.value.exit_code is Exit.USAGE
    shown = str(refusal.value.fields["readings"]).split(" / ")
    assert [parse_instant(reading, now=NOW, zone=BRUSSELS) for reading in shown] == [local(wall) for wall in walls]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("21/11 gisteren", "two days"),
        ("vannacht 28/11", "two days"),
        ("zaterdag vannacht 2u", "two days"),
        ("vorige zaterdag 21/11", "two days"),
        ("vorige week zaterdag 14/11", "two days"),
        ("2 uur geleden zaterdag", "two days"),
        ("vannacht 28", "left over"),
        ("28 28.11", "left over"),
        ("8.11 9.11 10.11", "left over"),
        ("8.11 " * 60, "left over"),
        ("7am 's avonds", "not in that part of the day"),
        ("22u21.11", "not a time of day"),
    ],
)
def test_what_names_a_day_or_an_hour_twice_is_refused(text, problem):
    with pytest.raises(TimeUnreadable, match=problem):
        instant(text)


def test_this_noon_is_that_of_today_before_it_has_come():
    assert instant("ce midi", now=local("2026-11-30 09:00")) == local("2026-11-30 12:00")


def test_a_date_with_a_dot_is_a_date_where_no_hour_can_stand():
    assert parse_date("8.11", now=NOW, zone=BRUSSELS) == date(2026, 11, 8)
    assert parse_date("14", now=NOW, zone=BRUSSELS) == date(2026, 11, 14)


def test_this_weekday_ahead_is_refused_where_that_of_this_week_has_passed():
    with pytest.raises(TwoReadings, match=r"2026-11-24 .* / .* 2026-12-01"):
        parse_review("deze dinsdag", now=local("2026-11-27 12:00"), zone=BRUSSELS)
    assert parse_review("deze zaterdag", now=NOW, zone=BRUSSELS) == local("2026-12-05 00:00")


def test_a_22nd_that_is_a_saturday_makes_two_readings_of_a_saturday_and_22():
    august = datetime(2026, 8, 25, 12, tzinfo=UTC)  # 22 August 2026 is a Saturday
    with pytest.raises(TwoReadings) as refusal:
        instant("za 22", now=august)
    assert "Sat 2026-08-22 00:00" in refusal.value.message
    assert "Sat 2026-08-22 22:00" in refusal.value.message


def test_last_and_next_beside_a_day_of_this_week_are_refused_with_both():
    thursday = datetime(2026, 11, 26, 12, tzinfo=UTC)
    for text in ("vorige dinsdag", "last tuesday"):
        with pytest.raises(TwoReadings, match=r"2026-11-17 .* / .* 2026-11-24"):
            instant(text, now=thursday)
    assert instant("mardi dernier", now=thursday) == local("2026-11-24 00:00")


def test_this_night_is_the_one_that_is_nearest():
    assert instant("vannacht 2u", now=local("2026-11-30 01:00")) == local("2026-11-30 02:00")
    with pytest.raises(TwoReadings, match=r"2026-11-30 02:00 .* / .* 2026-12-01 02:00"):
        instant("vannacht 2u", now=local("2026-11-30 23:00"))
    assert parse_span("nu", "vannacht 2u", now=local("2026-11-30 23:00"), zone=BRUSSELS)[1] == local("2026-12-01 02:00")


@pytest.mark.parametrize(
    ("start", "end", "before", "after"),
    [
        ("za 22u", "za 21u", "Sat 2026-11-28 21:00", "Sat 2026-12-05 21:00"),
        ("za 22u", "za 22u", "Sat 2026-11-28 22:00", "Sat 2026-12-05 22:00"),
        ("wo 14u", "di 9u", "Tue 2026-11-24 09:00", "Tue 2026-12-01 09:00"),
        ("22u", "21u", "Sun 2026-11-29 21:00", "Mon 2026-11-30 21:00"),
        ("28/11 22:00", "21:00", "Sat 2026-11-28 21:00", "Sun 2026-11-29 21:00"),
        ("le 28 à 22h", "le 28 à 21h", "Sat 2026-11-28 21:00", "Mon 2026-12-28 21:00"),
        ("samedi 22h", "samedi 21h30", "Sat 2026-11-28 21:30", "Sat 2026-12-05 21:30"),
    ],
)
def test_a_span_that_wraps_is_refused_with_both_readings(start, end, before, after):
    with pytest.raises(SpanWraps) as refusal:
        parse_span(start, end, now=NOW, zone=BRUSSELS)
    assert str(refusal.value.fields["first"]).startswith(before)
    assert str(refusal.value.fields["second"]).startswith(after)
    assert after in (refusal.value.next_step or "")


@pytest.mark.parametrize(
    ("text", "nearest", "other"),
    [
        ("1/10", "1/10/2026", "1/10/2027"),
        ("15/1", "15/1/2027", "15/1/2026"),
        ("30 juni", "30/6/2026", "30/6/2027"),
        ("29/2", "29/2/2028", "29/2/2024"),
    ],
)
def test_a_date_without_a_year_over_a_month_off_is_refused_with_both(text, nearest, other):
    for parse in (parse_instant, parse_date):
        with pytest.raises(YearUnsure) as refusal:
            parse(text, now=NOW, zone=BRUSSELS)
        assert f"{nearest}, or {other}" in (refusal.value.next_step or "")
    day, month, year = (int(part) for part in nearest.split("/"))
    assert parse_date(text, now=NOW, zone=BRUSSELS, year_sure=True) == date(year, month, day)


def test_an_end_without_a_year_lies_near_its_start():
    assert parse_span("2026-03-01 22:00", "2/3 6u", now=NOW, zone=BRUSSELS)[1] == local("2026-03-02 06:00")
    with pytest.raises(YearUnsure):
        parse_span("2026-03-01 22:00", "2/6 6u", now=NOW, zone=BRUSSELS)


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("30 dagen", "2026-12-30 14:00"),
        ("over 2 weken", "2026-12-14 00:00"),
        ("2 semaines", "2026-12-14 14:00"),
        ("+36 uur", "2026-12-02 02:00"),
        ("volgende week dinsdag", "2026-12-08 00:00"),
        ("mardi prochain", "2026-12-01 00:00"),
        ("5/12", "2026-12-05 00:00"),
    ],
)
def test_a_review_date_in_words(text, wall):
    assert parse_review(text, now=NOW, zone=BRUSSELS) == local(wall)


def test_an_appointment_in_words():
    assert parse_ahead("morgen 10u", now=NOW, zone=BRUSSELS) == local("2026-12-01 10:00")
    assert parse_ahead("vrijdag half elf 's morgens", now=NOW, zone=BRUSSELS) == local("2026-12-04 10:30")
    with pytest.raises(TimeUnreadable, match="hour"):
        parse_ahead("vrijdagmorgen", now=NOW, zone=BRUSSELS)


def test_an_end_whose_earlier_week_had_a_doubled_hour_is_read():
    now = local("2026-11-01 12:00")
    assert parse_span("za 22u", "zo 2u", now=now, zone=BRUSSELS)[1] == local("2026-11-01 02:00")


def test_an_hour_in_words_that_summer_time_doubled_is_refused():
    with pytest.raises(HourDoubled):
        instant("zondag half drie 's morgens", now=datetime(2026, 10, 26, 9, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "walls"),
    [
        ("25/10/2026 half drie", ("02:30 CEST", "02:30 CET", "14:30 CET")),
        ("zondagnacht 2u30", ("Sun 2026-10-25 02:30 CEST", "Sun 2026-10-25 02:30 CET", "Mon 2026-10-26 02:30 CET")),
        ("29/3/2026 half drie", ("01:30 CET", "03:30 CEST", "14:30 CEST")),
    ],
)
def test_an_hour_that_summer_time_moved_hides_no_other_reading(text, walls):
    now = datetime(2026, 10, 27, 9, tzinfo=UTC)
    with pytest.raises(TwoReadings) as refusal:
        instant(text, now=now)
    shown = str(refusal.value.fields["readings"]).split(" / ")
    assert [reading.endswith(wall) for reading, wall in zip(shown, walls, strict=True)] == [True] * len(walls)
    assert [echo_instant(instant(reading, now=now), BRUSSELS) for reading in shown] == shown


def test_a_doubled_hour_is_said_to_be_on_its_own_day():
    with pytest.raises(HourDoubled, match="on 2026-10-25"):
        instant("nacht van zaterdag op zondag 2u30", now=datetime(2026, 10, 27, 9, tzinfo=UTC))


def test_one_reading_that_is_left_is_asked_about_its_year():
    with pytest.raises(YearUnsure):
        instant("deze zaterdag 1/8")


def test_a_day_is_echoed_with_its_weekday_and_can_be_typed_back():
    assert echo_date(date(2026, 11, 21)) == "Sat 2026-11-21"


INSTANTS = st.integers(820_454_400, 3_786_912_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(INSTANTS, st.sampled_from(sorted(WEEKDAYS)), st.integers(13, 23))
def test_an_hour_behind_a_weekday_is_one_of_the_last_seven_days_or_refused_with_both(now, weekday, hour):
    try:
        moment = instant(f"{weekday} {hour}", now=now)
    except (HourDoubled, HourMissing):
        return
    except TwoReadings:  # it is the 22nd as well
        return
    assert timedelta(0) <= now - moment < timedelta(days=7, hours=2)


@given(INSTANTS, st.sampled_from(sorted(MONTHS)), st.integers(1, 28))
def test_a_date_without_a_year_is_within_a_month_of_now_or_refused(now, month, day):
    try:
        moment = parse_date(f"{day} {month}", now=now, zone=BRUSSELS)
    except YearUnsure:
        return
    assert abs(moment - now.astimezone(BRUSSELS).date()) <= timedelta(days=31)
    assert (moment.month, moment.day) == (MONTHS[month], day)


@given(INSTANTS, st.sampled_from(sorted(SHIFTS)), st.integers(0, 23), st.integers(0, 59))
def test_every_word_for_a_day_takes_a_clock_before_and_behind_it(now, word, hour, minute):
    try:
        behind = instant(f"{word} {hour}u{minute:02}", now=now)
        assert behind == instant(f"{hour}:{minute:02} {word}", now=now)
    except (HourDoubled, HourMissing):
        return
    days = behind.astimezone(BRUSSELS).date() - now.astimezone(BRUSSELS).date()
    assert days == timedelta(days=SHIFTS[word])


@given(INSTANTS, st.sampled_from(["half negen", "za 9", "zaterdagnacht 3u", "samedi minuit", "vannacht 2u", "8.11"]))
def test_each_reading_that_a_refusal_names_can_be_typed_back(now, text):
    try:
        instant(text, now=now)
    except TwoReadings as refusal:
        readings = str(refusal.fields["readings"]).split(" / ")
        moments = [instant(reading, now=now) for reading in readings]
        assert [echo_instant(moment, BRUSSELS) for moment in moments] == readings
        assert moments == sorted(moments)
    except (HourDoubled, HourMissing):
        return


TABLES = (
    WEEKDAYS, MONTHS, SHIFTS, words.NUMBERS, words.PARTS, words.THIS_NIGHT, words.LAST_NIGHT, words.WEEKS,
    words.NEAREST, words.BESIDE, words.NOON, words.MIDNIGHT, words.NOW, words.UNITS, words.COUNTS,
)  # fmt: skip
PLACED = (
    "half", "geleden", "ago", "il y a", "over", "binnen", "dans", "in", "voor", "voor half", "over half",
    "past", "to", "half past", "et", "et demi", "et demie", "moins", "moins le", "uur", "u", "h", "heures",
    "o'clock", "am", "pm", "p.m.", "om", "op", "at", "on", "à", "le", "la", "de", "du", "van", "of", "'s",
    "deze", "ce", "cet", "cette", "this", "tonight", "+", "z", "utc", "cest", "nacht van zaterdag op zondag",
    "vanavond", "zaterdagnacht", "25/10", "29/3/2026", "28.11", "8.11", "28.11.26", "2026-10-25", "07:30",
    "2:30", "24:00", "2u30", "22u", "20u30", "02", "2.30", "22:00:05", "1er", "28ste",
)  # fmt: skip
VOCABULARY = sorted({word for table in TABLES for word in table} | set(PLACED))
PIECES = st.sampled_from(VOCABULARY) | st.integers(0, 61).map(str)
SEPARATORS = st.sampled_from([" ", " ", " ", " ", "", ", ", ".", "-", "/", ":", "  "])
TYPED = st.lists(st.tuples(PIECES, SEPARATORS), min_size=1, max_size=6).map(
    lambda pairs: "".join(piece + separator for piece, separator in pairs)
)
ASKED = (TimeUnreadable, TwoReadings, YearUnsure, HourDoubled, HourMissing)
MOMENTS = INSTANTS | st.integers(-4000, 4000).map(lambda minutes: NOW + timedelta(minutes=minutes))


@settings(max_examples=400)
@given(MOMENTS, TYPED)
@example(NOW, "28.11 's avonds")
@example(NOW, "28.11 9")
@example(NOW, "samedi minuit et demi")
@example(datetime(2026, 10, 25, 22, tzinfo=UTC), "vannacht 2u30")
def test_any_words_are_read_and_echoed_or_refused(now, text):
    try:
        moment = instant(text, now=now)
    except TwoReadings as refusal:
        readings = str(refusal.fields["readings"]).split(" / ")
        assert len(set(readings)) > 1
        assert [echo_instant(instant(reading, now=now), BRUSSELS) for reading in readings] == readings
    except ASKED:
        return
    else:
        assert instant(str(echo_instant(moment, BRUSSELS)), now=now) == moment


@settings(max_examples=200)
@given(MOMENTS, TYPED, TYPED)
def test_any_words_are_a_span_a_date_a_review_and_an_appointment_or_refused(now, text, end):
    with suppress(*ASKED, EndBeforeStart, SpanWraps, DurationUnreadable):  # an end may be "+9h"
        first, last = parse_span(text, end, now=now, zone=BRUSSELS)
        assert first < last
    with suppress(*ASKED):
        day = parse_date(text, now=now, zone=BRUSSELS)
        assert parse_date(str(echo_date(day)), now=now, zone=BRUSSELS) == day
    with suppress(*ASKED, ReviewNotAhead, DurationUnreadable):
        assert parse_review(text, now=now, zone=BRUSSELS) > now
    with suppress(*ASKED):
        parse_ahead(text, now=now, zone=BRUSSELS)
