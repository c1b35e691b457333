"""Two persons is a property of the act: no way to end a hold or to destroy footage is one that one person takes."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.slow

SPAN = "--cameras foyer-1 --from '2026-11-01 11:00' --to '2026-11-01 11:02'"
NARROW = "--cameras foyer-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'"
REQUEST = f"request open --no-prepare --name An --contact an@example.org {SPAN} --type"
DISCLOSURE = (
    "disclosure open --recipient police --duty ordered --authority 'Politie Oostende' --reference 7 "
    "--country BE --order-by 'onderzoeksrechter Brugge' --order-number 46bis/112 --order-on 1/11/2026 "
    f"{SPAN}"
)
INCIDENT = f"incident open ruit --kind damage {SPAN}"
SIX_WAYS = {
    "hold release": (INCIDENT, "hold release HOLD-2026-001 --reason over"),
    "incident settle": (INCIDENT, "incident settle INC-2026-001 --reason over --yes"),
    "request close": (f"{REQUEST} access", "request close REQ-2026-001 --outcome granted"),
    "request lift": (f"{REQUEST} restriction", "request lift REQ-2026-001 --reason 'she wrote'"),
    "disclosure end": (DISCLOSURE, "disclosure end DIS-2026-001 --how withdrawn --reason 'not needed'"),
    "request scope": (f"{REQUEST} access", f"request scope REQ-2026-001 {NARROW} --reason 'a shorter time' --yes"),
    "request withdraw": (f"{REQUEST} access", "request withdraw REQ-2026-001 --reason 'she wrote'"),
    "request answer": (
        f"{REQUEST} access",
        "request answer REQ-2026-001 --outcome refused --ground excessive --reason 'the fifth time'",
    ),
}
DESTROY = "footage delete --cameras foyer-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01' --reason 'the street'"


def ask_two_for(site, *acts):
    named = ", ".join(f'"{act}"' for act in acts)
    site.config.write_text(re.sub(r"two_person = .*", f"two_person = [{named}]", site.config.read_text()))


@pytest.fixture
def guarded(site, acting):
    ask_two_for(site, "hold.release", "footage.destroy", "grant.change", "policy.change")
    site.record("foyer-1", "2026-11-01 11:00", minutes=2)
    return site


def holds(site):
    return [hold["id"] for hold in site.cctv("hold list --json").json["holds"]]


def proposals(site):
    return site.cctv("board --json").json["proposals"]


@pytest.mark.parametrize("way", SIX_WAYS)
def test_one_person_ends_no_hold(guarded, acting, way):
    opening, ending = SIX_WAYS[way]
    guarded.cctv(opening)

    guarded.cctv(ending, exit=3)
    for who in ("", " --for 'An Peeters'"):
        assert guarded.cctv(ending + who, exit=None).exit in (3, 13)

    assert "HOLD-2026-001" in holds(guarded)
    acting("second")
    waiting = [proposal for proposal in proposals(guarded) if proposal["subject"] == "HOLD-2026-001"]
    assert {proposal["account"] for proposal in waiting} == {"first"}
    assert not any(proposal["own"] for proposal in waiting)
    assert waiting[0]["line"].startswith("cctv ")


def test_a_hold_that_one_way_asked_for_is_ended_by_no_other_of_the_same_person(guarded):
    guarded.cctv(INCIDENT)
    guarded.cctv("hold release HOLD-2026-001 --reason over", exit=3)

    guarded.cctv("incident settle INC-2026-001 --reason over --yes", exit=13)


def test_one_person_deletes_no_footage_and_a_second_agrees_to_what_was_proposed(guarded, acting):
    guarded.cctv(DESTROY, exit=3)
    guarded.cctv(DESTROY, exit=13)
    assert len(guarded.footage("foyer-1")) == 2

    acting("second")
    more = DESTROY.replace("11:01'", "11:02'")
    guarded.cctv(more, exit=3)  # more than was proposed: a proposal of its own
    assert len(guarded.footage("foyer-1")) == 2
    guarded.cctv(DESTROY)

    assert len(guarded.footage("foyer-1")) == 1
    entries = guarded.cctv("audit list --json").json["entries"]
    seconded = [entry for entry in entries if entry["act"] == "proposal.seconded"]
    assert [(entry["actor"], entry["facts"]["proposed_by"]) for entry in seconded] == [("second", "first")]


def test_a_proposal_of_footage_that_changed_since_counts_no_longer(guarded, acting):
    guarded.cctv(DESTROY, exit=3)
    guarded.record("foyer-1", "2026-11-01 11:00:10", minutes=0.5, segment=30)

    acting("second")
    guarded.cctv(DESTROY, exit=3)

    assert len(guarded.footage("foyer-1")) == 3


def test_one_person_closes_no_site(guarded, acting, tmp_path):
    close = f"site close --out {tmp_path}/closing --reason 'the venue moves' --yes"
    guarded.cctv(close, exit=3)
    guarded.cctv(close, exit=13)
    assert len(guarded.footage("foyer-1")) == 2

    acting("second")
    guarded.cctv(close)

    assert guarded.footage("foyer-1") == []
    assert proposals(guarded) == []


def test_one_person_orders_no_erasure(guarded, acting):
    guarded.cctv(f"{REQUEST} erasure")
    guarded.cctv("request identity REQ-2026-001 --method known-person --checker 'L. Maes'")
    answer = "request answer REQ-2026-001 --erasure-ground unlawful --yes --no-letter"
    guarded.cctv(answer, exit=3)
    guarded.cctv(answer, exit=13)
    assert len(guarded.footage("foyer-1")) == 2

    acting("second")
    guarded.cctv(answer)

    assert guarded.footage("foyer-1") == []
    assert proposals(guarded) == []


def test_one_person_grants_nothing(guarded, acting):
    give = "grant give sofie export --briefed 1/11/2026 --confidentiality 1/11/2026 --reason 'answers requests'"
    guarded.cctv(give, exit=3)
    guarded.cctv(give, exit=13)
    assert guarded.cctv("grant list --json").json["grants"] == []

    acting("second")
    guarded.cctv(give)
    guarded.cctv("grant withdraw GRA-2026-001 --reason left", exit=3)
    assert guarded.cctv("grant list --json").json["grants"][0]["id"] == "GRA-2026-001"


def test_one_person_names_no_deputy(guarded, acting):
    """A role is more than a grant: who names a deputy says who may decide."""
    first, second = "daemon", "bin"
    guarded.config.write_text(f'{guarded.config.read_text()}\n[roles]\ndecider = ["{first}", "{second}"]\n')
    name = "grant deputy games --role handler --until 20/11/2026 --reason leave"
    acting(first)
    guarded.cctv(name, exit=3)
    guarded.cctv(name, exit=13)
    assert guarded.cctv("grant list --json").json["deputies"] == []

    acting(second)
    guarded.cctv(name)

    assert [row["account"] for row in guarded.cctv("grant list --json").json["deputies"]] == ["games"]
    end = "grant withdraw GRA-2026-001 --reason 'I want to be alone'"
    guarded.cctv(end, exit=3)
    guarded.cctv(end, exit=13)
    acting(first)
    guarded.cctv(end)
    assert guarded.cctv("audit list --last 1 --json").json["entries"][0]["act"] == "deputy.withdrawn"


def test_what_was_agreed_once_is_proposed_again_for_another_time(guarded, acting):
    give = "grant give sofie export --briefed 1/11/2026 --confidentiality 1/11/2026 --reason 'answers requests'"
    guarded.cctv(give, exit=3)
    acting("second")
    guarded.cctv(give)

    guarded.cctv(give, exit=3)


def test_what_was_refused_or_withdrawn_counts_no_longer(guarded, acting):
    guarded.cctv(INCIDENT)
    release = "hold release HOLD-2026-001 --reason over"
    guarded.cctv(release, exit=3)
    guarded.cctv(f"board withdraw {proposals(guarded)[0]['id']} --reason 'the wrong hold'")
    acting("second")
    guarded.cctv(release, exit=3)
    acting("first")
    guarded.cctv(f"board refuse {proposals(guarded)[0]['id']} --reason 'the insurer needs it'")

    guarded.cctv(release, exit=3)

    assert holds(guarded) == ["HOLD-2026-001"]
    acts = [entry["act"] for entry in guarded.cctv("audit list --json").json["entries"]]
    assert acts[-4:] == ["proposal.withdrawn", "release.asked", "proposal.refused", "release.asked"]
