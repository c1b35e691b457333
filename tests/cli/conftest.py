from __future__ import annotations

import pytest
from kept_texts import Snapshot


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Snapshot:
    """Compares with tests/cli/snapshots; `--update-snapshots` rewrites them."""
    return Snapshot(request.config.getoption("--update-snapshots"))
