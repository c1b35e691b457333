"""What the soak takes for lost and for explained."""

from itertools import pairwise
from pathlib import Path

import simrig  # puts scripts/ on the path
from simulator.sei import Frame, Scan
from testbed.explained import Stretch, lost_frames, twice, unexplained_seconds
from testbed.faults import Kind, faults
from testbed.product import Segment

SECOND = 1_000_000
NAMES = ["gevel-1", "foyer-1"]
assert simrig.SCRIPTS


def segment(*counters, fps=25):
    frames = tuple(Frame(0, one, SECOND * one // fps, None, False, 0) for one in counters)
    start, end = frames[0].sent_us, frames[-1].sent_us + SECOND // fps
    return Segment("gevel-1", 1, start, end, Path("x"), Scan("x", frames, 0, 0, None))


def test_a_frame_that_is_nowhere_is_lost_unless_a_gap_is_near():
    found = [segment(*range(100)), segment(*range(150, 250))]

    assert lost_frames(found, [], []) == 50
    assert lost_frames(found, [Stretch(4 * SECOND, 6 * SECOND)], []) == 0
    assert lost_frames(found, [], [Stretch(4 * SECOND, 6 * SECOND)]) == 0
    assert lost_frames(found, [Stretch(4 * SECOND, 4 * SECOND)], []) == 50 - 13
    assert lost_frames(found, [Stretch(60 * SECOND, 70 * SECOND)], []) == 50


def test_frames_on_disk_more_than_once_count():
    assert twice([segment(0, 1, 2), segment(2, 3)]) == 1


def test_only_what_lies_between_the_first_segment_and_the_last_needs_a_cause():
    found = [segment(*range(100, 200)), segment(*range(300, 400))]
    without_cause = [Stretch(0, 5 * SECOND), Stretch(8 * SECOND, 12 * SECOND), Stretch(16 * SECOND, 99 * SECOND)]

    assert unexplained_seconds(without_cause, found) == 1 + 4


def test_the_same_seed_brings_the_same_faults_and_all_kinds_come_in_turn():
    planned = faults(7, NAMES, seconds=1800, every=20)

    assert planned == faults(7, NAMES, seconds=1800, every=20)
    assert planned != faults(8, NAMES, seconds=1800, every=20)
    assert len(planned) == 90
    assert {one.kind for one in planned[:9]} == {one.kind for one in planned[9:18]} == set(Kind)
    assert all(later.at >= earlier.at + earlier.lasts for earlier, later in pairwise(planned))
