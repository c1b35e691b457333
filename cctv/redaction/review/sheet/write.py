"""Content of a request's review sheet: builds the page from a case, and writes it beside the analysis.

Responsible for what of a case is on the page, and the commands on it; `page` renders it.  Never part of a package: it
shows people unredacted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from cctv.cases.footage_status import FootageStatus, request_footage
from cctv.cases.requests.blocks import require_usable
from cctv.cases.requests.needs import scope_of
from cctv.core.i18n import N_, Language, translate_to
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage
from cctv.model.cases import AccessRequest
from cctv.redaction.background.model import cover
from cctv.redaction.review.artefacts import (
    SURVEY,
    RenderOutcome,
    read_outcome,
    read_survey,
)
from cctv.redaction.review.case import CaseFile, case_file, part_directory, sheet_path
from cctv.redaction.review.people import ListedPerson, People
from cctv.redaction.review.plan import CasePart, SubjectVisibility
from cctv.redaction.review.privacy_masks import require_masked
from cctv.redaction.review.sheet.labels import (
    DELETED,
    HIDDEN_CAUSES,
    NEVER_RECORDED,
    TO_COME,
    cause_words,
    command_words,
    companion_words,
    visible_words,
)
from cctv.redaction.review.sheet.page import (
    Sheet,
    SheetBackdrop,
    SheetCamera,
    SheetChange,
    SheetCompanion,
    SheetDecision,
    SheetDrawing,
    SheetGap,
    SheetHidden,
    SheetMoment,
    SheetPart,
    SheetPerson,
    SheetRange,
    SheetStretch,
    render_sheet,
)
from cctv.redaction.review.sheet.thumbnails import Bgr, FrameRange, Jpeg, backdrop_picture, frame_ranges

PREVIEW = "preview.mp4"
"""In a part's directory: what it would look like, once it was requested."""


@dataclass(frozen=True, slots=True)
class _PartAnalysis:
    """What the analysis of a part left."""

    directory: Path
    outcome: RenderOutcome
    times: tuple[int, ...]


def write_sheet(site: Storage, case: CaseFile) -> Path:
    """Write the page for a case as it stands."""
    language, request = site.settings.site.language, case.request
    zone = site.settings.site.timezone
    with read_transaction(site.engine) as connection:
        footage = request_footage(connection, site, request)
    people = People(site, case.parts)
    sheet = Sheet(
        reference=request.id,
        made_at=site.clock.now().astimezone(zone),
        cameras=tuple(_camera(site, case, people, status) for status in footage),
        commands=_commands(case, language),
        language=language.value,
    )
    path = sheet_path(site, request.id)
    site.disk.write(path, render_sheet(sheet).encode())
    return path


def refreshed_case(site: Storage, request_id: str) -> CaseFile:
    """A prepared case, its page written again where it is missing.

    Raises RequestUnknown, NotPrepared, MasksAdded, FootageBlocked.
    """
    case = case_file(site, request_id)
    require_usable(site, case.request, "redaction show")
    if case.request.is_open and not sheet_path(site, case.request.id).exists():
        with read_transaction(site.engine) as connection:
            require_masked(site, connection, case.parts)
        write_sheet(site, case)
    return case


def _camera(site: Storage, case: CaseFile, people: People, status: FootageStatus) -> SheetCamera:
    zone, language = site.settings.site.timezone, site.settings.site.language
    parts = [part for part in case.parts if part.plan.camera == status.camera]
    several = len(case.parts) > 1
    return SheetCamera(
        name=status.camera,
        requested=_stretch(scope_of(case.request), zone),
        coverage=tuple(_stretch(span, zone) for part in parts for span in _shown(part)),
        gaps=tuple(_gaps(status, zone, language)),
        parts=tuple(_Page(site, case.request, part, people, several).section() for part in parts),
    )


def _shown(part: CasePart) -> Iterable[Span]:
    """What of each source was requested."""
    spans = (source.span.intersection(part.plan.requested) for source in part.plan.sources)
    return (span for span in spans if span is not None)


class _Page:
    """The section of one part."""

    def __init__(self, site: Storage, request: AccessRequest, part: CasePart, people: People, several: bool) -> None:
        self._part, self._plan, self._people = part, part.plan, people
        self._listed = [one for one in people.listed if any(seen.part is part for seen in one.appearances)]
        self._request = request.id
        self._which = f" --camera {part.plan.camera} --part {part.plan.position}" if several else ""
        directory = part_directory(site, part)
        self._survey = read_survey(directory / SURVEY)
        self._analysis = _PartAnalysis(directory, read_outcome(directory), tuple(self._survey.times))
        self._zone, self._language = site.settings.site.timezone, site.settings.site.language
        self._start = part.plan.span.start.astimezone(self._zone)
        self._beside = sheet_path(site, request.id).parent

    def section(self) -> SheetPart:
        part, plan, analysis = self._part, self._plan, self._analysis
        preview = analysis.directory / PREVIEW
        return SheetPart(
            position=plan.position,
            span=_stretch(plan.span, self._zone),
            frames=plan.frames,
            backdrops=tuple(self._backdrops()),
            people=tuple(self._person(person) for person in self._listed),
            glimpses=self._people.glimpses_in(part),
            ranges=tuple(self._range(frame_range) for frame_range in frame_ranges(analysis.times)),
            changes=tuple(self._changes()),
            drawings=tuple(self._drawings()),
            live=tuple(self._spans(analysis.outcome.pictures.live)),
            others=plan.decisions.others.value,
            subject=translate_to(visible_words(plan.subject), self._language),
            hidden=tuple(self._hidden(plan.subject)),
            companions=tuple(self._companions()),
            visible=", ".join([*self._kept(), *(path.id for path in plan.decisions.boxes.keep)]),
            preview=preview.relative_to(self._beside).as_posix() if preview.exists() else None,
            approved_by=part.approval.by if part.approved and part.approval else None,
        )

    def _kept(self) -> Iterable[str]:
        """The people who are kept, as the page calls them."""
        for person in self._listed:
            if any(one.part is self._part and one.decision is SheetDecision.KEPT for one in person.appearances):
                yield translate_to(N_("person {number}", number=person.number), self._language)

    def _backdrops(self) -> Iterable[SheetBackdrop]:
        plan = self._plan
        for number, backdrop in enumerate(self._survey.backdrops, 1):
            decision = plan.backdrop(number)
            covered = cover(backdrop, decision.covers)
            yield SheetBackdrop(
                number=number,
                uses=tuple(self._spans([stretch == number - 1 for stretch in self._analysis.outcome.stretch])),
                picture=backdrop_picture(covered),
                untrusted_share=backdrop.untrusted_share,
                command=self._typed("backdrop", f"--stretch {number} --approve"),
                covers=len(decision.covers),
                signed_by=decision.signed_by if number not in plan.unsigned else None,
            )

    def _person(self, person: ListedPerson) -> SheetPerson:
        here = next(one for one in person.appearances if one.part is self._part)
        refs = [ref for ref in person.tracks if ref.part == self._plan.analysis]
        tracks = [self._people.tracks.tracks[ref] for ref in refs]
        return SheetPerson(
            number=person.number,
            spans=tuple(self._between(track.first, track.last) for track in tracks),
            pictures=tuple((picture.at, picture.picture) for picture in self._people.pictures.best_of(refs)),
            keep=f"cctv redaction keep {self._request} --person {person.number} --reason WHY",
            hide=f"cctv redaction hide {self._request} --person {person.number} --reason WHY",
            decision=here.decision,
            tracks=here.tracks,
            elsewhere=tuple(
                translate_to(one.part.name, self._language) for one in person.appearances if one is not here
            ),
            pieces=tuple(self._pieces(person)),
            shown=translate_to(companion_words(here.shown), self._language) if here.shown else "",
            hidden=tuple(self._hidden(here.shown)) if here.shown else (),
        )

    def _pieces(self, person: ListedPerson) -> Iterable[tuple[int, tuple[datetime, Bgr] | None]]:
        """The pieces of a person's row that are in this part."""
        for piece in person.pieces:
            refs = [ref for ref in piece.tracks if ref.part == self._plan.analysis]
            pictures = self._people.pictures.best_of(refs) if refs else ()
            if refs:
                yield piece.number, (pictures[0].at, pictures[0].picture) if pictures else None

    def _range(self, within: FrameRange) -> SheetRange:
        shown = self._analysis.outcome.pictures.shown
        by = [
            review.by for review in self._part.reviewed if review.first <= within.last and review.last >= within.first
        ]
        whole = not any(first <= within.last and last >= within.first for first, last in self._part.unreviewed)
        return SheetRange(
            first=within.first,
            last=within.last,
            span=self._between(within.first, within.last),
            moments=tuple(
                self._moment(frame, shown[frame]) for frame in sorted(shown) if within.first <= frame <= within.last
            ),
            command=self._typed("review", f"--frames {within.first}-{within.last}"),
            reviewed_by=tuple(dict.fromkeys(by)) if whole else (),
        )

    def _changes(self) -> Iterable[SheetChange]:
        pictures = self._analysis.outcome.pictures
        for change in self._analysis.outcome.changes:
            middle = (change.first + change.last) // 2
            seen, shown = (crops.get(middle) for crops in (pictures.seen, pictures.shown))
            yield SheetChange(
                kind=change.kind,
                span=self._between(change.first, change.last),
                first=change.first,
                last=change.last,
                seen=self._moment(middle, seen) if seen is not None else None,
                shown=self._moment(middle, shown) if shown is not None else None,
            )

    def _drawings(self) -> Iterable[SheetDrawing]:
        boxes = self._plan.decisions.boxes
        drawn = {key.frame for path in (*boxes.keep, *boxes.hide) for key in path.keyframes}
        for frame, picture in sorted(self._analysis.outcome.pictures.seen.items()):
            if frame in drawn:
                yield SheetDrawing(
                    self._moment(frame, picture),
                    tuple(path.id for path in boxes.keep if path.box_at(frame)),
                    tuple(
                        (path.id, path.reason.value if path.reason else None)
                        for path in boxes.hide
                        if path.box_at(frame)
                    ),
                )

    def _hidden(self, shown: SubjectVisibility) -> Iterable[SheetHidden]:
        for stretch in shown.hidden:
            cause = translate_to(HIDDEN_CAUSES[stretch.cause], self._language)
            yield SheetHidden(stretch.first, stretch.last, self._between(stretch.first, stretch.last), cause)

    def _companions(self) -> Iterable[SheetCompanion]:
        for companion in self._plan.decisions.companions:
            consent = self._part.consents[companion.consent - 1]
            kept = ", ".join([*map(str, companion.tracks), *companion.boxes])
            yield SheetCompanion(kept, consent.who, consent.given, consent.recorded)

    def _typed(self, verb: str, rest: str) -> str:
        return f"cctv redaction {verb} {self._request} {rest}{self._which} --reason WHY"

    def _moment(self, frame: int, picture: Jpeg) -> SheetMoment:
        return SheetMoment(frame, self._at(frame), picture)

    def _at(self, frame: int) -> datetime:
        return self._start + timedelta(microseconds=self._analysis.times[frame])

    def _between(self, first: int, last: int) -> SheetStretch:
        return SheetStretch(self._at(first), self._at(last))

    def _spans(self, flags: Iterable[bool]) -> Iterable[SheetStretch]:
        for flag, run in groupby(enumerate(flags), key=lambda item: item[1]):
            frames = [frame for frame, _ in run]
            if flag:
                yield self._between(frames[0], frames[-1])


def _gaps(status: FootageStatus, zone: ZoneInfo, language: Language) -> Iterable[SheetGap]:
    holes = [(deletion.span, DELETED) for deletion in status.gone]
    holes += [(hole.span, hole.cause.value if hole.cause else NEVER_RECORDED) for hole in status.unrecorded]
    holes += [(span, TO_COME) for span in (status.being_written, status.to_come) if span is not None]
    for span, cause in sorted(holes, key=lambda hole: hole[0]):
        yield SheetGap(_stretch(span, zone), cause_words(cause, language))


def _stretch(span: Span, zone: ZoneInfo) -> SheetStretch:
    return SheetStretch(span.start.astimezone(zone), span.end.astimezone(zone))


def _commands(case: CaseFile, language: Language) -> tuple[tuple[str, str], ...]:
    request = case.request.id
    which = " --camera CAMERA --part N" if len(case.parts) > 1 else ""
    typed = (
        f"cctv redaction keep {request} --person N --reason WHY",
        f"cctv redaction ask {request}",
        f"cctv redaction hide {request} --person N --reason WHY",
        f"cctv redaction keep {request} --boxes KEEP.json{which} --reason WHY",
        f"cctv redaction backdrop {request}{which} --stretch N --cover X,Y,W,H --approve --reason WHY",
        f"cctv redaction preview {request}",
        f"cctv redaction approve {request} --reason WHY",
        f"cctv redaction approve {request} --all --reason WHY",
        f"cctv request answer {request}",
        f"cctv export build {request}",
    )
    return tuple(zip(typed, command_words(language), strict=True))
