"""The wheel: all that the program needs is in it, and nothing but the program."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

WEIGHTS = "cctv/redaction/people/weights/ssd_mobilenet_v2_oidv4.tflite"
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
        # .tmp: a catalog that another test process is compiling
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in {".po", ".tmp"}
    }
    assert sources - names == set()
    assert {"cctv/py.typed", "cctv/db/migrations/env.py", "cctv/db/migrations/versions/0001_initial.py"} <= names
    assert {f"cctv/locale/{language}/LC_MESSAGES/cctv.mo" for language in ("nl", "fr")} <= names
    assert any("/templates/" in name for name in names)
    assert {WEIGHTS, "cctv/redaction/people/weights.json"} <= names
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


@pytest.mark.parametrize("damaged", [False, True], ids=["missing", "another hash"])
def test_no_wheel_is_built_without_the_weights_of_the_detector(tmp_path, damaged):
    for name in (
        "pyproject.toml",
        "hatch_build.py",
        "README.md",
        "LICENSE",
        "NOTICE",
        "requirements.lock",
        ".gitignore",
    ):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / WEIGHTS).parent.mkdir(parents=True)
    shutil.copy(ROOT / "cctv/redaction/people/weights.json", tmp_path / "cctv/redaction/people")
    if damaged:
        (tmp_path / WEIGHTS).write_bytes(b"TFL3")

    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "wheel")]
    built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert built.returncode != 0
    assert WEIGHTS in built.stderr
    assert "next: ./scripts/weights" in built.stderr
    assert list((tmp_path / "wheel").glob("*.whl")) == []


def test_a_source_distribution_names_the_weights_and_does_not_hold_them(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with tarfile.open(next(tmp_path.glob("cctv-*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {"cctv/redaction/people/weights.json", "scripts/weights", "hatch_build.py"} <= names
    assert WEIGHTS not in names
