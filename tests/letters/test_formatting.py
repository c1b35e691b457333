"""Dates, times, periods and numbers as each language writes them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cctv.core.i18n import Language
from cctv.core.time_range import Span
from cctv.letters import formatting

ZONE = ZoneInfo("Europe/Brussels")
NL, FR, EN = Language.NL, Language.FR, Language.EN


def plain(text):
    """With ordinary blanks."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def at(local):
    return datetime.fromisoformat(local).replace(tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "language", "said"),
    [
        (date(2026, 11, 25), NL, "25 november 2026"),
        (date(2026, 11, 25), FR, "25 novembre 2026"),
        (date(2026, 8, 1), FR, "1er août 2026"),
        (date(2026, 11, 25), EN, "25 November 2026"),
        (date(2026, 3, 1), NL, "1 maart 2026"),
    ],
)
def test_a_day_is_written_as_its_language_does(day, language, said):
    assert plain(formatting.day(day, language)) == said


@pytest.mark.parametrize(
    ("local", "language", "said"),
    [
        ("2026-11-21 22:30", NL, "22.30 uur"),
        ("2026-11-21 09:05", NL, "9.05 uur"),
        ("2026-11-21 22:30", FR, "22 h 30"),
        ("2026-11-21 22:00", FR, "22 h"),
        ("2026-11-21 22:00:07", FR, "22 h 00 min 07 s"),
        ("2026-11-21 09:05", EN, "09:05"),
        ("2026-11-21 09:05:09", NL, "9.05.09 uur"),
    ],
)
def test_a_time_is_written_as_its_language_does(local, language, said):
    assert plain(formatting.clock(at(local), language, ZONE)) == said


def test_an_hour_that_the_clock_shows_twice_says_which_it_is():
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))

    assert plain(formatting.clock(first, NL, ZONE)) == "2.30 uur (zomertijd)"
    assert plain(formatting.clock(second, NL, ZONE)) == "2.30 uur (wintertijd)"
    assert plain(formatting.clock(second, FR, ZONE)) == "2 h 30 (heure d’hiver)"
    assert plain(formatting.clock(second + timedelta(hours=1), NL, ZONE)) == "3.30 uur"
    assert plain(formatting.clock(datetime(2026, 3, 29, 1, 30, tzinfo=UTC), NL, ZONE)) == "3.30 uur"


@pytest.mark.parametrize(
    ("language", "one_day", "two_days"),
    [
        (NL, "zaterdag 21 november 2026 van 22.30 uur tot 23.00 uur",
         "van zaterdag 21 november 2026 om 22.30 uur tot zondag 22 november 2026 om 1.00 uur"),
        (FR, "samedi 21 novembre 2026, de 22 h 30 à 23 h",
         "du samedi 21 novembre 2026 à 22 h 30 au dimanche 22 novembre 2026 à 1 h"),
        (EN, "Saturday 21 November 2026, from 22:30 to 23:00",
         "from Saturday 21 November 2026 at 22:30 to Sunday 22 November 2026 at 01:00"),
    ],
)  # fmt: skip
def test_a_period_names_its_day_once_and_both_days_where_it_runs_over_midnight(language, one_day, two_days):
    start = at("2026-11-21 22:30")

    assert plain(formatting.period(Span(start, at("2026-11-21 23:00")), language, ZONE)) == one_day
    assert plain(formatting.period(Span(start, at("2026-11-22 01:00")), language, ZONE)) == two_days


@pytest.mark.parametrize(
    ("length", "language", "said"),
    [
        (timedelta(days=28), NL, "28 dagen"),
        (timedelta(days=1), FR, "1 jour"),
        (timedelta(days=7), EN, "7 days"),
        (timedelta(hours=73, minutes=30), NL, "3 dagen, 1 uur en 30 minuten"),
        (timedelta(hours=18), FR, "18 heures"),
        (timedelta(), EN, "0 seconds"),
    ],
)
def test_a_duration_is_told_in_words(length, language, said):
    assert plain(formatting.duration(length, language)) == said


def test_numbers_and_lists_are_written_as_their_language_does():
    assert [plain(formatting.number(12345, one)) for one in (NL, FR, EN)] == ["12.345", "12 345", "12,345"]
    assert formatting.listed(["a", "b", "c"], NL) == "a, b en c"
    assert formatting.listed(["a", "b"], FR) == "a et b"
    assert formatting.listed(["a"], EN) == "a"
