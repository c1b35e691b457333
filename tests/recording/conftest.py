"""Streams and recorders for these tests; what they are is in recording.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import simrig
from recording import Recorder


@pytest.fixture(scope="session")
def streams(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A small scene in both codecs, a key frame every second."""
    return _scene(tmp_path_factory.mktemp("scene"), "320x180")


@pytest.fixture(scope="session")
def wide_streams(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same in another size."""
    return _scene(tmp_path_factory.mktemp("wide"), "480x270")


def _scene(folder: Path, size: str) -> dict[str, Path]:
    if lacking := simrig.missing():
        pytest.skip(f"no simulated cameras: {lacking}")
    clips = {
        codec: simrig.scene_clip(folder, size=size, seconds=4, gop=1, fps=25, people=1, codec=codec)
        for codec in ("h264", "h265")
    }
    return {codec: clip.stream for codec, clip in clips.items()}


@pytest.fixture
def make_recorder(tmp_path: Path) -> Iterator[Callable[..., Recorder]]:
    recorders: list[Recorder] = []

    def make(*args: object, **kwargs: object) -> Recorder:
        folder = tmp_path / f"site{len(recorders)}"
        folder.mkdir(exist_ok=True)
        recorders.append(Recorder(folder, *args, **kwargs))
        return recorders[-1]

    yield make
    for recorder in recorders:
        recorder.close()
