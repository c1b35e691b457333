"""What a monitor reads: overdue seconds, the guard, every camera, in the text format of Prometheus."""

from __future__ import annotations

import re

from cctv.core.disks import Volume

SAMPLE = re.compile(r'([a-z_]+)(?:\{([a-z]+)="([^"]*)"(?:,[a-z]+="[^"]*")*\})? ([0-9.e+-]+)')


def read(text):
    found = {}
    for line in text.splitlines():
        if line.startswith("# "):
            assert re.fullmatch(r"# (HELP [a-z_]+ .+|TYPE [a-z_]+ gauge)", line)
            continue
        name, _, value, number = SAMPLE.fullmatch(line).groups()
        found[name if value is None else (name, value)] = float(number)
    return found


def test_overdue_seconds_are_0_while_the_promise_is_kept_and_count_from_the_limit_on(site, clock):
    site.record("gevel-1", "2026-11-01 11:00")
    site.cctv("sweep --once")
    assert read(site.cctv("status --metrics", exit=None).out)["cctv_overdue_seconds"] == 0

    clock.set("2026-11-08 11:00:30")

    told = site.cctv("status --metrics", exit=17)
    assert read(told.out)["cctv_overdue_seconds"] == 30
    assert read(told.out)["cctv_status_exit_code"] == 17
    assert site.cctv("status --json", exit=17).json["overdue_seconds"] == 30


def test_held_footage_is_never_overdue(site, clock):
    site.record("gevel-1", "2026-11-01 11:00")
    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'")
    clock.advance(days=8)

    found = read(site.cctv("status --metrics", exit=None).out)

    assert found["cctv_overdue_seconds"] == 0
    assert found["cctv_held_past_limit_segments"] == 1
    assert found[("cctv_camera_well", "gevel-1")] == 0


def test_a_volume_that_keeps_snapshots_is_warned_about(site, monkeypatch):
    volume = Volume("btrfs", "/dev/sda1", False, ("btrfs",), None)
    monkeypatch.setattr("cctv.monitoring.status.volume_of", lambda _: volume)

    assert "btrfs may keep snapshots" in site.cctv("status", exit=None).out
    assert site.cctv("status --json", exit=None).json["volume"]["snapshots"] == ["btrfs"]
    assert read(site.cctv("status --metrics", exit=None).out)["cctv_volume_may_snapshot"] == 1
