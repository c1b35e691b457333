"""`cctv redaction file`: any video, without a site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from casescene import BLUE, RED, pictures_of, pixels_of
from casestages import FRAMES, SUBJECT, write_keep

from cctv.cli.app import run
from cctv.cli.invocation import Invocation

pytestmark = pytest.mark.slow


@pytest.fixture
def nowhere(tmp_path) -> Invocation:
    """No cameras.toml, no storage."""
    return Invocation(config_path=tmp_path / "none.toml", environ={"NO_COLOR": "1"})


def test_a_file_is_redacted_with_a_mask_beside_it(nowhere, footage_files, tmp_path, capsys):
    source, output, mask = footage_files["people"][0], tmp_path / "out.mp4", tmp_path / "mask.mkv"
    keep = write_keep(tmp_path / "K.json", last=FRAMES - 1)

    options = ["--keep", str(keep), "--mask-out", str(mask), "--json"]
    assert run(["redaction", "file", str(source), str(output), *options], nowhere) == 0

    said = json.loads(capsys.readouterr().out)
    assert (said["frames"], said["frames_kept"], said["live_pixels_outside_kept"]) == (FRAMES, FRAMES, 0)
    pictures = pictures_of(output)
    assert (pixels_of(pictures, BLUE) == 0).all()
    assert SUBJECT.colour == RED
    masks = pictures_of(mask)
    assert len(masks) == FRAMES
    assert {int(level) for level in (masks.min(), masks.max())} <= {0, 255}


@pytest.mark.parametrize("options", [["--mode", "backdrop", "--fill", "blur"], ["--mode", "mask", "--others", "shape"]])
def test_an_option_of_the_other_mode_is_harmless(nowhere, footage_files, tmp_path, options):
    source, output = footage_files["people"][0], tmp_path / "out.mp4"
    assert run(["redaction", "file", str(source), str(output), *options], nowhere) == 0
    assert (pixels_of(pictures_of(output), BLUE) == 0).all()


def test_bad_input_and_recordings_of_a_site_are_refused(nowhere, opened, footage_files, tmp_path, capsys):
    output = tmp_path / "out.mp4"
    inside = opened.root / opened.footage("foyer-1")[0].path
    link = tmp_path / "link.mp4"
    link.symlink_to(inside)
    torn = Path(tmp_path / "torn.mp4")
    torn.write_bytes(b"no video at all")
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    source = str(footage_files["people"][0])
    for arguments, code in [
        ([str(link), str(output)], 12),
        ([str(inside), str(output)], 12),
        ([str(tmp_path / "none.mp4"), str(output)], 2),
        ([str(torn), str(output)], 15),
        ([source, str(output), "--keep", str(bad)], 2),
        ([source, str(tmp_path / "none" / "out.mp4")], 2),
        ([source, source], 2),
    ]:
        assert run(["redaction", "file", *arguments], nowhere) == code, arguments
        assert "next:" in capsys.readouterr().err
        assert not output.exists()


def test_the_live_picture_of_mask_mode_carries_no_line_that_says_it_is_reconstructed(nowhere, footage_files, tmp_path):
    source, corner = footage_files["people"][0], (slice(None), slice(-8, None), slice(0, 8))
    for mode, hidden in (("mask", False), ("backdrop", True)):
        mask = tmp_path / f"{mode}.mkv"
        assert run(["redaction", "file", str(source), str(tmp_path / f"{mode}.mp4"), "--mode", mode,
                    "--mask-out", str(mask)], nowhere) == 0  # fmt: skip
        assert (pictures_of(mask)[corner] == 255).all() == hidden
