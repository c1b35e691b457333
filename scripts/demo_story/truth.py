"""What the generated scene knows about a recording: who stood where in each recorded frame.

A recorded frame's counter modulo the clip's length is its frame in the clip, for the camera plays its clip in a loop.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Box = tuple[float, float, float, float]
IN_VIEW = 0.9  # of the person, by the scene's own account


@dataclass(frozen=True)
class Truth:
    """Boxes and heads by person and clip frame; x, y, w, h in pixels."""

    length: int
    boxes: dict[int, dict[int, Box]]
    heads: dict[int, dict[int, Box]]
    in_view: dict[int, frozenset[int]]  # clip frames in which nobody stands in front of the person

    @staticmethod
    def load(path: Path) -> Truth:
        payload = json.loads(path.read_text())
        in_view = {
            person["id"]: frozenset(box["frame"] for box in person["boxes"] if box["visible"] >= IN_VIEW)
            for person in payload["people"]
        }
        return Truth(payload["frames"], _by_person(payload, "boxes"), _by_person(payload, "head"), in_view)

    def drawn(self, person: int, counter: int) -> Box | None:
        """The box that a reviewer would draw in a recorded frame; none while somebody stands in front of the person."""
        at = counter % self.length
        return self.boxes[person].get(at) if at in self.in_view[person] else None

    def keep(self, person: int, counters: Sequence[int], every: int) -> dict[str, Any]:
        """KEEP.json for one person over recorded frames, as a reviewer draws it: a keyframe every so many frames, a new
        id after each absence and after each passage behind somebody.
        """
        keyframes: list[dict[str, Any]] = []
        stretch: list[tuple[int, Box]] = []
        number = 0
        for index, counter in enumerate([*counters, -1]):
            box = self.drawn(person, counter) if counter >= 0 else None
            looped = bool(stretch) and counter >= 0 and counter % self.length == 0
            if stretch and (box is None or looped):
                number += 1
                keyframes += _keyframes(f"subject-{number}", stretch, every)
                stretch = []
            if box is not None:
                stretch.append((index, box))
        return {"schema": 1, "boxes": keyframes, "hide": []}

    def heads_of_others(self, person: int, counter: int) -> list[Box]:
        at = counter % self.length
        return [heads[at] for other, heads in self.heads.items() if other != person and at in heads]


def _by_person(payload: dict[str, Any], key: str) -> dict[int, dict[int, Box]]:
    return {
        person["id"]: {box["frame"]: (box["x"], box["y"], box["w"], box["h"]) for box in person[key]}
        for person in payload["people"]
    }


def _keyframes(name: str, stretch: list[tuple[int, Box]], every: int) -> list[dict[str, Any]]:
    chosen = stretch[::every] if stretch[-1] in stretch[::every] else [*stretch[::every], stretch[-1]]
    return [{"id": name, "frame": at, "x": box[0], "y": box[1], "w": box[2], "h": box[3]} for at, box in chosen]
