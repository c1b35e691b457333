"""Whether hidden people can be told apart by what is left of them: nearest neighbour, as a curious viewer's program does.

Owns the crops, the description of a crop, and the bootstrap.  Each person's crops are cut at his true boxes out of what
the product wrote, brought to one size, and described by colour, shades and edges; the first half of his time is what
the viewer has seen of him before, the second half is to be recognised.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.fill import Fill
from cctv.redaction.geometry import Box, Size
from cctv.redaction.options import Mode, Options
from redaction_bench.figures import Figure, at_most, holds, tells
from redaction_bench.pictures import Picture, pictures
from redaction_bench.studio import Annotated, Job, redacted, workers
from redaction_bench.truth import People, place

Features = NDArray[np.float32]
