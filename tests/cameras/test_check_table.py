"""`cctv cameras check`: a table with every camera in it, whatever one of them answers."""

import pytest
from hostile import RawServer, RtspServer

pytestmark = pytest.mark.slow


def test_one_cameras_trouble_costs_the_table_nothing(bare_site):
    with (
        RawServer(lambda client, request: client.sendall(b"HTTP/1.1 200 OK\r\n\r\n<<<")) as garbled,
        RtspServer(lambda method, headers: b"\xff" * 300_000) as noisy,
    ):
        toml = bare_site.config.read_text()
        toml = toml.replace('rtsp = "rtsp://127.0.0.1:9/gevel-1"', f'onvif = "{garbled.address}"')
        toml = toml.replace('rtsp = "rtsp://127.0.0.1:9/foyer-1"', f'rtsp = "{noisy.url}"')
        bare_site.config.write_text(toml)

        told = bare_site.cctv("cameras check --json", exit=19).json

    assert {camera["camera"] for camera in told["cameras"]} == {"gevel-1", "foyer-1", "gang-2"}
    assert all(camera["error"] for camera in told["cameras"])
