"""Which gaps a camera's own card may fill, and the runs that what is fetched belongs to.

Responsible for the limits of filling.  Footage from a card is footage: it has the zone, the policy and the period of
the run before the gap, never a longer one than the zone has today, and its limit counts from its first frame.  What
would be past its limit, what lies outside the camera's hours, what was deleted or erased, and what was never to be
recorded is not fetched.  `fillable` is pure; the queries and the run are below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from cctv.audit.chain import Fact
from cctv.audit.log import append_entry
from cctv.config.schema import CameraSettings, Settings
from cctv.core.time_range import Span, merged, without
from cctv.db import schema
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.deletion_summaries import folded_of
from cctv.footage.runs import Run, gaps_of, insert_run, runs_of, set_anchor, set_end
from cctv.footage.segments import segments_of, tombstones_of
from cctv.model.audit import Act
from cctv.model.footage import FootageSource, Gap, GapCause
from cctv.model.ids import CameraId

# Not fetched: what the schedule or the site excludes, and what lies between two settings of a clock.
FILLABLE = frozenset(GapCause) - {GapCause.SCHEDULE, GapCause.CAMERA_REMOVED, GapCause.CLOCK_STEP}
SHORTEST = timedelta(seconds=5)  # a shorter gap is not worth a connection
SETTLED_AFTER = timedelta(minutes=2)  # cameras finish a file on their card some time after its last picture
LEAST_LEFT = timedelta(hours=1)  # of its period: nothing is fetched that a sweep would take at once
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Filling:
    """A span to fetch from the card of a camera, and the run before it, whose promises hold for what is fetched."""

    camera: CameraId
    span: Span
    before: Run
    period: timedelta


def fillable(
    gaps: Iterable[Gap], known: Iterable[Span], allowed: Span, records_at: Callable[[datetime], bool] | None
) -> list[Span]:
    """The spans worth fetching, in order: gaps that are over, within `allowed`, without what is known of them.

    `known` is footage that is there, that was deleted, or that must not come back.  `records_at` tells whether the
    camera records at an instant; None: always.  It is asked for each minute.
    """
    over = [Span(gap.start, gap.end) for gap in gaps if gap.end is not None and gap.cause in FILLABLE]
    lasting = [Span(gap.start, allowed.end) for gap in gaps if gap.end is None and gap.start < allowed.end]
    excluded = [Span(gap.start, gap.end) for gap in gaps if gap.end is not None and gap.cause not in FILLABLE]
    inside = [shared for gap in merged(over) if (shared := gap.intersection(allowed))]
    rests = [rest for span in inside for rest in without(span, (*known, *lasting, *excluded))]
    return [part for rest in rests for part in _within_hours(rest, records_at) if part.duration >= SHORTEST]


def _within_hours(span: Span, records_at: Callable[[datetime], bool] | None) -> list[Span]:
    if records_at is None:
        return [span]
    parts: list[Span] = []
    at = span.start
    while at < span.end:
        until = min(at + _MINUTE - timedelta(seconds=at.second, microseconds=at.microsecond), span.end)
        if records_at(at):
            parts.append(Span(at, until))
        at = until
    return merged(parts)


def next_filling(site: Storage, camera: CameraSettings, now: datetime, *, tried: Iterable[Span] = ()) -> Filling | None:
    """What to fetch first from a camera's card: the newest gap, since its footage stays longest.  None: nothing.

    `tried` are spans for which the card was asked already, by this process.
    """
    settings = site.settings
    with read_transaction(site.engine) as connection:
        longest = settings.limit_for(camera.zone)
        if longest <= LEAST_LEFT + SETTLED_AFTER:
            return None
        allowed = Span(now - longest + LEAST_LEFT, now - SETTLED_AFTER)
        known = [*_known(connection, camera.id, allowed), *tried]
        spans = fillable(gaps_of(connection, camera.id, allowed), known, allowed, _hours(settings, camera))
        for span in reversed(spans):
            if (filling := _filling(connection, settings, camera, span, now)) is not None:
                return filling
    return None


def _hours(settings: Settings, camera: CameraSettings) -> Callable[[datetime], bool] | None:
    schedule, zone = camera.schedule, settings.site.timezone
    return None if schedule is None else lambda at: schedule.covers(at.astimezone(zone))


def _known(connection: Connection, camera: CameraId, span: Span) -> list[Span]:
    """What is stored of a span, what was deleted of it, and what an erasure has taken out of it for good."""
    table = schema.erasures.c
    erased = connection.execute(
        select(table.cameras, table.start_us, table.end_us).where(table.start_us < span.end, table.end_us > span.start)
    )
    return [
        *(segment.span for segment in segments_of(connection, camera, span)),
        *(stone.span for stone in tombstones_of(connection, camera, span)),
        *(group.span for group in folded_of(connection, camera, span)),
        *(Span(row.start_us, row.end_us) for row in erased if camera in row.cameras),
    ]


def _filling(
    connection: Connection, settings: Settings, camera: CameraSettings, span: Span, now: datetime
) -> Filling | None:
    """The span cut to what its own period allows; None where no run came before it, or nothing is left."""
    earlier = [
        run
        for run in runs_of(connection, camera.id, Span(span.start - settings.limit_for(camera.zone), span.end))
        if run.source is FootageSource.LIVE and run.started <= span.start
    ]
    if not earlier:
        return None
    before = earlier[-1]
    period = min(before.period, settings.limit_for(camera.zone))
    rest = span.intersection(Span(now - period + LEAST_LEFT, now)) if period > LEAST_LEFT else None
    return None if rest is None or rest.duration < SHORTEST else Filling(camera.id, rest, before, period)


def begin_filling(site: Storage, filling: Filling, anchor: datetime) -> Run:
    """A run for what is fetched; its first picture was taken at `anchor`."""
    before = filling.before
    with write_transaction(site.engine) as connection:
        run = insert_run(
            connection,
            camera=filling.camera,
            zone=before.zone,
            policy=before.policy,
            period=filling.period,
            started=anchor,
            source=FootageSource.CARD,
        )
        set_anchor(connection, run.id, anchor)
        append_entry(
            connection,
            site,
            Act.FILLING_STARTED,
            filling.camera,
            facts={"run": run.id, "zone": run.zone, "policy": run.policy, "span": str(filling.span)},
        )
    return run


def end_filling(site: Storage, run: Run, at: datetime, *, seconds: float, problem: str | None) -> None:
    """Close the run; `seconds` of pictures came, and `problem` says why no more did, None where all came."""
    with write_transaction(site.engine) as connection:
        set_end(connection, run.id, at)
        facts: dict[str, Fact] = {"run": run.id, "seconds": round(seconds), "problem": problem or "none"}
        append_entry(connection, site, Act.FILLING_ENDED, run.camera, facts=facts)
