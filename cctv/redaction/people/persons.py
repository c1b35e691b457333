"""People of a request: tracks joined where they are certainly one person, or where somebody answered that they are.

Owns the rule of joining: an answer "no" beats an answer "yes", both beat a link, and two tracks that overlap in time
are never one person, unless it was declared (a mirror).  The order of the answers does not matter.  Nobody is
recognised.  Pure: no clock, no disk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from cctv.redaction.tracking.tracks import CERTAIN, Link, Track

LEAST_LISTED_SECONDS = 1.5
"""Of sure frames: who is seen for less, with all that probably goes on from them, is listed as a short piece."""
_PRESUMED = 0.5
"""From this probability of a link on, two people stand in one row of a list.  It joins nobody."""


@dataclass(frozen=True, slots=True, order=True)
class TrackRef:
    """A track of a request: `part` is the key of one analysis of one part, `track` its number there."""

    part: str
    track: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """Frames `first` to `last` of a track (by number) in which somebody else may be in its box, as the tracker says.

    Without `unseen` the box may be around two people, and all of it is hidden.  Else the persons of these tracks may
    stand there unseen, and what they would hide is hidden.
    """

    track: int
    first: int
    last: int
    unseen: tuple[int, ...] = ()


@dataclass(frozen=True)
class PartTracks:
    """What was found in one part.

    `times` are those of its frames in microseconds from `start` (microseconds since the epoch).  `one_person` are
    numbers of tracks that a person declared to be the requester though they overlap in time.
    """

    part: str
    tracks: tuple[Track, ...]
    times: Sequence[int]
    links: tuple[Link, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    start: int = 0
    one_person: frozenset[int] = field(default_factory=frozenset)

    @property
    def rate(self) -> float:
        """Frames a second over the whole part; 10 for a single frame."""
        return (len(self.times) - 1) * 1e6 / (self.times[-1] - self.times[0]) if len(self.times) > 1 else 10.0

    @cached_property
    def by_number(self) -> Mapping[int, Track]:
        """The tracks by their numbers."""
        return {track.id: track for track in self.tracks}

    def seen_at(self, frame: int) -> int:
        """When a frame was taken, in microseconds since the epoch."""
        return self.start + self.times[frame]


class AnswerKind(Enum):
    """What was asked.  The values stand in plans and in JSON."""

    SAME = "same"  # is this person the same as that one?
    SECOND = "second"  # is there a second person in this box?


class Verdict(Enum):
    """What was answered.  The values stand in plans and in JSON."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person answered to a question (`question` is its id).

    SAME: of the tracks `first` and `second`.  SECOND: of `first` in `frames` (first, last); `second` is None.
    """

    question: str
    kind: AnswerKind
    verdict: Verdict
    first: TrackRef
    second: TrackRef | None = None
    frames: tuple[int, int] | None = None

    @property
    def refs(self) -> tuple[TrackRef, ...]:
        """The tracks that it is about, one or two."""
        return (self.first,) if self.second is None else (self.first, self.second)

    @property
    def about(self) -> tuple[AnswerKind, frozenset[TrackRef], tuple[int, int] | None]:
        """What it answers, whichever way round the pair was asked."""
        return self.kind, frozenset(self.refs), self.frames


@dataclass(frozen=True, slots=True)
class Person:
    """A person by number, from 1, and their tracks, in the order in which they appear."""

    number: int
    tracks: tuple[TrackRef, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Why an answer cannot stand: the earlier answer that says otherwise, or the tracks that show both at one time.

    `earlier` is None where two tracks overlap: `first` and `second`, in `frame` of their part.
    """

    earlier: Answer | None
    first: TrackRef | None = None
    second: TrackRef | None = None
    frame: int | None = None


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two tracks of one part that both have a box in `frame`."""

    first: TrackRef
    second: TrackRef
    frame: int


class RequestTracks:
    """All tracks of a request's parts, and who is one person by links and answers."""

    def __init__(self, parts: Iterable[PartTracks], answers: Iterable[Answer]) -> None:
        """Answers about tracks that are not there any more count for nothing."""
        self.parts = {part.part: part for part in parts}
        self.tracks = {TrackRef(part.part, track.id): track for part in self.parts.values() for track in part.tracks}
        self.answers = tuple(
            answer for answer in answers if answer.first in self.tracks and answer.second in {None, *self.tracks}
        )
        self._apart = [pair for answer in self.answers if (pair := _pair(answer, Verdict.NO)) is not None]
        self._group = {ref: frozenset([ref]) for ref in self.tracks}
        for first, second in sorted(pair for answer in self.answers if (pair := _pair(answer, Verdict.YES))):
            self._join(self._group, first, second)
        for first, second in self._linked(CERTAIN):
            self._join(self._group, first, second)

    @cached_property
    def _rows(self) -> Mapping[TrackRef, frozenset[TrackRef]]:
        """The tracks that stand in one row of a list: those of one person, and what probably goes on from them."""
        rows = dict(self._group)
        for first, second in self._linked(_PRESUMED):
            self._join(rows, first, second)
        return rows

    def group(self, ref: TrackRef) -> frozenset[TrackRef]:
        """The tracks of the person whose track this is."""
        return self._group[ref]

    def groups(self, refs: Iterable[TrackRef]) -> frozenset[TrackRef]:
        """The tracks of everybody who has one of these tracks."""
        return frozenset(other for ref in refs if ref in self._group for other in self._group[ref])

    def appears(self, ref: TrackRef) -> tuple[int, str, int]:
        """What tracks are ordered by: when it begins, then by part and number."""
        return self.parts[ref.part].seen_at(self.tracks[ref].first), ref.part, ref.track

    def seconds(self, refs: Iterable[TrackRef], *, sure: bool = False) -> float:
        """For how long these tracks last together; `sure`: only frames with a detection."""
        return sum(
            (sure_frames(self.tracks[ref]) if sure else len(self.tracks[ref].boxes)) / self.parts[ref.part].rate
            for ref in refs
        )

    def people(self) -> tuple[Person, ...]:
        """Everybody, by number.

        Whoever heads a row of a list comes first, then who is seen for LEAST_LISTED_SECONDS, then the others; each in
        order of appearance.  An answer that joins two people leaves the lower number.
        """
        before = RequestTracks(self.parts.values(), ()) if self.answers else self
        numbers = {ref: number for number, group in enumerate(before._numbered(), 1) for ref in group}
        taken: set[int] = set()
        fresh = max(numbers.values(), default=0)
        people = []
        for group in self._numbered():
            wanted = min(numbers[ref] for ref in group)
            if wanted in taken:  # an answer parted what links had joined
                fresh += 1
                wanted = fresh
            taken.add(wanted)
            people.append(Person(wanted, tuple(sorted(group, key=self.appears))))
        return tuple(sorted(people, key=lambda person: person.number))

    def is_listed(self, person: Person) -> bool:
        """Whether a person heads a row of a list: the first of those in it who is seen for long enough."""
        return self._heads(self._group[person.tracks[0]])

    def row(self, person: Person) -> frozenset[TrackRef]:
        """The tracks that stand in the row of a person: their own, and those of pieces that are probably theirs."""
        return self._rows[person.tracks[0]]

    def contradiction(self, answer: Answer) -> Contradiction | None:
        """Why a new answer cannot stand beside those given; None where it can.

        An answer to what was answered "unsure" before can always stand, as can "unsure".
        """
        for other in self.answers:
            if other.about == answer.about and {answer.verdict, other.verdict} == {Verdict.YES, Verdict.NO}:
                return Contradiction(other)
        if answer.second is None or answer.verdict is Verdict.UNSURE:
            return None
        mine, theirs = self._group[answer.first], self._group[answer.second]
        if answer.verdict is Verdict.NO:
            earlier = self._joining(answer.first, answer.second) if answer.second in mine else None
            return Contradiction(earlier) if earlier else None
        for other in self.answers:
            pair = _pair(other, Verdict.NO)
            if pair is not None and self._between(pair, mine, theirs):
                return Contradiction(other)
        both = self.overlap(mine, theirs) if mine != theirs else None
        return Contradiction(None, both.first, both.second, both.frame) if both else None

    def joined_only_by(self, answer: Answer) -> frozenset[TrackRef]:
        """The tracks that would no longer be the person's of `first` without this answer."""
        if answer not in self.answers:  # its tracks are gone
            return frozenset()
        others = [other for other in self.answers if other != answer]
        return self.group(answer.first) - RequestTracks(self.parts.values(), others).group(answer.first)

    def overlap(self, group: Collection[TrackRef], other: Collection[TrackRef]) -> Overlap | None:
        """Two tracks, one of each group, that show two people at one time; None without any."""
        for first in sorted(group):
            one_person = self.parts[first.part].one_person
            for second in sorted(other):
                if first.part != second.part or {first.track, second.track} <= one_person:
                    continue
                begins = max(self.tracks[first].first, self.tracks[second].first)
                if begins <= min(self.tracks[first].last, self.tracks[second].last):
                    return Overlap(first, second, begins)
        return None

    def apart(self, group: Collection[TrackRef], other: Collection[TrackRef]) -> bool:
        """Whether an answer says that two groups are two people."""
        return any(self._between(pair, group, other) for pair in self._apart)

    def _numbered(self) -> list[frozenset[TrackRef]]:
        """The groups in the order of their numbers."""
        groups = {min(group): group for group in self._group.values()}.values()

        def order(group: frozenset[TrackRef]) -> tuple[bool, bool, tuple[int, str, int]]:
            short = self.seconds(group, sure=True) < LEAST_LISTED_SECONDS
            return not self._heads(group), short, min(map(self.appears, group))

        return sorted(groups, key=order)

    def _heads(self, group: frozenset[TrackRef]) -> bool:
        """Whether these tracks of one person head their row: the first in it who is long enough, else the longest."""
        row = self._rows[min(group)]
        if self.seconds(row, sure=True) < LEAST_LISTED_SECONDS:
            return False

        def order(one: frozenset[TrackRef]) -> tuple[float, tuple[int, str, int]]:
            seconds = self.seconds(one, sure=True)
            return -min(seconds, LEAST_LISTED_SECONDS), min(map(self.appears, one))

        return group == min({self._group[ref] for ref in row}, key=order)

    def _linked(self, least: float) -> list[tuple[TrackRef, TrackRef]]:
        """The pairs with a link of this probability at least: the most probable first."""
        links = sorted(
            (-link.probability, TrackRef(part.part, link.first), TrackRef(part.part, link.second))
            for part in self.parts.values()
            for link in part.links
            if link.probability >= least and {link.first, link.second} <= part.by_number.keys()
        )
        return [(first, second) for _, first, second in links]

    def _join(self, groups: dict[TrackRef, frozenset[TrackRef]], first: TrackRef, second: TrackRef) -> None:
        """Join the groups of two tracks, unless an answer or their times forbid it."""
        mine, theirs = groups[first], groups[second]
        if mine == theirs or self.apart(mine, theirs) or self.overlap(mine, theirs) is not None:
            return
        groups |= dict.fromkeys(mine | theirs, mine | theirs)

    @staticmethod
    def _between(pair: tuple[TrackRef, TrackRef], group: Collection[TrackRef], other: Collection[TrackRef]) -> bool:
        first, second = pair
        return (first in group and second in other) or (second in group and first in other)

    def _joining(self, first: TrackRef, second: TrackRef) -> Answer | None:
        """An answer "yes" without which two tracks of one person would be two people's; None where links join them."""
        for answer in self.answers:
            if _pair(answer, Verdict.YES) is None:
                continue
            others = [other for other in self.answers if other is not answer]
            if second not in RequestTracks(self.parts.values(), others).group(first):
                return answer
        return None


def sure_frames(track: Track) -> int:
    """In how many frames a detection stands behind the box."""
    return sum(track.sure) if track.sure else len(track.boxes)


def with_answer(answers: Iterable[Answer], answer: Answer) -> tuple[Answer, ...]:
    """The answers with one more, which replaces an earlier one about the same."""
    return (*(other for other in answers if other.about != answer.about), answer)


def _pair(answer: Answer, verdict: Verdict) -> tuple[TrackRef, TrackRef] | None:
    """The tracks of which a person answered so that they are the same, in order; None for any other answer."""
    if answer.kind is not AnswerKind.SAME or answer.second is None or answer.verdict is not verdict:
        return None
    return min(answer.first, answer.second), max(answer.first, answer.second)
