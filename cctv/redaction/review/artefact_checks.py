"""Checks of what a worker left of an analysis, before a row names it: the worker decoded footage, and may be hostile.

Every file is one that an analysis writes, regular and not too large; arrays have the type and the shape that they
should; numbers lie within the part.  Arrays are judged by their heads, before any is read.  Never mends anything.
"""

from __future__ import annotations

import itertools
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from pydantic import TypeAdapter, ValidationError

from cctv.core.worker import settled_files
from cctv.core.worker_messages import Nonsense
from cctv.redaction.people.detections import LOOK_VALUES
from cctv.redaction.review.artefacts import (
    CHANGES,
    OUTCOME,
    PICTURES,
    SURVEY,
    TRACKS,
    UNSEEN,
    FoundTracks,
    read_found,
    read_outcome,
    read_times,
)
from cctv.redaction.review.errors import ArtefactUnreadable
from cctv.redaction.review.plan import SubjectVisibility
from cctv.redaction.video.geometry import Rect

_LARGEST_BYTES = 2 << 30  # all files of an analysis; those of an hour take 200 MB
_LARGEST_TEXT_BYTES = 256 << 20  # tracks of an hour take 20 MB
_LARGEST_PICTURE_BYTES = 16 << 20  # coded
MOST_BACKDROPS, _MOST_SIDE = 4096, 16384
_BACKDROP = re.compile(r"backdrop-([1-9]\d{0,3})\.png")
_SIGNATURES = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff"}
_OF_TRACKS = frozenset({TRACKS, UNSEEN, PICTURES})


@dataclass(frozen=True, slots=True)
class ArrayHead:
    """What a file of arrays says of one: its type, its shape, and its first bytes."""

    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    begin: bytes


@dataclass(frozen=True, slots=True)
class Analysed:
    """What was checked: frames, backdrops, and the tracks where they are new."""

    frames: int
    backdrops: int
    found: FoundTracks | None


def checked_analysis(folder: Path, *, has_tracks: bool) -> Analysed:
    """The files of an analysis; `has_tracks`: of a first one, which finds people.  Raises Nonsense."""
    wanted = {SURVEY, OUTCOME, CHANGES} | (_OF_TRACKS if has_tracks else frozenset())
    files = settled_files(folder, lambda name: name in wanted or bool(_BACKDROP.fullmatch(name)), _LARGEST_BYTES)
    names = {path.name for path in files}
    if not wanted <= names or any(
        path.stat().st_size > _LARGEST_TEXT_BYTES for path in files if path.suffix == ".json"
    ):
        raise Nonsense
    try:
        frames, backdrops = _survey(folder / SURVEY)
        if names - wanted != {f"backdrop-{number}.png" for number in range(1, backdrops + 1)}:
            raise Nonsense
        for path in files:
            if path.suffix == ".png":
                _signed(path, "png")
        found = _tracks(folder, frames) if has_tracks else None
        _outcome(folder, frames, backdrops)
    except (ArtefactUnreadable, OSError, ValueError, OverflowError, MemoryError, zipfile.BadZipFile) as error:
        raise Nonsense from error
    return Analysed(frames, backdrops, found)


def told_of(shown: Iterable[SubjectVisibility]) -> list[object]:
    """How much of people is shown, as a worker tells it."""
    return [_visibility().dump_python(one, mode="json") for one in shown]


def shown_in(told: object, count: int, frames: int) -> list[SubjectVisibility]:
    """How much of `count` people is shown, as a worker told it under `shown`; raises Nonsense."""
    values = told.get("shown") if isinstance(told, dict) else None
    if not isinstance(values, list) or len(values) != count:
        raise Nonsense
    try:
        found = [_visibility().validate_python(value) for value in values]
    except ValidationError as error:
        raise Nonsense from error
    for shown in found:
        stretches = [(stretch.first, stretch.last) for stretch in shown.hidden]
        if not 0 <= shown.visible <= shown.frames <= frames or not all(0 <= a <= b < frames for a, b in stretches):
            raise Nonsense
        if any(after[0] <= before[1] for before, after in itertools.pairwise(stretches)):
            raise Nonsense
    return found


def count_in(told: object, name: str, most: int) -> int:
    """A whole number from 0 to `most` that a worker told; raises Nonsense."""
    value = told.get(name) if isinstance(told, dict) else None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise Nonsense
    return value


@cache
def _visibility() -> TypeAdapter[SubjectVisibility]:
    return TypeAdapter(SubjectVisibility)


def array_heads(path: Path) -> dict[str, ArrayHead]:
    """The arrays of an .npz by name, none of them read; raises Nonsense, OSError, ValueError, BadZipFile."""
    heads: dict[str, ArrayHead] = {}
    total = 0
    with zipfile.ZipFile(path) as held:
        for entry in held.infolist():
            name, dot, ending = entry.filename.rpartition(".")
            total += entry.file_size
            if not dot or ending != "npy" or name in heads or total > _LARGEST_BYTES or entry.flag_bits & 1:
                raise Nonsense
            with held.open(entry) as file:
                version = npy.read_magic(file)
                if version != (1, 0):
                    raise Nonsense
                shape, is_fortran, dtype = npy.read_array_header_1_0(file)
                size = math.prod(shape) * dtype.itemsize
                if dtype.hasobject or (is_fortran and len(shape) > 1) or file.tell() + size != entry.file_size:
                    raise Nonsense
                heads[name] = ArrayHead(dtype, shape, file.read(min(size, 8)))
    return heads


def _survey(path: Path) -> tuple[int, int]:
    heads = array_heads(path)
    count = sum(name.startswith("samples") for name in heads)
    (frames,) = _shape(heads, "times", np.int64, 1)
    if not frames or not 0 < count <= MOST_BACKDROPS or len(heads) != 1 + 9 * count:
        raise Nonsense
    sizes = set()
    for number in range(count):
        rows, columns = _shape(heads, f"u{number}", np.uint8, 2)
        full, half = (2 * rows, 2 * columns), (rows, columns)
        sizes.add(half)
        _require(heads, f"y{number}", np.uint8, full)
        _require(heads, f"v{number}", np.uint8, half)
        _require(heads, f"stacked{number}", np.uint8, (3, *half))
        _require(heads, f"trusted{number}", np.bool_, half)
        _require(heads, f"doubted{number}", np.bool_, half)
        _require(heads, f"samples{number}", np.int64, ())
        _require(heads, f"shift{number}", np.float64, (2,))
        if _shape(heads, f"people{number}", np.float64, 2)[1] != 4:
            raise Nonsense
    if len(sizes) != 1 or not all(0 < side <= _MOST_SIDE for side in next(iter(sizes))):
        raise Nonsense
    times = read_times(path)
    if any(after <= before for before, after in itertools.pairwise(times)):
        raise Nonsense
    return frames, count


def _tracks(folder: Path, frames: int) -> FoundTracks:
    heads = array_heads(folder / UNSEEN)
    places = _shape(heads, "named", np.int32, 2)[0]
    _require(heads, "named", np.int32, (places, 3))
    _require(heads, "boxes", np.float32, (places, 4))
    found = read_found(folder)
    known = {track.id for track in found.tracks}
    if len(known) != len(found.tracks) or not all(_is_number(one, 1) for one in known):
        raise Nonsense
    for track in found.tracks:
        if not (_is_number(track.first) and 0 <= track.first <= track.last < frames and _are_boxes(track.boxes)):
            raise Nonsense
        if len(track.look) not in (0, LOOK_VALUES):
            raise Nonsense
    named = {doubt.track for doubt in found.doubts} | set(found.people.doubtful)
    named |= {number for link in found.links for number in (link.first, link.second)}
    named |= {number for doubt in found.doubts for number in doubt.unseen}
    here = [place for places in found.people.unseen.values() for place in places]
    named |= {number for place in here for number in place.tracks}
    if not named <= known or not _are_boxes(place.box for place in here) or found.people.spacing < 1:
        raise Nonsense
    if not all(0 <= frame < frames for frame in found.people.unseen):
        raise Nonsense
    if not all(0 <= link.probability <= 1 for link in found.links):
        raise Nonsense
    for name, head in array_heads(folder / PICTURES).items():
        number, frame = _numbers(name, "-", 2)
        is_picture = head.dtype == np.uint8 and len(head.shape) == 3 and head.shape[2] == 3
        if number not in known or frame >= frames or not is_picture or not all(0 < s < _MOST_SIDE for s in head.shape):
            raise Nonsense
    return found


def _outcome(folder: Path, frames: int, backdrops: int) -> None:
    heads = array_heads(folder / OUTCOME)
    _require(heads, "live", np.bool_, (frames,))
    _require(heads, "stretch", np.int32, (frames,))
    for name, head in heads.items():
        if name in ("live", "stretch"):
            continue
        kind, _, frame = name.partition("-")
        if kind not in ("shown", "seen") or _numbers(frame, "-", 1)[0] >= frames:
            raise Nonsense
        is_coded = head.dtype == np.uint8 and len(head.shape) == 1 and head.shape[0] <= _LARGEST_PICTURE_BYTES
        if not is_coded or not head.begin.startswith(_SIGNATURES["jpeg"]):
            raise Nonsense
    outcome = read_outcome(folder)
    if not all(0 <= index < backdrops for index in outcome.stretch):
        raise Nonsense
    for change in outcome.changes:
        if not (_is_number(change.first) and _is_number(change.last) and 0 <= change.first <= change.last < frames):
            raise Nonsense
        if change.box is not None and not _are_boxes([change.box]):
            raise Nonsense


def _signed(path: Path, kind: str) -> None:
    with path.open("rb") as file:
        if not file.read(8).startswith(_SIGNATURES[kind]):
            raise Nonsense


def _shape(heads: Mapping[str, ArrayHead], name: str, dtype: type[np.generic], dimensions: int) -> tuple[int, ...]:
    head = heads.get(name)
    if head is None or head.dtype != np.dtype(dtype) or len(head.shape) != dimensions:
        raise Nonsense
    return head.shape


def _require(heads: Mapping[str, ArrayHead], name: str, dtype: type[np.generic], shape: Sequence[int]) -> None:
    if _shape(heads, name, dtype, len(shape)) != tuple(shape):
        raise Nonsense


def _numbers(text: str, between: str, count: int) -> list[int]:
    words = text.split(between)
    if len(words) != count or not all(word.isascii() and word.isdigit() and len(word) < 10 for word in words):
        raise Nonsense
    return [int(word) for word in words]


def _is_number(value: object, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**31


def _are_boxes(boxes: Iterable[Rect]) -> bool:
    is_side: Callable[[object], bool] = lambda side: isinstance(side, int | float) and abs(side) < 1 << 20  # noqa: E731
    return all(is_side(side) for box in boxes for side in (box.x, box.y, box.w, box.h))
