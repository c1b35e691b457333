"""What was derived from footage goes with its case, and never stays longer than a month."""

from __future__ import annotations

import pytest
from casestages import REQUEST

from cctv.redaction.review.cleanup import delete_derived

pytestmark = pytest.mark.slow


def test_derived_files_go_when_the_request_closes(prepared):
    assert delete_derived(prepared.open()) == ()
    prepared.cctv(f"request close {REQUEST} --outcome granted")

    assert delete_derived(prepared.open()) == (REQUEST,)
    assert not (prepared.root / "derived" / REQUEST).exists()
    assert delete_derived(prepared.open()) == ()
    assert prepared.cctv(f"redaction show {REQUEST}").exit == 0


def test_derived_files_of_an_open_request_go_after_four_weeks_and_can_be_made_again(prepared):
    prepared.clock.advance(days=28)

    assert delete_derived(prepared.open()) == (REQUEST,)
    said = prepared.cctv(f"redaction approve {REQUEST} --all --reason x", exit=15)
    assert "--again" in said.err
    prepared.cctv(f"redaction prepare {REQUEST} --again")
    prepared.cctv(f"redaction approve {REQUEST} --all --reason x --hidden-reason x")
