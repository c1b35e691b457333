"""Tracks end where regions meet or part."""

from __future__ import annotations

from cctv.redaction.tracking.tracks import TrackBoundary, Tracker
from cctv.redaction.video.geometry import Rect


def tracks(*frames):
    tracker = Tracker()
    for boxes in frames:
        tracker.add([Rect(x, 0, width, 10) for x, width in boxes])
    return tracker.finish()


def test_one_region_is_one_track():
    (only,) = tracks([(0, 5)], [(2, 5)], [(4, 5)])

    assert (only.first, only.last, only.began, only.ended) == (0, 2, TrackBoundary.CLIP, TrackBoundary.CLIP)
    assert only.box_at(1) == Rect(2, 0, 5, 10)
    assert only.box_at(3) is None


def test_a_crossing_makes_five_tracks_and_guesses_nothing():
    found = tracks([(2, 5), (17, 5)], [(5, 5), (14, 5)], [(7, 10)], [(7, 10)], [(5, 5), (14, 5)], [(2, 5), (17, 5)])

    assert [(t.began, t.ended) for t in found] == [
        (TrackBoundary.CLIP, TrackBoundary.MERGED),
        (TrackBoundary.CLIP, TrackBoundary.MERGED),
        (TrackBoundary.MERGED, TrackBoundary.SPLIT),
        (TrackBoundary.SPLIT, TrackBoundary.CLIP),
        (TrackBoundary.SPLIT, TrackBoundary.CLIP),
    ]


def test_appearing_and_vanishing_are_told():
    found = tracks([], [(0, 5)], [])

    assert [(t.began, t.ended) for t in found] == [(TrackBoundary.APPEARED, TrackBoundary.VANISHED)]


def test_a_smooth_box_is_the_mean_of_its_neighbours():
    (only,) = tracks([(0, 5)], [(2, 5)], [(4, 5)])

    assert only.smooth_box_at(0, 1) == Rect(1, 0, 5, 10)
    assert only.smooth_box_at(9, 1) is None
