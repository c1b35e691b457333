"""What the product promises: gone at the limit, kept while held, and nothing in between."""

from __future__ import annotations

import pytest

from cctv.core.errors import GuardError
from cctv.retention.sweep import sweep_once


def test_footage_that_an_incident_needs_survives_its_limit(site, clock):
    clock.set("2026-11-01 14:10")
    recorded = site.record("gevel-1", "2026-11-01 14:00", minutes=10)
    site.cctv(
        "incident open 'fiets weg' --kind theft --cameras gevel-1 --from '2026-11-01 14:03' --to '2026-11-01 14:06'"
    )

    clock.advance(days=8)
    site.cctv("sweep --once")

    assert site.footage("gevel-1") == recorded[3:6]


def test_footage_is_gone_at_its_limit_and_not_long_before(site, clock):
    clock.set("2026-11-01 14:01")
    site.record("gevel-1", "2026-11-01 14:00")

    clock.set("2026-11-08 13:49:59")
    site.cctv("sweep --once")
    assert len(site.footage("gevel-1")) == 1

    clock.set("2026-11-08 13:50")
    site.cctv("sweep --once")
    assert site.footage("gevel-1") == []
    assert list(site.root.glob("segments/**/*.mp4")) == []


@pytest.mark.parametrize("command", ["sweep --once --dry-run", "retention plan"])
def test_a_plan_changes_nothing_and_says_what_the_sweep_then_does(site, clock, command):
    recorded = site.record("gevel-1", "2026-11-01 11:00", minutes=3)
    clock.advance(days=8)

    planned = site.cctv(f"{command} --json").json
    assert [one["path"] for one in planned["decisions"] if one["action"] == "expire"] == [
        segment.path for segment in recorded
    ]
    assert len(site.footage("gevel-1")) == 3

    swept = site.cctv("sweep --once --json").json
    assert [one["path"] for one in swept["expired"]] == [segment.path for segment in recorded]


def test_interior_footage_declared_for_30_days_runs_at_28_with_one_warning(site, clock):
    site.config.write_text(site.config.read_text().replace('\nretention = "28d"', '\nretention = "30d"'))
    warned = site.cctv("config check")
    assert warned.err.count("warning:") == 1
    site.record("foyer-1", "2026-11-01 11:00")

    clock.advance(days=28)
    site.cctv("sweep --once")

    assert site.footage("foyer-1") == []
    site.cctv("config check --strict", exit=10)


def test_a_released_hold_lets_overdue_footage_go_within_one_sweep(site, clock):
    site.record("gevel-1", "2026-11-01 11:00")
    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'")
    clock.advance(days=20)
    site.cctv("sweep --once")
    assert len(site.footage("gevel-1")) == 1

    site.cctv("incident settle INC-2026-001 --reason 'verzekeraar betaalde' --yes")
    site.cctv("sweep --once")

    assert site.footage("gevel-1") == []
    assert list((site.root / "holds").iterdir()) == []


def test_a_lost_mount_stops_the_sweep(site, clock):
    site.record("gevel-1", "2026-11-01 11:00")
    clock.advance(days=8)
    (site.root / "site.json").rename(site.root / "elsewhere.json")

    told = site.cctv("sweep --once", exit=18)

    assert "site.json" in told.err
    assert "next:" in told.err


def test_a_clock_that_went_back_stops_the_sweep_and_is_recorded(site, clock):
    site.record("gevel-1", "2026-11-01 11:00")
    clock.advance(days=2)
    site.cctv("sweep --once")
    clock.advance(days=-1)

    site.cctv("sweep --once", exit=18)

    acts = [entry["act"] for entry in site.cctv("audit list --json").json["entries"]]
    assert "sweep.refused" in acts
    site.cctv("status", exit=18)


def test_somebody_elses_database_stops_everything(site, clock, tmp_path):
    site.record("gevel-1", "2026-11-01 11:00")
    (site.root / "cctv.db").unlink()
    for leftover in site.root.glob("cctv.db-*"):
        leftover.unlink()

    told = site.cctv("sweep --once", exit=18)

    assert "put the site's own cctv.db back" in told.err


def test_every_act_is_in_a_chain_that_verifies(site, clock):
    site.record("gevel-1", "2026-11-01 11:00")
    clock.advance(days=8)
    site.cctv("sweep --once")

    verified = site.cctv("audit verify --json").json
    acts = [entry["act"] for entry in site.cctv("audit list --json").json["entries"]]
    assert verified["entries"] == len(acts)
    assert {"storage.created", "recording.started", "segment.deleted", "sweep.done"} <= set(acts)


def test_nothing_is_written_where_a_mount_was_lost(site, clock):
    site.record("gevel-1", "2026-11-01 11:00")
    opened = site.open()
    clock.advance(days=8)
    site.root.rename(site.folder / "unmounted")
    site.root.mkdir()

    for _ in range(2):
        with pytest.raises(GuardError):
            sweep_once(opened)
        site.cctv("sweep --once", exit=18)
        site.cctv("status", exit=18)

    assert list(site.root.iterdir()) == []
