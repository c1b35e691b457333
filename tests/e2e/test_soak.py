"""A short sample of each soak: every fault or event, on real cameras, a real recorder and a real sweeper."""

import json
import subprocess
import sys

import pytest
import simrig

pytestmark = [pytest.mark.slow, pytest.mark.hardware]


@pytest.mark.timeout(600)
@pytest.mark.skipif(simrig.missing() is not None, reason=f"no simulated cameras: {simrig.missing()}")
def test_each_fault_once_and_every_lost_second_has_its_cause(tmp_path):
    few = ["--cameras", "2", "--minutes", "0.75", "--every", "5", "--seed", "3", "--segment", "4"]
    small = ["--size", "320x180", "--other", "480x270", "--megabits", "0.5"]
    command = [sys.executable, str(simrig.SCRIPTS / "soak_recorder.py"), *few, *small, "--keep", str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)

    assert done.returncode == 0, done.stdout + done.stderr + (tmp_path / "product" / "log").read_text()
    figures = {one["figure"]: one["value"] for one in map(json.loads, done.stdout.splitlines())}
    assert sorted(figures["faults"].values()) == [1] * 9
    assert figures["segments"] > 10


@pytest.mark.timeout(600)
@pytest.mark.skipif(simrig.missing() is not None, reason=f"no simulated cameras: {simrig.missing()}")
def test_nothing_held_is_lost_and_nothing_is_overdue_whatever_people_do(tmp_path):
    few = ["--cameras", "2", "--minutes", "0.4", "--every", "2", "--holds", "4", "--seed", "3", "--size", "320x180"]
    command = [sys.executable, str(simrig.SCRIPTS / "soak_retention.py"), *few, "--keep", str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    figures = {line["figure"]: line["value"] for line in map(json.loads, done.stdout.splitlines())}
    assert figures["events"]["hold placed"] == 4
    assert len(figures["events"]) == 8
    assert figures["segments that holds keep at the end"] > 0
