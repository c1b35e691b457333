"""Refilling: the rows of a new index, from what the disk says of footage (segments/, index.jsonl, incoming/).

Writes rows only.  Limits are those of index.jsonl: a limit that was promised at recording is never lengthened.  What a
line does not explain is left to the reconciliation that follows, which needs the runs that are entered here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from cctv.archive import repairstore, runstore, store
from cctv.archive.layout import incoming_name
from cctv.archive.lines import lines_in
from cctv.archive.runstore import Run
from cctv.archive.walking import list_day, walk
from cctv.db.engine import writing
from cctv.db.site import Site
from cctv.kernel.span import Span
from cctv.model.footage import NewSegment, Reason
from cctv.model.holds import Hold
from cctv.model.ids import CameraId, ZoneId

_BEFORE = timedelta(hours=2)  # a file in incoming/ was begun no longer ago than its last write less this


@dataclass(frozen=True, slots=True)
class DayFolder:
    """A day's folder as the disk knows it: lines with their file, lines without it, starts of files without a line."""

    zone: ZoneId
    camera: CameraId
    present: tuple[NewSegment, ...]
    gone: tuple[NewSegment, ...]
    without_line: tuple[datetime, ...]


@dataclass
class Refilled:
    """How much was entered."""

    segments: int = 0
    gone: int = 0
    without_line: int = 0
    runs: dict[int, Run] = field(default_factory=dict)
    reach: dict[int, Span] = field(default_factory=dict)
    earliest: dict[tuple[ZoneId, CameraId], datetime] = field(default_factory=dict)
    policies: set[str] = field(default_factory=set)

    def count(self, folder: DayFolder) -> None:
        self.segments += len(folder.present)
        self.gone += len(folder.gone)
        self.without_line += len(folder.without_line)
        for start in folder.without_line:
            key = (folder.zone, folder.camera)
            self.earliest[key] = min(start, self.earliest.get(key, start))


def day_folders(site: Site) -> Iterator[DayFolder]:
    """Every day's folder of the disk, in order."""
    for relative in walk(site.root).folders:
        _, zone, camera, _ = relative.split("/")
        lines = lines_in(site.root / relative, relative)
        files = list_day(site.root, relative).files
        yield DayFolder(
            ZoneId(zone),
            CameraId(camera),
            present=tuple(line for path, line in lines.items() if path in files),
            gone=tuple(line for path, line in lines.items() if path not in files),
            without_line=tuple(start for path, start in files.items() if path not in lines),
        )


def refill(site: Site, holds: Sequence[Hold]) -> Refilled:
    """Enter everything; `holds` tell what should be there still, and are not entered."""
    done = Refilled()
    for folder in day_folders(site):
        with writing(site.engine) as connection:
            done.count(folder)
            lines = _with_runs(connection, site, done, [*folder.present, *folder.gone])
            present = {line.path for line in folder.present}
            repairstore.insert_lines(connection, [line for line in lines if line.path in present])
            for line in lines:
                if line.path not in present:
                    segment = store.insert_segment(connection, line)
                    repairstore.lose(connection, segment, _why_gone(line, holds), site.clock.now())
    with writing(site.engine) as connection:
        for run_id, span in done.reach.items():
            repairstore.stretch_run(connection, run_id, span)
        _runs_of_incoming(connection, site, done)
        _runs_before_any(connection, site, done)
    return done


def _why_gone(line: NewSegment, holds: Iterable[Hold]) -> Reason:
    """Lost where a hold was placed while the footage was within its limit: it should be there still."""
    held = any(hold.covers(line.camera, line.span) and hold.placed < line.limit for hold in holds)
    return Reason.LOST if held else Reason.FORGOTTEN


def _with_runs(connection: Connection, site: Site, done: Refilled, lines: Iterable[NewSegment]) -> list[NewSegment]:
    """Enter the runs and policies that the lines name; a line that names the run of another camera has none."""
    out: list[NewSegment] = []
    now = site.clock.now()
    for line in sorted(lines, key=lambda one: (one.span, one.path)):
        if line.policy not in done.policies:
            runstore.insert_policy(connection, line.policy, _text_of(site, line.policy), now)
            done.policies.add(line.policy)
        if line.run_id is None:
            out.append(line)
            continue
        run = done.runs.get(line.run_id)
        if run is None:
            run = Run(line.run_id, line.camera, line.zone, line.policy, line.limit - line.span.start, line.span.start)
            repairstore.insert_run_as(connection, run, ended=line.span.end)
            done.runs[run.id] = run
        if (run.camera, run.zone) != (line.camera, line.zone):
            out.append(replace(line, run_id=None))
            continue
        known = done.reach.get(run.id, line.span)
        done.reach[run.id] = Span(min(known.start, line.span.start), max(known.end, line.span.end))
        out.append(line)
    return out


def _text_of(site: Site, policy: str) -> str:
    return site.settings.policy_text if policy == site.settings.policy_digest else repairstore.unknown_policy()


def _runs_of_incoming(connection: Connection, site: Site, done: Refilled) -> None:
    """Runs of which the disk holds unfinished files only: a later run must not get their id."""
    settings, now = site.settings, site.clock.now()
    for path in sorted((site.root / "incoming").glob("*/*")):
        named, known = incoming_name(path.name), settings.cameras.get(CameraId(path.parent.name))
        if named is None or known is None or named[0] in done.runs:
            continue
        runstore.insert_policy(connection, settings.policy_digest, settings.policy_text, now)
        written = min(datetime.fromtimestamp(path.stat().st_mtime, UTC), now)
        period = settings.limit_for(known.zone)
        run = Run(named[0], known.id, known.zone, settings.policy_digest, period, written - _BEFORE)
        repairstore.insert_run_as(connection, run, ended=None)
        done.runs[run.id] = run


def _runs_before_any(connection: Connection, site: Site, done: Refilled) -> None:
    """A run for files that no line and no run of their camera explains, with the shortest period that may apply."""
    settings, now = site.settings, site.clock.now()
    for (zone, camera), start in done.earliest.items():
        own = [run for run in done.runs.values() if (run.zone, run.camera) == (zone, camera)]
        if any(done.reach[run.id].start <= start for run in own if run.id in done.reach):
            continue
        periods = [run.period for run in own] + ([settings.limit_for(zone)] if zone in settings.zones else [])
        if not periods:
            continue
        policy = settings.policy_digest
        runstore.insert_policy(connection, policy, settings.policy_text, now)
        run = runstore.insert_run(
            connection, camera=camera, zone=zone, policy=policy, period=min(periods), started=start
        )
        runstore.set_end(connection, run.id, start)
