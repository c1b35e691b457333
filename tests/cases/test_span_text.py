"""How a span is told to a person."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cctv.cli.views.footage import when
from cctv.core.time_range import Span


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("2026-11-21T21:00", "2026-11-21T21:30", "Sat 21/11/2026 22:00 - 22:30"),
        ("2026-11-21T21:00", "2026-11-21T21:30:05", "Sat 21/11/2026 22:00 - 22:30:05"),
        ("2026-11-21T21:00", "2026-11-23T07:00", "Sat 21/11/2026 22:00 - Mon 23/11/2026 08:00"),
        ("2026-10-25T00:30", "2026-10-25T01:30", "Sun 25/10/2026 02:30 CEST - Sun 25/10/2026 02:30 CET"),
        ("2026-12-31T22:00", "2027-01-01T01:00", "Thu 31/12/2026 23:00 - Fri 01/01/2027 02:00"),
    ],
)
def test_a_span_is_told_as_short_as_it_is_clear(start, end, told):
    span = Span(*(datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start, end)))
    assert when(span, ZoneInfo("Europe/Brussels")) == told
