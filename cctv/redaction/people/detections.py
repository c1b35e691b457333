"""Detections of a clip: boxes, scores and looks, frame by frame, on disk.

Owns their layout.  Memory does not grow with the clip beyond some bytes a frame.  `DetectionSpool` vanishes with the
process; `SavedDetections` survives one that breaks off, so that the next search of the same clip goes on behind it.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from array import array
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from cctv import __version__
from cctv.config.fields import Polygon
from cctv.core.durable import DurableFiles
from cctv.core.text import parse_json

LOOK_VALUES = 144
"""Values of one look: histograms of three body parts (`appearance`)."""
_COLUMNS = 6
_ROW_BYTES = 4 * _COLUMNS + LOOK_VALUES
_SCHEMA = 1
_CHUNK_FRAMES = 250  # searched frames: about half a minute of footage, a few MB
_CHUNK, _CHUNKS = "people-{number:06d}.part", "people-*.part"


@dataclass(frozen=True, slots=True, eq=False)
class FrameDetections:
    """The people found in one frame, one row each, in no order.

    `boxes` (n, 4) float32: x, y, width, height in full-size pixels.  `scores` (n,) float32, 0 to 1.  `differs` (n,)
    float32: the share of the box that is foreground.  `looks` (n, LOOK_VALUES) uint8.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    differs: NDArray[np.float32]
    looks: NDArray[np.uint8]

    @staticmethod
    def none() -> FrameDetections:
        """Nobody."""
        return FrameDetections(
            np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.float32),
            np.empty((0, LOOK_VALUES), np.uint8),
        )  # fmt: skip


_NOBODY = FrameDetections.none()


class DetectionSpool:
    """Detections appended in order of frame and read back by index, by one thread at a time.  A context manager.

    Not every frame need be searched: `frames` are the numbers (from 0) of those that were.
    """

    def __init__(self) -> None:
        self.frames = array("q")
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._ends = array("q", [0])

    def __enter__(self) -> DetectionSpool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self.frames)

    def append(self, frame: int, found: FrameDetections) -> None:
        """Add the detections of the next frame that was searched."""
        self._add(frame, _row_of(found))

    def _add(self, frame: int, row: bytes) -> None:
        if row:
            self._file.seek(self._ends[-1])
            self._file.write(row)
        self._ends.append(self._ends[-1] + len(row))
        self.frames.append(frame)

    def __getitem__(self, index: int) -> FrameDetections:
        """The detections of the `index`th frame that was searched."""
        start, end = self._ends[index], self._ends[index + 1]
        if start == end:
            return _NOBODY
        self._file.seek(start)
        return _found_in(self._file.read(end - start))


@dataclass(frozen=True, slots=True)
class SearchIdentity:
    """What a search depends on: of two searches with the same identity, one may go on where the other broke off.

    `sources` are the SHA-256 of the clip's files in order, `span` the microseconds of its time line that count, `model`
    the SHA-256 of the detector's file, `rules` the version of the search (`search.RULES`), `background` a SHA-256 of
    what the empty scene was learned from.
    """

    sources: tuple[str, ...]
    span: tuple[int, int] | None
    masks: tuple[Polygon, ...]
    model: str
    rules: int
    background: str = ""
    software: str = __version__

    def text(self) -> str:
        """The same identity as one line, in which everything counts."""
        return json.dumps(asdict(self), sort_keys=True, default=str)


class SavedDetections(DetectionSpool):
    """A spool that is kept in chunks in a folder, and begins with what an earlier search left there.

    1. a chunk is full: written as a file that was never there in part   (crash: what came after the last is lost)
    2. `finish` writes the last                                          (crash: as above)
    3. `remove` removes all, when what was made of them is on the disk   (crash: they stay until the folder goes)

    A chunk counts only with the same identity, whole, and straight behind the one before; any other is removed.
    """

    def __init__(self, folder: Path, identity: SearchIdentity, disk: DurableFiles) -> None:
        super().__init__()
        self._folder, self._identity, self._disk = folder, identity, disk
        self._fresh: list[tuple[int, bytes]] = []
        self._chunks = 0
        while (chunk := _read_chunk(self._path(), identity, len(self))) is not None:
            for frame, row in chunk:
                self._add(frame, row)
            self._chunks += 1
        for path in sorted(folder.glob(_CHUNKS)):
            if path >= self._path():
                disk.unlink(path)

    def append(self, frame: int, found: FrameDetections) -> None:
        """Add the detections of the next frame that was searched; now and then, all since the last time are saved."""
        row = _row_of(found)
        self._add(frame, row)
        self._fresh.append((frame, row))
        if len(self._fresh) >= _CHUNK_FRAMES:
            self.finish()

    def finish(self) -> None:
        """Save what is not saved yet."""
        if self._fresh:
            first = len(self) - len(self._fresh)
            self._disk.write(self._path(), _chunk_of(self._identity, first, self._fresh))
            self._chunks += 1
            self._fresh.clear()

    def remove(self) -> None:
        """Remove the chunks; what was read of them stays readable."""
        while self._chunks:
            self._chunks -= 1
            self._disk.unlink(self._path())

    def _path(self) -> Path:
        return self._folder / _CHUNK.format(number=self._chunks)


def read_header(line: bytes, identity: SearchIdentity, first: int) -> tuple[list[int], list[int], str] | None:
    """The numbers of a chunk's frames, the bytes of each, and the SHA-256 of them all, as its first line tells.

    None where the chunk is of another search, does not begin with the `first`th searched frame, or was not made here.
    """
    try:
        header = parse_json(line)
        if header["schema"] != _SCHEMA or header["identity"] != identity.text() or header["first"] != first:
            return None
        frames, sizes, digest = header["frames"], header["bytes"], header["sha256"]
        if not all(isinstance(number, int) and number >= 0 for number in (*frames, *sizes)):
            return None
        if len(frames) != len(sizes) or any(size % _ROW_BYTES for size in sizes) or sorted(set(frames)) != frames:
            return None
    except (ValueError, KeyError, TypeError):
        return None
    return frames, sizes, str(digest)


def _chunk_of(identity: SearchIdentity, first: int, rows: list[tuple[int, bytes]]) -> bytes:
    body = b"".join(row for _, row in rows)
    header = {
        "schema": _SCHEMA,
        "identity": identity.text(),
        "first": first,
        "frames": [frame for frame, _ in rows],
        "bytes": [len(row) for _, row in rows],
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    return json.dumps(header).encode() + b"\n" + body


def _read_chunk(path: Path, identity: SearchIdentity, first: int) -> list[tuple[int, bytes]] | None:
    try:
        line, _, body = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    header = read_header(line, identity, first)
    if header is None:
        return None
    frames, sizes, digest = header
    if len(body) != sum(sizes) or hashlib.sha256(body).hexdigest() != digest:
        return None
    rows, begin = [], 0
    for frame, size in zip(frames, sizes, strict=True):
        rows.append((frame, body[begin : begin + size]))
        begin += size
    return rows


def _row_of(found: FrameDetections) -> bytes:
    if not len(found.scores):
        return b""
    numbers = np.column_stack([found.boxes, found.scores, found.differs]).astype(np.float32)
    return numbers.tobytes() + np.ascontiguousarray(found.looks).tobytes()


def _found_in(row: bytes) -> FrameDetections:
    count = len(row) // _ROW_BYTES
    numbers = np.frombuffer(row, np.float32, count * _COLUMNS).reshape(count, _COLUMNS)
    looks = np.frombuffer(row, np.uint8, offset=4 * numbers.size).reshape(count, LOOK_VALUES)
    return FrameDetections(numbers[:, :4], numbers[:, 4], numbers[:, 5], looks)
