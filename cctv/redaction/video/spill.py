"""Temporary data spilled to disk: pictures of a first pass, and masks of every frame.

`Scratch` holds half-size pictures, which the analysis compares with the backdrops, and in backdrop mode those patches
of the pictures that may become live, so that later passes need not decode the clip again.  A kept box never leaves the
surroundings of what was drawn, so nothing else of the source can be shown.  Of pictures in which nothing changes it
holds the bounds only (`stillness`).  What is beyond its budget is not stored, and decoded again.

`MaskSpool` holds one half-size mask a frame, so that memory stays bounded for a clip of any length.

All files are temporary files without a name, which vanish with the process.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.tracking.annotations import KeepBoxes
from cctv.redaction.tracking.bounds import surroundings
from cctv.redaction.video.geometry import PixelRect, Rect, Size, enclosing, outer
from cctv.redaction.video.stillness import Levels, PictureRun, RunMaker, StillBounds, joined
from cctv.redaction.video.yuv import Mask, Plane, Planes, from_buffer

_BUDGET_BYTES = (
    2 << 30
)  # bytes for each of the two: half-size pictures of ten minutes at 768 x 576 and 10 frames a second
_FREE_SPACE_PARTS = 8  # each of the two gets one of so many parts of the free space
Regions = NDArray[np.int32]
"""The connected regions of a mask, a row each: left, top, width, height, pixels."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Part of a picture: whole 2 x 2 blocks, `rect` in half-size pixels."""

    planes: Planes
    rect: PixelRect


class Scratch:
    """The half-size pictures of one clip, and its patches where `keep` is given.  Use as a context manager.

    `folder` is on the disk that holds the files; `size` is the clip's even size.  `pictures` False: of a scene that was
    surveyed before, half-size pictures are needed once only, and none is stored.
    """

    def __init__(self, folder: Path, size: Size, keep: KeepBoxes | None, *, pictures: bool = True) -> None:
        self._half = Size(size.width // 2, size.height // 2)
        self._keep = keep
        self._rects: list[PixelRect] = []
        self._begun = self._noted = False
        with ExitStack() as stack:
            film = stack.enter_context(_Store(folder))
            self._film = _Film(film, self._half) if pictures else None
            self._patches = stack.enter_context(_Store(folder))
            self._open = stack.pop_all()

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    def noting(self, pictures: Iterable[Planes]) -> Iterator[Planes]:
        """The pictures of the clip as they come; only the first pass is spilled.

        A pass that broke off does not count, and no other goes on behind it: frames would be out of step.
        """
        if self._begun:
            yield from pictures
            return
        self._begun = True
        for frame, planes in enumerate(pictures):
            if self._film is not None:
                self._film.add(planes)
            if self._keep is not None:
                self._note(planes, visible_bounds(self._keep, frame, self._half))
            yield planes
        if self._film is not None:
            self._film.finish()
        self._noted = True

    def _note(self, planes: Planes, rect: PixelRect) -> None:
        rows, columns = rect.slices()
        luma = planes.y[2 * rows.start : 2 * rows.stop, 2 * columns.start : 2 * columns.stop]
        if not self._patches.add((luma, planes.u[rows, columns], planes.v[rows, columns])):
            self._patches.give_up()
        self._rects.append(rect)

    def runs(self) -> Iterator[PictureRun] | None:
        """Every half-size picture, (3, height/2, width/2) uint8, in order, in runs; None where none were noted.

        A run has neither pictures nor bounds where there was no room for them.
        """
        return iter(self._film) if self._noted and self._film is not None else None

    def patches(self) -> Iterator[Patch] | None:
        """What of each picture may become live, in order; None unless all were stored."""
        if self._keep is None or not self._noted or self._patches.is_lost:
            return None
        return (
            Patch(from_buffer(flat, _full(rect)), rect) for flat, rect in zip(self._patches, self._rects, strict=True)
        )


class MaskSpool:
    """Masks of one shape, appended in order and read back by index, by one thread at a time.  A context manager."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._ends = array("q", [0])

    def __enter__(self) -> MaskSpool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def append(self, mask: Mask, regions: Regions | None = None) -> None:
        """Add the next mask and its regions.  One without a True pixel takes no room."""
        if not mask.any() and (regions is None or not len(regions)):
            self._ends.append(self._ends[-1])
            return
        beside = b"" if regions is None else np.asarray(regions, np.int32).tobytes()
        packed = zlib.compress(np.packbits(mask).tobytes() + beside, 1)
        self._file.seek(self._ends[-1])
        self._file.write(packed)
        self._ends.append(self._ends[-1] + len(packed))

    def __getitem__(self, index: int) -> Mask:
        return self._unpacked(self._row(index))

    def is_empty(self, index: int) -> bool:
        """Whether a mask has no True pixel; quicker than to read it."""
        return self._ends[index] == self._ends[index + 1] or not self[index].any()

    def with_regions(self, index: int) -> tuple[Mask, Regions]:
        """A mask and its regions; no row where none were passed."""
        row = self._row(index)
        return self._unpacked(row), row[self._packed_bytes :].view(np.int32).reshape(-1, 5)

    def _row(self, index: int) -> NDArray[np.uint8]:
        start, end = self._ends[index], self._ends[index + 1]
        if start == end:
            return np.zeros(self._packed_bytes, np.uint8)
        self._file.seek(start)
        return np.frombuffer(zlib.decompress(self._file.read(end - start)), np.uint8)

    def _unpacked(self, row: NDArray[np.uint8]) -> Mask:
        count = self.shape[0] * self.shape[1]
        return np.unpackbits(row[: self._packed_bytes], count=count).view(np.bool_).reshape(self.shape)

    @property
    def _packed_bytes(self) -> int:
        return -(-self.shape[0] * self.shape[1] // 8)


def whole(planes: Planes) -> Patch:
    """All of a picture."""
    return Patch(planes, PixelRect(0, 0, planes.u.shape[1], planes.u.shape[0]))


def visible_bounds(keep: KeepBoxes, frame: int, half: Size) -> PixelRect:
    """The part of a frame outside of which no pixel is ever live in backdrop mode, half-size pixels."""
    picture = Rect(0, 0, 2 * half.width, 2 * half.height)
    bounds = [surrounding for path in keep.keep if (surrounding := surroundings(path, frame, picture)) is not None]
    return outer(enclosing(bounds).scaled(0.5), half) if bounds else PixelRect(0, 0, 0, 0)


def _full(rect: PixelRect) -> Size:
    """The full size of a half-size rectangle."""
    return Size(2 * (rect.right - rect.left), 2 * (rect.bottom - rect.top))


@dataclass(frozen=True, slots=True)
class _StoredRun:
    """A run in a store: as a row of its bounds or of its pictures, or, without room, not at all."""

    count: int
    is_stored: bool
    levels: tuple[Levels, Levels] | None  # of its bounds


class _Film:
    """Half-size pictures in a store, in runs; those in which nothing changes by their bounds."""

    def __init__(self, store: _Store, half: Size) -> None:
        self._store, self._shape = store, (-1, 3, half.height, half.width)
        self._maker = RunMaker()
        self._still: PictureRun | None = None  # goes on, perhaps
        self._stored: list[_StoredRun] = []

    def add(self, picture: Planes) -> None:
        """Add the next picture."""
        if (run := self._maker.add(picture)) is not None:
            self._note(run)

    def finish(self) -> None:
        """Store what waits."""
        if (run := self._maker.rest()) is not None:
            self._note(run)
        self._settle()

    def _note(self, run: PictureRun) -> None:
        if self._still is not None and (both := joined(self._still, run)) is not None:
            self._still = both
            return
        self._settle()
        if run.bounds is not None:
            self._still = replace(run, pictures=None)
        else:
            pictures = () if run.pictures is None or self._store.is_full else tuple(run.pictures())
            self._stored.append(_StoredRun(run.count, bool(pictures) and self._store.add(pictures), None))

    def _settle(self) -> None:
        if self._still is not None and (bounds := self._still.bounds) is not None:
            levels = bounds.darkest, bounds.lightest
            is_stored = self._store.add((bounds.low, bounds.high))
            self._stored.append(_StoredRun(self._still.count, is_stored, levels))
        self._still = None

    def __iter__(self) -> Iterator[PictureRun]:
        rows = iter(self._store)
        for stored in self._stored:
            if not stored.is_stored or self._store.is_lost:
                yield PictureRun(stored.count)
                continue
            row = next(rows).reshape(self._shape)
            if stored.levels is not None:
                yield PictureRun(stored.count, None, StillBounds(row[0], row[1], *stored.levels))
            else:
                yield PictureRun(stored.count, row.__iter__)


class _Store:
    """Rows of bytes in a file, each read back as written.

    `is_full`: a row was beyond the budget; a shorter one may not be.  `is_lost`: emptied, as the disk takes no more.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by __exit__
            self._free_bytes = min(_BUDGET_BYTES, shutil.disk_usage(folder).free // _FREE_SPACE_PARTS)
        except OSError:  # the writer of the result reports what is wrong with this folder
            self._file, self._free_bytes = tempfile.TemporaryFile(buffering=0), 0  # noqa: SIM115
        self._lengths = array("q")
        self.is_full = self.is_lost = False

    def __enter__(self) -> _Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, parts: Sequence[Plane]) -> bool:
        """Add a row; False where it is beyond the budget, or the disk takes no more."""
        length = sum(part.size for part in parts)
        if self.is_lost or length > self._free_bytes:
            self.is_full = True
            return False
        rows = [np.ascontiguousarray(part).data for part in parts]
        try:
            written = sum(self._file.write(row) for row in rows)
        except OSError:  # others fill the disk: it costs the short cut, nothing else
            written = 0
        if written < length:
            self.give_up()
            return False
        self._free_bytes -= length
        self._lengths.append(length)
        return True

    def give_up(self) -> None:
        """Forget all rows, and take no more."""
        self.is_lost = True
        self._file.truncate(0)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        offset = 0
        for length in self._lengths:
            yield np.frombuffer(
                os.pread(self._file.fileno(), length, offset), np.uint8
            )  # whoever else reads: no one place
            offset += length
