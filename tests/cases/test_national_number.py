"""A national register number is never written down, however it is typed."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.model.national_number import NationalNumber, national_number

BE, NL = NationalNumber.RIJKSREGISTERNUMMER, NationalNumber.BURGERSERVICENUMMER


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("85.07.30-033.28", BE),
        ("rijksregister 85073003328, gezien", BE),
        ("17.07.30-033.84", BE),  # born in 2017: a 2 before the nine digits
        ("17073003384", BE),
        ("85 07 30 - 033 28", BE),
        ("98.47.28-997.65", BE),  # bis numbers: the month is 20 or 40 more
        ("01490700185", BE),
        ("40.00.00 001 63", BE),  # nobody knew the date of birth
        ("85.07.30–033.28", BE),  # an en dash
        ("８５０７３００３３２８", BE),  # full width
        ("111222333", NL),
        ("BSN 1234.56.782", NL),
        ("123 456 782", NL),
        ("85.07.30-033.29", None),
        ("123456789", None),
        ("85.07.32-033.65", None),  # no month has 32 days
        ("85.13.30-033.70", None),  # nor a year 13 months
        ("+32 59 70 12 34", None),
        ("000000000", None),
        ("INC-2026-014, 21/11/2026 22:30", None),
        ("BE71 0961 2345 6769", None),
    ],
)
def test_a_number_is_known_by_its_check_digits(text, kind):
    assert national_number(text) is kind


@given(st.dates(date(1900, 1, 1), datetime.now(UTC).date()), st.integers(1, 998), st.sampled_from(["", " ", ".", "-"]))
def test_every_belgian_number_of_either_century_is_found(born, serial, between):
    nine = f"{born.year % 100:02d}{born.month:02d}{born.day:02d}{serial:03d}"
    check = 97 - int(("2" if born.year >= 2000 else "") + nine) % 97
    text = between.join((nine[:2], nine[2:4], nine[4:6], nine[6:], f"{check:02d}"))
    assert national_number(f"pas {text} gezien") is BE


FIELDS = [
    "request open --name 'An 85.07.30-033.28' --contact a@example.be --cameras foyer-1 --from 9:00 --to 9:10",
    "request open --name An --contact '111222333' --cameras foyer-1 --from 9:00 --to 9:10",
    "request open --name An --contact a --appearance 'pas 85073003328' --cameras foyer-1 --from 9:00 --to 9:10",
    "request close REQ-2026-001 --outcome refused --reason 'BSN 111222333'",
    "footage delete --cameras foyer-1 --from 9:00 --to 9:10 --reason 'pas 85.07.30-033.28'",
    "request close REQ-2026-001 --outcome granted --for 'BSN 111222333'",
    "incident open 'dief 85.07.30-033.28' --kind theft --cameras foyer-1 --from 9:00 --to 9:10",
]


@pytest.mark.parametrize("command", FIELDS)
def test_no_field_takes_one_and_the_error_does_not_repeat_it(site, command):
    answer = site.cctv(command, exit=2)
    assert "never written down" in answer.err
    assert not any(number in answer.err + answer.out for number in ("033", "111222333"))
    assert site.cctv("audit list --json").json["entries"][-1]["act"] == "storage.created"
