"""Once a month somebody looks for copies on the workstations, signs, and the next time is known."""

from __future__ import annotations

import json
from datetime import date

import pytest

from cctv.cases.compliance.deadlines import workstations_due
from cctv.monitoring.notify import owed

CHECK = "register workstation-check --checker 'An Zqx'"


@pytest.mark.parametrize(
    ("last", "first_use", "due"),
    [
        (None, None, None),
        (None, date(2026, 11, 1), date(2026, 12, 1)),
        (date(2027, 1, 31), date(2026, 11, 1), date(2027, 2, 28)),
        (date(2028, 1, 31), None, date(2028, 2, 29)),
        (date(2026, 12, 31), None, date(2027, 1, 31)),
    ],
)
def test_the_next_check_is_due_a_calendar_month_later(last, first_use, due):
    assert workstations_due(last, first_use) == due


def the_item(site):
    (item,) = [one for one in site.cctv("request board --json").json["items"] if one["kind"] == "workstations"]
    return item


def test_a_check_is_signed_and_moves_the_next_one_which_is_late_after_its_day(site, clock):
    site.record("gevel-1", "2026-11-01 10:00")
    assert (the_item(site)["days_left"], owed(site.open())) == (30, ((), ()))
    clock.advance(days=31)
    assert [one.id for one in owed(site.open())[0] if one.id == "workstations"]

    done = site.cctv(f"{CHECK} --on 1/12/2026 --found 'EXP-2026-003 aan de balie, verwijderd' --json").json

    assert (done["check"]["id"], done["next_due"]) == ("CHK-2026-001", "2027-01-01")
    assert [one.id for one in owed(site.open())[0] if one.id == "workstations"] == []
    assert the_item(site)["due"].startswith("2027-01-01")
    (row,) = site.cctv("register show workstations --json").json["rows"]
    assert (row["checked"], row["checker"], row["found"]) == (
        *("2026-12-01", "An Zqx"),
        "EXP-2026-003 aan de balie, verwijderd",
    )


def test_the_log_has_day_and_result_and_nobody_by_name_and_a_dry_run_writes_nothing(site):
    site.cctv(f"{CHECK} --on 1/11 --clean --dry-run")
    assert site.cctv("register show workstations --json").json["rows"] == []

    assert "no copy was left" in site.cctv(f"{CHECK} --on 1/11 --clean").out

    (entry,) = [one for one in site.cctv("audit list --json").json["entries"] if one["act"] == "workstations.checked"]
    assert entry["facts"] == {"on": "2026-11-01", "result": "clean"}
    assert "Zqx" not in json.dumps(entry["facts"])


def test_a_check_to_come_or_without_one_result_is_refused(site):
    assert "still to come" in site.cctv(f"{CHECK} --on 2/11/2026 --clean", exit=2).err
    assert "--clean" in site.cctv(f"{CHECK} --on 1/11", exit=2).err
    assert "--clean" in site.cctv(f"{CHECK} --on 1/11 --clean --found x", exit=2).err


def test_the_form_to_sign_is_a_new_file(site, tmp_path):
    site.cctv(f"register workstation-form --to {tmp_path / 'form.pdf'}")

    assert (tmp_path / "form.pdf").read_bytes().startswith(b"%PDF")
    assert "exists" in site.cctv(f"register workstation-form --to {tmp_path / 'form.pdf'}", exit=2).err
