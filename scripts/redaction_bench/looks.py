"""Whether hidden people can be told apart by what is left of them: nearest neighbour, as a program does.

Owns the crops, the description of a crop, and the bootstrap.  Each person's crops are cut at his true boxes out of the
product's video, brought to one size, and described by edges, colours and shades.  What was seen in the first half of
his time stands in the gallery; crops of the second half are to be recognised.

Neither place nor size is described: a viewer sees them anyway.  But a crop shows the ground around a person, and in a
backdrop under him, and the ground recognises itself (PETS09-S2L1: the empty scene alone, cut out at the same boxes, is
right in 10.5 % where chance is 5.3 %).  A crop is therefore only compared with crops that were taken at another place,
and what the ground alone then still gives is a figure of its own.  Every person has the same number of crops and weighs
the same.

The same is asked of an embedding: what the last layer before the heads of the detector that comes with the program
makes of a crop, in the mean of three parts of the body.  It was learned on Open Images, not to recognise people again:
no package was found that carries weights which were.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

import cv2
import numpy as np
from numpy.typing import NDArray

from cctv.redaction.background.inpaint import Fill
from cctv.redaction.people.weights import load_model
from cctv.redaction.render.options import Mode, Options, Others
from cctv.redaction.tracking.annotations import NOTHING_KEPT
from cctv.redaction.video.geometry import Rect, Size
from redaction_bench.engine import redacted
from redaction_bench.figures import Figure, at_least, at_most, holds, tells
from redaction_bench.pictures import Picture, pictures
from redaction_bench.studio import Annotated, workers
from redaction_bench.truth import People, place

Features = NDArray[np.float32]
Apart = NDArray[np.floating]
"""How far every crop to be recognised (rows) is from every crop of the gallery, both in the order of the people."""
_PEOPLE = 6  # with fewer the interval over people says nothing
_CROPS = 20  # of each person, in the gallery and again to be recognised
_GAP = 20  # frames between the two: neighbouring frames are one picture
_LEAST = 60  # frames in which somebody is whole in the picture; fewer give no two halves
_WHOLE = 0.9  # of a box inside of the picture
_SMALL = 8  # pixels; some ground truth cuts boxes at the picture's edge, and a sliver is nobody
_ELSEWHERE = 2.0  # box widths between two places; at 1 the ground alone is right in 11.1 %, from 2 on in 6.3 to 7.9 %
_ROWS, _COLUMNS = 32, 16  # of a crop
_CELL = 4  # pixels of a crop, for edges
_BINS = 9  # directions of edges
_DRAWS = 4000  # of the bootstrap
_BACKDROP = 10  # %
_LAYER = "FeatureExtractor/MobilenetV2/Conv_1/"  # of the detector: 1,280 values at 10 x 10 places
_BODY = ((0, 3), (3, 6), (6, 10))  # rows of these: head and shoulders, trunk, legs


@dataclass(frozen=True)
class Lineup:
    """Who is to be recognised: his box in frames of the first half of his time, then of the second."""

    crops: dict[int, tuple[tuple[int, Rect], ...]]

    @property
    def gallery(self) -> list[Rect]:
        """The boxes of what was seen before, person by person."""
        return [box for crops in self.crops.values() for _, box in crops[:_CROPS]]

    @property
    def asked(self) -> list[Rect]:
        """The boxes of what is to be recognised, person by person."""
        return [box for crops in self.crops.values() for _, box in crops[_CROPS:]]

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Which crops (rows: asked, columns: gallery) were taken at different places."""
        known, queries = _feet(self.gallery), _feet(self.asked)
        gap = np.abs(queries[:, np.newaxis] - known[np.newaxis]).max(axis=2)
        return np.asarray(gap >= _ELSEWHERE * np.array([[box.w] for box in self.asked]))

    @property
    def own(self) -> NDArray[np.bool_]:
        """Which crops are of one person."""
        return np.kron(np.eye(len(self.crops)), np.ones((_CROPS, _CROPS))) > 0

    @property
    def chance(self) -> float:
        """How often, in %, somebody is right who picks blindly from the crops that were taken elsewhere."""
        allowed = self.allowed
        picks = allowed.sum(axis=1)
        return 100 * float(((self.own & allowed).sum(axis=1)[picks > 0] / picks[picks > 0]).mean())


@dataclass(frozen=True)
class Recognition:
    """How often people are recognised, in %: in the mean of the people, and its 95 % interval."""

    mean: float
    interval: tuple[float, float]


def told_apart(on: Annotated) -> Iterator[Figure]:
    """The rows on re-identification."""
    lineup = chosen(on.people, on.size)
    yield at_least("looks: people", len(lineup.crops), _PEOPLE)
    if len(lineup.crops) < _PEOPLE:
        return
    yield tells("looks: chance, %", round(lineup.chance, 1))
    ground = np.clip(on.scene.ground, 0, 255).astype(np.uint8)
    whole = cut(pictures(on.clip, on.size), lineup)
    yield tells("looks: nothing hidden, %", recognised(lineup, described(whole)).mean)
    yield tells("looks: nothing hidden, by embedding, %", recognised(lineup, embedded(whole)).mean)
    alone = described(cut(repeat(ground, on.frames), lineup))
    yield tells("looks: the ground alone, %", recognised(lineup, alone).mean)
    yield tells("looks: the size of the box alone, %", recognised(lineup, sizes(lineup)).mean)
    for name, crops in _redactions(on, lineup):
        recognition, title = recognised(lineup, described(crops)), f"looks: {name}, %"
        is_backdrop = name == Fill.BACKDROP.value
        yield at_most(title, recognition.mean, _BACKDROP) if is_backdrop else tells(title, recognition.mean)
        if name in (Fill.SOLID.value, Others.SHAPE.value):
            yield holds(f"looks: {name}, 95 % interval", recognition.interval, lineup.chance)
            learned = recognised(lineup, embedded(crops))
            yield tells(f"looks: {name}, by embedding, %", learned.mean)
            yield holds(f"looks: {name}, by embedding, 95 % interval", learned.interval, lineup.chance)


def chosen(people: People, size: Size) -> Lineup:
    """Everybody who is whole in the picture for long enough."""
    crops = {}
    for person, boxes in people.items():
        whole = [frame for frame in sorted(boxes) if _is_whole(boxes[frame], size)]
        if len(whole) >= _LEAST:
            middle = len(whole) // 2
            halves = whole[: middle - _GAP // 2], whole[middle + _GAP // 2 :]
            crops[person] = tuple((half[at], boxes[half[at]]) for half in halves for at in _spread(len(half)))
    return Lineup(crops)


def _spread(count: int) -> list[int]:
    return [round(at) for at in np.linspace(0, count - 1, _CROPS)]


def _is_whole(box: Rect, size: Size) -> bool:
    inside = box.overlap(Rect(0, 0, size.width, size.height))
    return min(box.w, box.h) >= _SMALL and inside >= _WHOLE * box.area


def _feet(boxes: list[Rect]) -> NDArray[np.float64]:
    """Where people stand in the picture."""
    return np.array([[box.x + box.w / 2, box.bottom] for box in boxes])


def cut(shown: Iterable[Picture], lineup: Lineup) -> list[Picture]:
    """The crops of a video at half size (3 x rows x columns, YUV), in the order of the people."""
    by_frame: defaultdict[int, list[tuple[int, Rect]]] = defaultdict(list)
    numbered = enumerate(crop for crops in lineup.crops.values() for crop in crops)
    for number, (frame, box) in numbered:
        by_frame[frame].append((number, box))
    crops: dict[int, Picture] = {}
    for frame, picture in enumerate(shown):
        for number, box in by_frame.get(frame, ()):
            crops[number] = picture[:, *place(box.scaled(0.5))].copy()
    return [crops[number] for number in sorted(crops)]


def described(crops: Sequence[Picture]) -> Apart:
    """How far crops are apart by edges, colours and shades."""
    small = [_small(crop) for crop in crops]
    kinds = [np.stack([describe(crop) for crop in small]) for describe in (_edges, _colours, _shades)]
    return np.asarray(np.sum([_distances(kind) for kind in kinds], axis=0), np.float64)


def embedded(crops: Sequence[Picture]) -> Apart:
    """How far crops are apart by the embedding."""
    model = load_model()
    network = cv2.dnn.readNetFromTFLite(np.frombuffer(model.data, np.uint8))
    [layer] = [name for name in network.getLayerNames() if name.startswith(_LAYER) and name.endswith("/activ")]
    side = (model.input_size.width, model.input_size.height)

    def learned(crop: Picture) -> Features:
        large = cv2.resize(np.ascontiguousarray(crop.transpose(1, 2, 0)), side, interpolation=cv2.INTER_LINEAR)
        rgb = cv2.cvtColor(large, cv2.COLOR_YUV2RGB)
        network.setInput(cv2.dnn.blobFromImage(rgb, 1 / 127.5, side, (127.5, 127.5, 127.5)))
        values = np.asarray(network.forward(layer), np.float32)[0]
        parts = [values[:, top:bottom].mean(axis=(1, 2)) for top, bottom in _BODY]
        return np.concatenate([part / max(float(np.linalg.norm(part)), 1e-6) for part in parts])

    return _distances(np.stack([learned(crop) for crop in crops]))


def _distances(features: Features) -> Apart:
    """Of features of all crops, in the order of the people."""
    halves = features.reshape(-1, 2, _CROPS, features.shape[-1])
    gallery, queries = (halves[:, half].reshape(-1, features.shape[-1]) for half in (0, 1))
    return np.asarray(np.linalg.norm(queries[:, np.newaxis] - gallery[np.newaxis], axis=2), np.float64)


def sizes(lineup: Lineup) -> Apart:
    """How far the true boxes are apart by their size alone."""
    boxes = [box for crops in lineup.crops.values() for _, box in crops]
    return _distances(np.array([[box.w, box.h] for box in boxes], np.float32))


def recognised(lineup: Lineup, apart: Apart) -> Recognition:
    """How often the nearest crop from elsewhere is the same person's, bootstrapped over people."""
    allowed, own = lineup.allowed, lineup.own
    nearest = np.where(allowed, apart, np.inf).argmin(axis=1)
    right = own[np.arange(len(own)), nearest]
    fair = (own & allowed).any(axis=1)  # somebody who was never seen elsewhere cannot be recognised
    people = zip(right.reshape(-1, _CROPS), fair.reshape(-1, _CROPS), strict=True)
    shares = np.array([100 * correct[judged].mean() for correct, judged in people if judged.any()])
    draws = np.random.default_rng(1).choice(shares, (_DRAWS, len(shares))).mean(axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return Recognition(round(float(shares.mean()), 1), (float(low), float(high)))


def _redactions(on: Annotated, lineup: Lineup) -> Iterator[tuple[str, list[Picture]]]:
    """The crops in each way of hiding everybody, a process for each core."""
    ways = {fill.value: Options(Mode.MASK, fill, caption=None) for fill in Fill}
    ways |= {others.value: Options(Mode.BACKDROP, others=others, caption=None) for others in Others}
    outputs = {name: on.folder / f"looks-{name}.mp4" for name in ways}
    with workers() as pool:
        runs = [pool.submit(redacted, on.clip, NOTHING_KEPT, ways[name], outputs[name]) for name in ways]
        for (name, output), run in zip(outputs.items(), runs, strict=True):
            run.result()
            yield name, cut(pictures(output, on.size), lineup)
            output.unlink()


def _small(crop: Picture) -> Picture:
    planes = [cv2.resize(plane, (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA) for plane in crop]
    return np.stack(planes).astype(np.uint8)


def _edges(crop: Picture) -> Features:
    """Directions of edges in cells, as HOG has them; OpenCV 5 has none."""
    luma = crop[0].astype(np.float32)
    across, along = cv2.Sobel(luma, cv2.CV_32F, 1, 0, ksize=1), cv2.Sobel(luma, cv2.CV_32F, 0, 1, ksize=1)
    direction = (np.arctan2(along, across) % np.pi / np.pi * _BINS).astype(int) % _BINS
    cells = np.zeros((_ROWS // _CELL, _COLUMNS // _CELL, _BINS), np.float32)
    rows, columns = np.mgrid[0:_ROWS, 0:_COLUMNS] // _CELL
    np.add.at(cells, (rows, columns, direction), np.hypot(across, along))
    return np.asarray(cells.ravel() / (np.linalg.norm(cells) + 8), np.float32)  # 8: no edge is no direction


def _colours(crop: Picture) -> Features:
    """Histograms of head and chest, hips, legs; roots, so that distances are Hellinger's."""
    histograms = []
    for part in np.array_split(crop, 3, axis=1):
        for plane, low, high in zip(part, (0, 96, 96), (256, 160, 160), strict=True):
            counts, _ = np.histogram(np.clip(plane, low, high - 1), 16, (low, high))
            histograms.append(np.sqrt(counts / counts.sum()))
    return np.asarray(np.concatenate(histograms) / 3, np.float32)


def _shades(crop: Picture) -> Features:
    """The crop at 4 x 8; colour counts twice, because it spans less."""
    small = [cv2.resize(plane.astype(np.float32), (4, 8), interpolation=cv2.INTER_AREA) for plane in crop]
    weights = (1, 2, 2)
    planes = [plane.ravel() * weight / 255 for plane, weight in zip(small, weights, strict=True)]
    return np.asarray(np.concatenate(planes), np.float32)
