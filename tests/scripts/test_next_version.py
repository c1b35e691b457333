"""An upgrade that changes the tables, and the way back of docs/installing.md; by apt: ./scripts/try-deb."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import simrig

from cctv.core.process import clean_env

pytestmark = pytest.mark.slow

assert simrig.SCRIPTS.is_dir()  # which importing it put on the path
from testbed.next_version import REVISION, add_revision  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = "import sys; from cctv.cli.app import main; sys.exit(main())"


@pytest.fixture
def newer(site, tmp_path):
    """The command of a program whose tables are of one revision more."""
    copy = tmp_path / "next" / "cctv"
    shutil.copytree(ROOT / "cctv", copy, ignore=shutil.ignore_patterns("__pycache__", "*.po"))
    add_revision(copy)

    def cctv(*words: str) -> subprocess.CompletedProcess[str]:
        environ = clean_env() | {"PYTHONPATH": str(copy.parent)}
        command = [sys.executable, "-c", _PROGRAM, "--config", str(site.config), *words]
        return subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)

    return cctv


def test_changed_tables_keep_what_is_there_and_the_way_back_takes_in_what_came_since(site, newer):
    before = site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    site.cctv("backup before-upgrade")
    site.clock.advance(hours=1)
    since = site.record("gevel-1", "2026-11-01 11:10", minutes=2)  # while the program is replaced
    site.cctv("sweep --once")  # storage and index are marked as in step
    index = site.root / "cctv.db"

    upgraded = newer("footage", "upgrade")

    assert upgraded.returncode == 0, upgraded.stderr
    assert f"brought to {REVISION}" in upgraded.stdout
    with sqlite3.connect(index) as tables:
        assert tables.execute("SELECT count(*) FROM trial").fetchone() == (len(before) + len(since),)
    assert newer("footage", "reconcile").returncode == 0

    assert f"of version {REVISION}" in site.cctv("footage reconcile", exit=18).err
    index.rename(index.with_name("cctv.db.newer"))
    shutil.copy2(site.root / "cctv.db.before-upgrade", index)
    site.cctv("footage rebuild --reason 'back to the version before'")
    site.cctv("footage reconcile")
    with sqlite3.connect(index) as tables:
        assert tables.execute("SELECT count(*) FROM segments").fetchone() == (len(before) + len(since),)
