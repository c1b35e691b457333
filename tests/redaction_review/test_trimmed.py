"""A redaction gives the frames that were asked for and no other, whatever the recordings around them hold."""

from __future__ import annotations

import json

import numpy as np
import pytest
from casescene import BLUE, RED, SEGMENT, WIDE, Person, film, pictures_of, pixels_of
from casestages import OPEN, REQUEST, SUBJECT, record_people, stock_tools, write_keep

from cctv.redaction.review.prepare import split_into_parts
from cctv.redaction.video.reader import Reading, clip_of

pytestmark = pytest.mark.slow

FIRST, LAST = 25, 55  # frames of the recording: 2.5 s to 5.5 s
TRIMMED = OPEN.replace("'2026-11-01 11:00' --to +1m", "'2026-11-01 11:00:02.5' --to '2026-11-01 11:00:05.5'")


class Stands(Person):
    """Somebody who stands there from the first to the third second, and not before or after."""

    def left(self, frame: int) -> float:
        return self.start if 10 <= frame < 30 else -WIDE


@pytest.fixture
def asked(bare_site, footage_files):
    """Eight seconds of two people, of which three are asked for, across the seam of two segments."""
    bare_site.cctv("footage init")
    nobody = footage_files["nobody"][0]
    for minute in (20, 40):
        bare_site.record("foyer-1", f"2026-11-01 10:{minute}", minutes=4 / 60, segment=4, clip=nobody)
    record_people(bare_site, footage_files)
    bare_site.cctv(TRIMMED)
    return bare_site


def test_a_window_gives_the_frames_in_it_and_no_other_with_their_times(footage_files):
    clip = clip_of(footage_files["people"], [-2_500_000, 1_500_000])
    everything = list(Reading(clip))

    reading = Reading(clip.within(0, 3_000_000))
    pictures = list(reading)

    assert reading.times == [number * 100_000 for number in range(LAST - FIRST)]
    for seen, wanted in zip(pictures, everything[FIRST:LAST], strict=True):
        assert np.array_equal(seen.y, wanted.y)


def test_a_window_is_half_open_and_may_be_empty(footage_files):
    clip = clip_of(footage_files["people"][:1], [0])

    reading = Reading(clip.within(100_000, 200_000))
    assert len(list(reading)) == 1
    assert reading.times == [100_000]
    assert list(Reading(clip.within(100_001, 200_000))) == []


def test_the_package_holds_the_requested_frames_only(asked, tmp_path):
    kept = write_keep(tmp_path / "KEEP.json", last=LAST - 1, first=FIRST)
    prepared = asked.cctv(f"redaction prepare {REQUEST} --json").json["parts"][0]
    asked.cctv(f"redaction keep {REQUEST} --boxes {kept} --reason 'the red coat'")
    asked.cctv(f"redaction approve {REQUEST} --all --reason looked")

    built = asked.cctv(f"export build {REQUEST} --json").json

    assert prepared["frames"] == LAST - FIRST
    folder = asked.root / "exports" / built["package"]
    manifest = json.loads((folder / "manifest.json").read_text())
    video = manifest["outputs"][0]
    assert video["span"] == {"start": "2026-11-01T10:00:02.500000Z", "end": "2026-11-01T10:00:05.500000Z"}
    assert [source["span"]["end"] for source in video["sources"]] == ["2026-11-01T10:00:04Z", "2026-11-01T10:00:08Z"]
    shown = pictures_of(folder / video["file"])
    assert len(shown) == video["frames"] == video["verified"]["frames"] == LAST - FIRST
    assert pixels_of(shown, BLUE).max() == 0
    reds = [np.flatnonzero((np.abs(one.astype(int) - RED).max(axis=2) < 45).any(axis=0)) for one in shown]
    whole = [frame for frame, columns in enumerate(reds) if len(columns) > WIDE / 2]
    assert len(whole) > len(reds) / 2
    assert all(abs(reds[frame].mean() - SUBJECT.left(FIRST + frame) - WIDE / 2) < 4 for frame in whole)
    assert stock_tools(folder) == [0, 0]


def test_a_stretch_of_which_no_frame_was_asked_for_is_no_part(bare_site, footage_files):
    bare_site.cctv("footage init")
    clip = footage_files["nobody"][0]
    for start in ("2026-11-01 11:00:00", "2026-11-01 11:00:08"):
        bare_site.record("foyer-1", start, minutes=SEGMENT / 60, segment=SEGMENT, clip=clip)
    bare_site.cctv(TRIMMED.replace("11:00:02.5", "11:00:03.95").replace("11:00:05.5", "11:00:09"))
    bare_site.cctv(TRIMMED.replace("11:00:02.5", "11:00:03.95").replace("11:00:05.5", "11:00:07"))

    said = bare_site.cctv(f"redaction prepare {REQUEST} --dry-run --json").json
    nothing = bare_site.cctv("redaction prepare REQ-2026-002", exit=14)

    assert [part["start"] for part in said["parts"]] == ["2026-11-01T10:00:08.000Z"]
    assert "foyer-1" in nothing.err


def test_who_stands_still_while_it_was_asked_for_does_not_become_the_empty_scene(bare_site, tmp_path):
    clip = film(tmp_path / "stands.mp4", [Stands(RED, start=80, speed=0, bottom=100)])
    bare_site.cctv("footage init")
    bare_site.record("foyer-1", "2026-11-01 11:00", minutes=SEGMENT / 60, segment=SEGMENT, clip=clip)
    bare_site.cctv(TRIMMED.replace("11:00:02.5", "11:00:01").replace("11:00:05.5", "11:00:03"))

    bare_site.cctv(f"redaction prepare {REQUEST}")

    (backdrop,) = (bare_site.root / "derived" / REQUEST).rglob("backdrop-1.png")
    assert pixels_of(pictures_of(backdrop), RED).max() == 0


def test_a_part_too_large_for_fat_is_cut_between_two_segments(bare_site, footage_files):
    bare_site.cctv("footage init")
    segments = record_people(bare_site, footage_files)
    size = sum(segment.size_bytes for segment in segments)

    assert split_into_parts(segments, size) == [tuple(segments)]
    assert split_into_parts(segments, size - 1) == [(segment,) for segment in segments]
