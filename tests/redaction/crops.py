"""The crops of a clip's tracks, as a review collects them while it reads the clip."""

from __future__ import annotations

from collections.abc import Sequence

from cctv.redaction.review.sheet.thumbnails import Thumbnails, TrackPicture
from cctv.redaction.tracking.tracks import Track
from cctv.redaction.video.reader import Clip, Reading


def thumbnails(clip: Clip, tracks: Sequence[Track]) -> dict[int, tuple[TrackPicture, ...]]:
    thumbnails = Thumbnails(tracks)
    for frame, planes in enumerate(Reading(clip)):
        thumbnails.see(frame, planes)
    return thumbnails.crops
