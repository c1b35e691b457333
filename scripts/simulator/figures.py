"""People as drawn: articulated figures with their own build, clothes and gait.

Owns what a person looks like in one pose.  Knows nothing of where anyone goes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from simulator.stage import Colour, Picture, Tones, toned

FINER = 3  # figures are drawn that many times larger and shrunk, for soft edges
SUBPIXEL_BITS = 3
HEAD = 1 / 7

HUES: tuple[Colour, ...] = (
    (40, 40, 190),
    (180, 90, 30),
    (50, 150, 60),
    (30, 170, 220),
    (150, 60, 130),
    (190, 180, 60),
    (60, 110, 235),
    (120, 120, 120),
)


@dataclass(frozen=True, slots=True)
class Look:
    """What tells one person from another."""

    build: float
    skin: Colour
    hair: Colour
    top: Colour
    bottom: Colour
    shoes: Colour
    stripe: Colour | None
    bag: Colour | None


@dataclass(frozen=True, slots=True)
class Pose:
    """One person at one moment, in pixels of the picture."""

    x: float
    feet_y: float
    height: float
    phase: float  # of the gait, radians
    swing: float  # 0 standing, 1 walking
    side: float  # -1 walks left, 0 towards or away from the camera, 1 walks right
    away: bool  # the back of the head is seen


@dataclass(frozen=True, slots=True)
class Sprite:
    """A drawn figure: premultiplied colours with opacity, and where its top left corner belongs."""

    left: int
    top: int
    colours: np.ndarray
    opacity: np.ndarray
    head: tuple[float, float, float, float]  # left, top, right, bottom in pixels of the picture


def dress(chance: np.random.Generator, tones: Tones, place: int, blends_in: bool) -> Look:
    """Choose the looks of one person; who blends in wears the tone of the floor and stands out by his head alone."""
    dark, light = tones.skin
    skin = toned((120, 150, 195), light) if chance.random() < 0.65 else toned((55, 80, 120), dark)
    hair = toned((45, 60, 80), float(chance.choice(tones.hair)))
    if blends_in:
        top = toned((112, 116, 120), tones.floor + float(chance.uniform(-5, 5)))
        bottom = toned((104, 106, 112), tones.floor + float(chance.uniform(-9, 2)))
        stripe, bag = None, None
    else:
        top = toned(HUES[place % len(HUES)], float(chance.choice([48, 66, 132, 210])))
        bottom = toned(HUES[(place * 3 + 1) % len(HUES)], float(chance.choice([35, 50, 70])))
        stripe = toned(HUES[(place + 4) % len(HUES)], 200) if chance.random() < 0.4 else None
        bag = toned((40, 60, 90), 40) if chance.random() < 0.4 else None
    return Look(float(chance.uniform(0.94, 1.06)), skin, hair, top, bottom, toned((40, 40, 45), 30), stripe, bag)


def draw(look: Look, pose: Pose) -> Sprite:
    """Draw a person on a small canvas of its own."""
    height = pose.height * look.build
    half, above, below = math.ceil(0.5 * height), math.ceil(1.06 * height), math.ceil(0.06 * height) + 1
    left, top = math.floor(pose.x) - half, math.floor(pose.feet_y) - above
    pen = _Pen((2 * half, above + below), left, top, pose, height)
    far, near = pose.phase + math.pi, pose.phase
    pen.ground = min(_leg(pen, pose, phase)[2][1] for phase in (far, near))
    _draw_arm(pen, look, pose, near + math.pi, -1)
    _draw_leg(pen, look, pose, far, -1)
    _draw_leg(pen, look, pose, near, 1)
    _draw_torso(pen, look, pose)
    _draw_arm(pen, look, pose, far + math.pi, 1)
    head = _draw_head(pen, look, pose)
    small = cv2.resize(pen.canvas, (2 * half, above + below), interpolation=cv2.INTER_AREA)
    opacity = small[..., 3:].astype(np.float32) / 255
    return Sprite(left, top, small[..., :3].astype(np.float32), opacity, head)


def paste(picture: Picture, sprite: Sprite) -> None:
    """Put a figure in front of what is already there; what lies outside the picture is lost."""
    rows, columns, inner_rows, inner_columns = overlap(picture, sprite)
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    opacity = sprite.opacity[inner_rows, inner_columns]
    under = picture[rows, columns].astype(np.float32)
    picture[rows, columns] = under * (1 - opacity) + sprite.colours[inner_rows, inner_columns] + 0.5


def overlap(picture: np.ndarray, sprite: Sprite) -> tuple[slice, slice, slice, slice]:
    """Rows and columns of the picture, and of the sprite, that they share."""
    height, width = sprite.opacity.shape[:2]
    rows, columns = picture.shape[:2]
    top, left = min(max(0, sprite.top), rows), min(max(0, sprite.left), columns)
    bottom = min(max(top, sprite.top + height), rows)
    right = min(max(left, sprite.left + width), columns)
    return (
        slice(top, bottom),
        slice(left, right),
        slice(top - sprite.top, bottom - sprite.top),
        slice(left - sprite.left, right - sprite.left),
    )


class _Pen:
    """Draws in heights of the person: x to the right of the middle, y up from the ground."""

    def __init__(self, size: tuple[int, int], left: int, top: int, pose: Pose, height: float) -> None:
        width, rows = size
        self.canvas = np.zeros((rows * FINER, width * FINER, 4), np.uint8)
        self.height = height
        self.ground = 0.0
        self._left, self._top, self._pose = left, top, pose

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Pixel of the picture."""
        return self._pose.x + x * self.height, self._pose.feet_y - (y - self.ground) * self.height

    def _point(self, x: float, y: float) -> tuple[int, int]:
        column, row = self.place(x, y)
        scale = FINER << SUBPIXEL_BITS
        return round((column - self._left) * scale), round((row - self._top) * scale)

    def _size(self, length: float) -> int:
        return max(1, round(length * self.height * FINER))

    def line(self, begin: tuple[float, float], end: tuple[float, float], width: float, colour: Colour) -> None:
        ends = self._point(*begin), self._point(*end)
        cv2.line(self.canvas, *ends, (*colour, 255), self._size(width), cv2.LINE_8, SUBPIXEL_BITS)

    def limb(self, begin: tuple[float, float], end: tuple[float, float], width: float, colour: Colour) -> None:
        """A line that is lighter on the left, where the light comes from."""
        self.line(begin, end, width, colour)
        shift = 0.22 * width
        self.line((begin[0] - shift, begin[1]), (end[0] - shift, end[1]), 0.35 * width, _shade(colour, 1.12))

    def polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        corners = np.array([self._point(*point) for point in points], np.int32)
        cv2.fillPoly(self.canvas, [corners], (*colour, 255), cv2.LINE_8, SUBPIXEL_BITS)

    def oval(
        self, centre: tuple[float, float], half: tuple[float, float], colour: Colour, arc: tuple[int, int] = (0, 360)
    ) -> None:
        scale = self.height * (FINER << SUBPIXEL_BITS)
        axes = round(half[0] * scale), round(half[1] * scale)
        where = self._point(*centre)
        cv2.ellipse(self.canvas, where, axes, 0, *arc, (*colour, 255), cv2.FILLED, cv2.LINE_8, SUBPIXEL_BITS)


def _shade(colour: Colour, factor: float) -> Colour:
    blue, green, red = (min(255.0, part * factor) for part in colour)
    return blue, green, red


def _leg(pen: _Pen, pose: Pose, phase: float) -> tuple[tuple[float, float], ...]:
    """Hip, knee, ankle and toe in heights of the person."""
    thigh = 0.46 * pose.swing * math.sin(phase)
    bend = 0.75 * pose.swing * max(0.0, math.cos(phase - 0.4))
    shin = thigh - bend
    apart = 0.042 * (1 - abs(pose.side)) + 0.008
    hip = (0.0, 0.5)
    knee = (0.245 * math.sin(thigh) * pose.side, hip[1] - 0.245 * math.cos(thigh))
    ankle = (knee[0] + 0.225 * math.sin(shin) * pose.side, knee[1] - 0.225 * math.cos(shin) + 0.0)
    toe = (ankle[0] + 0.055 * pose.side, ankle[1] - 0.012)
    return hip, knee, (ankle[0], ankle[1] - 0.03), toe, (apart, 0.0)


def _draw_leg(pen: _Pen, look: Look, pose: Pose, phase: float, layer: int) -> None:
    hip, knee, sole, toe, (apart, _) = _leg(pen, pose, phase)
    shift = apart * layer
    colour = _shade(look.bottom, 0.86 if layer < 0 else 1.0)
    hip, knee, sole, toe = ((x + shift, y) for x, y in (hip, knee, sole, toe))
    pen.limb(hip, knee, 0.085, colour)
    pen.limb(knee, (sole[0], sole[1] + 0.03), 0.062, colour)
    pen.line((sole[0] - 0.012 * pose.side, sole[1] + 0.016), (toe[0], sole[1] + 0.014), 0.036, look.shoes)


def _draw_torso(pen: _Pen, look: Look, pose: Pose) -> None:
    shoulder = 0.118 - 0.045 * abs(pose.side)
    waist = 0.085 - 0.022 * abs(pose.side)
    outline = [(-shoulder, 0.81), (-0.05, 0.84), (0.05, 0.84), (shoulder, 0.81), (waist + 0.008, 0.47), (-waist, 0.47)]
    pen.polygon(outline, look.top)
    pen.polygon([(-shoulder, 0.81), (-0.05, 0.835), (-0.03, 0.48), (-waist, 0.48)], _shade(look.top, 1.1))
    if look.stripe:
        pen.line((-waist, 0.66), (waist, 0.66), 0.03, look.stripe)
    pen.line((-waist, 0.475), (waist, 0.475), 0.012, _shade(look.bottom, 0.8))
    if look.bag:
        middle = -0.09 * (pose.side or 1)
        pen.polygon(
            [(middle - 0.045, 0.78), (middle + 0.045, 0.78), (middle + 0.04, 0.56), (middle - 0.04, 0.56)], look.bag
        )
    pen.line((0, 0.83), (0, 0.87), 0.055, _shade(look.skin, 0.94))


def _draw_arm(pen: _Pen, look: Look, pose: Pose, phase: float, layer: int) -> None:
    swing = 0.5 * pose.swing * math.sin(phase)
    out = 0.1 * (1 - abs(pose.side)) * layer
    shoulder = ((0.105 - 0.08 * abs(pose.side)) * layer, 0.79)
    elbow = (shoulder[0] + 0.165 * math.sin(swing) * pose.side + 0.3 * out, shoulder[1] - 0.165 * math.cos(swing))
    bent = swing + 0.35 * pose.swing + 0.08
    wrist = (elbow[0] + 0.14 * math.sin(bent) * pose.side, elbow[1] - 0.14 * math.cos(bent))
    sleeve = _shade(look.top, 0.84 if layer < 0 else 1.06)
    pen.limb(shoulder, elbow, 0.058, sleeve)
    pen.limb(elbow, wrist, 0.046, sleeve)
    pen.oval((wrist[0], wrist[1] - 0.012), (0.02, 0.025), look.skin)


def _draw_head(pen: _Pen, look: Look, pose: Pose) -> tuple[float, float, float, float]:
    """Draw the head; return its box, which is the oval of hair and face."""
    half = (0.4 * HEAD, 0.5 * HEAD)
    middle = (0.02 * pose.side * pose.swing, 1 - half[1])
    pen.oval(middle, half, look.hair)
    if not pose.away or abs(pose.side) > 0.6:
        turn = 0.22 * half[0] * pose.side
        face = (middle[0] + turn, middle[1] - 0.16 * half[1])
        pen.oval(face, (half[0] * (0.86 - 0.14 * abs(pose.side)), half[1] * 0.82), look.skin)
        look_at = face[0] + 0.3 * half[0] * pose.side
        apart = 0.36 * half[0] * (1 - 0.45 * abs(pose.side))
        for eye in (look_at - apart, look_at + apart):
            pen.oval((eye, face[1] + 0.16 * half[1]), (0.1 * half[0], 0.08 * half[1]), _shade(look.skin, 0.35))
        pen.line(
            (look_at, face[1]),
            (look_at + 0.1 * half[0] * pose.side, face[1] - 0.2 * half[1]),
            0.006,
            _shade(look.skin, 0.8),
        )
        mouth = face[1] - 0.42 * half[1]
        pen.line((look_at - 0.2 * half[0], mouth), (look_at + 0.2 * half[0], mouth), 0.008, _shade(look.skin, 0.6))
    left, top = pen.place(middle[0] - half[0], middle[1] + half[1])
    right, bottom = pen.place(middle[0] + half[0], middle[1] - half[1])
    return left, top, right, bottom
