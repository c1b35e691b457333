"""Questions: the one whose answer settles most of what is shown of the requester.

Owns which question comes next.  Decides nothing: what an answer joins is the rule of `persons`.  Pure, and the same
question for the same tracks and answers, so that its id tells whether it is still the question that was shown.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.people.appearance import likenesses
from cctv.redaction.people.persons import (
    Answer,
    AnswerKind,
    Doubt,
    PartTracks,
    RequestTracks,
    TrackRef,
    Verdict,
)

LEAST_GAIN_SECONDS = 0.5
"""Of picture to be expected from an answer; for less nobody is asked."""
LEAST_PROBABILITY = 0.1
"""Of the answer that shows something; nobody is asked about what is less likely."""
MOST_NOES_A_PART = 3
"""Across parts and cameras, where nothing but clothing speaks for a person: then they are taken for absent there."""
_ACROSS = 0.5  # of likeness: nothing says that the requester was before that camera at all
_ALONE = 0.6  # chosen so that .9 seconds are asked about; fewer of the answers are noes (decision 40)


@dataclass(frozen=True, slots=True)
class PersonQuestion:
    """What is asked.

    SAME: whether the person of track `second` is the requester, as seen in track `first`; `adds` are all tracks that a
    yes shows.  SECOND: whether a second person is in the box of `first` in `frames` (first, last); a no shows them.
    `probability` is that of the answer that shows something, 0 to 1, and `seconds` is how much it shows.  `beyond` are
    the seconds that may be expected from the next question that a yes leads to.
    """

    kind: AnswerKind
    first: TrackRef
    second: TrackRef | None
    frames: tuple[int, int] | None
    adds: tuple[TrackRef, ...]
    seconds: float
    probability: float
    beyond: float = 0.0

    @property
    def value(self) -> float:
        """Seconds of picture that are to be expected from asking, and from what can be asked after it."""
        return (self.seconds + self.beyond) * self.probability

    @property
    def worth_asking(self) -> bool:
        """Whether enough is to be expected from asking."""
        return self.value >= LEAST_GAIN_SECONDS and self.probability >= LEAST_PROBABILITY

    @property
    def id(self) -> str:
        """Twelve digits that bind an answer to this very question: who is asked about, and what a yes would join."""
        parts = [self.kind.value, repr(self.first), repr(self.second), repr(self.frames), *map(repr, self.adds)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]

    def answered(self, verdict: Verdict) -> Answer:
        """The answer to it."""
        return Answer(self.id, self.kind, verdict, self.first, self.second, self.frames)


def next_question(
    parts: Iterable[PartTracks],
    answers: Iterable[Answer],
    kept: Collection[TrackRef],
    others: Collection[TrackRef] = (),
    *,
    beside: Collection[TrackRef] = (),
    again: bool = False,
) -> PersonQuestion | None:
    """The question whose answer settles most seconds of picture; None where no answer is worth asking for.

    kept: the requester's tracks; without any nobody is asked, as the list of people serves.  others: tracks that a
    person decided are not the requester's, hidden or a companion's.  beside: the kept ones of companions, in which a
    second person is asked about as well.  again: ask once more what was answered "unsure".
    """
    asked = _Asked(RequestTracks(parts, answers), kept, others, beside, again)
    return max(asked.questions(), key=lambda question: question.value, default=None)


def hidden_doubts(doubts: Iterable[Doubt], kept: Collection[int], answers: Iterable[Answer]) -> tuple[Doubt, ...]:
    """The stretches of kept tracks of a part that stay hidden: boxes around two people that nobody answered "no" of.

    answers: those of this part's decisions.
    """
    alone = _alone(answers)
    return tuple(doubt for doubt in doubts if doubt.track in kept and not doubt.unseen and _stretch(doubt) not in alone)


def stretches_alone(doubts: Iterable[Doubt], answers: Iterable[Answer]) -> Mapping[int, tuple[tuple[int, int], ...]]:
    """For each track, the stretches (first and last frame) of which somebody answered that nobody unseen is in them.

    answers: those of this part's decisions.
    """
    alone = _alone(answers)
    stretches: dict[int, tuple[tuple[int, int], ...]] = {}
    for doubt in doubts:
        if doubt.unseen and _stretch(doubt) in alone:
            stretches[doubt.track] = (*stretches.get(doubt.track, ()), (doubt.first, doubt.last))
    return stretches


def _alone(answers: Iterable[Answer]) -> frozenset[tuple[int, tuple[int, int] | None]]:
    """The stretches of tracks that were answered to hold nobody else."""
    return frozenset(
        (answer.first.track, answer.frames)
        for answer in answers
        if answer.kind is AnswerKind.SECOND and answer.verdict is Verdict.NO
    )


def _stretch(doubt: Doubt) -> tuple[int, tuple[int, int] | None]:
    return doubt.track, (doubt.first, doubt.last)


class _Asked:
    """What may be asked about one request."""

    def __init__(
        self,
        tracks: RequestTracks,
        kept: Collection[TrackRef],
        others: Collection[TrackRef],
        beside: Collection[TrackRef],
        again: bool,
    ) -> None:
        self._tracks = tracks
        self._shown = {*kept, *beside}
        self._own = tracks.groups(kept)
        self._others = tracks.groups(set(others) - set(kept))
        self._skipped = {Verdict.NO} if again else {Verdict.NO, Verdict.UNSURE}
        self._links: dict[TrackRef, list[tuple[float, TrackRef]]] = {}
        for part in tracks.parts.values():
            for link in part.links:
                ends = TrackRef(part.part, link.first), TrackRef(part.part, link.second)
                if {*ends} <= tracks.tracks.keys():
                    for one, other in (ends, ends[::-1]):
                        self._links.setdefault(one, []).append((link.probability, other))

    def questions(self) -> Iterator[PersonQuestion]:
        """Every question that is worth its answer, in a fixed order."""
        if not self._shown:
            return
        every = [*self._by_links(), *self._by_looks(), *self._second_people()]
        worth = [question for question in every if question.worth_asking]
        yield from (question for question in worth if not any(self._is_rival(other, question) for other in worth))

    def _is_rival(self, other: PersonQuestion, question: PersonQuestion) -> bool:
        """Whether another question is about somebody more probable who is seen at the same time.

        A yes to that one settles this one too, without its being asked: both cannot be the requester.
        """
        return other.probability > question.probability and self._tracks.overlap(other.adds, question.adds) is not None

    def _by_links(self) -> Iterator[PersonQuestion]:
        """Of each person whom a link joins with the requester: the most probable of those links."""
        best: dict[TrackRef, tuple[float, TrackRef, TrackRef]] = {}
        for part in self._tracks.parts.values():
            for link in part.links:
                first, second = TrackRef(part.part, link.first), TrackRef(part.part, link.second)
                if second in self._own:
                    first, second = second, first
                if first not in self._own or second not in self._tracks.tracks or not self._may_be(second):
                    continue
                person = min(self._tracks.group(second))
                if person not in best or best[person][0] < link.probability:
                    best[person] = (link.probability, first, second)
        for probability, first, second in best.values():
            yield self._same(first, second, probability)

    def _by_looks(self) -> Iterator[PersonQuestion]:
        """In each part where nothing of the requester is kept: the person dressed most like them."""
        looks = self._looks(self._own)
        seen = {ref.part for ref in self._own}
        refused = self._refused_by_part()
        for part in self._tracks.parts.values():
            if part.part in seen or looks is None or refused[part.part] >= MOST_NOES_A_PART:
                continue
            alike = [
                (likeness, person)
                for person in sorted({min(self._tracks.group(TrackRef(part.part, track.id))) for track in part.tracks})
                if self._may_be(person) and (likeness := self._likeness(looks, person)) is not None
                and self._tracks.seconds(self._tracks.group(person)) * likeness * _ACROSS >= LEAST_GAIN_SECONDS
            ]  # fmt: skip
            if alike:
                likeness, person = max(alike, key=lambda item: (item[0], item[1]))
                yield self._same(*self._nearest(person, part.part), likeness * _ACROSS)

    def _second_people(self) -> Iterator[PersonQuestion]:
        """Of each stretch of kept tracks that may hold two people and that nobody answered."""
        answered = {answer.about for answer in self._tracks.answers if answer.verdict in {*self._skipped, Verdict.YES}}
        for part in self._tracks.parts.values():
            for doubt in part.doubts:
                ref, frames = TrackRef(part.part, doubt.track), (doubt.first, doubt.last)
                seconds = (doubt.last - doubt.first + 1) / part.rate
                question = PersonQuestion(AnswerKind.SECOND, ref, None, frames, (), seconds, _ALONE)
                unseen = {TrackRef(part.part, number) for number in doubt.unseen}
                hers = bool(unseen) and unseen <= self._tracks.group(ref)  # she hides nothing of herself
                if ref in self._shown and not hers and question.answered(Verdict.NO).about not in answered:
                    yield question

    def _same(self, first: TrackRef, second: TrackRef, probability: float) -> PersonQuestion:
        adds = tuple(sorted(self._tracks.group(second), key=self._tracks.appears))
        seconds = self._tracks.seconds(adds)
        return PersonQuestion(AnswerKind.SAME, first, second, None, adds, seconds, probability, self._beyond(adds))

    def _beyond(self, adds: Collection[TrackRef]) -> float:
        """What may be expected from asking on from these tracks: of short pieces, most of what is won."""
        return max(
            (
                probability * self._tracks.seconds(self._tracks.group(other))
                for ref in adds
                for probability, other in self._links.get(ref, ())
                if other not in adds and self._tracks.overlap(adds, self._tracks.group(other)) is None
                and self._may_be(other)
            ),
            default=0.0,
        )  # fmt: skip

    def _may_be(self, ref: TrackRef) -> bool:
        """Whether the person of a track can be the requester, and nobody was asked about them."""
        group = self._tracks.group(ref)
        if ref in self._own or group & self._others or self._tracks.overlap(self._own, group) is not None:
            return False
        return not any(
            answer.second is not None and answer.verdict in self._skipped and self._is_between(answer, group)
            for answer in self._tracks.answers
        )

    def _is_between(self, answer: Answer, group: frozenset[TrackRef]) -> bool:
        ends = {answer.first, answer.second}
        return bool(ends & self._own) and bool(ends & group)

    def _refused_by_part(self) -> Counter[str]:
        """How often somebody in each part was said not to be the requester."""
        pairs = [{answer.first, answer.second} for answer in self._tracks.answers if answer.verdict in self._skipped]
        return Counter(
            ref.part for pair in pairs if pair & self._own for ref in pair if ref is not None and ref not in self._own
        )

    def _likeness(self, looks: NDArray[np.uint8], person: TrackRef) -> float | None:
        theirs = self._looks(self._tracks.group(person))
        return float(likenesses(looks, theirs).mean()) if theirs is not None else None

    def _looks(self, refs: Iterable[TrackRef]) -> NDArray[np.uint8] | None:
        """The looks of those tracks that have one, (n, LOOK_VALUES); None without any."""
        looks = [self._tracks.tracks[ref].look for ref in sorted(refs)]
        rows = [np.frombuffer(look, np.uint8) for look in looks if look]
        return np.stack(rows) if rows else None

    def _nearest(self, person: TrackRef, part: str) -> tuple[TrackRef, TrackRef]:
        """The requester's track and the person's in a part that are nearest in time; both last as long as may be."""
        theirs = [ref for ref in self._tracks.group(person) if ref.part == part]
        second = max(theirs, key=lambda ref: (len(self._tracks.tracks[ref].boxes), ref))
        when = self._tracks.appears(second)[0]
        first = min(self._own, key=lambda ref: (abs(self._tracks.appears(ref)[0] - when), ref))
        return first, second
