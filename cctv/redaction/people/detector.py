"""Detector of people: where in a window of a picture people are, by a learned model.

Owns what goes into a model, what its numbers mean, and the refusal of a model that gives other numbers.  One detector
serves one thread.  Nobody is recognised: a detection is a box and a score.  A model that fails raises PeopleSearchFailed and
never passes for a picture without people.

The default model is SSD-MobileNetV2, 300 x 300, trained on Open Images v4 (MediaPipe Objectron).  Its boxes are offsets
from fixed anchors (Liu et al. 2016, "SSD: Single Shot MultiBox Detector", section 2.2), encoded as in TensorFlow's
object detection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.core.i18n import N_, Message
from cctv.redaction.errors import PeopleSearchFailed, ModelRefused
from cctv.redaction.people.weights import Model, ModelKind
from cctv.redaction.video.geometry import Rect

LEAST_SCORE = 0.05  # boxes below it are not told; PETS09-S2L1 has 54 a picture at .1
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Detection:
    """A person: `box` in pixels of the whole picture, `score` from 0 to 1."""

    box: Rect
    score: float


class Detector:
    """One model, ready for one thread at a time."""

    def __init__(self, model: Model) -> None:
        """Read the model and try it on a blank picture; raises ModelRefused (15) where its form is another."""
        self._model = model
        self._network: _Network = _NETWORKS[model.kind](model)

    def in_window(self, picture: NDArray[np.uint8], window: Rect) -> tuple[Floats, Floats]:
        """Boxes (n, 4: x, y, width, height, in pixels of the picture, inside the window) and scores (n).

        picture: RGB, height x width x 3.  window: what is searched of it, rounded outwards to whole pixels and cut to
        the picture; outside of it there is nobody.  Scores are LEAST_SCORE or more, and one person has several boxes
        (`suppressed`).  Raises PeopleSearchFailed (15).
        """
        rows, columns = picture.shape[:2]
        left, top = max(int(np.floor(window.x)), 0), max(int(np.floor(window.y)), 0)
        right, bottom = min(int(np.ceil(window.right)), columns), min(int(np.ceil(window.bottom)), rows)
        if right <= left or bottom <= top:
            return np.empty((0, 4), np.float32), np.empty(0, np.float32)
        part = picture[top:bottom, left:right]
        try:
            corners, scores = self._network.found(part)
        except cv2.error as error:
            raise PeopleSearchFailed(path=self._model.path, problem=str(error).strip(), following=_AGAIN) from error
        if not np.isfinite(corners).all():
            raise PeopleSearchFailed(path=self._model.path, problem=_NO_NUMBERS, following=_AGAIN)
        corners = np.clip(corners, 0, 1) * np.tile([right - left, bottom - top], 2) + np.tile([left, top], 2)
        boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1).astype(np.float32)
        real = (boxes[:, 2:] > 0).all(axis=1)
        return boxes[real], scores[real]


def suppressed(boxes: Floats, scores: Floats, overlap: float) -> NDArray[np.intp]:
    """Numbers of the boxes that stay, the best first: of boxes that overlap more, the one with the best score.

    boxes: n x 4, x, y, width, height.  overlap: intersection over union, from 0 to 1.
    """
    if not len(boxes):
        return np.empty(0, np.intp)
    return np.asarray(cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.0, overlap), np.intp)


class _Network(Protocol):
    """Finds people in a picture: corners (n, 4: left, top, right, bottom, as shares of its width and height), scores."""

    def found(self, picture: NDArray[np.uint8]) -> tuple[Floats, Floats]: ...


class _SsdOidv4:
    """The default model: RGB / 127.5 - 1, 1,917 anchors, 24 classes without a common background."""

    _SIDE = 300
    _PERSON = 4  # of the labels that stand in the package before the weights
    _CLASSES = 24
    _BOXES, _SCORES = "raw_outputs/box_encodings", "raw_outputs/class_predictions"
    _CENTRE_SCALE, _SIZE_SCALE = 10.0, 5.0

    def __init__(self, model: Model) -> None:
        network = _read(model, cv2.dnn.readNetFromTFLite)
        if set(network.getUnconnectedOutLayersNames()) != {self._BOXES, self._SCORES}:
            raise _refused(model, N_("its outputs are not those of the default model"))
        self._model, self._network = model, network
        self._anchors, self._order = _ssd_anchors(), _tflite_order()
        shapes = tuple(part.shape for part in _tried(model, self._answers, self._SIDE, self._SIDE))
        if shapes != ((1, len(self._anchors), 4), (1, len(self._anchors), self._CLASSES)):
            raise _refused(model, N_("it answers {shapes}", shapes=shapes))

    def found(self, picture: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        boxes, classes = self._answers(picture)
        logits = classes[0, :, self._PERSON]
        _check_numbers(self._model, classes)
        rows = np.flatnonzero(logits >= np.log(LEAST_SCORE / (1 - LEAST_SCORE)))
        offsets = boxes.reshape(-1)[self._order[rows]]  # y, x of the centre, height, width
        anchors = self._anchors[rows]
        centres = anchors[:, :2] + offsets[:, :2] / self._CENTRE_SCALE * anchors[:, 2:]
        halves = anchors[:, 2:] * np.exp(offsets[:, 2:] / self._SIZE_SCALE) / 2
        corners = np.concatenate([centres - halves, centres + halves], axis=1)
        return corners[:, [1, 0, 3, 2]], 1 / (1 + np.exp(-logits[rows]))

    def _answers(self, picture: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        side = (self._SIDE, self._SIDE)
        self._network.setInput(cv2.dnn.blobFromImage(_resized(picture, *side), 1 / 127.5, side, (127.5, 127.5, 127.5)))
        boxes, classes = self._network.forward([self._BOXES, self._SCORES])
        return boxes, classes


_NETWORKS = {ModelKind.SSD_OIDV4: _SsdOidv4}
_GRIDS = ((19, 3), (10, 6), (5, 6), (3, 6), (2, 6), (1, 6))  # cells a side and anchors a cell of the six layers
_LEAST_SCALE, _LARGEST_SCALE, _REDUCED_SCALE = 0.2, 0.95, 0.1
_ASPECTS = (1.0, 2.0, 0.5, 3.0, 1 / 3)


@cache
def _ssd_anchors() -> Floats:
    """Anchors (1,917 x 4: y and x of the centre, height, width, as shares of the picture) in the order of the answers.

    As MediaPipe's SsdAnchorsCalculator makes them for this model: scales evenly from .2 to .95 over the layers, one
    more square between two scales in each, three boxes in the lowest layer, the first of them of scale .1.
    """
    scales = [*np.linspace(_LEAST_SCALE, _LARGEST_SCALE, len(_GRIDS)), 1.0]
    layers = []
    for (cells, kinds), scale, following in zip(_GRIDS, scales, scales[1:], strict=False):
        shapes = [(scale, aspect) for aspect in _ASPECTS] + [(np.sqrt(scale * following), 1.0)]
        if kinds == 3:
            shapes = [(_REDUCED_SCALE, 1.0), (scale, 2.0), (scale, 0.5)]
        sizes = np.array([(size / np.sqrt(aspect), size * np.sqrt(aspect)) for size, aspect in shapes])
        middles = (np.arange(cells) + 0.5) / cells
        centres = np.stack(np.meshgrid(middles, middles, indexing="ij"), axis=-1).reshape(-1, 1, 2)
        parts = np.broadcast_arrays(centres, sizes[None])
        layers.append(np.concatenate(parts, axis=-1).reshape(-1, 4))
    return np.concatenate(layers).astype(np.float32)


@cache
def _tflite_order() -> NDArray[np.intp]:
    """Where the four numbers of each anchor (1,917 x 4) stand in the box answer that OpenCV 4.14 gives.

    It transposes each of the six layers: the numbers of a layer, cells x cells x kinds x 4, come with the cells last.
    Measured against onnxruntime: reordered, they differ by 4e-5 at most.
    """
    layers, begin = [], 0
    for cells, kinds in _GRIDS:
        count = cells * cells * kinds * 4
        numbers = np.arange(begin, begin + count)
        layers.append(numbers.reshape(kinds, cells * cells * 4).T.reshape(-1, 4))
        begin += count
    return np.concatenate(layers)


def _read(model: Model, reader: Callable[[NDArray[np.uint8]], cv2.dnn.Net]) -> cv2.dnn.Net:
    """The network in the model's bytes, on the processor; raises ModelRefused."""
    try:
        network = reader(np.frombuffer(model.data, np.uint8))
        network.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
        network.setPreferableTarget(cv2.dnn.DNN_TARGET_CPU)
    except cv2.error as error:
        raise _refused(model, str(error).strip()) from error
    return network


def _tried(
    model: Model, answers: Callable[[NDArray[np.uint8]], tuple[Floats, ...]], width: int, height: int
) -> tuple[Floats, ...]:
    """What the model answers to a blank picture; raises ModelRefused."""
    try:
        return answers(np.zeros((height, width, 3), np.uint8))
    except cv2.error as error:
        raise _refused(model, str(error).strip()) from error


def _refused(model: Model, problem: Message | str) -> ModelRefused:
    return ModelRefused(path=model.path, problem=problem, following=_AGAIN)


def _check_numbers(model: Model, answer: Floats) -> None:
    """Raise PeopleSearchFailed where an answer holds what is no number: no comparison would find it."""
    if not np.isfinite(answer).all():
        raise PeopleSearchFailed(path=model.path, problem=_NO_NUMBERS, following=_AGAIN)


def _resized(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    rows, columns = picture.shape[:2]
    shrinks = rows * columns > width * height
    flags = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=flags), np.uint8)


_AGAIN = N_(
    "run the command again; if it fails again, install what requirements.lock names (docs/installing.md), or leave out "
    "[redaction] detector in cameras.toml where a model of your own is named there."
)
_NO_NUMBERS = N_("its answer holds what is no number")
