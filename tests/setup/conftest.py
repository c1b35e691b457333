"""A box before `cctv init`."""

from __future__ import annotations

from pathlib import Path

import pytest
from newbox import NewBox

from cctv.core.clock import Clock


@pytest.fixture
def box(tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]) -> NewBox:
    (tmp_path / "usb").mkdir()
    return NewBox(tmp_path, clock, capsys)
