"""What an analysis leaves on disk: the backdrops with the clip's times, the tracks, and pictures of the tracks.

Owns those files' formats.  Only the last shows people; like the sheet that they are for, they are of the request's own
recordings and go with its case.  Never holds a picture of other footage, which would outlive its limit here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cctv.redaction.analysis import Survey
from cctv.redaction.backdrop import Backdrop
from cctv.redaction.case.errors import ArtefactUnreadable
from cctv.redaction.geometry import Box
from cctv.redaction.pictures import TrackPicture
from cctv.redaction.planes import Planes
from cctv.redaction.tracks import Ending, Track

SURVEY, TRACKS, PICTURES = "backdrops.npz", "tracks.json", "pictures.npz"
_PLANES = ("y", "u", "v")


def write_survey(path: Path, survey: Survey) -> None:
    """Backdrops and times as compressed arrays; the caller flushes the file."""
    arrays: dict[str, Any] = {"times": np.array(survey.times, np.int64)}
    for number, one in enumerate(survey.backdrops):
        arrays |= {f"{plane}{number}": getattr(one.planes, plane) for plane in _PLANES}
        arrays |= {f"stacked{number}": one.stacked, f"trusted{number}": one.trusted, f"doubted{number}": one.doubted}
        arrays[f"samples{number}"] = np.array(one.samples)
    np.savez_compressed(path, allow_pickle=False, **arrays)


def read_survey(path: Path) -> Survey:
    """Raises ArtefactUnreadable."""
    try:
        with np.load(path, allow_pickle=False) as held:
            count = sum(name.startswith("samples") for name in held.files)
            backdrops = tuple(_backdrop(held, number) for number in range(count))
            return Survey(tuple(int(time) for time in held["times"]), backdrops)
    except (OSError, ValueError, KeyError) as error:
        raise ArtefactUnreadable(path=path, problem=str(error)) from error


def _backdrop(held: Mapping[str, Any], number: int) -> Backdrop:
    return Backdrop(
        planes=Planes(*(held[f"{plane}{number}"] for plane in _PLANES)),
        stacked=held[f"stacked{number}"],
        trusted=held[f"trusted{number}"],
        doubted=held[f"doubted{number}"],
        samples=int(held[f"samples{number}"]),
    )


def write_tracks(path: Path, tracks: Sequence[Track]) -> None:
    """Tracks with a box for each frame, half-size pixels; the caller flushes the file."""
    said = [
        {
            "id": track.id,
            "first": track.first,
            "began": track.began.value,
            "ended": track.ended.value,
            "boxes": [[box.x, box.y, box.w, box.h] for box in track.boxes],
        }
        for track in tracks
    ]
    path.write_text(json.dumps({"schema": 1, "tracks": said}, separators=(",", ":")))


def read_tracks(path: Path) -> tuple[Track, ...]:
    """Raises ArtefactUnreadable."""
    try:
        said = json.loads(path.read_text())["tracks"]
        return tuple(
            Track(
                one["id"],
                one["first"],
                tuple(Box(*box) for box in one["boxes"]),
                Ending(one["began"]),
                Ending(one["ended"]),
            )
            for one in said
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactUnreadable(path=path, problem=str(error)) from error


def write_pictures(path: Path, pictures: Mapping[int, Sequence[TrackPicture]]) -> None:
    """The crops of each track, by its id; the caller flushes the file."""
    arrays = {f"{track}-{one.frame}": one.picture for track, held in pictures.items() for one in held}
    np.savez_compressed(path, allow_pickle=False, **arrays)


def read_pictures(path: Path) -> dict[int, tuple[TrackPicture, ...]]:
    """Raises ArtefactUnreadable."""
    found: dict[int, list[TrackPicture]] = {}
    try:
        with np.load(path, allow_pickle=False) as held:
            for name in held.files:
                track, _, frame = name.partition("-")
                found.setdefault(int(track), []).append(TrackPicture(int(frame), held[name]))
    except (OSError, ValueError, KeyError) as error:
        raise ArtefactUnreadable(path=path, problem=str(error)) from error
    return {track: tuple(sorted(pictures, key=lambda one: one.frame)) for track, pictures in found.items()}
