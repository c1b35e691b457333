"""KEEP.json: keyframes that a person drew to keep or to hide.

Responsible for the format, its strict reading and the interpolation between keyframes.  Never guesses: anything else
raises KeepRefused with the place, the problem and what is allowed.
"""

from __future__ import annotations

import bisect
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NoReturn

from cctv.core.i18n import N_
from cctv.redaction.errors import KeepRefused
from cctv.redaction.video.geometry import Rect

SCHEMA = 1
_BOX_KEYS = ("id", "frame", "x", "y", "w", "h")
_HIDE_KEYS = (*_BOX_KEYS, "reason")
_NEXT = 'write {"schema": 1, "boxes": [{"id": "a", "frame": 0, "x": 0, "y": 0, "w": 10, "h": 20}], "hide": []}'
_MAX_BYTES = 4 << 20  # JSON of 7 MB took 200 MiB and 1.8 s
_MAX_BOXES = 50_000  # one in each frame of half an hour
_MAX_IDS = 1000  # each is asked in each frame: 300,000 of them took a minute
_STRAIGHT = N_("keyframes; between them a box moves straight")
_MAX_COORDINATE_PIXELS = 1e6  # pixels; no picture is larger, and sums of such numbers stay exact


@dataclass(frozen=True, slots=True)
class Keyframe:
    """Where the box of one id stands in one frame (from 0, in presentation order)."""

    frame: int
    box: Rect


class HideReason(Enum):
    """What a hide box covers.  The values stand in KEEP.json, in plans and in manifests."""

    PERSON = "person"
    PLATE = "plate"
    SCREEN = "screen"
    BADGE = "badge"
    DOCUMENT = "document"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class BoxPath:
    """One id's box through time: keyframes in rising order of frame, at least one.

    Only a hide box has a reason; only one that was not drawn has a track, by its number, and `alone`: stretches of
    frames (first, last) in which a person answered that nobody unseen is in it.
    """

    id: str
    keyframes: tuple[Keyframe, ...]
    reason: HideReason | None = None
    track: int | None = None
    alone: tuple[tuple[int, int], ...] = ()

    @property
    def first(self) -> int:
        """The first frame that the path covers."""
        return self.keyframes[0].frame

    @property
    def last(self) -> int:
        """The last frame that the path covers."""
        return self.keyframes[-1].frame

    def is_alone_at(self, frame: int) -> bool:
        """Whether a person answered that nobody unseen is in the box in a frame."""
        return any(first <= frame <= last for first, last in self.alone)

    def around(self, frame: int) -> tuple[Keyframe, Keyframe]:
        """The keyframes before and after a frame that the path covers; twice the same in a keyframe."""
        index = bisect.bisect_right(self.keyframes, frame, key=lambda key: key.frame) - 1
        here = self.keyframes[index]
        return (here, here) if here.frame == frame else (here, self.keyframes[index + 1])

    def box_at(self, frame: int) -> Rect | None:
        """The box in a frame: linear between keyframes, None before the first and after the last."""
        if not self.first <= frame <= self.last:
            return None
        index = bisect.bisect_right(self.keyframes, frame, key=lambda key: key.frame) - 1
        here = self.keyframes[index]
        if here.frame == frame:
            return here.box
        there = self.keyframes[index + 1]
        fraction = (frame - here.frame) / (there.frame - here.frame)
        return here.box.towards(there.box, fraction)


@dataclass(frozen=True, slots=True)
class KeepBoxes:
    """What a person decided: boxes to keep and boxes to hide.  Hide beats keep."""

    keep: tuple[BoxPath, ...] = ()
    hide: tuple[BoxPath, ...] = ()

    @property
    def last_frame(self) -> int:
        """The last frame that any box names; -1 when there is none."""
        return max((path.last for path in (*self.keep, *self.hide)), default=-1)

    def kept_at(self, frame: int) -> tuple[Rect, ...]:
        """The boxes to keep in a frame."""
        return boxes_at(self.keep, frame)

    def hidden_at(self, frame: int) -> tuple[Rect, ...]:
        """The boxes to hide in a frame."""
        return boxes_at(self.hide, frame)


NOTHING_KEPT = KeepBoxes()


def boxes_at(paths: Sequence[BoxPath], frame: int) -> tuple[Rect, ...]:
    """Every path's box in a frame, where it has one."""
    boxes = (path.box_at(frame) for path in paths)
    return tuple(box for box in boxes if box is not None)


def read_keep(path: Path) -> KeepBoxes:
    """Read KEEP.json; raises KeepRefused (exit 2) for anything that is not one."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            _Reader(path).refuse("file", N_("it is larger than 4 MiB"), _STRAIGHT)
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise KeepRefused(
            path=path, where="file", problem=error.strerror or "unreadable", allowed=N_("a file"), following=_NEXT
        ) from error
    except UnicodeDecodeError as error:
        raise KeepRefused(
            path=path, where="file", problem=N_("it is not text in UTF-8"), allowed="JSON", following=_NEXT
        ) from error
    return parse_keep(text, path)


def parse_keep(text: str, path: Path) -> KeepBoxes:
    """Boxes from the text of a KEEP.json; `path` is only for messages.  Raises KeepRefused."""
    reader = _Reader(path)
    document = reader.document(text)
    return KeepBoxes(reader.paths(document, "boxes", _BOX_KEYS), reader.paths(document, "hide", _HIDE_KEYS))


def check_within(keep: KeepBoxes, frames: int, path: Path) -> None:
    """Refuse boxes that name frames past the end of a clip of `frames` frames; raises KeepRefused."""
    for name, paths in (("boxes", keep.keep), ("hide", keep.hide)):
        for box_path in paths:
            if box_path.last >= frames:
                raise KeepRefused(
                    path=path,
                    where=N_("{name}, id {id!r}", name=name, id=box_path.id),
                    problem=N_(
                        "frame {last} is past the end of the clip, which has {frames} frames",
                        last=box_path.last,
                        frames=frames,
                    ),
                    allowed=N_("frames 0 to {last}", last=frames - 1),
                    following=N_("correct the frame, or check that KEEP.json belongs to this INPUT."),
                )


class _Reader:
    """Checks one document, and words each refusal with the file's name."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def refuse(self, where: str, problem: str, allowed: str) -> NoReturn:
        raise KeepRefused(path=self.path, where=where, problem=problem, allowed=allowed, following=_NEXT)

    def document(self, text: str) -> Mapping[str, object]:
        try:
            document = json.loads(text, object_pairs_hook=self._object)
        except (ValueError, RecursionError) as error:
            line = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "file"
            self.refuse(line, "it is not JSON", "one JSON object")
        if not isinstance(document, dict):
            self.refuse("file", "it is not a JSON object", "one JSON object")
        self._keys(document, ("schema", "boxes", "hide"), ("schema", "boxes"), "file")
        schema = document["schema"]
        if type(schema) is not int or schema != SCHEMA:
            self.refuse("schema", f"{schema!r} is not known", str(SCHEMA))
        return document

    def paths(self, document: Mapping[str, object], name: str, allowed_keys: Sequence[str]) -> tuple[BoxPath, ...]:
        entries = document.get(name, [])
        if not isinstance(entries, list):
            self.refuse(name, "it is not a list", "a list of boxes")
        if len(entries) > _MAX_BOXES:
            self.refuse(name, N_("it has more than {most} boxes", most=_MAX_BOXES), _STRAIGHT)
        frames: dict[str, dict[int, Rect]] = {}
        reasons: dict[str, HideReason] = {}
        for index, entry in enumerate(entries):
            where = f"{name}[{index}]"
            identity, key = self._keyframe(entry, where, allowed_keys)
            if key.frame in frames.setdefault(identity, {}):
                self.refuse(
                    where, f"id {identity!r} has two boxes in frame {key.frame}", "one box for each id and frame"
                )
            frames[identity][key.frame] = key.box
            reason = self._reason(entry, where)
            if reason is not None and reasons.setdefault(identity, reason) is not reason:
                self.refuse(f"{where}.reason", f"id {identity!r} has two reasons", "one reason for each id")
        if len(frames) > _MAX_IDS:
            allowed = N_("one id for all boxes of one person or thing")
            self.refuse(name, N_("it has more than {most} ids", most=_MAX_IDS), allowed)
        return tuple(
            BoxPath(
                identity, tuple(Keyframe(frame, box) for frame, box in sorted(boxes.items())), reasons.get(identity)
            )
            for identity, boxes in frames.items()
        )

    def _reason(self, entry: object, where: str) -> HideReason | None:
        text = entry.get("reason") if isinstance(entry, dict) else None
        if text is None:
            return None
        reason = next((reason for reason in HideReason if reason.value == text), None)
        if reason is None:
            self.refuse(
                f"{where}.reason", f"{text!r} is not a reason", ", ".join(choice.value for choice in HideReason)
            )
        return reason

    def _keyframe(self, entry: object, where: str, allowed_keys: Sequence[str]) -> tuple[str, Keyframe]:
        if not isinstance(entry, dict):
            self.refuse(where, "it is not an object", f"an object with {', '.join(allowed_keys)}")
        self._keys(entry, allowed_keys, _BOX_KEYS, where)
        identity, frame = entry["id"], entry["frame"]
        if not isinstance(identity, str) or not identity.strip():
            self.refuse(f"{where}.id", f"{identity!r} is not a name", "a text that is not empty")
        if type(frame) is not int or frame < 0:
            self.refuse(f"{where}.frame", f"{frame!r} is not a frame", "a whole number from 0")
        x, y = self._number(entry, where, "x"), self._number(entry, where, "y")
        w, h = self._number(entry, where, "w"), self._number(entry, where, "h")
        for side, length in (("w", w), ("h", h)):
            if length <= 0:
                self.refuse(f"{where}.{side}", f"{length:g} leaves no box", "a number above 0")
        return identity, Keyframe(frame, Rect(x, y, w, h))

    def _number(self, entry: Mapping[str, object], where: str, key: str) -> float:
        value = entry[key]
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(f"{where}.{key}", f"{value!r} is not a number", "a number of pixels")
        if isinstance(value, float) and not math.isfinite(value):
            self.refuse(f"{where}.{key}", f"{value!r} is not a finite number", "a number of pixels")
        if abs(value) > _MAX_COORDINATE_PIXELS:
            self.refuse(
                f"{where}.{key}",
                "it lies far outside of any picture",
                f"-{_MAX_COORDINATE_PIXELS:.0f} to {_MAX_COORDINATE_PIXELS:.0f}",
            )
        return float(value)

    def _keys(
        self, entry: Mapping[str, object], allowed_keys: Sequence[str], needed: Sequence[str], where: str
    ) -> None:
        for key in entry:
            if key not in allowed_keys:
                self.refuse(f"{where}: {key!r}", "the key is not known", ", ".join(allowed_keys))
        for key in needed:
            if key not in entry:
                self.refuse(where, f"{key!r} is missing", ", ".join(allowed_keys))

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        document: dict[str, object] = {}
        for key, value in pairs:
            if key in document:
                self.refuse(f"{key!r}", "the key stands twice in one object", "each key once")
            document[key] = value
        return document
