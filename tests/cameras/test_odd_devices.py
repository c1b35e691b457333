"""ONVIF as the field speaks it, and as an attacker would: each device costs its own picture and no more."""

import gzip
import re
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hostile import RawServer
from onvif_device import PLAIN, QUIRKS, OnvifDevice, quirky

from cctv.cameras import soap
from cctv.cameras.errors import (
    CameraDown,
    CameraFailed,
    CameraOversized,
    CameraRedirected,
    CameraSilent,
    CameraUnauthorised,
    CameraUnreachable,
)
from cctv.cameras.media import pinned_address
from cctv.cameras.onvif import device_facts, reach_camera
from cctv.cameras.rtsp import open_live
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings
from cctv.core.clock import SystemClock
from cctv.model.ids import CameraId, ZoneId

pytestmark = pytest.mark.slow

CREDENTIALS = {"right": Credential("admin", "S3cret")}
PROFILE = '<trt:Profiles token="{token}" fixed="true">{name}{encoder}</trt:Profiles>'
GOOD = (
    '<tt:VideoEncoderConfiguration token="v"><tt:Name>v</tt:Name><tt:UseCount>1</tt:UseCount>'
    "<tt:Encoding>H264</tt:Encoding>{size}<tt:Quality>5</tt:Quality></tt:VideoEncoderConfiguration>"
)
SIZE = "<tt:Resolution><tt:Width>640</tt:Width><tt:Height>360</tt:Height></tt:Resolution>"
HEAD = "HTTP/1.1 {status}\r\nContent-Type: application/soap+xml\r\n{more}\r\n"


def camera(address, **changes):
    return CameraSettings(CameraId("gevel-1"), ZoneId("facade"), "theft", onvif=address, credential="right", **changes)


def reach(address, **changes):
    return reach_camera(camera(address, **changes), CREDENTIALS, timeout=timedelta(seconds=2), clock=SystemClock())


class Odd(OnvifDevice):
    """Answers `odd` where the request holds its key."""

    def __init__(self, odd, **options):
        super().__init__({"main": "rtsp://192.0.2.7:8554/main"}, **options)
        self.odd = odd

    def _answer(self, request):
        odd = next((text for key, text in self.odd.items() if key in request), None)
        return super()._answer(request) if odd is None else (200, odd)


STREAMS = {name: f"rtsp://192.0.2.7/{name}" for name in ("main", "large", "sub", "slow")}


def test_a_password_that_a_device_writes_into_an_address_is_asked_with_and_never_shown():
    address = "rtsp://192.0.2.7:1/user=admin_password=S3cret_channel=1.sdp"
    with OnvifDevice({"main": address}) as device:
        reached = reach(device.address).address
    with pytest.raises(CameraDown) as refused:
        open_live(camera(device.address), reached)

    assert "S3cret" in reached.url
    assert "S3cret" not in str(reached)
    assert "S3cret" not in refused.value.message


UNDERSTOOD = [quirk for quirk in QUIRKS.values() if quirk.error is None]
NAMED = [quirk for quirk in QUIRKS.values() if quirk.error is not None]


@pytest.mark.parametrize("quirk", UNDERSTOOD, ids=lambda quirk: quirk.name)
def test_a_device_with_a_quirk_is_understood(quirk):
    with quirky(quirk, STREAMS, "S3cret") as device:
        reached = reach(device.address)

    assert reached.address.url == f"rtsp://127.0.0.1/{quirk.taken}"
    assert (reached.lesser is not None) is quirk.lesser


@pytest.mark.parametrize("quirk", NAMED, ids=lambda quirk: quirk.name)
def test_a_device_that_gives_no_stream_says_why(quirk):
    with quirky(quirk, STREAMS, "S3cret") as device, pytest.raises(CameraDown) as down:
        reach(device.address)

    assert down.value.code == quirk.error
    assert down.value.next_step


@pytest.mark.parametrize("name", ["main", "token  main", " token  main "])
def test_a_stream_is_named_by_name_or_token_however_it_is_spaced(name):
    with quirky(QUIRKS["profile tokens with spaces"], STREAMS, "S3cret") as device:
        assert reach(device.address, profile=name).address.url == "rtsp://127.0.0.1/main"


def test_the_lesser_stream_that_the_site_names_is_no_surprise():
    with quirky(QUIRKS["the largest is refused"], STREAMS, "S3cret") as device:
        assert reach(device.address, profile="main").lesser is None
        with pytest.raises(CameraFailed, match="token does not exist"):
            reach(device.address, profile="large")


def test_a_password_that_http_refuses_is_sent_once_and_one_in_soap_once():
    heard = []
    challenge = 'WWW-Authenticate: Digest realm="x", nonce="n"\r\nContent-Length: 0\r\n'

    def write(client, request):
        heard.append(b"Authorization:" in request)
        client.sendall(HEAD.format(status="401 Unauthorized", more=challenge).encode())

    with RawServer(write) as server, pytest.raises(CameraUnauthorised):
        reach(server.address)
    with OnvifDevice(STREAMS, "other") as device, pytest.raises(CameraUnauthorised):
        reach(device.address)

    assert sum(heard) == 1
    assert device.asked_for == ["GetSystemDateAndTime", "GetServices"]


@pytest.mark.parametrize(
    ("zone", "is_summer", "hours"),
    [
        ("CET-1CEST,M3.5.0,M10.5.0/3", False, 1),
        ("CET-1CEST,M3.5.0,M10.5.0/3", True, 2),
        ("CST-8", False, 8),
        ("CST-08:00:00", True, 8),
        ("NST3:30NDT2:30", True, -2.5),
        ("<+0330>-3:30", False, 3.5),
    ],
)
def test_local_time_is_read_by_its_zone(zone, is_summer, hours):
    with OnvifDevice(STREAMS, "S3cret", local_time=(zone, hours, is_summer), offers=PLAIN) as device:
        assert abs(reach(device.address).clock_offset) < timedelta(seconds=20)


def test_a_zone_that_is_none_tells_no_time():
    with OnvifDevice(STREAMS, "S3cret", local_time=("Brussels", 1, False), offers=PLAIN) as device:
        assert reach(device.address).clock_offset is None


def test_a_device_is_asked_by_ipv6_and_tells_an_address_of_either_kind():
    for told in ("rtsp://[2001:db8::7]:8554/main", "rtsp://192.0.2.7:8554/main"):
        with OnvifDevice({"main": told}, "S3cret", host="::1", offers=PLAIN) as device:
            for address in (device.address, f"http://{device.address}/onvif/device_service"):
                assert reach(address).address.url == "rtsp://[::1]:8554/main"
    assert device.hosts == {device.address}
    with OnvifDevice({"main": "rtsp://[2001:db8::7]:8554/main"}, "S3cret", offers=PLAIN) as device:
        assert reach(device.address).address.url == "rtsp://127.0.0.1:8554/main"


def test_the_zone_of_a_link_local_address_stays_on_this_machine():
    assert soap.shown_host("fe80::1%eth0") == "[fe80::1%eth0]"
    assert soap.shown_host("fe80::1%eth0", zone=False) == "[fe80::1]"
    assert pinned_address(camera("http://[fe80::1%eth0]:8080"), "rtsp://[fe80::1]/a") == "rtsp://[fe80::1%eth0]/a"


def test_a_device_service_at_another_path_is_asked_there():
    heard = []

    def write(client, request):
        heard.append(request.split(b" ")[1])
        client.sendall(HEAD.format(status="404 Not Found", more="Content-Length: 0\r\n").encode())

    with RawServer(write) as server, pytest.raises(CameraDown):
        reach(f"http://{server.address}/onvif-http/service?x=1")

    assert heard[:2] == [b"/onvif-http/service?x=1"] * 2


def test_an_encrypted_device_signs_its_own_certificate(own_certificate):
    with OnvifDevice(STREAMS, "S3cret", offers=PLAIN, tls=own_certificate) as device:
        assert reach(f"https://{device.address}").address.url == "rtsp://127.0.0.1/main"


def test_sixteen_conversations_at_once_keep_no_memory():
    with OnvifDevice(STREAMS, "S3cret", offers=PLAIN) as device:
        reach(device.address)
        tracemalloc.start()
        with ThreadPoolExecutor(16) as pool:
            told = list(pool.map(lambda _: reach(device.address).address.url, range(16)))
        kept, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert told == ["rtsp://127.0.0.1/main"] * 16
    assert (kept < 2 << 20, highest < 16 << 20) == (True, True), (kept, highest)


def profiles(*each):
    return f"<trt:GetProfilesResponse>{''.join(each)}</trt:GetProfilesResponse>"


@pytest.mark.parametrize(
    "encoder",
    [GOOD.format(size=""), GOOD.format(size=SIZE)],
    ids=["without a size", "beside odd ones"],
)
def test_odd_profiles_beside_a_good_one_cost_nothing(encoder):
    odd = (
        PROFILE.format(token="none", name="<tt:Name>none</tt:Name>", encoder=""),
        PROFILE.format(token="nameless", name="", encoder=GOOD.format(size="").replace("H264", "JPEG")),
        PROFILE.format(token="main", name="<tt:Name>main</tt:Name>", encoder=encoder),
    )
    with Odd({"GetProfiles": profiles(*odd), "GetStreamUri": uri("rtsp://192.0.2.7:8554/main")}) as device:
        assert reach(device.address).address.url == "rtsp://127.0.0.1:8554/main"


@pytest.mark.parametrize("odd", [{"GetCapabilities": "<<<"}, {"GetServices": "<<<"}, {"GetSystemDateAndTime": "<<<"}])
def test_a_question_that_a_recording_does_not_need_costs_nothing(odd):
    with Odd(odd) as device:
        assert reach(device.address).address.url == "rtsp://127.0.0.1:8554/main"


def uri(address):
    return (
        f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{address}</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>"
    )


@pytest.mark.parametrize(
    "odd",
    [
        {"GetProfiles": "<trt:GetProfilesResponse/>"},
        {"GetProfiles": "<x/>"},
        {"GetStreamUri": "<trt:GetStreamUriResponse/>"},
        {"GetStreamUri": uri("http://192.0.2.9/video.mjpg")},
        {"GetStreamUri": uri("")},
        {"GetProfiles": profiles(PROFILE.format(token="main", name="", encoder="<tt:VideoEncoderConfiguration/>"))},
    ],
    ids=["no profiles", "another answer", "no address", "not rtsp", "an empty address", "no codec"],
)
def test_whatever_a_device_answers_it_is_that_camera_that_is_down(odd):
    with Odd(odd) as device, pytest.raises(CameraDown) as down:
        reach(device.address)

    assert down.value.next_step


def test_no_event_subscription_is_opened():
    with OnvifDevice({"main": "rtsp://192.0.2.7/main"}) as device:
        reach(device.address)
        device_facts(camera(device.address), CREDENTIALS, SystemClock())

    assert not [asked for asked in device.asked_for if "Subscription" in asked]


@pytest.mark.parametrize("hours", [-30 * 24, 5])
def test_the_sign_in_is_dated_by_the_devices_own_clock(hours):
    class Strict(OnvifDevice):
        def _signed(self, request):
            created = re.search(r"Created[^>]*>([^<]+)<", request)[1]
            device_day = self._time()
            hour = int(re.search(r"Hour>(\d+)<", device_day)[1])
            return super()._signed(request) and abs(int(created[11:13]) - hour) % 23 <= 1

    with Strict({"main": "rtsp://192.0.2.7/main"}, "S3cret", clock_off=hours * 3600) as device:
        assert reach(device.address).address.url == "rtsp://127.0.0.1/main"


def test_an_address_of_a_service_on_another_host_is_asked_on_the_configured_one():
    with RawServer(lambda client, request: None) as other:
        media = f"<tt:Media><tt:XAddr>http://{other.address}/onvif/media</tt:XAddr></tt:Media>"
        capabilities = (
            f"<tds:GetCapabilitiesResponse><tds:Capabilities>{media}</tds:Capabilities></tds:GetCapabilitiesResponse>"
        )
        with Odd({"GetCapabilities": capabilities}, password="S3cret") as device:
            assert reach(device.address).address.url == "rtsp://127.0.0.1:8554/main"

        assert other.heard == []


def test_http_digest_is_answered():
    def write(client, request):
        if b"Authorization: Digest" in request:
            client.sendall((HEAD.format(status="404 Not Found", more="Content-Length: 0\r\n")).encode())
        else:
            more = 'WWW-Authenticate: Digest realm="x", nonce="n", qop="auth", algorithm=SHA-256\r\n'
            more += "WWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n"
            client.sendall(HEAD.format(status="401 Unauthorized", more=more).encode())

    with RawServer(write) as server, pytest.raises(CameraFailed):
        reach(server.address)

    assert any(b"Authorization: Digest" in request for request in server.heard)
    assert not any(b"S3cret" in request for request in server.heard)


def test_a_password_that_http_refuses_is_that():
    more = 'WWW-Authenticate: Digest realm="x", nonce="n"\r\nContent-Length: 0\r\n'
    answer = HEAD.format(status="401 Unauthorized", more=more).encode()
    with RawServer(lambda client, request: client.sendall(answer)) as server, pytest.raises(CameraUnauthorised):
        reach(server.address)


def test_a_redirect_is_named_and_not_followed():
    with RawServer(lambda client, request: None) as other:
        more = f"Location: http://{other.address}/\r\nContent-Length: 0\r\n"
        answer = HEAD.format(status="307 Temporary Redirect", more=more).encode()
        with (
            RawServer(lambda client, request: client.sendall(answer)) as server,
            pytest.raises(CameraRedirected, match=other.address),
        ):
            reach(server.address)

        assert other.heard == []


def flooding(body, more=""):
    def write(client, request):
        client.sendall(HEAD.format(status="200 OK", more=f"{more}Content-Length: {len(body)}\r\n").encode() + body)

    return write


BOMB = gzip.compress(bytes(200 << 20), 9)
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"/>'


@pytest.mark.parametrize(
    ("write", "kind"),
    [
        pytest.param(flooding(bytes(2 << 20)), CameraOversized, id="2 MB"),
        pytest.param(flooding(BOMB, "Content-Encoding: gzip\r\n"), CameraFailed, id="gzip of 200 MB"),
        pytest.param(flooding(LAUGHS), CameraFailed, id="entities"),
        pytest.param(flooding(b"<a>" * 100_000), CameraFailed, id="deep"),
        pytest.param(lambda client, request: client.sendall(b"\0\1\2" * 1000), CameraFailed, id="no http"),
        pytest.param(lambda client, request: client.close(), CameraUnreachable, id="closes"),
    ],
)
def test_what_a_device_may_cost_is_limited(write, kind):
    with RawServer(write) as server, pytest.raises(CameraDown) as down:
        reach(server.address)

    assert type(down.value) is kind


def test_an_answer_that_drips_is_cut(monkeypatch):
    monkeypatch.setattr(soap, "ANSWER_TIMEOUT", timedelta(seconds=1))

    def drip(client, request):
        client.sendall(HEAD.format(status="200 OK", more="Content-Length: 100000\r\n").encode())
        while True:
            client.sendall(b" ")
            time.sleep(0.05)

    with RawServer(drip) as server, pytest.raises(CameraSilent):
        reach(server.address)


@pytest.mark.parametrize(
    ("told", "pinned"),
    [
        ("rtsp://10.0.0.5/main", "rtsp://192.0.2.20/main"),
        ("rtsp://10.0.0.5:8554/a/b?x=1&y=2", "rtsp://192.0.2.20:8554/a/b?x=1&y=2"),
        ("rtsp://10.0.0.5:554:554/main", "rtsp://192.0.2.20:554/main"),
        ("rtsp://10.0.0.5/my stream", "rtsp://192.0.2.20/my%20stream"),
        (" RTSP://10.0.0.5/main\n", "rtsp://192.0.2.20/main"),
        ("rtsp://admin:p@ss/w:rd@10.0.0.5/main", "rtsp://192.0.2.20/w:rd@10.0.0.5/main"),
        ("rtsp://admin:p@ss@10.0.0.5:554/main", "rtsp://192.0.2.20:554/main"),
        ("rtsps://[fe80::1]:322/main", "rtsps://192.0.2.20:322/main"),
        ("rtsp://10.0.0.5/a%20b", "rtsp://192.0.2.20/a%20b"),
        ("rtsp://10.0.0.5:99999/main", "rtsp://192.0.2.20/main"),
        ("rtsp://10.0.0.5/a'b\r\nX: y", "rtsp://192.0.2.20/a%27b%0D%0AX:%20y"),
    ],
)
def test_a_stream_address_is_taken_on_the_configured_host(told, pinned):
    assert pinned_address(camera("192.0.2.20:8000"), told) == pinned


def test_a_host_by_ipv6_is_written_in_brackets():
    assert (
        pinned_address(camera("[2001:db8::20]:8000"), "rtsp://[fe80::1]:554/main") == "rtsp://[2001:db8::20]:554/main"
    )


@pytest.mark.parametrize(
    "told", ["", "main", "http://10.0.0.5/main", "rtsp:/x", "rtsp://" + "x" * 3000, "file:///etc/passwd"]
)
def test_what_is_no_stream_address_is_named(told):
    with pytest.raises(CameraFailed, match="stream address"):
        pinned_address(camera("192.0.2.20"), told)
