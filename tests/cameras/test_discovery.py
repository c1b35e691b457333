"""Cameras that answer WS-Discovery on this machine's own network."""

import ipaddress
import socket

import pytest
from answering import Cameras

from cctv.cameras.onvif import FoundCamera, found_camera

pytestmark = pytest.mark.slow


@pytest.fixture
def answering(monkeypatch):
    # The library leaves loopback out, and these cameras are on it.
    loopback = {socket.AF_INET: [ipaddress.ip_address("127.0.0.1")]}
    monkeypatch.setattr("wsdiscovery.threaded._getNetworkAddrs", lambda version: loopback.get(version, []))
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


def test_where_nobody_answers_and_no_settings_are_yet_that_is_said(bare_site, monkeypatch):
    monkeypatch.setattr("wsdiscovery.threaded._getNetworkAddrs", lambda _: [])
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
