"""What a command does not load.  cv2, numpy, SQLAlchemy take 0.15 to 0.4 s each; a person waits for that."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

PICTURES = {"cv2", "numpy", "av"}
LIBRARIES = {"sqlalchemy", "alembic", "pydantic", "cryptography", "jinja2", "weasyprint", "ffmpeg", "rich", "stdnum"}
HEAVY = PICTURES | LIBRARIES
LOADED = """
import contextlib, io, json, sys
from cctv.cli.invocation import Invocation
from cctv.cli.app import run
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    code = run(sys.argv[1:], Invocation())
print(json.dumps([code, sorted(name for name in sys.modules if "." not in name)]))
"""


def loaded_by(*arguments, environ=None):
    """Exit code of `cctv ARGUMENTS` in a process of its own, and the packages that it loaded."""
    command = [sys.executable, "-c", LOADED, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **(environ or {})})
    code, names = json.loads(done.stdout.splitlines()[-1])
    return code, set(names)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_help_loads_click_and_nothing_heavier(arguments):
    _, loaded = loaded_by(*arguments)
    assert "click" in loaded
    assert loaded & HEAVY == set()


def test_status_loads_only_what_it_uses(site):
    site.record("gevel-1", "2026-11-01 11:00")
    code, loaded = loaded_by("status", environ={"CCTV_CONFIG": str(site.config)})
    assert code in {17, 19}  # nobody records here, and by the real clock all of it is overdue
    assert "sqlalchemy" in loaded
    assert loaded & (PICTURES | {"alembic", "cryptography", "ffmpeg", "jinja2", "stdnum"}) == set()
