"""One encrypted copy of held footage: what is released leaves it at the next sweep or back-up."""

import shutil
from datetime import timedelta

import pytest

from cctv.backup.state import held_name
from cctv.core.durable import DurableFiles
from cctv.holds.confirmation import ask_confirmation

pytestmark = pytest.mark.slow


def copied(rig):
    return sorted(path.stem for path in rig.medium.glob("cctv-held-*/*.age"))


def hashes(segments):
    return sorted(held_name(one.path, one.sha256) for one in segments)


def different(rig, clip, count=3):
    """Minutes of footage; every other one has the same bytes, as a camera's never have."""
    made = []
    for minute in range(count):
        file = rig.site.folder / f"clip-{minute}.mp4"
        file.write_bytes(clip.read_bytes() + (minute % 2).to_bytes(4, "big") + b"free")
        made += rig.site.record("gevel-1", f"2026-11-01 11:0{minute}", clip=file)
    return made


def test_only_held_footage_is_copied_and_only_once(rig, clip):
    recorded = different(rig, clip)
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")

    first = rig.cctv(f"backup --held {rig.medium} --json").json

    assert (first["copied"], copied(rig)) == (1, hashes(recorded[:1]))
    assert rig.cctv(f"backup --held {rig.medium} --json").json["copied"] == 0


def test_what_is_released_is_destroyed_by_the_next_back_up_of_any_kind(rig, clip):
    recorded = different(rig, clip)
    first = rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.hold("2026-11-01 11:02", "2026-11-01 11:03")
    rig.cctv(f"backup --held {rig.medium}")
    assert copied(rig) == hashes([recorded[0], recorded[2]])
    rig.cctv(f"hold release {first} --reason 'nothing to be seen'")

    made = rig.cctv(f"backup {rig.medium} --json").json

    assert made["held_copy"]["destroyed"] == 1
    assert copied(rig) == hashes(recorded[2:])


def test_what_is_released_is_destroyed_by_the_next_sweep(rig, clip):
    recorded = different(rig, clip)
    first = rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.hold("2026-11-01 11:02", "2026-11-01 11:03")
    rig.cctv(f"backup --held {rig.medium}")
    rig.days_pass(8)
    rig.cctv(f"hold release {first} --reason 'nothing to be seen'")

    swept = rig.cctv("sweep --once --json").json

    assert (swept["held_copy_destroyed"], swept["held_copy_reached"]) == (1, True)
    assert copied(rig) == hashes(recorded[2:])
    assert rig.cctv("status --json", exit=None).json["overdue_files"] == []


def test_a_medium_that_is_away_leaves_what_was_released_overdue_until_it_is_back(rig, clip, tmp_path):
    different(rig, clip)
    first = rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.cctv(f"backup --held {rig.medium}")
    copy = next(rig.medium.glob("cctv-held-*"))
    away = shutil.move(copy, tmp_path / "away")
    rig.days_pass(8)
    rig.cctv(f"hold release {first} --reason 'nothing to be seen'")
    rig.days_pass(1)

    assert "NOT REACHED" in rig.cctv("sweep --once").out
    status = rig.cctv("status --json", exit=17).json
    assert status["overdue_seconds"] == timedelta(days=1).total_seconds()
    assert [file["path"] for file in status["overdue_files"]] == [str(rig.medium)]

    shutil.move(away, copy)
    rig.cctv("sweep --once")
    assert copied(rig) == []
    assert rig.cctv("status --json", exit=None).json["overdue_seconds"] == 0


def test_a_dry_run_copies_and_destroys_nothing(rig, clip):
    different(rig, clip)
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    assert "1 held segments" in rig.cctv(f"backup --held {rig.medium} --dry-run").out
    assert list(rig.medium.iterdir()) == []


def test_there_is_one_copy_and_not_a_second(rig, clip, tmp_path):
    different(rig, clip)
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.cctv(f"backup --held {rig.medium}")
    (tmp_path / "other").mkdir()

    told = rig.cctv(f"backup --held {tmp_path / 'other'}", exit=13)

    assert str(rig.medium) in told.err
    assert list((tmp_path / "other").iterdir()) == []
    rig.cctv(f"backup --held {tmp_path / 'other'} --new-copy 'the first was shredded'")
    assert len(list(tmp_path.glob("other/*/*.age"))) == 1


def test_a_copy_that_cannot_be_reached_is_said_when_something_in_it_should_go(rig, clip, tmp_path):
    different(rig, clip)
    hold = rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.cctv(f"backup --held {rig.medium}")
    shutil.move(next(rig.medium.glob("cctv-held-*")), tmp_path / "away")
    rig.site.clock.advance(seconds=1)
    rig.cctv(f"backup {rig.medium}")
    rig.cctv(f"hold release {hold} --reason 'nothing to be seen'")
    rig.site.clock.advance(seconds=1)

    assert "1 holds were released" in rig.cctv(f"backup {rig.medium}", exit=3).err


def test_nothing_is_destroyed_while_the_holds_await_a_person(rig, clip):
    different(rig, clip)
    hold = rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.cctv(f"backup --held {rig.medium}")
    rig.site.clock.advance(minutes=1)
    rig.cctv(f"hold release {hold} --reason 'nothing to be seen'")
    ask_confirmation(rig.site.root, DurableFiles(), why="a restore", at=rig.site.clock.now())
    rig.cctv(f"backup --held {rig.medium}")
    assert len(copied(rig)) == 1

    rig.site.clock.advance(minutes=1)
    rig.cctv("hold confirm --for 'A. Peeters' --reason 'compared with the register'")
    rig.cctv("sweep --once")
    assert copied(rig) == []


def test_the_only_copy_of_held_footage_that_was_lost_stays(rig, clip):
    recorded = different(rig, clip)
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.cctv(f"backup --held {rig.medium}")
    (rig.site.root / recorded[0].path).unlink()
    rig.cctv("footage reconcile --fix", exit=15)
    rig.cctv(f"backup --held {rig.medium}")
    assert copied(rig) == hashes(recorded[:1])


def test_footage_whose_bytes_are_not_as_indexed_is_left_out_and_named(rig, clip):
    recorded = different(rig, clip)
    rig.hold("2026-11-01 11:00", "2026-11-01 11:02")
    spoilt = rig.site.root / recorded[0].path
    spoilt.write_bytes(spoilt.read_bytes()[:-1] + b"x")

    told = rig.cctv(f"backup --held {rig.medium}", exit=15)

    assert recorded[0].path in told.err
    assert copied(rig) == hashes(recorded[1:2])


def test_footage_that_is_gone_is_left_out_and_named(rig, clip):
    recorded = different(rig, clip)
    rig.hold("2026-11-01 11:00", "2026-11-01 11:02")
    (rig.site.root / recorded[0].path).unlink()

    told = rig.cctv(f"backup --held {rig.medium}", exit=15)

    assert recorded[0].path in told.err
    assert copied(rig) == hashes(recorded[1:2])
    assert list(rig.medium.glob("*/*.part")) == []
