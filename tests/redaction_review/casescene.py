"""Small generated scenes for tests: a textured ground on which people of known colour walk at known places.

Each person is a plain rectangle in a colour of its own, so that a test can look for that colour in an output.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

WIDTH, HEIGHT, RATE = 192, 144, 10
SEGMENT = 4  # seconds
FRAMES = SEGMENT * RATE
RED, BLUE = (200, 40, 40), (40, 60, 210)
TALL, WIDE = 44, 16


@dataclass(frozen=True)
class Person:
    """A rectangle that walks from `start` on at `speed` pixels a frame along one line, feet at `bottom`."""

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


def film(path: Path, people: Sequence[Person], first: int = 0, frames: int = FRAMES) -> Path:
    """Write frames `first` .. `first + frames` of the scene as the recorder would, fragmented MP4 without sound."""
    command = f"ffmpeg -v error -f rawvideo -pix_fmt rgb24 -s {WIDTH}x{HEIGHT} -r {RATE} -i pipe:0 -c:v libx264 -crf 16"
    options = f"-preset veryfast -g {RATE} -pix_fmt yuv420p -movflags frag_keyframe+empty_moov+default_base_moof -y"
    pictures = []
    for frame in range(first, first + frames):
        picture = ground().copy()
        for person in people:
            left = round(person.left(frame))
            picture[person.bottom - TALL : person.bottom, max(left, 0) : max(left + WIDE, 0)] = person.colour
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


def pixels_of(pictures: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """For each frame, how many pixels look like that colour."""
    apart = np.abs(pictures.astype(np.int16) - np.array(colour, np.int16)).max(axis=3)
    return (apart < 45).sum(axis=(1, 2))
