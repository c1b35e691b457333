"""Cameras that answer WS-Discovery on this machine's own network."""

import re
import socket
import threading

import pytest
from answering import PORT, Cameras, answer

from cctv.cameras.onvif import FoundCamera, found_camera, found_cameras

pytestmark = pytest.mark.slow


@pytest.fixture
def answering(monkeypatch):
    # The loopback interface is left out, and these cameras are on it.
    monkeypatch.setattr("cctv.cameras.onvif._ways", lambda: [(socket.AF_INET, socket.if_nametoindex("lo"))])
    cameras = Cameras({"192.0.2.21": "Gevel%0a%1b[31mzuid", "192.0.2.9:8000": "Foyer"})
    cameras.start()
    yield
    cameras.stop()


def test_cameras_on_the_network_are_listed_with_what_cameras_toml_calls_them(bare_site, answering):
    text = bare_site.config.read_text()
    bare_site.config.write_text(text.replace('rtsp = "rtsp://127.0.0.1:9/foyer-1"', 'onvif = "192.0.2.9:8000"'))

    for wait in ("4s", "30s"):  # a busy machine answers late
        said = bare_site.cctv(f"cameras discover --wait {wait}")
        if len(said.out.splitlines()) == 4:
            break

    first, second = [line.split() for line in said.out.splitlines()[2:]]
    assert first == ["192.0.2.9:8000", "Foyer", "Eye", "4", "foyer-1"]
    assert second == ["192.0.2.21", "Gevel", "[31mzuid", "Eye", "4", "-"]
    assert "\x1b" not in said.out
    assert "cctv cameras add" in said.err
    assert "192.0.2.21: this was told by " in said.err


def test_where_nobody_answers_and_no_settings_are_yet_that_is_said(bare_site, monkeypatch):
    monkeypatch.setattr("cctv.cameras.onvif._ways", lambda: [])
    bare_site.config.unlink()

    assert "No camera answered within 1s" in bare_site.cctv("cameras discover --wait 1s").err
    assert bare_site.cctv("cameras discover --wait 1s --json").json["found"] == []


@pytest.mark.parametrize(
    ("addresses", "onvif"),
    [
        (["http://192.0.2.20:80/onvif/device_service"], "192.0.2.20"),
        (["http://[fe80::1]/onvif", "http://192.0.2.20:8080/onvif"], "192.0.2.20:8080"),
        (["http://192.0.2.20/onvif", "https://192.0.2.20/onvif"], "https://192.0.2.20"),
        (["ftp://192.0.2.20/", "http://", "http://x:99999/", "http://a@b/", "http://a\x1b/"], None),
        ([], None),
    ],
)
def test_the_address_that_is_offered_is_one_that_cameras_toml_takes(addresses, onvif):
    found = found_camera(addresses, ["onvif://www.onvif.org/name/Gevel%20zuid", "https://example.org/name/x"])

    assert found == (onvif and FoundCamera(found.host, onvif, "Gevel zuid", ""))


QUESTION = "urn:uuid:1"


def found(addresses, source, **changes):
    data = answer("x", "Gevel", QUESTION, addresses=addresses)
    for old, new in changes.items():
        data = data.replace(old, new)
    return [camera.onvif for camera in found_cameras(data.encode(), source, QUESTION)]


@pytest.mark.parametrize(
    ("addresses", "source", "offered"),
    [
        ("http://10.0.0.9/onvif http://192.0.2.20:8080/onvif", "192.0.2.20", "192.0.2.20:8080"),
        ("http://192.168.1.108/onvif", "192.0.2.20", "192.168.1.108"),
        ("http://[fe80::5]/onvif http://192.0.2.20/onvif", "fe80::5%eth0", "[fe80::5%eth0]"),
        ("http://[2001:db8::5]:81/onvif", "2001:db8::5", "[2001:db8::5]:81"),
        ("http://192.0.2.20/onvif", "fe80::5%eth0", "192.0.2.20"),
    ],
)
def test_of_several_addresses_the_one_that_it_answered_from_is_offered(addresses, source, offered):
    assert found(addresses, source) == [offered]


def test_an_answer_is_known_by_its_scopes_where_its_type_is_another():
    assert found("http://192.0.2.20/", "192.0.2.20", NetworkVideoTransmitter="Camera") == ["192.0.2.20"]
    assert found("http://192.0.2.20/", "192.0.2.20", **{"2004/08/addressing": "2005/08/addressing"})


def test_a_device_on_ipv6_is_found(bare_site, monkeypatch):
    loopback = socket.if_nametoindex("lo")
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as device:
        device.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        device.bind(("::1", PORT))
        monkeypatch.setattr("cctv.cameras.onvif._GROUPS", {socket.AF_INET6: "::1"})  # no group reaches a loopback
        monkeypatch.setattr("cctv.cameras.onvif._ways", lambda: [(socket.AF_INET6, loopback)])

        def serve():
            asked, place = device.recvfrom(65536)
            message = re.search(r"MessageID>([^<]+)<", asked.decode())[1]
            device.sendto(answer("[::1]:8000", "Zes", message).encode(), place)

        threading.Thread(target=serve, daemon=True).start()
        said = bare_site.cctv("cameras discover --wait 2s --json")

    assert [each["onvif"] for each in said.json["found"]] == ["[::1]:8000"]
