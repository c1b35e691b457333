"""An error that nobody foresaw: one line for the person, the whole traceback where it says, exit code 1."""

import json
import os
import stat
import subprocess
import sys
from datetime import timedelta

import pytest

from cctv.cli.internal_error import KEPT, details_folder, write_details

BROKEN = """
import sys
from cctv.cli import app

def status(*_, **__):
    try:
        raise AttributeError("lens of rtsp://admin:geheim@10.0.0.1/")
    except AttributeError as cause:
        raise RuntimeError("no status") from cause
sys.modules["cctv.broken"] = type(sys)("cctv.broken")
import click
sys.modules["cctv.broken"].broken = click.Command("status", callback=status)
app.COMMANDS["status"] = ("cctv.broken:broken", "")
sys.argv = ["cctv", *sys.argv[1:]]
sys.exit(app.main())
"""


@pytest.fixture
def cctv(tmp_path):
    """Run `cctv ARGUMENTS`, whose `status` breaks, with a state directory of its own."""

    def run(*arguments, **environ):
        variables = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "NO_COLOR": "1", **environ}
        command = [sys.executable, "-c", BROKEN, "--language", "en", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=variables, cwd=tmp_path)

    return run


def details(tmp_path):
    return list((tmp_path / "state" / "cctv" / "errors").iterdir())


@pytest.mark.slow
def test_the_person_reads_one_line_and_where_the_traceback_is(cctv, tmp_path):
    done = cctv("status")

    (file,) = details(tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines()[0] == f"error: Internal error (RuntimeError); the details are in {file}."
    assert done.stderr.splitlines()[1].startswith("next:  try it again")
    text = file.read_text()
    assert "AttributeError: lens of rtsp://10.0.0.1/" in text
    assert "RuntimeError: no status" in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.slow
def test_with_debug_the_traceback_is_on_stderr(cctv, tmp_path):
    done = cctv("--debug", "status")

    assert done.returncode == 1
    assert "AttributeError: lens of rtsp://10.0.0.1/" in done.stderr
    assert "Internal error (RuntimeError); the details are in the log above." in done.stderr
    assert not (tmp_path / "state").exists()


@pytest.mark.slow
def test_with_json_the_log_is_one_object_a_line(cctv):
    done = cctv("--debug", "--log-format", "json", "status")

    said = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert [one["event"] for one in said] == ["internal.error"]
    assert "RuntimeError: no status" in said[0]["traceback"]


@pytest.mark.slow
def test_where_no_file_can_be_written_the_traceback_is_on_stderr(cctv, tmp_path):
    (tmp_path / "state").write_text("a file")

    done = cctv("status")

    assert done.returncode == 1
    assert "RuntimeError: no status" in done.stderr
    assert "the details are in the log above" in done.stderr


def test_the_oldest_details_go(tmp_path, clock):
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    for number in range(KEPT + 3):
        write_details(ValueError(str(number)), environ, clock.now() + timedelta(seconds=number))

    kept = sorted(details_folder(environ).iterdir())
    assert len(kept) == KEPT
    assert "ValueError: 3" in kept[0].read_text()


def test_debug_tells_what_led_to_a_refusal(site):
    told = site.cctv("--debug hold show HOLD-2026-009", exit=2)
    assert "INFO cctv.cli.app command.refused error=HoldUnknown exit=2" in told.err
    assert "Traceback" in told.err

    told = site.cctv("hold show HOLD-2026-009", exit=2)
    assert "command.refused" not in told.err
