"""No one person lets deletion go on by an index, a log, holds, a clock or a sweep that nothing proves any more."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest
from test_endings import INCIDENT, ask_two_for, holds, proposals

from cctv.core.durable import DurableFiles
from cctv.holds.confirmation import UNCONFIRMED, ask_confirmation

pytestmark = pytest.mark.slow

FOR = "--for 'A. Peeters' --reason compared"


def change(site, *statements):
    with closing(sqlite3.connect(site.root / "cctv.db")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def acts(site):
    return [entry["act"] for entry in site.cctv("audit list --json").json["entries"]]


def trust(site):
    """What the doctor says of one person and another index."""
    findings = site.cctv("doctor --only two-persons --json", exit=None).json["findings"]
    return " ".join(finding["text"] for finding in findings)


def agreed_by_two(site, acting, line, subject):
    """Type a line as one person, twice, and then as a second one."""
    site.cctv(line, exit=3)
    site.cctv(line, exit=13)
    assert [proposal["subject"] for proposal in proposals(site)] == [subject]
    acting("second")
    site.cctv(line)
    assert proposals(site) == []


@pytest.fixture
def replaced(site, acting):
    """Held footage past its limit, and an index whose holds somebody must confirm."""
    ask_two_for(site, "index.replace", "footage.destroy")
    site.record("foyer-1", "2026-11-01 11:00", minutes=2)
    site.cctv(INCIDENT)
    site.clock.advance(days=8)
    ask_confirmation(site.root, DurableFiles(), why="the index was made again from the disk", at=site.clock.now())
    return site


def test_one_person_confirms_no_holds(replaced, acting):
    confirm = f"hold confirm {FOR}"
    replaced.cctv(confirm, exit=3)
    replaced.cctv(confirm, exit=13)
    assert (replaced.root / UNCONFIRMED).exists()
    replaced.cctv("sweep --once", exit=18)

    acting("second")
    replaced.cctv(confirm)

    assert not (replaced.root / UNCONFIRMED).exists()
    assert acts(replaced)[-2:] == ["proposal.seconded", "holds.confirmed"]
    replaced.cctv("sweep --once")


def test_who_agrees_to_some_holds_agrees_to_no_others(replaced, acting):
    confirm = f"hold confirm {FOR}"
    replaced.cctv(confirm, exit=3)
    (replaced.root / "holds" / "HOLD-2026-001.json").unlink()
    change(replaced, "DELETE FROM hold_cameras", "DELETE FROM holds")

    acting("second")
    replaced.cctv(confirm, exit=3)

    assert (replaced.root / UNCONFIRMED).exists()


def test_one_person_accepts_no_log_that_was_cut(site, acting):
    ask_two_for(site, "index.replace")
    site.record("foyer-1", "2026-11-01 11:00", minutes=2)
    site.cctv(INCIDENT)
    site.cctv("audit checkpoint")
    (last,) = site.cctv("audit list --last 1 --json").json["entries"]
    change(site, f"DELETE FROM audit WHERE seq >= {last['seq']}",
           f"DELETE FROM audit_names WHERE seq >= {last['seq']}")  # fmt: skip

    agreed_by_two(site, acting, f"audit accept {FOR}", "log")

    assert acts(site)[-2:] == ["proposal.seconded", "log.accepted"]


def test_one_person_accepts_no_large_sweep(site, acting, clock):
    clock.set("2026-11-03 12:00")
    site.record("foyer-1", "2026-11-03 05:00", minutes=360, segment=1800)
    site.cctv("sweep --once")
    ask_two_for(site, "footage.destroy")
    change(site, "UPDATE segments SET limit_us = start_us")
    clock.advance(minutes=1)

    accept = f"retention accept-sweep {FOR}"
    site.cctv(accept, exit=3)
    site.cctv(accept, exit=13)
    site.cctv("sweep --once", exit=18)
    clock.advance(minutes=1)
    acting("second")
    site.cctv(accept)

    assert proposals(site) == []
    assert acts(site)[-2:] == ["proposal.seconded", "sweep.accepted"]


def test_one_person_makes_no_clock_right(site, acting, clock):
    site.record("foyer-1", "2026-11-01 11:00", minutes=2)
    site.cctv("sweep --once")
    ask_two_for(site, "footage.destroy")
    clock.set("2026-11-11 12:00")  # this machine's own counting of time denies it

    accept = f"retention accept-clock {FOR}"
    site.cctv(accept, exit=3)
    site.cctv(accept, exit=13)
    site.cctv("sweep --once", exit=18)
    acting("second")
    clock.set("2026-12-11 12:00")
    site.cctv(accept, exit=3)  # another clock than was proposed
    clock.set("2026-11-11 12:30")
    site.cctv(accept)

    assert acts(site)[-2:] == ["proposal.seconded", "clock.accepted"]


@pytest.fixture
def backed_up(site, acting, tmp_path):
    """A storage with a whole index, and a back-up of before its hold."""
    ask_two_for(site, "index.replace")
    key, medium = tmp_path / "recovery.key", tmp_path / "medium"
    medium.mkdir()
    public = site.cctv(f"backup key {key} --json").json["public"]
    site.config.write_text(site.config.read_text() + f'\n[backup]\nrecipients = ["{public}"]\n')
    site.record("foyer-1", "2026-11-01 11:00", minutes=2)
    file = site.cctv(f"backup {medium} --json").json["path"]
    site.cctv(INCIDENT)
    return site, f"restore {file} --key {key} --reason 'as it was'"


def test_one_person_puts_no_back_up_in_place_of_a_whole_index(backed_up, acting):
    site, restore = backed_up
    site.cctv(restore, exit=13)
    before = acts(site)
    site.cctv(f"{restore} --replace", exit=3)
    site.cctv(f"{restore} --replace", exit=13)
    assert acts(site) == [*before, "act.proposed"]
    assert holds(site) == ["HOLD-2026-001"]
    assert not (site.root / UNCONFIRMED).exists()

    acting("second")
    site.cctv(f"{restore} --replace")

    (entry,) = [entry for entry in site.cctv("audit list --json").json["entries"] if entry["act"] == "backup.restored"]
    assert (entry["actor"], entry["facts"]["proposed_by"]) == ("second", "first")


def test_an_edited_policy_restores_nothing_alone(backed_up):
    site, restore = backed_up
    site.adopts = False
    site.config.write_text(site.config.read_text().replace('two_person = ["index.replace"]', "two_person = []"))

    site.cctv(f"{restore} --replace", exit=3)


def test_who_restores_a_lost_index_alone_confirms_no_holds_alone_and_is_named(backed_up, acting):
    """No database can hold a proposal: the second person comes before anything is deleted."""
    site, restore = backed_up
    for path in site.root.glob("cctv.db*"):
        path.unlink()
    site.cctv(restore)

    assert "first alone put another index in place" in trust(site)
    agreed_by_two(site, acting, f"hold confirm {FOR}", "holds")
    assert "alone put another index" not in trust(site)


def test_who_makes_a_lost_index_again_alone_is_named(site, acting):
    ask_two_for(site, "index.replace")
    site.record("foyer-1", "2026-11-01 11:00", minutes=2)
    site.cctv(INCIDENT)
    shutil.move(site.root / "cctv.db", site.root / "lost.db")
    for path in site.root.glob("cctv.db-*"):
        path.unlink()
    site.cctv("footage rebuild --reason 'it was lost'")

    assert "first alone put another index in place" in trust(site)
    agreed_by_two(site, acting, f"hold confirm {FOR}", "holds")
    assert "alone put another index" not in trust(site)
