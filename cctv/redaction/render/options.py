"""Options of a redaction: mode, fill, how other people appear, caption.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cctv.redaction.background.inpaint import Fill
from cctv.redaction.render.caption import DEFAULT, Line


class Mode(Enum):
    """`BACKDROP`: the empty scene, live only where kept.  `MASK`: the live picture, hidden where it differs."""

    BACKDROP = "backdrop"
    MASK = "mask"


class Others(Enum):
    """How other people appear in backdrop mode: as flat rounded shapes, or not at all."""

    SHAPE = "shape"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of one redaction.  `caption` is the line in the picture; None draws none."""

    mode: Mode = Mode.BACKDROP
    fill: Fill = Fill.SOLID
    others: Others = Others.SHAPE
    caption: Line | None = DEFAULT
