"""Scenes and cameras shared by the tests of the simulator."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import simrig


@pytest.fixture(scope="session")
def scenes(tmp_path_factory):
    """Folder in which scenes are made once a session."""
    return tmp_path_factory.mktemp("scenes")


@pytest.fixture(scope="session")
def small(scenes):
    """Make a small scene: `small(codec="h265")`."""

    def make(**options):
        return simrig.scene_clip(scenes, **{"size": "320x180", "seconds": 4, "gop": 0.48, "noise": 1, **options})

    return make


@pytest.fixture(scope="module")
def rig(small):
    """Two cameras: foyer-1, H.264 at 25 frames a second, and gevel-1, H.265 at 15."""
    if lack := simrig.missing():
        pytest.skip(lack)
    clips = {"foyer-1": small().stream, "gevel-1": small(codec="h265").stream}
    with simrig.Rig(clips, fps={"foyer-1": 25, "gevel-1": 15}, alt={"foyer-1": small(size="160x90").stream}) as running:
        yield running
