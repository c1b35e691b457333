"""The wheel: all that the program needs is in it, and nothing but the program."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
READ_TEMPLATES = """
from importlib.resources import files
import cctv
assert {target!r} in cctv.__file__, cctv.__file__
for name in {names!r}:
    room, _, rest = name.removeprefix("cctv/").partition("/")
    assert files(f"cctv.{{room}}").joinpath(rest).read_text(), name
assert files("cctv").joinpath("py.typed").is_file()
assert (files("cctv.db") / "migrations" / "env.py").is_file()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `pip install .` builds it, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("cctv-*.whl"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_file_of_the_program_is_in_the_wheel(names):
    sources = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "cctv").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".po"
    }
    assert sources - names == set()
    assert {"cctv/py.typed", "cctv/db/migrations/env.py", "cctv/db/migrations/versions/0001_initial.py"} <= names
    assert {f"cctv/locale/{language}/LC_MESSAGES/cctv.mo" for language in ("nl", "fr")} <= names
    assert any("/templates/" in name for name in names)
    assert "cctv/requirements.lock" in names  # what `cctv doctor` compares the environment with


def test_nothing_but_the_program_is_in_the_wheel(names):
    assert {name.partition("/")[0] for name in names} <= {
        "cctv",
        next(n for n in names if ".dist-info" in n).partition("/")[0],
    }
    assert [name for name in names if "__pycache__" in name or name.endswith((".db", ".mp4", ".toml"))] == []


def test_the_program_runs_from_the_wheel_alone(wheel, names, tmp_path):
    target = tmp_path / "site"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--target",
        str(target),
        str(wheel),
    ]
    subprocess.run([*install, "--disable-pip-version-check"], check=True, capture_output=True)
    environ = {"PYTHONPATH": str(target), "PATH": "/usr/bin:/bin"}

    told = subprocess.run(
        [sys.executable, str(target / "bin" / "cctv"), "--version"],
        env=environ, cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    templates = sorted(name for name in names if "/templates/" in name)
    reading = READ_TEMPLATES.format(target=str(target), names=templates)
    subprocess.run([sys.executable, "-c", reading], env=environ, cwd=tmp_path, check=True)

    assert told.stdout.startswith("cctv, version")
