"""Counting what an output shows: of others' heads, of the subject, and of what could have stayed.

Counts by a mask, and by the pixels of a video without it, apart from each other.  Somebody is behind the subject where
the middle of the head lies in the subject's true box and the feet are higher: mostly nothing of them can be seen, so
they are counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cctv.redaction.video.geometry import Rect, Size, outer
from redaction_bench.pictures import Hidden, Picture, pass_through, pictures
from redaction_bench.pixels import EmptyScene, Heads, judge
from redaction_bench.truth import People, boxes_in, head, place

_SUBJECT = 0.6  # of the box live: the subject is visible
_HEAD = 0.9  # of a head hidden: nobody can be told by it
_GROWN = 0.1  # of a box's sides: what lies farther out is harmless


@dataclass(frozen=True)
class Annotated:
    """A clip, the truth about it, its empty scene, and a folder for what is made of it."""

    name: str
    clip: Path
    size: Size
    frames: int
    people: People
    scene: EmptyScene
    folder: Path
    is_pets: bool = False


@dataclass(frozen=True)
class Share:
    """So many of so many frames."""

    visible: int = 0
    frames: int = 0

    def plus(self, visible: bool) -> Share:
        """One more frame."""
        return Share(self.visible + visible, self.frames + 1)

    @property
    def percent(self) -> float:
        """0 to 100; 0 of no frame."""
        return 100 * self.visible / self.frames if self.frames else 0.0


@dataclass(frozen=True)
class Shown:
    """Heads of one kind: how many there are, and how many of them show."""

    heads: int = 0
    by_mask: int = 0
    by_pixels: Heads = field(default_factory=Heads)

    def __add__(self, other: Shown) -> Shown:
        return Shown(self.heads + other.heads, self.by_mask + other.by_mask, self.by_pixels + other.by_pixels)


@dataclass(frozen=True)
class Seen:
    """What an output shows.

    Heads are those of everybody but the subject: `beside` and `behind` the subject; `centres` are the heads of both
    kinds of which the middle is live.  `subject` counts the frames with the subject, `alone` those of them in which
    nobody's true box touches the subject's.  `refused` is the engine's message where it made no output: nothing shows.
    """

    beside: Shown
    behind: Shown
    centres: int
    subject: Share
    alone: Share
    harmless_hidden: float = 0.0  # share of the area outside of everybody's boxes; only where nobody is kept
    refused: str | None = None


def counted(on: Annotated, hidden: Iterable[Hidden], subject: int | None = None, output: Path | None = None) -> Seen:
    """Count what a mask's frames hide and, if there is one, what the output's pixels show."""
    beside, behind, alone, seen = Shown(), Shown(), Share(), Share()
    centres = harmless = covered = 0
    own = on.people.get(subject, {}) if subject is not None else {}
    frames = 0
    for frame, (mask, seen_pixels) in enumerate(_with_pixels(on, hidden, output)):
        frames += 1
        others = {person: boxes[frame] for person, boxes in on.people.items() if frame in boxes and person != subject}
        box = own.get(frame)
        rear = {person: other for person, other in others.items() if box is not None and is_behind(other, box)}
        fore = {person: other for person, other in others.items() if person not in rear}
        beside += _shown(on, mask, fore, seen_pixels)
        behind += _shown(on, mask, rear, seen_pixels)
        centres += sum(_centre_shows(mask, other) for other in others.values())
        if box is not None:
            visible = live_share(mask, box, on.size) >= _SUBJECT
            seen = seen.plus(visible)
            if not any(box.overlap(other) > 0 for other in others.values()):
                alone = alone.plus(visible)
        if subject is None:
            free = _harmless(on, frame)
            harmless += int(np.count_nonzero(free))
            covered += int(np.count_nonzero(free & mask))
    if frames != on.frames:
        raise ValueError(f"{on.name}: {frames} frames came out of {on.frames}")
    return Seen(beside, behind, centres, seen, alone, covered / max(harmless, 1))


def refused(on: Annotated, subject: int | None, message: str) -> Seen:
    """What is shown where the engine refuses: nothing."""
    own = on.people.get(subject, {}) if subject is not None else {}
    others = [
        (frame, [*boxes_in(on.people, frame, () if subject is None else (subject,))]) for frame in range(on.frames)
    ]
    heads = sum(len(boxes) for _, boxes in others)
    rear = sum(is_behind(box, own[frame]) for frame, boxes in others if frame in own for box in boxes)
    alone = sum(not any(own[frame].overlap(box) > 0 for box in boxes) for frame, boxes in others if frame in own)
    shares = Share(0, len(own)), Share(0, alone)
    return Seen(Shown(heads - rear), Shown(rear), 0, *shares, harmless_hidden=1.0, refused=message)


def unhidden(on: Annotated) -> Heads:
    """The heads that the look at pixels finds in a clip that was only encoded again: how much it can be relied on."""
    output = on.folder / "unhidden.mp4"
    pass_through(on.clip, output)
    heads = Heads()
    for frame, (source, shown) in enumerate(zip(pictures(on.clip, on.size), pictures(output, on.size), strict=True)):
        boxes = {person: boxes[frame] for person, boxes in on.people.items() if frame in boxes}
        heads += judge(source, shown, on.scene, boxes)
    output.unlink()
    return heads


def is_behind(other: Rect, subject: Rect) -> bool:
    """Whether somebody stands behind the subject: the middle of the head in the subject's box, the feet higher."""
    x, y = _centre(head(other))
    inside = subject.x <= x <= subject.right and subject.y <= y <= subject.bottom
    return inside and other.bottom < subject.bottom


def live_share(hidden: Hidden, box: Rect, size: Size) -> float:
    """How much of a box is live, 0 to 1; 0 of a box outside of the picture."""
    region = hidden[outer(box, size).slices()]
    return 1.0 - float(region.mean()) if region.size else 0.0


def _with_pixels(
    on: Annotated, hidden: Iterable[Hidden], output: Path | None
) -> Iterator[tuple[Hidden, tuple[Picture, Picture] | None]]:
    """Every frame's mask, and its pictures in the source and in the output if there is one."""
    if output is None:
        yield from ((mask, None) for mask in hidden)
        return
    for mask, *both in zip(hidden, pictures(on.clip, on.size), pictures(output, on.size), strict=True):
        yield mask, (both[0], both[1])


def _shown(on: Annotated, mask: Hidden, boxes: dict[int, Rect], both: tuple[Picture, Picture] | None) -> Shown:
    by_pixels = judge(*both, on.scene, boxes) if both is not None and boxes else Heads()
    return Shown(len(boxes), sum(_shows(mask, box) for box in boxes.values()), by_pixels)


def _shows(hidden: Hidden, box: Rect) -> bool:
    region = hidden[place(head(box))]
    return bool(region.size and region.mean() < _HEAD)


def _centre_shows(hidden: Hidden, box: Rect) -> bool:
    column, row = (int(at) for at in _centre(head(box)))
    inside = 0 <= row < hidden.shape[0] and 0 <= column < hidden.shape[1]
    return inside and not hidden[row, column]


def _centre(box: Rect) -> tuple[float, float]:
    return box.x + box.w / 2, box.y + box.h / 2


def _harmless(on: Annotated, frame: int) -> Hidden:
    free = np.ones((on.size.height, on.size.width), np.bool_)
    for box in boxes_in(on.people, frame):
        free[outer(box.grown(_GROWN * box.w, _GROWN * box.h), on.size).slices()] = False
    return free
