"""What the truth file of a scene says, and the keyframes that a person would draw from it.  Standard library only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Box = Mapping[str, float]


def person(truth: Mapping[str, Any], person_id: int) -> Mapping[str, Any]:
    """The entry of one person; KeyError if there is none."""
    for entry in truth["people"]:
        if entry["id"] == person_id:
            return entry
    raise KeyError(f"no person {person_id} in this scene")


def stretches(boxes: Iterable[Box]) -> list[list[Box]]:
    """The boxes of one person, cut where the person is out of the picture."""
    runs: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: box["frame"]):
        if runs and box["frame"] == runs[-1][-1]["frame"] + 1:
            runs[-1].append(box)
        else:
            runs.append([box])
    return runs


def keyframes(truth: Mapping[str, Any], person_id: int, every: int) -> dict[str, Any]:
    """Keep one person: the first and the last box of each stretch in the picture and every `every` frames between.

    Each stretch has an id of its own, so that nothing is interpolated over an absence.
    """
    boxes: list[dict[str, Any]] = []
    for number, run in enumerate(stretches(person(truth, person_id)["boxes"]), start=1):
        for box in _thinned(run, every):
            place = {side: box[side] for side in ("frame", "x", "y", "w", "h")}
            boxes.append({"id": f"p{person_id}-{number}", **place})
    return {"schema": 1, "boxes": boxes, "hide": []}


def _thinned(run: Sequence[Box], every: int) -> list[Box]:
    kept = list(run[::every])
    if kept[-1] is not run[-1]:
        kept.append(run[-1])
    return kept
