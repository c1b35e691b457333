"""A storage follows one cameras.toml: what [policy] governs is refused under another one until that was adopted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cctv.cli.app import run

WHEN = "--cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:05'"


@pytest.fixture
def two_person_site(bare_site):
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
    assert site.cctv("hold list --json").json["holds"][0]["released"] is None


def test_it_governs_once_it_was_adopted_and_the_log_says_so(two_person_site, laxer):
    known = two_person_site.config
    site = as_of(two_person_site, laxer)
    assert site.cctv("config adopt --reason 'a new box' --dry-run --json").json["changed"] is False
    site.cctv("hold release HOLD-2026-001 --reason over", exit=10)

    adopted = site.cctv("config adopt --reason 'a new box' --json").json

    assert (adopted["before"], adopted["after"]) == (str(known), str(laxer))
    assert adopted["differing"] == ["two_person"]
    assert acts(site)[-1] == "settings.adopted"
    site.cctv("hold release HOLD-2026-001 --reason over")
    assert "config adopt" in as_of(site, known).cctv("processor add X --service y --country BE", exit=10).err


def test_the_file_that_it_follows_may_be_edited_and_the_log_says_so(two_person_site):
    toml = two_person_site.config.read_text()
    two_person_site.config.write_text(toml.replace('"hold.release", ', ""))

    two_person_site.cctv("hold release HOLD-2026-001 --reason over")

    assert acts(two_person_site).count("settings.adopted") == 1


def test_another_file_with_the_same_policy_governs_as_well(two_person_site, laxer):
    laxer.write_text(laxer.read_text().replace('["export', '["hold.release", "export'))

    asked = as_of(two_person_site, laxer).cctv("hold release HOLD-2026-001 --reason over", exit=3)

    assert "HOLD-2026-001" in asked.err


def test_a_site_that_was_moved_with_its_file_needs_no_adoption(two_person_site, tmp_path):
    toml = two_person_site.config.read_text().replace('"hold.release", ', "")
    moved = tmp_path / "moved"
    moved.mkdir()
    two_person_site.root.rename(moved / "storage")
    (moved / "cameras.toml").write_text(toml)

    assert (
        run(
            ["hold", "release", "HOLD-2026-001", "--reason", "over"],
            replace(two_person_site.box(), config_path=moved / "cameras.toml"),
        )
        == 0
    )


def test_the_sweep_forgets_nobody_by_another_policy_and_still_deletes(two_person_site, laxer, clock):
    site = as_of(two_person_site, laxer)
    laxer.write_text(laxer.read_text().replace("[policy]", '[policy]\nforget_incidents = "1d"'))
    site.record("gevel-1", "2026-11-01 11:00")
    clock.advance(days=9)

    swept = site.cctv("sweep --once")

    assert "1 segment deleted" in swept.out + swept.err
    assert "request.forgotten" not in acts(site)


def test_a_rebuilt_index_knows_the_file_that_it_was_rebuilt_by(two_person_site, laxer):
    for path in two_person_site.root.glob("cctv.db*"):
        path.unlink()
    two_person_site.cctv("footage rebuild --reason gone")

    refused = as_of(two_person_site, laxer).cctv("hold release HOLD-2026-001 --reason over", exit=10)

    assert "config adopt" in refused.err
