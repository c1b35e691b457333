"""Taking a file in again after it failed on a full disk: what is done already is not done twice."""

from __future__ import annotations

import errno
import shutil
from datetime import timedelta

import pytest

from cctv.core.durable import DurableFiles
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction
from cctv.footage import ingest as footage_ingest
from cctv.footage.ingest import ingest, unclaimed
from cctv.footage.layout import INDEX, incoming_directory
from cctv.footage.runs import begin_run
from cctv.footage.segments import segments_of
from cctv.model.ids import CameraId

CAMERA = CameraId("gevel-1")


class FullAfter(DurableFiles):
    """Has room for one line only, or for none."""

    def append_line(self, path, line):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("with_line", [False, True])
def test_a_file_that_found_no_room_is_taken_in_once(site, clock, clip, monkeypatch, with_line):
    opened = site.open()
    run = begin_run(opened, CAMERA)
    file = incoming_directory(opened, CAMERA) / f"run{run.id}-000000.mp4"
    shutil.copy(clip, file)
    span = Span(clock.now(), clock.now() + timedelta(seconds=2))
    with monkeypatch.context() as full:
        if with_line:
            full.setattr(footage_ingest, "_insert", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        else:
            full.setattr(DurableFiles, "append_line", FullAfter.append_line)
        with pytest.raises(OSError, match=r"full|No space"):
            ingest(opened, run, file, span)

    segment = ingest(opened, run, file, span)

    with read_transaction(opened.engine) as connection:
        assert segments_of(connection, CAMERA, span) == [segment]
    assert len((opened.root / segment.path).with_name(INDEX).read_text().splitlines()) == 1


def test_a_second_file_of_the_same_millisecond_has_a_name_of_its_own_and_an_earlier_limit(site, clock, clip):
    """After the clock was set back."""
    opened = site.open()
    span = Span(clock.now(), clock.now() + timedelta(seconds=2))
    segments = []
    for number in range(3):
        run = begin_run(opened, CAMERA)
        file = incoming_directory(opened, CAMERA) / f"run{run.id}-{number:06d}.mp4"
        shutil.copy(clip, file)
        segments.append(ingest(opened, run, file, unclaimed(opened, run, span)))

    assert [span.start - segment.span.start for segment in segments] == [timedelta(milliseconds=n) for n in range(3)]
    assert len({segment.path for segment in segments}) == 3
    assert all(segment.limit - segment.span.start == segments[0].limit - segments[0].span.start for segment in segments)
