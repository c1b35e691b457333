"""On which ground footage leaves: its facts, the recipient's country, a viewing on site, a notice in writing."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date

import pytest

from cctv.cases.disclosures.disclosures import approve_disclosure
from cctv.cases.disclosures.grounds import FACTS, check_facts, check_receiver
from cctv.cases.errors.compliance import CountryUnreadable, OutsideArea
from cctv.cases.errors.disclosures import GroundForeign, GroundIncomplete, GroundLater, GroundUnnamed
from cctv.model.compliance import NoticeWay
from cctv.model.disclosures import Duty, Receiver
from cctv.model.legal import Area

SPAN = "--cameras foyer-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'"
POLICE = f"disclosure open --recipient police --authority 'Politie Oostende' --reference 7 {SPAN}"
INSURER = f"disclosure open --recipient insurer --authority Verzekering --reference 7 {SPAN}"
ORDER = "--duty ordered --order-by 'onderzoeksrechter Brugge' --order-number 46bis/112 --order-on 1/11/2026"
CONSENT = "--duty consent --consent-of 'An Peeters, Bart Maes' --consent-on 31/10/2026 --consent-record 'map 12'"
REQUEST = f"request open --no-prepare --name An --contact an@example.org {SPAN}"
NOMINEE = "--as nominee --by 'Mr. X' --by-contact x@bar.example --mandate express-demand --mandated 31/10/2026"

TODAY = date(2026, 11, 1)
GIVEN = {
    Duty.ORDERED: Receiver(order_by="onderzoeksrechter", order_number="46bis/112", order_on="2026-11-01"),
    Duty.OBLIGED: Receiver(law="Article 9 Camera Act"),
    Duty.CONSENT: Receiver(consent_of="An Peeters", consent_on="2026-10-31", consent_record="map 12"),
    Duty.VOLUNTARY: Receiver(),
}


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("duty", GIVEN)
def test_each_ground_needs_each_of_its_facts_and_no_other(duty):
    assert check_facts(duty, GIVEN[duty], TODAY) == GIVEN[duty]

    for fact in FACTS[duty]:
        with pytest.raises(GroundIncomplete, match=fact.option):
            check_facts(duty, replace(GIVEN[duty], **{fact.field: " "}), TODAY)
    for other in set(GIVEN) - {duty}:
        for fact in FACTS[other]:
            if (duty, fact.field) == (Duty.ORDERED, "law"):
                continue
            mixed = replace(GIVEN[duty], **{fact.field: getattr(GIVEN[other], fact.field)})
            with pytest.raises(GroundForeign, match=fact.option):
                check_facts(duty, mixed, TODAY)


def test_an_order_may_name_its_law():
    named = replace(GIVEN[Duty.ORDERED], law="art. 46bis Sv.")
    assert check_facts(Duty.ORDERED, named, TODAY).basis == "onderzoeksrechter, 46bis/112, 01/11/2026, art. 46bis Sv."


@pytest.mark.parametrize("law", ["the law", "wet", "Camera Act"])
def test_a_law_without_an_article_is_none(law):
    with pytest.raises(GroundUnnamed, match="no article"):
        check_facts(Duty.OBLIGED, Receiver(law=law), TODAY)


@pytest.mark.parametrize(
    "names", ["all", "consent of all", "Iedereen", "alle aanwezigen", "tout le monde", "everybody in the picture"]
)
def test_a_consent_of_everybody_names_nobody(names):
    with pytest.raises(GroundUnnamed, match="no person"):
        check_facts(Duty.CONSENT, replace(GIVEN[Duty.CONSENT], consent_of=names), TODAY)


@pytest.mark.parametrize(("duty", "field"), [(Duty.ORDERED, "order_on"), (Duty.CONSENT, "consent_on")])
def test_no_paper_is_of_a_day_to_come(duty, field):
    with pytest.raises(GroundLater, match="2026-11-02"):
        check_facts(duty, replace(GIVEN[duty], **{field: "2026-11-02"}), TODAY)


@pytest.mark.parametrize(("country", "area", "error"), [
    ("US", Area.EU, OutsideArea), ("NO", Area.EU, OutsideArea), ("NO", Area.EEA, None), ("be", Area.EU, None),
    ("Belgium", Area.EU, CountryUnreadable), ("", Area.EU, CountryUnreadable),
])  # fmt: skip
def test_a_third_party_is_inside_the_area(country, area, error):
    receiver = replace(GIVEN[Duty.OBLIGED], authority="Politie", reference="7", country=country)
    if error is None:
        assert check_receiver(Duty.OBLIGED, receiver, area, TODAY).country == country.upper()
        return
    with pytest.raises(error):
        check_receiver(Duty.OBLIGED, receiver, area, TODAY)


@pytest.mark.slow
class TestTyped:
    @pytest.mark.parametrize(
        ("command", "exit_code", "told"),
        [
            (f"{INSURER} --country BE --basis 'consent of all'", 2, "--basis"),
            (f"{INSURER} --country BE --duty consent", 2, "--consent-of, --consent-on, --consent-record"),
            (
                f"{INSURER} --country BE {CONSENT.replace('An Peeters, Bart Maes', 'all')}",
                2,
                "no person is named in it",
            ),
            (f"{POLICE} --country BE --duty ordered --order-by x --order-on 1/11/2026", 2, "needs --order-number"),
            (f"{POLICE} --country BE --duty obliged --law 'the law'", 2, "no article of a law is in it"),
            (f"{POLICE} --country BE --duty voluntary", 2, "needs --case"),
            (f"{POLICE} {ORDER}", 2, "--country"),
            (f"{POLICE} --country US {ORDER}", 12, "The recipient is in US, outside the EU of `[policy] area`"),
        ],
    )
    def test_a_disclosure_without_its_ground_or_outside_the_area_is_refused(self, site, command, exit_code, told):
        refused = site.cctv(command, exit=exit_code)
        assert told in words(refused.err)
        assert site.cctv("disclosure list --all --json").json["disclosures"] == []

    def test_the_facts_of_the_ground_and_the_country_stand_in_the_register(self, site):
        site.cctv(f"{POLICE} --country be {ORDER}")
        site.cctv(f"{INSURER} --country NL {CONSENT}")

        rows = list(csv.DictReader(io.StringIO(site.cctv("register show disclosures --format csv").out)))
        by_id = {row["id"]: row for row in rows}
        assert by_id["DIS-2026-001"]["country"] == "BE"
        assert "onderzoeksrechter Brugge, 46bis/112, 01/11/2026" in by_id["DIS-2026-001"]["basis"]
        assert "An Peeters, Bart Maes, 31/10/2026, map 12" in by_id["DIS-2026-002"]["basis"]
        ground = site.cctv("disclosure show DIS-2026-002 --json").json["disclosure"]["ground"]
        assert ground == {
            "consent_of": "An Peeters, Bart Maes", "consent_on": "2026-10-31", "consent_record": "map 12"
        }  # fmt: skip

    def test_the_area_is_asked_again_at_every_door(self, site):
        site.config.write_text(site.config.read_text().replace("[policy]", '[policy]\narea = "EEA"'))
        site.record("foyer-1", "2026-11-01 11:00")
        site.cctv(f"{POLICE} --country NO {ORDER}")
        approve_disclosure(site.open("chief"), "DIS-2026-001", reason="read")
        site.cctv("disclosure build DIS-2026-001")

        site.config.write_text(site.config.read_text().replace('"EEA"', '"EU"'))
        for command in ("disclosure approve DIS-2026-001 --reason read", "disclosure build DIS-2026-001",
                     f"export deliver EXP-2026-001 --method hand --to {site.folder}", "export fetch EXP-2026-001",
                     "disclosure viewed DIS-2026-001"):  # fmt: skip
            assert "is in NO, outside the EU" in words(site.cctv(command, exit=12).err)

    def test_a_nominee_has_a_country_inside_the_area_and_nobody_else_is_asked(self, site):
        assert "no country" in words(site.cctv(f"{REQUEST} {NOMINEE}", exit=2).err)
        assert "The nominee is in US" in words(site.cctv(f"{REQUEST} {NOMINEE} --by-country US", exit=12).err)
        site.cctv(REQUEST.replace("example.org", "example.com"))
        proxy = NOMINEE.replace("nominee", "proxy").replace("express-demand", "power-of-attorney")
        site.cctv(f"request mandate REQ-2026-001 {proxy}")
        site.cctv(f"request mandate REQ-2026-001 {proxy} --by-country US", exit=2)
        site.cctv(f"request mandate REQ-2026-001 {NOMINEE} --by-country us", exit=12)
        site.cctv(f"request mandate REQ-2026-001 {NOMINEE} --by-country nl")

        parties = site.cctv("request show REQ-2026-001 --json").json["request"]["parties"]
        assert {party["role"]: party["country"] for party in parties} == {
            "subject": None, "proxy": None, "nominee": "NL"
        }  # fmt: skip


@pytest.fixture
def recorded(site):
    site.record("foyer-1", "2026-11-01 11:00")
    return site


def viewings(site):
    rows = csv.DictReader(io.StringIO(site.cctv("register show disclosures --format csv").out))
    return [(row["recipient"], row["case"], row["handed_over"]) for row in rows if row["method"] == "on-site"]


@pytest.mark.slow
class TestViewing:
    def test_a_third_party_sees_it_on_site_after_the_approval_and_the_register_has_it(self, recorded):
        recorded.cctv(f"{POLICE} --country BE {ORDER}")
        assert "not approved" in recorded.cctv("disclosure viewed DIS-2026-001", exit=13).err
        approve_disclosure(recorded.open("chief"), "DIS-2026-001", reason="read")
        recorded.cctv("disclosure viewed DIS-2026-001 --at '2026-11-01 13:00'", exit=2)
        recorded.cctv("disclosure viewed DIS-2026-001 --dry-run")
        assert viewings(recorded) == []

        shown = recorded.cctv("disclosure viewed DIS-2026-001 --at '2026-11-01 11:30'")

        assert "DIS-2026-001: shown on site to the police" in shown.out
        assert viewings(recorded) == [("police", "", "2026-11-01 11:30")]
        for command in ("disclosure viewed DIS-2026-001", "disclosure build DIS-2026-001"):
            assert "DIS-2026-001 was shown on site on 2026-11-01" in words(recorded.cctv(command, exit=2).err)
        recorded.cctv("disclosure end DIS-2026-001 --how handed --reason 'they saw enough'")
        assert "disclosure.handed" in [e["act"] for e in recorded.cctv("audit list --last 50 --json").json["entries"]]

    def test_the_person_concerned_sees_it_on_site(self, recorded):
        recorded.cctv(REQUEST)

        recorded.cctv("disclosure viewed REQ-2026-001")

        assert viewings(recorded) == [("subject", "REQ-2026-001", "2026-11-01 12:00")]

    def test_it_needs_what_a_copy_needs(self, recorded):
        recorded.cctv(f"{REQUEST} {NOMINEE} --by-country BE")
        assert "identity (subject)" in words(recorded.cctv("disclosure viewed REQ-2026-001", exit=13).err)
        recorded.cctv("disclosure viewed REQ-2026-001 --recipient proxy", exit=13)
        assert viewings(recorded) == []

    @pytest.mark.parametrize("before", [False, True])
    def test_a_request_answered_by_a_viewing_enters_it_once(self, recorded, before):
        recorded.cctv(REQUEST)
        if before:
            recorded.cctv("disclosure viewed REQ-2026-001")

        recorded.cctv("request close REQ-2026-001 --outcome viewing")

        assert viewings(recorded) == [("subject", "REQ-2026-001", "2026-11-01 12:00")]


@pytest.mark.slow
def test_a_breach_told_by_word_of_mouth_is_recorded_and_still_owed_in_writing(site, clock):
    site.cctv("breach open 'stick kwijt' --aware '2026-11-01 09:00' --as processor")
    site.cctv("breach measures BRE-2026-001 --text 'alleen versleuteld'")
    assert "--how" in site.cctv("breach tell BRE-2026-001 --whom controller", exit=2).err

    told = site.cctv("breach tell BRE-2026-001 --whom controller --how phone").out
    assert "not in writing: the written notice is still owed" in told
    assert "in writing" in words(site.cctv("breach close BRE-2026-001 --reason gevonden", exit=13).err)

    clock.advance(hours=1)
    site.cctv("breach tell BRE-2026-001 --whom controller --how mail")
    shown = site.cctv("breach show BRE-2026-001 --json").json["breach"]
    assert [(notice["how"], notice["written"]) for notice in shown["notices"]] == [("phone", False), ("mail", True)]
    assert shown["clocks"][0]["sent"] == "2026-11-01T12:00:00.000Z"
    register = site.cctv("register show breaches --format csv").out
    assert "controller 2026-11-01 12:00, phone" in register
    assert "controller 2026-11-01 13:00, mail" in register
    site.cctv("breach close BRE-2026-001 --reason gevonden")


@pytest.mark.parametrize("way", NoticeWay)
def test_only_a_written_notice_stops_the_clock(way):
    assert way.is_written == (way not in (NoticeWay.PHONE, NoticeWay.IN_PERSON))
