"""Requests at their stages, each made once a session through the command line and then copied."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "redaction_review"))

from casestages import (
    approved,
    built,
    footage_files,
    keep_file,
    opened,
    prepared,
    stages,
)

__all__ = ["approved", "built", "footage_files", "keep_file", "opened", "prepared", "stages"]
