"""Rectangles and sizes in a picture.  Pure; knows nothing of frames, people or files."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height of a picture, in pixels."""

    width: int
    height: int

    def even(self) -> Size:
        """The same size rounded up to even numbers, as 4:2:0 planes need it."""
        return Size(self.width + self.width % 2, self.height + self.height % 2)


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in pixels from the picture's top left corner; may reach outside of the picture."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        """The x just past the box."""
        return self.x + self.w

    @property
    def bottom(self) -> float:
        """The y just past the box."""
        return self.y + self.h

    @property
    def area(self) -> float:
        """Pixels inside the box."""
        return max(self.w, 0.0) * max(self.h, 0.0)

    def grown(self, dx: float, dy: float) -> Rect:
        """The box with `dx` pixels more on the left and on the right, `dy` above and below."""
        return Rect(self.x - dx, self.y - dy, self.w + 2 * dx, self.h + 2 * dy)

    def scaled(self, factor: float) -> Rect:
        """The same box in a picture that is `factor` times as large."""
        return Rect(self.x * factor, self.y * factor, self.w * factor, self.h * factor)

    def moved(self, dx: float, dy: float) -> Rect:
        """The box `dx` pixels farther right and `dy` pixels farther down."""
        return Rect(self.x + dx, self.y + dy, self.w, self.h)

    def towards(self, other: Rect, share: float) -> Rect:
        """The box a share (0 to 1) of the way to another."""
        return Rect(
            self.x + (other.x - self.x) * share,
            self.y + (other.y - self.y) * share,
            self.w + (other.w - self.w) * share,
            self.h + (other.h - self.h) * share,
        )

    def shared(self, other: Rect) -> Rect:
        """What both boxes cover; of no area where they lie apart."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        return Rect(
            left, top, max(min(self.right, other.right) - left, 0.0), max(min(self.bottom, other.bottom) - top, 0.0)
        )

    def overlap(self, other: Rect) -> float:
        """Pixels that both boxes cover."""
        right, other_right = self.x + self.w, other.x + other.w  # spelled out: it is called a hundred times a frame
        width = (right if right < other_right else other_right) - (self.x if self.x > other.x else other.x)
        if width <= 0:
            return 0.0
        bottom, other_bottom = self.y + self.h, other.y + other.h
        height = (bottom if bottom < other_bottom else other_bottom) - (self.y if self.y > other.y else other.y)
        return width * height if height > 0 else 0.0

    def distance(self, other: Rect) -> float:
        """Pixels between the boxes along the farther axis; 0 when they touch or overlap."""
        across = max(self.x - other.right, other.x - self.right, 0.0)
        along = max(self.y - other.bottom, other.y - self.bottom, 0.0)
        return max(across, along)


@dataclass(frozen=True, slots=True)
class PixelRect:
    """Whole pixels [left, right) x [top, bottom), inside a picture."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def empty(self) -> bool:
        """True when the rectangle holds no pixel."""
        return self.right <= self.left or self.bottom <= self.top

    @property
    def area(self) -> int:
        """Pixels inside."""
        return max(self.right - self.left, 0) * max(self.bottom - self.top, 0)

    def slices(self) -> tuple[slice, slice]:
        """Row and column slices for an array of the picture."""
        return slice(self.top, max(self.bottom, self.top)), slice(self.left, max(self.right, self.left))


def _clip(size: Size, left: int, top: int, right: int, bottom: int) -> PixelRect:
    return PixelRect(max(left, 0), max(top, 0), min(right, size.width), min(bottom, size.height))


def inner(box: Rect, size: Size) -> PixelRect:
    """The pixels that lie wholly inside the box: what may be shown is rounded inwards."""
    edges = math.ceil(box.x), math.ceil(box.y), math.floor(box.right), math.floor(box.bottom)
    return _clip(size, *edges)


def outer(box: Rect, size: Size) -> PixelRect:
    """The pixels that the box touches: what must be hidden is rounded outwards."""
    edges = math.floor(box.x), math.floor(box.y), math.ceil(box.right), math.ceil(box.bottom)
    return _clip(size, *edges)


def enclosing(boxes: Iterable[Rect]) -> Rect:
    """The smallest box around all of them; raises ValueError when there is none."""
    rects = tuple(boxes)
    left, top = min(box.x for box in rects), min(box.y for box in rects)
    return Rect(left, top, max(box.right for box in rects) - left, max(box.bottom for box in rects) - top)
