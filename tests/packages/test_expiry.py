"""Our copy of a package stays a month at most, and 30 days at most."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cctv.packages.expiry import lease_end

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("built", "end"),
    [
        ("2026-11-21", "2026-12-21"),
        ("2026-12-15", "2027-01-14"),
        ("2027-01-15", "2027-02-14"),
        ("2027-01-31", "2027-02-28"),
        ("2027-02-10", "2027-03-10"),
    ],
)
def test_a_lease_ends_after_thirty_days_or_a_month_whichever_is_shorter(built, end):
    at = datetime.fromisoformat(built).replace(tzinfo=UTC)
    assert lease_end(at) == datetime.fromisoformat(end).replace(tzinfo=UTC)
    assert lease_end(at) - at <= timedelta(days=30)
