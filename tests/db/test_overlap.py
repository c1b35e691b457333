"""The search for what overlaps a span finds the same whether or not the camera's longest segment is known."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from cctv.core.time_range import Span
from cctv.db.engine import open_engine, write_transaction
from cctv.db.queries import overlaps_span
from cctv.db.schema import camera_totals, tombstones
from cctv.db.upgrade import upgrade
from cctv.model.footage import Reason
from cctv.model.ids import CameraId

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ROW = {"zone": "facade", "sha256": "f0", "size_bytes": 3, "policy": "p1", "reason": Reason.LOST, "began_us": NOON}


@pytest.mark.parametrize("is_known", [False, True])
def test_what_overlaps_a_span_is_found(tmp_path, is_known):
    engine = open_engine(tmp_path / "cctv.db", create=True)
    upgrade(engine)
    starts = [NOON + number * MINUTE for number in range(4)]
    with write_transaction(engine) as connection:
        for number, start in enumerate(starts):
            times = {"start_us": start, "end_us": start + MINUTE, "limit_us": start}
            names = {"segment_id": number, "camera": "gevel-1", "path": f"{number}.mp4"}
            connection.execute(insert(tombstones).values(**ROW, **names, **times))
        if is_known:
            totals = {"camera": "gevel-1", "segments": 0, "size_bytes": 0, "longest_us": MINUTE}
            connection.execute(insert(camera_totals).values(**totals))
        span = Span(NOON + MINUTE + MINUTE / 2, NOON + 3 * MINUTE)
        found = connection.scalars(
            select(tombstones.c.start_us).where(overlaps_span(tombstones.c, CameraId("gevel-1"), span))
        )
        assert list(found) == starts[1:3]
