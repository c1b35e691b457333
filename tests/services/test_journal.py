"""The services' log: events as JSON in the journal, their own words for people, whole tracebacks in both."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.slow

PATIENCE = 60  # seconds; only a broken service ever waits that long
CCTV = [sys.executable, "-c", "import sys; from cctv.cli.app import main; sys.exit(main())"]


@pytest.fixture
def service(site, tmp_path):
    """Start `cctv WORDS` with a file as stderr, which is the journal unless `journal` is False; stop it by `ended`."""
    begun = []

    def start(*words, journal=True):
        path = tmp_path / "stderr"
        with path.open("w") as file:
            status = path.stat()
            environ = {**os.environ, "CCTV_CONFIG": str(site.config), "NO_COLOR": "1"}
            environ["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino}" if journal else "1:1"
            command = [*CCTV, "--language", "en", *words]
            begun.append(subprocess.Popen(command, stderr=file, stdout=subprocess.DEVNULL, env=environ))
        return begun[-1], path

    yield start
    for process in begun:
        process.kill()
        process.wait()


def lines_until(path, wanted):
    """The lines of a file as soon as one of them has the words."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        lines = path.read_text().splitlines()
        if any(wanted in line for line in lines):
            return lines
        time.sleep(0.1)
    raise AssertionError(f"{wanted} never came:\n{path.read_text()}")


def test_the_recorder_logs_its_events_as_json_in_the_journal(service):
    process, path = service("record")
    lines_until(path, "camera.lost")
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0

    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert {"recovery.finished", "recorder.started", "camera.lost", "recorder.stopped"} <= {
        one["event"] for one in events
    }
    lost = next(one for one in events if one["event"] == "camera.lost")
    assert (lost["level"], lost["cause"]) == ("warning", "refused")
    assert lost["camera"] in {"gevel-1", "foyer-1", "gang-2"}
    assert (lost["segment"], lost["case"]) == (None, None)


def test_on_a_terminal_the_recorder_speaks_as_ever(service):
    process, path = service("record", journal=False)
    lines_until(path, "gevel-1: not recording, trying again")
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0

    assert [line for line in path.read_text().splitlines() if "camera.lost" in line or line.startswith("{")] == []


def test_the_sweeper_logs_the_guard_that_stops_it(service, site):
    site.record("gevel-1", "2026-11-01 11:00")  # long past its limit by the real clock, with none known before it
    (site.root / "holds-unconfirmed.json").write_text("{}")
    process, path = service("sweep")
    lines_until(path, "deletion.stopped")
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0

    events = [json.loads(line) for line in path.read_text().splitlines()]
    (stopped,) = [one for one in events if one["event"] == "deletion.stopped"]
    assert (stopped["level"], stopped["guard"]) == ("error", "HoldsUnconfirmed")
    assert all("traceback" not in one for one in events)
