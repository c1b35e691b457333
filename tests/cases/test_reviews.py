"""What is repeated each year: on the board before it is due, in the register with its report, forgotten in time."""

from __future__ import annotations

from datetime import date

import pytest

from cctv.cases.compliance.deadlines import YEARLY, assessment_required, reviews_due
from cctv.model.compliance import ReviewKind, Trigger

TEST = "register review --kind penetration-test --by 'Toreon' --report 'safe, folder 12'"


def due_reviews(site) -> dict[str, str]:
    items = site.cctv("request board --json").json["items"]
    return {item["id"]: item["due"][:10] for item in items if item["kind"] == "review"}


def test_each_year_the_board_has_what_the_policy_promises_two_months_ahead(site, clock):
    site.record("foyer-1", "2026-11-01 11:00")
    assert due_reviews(site) == {}

    clock.set("2027-09-10 12:00")
    assert due_reviews(site) == {"penetration-test": "2027-11-01", "awareness": "2027-11-01", "audit": "2027-11-01"}

    done = site.cctv(f"{TEST} --on 10/9/2027 --json").json
    assert (done["id"], done["next_due"]) == ("REV-2027-001", "2028-09-10")
    assert set(due_reviews(site)) == {"awareness", "audit"}


def test_the_register_has_the_report_and_forgets_names(site, clock):
    site.cctv(f"{TEST} --on 1/11/2026 --next 1/5/2027")
    (row,) = site.cctv("register show reviews --json").json["rows"]
    assert row["report"] == "safe, folder 12"
    assert row["due"] == "2027-05-01"

    clock.advance(days=3 * 366)
    site.cctv("sweep --once")
    (row,) = site.cctv("register show reviews --json").json["rows"]
    assert "Toreon" not in str(row)
    assert row["kind"] == "penetration-test"


def test_an_assessment_says_whether_its_criteria_require_it(site):
    words = "register review --kind impact-assessment --on 1/11/2026 --by 'L. Maes' --report DPIA-1"
    one = site.cctv(f"{words} --criterion public-place --json").json
    two = site.cctv(f"{words} --criterion public-place --criterion large-scale --json").json

    assert one["assessment_required"] is False
    assert two["assessment_required"] is True
    assert "is required" in site.cctv(f"{words} --criterion scoring --criterion vulnerable-people").out


def test_a_consultation_of_the_staff_names_its_purpose(site):
    words = "register review --kind staff-consultation --on 1/11/2026 --by 'works council' --report 'minutes 7'"
    assert "needs the purpose of the cameras at work" in site.cctv(words, exit=2).err
    assert site.cctv(f"{words} --purpose 'safety of staff' --json").json["next_due"] == "2027-11-01"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("--on 2/11/2026", "still to come"),
        ("--on 1/11/2026 --next 1/11/2026", "as the day of the next one"),
        ("--on 1/11/2026 --next 2/11/2029", "as the day of the next one"),
        ("--on 1/11/2026 --criterion scoring", "needs no criteria"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(site, options, problem):
    assert problem in site.cctv(f"{TEST} {options}", exit=2).err
    assert site.cctv("register show reviews --json").json["rows"] == []


def test_a_dry_run_leaves_nothing(site):
    site.cctv(f"{TEST} --on 1/11/2026 --dry-run")
    assert site.cctv("register show reviews --json").json["rows"] == []


def test_two_criteria_or_a_public_place_on_a_large_scale():
    assert not assessment_required([])
    assert not assessment_required([Trigger.MATCHING, Trigger.MATCHING])
    assert assessment_required([Trigger.MATCHING, Trigger.BARRED])


def test_nothing_is_due_before_anything_was_recorded():
    assert reviews_due([], None) == {}
    assert reviews_due([], date(2026, 2, 28)) == dict.fromkeys(YEARLY, date(2027, 2, 28))
    assert ReviewKind.IMPACT_ASSESSMENT not in YEARLY
