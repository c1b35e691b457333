"""The empty scene: a lit room or facade, and how large things are where.

Owns perspective, surfaces and the tones that heads must stand out from.  Knows nothing of people's ways.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

Colour = tuple[float, float, float]  # blue, green, red
Picture = np.ndarray

LUMA = np.array([0.114, 0.587, 0.299], np.float32)
REFERENCE_HEIGHT = 360.0
HORIZON = 40.0
FLOOR_LINE = 150.0
PERSON_PER_ROW = 0.51  # a person's height over the distance of his feet from the horizon: a camera 3.4 m up
PERSON_METRES = 1.75
FOCAL = 520.0


class Layout(enum.Enum):
    """The places that can be generated."""

    FOYER = "foyer"
    FACADE = "facade"


@dataclass(frozen=True, slots=True)
class Tones:
    """Grey levels: the two bands that the empty scene keeps to, and those of heads, 25 or more away from both."""

    floor: float
    wall: float
    bands: tuple[tuple[float, float], tuple[float, float]]
    skin: tuple[float, ...]
    hair: tuple[float, ...]


TONES = {
    Layout.FOYER: Tones(107, 181, ((94, 116), (174, 192)), skin=(62, 145), hair=(24, 34, 44)),
    Layout.FACADE: Tones(150, 105, ((92, 117), (142, 160)), skin=(60, 191), hair=(22, 32, 42)),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A place of one size, in pixels of the picture."""

    layout: Layout
    width: int
    height: int

    @property
    def unit(self) -> float:
        """Pixels of this picture to one of a 360 line picture."""
        return self.height / REFERENCE_HEIGHT

    @property
    def tones(self) -> Tones:
        """Grey levels of the place."""
        return TONES[self.layout]

    def person_height(self, feet_y: float | np.ndarray) -> float | np.ndarray:
        """Height of a person whose feet stand on that row."""
        return PERSON_PER_ROW * (feet_y - HORIZON * self.unit)

    def empty(self, chance: np.random.Generator) -> Picture:
        """Paint the empty scene."""
        paint = _foyer if self.layout is Layout.FOYER else _facade
        picture = paint(self, chance)
        picture *= 1 + 0.02 * _cloud(self, chance, 5)[..., None]
        picture += 2.0 * _cloud(self, chance, 60)[..., None] + 1.5 * _cloud(self, chance, 200)[..., None]
        return _keep_to_bands(picture, self.tones.bands)


def toned(colour: Colour, luma: float) -> Colour:
    """The colour made lighter or darker until it has this grey level."""
    grey = float(np.dot(colour, LUMA))
    blue, green, red = (min(255.0, part * luma / grey) for part in colour)
    return blue, green, red


def _keep_to_bands(picture: Picture, bands: tuple[tuple[float, float], ...]) -> Picture:
    luma = picture @ LUMA
    nearest = [np.clip(luma, low, high) for low, high in bands]
    low, high = nearest
    target = np.where(np.abs(low - luma) <= np.abs(high - luma), low, high)
    return np.clip(picture * (target / np.maximum(luma, 1))[..., None], 0, 255).astype(np.uint8)


def _cloud(stage: Stage, chance: np.random.Generator, cells: int) -> np.ndarray:
    grain = chance.standard_normal((max(2, cells * stage.height // stage.width), cells)).astype(np.float32)
    return cv2.resize(grain, (stage.width, stage.height), interpolation=cv2.INTER_CUBIC)


def _ground(stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    """Metres to the right and into the depth for every pixel of the floor."""
    rows = np.arange(stage.height, dtype=np.float32)[:, None]
    columns = np.arange(stage.width, dtype=np.float32)[None, :]
    pixels_per_metre = np.maximum(rows - HORIZON * stage.unit, 1) * PERSON_PER_ROW / PERSON_METRES
    right = (columns - stage.width / 2) / pixels_per_metre
    depth = np.broadcast_to(FOCAL * stage.unit / pixels_per_metre, right.shape)
    return right, depth


def _base(stage: Stage, floor: Colour, wall: Colour, tile_metres: float) -> Picture:
    right, depth = _ground(stage)
    picture = np.empty((stage.height, stage.width, 3), np.float32)
    picture[:] = wall
    odd = (np.floor(right / tile_metres) + np.floor(depth / tile_metres)) % 2
    seam = np.minimum(_to_seam(right, tile_metres), _to_seam(depth, tile_metres)) < 0.02
    tiles = np.array(floor, np.float32) * (1 + 0.03 * (odd - 0.5) - 0.06 * seam)[..., None]
    line = round(FLOOR_LINE * stage.unit)
    picture[line:] = tiles[line:]
    return picture


def _to_seam(metres: np.ndarray, tile: float) -> np.ndarray:
    within = np.mod(metres, tile)
    return np.minimum(within, tile - within)


def _brush(stage: Stage, picture: Picture) -> Callable[[float, float, float, float, Colour], None]:
    """Fill a rectangle given in parts of the width and in rows of a 360 line picture."""

    def fill(left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        begin = (round(left * stage.width), round(top * stage.unit))
        end = (round(right * stage.width) - 1, round(bottom * stage.unit) - 1)
        cv2.rectangle(picture, begin, end, colour, cv2.FILLED)

    return fill


def _foyer(stage: Stage, chance: np.random.Generator) -> Picture:
    tones = stage.tones
    wall = toned((168, 182, 190), tones.wall)
    light = [toned(hue, level) for hue, level in (((150, 190, 205), 186), ((200, 185, 160), 178))]
    dark = [toned(hue, level) for hue, level in (((70, 105, 130), 108), ((120, 100, 70), 102), ((90, 120, 80), 112))]
    picture = _base(stage, toned((100, 106, 112), tones.floor), wall, 0.6)
    fill = _brush(stage, picture)
    fill(0.0, 143, 1.0, 150, dark[0])
    fill(0.69, 52, 0.81, 150, dark[1])
    fill(0.70, 56, 0.745, 150, dark[0])
    fill(0.755, 56, 0.80, 150, dark[0])
    fill(0.738, 98, 0.744, 106, light[0])
    for left in (0.08, 0.2, 0.47):
        fill(left, 58, left + 0.075, 108, dark[2])
        fill(left + 0.008, 62, left + 0.067, 104, light[1])
        for _ in range(5):
            x, y = left + 0.012 + chance.random() * 0.03, 66 + chance.random() * 24
            fill(x, y, x + 0.02, y + 9, dark[int(chance.integers(3))])
    fill(0.29, 108, 0.44, 163, dark[0])
    fill(0.285, 104, 0.445, 110, light[0])
    for column in range(6):
        fill(0.295 + column * 0.024, 114, 0.297 + column * 0.024, 160, dark[1])
    fill(0.58, 134, 0.67, 139, dark[1])
    fill(0.585, 139, 0.592, 156, dark[0])
    fill(0.658, 139, 0.665, 156, dark[0])
    _plant(stage, picture, chance, dark[2], light[1])
    for lamp in (0.15, 0.5, 0.85):
        _glow(stage, picture, lamp, 30)
    return picture


def _plant(stage: Stage, picture: Picture, chance: np.random.Generator, leaf: Colour, pot: Colour) -> None:
    foot = (round(0.93 * stage.width), round(146 * stage.unit))
    for _ in range(60):
        angle, reach = chance.uniform(np.pi, 2 * np.pi), chance.uniform(18, 44) * stage.unit
        tip = (round(foot[0] + 0.6 * reach * np.cos(angle)), round(foot[1] + reach * np.sin(angle)))
        shade = toned(leaf, chance.uniform(96, 115))
        cv2.line(picture, foot, tip, shade, max(1, round(2 * stage.unit)), cv2.LINE_AA)
    half = round(9 * stage.unit)
    cv2.rectangle(picture, (foot[0] - half, foot[1]), (foot[0] + half, foot[1] + round(18 * stage.unit)), pot, -1)


def _glow(stage: Stage, picture: Picture, across: float, top: float) -> None:
    rows = (np.arange(stage.height, dtype=np.float32)[:, None] / stage.unit - top) / 70
    columns = (np.arange(stage.width, dtype=np.float32)[None, :] / stage.width - across) / 0.12
    picture += (7 * np.exp(-(rows**2) - columns**2))[..., None]


def _facade(stage: Stage, chance: np.random.Generator) -> Picture:
    tones = stage.tones
    picture = _base(stage, toned((150, 150, 152), tones.floor), toned((80, 98, 140), tones.wall), 0.9)
    fill = _brush(stage, picture)
    brick = toned((80, 98, 140), tones.wall)
    for course in range(19):
        for place in range(-1, 27):
            left = (place + 0.5 * (course % 2)) * 0.04
            shade = toned(brick, tones.wall + float(chance.uniform(-9, 7)))
            fill(max(0.0, left + 0.001), course * 8 + 0.5, left + 0.039, course * 8 + 7.5, shade)
    frame, glass = toned((120, 122, 118), 114), toned((176, 158, 138), 152)
    for left in (0.06, 0.24, 0.62, 0.86):
        fill(left, 34, left + 0.09, 104, frame)
        fill(left + 0.007, 39, left + 0.042, 99, glass)
        fill(left + 0.048, 39, left + 0.083, 99, glass)
        fill(left - 0.005, 104, left + 0.095, 109, toned((150, 152, 150), 146))
    fill(0.42, 40, 0.53, 152, frame)
    fill(0.43, 46, 0.52, 152, toned((90, 110, 70), 100))
    fill(0.44, 54, 0.51, 92, glass)
    fill(0.51, 108, 0.515, 114, glass)
    fill(0.4, 150, 0.55, 156, toned((140, 142, 144), 145))
    for left in (0.72, 0.75, 0.78):
        fill(left, 128, left + 0.004, 160, frame)
        fill(left, 126, left + 0.02, 129, frame)
        fill(left + 0.017, 128, left + 0.021, 160, frame)
    return picture
