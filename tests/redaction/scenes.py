"""Small generated scenes for the redaction tests: a textured ground, camera noise, people whose place is known."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from cctv.redaction.video.geometry import Rect

Path_ = Callable[[int], tuple[float, float] | None]
WIDTH, HEIGHT = 320, 240
STILL = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
"""A camera that stands as it stood in the first frame: a 2 x 3 matrix from its pixels to those of another frame."""


def nudged(x: float, y: float) -> np.ndarray:
    """A camera whose scene stands so many pixels further right and down."""
    return np.array([[1, 0, x], [0, 1, y]], np.float32)


@dataclass(frozen=True)
class Person:
    """A body with a head: `at` gives the middle of the feet in a frame, or None when away."""

    at: Path_
    luma: int = 60
    u: int = 110
    v: int = 150
    w: int = 26
    h: int = 76

    def box(self, frame: int) -> Rect | None:
        foot = self.at(frame)
        return None if foot is None else Rect(foot[0] - self.w / 2, foot[1] - self.h, self.w, self.h)


@dataclass(frozen=True)
class Scene:
    """People drawn in order: the last stands in front.

    `colour` is 0 in infrared; `camera` moves the whole picture;
    `things` are boxes of one level (left, top, width, height, level) in the scene.
    """

    people: Sequence[Person] = ()
    frames: int = 60
    width: int = WIDTH
    height: int = HEIGHT
    light: Callable[[int], float] = field(default=lambda _frame: 0.0)
    colour: Callable[[int], float] = field(default=lambda _frame: 1.0)
    noise: float = 2.0
    seed: int = 7
    camera: Callable[[int], np.ndarray] = field(default=lambda _frame: STILL)
    things: Callable[[int], Sequence[tuple[int, int, int, int, float]]] = field(default=lambda _frame: ())

    def pictures(self) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        random = np.random.default_rng(self.seed)
        ground = self._ground(random)
        return [self._picture(frame, ground, random) for frame in range(self.frames)]

    def _ground(self, random: np.random.Generator) -> np.ndarray:
        coarse = random.normal(0, 14, (self.height // 16 + 2, self.width // 16 + 2))
        texture = coarse.repeat(16, 0).repeat(16, 1)[: self.height, : self.width]
        slope = np.linspace(100, 160, self.height)[:, None]
        return slope + texture

    def _picture(self, frame: int, ground: np.ndarray, random: np.random.Generator):
        y = ground.copy()
        half = ((self.height + 1) // 2, (self.width + 1) // 2)
        u, v = np.full(half, 126.0), np.full(half, 130.0)
        rows, columns = np.mgrid[0 : self.height, 0 : self.width]
        for left, top, width, height, level in self.things(frame):
            y[top : top + height, left : left + width] = level
        for person in self.people:
            box = person.box(frame)
            if box is None:
                continue
            middle, radius = box.x + box.w / 2, box.w * 0.34
            head = (columns - middle) ** 2 + (rows - box.y - radius) ** 2 <= radius**2
            body = (abs(columns - middle) <= box.w / 2) & (rows >= box.y + radius * 1.6) & (rows < box.bottom)
            y[body] = person.luma + 12 * ((rows[body] // 6) % 2)
            y[head] = 190
            inside = (head | body)[::2, ::2]
            u[inside], v[inside] = person.u, person.v
        y += self.light(frame)
        u, v = (128 + (plane - 128) * self.colour(frame) for plane in (u, v))
        matrix = self.camera(frame)
        if matrix is not STILL:
            small = matrix.copy()
            small[:, 2] /= 2
            y, u, v = (_seen(plane, m) for plane, m in ((y, matrix), (u, small), (v, small)))
        return tuple(
            np.clip(plane + random.normal(0, self.noise, plane.shape), 0, 255).astype(np.uint8) for plane in (y, u, v)
        )


def _seen(plane: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    size = (plane.shape[1], plane.shape[0])
    return cv2.warpAffine(plane, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def write(path: Path, scene: Scene, *options: str, rate: int = 10, audio: bool = False) -> Path:
    """Encode a scene; `options` go to ffmpeg before the output."""
    data = b"".join(plane.tobytes() for picture in scene.pictures() for plane in picture)
    chosen = options or ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "14")
    command = ["ffmpeg", "-nostdin", "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p"]
    command += ["-s", f"{scene.width}x{scene.height}", "-r", str(rate), "-i", "pipe:0"]
    if audio:
        command += ["-f", "lavfi", "-i", "sine", "-shortest"]
    subprocess.run([*command, *chosen, "-y", str(path)], input=data, check=True)
    return path


def walk(start: float, speed: float, foot: float = 200, first: int = 0, last: int = 10**6) -> Path_:
    """Someone who walks sideways at `speed` pixels a frame."""
    return lambda frame: (start + speed * (frame - first), foot) if first <= frame <= last else None


def keep_of(path: Path, kept: Person | None, hidden: Sequence[Person] = (), frames: int = 60, step: int = 10) -> Path:
    """KEEP.json with keyframes every `step` frames."""

    def entries(person: Person, name: str) -> list[dict[str, object]]:
        there = [frame for frame in range(frames) if person.box(frame) is not None]
        chosen = [frame for frame in there if (frame - there[0]) % step == 0 or frame == there[-1]]
        boxes = [(frame, person.box(frame)) for frame in chosen]
        return [{"id": name, "frame": f, "x": b.x, "y": b.y, "w": b.w, "h": b.h} for f, b in boxes if b is not None]

    document = {
        "schema": 1,
        "boxes": entries(kept, "a") if kept else [],
        "hide": [entry for index, person in enumerate(hidden) for entry in entries(person, f"h{index}")],
    }
    path.write_text(json.dumps(document))
    return path


def probe(path: Path, entries: str) -> dict:
    command = ["ffprobe", "-v", "error", "-show_entries", entries, "-of", "json", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def times(path: Path) -> list[float]:
    frames = probe(path, "frame=best_effort_timestamp_time")["frames"]
    return [float(frame["best_effort_timestamp_time"]) for frame in frames]


def luma(path: Path, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """Every frame's gray picture, (frames, height, width)."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-fps_mode", "passthrough", "-pix_fmt", "gray"]
    data = subprocess.run([*command, "-f", "rawvideo", "-"], capture_output=True, check=True).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, height, width)


def head(box: Rect, width: int = WIDTH, height: int = HEIGHT) -> tuple[slice, slice]:
    """The head of a box: its top quarter, its middle 60 %."""
    left, right = round(box.x + 0.2 * box.w), round(box.x + 0.8 * box.w)
    top, bottom = round(box.y), round(box.y + 0.25 * box.h)
    return slice(max(top, 0), min(bottom, height)), slice(max(left, 0), min(right, width))


def heads_visible(mask: np.ndarray, people: Sequence[Person], width: int = WIDTH, height: int = HEIGHT) -> list[int]:
    """Frames in which under 90 % of somebody's head is hidden."""
    numbers = []
    for frame, hidden in enumerate(mask >= 128):
        for person in people:
            box = person.box(frame)
            if box is None:
                continue
            region = hidden[head(box, width, height)]
            if region.size and region.mean() < 0.9:
                numbers.append(frame)
    return numbers


def share_visible(mask: np.ndarray, person: Person) -> float:
    """Share of a person's frames in which at least 60 % of the box is live."""
    seen = []
    for frame, hidden in enumerate(mask >= 128):
        box = person.box(frame)
        if box is not None:
            rows, columns = (
                slice(max(round(box.y), 0), round(box.bottom)),
                slice(max(round(box.x), 0), round(box.right)),
            )
            region = hidden[rows, columns]
            if region.size:
                seen.append(region.mean() <= 0.4)
    return float(np.mean(seen))
