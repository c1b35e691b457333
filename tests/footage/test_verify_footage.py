"""Stored footage is hashed again: damage is told with camera and time, and nothing is changed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cctv.footage.repair.verify import part_size, read_round, verify_footage


@pytest.fixture
def recorded(site):
    return [*site.record("gevel-1", "2026-11-01 10:00", minutes=3), *site.record("foyer-1", "2026-11-01 10:00")]


def test_whole_footage_is_exit_0(site, recorded):
    said = site.cctv("footage verify --all --json").json

    assert (said["checked"], said["stored"], said["damaged"]) == (4, 4, [])
    assert said["checked_bytes"] == sum(one.size_bytes for one in recorded)
    assert "all as recorded" in site.cctv("footage verify").out


def test_damage_is_told_with_camera_and_time_and_whether_a_hold_covers_it(site, recorded):
    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:01'")
    flipped = site.root / recorded[0].path
    bytes_ = bytearray(flipped.read_bytes())
    bytes_[-1] ^= 1
    flipped.write_bytes(bytes_)
    (site.root / recorded[1].path).write_bytes(b"short")
    (site.root / recorded[2].path).unlink()

    said = site.cctv("footage verify --all --json", exit=15).json
    shown = site.cctv("footage verify --all", exit=15).out

    assert [(one["segment"], one["problem"], one["holds"]) for one in said["damaged"]] == [
        (recorded[0].id, "other bytes", ["HOLD-2026-001"]),
        (recorded[1].id, "another length", []),
        (recorded[2].id, "missing", []),
    ]
    assert "Sun 01/11 10:00:00" in shown
    assert "3 damaged" in shown
    assert "tell the DPO" in shown
    assert site.cctv("footage list --cameras gevel-1 --from '2026-11-01 9u' --to '2026-11-01 11u' --json").json


@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_a_sample_has_so_many_different_segments(site, recorded, count):
    found = verify_footage(site.open(), sample=count)

    assert found.checked == min(count, 4)


def test_progress_is_told_in_bytes_and_ends_at_all_of_them(site, recorded):
    told = []
    verify_footage(site.open(), sample=None, progress=lambda done, of: told.append((done, of)))

    whole = sum(one.size_bytes for one in recorded)
    assert told[-1] == (whole, whole)
    assert len(told) == 4


def test_sample_and_all_exclude_each_other(site):
    site.cctv("footage verify --all --sample 3", exit=2)


def test_an_empty_storage_has_nothing_to_verify(site):
    assert site.cctv("footage verify --json").json["checked"] == 0


def test_daily_parts_check_everything_within_the_period_and_go_on_where_they_stopped(site, recorded, clock):
    parts = []
    for _ in range(2):
        parts.append(site.cctv("footage verify --within 2d --json").json)
        clock.advance(days=1)

    assert [(part["checked"], part["round"]["left"]) for part in parts] == [(2, 2), (2, 0)]
    assert parts[0]["round"]["began"] == parts[1]["round"]["began"]
    assert "none are left" in site.cctv("footage verify --within 1d").out


def test_a_missed_day_is_made_up_for(site, recorded, clock):
    site.cctv("footage verify --within 4d")
    clock.advance(days=3)

    assert site.cctv("footage verify --within 4d --json").json["checked"] == 3


def test_damage_is_remembered_for_the_round_and_a_lost_memory_begins_a_new_one(site, recorded, clock):
    (site.root / recorded[0].path).unlink()

    site.cctv("footage verify --within 2d", exit=15)
    clock.advance(days=1)
    second = site.cctv("footage verify --within 2d --json").json
    assert second["round"]["damaged"] == 1
    assert read_round(site.root).completed_damaged == 1

    (site.root / "verify.json").write_text("{}")
    assert site.cctv("footage verify --within 1d --json", exit=15).json["checked"] == 4


def test_the_sizes_of_the_parts_add_up_whatever_the_period():
    for left in (0, 1, 7, 1000):
        rest = left
        for day in range(7):
            rest -= part_size(rest, timedelta(days=day), timedelta(days=7))
        assert rest == 0
