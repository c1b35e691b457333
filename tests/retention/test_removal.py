"""Footage that should never have been made goes at once by order of a person; what is held stays."""

from __future__ import annotations

import pytest

from cctv.audit.log import audit_entries
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction
from cctv.footage.segments import tombstones_of
from cctv.model.audit import Act
from cctv.model.footage import Reason
from cctv.model.ids import CameraId

DELETE = (
    "footage delete --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:02' --reason 'aimed at the street'"
)


@pytest.fixture
def recorded(site):
    return site.record("gevel-1", "2026-11-01 10:00", minutes=3)


def test_the_span_goes_with_a_tombstone_of_its_own_reason_and_an_order_in_the_log(site, recorded):
    said = site.cctv(f"{DELETE} --json").json

    assert said["deleted"] == 2
    assert site.footage("gevel-1") == recorded[2:]
    assert not (site.root / recorded[0].path).exists()
    with read_transaction(site.open().engine) as connection:
        whole = Span(site.instant("2026-11-01"), site.instant("2026-11-02"))
        stones = tombstones_of(connection, CameraId("gevel-1"), whole)
        [(order, why)] = audit_entries(connection, act=Act.DELETION_ORDERED)
    assert {stone.reason for stone in stones} == {Reason.NEVER_ALLOWED}
    assert why == "aimed at the street"
    assert order.facts["cameras"] == ["gevel-1"]
    assert order.facts["segments"] == 2
    assert (
        "should never have been made"
        in site.cctv("retention explain --cameras gevel-1 --from '2026-11-01 10:00:10'").out
    )


def test_a_dry_run_deletes_nothing(site, recorded):
    assert "Would delete 2 segments" in site.cctv(f"{DELETE} --dry-run").out
    assert site.footage("gevel-1") == recorded


def test_what_a_hold_covers_stays_and_is_named(site, recorded):
    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:01'")

    said = site.cctv(f"{DELETE} --json", exit=3).json

    assert said["held"] == [{"segment": recorded[0].id, "holds": ["HOLD-2026-001"]}]
    assert site.footage("gevel-1") == [recorded[0], recorded[2]]


def test_nothing_there_says_why(site):
    assert "never recorded" in site.cctv(DELETE, exit=14).err


def test_cameras_must_be_named(site, recorded):
    site.cctv("footage delete --from '2026-11-01 10:00' --to '2026-11-01 10:02' --reason x", exit=2)
    assert site.footage("gevel-1") == recorded


def test_what_is_being_written_is_said_not_to_be_among_them(site, recorded, clock):
    clock.set("2026-11-01 10:03")
    assert "run it again" in site.cctv(DELETE).err
