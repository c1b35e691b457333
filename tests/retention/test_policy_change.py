"""A shortened policy binds new footage at once and stored footage when a named person adopts it; never the reverse."""

from __future__ import annotations

import pytest

from cctv.monitoring.alarms import AlarmHistory, alarms
from cctv.monitoring.status import status_now


def set_facade(site, period, was="7d"):
    text = site.config.read_text()
    assert f'retention = "{was}"' in text
    site.config.write_text(text.replace(f'retention = "{was}"', f'retention = "{period}"'))


@pytest.fixture
def shortened(site, clock):
    """Ten minutes of footage under seven days, the policy shortened to three, ten more minutes; four days later."""
    clock.set("2026-11-01 12:00")
    site.record("gevel-1", "2026-11-01 11:00", minutes=10)
    site.record("foyer-1", "2026-11-01 11:00", minutes=10)
    set_facade(site, "3d")
    site.record("gevel-1", "2026-11-01 11:30", minutes=10)
    clock.advance(days=4)
    return site


def test_new_footage_goes_by_the_new_limit_and_stored_footage_as_it_was_promised(shortened, clock):
    shortened.cctv("sweep --once")
    assert len(shortened.footage("gevel-1")) == 10

    clock.advance(days=3)
    shortened.cctv("sweep --once")
    assert shortened.footage("gevel-1") == []


def test_until_it_is_adopted_the_status_and_an_alarm_say_so(shortened):
    assert shortened.cctv("status --json", exit=None).json["zones_to_adopt"] == ["facade"]
    assert "cctv retention adopt --dry-run" in shortened.cctv("status", exit=None).out
    told = alarms(status_now(shortened.open()), AlarmHistory(), shortened.clock.now())
    (policy,) = [one for one in told if one.kind.value == "policy"]
    assert "in facade" in policy.text
    assert policy.next_step == "cctv retention adopt --reason WHY --dry-run"


def test_adopting_shows_first_how_much_would_go(shortened):
    looked = shortened.cctv("retention adopt --reason 'policy of 1 December' --dry-run --json").json
    (zone,) = looked["zones"]
    assert (zone["zone"], zone["segments"], zone["go_at_once"]) == ("facade", 10, 10)

    told = shortened.cctv("retention adopt --reason 'policy of 1 December' --for 'A. Peeters'", exit=13)
    assert "10 segments would go at the next sweep" in told.err
    assert "--yes" in told.err
    told = shortened.cctv("retention adopt --reason 'policy of 1 December' --yes", exit=2)
    assert "--for NAME" in told.err
    assert shortened.cctv("status --json", exit=None).json["zones_to_adopt"] == ["facade"]


def test_once_adopted_stored_footage_goes_by_the_new_limit_and_held_footage_stays(shortened):
    shortened.cctv("incident open ruit --kind damage --cameras gevel-1 --from '1/11 11:00' --to '1/11 11:02'")
    looked = shortened.cctv("retention adopt --reason 'policy of 1 December' --dry-run --json").json
    assert looked["zones"][0]["go_at_once"] == 8

    shortened.cctv("retention adopt --reason 'policy of 1 December' --for 'A. Peeters' --yes")
    assert shortened.cctv("status --json", exit=None).json["zones_to_adopt"] == []
    shortened.cctv("sweep --once")

    assert [one.span.start.minute for one in shortened.footage("gevel-1")] == [0, 1]
    assert len(shortened.footage("foyer-1")) == 10
    (entry,) = [one for one in shortened.cctv("audit list --json").json["entries"] if one["act"] == "policy.adopted"]
    assert "A. Peeters" in str(entry)
    assert "nothing to adopt" in shortened.cctv("retention adopt --reason x --for A --yes", exit=2).err


def test_what_an_adoption_makes_due_is_no_surprise_to_the_next_sweep(site, clock):
    clock.set("2026-11-01 20:00")
    site.record("gevel-1", "2026-11-01 11:00", minutes=480, segment=1800)
    clock.advance(days=4)
    site.cctv("sweep --once")
    set_facade(site, "3d")

    site.cctv("retention adopt --reason 'policy of 1 December' --for 'A. Peeters' --yes")
    clock.advance(minutes=1)
    site.cctv("sweep --once")

    assert site.footage("gevel-1") == []


def test_a_longer_policy_never_lengthens_what_was_promised(site, clock):
    site.record("gevel-1", "2026-11-01 11:00")
    set_facade(site, "20d")
    assert site.cctv("status --json", exit=None).json["zones_to_adopt"] == []
    site.cctv("retention adopt --reason x --for A --yes", exit=2)

    clock.advance(days=7)
    site.cctv("sweep --once")

    assert site.footage("gevel-1") == []


def test_a_shorter_cap_of_the_site_is_a_shorter_policy_too(site, clock):
    site.record("foyer-1", "2026-11-01 11:00")
    set_facade(site, "14d", was="28d")
    site.config.write_text(site.config.read_text().replace('max_retention = "28d"', 'max_retention = "14d"'))

    assert site.cctv("status --json", exit=None).json["zones_to_adopt"] == ["interior"]
