"""A site that recorded two people who walk past each other, and a request of the one in red."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from casescene import BLUE, FRAMES, RED, SEGMENT, TALL, WIDE, Person, film

SUBJECT = Person(RED, start=10, speed=1.2, bottom=60)
OTHER = Person(BLUE, start=170, speed=-1.2, bottom=120)
ZONE = ZoneInfo("Europe/Brussels")
START = "2026-11-01 11:00:00"
SEGMENTS = 3


@pytest.fixture(scope="session")
def footage_files(tmp_path_factory) -> dict[str, list[Path]]:
    """Three segments of two people, and some of nobody for the backdrop."""
    folder = tmp_path_factory.mktemp("footage")
    people = [film(folder / f"people-{index}.mp4", [SUBJECT, OTHER], first=index * FRAMES) for index in range(SEGMENTS)]
    return {"people": people, "nobody": [film(folder / "nobody.mp4", [])]}


def record_people(site, files, start: str = START, *, camera: str = "foyer-1") -> list:
    """Three segments, one after the other, from a local time on."""
    at, made = site.instant(start), []
    for file in files["people"]:
        made += site.record(
            camera, f"{at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}", minutes=SEGMENT / 60, segment=SEGMENT, clip=file
        )
        at = made[-1].span.end
    return made


@pytest.fixture
def case(site, footage_files):
    """A site with footage of the subject and of an empty hour before, and REQ-2026-001 over the subject's minute."""
    for minute in range(12):
        site.record("foyer-1", f"2026-11-01 10:{minute:02d}", minutes=SEGMENT / 60, segment=SEGMENT,
                    clip=footage_files["nobody"][0])  # fmt: skip
    record_people(site, footage_files)
    site.cctv(
        "request open --name 'An Peeters' --contact an@example.be --cameras foyer-1 --from '2026-11-01 11:00' --to +1m"
    )
    return site


@pytest.fixture
def keep_file(tmp_path) -> Path:
    """Boxes around the subject for as long as the footage lasts."""
    last = SEGMENTS * FRAMES - 1
    boxes = [
        {"id": "an", "frame": frame, "x": SUBJECT.left(frame) - 3, "y": 60 - TALL - 3, "w": WIDE + 6, "h": TALL + 6}
        for frame in (0, last)
    ]
    path = tmp_path / "KEEP.json"
    path.write_text(json.dumps({"schema": 1, "boxes": boxes, "hide": []}))
    return path


def stock_verify(package: Path) -> list[int]:
    """What ssh-keygen and sha256sum answer of a package."""
    line = "ssh-keygen -Y verify -f allowed_signers -I cctv -n cctv-package -s manifest.json.sig < manifest.json"
    commands = [line, "sha256sum -c SHA256SUMS"]
    return [subprocess.run(one, shell=True, cwd=package, capture_output=True).returncode for one in commands]
