"""Faults to come: which, when, of which camera and for how long.  Pure; the same seed makes the same faults."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from random import Random


class Kind(Enum):
    """What goes wrong.  The values are what the report calls them."""

    FREEZE = "freeze"  # no pictures, while answers and RTCP go on: a stall
    SOFT_FREEZE = "soft freeze"  # the same, too short for a stall
    HANG = "hang"  # the connection stays open and nothing at all comes
    STOP = "stop"  # disconnected, and 404 from then on
    RESTART = "camera restart"  # disconnected, and served again at once
    LOSS = "1 % loss"
    SIZE = "size change"
    KILL = "kill -9"
    REMOVED = "camera removed"  # from cameras.toml, by SIGHUP


SHORTEST = 1.0  # seconds, of what lasts
LONGEST = 12.0
SOFT = 0.7, 1.4  # seconds: longer than what is no gap (0.5 s), shorter than a stall
AT_ONCE = 0.2
HEALED_BY = 0.6  # of the time until the next fault


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; `at` and `lasts` in seconds, `at` from the beginning."""

    at: float
    kind: Kind
    camera: str
    lasts: float


def faults(seed: int, cameras: list[str], seconds: float, every: float) -> list[Fault]:
    """One fault every so often, each kind as often as any other, the last one early enough to heal."""
    chance = Random(seed)
    deck: list[Kind] = []
    planned = []
    for number in range(1, int(seconds / every) + 1):
        if not deck:
            deck = list(Kind)
            chance.shuffle(deck)
        kind = deck.pop()
        planned.append(Fault(number * every - every / 2, kind, chance.choice(cameras), _lasts(kind, every, chance)))
    return planned


def _lasts(kind: Kind, every: float, chance: Random) -> float:
    if kind is Kind.SOFT_FREEZE:
        return chance.uniform(*SOFT)
    if kind in (Kind.RESTART, Kind.KILL):
        return AT_ONCE
    return chance.uniform(SHORTEST, max(SHORTEST, min(LONGEST, every * HEALED_BY)))
