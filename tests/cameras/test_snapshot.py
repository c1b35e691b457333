"""The one picture that an operator gets: coarse, masked, logged."""

import cv2
import numpy as np
import pytest
import simrig

from cctv.cameras.probe import blocks_of, png_of

pytestmark = [pytest.mark.slow, pytest.mark.hardware]

PASSWORD = "S3cret/p@ss:w %d'"


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    if lacking := simrig.missing():
        pytest.skip(f"no simulated cameras: {lacking}")
    clip = simrig.scene_clip(tmp_path_factory.mktemp("scene"), size="320x180", seconds=4, gop=1, fps=25, people=1)
    with simrig.Rig({"gevel-1": clip.stream}, auth="digest", password=PASSWORD) as running:
        yield running


def decoded(png):
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)


def test_a_still_is_coarse_owner_only_and_in_the_log(site, rig):
    text = site.config.read_text().replace("rtsp://127.0.0.1:9/gevel-1", rig.url("gevel-1", credentials=False))
    text = text.replace('gevel-1"\n[cameras.foyer', 'gevel-1"\ncredential = "right"\n[cameras.foyer')
    site.config.write_text(text + '[credentials]\nfile = "credentials.toml"\n')
    secrets = site.folder / "credentials.toml"
    secrets.touch(0o600)
    secrets.write_text(f"[right]\nusername = 'admin'\npassword = '''{PASSWORD}'''\n")
    file = site.folder / "aim.png"

    planned = site.cctv(f"cameras still gevel-1 --reason maintenance --output {file} --dry-run")
    assert not file.exists()
    said = site.cctv(f"cameras still gevel-1 --reason maintenance --output {file}")

    picture = decoded(file.read_bytes())
    assert picture.shape == (360, 640, 3)
    blocks = picture.reshape(18, 20, 32, 20, 3)
    assert (blocks == blocks[:, :1, :, :1]).all()  # nothing finer than a block
    assert len(np.unique(blocks[:, 0, :, 0].reshape(-1, 3), axis=0)) > 10  # and yet a picture
    assert file.stat().st_mode & 0o777 == 0o600
    log = site.cctv("audit list --about gevel-1 --json").json["entries"]
    assert [(entry["act"], entry["facts"]) for entry in log] == [("camera.still", {"reason": "maintenance"})]
    assert "S3cret" not in planned.out + planned.err + said.out + said.err


def test_a_still_that_cannot_be_written_leaves_no_entry_and_another_reason_is_refused(site, rig):
    site.config.write_text(site.config.read_text().replace("rtsp://127.0.0.1:9/gevel-1", "rtsp://127.0.0.1:1/x"))

    down = site.cctv(f"cameras still gevel-1 --reason maintenance --output {site.folder / 'aim.png'}", exit=19)
    curious = site.cctv("cameras still gevel-1 --reason curiosity --output aim.png", exit=2)

    assert "refuses connections" in down.err
    assert "maintenance" in curious.err
    assert site.cctv("audit list --json").json["entries"][0]["act"] == "storage.created"
    assert site.cctv("audit list --about gevel-1 --json").json["entries"] == []


def test_a_mask_hides_every_block_that_it_touches():
    white = bytes([255]) * (32 * 18 * 3)

    masked = decoded(png_of(blocks_of(white, [((0, 0), (50, 0), (50, 51), (0, 51))])))

    assert not masked[: 10 * 20, : 16 * 20].any()  # 51 % of 18 rows reaches into the tenth
    assert (masked[10 * 20 :] == 255).all()
    assert (masked[:, 17 * 20 :] == 255).all()
    assert (decoded(png_of(blocks_of(white, []))) == 255).all()
