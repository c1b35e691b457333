"""The bench tells the memory of an hour by the slope between shorter runs, and can fail."""

from __future__ import annotations

import sys

import pytest
from simrig import SCRIPTS

sys.path.insert(0, str(SCRIPTS))

from redaction_bench.endurance import _told_by


@pytest.mark.parametrize(("later", "hour", "ok"), [(523.0, 937, False), (500.0, 500, True)])
def test_an_hour_is_told_by_the_slope_between_the_shortest_and_the_longest_run(later, hour, ok):
    slope, told = _told_by({"preparing": [(1500, 500.0), (6000, later)]})

    assert slope.value == pytest.approx((later - 500) * 1024 / 4500, abs=0.01)
    assert told.value == pytest.approx(hour, abs=20)
    assert told.ok is ok


def test_an_hour_that_was_run_is_not_told():
    assert len(list(_told_by({"preparing": [(1500, 500.0), (90_000, 700.0)]}))) == 1
    assert list(_told_by({"preparing": [(90_000, 700.0)]})) == []
