"""What leaves is what players take: a quick sample of `./scripts/players`, by boxes and by ffmpeg."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "scripts"))
from mp4_boxes import Boxes, complaints
from player_check import Maker, by_boxes, by_ffmpeg, samples_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def maker(tmp_path_factory):
    maker = Maker(tmp_path_factory.mktemp("players"))
    maker.cctv("footage init")
    return maker


@pytest.mark.parametrize(("camera", "kinds"), [("hevc", {"segment", "unredacted copy"}), ("odd", {"redaction file"})])
def test_what_leaves_plays(maker, camera, kinds):
    made = list(samples_of(maker, camera, kinds))

    assert len(made) == len(kinds)
    for sample in made:
        assert by_boxes(sample, maker.folder) == [], sample.what
        assert by_ffmpeg(sample, maker.folder) == [], sample.what


def test_the_inspection_sees_what_players_refuse():
    wrong = Boxes(order=["ftyp", "mdat", "moov"], codec="hev1", profile=244, level=61, tracks=2, fragmented=True)
    wrong.edits = [(7200, -1), (90000, 0)]

    assert len(complaints(wrong, leaves=True, encoded=True)) == 9
