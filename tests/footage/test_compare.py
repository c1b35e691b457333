"""Names in segments/: a segment where it belongs, or a stray."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cctv.footage.layout import segment_path
from cctv.footage.repair.compare import list_day, start_in, walk


@pytest.mark.parametrize("second", [0, 1, 59, 86_399])
def test_the_name_that_a_segment_gets_is_read_back(tmp_path, second):
    start = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=second, milliseconds=123)
    path = segment_path(tmp_path, "facade", "gevel-1", start)

    assert start_in(path.name, "gevel-1", path.parent.name) == start


@pytest.mark.parametrize(
    "name",
    [
        "gevel-2_20261101T090000.000Z.mp4",
        "gevel-1_20261102T090000.000Z.mp4",
        "gevel-1_20261101T250000.000Z.mp4",
        "gevel-1_20261101T090000.000Z.mp4.part",
        "gevel-1_20261101T090000Z.mp4",
        "20261101T090000.000Z.mp4",
    ],
)
def test_any_other_name_is_none(name):
    assert start_in(name, "gevel-1", "2026-11-01") is None


def test_what_stands_in_no_days_folder_is_a_stray_and_a_link_is_no_segment(tmp_path):
    day = tmp_path / "segments" / "facade" / "gevel-1" / "2026-11-01"
    day.mkdir(parents=True)
    real = day / "gevel-1_20261101T090000.000Z.mp4"
    real.write_bytes(b"")
    (day / "gevel-1_20261101T090100.000Z.mp4").symlink_to(real)
    (day / "index.jsonl").write_text("")
    for stray in ("lost.mp4", "facade/lost.mp4", "facade/gevel-1/lost.mp4", "facade/gevel-1/2026-02-30/lost.mp4"):
        path = tmp_path / "segments" / stray
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")

    walked = walk(tmp_path)
    listed = list_day(tmp_path, walked.folders[0])

    assert walked.folders == ("segments/facade/gevel-1/2026-11-01",)
    assert len(walked.strays) == 4
    assert list(listed.files) == [f"{walked.folders[0]}/{real.name}"]
    assert [path.rpartition("/")[2] for path in listed.strays] == ["gevel-1_20261101T090100.000Z.mp4"]
