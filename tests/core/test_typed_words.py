"""What porters type, in three languages, on a Monday afternoon at De Grote Post: one reading, or all of them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.core.errors import Exit
from cctv.core.typed_time.parser import TimeUnreadable, read
from cctv.core.typed_time.resolve import (
    HourDoubled,
    HourMissing,
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
    ],
)
def test_what_has_several_readings_is_refused_with_all_of_them(text, walls):
    with pytest.raises(TwoReadings) as refusal:
        instant(text)
    assert refusal.value.exit_code is Exit.USAGE
    shown = str(refusal.value.fields["readings"]).split(" / ")
    assert [parse_instant(reading, now=NOW, zone=BRUSSELS) for reading in shown] == [local(wall) for wall in walls]


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


SOME_WORDS = sorted({*WEEKDAYS, *SHIFTS, "half", "9", "uur", "22u", "28/11", "'s", "avonds", "last", "nacht"})


@given(st.lists(st.sampled_from(SOME_WORDS), max_size=5))
def test_no_sequence_of_words_breaks_the_reader(words):
    try:
        readings = read(" ".join(words))
    except TimeUnreadable:
        return
    assert readings
