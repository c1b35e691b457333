"""Cameras that answer, refuse, hang or ask for a password, over RTSP and over ONVIF."""

import json
import socket
from datetime import timedelta

import pytest
import simrig
from onvif_device import OnvifDevice

from cctv.cameras.check import check_cameras
from cctv.cameras.errors import CameraRefused, CameraSilent, CameraUnauthorised, ProfileUnknown, StreamUnknown
from cctv.cameras.onvif import stream_address
from cctv.cameras.probe import probe_camera
from cctv.cli.output import console
from cctv.cli.views.camera_check import checkup_as_json, print_checkups
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings
from cctv.core.clock import SystemClock
from cctv.model.ids import CameraId, ZoneId

pytestmark = [pytest.mark.slow, pytest.mark.hardware]

PASSWORD = "S3cret/p@ss:w %d'"
CREDENTIALS = {"right": Credential("admin", PASSWORD), "wrong": Credential("admin", "Wr0ng-passw@rd")}


def camera(name="gevel-1", **changes):
    return CameraSettings(CameraId(name), ZoneId("facade"), "theft", **changes)


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    if lacking := simrig.missing():
        pytest.skip(f"no simulated cameras: {lacking}")
    folder = tmp_path_factory.mktemp("scene")
    clips = {
        "gevel-1": simrig.scene_clip(folder, size="320x180", seconds=4, gop=1, fps=25, people=1),
        "foyer-1": simrig.scene_clip(folder, size="320x180", seconds=4, gop=1, fps=25, people=1, codec="h265"),
    }
    clips["gang-2"] = clips["gevel-1"]
    streams = {name: clip.stream for name, clip in clips.items()}
    rates = {"gevel-1": 25, "foyer-1": 12.5, "gang-2": 25}
    with simrig.Rig(streams, fps=rates, auth="digest", password=PASSWORD) as running:
        yield running


@pytest.fixture
def silent():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def probe(of, patience=30):
    return probe_camera(of, stream_address(of, CREDENTIALS), patience=timedelta(seconds=patience))


@pytest.mark.parametrize(("name", "codec", "fps"), [("gevel-1", "h264", 25), ("foyer-1", "hevc", 12.5)])
def test_a_camera_tells_what_it_sends(rig, name, codec, fps):
    facts = probe(camera(rtsp=rig.url(name, credentials=False), credential="right"))

    assert (facts.codec, facts.width, facts.height) == (codec, 320, 180)
    assert facts.fps == pytest.approx(fps, rel=0.05)
    assert facts.sound == "pcm_mulaw"


@pytest.mark.parametrize("credential", ["wrong", None])
def test_a_camera_that_asks_for_a_password_says_so_and_shows_none(rig, credential):
    with pytest.raises(CameraUnauthorised) as refused:
        probe(camera(rtsp=rig.url("gevel-1", credentials=False), credential=credential))

    assert "Wr0ng" not in str(refused.value) + str(refused.value.next_step)


def test_a_stream_that_the_camera_does_not_know_is_told_apart(rig):
    with pytest.raises(StreamUnknown):
        probe(camera(rtsp=rig.url("is-er-niet", credentials=False), credential="right"))


def test_a_port_where_nothing_listens_is_refused():
    with pytest.raises(CameraRefused):
        probe(camera(rtsp="rtsp://127.0.0.1:1/stream"))


def test_a_camera_that_hangs_costs_the_time_given(silent):
    with pytest.raises(CameraSilent, match="within 1 seconds"):
        probe(camera(rtsp=f"rtsp://{silent}/stream"), patience=1)


def test_onvif_gives_the_address_of_the_largest_stream_without_a_login():
    streams = {"main": "rtsp://someone:else@192.0.2.20/main", "sub": "rtsp://192.0.2.20/sub"}
    with OnvifDevice(streams, PASSWORD) as device:
        main = stream_address(camera(onvif=device.address, credential="right"), CREDENTIALS)
        sub = stream_address(camera(onvif=f"http://{device.address}", credential="right", profile="sub"), CREDENTIALS)

    assert main.url == "rtsp://127.0.0.1/main"  # the host that the site named, whatever the device says
    assert sub.url == "rtsp://127.0.0.1/sub"
    assert main.credential == CREDENTIALS["right"]


def test_onvif_with_a_wrong_password_is_unauthorised_and_shows_none():
    with OnvifDevice({}, PASSWORD) as device, pytest.raises(CameraUnauthorised) as refused:
        stream_address(camera(onvif=device.address, credential="wrong"), CREDENTIALS)

    assert "Wr0ng" not in str(refused.value) + str(refused.value.__cause__) + str(refused.value.next_step)


def test_onvif_without_the_profile_that_was_named_lists_those_it_has():
    with OnvifDevice({}, None) as device, pytest.raises(ProfileUnknown, match=r"main \(H264 1920x1080\)"):
        stream_address(camera(onvif=device.address, profile="hoofd"), CREDENTIALS)


def test_an_onvif_device_that_is_off_or_hangs_is_told_apart(silent):
    with pytest.raises(CameraRefused):
        stream_address(camera(onvif="127.0.0.1:1"), CREDENTIALS)
    with pytest.raises(CameraSilent):
        stream_address(camera(onvif=silent), CREDENTIALS, timeout=timedelta(seconds=0.5))


def test_the_check_shows_each_camera_and_exits_19_when_one_is_down(bare_site, rig):
    url = rig.url("gevel-1", credentials=False)
    text = bare_site.config.read_text().split("[cameras.gevel-1]")[0] + (
        f'[cameras.gevel-1]\nzone = "facade"\npurpose = "theft"\nrtsp = "{url}"\ncredential = "right"\n'
        f'[cameras.foyer-1]\nzone = "facade"\npurpose = "theft"\nrtsp = "{url}"\ncredential = "wrong"\n'
        '[cameras.dicht]\nzone = "facade"\npurpose = "theft"\nrtsp = "rtsp://127.0.0.1:1/x"\n'
        '[credentials]\nfile = "credentials.toml"\n'
    )
    bare_site.config.write_text(text)
    secrets = bare_site.folder / "credentials.toml"
    secrets.touch(0o600)
    secrets.write_text(
        "".join(f"[{name}]\nusername = 'admin'\npassword = '''{one.password}'''\n" for name, one in CREDENTIALS.items())
    )

    all_of_them = bare_site.cctv("cameras check --json", exit=19)
    one = bare_site.cctv("cameras check gevel-1")
    nobody = bare_site.cctv("cameras check gevel-9", exit=2)

    said = {entry["camera"]: entry for entry in json.loads(all_of_them.out)["cameras"]}
    assert said["gevel-1"]["sound"] == "pcm_mulaw"
    assert (said["foyer-1"]["reachable"], said["foyer-1"]["signed_in"]) == (True, False)
    assert said["dicht"]["reachable"] is False
    assert said["dicht"]["error"]["next"]
    assert said["gevel-1"]["gop_seconds"] == pytest.approx(1, rel=0.05)
    assert said["gevel-1"]["encrypted"] == "no"
    assert (said["gevel-1"]["clock_offset_seconds"], said["gevel-1"]["records_on_board"]) == (None, None)
    assert "dropped" in one.out
    assert "on-board recording unknown, confirm" in one.err
    assert "gevel-1" in nobody.err
    listed = bare_site.cctv("cameras list")
    assert "gevel-1" in listed.out
    for outcome in (all_of_them, one, listed):
        assert "S3cret" not in outcome.out + outcome.err
        assert "Wr0ng" not in outcome.out + outcome.err


def test_a_camera_asked_over_onvif_tells_its_clock_and_whether_it_records_on_itself(rig, capsys):
    # A simulated camera of which only the picture is taken has one viewer at a time.
    gevel, foyer, gang = ({"main": rig.url(name, credentials=False)} for name in ("gevel-1", "foyer-1", "gang-2"))
    with (
        OnvifDevice(gevel, PASSWORD, clock_off=-90, profile_g=True) as keeps,
        OnvifDevice(foyer, PASSWORD) as plain,
        OnvifDevice(gang, PASSWORD, clock_off=None, talks=False) as terse,
        OnvifDevice(gevel, "another password") as locked,
    ):
        devices = {"gevel-1": keeps, "foyer-1": plain, "gang-2": terse, "kassa-1": locked}
        asked = [camera(name=name, onvif=one.address, credential="right") for name, one in devices.items()]
        checkups = check_cameras(asked, CREDENTIALS, SystemClock())
    print_checkups(console({"COLUMNS": "100"}), checkups)
    shown = capsys.readouterr()

    said = {one.camera: checkup_as_json(one) for one in checkups}
    assert said["gevel-1"]["clock_offset_seconds"] == pytest.approx(-90, abs=20)  # a busy machine asks slowly
    assert abs(said["foyer-1"]["clock_offset_seconds"]) < 20
    assert said["gang-2"]["clock_offset_seconds"] is None
    assert [said[name]["records_on_board"] for name in devices] == [True, False, None, None]
    assert (said["kassa-1"]["reachable"], said["kassa-1"]["signed_in"]) == (True, False)
    assert "no login" in shown.out
    assert (said["foyer-1"]["model"], said["foyer-1"]["firmware"]) == ("Acme Eye 4", "1.2.3")
    assert said["gang-2"]["model"] is None
    assert "gevel-1: can record on board" in shown.err
    assert "gang-2: on-board recording unknown, confirm" in shown.err
    assert "gevel-1: its clock is off" in shown.err
    lesser = "main (H264 1920x1080) is recorded, not stills (JPEG 3840x2160): it is neither H.264 nor H.265"
    assert said["gevel-1"]["lesser_stream"] == lesser
    assert f"gevel-1: {lesser}" in shown.err
    assert max(len(line) for line in shown.out.splitlines()) <= 100
    assert "S3cret" not in json.dumps(said) + shown.out + shown.err
