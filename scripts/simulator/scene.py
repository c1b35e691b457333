"""A generated scene with its ground truth: the same seed always gives the same stream.

Owns the frames, the truth and the files.  Runs in the project's environment (numpy, cv2), apart from camsim, which has
neither.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np

from simulator.choreography import Way, ways
from simulator.figures import Look, Pose, Sprite, draw, dress, overlap, paste
from simulator.stage import Layout, Picture, Stage
from simulator.truth import keyframes

__all__ = ["Scene", "Settings", "keyframes", "write"]

SOLID = 0.5  # opacity from which a pixel counts as the person's
NOISE_PICTURES = 12
ENCODER_THREADS = 2  # fixed, because the stream of x264 depends on it


@dataclass(frozen=True)
class Settings:
    """What a scene is made from."""

    seed: int = 7
    width: int = 640
    height: int = 360
    fps: float = 12.5
    seconds: float = 24.0
    layout: Layout = Layout.FOYER
    people: int = 5
    codec: str = "h264"
    gop_seconds: float = 2.0
    noise: float = 2.0
    pair: bool = False
    statue: bool = False

    @property
    def frames(self) -> int:
        """Length of the clip."""
        return round(self.seconds * self.fps)


@dataclass(slots=True)
class _Person:
    way: Way
    look: Look
    boxes: list[dict[str, Any]] = field(default_factory=list)
    heads: list[dict[str, Any]] = field(default_factory=list)

    def pose(self, stage: Stage, frame: int) -> Pose:
        way = self.way
        feet_y = float(way.feet_y[frame])
        return Pose(
            x=float(way.x[frame]),
            feet_y=feet_y,
            height=float(stage.person_height(feet_y)),
            phase=float(way.phase[frame]),
            swing=float(way.swing[frame]),
            side=float(way.side[frame]),
            away=bool(way.away[frame]),
        )


class Scene:
    """Frames in order; the truth is complete once all of them were drawn."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stage = Stage(settings.layout, settings.width, settings.height)
        self._chance = np.random.default_rng([settings.seed, len(settings.layout.value)])
        self.empty = self.stage.empty(self._chance)
        journeys = ways(
            self.stage, settings.seconds, settings.fps, settings.people, self._chance, settings.pair, settings.statue
        )
        self._people = [
            _Person(way, dress(self._chance, self.stage.tones, place, blends_in=place % 3 == 2))
            for place, way in enumerate(journeys)
        ]
        self._noise = _noise_pictures(settings, self._chance)

    def frames(self) -> Iterator[Picture]:
        """Draw every frame and note where everybody is."""
        light_phase = self._chance.uniform(0, 2 * np.pi)
        for frame in range(self.settings.frames):
            turn = 2 * np.pi * frame / self.settings.frames
            light = 1 + 0.03 * np.sin(turn + light_phase) + 0.01 * np.sin(3 * turn)
            picture = cv2.convertScaleAbs(self._populated(frame), alpha=light)
            yield self._with_noise(picture)

    def truth(self) -> dict[str, Any]:
        """Where everybody was."""
        settings = self.settings
        return {
            "schema": 1,
            "width": settings.width,
            "height": settings.height,
            "fps": settings.fps,
            "frames": settings.frames,
            "seed": settings.seed,
            "layout": settings.layout.value,
            "people": [
                {"id": number, "role": person.way.role, "boxes": person.boxes, "head": person.heads}
                for number, person in enumerate(self._people, start=1)
            ],
        }

    def _populated(self, frame: int) -> Picture:
        picture = self.empty.copy()
        drawn = [(person, pose, draw(person.look, pose)) for person, pose in self._present(frame)]
        for _, pose, _ in drawn:
            _shadow(picture, pose)
        owners = np.zeros(picture.shape[:2], np.uint8)
        for number, (_, _, sprite) in enumerate(drawn, start=1):
            paste(picture, sprite)
            rows, columns, inner_rows, inner_columns = overlap(picture, sprite)
            solid = sprite.opacity[inner_rows, inner_columns, 0] > SOLID
            owners[rows, columns][solid] = number
        for number, (person, _, sprite) in enumerate(drawn, start=1):
            _note(person, frame, sprite, owners, number)
        return picture

    def _present(self, frame: int) -> list[tuple[_Person, Pose]]:
        """People who may be in the picture, the farthest first."""
        poses = [(person, person.pose(self.stage, frame)) for person in self._people]
        near = [
            (person, pose)
            for person, pose in poses
            if -0.6 * pose.height < pose.x < self.stage.width + 0.6 * pose.height
        ]
        return sorted(near, key=lambda entry: entry[1].feet_y)

    def _with_noise(self, picture: Picture) -> Picture:
        if not self._noise:
            return picture
        grain = self._noise[int(self._chance.integers(len(self._noise)))]
        top, left = (int(self._chance.integers(margin + 1)) for margin in _margins(grain, picture))
        piece = grain[top : top + picture.shape[0], left : left + picture.shape[1]]
        return cv2.add(picture, piece, dtype=cv2.CV_8U)


def write(folder: Path, settings: Settings, progress: Callable[[int], None] | None = None) -> dict[str, Any]:
    """Make scene.h264 or scene.h265, scene.mp4, truth.json and empty.png in `folder`; return the truth."""
    folder.mkdir(parents=True, exist_ok=True)
    scene = Scene(settings)
    cv2.imwrite(str(folder / "empty.png"), scene.empty)
    encoded = folder / "scene.nut"  # keeps both the time stamps and the headers before every key frame
    with _encoder(settings, encoded) as pipe:
        for number, picture in enumerate(scene.frames(), start=1):
            pipe.write(picture.data)
            if progress:
                progress(number)
    copy = ["ffmpeg", "-v", "error", "-y", "-i", str(encoded), "-map", "0:v:0", "-c", "copy"]
    stream = "h264" if settings.codec == "h264" else "hevc"
    subprocess.run([*copy, "-f", stream, str(folder / f"scene.{settings.codec}")], check=True)
    subprocess.run([*copy, "-movflags", "+faststart", str(folder / "scene.mp4")], check=True)
    encoded.unlink()
    truth = scene.truth()
    (folder / "truth.json").write_text(json.dumps(truth))
    return truth


@contextmanager
def _encoder(settings: Settings, output: Path) -> Iterator[IO[bytes]]:
    gop = max(1, round(settings.gop_seconds * settings.fps))
    if settings.codec == "h264":
        codec = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-bf", "0", "-g", str(gop)]
        codec += ["-keyint_min", str(gop), "-sc_threshold", "0"]
        codec += ["-x264-params", "aud=1:repeat-headers=1:open-gop=0"]
    else:
        fixed = f"aud=1:repeat-headers=1:bframes=0:open-gop=0:scenecut=0:keyint={gop}:min-keyint={gop}"
        codec = ["-c:v", "libx265", "-preset", "veryfast", "-crf", "20"]
        codec += ["-x265-params", f"log-level=error:{fixed}:pools={ENCODER_THREADS}:frame-threads=1"]
    size = f"{settings.width}x{settings.height}"
    source = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", size, "-r", str(settings.fps), "-i", "pipe:0"]
    # Without global headers the encoder leaves delimiters and parameter sets in the stream, as cameras do.
    form = ["-pix_fmt", "yuv420p", "-threads", str(ENCODER_THREADS), "-flags", "-global_header", "-f", "nut"]
    command = ["ffmpeg", "-v", "error", "-y", *source, *codec, *form, str(output)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        yield process.stdin
        process.stdin.close()
        if process.wait():
            raise subprocess.CalledProcessError(process.returncode, command)


def _note(person: _Person, frame: int, sprite: Sprite, owners: np.ndarray, number: int) -> None:
    """Write down the drawn extent within the picture, and how much of it nobody stands in front of."""
    rows, columns, inner_rows, inner_columns = overlap(owners, sprite)
    solid = sprite.opacity[inner_rows, inner_columns, 0] > SOLID
    if not solid.any():
        return
    x, y, width, height = cv2.boundingRect(solid.astype(np.uint8))
    seen = owners[rows, columns] == number
    visible = round(float(seen.sum() / solid.sum()), 3)
    left, top = columns.start + x, rows.start + y
    person.boxes.append({"frame": frame, "x": left, "y": top, "w": width, "h": height, "visible": visible})
    _note_head(person, frame, sprite, owners, number)


def _note_head(person: _Person, frame: int, sprite: Sprite, owners: np.ndarray, number: int) -> None:
    left, top = (max(0, int(np.floor(side))) for side in sprite.head[:2])
    right = min(owners.shape[1], int(np.ceil(sprite.head[2])))
    bottom = min(owners.shape[0], int(np.ceil(sprite.head[3])))
    if right <= left or bottom <= top:
        return
    within = sprite.opacity[top - sprite.top : bottom - sprite.top, left - sprite.left : right - sprite.left, 0] > SOLID
    if not within.any():
        return
    seen = owners[top:bottom, left:right][within] == number
    x, y, width, height = cv2.boundingRect(within.astype(np.uint8))
    box = {"frame": frame, "x": left + x, "y": top + y, "w": width, "h": height}
    person.heads.append({**box, "visible": round(float(seen.mean()), 3)})


def _shadow(picture: Picture, pose: Pose) -> None:
    """Darken the ground softly around the feet; faintly at the edge, so that no shadow comes without its person."""
    inside = min(pose.x, picture.shape[1] - pose.x) / (0.15 * pose.height)
    half_width, half_height = round(0.32 * pose.height), round(0.08 * pose.height)
    centre_x, centre_y = round(pose.x), round(pose.feet_y)
    top, bottom = max(0, centre_y - half_height), min(picture.shape[0], centre_y + half_height)
    left, right = max(0, centre_x - half_width), min(picture.shape[1], centre_x + half_width)
    if top >= bottom or left >= right:
        return
    rows = (np.arange(top, bottom, dtype=np.float32)[:, None] - centre_y) / half_height
    columns = (np.arange(left, right, dtype=np.float32)[None, :] - centre_x) / half_width
    depth = 0.3 * min(1.0, max(0.0, inside)) * np.clip(1 - rows**2 - columns**2, 0, 1)
    patch = picture[top:bottom, left:right]
    patch[:] = patch * (1 - depth[..., None])


def _noise_pictures(settings: Settings, chance: np.random.Generator) -> list[np.ndarray]:
    """A few pictures of grain, larger than a frame, so that each frame can take another piece of one."""
    if settings.noise <= 0:
        return []
    shape = (settings.height + 32, settings.width + 32, 1)
    grains = []
    for _ in range(NOISE_PICTURES):
        grey = chance.standard_normal(shape, np.float32) * settings.noise
        colour = chance.standard_normal((*shape[:2], 3), np.float32) * (0.4 * settings.noise)
        grains.append(np.rint(grey + colour).astype(np.int16))
    return grains


def _margins(grain: np.ndarray, picture: Picture) -> tuple[int, int]:
    return grain.shape[0] - picture.shape[0], grain.shape[1] - picture.shape[1]
