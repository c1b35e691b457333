"""Copies: how long anything may stay that was made of footage, or may be footage, and is no row of a segment.

One rule (`limit_of_copy`, pure): no longer than the footage that it came from, unless a hold covers that or somebody
was given it; and a month at most (docs/policies/001.txt, "maximaal één maand").  Those who delete ask here what is due,
and `cctv status` what is past its limit on the disk.  Deletes nothing, and reads no pictures.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select

from cctv.core.time_range import Span
from cctv.db import schema
from cctv.db.storage import Storage
from cctv.footage.ingest import lines_in
from cctv.footage.layout import incoming_files, incoming_name, segment_path, segment_start
from cctv.footage.quarantine import all_files, shortest_period
from cctv.footage.runs import anchor_of, find_run, last_segment_end
from cctv.footage.segments import segments_of, tombstones_of
from cctv.holds.store import holds_in_force
from cctv.model.footage import Reason, Segment, Tombstone
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, RequestId, ZoneId
from cctv.retention.policy import lead

LONGEST = timedelta(days=28)  # four weeks fit into every month
VIEWS = "views"
"""Folder of a case, below `derived/`, in which its views lie."""
_AT_ONCE = frozenset({Reason.ERASED, Reason.NEVER_ALLOWED})  # deletions by which every copy must go too
_UNFINISHED = timedelta(days=1)  # a view whose name tells nothing is what a crash left
# Of a package that the index does not know: an upper bound, since only packages/ reads its manifest.
_LONGEST_LEASE = timedelta(days=31)
_INSTANT = timedelta(seconds=1)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_STAMP = "%Y%m%dT%H%M%SZ"
_VIEW = re.compile(r"([a-z0-9-]+)_(?:.*_)?(\d{8}T\d{6}Z)-(\d{8}T\d{6}Z)_(\d{8}T\d{6}Z)")


@dataclass(frozen=True, slots=True)
class KeptCopy:
    """Something on the disk that was made of footage, or may be footage: its relative path and when it must be gone."""

    path: str
    limit: datetime


@dataclass(frozen=True, slots=True)
class CopyLimit:
    """When what was made of footage must be gone, and when a sweep takes it, so that it is gone by then."""

    limit: datetime
    due: datetime


@dataclass(frozen=True, slots=True)
class View:
    """What a file of `views/` shows, and when it was made."""

    camera: CameraId
    span: Span
    made: datetime


def view_stem(span: Span, made: datetime) -> str:
    """The end of the name of a view, after its camera: the span in whole seconds, and when it was made (UTC)."""
    end = span.end if span.end.microsecond == 0 else span.end + timedelta(seconds=1)
    start, end, made = (instant.astimezone(UTC) for instant in (span.start, end, made))
    return f"{start:{_STAMP}}-{end:{_STAMP}}_{made:{_STAMP}}"


def view_of(name: str) -> View | None:
    """What the name of a view tells, None for a file that is none."""
    match = _VIEW.fullmatch(name.rpartition(".")[0])
    if match is None:
        return None
    try:
        start, end, made = (datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC) for stamp in match.groups()[1:])
        return View(CameraId(match[1]), Span(start, end), made)
    except ValueError:
        return None


def limit_of_copy(
    sources: Iterable[Segment | Tombstone], holds: Sequence[Hold], camera: CameraId, span: Span, period: timedelta
) -> CopyLimit | None:
    """How long something that was made of a camera's footage over a span may stay; None while holds keep all of it.

    As long as the first of its `sources` that no hold covers, those that were deleted included.  Footage that is in no
    index any more was due its `period` after the span's start.
    """
    if any(hold.covers(camera, span) and hold.span.start <= span.start <= span.end <= hold.span.end for hold in holds):
        return None
    limits = [
        CopyLimit(limit, limit - lead(limit - source.span.start))
        for source in sources
        if not any(hold.covers(camera, source.span) for hold in holds)
        for limit in [_limit_of(source)]
    ]
    if not limits and not any(hold.covers(camera, span) for hold in holds):
        limits = [CopyLimit(span.start + period, span.start + period - lead(period))]
    return min(limits, key=lambda of: of.due, default=None)


def copy_limit(connection: Connection, site: Storage, camera: CameraId, span: Span) -> CopyLimit | None:
    """The same, from the index."""
    holds = [hold for hold in holds_in_force(connection) if hold.covers(camera, span)]
    sources: list[Segment | Tombstone] = [*segments_of(connection, camera, span)]
    sources += tombstones_of(connection, camera, span)
    return limit_of_copy(sources, holds, camera, span, shortest_period(site, camera))


def _limit_of(source: Segment | Tombstone) -> datetime:
    """What a person ordered deleted was due then, not at its limit."""
    if isinstance(source, Tombstone) and source.reason in _AT_ONCE:
        return min(source.limit, source.began)
    return source.limit


def view_limit(connection: Connection, site: Storage, path: Path) -> CopyLimit | None:
    """That of the footage that a file of `views/` shows, at most four weeks after it was made; None: it is gone."""
    view = view_of(path.name)
    if view is None:
        written = _written(path)
        return CopyLimit(written + _UNFINISHED, written + _UNFINISHED) if written is not None else None
    return _first_of(view.made + LONGEST, [copy_limit(connection, site, view.camera, view.span)])


def derived_limit(connection: Connection, site: Storage, request: RequestId) -> CopyLimit:
    """That of the footage of a prepared request's parts, four weeks after it was prepared at most."""
    part, case = schema.redactions.c, schema.requests.c
    query = select(part.camera, part.prepared_us, case.start_us, case.end_us).join(
        schema.requests, case.id == part.request_id
    )
    rows = connection.execute(query.where(part.request_id == request)).all()
    cameras = {CameraId(row.camera): Span(row.start_us, row.end_us) for row in rows}
    limits = [copy_limit(connection, site, camera, span) for camera, span in cameras.items()]
    return _first_of(min(row.prepared_us for row in rows) + LONGEST, limits)


def package_limit(connection: Connection, site: Storage, package: str) -> CopyLimit:
    """The end of a package's lease; that of its footage too, until somebody was given it or its case was answered."""
    export, disclosure = schema.exports, schema.disclosures.c
    row = connection.execute(select(export).where(export.c.id == package)).one()
    left = select(disclosure.id).where(disclosure.export_id == package, disclosure.handed_us.is_not(None)).limit(1)
    if connection.execute(left).first() is not None:
        return _first_of(row.expires_us, [])
    case = (schema.requests if row.request_id is not None else schema.disclosures).c
    is_open = (case.id == (row.request_id or row.disclosure_id)) & case.closed_us.is_(None)
    about = connection.execute(select(case.cameras, case.start_us, case.end_us).where(is_open)).one_or_none()
    if about is None or about.start_us is None:
        return _first_of(row.expires_us, [])
    spans = [(CameraId(camera), Span(about.start_us, about.end_us)) for camera in about.cameras]
    return _first_of(row.expires_us, [copy_limit(connection, site, camera, span) for camera, span in spans])


def _first_of(longest: datetime, limits: Iterable[CopyLimit | None]) -> CopyLimit:
    known = (limit for limit in limits if limit is not None)
    return min((CopyLimit(longest, longest), *known), key=lambda limit: limit.due)


def kept_copies(connection: Connection, site: Storage) -> Iterator[KeptCopy]:
    """Everything in the storage that has a limit and is no row of a segment, but what a hold keeps."""
    holds = holds_in_force(connection)
    for file in all_files(site):
        if not file.is_kept_by(holds):
            yield KeptCopy(site.relative(file.path), file.limit)
    yield from _unknown_segments(connection, site, holds)
    yield from _incoming(connection, site, holds)
    yield from _derived(connection, site)
    packages = {row.path: row.id for row in connection.execute(select(schema.exports.c.path, schema.exports.c.id))}
    for folder in _entries(site.root / "exports"):
        relative = site.relative(folder)
        package = packages.get(relative)
        if package is not None:
            yield KeptCopy(relative, package_limit(connection, site, package).limit)
        elif (written := _written(folder)) is not None:
            yield KeptCopy(relative, written + _LONGEST_LEASE)


def _incoming(connection: Connection, site: Storage, holds: Sequence[Hold]) -> Iterator[KeptCopy]:
    """What is being written, or was left: its limit counts from its first frame, not from its last.

    A file of a run begins where the one before it ended; where nothing tells that, its last write counts.
    """
    before: dict[int, datetime] = {}  # by run, when its file before was last written
    for path in incoming_files(site.root):
        if (written := _written(path)) is None:
            continue
        camera, named = CameraId(path.parent.name), incoming_name(path.name)
        run = find_run(connection, named[0]) if named is not None else None
        if run is None or run.camera != camera:
            yield KeptCopy(site.relative(path), written + shortest_period(site, camera))
            continue
        begun = before.get(run.id) or last_segment_end(connection, run.id) or anchor_of(connection, run.id) or written
        before[run.id] = written
        begun = min(begun, written)
        if not any(hold.covers(camera, Span(begun, written + _INSTANT)) for hold in holds):
            yield KeptCopy(site.relative(path), begun + min(run.period, shortest_period(site, camera)))


def _derived(connection: Connection, site: Storage) -> Iterator[KeptCopy]:
    prepared = set(connection.execute(select(schema.redactions.c.request_id)).scalars())
    for folder in _entries(site.root / "derived"):
        is_link = folder.is_symlink()
        views = folder / VIEWS
        if not is_link and views.is_dir() and not views.is_symlink():
            for path in sorted(views.iterdir()):
                if (limit := view_limit(connection, site, path)) is not None:
                    yield KeptCopy(site.relative(path), limit.limit)
        if folder.name in prepared:
            yield KeptCopy(site.relative(folder), derived_limit(connection, site, RequestId(folder.name)).limit)
            continue
        has_more = is_link or not folder.is_dir() or any(path.name != VIEWS for path in _entries(folder))
        if has_more and (written := _written(folder)) is not None:
            yield KeptCopy(site.relative(folder), written + LONGEST)


def _unknown_segments(connection: Connection, site: Storage, holds: Sequence[Hold]) -> Iterator[KeptCopy]:
    """Files of `segments/` that may be past their limit and that no row has: an older index does not know them.

    Reads the names of a folder only from the day on that anything in it may be due.
    """
    now, periods = site.clock.now(), _shortest_periods(connection, site)
    for folder in sorted((site.root / "segments").glob("*/*/*")):
        zone, camera = ZoneId(folder.parts[-3]), CameraId(folder.parts[-2])
        period = periods.get(zone, site.settings.site.max_retention)
        if not _DAY.fullmatch(folder.name) or datetime.fromisoformat(folder.name).replace(tzinfo=UTC) + period > now:
            continue
        last, relative = segment_path(site.root, zone, camera, now - period).name, site.relative(folder)
        names = {entry.name for entry in os.scandir(folder) if entry.name <= last and entry.name.endswith(".mp4")}
        unknown = {f"{relative}/{name}" for name in names} - _indexed_in(connection, relative) if names else set()
        lines = lines_in(folder, relative) if unknown else {}
        for path in sorted(unknown):
            start = segment_start(path.rpartition("/")[2], camera)
            if start is not None and not any(hold.covers(camera, Span(start, start + _INSTANT)) for hold in holds):
                yield KeptCopy(path, lines[path].limit if path in lines else start + period)


def _indexed_in(connection: Connection, directory: str) -> set[str]:
    path = schema.segments.c.path
    return set(connection.execute(select(path).where(path > f"{directory}/", path < f"{directory}0")).scalars())


def _shortest_periods(connection: Connection, site: Storage) -> dict[ZoneId, timedelta]:
    """The shortest period of each zone, of today and of every run."""
    run = schema.runs.c
    periods = {zone: site.settings.limit_for(zone) for zone in site.settings.zones}
    for zone, shortest in connection.execute(select(run.zone, func.min(run.period_us)).group_by(run.zone)).all():
        periods[zone] = min(shortest, periods.get(zone, shortest))
    return periods


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder of cases or packages, but hidden files: those are locks and work under way."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []


def _written(path: Path) -> datetime | None:
    """None where it is gone: the recorder or a sweep moved it between the listing of its folder and this."""
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except FileNotFoundError:
        return None
