"""Which stream of a camera is opened, and what is said of it."""

import pytest

from cctv.cameras.check import Checkup
from cctv.cameras.errors import (
    CameraFailed,
    CodecUnsupported,
    CredentialMissing,
    ProfileUnknown,
)
from cctv.cameras.media import Profile, ranked
from cctv.cameras.onvif import records_on_board, stream_address
from cctv.cameras.rtsp import StreamAddress, open_live
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings, Transport
from cctv.core.errors import Exit
from cctv.model.ids import CameraId, ZoneId

URL = "rtsp://192.0.2.20/stream1"
CREDENTIAL = Credential("admin", "p@ss/w:rd 'x'")
ADDRESS = StreamAddress(URL, Transport.TCP, CREDENTIAL)


def camera(**changes):
    return CameraSettings(CameraId("gevel-1"), ZoneId("facade"), "theft", **{"rtsp": URL, **changes})


def test_an_address_shows_no_password():
    assert "p@ss" not in f"{ADDRESS} {ADDRESS!r}"


@pytest.mark.parametrize(
    "url", ["rtsp://192.0.2.20/a\noption x y", "rtsp://192.0.2.20/a b", "rtsp://192.0.2.20/\u200b"]
)
def test_an_address_cannot_add_a_line_to_a_request(url):
    with pytest.raises(CameraFailed, match="signs that none may"):
        open_live(camera(), StreamAddress(url, Transport.TCP))


def test_a_camera_without_its_credential_is_a_matter_of_configuration():
    with pytest.raises(CredentialMissing) as refused:
        stream_address(camera(credential="gevel-1"), {})

    assert refused.value.exit_code is Exit.CONFIG


PROFILES = [
    Profile("t1", "main", "H264", 1920, 1080),
    Profile("t2", "sub", "H264", 640, 360),
    Profile("t3", "big", "JPEG", 3840, 2160),
]


def test_the_largest_profile_that_can_be_recorded_is_chosen():
    assert ranked(camera(), PROFILES)[0].token == "t1"


@pytest.mark.parametrize(("wanted", "profiles"), [(None, PROFILES[2:]), ("big", PROFILES)])
def test_a_profile_of_another_codec_is_told_with_what_to_set(wanted, profiles):
    with pytest.raises(CodecUnsupported, match="sends MJPEG at") as raised:
        ranked(camera(profile=wanted), profiles)
    assert "set the video encoding" in raised.value.next_step


@pytest.mark.parametrize("name", ["t2", "sub"])
def test_a_profile_is_named_by_its_token_or_name(name):
    assert ranked(camera(profile=name), PROFILES)[0].token == "t2"


def test_a_profile_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(ProfileUnknown, match=r"main \(H264 1920x1080\)"):
        ranked(camera(profile="hoofd"), PROFILES)


@pytest.mark.parametrize(
    ("scopes", "services", "records"),
    [
        (["onvif://www.onvif.org/Profile/G"], [], True),
        ([], ["http://www.onvif.org/ver10/recording/wsdl"], True),
        (["onvif://www.onvif.org/Profile/S"], ["http://www.onvif.org/ver10/media/wsdl"], False),
        (["onvif://www.onvif.org/Profile/S"], [], None),
        (["onvif://www.onvif.org/name/G"], ["http://www.onvif.org/ver10/media/wsdl"], None),
        ([], [], None),
    ],
)
def test_a_camera_records_on_itself_or_not_only_by_its_own_word(scopes, services, records):
    assert records_on_board(scopes, services) is records


@pytest.mark.parametrize(
    ("address", "onvif", "encrypted"),
    [
        ("rtsps://192.0.2.20/x", None, "yes"),
        ("rtsps://192.0.2.20/x", "https://192.0.2.20", "yes"),
        ("rtsps://192.0.2.20/x", "192.0.2.20", "picture"),
        ("rtsp://192.0.2.20/x", "https://192.0.2.20", "control"),
        ("rtsp://192.0.2.20/x", None, "no"),
    ],
)
def test_what_is_encrypted_is_told_of_picture_and_control_apart(address, onvif, encrypted):
    assert Checkup(CameraId("gevel-1"), address, onvif=onvif).encrypted.value == encrypted
