"""File formats of an analysis: backdrops with the clip's times, tracks, their crops, and pictures of what a plan shows.

Pictures show people; like the sheet that they are for, they are of the request's own recordings and are deleted with
its case.  Never stores a picture of other footage, which would outlive its limit here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cctv.core.text import parse_json
from cctv.redaction.background.model import Backdrop
from cctv.redaction.background.scene_changes import Change, ChangeKind
from cctv.redaction.background.survey import BackgroundModel
from cctv.redaction.people.persons import Doubt
from cctv.redaction.review.errors import ArtefactUnreadable
from cctv.redaction.review.sheet.thumbnails import Gallery, TrackPicture
from cctv.redaction.tracking.people import NOBODY, FoundPeople, UnseenPlace
from cctv.redaction.tracking.tracks import Link, Track, TrackBoundary
from cctv.redaction.video.geometry import Rect
from cctv.redaction.video.yuv import Planes

SURVEY, TRACKS, UNSEEN, PICTURES = "backdrops.npz", "tracks.json", "unseen.npz", "pictures.npz"
OUTCOME, CHANGES = "outcome.npz", "changes.json"
_PLANES = ("y", "u", "v")
_MOST_NAMED = 2  # tracks whose person may stand in an unseen place: those before and after a pause


@dataclass(frozen=True, slots=True)
class RenderOutcome:
    """What a plan shows, what changed in the scene, and the backdrop (from 0) of each frame."""

    pictures: Gallery
    changes: tuple[Change, ...]
    stretch: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FoundTracks:
    """The people of a part, and where one of their tracks may hold two."""

    people: FoundPeople = NOBODY
    doubts: tuple[Doubt, ...] = ()

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The tracks of everybody."""
        return self.people.tracks

    @property
    def links(self) -> tuple[Link, ...]:
        """What may join them."""
        return self.people.links


def write_survey(path: Path, survey: BackgroundModel) -> None:
    """Backdrops and times as compressed arrays; the caller flushes the file."""
    arrays: dict[str, Any] = {"times": np.array(survey.times, np.int64)}
    for number, backdrop in enumerate(survey.backdrops):
        arrays |= {f"{plane}{number}": getattr(backdrop.planes, plane) for plane in _PLANES}
        arrays |= {
            f"stacked{number}": backdrop.stacked,
            f"trusted{number}": backdrop.trusted,
            f"doubted{number}": backdrop.doubted,
        }
        arrays |= {f"samples{number}": np.array(backdrop.samples), f"shift{number}": np.array(backdrop.shift)}
        boxes = [(box.x, box.y, box.w, box.h) for box in backdrop.people]
        arrays[f"people{number}"] = np.array(boxes, np.float64).reshape(-1, 4)
    np.savez_compressed(path, allow_pickle=False, **arrays)


def read_survey(path: Path) -> BackgroundModel:
    """Raises ArtefactUnreadable."""
    try:
        with np.load(path, allow_pickle=False) as held:
            count = sum(name.startswith("samples") for name in held.files)
            backdrops = tuple(_backdrop(held, number) for number in range(count))
            return BackgroundModel(tuple(int(time) for time in held["times"]), backdrops)
    except (OSError, ValueError, KeyError) as error:
        raise ArtefactUnreadable(path=path, problem=str(error)) from error


def read_times(path: Path) -> tuple[int, ...]:
    """The times (microseconds) of a part's frames, without its backdrops; raises ArtefactUnreadable."""
    try:
        with np.load(path, allow_pickle=False) as held:
            return tuple(int(time) for time in held["times"])
    except (OSError, ValueError, KeyError) as error:
        raise ArtefactUnreadable(path=path, problem=str(error)) from error


def write_tracks(directory: Path, found: FoundTracks) -> None:
    """Tracks with a box for each frame, half-size pixels, and beside them where somebody may stand unseen.

    `sure` is a text of 0 and 1, `look` is in hexadecimal.  The caller flushes the files.
    """
    rows = [
        {
            "id": track.id,
            "first": track.first,
            "began": track.began.value,
            "ended": track.ended.value,
            "boxes": [_sides(box) for box in track.boxes],
            "sure": "".join("01"[sure] for sure in track.sure),
            "look": track.look.hex(),
        }
        for track in found.tracks
    ]
    content = {
        "schema": 1,
        "tracks": rows,
        "links": [[link.first, link.second, link.probability] for link in found.links],
        "doubts": [[doubt.track, doubt.first, doubt.last, list(doubt.unseen)] for doubt in found.doubts],
        "doubtful": sorted(found.people.doubtful),
        "spacing": found.people.spacing,
    }
    (directory / TRACKS).write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
    places = [(frame, place) for frame, here in sorted(found.people.unseen.items()) for place in here]
    named = [(frame, *(*place.tracks, 0, 0)[:_MOST_NAMED]) for frame, place in places]
    boxes = [_sides(place.box) for _, place in places]
    np.savez_compressed(
        directory / UNSEEN,
        allow_pickle=False,
        named=np.array(named, np.int32).reshape(-1, 1 + _MOST_NAMED),
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
    )


def read_found(directory: Path) -> FoundTracks:
    """What `write_tracks` wrote into a part's directory; raises ArtefactUnreadable."""
    path = directory / TRACKS
    try:
        content = parse_json(path.read_text("utf-8"))
        people = FoundPeople(
            tuple(_track(row) for row in content["tracks"]),
            tuple(Link(int(a), int(b), float(chance)) for a, b, chance in content["links"]),
            frozenset(int(number) for number in content["doubtful"]),
            _unseen(directory / UNSEEN),
            int(content["spacing"]),
        )
        return FoundTracks(people, tuple(_doubt(row) for row in content["doubts"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtefactUnreadable(path=path, problem=str(error)) from error


def _doubt(row: Sequence[Any]) -> Doubt:
    """Raises ValueError, TypeError; what came later to the format may be missing."""
    track, first, last, *unseen = row
    return Doubt(int(track), int(first), int(last), tuple(int(number) for number in (unseen[0] if unseen else ())))


def _unseen(path: Path) -> dict[int, tuple[UnseenPlace, ...]]:
    """Raises OSError, ValueError, KeyError."""
    places: dict[int, list[UnseenPlace]] = {}
    with np.load(path, allow_pickle=False) as held:
        for (frame, *tracks), box in zip(held["named"].tolist(), held["boxes"].tolist(), strict=True):
            place = UnseenPlace(tuple(number for number in tracks if number), Rect(*box))
            places.setdefault(frame, []).append(place)
    return {frame: tuple(here) for frame, here in places.items()}


def write_outcome(directory: Path, outcome: RenderOutcome) -> None:
    """Pictures coded, changes as JSON, into a part's directory; the caller flushes the files."""
    pictures = outcome.pictures
    arrays: dict[str, Any] = {"live": np.array(pictures.live), "stretch": np.array(outcome.stretch, np.int32)}
    arrays |= {f"shown-{frame}": coded for frame, coded in pictures.shown.items()}
    arrays |= {f"seen-{frame}": coded for frame, coded in pictures.seen.items()}
    np.savez(directory / OUTCOME, allow_pickle=False, **arrays)
    rows = [
        {
            "kind": change.kind.value,
            "first": change.first,
            "last": change.last,
            "box": _sides(change.box) if change.box else None,
        }
        for change in outcome.changes
    ]
    (directory / CHANGES).write_text(json.dumps({"schema": 1, "changes": rows}, separators=(",", ":")), "utf-8")


def read_outcome(directory: Path) -> RenderOutcome:
    """Raises ArtefactUnreadable."""
    pictures: dict[str, dict[int, Any]] = {"shown": {}, "seen": {}}
    try:
        with np.load(directory / OUTCOME, allow_pickle=False) as arrays:
            for name in arrays.files:
                kind, _, frame = name.partition("-")
                if kind in pictures:
                    pictures[kind][int(frame)] = arrays[name]
            live = tuple(bool(flag) for flag in arrays["live"])
            stretch = tuple(int(index) for index in arrays["stretch"])
        rows = parse_json((directory / CHANGES).read_text("utf-8"))["changes"]
        changes = tuple(
            Change(ChangeKind(row["kind"]), row["first"], row["last"], Rect(*row["box"]) if row["box"] else None)
            for row in rows
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactUnreadable(path=directory / OUTCOME, problem=str(error)) from error
    return RenderOutcome(Gallery(pictures["shown"], pictures["seen"], live), changes, stretch)


def write_pictures(path: Path, pictures: Mapping[int, Sequence[TrackPicture]]) -> None:
    """The crops of each track, by its id; the caller flushes the file."""
    arrays = {f"{track}-{crop.frame}": crop.picture for track, crops in pictures.items() for crop in crops}
    np.savez_compressed(path, allow_pickle=False, **arrays)


def read_pictures(path: Path, track: int | None = None) -> dict[int, tuple[TrackPicture, ...]]:
    """The crops of every track, or of one, by its id; raises ArtefactUnreadable."""
    crops: dict[int, list[TrackPicture]] = {}
    try:
        with np.load(path, allow_pickle=False) as held:
            for name in held.files:
                number, _, frame = name.partition("-")
                if track in (None, int(number)):
                    crops.setdefault(int(number), []).append(TrackPicture(int(frame), held[name]))
    except (OSError, ValueError, KeyError) as error:
        raise ArtefactUnreadable(path=path, problem=str(error)) from error
    return {number: tuple(sorted(pictures, key=lambda crop: crop.frame)) for number, pictures in crops.items()}


def _track(row: Mapping[str, Any]) -> Track:
    boxes, sure = tuple(Rect(*box) for box in row["boxes"]), tuple(flag == "1" for flag in row.get("sure", ""))
    if sure and len(sure) != len(boxes):
        raise ValueError("a track's boxes and its sure frames do not match")
    began, ended = TrackBoundary(row["began"]), TrackBoundary(row["ended"])
    return Track(row["id"], row["first"], boxes, began, ended, sure, bytes.fromhex(row.get("look", "")))


def _backdrop(held: Mapping[str, Any], number: int) -> Backdrop:
    return Backdrop(
        planes=Planes(*(held[f"{plane}{number}"] for plane in _PLANES)),
        stacked=held[f"stacked{number}"],
        trusted=held[f"trusted{number}"],
        doubted=held[f"doubted{number}"],
        samples=int(held[f"samples{number}"]),
        shift=(float(held[f"shift{number}"][0]), float(held[f"shift{number}"][1])),
        people=tuple(Rect(*(float(side) for side in box)) for box in held[f"people{number}"]),
    )


def _sides(box: Rect) -> list[float]:
    return [box.x, box.y, box.w, box.h]
