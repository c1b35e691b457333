"""Cameras that answer what none should, beside a good one: it loses no picture, and each of them says what is wrong."""

import contextlib
import gzip
from pathlib import Path

import pytest
import simrig
from hostile import RawServer, RtspServer, flood, reply, usual
from recording import Recorder

from cctv.recording.state import Phase

pytestmark = [pytest.mark.slow, pytest.mark.hardware]

PASSWORD = "S3cret/p@ss:w %d'"
_OK = "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n{more}Content-Length: {length}\r\n\r\n"
_MEMORY = 200 << 20


def _http(body, more=""):
    head = _OK.format(more=more, length=len(body)).encode()
    return lambda client, request: client.sendall(head + body)


ONVIF = {
    "geen-xml": _http(b"<<<"),
    "groot": _http(b" " * (8 << 20)),
    "bom": _http(gzip.compress(bytes(300 << 20), 9), "Content-Encoding: gzip\r\n"),
    "diep": _http(b"<a>" * 300_000),
    "entiteit": _http(b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x/>'),
}


RTSP = {
    "zegt-niets": lambda method, headers: None,
    "vloed": lambda method, headers: (flood if method == "PLAY" else usual)(method, headers),
    "lengte": lambda method, headers: reply("200 OK", headers, "Content-Length: 2147483000"),
    "ruis": lambda method, headers: b"\xff" * 300_000,
    "fout": lambda method, headers: reply("500 Internal Server Error", headers),
}


def memory_of(pid):
    """Resident bytes of a process, at its highest."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) << 10


def peak_alone(make_recorder, good):
    """What a recorder takes at its highest that has the good camera only."""
    recorder = make_recorder({"goed": good}, password=PASSWORD)
    recorder.start()
    recorder.wait("goed", lambda state: state.segments >= 2)
    peak = memory_of(recorder.all_of_us()[0])
    assert recorder.stop() == 0
    return peak


def test_hostile_cameras_cost_a_good_one_nothing_and_no_host_hears_its_password(streams, make_recorder):
    with contextlib.ExitStack() as opened:
        rig = opened.enter_context(simrig.Rig({"goed": streams["h264"]}, auth="digest", password=PASSWORD))
        other = opened.enter_context(
            RtspServer(lambda method, headers: reply("401 Unauthorized", headers, "WWW-Authenticate: Basic realm=x"))
        )
        redirect = opened.enter_context(
            RtspServer(lambda method, headers: reply("302 Found", headers, f"Location: {other.url}"))
        )
        good = f'rtsp = "{rig.url("goed", credentials=False)}"\ncredential = "right"'
        cameras = {"goed": good, "verwijst": f'rtsp = "{redirect.url}"\ncredential = "right"'}
        for name, write in ONVIF.items():
            server = opened.enter_context(RawServer(write))
            cameras[name] = f'onvif = "{server.address}"\ncredential = "right"'
        for name, answer in RTSP.items():
            cameras[name] = f'rtsp = "{opened.enter_context(RtspServer(answer)).url}"\ncredential = "right"'
        alone = peak_alone(make_recorder, good)
        recorder: Recorder = make_recorder(cameras, password=PASSWORD)
        recorder.start()
        recorder.wait("goed", lambda state: state.segments >= 1)
        (pid, *children) = recorder.all_of_us()

        recorder.wait("goed", lambda state: state.segments >= 6)

        states = {
            name: recorder.wait(name, lambda state: state.phase is Phase.WAITING) for name in cameras if name != "goed"
        }
        growth = memory_of(pid) - alone
        assert recorder.stop() == 0

    assert all(state.message for state in states.values())
    assert other.asked == []
    counters = [number for take in recorder.takes("goed") for number in take.counters]
    assert counters == list(range(counters[0], counters[-1] + 1))
    assert children == []
    assert growth < _MEMORY, f"{growth >> 20} MiB more than with the good camera alone"
