"""A foreign or an empty database, a disk that is not mounted: nothing goes, and the operator reads what to do."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import update

from cctv.db import schema


@pytest.fixture
def due(site, clock):
    """Footage that the next sweep would take."""
    site.record("gevel-1", "2026-11-01 11:00")
    clock.advance(days=8)
    return site


def files(site):
    return list(site.root.glob("segments/**/*.mp4"))


def test_another_sites_database(due):
    with due.open().engine.begin() as connection:
        connection.execute(update(schema.site).values(site_uuid="11111111-1111-4111-8111-111111111111"))

    told = due.cctv("sweep --once", exit=18)

    assert "put the site's own cctv.db back" in told.err
    assert len(files(due)) == 1


def test_an_empty_database(due):
    for path in due.root.glob("cctv.db*"):
        path.unlink()
    (due.root / "cctv.db").touch()

    told = due.cctv("sweep --once", exit=18)

    assert "it is empty" in told.err
    assert len(files(due)) == 1


def test_an_index_that_knows_nothing_beside_files(due):
    with due.open().engine.begin() as connection:
        for table in (schema.segments, schema.runs, schema.tombstones):
            connection.execute(table.delete())

    told = due.cctv("sweep --once", exit=18)

    assert "the index knows no segment, but 1 files stand in segments/" in told.err
    assert "cctv footage rebuild" in told.err
    assert len(files(due)) == 1


def test_another_disk_in_place_of_the_sites_own(due):
    said = json.loads((due.root / "site.json").read_text())
    key = next(one for one in ("device", "filesystem", "file_system") if one in said)
    (due.root / "site.json").write_text(json.dumps({**said, key: "somewhere else"}))

    told = due.cctv("sweep --once", exit=18)

    assert "`cctv footage adopt-disk --reason WHY`" in told.err
    assert len(files(due)) == 1
