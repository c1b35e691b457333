"""`./scripts/test` ends by the exit code of what failed, and leaves nothing in memory."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MEMORY = Path("/dev/shm")
CHECKS = ("ruff", "mypy", "lint-imports", "pytest")


def heed_interrupts() -> None:
    """A shell that was started with SIGINT ignored, as a job in the background is, could not trap it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def lane(tmp_path):
    """scripts/test beside programs that succeed; `fails` is the one that does not, `last` what pytest does."""
    scripts, programs = tmp_path / "scripts", tmp_path / "programs"
    scripts.mkdir()
    programs.mkdir()
    shutil.copy(ROOT / "scripts" / "test", scripts)
    prepare = (ROOT / "scripts" / "prepare.sh").read_text()
    functions = prepare[prepare.index("# Runs the tests") : prepare.index("find_python()")]
    (scripts / "prepare.sh").write_text(f'venv="{programs}"\n{functions}')

    def run(fails: str = "", last: str = "exit 0") -> tuple[int, Path]:
        """The exit code, and the folder for temporary files that pytest was given."""
        for name in CHECKS:
            does = f'echo "$TMPDIR" >{tmp_path}/folder\n{last}' if name == "pytest" else "exit 0"
            (programs / name).write_text(f"#!/bin/sh\n{'exit 3' if name == fails else does}\n")
            (programs / name).chmod(0o755)
        (programs / "df").write_text("#!/bin/sh\necho\necho memory 0 0 2000000\n")  # there is room in memory
        (programs / "df").chmod(0o755)
        path = {"PATH": f"{programs}:/usr/bin:/bin"}
        done = subprocess.run(
            ["sh", str(scripts / "test"), "--fast"],
            capture_output=True,
            env=path,
            check=False,
            preexec_fn=heed_interrupts,
        )
        told = tmp_path / "folder"
        return done.returncode, Path(told.read_text().strip() if told.exists() else "/nowhere")

    return run


@pytest.mark.parametrize("program", CHECKS)
def test_a_check_that_fails_fails_the_lane(lane, program):
    assert lane()[0] == 0
    assert lane(fails=program)[0] != 0


@pytest.mark.skipif(not os.access(MEMORY, os.W_OK), reason="nothing is kept in memory here")
@pytest.mark.parametrize(("ending", "code"), [("exit 0", 0), ("kill -TERM $PPID", 143), ("kill -INT $PPID", 130)])
def test_the_folder_in_memory_goes_however_the_lane_ends(lane, ending, code):
    exit_code, folder = lane(last=f'[ -d "$TMPDIR" ] || exit 9\n{ending}')

    assert exit_code == code
    assert not folder.exists()
    assert folder.parent == MEMORY
