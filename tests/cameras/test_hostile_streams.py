"""Cameras that lie, redirect, refuse or flood: the password stays with the site, and the error says what happened."""

import base64
import contextlib
import hashlib
import re

import pytest
from hostile import SDP, RtspServer, reply, usual

from cctv.cameras.errors import (
    BasicRefused,
    CameraBusy,
    CameraFailed,
    CameraOversized,
    CameraRedirected,
    CameraUnauthorised,
    StreamUnknown,
    TransportRefused,
)
from cctv.cameras.rtsp import StreamAddress, open_live
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings, Transport
from cctv.model.ids import CameraId, ZoneId

pytestmark = pytest.mark.slow

CREDENTIAL = Credential("admin", "geheim")
SECRETS = ("geheim", base64.b64encode(b"admin:geheim").decode())


def camera(**changes):
    return CameraSettings(CameraId("gevel-1"), ZoneId("facade"), "theft", rtsp="rtsp://x/", credential="c", **changes)


def look(server, credential=CREDENTIAL, **changes):
    return open_live(camera(**changes), StreamAddress(server.url, Transport.TCP, credential))


def watch(server):
    with contextlib.closing(look(server)) as stream:
        for _ in stream:
            pass


def refusing(status, *lines):
    return lambda method, headers: reply(status, headers, *lines) if method == "DESCRIBE" else usual(method, headers)


def asking(challenge):
    """Refuses every request, with that challenge, until one is signed; then there is no such stream."""

    def answer(method, headers):
        if "authorization" in headers:
            return reply("404 Not Found", headers)
        return reply("401 Unauthorized", headers, *[f"WWW-Authenticate: {one}" for one in challenge])

    return answer


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Moved Temporarily", "305 Use Proxy"])
def test_a_redirect_is_not_followed_and_the_other_host_never_hears_the_password(status):
    with (
        RtspServer(asking(['Basic realm="x"'])) as other,
        RtspServer(lambda _, headers: reply(status, headers, f"Location: {other.url}")) as server,
    ):
        with pytest.raises(CameraRedirected, match=re.escape(other.url)):
            look(server)

        assert other.asked == []
        assert not any(secret in server.heard for secret in SECRETS)


def test_a_camera_that_redirects_while_it_plays_is_not_followed():
    with RtspServer(asking(['Basic realm="x"'])) as other:

        def answer(method, headers):
            if method != "PLAY":
                return usual(method, headers)
            following = f"REDIRECT {headers['url']} RTSP/1.0\r\nCSeq: 1\r\nLocation: {other.url}\r\n\r\n"
            return usual(method, headers) + following.encode()

        with RtspServer(answer) as server, pytest.raises(CameraRedirected):
            watch(server)

        assert other.asked == []


def test_the_password_is_not_sent_in_clear_text_unless_the_site_says_so():
    with RtspServer(asking(['Basic realm="x"'])) as server:
        with pytest.raises(BasicRefused):
            look(server)
        assert not any(secret in server.heard for secret in SECRETS)

        with pytest.raises(StreamUnknown):
            look(server, allow_basic=True)
        assert SECRETS[1] in server.heard


def test_the_strongest_challenge_is_answered():
    offers = [
        'Basic realm="x"',
        'Digest realm="x", nonce="n"',
        'Digest realm="x", nonce="n", algorithm=SHA-256, qop="auth"',
    ]
    with RtspServer(asking(offers)) as server, pytest.raises(StreamUnknown):
        look(server)

    (method, headers) = next(each for each in server.asked if "authorization" in each[1])
    given = dict(re.findall(r'(\w+)="?([^",]*)', headers["authorization"]))
    secret = hashlib.sha256(b"admin:x:geheim").hexdigest()
    action = hashlib.sha256(f"{method}:{headers['url']}".encode()).hexdigest()
    expected = f"{secret}:n:{given['nc']}:{given['cnonce']}:auth:{action}"
    assert given["algorithm"] == "SHA-256"
    assert given["response"] == hashlib.sha256(expected.encode()).hexdigest()
    assert not any(secret in server.heard for secret in SECRETS)


def test_a_password_that_is_refused_is_sent_once():
    with RtspServer(
        lambda _, headers: reply("401 Unauthorized", headers, 'WWW-Authenticate: Digest realm="x", nonce="n"')
    ) as server:
        with pytest.raises(CameraUnauthorised):
            look(server)

        assert sum("authorization" in headers for _, headers in server.asked) == 1


def test_a_camera_that_knows_no_options_is_asked_for_its_stream_all_the_same():
    def answer(method, headers):
        return reply("501 Not Implemented", headers) if method == "OPTIONS" else usual(method, headers)

    with RtspServer(answer) as server:
        look(server).close()

    assert [method for method, _ in server.asked][:4] == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("404 Not Found", StreamUnknown),
        ("453 Not Enough Bandwidth", CameraBusy),
        ("461 Unsupported Transport", TransportRefused),
        ("500 Internal Server Error", CameraFailed),
    ],
)
def test_an_error_names_what_happened(status, kind):
    with RtspServer(refusing(status)) as server, pytest.raises(kind) as refused:
        look(server)

    assert type(refused.value) is kind
    assert refused.value.next_step


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param(lambda headers: reply("200 OK", headers, body=SDP + "a=x:" + "y" * 70_000), id="description"),
        pytest.param(lambda headers: reply("200 OK", headers, "X: " + "y" * 20_000), id="headers"),
        pytest.param(lambda headers: reply("200 OK", headers, "Content-Length: 2147483000"), id="length"),
        pytest.param(lambda headers: b"y" * 200_000, id="noise"),
    ],
)
def test_an_answer_of_any_length_is_not_taken(flood):
    with (
        RtspServer(
            lambda method, headers: flood(headers) if method == "DESCRIBE" else usual(method, headers)
        ) as server,
        pytest.raises((CameraOversized, CameraFailed)) as refused,
    ):
        look(server)

    assert refused.value.next_step


def test_a_picture_that_never_ends_is_cut_off():
    unit = b"\x00\x00\x00\x01\x67" + b"\x42" * 60_000  # parameter sets, and never a picture

    def answer(method, headers):
        if method != "PLAY":
            return usual(method, headers)
        frames = []
        for number in range(700):
            packet = b"\x80\x60" + number.to_bytes(2, "big") + (number * 3600).to_bytes(4, "big") + bytes(4) + unit[4:]
            frames.append(b"$\x00" + len(packet).to_bytes(2, "big") + packet)
        return usual(method, headers) + b"".join(frames)

    with RtspServer(answer) as server, pytest.raises(CameraOversized, match="no picture ends"):
        watch(server)


def test_an_encrypted_stream_is_opened_and_may_be_signed_in_to_by_basic(own_certificate):
    def answer(method, headers):
        if "authorization" not in headers:
            return reply("401 Unauthorized", headers, "WWW-Authenticate: Basic realm=x")
        return usual(method, headers)

    with RtspServer(answer, own_certificate) as server:
        look(server).close()

    assert [method for method, headers in server.asked if "authorization" in headers][:4] == [
        *("OPTIONS", "DESCRIBE", "SETUP", "PLAY")
    ]
