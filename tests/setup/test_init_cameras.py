"""`cctv init` with real streams and an ONVIF device: signing in, what is left out, and a recorder that records."""

import json
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta

import pytest
import simrig
from answering import Cameras
from newbox import ACCOUNT, FACTS
from onvif_device import OnvifDevice

from cctv.cameras import onvif
from cctv.config.loader import load_settings
from cctv.core.clock import SystemClock
from cctv.core.durable import DurableFiles
from cctv.core.i18n import Language
from cctv.db.storage import open_site
from cctv.model.audit import Actor
from cctv.setup.apply import wait_for_pictures

pytestmark = [pytest.mark.slow, pytest.mark.hardware]

PASSWORD = "S3cret/p@ss:w %d'"


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    if lacking := simrig.missing():
        pytest.skip(f"no simulated cameras: {lacking}")
    clip = simrig.scene_clip(tmp_path_factory.mktemp("scene"), size="320x180", seconds=4, gop=1, fps=25, people=1)
    with simrig.Rig({"gevel": clip.stream, "foyer": clip.stream}, fps=25, auth="digest", password=PASSWORD) as running:
        yield running


@pytest.fixture
def device(rig):
    streams = {"main": rig.url("gevel", credentials=False), "sub": rig.url("gevel", credentials=False)}
    with OnvifDevice(streams, password=PASSWORD, clock_off=95) as running:
        yield running


@pytest.fixture
def password(box):
    file = box.folder / "password"
    file.touch(0o600)
    file.write_text(f"{PASSWORD}\n")
    return file


def until(reached, patience=60):
    ends_at = time.monotonic() + patience
    while not reached():
        assert time.monotonic() < ends_at
        time.sleep(0.1)


def test_a_camera_records_after_two_commands(box, rig, device, password):
    foyer = rig.url("foyer", credentials=False)
    cameras = f"--camera gevel-1={device.address} --camera foyer-1={foyer} --zone-of gevel-1=facade --road gevel-1"
    own = box.folder / "own.toml"
    own.touch(0o600)
    own.write_text(f'[foyer-1]\nusername = "admin"\npassword = "{PASSWORD}"\n')
    secret = f"--user admin --password-file {password} --credentials-file {own} --stills {box.folder / 'stills'}"

    said = box.init(f"--no-recovery-key {cameras} {secret} --location 'foyer-1=boven de balie'")

    assert "h264 320x180" in said.err
    assert "its clock is" in said.err  # not that of this test
    assert "needed" in said.err or "warning" not in said.err
    assert PASSWORD not in said.out + said.err
    holding = [name for name in box.files() if PASSWORD.encode() in (box.folder / name).read_bytes()]
    assert holding == ["etc/credentials.toml", "own.toml", "password"]
    assert 'credential = "foyer-1"' in box.config.read_text()
    assert (box.folder / "stills" / "gevel-1.png").read_bytes().startswith(b"\x89PNG")
    entries = box.cctv("audit list --json").json["entries"]
    assert [(entry["act"], entry["subject"]) for entry in entries][1:] == [
        ("camera.still", "gevel-1"),
        ("camera.still", "foyer-1"),
    ]
    command = [sys.executable, "-c", "import sys; from cctv.cli.app import main; sys.exit(main())"]
    recorder = subprocess.Popen([*command, "--config", str(box.config), "record"], stderr=subprocess.DEVNULL)
    try:
        settings = load_settings(box.config, environ={}).settings
        site = open_site(settings, disk=DurableFiles(), clock=SystemClock(), actor=Actor("test"))
        counts = []
        assert wait_for_pictures(site, timedelta(seconds=60), lambda under_way, cameras: counts.append(under_way))
        assert counts[-1] == 2
        until(lambda: box.cctv("status", exit=None).exit == 0)
    finally:
        recorder.send_signal(signal.SIGTERM)
        recorder.wait(30)
    until(lambda: len(list((box.storage / "segments").rglob("*.mp4"))) == 2)


def test_a_camera_with_another_password_is_asked_once_and_left_out_and_one_that_is_away_is_kept(box, device):
    secret = box.folder / "wrong"
    secret.touch(0o600)
    secret.write_text("wr0ng\n")
    cameras = f"--camera gevel-1={device.address} --camera foyer-1=127.0.0.1:9"

    said = box.init(f"--no-recovery-key {cameras} --user admin --password-file {secret} --json")

    assert said.json["left_out"] == [{"address": device.address, "why": "it refuses the user name or password"}]
    assert [camera["camera"] for camera in said.json["cameras"]] == ["foyer-1"]
    assert device.asked_for.count("GetSystemDateAndTime") == 1  # it was signed in to once
    assert "wr0ng" not in said.out + said.err
    again = f"cameras add gevel-1 --zone interior --purpose theft --onvif {device.address} --user admin"
    (box.folder / "right").touch(0o600)
    (box.folder / "right").write_text(PASSWORD)
    box.cctv(f"{again} --password-file {box.folder / 'right'}")
    assert "h264" in box.cctv("cameras check gevel-1").out


def test_forty_cameras_have_one_password_and_a_zone_with_corrections(box, password):
    many = " ".join(f"--camera 127.0.0.{number}:9" for number in range(1, 41))  # nothing listens there
    secret = f"--user admin --password-file {password}"

    said = box.init(f"--no-recovery-key {many} --zone-of camera-7=facade {secret} --json")

    zones = {camera["camera"]: camera["zone"] for camera in said.json["cameras"]}
    assert len(zones) == 40
    assert [name for name, zone in zones.items() if zone == "facade"] == ["camera-7"]
    assert box.config.with_name("credentials.toml").read_text().count("[") == 1
    assert box.config.read_text().count('credential = "cameras"') == 40


def test_a_device_that_names_a_wrong_address_is_tried_where_its_answer_came_from(box, device, password, monkeypatch):
    port = device.address.rpartition(":")[2]
    monkeypatch.setattr("cctv.cameras.onvif._ways", lambda: [(socket.AF_INET, socket.if_nametoindex("lo"))])
    way_out = onvif._way_out

    def from_loopback(way):
        out, group = way_out(way)
        out.bind(("127.0.0.1", 0))  # whoever answers, answers from there
        return out, group

    monkeypatch.setattr(onvif, "_way_out", from_loopback)
    answering = Cameras({f"127.0.0.9:{port}": "Gevel"})  # nothing listens there
    answering.start()
    try:
        for _ in range(5):  # a busy machine answers late
            box.answers.unlink(missing_ok=True)
            said = box.cctv(
                f"init --yes --dry-run {FACTS} --no-recovery-key --storage {box.storage} --user admin "
                f"--password-file {password} --json --account {ACCOUNT}"
            )
            if said.json["cameras"]:
                break
    finally:
        answering.stop()

    assert f"names the address 127.0.0.9:{port} and is at 127.0.0.1:{port}" in said.err
    assert said.json["cameras"][0]["address"] == f"127.0.0.1:{port}"
    assert said.json["cameras"][0]["camera"] == "gevel"
    assert json.loads(said.out.splitlines()[-1])["dry_run"]


def test_where_no_camera_answers_init_still_finishes_and_says_how_to_add_one(box, monkeypatch):
    monkeypatch.setattr("cctv.cameras.onvif._ways", lambda: [])

    said = box.init("--no-recovery-key")

    assert "cameras add NAME" in said.err
    assert box.cctv("config check").exit == 0
    assert Language.NL.value in box.config.read_text()
