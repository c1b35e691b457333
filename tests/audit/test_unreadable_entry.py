"""An entry of the log that cannot be read: every command that reads it says which, and ends with its exit code."""

from __future__ import annotations

import json
import sqlite3

import pytest

INCIDENT = "incident open 'laptop, foyer' --kind theft --cameras foyer-1 --from '2026-11-01 11:00' --to '11:02'"
DOORS = (
    "audit list",
    "audit search --act hold",
    "audit list --about INC-2026-001",
    "config adopt --reason why",
    "factor list",
    "hold list",
    "board",
    "status",
    "sweep --once",
)


def canonical(payload: dict) -> str:
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


DAMAGE = {
    "no JSON": lambda text: "no json",
    "a list": lambda text: "[]",
    "an empty object": lambda text: "{}",
    "a wrong type": lambda text: canonical(json.loads(text) | {"subject": [1]}),
    "a time that is none": lambda text: canonical(json.loads(text) | {"at_us": 10**30}),
    "facts that are a list": lambda text: canonical(json.loads(text) | {"facts": []}),
    "a fact of another type": lambda text: canonical(json.loads(text) | {"facts": {"settings": {}}}),
    "an unknown act": lambda text: canonical(json.loads(text) | {"act": "hold.forgotten"}),
    "another number": lambda text: canonical(json.loads(text) | {"seq": 99}),
    "giant": lambda text: "x" * 3_000_000,
    "nested deeply": lambda text: "[" * 100_000,
    "a number that is none": lambda text: text.replace('"facts":{', '"facts":{"a":NaN,'),
    "a key twice": lambda text: text.replace('"act":', '"act":"hold.placed","act":', 1),
    "a blank": lambda text: text + " ",
    "bytes": lambda text: text.encode(),
    "a number": lambda text: 7,
    "no UTF-8": None,
}


def damage(site, seq: int, how: str) -> None:
    """Write an entry anew, past the product."""
    with sqlite3.connect(site.root / "cctv.db") as connection:
        if (change := DAMAGE[how]) is None:
            connection.execute("UPDATE audit SET entry = CAST(x'7bff7d' AS TEXT) WHERE seq = ?", (seq,))
        else:
            (text,) = connection.execute("SELECT entry FROM audit WHERE seq = ?", (seq,)).fetchone()
            connection.execute("UPDATE audit SET entry = ? WHERE seq = ?", (change(text), seq))
    connection.close()


@pytest.mark.parametrize("how", DAMAGE)
def test_an_entry_that_cannot_be_read_is_named_by_every_command_that_reads_it(site, how):
    site.cctv("incident list")
    site.adopts = False  # nothing of the test itself reads the log
    damage(site, 1, how)

    for door in DOORS:
        told = site.cctv(door, exit=None)
        if told.exit == 0:  # nothing in it reads that entry
            assert door in {"audit list --about INC-2026-001", "audit search --act hold", "factor list"}
            continue
        assert told.exit == 15, f"{door}: {told.out}{told.err}"
        assert "Entry 1 of the audit log cannot be read" in told.err
        assert "next:  keep the database as it is" in told.err
    assert "entry 1" in site.cctv("audit verify", exit=15).err


@pytest.mark.parametrize("how", ["no JSON", "an unknown act", "a wrong type", "no UTF-8"])
def test_where_no_command_needs_the_entry_the_rest_goes_on_and_the_doctor_names_it(site, how):
    site.record("foyer-1", "2026-11-01 11:00", minutes=2)
    site.cctv(INCIDENT)
    site.cctv("audit checkpoint")
    site.adopts = False
    entries = site.cctv("audit list --json").json["entries"]
    opened = next(entry["seq"] for entry in entries if entry["act"] == "incident.opened")
    damage(site, opened, how)

    assert "HOLD-2026-001" in site.cctv("hold list").out
    assert "INC-2026-001" in site.cctv("incident list").out
    assert f"Entry {opened} of the audit log" in site.cctv("audit list", exit=15).err
    assert f"Entry {opened} of the audit log" in site.cctv("audit list --about INC-2026-001", exit=15).err
    doctor = site.cctv("doctor --only audit --json", exit=20).json["findings"]
    assert any(f"entry {opened}" in finding["text"] for finding in doctor)
    assert site.cctv("audit export --for authority --to log.zip", exit=None).exit in (15, 18)
    assert not (site.folder / "log.zip").exists()


@pytest.mark.parametrize("how", ["no JSON", "an unknown act", "bytes", "a list"])
def test_an_enrolment_that_was_damaged_is_not_taken_for_none(site, how):
    """Who damages the entry of a second factor would else be asked for no code."""
    site.cctv("incident list")
    site.adopts = False
    damage(site, 1, how)  # what is no entry may be the enrolment of anybody

    assert "Entry 1 of the audit log cannot be read" in site.cctv("factor list", exit=15).err
