"""A sweep far larger than the time since the last one explains stops, until a named person lets it go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from cctv.core.time_range import Span
from cctv.db import schema
from cctv.db.engine import write_transaction
from cctv.model.footage import Segment
from cctv.model.holds import Ground, GroundKind, Hold
from cctv.model.ids import CameraId, HoldId, ZoneId
from cctv.retention.guards.sweep_size import ACCEPTED, size_of

START = datetime(2026, 11, 1, tzinfo=UTC)
NOTHING = timedelta(0)


@pytest.fixture
def shrunk(site, clock):
    """Six hours of footage whose limits somebody moved to yesterday, in the database itself."""
    clock.set("2026-11-03 12:00")
    site.record("foyer-1", "2026-11-03 05:00", minutes=360, segment=1800)
    site.cctv("sweep --once")
    with write_transaction(site.open().engine) as connection:
        connection.execute(update(schema.segments).values(limit_us=schema.segments.c.start_us))
    clock.advance(minutes=1)
    return site


def test_limits_that_moved_by_themselves_delete_nothing_and_the_operator_reads_what_to_do(shrunk):
    told = shrunk.cctv("sweep --once", exit=18)

    assert "6.0 hours of footage (12 segments) would go" in told.err
    assert "cctv sweep --once --dry-run" in told.err
    assert "cctv retention accept-sweep --for NAME --reason WHY" in told.err
    assert len(shrunk.footage("foyer-1")) == 12
    assert shrunk.cctv("status --json", exit=None).json["guard"] == "SweepTooLarge"


def test_a_named_person_accepts_one_large_sweep(shrunk):
    shrunk.cctv("sweep --once", exit=18)
    assert "12 segments" in shrunk.cctv("retention accept-sweep --reason 'as agreed' --dry-run").out
    shrunk.cctv("sweep --once", exit=18)
    assert "--for NAME" in shrunk.cctv("retention accept-sweep --reason 'as agreed'", exit=2).err

    shrunk.cctv("retention accept-sweep --reason 'as agreed' --for 'A. Peeters'")
    shrunk.cctv("sweep --once")

    assert shrunk.footage("foyer-1") == []
    assert not (shrunk.root / ACCEPTED).exists()
    acts = [one["act"] for one in shrunk.cctv("audit list --json").json["entries"]]
    assert "sweep.accepted" in acts
    assert "nothing to accept" in shrunk.cctv("retention accept-sweep --reason x --for A", exit=2).err


def test_a_release_explains_what_its_hold_had_kept(site, clock):
    clock.set("2026-11-01 18:00")
    site.record("gevel-1", "2026-11-01 11:00", minutes=360, segment=1800)
    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 17:00'")
    clock.advance(days=20)
    site.cctv("sweep --once")
    site.cctv("incident settle INC-2026-001 --reason 'betaald' --yes")
    clock.advance(minutes=1)

    site.cctv("sweep --once")

    assert site.footage("gevel-1") == []


def segment(hours, camera="gevel-1", start=START):
    span = Span(start, start + timedelta(hours=hours))
    return Segment(1, CameraId(camera), ZoneId("facade"), span, span.end, "x.mp4", "0" * 64, 1, "p")


def released(span):
    kept = frozenset({CameraId("gevel-1")})
    ground = Ground(GroundKind.INCIDENT, "INC-2026-001")
    return Hold(HoldId("HOLD-2026-001"), ground, kept, span, START, START, "test", released=START, released_by="test")


@pytest.mark.parametrize(
    ("going", "holds", "elapsed", "accepted", "too_large"),
    [
        ([segment(1)], [], NOTHING, NOTHING, False),  # an hour a camera is never too much
        ([segment(2)], [], NOTHING, NOTHING, True),
        ([segment(2)], [], timedelta(minutes=30), NOTHING, False),  # twice the time that passed, and an hour
        ([segment(3)], [], timedelta(minutes=30), NOTHING, True),
        ([segment(2), segment(2, "foyer-1")], [], timedelta(minutes=30), NOTHING, False),
        ([segment(9)], [released(Span(START, START + timedelta(hours=9)))], NOTHING, NOTHING, False),
        ([segment(9)], [released(Span(START - timedelta(hours=9), START))], NOTHING, NOTHING, True),
        ([segment(9)], [], NOTHING, timedelta(hours=8), False),
        ([segment(9)], [], timedelta(days=-3), NOTHING, True),
        ([], [], NOTHING, NOTHING, False),
    ],
)
def test_what_explains_a_sweep(going, holds, elapsed, accepted, too_large):
    assert size_of(going, holds, elapsed, accepted).too_large is too_large
