"""A site ends with everything destroyed, certified, and never past a hold."""

from __future__ import annotations

import json

from cctv.footage import layout
from cctv.footage.deletion import delete_segments
from cctv.services import decommission


def test_closing_destroys_everything_and_certifies_it(site, clock, tmp_path):
    site.record("gevel-1", "2026-11-01 10:00", minutes=3)
    site.record("foyer-1", "2026-11-01 10:00", minutes=2)
    out = tmp_path / "closing"

    planned = site.cctv(f"site close --out {out} --reason verhuis --dry-run --json").json
    undecided = site.cctv(f"site close --out {out} --reason verhuis", exit=13)
    done = site.cctv(f"site close --out {out} --reason verhuis --yes --json").json

    assert planned["segments"] == {"facade": 3, "interior": 2}
    assert "5 segments" in undecided.err
    assert done["segments"] == 5
    assert site.footage("gevel-1") == site.footage("foyer-1") == []
    assert not list((site.root / "segments").rglob("*.mp4"))
    said = json.loads((out / "certificate.json").read_text())
    assert {one["reason"] for one in said["deletions"]} == {"site closed"}
    assert sum(one["segments"] for one in said["deletions"]) == 5
    site.cctv(f"retention certificate --verify {out}")
    assert "site.closed" in site.cctv("audit list").out
    site.cctv("audit verify")


def test_a_hold_and_an_open_case_stop_the_closing_and_nothing_goes(site, tmp_path):
    site.record("gevel-1", "2026-11-01 10:00", minutes=2)
    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:01'")

    held = site.cctv(f"site close --out {tmp_path / 'c'} --reason verhuis --yes", exit=13)
    site.cctv("incident settle INC-2026-001 --reason gedaan --yes")
    site.cctv("breach open kwijt --aware '2026-11-01 09:00'")
    opened = site.cctv(f"site close --out {tmp_path / 'c'} --reason verhuis --yes", exit=13)

    assert "HOLD-2026-001" in held.err
    assert "BRE-2026-001" in opened.err
    assert len(site.footage("gevel-1")) == 2


def test_a_closing_that_a_crash_cut_short_is_finished_by_typing_it_again(site, tmp_path, monkeypatch):
    site.record("gevel-1", "2026-11-01 10:00", minutes=3)
    out = tmp_path / "closing"

    def dies(session, segments, reason):
        delete_segments(session, segments[:1], reason)
        raise KeyboardInterrupt

    monkeypatch.setattr(decommission, "delete_segments", dies)
    site.cctv(f"site close --out {out} --reason verhuis --yes", exit=130)
    monkeypatch.setattr(decommission, "delete_segments", delete_segments)

    assert not out.exists()
    assert len(site.footage("gevel-1")) == 2
    site.cctv(f"site close --out {out} --reason verhuis --yes")
    said = json.loads((out / "certificate.json").read_text())
    assert sum(one["segments"] for one in said["deletions"]) == 3


def test_a_running_recorder_stops_the_closing(site, tmp_path):
    site.record("gevel-1", "2026-11-01 10:00")

    with layout.recorder_lock(site.open()):
        site.cctv(f"site close --out {tmp_path / 'c'} --reason verhuis --yes", exit=11)

    assert len(site.footage("gevel-1")) == 1
