"""What a person chooses for a redaction.

Owns the choices and their defaults.  Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from cctv.redaction.caption import DEFAULT, Line
from cctv.redaction.fill import Fill
from cctv.redaction.modes import Mode, Others

__all__ = ["Mode", "Options", "Others"]


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of one redaction.  `caption` is the line in the picture; None draws none."""

    mode: Mode = Mode.BACKDROP
    fill: Fill = Fill.SOLID
    others: Others = Others.SHAPE
    caption: Line | None = DEFAULT
