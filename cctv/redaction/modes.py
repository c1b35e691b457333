"""The two modes of a redaction, and how other people appear.  No I/O, and nothing heavy: plans are read with it."""

from __future__ import annotations

from enum import Enum


class Mode(Enum):
    """`BACKDROP`: the empty scene, live only where kept.  `MASK`: the live picture, hidden where it differs."""

    BACKDROP = "backdrop"
    MASK = "mask"


class Others(Enum):
    """How other people appear in backdrop mode: as flat rounded shapes, or not at all."""

    SHAPE = "shape"
    ABSENT = "absent"
