"""Person detector for the background model: people who stood still in so many samples that the median shows them.

Histograms of oriented gradients (Dalal and Triggs 2005) with the weights that OpenCV carries inside its library: no
file, no download.  Runs once a backdrop.  A detector that fails raises SearchFailed and never passes for an empty
scene.
"""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.core.i18n import N_
from cctv.redaction.errors import SearchFailed
from cctv.redaction.video.geometry import Rect
from cctv.redaction.video.yuv import Planes, every_core

_WEIGHTS_SHA256 = "cb2198952eaa5bc7e43d950b9f2aa1966528063c7295c7262133e7fa0d3d564c"  # SHA-256 of its weights, float32
_TARGET_ROWS = 1152  # to which a picture is enlarged, at most twice: people from a twelfth of the height on are found
_STRIDE, _PADDING = (8, 8), (16, 16)
_SCALE = 1.1
# further hits that must lie over a hit: PETS09-S2L1, 174 of 186 people in single frames, empty scene: none
_MIN_GROUP_HITS = 2
_GROUP_EPSILON = 0.3  # groupRectangles' eps


def people_in(planes: Planes) -> tuple[Rect, ...]:
    """Boxes around the standing people in a picture, full-size pixels, with some margin; raises SearchFailed (15).

    Luma alone is searched: with colour three fewer of 186 people are found (PETS09-S2L1), and three more that are none.
    """
    rows = planes.y.shape[0]
    factor = min(max(_TARGET_ROWS / rows, 1.0), 2.0)
    try:
        detector = _detector()
        large = cv2.resize(planes.y, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
        if large.shape[0] < 128 or large.shape[1] < 64:  # the detector's window
            return ()
        with every_core():
            hits, _ = detector.detectMultiScale(
                large, hitThreshold=0.0, winStride=_STRIDE, padding=_PADDING, scale=_SCALE, groupThreshold=0
            )
        boxes, _ = cv2.groupRectangles([[int(n) for n in hit] for hit in hits], _MIN_GROUP_HITS, _GROUP_EPSILON)
    except cv2.error as error:
        raise SearchFailed(problem=str(error).strip()) from error
    return tuple(Rect(*(float(n) / factor for n in hit)) for hit in boxes)


def _detector() -> cv2.HOGDescriptor:
    if not hasattr(cv2, "HOGDescriptor"):
        raise SearchFailed(problem=N_("OpenCV {version} carries no detector of people", version=cv2.__version__))
    weights: NDArray[np.float32] = np.asarray(cv2.HOGDescriptor.getDefaultPeopleDetector(), np.float32)
    if hashlib.sha256(weights.tobytes()).hexdigest() != _WEIGHTS_SHA256:
        raise SearchFailed(
            problem=N_(
                "OpenCV {version} carries another detector than the one that was measured", version=cv2.__version__
            )
        )
    detector = cv2.HOGDescriptor()
    detector.setSVMDetector(weights)
    return detector
