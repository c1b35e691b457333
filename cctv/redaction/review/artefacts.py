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
from cctv.redaction.review.errors import ArtefactUnreadable
from cctv.redaction.review.sheet.thumbnails import Gallery, TrackPicture
from cctv.redaction.tracking.tracks import Track, TrackBoundary
from cctv.redaction.video.geometry import Rect
from cctv.redaction.video.yuv import Planes

SURVEY, TRACKS, PICTURES = "backdrops.npz", "tracks.json", "pictures.npz"
OUTCOME, CHANGES = "outcome.npz", "changes.json"
_PLANES = ("y", "u", "v")


@dataclass(frozen=True, slots=True)
class RenderOutcome:
    """What a plan shows, what changed in the scene, and the backdrop (from 0) of each frame."""

    pictures: Gallery
    changes: tuple[Change, ...]
    stretch: tuple[int, ...]


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


def write_tracks(path: Path, tracks: Sequence[Track]) -> None:
    """Tracks with a box for each frame, half-size pixels; the caller flushes the file."""
    rows = [
        {
            "id": track.id,
            "first": track.first,
            "began": track.began.value,
            "ended": track.ended.value,
            "boxes": [_sides(box) for box in track.boxes],
        }
        for track in tracks
    ]
    path.write_text(json.dumps({"schema": 1, "tracks": rows}, separators=(",", ":")), encoding="utf-8")


def read_tracks(path: Path) -> tuple[Track, ...]:
    """Raises ArtefactUnreadable."""
    try:
        rows = parse_json(path.read_text("utf-8"))["tracks"]
        return tuple(
            Track(
                row["id"],
                row["first"],
                tuple(Rect(*box) for box in row["boxes"]),
                TrackBoundary(row["began"]),
                TrackBoundary(row["ended"]),
            )
            for row in rows
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactUnreadable(path=path, problem=str(error)) from error


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


def read_pictures(path: Path) -> dict[int, tuple[TrackPicture, ...]]:
    """Raises ArtefactUnreadable."""
    crops: dict[int, list[TrackPicture]] = {}
    try:
        with np.load(path, allow_pickle=False) as held:
            for name in held.files:
                track, _, frame = name.partition("-")
                crops.setdefault(int(track), []).append(TrackPicture(int(frame), held[name]))
    except (OSError, ValueError, KeyError) as error:
        raise ArtefactUnreadable(path=path, problem=str(error)) from error
    return {track: tuple(sorted(pictures, key=lambda crop: crop.frame)) for track, pictures in crops.items()}


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
