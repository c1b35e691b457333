"""Breaches are told in time, processors stay inside the EU, a permission is a named and dated grant."""

from __future__ import annotations

import getpass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctv.cases.compliance.deadlines import clocks, declaration_due
from cctv.cases.compliance.grants import require
from cctv.cases.errors.compliance import NotGranted
from cctv.model.compliance import (
    Breach,
    Declaration,
    DeclarationKind,
    NoticeRecipient,
    Permission,
    ProcessingRole,
    Risk,
)
from cctv.model.ids import BreachId
from cctv.model.legal import Area, Jurisdiction

AWARE = datetime(2026, 11, 20, 8, tzinfo=UTC)


def a_breach(role=ProcessingRole.CONTROLLER, risk=Risk.RISK, people_known=False):
    return Breach(BreachId("BRE-2026-001"), role, risk, True, AWARE, (), None, people_known, AWARE, "test")


def owed(breach):
    return [(clock.whom, clock.due - AWARE) for clock in clocks(breach)]


def test_a_processor_tells_its_controller_within_18_hours_and_nobody_else():
    assert owed(a_breach(ProcessingRole.PROCESSOR)) == [(NoticeRecipient.CONTROLLER, timedelta(hours=18))]


def test_a_controller_tells_the_authority_and_the_people_within_72_hours():
    three_days = timedelta(hours=72)

    assert owed(a_breach(people_known=True)) == [
        (NoticeRecipient.AUTHORITY, three_days),
        (NoticeRecipient.PEOPLE, three_days),
    ]
    assert owed(a_breach()) == [(NoticeRecipient.AUTHORITY, three_days), (NoticeRecipient.PUBLIC, three_days)]
    assert owed(a_breach(risk=Risk.UNLIKELY)) == [(NoticeRecipient.PUBLIC, three_days)]


@given(st.sampled_from(ProcessingRole), st.sampled_from(Risk), st.booleans())
def test_a_clock_never_runs_longer_than_72_hours_and_never_starts_late(role, risk, people_known):
    breach = a_breach(role, risk, people_known)

    assert clocks(breach)
    assert all(AWARE < clock.due <= AWARE + timedelta(hours=72) for clock in clocks(breach))


@pytest.mark.parametrize(
    ("done", "today", "due"),
    [
        ([], date(2026, 11, 1), date(2026, 10, 31)),
        ([(DeclarationKind.FIRST, date(2026, 1, 5))], date(2026, 6, 1), date(2027, 1, 5)),
        ([(DeclarationKind.FIRST, date(2024, 2, 29))], date(2024, 6, 1), date(2025, 2, 28)),
        (
            [(DeclarationKind.FIRST, date(2025, 1, 5)), (DeclarationKind.YEARLY, date(2026, 1, 4))],
            date(2026, 6, 1),
            date(2027, 1, 4),
        ),
        (
            [(DeclarationKind.FIRST, date(2025, 1, 5)), (DeclarationKind.ENDED, date(2026, 1, 4))],
            date(2026, 6, 1),
            None,
        ),
    ],
)
def test_belgian_cameras_are_declared_the_day_before_their_use_and_each_year(done, today, due):
    declarations = [Declaration(kind, on, "x", AWARE, "test") for kind, on in done]

    assert declaration_due(declarations, Jurisdiction.BE, today, date(2026, 11, 1)) == due
    assert declaration_due(declarations, Jurisdiction.NL, today, date(2026, 11, 1)) is None


def test_the_eu_is_not_the_eea_and_neither_is_switzerland():
    assert [Area.EU.holds(code) for code in ("BE", "nl", "NO", "US", "CH")] == [True, True, False, False, False]
    assert [Area.EEA.holds(code) for code in ("NO", "IS", "LI", "CH")] == [True, True, True, False]


def test_a_breach_is_closed_only_when_everybody_was_told_and_a_measure_is_written_down(site, clock):
    site.cctv("breach open 'stick met pakket kwijt' --aware '2026-11-01 09:00' --cameras foyer-1 --people 3")

    refused = site.cctv("breach close BRE-2026-001 --reason gevonden", exit=13)
    site.cctv("breach tell BRE-2026-001 --whom authority --how form")
    site.cctv("breach tell bre-2026-001 --whom public --how publication")
    unmeasured = site.cctv("breach close BRE-2026-001 --reason gevonden", exit=13)
    site.cctv("breach measures BRE-2026-001 --text 'pakketten alleen nog versleuteld'")
    closed = site.cctv("breach close BRE-2026-001 --reason gevonden --json").json

    assert "authority and the public were told in writing" in refused.err
    assert "no measure" in unmeasured.err
    assert closed["breach"]["closed"]
    assert "gevonden" in site.cctv("breach show BRE-2026-001").out
    assert "No open breaches" in site.cctv("breach list").out


def test_who_is_told_late_is_told_with_a_reason(site, clock):
    site.cctv("breach open 'recorder gestolen' --aware '2026-11-01 09:00' --as processor")
    clock.advance(hours=20)

    overdue = site.cctv("breach list")
    refused = site.cctv("breach tell BRE-2026-001 --whom controller --how mail", exit=13)
    told = site.cctv("breach tell BRE-2026-001 --whom controller --how mail --reason 'nacht, niemand bereikbaar'")

    assert "controller by" in overdue.out
    assert "nothing says why" in refused.err
    assert "told: controller" in told.out


def test_a_dry_run_of_a_breach_says_the_clocks_and_records_nothing(site):
    planned = site.cctv("breach open 'x' --aware '2026-11-01 09:00' --dry-run --json").json

    assert [each["whom"] for each in planned["breach"]["clocks"]] == ["authority", "public"]
    assert site.cctv("breach list --json").json["breaches"] == []
    assert "breach.opened" not in site.cctv("audit list").out


def test_a_breach_that_was_noticed_in_the_future_is_refused(site):
    told = site.cctv("breach open 'x' --aware '2026-11-03 09:00'", exit=2)

    assert "still to come" in told.err


def test_a_processor_outside_the_eu_is_refused_and_so_is_whom_it_engages(site):
    refused = site.cctv("processor add 'Cloud Inc' --service hosting --country US", exit=12)
    site.cctv("processor add 'Installatie NV' --service onderhoud --country be --contract 1/3/2026")
    sub = site.cctv("processor engage PRO-2026-001 'Sub Ltd' --country GB --agreed 2/3/2026", exit=12)
    site.cctv("processor engage PRO-2026-001 'Datacenter BV' --country NL")

    listed = site.cctv("processor list --json").json["processors"]
    assert "outside the EU" in refused.err
    assert "refuse your agreement" in sub.err
    assert listed[0]["country"] == "BE"
    assert listed[0]["sub_processors"] == [{"name": "Datacenter BV", "country": "NL", "agreed": None}]


def test_the_end_of_a_processor_says_what_became_of_the_data(site):
    site.cctv("processor add 'Installatie NV' --service onderhoud --country BE")
    site.cctv("processor end PRO-2026-001 --on 30/10/2026 --how destroyed --reason 'attest van 30 oktober'")

    assert site.cctv("processor list --json").json["processors"][0]["end"] == "destroyed"
    assert "that is engaged" in site.cctv("processor audited PRO-2026-001 --on 1/11/2026", exit=2).err


def test_a_country_is_two_letters(site):
    assert "is no country" in site.cctv("processor add X --service y --country België", exit=2).err


def test_a_grant_is_asked_for_where_the_policy_says_so_and_a_refusal_is_logged(site):
    site.config.write_text(site.config.read_text().replace("[policy]\n", '[policy]\ngranted_only = ["export"]\n'))
    with pytest.raises(NotGranted, match="has no grant for export"):
        require(site.open("sofie"), Permission.EXPORT)
    site.cctv("grant give sofie export --briefed 1/10/2026 --confidentiality 1/10/2026 --reason 'beantwoordt vragen'")

    require(site.open("sofie"), Permission.EXPORT)
    require(site.open("jan"), Permission.VIEW)
    site.cctv("grant withdraw GRA-2026-001 --reason 'uit dienst'")
    with pytest.raises(NotGranted):
        require(site.open("sofie"), Permission.EXPORT)
    assert site.cctv("audit list").out.count("grant.missed") == 2


def test_nobody_grants_a_permission_to_themselves_or_before_the_briefing(site):
    assert (
        "themselves"
        in site.cctv(
            f"grant give {getpass.getuser()} export --briefed 1/10/2026 --confidentiality 1/10/2026 --reason x", exit=2
        ).err
    )
    assert (
        "still to come"
        in site.cctv("grant give sofie export --briefed 1/12/2026 --confidentiality 1/10/2026 --reason x", exit=2).err
    )
