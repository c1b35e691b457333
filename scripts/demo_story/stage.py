"""The demo's stage: two generated scenes, two simulated cameras, one cameras.toml with periods of seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parent.parent
FPS, SECONDS, WIDTH, HEIGHT = 12.5, 24, 640, 360
FACADE, INTERIOR = "gevel-1", "foyer-1"
SUBJECT = 1  # person 1 of the generated scene asks for his footage

CAMERAS_TOML = """# Made by scripts/demo: periods of seconds, so that footage can be seen to expire.
[site]
name = "Cultuurcentrum De Grote Post (demo)"
timezone = "Europe/Brussels"
jurisdiction = "BE"
language = "nl"
storage = "storage"
max_retention = "28d"

[recording]
segment = "4s"

[zones.facade]
kind = "facade"
retention = "45s"
min_retention = "8s"

[zones.interior]
kind = "interior"
retention = "75s"
min_retention = "8s"

[cameras.gevel-1]
zone = "facade"
purpose = "theft and damage"
rtsp = "{facade}"

[cameras.foyer-1]
zone = "interior"
purpose = "theft and damage"
rtsp = "{interior}"
"""


def make_scenes(workdir: Path) -> dict[str, Path]:
    """Generate one scene for each camera, at once."""
    scenes = {FACADE: ("facade", 11), INTERIOR: ("foyer", 7)}
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda item: _make_scene(workdir / "scenes" / item[0], *item[1]), scenes.items()))
    return {camera: workdir / "scenes" / camera for camera in scenes}


def _make_scene(folder: Path, layout: str, seed: int) -> None:
    command = [sys.executable, str(SCRIPTS / "scene"), str(folder), "--layout", layout, "--seed", str(seed)]
    command += ["--size", f"{WIDTH}x{HEIGHT}", "--fps", str(FPS), "--seconds", str(SECONDS)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Cameras:
    """scripts/camsim with both scenes; it sends sound too, and dies with this process."""

    def __init__(self, scenes: dict[str, Path]) -> None:
        command = [str(SCRIPTS / "camsim"), "--die-with-stdin", "--fps", str(FPS)]
        for camera, folder in scenes.items():
            command += ["--clip", f"{camera}={folder / 'scene.h264'}"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        ready: dict[str, Any] = json.loads(self._process.stdout.readline())
        self.urls = {camera["name"]: camera["url"] for camera in ready["cameras"]}

    def write_config(self, path: Path) -> None:
        path.write_text(CAMERAS_TOML.format(facade=self.urls[FACADE], interior=self.urls[INTERIOR]))

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
