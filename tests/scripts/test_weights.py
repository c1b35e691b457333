"""`./scripts/weights`: without effect where the weights are, and nothing but the pinned bytes is ever written."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from cctv.redaction.people.weights import default_weights

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = "cctv/redaction/people"
# Stands for npm, which would need a network: packs what is there, or fails as it does.
NPM = """#!{python}
import shutil, sys
arguments = sys.argv[1:]
assert arguments[:2] == ["pack", "@mediapipe/objectron@0.4.1675468480"], arguments
open("{asked}", "a").write("asked")
if "{tarball}":
    shutil.copy("{tarball}", arguments[arguments.index("--pack-destination") + 1])
else:
    sys.exit("npm error code ENOTFOUND")
"""


class Checkout:
    """The script and its pins in a folder of their own, with a PATH that holds what the test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.programs, self.asked = folder / "checkout", folder / "bin", folder / "asked"
        self.target = self.folder / PEOPLE / "weights" / default_weights().name
        self.programs.mkdir()
        for name in ("scripts/weights", f"{PEOPLE}/weights.json"):
            (self.folder / name).parent.mkdir(parents=True)
            shutil.copy(ROOT / name, self.folder / name)

    def npm(self, weights: bytes | None, member: str = "package/objectron_solution_packed_assets.data") -> None:
        """A program npm that packs these weights behind the labels; that has no network where there are none."""
        tarball = self.folder.parent / "mediapipe-objectron.tgz"
        if weights is not None:
            data = b"?" * json.loads((self.folder / PEOPLE / "weights.json").read_text())["first_byte"] + weights
            with tarfile.open(tarball, "w:gz", compresslevel=0) as archive:
                entry = tarfile.TarInfo(member)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        program = self.programs / "npm"
        packed = tarball if weights is not None else ""
        program.write_text(NPM.format(python=sys.executable, asked=self.asked, tarball=packed))
        program.chmod(0o755)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(self.folder / "scripts/weights"), *arguments]
        environ = {**os.environ, "PATH": str(self.programs)}
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    def files(self) -> list[str]:
        return sorted(path.name for path in self.target.parent.glob("*"))


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_the_pinned_bytes_are_written_once(checkout):
    checkout.npm(default_weights().read_bytes())

    before = checkout.run("--check")
    first = checkout.run()
    again, after = checkout.run(), checkout.run("--check")

    assert (before.returncode, first.returncode) == (1, 0), first.stderr
    assert checkout.target.read_bytes() == default_weights().read_bytes()
    assert checkout.files() == [checkout.target.name]
    assert (again.returncode, again.stderr, after.returncode) == (0, "", 0)
    assert checkout.asked.read_text() == "asked"  # once


def test_weights_with_another_hash_are_never_written(checkout):
    checkout.npm(bytes(default_weights().stat().st_size))

    refused = checkout.run()

    assert refused.returncode == 1
    assert "have the SHA-256" in refused.stderr
    assert "next:" in refused.stderr
    assert checkout.files() == []


def test_damaged_weights_are_fetched_again(checkout):
    checkout.npm(default_weights().read_bytes())
    checkout.target.parent.mkdir()
    checkout.target.write_bytes(b"half of it")

    assert checkout.run("--check").returncode == 1
    assert checkout.run().returncode == 0
    assert checkout.target.read_bytes() == default_weights().read_bytes()


def test_a_package_of_another_form_is_refused(checkout):
    checkout.npm(b"", member="package/index.js")

    refused = checkout.run()

    assert refused.returncode == 1
    assert "not the package that was expected" in refused.stderr
    assert checkout.files() == []


def test_without_npm_it_says_how_to_get_it(checkout):
    refused = checkout.run()

    assert refused.returncode == 1
    assert "next:  apt-get install npm" in refused.stderr


def test_without_a_network_it_tells_what_npm_says(checkout):
    checkout.npm(None)

    refused = checkout.run()

    assert refused.returncode == 1
    assert "ENOTFOUND" in refused.stderr
    assert "look at the network" in refused.stderr


def test_an_option_that_it_does_not_know_is_refused(checkout):
    assert checkout.run("--chekc").returncode == 2
