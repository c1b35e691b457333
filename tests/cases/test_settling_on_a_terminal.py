"""Settling asks a person who sits at a terminal, and takes no for an answer."""

import os
import pty
import select
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("typed", "code", "settled"), [("n", 13, False), ("y", 0, True), ("j", 0, True), ("", 13, False)]
)
def test_settling_on_a_terminal_asks(site, typed, code, settled):
    site.cctv("incident open fiets --kind theft --cameras foyer-1 --from 9:00 --to 9:10")
    controller, terminal = pty.openpty()
    command = "import sys; from cctv.cli.app import main; sys.exit(main())"
    arguments = ["--config", str(site.config), "incident", "settle", "INC-2026-001", "--reason", "done"]
    asked = subprocess.Popen(
        [sys.executable, "-c", command, *arguments], stdin=terminal, stdout=terminal, stderr=terminal, close_fds=True
    )
    os.close(terminal)
    os.write(controller, f"{typed}\n".encode())
    shown = _read_all(controller)
    assert asked.wait(30) == code, shown
    os.close(controller)
    assert "INC-2026-001 afhandelen? [j/N]" in shown  # the site is Dutch
    assert bool(site.cctv("incident show INC-2026-001 --json").json["incident"]["settled"]) is settled


def _read_all(controller):
    shown = b""
    while select.select([controller], [], [], 30)[0]:
        try:
            piece = os.read(controller, 4096)
        except OSError:  # the other end closed
            break
        if not piece:
            break
        shown += piece
    return shown.decode()
