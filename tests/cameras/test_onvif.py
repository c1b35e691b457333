"""The stream's address and the camera's own clock, told in one conversation by a real SOAP device."""

from datetime import timedelta

import pytest
from onvif_device import OnvifDevice

from cctv.cameras.errors import CameraUnauthorised
from cctv.cameras.onvif import reach_camera
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings
from cctv.core.clock import SystemClock
from cctv.model.ids import CameraId, ZoneId

pytestmark = pytest.mark.slow

STREAMS = {"main": "rtsp://127.0.0.1/main"}
CREDENTIALS = {"right": Credential("admin", "S3cret")}
BUSY = 20  # seconds; a busy machine asks slowly


def camera(**changes):
    return CameraSettings(CameraId("gevel-1"), ZoneId("facade"), "theft", credential="right", **changes)


def reach(device):
    return reach_camera(camera(onvif=device.address), CREDENTIALS, clock=SystemClock())


def dated(said):
    inside = f"<tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>{said}</tds:SystemDateAndTime>"
    return f"<tds:GetSystemDateAndTimeResponse>{inside}</tds:GetSystemDateAndTimeResponse>"


@pytest.mark.parametrize("seconds", [-3600, 0, 90])
def test_a_camera_that_is_reached_tells_how_far_its_clock_is_off(seconds):
    with OnvifDevice(STREAMS, "S3cret", clock_off=seconds) as device:
        reached = reach(device)

    assert reached.address.url == STREAMS["main"]
    assert reached.clock_offset.total_seconds() == pytest.approx(seconds, abs=BUSY)


def test_the_time_is_asked_first_and_nothing_but_what_is_needed():
    with OnvifDevice(STREAMS, "S3cret") as device:
        reach(device)

    assert device.asked_for == ["GetSystemDateAndTime", "GetServices", "GetProfiles", "GetStreamUri"]


@pytest.mark.parametrize(
    "said",
    [
        "this is no answer",
        dated(""),
        dated("<tt:UTCDateTime></tt:UTCDateTime>"),
        dated(
            "<tt:UTCDateTime><tt:Time><tt:Hour>25</tt:Hour><tt:Minute>0</tt:Minute><tt:Second>0</tt:Second></tt:Time>"
            "<tt:Date><tt:Year>0</tt:Year><tt:Month>1</tt:Month><tt:Day>1</tt:Day></tt:Date></tt:UTCDateTime>"
        ),
        dated(
            "<tt:UTCDateTime><tt:Time><tt:Hour>1</tt:Hour><tt:Minute>0</tt:Minute><tt:Second>0</tt:Second></tt:Time>"
            f"<tt:Date><tt:Year>{'9' * 30}</tt:Year><tt:Month>1</tt:Month><tt:Day>1</tt:Day></tt:Date></tt:UTCDateTime>"
        ),
        dated("<tt:UTCDateTime><tt:Time><tt:Hour>noon</tt:Hour><tt:Minute>0</tt:Minute></tt:Time></tt:UTCDateTime>"),
    ],
    ids=["no answer", "no time", "an empty time", "a time that is none", "a year too long", "a word"],
)
def test_a_camera_that_tells_no_time_is_reached_all_the_same(said):
    with OnvifDevice(STREAMS, "S3cret", time_said=said) as device:
        reached = reach(device)

    assert (reached.address.url, reached.clock_offset) == (STREAMS["main"], None)


@pytest.mark.parametrize("silent", [{"clock_off": None}, {"mute": True}], ids=["refuses", "never answers"])
def test_a_camera_that_keeps_its_time_to_itself_is_reached_all_the_same(silent):
    with OnvifDevice(STREAMS, "S3cret", **silent) as device:
        reached = reach(device)

    assert (reached.address.url, reached.clock_offset) == (STREAMS["main"], None)


def test_a_camera_by_plain_rtsp_has_no_clock_to_tell():
    reached = reach_camera(camera(rtsp=STREAMS["main"]), CREDENTIALS, timeout=timedelta(seconds=1))

    assert (reached.address.url, reached.clock_offset) == (STREAMS["main"], None)


def test_a_camera_that_refuses_the_login_is_down_whatever_its_clock():
    with OnvifDevice(STREAMS, "another") as device, pytest.raises(CameraUnauthorised):
        reach(device)
