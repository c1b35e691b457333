"""What benches, soaks and fault campaigns print: figures as a JSON object a line on stdout, notes on stderr."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_DIGITS = 4


def note(line: str) -> None:
    """Say on stderr what happens."""
    print(line, file=sys.stderr, flush=True)


def tell(row: Mapping[str, object]) -> None:
    """Print one JSON object on stdout."""
    print(json.dumps(row, ensure_ascii=False), flush=True)


def figure(name: str, value: object, goal: float | None = None) -> bool:
    """Print one figure; returns whether it is at most its goal, and True for one without a goal."""
    ok = goal is None or (isinstance(value, int | float) and value <= goal)
    shown = round(value, _DIGITS) if isinstance(value, float) else value
    tell({"figure": name, "value": shown, "goal": goal, "ok": ok})
    return ok


class Figures:
    """Prints each figure, and knows whether one of them missed its goal."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def equal(self, name: str, value: object, goal: object) -> bool:
        """A figure that must be equal to its goal."""
        return self._tell(name, value, goal, value == goal)

    def at_most(self, name: str, value: float, goal: float | None) -> bool:
        """A figure with an upper limit, None for one that is only told."""
        return self._tell(name, round(value, 1), goal, goal is None or value <= goal)

    def _tell(self, name: str, value: object, goal: object, ok: bool) -> bool:
        tell({"figure": name, "value": value, "goal": goal, "ok": ok})
        if not ok:
            self.missed.append(name)
        return ok


@contextmanager
def work_folder(prefix: str, *, inside: Path | None = None, keep: Path | None = None) -> Iterator[Path]:
    """A folder that goes at the end, in `inside` (None: where temporary files go); or `keep`, which stays."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix=prefix, dir=inside, ignore_cleanup_errors=True) as name:
        yield Path(name)
