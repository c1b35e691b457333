"""A restriction and an objection block footage for everybody, from the moment they are registered."""

import pytest

pytestmark = pytest.mark.slow

WHO = "--name 'Quirina Zandvoort' --contact quirina@example.be"
OTHER = "--name 'Jan Smet' --contact jan@example.be"
SPAN = "--cameras foyer-1 --from '1/11 9:02' --to '1/11 9:05'"


@pytest.fixture
def blocked(site, clock):
    """Ten minutes of the foyer, blocked from the second to the fifth by REQ-2026-001."""
    clock.set("2026-11-01 12:00")
    site.record("foyer-1", "2026-11-01 09:00", minutes=10)
    return site.cctv(f"request open --no-prepare {WHO} --type restriction {SPAN} --json").json


def refusals(site):
    return [one for one in site.cctv("audit list --json").json["entries"] if one["act"] == "use.refused"]


def test_opening_blocks_and_holds(site, blocked):
    assert blocked["block"]["kind"] == "restriction"
    assert blocked["block"]["start"] == "2026-11-01T08:02:00.000Z"
    assert blocked["hold"]["ground_kind"] == "restriction"
    assert "nobody may look at it" in site.cctv("request show REQ-2026-001").out


@pytest.mark.parametrize("span", ["--from '1/11 9:04' --to '1/11 9:09'", "--from '1/11 9:00' --to '1/11 9:03'"])
def test_nobody_elses_request_uses_blocked_footage_and_the_refusal_is_logged(site, blocked, span):
    site.cctv(f"request open --no-prepare {OTHER} --cameras foyer-1 {span}")

    answer = site.cctv("redaction prepare REQ-2026-002", exit=12)

    assert "REQ-2026-001 blocks it (restriction)" in answer.err
    (refused,) = refusals(site)
    assert (refused["subject"], refused["facts"]["block"]) == ("REQ-2026-002", "REQ-2026-001")


def test_footage_beside_the_block_is_free(site, blocked):
    site.cctv(f"request open --no-prepare {OTHER} --cameras foyer-1 --from '1/11 9:05' --to '1/11 9:09'")
    site.cctv("redaction prepare REQ-2026-002 --dry-run")
    assert not refusals(site)


def test_an_objection_that_is_not_decided_blocks_its_own_copy_too(site, clock):
    clock.set("2026-11-01 12:00")
    site.record("foyer-1", "2026-11-01 09:00", minutes=10)
    site.cctv(f"request open --no-prepare {WHO} --type objection {SPAN}")
    assert "REQ-2026-001 blocks it (objection)" in site.cctv("redaction prepare REQ-2026-001", exit=12).err


def test_closing_lifts_the_block(site, blocked):
    site.cctv("request close REQ-2026-001 --outcome granted")
    site.cctv(f"request open --no-prepare {OTHER} {SPAN}")
    site.cctv("redaction prepare REQ-2026-002 --dry-run")


def test_the_block_moves_with_the_scope(site, blocked):
    site.cctv("request scope REQ-2026-001 --cameras foyer-1 --from '1/11 9:00' --to '1/11 9:01' --reason earlier")
    site.cctv(f"request open --no-prepare {OTHER} {SPAN}")
    site.cctv("redaction prepare REQ-2026-002 --dry-run")
    site.cctv(f"request open --no-prepare {OTHER} --cameras foyer-1 --from '1/11 9:00' --to '1/11 9:02'")
    site.cctv("redaction prepare REQ-2026-003", exit=12)
