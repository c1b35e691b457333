"""One figure a line, and whether its goal is met."""

from __future__ import annotations

from dataclasses import dataclass

Number = int | float


@dataclass(frozen=True)
class Persons:
    """Of how many of a clip's people a figure was taken."""

    tried: int
    of: int


@dataclass(frozen=True)
class Figure:
    """A measured value; `goal` says in words what it is held to, and is None for what only tells of the others.

    `persons`: of whom it was taken, where not everybody need be; the row says so where somebody was left out.
    """

    name: str
    value: Number | list[Number]
    goal: str | None = None
    ok: bool = True
    persons: Persons | None = None

    def row(self) -> dict[str, object]:
        """What is printed of the figure, as one JSON object."""
        row: dict[str, object] = {"figure": self.name, "value": self.value, "goal": self.goal, "ok": self.ok}
        if self.persons is not None and self.persons.tried < self.persons.of:
            row["persons"] = f"{self.persons.tried} of {self.persons.of}"
        return row


def tells(name: str, value: Number) -> Figure:
    """A figure without a goal."""
    return Figure(name, value)


def at_most(name: str, value: Number, goal: Number) -> Figure:
    """A figure that must not be larger than its goal."""
    return Figure(name, value, f"<= {goal}", value <= goal)


def at_least(name: str, value: Number, goal: Number) -> Figure:
    """A figure that must reach its goal."""
    return Figure(name, value, f">= {goal}", value >= goal)


def holds(name: str, interval: tuple[float, float], value: float) -> Figure:
    """An interval that must hold a value."""
    low, high = interval
    return Figure(name, [round(low, 1), round(high, 1)], f"holds {value:.1f}", low <= value <= high)
