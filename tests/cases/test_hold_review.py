"""A hold is looked at again by its review date, goes on holding past it, and is released by two people."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cctv.cases.errors.requests import FirstSigned
from cctv.cases.holds import release_hold
from cctv.monitoring.alarms import AlarmHistory, alarms
from cctv.monitoring.status import status_now

pytestmark = pytest.mark.slow

WHOLE = "--cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'"
REQUEST = f"request open --no-prepare --type access --name An --contact an@example.org {WHOLE}"


@pytest.fixture
def held(site, clock):
    """One segment of the facade, held for an incident until a review on 1 December."""
    site.record("gevel-1", "2026-11-01 11:00")
    site.cctv(f"incident open ruit --kind damage {WHOLE}")
    return site


def review_of(site, hold="HOLD-2026-001"):
    return site.cctv(f"hold show {hold} --json").json["hold"]["review"]


def two_people(site):
    site.config.write_text(site.config.read_text().replace('["export.unredacted"]', '["hold.release"]'))


def acts(site, about):
    return [one["act"] for one in site.cctv(f"audit list --about {about} --json").json["entries"]]


def test_a_hold_past_its_review_date_alarms_and_goes_on_holding(held, clock):
    clock.advance(days=31)
    held.cctv("sweep --once")

    assert len(held.footage("gevel-1")) == 1
    assert held.cctv("status --json", exit=None).json["holds_to_review"] == ["HOLD-2026-001"]
    told = alarms(status_now(held.open()), AlarmHistory(), clock.now())
    (review,) = [one for one in told if one.kind.value == "review"]
    assert review.next_step == "cctv hold show HOLD-2026-001"


def test_renewing_needs_a_reason_and_is_in_the_log_and_on_the_disk(held, clock):
    clock.advance(days=31)
    held.cctv("hold renew HOLD-2026-001 --review 60d", exit=2)
    held.cctv("hold renew HOLD-2026-001 --review 60d --reason ' '", exit=2)
    before = review_of(held)
    held.cctv("hold renew HOLD-2026-001 --review 60d --reason 'insurer' --dry-run")
    assert review_of(held) == before

    said = held.cctv("hold renew HOLD-2026-001 --review 60d --reason 'insurer'")

    assert "Look at it again by" in said.out
    assert held.cctv("status --json", exit=None).json["holds_to_review"] == []
    assert "hold.renewed" in acts(held, "HOLD-2026-001")
    assert review_of(held)[:10] in (held.root / "holds/HOLD-2026-001.json").read_text()


@pytest.mark.parametrize("review", ["91d", "2026-10-01"])
def test_a_review_date_is_to_come_and_at_most_90_days_away(held, review):
    held.cctv(f"hold renew HOLD-2026-001 --review {review} --reason insurer", exit=2)


def test_a_released_hold_is_not_renewed(held):
    held.cctv("hold release HOLD-2026-001 --reason 'nothing to see'")
    told = held.cctv("hold renew HOLD-2026-001 --reason insurer", exit=2)
    assert "was released" in told.err


def test_the_hold_of_a_request_follows_its_deadline(site, clock):
    site.record("gevel-1", "2026-11-01 11:00")
    site.cctv(REQUEST)
    due = review_of(site)
    site.cctv(f"hold place --ground REQ-2026-001 --review 80d --reason 'second camera' {WHOLE}")
    assert review_of(site, "HOLD-2026-002") == due

    clock.advance(days=31)
    site.cctv("hold renew HOLD-2026-002 --review 20d --reason 'extended by two months'")
    assert review_of(site, "HOLD-2026-002") > due


def test_two_people_release_a_hold_and_the_first_reads_who_types_what(held, clock):
    two_people(held)
    clock.advance(days=8)

    told = held.cctv("hold release HOLD-2026-001 --reason 'nothing to see'", exit=3)

    assert "First signature recorded" in told.out
    assert "The policy asks for two people" in told.out
    assert "cctv hold release HOLD-2026-001 --reason WHY, typed by a second person from their own account" in told.err
    held.cctv("hold release HOLD-2026-001 --reason 'nothing to see'", exit=13)
    held.cctv("sweep --once")
    assert len(held.footage("gevel-1")) == 1

    release_hold(held.open("second"), "HOLD-2026-001", reason="agreed")
    held.cctv("sweep --once")

    assert held.footage("gevel-1") == []
    assert acts(held, "HOLD-2026-001").count("release.asked") == 1
    assert held.cctv("audit verify --json").json["entries"]


@pytest.mark.parametrize("between", ["a week", "a renewal"])
def test_what_one_person_asked_for_does_not_count_for_ever(held, clock, between):
    two_people(held)
    held.cctv("hold release HOLD-2026-001 --reason 'nothing to see'", exit=3)
    if between == "a week":
        clock.advance(days=7)
    else:
        held.cctv("hold renew HOLD-2026-001 --reason 'insurer'")

    with pytest.raises(FirstSigned):
        release_hold(held.open("second"), "HOLD-2026-001", reason="agreed")


def test_closing_a_ground_releases_only_its_own_holds(held, clock):
    held.cctv(REQUEST)
    clock.advance(days=8)
    held.cctv("incident settle INC-2026-001 --reason 'betaald' --yes")
    held.cctv("sweep --once")
    assert len(held.footage("gevel-1")) == 1

    held.cctv("request close REQ-2026-001 --outcome granted")
    held.cctv("sweep --once")

    assert held.cctv("hold list --json").json["holds"] == []
    assert held.footage("gevel-1") == []


def test_a_hold_has_exactly_one_ground(site):
    site.cctv(f"hold place --reason x {WHOLE}", exit=2)
    site.cctv(f"hold place --ground INC-2026-001,INC-2026-002 --reason x {WHOLE}", exit=2)


def test_the_longest_review_is_reckoned_from_now(held, clock):
    clock.advance(days=31)
    held.cctv("hold renew HOLD-2026-001 --review 90d --reason insurer")
    (hold,) = status_now(held.open()).holds
    assert timedelta(days=89) < hold.review - clock.now() <= timedelta(days=90)
