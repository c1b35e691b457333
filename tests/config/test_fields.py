"""Recording hours."""

from datetime import datetime

import pytest

from cctv.config import fields
from cctv.config.errors import BadValue
from cctv.config.fields import Schedule, Window, parse_schedule


def at(text):
    return datetime.fromisoformat(text)


def test_windows_are_read_in_three_languages():
    assert parse_schedule(["mo-fr 08:00-18:00", "za,zo 10:00 - 24:00", "8:00-9:00"]) == Schedule(
        (
            Window((0, 1, 2, 3, 4), 480, 1080),
            Window((5, 6), 600, 1440),
            Window((0, 1, 2, 3, 4, 5, 6), 480, 540),
        )
    )
    assert parse_schedule(["vr-ma 08:00-18:00"]).windows[0].weekdays == (0, 4, 5, 6)


@pytest.mark.parametrize(
    ("moment", "covered"),
    [
        ("2026-11-27 22:00", True),  # a Friday
        ("2026-11-27 21:59", False),
        ("2026-11-28 03:59", True),
        ("2026-11-28 04:00", False),
        ("2026-11-27 03:00", False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_starts(moment, covered):
    assert parse_schedule(["fr 22:00-04:00"]).covers(at(moment)) is covered


@pytest.mark.parametrize(
    "bad", [[], "mo 8:00-9:00", ["mo"], ["mo 8:00-8:00"], ["mo 24:00-8:00"], ["mo 8:60-9:00"], [3]]
)
def test_what_is_not_a_window_is_refused(bad):
    with pytest.raises(ValueError, match=r"window|time|clock"):
        parse_schedule(bad)


def test_a_text_without_an_end_is_refused_before_its_words_are_looked_at():
    with pytest.raises(BadValue):
        fields.text("toilet " * 100_000)

    assert fields.text("a" * 4000) == "a" * 4000
