"""Who may do what, by real accounts of this machine through the real service; none of them is left behind."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import simrig

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("useradd") is None, reason="accounts and groups are made by root"
    ),
    pytest.mark.skipif(simrig.missing() is not None, reason=f"no simulated cameras: {simrig.missing()}"),
]
STORY = Path(__file__).resolve().parents[2] / "scripts" / "accounts_story" / "main.py"
PARTS = 10  # without the fifty commands at once, which tests/attacks/test_service.py has
REFUSED = 2  # other accounts cannot read this checkout, or run this Python


def start(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(STORY), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def left_of(told: str) -> list[str]:
    """Accounts of the story that are still there."""
    made = re.search(r"accounts of this story: (.*)", told)
    assert made is not None, told
    there = {entry.pw_name for entry in pwd.getpwall()}
    return [name for name in made[1].split(", ") if name in there]


@pytest.mark.timeout(900)  # no measure: a machine that does other things takes its time
def test_each_does_what_its_role_gives_and_no_account_is_left():
    story = start("--short", "--json")
    out, err = story.communicate()
    if story.returncode == REFUSED:
        pytest.skip(err)

    told = json.loads(out.splitlines()[-1])

    assert [fact for fact in told["facts"] if not fact["held"]] == [], err[-4000:]
    assert (story.returncode, told["ok"], len({fact["part"] for fact in told["facts"]})) == (0, True, PARTS)
    assert left_of(err) == []


def test_a_story_that_is_ended_takes_its_accounts_along():
    story = start("--short")
    assert story.stderr is not None
    told = ""
    while line := story.stderr.readline():
        told += line
        if line.startswith("Root writes"):
            story.send_signal(signal.SIGTERM)
            break
    story.communicate()
    if story.returncode == REFUSED:
        pytest.skip(told)

    assert story.returncode == 128 + signal.SIGTERM
    assert left_of(told) == []
