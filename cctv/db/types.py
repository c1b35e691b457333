"""Columns that convert themselves: instants, durations, days, flags, enums and JSON.

The only conversion between model values and stored ones.  NULL is None for every type.  What SQL computes keeps its
type: the difference of two instants is a duration.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Dialect, Integer, Text, TypeDecorator, type_coerce

from cctv.core.clock import from_us, to_us
from cctv.core.errors import GuardError
from cctv.core.i18n import N_
from cctv.core.time_range import Span

if TYPE_CHECKING:  # exists for type checkers only
    from _typeshed import DataclassInstance

_MICROSECOND = timedelta(microseconds=1)
_E = TypeVar("_E", bound=Enum)
_D = TypeVar("_D", bound="DataclassInstance")


class ValueDamaged(GuardError):
    """Deletion and recording stop: the database has {value} where {expected} belongs: it is damaged, or was changed by
    hand.

    next: `cctv audit verify` names the row; put the site's own cctv.db back, or restore a back-up.
    """


class Duration(TypeDecorator[timedelta]):
    """A length of time; integer microseconds in the database."""

    impl = BigInteger
    cache_ok = True
    comparator_factory = TypeDecorator.Comparator  # arithmetic of durations gives durations

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        return None if value is None else value // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        try:
            return None if value is None else timedelta(microseconds=value)
        except (OverflowError, TypeError) as error:
            raise ValueDamaged(value=repr(value), expected=N_("a length of time")) from error


class Instant(TypeDecorator[datetime]):
    """A point in time, UTC-aware; microseconds since 1970 in the database.  A naive datetime raises ValueError."""

    impl = BigInteger
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[datetime]):
        """Instant - Instant is a Duration; Instant - Duration and Instant + Duration are Instants."""

        def __sub__(self, other: Any) -> ColumnElement[Any]:  # noqa: ANN401
            of_instants = isinstance(getattr(other, "type", None), Instant) or isinstance(other, datetime)
            return type_coerce(super().__sub__(other), Duration() if of_instants else Instant())

    comparator_factory = Comparator

    def coerce_compared_value(self, op: Any, value: Any) -> Instant | Duration:  # noqa: ANN401
        return Duration() if isinstance(value, timedelta) else self

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_us(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return _instant(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[int | None], datetime | None]:
        """One call a value instead of three: a sweep reads 400,000 instants a day (scripts/bench retention)."""
        return _instant


def _instant(value: int | None) -> datetime | None:
    try:
        return None if value is None else from_us(value)
    except (OverflowError, TypeError, ValueError) as error:
        raise ValueDamaged(value=repr(value), expected=N_("a time")) from error


def span_of(start: datetime, end: datetime) -> Span:
    """The span of a row; raises ValueDamaged where its end is not after its start."""
    try:
        return Span(start, end)
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueDamaged(value=f"{start} - {end}", expected=N_("a span")) from error


class Day(TypeDecorator[date]):
    """A calendar day; its ISO text in the database, which sorts as the days do."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        try:
            return None if value is None else date.fromisoformat(value)
        except (ValueError, TypeError) as error:
            raise ValueDamaged(value=repr(value), expected=N_("a day")) from error


class Flag(TypeDecorator[bool]):
    """True or False; 1 or 0 in the database."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)


class EnumColumn(TypeDecorator[_E]):
    """A member of an enum of texts; its value in the database.  Reading an unknown value raises ValueDamaged."""

    impl = Text
    cache_ok = True

    def __init__(self, enum: type[_E]) -> None:
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value: _E | None, dialect: Dialect) -> str | None:
        return None if value is None else str(self.enum(value).value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> _E | None:
        try:
            return None if value is None else self.enum(value)
        except ValueError as error:
            raise ValueDamaged(value=repr(value), expected=self.enum.__name__) from error


class JsonTuple(TypeDecorator[tuple[Any, ...]]):
    """A tuple of JSON values; an array of JSON in the database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[Any] | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(list(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[Any, ...] | None:
        try:
            return None if value is None else tuple(json.loads(value))
        except (ValueError, TypeError) as error:
            raise ValueDamaged(value=repr(value)[:80], expected=N_("a list")) from error


class JsonRecord(TypeDecorator[_D]):
    """A dataclass of plain fields; an object of JSON in the database, where a field may be left out for its default."""

    impl = Text
    cache_ok = True

    def __init__(self, record: type[_D]) -> None:
        super().__init__()
        self.record = record

    def process_bind_param(self, value: _D | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(asdict(value), ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> _D | None:
        try:
            return None if value is None else self.record(**json.loads(value))
        except (ValueError, TypeError) as error:
            raise ValueDamaged(value=repr(value)[:80], expected=self.record.__name__) from error
