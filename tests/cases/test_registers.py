"""Registers say what really runs and name what is missing."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cctv.cases.registers.addressees import addressees, reached
from cctv.cases.registers.contents import make_register
from cctv.cases.registers.page import page_of, signs
from cctv.cases.registers.register import Register, RegisterName, as_csv, label, title
from cctv.config.loader import load_settings
from cctv.core.i18n import Language
from cctv.core.time_range import Span
from cctv.model.disclosures import Disclosure, Duty, Handing, Method, Receiver, Recipient
from cctv.model.ids import DisclosureId

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 1, 11, tzinfo=UTC)
NAMES = [name.value for name in RegisterName]
CONTROLLER = """
[controller]
name = "De Grote Post vzw"
address = ["Hendrik Serruyslaan 18A", "8400 Oostende"]
mail = "privacy@example.be"
dpo = "dpo@example.be"
signatory = "A. Peeters"
"""


def with_controller(site):
    text = site.config.read_text()
    if "[controller]" not in text:
        site.config.write_text(text + CONTROLLER)


@pytest.mark.parametrize("name", NAMES)
def test_every_register_can_be_made_of_an_empty_site_as_csv_json_and_page(site, name):
    site.cctv(f"register show {name}")
    made = site.cctv(f"register show {name} --json").json
    lines = site.cctv(f"register show {name} --format csv").out
    page = site.cctv(f"register show {name} --format page").out

    assert made["register"] == name
    assert len(list(csv.reader(io.StringIO(lines)))) == len(made["rows"]) + 1
    assert page.startswith("<!doctype html>")
    assert "http" not in page


def test_that_somebody_made_a_register_is_in_the_log(site):
    site.cctv("register show holds")

    assert "register.shown" in site.cctv("audit list").out


def test_the_camera_register_says_what_runs_and_what_is_missing(site):
    with_controller(site)

    made = site.cctv("register show cameras --json").json

    row = next(row for row in made["rows"] if row["camera"] == "gevel-1")
    assert row["retention"] == "7d"
    assert row["kind_of_place"] == "facade"
    assert "De Grote Post vzw" in row["controller"]
    assert any("gevel-1" in each and "location" in each for each in made["missing"])
    assert any("declaration to the police" in each for each in made["missing"])


def test_a_declaration_is_no_longer_missing_once_it_is_written_down(site):
    with_controller(site)
    site.cctv("register declare --kind first --on 1/10/2026 --reference 2026-77 --dry-run")
    before = site.cctv("register show cameras --json").json["missing"]
    site.cctv("register declare --kind first --on 1/10/2026 --reference 2026-77")

    after = site.cctv("register show cameras --json").json
    assert any("declaration" in each for each in before)
    assert not any("declaration" in each for each in after["missing"])
    assert after["rows"][0]["declared"] == "2026-10-01"


def test_the_register_of_processing_names_processors_periods_and_no_transfer(site):
    with_controller(site)
    site.cctv("processor add 'Installatie NV' --service maintenance --country BE")

    (row, *_) = site.cctv("register show processing --json").json["rows"]

    assert "Installatie NV (BE)" in row["processors"]
    assert "facade 7d" in row["retention"]
    assert row["transfers"] == "none outside the EU"


def test_a_processor_without_contract_and_a_sub_processor_without_agreement_are_missing(site):
    site.cctv("processor add 'Installatie NV' --service maintenance --country BE")
    site.cctv("processor engage PRO-2026-001 'Datacenter BV' --country NL")

    missing = site.cctv("register show processors --json").json["missing"]

    assert [each.split(":")[0] for each in missing] == ["PRO-2026-001", "PRO-2026-001"]
    assert "no contract" in missing[0]
    assert "Datacenter BV" in missing[1]


def test_a_register_is_never_written_over_a_file(site, tmp_path):
    target = tmp_path / "holds.csv"
    site.cctv(f"register show holds --format csv --output {target}")

    told = site.cctv(f"register show holds --format csv --output {target}", exit=2)

    assert "exists" in told.err


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless():
    made = Register(RegisterName.INCIDENTS, ("what",), (("=cmd()",), ("laptop",)))

    assert as_csv(made) == "what\r\n'=cmd()\r\nlaptop\r\n"


def test_a_page_escapes_what_people_typed():
    made = Register(RegisterName.INCIDENTS, ("what",), (("<script>x</script>",),))

    page = page_of(made, Language.NL, site="Zaal", made="1/1/2026", by="test")

    assert "<script>x" not in page
    assert "Incidentenregister" in page


@pytest.mark.parametrize("language", Language)
def test_every_column_and_title_has_its_word_in_every_language(site, language):
    opened = site.open()
    for name in RegisterName:
        made = make_register(opened, name, language)
        assert title(name, language)
        assert all(label(column, language) for column in made.columns)


def test_the_sign_of_each_zone_names_law_purpose_period_and_controller(bare_site):
    with_controller(bare_site)
    settings = load_settings(bare_site.config, environ={}).settings

    facade = next(each for each in signs(settings, Language.NL) if each.zone == "facade")

    assert facade.lines[0] == "Camerabewaking - Wet van 21 maart 2007"
    assert "7\N{NO-BREAK SPACE}dagen" in facade.lines[2]
    assert "De Grote Post vzw, Hendrik Serruyslaan 18A" in facade.lines[3]
    assert facade.missing == ()


def test_whoever_can_be_reached_is_told_of_a_new_policy_once_and_nobody_who_is_forgotten(site, clock):
    ask = "request open --no-prepare --type erasure --cameras foyer-1 --from '1/11 9:00' --to '1/11 9:02'"
    site.cctv(f"{ask} --name 'An Peeters' --contact an@example.be")
    site.cctv(f"{ask} --name 'An Peeters' --contact an@example.be --language fr")
    site.cctv(f"{ask} --name 'Els Gone' --contact els@example.be")
    site.cctv("request answer REQ-2026-003 --outcome no-footage --no-letter")
    site.cctv("request close REQ-2026-003 --outcome no-footage")

    found = site.cctv("register show addressees --json").json

    assert [(row["name"], row["contact"], row["case"]) for row in found["rows"]] == [
        ("An Peeters", "an@example.be", "REQ-2026-001, REQ-2026-002")
    ]
    assert found["policy_since"] is None
    site.record("foyer-1", "2026-11-01 09:00")
    assert site.cctv("register show addressees --json").json["policy_since"]
    assert "policy-changed" in site.cctv("register show addressees").err


def test_whoever_has_a_copy_on_loan_is_told_as_well():
    lent = Disclosure(
        id=DisclosureId("DIS-2026-001"),
        recipient=Recipient.LAWYER,
        duty=Duty.OBLIGED,
        receiver=Receiver("Mr Claes"),
        cameras=(),
        span=Span(NOON, NOON + timedelta(hours=1)),
        opened=NOON,
        opened_by="test",
        handed=Handing(NOON, "test", Method.ZIP),
        lease_end=NOON + timedelta(days=30),
    )

    found = addressees(reached([], [lent, replace(lent, closed=NOON), replace(lent, lease_end=None)], Language.NL, {}))

    assert found.rows == (("Mr Claes", "", "nl", "DIS-2026-001"),)
    assert "DIS-2026-001" in found.missing[0]
