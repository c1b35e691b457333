"""The index is lost: segments, limits and holds come back from the disk alone; nothing goes before a person looked."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta

import pytest

from cctv.audit.log import audit_entries
from cctv.cli.context import CommandContext
from cctv.core.durable import DurableFiles
from cctv.core.time_range import Span
from cctv.db.engine import open_engine, read_transaction, write_transaction
from cctv.db.identity import Identity, claim
from cctv.db.upgrade import upgrade
from cctv.footage.layout import INDEX, incoming_directory, recorder_lock
from cctv.footage.repair.rebuild import NEW_FILE, rebuild_index
from cctv.footage.runs import begin_run
from cctv.footage.segments import tombstones_of
from cctv.model.audit import Act
from cctv.model.ids import CameraId

pytestmark = pytest.mark.slow

REBUILD = "footage rebuild --reason 'cctv.db is damaged'"
CONFIRM = "hold confirm --for 'An Maes' --reason 'compared with the incident book'"


@pytest.fixture
def recorded(site, clock):
    """Two cameras, one hold, footage of ten minutes before now."""
    clock.set("2026-11-01 11:50")
    made = {name: site.record(name, "2026-11-01 11:50", minutes=4) for name in ("gevel-1", "foyer-1")}
    clock.set("2026-11-01 12:00")
    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 11:51' --to '2026-11-01 11:52'")
    return made


def lose_index(site):
    for path in site.root.glob("cctv.db*"):
        path.unlink()


def damage_index(site):
    database = site.root / "cctv.db"
    site.open().engine.dispose()
    database.write_bytes(b"no database" * 5000)


def as_known(site, camera):
    """What matters of the footage: everything but the numbers of the rows."""
    return [
        (one.camera, one.zone, one.span, one.limit, one.path, one.sha256, one.size_bytes, one.policy)
        for one in site.footage(camera)
    ]


@pytest.mark.parametrize("trouble", [lose_index, damage_index])
def test_segments_limits_and_holds_come_back_from_the_disk(site, recorded, trouble):
    before = {camera: as_known(site, camera) for camera in recorded}
    held = site.cctv("hold list --json").json["holds"]
    trouble(site)

    refused = site.cctv("sweep --once", exit=18)
    assert "cctv footage rebuild" in refused.err
    planned = site.cctv(f"{REBUILD} --dry-run --json").json
    assert (planned["segments"], planned["holds"]) == (8, ["HOLD-2026-001"])
    assert not (site.root / NEW_FILE).exists()
    made = site.cctv(f"{REBUILD} --json").json

    assert {camera: as_known(site, camera) for camera in recorded} == before
    assert site.cctv("hold list --json").json["holds"] == held
    assert made["differences"] == []
    site.cctv("footage reconcile")
    site.cctv("audit verify")


def test_nothing_is_deleted_before_a_named_person_confirmed_the_holds(site, recorded, clock):
    lose_index(site)
    said = site.cctv(REBUILD)
    assert "cctv hold confirm" in said.err
    clock.advance(days=8)

    refused = site.cctv("sweep --once", exit=18)
    assert "nobody has confirmed the holds" in refused.err
    assert "cctv hold confirm" in refused.err
    site.cctv("footage delete --cameras foyer-1 --from '2026-11-01 11:50' --to '2026-11-01 11:55' --reason x", exit=18)
    assert site.cctv("status --json", exit=17).json["guard"] == "HoldsUnconfirmed"
    assert len(site.footage("gevel-1")) == 4

    site.cctv(CONFIRM)
    site.cctv("sweep --once")

    assert [one.path for one in site.footage("gevel-1")] == [recorded["gevel-1"][1].path]
    assert len(site.footage("foyer-1")) == 4


def test_status_names_the_guard_at_once(site, recorded):
    lose_index(site)
    site.cctv(REBUILD)

    assert site.cctv("status --json", exit=18).json["guard"] == "HoldsUnconfirmed"


def test_a_longer_retention_does_not_lengthen_a_promised_limit(site, recorded):
    before = as_known(site, "gevel-1")
    site.config.write_text(site.config.read_text().replace('retention = "7d"', 'retention = "20d"'))
    lose_index(site)

    site.cctv(REBUILD)

    assert as_known(site, "gevel-1") == before


def test_a_write_ahead_log_without_its_database_is_moved_aside_too(site, recorded):
    lose_index(site)
    (site.root / "cctv.db-wal").write_bytes(b"of a database that is gone")

    made = site.cctv(f"{REBUILD} --json").json

    assert (site.root / f"{made['aside']}-wal").read_bytes() == b"of a database that is gone"
    assert len(site.footage("gevel-1")) == 4


def test_the_old_database_is_moved_aside_and_bound_by_its_hash(site, recorded):
    damage_index(site)

    made = site.cctv(f"{REBUILD} --json").json

    aside = site.root / made["aside"]
    assert aside.read_bytes().startswith(b"no database")
    with read_transaction(site.open().engine) as connection:
        [(entry, why)] = audit_entries(connection, act=Act.INDEX_REBUILT)
    assert entry.seq == 1
    assert len(str(entry.facts["aside_sha256"])) == 64
    assert why == "cctv.db is damaged"


def test_the_old_database_put_back_is_refused(site, recorded, tmp_path):
    shutil.copy(site.root / "cctv.db", tmp_path / "old.db")
    lose_index(site)
    site.cctv(REBUILD)
    for path in site.root.glob("cctv.db*"):
        path.unlink()
    shutil.copy(tmp_path / "old.db", site.root / "cctv.db")

    assert "is not the one that site.json names" in site.cctv("status", exit=18).err


def test_an_index_that_is_whole_is_left_alone(site, recorded):
    before = (site.root / "cctv.db").read_bytes()

    refused = site.cctv(REBUILD, exit=2)

    assert "cctv footage reconcile" in refused.err
    assert (site.root / "cctv.db").read_bytes() == before
    site.cctv("sweep --once")


def test_an_empty_index_of_this_very_storage_is_made_again(site, recorded):
    identity = json.loads((site.root / "site.json").read_text())
    lose_index(site)
    make_blank(site, identity)

    assert "it knows no footage" in site.cctv(f"{REBUILD} --dry-run").out
    site.cctv(REBUILD)
    assert len(site.footage("gevel-1")) == 4


def make_blank(site, identity):
    """A database of this very storage that knows nothing."""
    engine = open_engine(site.root / "cctv.db", create=True)
    upgrade(engine)
    known = Identity(identity["site"], identity["database"], identity["file_system"])
    with write_transaction(engine) as connection:
        claim(connection, known, site.clock.now())


def test_it_waits_for_recorder_and_sweeper_to_end(site, recorded):
    opened = site.open()
    lose_index(site)

    with recorder_lock(opened):
        site.cctv(REBUILD, exit=11)
    assert not (site.root / "cctv.db").exists()


def test_a_hold_that_cannot_be_read_stops_everything(site, recorded):
    (site.root / "holds" / "HOLD-2026-002.json").write_text("{")
    lose_index(site)

    refused = site.cctv(REBUILD, exit=15)

    assert "HOLD-2026-002.json" in refused.err
    assert "place the hold anew" in refused.err
    assert not (site.root / "cctv.db").exists()


def test_files_without_a_line_are_adopted_under_the_shortest_period_that_may_apply(site, recorded):
    day = (site.root / recorded["gevel-1"][0].path).parent
    (day / INDEX).unlink()
    site.config.write_text(site.config.read_text().replace('retention = "7d"', 'retention = "5d"'))
    lose_index(site)

    made = site.cctv(f"{REBUILD} --json").json

    assert made["without_line"] == 4
    assert [one.limit - one.span.start for one in site.footage("gevel-1")] == [timedelta(days=5)] * 4
    site.cctv("footage reconcile")


def test_what_a_dead_recorder_left_is_taken_in_and_its_run_is_not_used_again(site, recorded, clip):
    opened = site.open()
    run = begin_run(opened, CameraId("foyer-1"))
    shutil.copy(clip, incoming_directory(opened, run.camera) / f"run{run.id}-000000.mp4")
    lose_index(site)

    site.cctv(REBUILD)

    assert len(site.footage("foyer-1")) == 5
    assert begin_run(site.open(), CameraId("gevel-1")).id > run.id


def test_what_was_gone_before_is_said_to_be_gone_and_held_footage_that_is_gone_is_an_alarm(site, recorded):
    (site.root / recorded["gevel-1"][1].path).unlink()
    (site.root / recorded["foyer-1"][0].path).unlink()
    lose_index(site)

    assert site.cctv(f"{REBUILD} --json").json["gone"] == 2

    with read_transaction(site.open().engine) as connection:
        whole = Span(site.instant("2026-11-01"), site.instant("2026-11-02"))
        reasons = {
            camera: [stone.reason.value for stone in tombstones_of(connection, CameraId(camera), whole)]
            for camera in recorded
        }
    assert reasons == {"gevel-1": ["lost"], "foyer-1": ["gone before the index was made again"]}
    assert [one["camera"] for one in site.cctv("status --json", exit=15).json["held_footage_lost"]] == ["gevel-1"]


def test_ids_that_holds_and_folders_have_are_not_given_again(site, recorded):
    (site.root / "exports" / "EXP-2026-004").mkdir()
    lose_index(site)
    site.cctv(REBUILD)

    opened = site.cctv(
        "incident open deur --kind damage --cameras gevel-1 --from '2026-11-01 11:50' --to '2026-11-01 11:51' --json"
    ).json
    assert "INC-2026-002" in json.dumps(opened)
    assert "HOLD-2026-002" in json.dumps(opened)
    site.cctv("hold release HOLD-2026-001 --reason 'its case is settled'")


class Died(BaseException):
    """The process is gone; no handler of the product runs."""


class DyingDisk(DurableFiles):
    """Dies before its n-th durable operation."""

    def __init__(self, dies_at):
        self._left = dies_at

    def _step(self):
        self._left -= 1
        if self._left == 0:
            raise Died

    def write(self, path, data, mode=0o640):
        self._step()
        super().write(path, data, mode)

    def rename(self, source, target):
        self._step()
        super().rename(source, target)

    def sync_file(self, path):
        self._step()
        super().sync_file(path)

    def unlink(self, path):
        self._step()
        return super().unlink(path)


@pytest.mark.parametrize("step", range(1, 13))
def test_it_can_be_repeated_after_a_death_at_any_step_and_nothing_is_deleted_meanwhile(site, recorded, clock, step):
    before = {camera: as_known(site, camera) for camera in recorded}
    damage_index(site)
    context = CommandContext(site.box())
    settings, actor = context.settings, context.actor
    files = sorted(site.root.glob("segments/**/*.mp4"))

    died = False
    try:
        rebuild_index(settings, disk=DyingDisk(step), clock=clock, actor=actor, reason="x")
    except Died:
        died = True
        site.cctv("sweep --once", exit=18)
        assert site.cctv(CONFIRM, exit=None).exit in (13, 18)  # whether the new index was in place already
        site.cctv("sweep --once", exit=18)
    assert sorted(site.root.glob("segments/**/*.mp4")) == files
    if died:
        site.cctv(REBUILD)

    assert {camera: as_known(site, camera) for camera in recorded} == before
    assert any(path.read_bytes().startswith(b"no database") for path in site.root.glob("cctv.db.aside-*"))
    site.cctv(CONFIRM)
    site.cctv("sweep --once")
