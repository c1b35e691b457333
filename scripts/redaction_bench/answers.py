"""Way a: what `cctv redaction people`, `keep --person` and `ask` lead to when a person answers who knows the truth.

The oracle clicks on the listed person whose boxes are the subject's in most frames, which is one answer, or on a piece
where nobody who is listed is the subject, and then answers what is asked until nothing is.  No box is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

from cctv.redaction.people.persons import (
    Answer,
    AnswerKind,
    PartTracks,
    Person,
    RequestTracks,
    TrackRef,
    Verdict,
    with_answer,
)
from cctv.redaction.people.questions import PersonQuestion, next_question
from cctv.redaction.review.plan import PartDecisions
from cctv.redaction.review.render import keep_of
from cctv.redaction.tracking.annotations import NOTHING_KEPT, KeepBoxes
from redaction_bench.engine import Prepared
from redaction_bench.oracle import Oracle, oracle_of
from redaction_bench.truth import People

_PART = "clip"
_MOST = 500  # answers; nobody gives so many, and a question that never ends is a fault


class AskedTwice(RuntimeError):
    """The engine asks the same again, or without end; the message says of whom."""


class Asking:
    """One prepared clip and the person who answers about it: the same for every subject."""

    def __init__(self, prepared: Prepared, people: People) -> None:
        self.found = prepared.found
        self.oracle: Oracle = oracle_of(self.found.tracks, people)
        times, doubts = prepared.analysis.survey.times, self.found.doubts
        self.part = PartTracks(_PART, self.found.tracks, times, self.found.links, doubts)
        request = RequestTracks([self.part], ())
        people = request.people()
        self.listed: tuple[Person, ...] = tuple(person for person in people if request.is_listed(person))
        self.pieces: tuple[Person, ...] = tuple(person for person in people if not request.is_listed(person))


@dataclass(frozen=True)
class Decided:
    """What was decided to keep one true person, and by how many answers, the click on the list among them."""

    person: int
    keep: KeepBoxes
    answers: int


def decided_by_answers(asking: Asking, subject: int) -> Decided:
    """Keep one true person by answers alone; raises AskedTwice."""
    clicked = _clicked(asking, subject)
    if clicked is None:
        return Decided(subject, NOTHING_KEPT, 1)
    kept: frozenset[TrackRef] = frozenset(clicked.tracks)
    answers: tuple[Answer, ...] = ()
    while (question := next_question([asking.part], answers, kept)) is not None:
        answer = question.answered(_verdict(asking, question, subject))
        request = RequestTracks([asking.part], answers)
        if request.contradiction(answer) is not None:
            answer = question.answered(Verdict.UNSURE)
        if len(answers) >= _MOST or any(other.about == answer.about for other in answers):
            raise AskedTwice(f"person {subject}: asked again after {len(answers)} answers: {question}")
        answers = with_answer(answers, answer)
    tracks = {ref.track for ref in RequestTracks([asking.part], answers).groups(kept)}
    decisions = PartDecisions(keep=tuple(sorted(tracks)), answers=answers)
    return Decided(subject, keep_of(decisions, asking.found, asking.part.rate), 1 + len(answers))


def _clicked(asking: Asking, subject: int) -> Person | None:
    """The listed person who is the subject in most frames, or else such a piece; None where nobody ever is.

    Nobody clicks on somebody else: of a person's frames most are the subject's, of all who are in them.
    """
    for people in (asking.listed, asking.pieces):
        frames = {person: asking.oracle.frames_with([ref.track for ref in person.tracks], subject) for person in people}
        hers = [person for person in people if asking.oracle.holder_of(ref.track for ref in person.tracks) == subject]
        if hers:
            return max(hers, key=lambda person: (frames[person], -person.number))
    return None


def _verdict(asking: Asking, question: PersonQuestion, subject: int) -> Verdict:
    """The true answer to a question."""
    if question.kind is AnswerKind.SAME:
        assert question.second is not None
        return Verdict.YES if asking.oracle.holder(question.second.track) == subject else Verdict.NO
    assert question.frames is not None
    track = asking.part.by_number[question.first.track]
    return Verdict.YES if asking.oracle.has_second(track, *question.frames, subject) else Verdict.NO
