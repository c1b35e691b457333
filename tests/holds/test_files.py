"""`holds/<id>.json` is a second memory: what the index forgot comes back, what was released does not."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from cctv.cases.holds import release_hold
from cctv.core.durable import DurableFiles
from cctv.db.engine import read_transaction
from cctv.holds.store import holds_in_force

INCIDENT = "incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'"


def test_a_hold_younger_than_a_restored_index_still_holds(site, clock):
    site.record("gevel-1", "2026-11-01 11:00")
    shutil.copy(site.root / "cctv.db", site.folder / "old.db")
    site.cctv(INCIDENT)
    for path in site.root.glob("cctv.db*"):
        path.unlink()
    shutil.copy(site.folder / "old.db", site.root / "cctv.db")

    clock.advance(days=8)
    site.cctv("sweep --once")

    assert len(site.footage("gevel-1")) == 1
    assert [hold["id"] for hold in site.cctv("hold list --json").json["holds"]] == ["HOLD-2026-001"]
    acts = [entry["act"] for entry in site.cctv("audit list --json").json["entries"]]
    assert "hold.adopted" in acts
    site.cctv(INCIDENT)
    assert len(site.cctv("hold list --json").json["holds"]) == 2


def test_the_file_of_a_released_hold_that_a_crash_left_goes_and_holds_nothing(site, clock):
    class ForgetfulDisk(DurableFiles):
        def unlink(self, path):
            raise KeyboardInterrupt

    site.record("gevel-1", "2026-11-01 11:00")
    site.cctv(INCIDENT)
    with pytest.raises(KeyboardInterrupt):
        release_hold(replace(site.open(), disk=ForgetfulDisk()), "HOLD-2026-001", reason="dealt with")
    assert (site.root / "holds" / "HOLD-2026-001.json").exists()

    clock.advance(days=8)
    site.cctv("sweep --once")

    assert site.footage("gevel-1") == []
    assert list((site.root / "holds").iterdir()) == []
    with read_transaction(site.open().engine) as connection:
        assert holds_in_force(connection) == []
