"""Explain names the limit, the rule, the policy, every hold there ever was, who did what, and when and why it went."""

from __future__ import annotations

import pytest

INCIDENT = "incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'"
ASKED = "retention explain --cameras gevel-1 --from '2026-11-01 11:00:30'"


def explained(site, command=ASKED):
    (camera,) = site.cctv(f"{command} --json").json["cameras"]
    return camera


def test_a_stored_segment_has_its_limit_its_rule_and_when_it_goes(site):
    site.record("gevel-1", "2026-11-01 11:00")

    (one,) = explained(site)["stored"]

    assert (one["rule"], one["period_seconds"], one["zone"]) == ("zone", 7 * 86400, "facade")
    assert one["limit"] == "2026-11-08T10:00:00.000Z"
    assert one["goes"] == "2026-11-08T09:50:00.000Z"
    assert one["shortened"] is False
    told = site.cctv(ASKED).out
    assert "zone facade, zone" in told
    assert "goes Sun 08/11/2026 10:50" in told


@pytest.mark.parametrize(
    ("retention", "cap", "rule"),
    [("28d", "14d", "site cap"), ("60d", "60d", "jurisdiction cap"), ("28d", "28d", "zone")],
)
def test_the_bound_that_decided_is_named(site, retention, cap, rule):
    text = site.config.read_text().replace('retention = "28d"', f'retention = "{retention}"')
    site.config.write_text(text.replace('max_retention = "28d"', f'max_retention = "{cap}"'))
    site.record("foyer-1", "2026-11-01 11:00")

    (one,) = explained(site, "retention explain --cameras foyer-1 --from '2026-11-01 11:00'")["stored"]

    assert one["rule"] == rule


def test_a_released_hold_and_who_placed_it_are_still_told(site, clock):
    site.record("gevel-1", "2026-11-01 11:00")
    site.cctv(INCIDENT)
    held = explained(site)
    assert held["stored"][0]["goes"] is None
    assert held["stored"][0]["holds"] == ["HOLD-2026-001"]
    site.cctv("incident settle INC-2026-001 --reason klaar --yes --for An")

    found = explained(site)

    assert found["stored"][0]["holds"] == []
    assert found["stored"][0]["holds_ever"] == ["HOLD-2026-001"]
    (hold,) = found["holds"]
    assert (hold["ground"], hold["released"] is None) == ("INC-2026-001", False)
    acts = [(one["act"], one["for"]) for one in found["acts"]]
    assert [act for act, _ in acts] == ["incident.opened", "hold.placed", "incident.settled", "hold.released"]
    assert acts[-1][1] == "An"


def test_what_went_is_told_with_its_batch_of_the_log(site, clock):
    (segment,) = site.record("gevel-1", "2026-11-01 11:00")
    clock.advance(days=8)
    site.cctv("sweep --once")

    found = explained(site)

    (gone,) = found["gone"]
    assert (gone["reason"], gone["rule"], gone["path"]) == ("past its limit", "zone", segment.path)
    assert [one["act"] for one in found["acts"]] == ["segment.deleted"]
    by_name = explained(site, f"retention explain {segment.path.rpartition('/')[2]}")
    assert by_name["gone"] == found["gone"]


def test_a_deletion_by_order_names_the_order_and_its_reason(site):
    site.record("gevel-1", "2026-11-01 11:00")
    site.cctv(
        "footage delete --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01' --for An "
        "--reason 'camera keek naar binnen'"
    )

    acts = explained(site)["acts"]

    assert [(one["act"], one["reason"]) for one in acts] == [
        ("deletion.ordered", "camera keek naar binnen"),
        ("segment.deleted", None),
    ]


def test_acts_for_another_camera_of_the_same_time_are_not_told(site):
    site.record("gevel-1", "2026-11-01 11:00")
    site.record("foyer-1", "2026-11-01 11:00")
    site.cctv(INCIDENT.replace("gevel-1", "foyer-1"))

    found = explained(site)

    assert found["acts"] == []
    assert found["holds"] == []


def test_what_is_no_segment_is_refused(site):
    assert "no segment" in site.cctv("retention explain vakantie.mp4", exit=2).err
