"""Linking: which trails may be one person's, and where somebody may stand whom no detection shows.

A link is a trail that ends and another that begins soon after, near enough, of like height and look.  Along a link, and
straight on from every end of a trail, a person may stand behind somebody else: hidden paths.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from cctv.redaction.tracking.crossings import clear_detections, mean_look, unlike
from cctv.redaction.tracking.tracks import CERTAIN
from cctv.redaction.tracking.trails import DensePath, Occupancy, Trail, dense, within

_REACH_SECONDS = 3.0  # between two trails of one person: motion tells where they may go on
_LONG_SECONDS, _LONG_COST = 60.0, 1.2  # between trails that only looks join, and what that costs
_LOOK_SECONDS = 1.0
_STEADY_SECONDS = 1.5  # for so long a pace is believed
_FARTHEST = 0.9  # of the height, between where both trails lead
_LARGEST_GROWTH, _LARGEST_UNLIKE, _UNKNOWN_UNLIKE = 0.35, 0.13, 0.1
_CERTAIN_COST, _CERTAIN_MARGIN, _KNOWN_MARGIN = 0.5, 0.5, 0.2
_KNOWN_SECONDS = 1.0
_FALL, _LEAST, _MOST = 0.62, 0.05, 0.92
_AHEAD, _AHEAD_MARGIN = 0.9, 0.2
_LONG_MOST, _LONG_FALL, _LONG_LEAST = 0.25, 3.0, 0.02
_BEHIND = 0.3  # of the smaller box: another box explains why nobody was found
_OPEN_SECONDS = 0.4  # unseen without anybody in front: a miss of the detector
_BEHIND_SHARE = 0.6  # of the steps of a longer pause
_BEST = 3  # links of one end
_ON_SECONDS = 0.8  # straight on from an end: behind somebody, and ...
_ON_STEPS = 8  # ... in any case
_ON_BEHIND = 0.35
_SPREAD = 0.01  # of the height, a step: how fast it grows uncertain where the person is


@dataclass(frozen=True, slots=True)
class TrailLink:
    """Trail `first` may go on as trail `second`; `cost` from 0, `rival` that of the next likely link of either.

    `hidden`: between both the person was behind somebody, or unseen for a moment only.  `known`: both were followed for
    so long that their pace and their clothes are known.
    """

    first: int
    second: int
    cost: float
    rival: float
    hidden: bool
    known: bool

    @property
    def certain(self) -> bool:
        """Whether both are one person without a question: of 40 so cheap and without a near rival all were."""
        margin = _KNOWN_MARGIN if self.known else _CERTAIN_MARGIN
        return self.cost < _CERTAIN_COST and self.rival > self.cost + margin

    @property
    def probability(self) -> float:
        """That both are one person, 0 to 1: about as often as such links were right, on three clips.

        Of those ahead of every rival 53 of 55 were; of others it falls with the cost.  Of those that only looks join
        none was right of 21 that led on from where a person was last seen.
        """
        if self.certain:
            return CERTAIN
        if self.cost >= _LONG_COST:
            return max(_LONG_MOST - _LONG_FALL * (self.cost - _LONG_COST), _LONG_LEAST)
        likely = min(max(1 - _FALL * self.cost, _LEAST), _MOST)
        return max(likely, _AHEAD) if self.rival > self.cost + _AHEAD_MARGIN else likely


@dataclass(frozen=True, slots=True)
class HiddenPlace:
    """Where the person of one of these trails may stand unseen in one step; `box` in full-size pixels."""

    trails: tuple[int, ...]
    step: int
    box: NDArray[np.float64]


def trail_links(trails: Sequence[Trail], rate: float) -> list[TrailLink]:
    """The likely links between trails, the best three of each end; `rate` is steps a second.

    After a long pause only looks speak for one person.
    """
    paths = [dense(trail, rate) for trail in trails]
    present, looks = Occupancy(paths), _EndLooks(trails, rate)
    costs: dict[tuple[int, int], float] = {}
    hidden: dict[tuple[int, int], bool] = {}
    starts = sorted(range(len(trails)), key=lambda number: trails[number].first)
    firsts = [trails[number].first for number in starts]
    for one, trail in enumerate(trails):
        begin = int(np.searchsorted(firsts, trail.last + 1))
        end = int(np.searchsorted(firsts, trail.last + _LONG_SECONDS * rate, side="right"))
        for other in starts[begin:end]:
            pause = trails[other].first - trail.last
            moved = _motion_cost(paths[one], paths[other], rate) if pause <= _REACH_SECONDS * rate else _LONG_COST
            apart = looks.apart(one, other)
            if moved is not None and apart <= _LARGEST_UNLIKE:
                costs[one, other] = moved + 3 * apart
                short = pause <= _REACH_SECONDS * rate
                hidden[one, other] = short and _is_explained(paths, one, other, present, rate)
    known = [len(trail) >= _KNOWN_SECONDS * rate for trail in trails]
    return _best(costs, hidden, known)


class _EndLooks:
    """How people are dressed at the beginning and at the end of their trails."""

    def __init__(self, trails: Sequence[Trail], rate: float) -> None:
        clear, window = clear_detections(trails), round(_LOOK_SECONDS * rate)
        self._ends = [
            mean_look(trail, seen, trail.last - window, trail.last) for trail, seen in zip(trails, clear, strict=True)
        ]
        self._begins = [
            mean_look(trail, seen, trail.first, trail.first + window) for trail, seen in zip(trails, clear, strict=True)
        ]

    def apart(self, one: int, other: int) -> float:
        """How unlike the end of one is the beginning of another, 0 to 1."""
        end, begin = self._ends[one], self._begins[other]
        return unlike(end, begin) if end is not None and begin is not None else _UNKNOWN_UNLIKE


def hidden_places(trails: Sequence[Trail], links: Sequence[TrailLink], rate: float) -> Iterator[HiddenPlace]:
    """Where people may stand whom no detection shows: along each link, and straight on from each end.

    Not straight on where it is certain as which trail the person goes on.
    """
    followed = {link.first for link in links if link.certain and link.hidden}
    preceded = {link.second for link in links if link.certain and link.hidden}
    paths = [dense(trail, rate) for trail in trails]
    present = Occupancy(paths)
    for link in links:
        if not link.hidden:
            continue
        before, after = paths[link.first], paths[link.second]
        pause = after.first - before.last
        for step in range(1, pause):
            box = before.boxes[-1] + (after.boxes[0] - before.boxes[-1]) * step / pause
            yield HiddenPlace((link.first, link.second), before.last + step, _spread(box, min(step, pause - step)))
    for number, path in enumerate(paths):
        if number not in followed:
            yield from _straight_on(number, path.last, 1, path.boxes[-1], path.pace_out, present, rate)
        if number not in preceded:
            yield from _straight_on(number, path.first, -1, path.boxes[0], -path.pace_in, present, rate)


def _straight_on(
    number: int,
    end: int,
    direction: int,
    box: NDArray[np.float64],
    pace: NDArray[np.float64],
    present: Occupancy,
    rate: float,
) -> Iterator[HiddenPlace]:
    """From an end of a trail, for as long as somebody else explains that nobody is found."""
    pace = np.array([pace[0] + pace[2] / 2, _common(pace[1], pace[1] + pace[3]), 0.0, 0.0])
    for ahead in range(1, max(round(_ON_SECONDS * rate), _ON_STEPS) + 1):
        there, step = box + pace * ahead, end + direction * ahead
        if ahead > _ON_STEPS and within(there[None], present.boxes(step, (number,))).max(initial=0) <= _ON_BEHIND:
            return
        yield HiddenPlace((number,), step, _spread(there, ahead))


def _common(head: float, feet: float) -> float:
    """The pace that head and feet have in common: where only one of both moves, somebody covers the other."""
    if head * feet <= 0:
        return 0.0
    return head if abs(head) < abs(feet) else feet


def _spread(box: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """A box wider and higher by how uncertain it is after so many steps."""
    grown = _SPREAD * steps * box[3]
    return np.array([box[0] - 0.6 * grown, box[1] - 0.3 * grown, box[2] + 1.2 * grown, box[3] + 0.3 * grown])


def _motion_cost(before: DensePath, after: DensePath, rate: float) -> float | None:
    """How badly one path leads to another; None where it cannot be."""
    pause = after.first - before.last
    last, first = before.boxes[-1], after.boxes[0]
    height = (last[3] + first[3]) / 2
    ahead = min(pause, _STEADY_SECONDS * rate)
    forth = _foot(last + before.pace_out * ahead) - _foot(first)
    back = _foot(first - after.pace_in * ahead) - _foot(last)
    near, far = sorted(float(abs(off[0]) + 0.7 * abs(off[1])) / height for off in (forth, back))
    growth = abs(float(np.log(first[3] / last[3])))
    if near > _FARTHEST * (0.4 + 0.6 * min(pause / rate, 1)) or growth > _LARGEST_GROWTH:
        return None
    return float(near + 0.5 * far + 2 * growth + 0.15 * pause / rate)


def _foot(box: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([box[0] + box[2] / 2, box[1] + box[3]])


def _is_explained(paths: Sequence[DensePath], one: int, other: int, present: Occupancy, rate: float) -> bool:
    """Whether a pause is short, or somebody stood in front for most of it."""
    before, after = paths[one], paths[other]
    pause = after.first - before.last
    if pause <= _OPEN_SECONDS * rate:
        return True
    behind = 0
    for step in range(1, pause):
        box = before.boxes[-1] + (after.boxes[0] - before.boxes[-1]) * step / pause
        behind += bool(within(box[None], present.boxes(before.last + step, (one, other))).max(initial=0) > _BEHIND)
    return behind >= _BEHIND_SHARE * (pause - 1)


def _best(
    costs: dict[tuple[int, int], float], hidden: dict[tuple[int, int], bool], known: Sequence[bool]
) -> list[TrailLink]:
    """The links that are among the best of both of their ends."""
    ends: dict[int, list[tuple[float, int]]] = {}
    starts: dict[int, list[tuple[float, int]]] = {}
    for (one, other), cost in costs.items():
        ends.setdefault(one, []).append((cost, other))
        starts.setdefault(other, []).append((cost, one))
    links = []
    for (one, other), cost in costs.items():
        after, before = sorted(ends[one]), sorted(starts[other])
        if (cost, other) in after[:_BEST] and (cost, one) in before[:_BEST]:
            rivals = [
                *(value for value, third in after if third != other and not _leads(costs, other, third, value)),
                *(value for value, third in before if third != one and not _leads(costs, third, one, value)),
            ]
            both = known[one] and known[other]
            links.append(TrailLink(one, other, cost, min(rivals, default=inf), hidden[one, other], both))
    return links


def _leads(costs: dict[tuple[int, int], float], one: int, other: int, cost: float) -> bool:
    """Whether one trail leads to another at no more than a cost: the three are then one chain, and no rivals."""
    return costs.get((one, other), inf) <= cost
