"""A short sample of the soak: each fault once, on real cameras and a real recorder."""

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
