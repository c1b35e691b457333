"""What a camera is asked, and where: addresses, the life of a session, and the end of it."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest
from hostile import SDP, RtspServer, reply, usual

from cctv.cameras.errors import CameraDown, CameraFailed, TransportRefused
from cctv.cameras.rtsp import StreamAddress, open_live
from cctv.cameras.sdp import Codec, read_description
from cctv.config.schema import CameraSettings, Transport
from cctv.model.ids import CameraId, ZoneId

CAMERA = CameraSettings(CameraId("gevel-1"), ZoneId("facade"), "theft", rtsp="rtsp://x/")
PATIENCE = 20  # seconds; only a broken client ever waits that long


def look(server, path="/main", transport=Transport.TCP):
    return open_live(CAMERA, StreamAddress(server.url.removesuffix("/main") + path, transport))


def describing(control, *lines, session=""):
    """A camera with those attributes in its description and those headers before it."""
    body = session + SDP.replace("a=control:track1\r\n", f"a=control:{control}\r\n" if control else "")
    return lambda method, headers: (
        reply("200 OK", headers, *lines, body=body) if method == "DESCRIBE" else usual(method, headers)
    )


def asked_of(server, path="/main"):
    """The paths of SETUP and PLAY; each is on the camera's own host and port."""
    look(server, path).close()
    base = server.url.removesuffix("/main")
    urls = {method: headers["url"] for method, headers in server.asked}
    assert all(url.startswith(base) for url in urls.values())
    return urls["SETUP"].removeprefix(base), urls["PLAY"].removeprefix(base)


@pytest.mark.parametrize(
    ("path", "control", "lines", "expected"),
    [
        ("/main", "track1", [], ("/main/track1", "/main")),
        ("/main/", "track1", [], ("/main/track1", "/main/")),
        ("/main", "/track1", [], ("/main/track1", "/main")),
        ("/main?channel=1", "track1", [], ("/main?channel=1/track1", "/main?channel=1")),
        ("/main", "", [], ("/main", "/main")),
        ("/main", "*", [], ("/main", "/main")),
        ("/main", "track1", ["Content-Base: rtsp://10.0.0.9:8554/live/"], ("/live/track1", "/live/")),
        ("/main", "track1", ["Content-Location: rtsp://10.0.0.9/live"], ("/live/track1", "/live")),
        ("/main", "rtsp://10.0.0.9:554/live/t 1?x=2", [], ("/live/t%201?x=2", "/main")),
        ("/main", "rtsp://admin:geheim@10.0.0.9/live", [], ("/live", "/main")),
    ],
)
def test_a_track_is_asked_for_on_the_configured_host_whatever_the_camera_tells(path, control, lines, expected):
    with RtspServer(describing(control, *lines)) as server:
        assert asked_of(server, path) == expected
        assert "10.0.0.9" not in server.heard
        assert "geheim" not in server.heard


@pytest.mark.parametrize(
    ("control", "expected"), [("*", "/main"), ("rtsp://10.0.0.9/whole", "/whole"), ("whole", "/main/whole")]
)
def test_the_whole_is_played_where_the_session_says(control, expected):
    with RtspServer(describing("track1", session=f"v=0\r\na=control:{control}\r\n")) as server:
        assert asked_of(server)[1] == expected


@pytest.mark.parametrize("control", ["http://10.0.0.9/track1", "rtsp://[::1/track1", "rtsp://10.0.0.9/\x07"])
def test_an_address_that_is_none_is_refused(control):
    with RtspServer(describing(control)) as server, pytest.raises(CameraFailed, match="an address in its description"):
        look(server)


def test_a_session_has_no_second_line():
    def answer(method, headers):
        lines = [f"Transport: {headers['transport']}", "Session: 1 x"] if method == "SETUP" else []
        return reply("200 OK", headers, *lines) if method == "SETUP" else usual(method, headers)

    with RtspServer(answer) as server, pytest.raises(CameraFailed, match="session"):
        look(server)


@pytest.mark.slow
@pytest.mark.parametrize(("public", "method"), [("OPTIONS, GET_PARAMETER", "GET_PARAMETER"), ("OPTIONS", "OPTIONS")])
def test_a_session_is_kept_alive_and_ended(public, method):
    def answer(asked, headers):
        if asked == "OPTIONS":
            return reply("200 OK", headers, f"Public: {public}")
        if asked == "SETUP":
            return reply("200 OK", headers, f"Transport: {headers['transport']}", "Session: abc;timeout=2")
        return usual(asked, headers)

    with RtspServer(answer) as server:
        stream = look(server)
        reading = threading.Thread(target=_read, args=(stream,), daemon=True)
        reading.start()
        _until(lambda: [asked for asked, _ in server.asked].count(method) >= 2 + (method == "OPTIONS"))
        stream.end_within(0)
        reading.join(PATIENCE)
        _until(lambda: server.asked[-1][0] == "TEARDOWN")

    assert all(headers["session"] == "abc" for _, headers in server.asked[3:])


def _read(stream):
    with contextlib.closing(stream), contextlib.suppress(CameraDown):
        for _ in stream:
            pass


def _until(reached):
    ends_at = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < ends_at
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("asked", "answered", "other"),
    [
        (Transport.TCP, "RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001", "udp"),
        (Transport.UDP, "RTP/AVP/TCP;unicast;interleaved=0-1", "tcp"),
    ],
)
def test_a_camera_that_sends_in_another_way_than_asked_is_told_apart(asked, answered, other):
    def answer(method, headers):
        if method == "SETUP":
            return reply("200 OK", headers, f"Transport: {answered}", "Session: 1")
        return usual(method, headers)

    with RtspServer(answer) as server, pytest.raises(TransportRefused) as refused:
        look(server, transport=asked)

    assert f'"{other}"' in refused.value.next_step


def test_answers_without_a_number_are_taken_in_order():
    def answer(method, headers):
        return usual(method, headers).replace(f"CSeq: {headers['cseq']}\r\n".encode(), b"")

    with RtspServer(answer) as server:
        look(server).close()


def test_only_the_picture_is_asked_for():
    sound = "m=audio 0 RTP/AVP 0\r\na=control:sound\r\n"
    with RtspServer(describing("track1", session=sound)) as server, contextlib.closing(look(server)) as stream:
        assert stream.sound == "pcm_mulaw"
        assert [headers["url"] for method, headers in server.asked if method == "SETUP"] == [f"{server.url}/track1"]


SPS, PPS = "Z0LAHtkDxWhAAAADAEAAAAwDxYuS", "aMuMsg=="
H265_SETS = "sprop-vps=QAEMAf//;sprop-sps=QgEBAWAA;sprop-pps=RAHA8w=="


def described(fmtp, encoding="H264/90000"):
    body = f"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 {encoding}\r\na=fmtp:96 {fmtp}\r\n"
    return read_description(CAMERA.id, "rtsp://192.0.2.20/main", body.encode()).video


def test_a_description_gives_the_parameter_sets():
    h264 = described(f"packetization-mode=1; sprop-parameter-sets={SPS},{PPS},!!,AAAA; profile-level-id=42C01E")
    h265 = described(H265_SETS, "H265/90000")

    assert [h264.codec.unit_type(unit[0]) for unit in h264.sets] == [7, 8]
    assert [h265.codec.unit_type(unit[0]) for unit in h265.sets] == [32, 33, 34]
    assert (h265.codec, h265.has_order_numbers) == (Codec.H265, False)
    assert described("sprop-max-don-diff=3", "h265/90000").has_order_numbers


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("v=0\r\n", "offers no video"),
        ("v=0\r\nm=audio 0 RTP/AVP 0\r\n", "offers no video"),
        ("v=0\r\nm=video 0 RTP/AVP 26\r\n", "sends MJPEG at rtsp"),
        (SDP.replace("packetization-mode=1", "packetization-mode=2"), "interleaved mode"),
    ],
)
def test_a_description_without_a_stream_that_can_be_recorded_says_why(body, said):
    with pytest.raises(CameraDown, match=said):
        read_description(CAMERA.id, "rtsp://192.0.2.20/main", body.encode())
