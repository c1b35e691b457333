"""A year after a deletion its tombstones become a signed line, and what people ask is still answered."""

from __future__ import annotations

import json
import sqlite3

import pytest

from cctv.crypto.signing_key import read_public_key
from cctv.crypto.sshsig import verify
from cctv.db.engine import read_transaction
from cctv.footage.deletion_summaries import folded_between
from cctv.retention.summarise import NAMESPACE

pytestmark = pytest.mark.slow


def rows(site, query):
    with sqlite3.connect(site.root / "cctv.db") as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def deleted_a_year_ago(site, clock):
    """Three minutes of gevel-1 and two of foyer-1, deleted at their limits; then a year goes by."""
    site.record("gevel-1", "2026-11-01 11:00", minutes=3)
    site.record("foyer-1", "2026-11-01 11:00", minutes=2)
    clock.advance(days=8)
    site.cctv("sweep --once")
    clock.advance(days=20)
    site.record("gevel-1", "2026-11-28 11:00")
    site.cctv("sweep --once")
    clock.advance(days=8)
    site.cctv("sweep --once")
    clock.advance(days=366)


def test_tombstones_of_a_year_ago_become_signed_lines_one_day_a_pass(site, clock):
    deleted_a_year_ago(site, clock)
    assert rows(site, "SELECT count(*) FROM tombstones") == [(6,)]

    swept = site.cctv("sweep --once")

    assert "3 tombstones of a year ago folded" in swept.out
    site.cctv("sweep --once")
    assert rows(site, "SELECT day, camera, part FROM folded_days ORDER BY day") == [
        ("2026-11-09", "gevel-1", 1),
        ("2026-11-29", "foyer-1", 1),
    ]
    assert rows(site, "SELECT count(*) FROM tombstones") == [(1,)]  # the newest keeps its number
    site.cctv("audit verify")
    acts = [one["act"] for one in site.cctv("audit list --json").json["entries"]]
    assert acts.count("tombstones.folded") == 2


def test_a_line_says_how_much_went_under_which_rule_and_its_signature_holds(site, clock):
    deleted_a_year_ago(site, clock)
    site.cctv("sweep --once")

    with read_transaction(site.open().engine) as connection:
        (folded,) = folded_between(connection, "2026-11-01", "2026-12-31")

    verify(folded.line.encode(), folded.signature, read_public_key(site.root / "keys/signing.pub"), NAMESPACE)
    (group,) = folded.groups
    assert (group.camera, group.zone, group.reason.value, group.segments) == ("gevel-1", "facade", "past its limit", 3)
    assert group.span.start == site.instant("2026-11-01 11:00")
    assert group.span.end == site.instant("2026-11-01 11:03")
    assert "mp4" not in folded.line


def test_the_entry_of_the_log_binds_the_line_and_the_tombstones_that_it_replaces(site, clock):
    deleted_a_year_ago(site, clock)
    (batch,) = [
        one["facts"]["digest"]
        for one in site.cctv("audit list --json").json["entries"]
        if one["act"] == "segment.deleted" and one["facts"]["segments"] == 3
    ]
    site.cctv("sweep --once")

    (entry,) = [one for one in site.cctv("audit list --json").json["entries"] if one["act"] == "tombstones.folded"]
    ((line,),) = rows(site, "SELECT line FROM folded_days")
    assert json.loads(line)["digest"] == entry["facts"]["digest"] == batch


def test_a_younger_deletion_stays_as_it_is(site, clock):
    site.record("gevel-1", "2026-11-01 11:00", minutes=3)
    clock.advance(days=8)
    site.cctv("sweep --once")
    clock.advance(days=364)

    site.cctv("sweep --once")

    assert rows(site, "SELECT count(*) FROM folded_days") == [(0,)]


def test_what_folded_days_say_is_still_deleted_and_not_unexplained(site, clock):
    deleted_a_year_ago(site, clock)
    before = told_of(site)
    site.cctv("sweep --once")

    assert told_of(site) == before
    assert before["deleted_seconds"] == 180


def told_of(site):
    """What coverage says, apart from the single files."""
    (camera,) = site.cctv(
        "footage coverage --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:05' --json"
    ).json["cameras"]
    return {key: value for key, value in camera.items() if key != "deleted"}


def test_explain_answers_from_folded_days(site, clock):
    deleted_a_year_ago(site, clock)
    site.cctv("sweep --once")

    asked = "retention explain --cameras gevel-1 --from '2026-11-01 11:01'"
    (camera,) = site.cctv(f"{asked} --json").json["cameras"]

    (group,) = camera["folded"]
    assert (group["segments"], group["zone"], group["rule"]) == (3, "facade", "zone")
    assert camera["never_recorded"] == []
    assert "single files are no longer known" in site.cctv(asked).out


def test_a_lost_key_stops_no_sweep(site, clock):
    deleted_a_year_ago(site, clock)
    (site.root / "keys/signing").unlink()

    swept = site.cctv("sweep --once")

    assert "NOT SIGNED" in swept.out
    assert rows(site, "SELECT count(*) FROM folded_days") == [(0,)]
