"""Pictures of the people of a request: from the crops that an analysis left, with where and when each was taken.

Owns which picture shows somebody best.  Reads the parts' folders; writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import cv2

from cctv.db.storage import Storage
from cctv.model.ids import CameraId
from cctv.redaction.people.persons import RequestTracks, TrackRef
from cctv.redaction.review.artefacts import PICTURES, read_pictures
from cctv.redaction.review.case import part_directory
from cctv.redaction.review.plan import CasePart
from cctv.redaction.review.sheet.thumbnails import Bgr, Clearness, clearest_frames
from cctv.redaction.video.geometry import Rect

_JPEG_QUALITY = 85


@dataclass(frozen=True, slots=True)
class PersonPicture:
    """A picture of a person: where it comes from, its local time, and the person's box in pixels of the camera."""

    camera: CameraId
    part: int
    track: int
    frame: int
    at: datetime
    box: Rect
    picture: Bgr

    @property
    def jpeg(self) -> bytes:
        """The picture, coded."""
        done, coded = cv2.imencode(".jpg", self.picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        if not done:
            raise ValueError("a picture of a person could not be coded")
        return coded.tobytes()


class PersonPictures:
    """The pictures of the tracks of some parts, by the key of their analysis; raises ArtefactUnreadable."""

    def __init__(self, site: Storage, parts: Mapping[str, CasePart], tracks: RequestTracks) -> None:
        self._site, self._parts, self._tracks = site, parts, tracks
        self._zone = site.settings.site.timezone

    def best_of(self, tracks: Sequence[TrackRef]) -> tuple[PersonPicture, ...]:
        """Pictures of a person: where they are seen best first, then the earliest and the latest others."""
        clearest = max(tracks, key=lambda ref: (self._clearest[ref.part][ref.track], ref))
        seen = {ref: self.of(ref) for ref in dict.fromkeys((clearest, tracks[0], tracks[-1]))}
        pool = [picture for found in seen.values() for picture in found]
        if not pool:
            return ()
        best = _nearest(seen[clearest] or pool, self._clearest[clearest.part][clearest.track].frame)
        others = sorted((one for one in pool if one is not best), key=lambda one: (one.at, one.track))
        return (best, *others[:1], *others[1:][-1:])

    def best(self, ref: TrackRef) -> PersonPicture | None:
        """The picture in which a track is seen best; None without any."""
        found = self.of(ref)
        return _nearest(found, self._clearest[ref.part][ref.track].frame) if found else None

    def through(self, ref: TrackRef, first: int, last: int) -> tuple[PersonPicture, ...]:
        """Pictures from the beginning, the middle and the end of a stretch of frames of a track, each once."""
        found = self.of(ref)
        near = [_nearest(found, frame) for frame in (first, (first + last) // 2, last)] if found else []
        return tuple({picture.frame: picture for picture in near}.values())

    def of(self, ref: TrackRef) -> list[PersonPicture]:
        """Every picture of a track."""
        part, track = self._parts[ref.part], self._tracks.tracks[ref]
        camera, position = part.plan.camera, part.plan.position
        crops = read_pictures(part_directory(self._site, part) / PICTURES, track=ref.track).get(ref.track, ())
        return [
            PersonPicture(camera, position, ref.track, crop.frame, at, box.scaled(2), crop.picture)
            for crop in crops
            if (box := track.box_at(crop.frame)) is not None and (at := self.at(ref.part, crop.frame))
        ]

    def at(self, key: str, frame: int) -> datetime:
        """The local time of a frame of a part."""
        start = self._parts[key].plan.span.start.astimezone(self._zone)
        return start + timedelta(microseconds=self._tracks.parts[key].times[frame])

    @cached_property
    def _clearest(self) -> Mapping[str, Mapping[int, Clearness]]:
        return {key: clearest_frames(part.tracks) for key, part in self._tracks.parts.items()}


def _nearest(pictures: Sequence[PersonPicture], frame: int) -> PersonPicture:
    return min(pictures, key=lambda picture: abs(picture.frame - frame))
