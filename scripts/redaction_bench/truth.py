"""Who is where in a clip, and what a person would draw from it.

Owns the reading of ground truth: MOT (frame from 1, person, x, y from 1, w, h) and the truth.json of scripts/scene.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from cctv.redaction.tracking.annotations import BoxPath, KeepBoxes, Keyframe
from cctv.redaction.video.geometry import Rect

People = dict[int, dict[int, Rect]]
"""Each person's boxes by frame (from 0), in pixels from 0."""
EVERY = 20  # frames between keyframes: two seconds of PETS09-S2L1


class TruthUnreadable(ValueError):
    """A file that is neither MOT nor the truth of a scene; the message says where."""


def read_people(path: Path) -> People:
    """Everybody in a ground truth file; raises TruthUnreadable, OSError."""
    text = path.read_text()
    try:
        people = _of_scene(text) if path.suffix == ".json" else _of_mot(text)
    except (ValueError, KeyError, TypeError) as error:
        raise TruthUnreadable(f"{path} is not MOT ground truth (frame,id,x,y,w,h,...): {error}") from error
    if not people:
        raise TruthUnreadable(f"{path} names nobody")
    return people


def _of_mot(text: str) -> People:
    people: People = {}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split(",")
        if not line.strip():
            continue
        if len(words) < 6:
            raise ValueError(f"line {number} has {len(words)} values")
        x, y, w, h = (float(word) for word in words[2:6])
        people.setdefault(int(words[1]), {})[int(words[0]) - 1] = Rect(x - 1, y - 1, w, h)
    return people


def _of_scene(text: str) -> People:
    return {
        person["id"]: {box["frame"]: Rect(box["x"], box["y"], box["w"], box["h"]) for box in person["boxes"]}
        for person in json.loads(text)["people"]
        if person["boxes"]
    }


def scaled(people: People, across: float, along: float) -> People:
    """The same people in a picture that is larger by these factors."""
    return {
        person: {f: Rect(b.x * across, b.y * along, b.w * across, b.h * along) for f, b in boxes.items()}
        for person, boxes in people.items()
    }


def until(people: People, frames: int) -> People:
    """The same people in the first frames of a clip."""
    cut = {person: {f: box for f, box in boxes.items() if f < frames} for person, boxes in people.items()}
    return {person: boxes for person, boxes in cut.items() if boxes}


def boxes_in(people: People, frame: int, without: Iterable[int] = ()) -> Iterator[Rect]:
    """Everybody's box in a frame, but for some."""
    left_out = set(without)
    for person, boxes in people.items():
        if frame in boxes and person not in left_out:
            yield boxes[frame]


def head(box: Rect) -> Rect:
    """The head of a box: its top quarter, its middle 60 %."""
    return Rect(box.x + 0.2 * box.w, box.y, 0.6 * box.w, 0.25 * box.h)


def place(box: Rect) -> tuple[slice, slice]:
    """Rows and columns of a box, to the nearest pixel, from 0."""
    left, right = max(round(box.x), 0), max(round(box.right), 0)
    return slice(max(round(box.y), 0), max(round(box.bottom), 0)), slice(left, right)


def keep_one(people: People, person: int, *, with_hides: bool) -> KeepBoxes:
    """What a careful person draws to keep one person, with hide boxes for those who come near or without."""
    hides = tuple(_neighbours(people, person)) if with_hides else ()
    return KeepBoxes((_path(person, people[person]),), hides)


def _path(person: int, boxes: dict[int, Rect]) -> BoxPath:
    """Keyframes every EVERY frames, and the first and the last."""
    frames = sorted(boxes)
    chosen = [frame for frame in frames if (frame - frames[0]) % EVERY == 0 or frame == frames[-1]]
    return BoxPath(str(person), tuple(Keyframe(frame, boxes[frame]) for frame in chosen))


def _neighbours(people: People, person: int) -> Iterator[BoxPath]:
    """Hide paths for everybody within a box's width of a person, while near and half a keyframe longer."""
    for other, boxes in people.items():
        near = sorted(f for f, box in people[person].items() if f in boxes and boxes[f].distance(box) <= box.w)
        if other == person or not near:
            continue
        runs: list[list[int]] = [[near[0]]]
        for frame in near[1:]:
            if frame - runs[-1][-1] > EVERY:
                runs.append([])
            runs[-1].append(frame)
        for run in runs:
            first, last = run[0] - EVERY // 2, run[-1] + EVERY // 2
            yield _path(other, {frame: box for frame, box in boxes.items() if first <= frame <= last})
