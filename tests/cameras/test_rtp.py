"""Pictures out of packets: whatever way a camera packs them, and whatever it does with marker, numbers and times."""

from __future__ import annotations

import socket
import subprocess
from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rtp_packets import FRAME, START, Marker, packets, unit

from cctv.cameras.errors import CameraFailed, CameraOversized
from cctv.cameras.reorder import DecodingOrder
from cctv.cameras.rtp import SentPicture, depacketiser, holds_endless_units
from cctv.cameras.sdp import Codec, VideoTrack, read_description
from cctv.model.ids import CameraId
from cctv.recording.codec_params import EndlessUnits, announced_format

CAMERA = CameraId("gevel-1")


def taken(codec: Codec, sent: list[bytes], *, has_order_numbers: bool = False, ends: bool = True):
    taker = depacketiser(CAMERA, VideoTrack(codec, 96, 90_000, "", (), has_order_numbers))
    for at, packet in enumerate(sent):
        taker.take(packet, 0, len(packet), float(at))
    if ends:
        taker.end()
    return taker


def annexb(units: list[bytes]) -> bytes:
    return b"".join(START + one for one in units)


KINDS = {Codec.H264: ((7, 8, 6), 5, 1), Codec.H265: ((32, 33, 34), 19, 1)}
BODY = st.binary(max_size=70).map(lambda data: data.replace(b"\0", b"\1"))


@st.composite
def pictures(draw: st.DrawFn, codec: Codec) -> list[list[bytes]]:
    """Each with a slice or several; a key picture first."""
    sets, key, other = KINDS[codec]
    out = []
    for at in range(draw(st.integers(1, 6))):
        is_key = at == 0 or draw(st.booleans())
        units = [unit(codec, kind, b"x" + draw(BODY)) for kind in sets] if is_key else []
        for place in range(draw(st.integers(1, 3))):
            first = b"\x80" if place == 0 else b"\x40"
            units.append(unit(codec, key if is_key else other, first + draw(BODY)))
        out.append(units)
    return out


@given(st.data(), st.sampled_from(Codec), st.sampled_from(Marker), st.booleans(), st.integers(3, 40))
@settings(max_examples=150)
def test_pictures_come_out_as_they_were_packed(data, codec, marker, aggregates, most):
    sent = data.draw(pictures(codec))
    order_bytes = data.draw(st.sampled_from([0, 2])) if codec is Codec.H265 else 0

    rtp = packets(codec, sent, most=most, marker=marker, aggregates=aggregates, order_bytes=order_bytes)
    came = taken(codec, rtp, has_order_numbers=bool(order_bytes)).ready

    assert [picture.data for picture in came] == [annexb(units) for units in sent]
    assert [picture.is_key for picture in came] == [len(units) > 3 for units in sent]
    assert all(later.pts - earlier.pts == FRAME for earlier, later in pairwise(came))


H264 = Codec.H264
KEY = [unit(H264, 7), unit(H264, 8), unit(H264, 5)]
OTHER = [unit(H264, 1)]


def test_the_first_picture_waits_for_the_next_and_the_others_for_their_marker():
    sent = packets(H264, [KEY, OTHER, OTHER])
    arrivals = [len(taken(H264, sent[:count], ends=False).ready) for count in range(1, len(sent) + 1)]

    assert arrivals == [0, 0, 0, 2, 3]


def test_a_picture_arrives_with_its_first_packet():
    assert [one.arrived for one in taken(H264, packets(H264, [KEY, OTHER])).ready] == [0.0, 3.0]


def test_times_that_stand_still_part_pictures_by_their_marker():
    sent = packets(H264, [KEY, OTHER, OTHER], stamp=5)
    same = [packet[:4] + bytes(4) + packet[8:] for packet in sent]

    assert [one.data for one in taken(H264, same).ready] == [annexb(units) for units in (KEY, OTHER, OTHER)]


def test_a_marker_that_turns_out_wrong_is_not_believed_again():
    two_slices = [unit(H264, 1), unit(H264, 1, b"\x40abc")]
    right = packets(H264, [KEY])
    wrong = packets(H264, [two_slices] * 5, marker=Marker.EVERY, number=65_533, stamp=(1 << 32) - 4 * FRAME)

    came = [one.data for one in taken(H264, [*right, *wrong]).ready]

    assert came[0] == annexb(KEY)
    assert came[-4:] == [annexb(two_slices)] * 4  # the first of them is in two parts


@pytest.mark.parametrize("key", [[unit(H264, 5)], KEY])
@pytest.mark.parametrize("aggregates", [False, True])
def test_a_camera_that_marks_every_unit_never_has_a_picture_parted(key, aggregates):
    """A key picture in one packet with the marker says nothing of what the marker is worth."""
    sent = [key, [unit(H264, 1), unit(H264, 1, b"\x40abc")], key, [unit(H264, 1, bytes(60)), unit(H264, 1, b"\x40ab")]]

    came = taken(H264, packets(H264, sent, marker=Marker.EVERY, aggregates=aggregates)).ready

    assert [one.data for one in came] == [annexb(units) for units in sent]


def test_parameter_sets_with_a_time_of_their_own_belong_to_the_picture_that_follows():
    sent = packets(H264, [[unit(H264, 7)], [unit(H264, 8)], [unit(H264, 5)], OTHER])

    first, second = taken(H264, sent).ready

    assert (first.data, first.is_key, first.arrived) == (annexb(KEY), True, 2.0)
    assert second.data == annexb(OTHER)


def test_padding_extension_and_sources_are_no_part_of_a_picture():
    (packet,) = packets(H264, [OTHER])
    extension, sources, padding = b"\xbe\xde\0\1abcd", b"abcdefgh", b"\0\0\3"
    odd = bytes((packet[0] | 0x20 | 0x10 | 2,)) + packet[1:12] + sources + extension + packet[12:] + padding

    assert taken(H264, [odd]).ready[0].data == annexb(OTHER)


def test_what_is_no_packet_of_the_track_is_dropped():
    packet = packets(H264, [OTHER])[0]
    others = [b"", b"\x80", packet[:12], b"\x00" + packet[1:], packet[:1] + b"\x61" + packet[2:]]

    assert taken(H264, others).ready == []


LONG = unit(H264, 1, b"\x80" + bytes(range(1, 100)))


@pytest.mark.parametrize(("missing", "left"), [(0, b""), (2, LONG[:41]), (4, LONG[:81])])
def test_a_lost_packet_costs_the_rest_of_its_slice_and_nothing_more(missing, left):
    sent = packets(H264, [KEY, [LONG], OTHER])
    began = len(packets(H264, [KEY]))
    del sent[began + missing]

    taker = taken(H264, sent)

    assert taker.lost == 1
    assert [one.data for one in taker.ready] == [annexb(one) for one in (KEY, *([[left]] if left else []), OTHER)]
    assert taker.ready[-1].pts - taker.ready[0].pts == 2 * FRAME


def test_messages_of_a_picture_whose_slices_were_lost_are_not_those_of_the_next():
    sent = packets(H264, [KEY, [unit(H264, 6), unit(H264, 1)], OTHER])
    del sent[4]

    assert [one.data for one in taken(H264, sent).ready] == [annexb(KEY), annexb(OTHER)]


def test_parameter_sets_behind_a_picture_that_was_lost_are_those_of_the_next():
    sets = [[one] for one in KEY]
    sent = packets(H264, [KEY, [unit(H264, 6), unit(H264, 1)], *sets, OTHER])
    del sent[4]

    assert [one.data for one in taken(H264, sent).ready] == [annexb(KEY), annexb(KEY), annexb(OTHER)]


def test_an_empty_packet_that_keeps_a_way_open_has_a_number_and_costs_no_slice():
    sent = packets(H264, [KEY, [LONG], OTHER])
    began = len(packets(H264, [KEY])) + 2
    numbered = [
        packet[:2] + at.to_bytes(2, "big") + packet[4:]
        for at, packet in enumerate([*sent[:began], sent[began][:12], *sent[began:]])
    ]

    taker = taken(H264, numbered)

    assert taker.lost == 0
    assert [one.data for one in taker.ready] == [annexb(one) for one in (KEY, [LONG], OTHER)]


@pytest.mark.parametrize("aggregates", [False, True])
def test_an_end_of_sequence_of_a_header_alone_stays(aggregates):
    h265 = Codec.H265
    whole = [unit(h265, 1), unit(h265, 36, b""), unit(h265, 40)]

    assert taken(h265, packets(h265, [whole], aggregates=aggregates)).ready[0].data == annexb(whole)


@given(st.lists(st.integers(-90_000, 90_000), max_size=200))
def test_a_camera_that_counts_backwards_makes_no_more_wait_than_a_decoder_holds(steps):
    order = DecodingOrder(VideoTrack(H264, 96, 90_000, ""))
    at, given = 1 << 20, []
    for step in [3600] * 20 + steps + [-1] * 50:
        at += step
        given += order.take(SentPicture(b"", at, False, 0.0))

    assert len(order._recent) <= 17


def test_a_stream_that_ends_in_the_middle_of_a_slice_keeps_the_slices_before_it():
    sent = packets(H264, [KEY, [*OTHER, LONG]])

    assert taken(H264, sent[:-1]).ready[-1].data == annexb(OTHER)
    assert len(taken(H264, packets(H264, [KEY, [LONG]])[:-1]).ready) == 1


def test_a_packet_that_comes_twice_counts_once():
    sent = packets(H264, [KEY, OTHER])

    taker = taken(H264, [packet for packet in sent for _ in range(2)])

    assert [one.data for one in taker.ready] == [annexb(KEY), annexb(OTHER)]
    assert taker.lost == 0


def test_a_camera_that_counts_anew_from_another_source_goes_on():
    sent = packets(H264, [KEY, OTHER]) + packets(H264, [KEY, OTHER], number=9, stamp=77, source=8)

    taker = taken(H264, sent)

    assert [one.data for one in taker.ready] == [annexb(one) for one in (KEY, OTHER, KEY, OTHER)]
    assert taker.lost == 0


@pytest.mark.parametrize(
    ("codec", "payload", "name"),
    [
        (Codec.H264, b"\x79\0\1\0\2ab", "STAP-B"),
        (Codec.H264, b"\x7a\0\1\0\2ab", "MTAP16"),
        (Codec.H264, b"\x7d\x85\0\1ab", "FU-B"),
        (Codec.H265, b"\x64\1\0\0ab", "PACI"),
    ],
)
def test_a_way_of_packing_that_is_not_read_is_named(codec, payload, name):
    with pytest.raises(CameraFailed, match=name):
        taken(codec, [packets(codec, [[unit(codec, 1)]])[0][:12] + payload])


def test_a_picture_of_endless_units_is_cut_off():
    with pytest.raises(CameraOversized, match="more than 2000 NAL units"):
        taken(H264, packets(H264, [[unit(H264, 1)] * 2001]))


def test_endless_units_inside_of_one_are_not_given_to_libav():
    """A camera may send them as one unit; 16 MB of small messages took libav 17 s."""
    one = unit(H264, 5) + b"\0\0\1\x06\x01\0\x80" * 2001
    (picture,) = taken(H264, packets(H264, [[one]], most=1400)).ready

    assert picture.data == annexb([one])
    assert holds_endless_units(picture.data)
    with pytest.raises(EndlessUnits):
        announced_format(picture.data, (), is_h265=False)


SOURCE = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=2"]
ENCODERS = {
    "h264": ["libx264", "-bf", "0"],
    "h264, B-frames": ["libx264", "-bf", "3", "-b_strategy", "0"],
    "h264, slices": ["libx264", "-bf", "0", "-slices", "4"],
    "hevc": ["libx265", "-x265-params", "log-level=none:bframes=0:keyint=25"],
    "hevc, B-frames": ["libx265", "-x265-params", "log-level=none:bframes=3:keyint=25"],
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ENCODERS)
@pytest.mark.parametrize("knows_sps", [True, False])
def test_what_ffmpeg_sends_is_what_it_encoded_with_both_times(tmp_path: Path, kind: str, knows_sps: bool):
    """Its RTP muxer is not ours; the times of the file are those of its encoder."""
    clip, codec = tmp_path / "clip.mp4", kind[:4].removesuffix(",")
    encoded = ["-c:v", *ENCODERS[kind], "-preset", "ultrafast" if "B-frames" not in kind else "fast", "-g", "25"]
    subprocess.run(["ffmpeg", "-v", "error", *SOURCE, *encoded, str(clip)], check=True)
    description, sent = sent_by_ffmpeg(clip, codec, tmp_path)

    track = read_description(CAMERA, "rtsp://192.0.2.20/main", description).video
    taker, order = depacketiser(CAMERA, track), DecodingOrder(track)
    came = []
    for at, packet in enumerate(sent):
        taker.take(packet, 0, len(packet), float(at))
    taker.end()
    if knows_sps:
        order.learn(taker.sps)
    for picture in taker.ready:
        came += order.take(picture)
    came += order.rest()

    with av.open(str(clip)) as container:
        expected = [packet for packet in container.demux() if packet.size]
        unit = expected[0].time_base * 90_000
    first = came[0][0].pts - expected[0].pts * unit
    assert track.sets
    assert [picture.pts - first for picture, _ in came] == [packet.pts * unit for packet in expected]
    assert [picture.is_key for picture, _ in came] == [packet.is_keyframe for packet in expected]
    assert [annexb_units(picture.data) for picture, _ in came] == [counted_units(bytes(packet)) for packet in expected]
    decoded = [at - first for _, at in came]
    assert decoded == sorted(set(decoded))
    assert all(at <= picture.pts for picture, at in came)
    if knows_sps:
        assert decoded == [packet.dts * unit for packet in expected]


def sent_by_ffmpeg(clip: Path, codec: str, folder: Path) -> tuple[bytes, list[bytes]]:
    """The description and the packets of a clip that ffmpeg sends by RTP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(0.5)
        port, described = receiver.getsockname()[1], folder / "clip.sdp"
        target = ["-c", "copy", "-f", "rtp", "-sdp_file", str(described), f"rtp://127.0.0.1:{port}?pkt_size=1200"]
        sender = subprocess.Popen(["ffmpeg", "-v", "error", "-readrate", "8", "-i", str(clip), *target])
        packets = []
        while sender.poll() is None or packets:
            try:
                packets.append(receiver.recv(65_536))
            except TimeoutError:
                if sender.poll() is not None:
                    break
        assert sender.wait() == 0
    return described.read_bytes(), packets


def annexb_units(data: bytes) -> list[bytes]:
    """The NAL units of Annex B data."""
    return [one for one in data.split(START) if one]


def counted_units(data: bytes) -> list[bytes]:
    """The NAL units of data in which each has its length before it."""
    out, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        out.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return out
