"""The sheet of a request: the page that a person decides from.

Owns what the page says of a case.  Written anew after every decision.  It holds pictures of the request's own
recordings, so it stays on the box and goes with the case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from cctv.casework.blocks import require_usable
from cctv.casework.found import Found, look
from cctv.db.engine import reading
from cctv.db.site import Site
from cctv.kernel.span import Span
from cctv.model.language import Language
from cctv.redaction.analysis import Survey
from cctv.redaction.case.artefacts import PICTURES, SURVEY, TRACKS, read_pictures, read_survey, read_tracks
from cctv.redaction.case.file import CaseFile, case_file, sheet_path
from cctv.redaction.case.masks import require_masked
from cctv.redaction.case.part import CasePart
from cctv.redaction.case.words import DELETED, NEVER_RECORDED, cause_words, command_words, part_word
from cctv.redaction.pictures import TrackPicture, backdrop_picture
from cctv.redaction.sheet import (
    Decision,
    Sheet,
    SheetBackdrop,
    SheetCamera,
    SheetGap,
    SheetReview,
    SheetTrack,
    Stretch,
    render_sheet,
)
from cctv.redaction.tracks import Track


def write_sheet(site: Site, case: CaseFile) -> Path:
    """Write the page for a case as it stands."""
    language, request = site.settings.site.language, case.request
    zone = site.settings.site.timezone
    with reading(site.engine) as connection:
        footage = {found.camera: found for found in look(connection, site, request.cameras, request.span)}
    sheet = Sheet(
        reference=request.id,
        made_at=site.clock.now().astimezone(zone),
        cameras=tuple(_section(site, part, footage[part.plan.camera], zone) for part in case.parts),
        commands=_commands(case, language),
        language=language.value,
    )
    path = sheet_path(site, request.id)
    site.disk.write(path, render_sheet(sheet).encode())
    return path


def refreshed_case(site: Site, request_id: str) -> CaseFile:
    """A prepared case, its page written again where it is missing.

    Raises RequestUnknown, NotPrepared, MasksAdded, FootageBlocked.
    """
    case = case_file(site, request_id)
    require_usable(site, case.request, "redaction show")
    if case.request.is_open and not sheet_path(site, case.request.id).exists():
        with reading(site.engine) as connection:
            require_masked(site, connection, case.parts)
        write_sheet(site, case)
    return case


def _section(site: Site, part: CasePart, found: Found, zone: ZoneInfo) -> SheetCamera:
    directory = site.root / part.directory
    survey = read_survey(directory / SURVEY)
    tracks = read_tracks(directory / TRACKS)
    pictures = read_pictures(directory / PICTURES)
    language = site.settings.site.language
    clock = _Clock(part.plan.span.start.astimezone(zone), survey)
    whole = _stretch(part.plan.span, zone)
    approver = part.approval.by if part.approved and part.approval else None
    return SheetCamera(
        name=f"{part.plan.camera}, {part_word(language)} {part.plan.position}",
        span=whole,
        coverage=tuple(_stretch(span, zone) for span in _shown(part)),
        gaps=tuple(_gaps(found, zone, language)) if part.plan.position == 1 else (),
        backdrops=tuple(
            SheetBackdrop(whole, backdrop_picture(one), one.untrusted_share, approver) for one in survey.backdrops
        ),
        tracks=tuple(_track(track, pictures.get(track.id, ()), part, clock) for track in tracks),
        reviews=(SheetReview(whole, approver),) if approver else (),
    )


def _shown(part: CasePart) -> Iterable[Span]:
    """What of each source was asked for."""
    spans = (source.span.intersection(part.plan.requested) for source in part.plan.sources)
    return (span for span in spans if span is not None)


class _Clock:
    """The local time of each frame of a part."""

    def __init__(self, start: datetime, survey: Survey) -> None:
        self._start, self._times = start, survey.times

    def at(self, frame: int) -> datetime:
        return self._start + timedelta(microseconds=self._times[frame])


def _track(track: Track, pictures: Sequence[TrackPicture], part: CasePart, clock: _Clock) -> SheetTrack:
    decisions = part.plan.decisions
    decision = Decision.UNDECIDED
    if track.id in decisions.hide:
        decision = Decision.HIDDEN
    elif track.id in decisions.keep:
        decision = Decision.KEPT
    return SheetTrack(
        number=track.id,
        span=Stretch(clock.at(track.first), clock.at(track.last)),
        pictures=tuple((clock.at(one.frame), one.picture) for one in pictures),
        decision=decision,
    )


def _gaps(found: Found, zone: ZoneInfo, language: Language) -> Iterable[SheetGap]:
    for gone in found.gone:
        yield SheetGap(_stretch(gone.span, zone), cause_words(DELETED, language))
    for hole in found.unrecorded:
        cause = hole.cause.value if hole.cause else NEVER_RECORDED
        yield SheetGap(_stretch(hole.span, zone), cause_words(cause, language))


def _stretch(span: Span, zone: ZoneInfo) -> Stretch:
    return Stretch(span.start.astimezone(zone), span.end.astimezone(zone))


def _commands(case: CaseFile, language: Language) -> tuple[tuple[str, str], ...]:
    request = case.request.id
    which = ""
    if len(case.parts) > 1:
        part = case.parts[0].plan
        which = f" --camera {part.camera} --part {part.position}"
    keep, draw, hide, approve = command_words(language)
    return (
        (f"cctv redaction keep {request} TRACK...{which} --reason WHY", keep),
        (f"cctv redaction keep {request} --boxes KEEP.json{which} --reason WHY", draw),
        (f"cctv redaction hide {request} TRACK...{which} --reason WHY", hide),
        (f"cctv redaction approve {request} --reason WHY", approve),
    )
