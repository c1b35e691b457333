"""What was made from footage ends too: packages and derived files go by the same sweep, and do not stop it."""

from __future__ import annotations

import pytest

from cctv.core.durable import exclusive
from cctv.services.sweep import sweep_everything


@pytest.mark.parametrize("lock", ["exports/.lock"])
def test_a_build_under_way_does_not_stop_the_deletion_of_footage(site, clock, lock):
    site.record("gevel-1", "2026-11-01 11:00")
    clock.advance(days=8)

    with exclusive(site.root / lock):
        swept = sweep_everything(site.open())

    assert len(swept.footage.gone) == 1
    assert site.footage("gevel-1") == []
