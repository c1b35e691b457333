"""Whatever a camera sends: a clear error or bytes that pass, never a crash, and never more than was sent."""

import contextlib
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from cctv.cameras.authentication import Signer, choose_challenge, read_challenge
from cctv.cameras.connection import UdpTrack
from cctv.cameras.conversation import Conversation
from cctv.cameras.errors import CameraDown
from cctv.cameras.media import pinned_address
from cctv.cameras.onvif import found_camera
from cctv.cameras.reorder import DecodingOrder, reorder_depth
from cctv.cameras.rtp import SentPicture, depacketiser
from cctv.cameras.sdp import Codec, VideoTrack, read_description
from cctv.config.credentials import Credential
from cctv.config.schema import CameraSettings
from cctv.model.ids import CameraId, ZoneId
from cctv.recording.access_units import Entry, entry_of, holds_picture, parameter_sets, without_sets

CAMERA = CameraSettings(CameraId("gevel-1"), ZoneId("facade"), "theft", onvif="192.0.2.20:8000", credential="c")
CREDENTIAL = Credential("admin", "geheim")
PIECES = [
    b"RTSP/1.0 200 OK\r\n",
    b"RTSP/1.0 401 Unauthorized\r\n",
    b"RTSP/1.0 302 Found\r\n",
    b"CSeq: 1\r\n",
    b"CSeq: 2\r\n",
    b"CSeq: x\r\n",
    b"CSeq: 3\r\nSession: 7;timeout=9\r\n",
    b"Content-Base: rtsp://elsewhere/x\r\n",
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


SDP = (
    b"v=0\r\nm=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    b"a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==\r\na=control:track1\r\n"
)
LINES = [*SDP.splitlines(keepends=True), b"m=video\r\n", b"m=video 0 RTP/AVP 97 H\r\n", b"a=rtpmap:97 H265/0\r\n"]
LINES += [b"a=fmtp:97 sprop-vps=,;sprop-max-don-diff=1\r\n", b"a=control:rtsp://elsewhere/x y\r\n", b"a=control:\r\n"]
RIGHT = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\nRTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: %d\r\n\r\n%b" % (
    len(SDP),
    SDP,
)


def heard(data, size):
    """What a conversation comes to that reads so many bytes at a time: its requests and pictures, and its error."""
    conversation = Conversation(CAMERA, "rtsp://192.0.2.20/main", CREDENTIAL)
    buffer, filled, asked = bytearray(1 << 17), 0, b""
    view = memoryview(buffer)
    try:
        for at in range(0, len(data), size):
            piece = data[at : at + size]
            view[filled : filled + len(piece)] = piece
            end = filled + len(piece)
            done = conversation.read(buffer, view, end, 0.0)
            assert 0 <= done <= end
            view[: end - done] = view[done:end]
            filled = end - done
            asked += conversation.outgoing()
    except CameraDown as down:
        return type(down), None, None
    taker = conversation.depacketiser
    return None, asked, taker.ready if taker is not None else None


@given(st.booleans(), DATA, st.integers(1, 50))
def test_what_a_camera_answers_is_understood_or_refused_whole_or_in_pieces(is_playing, data, size):
    data = RIGHT + data if is_playing else data
    fault, asked, pictures = heard(data, len(data) + 1)

    # What is signed has a nonce of ours, and Basic is never sent.
    parts = heard(data, size)
    assert parts[0] == fault
    assert fault or b"Digest" in asked or (asked, pictures) == parts[1:]
    assert fault or b"geheim" not in asked
    assert fault or b"elsewhere" not in asked


@given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(LINES), max_size=30).map(b"".join)))
def test_a_description_is_read_or_refused(body):
    with contextlib.suppress(CameraDown):
        video = read_description(CAMERA.id, "rtsp://192.0.2.20/main", body).video
        assert video.clock_rate > 0
        assert all(video.codec.unit_type(unit[0]) in video.codec.set_types for unit in video.sets)


HEADS = [
    b"\x1c\x85",
    b"\x1c\x05",
    b"\x1c\x45",
    b"\x18\0\1",
    b"\x65\x88",
    b"\x67",
    b"\x62\1\x93",
    b"\x62\1\x53",
    b"\x60\1\0\3",
]
HEADS += [b"\x19", b"\x1d", b"\x64\1", b"\x40\1", b"\x26\1\x80", b""]
PACKET = st.tuples(
    st.sampled_from([0x80, 0x90, 0xA0, 0x83, 0x00]),
    st.sampled_from([96, 224, 97]),
    st.one_of(st.none(), st.integers(0, 0xFFFF)),
    st.sampled_from([0, 3600, 7200, 0xFFFFFFFF, 1 << 31]),
    st.sampled_from([1, 2]),
    st.sampled_from(HEADS),
    st.binary(max_size=12),
)


@given(st.lists(PACKET, max_size=60), st.sampled_from(Codec), st.booleans())
def test_packets_become_pictures_that_hold_no_more_than_was_sent(packets, codec, has_order_numbers):
    taker = depacketiser(CAMERA.id, VideoTrack(codec, 96, 90_000, "", (), has_order_numbers))
    sent = 0
    with contextlib.suppress(CameraDown):
        for at, (flags, kind, number, stamp, source, head, rest) in enumerate(packets):
            sequence = (at if number is None else number).to_bytes(2, "big")
            packet = (
                bytes((flags, kind)) + sequence + stamp.to_bytes(4, "big") + source.to_bytes(4, "big") + head + rest
            )
            taker.take(packet, 0, len(packet), float(at))
            sent += len(head + rest) + 5
    taker.end()

    assert sum(len(picture.data) for picture in taker.ready) <= sent * 2
    assert all(picture.data.startswith(b"\0\0\0\1") for picture in taker.ready)
    assert [picture.arrived for picture in taker.ready] == sorted(picture.arrived for picture in taker.ready)


@given(st.binary(max_size=200), st.sampled_from(Codec))
def test_a_parameter_set_tells_a_depth_or_none(sps, codec):
    depth = reorder_depth(sps, codec)
    assert depth is None or 0 <= depth <= 16


@given(
    st.lists(st.integers(0, 1 << 34), max_size=60),
    st.one_of(st.just(b""), st.binary(max_size=40)),
    st.sampled_from(Codec),
)
def test_every_picture_gets_a_decoding_time_whatever_times_it_tells(times, sps, codec):
    order, out = DecodingOrder(VideoTrack(codec, 96, 90_000, "")), []
    order.learn(sps)
    for number, time in enumerate(times):
        out += order.take(SentPicture(b"", time, not number, float(number)))
    out += order.rest()

    assert [picture.arrived for picture, _ in out] == list(map(float, range(len(times))))


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


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.floats(0, 0.05)), max_size=200))
@settings(max_examples=50)
def test_datagrams_come_out_once_and_in_the_order_of_their_numbers(sent):
    track, now, out = UdpTrack(), 0.0, []
    for number, wait in sent:
        now += wait
        track.take(b"\x80\x60" + number.to_bytes(2, "big") + bytes(8), now)
        out += track.due(now)
    out += track.due(now + 1)

    numbers = [int.from_bytes(data[2:4], "big") for data in out]
    steps = [(later - earlier) & 0xFFFF for earlier, later in pairwise(numbers)]
    assert all(0 < step < 0x8000 or 3000 <= step <= 0x1_0000 - 3000 for step in steps)  # the latter: counted anew
