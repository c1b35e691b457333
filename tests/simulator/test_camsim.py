"""Cameras that are recorded with a real ffmpeg."""

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import simrig
from simulator import sei

pytestmark = [pytest.mark.slow, pytest.mark.hardware]


@pytest.fixture
def healthy(rig):
    """Cameras that misbehaved in one test serve again in the next."""
    yield rig
    for name in ("foyer-1", "gevel-1"):
        for command in (f"thaw {name}", f"drop {name} 0", f"unhang {name}", f"start {name}", f"alt {name} 0"):
            rig.control(command)


@pytest.mark.parametrize(("camera", "index"), [("foyer-1", 0), ("gevel-1", 1)])
def test_every_frame_and_the_sound_arrive(rig, tmp_path, camera, index):
    recording = tmp_path / "recording.mp4"

    assert simrig.record(rig.url(camera), recording, frames=20, sound=True).returncode == 0

    audit = sei.audit(sei.scan(recording))
    assert audit.clean
    assert (audit.camera, audit.frames, audit.missing, audit.audio_streams) == (index, 20, 0, 1)
    assert audit.last_sent_us > audit.first_sent_us


@pytest.mark.parametrize("camera", ["foyer-1", "gevel-1"])
def test_the_counter_tells_which_frame_of_the_clip_was_recorded(rig, small, tmp_path, camera):
    recording = tmp_path / "recording.mp4"
    simrig.record(rig.url(camera), recording, frames=15)
    clip = small() if camera == "foyer-1" else small(codec="h265")

    originals = simrig.pictures(clip.movie, "gray")
    for frame, picture in zip(sei.scan(recording).frames, simrig.pictures(recording, "gray"), strict=True):
        assert np.array_equal(picture, originals[frame.counter % clip.frames])


def test_the_first_frame_of_a_recording_can_be_decoded(rig, tmp_path):
    recording = tmp_path / "recording.mkv"

    simrig.record(rig.url("foyer-1"), recording, frames=3)

    assert sei.scan(recording).frames[0].key


def test_recorded_times_advance_at_the_frame_rate(rig, tmp_path):
    recording = tmp_path / "recording.mp4"

    simrig.record(rig.url("gevel-1"), recording, frames=15)

    times = [frame.pts_seconds for frame in sei.scan(recording).frames]
    steps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert steps == pytest.approx([1 / 15] * 14, abs=0.002)


def test_frames_are_lost_on_demand_and_the_audit_sees_it(healthy, tmp_path):
    healthy.control("drop foyer-1 0.4")
    recording = tmp_path / "recording.mp4"

    simrig.record(healthy.url("foyer-1"), recording, frames=25)

    audit = sei.audit(sei.scan(recording))
    assert audit.missing > 0
    assert audit.last - audit.first == audit.frames - 1 + audit.missing


def test_a_frozen_camera_sends_nothing_and_its_clock_runs_on(healthy, tmp_path):
    with recorder(healthy.url("foyer-1"), tmp_path / "recording.mkv"):
        healthy.wait("foyer-1", lambda stat: stat["connected"] and stat["sent"] > 5)
        healthy.control("freeze foyer-1")
        frozen = healthy.stat("foyer-1")
        later = healthy.wait("foyer-1", lambda stat: stat["counter"] > frozen["counter"] + 6)
        assert later["sent"] == frozen["sent"]
        healthy.control("thaw foyer-1")
        healthy.wait("foyer-1", lambda stat: stat["sent"] > frozen["sent"] + 5)

    audit = sei.audit(sei.scan(tmp_path / "recording.mkv"))
    assert audit.missing >= 6
    assert audit.backwards == 0


def test_a_stopped_camera_disconnects_answers_404_and_comes_back(healthy, tmp_path):
    with recorder(healthy.url("foyer-1"), tmp_path / "cut.mkv") as process:
        sent = healthy.stat("foyer-1")["sent"]
        healthy.wait("foyer-1", lambda stat: stat["connected"] and stat["sent"] > sent + 5)
        healthy.control("stop foyer-1")
        process.wait(simrig.PATIENCE)

    refused = simrig.record(healthy.url("foyer-1"), tmp_path / "none.mkv", frames=3)
    assert "404" in refused.stderr
    assert simrig.record(healthy.url("gevel-1"), tmp_path / "other.mkv", frames=3).returncode == 0

    healthy.control("start foyer-1")
    assert simrig.record(healthy.url("foyer-1"), tmp_path / "again.mkv", frames=3).returncode == 0


def test_a_camera_that_has_no_picture_to_describe_holds_up_no_other(healthy, tmp_path):
    healthy.wait("gevel-1", lambda stat: not stat["connected"])
    healthy.control("freeze gevel-1")
    with raw_client(healthy, "gevel-1") as waiting:
        waiting.sendall(request(healthy, "gevel-1", "DESCRIBE"))
        healthy.wait("gevel-1", lambda stat: stat["connected"])

        assert simrig.record(healthy.url("foyer-1"), tmp_path / "other.mkv", frames=3).returncode == 0

        healthy.control("thaw gevel-1")
        assert b"m=video" in waiting.recv(65536)


@pytest.mark.parametrize("camera", ["foyer-1"])
def test_a_hanging_camera_keeps_its_connection_and_says_nothing(healthy, camera):
    with raw_client(healthy, camera) as connection:
        play(healthy, camera, connection)
        healthy.control(f"hang {camera}")
        drain(connection)
        connection.sendall(request(healthy, camera))
        assert is_silent(connection)

    with raw_client(healthy, camera, answered=False) as newcomer:
        assert is_silent(newcomer)

    healthy.control(f"unhang {camera}")
    with raw_client(healthy, camera):
        pass


def test_the_size_of_the_picture_changes_and_the_counter_goes_on(healthy, tmp_path):
    with recorder(healthy.url("foyer-1"), tmp_path / "recording.ts"):
        sent = healthy.stat("foyer-1")["sent"]
        healthy.wait("foyer-1", lambda stat: stat["sent"] > sent + 5)
        healthy.control("alt foyer-1 1")
        changed = healthy.wait("foyer-1", lambda stat: stat["alt"] == 1)
        healthy.wait("foyer-1", lambda stat: stat["counter"] > changed["counter"] + 12)

    assert sei.audit(sei.scan(tmp_path / "recording.ts")).missing == 0
    probe = ["ffprobe", "-v", "error", "-show_entries", "frame=width", "-of", "csv=p=0", tmp_path / "recording.ts"]
    widths = subprocess.run(probe, capture_output=True, text=True, check=True).stdout.replace(",", " ").split()
    assert set(widths) == {"320", "160"}


@pytest.mark.parametrize("auth", ["basic", "digest"])
def test_a_camera_with_a_password_lets_only_its_user_in(small, tmp_path, auth):
    with simrig.Rig({"foyer-1": small().stream}, auth=auth, user="viewer", password="p@ss/word") as guarded:
        none = simrig.record(guarded.url("foyer-1", credentials=False), tmp_path / "none.mkv", frames=2)
        wrong = simrig.record(guarded.url("foyer-1", password="wrong"), tmp_path / "wrong.mkv", frames=2)
        right = simrig.record(guarded.url("foyer-1"), tmp_path / "right.mkv", frames=2)

    assert "401" in none.stderr
    assert "401" in wrong.stderr
    assert right.returncode == 0


def test_lost_packets_are_packets_that_no_frame_counter_forgives(small, tmp_path):
    with simrig.Rig({"foyer-1": small().stream}, arguments=["--rtpdrop", "0.3"]) as lossy:
        simrig.record(lossy.url("foyer-1"), tmp_path / "recording.mkv", frames=15)

    audit = sei.audit(sei.scan(tmp_path / "recording.mkv"))
    assert audit.missing + audit.unmarked > 0
    assert not audit.clean


def test_a_camera_without_sound_has_one_stream(small, tmp_path):
    with simrig.Rig({"foyer-1": small().stream}, arguments=["--audio", "none"]) as silent:
        refused = simrig.record(silent.url("foyer-1"), tmp_path / "none.mp4", frames=2, sound=True)

    assert refused.returncode != 0
    assert "matches no streams" in refused.stderr


def test_cameras_end_with_the_process_that_started_them(small):
    starter = (
        "import sys, simrig, pathlib\n"
        "rig = simrig.Rig({'foyer-1': pathlib.Path(sys.argv[1])}).start()\n"
        "print(rig.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(simrig.SCRIPTS.parent / "tests")}
    command = [sys.executable, "-c", starter, str(small().stream)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        camsim = int(parent.stdout.readline())
        assert simrig.alive(camsim)
        parent.kill()
    wait_until_gone(camsim)


def test_cameras_end_on_a_signal(small):
    rig = simrig.Rig({"foyer-1": small().stream}).start()
    try:
        os.kill(rig.pid, signal.SIGTERM)
        wait_until_gone(rig.pid)
    finally:
        rig.stop()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--clip", "a=nowhere.h264"], "No such file"),
        (["--clip", "Foyer=x.h264"], "NAME=FILE"),
        (["--clip", f"a={__file__}"], "aud=1"),
        (["--clip", "a=x", "--alt", "b=x"], "no --clip names b"),
        (["--clip", "a=x", "--fps", "0"], "between 0 and 120"),
        (["--clip", "a=x", "--auth", "basic"], "--password-file"),
    ],
)
def test_what_cannot_be_played_is_refused_in_one_message(words, message):
    done = subprocess.run(
        [simrig.SCRIPTS / "camsim", *words], capture_output=True, text=True, timeout=simrig.PATIENCE, check=False
    )

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_unknown_command_changes_nothing_and_says_so(rig):
    ctl = [simrig.SCRIPTS / "camsim-ctl", str(rig.ready["control_port"])]
    for words in (["sing", "foyer-1"], ["freeze", "kelder-9"], ["drop", "foyer-1", "7"], ["alt", "gevel-1", "1"]):
        done = subprocess.run([*ctl, *words], capture_output=True, text=True, timeout=simrig.PATIENCE, check=False)
        assert (done.returncode, done.stdout[:6]) == (1, "error:")
    stat = subprocess.run([*ctl, "stat"], capture_output=True, text=True, timeout=simrig.PATIENCE, check=True).stdout
    assert json.loads(stat)["schema"] == 1


class recorder:  # noqa: N801 - reads as a verb in a with statement
    """ffmpeg at work for as long as the block lasts; it then ends as a recorder does, with its file complete."""

    def __init__(self, url, output):
        command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *simrig.source(url), "-map", "0:v", "-c", "copy"]
        self.output = output
        self.process = subprocess.Popen([*command, "-flush_packets", "1", output], stderr=subprocess.DEVNULL)

    def __enter__(self):
        wait_until(lambda: self.output.exists() and self.output.stat().st_size)
        return self.process

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(simrig.PATIENCE)


def request(rig, camera, method="OPTIONS"):
    return f"{method} {rig.url(camera)} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode()


class raw_client:  # noqa: N801
    """A client that has said hello."""

    def __init__(self, rig, camera, answered=True):
        self.connection = socket.create_connection(("127.0.0.1", rig.ready["rtsp_port"]), simrig.PATIENCE)
        self.connection.sendall(request(rig, camera))
        if answered:
            assert b"200 OK" in self.connection.recv(4096)

    def __enter__(self):
        return self.connection

    def __exit__(self, *_):
        self.connection.close()


def play(rig, camera, connection):
    """Ask for the pictures on the same connection, and wait for the first."""
    url = rig.url(camera)
    session = None
    for method, headers in (
        (f"DESCRIBE {url}", "Accept: application/sdp"),
        (f"SETUP {url}/stream=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"),
        (f"PLAY {url}/", "Session: {session}"),
    ):
        connection.sendall(f"{method} RTSP/1.0\r\nCSeq: 2\r\n{headers.format(session=session)}\r\n\r\n".encode())
        reply = connection.recv(65536).decode(errors="replace")
        assert "200 OK" in reply
        session = re.search(r"Session: ([^;\s]+)", reply)[1] if "Session: " in reply else None
    while b"$" not in connection.recv(65536):
        continue


def drain(connection):
    connection.settimeout(2.0)  # a busy machine sends its last late
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return


def is_silent(connection):
    """Open, and not a byte comes."""
    connection.settimeout(1.0)
    try:
        connection.recv(1)
    except TimeoutError:
        return True
    return False


def wait_until_gone(pid):
    wait_until(lambda: not simrig.alive(pid))


def wait_until(reached):
    deadline = time.monotonic() + simrig.PATIENCE
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)
