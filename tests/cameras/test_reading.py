"""When a stream is read, and for how long: all that came at once, and an end whatever a camera goes on to send."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest
from hostile import RtspServer, usual
from rtp_packets import packets, unit

from cctv.cameras.connection import Connection, UdpTrack
from cctv.cameras.conversation import Conversation
from cctv.cameras.errors import CameraClosed, CameraOversized
from cctv.cameras.rtsp import StreamAddress, open_live
from cctv.cameras.sdp import Codec
from cctv.config.schema import CameraSettings, Transport
from cctv.model.ids import CameraId, ZoneId

CAMERA = CameraSettings(CameraId("gevel-1"), ZoneId("facade"), "theft", rtsp="rtsp://x/")
PATIENCE = 20  # seconds; only a broken client ever waits that long
KEY = [unit(Codec.H264, kind) for kind in (7, 8, 5)]


def framed(count: int) -> bytes:
    """So many small pictures in interleaved frames."""
    sent = packets(Codec.H264, [KEY] + [[unit(Codec.H264, 1)]] * (count - 1))
    return b"".join(b"$\0" + len(packet).to_bytes(2, "big") + packet for packet in sent)


def playing(sent: bytes, *, is_answered: bool = True):
    def answer(method, headers):
        if method != "PLAY":
            return usual(method, headers)
        return (usual(method, headers) if is_answered else b"") + sent

    return answer


def look(server):
    return open_live(CAMERA, StreamAddress(server.url, Transport.TCP))


def test_one_reading_takes_every_record_of_tls_that_came(own_certificate):
    sent, count = threading.Event(), 8

    def send(server: socket.socket) -> None:
        client, _ = server.accept()
        with own_certificate.wrap_socket(client, server_side=True) as encrypted:
            for _ in range(count):  # a record each, as cameras send their packets
                encrypted.sendall(bytes(1000))
            sent.set()
            encrypted.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=send, args=(server,), daemon=True).start()
        connection = Connection(CAMERA, f"rtsps://127.0.0.1:{server.getsockname()[1]}/main")
        assert sent.wait(PATIENCE)
        sizes = [connection.read_into(memoryview(bytearray(1 << 17)))]
        while sizes[-1] is None:  # the tickets of TLS 1.3 alone
            sizes.append(connection.read_into(memoryview(bytearray(1 << 17))))
        connection.close()

    assert sizes[-1] == count * 1000


def test_a_stream_ends_in_time_although_there_is_always_one_more_picture():
    count = 50_000
    with RtspServer(playing(framed(count))) as server, contextlib.closing(look(server)) as stream:
        stream.end_within(0)
        came = []
        with pytest.raises(CameraClosed):
            came.extend(iter(stream))

    assert len(came) < count


def test_pictures_without_end_before_play_is_answered_are_too_many():
    with (
        RtspServer(playing(framed(5000), is_answered=False)) as server,
        pytest.raises(CameraOversized, match="more than 1000 pictures before it answers PLAY"),
    ):
        look(server)


def test_questions_that_a_camera_leaves_unanswered_are_asked_on():
    talk = Conversation(CAMERA, "rtsp://192.0.2.20/main", None)
    asked = []
    for _ in range(20):
        talk.outgoing()
        talk.keep_alive()
        asked.append(talk.outgoing())

    assert all(question.startswith(b"OPTIONS ") for question in asked)


def test_the_interface_of_a_link_local_address_is_not_told_to_the_camera():
    url = "rtsp://[fe80::1%eth0]:8554/main"
    talk = Conversation(CAMERA, url, None)

    assert talk.outgoing().startswith(b"OPTIONS rtsp://[fe80::1]:8554/main RTSP/1.0\r\n")
    assert talk.url == url


def datagram(number: int) -> bytes:
    return b"\x80\x60" + (number & 0xFFFF).to_bytes(2, "big") + bytes(8) + b"x"


def numbers_of(sent: list[int]) -> list[int]:
    track = UdpTrack()
    for at, number in enumerate(sent):
        track.take(datagram(number), at / 100)
    return [int.from_bytes(data[2:4], "big") for data in track.due(len(sent) / 100)]


@pytest.mark.parametrize("anew", [40_000, 100])
def test_a_camera_that_counts_its_datagrams_anew_is_read_on(anew):
    before, after = list(range(20_000, 20_010)), list(range(anew, anew + 10))

    assert numbers_of(before + after) == before + after[1:]  # the first one could be a stray (RFC 3550, appendix A.1)


def test_a_stray_datagram_costs_nothing():
    before, after = list(range(20_000, 20_010)), list(range(20_010, 20_200))

    assert numbers_of([*before, 40_000, *after]) == before + after
