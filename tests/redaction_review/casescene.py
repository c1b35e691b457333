"""Small generated scenes for tests: a textured ground on which people of known colour walk at known places.

Each person is a figure in clothes of one colour, so that the detector finds a person, and a test can look for that
colour in an output.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT, RATE = 192, 144, 10
SEGMENT = 4  # seconds
FRAMES = SEGMENT * RATE
RED, BLUE = (200, 40, 40), (40, 60, 210)
TALL, WIDE = 44, 16
_FINE = 8  # times as large as it is drawn, for soft edges
_SKIN, _HAIR, _SHOES = (205, 165, 140), (60, 40, 30), (30, 25, 25)


@dataclass(frozen=True)
class Person:
    """A figure that walks from `start` on at `speed` pixels a frame along one line, feet at `bottom`."""

    colour: tuple[int, int, int]
    start: float
    speed: float
    bottom: int

    def left(self, frame: int) -> float:
        return self.start + self.speed * frame


def ground() -> np.ndarray:
    """The empty scene: slow shades with fine texture, (HEIGHT, WIDTH, 3) RGB."""
    noise = np.random.default_rng(7).integers(-12, 12, (HEIGHT, WIDTH, 1))
    shade = np.linspace(90, 150, WIDTH)[None, :, None] + np.linspace(0, 20, HEIGHT)[:, None, None]
    return np.clip(shade + noise, 0, 255).astype(np.uint8).repeat(3, axis=2)


def draw(picture: np.ndarray, left: int, bottom: int, colour: tuple[int, int, int], frame: int = 0) -> None:
    """Draw somebody WIDE x TALL pixels into a picture: head, trunk and arms of that colour, legs of a darker shade."""
    height, width = TALL * _FINE, WIDE * _FINE
    figure, cover = np.zeros((height, width, 3), np.uint8), np.zeros((height, width), np.uint8)

    def fill(colour, *corners):
        points = np.array([[(x * width, y * height) for x, y in corners]], np.int32)
        cv2.fillPoly(figure, points, colour)
        cv2.fillPoly(cover, points, 255)

    def oval(colour, middle, across, along, begin=0):
        for canvas, tone in ((figure, colour), (cover, 255)):
            axes = (int(across * width), int(along * height))
            cv2.ellipse(canvas, (width // 2, int(middle * height)), axes, 0, begin, 360, tone, -1)

    step = 0.16 * np.sin(0.7 * frame)
    legs, arms = (tuple(int(part * level) for level in colour) for part in (0.45, 0.8))
    for hip, side in ((0.30, step), (0.45, -step)):
        foot = hip + 0.03 + side
        fill(legs, (hip, 0.5), (hip + 0.25, 0.5), (foot + 0.17, 0.98), (foot, 0.98))
        fill(_SHOES, (foot, 0.95), (foot + 0.25, 0.95), (foot + 0.25, 1), (foot, 1))
    fill(colour, (0.22, 0.2), (0.78, 0.2), (0.74, 0.55), (0.26, 0.55))
    for shoulder, side in ((0.18, -step), (0.68, step)):
        hand = shoulder + (-0.06 if shoulder < 0.5 else 0.06) + side
        fill(arms, (shoulder, 0.21), (shoulder + 0.14, 0.21), (hand + 0.14, 0.55), (hand, 0.55))
    oval(_SKIN, 0.105, 0.17, 0.085)
    oval(_HAIR, 0.075, 0.18, 0.065, begin=180)
    share = cv2.resize(cover, (WIDE, TALL), interpolation=cv2.INTER_AREA)[..., None] / 255
    small = cv2.resize(figure, (WIDE, TALL), interpolation=cv2.INTER_AREA)  # black where nothing is: weighed already
    begin, end = max(left, 0), min(left + WIDE, picture.shape[1])
    if end > begin:
        part, at = picture[bottom - TALL : bottom, begin:end], slice(begin - left, end - left)
        part[:] = np.clip(part * (1 - share[:, at]) + small[:, at], 0, 255)


def film(path: Path, people: Sequence[Person], first: int = 0, frames: int = FRAMES) -> Path:
    """Write frames `first` .. `first + frames` of the scene as the recorder would, fragmented MP4 without sound."""
    command = f"ffmpeg -v error -f rawvideo -pix_fmt rgb24 -s {WIDTH}x{HEIGHT} -r {RATE} -i pipe:0 -c:v libx264 -crf 16"
    options = f"-preset veryfast -g {RATE} -pix_fmt yuv420p -movflags frag_keyframe+empty_moov+default_base_moof -y"
    pictures = []
    for frame in range(first, first + frames):
        picture = ground().copy()
        for person in people:
            draw(picture, round(person.left(frame)), person.bottom, person.colour, frame)
        pictures.append(picture)
    data = np.stack(pictures).tobytes()
    subprocess.run([*command.split(), *options.split(), str(path)], input=data, check=True, capture_output=True)
    return path


def pictures_of(path: Path) -> np.ndarray:
    """Every frame of a video, (frames, HEIGHT, WIDTH, 3) RGB."""
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        str(path),
        "-fps_mode",
        "passthrough",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
    ]
    data = subprocess.run([*command, "pipe:1"], check=True, capture_output=True).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, HEIGHT, WIDTH, 3)


SEEN = 60  # pixels of their colour, half of what a whole figure has (100 to 160): more is somebody who is seen


def pixels_of(pictures: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """For each frame, how many pixels look like that colour."""
    apart = np.abs(pictures.astype(np.int16) - np.array(colour, np.int16)).max(axis=3)
    return (apart < 45).sum(axis=(1, 2))
