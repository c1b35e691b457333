"""deface 1.5.0, which blurs the faces that it finds, on the same clip.

Owns its environment, made when it is first needed: it must not share ours.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

VERSION = "1.5.0"
_FOLDER = Path(__file__).parents[2] / ".venv" / "deface"
_FEW, _MANY = 5, 205  # frames of the two excerpts: what they differ in has no start-up in it


class RivalMissing(RuntimeError):
    """deface could not be installed or does not run; the message says what it said."""


def installed() -> Path:
    """The program, installed if need be; raises RivalMissing."""
    program = _FOLDER / "bin" / "deface"
    if not program.exists():
        _run([sys.executable, "-m", "venv", "--clear", str(_FOLDER)])
        _run([str(_FOLDER / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", f"deface=={VERSION}"])
    version = _run([str(program), "--version"]).strip()
    if version != VERSION:
        raise RivalMissing(f"{program} is {version}, not {VERSION}; remove {_FOLDER} and run again")
    return program


def frames_a_second(clip: Path, frames: int, folder: Path) -> float:
    """Its speed on the first frames of a clip, without its start-up; raises RivalMissing."""
    program = installed()
    few, many = min(_FEW, frames // 2), min(_MANY, frames)
    took = {count: _seconds(program, _excerpt(clip, count, folder), folder) for count in (few, many)}
    return (many - few) / (took[many] - took[few])


def _excerpt(clip: Path, frames: int, folder: Path) -> Path:
    """The first frames of a clip, as they are."""
    part = folder / f"first-{frames}.mkv"
    cut = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-fflags", "+genpts", "-i", f"file:{clip}"]
    cut += ["-map", "0:v:0", "-c", "copy"]  # a program stream of MPEG has no time for each picture
    _run([*cut, "-frames:v", str(frames), f"file:{part}"])
    return part


def _seconds(program: Path, part: Path, folder: Path) -> float:
    began = time.monotonic()
    _run([str(program), str(part), "-o", str(folder / "defaced.mp4")])
    return time.monotonic() - began


def _run(command: list[str]) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise RivalMissing(f"{' '.join(command[:3])} ended with {done.returncode}: {last}")
    return done.stdout
