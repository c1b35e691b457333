"""Columns that convert themselves: what is stored, what comes back, and what SQL computes of it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, func, insert, literal, select, text
from sqlalchemy.exc import StatementError

from cctv.db.types import Day, Duration, EnumColumn, Flag, Instant, JsonRecord, JsonTuple, ValueDamaged

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
NOON_US = 1_793_534_400_000_000
MINUTE = timedelta(minutes=1)


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Person:
    name: str = ""


kept = Table(
    "kept",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("start", Instant),
    Column("end", Instant),
    Column("length", Duration),
    Column("day", Day),
    Column("flag", Flag),
    Column("colour", EnumColumn(Colour)),
    Column("cameras", JsonTuple),
    Column("person", JsonRecord(Person)),
)
VALUES = {
    "start": NOON,
    "end": NOON + 2 * MINUTE,
    "length": MINUTE,
    "day": date(2026, 11, 1),
    "flag": True,
    "colour": Colour.RED,
    "cameras": ("gevel-1", "foyer-1"),
    "person": Person("Zoë"),
}
row = kept.c


@pytest.fixture
def connection():
    with create_engine("sqlite://").connect() as connection:
        kept.metadata.create_all(connection)
        connection.execute(insert(kept).values(id=1, **VALUES))
        connection.execute(insert(kept).values(id=2))
        yield connection


def test_values_are_stored_plainly_and_come_back_as_they_were(connection):
    stored = connection.execute(text("SELECT * FROM kept WHERE id = 1")).one()
    assert stored[1:4] == (NOON_US, NOON_US + 120_000_000, 60_000_000)
    assert stored[4:] == ("2026-11-01", 1, "red", '["gevel-1", "foyer-1"]', '{"name": "Zoë"}')
    assert connection.execute(select(kept).where(row.id == 1)).mappings().one() == {"id": 1, **VALUES}


def test_null_is_none_for_every_type(connection):
    assert connection.execute(select(kept).where(row.id == 2)).one()[1:] == (None,) * len(VALUES)


def test_an_instant_of_another_zone_is_stored_as_utc_and_a_naive_one_is_refused(connection):
    abroad = NOON.astimezone(timezone(timedelta(hours=2)))
    assert connection.execute(select(row.id).where(row.start == abroad)).scalar() == 1
    naive = NOON.replace(tzinfo=None)
    for statement in (insert(kept).values(start=naive), select(row.id).where(row.end > naive)):
        with pytest.raises(StatementError, match="naive datetime"):
            connection.execute(statement)


@pytest.mark.parametrize(
    ("computed", "value"),
    [
        (row.end - row.start, 2 * MINUTE),
        (row.end - NOON, 2 * MINUTE),
        (row.start + row.length, NOON + MINUTE),
        (row.start - row.length, NOON - MINUTE),
        (row.start - MINUTE, NOON - MINUTE),
        (literal(NOON, Instant) - row.length, NOON - MINUTE),
        (row.length + MINUTE, 2 * MINUTE),
        (func.max(row.end), NOON + 2 * MINUTE),
        (func.sum(row.end - row.start), 2 * MINUTE),
        (func.max(row.start - row.end), -2 * MINUTE),
        (func.coalesce(literal(None, Instant), row.start), NOON),
        (func.max(row.day), date(2026, 11, 1)),
    ],
)
def test_what_sql_computes_keeps_its_type(connection, computed, value):
    assert connection.execute(select(computed).where(row.id == 1)).scalar_one() == value


@pytest.mark.parametrize(
    "true",
    [
        row.end - row.start > MINUTE,
        row.start + MINUTE < row.end,
        row.start <= NOON,
        row.day < date(2026, 11, 2),
        row.colour.in_(list(Colour)),
        row.colour == Colour.RED,
    ],
)
def test_columns_are_compared_with_values_of_the_model(connection, true):
    assert connection.execute(select(row.id).where(true)).scalar() == 1


def test_a_value_that_the_enum_lacks_is_not_read(connection):
    connection.execute(text("UPDATE kept SET colour = 'blue'"))
    with pytest.raises(ValueDamaged, match="'blue' where Colour belongs"):
        connection.execute(select(row.colour)).all()
