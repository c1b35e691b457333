"""How footage under a case is printed: what is kept, deleted, never recorded, and what a release does to it.

Text and JSON for `hold`, `incident`, `request` and `disclosure`; and the lines that all commands share (a dry run, what
to type next).  Decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from cctv.cases.errors.incidents import NoCameras
from cctv.cases.errors.requests import SpanUndecided
from cctv.cases.footage_status import DeletedFootage, Fate, FootageStatus, ReleaseEffect, UnrecordedFootage
from cctv.cases.holds import Corrected, MovedHold, Replaced, asks_first, camera_time
from cctv.cases.text_input import field_label
from cctv.cli.context import CommandContext
from cctv.cli.output import echo, joined, length, local, local_date, size, table
from cctv.core.errors import Exit
from cctv.core.i18n import N_, _, current_language, ngettext, translate, translate_line
from cctv.core.time_range import Span, total
from cctv.core.typed_time.resolve import echo_instant
from cctv.model.footage import GapCause, Reason
from cctv.model.holds import Hold
from cctv.model.ids import CameraId
from cctv.redaction.review.sheet.labels import cause_words

_ROWS = 30  # a camera; more no longer fits what a person reads, and --json has them all
_CAUSES = {
    GapCause.UNREACHABLE: N_("the camera could not be reached"),
    GapCause.REFUSED: N_("the camera refused"),
    GapCause.UNAUTHORISED: N_("the camera asked for another password"),
    GapCause.STALLED: N_("the camera sent no pictures"),
    GapCause.FRAMES_MISSING: N_("pictures were lost on the way"),
    GapCause.RECORDER_STOPPED: N_("the recorder was not running"),
    GapCause.STORAGE_FULL: N_("the disk was full"),
    GapCause.CLOCK_STEP: N_("the clock was set"),
    GapCause.SCHEDULE: N_("outside the camera's schedule"),
    GapCause.CAMERA_REMOVED: N_("the camera was taken away"),
    GapCause.UNREADABLE: N_("the recording could not be read"),
}
_DELETED = {
    Reason.PAST_LIMIT: N_("its keeping time was over"),
    Reason.SPACE_NEEDED: N_("the disk was full"),
    Reason.NEVER_ALLOWED: N_("it should never have been made"),
    Reason.ERASED: N_("a person asked for its erasure"),
    Reason.SITE_CLOSED: N_("the site ended"),
    Reason.FORGOTTEN: N_("before the index was made again; nothing knows when and why"),
}


def chosen_cameras(context: CommandContext, cameras: str | None, zones: str | None) -> tuple[CameraId, ...]:
    """The cameras that a case is about; raises NoCameras rather than take all of them."""
    if not (cameras or "").strip(" ,") and not (zones or "").strip(" ,"):
        example = ",".join(list(context.settings.cameras)[:2]) or "foyer-1"
        raise NoCameras(problem=N_("neither --cameras nor --zones names one"), example=example)
    return tuple(context.cameras(cameras, zones))


def decide_span(
    context: CommandContext, cameras: Sequence[CameraId], span: Span, *, of_request: bool, yes: bool
) -> None:
    """Ask before more than 24 hours are held, for a request or another case; raises SpanUndecided without a yes."""
    if not asks_first(cameras, span, of_request=of_request):
        return
    over = length(camera_time(cameras, span) if of_request else span.duration)
    start, end = translate(echo_instant(span.start, context.zone)), translate(echo_instant(span.end, context.zone))
    question = _("Hold {length} of footage, from {start} to {end}?", length=over, start=start, end=end)
    context.decide(question, SpanUndecided(length=over, start=start, end=end), yes=yes)


def decide_correction(context: CommandContext, planned: Corrected[Any], *, of_request: bool, yes: bool) -> None:
    """Ask as `decide_span` does where a correction makes another span to be held, or a request's cameras are others."""
    asked = {"span", "cameras"} if of_request else {"span"}
    if planned.case.span is not None and not asked.isdisjoint(planned.fields):
        decide_span(context, planned.case.cameras, planned.case.span, of_request=of_request, yes=yes)


def correction_exit(corrected: Corrected[Any]) -> Exit:
    """Done in part while a hold that was replaced has a first signature and waits for a second person."""
    return Exit.PARTLY if corrected.moved is not None and corrected.moved.replaced.kept else Exit.OK


def print_footage(console: Console, footage: Sequence[FootageStatus], zone: ZoneInfo) -> None:
    """A table of every camera's spans in order, and their totals."""
    rows = [row for status in footage for row in _rows(status, zone)]
    console.print(table(("camera", "footage", "when", "length", ""), rows, right=("length",)))
    console.print("\n" + _("Times are local ({zone}).", zone=zone.key) + "  " + _summary(footage))


def print_release_effects(console: Console, leaving: Sequence[ReleaseEffect], zone: ZoneInfo) -> None:
    """A table of what a release does to footage."""
    if not leaving:
        console.print(_("There is no footage under it."))
        return
    rows = [
        (
            effect.camera,
            when(effect.span, zone),
            size(effect.size_bytes),
            release_effect_text(effect, zone),
        )
        for effect in leaving
    ]
    console.print(table(("camera", "footage", "size", "what becomes of it"), rows, right=("size",)))
    console.print()


def print_holds(console: Console, holds: Sequence[Hold], zone: ZoneInfo, now: datetime) -> None:
    """A table of holds with what each needs: a review, or nothing any more."""
    rows = [
        (
            hold.id,
            hold.ground.case_id,
            ", ".join(sorted(hold.cameras)),
            when(hold.span, zone),
            _hold_state(hold, zone, now),
        )
        for hold in holds
    ]
    console.print(table(("hold", "for", "cameras", "keeps", "state"), rows))


def moved_data(moved: MovedHold | None) -> dict[str, object]:
    """What a correction did to the hold of a case, as JSON."""
    return {
        "hold": hold_data(moved.hold) if moved else None,
        "released": moved.replaced.released if moved else (),
        "kept": moved.replaced.kept if moved else (),
    }


def print_correction(console: Console, context: CommandContext, case_id: str, corrected: Corrected[Any]) -> None:
    """What a correction changed, what the hold does since, and the footage where that moved."""
    names = ", ".join(translate(field_label(name)) for name in corrected.fields)
    done = (
        _("Would correct {id}: {fields}.", id=case_id, fields=names)
        if context.dry_run
        else _("{id} corrected: {fields}.", id=case_id, fields=names)
    )
    console.print(done, style="bold")
    if corrected.moved is not None:
        console.print(_("{hold} keeps its footage now.", hold=corrected.moved.hold.id))
        print_replaced(console, corrected.moved.replaced)
    if {"cameras", "span"} & set(corrected.fields):
        console.print()
        print_footage(console, corrected.footage, context.zone)
    if context.dry_run:
        print_dry(console)


def print_replaced(console: Console, replaced: Replaced) -> None:
    """Which holds a new one replaced, and which of them wait for a second person."""
    if replaced.released:
        console.print(_("released: {holds}", holds=", ".join(replaced.released)))
    if replaced.kept:
        kept = ", ".join(replaced.kept)
        console.print(_("First signature recorded: {holds} stays until a second person releases it.", holds=kept))


def print_subject(console: Console, cameras: Iterable[CameraId], span: Span, zone: ZoneInfo) -> None:
    """What a case is about."""
    console.print(_("about {cameras}: {when}", cameras=", ".join(cameras), when=when(span, zone)))


def print_gap(console: Console, camera: str, ends: tuple[datetime, datetime], cause: str, zone: ZoneInfo) -> None:
    """A stretch of a package without picture, and why."""
    start, end = (local(instant, zone) for instant in ends)
    why = cause_words(cause, current_language())
    console.print(_("no picture: {camera} {start} - {end}, {why}", camera=camera, start=start, end=end, why=why))


def print_dry(console: Console) -> None:
    """What every dry run ends with."""
    console.print(_("Dry run: nothing was changed."))


def print_done(console: Console, context: CommandContext, message: str) -> None:
    """A result; after a dry run also that nothing was changed."""
    console.print(message)
    if context.dry_run:
        print_dry(console)


def print_next(*lines: str) -> None:
    """What to type next, the likeliest first; on stderr."""
    first = _("next:")
    for index, line in enumerate(lines):
        echo(f"{first if index == 0 else ' ' * len(first)}  {translate_line(line)}", err=True)


def next_text(line: str) -> str:
    """The one line to type next, for the end of a result."""
    return f"{_('next:')}  {translate_line(line)}"


def when(span: Span, zone: ZoneInfo, *, years: bool = True) -> str:
    """`vr 20/11/2026 09:03 - 09:10`, with seconds and the second day only where they differ."""
    named = day if years else _day_without_year
    first, last = span.start.astimezone(zone), span.end.astimezone(zone)
    start, end = f"{named(span.start, zone)} {_clock(first)}", f"{named(span.end, zone)} {_clock(last)}"
    if first.utcoffset() != last.utcoffset():  # over the change of the clock, a time needs the name of its offset
        return f"{start} {first.tzname()} - {end} {last.tzname()}"
    if first.date() == last.date():
        return f"{start} - {_clock(last)}"
    return f"{start} - {end}"


def day(instant: datetime, zone: ZoneInfo) -> str:
    """`vr 20/11/2026` in the site's time."""
    return local_date(instant, zone).rpartition(" ")[0]


def release_effect_text(effect: ReleaseEffect, zone: ZoneInfo) -> str:
    """`goes at the next sweep (limit vr 27/11/2026 14:00)`."""
    if effect.fate is Fate.STILL_HELD:
        return ngettext(
            len(effect.holds), "stays: {holds} keeps it", "stays: {holds} keep it", holds=", ".join(effect.holds)
        )
    first, last = local_date(effect.first_limit, zone), local_date(effect.last_limit, zone)
    if effect.fate is Fate.NEXT_SWEEP:
        return _("goes at the next sweep: its limit was {first}", first=first)
    if first == last:
        return _("goes by its limit, {first}", first=first)
    return _("goes by its limit, {first} to {last}", first=first, last=last)


def goes_now(leaving: Iterable[ReleaseEffect]) -> bool:
    """Whether a release lets the next sweep delete footage."""
    return any(effect.fate is Fate.NEXT_SWEEP for effect in leaving)


def hold_data(hold: Hold) -> dict[str, object]:
    """A hold as JSON."""
    return {
        "id": hold.id,
        "ground": hold.ground.case_id,
        "ground_kind": hold.ground.kind,
        "cameras": hold.cameras,
        **_span(hold.span),
        "review": hold.review,
        "placed": hold.placed,
        "placed_by": hold.placed_by,
        "released": hold.released,
        "released_by": hold.released_by,
    }


def footage_data(footage: Iterable[FootageStatus]) -> list[dict[str, object]]:
    """What exists of each camera as JSON."""
    return [
        {
            "camera": status.camera,
            **_span(status.span),
            "saved": status.saved,
            "saved_seconds": total(status.saved),
            "size_bytes": status.size_bytes,
            "gone": status.gone,
            "never_recorded": [_gap_data(hole, status) for hole in status.unrecorded],
            "being_written": status.being_written,
            "to_come": status.to_come,
        }
        for status in footage
    ]


def release_effects_data(leaving: Iterable[ReleaseEffect]) -> list[dict[str, object]]:
    """What a release does to footage, as JSON."""
    return [
        {
            "camera": effect.camera,
            "fate": effect.fate.name.lower().replace("_", "-"),
            **_span(effect.span),
            "segments": effect.segments,
            "size_bytes": effect.size_bytes,
            "first_limit": effect.first_limit,
            "last_limit": effect.last_limit,
            "holds": effect.holds,
        }
        for effect in leaving
    ]


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"


def _span_without_year(span: Span, zone: ZoneInfo) -> str:
    return when(span, zone, years=False)


def _day_without_year(instant: datetime, zone: ZoneInfo) -> str:
    return day(instant, zone).rpartition("/")[0]


def _rows(status: FootageStatus, zone: ZoneInfo) -> list[tuple[str, ...]]:
    lines = sorted(_lines(status, zone), key=lambda line: line[0])
    shown: list[tuple[str, ...]] = [
        (
            status.camera if index == 0 else "",
            what,
            _span_without_year(span, zone),
            length(span.duration),
            note,
        )
        for index, (span, what, note) in enumerate(lines[:_ROWS])
    ]
    if len(lines) > _ROWS:
        more = _("and {count} more", count=len(lines) - _ROWS)
        shown.append(("", more, "", "", _("--json lists them all")))
    return shown


def _lines(status: FootageStatus, zone: ZoneInfo) -> Iterator[tuple[Span, str, str]]:
    for index, span in enumerate(status.saved):
        yield span, _("saved"), _size_text(status) if index == 0 else ""
    for deleted in status.gone:
        yield deleted.span, _("already gone"), _deleted_text(deleted, zone)
    for hole in status.unrecorded:
        yield hole.span, _("never recorded"), _gap_text(hole, status, zone)
    if status.being_written:
        yield status.being_written, _("being written"), _("kept as soon as its file is closed")
    if status.to_come:
        yield status.to_come, _("still to come"), _("kept as it is recorded")


def _size_text(status: FootageStatus) -> str:
    if len(status.saved) == 1:
        return size(status.size_bytes)
    return _("{size} in {count} pieces", size=size(status.size_bytes), count=len(status.saved))


def _hold_state(hold: Hold, zone: ZoneInfo, now: datetime) -> str:
    if hold.released:
        return _("released {day}", day=day(hold.released, zone))
    if hold.review < now:
        return _("review OVERDUE since {day}", day=day(hold.review, zone))
    return _("review by {day}", day=day(hold.review, zone))


def _deleted_text(deleted: DeletedFootage, zone: ZoneInfo) -> str:
    why = translate(_DELETED.get(deleted.reason, deleted.reason.value))
    first, last = local_date(deleted.first_deleted, zone), local_date(deleted.last_deleted, zone)
    if deleted.reason is Reason.LOST:
        return _("lost: its file was gone when the disk was looked at ({first})", first=first)
    if first == last:
        return _("deleted {first}: {why}", first=first, why=why)
    return _("deleted {first} to {last}: {why}", first=first, last=last, why=why)


def _gap_text(hole: UnrecordedFootage, status: FootageStatus, zone: ZoneInfo) -> str:
    if hole.cause:
        return translate(_CAUSES[hole.cause])
    if not status.ever_recorded:
        return _("this camera has never been recorded")
    if hole.began:
        return _("the first recording began {when}", when=local_date(hole.began, zone))
    return _("nothing was recorded around it; the recorder knows no cause")


def _summary(footage: Sequence[FootageStatus]) -> str:
    saved = sum((total(status.saved) for status in footage), timedelta(0))
    deleted = sum((total(part.span for part in status.gone) for status in footage), timedelta(0))
    never = sum((total(part.span for part in status.unrecorded) for status in footage), timedelta(0))
    size_bytes = sum(status.size_bytes for status in footage)
    parts = [
        _("Saved: {length}, {size}", length=length(saved), size=size(size_bytes)) if saved else _("Saved: nothing")
    ]
    parts += [_("already gone: {length}", length=length(deleted))] if deleted else []
    parts += [_("never recorded: {length}", length=length(never))] if never else []
    return joined(parts) + "."


def _gap_data(hole: UnrecordedFootage, status: FootageStatus) -> dict[str, object]:
    return {
        **_span(hole.span),
        "cause": hole.cause,
        "first_recorded": hole.began,
        "ever_recorded": status.ever_recorded,
    }


def _span(span: Span) -> dict[str, object]:
    return {"start": span.start, "end": span.end}
