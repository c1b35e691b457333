"""`cctv init` as a person sits before it: asked again with the reason, two passwords at most, Ctrl-C and on again."""

import json

import pytest
import simrig
from newbox import ACCOUNT
from onvif_device import OnvifDevice
from terminal import CTRL_C, conversation

from cctv.crypto.age import read_recovery_key

pytestmark = [pytest.mark.slow, pytest.mark.hardware]

PASSWORD = "S3cret/p@ss:w %d'"
SITE = [
    ("comments (nl, fr, en)", "en"),
    ("Name of the site", "De Grote Post"),
    ("Whose law applies", "be"),
    ("Time zone", "Europe/Brussels"),
    ("the controller)", ""),
    ("postal address", "Kaai 1; 8400 Oostende"),
    ("Its mail address", "info"),  # no mail address
    ("Its mail address", "info@example.org"),
    ("write about their data", ""),
    ("Who signs", "Lieve Maes"),
    ("theft and damage", "camera in het toilet"),  # refused
    ("theft and damage", "theft"),
    ("Zone of most cameras", ""),
]


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    if lacking := simrig.missing():
        pytest.skip(f"no simulated cameras: {lacking}")
    clip = simrig.scene_clip(tmp_path_factory.mktemp("scene"), size="320x180", seconds=4, gop=1, fps=25, people=1)
    with simrig.Rig({"gevel": clip.stream}, fps=25, auth="digest", password=PASSWORD) as rig:
        streams = {"main": rig.url("gevel", credentials=False), "sub": rig.url("gevel", credentials=False)}
        with OnvifDevice(streams, password=PASSWORD) as running:
            yield running


def test_a_box_is_set_up_in_one_conversation_on_a_narrow_terminal(box, device):
    talk = [
        *SITE,
        ("Address of another camera", "http://"),  # no address
        ("Address of another camera", device.address),
        ("Address of another camera", ""),
        ("User name of the cameras", "admin"),
        ("Password of the cameras (not shown): ", "wr0ng"),
        ("User name of the cameras", "admin"),
        ("Password of the cameras (not shown): ", PASSWORD),
        ("Name (or none", "gevel-1"),
        ("Where it hangs", "naast het toilet"),  # refused
        ("Where it hangs", "above the door"),
        ("Zone [interior]", ""),
        ("public road", "maybe"),
        ("public road", "ja"),  # not from an interior
        ("Zone [interior]", "facade"),
        ("public road", "y"),
        ("number of a disk", str(box.storage)),
        ("Use it all the same?", "y"),
        ("File of the recovery key", str(box.storage / "r.key")),  # refused
        ("File of the recovery key", str(box.key)),
        ("Do this?", "y"),
    ]
    device.asked_for.clear()

    code, screen = conversation([*box.arguments, "--no-discovery"], talk, environ=box.environ, columns=60)

    assert code == 3  # nothing starts the services here
    for reason in (
        "not a mail address",
        "changing room",
        "names no host",
        "public road, which interior",
        "in the storage",
    ):
        assert reason in screen
    assert "refuses this user name or password" in screen
    assert PASSWORD not in screen
    assert "wr0ng" not in screen
    assert any(set(line) <= set(" ░▒▓█") and len(line) == 32 for line in screen.splitlines())
    assert "\x1b[3" not in screen  # NO_COLOR
    assert device.asked_for.count("GetStreamUri") >= 1
    settings = box.config.read_text()
    assert "[cameras.gevel-1]" in settings
    assert "masks" in settings
    assert str(read_recovery_key(box.key).to_public()) in settings
    subjects = [entry["subject"] for entry in box.cctv("audit list --json").json["entries"]]
    assert subjects[1:] == ["gevel-1"]
    assert "h264" in box.cctv("cameras check").out


def test_a_camera_gets_two_passwords_at_most(box, device):
    talk = [
        *SITE,
        ("Address of another camera", device.address),
        ("Address of another camera", ""),
        ("User name of the cameras", "admin"),
        ("Password of the cameras (not shown): ", "wr0ng-1"),
        ("User name of the cameras", "admin"),
        ("Password of the cameras (not shown): ", "wr0ng-2"),
        ("number of a disk", str(box.storage)),
        ("Use it all the same?", "y"),
        ("File of the recovery key", "none"),
        ("Go on without?", "y"),
        ("Do this?", "y"),
    ]
    device.asked_for.clear()

    code, screen = conversation([*box.arguments, "--no-discovery"], talk, environ=box.environ)

    assert code == 3
    assert device.asked_for.count("GetSystemDateAndTime") == 2
    assert f"Left out: {device.address}" in screen
    assert f"--onvif {device.address}" in screen


def test_what_was_answered_before_ctrl_c_is_not_asked_again(box):
    code, screen = conversation(
        [*box.arguments, "--no-discovery"], [*SITE[:6], ("Its mail address", CTRL_C)], environ=box.environ
    )

    assert code == 130
    assert "is kept" in screen
    assert json.loads(box.answers.read_text())["texts"]["name"] == "De Grote Post"
    assert list(box.config.parent.iterdir()) == [box.answers]

    rest = [
        *SITE[6:],
        ("Address of another camera", ""),
        ("number of a disk", str(box.storage)),
        ("Use it all the same?", "y"),
        ("File of the recovery key", "none"),
        ("Go on without?", "y"),
        ("Do this?", "n"),
    ]
    code, screen = conversation([*box.arguments, "--no-discovery"], rest, environ=box.environ)

    assert code == 13
    assert "Name of the site" not in screen
    assert "--start-over" in screen
    assert not box.config.exists()
    asked_anew = box.cctv(f"init --account {ACCOUNT} --start-over --yes --mail post@example.org", exit=2)
    assert "--name" in asked_anew.err
    assert json.loads(box.answers.read_text())["earlier"]["name"] == "De Grote Post"


def test_after_an_interruption_only_the_password_of_the_cameras_is_asked_for_again(box, device):
    begun = [
        *SITE,
        ("Address of another camera", device.address),
        ("Address of another camera", ""),
        ("User name of the cameras", "admin"),
        ("Password of the cameras (not shown): ", PASSWORD),
        ("Name (or none", "gevel-1"),
        ("Where it hangs", ""),
        ("Zone [interior]", "facade"),
        ("public road", "n"),
        ("number of a disk", CTRL_C),
    ]
    assert conversation([*box.arguments, "--no-discovery"], begun, environ=box.environ)[0] == 130
    assert PASSWORD not in box.answers.read_text()

    rest = [
        ("User name of the cameras", "admin"),
        ("Password of the cameras (not shown): ", "wr0ng"),
        ("User name of the cameras", "admin"),
        ("Password of the cameras (not shown): ", PASSWORD),
        ("number of a disk", str(box.storage)),
        ("Use it all the same?", "y"),
        ("File of the recovery key", "none"),
        ("Go on without?", "y"),
        ("Do this?", "y"),
    ]
    code, screen = conversation([*box.arguments, "--no-discovery"], rest, environ=box.environ)

    assert code == 3
    assert "Address of another camera" not in screen
    assert "[zones.facade]" in box.config.read_text()
    assert "h264" in box.cctv("cameras check gevel-1").out
