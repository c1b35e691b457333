"""The next version of the program: that of this checkout, with one revision of the tables more."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REVISION = "trial"
_MIGRATION = '''"""A column more in a table that holds footage, and a table that is filled from it."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("segments", sa.Column("trial", sa.Text()))
    op.create_table("trial", sa.Column("segment", sa.BigInteger(), primary_key=True))
    op.execute("INSERT INTO trial SELECT id FROM segments")
'''


def build(output: Path, version: str | None = None, *, environment: Path | None = None) -> Path:
    """Build the package quickly, which is to say not small; returns its file."""
    output.mkdir(parents=True, exist_ok=True)
    words = [str(ROOT / "scripts/build-deb"), "--output", str(output), *(["--version", version] if version else [])]
    words += ["--environment", str(environment)] if environment else []
    subprocess.run(words, check=True, env={**os.environ, "CCTV_DEB_LEVEL": "0"}, stdout=sys.stderr)
    return max(output.glob("*.deb"), key=lambda path: path.stat().st_mtime_ns)


def build_next(work: Path, version: str) -> Path:
    """The package of the next version, from the environment that `build` has made."""
    environment = work / "environment"
    work.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(environment, ignore_errors=True)
    subprocess.run(["cp", "-rl", str(ROOT / "build/deb/stage"), str(environment)], check=True)
    (package,) = environment.glob("lib/python3.*/site-packages/cctv")
    add_revision(package)
    return build(work, version, environment=environment)


def add_revision(package: Path) -> None:
    """Make a copy of cctv/ one whose tables are of another revision."""
    known = package / "db/migrate.py"
    text = known.read_text()
    revisions = re.search(r"^REVISIONS = \((.*?),?\)", text, re.MULTILINE | re.DOTALL)
    assert revisions is not None
    head = re.findall(r'"(\w+)"', revisions[1])[-1]
    known.unlink()  # perhaps a link to the file of the other version
    known.write_text(text.replace(revisions[0], f'REVISIONS = ({revisions[1]}, "{REVISION}")'))
    (package / f"db/migrations/versions/{REVISION}.py").write_text(_MIGRATION.format(revision=REVISION, head=head))
