"""Detector of people: where in a window of a picture people are, by a learned model.

Owns what goes into a model, what its numbers mean, and the refusal of a model whose numbers mean something else.  One
detector serves one thread at a time.  Nobody is recognised: a detection is a box and a score.  A model that fails
raises PeopleSearchFailed and never passes for a picture without people.

The default model is SSD-MobileNetV2, 300 x 300, trained on Open Images v4 (MediaPipe Objectron).  Its boxes are offsets
from fixed anchors (Liu et al. 2016, "SSD: Single Shot MultiBox Detector", section 2.2), encoded as TensorFlow's object
detection does.  Measured on two cores (x86-64): 27 to 29 ms a window with one thread of OpenCV; 14 ms with two
detectors in two threads of Python (OpenCV lets go of the interpreter), 16 ms with one detector on two threads of
OpenCV.  Winograd and fusion change nothing, fp16 exists on ARM only, int8 (`Net.quantize`) takes three times as long.
"""

from __future__ import annotations

import contextlib
import math
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.core.errors import ToolFailed
from cctv.core.i18n import N_, Message
from cctv.core.process import run_process
from cctv.redaction.errors import ModelRefused, PeopleSearchFailed
from cctv.redaction.people.weights import OWN_MODEL, REINSTALL, Model, ModelKind
from cctv.redaction.video.geometry import PixelRect, Rect, Size, outer
from cctv.redaction.video.yuv import Planes

LEAST_SCORE = 0.05  # boxes below it are not told; at 0.1, 97 to 100 % of the people of three clips are found
# OpenCV writes the same text to standard error as well, where only messages of the command belong.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_FATAL)
_OPENCV_PLACE = re.compile(r"OpenCV\([^)]*\) \S+:\d+: error: ")  # in OpenCV's own sources
_MOST_DETECTORS = 4  # each holds 60 MB
_ACROSS, _ALONG = 3, 2  # windows to one pass: they are upright, as people are
_GAP = 2  # pixels of grey on a cell's inner sides, in which no person stands half in another window
_GREY = 114  # of what is no picture, as in YOLOX's own preparation (yolox/data/data_augment.py)
_BEYOND = 0.02  # of a cell; what reaches farther into another is a person of two windows
Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]


class Detector:
    """One model, ready for one thread at a time."""

    def __init__(self, model: Model) -> None:
        """Read the model and try it on a blank picture; raises ModelRefused (15) where its form is another.

        A site's own is tried in a process of its own first, once: OpenCV 4.14 crashes on some damaged ONNX files.
        """
        if model.kind is ModelKind.YOLOX:
            survive(model)
        self._model = model
        self._network: _Network = _NETWORKS[model.kind](model)

    def in_window(self, picture: Picture, window: Rect) -> tuple[Floats, Floats]:
        """Boxes (n x 4: x, y, width, height, in pixels of the picture, inside the window) and scores (n).

        picture: RGB, height x width x 3.  window: what is searched of it, rounded outwards to whole pixels and cut to
        the picture; without any pixel in it there is nobody.  Scores are LEAST_SCORE or more, in no order, and one
        person has several boxes (`suppressed`).  Raises PeopleSearchFailed (15).
        """
        left, top = max(math.floor(window.x), 0), max(math.floor(window.y), 0)
        right, bottom = min(math.ceil(window.right), picture.shape[1]), min(math.ceil(window.bottom), picture.shape[0])
        if right <= left or bottom <= top:
            return np.empty((0, 4), np.float32), np.empty(0, np.float32)
        corners, scores = self._searched(picture[top:bottom, left:right])
        corners = np.clip(corners, 0, 1) * np.array([right - left, bottom - top] * 2, np.float32)
        sizes = corners[:, 2:] - corners[:, :2]
        boxes = np.concatenate([corners[:, :2] + np.array([left, top], np.float32), sizes], axis=1)
        real = (sizes > 0).all(axis=1)
        return boxes[real], scores[real]

    def in_windows(self, picture: Picture, windows: Sequence[Rect]) -> list[tuple[Floats, Floats]]:
        """The same for each of several windows; six of them, three by two, share one pass.

        For upright windows that are few times as tall as people: each is seen at half the height of the model's input.
        """
        found: list[tuple[Floats, Floats]] = []
        for begin in range(0, len(windows), _ACROSS * _ALONG):
            group = windows[begin : begin + _ACROSS * _ALONG]
            found += self._in_cells(picture, group) if len(group) > 1 else [self.in_window(picture, group[0])]
        return found

    def _in_cells(self, picture: Picture, windows: Sequence[Rect]) -> list[tuple[Floats, Floats]]:
        size = self._model.input_size
        width, height = size.width // _ACROSS - _GAP, size.height // _ALONG - _GAP
        sheet = np.full((size.height, size.width, 3), _GREY, np.uint8)
        cells = [
            PixelRect(left, top, left + width, top + height)
            for top in _begins(size.height, height, _ALONG)
            for left in _begins(size.width, width, _ACROSS)
        ]
        areas = [outer(window, Size(picture.shape[1], picture.shape[0])) for window in windows]
        for cell, area in zip(cells, areas, strict=False):
            if not area.empty:
                sheet[cell.slices()] = _resized(picture[area.slices()], width, height)
        corners, scores = self._searched(sheet)
        corners = corners * np.array([size.width, size.height] * 2, np.float32)
        return [_of_cell(corners, scores, cell, area) for cell, area in zip(cells, areas, strict=False)]

    def _searched(self, picture: Picture) -> tuple[Floats, Floats]:
        try:
            return self._network.search(picture)
        except (cv2.error, _NoNumbers) as error:
            raise PeopleSearchFailed(
                path=self._model.path, problem=_reason(error), following=_following(self._model)
            ) from error


def _begins(whole: int, part: int, count: int) -> list[int]:
    """Where each of some parts begins, evenly spread from the one end of the whole to the other."""
    return [(whole - part) * number // (count - 1) for number in range(count)]


def _of_cell(corners: Floats, scores: Floats, cell: PixelRect, area: PixelRect) -> tuple[Floats, Floats]:
    """What lies in one cell of a sheet, as boxes of the picture: those that reach into another cell are nobody."""
    lower, upper = np.array([cell.left, cell.top], np.float32), np.array([cell.right, cell.bottom], np.float32)
    beyond = _BEYOND * (upper - lower)
    middles = (corners[:, :2] + corners[:, 2:]) / 2
    inside = ((middles >= lower) & (middles < upper)).all(axis=1)
    inside &= (corners[:, :2] >= lower - beyond).all(axis=1) & (corners[:, 2:] <= upper + beyond).all(axis=1)
    scale = np.array([area.right - area.left, area.bottom - area.top], np.float32) / (upper - lower)
    begin = (np.clip(corners[inside, :2], lower, upper) - lower) * scale
    end = (np.clip(corners[inside, 2:], lower, upper) - lower) * scale
    boxes = np.concatenate([begin + np.array([area.left, area.top], np.float32), end - begin], axis=1)
    real = (end > begin).all(axis=1) & (not area.empty)
    return boxes[real], scores[inside][real]


class Detectors:
    """Detectors of one model for many threads: as many are made as are at work at once, four at most."""

    def __init__(self, model: Model) -> None:
        self._model, self._idle, self._free = model, [Detector(model)], BoundedSemaphore(_MOST_DETECTORS)

    @contextmanager
    def borrowed(self) -> Iterator[Detector]:
        """A detector that no other thread uses meanwhile."""
        with self._free:
            try:
                detector = self._idle.pop()
            except IndexError:
                detector = Detector(self._model)
            try:
                yield detector
            finally:
                self._idle.append(detector)


@lru_cache(maxsize=1)
def detectors_of(model: Model) -> Detectors:
    """The detectors of a model, kept for the next search with it: to make one takes 80 ms."""
    return Detectors(model)


def rgb(planes: Planes) -> Picture:
    """A decoded picture as detectors see it."""
    flat = np.concatenate([planes.y.ravel(), planes.u.ravel(), planes.v.ravel()])
    rows, columns = planes.y.shape
    return np.asarray(cv2.cvtColor(flat.reshape(rows * 3 // 2, columns), cv2.COLOR_YUV2RGB_I420), np.uint8)


def suppressed(boxes: Floats, scores: Floats, overlap: float) -> NDArray[np.intp]:
    """Numbers of the boxes that stay, the best first: of boxes that overlap more, the one with the best score.

    boxes: n x 4, x, y, width, height.  overlap: intersection over union, from 0 to 1.
    """
    if not len(boxes):
        return np.empty(0, np.intp)
    return np.asarray(cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.0, overlap), np.intp)


def trial() -> None:
    """Try the model that comes on standard input, sides of its input as arguments; what `survive` starts.

    A refusal is no failure here: the process that asked comes to the same one.
    """
    width, height = (int(argument) for argument in sys.argv[1:])
    model = Model(ModelKind.YOLOX, Path("-"), "", sys.stdin.buffer.read(), Size(width, height))
    with contextlib.suppress(ModelRefused):
        _NETWORKS[model.kind](model)


def survive(model: Model) -> None:
    """Raise ModelRefused where trying a model ends the process that tries it, or does not end."""
    if model.sha256 in _survived:
        return
    program = [sys.executable, "-P", "-c", "from cctv.redaction.people.detector import trial; trial()"]
    sides = [str(model.input_size.width), str(model.input_size.height)]
    try:
        run_process([*program, *sides], stdin=model.data, timeout=_TRIAL_SECONDS)
    except ToolFailed as error:
        problem = N_("OpenCV breaks off on it (status {status})", status=error.fields["status"])
        raise _refused(model, problem) from error
    except subprocess.TimeoutExpired as error:
        raise _refused(model, N_("it did not answer within {seconds} s", seconds=_TRIAL_SECONDS)) from error
    _survived.add(model.sha256)


_TRIAL_SECONDS = 120  # YOLOX-x answers within a second on one core
_survived: set[str] = set()  # SHA-256 of models that were tried in this process


class _NoNumbers(Exception):
    """A model's answer holds what is no number: comparisons would pass it over, as if nobody were there."""


class _Network(Protocol):
    """Searches a picture: corners (n x 4: left, top, right, bottom, as shares of its width and height) and scores."""

    def search(self, picture: Picture) -> tuple[Floats, Floats]: ...


class _SsdOidv4:
    """The default model: RGB / 127.5 - 1; 1,917 anchors; 24 classes, each with a score of its own."""

    _PERSON, _CLASSES = 4, 24  # number of the label "Person"; the labels stand in the package before the weights
    _OUTPUTS = ("raw_outputs/box_encodings", "raw_outputs/class_predictions")
    _CENTRE_SCALE, _SIZE_SCALE = 10, 5
    _LEAST_LOGIT = math.log(LEAST_SCORE / (1 - LEAST_SCORE))
    _LARGEST_GROWTH = 8.0  # of a logarithm: a box may be 3,000 times its anchor, and no overflow occurs

    def __init__(self, model: Model) -> None:
        self._network = _read(model, cv2.dnn.readNetFromTFLite)
        self._side = (model.input_size.width, model.input_size.height)
        self._anchors, self._order = _ssd_anchors(), _tflite_order()
        count = len(self._anchors)
        boxes, classes = _tried(model, lambda: self._answers(_blank(model.input_size)))
        if boxes.shape != (1, count, 4) or classes.shape != (1, count, self._CLASSES):
            raise _refused(
                model, N_("its outputs have the shapes {boxes} and {classes}", boxes=boxes.shape, classes=classes.shape)
            )

    def search(self, picture: Picture) -> tuple[Floats, Floats]:
        boxes, classes = self._answers(picture)
        logits = classes[0, :, self._PERSON]
        rows = np.flatnonzero(logits >= self._LEAST_LOGIT)
        offsets = boxes.reshape(-1)[self._order[rows]]  # y and x of the centre, height, width
        anchors = self._anchors[rows]
        centres = anchors[:, :2] + offsets[:, :2] / self._CENTRE_SCALE * anchors[:, 2:]
        growths = np.minimum(offsets[:, 2:] / self._SIZE_SCALE, self._LARGEST_GROWTH)
        halves = anchors[:, 2:] * np.exp(growths) / 2
        corners = np.concatenate([centres - halves, centres + halves], axis=1)
        scores = 1 / (1 + np.exp(-logits[rows]))
        return corners[:, [1, 0, 3, 2]].astype(np.float32), scores.astype(np.float32)

    def _answers(self, picture: Picture) -> list[Floats]:
        scaled = _resized(picture, *self._side)
        self._network.setInput(cv2.dnn.blobFromImage(scaled, 1 / 127.5, self._side, (127.5, 127.5, 127.5)))
        return _numbers(self._network.forward(self._OUTPUTS))


class _Yolox:
    """A site's own model, YOLOX (Ge et al. 2021) exported with its decoding: pixels from 0 to 255, blue first.

    One answer, 1 x n x (5 + classes): x and y of the centre, width and height in pixels of the input, objectness, score
    of each class; persons are the first class.  The picture keeps its form, at the top left, on grey.
    """

    _LEAST_COLUMNS = 6

    def __init__(self, model: Model) -> None:
        self._network = _read(model, cv2.dnn.readNetFromONNX)
        self._size = size = model.input_size
        answers = _tried(model, lambda: self._answers(_blank(size), size.width, size.height))
        shapes = [answer.shape for answer in answers]
        if len(answers) != 1 or len(shapes[0]) != 3 or shapes[0][0] != 1 or shapes[0][2] < self._LEAST_COLUMNS:
            raise _refused(
                model, N_("it answers {shapes}, and not 1 x N x (5 + classes)", shapes=", ".join(map(str, shapes)))
            )
        rows = answers[0][0]
        spread = np.ptp(rows[:, :2], axis=0) if len(rows) else np.zeros(2)
        # Without decoding, the centres are shares of a cell: the same shape, and nobody would ever be where they say.
        if spread[0] < size.width / 2 or spread[1] < size.height / 2:
            raise _refused(model, N_("its boxes are not in pixels of its input: it was exported without its decoding"))
        if rows[:, 4:].min() < 0 or rows[:, 4:].max() > 1:
            raise _refused(model, N_("its scores are not between 0 and 1"))

    def search(self, picture: Picture) -> tuple[Floats, Floats]:
        rows, columns = picture.shape[:2]
        scale = min(self._size.width / columns, self._size.height / rows)
        width, height = max(round(columns * scale), 1), max(round(rows * scale), 1)
        [[answer]] = self._answers(picture, width, height)
        scores = answer[:, 4] * answer[:, 5]
        likely = scores >= LEAST_SCORE
        centres, halves = answer[likely, :2], answer[likely, 2:4] / 2
        corners = np.concatenate([centres - halves, centres + halves], axis=1)
        shares = corners / np.array([width, height] * 2, np.float32)
        return shares.astype(np.float32), scores[likely]

    def _answers(self, picture: Picture, width: int, height: int) -> list[Floats]:
        padded = np.full((self._size.height, self._size.width, 3), _GREY, np.uint8)
        padded[:height, :width] = _resized(picture, width, height)
        self._network.setInput(cv2.dnn.blobFromImage(padded, swapRB=True))
        return _numbers(self._network.forward(self._network.getUnconnectedOutLayersNames()))


_NETWORKS: dict[ModelKind, Callable[[Model], _Network]] = {ModelKind.SSD_OIDV4: _SsdOidv4, ModelKind.YOLOX: _Yolox}
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
    for number, (cells, kinds) in enumerate(_GRIDS):
        scale, following = scales[number : number + 2]
        shapes = [*((scale, aspect) for aspect in _ASPECTS), (math.sqrt(scale * following), 1.0)]
        if number == 0:
            shapes = [(_REDUCED_SCALE, 1.0), (scale, 2.0), (scale, 0.5)]
        sizes = [(size / math.sqrt(aspect), size * math.sqrt(aspect)) for size, aspect in shapes]
        middles = (np.arange(cells) + 0.5) / cells
        anchors = np.empty((cells, cells, kinds, 4), np.float32)
        anchors[..., 0], anchors[..., 1] = middles[:, None, None], middles[None, :, None]
        anchors[..., 2:] = sizes
        layers.append(anchors.reshape(-1, 4))
    return np.concatenate(layers)


@cache
def _tflite_order() -> NDArray[np.intp]:
    """Where the four numbers of each anchor (1,917 x 4) stand in the boxes that OpenCV 4.14 answers.

    It transposes each of the six layers without saying so: of the numbers of a layer the cells come last.  Measured
    against onnxruntime: put in order, they differ by 4e-5 at most.
    """
    layers, begin = [], 0
    for cells, kinds in _GRIDS:
        numbers = np.arange(begin, begin + cells * cells * kinds * 4)
        layers.append(numbers.reshape(kinds, -1).T.reshape(-1, 4))
        begin += len(numbers)
    return np.concatenate(layers)


def _read(model: Model, reader: Callable[[NDArray[np.uint8]], cv2.dnn.Net]) -> cv2.dnn.Net:
    """The network in the model's bytes, on the processor; raises ModelRefused."""
    try:
        network = reader(np.frombuffer(model.data, np.uint8))
        network.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
        network.setPreferableTarget(cv2.dnn.DNN_TARGET_CPU)
    except cv2.error as error:
        raise _refused(model, _reason(error)) from error
    return network


def _tried(model: Model, answers: Callable[[], list[Floats]]) -> list[Floats]:
    """What the model answers to its first picture; raises ModelRefused."""
    try:
        return answers()
    except (cv2.error, _NoNumbers) as error:
        raise _refused(model, _reason(error)) from error


def _blank(size: Size) -> Picture:
    return np.full((size.height, size.width, 3), _GREY, np.uint8)


def _refused(model: Model, problem: Message | str) -> ModelRefused:
    return ModelRefused(path=model.path, problem=problem, following=_following(model))


def _following(model: Model) -> Message:
    return REINSTALL if model.kind is ModelKind.SSD_OIDV4 else OWN_MODEL


def _reason(error: Exception) -> Message | str:
    if isinstance(error, _NoNumbers):
        return N_("its answer holds what is no number")
    # The text alone: `err` of cv2.error belongs to the class, and may be that of an earlier error.
    return " ".join(_OPENCV_PLACE.sub("", str(error)).replace("> ", "").split())


def _numbers(answers: Iterable[object]) -> list[Floats]:
    """The answers of a network; raises _NoNumbers."""
    arrays = [np.asarray(answer, np.float32) for answer in answers]
    if not all(np.isfinite(array).all() for array in arrays):
        raise _NoNumbers
    return arrays


def _resized(picture: Picture, width: int, height: int) -> Picture:
    """The picture at that size: averaged where it shrinks, between its pixels where it grows."""
    shrinks = picture.shape[0] * picture.shape[1] > width * height
    flags = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=flags), np.uint8)
