"""Texts that are kept in tests/cli/snapshots and compared byte by byte."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("snapshots")
SHOWN_LINES = 60


@dataclass(frozen=True)
class Snapshot:
    """Compares a text with the kept one, or keeps it when `update` is set."""

    update: bool

    def __call__(self, name: str, text: str) -> None:
        """Fail unless `text` is what the file `name` below the snapshots has.

        Raises AssertionError with the difference and how to accept it.
        """
        path = FOLDER / name
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
            return
        kept = path.read_bytes().decode() if path.is_file() else ""  # a carriage return of a CSV is a byte too
        if text == kept:
            return
        difference = list(difflib.unified_diff(kept.split("\n"), text.split("\n"), "kept", "now", lineterm=""))
        left = len(difference) - SHOWN_LINES
        more = [f"... and {left} more lines"] if left > 0 else []
        raise AssertionError(
            "\n".join(
                [
                    f"{path} differs.  If that is meant: pytest tests/cli/test_snapshots.py --update-snapshots",
                    *difference[:SHOWN_LINES],
                    *more,
                ]
            )
        )
