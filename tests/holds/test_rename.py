"""A camera that gets another name or zone stays the device that holds, requests and incidents are about."""

from __future__ import annotations

import pytest

SECTION = '[cameras.gevel-1]\nzone = "facade"\n'
INCIDENT = "incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-03 10:00' --yes"
PEOPLE = "--name 'An Peeters' --contact an@example.be"


def rename(site, *, to: str = "gevel-9", renamed_from: str = '["gevel-1"]') -> None:
    """Give the device of gevel-1 another name in cameras.toml; `renamed_from` is empty to leave the key out."""
    key = f"renamed_from = {renamed_from}\n" if renamed_from else ""
    toml = site.config.read_text()
    assert SECTION in toml
    site.config.write_text(toml.replace(SECTION, f'[cameras.{to}]\nzone = "facade"\n{key}'))


def acts(site) -> list[str]:
    return [entry["act"] for entry in site.cctv("audit list --json").json["entries"]]


def test_a_hold_still_to_come_goes_on_under_the_new_name(site, clock):
    old = site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    site.cctv(INCIDENT)
    rename(site)
    held = site.record("gevel-9", "2026-11-02 11:00", minutes=2)
    free = site.record("gevel-9", "2026-11-03 11:00", minutes=1)
    clock.advance(days=12)

    site.cctv("sweep --once")

    assert site.footage("gevel-1") == old
    assert site.footage("gevel-9") == held
    assert not (site.root / free[0].path).exists()
    assert "hold.followed" in acts(site)
    incident = site.cctv("incident show INC-2026-001 --json").json
    assert incident["incident"]["cameras"] == ["gevel-1", "gevel-9"]


def test_what_was_recorded_under_the_old_name_is_held_for_an_incident_that_names_the_new_one(site, clock):
    earlier = site.record("gevel-1", "2026-11-01 09:00")
    held = site.record("gevel-1", "2026-11-01 10:30", minutes=2)
    rename(site)
    under_new = site.record("gevel-9", "2026-11-01 11:00")
    site.cctv("incident open ruit --kind damage --cameras gevel-9 --from '2026-11-01 10:00' --to '2026-11-01 11:30'")
    clock.advance(days=12)

    site.cctv("sweep --once")

    assert site.footage("gevel-1") == held
    assert site.footage("gevel-9") == under_new
    assert not (site.root / earlier[0].path).exists()


def test_an_earlier_name_is_left_alone_where_the_span_begins_after_it(site):
    site.record("gevel-1", "2026-11-01 09:00")
    rename(site)
    site.record("gevel-9", "2026-11-01 11:00")
    site.cctv("incident open ruit --kind damage --cameras gevel-9 --from '2026-11-01 10:00' --to '2026-11-01 11:30'")

    assert site.cctv("incident show INC-2026-001 --json").json["incident"]["cameras"] == ["gevel-9"]


def test_footage_recorded_before_cameras_toml_told_of_the_rename_is_not_lost(site, clock):
    site.record("gevel-1", "2026-11-01 11:00")
    site.cctv(INCIDENT)
    rename(site, renamed_from="")
    held = site.record("gevel-9", "2026-11-02 11:00", minutes=2)
    toml = site.config.read_text()
    site.config.write_text(toml.replace("[cameras.gevel-9]\n", '[cameras.gevel-9]\nrenamed_from = ["gevel-1"]\n'))
    clock.advance(days=12)

    site.cctv("sweep --once")

    assert site.footage("gevel-9") == held


def test_a_hold_that_was_over_keeps_nothing_of_another_device_that_had_the_name_before(site, clock):
    """gevel-9 was another device until it broke; then gevel-1 got its name."""
    toml = site.config.read_text()
    other = toml[toml.index("[cameras.gevel-1]") : toml.index("[cameras.foyer-1]")].replace("gevel-1", "gevel-9")
    site.config.write_text(toml.replace("[cameras.foyer-1]", f"{other}[cameras.foyer-1]"))
    site.record("gevel-9", "2026-11-01 10:01", minutes=2)
    site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    site.cctv(INCIDENT.replace("2026-11-03 10:00", "2026-11-01 10:30"))
    site.config.write_text(toml)
    rename(site)
    clock.advance(days=8)

    site.cctv("sweep --once")

    assert site.footage("gevel-9") == []
    assert "hold.followed" not in acts(site)


def test_a_camera_that_gets_another_zone_keeps_what_is_held(site, clock):
    toml = site.config.read_text()
    site.config.write_text(toml.replace(SECTION, '[cameras.gevel-1]\nzone = "interior"\n'))
    before = site.record("gevel-1", "2026-11-01 11:00")
    site.cctv(INCIDENT)
    site.config.write_text(toml)
    after = site.record("gevel-1", "2026-11-02 11:00")
    clock.advance(days=30)

    site.cctv("sweep --once")

    assert site.footage("gevel-1") == [*before, *after]


def test_a_case_that_names_the_old_name_covers_the_new_one(site):
    site.record("gevel-1", "2026-11-01 11:00")
    rename(site)
    site.record("gevel-9", "2026-11-01 11:30")
    site.clock.advance(hours=2)

    span = "--cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 12:00'"
    site.cctv(f"request open --no-prepare {PEOPLE} {span}")
    site.cctv(f"request open --no-prepare --type restriction --name B --contact b@example.be {span}")
    early = "--cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'"
    site.cctv(f"incident open ruit --kind damage {early}")

    access, restriction = (site.cctv(f"request show REQ-2026-00{number} --json").json for number in (1, 2))
    assert access["request"]["cameras"] == restriction["request"]["cameras"] == ["gevel-1", "gevel-9"]
    assert [block["cameras"] for block in restriction["blocks"]] == [["gevel-1", "gevel-9"]]
    assert site.cctv("incident show INC-2026-001 --json").json["incident"]["cameras"] == ["gevel-1"]
    assert site.cctv("hold show HOLD-2026-001 --json").json["hold"]["cameras"] == ["gevel-1", "gevel-9"]


def test_a_restriction_blocks_the_device_under_its_new_name_too(site):
    site.record("gevel-1", "2026-11-01 11:00")
    span = "--cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-03 11:00'"
    site.cctv(f"request open --no-prepare --type restriction {PEOPLE} {span} --yes")
    rename(site)
    site.record("gevel-9", "2026-11-02 11:00")
    site.clock.advance(days=2)
    look = "--from '2026-11-02 11:00:00' --to '2026-11-02 11:00:02'"
    site.cctv(f"incident open ruit --kind damage --cameras gevel-9 {look}")

    refused = site.cctv(f"footage show --case INC-2026-001 --camera gevel-9 {look}", exit=12)

    assert "REQ-2026-001" in refused.err


def test_what_followed_is_still_held_after_the_index_was_lost(site, clock):
    site.record("gevel-1", "2026-11-01 11:00")
    site.cctv(INCIDENT)
    rename(site)
    held = site.record("gevel-9", "2026-11-02 11:00")
    for path in site.root.glob("cctv.db*"):
        path.unlink()

    site.cctv("footage rebuild --reason 'the index is gone'")

    assert site.cctv("hold show HOLD-2026-001 --json").json["hold"]["cameras"] == ["gevel-1", "gevel-9"]
    assert [segment.path for segment in site.footage("gevel-9")] == [segment.path for segment in held]


def test_config_check_asks_where_a_camera_with_holds_disappears(site):
    site.record("gevel-1", "2026-11-01 11:00")
    site.cctv(INCIDENT)
    assert "gevel-1" not in site.cctv("config check").err

    rename(site, renamed_from="")
    asked = site.cctv("config check --json").json["warnings"]

    assert len(asked) == 1
    assert "HOLD-2026-001 (INC-2026-001) keeps what gevel-1 records until 03/11/2026" in asked[0]
    assert 'renamed_from = ["gevel-1"]' in asked[0]
    toml = site.config.read_text()
    site.config.write_text(toml.replace("[cameras.gevel-9]\n", '[cameras.gevel-9]\nrenamed_from = ["gevel-1"]\n'))
    assert site.cctv("config check --json").json["warnings"] == []


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ('["foyer-1"]', "foyer-1 is still a camera"),
        ('["gevel-9"]', "gevel-9 is still a camera"),
        ('"gevel-1"', "it is not a list"),
        ('["Gevel 1"]', "cannot be a name"),
    ],
)
def test_a_former_name_that_cannot_be_one_is_refused(bare_site, names, told):
    rename(bare_site, renamed_from=names)

    refused = bare_site.cctv("config check", exit=10)

    assert "cameras.gevel-9.renamed_from" in refused.err
    assert told in refused.err


def test_two_cameras_cannot_both_be_the_one_that_was_renamed(bare_site):
    rename(bare_site)
    toml = bare_site.config.read_text()
    bare_site.config.write_text(toml.replace("[cameras.foyer-1]\n", '[cameras.foyer-1]\nrenamed_from = ["gevel-1"]\n'))

    assert "gevel-9 was renamed from gevel-1 already" in bare_site.cctv("config check", exit=10).err


def test_a_device_that_was_renamed_twice_is_held_under_each_of_its_names(site, clock):
    first = site.record("gevel-1", "2026-11-01 10:00")
    rename(site, to="gevel-5")
    second = site.record("gevel-5", "2026-11-01 10:30")
    toml = site.config.read_text()
    twice = '[cameras.gevel-9]\nzone = "facade"\nrenamed_from = ["gevel-1", "gevel-5"]\n'
    site.config.write_text(toml.replace('[cameras.gevel-5]\nzone = "facade"\nrenamed_from = ["gevel-1"]\n', twice))
    third = site.record("gevel-9", "2026-11-01 11:00")
    for name in ("gevel-1", "gevel-5", "gevel-9"):
        span = "--from '2026-11-01 09:00' --to '2026-11-01 12:00'"
        opened = site.cctv(f"incident open ruit --another --kind damage --cameras {name} {span} --json").json
        assert sorted(opened["incident"]["cameras"]) == ["gevel-1", "gevel-5", "gevel-9"]
    clock.advance(days=12)

    site.cctv("sweep --once")

    assert [site.footage(name) for name in ("gevel-1", "gevel-5", "gevel-9")] == [first, second, third]


def test_a_hold_follows_over_a_name_that_cameras_toml_was_told_of_later(site, clock):
    site.record("gevel-1", "2026-11-01 11:00")
    site.cctv(INCIDENT)
    rename(site, to="gevel-5", renamed_from="")
    between = site.record("gevel-5", "2026-11-02 10:00")
    toml = site.config.read_text()
    told = '[cameras.gevel-9]\nrenamed_from = ["gevel-1", "gevel-5"]\n'
    site.config.write_text(toml.replace("[cameras.gevel-5]\n", told))
    last = site.record("gevel-9", "2026-11-02 12:00")
    clock.advance(days=12)

    site.cctv("sweep --once")

    assert (site.footage("gevel-5"), site.footage("gevel-9")) == (between, last)


def test_a_further_hold_that_follows_leaves_a_case_about_earlier_footage_alone(site, clock):
    site.record("gevel-1", "2026-11-01 10:00", minutes=10)
    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:05'")
    span = "--from '2026-11-01 10:00' --to '2026-11-03 10:00'"
    site.cctv(f"hold place --ground INC-2026-001 --cameras gevel-1 {span} --reason later --yes")
    rename(site)
    site.record("gevel-9", "2026-11-02 11:00")

    site.cctv("sweep --once")

    assert site.cctv("hold show HOLD-2026-002 --json").json["hold"]["cameras"] == ["gevel-1", "gevel-9"]
    assert site.cctv("incident show INC-2026-001 --json").json["incident"]["cameras"] == ["gevel-1"]


WIDER = "--from '2026-11-01 10:00' --to '2026-11-02 12:00'"


@pytest.mark.parametrize(
    ("opening", "case", "how"),
    [
        ("incident open ruit --kind damage", "incident", "correct"),
        ("disclosure open --recipient police --duty ordered --authority Politie --reference 7 --country BE "
         "--order-by magistrate --order-number 46 --order-on 1/11/2026", "disclosure", "correct"),
        (f"request open --no-prepare {PEOPLE} --type erasure", "request", "correct"),
        (f"request open --no-prepare {PEOPLE} --type erasure", "request", "scope"),
    ],
)  # fmt: skip
def test_a_corrected_time_takes_the_names_that_its_camera_has_in_it(site, clock, opening, case, how):
    site.record("gevel-1", "2026-11-01 10:30", minutes=2)
    clock.set("2026-11-01 12:00")
    site.cctv(f"{opening} --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 11:00'")
    rename(site)
    clock.set("2026-11-02 13:00")
    held = site.record("gevel-9", "2026-11-02 11:00", minutes=2)

    site.cctv(f"{case} {how} {case[:3]}-2026-001 {WIDER} --yes --reason 'they came back'")

    assert site.cctv(f"{case} show {case[:3]}-2026-001 --json").json[case]["cameras"] == ["gevel-1", "gevel-9"]
    clock.advance(days=12)
    site.cctv("sweep --once")
    assert site.footage("gevel-9") == held


def test_corrected_cameras_take_no_name_from_outside_of_the_time_of_the_case(site, clock):
    site.record("gevel-1", "2026-11-01 09:00")
    rename(site)
    site.record("gevel-9", "2026-11-01 11:00")
    site.cctv("incident open ruit --kind damage --cameras foyer-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'")

    site.cctv("incident correct INC-2026-001 --cameras gevel-9 --reason 'the other camera'")

    assert site.cctv("incident show INC-2026-001 --json").json["incident"]["cameras"] == ["gevel-9"]
