"""People of a prepared request: who there is, when, with what pictures, and what to ask next.

Reads what the analyses of the parts left, and writes pictures of people.  Decides nothing: what a person says of them
is stored by `decide`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.cases.requests.blocks import require_usable
from cctv.core.clock import to_us
from cctv.core.durable import exclusive
from cctv.core.i18n import N_, Message
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.model.ids import RequestId
from cctv.model.requests import Consent
from cctv.redaction.background.survey import BackgroundModel
from cctv.redaction.people.persons import Answer, AnswerKind, PartTracks, Person, RequestTracks, TrackRef, Verdict
from cctv.redaction.people.questions import PersonQuestion, next_question
from cctv.redaction.review.artefacts import SURVEY, read_found, read_times
from cctv.redaction.review.case import (
    LOCK,
    CaseFile,
    case_directory,
    check_artefacts,
    part_directory,
    prepared_case,
    require_open,
)
from cctv.redaction.review.errors import AnswerContradicts, ConsentMissing, KeptAgainstAnswer, PersonUnknown
from cctv.redaction.review.person_pictures import PersonPicture, PersonPictures
from cctv.redaction.review.plan import CasePart, SubjectVisibility
from cctv.redaction.review.privacy_masks import require_masked
from cctv.redaction.review.render import keep_of
from cctv.redaction.review.sheet.page import SheetDecision
from cctv.redaction.review.subject import kept_paths, two_people

PICTURE_LETTERS = "ABCD"
"""What the pictures of a question are called, in order."""
_QUESTION = "question"  # stem of the files with the pictures of the question that was shown last


@dataclass(frozen=True, slots=True)
class Appearance:
    """A person in one part: from the first frame of their tracks to the end of the last, in local time.

    `shown` is how much of the requester, or of a companion, the part shows; None where nothing of the person is kept.
    `consent` is a companion's.
    """

    part: CasePart
    span: Span
    seconds: float
    tracks: tuple[int, ...]
    decision: SheetDecision
    shown: SubjectVisibility | None
    consent: Consent | None


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A person of a list, by number, and where they appear, in order of time.

    `pieces` are others who are probably the same person; nothing is decided on them with it.
    """

    number: int
    tracks: tuple[TrackRef, ...]
    appearances: tuple[Appearance, ...]
    pieces: tuple[ListedPerson, ...] = ()

    @property
    def decision(self) -> SheetDecision:
        """What was decided: kept where any track is, hidden where any other is."""
        decisions = {appearance.decision for appearance in self.appearances}
        return next(
            one for one in (SheetDecision.KEPT, SheetDecision.HIDDEN, SheetDecision.UNDECIDED) if one in decisions
        )

    @property
    def seconds(self) -> float:
        """For how long they are in the picture, over all parts."""
        return sum(appearance.seconds for appearance in self.appearances)


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as a person is asked it: with pictures, of the requester first and of the other person second.

    SECOND has those of the stretch first, up to three, then one where the requester is seen best.  `span` is what is
    asked about; `persons` are the numbers of those whom a yes joins, the requester's first.
    """

    question: PersonQuestion
    pictures: tuple[PersonPicture, ...]
    part: CasePart
    span: Span
    persons: tuple[int, ...]


class People:
    """The people of some parts as their plans stand; raises ArtefactUnreadable."""

    def __init__(self, site: Storage, parts: Iterable[CasePart]) -> None:
        self._site = site
        self.parts: Mapping[str, CasePart] = {part.plan.analysis: part for part in parts}
        self.tracks = RequestTracks((self._found(part) for part in self.parts.values()), self.answers)
        self.pictures = PersonPictures(site, self.parts, self.tracks)

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """What was answered, each answer once."""
        every = (answer for part in self.parts.values() for answer in part.plan.decisions.answers)
        return tuple(dict.fromkeys(every))

    @cached_property
    def everybody(self) -> tuple[Person, ...]:
        """Every person, by number, whom a list leaves out too."""
        return self.tracks.people()

    @cached_property
    def listed(self) -> tuple[ListedPerson, ...]:
        """Who heads a row of the list, with the pieces that may be theirs; and whoever was kept."""
        kept = {ref for part in self.parts.values() for ref in self._refs(part, part.plan.decisions.keep)}
        named = [one for one in self.everybody if self.tracks.is_listed(one) or kept & {*one.tracks}]
        others = [one for one in self.everybody if one not in named]
        listed = []
        for person in named:
            row = self.tracks.row(person) if self.tracks.is_listed(person) else ()
            pieces = tuple(self._listed(one) for one in others if one.tracks[0] in row)
            listed.append(replace(self._listed(person), pieces=pieces))
        return tuple(listed)

    @cached_property
    def short(self) -> tuple[ListedPerson, ...]:
        """The short pieces that stand in nobody's row."""
        named = {person.number for row in self.listed for person in (row, *row.pieces)}
        return tuple(self._listed(person) for person in self.everybody if person.number not in named)

    @property
    def glimpses(self) -> int:
        """How many short pieces there are, which stay hidden."""
        return len(self.short)

    def glimpses_in(self, part: CasePart) -> int:
        """How many of them there are in a part."""
        return sum(any(seen.part is part for seen in piece.appearances) for piece in self.short)

    def person(self, number: int) -> Person | None:
        """A person by number; None without one."""
        return next((person for person in self.everybody if person.number == number), None)

    def tracks_of(self, numbers: Iterable[int]) -> dict[str, tuple[int, ...]]:
        """The tracks of people, by the parts in which they are; raises PersonUnknown."""
        tracks: dict[str, tuple[int, ...]] = {}
        for number in numbers:
            person = self.person(number)
            if person is None:
                raise PersonUnknown(request=next(iter(self.parts.values())).plan.request, number=number)
            for ref in person.tracks:
                tracks[ref.part] = (*tracks.get(ref.part, ()), ref.track)
        return tracks

    def number_of(self, ref: TrackRef) -> int:
        """The number of the person whose track this is."""
        return next(person.number for person in self.everybody if ref in person.tracks)

    def kept(self) -> frozenset[TrackRef]:
        """The tracks that are kept as the requester's."""
        return frozenset(ref for part in self.parts.values() for ref in part.plan.kept)

    def question(self, *, again: bool = False) -> PersonQuestion | None:
        """The next question; `again`: also of what was answered "unsure"."""
        others = [ref for part in self.parts.values() for ref in part.plan.not_the_requester]
        beside = [ref for part in self.parts.values() for ref in part.plan.kept_beside]
        parts = self.tracks.parts.values()
        return next_question(parts, self.answers, self.kept(), others, beside=beside, again=again)

    def require_consistent(self, answered: Answer) -> None:
        """Raises AnswerContradicts where an answer cannot stand beside those given, or beside the times of tracks."""
        contradiction = self.tracks.contradiction(answered)
        if contradiction is None:
            return
        earlier = contradiction.earlier
        if earlier is None:
            problem = N_("both are in the picture in frame {frame}", frame=contradiction.frame)
        else:
            problem = N_(
                "question {question} was answered {verdict}", question=earlier.question, verdict=earlier.verdict
            )
        request = self.parts[answered.first.part].plan.request
        raise AnswerContradicts(request=request, verdict=answered.verdict, question=answered.question, problem=problem)

    def require_unparted(self) -> None:
        """Raises KeptAgainstAnswer where two are kept as the requester of whom an answer says that they are two."""
        own = self.tracks.groups(self.kept())
        for given in self.tracks.answers:
            if given.kind is AnswerKind.SAME and given.verdict is Verdict.NO and {given.first, given.second} <= own:
                first, second = sorted(self.number_of(ref) for ref in (given.first, given.second) if ref is not None)
                request = self.parts[given.first.part].plan.request
                raise KeptAgainstAnswer(request=request, question=given.question, first=first, second=second)

    def asked(self, question: PersonQuestion) -> AskedQuestion:
        """A question with its pictures and times."""
        about = question.second or question.first
        part, track = self.parts[about.part], self.tracks.tracks[about]
        first, last = question.frames or (track.first, track.last)
        if question.kind is AnswerKind.SECOND:
            pictures = [*self.pictures.through(question.first, first, last), self.pictures.best(question.first)]
        else:
            pictures = [self.pictures.best(question.first), self.pictures.best(about)]
        persons = [self.number_of(ref) for ref in (question.first, question.second) if ref is not None]
        return AskedQuestion(
            question,
            tuple({(one.camera, one.part, one.track, one.frame): one for one in pictures if one is not None}.values()),
            part,
            self._span(about.part, first, last),
            tuple(dict.fromkeys(persons)),
        )

    def _found(self, part: CasePart) -> PartTracks:
        directory, plan = part_directory(self._site, part), part.plan
        found = read_found(directory)
        declared = frozenset(name for name in plan.decisions.one_person if isinstance(name, int))
        times, start = read_times(directory / SURVEY), to_us(plan.span.start)
        return PartTracks(plan.analysis, found.tracks, times, found.links, found.doubts, start, declared)

    def _listed(self, person: Person) -> ListedPerson:
        parts = dict.fromkeys(ref.part for ref in person.tracks)
        return ListedPerson(
            person.number, person.tracks, tuple(self._appearance(self.parts[key], person) for key in parts)
        )

    def _appearance(self, part: CasePart, person: Person) -> Appearance:
        key, decisions = part.plan.analysis, part.plan.decisions
        refs = [ref for ref in person.tracks if ref.part == key]
        tracks = [self.tracks.tracks[ref] for ref in refs]
        numbers = {track.id for track in tracks}
        decision = SheetDecision.UNDECIDED
        if numbers & {*decisions.keep}:
            decision = SheetDecision.KEPT
        elif numbers & {*decisions.hide}:
            decision = SheetDecision.HIDDEN
        shown: SubjectVisibility | None = None
        consent: Consent | None = None
        if numbers & {ref.track for ref in part.plan.kept}:
            shown = part.plan.subject
        for index, companion in enumerate(decisions.companions):
            if numbers & {*companion.tracks}:
                consent = part.consents[companion.consent - 1]
                shown = part.plan.shown_of_companion(index)
        return Appearance(
            part,
            self._span(key, min(track.first for track in tracks), max(track.last for track in tracks)),
            self.tracks.seconds(refs),
            tuple(sorted(numbers)),
            decision,
            shown,
            consent,
        )

    def _span(self, key: str, first: int, last: int) -> Span:
        end = self.pictures.at(key, last) + timedelta(seconds=1 / self.tracks.parts[key].rate)
        return Span(self.pictures.at(key, first), end)

    @staticmethod
    def _refs(part: CasePart, numbers: Iterable[int]) -> Iterable[TrackRef]:
        return (TrackRef(part.plan.analysis, number) for number in numbers)


def open_people(site: Storage, request_id: str) -> tuple[CaseFile, People]:
    """An open request and its people; raises what stops any look at it, and ArtefactChanged."""
    with read_transaction(site.engine) as connection:
        case = prepared_case(connection, request_id)
        require_open(site, case.request)
        require_usable(site, case.request, "redaction people")
        require_masked(site, connection, case.parts)
    for part in case.parts:
        check_artefacts(site, part)
    return case, People(site, case.parts)


def save_pictures(site: Storage, request_id: RequestId, people: People, folder: Path) -> dict[int, Path]:
    """Write the best picture of everybody with a number into a folder, for its owner alone; where each is, by number.

    It is in the log first: these pictures outlive the case unless somebody deletes them.
    """
    best = {one.number: found[0] for one in people.everybody if (found := people.pictures.best_of(one.tracks))}
    with write_transaction(site.engine) as connection:
        facts: AuditFacts = {"pictures": len(best)}
        append_entry(connection, site, Act.REDACTION_PICTURED, request_id, case_id=request_id, facts=facts)
    if not site.disk.is_folder(folder):
        site.disk.make_directory(folder)
    paths = {number: folder / f"person-{number}.jpg" for number in best}
    for number, picture in best.items():
        site.disk.write(paths[number], picture.jpeg, 0o600)
    return paths


def save_question(site: Storage, request_id: str, asked: AskedQuestion) -> tuple[Path, ...]:
    """Write the pictures of a question beside the sheet, in place of those of an earlier one; they go with the case."""
    directory = case_directory(site, request_id)
    with exclusive(directory / LOCK):
        for old in directory.glob(f"{_QUESTION}-*.jpg"):
            site.disk.unlink(old)
        paths = tuple(
            directory / f"{_QUESTION}-{asked.question.id}-{letter}.jpg"
            for letter, _ in zip(PICTURE_LETTERS, asked.pictures, strict=False)
        )
        for path, picture in zip(paths, asked.pictures, strict=True):
            site.disk.write(path, picture.jpeg)
    return paths


def require_consent(site: Storage, part: CasePart, people: People | None = None) -> None:
    """Raises ConsentMissing where two people are kept as if both were the requester.

    people: those of the request, by whose numbers the message then calls them; None where tracks were typed.
    """
    directory = part_directory(site, part)
    decisions, found = part.plan.decisions, read_found(directory)
    tracks = found.tracks
    rate = BackgroundModel(read_times(directory / SURVEY), ()).rate
    pair = two_people(decisions, kept_paths(decisions, tracks, keep_of(decisions, found, rate).keep))
    if pair is None:
        return
    numbers: dict[int | str, int] = {}
    if people is not None:
        numbers = {name: people.number_of(TrackRef(part.plan.analysis, name)) for name in decisions.keep}
    first, second = (_named(name, numbers) for name in (pair.first, pair.second))
    name = numbers.get(pair.second, pair.second)
    kept = "--boxes KEEP.json" if isinstance(name, str) else f"--person {name}" if numbers else str(name)
    raise ConsentMissing(
        request=part.plan.request, part=part.name, first=first, second=second, frame=pair.frame, kept=kept, name=name
    )


def _named(name: int | str, persons: Mapping[int | str, int]) -> Message:
    """What a message calls a kept track or drawn box; a track by its person where those are given."""
    if isinstance(name, str):
        return N_("box {id}", id=name)
    return N_("person {number}", number=persons[name]) if persons else N_("track {number}", number=name)
