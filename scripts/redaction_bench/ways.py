"""The three ways of deciding, and the rows on what each shows of one clip.

a: answers of a person who knows the ground truth, no boxes.  b: keyframes every 20 frames.  c: nothing decided.  In a
and b every person is kept in turn, in both modes.  What lies outside of what differs is the scene in mask mode, so a
head is counted by pixels as in c: only those of its pixels tell that are unlike the ground.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from testbed.report import note

from cctv.redaction.render.options import Mode, Options
from cctv.redaction.tracking.annotations import NOTHING_KEPT, KeepBoxes
from redaction_bench.answers import Asking, decided_by_answers
from redaction_bench.counting import Annotated, Seen, Share, Shown, unhidden
from redaction_bench.engine import Prepared, prepare, store
from redaction_bench.figures import Figure, Persons, at_least, at_most, tells
from redaction_bench.studio import Job, looked
from redaction_bench.truth import keep_one

_FOUND = 95  # % of the heads of an unhidden clip; a look that finds fewer proves little
_SUBJECT, _WORST, _ALONE = 85, 50, 97  # % of the frames
_ANSWERS, _MOST_ANSWERS, _MOST_PEOPLE = 4, 10, 95  # in the median; of so many % of the people
_LISTED = 1.5  # people for each true one
_HARMLESS_PETS, _HARMLESS = 5, 12  # % of the area
_MODES = {"backdrop mode": Mode.BACKDROP, "mask mode": Mode.MASK}
_QUICK_PEOPLE = 4  # rendered of each clip, way and mode; the rest is counted by the decisions


@dataclass(frozen=True)
class Case:
    """A clip to judge, the people to keep in turn, and the processes for it.

    `quick`: a and b are rendered of some people only, and counted by the decisions alone of the rest.  `each`: every
    person is told of on stderr.
    """

    on: Annotated
    pool: Executor
    people: tuple[int, ...]
    quick: bool = False
    each: bool = False

    @cached_property
    def prepared(self) -> Prepared:
        """The clip, prepared once for everybody."""
        return prepare(self.on.clip, self.on.folder)

    @cached_property
    def file(self) -> Path:
        """The preparation as a file."""
        path = self.on.folder / "prepared"
        store(self.prepared, path)
        return path

    @property
    def rendered(self) -> frozenset[int]:
        """The people of whom a and b are rendered: all, or some that are spread over their numbers."""
        if not self.quick or len(self.people) <= _QUICK_PEOPLE:
            return frozenset(self.people)
        return frozenset(self.people[index * len(self.people) // _QUICK_PEOPLE] for index in range(_QUICK_PEOPLE))

    def looked(self, jobs: Sequence[Job], way: str) -> list[Seen]:
        """What each job shows; tells on stderr how far it is, and of each leak at once."""
        results: list[Seen] = []
        for job, seen in zip(jobs, looked(jobs, self.on, self.pool), strict=True):
            results.append(seen)
            note(f"bench: {self.on.name}: {way}: {len(results)} of {len(jobs)}{_leaks(job, seen)}")
        return results


def by_answers(case: Case) -> Iterator[Figure]:
    """Way a, and what the listed people and their tracks are."""
    asking = Asking(case.prepared, case.on.people)
    decided = [decided_by_answers(asking, person) for person in case.people]
    told = [f"{made.answers} answers, {len(made.keep.keep)} tracks kept, " for made in decided]
    keeps = {made.person: made.keep for made in decided}
    for mode in _MODES:
        yield from _kept(f"a: {mode}", case, _jobs("a", case, keeps, mode), told, _Goals(worst=_WORST, alone=_ALONE))
    answers = [made.answers for made in decided]
    yield at_most("a: answers, median", statistics.median(answers), _ANSWERS)
    most = int(np.percentile(answers, _MOST_PEOPLE, method="inverted_cdf"))
    yield at_most(f"a: answers, {_MOST_PEOPLE} % of the people", most, _MOST_ANSWERS)
    yield tells("a: answers, most", max(answers))
    yield tells("tracks", len(asking.found.tracks))
    yield at_most("tracks that hold two true people", len(asking.oracle.mixed()), 0)
    yield at_most("people listed for each true person", round(len(asking.listed) / len(case.on.people), 2), _LISTED)
    named = len(asking.listed) + len(asking.pieces)
    yield tells("people and pieces that can be named, for each true one", round(named / len(case.on.people), 2))


def by_keyframes(case: Case, *, with_hides: bool = False) -> Iterator[Figure]:
    """Way b, without or with hide boxes for those who come near."""
    name = "b with hide boxes" if with_hides else "b"
    drawn = {person: keep_one(case.on.people, person, with_hides=with_hides) for person in case.people}
    for mode in _MODES:
        jobs = _jobs(name.replace(" ", "-"), case, drawn, mode)
        yield from _kept(f"{name}: {mode}", case, jobs, [""] * len(jobs), _Goals())


def nothing_decided(case: Case) -> Iterator[Figure]:
    """Way c: nobody kept, in both modes."""
    results = case.looked(
        [
            Job(f"c-{mode.value}", Options(mode, caption=None), NOTHING_KEPT, None, case.file)
            for mode in _MODES.values()
        ],
        "c",
    )
    for (name, mode), seen in zip(_MODES.items(), results, strict=True):
        yield from _refusals(f"c: {name}", [seen])
        yield tells(f"c: {name}: heads", seen.beside.heads)
        yield at_most(f"c: {name}: heads visible by the mask", seen.beside.by_mask, 0)
        yield at_most(f"c: {name}: heads visible by the pixels", seen.beside.by_pixels.shown, 0)
        if mode is Mode.MASK:
            goal = _HARMLESS_PETS if case.on.is_pets else _HARMLESS
            yield at_most(f"c: {name}: harmless area hidden, %", round(100 * seen.harmless_hidden, 2), goal)


def reliance(on: Annotated) -> Iterator[Figure]:
    """How much the look at pixels can be relied on."""
    unhidden_heads = unhidden(on)
    heads = sum(len(boxes) for boxes in on.people.values())
    yield tells("pixels: heads that can be judged, %", round(100 * unhidden_heads.judged / heads, 1))
    share = round(100 * unhidden_heads.shown / max(unhidden_heads.judged, 1), 1)
    yield at_least("pixels: heads found when nothing is hidden, %", share, _FOUND)


@dataclass(frozen=True)
class _Goals:
    """What is asked of one way besides its median, in %; None: it only tells."""

    worst: int | None = None
    alone: int | None = None


def _jobs(stem: str, case: Case, keeps: Mapping[int, KeepBoxes], mode: str) -> list[Job]:
    """A redaction for each person kept in turn, in one mode."""
    options = Options(_MODES[mode], caption=None)
    return [
        Job(f"{stem}-{options.mode.value}-{person}", options, keep, person, case.file, person in case.rendered)
        for person, keep in keeps.items()
    ]


def _kept(way: str, case: Case, jobs: Sequence[Job], told: Sequence[str], goals: _Goals) -> Iterator[Figure]:
    """The rows on each person kept in turn; `told` is what each one's decisions were."""
    results = case.looked(jobs, way)
    if case.each:
        for person, made, seen in zip(case.people, told, results, strict=True):
            note(f"{case.on.name}: {way}: person {person}: {made}{_told(seen)}")
    yield from _refusals(way, results)
    beside, behind = _sum(seen.beside for seen in results), _sum(seen.behind for seen in results)
    of = Persons(len(case.rendered), len(case.on.people))
    every = Persons(len(jobs), len(case.on.people))
    yield tells(f"{way}: heads of others", beside.heads)
    yield replace(at_most(f"{way}: heads of others visible by the mask", beside.by_mask, 0), persons=every)
    shown = at_most(f"{way}: heads of others visible by the pixels", beside.by_pixels.shown, 0)
    yield replace(shown, persons=of)
    yield tells(f"{way}: heads of others judged by the pixels", beside.by_pixels.judged)
    yield tells(f"{way}: heads behind the subject", behind.heads)
    yield tells(f"{way}: heads behind the subject visible by the mask", behind.by_mask)
    yield replace(tells(f"{way}: heads behind the subject visible by the pixels", behind.by_pixels.shown), persons=of)
    yield at_most(f"{way}: centres of others' heads visible", sum(seen.centres for seen in results), 0)
    yield from _shares(f"{way}: subject visible", [seen.subject for seen in results], _SUBJECT, goals.worst)
    apart = [seen.alone for seen in results if seen.alone.frames]
    yield from _shares(f"{way}: subject visible where nobody touches her", apart, goals.alone)


def _told(seen: Seen) -> str:
    """What an output shows, for whoever looks for the cause."""
    heads = f"{seen.beside.by_mask} / {seen.beside.by_pixels.shown} heads and {seen.centres} centres of others"
    alone = f"{seen.alone.percent:.0f} % of {seen.alone.frames} where nobody touches her"
    return f"{heads}, visible in {seen.subject.percent:.0f} % of {seen.subject.frames} frames, {alone}"


def _leaks(job: Job, seen: Seen) -> str:
    """What one output shows of others, in words; nothing where nothing shows."""
    shown = seen.beside + seen.behind
    if not (shown.by_mask or shown.by_pixels.shown or seen.centres):
        return ""
    return f", {job.name}: {shown.by_mask} / {shown.by_pixels.shown} heads and {seen.centres} centres of others show"


def _shares(title: str, shares: Sequence[Share], goal: int | None, worst: int | None = None) -> Iterator[Figure]:
    """Median, worst and mean over people, in %."""
    if not shares:
        return
    percents = [round(share.percent, 1) for share in shares]
    middle, least = round(statistics.median(percents), 1), min(percents)
    yield tells(f"{title}, median, %", middle) if goal is None else at_least(f"{title}, median, %", middle, goal)
    yield tells(f"{title}, worst, %", least) if worst is None else at_least(f"{title}, worst, %", least, worst)
    yield tells(f"{title}, mean, %", round(statistics.fmean(percents), 1))


def _refusals(way: str, results: Sequence[Seen]) -> Iterator[Figure]:
    """How often the engine made nothing, and why on stderr: what is refused leaks nobody, and is no success."""
    messages = [seen.refused for seen in results if seen.refused is not None]
    for message in messages:
        note(f"{way}: {message}")
    yield at_most(f"{way}: redactions that the engine refused", len(messages), 0)


def _sum(shown: Iterable[Shown]) -> Shown:
    return sum(shown, Shown())
