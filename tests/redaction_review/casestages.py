"""A request of somebody in red who walks past somebody in blue, at each stage of its answer.

Each stage is made once a session, through the command line, and copied for every test that asks for it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from casescene import BLUE, FRAMES, RED, SEGMENT, TALL, WIDE, Person, film

SUBJECT = Person(RED, start=10, speed=1.2, bottom=60)
OTHER = Person(BLUE, start=170, speed=-1.2, bottom=120)
SEGMENTS = 2
TOTAL = SEGMENTS * FRAMES
REQUEST = "REQ-2026-001"
OPEN = (
    "request open --no-prepare --name 'An Peeters' --contact an@example.be "
    "--cameras foyer-1 --from '2026-11-01 11:00' --to +1m"
)


class Stages:
    """Storages that were made, by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def reach(self, site, name: str, make: Callable[[], None]):
        """Bring a site to a stage: by making it the first time, by copying it afterwards."""
        kept = self._folder / name
        if kept.exists():
            shutil.copytree(kept, site.root)
        else:
            make()
            shutil.copytree(site.root, kept)
        return site


@pytest.fixture(scope="session")
def stages(tmp_path_factory) -> Stages:
    return Stages(tmp_path_factory.mktemp("stages"))


@pytest.fixture(scope="session")
def footage_files(tmp_path_factory) -> dict[str, list[Path]]:
    """Segments of two people, one after the other, and one of nobody."""
    folder = tmp_path_factory.mktemp("footage")
    people = [film(folder / f"people-{n}.mp4", [SUBJECT, OTHER], first=n * FRAMES) for n in range(SEGMENTS)]
    return {"people": people, "nobody": [film(folder / "nobody.mp4", [])]}


def record_people(site, files, start: str = "2026-11-01 11:00:00", camera: str = "foyer-1") -> list:
    """The segments of two people, unbroken, from a local time on."""
    at, segments = site.instant(start), []
    for file in files["people"]:
        local = f"{at.astimezone(ZoneInfo('Europe/Brussels')):%Y-%m-%d %H:%M:%S}"
        segments += site.record(camera, local, minutes=SEGMENT / 60, segment=SEGMENT, clip=file)
        at = segments[-1].span.end
    return segments


@pytest.fixture
def opened(bare_site, footage_files, stages):
    """Footage of two people, an empty hour before, and a request that covers the people."""

    def make() -> None:
        bare_site.cctv("footage init")
        nobody = footage_files["nobody"][0]
        for minute in range(0, 60, 12):
            start = f"2026-11-01 10:{minute:02d}"
            bare_site.record("foyer-1", start, minutes=SEGMENT / 60, segment=SEGMENT, clip=nobody)
        record_people(bare_site, footage_files)
        bare_site.cctv(OPEN)

    return stages.reach(bare_site, "opened", make)


@pytest.fixture
def prepared(bare_site, stages, request):
    """The same, with a sheet to decide from."""

    def make() -> None:
        request.getfixturevalue("opened").cctv(f"redaction prepare {REQUEST}")

    return stages.reach(bare_site, "prepared", make)


@pytest.fixture
def approved(bare_site, stages, keep_file, request):
    """The same, with the subject kept by drawn boxes, and approved."""

    def make() -> None:
        site = request.getfixturevalue("prepared")
        site.cctv(f"redaction keep {REQUEST} --boxes {keep_file} --reason 'the red coat'")
        site.cctv(f"redaction approve {REQUEST} --all --reason 'only the requester stays'")

    return stages.reach(bare_site, "approved", make)


@pytest.fixture
def built(bare_site, stages, request):
    """The same, with its package."""

    def make() -> None:
        request.getfixturevalue("approved").cctv(f"export build {REQUEST}")

    return stages.reach(bare_site, "built", make)


@pytest.fixture
def keep_file(tmp_path) -> Path:
    """Boxes around the subject from the first frame to the last."""
    return write_keep(tmp_path / "KEEP.json", last=TOTAL - 1)


def write_keep(path: Path, *, last: int, first: int = 0) -> Path:
    """A KEEP.json around the subject, from a part's first frame to its last; the part begins at `first` of the film."""
    boxes = [
        {"id": "an", "frame": frame - first, "x": SUBJECT.left(frame) - 3, "y": SUBJECT.bottom - TALL - 3,
         "w": WIDE + 6, "h": TALL + 6}
        for frame in (first, last)
    ]  # fmt: skip
    path.write_text(json.dumps({"schema": 1, "boxes": boxes, "hide": []}))
    return path


def name_nominee(site) -> None:
    """The subject's lawyer receives the copy; nobody's identity was checked yet."""
    site.cctv(
        f"request mandate {REQUEST} --as nominee --by 'Mr. Claes' --by-contact claes@example.be --by-country BE "
        "--mandate express-demand --mandated 1/11/2026"
    )


def check_identities(site, *roles: str) -> None:
    """The identity of each was checked."""
    for role in roles:
        site.cctv(f"request identity {REQUEST} --role {role} --method document-seen --checker 'A. Peeters'")


def stock_tools(package: Path) -> list[int]:
    """What ssh-keygen and sha256sum answer of a package."""
    line = "ssh-keygen -Y verify -f allowed_signers -I cctv -n cctv-package -s manifest.json.sig < manifest.json"
    return [
        subprocess.run(command, shell=True, cwd=package, capture_output=True, check=False).returncode
        for command in (line, "sha256sum -c SHA256SUMS")
    ]


def acts(site) -> list[str]:
    """Every act of the log, in order."""
    return [entry["act"] for entry in site.cctv("audit list --last 1000 --json").json["entries"]]
