"""An answer that cannot be written is said on stderr; what the command does is done, and no file takes its number."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

MAIN = [sys.executable, "-c", "import sys; from cctv.cli.app import main; sys.exit(main())", "--language", "en"]
FULL = Path("/dev/full")


def cctv(site, command, **streams):
    words = [*MAIN, "--config", str(site.config), *command.split()]
    return subprocess.run(words, stderr=subprocess.PIPE, text=True, check=False, **streams)


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("command", ["hold list", "hold list --json", "--help"])
def test_a_full_output_is_said_in_one_line(site, command):
    with FULL.open("w") as full:
        done = cctv(site, command, stdout=full)

    assert done.returncode == 1
    assert done.stderr.startswith("error: The answer could not be written to its end (No space left on device)")
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")
def test_what_a_command_did_before_its_answer_failed_is_done(site):
    site.record("gevel-1", "2026-11-01 10:00")
    span = "--from 2026-11-01T09:00:00Z --to 2026-11-01T09:01:00Z"
    with FULL.open("w") as full:
        done = cctv(site, f"incident open ruit --another --kind damage --cameras gevel-1 {span}", stdout=full)

    assert done.returncode == 1
    assert len(site.cctv("hold list --json").json["holds"]) == 1


@pytest.mark.parametrize("closed", [[1], [0, 1, 2], [1, 2]])
def test_a_closed_stream_is_no_error_and_no_file_takes_its_number(site, closed):
    site.record("gevel-1", "2026-11-01 10:00")

    done = cctv(site, "hold list", stdout=subprocess.PIPE, preexec_fn=lambda: [os.close(number) for number in closed])

    assert done.returncode == 0
    assert not done.stderr or 2 in closed
    site.cctv("footage reconcile")
