"""A camera's password, marked so that it is known in any notation, looked for everywhere while the recorder runs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import simrig

pytestmark = [pytest.mark.slow, pytest.mark.hardware]

RIGHT, WRONG = "Mark3dRight", "Mark3dWrong"  # letters and digits look the same quoted, escaped or percent-encoded
MARKS = ("Mark3d", "TWFyazNk", "4d61726b3364")  # as it is, in base64, in hex
PATIENCE = 60  # seconds; only a broken recorder ever waits that long

SETTINGS = """
[site]
name = "Cultuurcentrum De Grote Post"
timezone = "Europe/Brussels"
jurisdiction = "BE"
storage = "storage"
[recording]
segment = "1s"
[zones.facade]
kind = "facade"
retention = "7d"
[credentials]
file = "credentials.toml"
[cameras.gevel-1]
zone = "facade"
purpose = "theft"
rtsp = "{url}"
credential = "right"
[cameras.gevel-2]
zone = "facade"
purpose = "theft"
rtsp = "{url}"
credential = "wrong"
"""
# A simulated camera has one viewer at a time: while the first is recorded, the other is looked at.
LOOKED_AT = SETTINGS.replace("gevel-1", "foyer-1")


class Watch(threading.Thread):
    """Reads arguments and environment of every process below this one, again and again."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: set[str] = set()
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set():
            for task in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        self.seen.add((task / name).read_bytes().decode(errors="replace"))
                    except OSError:
                        continue
            self._over.wait(0.02)

    def stop(self) -> None:
        self._over.set()
        self.join()


@pytest.fixture
def folder(tmp_path):
    if lacking := simrig.missing():
        pytest.skip(f"no simulated cameras: {lacking}")
    clip = simrig.scene_clip(tmp_path, size="320x180", seconds=4, gop=1, fps=25, people=1)
    password = f"{RIGHT}/p@ss:w %d'"
    with simrig.Rig({"gevel": clip.stream, "foyer": clip.stream}, auth="digest", password=password) as rig:
        site = tmp_path / "site"
        site.mkdir()
        (site / "cameras.toml").write_text(SETTINGS.format(url=rig.url("gevel", credentials=False)))
        (site / "others.toml").write_text(LOOKED_AT.format(url=rig.url("foyer", credentials=False)))
        secrets = site / "credentials.toml"
        secrets.touch(0o600)
        secrets.write_text("".join(
            f"[{name}]\nusername = 'admin'\npassword = '''{word}'''\n"
            for name, word in (("right", password), ("wrong", f"{WRONG}/p@ss:w %d'"))
        ))  # fmt: skip
        yield site


def command(settings: Path, *words: str) -> list[str]:
    main = "import sys; from cctv.cli.app import main; sys.exit(main())"
    return [sys.executable, "-c", main, "--config", str(settings), *words]


def cctv(settings: Path, *words: str) -> str:
    done = subprocess.run(command(settings, *words), capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.stdout + done.stderr


def wait_for(folder: Path, recorder: subprocess.Popen[bytes]) -> None:
    """Until one camera has footage and the other was refused."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert recorder.poll() is None
        try:
            cameras = json.loads((folder / "storage/recorder.json").read_text())["cameras"]
        except FileNotFoundError:
            cameras = {}
        if cameras and cameras["gevel-1"]["segments"] >= 1 and cameras["gevel-2"]["cause"] == "unauthorised":
            return
        time.sleep(0.05)
    pytest.fail((folder / "log").read_text())


def test_a_password_is_in_no_process_list_environment_log_error_index_or_audit_entry(folder):
    settings, others = folder / "cameras.toml", folder / "others.toml"
    cctv(settings, "footage", "init")
    watch = Watch()
    watch.start()
    with (folder / "log").open("ab") as log:
        recorder = subprocess.Popen(command(settings, "record"), stderr=log, stdin=subprocess.DEVNULL)
    try:
        wait_for(folder, recorder)
        still = ["cameras", "still", "--reason", "maintenance", "--output", str(folder / "storage/aim.png")]
        said = {
            "check": cctv(others, "cameras", "check", "--json"),
            "still": cctv(others, *still, "foyer-1"),
            "still refused": cctv(others, *still, "gevel-2"),
            "settings": cctv(settings, "config", "show"),
            "status": cctv(settings, "status", "--json"),
            "audit": cctv(settings, "audit", "list", "--json"),
        }
    finally:
        recorder.terminate()
        code = recorder.wait(PATIENCE)
        watch.stop()
    said["log"] = (folder / "log").read_text()
    stored = {str(path): path.read_bytes().decode(errors="replace") for path in (folder / "storage").rglob("*")
              if path.is_file()}  # fmt: skip

    assert code == 0, said["log"]
    # Each place was really looked at while there was something to find.
    assert any("ffmpeg" in one for one in watch.seen)
    assert '"signed_in": false' in said["check"]
    assert "refuses the user name or password" in said["still refused"]
    assert '"camera.still"' in said["audit"]
    assert "gevel-2" in said["log"]
    assert any(path.endswith("cctv.db") for path in stored)
    places = {**said, **stored, "processes": "\n".join(watch.seen)}
    assert [place for place, text in places.items() if any(mark in text for mark in MARKS)] == []
