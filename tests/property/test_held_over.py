"""Whatever is recorded, held, released, swept or lost, in any order: the index's counts and marks say what is so."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from cctv.config.loader import load_settings
from cctv.core.durable import DurableFiles
from cctv.core.time_range import Span
from cctv.db import schema
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.initialise import create_site
from cctv.footage.segments import (
    candidates,
    count_all_again,
    insert_segment,
    insert_tombstones,
    segments_of,
    to_segment,
    totals,
)
from cctv.holds.cover import count_held_over, is_covered_by_hold
from cctv.holds.store import holds_in_force, place
from cctv.holds.store import release as store_release
from cctv.model.audit import Actor
from cctv.model.footage import NewSegment, Reason
from cctv.model.holds import Ground, GroundKind
from cctv.model.ids import CameraId, ZoneId
from cctv.retention.sweep import sweep_once

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
ALWAYS = Span(NOON, datetime.max.replace(tzinfo=UTC))
CAMERAS = [CameraId("gevel-1"), CameraId("foyer-1")]
CONFIG = """
[site]
name = "De Grote Post"
timezone = "Europe/Brussels"
jurisdiction = "BE"
storage = "storage"
[zones.facade]
kind = "facade"
retention = "7d"
"""

spans = st.tuples(st.integers(0, 4), st.integers(1, 4)).map(
    lambda one: Span(NOON + timedelta(minutes=5 * one[0]), NOON + timedelta(minutes=5 * (one[0] + one[1])))
)
record = st.tuples(st.just("record"), st.sampled_from(CAMERAS), spans, st.integers(1, 60))
hold = st.tuples(st.just("hold"), st.sets(st.sampled_from(CAMERAS), min_size=1), spans)
sweep = st.tuples(st.just("sweep"), st.integers(0, 60))
release = st.tuples(st.just("release"), st.integers(0, 5))
lose = st.tuples(st.just("lose"), st.integers(0, 5))
histories = st.tuples(
    st.lists(st.one_of(record, hold), min_size=2, max_size=6),
    st.lists(st.one_of(sweep, release, record, hold, lose), max_size=10),
).map(lambda one: [*one[0], *one[1]])


class HandClock:
    """Moves by hand."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOON).total_seconds()  # the machine counts along: a clock that moves alone is not believed


class NoFiles(DurableFiles):
    """The footage itself is not there."""

    def unlink(self, path):
        return not str(path).endswith(".mp4") and super().unlink(path)


def act(site: Storage, clock: HandClock, number: int, step) -> None:
    kind, *given_ = step
    if kind == "record":
        camera, span, limit = given_
        path = f"segments/facade/{camera}/{number}.mp4"
        limit = span.start + timedelta(minutes=limit)
        new = NewSegment(camera, ZoneId("facade"), span, limit, path, "0" * 64, number, "p", None)
        with site.engine.begin() as connection:
            insert_segment(connection, new)
    elif kind == "hold":
        cameras, span = given_
        ground = Ground(GroundKind.INCIDENT, "INC-2026-001")
        with write_transaction(site.engine) as connection:
            place(connection, site, ground=ground, cameras=cameras, span=span, review=clock.at, reason="needed")
    elif kind == "sweep":
        clock.at += timedelta(minutes=given_[0])
        sweep_once(site)
    else:
        # What is lost is lost past the log.
        with site.engine.begin() if kind == "lose" else write_transaction(site.engine) as connection:
            choose(connection, site, kind, given_[0])


def choose(connection, site: Storage, kind: str, which: int) -> None:
    """Release one of the holds in force, or lose one of the files, if there are any."""
    if kind == "release" and (found := holds_in_force(connection)):
        store_release(connection, site, found[which % len(found)].id, reason="over")
    stored = [one for camera in CAMERAS for one in segments_of(connection, camera, ALWAYS)]
    if kind == "lose" and stored:
        insert_tombstones(connection, stored[which % len(stored)], Reason.PAST_LIMIT, NOON)


def assert_true(connection, site: Storage, *, swept: bool) -> None:
    segment = schema.segments.c
    marked = set(connection.execute(select(segment.id).where(segment.held_over == 1)).scalars())
    covered = set(connection.execute(select(segment.id).where(is_covered_by_hold())).scalars())
    due = {one.id for one in candidates(connection, site.clock.now(), 1000)}
    assert marked <= covered
    assert not (swept and due), "all that is due is gone, or held over"
    counted = connection.execute(
        select(segment.camera, func.count(), func.sum(segment.size_bytes), func.sum(segment.held_over))
        .group_by(segment.camera)
        .order_by(segment.camera)
    ).all()
    kept_totals = totals(connection)
    kept = [(one.camera, one.segments, one.size_bytes, one.held_over) for one in kept_totals]
    assert [one for one in kept if one[1]] == [tuple(row) for row in counted]
    assert all(one[1:] == (0, 0, 0) for one in kept if not one[1])
    with connection.begin_nested() as undone:
        count_all_again(connection)
        assert totals(connection) == kept_totals
        undone.rollback()
    past = select(func.count()).where(segment.held_over == 1, segment.limit_us <= site.clock.now())
    assert count_held_over(connection, site.clock.now()) == connection.execute(past).scalar_one()


def assert_searches_find_what_a_scan_finds(connection, span: Span) -> None:
    for camera in CAMERAS:
        rows = connection.execute(select(schema.segments).where(schema.segments.c.camera == camera))
        scanned = sorted(one.id for one in map(to_segment, rows) if one.span.overlaps(span))
        assert sorted(one.id for one in segments_of(connection, camera, span)) == scanned


@settings(max_examples=60)
@given(histories, spans)
def test_marks_and_totals_agree_with_the_cover_predicate(taken, looked_for):
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "cameras.toml"
        config.write_text(CONFIG)
        clock = HandClock()
        site = create_site(load_settings(config, environ={}).settings, disk=NoFiles(), clock=clock, actor=Actor("test"))
        with site.engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO policies VALUES ('p', '', 0)")
        for number, step in enumerate(taken):
            act(site, clock, number, step)
            with read_transaction(site.engine) as connection:
                assert_true(connection, site, swept=step[0] == "sweep")
                assert_searches_find_what_a_scan_finds(connection, looked_for)
        site.engine.dispose()


def test_a_mark_that_no_hold_explains_goes_with_the_first_sweep_of_a_day(site, clock):
    site.record("gevel-1", "2026-11-01 11:00")
    clock.advance(days=8)
    opened = site.open()
    with opened.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE segments SET held_over = 1")

    site.cctv("sweep --once")

    assert site.footage("gevel-1") == []


def test_what_a_hold_keeps_past_its_limit_is_counted_once_and_listed_by_the_plan(site, clock):
    site.record("gevel-1", "2026-11-01 11:00", minutes=3)
    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:02'")
    clock.advance(days=8)

    for _ in range(2):
        assert site.cctv("sweep --once --json").json["held"] == 2
        planned = site.cctv("retention plan --json").json["decisions"]
        assert [one["reason"] for one in planned] == ["held", "held"]
