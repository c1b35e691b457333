"""Whatever a camera sends: a clear error or bytes that pass, never a crash, and never more than was sent."""

import contextlib
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from cctv.cameras.authentication import Signer, choose_challenge, read_challenge
from cctv.cameras.errors import CameraDown
from cctv.cameras.exchange import Exchange
from cctv.cameras.media import pinned_address
from cctv.cameras.onvif import found_camera
from cctv.cameras.relay import UdpTrack
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings
from cctv.model.ids import CameraId, ZoneId
from cctv.recording.access_units import Entry, entry_of, holds_picture, is_leading, parameter_sets, without_sets

CAMERA = CameraSettings(CameraId("gevel-1"), ZoneId("facade"), "theft", onvif="192.0.2.20:8000", credential="c")
CREDENTIAL = Credential("admin", "geheim")
LOCAL = b"rtsp://127.0.0.1:5/word"
PIECES = [
    b"RTSP/1.0 200 OK\r\n",
    b"RTSP/1.0 401 Unauthorized\r\n",
    b"RTSP/1.0 302 Found\r\n",
    b"CSeq: 1\r\n",
    b"CSeq: 2\r\n",
    b"CSeq: x\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: -1\r\n",
    b"Content-Length: 99999999999999\r\n",
    b'WWW-Authenticate: Digest realm="x", nonce="n"\r\n',
    b"WWW-Authenticate: Basic\r\n",
    b"Location: rtsp://elsewhere/\r\n",
    b"Transport: RTP/AVP;server_port=1-70000\r\n",
    b"OPTIONS * RTSP/1.0\r\n",
    b"REDIRECT * RTSP/1.0\r\n",
    b"\r\n",
    b"$\x00\x00\x04abcd",
    b"$\xff\xff\xff",
    b"$",
    b"RTSP",
]
DATA = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=40)), max_size=30).map(b"".join)
TEXT = st.one_of(
    st.text(max_size=60), st.sampled_from(["rtsp://", "rtsp://a:1:2/x y", "rtsp://[::1", "rtsp://u:p@@h/"])
)


def asked():
    """An exchange whose first request is open."""
    exchange = Exchange(CAMERA, "rtsp://192.0.2.20/main", CREDENTIAL, LOCAL)
    exchange.requests(b"DESCRIBE " + LOCAL + b" RTSP/1.0\r\nCSeq: 1\r\n\r\n")
    return exchange


@given(DATA, st.integers(1, 50))
def test_what_a_camera_answers_passes_or_is_refused_whole_or_in_pieces(data, size):
    def told(pieces):
        exchange, out = asked(), [b"", b""]
        try:
            for piece in pieces:
                for at, given_on in enumerate(exchange.answers(piece)):
                    out[at] += given_on
        except CameraDown as down:
            return type(down), None
        return None, out[0]

    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    whole, parts = told([data]), told(pieces)

    assert whole[0] == parts[0]
    assert whole[1] is None or len(whole[1]) <= len(data)
    assert whole == parts


@given(DATA)
def test_what_another_program_asks_is_never_passed_on_without_the_word(data):
    exchange = Exchange(CAMERA, "rtsp://192.0.2.20/main", CREDENTIAL, LOCAL)
    with contextlib.suppress(CameraDown):
        requests, _ = exchange.requests(b"DESCRIBE rtsp://127.0.0.1:5/ RTSP/1.0\r\n\r\n" + data)
        assert requests == b""


@given(TEXT)
def test_a_stream_address_is_on_the_configured_host_or_refused(told):
    with contextlib.suppress(CameraDown):
        pinned = pinned_address(CAMERA, told)
        assert pinned.startswith(("rtsp://192.0.2.20", "rtsps://192.0.2.20"))
        assert pinned.isascii()
        assert pinned.isprintable()
        assert " " not in pinned


@given(st.one_of(TEXT, st.sampled_from(["Digest realm", "Digest nonce=,", 'Digest qop="x"', "Basic"])))
def test_a_challenge_is_answered_or_not_and_never_with_the_password(header):
    challenge = choose_challenge([header], allow_basic=False)
    assert read_challenge(header).scheme is not None
    if challenge is not None:
        assert "geheim" not in Signer(challenge, CREDENTIAL).header("DESCRIBE", "rtsp://192.0.2.20/main")


@given(st.lists(TEXT, max_size=4), st.lists(TEXT, max_size=4))
def test_a_device_that_is_found_is_shown_in_plain_signs(addresses, scopes):
    found = found_camera(addresses, scopes)
    if found is not None:
        assert all(text.isprintable() for text in (found.host, found.onvif, found.name, found.hardware))


@given(st.binary(max_size=400), st.booleans())
def test_parameter_sets_are_read_from_whatever_a_picture_holds(data, is_h265):
    data = data.replace(b"\x01\x02", b"\0\0\1")
    sets = parameter_sets(data, is_h265=is_h265)
    assert sum(map(len, sets.values())) <= len(data)
    bare = without_sets(data, is_h265=is_h265)
    assert len(bare) <= len(data)
    assert parameter_sets(bare, is_h265=is_h265) == {}
    has_picture = holds_picture(data, is_h265=is_h265)
    assert holds_picture(bare, is_h265=is_h265) is has_picture
    assert has_picture or entry_of(data, is_h265=is_h265) is Entry.NONE
    assert not is_leading(data, is_h265=is_h265) or (has_picture and is_h265)


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.floats(0, 0.05)), max_size=200))
@settings(max_examples=50)
def test_datagrams_come_out_once_and_in_the_order_of_their_numbers(sent):
    track, now, out = UdpTrack(0), 0.0, []
    for number, wait in sent:
        now += wait
        track.take(b"\x80\x60" + number.to_bytes(2, "big") + bytes(8), now)
        out += track.due(now)
    out += track.due(now + 1)

    numbers = [int.from_bytes(data[2:4], "big") for data in out]
    assert all(0 < (later - earlier) & 0xFFFF < 0x8000 for earlier, later in pairwise(numbers))
