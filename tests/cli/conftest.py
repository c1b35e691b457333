from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "redaction_review"))  # for casescene, casestages

from kept_texts import Snapshot


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Snapshot:
    """Compares with tests/cli/snapshots; `--update-snapshots` rewrites them."""
    return Snapshot(request.config.getoption("--update-snapshots"))
