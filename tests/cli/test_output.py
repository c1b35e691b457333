"""The JSON of every command: what each type of ours looks like in it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path

import pytest

from cctv.cli.output import as_json
from cctv.core.time_range import Span

START = datetime(2026, 11, 1, 13, tzinfo=UTC)


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Piece:
    name: str
    span: Span
    colour: Colour | None = None


def test_a_dataclass_is_an_object_of_its_fields_and_its_span_is_start_and_end():
    piece = Piece("one", Span(START, START + timedelta(minutes=1)), Colour.RED)

    assert list(as_json(piece).items()) == [
        ("name", "one"), ("start", "2026-11-01T13:00:00.000Z"), ("end", "2026-11-01T13:01:00.000Z"), ("colour", "red"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "json"),
    [
        (START, "2026-11-01T13:00:00.000Z"),
        (date(2026, 11, 1), "2026-11-01"),
        (timedelta(minutes=1.5), 90.0),
        (Path("exports") / "a", "exports/a"),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({Colour.RED: (1, None, True)}, {"red": [1, None, True]}),
    ],
)
def test_every_type_has_one_form(value, json):
    assert as_json(value) == json


def test_what_has_no_form_is_a_fault_of_the_program():
    with pytest.raises(TypeError, match="not JSON"):
        as_json(object())
