"""An entry of a register that has ended names nobody after its time, in no byte of the storage."""

from __future__ import annotations

from dataclasses import fields

import pytest
from test_anonymise import MARK, holding, tables_holding

from cctv.cases.disclosures.disclosures import approve_disclosure
from cctv.config.schema import PolicySettings

SPAN = "--cameras foyer-1 --from '2026-11-01 09:00' --to '2026-11-01 09:02'"
DAYS = {"incidents": 100, "breaches": 200, "processors": 300, "grants": 400, "checks": 500, "disclosures": 600}


@pytest.fixture
def ended(site, clock):
    """One entry of every register, full of marked texts and ended today, each with a time of its own."""
    settings = "".join(f'forget_{name} = "{days}d"\n' for name, days in DAYS.items())
    site.config.write_text(site.config.read_text().replace("[policy]", f"[policy]\n{settings}"))
    site.record("foyer-1", "2026-11-01 09:00", minutes=2)
    site.cctv(
        f"incident open '{MARK}1 laptop' --kind theft {SPAN} --place '{MARK}2' --finder '{MARK}3' "
        f"--police-reference '{MARK}4'"
    )
    site.cctv(
        f"disclosure open --recipient lawyer --duty obliged --authority 'Mr {MARK}5' --officer '{MARK}6' "
        f"--reference '{MARK}7' --country BE --law '{MARK} 8' --case INC-2026-001 {SPAN}"
    )
    approve_disclosure(site.open("chief"), "DIS-2026-001", reason=f"gelezen met {MARK}9")
    site.cctv(f"disclosure end DIS-2026-001 --how withdrawn --reason 'brief van {MARK}'")
    site.cctv(f"incident settle INC-2026-001 --reason 'terug bij {MARK}' --yes")
    site.cctv(f"breach open 'stick van {MARK} kwijt' --aware '2026-11-01 09:00' --as processor --suspected")
    site.cctv("breach tell BRE-2026-001 --whom controller --how mail")
    site.cctv(f"breach measures BRE-2026-001 --text 'gesprek met {MARK}'")
    site.cctv(f"breach close BRE-2026-001 --reason 'gevonden door {MARK}'")
    site.cctv(f"processor add '{MARK} eenmanszaak' --service 'onderhoud door {MARK}' --country BE")
    site.cctv(f"processor engage PRO-2026-001 '{MARK} zoon' --country NL --agreed 1/11/2026")
    site.cctv(f"processor end PRO-2026-001 --on 1/11/2026 --how destroyed --reason 'mail van {MARK}'")
    site.cctv(f"grant give sofie view --briefed 1/11 --confidentiality 1/11 --reason 'vervangt {MARK}'")
    site.cctv(f"grant withdraw GRA-2026-001 --reason '{MARK} is terug'")
    site.cctv(f"register workstation-check --on 1/11/2026 --checker '{MARK}' --found 'bestand bij {MARK}'")
    return site


def swept(site):
    return " ".join(site.cctv("sweep --once").out.split())


def test_each_register_forgets_after_its_own_time_and_no_byte_of_a_name_is_left(ended, clock):
    gone = {
        "incidents": "INC-2026-001",
        "breaches": "BRE-2026-001",
        "processors": "PRO-2026-001",
        "grants": "GRA-2026-001",
        "checks": "CHK-2026-001",
        "disclosures": "DIS-2026-001",
    }
    assert {f"forget_{name}" for name in (*gone, "requests", "complaints")} == {
        field.name for field in fields(PolicySettings) if field.name.startswith("forget_")
    }
    assert tables_holding(ended) == ["disclosures", "incidents", "notes", "processors", "workstation_checks"]
    clock.advance(days=99)
    assert "forgotten" not in swept(ended)
    clock.advance(days=1)
    for name, entry in gone.items():
        assert f"the people of {entry} forgotten" in swept(ended)
        clock.advance(days=100, hours=12)  # an entry that has only a day is kept to its end
        if name == "checks":
            assert tables_holding(ended) == ["disclosures", "notes"]

    assert holding(ended) == []
    assert "forgotten" not in swept(ended)
    shown = [ended.cctv(f"register show {name} --json").json["rows"] for name in ("incidents", "processors")]
    assert [(row[0]["id"], "erased" in row[0].values()) for row in shown] == [
        ("INC-2026-001", True),
        ("PRO-2026-001", True),
    ]
    assert "erased" in ended.cctv("incident list --all").out + ended.cctv("processor list").out
    ended.cctv("incident show INC-2026-001")
    ended.cctv("disclosure show DIS-2026-001")
    ended.cctv("breach show BRE-2026-001")
    ended.cctv("audit verify")


def test_what_has_not_ended_is_never_forgotten(site, clock):
    site.cctv(f"incident open '{MARK} fiets' --kind theft {SPAN}")
    site.cctv(f"processor add '{MARK}' --service x --country BE")

    clock.advance(days=4000)
    site.cctv("sweep --once")

    assert tables_holding(site) == ["incidents", "notes", "processors"]
