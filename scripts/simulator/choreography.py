"""Who goes where and when: the ways of the people of a scene, frame by frame.

Owns the roles.  Ways are made for 24 seconds; a shorter scene is the piece around the crossing, a longer one has more
time between the entrances.  A scene of 24 seconds or more begins and ends empty, so that it plays in a circle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simulator.stage import PERSON_METRES, Stage

NOMINAL_SECONDS = 24.0
CROSSING_SECONDS = 6.5  # when the first two people meet
WALK_METRES_PER_SECOND = 1.25
STRIDE = 0.8  # of a person's height, for two steps
LATEST_END = 23.6


@dataclass(frozen=True, slots=True)
class Way:
    """One person's movement: every array has an entry per frame."""

    role: str
    x: np.ndarray
    feet_y: np.ndarray
    phase: np.ndarray
    swing: np.ndarray
    side: np.ndarray
    away: np.ndarray


class _Route:
    """A way under construction, in rows of a 360 line picture and parts of its width."""

    def __init__(self, stage: Stage, start: float, x: float, y: float, pace: float = 1.0) -> None:
        self._stage, self._pace = stage, pace
        self.stops: list[tuple[float, float, float]] = [(start, x, y)]

    def walk(self, x: float, y: float) -> _Route:
        """Go straight there at walking pace."""
        time, from_x, from_y = self.stops[-1]
        width = self._stage.width / self._stage.unit
        nominal = Stage(self._stage.layout, round(width), 360)
        metre = float(nominal.person_height((y + from_y) / 2)) / PERSON_METRES
        # Rows weigh more than columns: depth is foreshortened.
        distance = float(np.hypot((x - from_x) * width, 2.2 * (y - from_y))) / metre
        self.stops.append((time + distance / (WALK_METRES_PER_SECOND * self._pace), x, y))
        return self

    def stand(self, seconds: float) -> _Route:
        """Stay."""
        time, x, y = self.stops[-1]
        self.stops.append((time + seconds, x, y))
        return self

    @property
    def end(self) -> float:
        """When the last stop is reached."""
        return self.stops[-1][0]


LEFT, RIGHT = -0.07, 1.07


def ways(
    stage: Stage, seconds: float, fps: float, people: int, chance: np.random.Generator, pair: bool, statue: bool
) -> list[Way]:
    """The ways of all people, in the order of their ids from 1 on."""
    mirrored = bool(chance.integers(2))
    planned = [_plan(place, stage, chance) for place in range(people)]
    if pair:
        planned += _pair(stage, chance)
    if statue:
        planned.append(("statue", _Route(stage, -99, 0.86, 208).stand(2000)))
    times = _nominal_times(seconds, fps)
    return [_follow(role, route, stage, seconds, times, mirrored, chance) for role, route in planned]


def _plan(place: int, stage: Stage, chance: np.random.Generator) -> tuple[str, _Route]:
    roles: list[Callable[[Stage, np.random.Generator], tuple[str, _Route]]] = [
        _walker,
        _crosser,
        _stander,
        _visitor,
        _follower,
    ]
    return roles[place](stage, chance) if place < len(roles) else _passer(stage, chance)


def _walker(stage: Stage, chance: np.random.Generator) -> tuple[str, _Route]:
    lane = 256 + chance.uniform(-5, 5)
    return "walker", _Route(stage, 0.8, LEFT, lane + 5).walk(RIGHT, lane - 5)


def _crosser(stage: Stage, chance: np.random.Generator) -> tuple[str, _Route]:
    lane = 270 + chance.uniform(-2, 5)  # near enough behind the walker's own for his head to be hidden
    return "crosser", _Route(stage, 2.9 + chance.uniform(-0.4, 0.4), RIGHT, lane).walk(LEFT, lane + 4)


def _stander(stage: Stage, chance: np.random.Generator) -> tuple[str, _Route]:
    lane = 198 + chance.uniform(-5, 8)
    place = 0.23 + chance.uniform(-0.02, 0.02)
    return "stander", _Route(stage, 6.0, LEFT, lane).walk(place, lane).stand(6.0).walk(LEFT, lane + 4)


def _visitor(stage: Stage, chance: np.random.Generator) -> tuple[str, _Route]:
    turn = 0.66 + chance.uniform(-0.04, 0.04)
    return "visitor", _Route(stage, 11.0, RIGHT, 305).walk(turn, 214).stand(1.5).walk(RIGHT, 204)


def _follower(stage: Stage, chance: np.random.Generator) -> tuple[str, _Route]:
    lane = 226 + chance.uniform(-5, 5)
    return "walker", _Route(stage, 12.0, LEFT, lane, 1.04).walk(RIGHT, lane)


def _passer(stage: Stage, chance: np.random.Generator) -> tuple[str, _Route]:
    lane = float(chance.uniform(195, 308))
    ends = (LEFT, RIGHT) if chance.random() < 0.5 else (RIGHT, LEFT)
    pace = 1.05 if lane > 250 else 1.35
    lasts = _Route(stage, 0, ends[0], lane, pace).walk(ends[1], lane).end
    start = float(chance.uniform(10.5, max(10.6, LATEST_END - lasts)))
    return "walker", _Route(stage, start, ends[0], lane, pace).walk(ends[1], lane)


def _pair(stage: Stage, chance: np.random.Generator) -> list[tuple[str, _Route]]:
    lane = 262 + chance.uniform(-5, 5)
    first = _Route(stage, 13.3, RIGHT, lane, 1.02).walk(LEFT - 0.03, lane)
    second = _Route(stage, 13.3, RIGHT + 0.045, lane + 7, 1.02).walk(LEFT, lane + 7)
    # Side by side: both reach the far edge together, whatever their own pace would be.
    second.stops[-1] = (first.end + 0.3, *second.stops[-1][1:])
    return [("pair", first), ("pair", second)]


def _nominal_times(seconds: float, fps: float) -> np.ndarray:
    times = np.arange(round(seconds * fps)) / fps
    if seconds >= NOMINAL_SECONDS:
        return times
    return times + min(max(0.0, CROSSING_SECONDS - seconds / 2), NOMINAL_SECONDS - seconds)


def _follow(
    role: str,
    route: _Route,
    stage: Stage,
    seconds: float,
    times: np.ndarray,
    mirrored: bool,
    chance: np.random.Generator,
) -> Way:
    stops = np.array(route.stops)
    later = stops[0, 0] * max(0.0, seconds / NOMINAL_SECONDS - 1)
    x = np.interp(times, stops[:, 0] + later, stops[:, 1])
    feet_y = np.interp(times, stops[:, 0] + later, stops[:, 2]) * stage.unit
    x = (1 - x if mirrored else x) * stage.width
    step = float(times[1] - times[0]) if len(times) > 1 else 1.0
    speed_x, speed_y = _speed(x, step), _speed(feet_y, step)
    height = np.asarray(stage.person_height(feet_y))
    travelled = np.cumsum(np.hypot(speed_x, speed_y * 1.6)) * step / height
    speed = np.hypot(speed_x, speed_y) / height
    swing = np.clip(speed / 0.45, 0, 1)
    side = speed_x / np.maximum(np.hypot(speed_x, speed_y * 1.6), 0.06 * height)
    sway = 0.004 * height * np.sin(times * 1.3 + chance.uniform(0, 6)) * (1 - swing)
    phase = 2 * np.pi * travelled / STRIDE + chance.uniform(0, 6)
    return Way(role, x + sway, feet_y, phase, swing, side, speed_y < -0.08 * height)


def _speed(values: np.ndarray, step: float) -> np.ndarray:
    """Pixels a second, smoothed over the half second that a person takes to turn."""
    if len(values) < 2:
        return np.zeros_like(values)
    width = min(len(values), max(1, round(0.5 / step)) | 1)
    padded = np.pad(np.gradient(values, step), width // 2, mode="edge")
    return np.convolve(padded, np.ones(width) / width, mode="valid")[: len(values)]
