"""Differences between disk and index, and the remedy of each.

Pure: from a day's folder, its index.jsonl and the index to what must be repaired.  `now` is an argument.  Never removes
footage: what cannot be explained goes to quarantine, what has no file is marked lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from cctv.core.clock import iso
from cctv.core.i18n import N_, Message
from cctv.footage.repair.queries import IndexedRow
from cctv.model.footage import NewSegment, Reason, Segment, Tombstone
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, HoldId, ZoneId

BEING_WRITTEN = timedelta(hours=2)  # a running recorder ingests its own files: an hour's segment, closed and hashed


class DifferenceKind(Enum):
    """What does not agree.  The value is the JSON value; never change one."""

    FILE_WITHOUT_ROW = "file without a row"
    ROW_WITHOUT_FILE = "row without a file"
    ROW_WITHOUT_LINE = "row without a line"
    LINE_WITHOUT_ROW = "line without a row"
    ROW_DIFFERS = "row not as its line"
    HOLD_DIFFERS = "hold not as the log says"
    DELETED_FILE = "file of a deleted segment"
    STRAY_FILE = "stray file"
    LEFT_IN_INCOMING = "left in incoming"
    DELETION_OPEN = "deletion begun, not finished"
    HOLD_WITHOUT_ROW = "hold without a row"
    HOLD_WITHOUT_FILE = "hold without a file"
    WRONG_TOTALS = "totals of a camera"


class Remedy(Enum):
    """What `--fix` does about it."""

    ADOPT = "adopt"
    QUARANTINE = "quarantine"
    WRITE_LINE = "write its line"
    MARK_LOST = "mark lost"
    FINISH = "finish"
    WRITE_FILE = "write its file"
    COUNT = "count again"
    PUT_BACK = "put back what the log says"
    LOG = "enter it into the log"
    LOOK = "a person looks: cctv audit verify"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not agree: where, what is done about it and why; `holds` are those that cover it.

    `segment` is the content of the row or line; `tombstone` one that names the file.  A file whose remedy is ADOPT is
    indexed as `segment`.
    """

    kind: DifferenceKind
    remedy: Remedy
    path: str
    why: str
    camera: CameraId | None = None
    segment: NewSegment | None = None
    row: Segment | None = None
    tombstone: Tombstone | None = None
    holds: tuple[HoldId, ...] = ()

    @property
    def key(self) -> tuple[DifferenceKind, str]:
        """Equal for the same difference."""
        return self.kind, self.path

    @property
    def is_held_loss(self) -> bool:
        """Whether footage that a hold should keep is not there."""
        return self.remedy is Remedy.MARK_LOST and bool(self.holds)


@dataclass(frozen=True, slots=True)
class Folder:
    """A day's folder of a camera: its segment files with the start that each name gives, lines, rows, tombstones."""

    relative: str
    camera: CameraId
    files: Mapping[str, datetime]
    lines: Mapping[str, NewSegment]
    rows: Mapping[str, IndexedRow]
    tombstones: Mapping[str, Tombstone]
    strays: tuple[str, ...] = ()
    adopted: Mapping[ZoneId, frozenset[timedelta]] = field(default_factory=dict)


def compare(folder: Folder, holds: Sequence[Hold], now: datetime, *, recording: bool) -> list[Difference]:
    """What does not agree in one folder, in the order of its files.

    While a recorder runs, what it may be ingesting at this moment is left to it.  Whether a file without a row can be
    adopted is decided by the caller, which reads it: here its remedy is ADOPT.
    """
    differences = [stray(path, folder.camera) for path in folder.strays]
    for path in sorted({*folder.files, *folder.rows, *folder.lines}):
        if path in folder.files:
            young = recording and now - folder.files[path] < BEING_WRITTEN
            difference = _of_row(folder, path) if path in folder.rows else None if young else _of_file(folder, path)
        else:
            difference = _of_no_file(folder, path, holds)
        if difference is not None:
            differences.append(difference)
    return differences


def row_differs(row: IndexedRow, line: NewSegment, adopted: Mapping[ZoneId, frozenset[timedelta]]) -> Message | None:
    """How the row of a segment differs from its line in index.jsonl, None where it does not.

    A row's limit may be shorter where people shortened the limits of stored footage: `adopted` are those periods.
    """
    segment = row.segment
    if segment.sha256 != line.sha256 or segment.size_bytes != line.size_bytes:
        return N_("its row has another hash or size than index.jsonl")
    if (segment.camera, segment.zone, segment.span) != (line.camera, line.zone, line.span):
        return N_("its row has another camera, zone or time than index.jsonl")
    if segment.limit != line.limit:
        shortened = {segment.span.start + period for period in adopted.get(segment.zone, ())}
        if segment.limit > line.limit or segment.limit not in shortened:
            limits = {"row": iso(segment.limit), "line": iso(line.limit)}
            return N_("its row has the limit {row}, index.jsonl has {line}", **limits)
    if (segment.policy, segment.source, row.run_id) != (line.policy, line.source, line.run_id):
        return N_("its row has another policy, source or run than index.jsonl")
    return None


def stray(path: str, camera: CameraId | None) -> Difference:
    """A file that is neither a segment where it belongs nor the index.jsonl of a day."""
    return Difference(
        DifferenceKind.STRAY_FILE, Remedy.QUARANTINE, path, "no file of that name belongs there", camera=camera
    )


def _of_row(folder: Folder, path: str) -> Difference | None:
    row = folder.rows[path]
    if path in folder.lines:
        why = row_differs(row, folder.lines[path], folder.adopted)
        if why is None:
            return None
        return Difference(
            DifferenceKind.ROW_DIFFERS, Remedy.LOOK, path, why, camera=folder.camera, segment=as_line(row)
        )
    return Difference(
        DifferenceKind.ROW_WITHOUT_LINE,
        Remedy.WRITE_LINE,
        path,
        "index.jsonl does not name it: an index made again would not know it",
        camera=folder.camera,
        segment=as_line(row),
        row=row.segment,
    )


def _of_file(folder: Folder, path: str) -> Difference | None:
    stone = folder.tombstones.get(path)
    line = folder.lines.get(path)
    if stone is not None and stone.closed is None:
        return Difference(
            DifferenceKind.DELETION_OPEN,
            Remedy.FINISH,
            path,
            "a crash interrupted its deletion; the next sweep finishes it too",
            camera=folder.camera,
            tombstone=stone,
        )
    if stone is not None and stone.reason not in (Reason.LOST, Reason.FORGOTTEN):
        return Difference(
            DifferenceKind.DELETED_FILE,
            Remedy.QUARANTINE,
            path,
            f"it was deleted ({stone.reason.value}) and is back",
            camera=folder.camera,
            tombstone=stone,
        )
    why = "the index does not know it" if stone is None else "it was lost and is back"
    return Difference(
        DifferenceKind.FILE_WITHOUT_ROW, Remedy.ADOPT, path, why, camera=folder.camera, segment=line, tombstone=stone
    )


def _of_no_file(folder: Folder, path: str, holds: Sequence[Hold]) -> Difference | None:
    row = folder.rows.get(path)
    line = as_line(row) if row else folder.lines[path]
    if row is None and path in folder.tombstones:
        return None
    kind = DifferenceKind.ROW_WITHOUT_FILE if row else DifferenceKind.LINE_WITHOUT_ROW
    return Difference(
        kind,
        Remedy.MARK_LOST,
        path,
        "its file is not there, and no tombstone says why",
        camera=folder.camera,
        segment=line,
        row=row.segment if row else None,
        holds=tuple(hold.id for hold in holds if hold.covers(line.camera, line.span)),
    )


def as_line(row: IndexedRow) -> NewSegment:
    """The line of index.jsonl of a row."""
    segment = row.segment
    return NewSegment(
        camera=segment.camera,
        zone=segment.zone,
        span=segment.span,
        limit=segment.limit,
        path=segment.path,
        sha256=segment.sha256,
        size_bytes=segment.size_bytes,
        policy=segment.policy,
        run_id=row.run_id,
        source=segment.source,
    )
