"""Whatever ends a hold asks for two persons where the policy does: the first signs, another account ends it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from cctv.cases.two_person import Replacement, ending_act, is_one_person
from cctv.config.schema import TwoPersonAct
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction
from cctv.holds.store import holds_in_force
from cctv.model.cases import CaseOutcome
from cctv.model.ids import CameraId

pytestmark = pytest.mark.slow

SPAN = "--cameras foyer-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'"
REQUEST = f"request open --no-prepare --name An --contact an@example.org {SPAN} --type"
DISCLOSURE = (
    "disclosure open --recipient police --duty ordered --authority 'Politie Oostende' --reference 7 "
    "--country BE --order-by 'onderzoeksrechter Brugge' --order-number 46bis/112 --order-on 1/11/2026 "
    f"{SPAN}"
)
ENDINGS = [
    (f"incident open ruit --kind damage {SPAN}", "hold release HOLD-2026-001 --reason done", "hold.released"),
    (
        f"incident open ruit --kind damage {SPAN}",
        "incident settle INC-2026-001 --reason done --yes",
        "incident.settled",
    ),
    (f"{REQUEST} access", "request close REQ-2026-001 --outcome granted", "request.closed"),
    (
        f"{REQUEST} access",
        "request close REQ-2026-001 --outcome refused --ground excessive --reason 'the fifth time'",
        "request.closed",
    ),
    (
        f"{REQUEST} access",
        "request answer REQ-2026-001 --outcome refused --ground excessive --reason 'the fifth time'",
        "request.closed",
    ),
    (
        f"{REQUEST} access",
        "request answer REQ-2026-001 --outcome not-identifiable --reason 'nobody is near enough'",
        "request.closed",
    ),
    (
        f"{REQUEST} complaint",
        "request answer REQ-2026-001 --outcome granted --reason founded --measures moved",
        "request.closed",
    ),
    (f"{REQUEST} restriction", "request lift REQ-2026-001 --reason 'she wrote'", "block.lifted"),
    (f"{REQUEST} objection", "request lift REQ-2026-001 --reason 'she wrote'", "block.lifted"),
    (DISCLOSURE, "disclosure end DIS-2026-001 --how withdrawn --reason 'not needed'", "disclosure.closed"),
]


def ask_two_for(site, *acts):
    named = ", ".join(f'"{act}"' for act in acts)
    site.config.write_text(re.sub(r"two_person = .*", f"two_person = [{named}]", site.config.read_text()))


@pytest.fixture
def guarded(site):
    ask_two_for(site, "hold.release")
    site.record("foyer-1", "2026-11-01 11:00")
    return site


def acts(site):
    """Without that the settings which the fixture changed were adopted: any act may be the first under them."""
    entries = site.cctv("audit list --last 100 --json").json["entries"]
    return [entry["act"] for entry in entries if entry["act"] != "settings.adopted"]


def holds(site):
    return [hold["id"] for hold in site.cctv("hold list --json").json["holds"]]


@pytest.mark.parametrize(("opening", "ending", "act"), ENDINGS)
def test_the_first_person_signs_and_another_account_ends_the_hold(guarded, acting, opening, ending, act):
    guarded.cctv(opening)
    before = acts(guarded)

    told = guarded.cctv(ending, exit=3)
    again = guarded.cctv(ending, exit=13)

    assert told.out.splitlines()[-1].startswith("First signature recorded: first, for the end of HOLD-2026-001.")
    assert "error" not in told.err
    assert " ".join(ending.split()[:3]) in told.err
    assert "HOLD-2026-001 is not released yet: first gave the first signature" in again.err
    assert acts(guarded)[len(before) :] == ["release.asked"]
    assert holds(guarded) == ["HOLD-2026-001"]
    assert list((guarded.root / "letters").glob("*/*")) == []

    acting("second")
    guarded.cctv(ending)

    assert act in acts(guarded)
    assert holds(guarded) == []
    assert not (guarded.root / "holds/HOLD-2026-001.json").exists()
    assert guarded.cctv("audit verify --json").json["entries"]


def test_every_hold_of_a_case_needs_its_first_signature(guarded, acting):
    guarded.cctv(f"incident open ruit --kind damage {SPAN}")
    guarded.cctv("hold release HOLD-2026-001 --reason 'seen'", exit=3)
    guarded.cctv(f"hold place --ground INC-2026-001 --reason 'the other door' {SPAN.replace('foyer-1', 'gang-2')}")

    acting("second")
    told = guarded.cctv("incident settle INC-2026-001 --reason done --yes", exit=3).out
    assert "First signature recorded: second, for the end of HOLD-2026-002." in told

    acting("third")
    guarded.cctv("incident settle INC-2026-001 --reason done --yes")
    assert holds(guarded) == []


@pytest.mark.parametrize("between", ["a week", "a renewal"])
def test_a_signature_ends_after_a_week_and_with_a_renewal(guarded, acting, clock, between):
    guarded.cctv(f"incident open ruit --kind damage {SPAN}")
    guarded.cctv("incident settle INC-2026-001 --reason done --yes", exit=3)
    if between == "a week":
        clock.advance(days=7)
    else:
        guarded.cctv("hold renew HOLD-2026-001 --reason insurer")

    acting("second")
    guarded.cctv("incident settle INC-2026-001 --reason done --yes", exit=3)
    assert holds(guarded) == ["HOLD-2026-001"]


def test_a_case_that_keeps_nothing_any_more_ends_with_one_person(guarded, acting):
    guarded.cctv(f"incident open ruit --kind damage {SPAN}")
    guarded.cctv("hold release HOLD-2026-001 --reason done", exit=3)
    acting("second")
    guarded.cctv("hold release HOLD-2026-001 --reason done")

    guarded.cctv("incident settle INC-2026-001 --reason done --yes")


def test_a_refused_ending_is_no_signature(guarded, acting):
    guarded.cctv(f"{REQUEST} access")
    guarded.cctv("request close REQ-2026-001 --outcome refused", exit=2)
    guarded.cctv("request close REQ-2026-001 --outcome granted --dry-run")
    assert "release.asked" not in acts(guarded)


NARROWER = "--cameras foyer-1 --from '2026-11-01 11:00' --to '2026-11-01 11:00:30' --reason 'she named the minute'"
WIDER = "--cameras foyer-1 --from '2026-11-01 10:55' --to '2026-11-01 11:05' --reason 'she came earlier'"


def test_a_narrower_scope_frees_footage_and_takes_two_persons(guarded, acting):
    guarded.cctv(f"{REQUEST} restriction")

    told = guarded.cctv(f"request scope REQ-2026-001 {NARROWER}", exit=3).err
    line = re.search(r"cctv (request scope .+?) --reason", " ".join(told.split()))
    assert holds(guarded) == ["HOLD-2026-001"]
    shown = guarded.cctv("request show REQ-2026-001 --json").json["request"]
    assert shown["end"] == "2026-11-01T10:01:00.000Z"

    acting("second")
    moved = guarded.cctv(f"{line[1]} --reason 'she named the minute' --json").json
    assert moved["released"] == ["HOLD-2026-001"]
    assert moved["request"]["end"] == "2026-11-01T10:00:30.000Z"
    assert holds(guarded) == ["HOLD-2026-002"]


def test_a_wider_scope_frees_nothing_and_takes_one(guarded, acting):
    guarded.cctv(f"{REQUEST} access")

    moved = guarded.cctv(f"request scope REQ-2026-001 {WIDER} --json").json

    assert moved["released"] == ["HOLD-2026-001"]
    assert "release.asked" not in acts(guarded)


def test_a_confirmation_keeps_all_that_it_ends_and_takes_one(guarded, acting):
    guarded.cctv(f"{REQUEST} access")
    days = "--cameras foyer-1 --from '2026-10-30 11:00' --to '2026-11-01 11:30' --reason 'another day'"
    guarded.cctv(f"request scope REQ-2026-001 {days} --yes")
    assert holds(guarded) == ["HOLD-2026-001", "HOLD-2026-002"]

    confirmed = guarded.cctv("request confirm REQ-2026-001 --reason 'he does not know the day' --json").json

    assert confirmed["released"] == ["HOLD-2026-001"]
    assert holds(guarded) == ["HOLD-2026-002"]
    assert "release.asked" not in acts(guarded)


NO_FOOTAGE = REQUEST.replace("foyer-1", "gang-2") + " access"


ERASE = "request answer REQ-2026-001 --erasure-ground unlawful --yes"


@pytest.fixture
def erasure(guarded):
    guarded.cctv(f"{REQUEST} erasure")
    guarded.cctv("request identity REQ-2026-001 --method known-address --checker 'A. Peeters'")
    return guarded


def test_an_answer_that_finds_no_footage_gives_nothing_and_takes_two(guarded, acting):
    guarded.cctv(NO_FOOTAGE)

    guarded.cctv("request answer REQ-2026-001 --outcome no-footage", exit=3)
    assert holds(guarded) == ["HOLD-2026-001"]

    acting("second")
    guarded.cctv("request answer REQ-2026-001 --outcome no-footage")
    assert holds(guarded) == []


def test_an_answer_that_erases_ends_the_hold_with_one(erasure, acting):
    erasure.cctv(ERASE)

    assert holds(erasure) == []
    assert erasure.footage("foyer-1") == []


def test_a_policy_may_ask_two_for_every_answer_that_gives_something(erasure, acting):
    ask_two_for(erasure, "request.answer")
    erasure.cctv(ERASE, exit=3)
    assert holds(erasure) == ["HOLD-2026-001"]
    assert not list((erasure.root / "letters").glob("*/*"))

    acting("second")
    erasure.cctv(ERASE)
    assert holds(erasure) == []


def test_an_answer_that_gives_nothing_is_no_release_of_a_hold_by_another_act(guarded, acting):
    ask_two_for(guarded, "request.answer")
    guarded.cctv(NO_FOOTAGE)

    guarded.cctv("request answer REQ-2026-001 --outcome no-footage")

    assert "release.asked" not in acts(guarded)


@pytest.mark.parametrize("verb", ["show", "extract"])
def test_a_policy_may_ask_two_for_a_look(guarded, acting, verb):
    ask_two_for(guarded, "footage.view")
    guarded.cctv(f"incident open ruit --kind damage {SPAN}")
    look = f"--case INC-2026-001 --camera foyer-1 {SPAN.removeprefix('--cameras foyer-1 ')}"
    guarded.cctv(f"footage {verb} {look} --dry-run")
    assert "look.asked" not in acts(guarded)

    signed = guarded.cctv(f"footage {verb} {look}", exit=3)
    again = " ".join(guarded.cctv(f"footage {verb} {look}", exit=13).err.split())
    assert "First signature recorded: first, for foyer-1 to be shown for INC-2026-001." in signed.out
    assert "error" not in signed.err
    assert "foyer-1 is not shown for INC-2026-001 yet: first asked for it on 2026-11-01" in again
    assert acts(guarded).count("look.asked") == 1
    assert list(guarded.root.glob("derived/*/views/*")) == []

    acting("second")
    another = look.replace("11:01'", "11:00:30'")
    guarded.cctv(f"footage {verb} {another}", exit=3)  # signed for that span and no other
    typed = re.search(rf"cctv (footage {verb} .+?), typed by a second person", " ".join(signed.err.split()))[1]
    guarded.cctv(typed)
    assert list(guarded.root.glob("derived/*/views/*")) != []


def test_a_disclosure_approved_alone_leaves_by_no_command_once_the_policy_asks_for_two(guarded, acting, tmp_path):
    guarded.cctv(DISCLOSURE)
    guarded.cctv("disclosure approve DIS-2026-001 --reason 'order read'")
    guarded.cctv("disclosure build DIS-2026-001")
    ask_two_for(guarded, "export.unredacted")

    leaving = (
        "disclosure build DIS-2026-001",
        f"export deliver EXP-2026-001 --method hand --to {tmp_path}",
        "export fetch EXP-2026-001",
    )
    for command in leaving:
        told = " ".join(guarded.cctv(command, exit=13).err.split())
        assert "DIS-2026-001 is not approved: first opened or corrected it, and the policy asks for two people" in told
    assert acts(guarded).count("export.refused") == len(leaving)

    acting("second")
    guarded.cctv("disclosure approve DIS-2026-001 --reason 'order read by me'")
    guarded.cctv(leaving[1])


CORRECT = "disclosure correct DIS-2026-001 --reason 'the order says so'"
SHORTER = "--from '2026-11-01 11:00' --to '2026-11-01 11:00:30'"
APPROVE = "disclosure approve DIS-2026-001 --reason 'order read'"


@pytest.mark.parametrize("correction", [SHORTER, "--authority 'Politie Gent'", "--order-number 47"])
def test_whoever_corrected_what_is_built_does_not_approve_it(guarded, acting, correction):
    ask_two_for(guarded, "export.unredacted")
    guarded.cctv(DISCLOSURE)
    acting("second")
    guarded.cctv(f"{CORRECT} {correction}")

    told = " ".join(guarded.cctv(APPROVE, exit=13).err.split())
    assert "second opened or corrected it, and the policy asks for two people" in told
    acting("third")
    guarded.cctv(f"{CORRECT} --country FR")
    guarded.cctv(APPROVE, exit=13)
    for account in ("first", "second"):
        acting(account)
        guarded.cctv(APPROVE, exit=13)
    acting("fourth")
    guarded.cctv(APPROVE)
    guarded.cctv("disclosure build DIS-2026-001")


def test_whoever_corrected_the_number_of_their_file_may_approve(guarded, acting):
    ask_two_for(guarded, "export.unredacted")
    guarded.cctv(DISCLOSURE)
    acting("second")
    guarded.cctv(f"{CORRECT} --reference 8 --officer 'J. Claes'")

    guarded.cctv(APPROVE)


def test_whoever_corrected_and_approved_it_alone_hands_nothing_over_once_the_policy_asks_for_two(
    guarded, acting, tmp_path
):
    guarded.cctv(DISCLOSURE)
    acting("second")
    guarded.cctv(f"{CORRECT} {SHORTER}", exit=3)  # its old hold waits for a second person
    guarded.cctv(APPROVE)
    guarded.cctv("disclosure build DIS-2026-001")
    ask_two_for(guarded, "export.unredacted")

    for command in (f"export deliver EXP-2026-001 --method hand --to {tmp_path}", "export fetch EXP-2026-001"):
        assert "second opened or corrected it" in " ".join(guarded.cctv(command, exit=13).err.split())


def test_what_replaces_a_hold_keeps_it_only_wholly(guarded):
    (hold,) = _placed(guarded)
    assert Replacement(hold.cameras, hold.span).keeps(hold)
    assert Replacement(hold.cameras | {CameraId("gang-2")}, hold.span).keeps(hold)
    assert not Replacement(frozenset({CameraId("gang-2")}), hold.span).keeps(hold)
    assert not Replacement(hold.cameras, Span(hold.span.start, hold.span.end - timedelta(seconds=1))).keeps(hold)


def _placed(site):
    site.cctv(f"incident open ruit --kind damage {SPAN}")
    with read_transaction(site.open().engine) as connection:
        return holds_in_force(connection)


def test_an_answer_is_an_act_of_its_own_only_where_something_was_given():
    def answers(*, given):
        return {outcome for outcome in CaseOutcome if ending_act(outcome, given=given) is TwoPersonAct.REQUEST_ANSWER}

    assert answers(given=True) == {CaseOutcome.GRANTED, CaseOutcome.PARTLY, CaseOutcome.VIEWING}
    assert answers(given=False) == set()


def test_one_person_is_one_account_under_an_act_of_the_policy():
    two = frozenset({TwoPersonAct.EXPORT_UNREDACTED})
    assert is_one_person(two, TwoPersonAct.EXPORT_UNREDACTED, "an", "an")
    assert not is_one_person(two, TwoPersonAct.EXPORT_UNREDACTED, "an", "bart")
    assert not is_one_person(frozenset(), TwoPersonAct.EXPORT_UNREDACTED, "an", "an")
