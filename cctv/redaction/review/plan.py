"""The plan of a part: an unbroken stretch of one camera, its decisions, reviews and approval.

Responsible for the plan's shape and its digest.  The digest covers what is shown and what it was decided on: the
sources' hashes, the artefacts of the analysis, and every decision.  So an approval never outlives a change.  No I/O.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import PurePosixPath

from pydantic import TypeAdapter

from cctv.config.fields import Polygon
from cctv.core.i18n import N_, Message
from cctv.core.time_range import Span
from cctv.model.footage import Segment
from cctv.model.ids import CameraId, RequestId
from cctv.model.requests import Consent, HiddenCause
from cctv.redaction.people.persons import Answer, AnswerKind, TrackRef, Verdict
from cctv.redaction.render.options import Others
from cctv.redaction.tracking.annotations import NOTHING_KEPT, KeepBoxes
from cctv.redaction.video.geometry import Rect

SCHEMA = 1
_BACKDROP = "backdrop-"
_TRACKS = "tracks.json"


@dataclass(frozen=True, slots=True)
class PartSource:
    """A recorded segment of the part; `path` is relative to the storage."""

    path: str
    sha256: str
    size_bytes: int
    start: datetime
    end: datetime

    @property
    def name(self) -> str:
        """The file's name."""
        return PurePosixPath(self.path).name

    @property
    def span(self) -> Span:
        """From the first frame to the end of the last."""
        return Span(self.start, self.end)

    @staticmethod
    def of(segment: Segment) -> PartSource:
        """The source for an indexed segment."""
        return PartSource(segment.path, segment.sha256, segment.size_bytes, segment.span.start, segment.span.end)


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file that the analysis wrote into the part's directory."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Companion:
    """What is kept of a person beside the requester: tracks and ids of drawn boxes.

    `consent` is the number, from 1, among the part's consents; their text is personal data and not in the plan.
    """

    consent: int
    tracks: tuple[int, ...] = ()
    boxes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PartDecisions:
    """What a person decided.  A track in neither list is hidden, like everything that no one decided on.

    What is kept is the requester's, unless it is a companion's.  `one_person` are tracks and ids of drawn boxes that
    are all the requester, as a person declared, though they stand apart at one time: a mirror.  `answers` are those to
    questions about tracks of this part; one about tracks of two parts is in both.
    """

    keep: tuple[int, ...] = ()
    hide: tuple[int, ...] = ()
    boxes: KeepBoxes = NOTHING_KEPT
    others: Others = Others.SHAPE
    companions: tuple[Companion, ...] = ()
    one_person: tuple[int | str, ...] = ()
    answers: tuple[Answer, ...] = ()

    def keeping(self, tracks: Collection[int]) -> PartDecisions:
        """The same decisions with these tracks kept."""
        keep, hide = {*self.keep, *tracks}, {*self.hide} - {*tracks}
        return replace(self, keep=tuple(sorted(keep)), hide=tuple(sorted(hide)))

    def hiding(self, tracks: Collection[int]) -> PartDecisions:
        """The same decisions with these tracks hidden."""
        keep, hide = {*self.keep} - {*tracks}, {*self.hide, *tracks}
        return replace(self, keep=tuple(sorted(keep)), hide=tuple(sorted(hide)))

    @property
    def of_companions(self) -> frozenset[int | str]:
        """The tracks and the ids of drawn boxes that are not the requester's."""
        tracks = (number for companion in self.companions for number in companion.tracks)
        return frozenset([*tracks, *(name for companion in self.companions for name in companion.boxes)])


@dataclass(frozen=True, slots=True)
class HiddenStretch:
    """Frames `first` to `last` of a part in which the subject is not visible, and why."""

    first: int
    last: int
    cause: HiddenCause


@dataclass(frozen=True, slots=True)
class SubjectVisibility:
    """In how many frames the subject is in the picture as far as is known, and in how many of them visible.

    `hidden` are all other frames between the first and the last of them, those outside of the picture too.
    """

    visible: int = 0
    frames: int = 0
    hidden: tuple[HiddenStretch, ...] = ()

    @property
    def share(self) -> float:
        """Visible frames by frames in the picture, 0 to 1; 0 where nobody is kept."""
        return self.visible / self.frames if self.frames else 0.0


@dataclass(frozen=True, slots=True)
class BackdropDecision:
    """What was decided of one backdrop of a part, by its number from 1.

    `covers` are boxes in pixels of the picture that are flat in the output; `signed` is the hash of the picture that
    `signed_by` signed off, None before anyone did.
    """

    number: int
    covers: tuple[Rect, ...] = ()
    signed: str | None = None
    signed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """Frames `first` to `last` of a part, inspected by a person as the plan of that `shown` digest shows them."""

    first: int
    last: int
    shown: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class CasePlan:
    """Everything that determines the picture of one part.

    `sources` are whole segments; of their frames only those count whose time lies in `requested`, the span of the
    request.  `masks` are the privacy masks that were in force when it was prepared, polygons in percent of the picture;
    `backdrops` are the backdrops on which something was decided; `subject` is how much of the subject is shown, and
    `companions` how much of each of those that the decisions name, in their order.
    """

    request: RequestId
    camera: CameraId
    position: int
    sources: tuple[PartSource, ...]
    requested: Span
    artefacts: tuple[Artefact, ...] = ()
    frames: int = 0
    tracks: tuple[int, ...] = ()
    decisions: PartDecisions = PartDecisions()
    decided_by: tuple[str, ...] = ()
    samples: int = 0
    masks: tuple[Polygon, ...] = ()
    backdrops: tuple[BackdropDecision, ...] = ()
    subject: SubjectVisibility = SubjectVisibility()
    companions: tuple[SubjectVisibility, ...] = ()
    schema: int = SCHEMA

    @property
    def span(self) -> Span:
        """What of the sources was requested."""
        return trimmed(self.sources, self.requested)

    @property
    def analysis(self) -> str:
        """The key of the analysis that numbered the tracks: answers name tracks by it, and die with it."""
        tracks = next((artefact.sha256 for artefact in self.artefacts if artefact.name == _TRACKS), "")
        return hashlib.sha256(f"{self.camera} {self.span.start.isoformat()} {tracks}".encode()).hexdigest()[:16]

    def shown_of_companion(self, index: int) -> SubjectVisibility | None:
        """How much of a companion is shown, by its place (from 0) in the decisions; None where it was not measured."""
        return next(iter(self.companions[index : index + 1]), None)

    @property
    def kept(self) -> tuple[TrackRef, ...]:
        """The tracks that are kept as the requester's."""
        others = self.decisions.of_companions
        return tuple(TrackRef(self.analysis, number) for number in self.decisions.keep if number not in others)

    @property
    def kept_beside(self) -> tuple[TrackRef, ...]:
        """The tracks that are kept as a companion's."""
        others = self.decisions.of_companions
        return tuple(TrackRef(self.analysis, number) for number in self.decisions.keep if number in others)

    @property
    def not_the_requester(self) -> tuple[TrackRef, ...]:
        """The tracks that were decided to be somebody else's."""
        numbers = {*self.decisions.hide, *(name for name in self.decisions.of_companions if isinstance(name, int))}
        return tuple(TrackRef(self.analysis, number) for number in sorted(numbers))

    @property
    def undecided(self) -> tuple[int, ...]:
        """Tracks that no one decided on; they are hidden."""
        decided = {*self.decisions.keep, *self.decisions.hide}
        return tuple(number for number in self.tracks if number not in decided)

    def deciding(self, decisions: PartDecisions, account: str) -> CasePlan:
        """The same plan with other decisions, and one more account that decided."""
        accounts = tuple(sorted({*self.decided_by, account}))
        return replace(self, decisions=decisions, decided_by=accounts)

    @property
    def backdrop_files(self) -> tuple[Artefact, ...]:
        """The pictures of the empty scene, in their order; the first has number 1."""
        files = {
            artefact.name.removeprefix(_BACKDROP): artefact
            for artefact in self.artefacts
            if artefact.name.startswith(_BACKDROP)
        }
        return tuple(files[name] for name in sorted(files, key=lambda name: (len(name), name)))

    def backdrop(self, number: int) -> BackdropDecision:
        """What was decided of a backdrop."""
        return next((decision for decision in self.backdrops if decision.number == number), BackdropDecision(number))

    def with_backdrop(self, decision: BackdropDecision) -> CasePlan:
        """The same plan with another decision on one backdrop."""
        others = [other for other in self.backdrops if other.number != decision.number]
        return replace(self, backdrops=tuple(sorted([*others, decision], key=lambda other: other.number)))

    @property
    def unsigned(self) -> tuple[int, ...]:
        """The numbers of the backdrops that no one signed off as they are now."""
        files = enumerate(self.backdrop_files, 1)
        return tuple(number for number, file in files if self.backdrop(number).signed != file.sha256)

    @property
    def shown(self) -> str:
        """Hex SHA-256 of everything that the picture depends on: the same as long as the same picture is shown.

        Sign-offs do not count, nor answers, but for those that show a stretch which was in doubt.
        """
        bare = tuple(
            BackdropDecision(decision.number, decision.covers) for decision in self.backdrops if decision.covers
        )
        shows = (AnswerKind.SECOND, Verdict.NO)
        answers = tuple(answer for answer in self.decisions.answers if (answer.kind, answer.verdict) == shows)
        decisions = replace(self.decisions, answers=answers)
        return replace(self, backdrops=bare, decided_by=(), decisions=decisions).digest

    def to_json(self) -> str:
        """The canonical text that is stored and hashed; what came later to the format is left out where it is empty."""
        payload = _adapter().dump_python(self, mode="json")
        for holder, name in ((payload, "companions"), (payload["decisions"], "answers")):
            if not holder[name]:
                del holder[name]
        for path in (*payload["decisions"]["boxes"]["keep"], *payload["decisions"]["boxes"]["hide"]):
            del path["alone"]  # a drawn box has none
        return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> CasePlan:
        """The plan from its canonical text; raises pydantic.ValidationError."""
        return _adapter().validate_json(text)

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the canonical text."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's consent to the plan of one digest, and to no other."""

    at: datetime
    by: str
    digest: str


@dataclass(frozen=True, slots=True)
class CasePart:
    """One part as it stands; `directory` is relative to the storage, `consents` are those of the companions."""

    plan: CasePlan
    digest: str
    directory: str
    prepared: datetime
    prepared_by: str
    approval: Approval | None = None
    reviews: tuple[Review, ...] = ()
    consents: tuple[Consent, ...] = ()

    @property
    def name(self) -> Message:
        """`gevel-1 part 2`: what messages call it."""
        return N_("{camera} part {part}", camera=self.plan.camera, part=self.plan.position)

    @property
    def approved(self) -> bool:
        """Whether a person approved the plan exactly as it is now."""
        return self.approval is not None and self.approval.digest == self.digest

    @property
    def reviewed(self) -> tuple[Review, ...]:
        """The reviews that hold for what the plan shows now, in order."""
        shown = self.plan.shown
        return tuple(
            sorted(
                (review for review in self.reviews if review.shown == shown),
                key=lambda review: (review.first, review.last),
            )
        )

    @property
    def unreviewed(self) -> tuple[tuple[int, int], ...]:
        """The ranges of frames (first, last) that no one reviewed as the plan shows them now."""
        missing, at = [], 0
        for review in self.reviewed:
            if review.first > at:
                missing.append((at, review.first - 1))
            at = max(at, review.last + 1)
        return (*missing, (at, self.plan.frames - 1)) if at < self.plan.frames else tuple(missing)


def reviews_to_json(reviews: tuple[Review, ...]) -> str:
    """The text that a row holds."""
    return _reviews().dump_json(reviews).decode()


def reviews_from_json(text: str) -> tuple[Review, ...]:
    """The reviews from the text of a row."""
    return _reviews().validate_json(text)


def consents_to_json(consents: tuple[Consent, ...]) -> str:
    """The text that a row holds; personal data."""
    return _consents().dump_json(consents).decode()


def consents_from_json(text: str) -> tuple[Consent, ...]:
    """The consents from the text of a row."""
    return _consents().validate_json(text)


def trimmed(sources: Sequence[PartSource], requested: Span) -> Span:
    """The span of unbroken sources as far as it was requested; they share an instant with it, or were not chosen."""
    return Span(max(sources[0].start, requested.start), min(sources[-1].end, requested.end))


@cache
def _adapter() -> TypeAdapter[CasePlan]:
    return TypeAdapter(CasePlan)


@cache
def _reviews() -> TypeAdapter[tuple[Review, ...]]:
    return TypeAdapter(tuple[Review, ...])


@cache
def _consents() -> TypeAdapter[tuple[Consent, ...]]:
    return TypeAdapter(tuple[Consent, ...])
