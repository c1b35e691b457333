"""The bench of redaction can fail: heads that an output shows are counted, by its mask and by its pixels alone."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import bench_redaction
import numpy as np
import pytest
from redaction_bench.studio import annotated, counted, redacted
from redaction_bench.truth import People, boxes_in, head, place
from simrig import scene_clip

from cctv.redaction.encode import h264_writer, mask_writer, write_planes
from cctv.redaction.keep import NOTHING_KEPT
from cctv.redaction.options import Mode, Options

SIZE = "320x180"
SECONDS = 12


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """People who walk, and one who never moves: to the engine, a part of the scene."""
    return scene_clip(tmp_path_factory.mktemp("bench"), seed=7, size=SIZE, seconds=SECONDS, statue=True)
