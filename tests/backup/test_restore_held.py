"""Held footage comes back from its copy only if it is held and missing, and nobody deleted it."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest

from cctv.backup.restore_held import RestoreDecision, verdict_of
from cctv.core.time_range import Span
from cctv.model.footage import NewSegment, Reason, Tombstone
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, HoldId, ZoneId

pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GEVEL = CameraId("gevel-1")


def minutes(rig, clip, count=3):
    """Minutes of footage whose bytes differ, as a camera's do."""
    made = []
    for minute in range(count):
        file = rig.site.folder / f"clip-{minute}.mp4"
        file.write_bytes(clip.read_bytes() + minute.to_bytes(4, "big") + b"free")
        made += rig.site.record(GEVEL, f"2026-11-01 11:0{minute}", clip=file)
    return made


def bring_back(rig, more="", *, exit=0):
    return rig.cctv(f"restore --held {rig.medium} --key {rig.key} --reason 'new disk' {more}", exit=exit)


def test_after_the_loss_of_the_whole_disk_held_footage_stands_in_its_place_again(rig, clip):
    recorded = minutes(rig, clip)
    rig.hold("2026-11-01 11:00", "2026-11-01 11:02")
    rig.cctv(f"backup --held {rig.medium}")
    file = rig.back_up()
    kept = [(rig.site.root / one.path).read_bytes() for one in recorded[:2]]
    rig.lose()
    rig.restore(file)
    rig.confirm()

    assert "2 segments returned" in bring_back(rig).out

    found = rig.site.footage(GEVEL)
    assert [(one.path, one.sha256, one.limit) for one in found] == [
        (one.path, one.sha256, one.limit) for one in recorded[:2]
    ]
    assert [(rig.site.root / one.path).read_bytes() for one in found] == kept
    assert rig.cctv("footage reconcile --json").json["differences"] == []
    rig.days_pass(8)
    rig.cctv("sweep --once")
    assert len(rig.site.footage(GEVEL)) == 2
    assert "2 segments already there" in bring_back(rig).out


def test_nothing_comes_back_before_the_holds_are_confirmed(rig, clip):
    minutes(rig, clip)
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.cctv(f"backup --held {rig.medium}")
    file = rig.back_up()
    rig.lose()
    rig.restore(file)

    assert "nobody has confirmed the holds" in bring_back(rig, exit=18).err


def test_what_was_released_since_is_refused(rig, clip):
    minutes(rig, clip)
    hold = rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.cctv(f"backup --held {rig.medium}")
    file = rig.back_up()
    rig.lose()
    rig.restore(file)
    rig.cctv(f"hold release {hold} --reason 'released before the disk was lost'")
    rig.confirm()

    assert "1 segments refused: no hold in force covers it" in bring_back(rig).out
    assert rig.site.footage(GEVEL) == []


def test_deleted_footage_does_not_come_back_under_a_new_hold(rig, clip):
    minutes(rig, clip)
    hold = rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.cctv(f"backup --held {rig.medium}")
    rig.cctv(f"hold release {hold} --reason 'nothing to be seen'")
    rig.days_pass(8)
    rig.cctv("sweep --once")
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")

    assert "1 segments refused: it was deleted" in bring_back(rig).out
    assert rig.site.footage(GEVEL) == []


def test_a_dry_run_brings_nothing_back(rig, clip):
    recorded = minutes(rig, clip)
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.cctv(f"backup --held {rig.medium}")
    (rig.site.root / recorded[0].path).unlink()
    rig.cctv("footage reconcile --fix", exit=15)
    assert "1 segments would be returned" in bring_back(rig, "--dry-run").out
    assert not (rig.site.root / recorded[0].path).exists()
    bring_back(rig)
    assert recorded[0].path in {one.path for one in rig.site.footage(GEVEL)}


def test_a_torn_file_of_the_copy_is_named_and_the_others_come_back(rig, clip):
    minutes(rig, clip)
    rig.hold("2026-11-01 11:00", "2026-11-01 11:02")
    rig.cctv(f"backup --held {rig.medium}")
    file = rig.back_up()
    torn = sorted(rig.medium.glob("cctv-held-*/*.age"))[0]
    torn.write_bytes(torn.read_bytes()[:-10])
    rig.lose()
    rig.restore(file)
    rig.confirm()

    assert torn.name in bring_back(rig, exit=15).err
    assert len(rig.site.footage(GEVEL)) == 1


def test_another_key_opens_no_held_footage(rig, clip, tmp_path):
    minutes(rig, clip)
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.cctv(f"backup --held {rig.medium}")
    rig.cctv(f"backup key {tmp_path / 'other.key'}")
    rig.cctv(f"restore --held {rig.medium} --key {tmp_path / 'other.key'} --reason x", exit=12)


def test_the_copy_of_another_site_is_refused(rig, clip):
    minutes(rig, clip)
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.cctv(f"backup --held {rig.medium}")
    folder = next(rig.medium.glob("cctv-held-*"))
    rig.lose()
    rig.cctv("footage init")
    told = rig.cctv(f"restore --held {folder} --key {rig.key} --reason x", exit=12)
    assert "another site" in told.err


def test_a_file_and_a_copy_are_two_commands(rig):
    file = rig.back_up()
    rig.cctv(f"restore {file} --held {rig.medium} --key {rig.key} --reason x", exit=2)
    rig.cctv(f"restore --key {rig.key} --reason x", exit=2)


def segment():
    span = Span(AT, AT + MINUTE)
    return NewSegment(GEVEL, ZoneId("facade"), span, AT + timedelta(days=7), "x.mp4", "0" * 64, 1, "p", None)


def hold(placed):
    ground = Ground(GroundKind.INCIDENT, "INC-2026-001")
    return Hold(HoldId("HOLD-2026-001"), ground, frozenset({GEVEL}), Span(AT, AT + MINUTE), AT, placed, "anna")


def stone(reason):
    one = segment()
    began = AT + timedelta(days=2)
    return Tombstone(1, GEVEL, one.zone, one.span, one.limit, one.path, one.sha256, 1, "p", reason, began, began)


@pytest.mark.parametrize("reason", list(Reason))
def test_only_what_was_lost_under_an_older_hold_comes_back(reason):
    older, newer = hold(AT + timedelta(days=1)), hold(AT + timedelta(days=3))
    lost = reason in (Reason.LOST, Reason.FORGOTTEN)
    verdict = RestoreDecision.RETURNED if lost else RestoreDecision.DELETED
    assert verdict_of(segment(), indexed=False, holds=[older], stone=stone(reason)) is verdict
    assert verdict_of(segment(), indexed=False, holds=[newer], stone=stone(reason)) is RestoreDecision.DELETED
    assert verdict_of(segment(), indexed=False, holds=[], stone=stone(reason)) is RestoreDecision.NOT_HELD
    assert verdict_of(segment(), indexed=True, holds=[older], stone=None) is RestoreDecision.THERE
    assert verdict_of(segment(), indexed=False, holds=[older], stone=None) is RestoreDecision.RETURNED
    assert verdict_of(segment(), indexed=False, holds=[older], stone=None, folded=True) is RestoreDecision.DELETED


def test_footage_that_the_replaced_index_deleted_does_not_come_back(rig, clip):
    minutes(rig, clip)
    hold = rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.cctv(f"backup --held {rig.medium}")
    away = shutil.move(next(rig.medium.glob("cctv-held-*")), rig.medium.parent / "away")
    file = rig.back_up()
    rig.cctv(f"hold release {hold} --reason 'nothing to be seen'")
    rig.cctv(
        "footage delete --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01' --reason 'dressing room'"
    )
    shutil.move(away, rig.medium / "away")

    rig.restore(file, "--replace")
    rig.confirm()

    returned = rig.cctv(f"restore --held {rig.medium / 'away'} --key {rig.key} --reason 'new disk'")
    assert "1 segments refused: it was deleted" in returned.out
    gone = rig.cctv("retention explain --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01' --json")
    assert {stone["reason"] for stone in gone.json["cameras"][0]["gone"]} == {"should never have been made"}


def test_a_hold_that_was_placed_after_the_limit_brings_nothing_back_where_no_index_knows(rig, clip):
    minutes(rig, clip)
    hold = rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.cctv(f"backup --held {rig.medium}")
    copy = next(rig.medium.glob("cctv-held-*"))
    away = shutil.move(copy, rig.medium.parent / "away")
    rig.days_pass(8)
    rig.cctv(f"hold release {hold} --reason 'nothing to be seen'")
    rig.cctv("sweep --once")
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    rig.lose_index()
    rig.cctv("footage rebuild --reason 'cctv.db is lost'")
    rig.confirm()
    shutil.move(away, copy)

    assert "1 segments refused: it was deleted" in bring_back(rig).out
