"""A storage follows one policy: acts are refused under another file, or under its own once changed, until adopted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cctv.access.policy import by_adopted_limits
from cctv.audit.log import append_entry
from cctv.cli.app import run
from cctv.config.policy_part import settings_facts
from cctv.db.engine import write_transaction
from cctv.model.audit import Act

WHEN = "--cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:05'"


@pytest.fixture
def two_person_site(bare_site):
    bare_site.adopts = False
    toml = bare_site.config.read_text()
    bare_site.config.write_text(toml.replace('["export.unredacted"]', '["hold.release", "export.unredacted"]'))
    bare_site.cctv("footage init")
    bare_site.record("gevel-1", "2026-11-01 10:00", minutes=5)
    bare_site.cctv(f"incident open ruit --kind damage {WHEN}")
    return bare_site


@pytest.fixture
def laxer(two_person_site, tmp_path):
    """The same storage through a cameras.toml elsewhere, by which one person ends a hold."""
    folder = tmp_path / "mine"
    folder.mkdir()
    file = folder / "cameras.toml"
    toml = two_person_site.config.read_text().replace('"hold.release", ', "")
    file.write_text(toml.replace('storage = "storage"', f'storage = "{two_person_site.root}"'))
    return file


def as_of(site, config):
    """The same site, its commands reading another cameras.toml."""
    site.config = config
    return site


def acts(site) -> list[str]:
    return [entry["act"] for entry in site.cctv("audit list --json").json["entries"]]


@pytest.mark.parametrize(
    "command",
    [
        "hold release HOLD-2026-001 --reason over",
        "incident settle INC-2026-001 --reason over --yes",
        "export build REQ-2026-001",
        "processor add Installatie --service maintains --country BE --contract 1/3/2026",
    ],
)
def test_another_file_with_another_policy_does_not_govern(two_person_site, laxer, command):
    known = two_person_site.config
    site = as_of(two_person_site, laxer)

    refused = site.cctv(command, exit=10)

    assert f"The storage follows {known}" in refused.err
    assert "two_person" in refused.err
    assert "config adopt" in refused.err
    assert as_of(site, known).cctv("hold list --json").json["holds"][0]["released"] is None
    assert acts(site)[-1] == "policy.refused"


def test_it_governs_once_two_persons_adopted_it_and_the_log_says_so(two_person_site, laxer, acting):
    known = two_person_site.config
    site = as_of(two_person_site, laxer)
    acting("first")
    assert site.cctv("config adopt --reason 'a new box' --dry-run --json").json["changed"] is False
    site.cctv("hold release HOLD-2026-001 --reason over", exit=10)
    site.cctv("config adopt --reason 'a new box'", exit=3)
    site.cctv("config adopt --reason 'a new box'", exit=13)
    site.cctv("hold release HOLD-2026-001 --reason over", exit=10)

    acting("second")
    adopted = site.cctv("config adopt --reason 'a new box' --json").json

    assert (adopted["before"], adopted["after"]) == (str(known), str(laxer))
    assert adopted["differing"] == ["policy.two_person"]
    entry = site.cctv("audit list --json").json["entries"][-1]
    assert entry["act"] == "settings.adopted"
    assert entry["facts"]["changed"] == ["policy.two_person: export.unredacted, hold.release -> export.unredacted"]
    site.cctv("hold release HOLD-2026-001 --reason over")
    assert "config adopt" in as_of(site, known).cctv("processor add X --service y --country BE", exit=10).err


def test_the_file_that_it_follows_is_refused_once_changed_until_it_was_adopted(two_person_site, acting):
    toml = two_person_site.config.read_text()
    two_person_site.config.write_text(toml.replace('retention = "7d"', 'retention = "5d"'))

    refused = two_person_site.cctv("hold list", exit=10)
    assert "zones.facade.retention" in refused.err
    assert two_person_site.cctv("config diff --json", exit=13).json["changes"] == [
        {"key": "zones.facade.retention", "before": "7d", "now": "5d"}
    ]
    assert "nobody adopted" in two_person_site.cctv("config check").err
    for goes_on in (
        "status",
        "retention plan",
        "audit list",
        "grant mine",
        "factor list",
        "footage coverage --cameras gevel-1 --from 10:00 --to 10:05",
    ):
        assert two_person_site.cctv(goes_on, exit=None).exit != 10

    status = two_person_site.cctv("status --json", exit=None).json
    assert status["policy_unadopted"] == ["zones.facade.retention"]
    assert status["zones_to_adopt"] == []  # stored footage is promised what the policy in force says

    two_person_site.cctv("config adopt --reason 'as the notice at the door says'")

    two_person_site.cctv("hold list")
    assert acts(two_person_site)[-2:] == ["policy.refused", "settings.adopted"]


def test_another_file_with_the_same_policy_governs_as_well(two_person_site, laxer):
    laxer.write_text(laxer.read_text().replace('["export', '["hold.release", "export'))

    asked = as_of(two_person_site, laxer).cctv("hold release HOLD-2026-001 --reason over", exit=3)

    assert "HOLD-2026-001" in asked.err


def test_a_site_that_was_moved_with_its_file_needs_no_adoption(two_person_site, tmp_path):
    toml = two_person_site.config.read_text()
    moved = tmp_path / "moved"
    moved.mkdir()
    two_person_site.root.rename(moved / "storage")
    (moved / "cameras.toml").write_text(toml)
    moved_box = replace(two_person_site.box(), config_path=moved / "cameras.toml")

    assert run(["hold", "release", "HOLD-2026-001", "--reason", "over"], moved_box) == 3


def test_the_sweep_forgets_nobody_by_another_policy_and_still_deletes(two_person_site, laxer, clock):
    site = as_of(two_person_site, laxer)
    laxer.write_text(laxer.read_text().replace("[policy]", '[policy]\nforget_incidents = "1d"'))
    site.record("gevel-1", "2026-11-01 11:00")
    clock.advance(days=9)

    swept = site.cctv("sweep --once")

    assert "1 segment deleted" in swept.out + swept.err
    assert "request.forgotten" not in acts(site)


def test_cameras_may_change_without_an_adoption(two_person_site):
    toml = two_person_site.config.read_text()
    two_person_site.config.write_text(toml.replace('purpose = "theft and damage"', 'purpose = "theft"'))

    two_person_site.cctv("hold list")


def test_what_an_older_release_stored_is_completed_by_the_first_act(two_person_site):
    site = two_person_site.open()
    facts = settings_facts(site.settings, site.root)
    old = [rule.removeprefix("policy.") for rule in facts["policy"] if rule.startswith("policy.")]
    with write_transaction(site.engine) as connection:
        place = {"settings": facts["settings"], "policy": old}
        append_entry(connection, site, Act.SETTINGS_ADOPTED, "cameras.toml", facts=place)
    toml = two_person_site.config.read_text()
    two_person_site.config.write_text(toml.replace('"hold.release", ', ""))
    two_person_site.cctv("hold list", exit=10)
    two_person_site.config.write_text(toml)

    two_person_site.cctv("hold list")

    entry = two_person_site.cctv("audit list --json").json["entries"][-1]
    assert entry["facts"]["policy"] == facts["policy"]


def test_what_an_older_release_stored_is_completed_by_no_other_file(two_person_site, laxer):
    site = two_person_site.open()
    facts = settings_facts(site.settings, site.root)
    old = [rule.removeprefix("policy.") for rule in facts["policy"] if rule.startswith("policy.")]
    with write_transaction(site.engine) as connection:
        place = {"settings": facts["settings"], "policy": old}
        append_entry(connection, site, Act.SETTINGS_ADOPTED, "cameras.toml", facts=place)
    text = laxer.read_text().replace('["export', '["hold.release", "export')
    laxer.write_text(text.replace('retention = "7d"', 'retention = "1d"'))

    assert "The storage follows" in as_of(two_person_site, laxer).cctv("hold list", exit=10).err


def test_recording_and_deletion_go_on_by_the_periods_that_were_adopted(two_person_site):
    toml = two_person_site.config.read_text()
    two_person_site.config.write_text(toml.replace('retention = "7d"', 'retention = "27d"\nmin_retention = "1h"'))
    site = two_person_site.open()

    adopted, waiting = by_adopted_limits(site)

    assert site.settings.limit_for("facade") == timedelta(days=27)
    assert adopted.settings.limit_for("facade") == timedelta(days=7)
    assert adopted.settings.zones["facade"].min_retention == timedelta(hours=72)
    assert [change.key for change in waiting] == ["zones.facade.min_retention", "zones.facade.retention"]


def test_a_rebuilt_index_knows_the_file_that_it_was_rebuilt_by(two_person_site, laxer):
    for path in two_person_site.root.glob("cctv.db*"):
        path.unlink()
    two_person_site.cctv("footage rebuild --reason gone")

    refused = as_of(two_person_site, laxer).cctv("hold release HOLD-2026-001 --reason over", exit=10)

    assert "config adopt" in refused.err
