"""Settling asks a person who sits at a terminal, and takes no for an answer."""

import pytest
from terminal import on_a_terminal

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("typed", "code", "settled"), [("n", 13, False), ("y", 0, True), ("j", 0, True), ("", 13, False)]
)
def test_settling_on_a_terminal_asks(site, typed, code, settled):
    site.language = None  # the site's own
    site.cctv("incident open fiets --kind theft --cameras foyer-1 --from 9:00 --to 9:10")

    answered, shown = on_a_terminal(site.box(), ["incident", "settle", "INC-2026-001", "--reason", "done"], typed)

    assert answered == code, shown
    assert "INC-2026-001 afhandelen? [j/N]" in shown  # the site is Dutch
    assert bool(site.cctv("incident show INC-2026-001 --json").json["incident"]["settled"]) is settled
