"""Every right, from receipt to its end, by the command line on real files."""

import io

import pytest
from sqlalchemy import select

from cctv.cases.errors.requests import ErasureChanged
from cctv.cases.requests.answer import plan_answer
from cctv.cases.requests.outcomes import RequestOutcome
from cctv.db import schema
from cctv.db.engine import read_transaction
from cctv.model.cases import CaseOutcome
from cctv.model.requests import ErasureGround
from cctv.packages.answer import answer_request

pytestmark = pytest.mark.slow

WHO = "--name 'Quirina Zandvoort' --contact quirina@example.be"
SPAN = "--cameras foyer-1 --from '1/11 9:02' --to '1/11 9:05'"
ONE = "REQ-2026-001"


def minutes(site):
    return [segment.span.start.minute for segment in site.footage("foyer-1")]


def acts(site, about=ONE):
    return [entry["act"] for entry in site.cctv(f"audit list --about {about} --json").json["entries"]]


def needs(said):
    return [step["need"] for step in said["missing"]]


@pytest.fixture
def recorded(site, clock):
    """Six minutes of the foyer, at noon of the same day."""
    clock.set("2026-11-01 12:00")
    site.record("foyer-1", "2026-11-01 09:00", minutes=6)
    return site


def opened(site, kind, more=""):
    return site.cctv(f"request open --no-prepare {WHO} --type {kind} {SPAN} {more} --json").json


ERASE = f"request answer {ONE} --no-letter --erasure-ground unlawful"
KEEP = "--outcome partly --ground legal-claims --reason 'the insurer claims on it'"


def identified(site, kind="erasure", more=""):
    """A request whose requester was checked."""
    opened(site, kind, more)
    site.cctv(f"request identity {ONE} --method known-address --checker 'A. Peeters'")


class TestErasure:
    def test_what_no_hold_covers_goes_at_once_and_the_rest_waits_for_its_holds(self, recorded, clock):
        recorded.cctv("incident open fiets --kind theft --cameras foyer-1 --from '1/11 9:04' --to '1/11 9:06'")
        identified(recorded)

        done = recorded.cctv(f"{ERASE} {KEEP} --yes --json").json

        assert (done["outcome"], done["erased"]["gone"], done["erased"]["waiting"]) == ("partly", 2, 1)
        assert done["erased"]["holds"] == ["HOLD-2026-001"]
        assert done["request"]["ground"] == "legal-claims"
        assert minutes(recorded) == [0, 1, 4, 5]
        recorded.cctv("sweep --once")
        assert 4 in minutes(recorded)

        recorded.cctv("incident settle INC-2026-001 --reason done --yes")
        assert "erased for REQ-2026-001" in recorded.cctv("sweep --once").out
        assert minutes(recorded) == [0, 1, 5]
        assert acts(recorded)[-1] == "erasure.done"

    def test_nothing_is_erased_before_whoever_asks_was_checked(self, recorded):
        assert "identity" in needs(opened(recorded, "erasure"))
        assert "identity (subject)" in recorded.cctv(f"{ERASE} --yes", exit=13).err
        assert len(minutes(recorded)) == 6
        asked = " ".join(recorded.cctv(f"request ask {ONE} --dry-run").out.split())
        assert "wat gewist is, kan niet worden teruggehaald" in asked

    def test_nothing_is_erased_without_the_point_of_the_article(self, recorded):
        identified(recorded)
        refused = recorded.cctv(f"request answer {ONE} --no-letter --yes", exit=2)
        assert "Article 17(1)" in refused.err
        assert "no-longer-necessary, consent-withdrawn, objection-upheld, unlawful" in refused.err
        assert len(minutes(recorded)) == 6

    @pytest.mark.parametrize("more", ["", "--json"])
    def test_nothing_is_erased_where_nobody_agreed(self, recorded, more):
        identified(recorded)
        before = acts(recorded)
        refused = recorded.cctv(f"{ERASE} {more}", exit=13)
        assert "nobody agreed" in refused.out + refused.err
        assert (len(minutes(recorded)), acts(recorded)) == (6, before)
        assert recorded.cctv(f"request show {ONE} --json").json["request"]["answered"] is None

    @pytest.mark.parametrize(("typed", "code", "left"), [("n", 13, 6), ("", 13, 6), ("y", 0, 3)])
    def test_on_a_terminal_the_list_is_shown_and_a_yes_is_typed(self, recorded, monkeypatch, typed, code, left):
        identified(recorded)
        terminal = io.StringIO(f"{typed}\n")
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr("sys.stdin", terminal)
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        shown = recorded.cctv(ERASE, exit=code)
        assert "To be erased (unlawful)" in shown.out
        assert f"Delete 3 segments for good, and answer {ONE}? [y/N]" in shown.err
        assert len(minutes(recorded)) == left

    def test_the_ground_stands_with_the_order_and_in_the_log(self, recorded):
        identified(recorded)
        recorded.cctv(f"{ERASE} --yes")
        with read_transaction(recorded.open().engine) as connection:
            assert connection.scalar(select(schema.erasures.c.ground)) is ErasureGround.UNLAWFUL
        (ordered,) = [
            entry
            for entry in recorded.cctv(f"audit list --about {ONE} --json").json["entries"]
            if entry["act"] == "erasure.ordered"
        ]
        assert (ordered["facts"]["ground"], ordered["facts"]["segments"]) == ("unlawful", 3)

    def test_what_lies_outside_of_the_asked_span_is_listed_before_it_goes(self, recorded):
        minute = "--cameras foyer-1 --from '1/11 9:02:30' --to '1/11 9:03:10'"
        recorded.cctv(f"request open --no-prepare {WHO} --type erasure {minute}")
        recorded.cctv(f"request identity {ONE} --method known-address --checker 'A. Peeters'")

        shown = recorded.cctv(f"{ERASE} --dry-run --json").json["erased"]

        assert [(one["outside_before"], one["outside_after"]) for one in shown["list"]] == [(30, 0), (0, 50)]
        assert shown["outside_seconds"] == 80
        text = recorded.cctv(f"{ERASE}", exit=13).out
        assert "1 min 20 s outside of what was asked would be deleted too" in text
        assert "30.0 s before, 50.0 s after" in text
        assert len(minutes(recorded)) == 6
        recorded.cctv(f"{ERASE} --yes")
        assert minutes(recorded) == [0, 1, 4, 5]

    def test_who_else_is_likely_in_it_is_listed(self, recorded, clock):
        recorded.cctv(f"request open --no-prepare {WHO} --type erasure {SPAN}")
        recorded.cctv("request open --no-prepare --name Jan --contact j@x.be --cameras foyer-1 "
                      "--from '1/11 9:04' --to '1/11 9:10'")  # fmt: skip
        for title, at in (("fiets", "1/11 9:05"), ("jas", "3/10 9:00"), ("ruit", "1/10 9:00")):
            recorded.cctv(f"incident open {title} --kind theft --cameras foyer-1 --from '{at}' --to +5m")
        recorded.cctv("incident open lamp --kind damage --cameras gang-2 --from '1/11 9:03' --to '1/11 9:04'")
        recorded.cctv("incident settle INC-2026-002 --reason found --yes")
        recorded.cctv(f"request identity {ONE} --method known-address --checker 'A. Peeters'")

        shown = recorded.cctv(f"{ERASE} {KEEP} --dry-run --json").json["erased"]

        assert [(case["id"], case["is_open"], case["touched"]) for case in shown["others"]] == [
            ("REQ-2026-002", True, True),
            ("INC-2026-002", False, False),  # a month before, settled
            ("INC-2026-001", True, False),
        ]

    def test_more_than_was_shown_is_never_erased(self, recorded):
        identified(recorded)
        site, outcome = recorded.open(), RequestOutcome(CaseOutcome.GRANTED, erasure=ErasureGround.UNLAWFUL)
        with read_transaction(site.engine) as connection:
            shown = plan_answer(connection, site, ONE, outcome).erasure
        recorded.cctv("incident open fiets --kind theft --cameras foyer-1 --from '1/11 8:00' --to '1/11 8:05'")

        with pytest.raises(ErasureChanged):
            answer_request(site, ONE, outcome, None, agreed=shown)
        assert len(minutes(recorded)) == 6

    def test_a_hold_is_no_ground_a_person_chooses_it(self, recorded):
        recorded.cctv("incident open fiets --kind theft --cameras foyer-1 --from '1/11 9:04' --to '1/11 9:06'")
        identified(recorded)
        refused = recorded.cctv(f"{ERASE} --yes", exit=13)
        assert "HOLD-2026-001 keep some of its footage" in refused.err
        assert "free-expression, legal-obligation, public-health, archiving, legal-claims" in refused.err
        recorded.cctv(f"{ERASE} --yes --outcome partly --ground excessive --reason x", exit=13)
        recorded.cctv(f"{ERASE} --yes --outcome partly --reason x", exit=13)
        assert len(minutes(recorded)) == 6

    def test_a_part_is_not_refused_while_all_of_it_would_go(self, recorded):
        identified(recorded)
        assert "nothing keeps any of its footage" in recorded.cctv(f"{ERASE} {KEEP} --yes", exit=2).err
        assert len(minutes(recorded)) == 6

    def test_its_ground_is_for_an_erasure_only(self, recorded):
        opened(recorded, "access")
        recorded.cctv(
            f"request answer {ONE} --no-letter --erasure-ground unlawful --outcome not-identifiable --reason x", exit=2
        )

    def test_a_dry_run_says_what_would_go_and_deletes_nothing(self, recorded):
        identified(recorded)
        said = recorded.cctv(f"{ERASE} --dry-run --json").json
        assert (said["erased"]["segments"], said["erased"]["ground"]) == (3, "unlawful")
        assert len(minutes(recorded)) == 6

    def test_its_letter_goes_and_then_nobody_is_named_any_more(self, recorded):
        identified(recorded)
        assert needs(recorded.cctv(f"{ERASE} --yes --json").json) == ["send"]
        assert recorded.cctv(f"request show {ONE} --json").json["request"]["state"] == "answered"

        recorded.cctv(f"request sent {ONE} --letter answer")

        said = recorded.cctv(f"request show {ONE} --json").json["request"]
        assert (said["state"], said["outcome"], said["name"], said["parties"]) == ("forgotten", "granted", None, [])
        assert "(forgotten)" in recorded.cctv("request list --all").out

    def test_a_letter_that_nobody_reports_as_sent_keeps_its_address_four_weeks(self, recorded, clock):
        identified(recorded)
        recorded.cctv(f"{ERASE} --yes")
        clock.advance(days=28)
        assert "REQ-2026-001 forgotten" in recorded.cctv("sweep --once").out

    def test_refused_it_deletes_nothing(self, recorded):
        opened(recorded, "erasure")
        why = "--ground legal-claims --reason 'the insurer claims on it'"
        recorded.cctv(f"request answer {ONE} --no-letter --outcome refused {why}")
        assert len(minutes(recorded)) == 6
        assert recorded.cctv("hold list --json").json["holds"] == []

    def test_it_is_not_closed_as_granted_while_its_footage_is_there(self, recorded):
        identified(recorded)
        refused = recorded.cctv(f"request close {ONE} --outcome granted", exit=13)
        assert f"cctv request answer {ONE} --erasure-ground" in refused.err
        assert recorded.cctv("hold list --json").json["holds"]

    def test_an_answer_that_erases_nothing_needs_no_check(self, recorded):
        opened(recorded, "erasure")
        recorded.cctv(f"request answer {ONE} --no-letter --outcome not-identifiable --reason 'nobody in a red coat'")
        assert len(minutes(recorded)) == 6


class TestRestriction:
    def test_it_stands_after_its_answer_until_the_person_lifts_it(self, recorded, clock):
        opened(recorded, "restriction")
        assert recorded.cctv(f"request answer {ONE} --no-letter --json").json["request"]["state"] == "restricted"
        clock.advance(days=60)
        recorded.cctv("sweep --once")
        assert minutes(recorded) == [2, 3, 4]

        recorded.cctv(f"request lift {ONE} --no-letter --reason 'she wrote that it may end'")
        recorded.cctv("sweep --once")

        assert minutes(recorded) == []
        said = recorded.cctv(f"request show {ONE} --json").json
        assert (said["request"]["state"], said["request"]["outcome"]) == ("closed", "granted")
        assert said["blocks"][0]["lifted"]

    def test_it_yields_to_one_case_on_a_named_ground_and_the_person_is_told(self, recorded):
        opened(recorded, "restriction")
        recorded.cctv(f"request open --no-prepare --name Jan --contact j@example.be {SPAN}")
        recorded.cctv(f"request open --no-prepare --name Els --contact e@example.be {SPAN}")
        let = f"request yield {ONE} --to REQ-2026-002 --ground legal-claim --no-letter --recipient Acme "
        let += "--reference 2026/118 --reason claim"
        assert "none is named" in recorded.cctv(let, exit=2).err

        recorded.cctv(f"{let} --for 'A. Peeters'")

        recorded.cctv("redaction prepare REQ-2026-002 --dry-run")
        recorded.cctv("redaction prepare REQ-2026-003", exit=12)
        assert needs(recorded.cctv(f"request show {ONE} --json").json)[1] == "tell-yield"
        recorded.cctv(f"request sent {ONE} --letter yield")
        (block,) = recorded.cctv(f"request show {ONE} --json").json["blocks"]
        assert [(one["to"], one["ground"], bool(one["told"])) for one in block["yields"]] == [
            ("REQ-2026-002", "legal-claim", True)
        ]

    def test_it_never_yields_to_nothing_or_twice(self, recorded):
        opened(recorded, "restriction")
        recorded.cctv(f"request open --no-prepare --name Jan --contact j@example.be {SPAN}")
        let = f"request yield {ONE} --ground authority --no-letter --recipient court --reference 7 --reason x --for DPO"
        let += " --to"
        recorded.cctv(f"{let} {ONE}", exit=2)
        recorded.cctv(f"{let} REQ-2026-002")
        assert "yields to REQ-2026-002 already" in recorded.cctv(f"{let} REQ-2026-002", exit=2).err
        recorded.cctv(f"{let} REQ-2026-009", exit=2)


class TestObjection:
    def test_it_is_not_answered_before_it_is_decided(self, recorded):
        assert needs(opened(recorded, "objection")) == ["receipt", "decision"]
        assert "objection" in recorded.cctv(f"request answer {ONE} --no-letter", exit=2).err

    def test_rejected_its_grounds_are_recorded_and_the_block_ends_with_the_answer(self, recorded):
        opened(recorded, "objection")
        recorded.cctv(f"request reject {ONE} --reason 'the footage proves who broke the window'")
        recorded.cctv(f"request answer {ONE} --no-letter --outcome refused", exit=2)

        done = recorded.cctv(
            f"request answer {ONE} --no-letter --outcome refused --reason 'it proves who broke the window' --json"
        )

        assert done.json["request"]["ground"] == "compelling-grounds"
        assert recorded.cctv(f"request show {ONE} --json").json["blocks"][0]["lifted"]
        assert len(minutes(recorded)) == 6

    def test_upheld_it_is_never_refused(self, recorded):
        opened(recorded, "objection")
        recorded.cctv(f"request uphold {ONE} --reason 'the camera sees into the flat'")
        why = "--ground excessive --reason no"
        assert (
            "does not end as" in recorded.cctv(f"request answer {ONE} --no-letter --outcome refused {why}", exit=2).err
        )

    def test_it_is_upheld_only_once_it_is_known_which_footage_that_is(self, recorded):
        recorded.cctv(f"request open --no-prepare {WHO} --type objection")
        for dry in ("--dry-run", ""):
            told = recorded.cctv(f"request uphold {ONE} --reason 'it sees into the flat' {dry}", exit=13).err
            assert f"cctv request scope {ONE}" in told

        recorded.cctv(f"request scope {ONE} {SPAN} --reason 'she wrote when'")
        recorded.cctv(f"request uphold {ONE} --reason 'it sees into the flat'")

    def test_taken_back_it_ends(self, recorded):
        opened(recorded, "objection")
        recorded.cctv(f"request lift {ONE} --no-letter --reason 'he rang: it is settled'")
        assert recorded.cctv("hold list --json").json["holds"] == []


class TestRectification:
    def test_a_statement_stands_beside_footage_whose_pixels_do_not_change(self, recorded):
        before = [segment.sha256 for segment in recorded.footage("foyer-1")]
        assert needs(opened(recorded, "rectification")) == ["receipt", "statement", "answer"]
        assert "statement" in recorded.cctv(f"request answer {ONE} --no-letter", exit=13).err

        recorded.cctv(f"request statement {ONE} --text 'I held the door for a colleague.'")
        recorded.cctv(f"request answer {ONE} --no-letter")

        assert "I held the door" in recorded.cctv(f"request show {ONE}").out
        assert [segment.sha256 for segment in recorded.footage("foyer-1")] == before


class TestComplaint:
    def test_it_is_answered_with_its_outcome(self, recorded):
        opened(recorded, "complaint")
        recorded.cctv(f"request answer {ONE} --no-letter --outcome no-footage", exit=2)
        recorded.cctv(
            f"request answer {ONE} --no-letter --outcome refused --ground not-founded --reason 'the sign hangs there'"
        )
        assert recorded.cctv(f"request show {ONE} --json").json["request"]["ground"] == "not-founded"


class TestWhoAsks:
    MINOR = "--under-16"
    GUARDIAN = "--as guardian --by 'Jan Smet' --by-contact jan@example.be"

    def test_a_childs_request_is_registered_and_its_answer_waits_for_the_guardians_mandate(self, recorded):
        assert "mandate" in needs(opened(recorded, "erasure", self.MINOR))
        assert "mandate (guardian)" in recorded.cctv(f"request answer {ONE} --no-letter", exit=13).err

        said = recorded.cctv(
            f"request mandate {ONE} {self.GUARDIAN} --mandate parental-authority --mandated 1/9/2018 --json"
        ).json
        assert "mandate" not in needs(said)
        recorded.cctv(f"request identity {ONE} --method document-seen --checker 'A. Peeters'")
        recorded.cctv(f"{ERASE} --yes")

    @pytest.mark.parametrize("more", ["--deliver-to 'Kerkstraat 1, Gent'", f"{GUARDIAN} --mandate guardianship "
                                      "--mandated 1/9/2020"])  # fmt: skip
    def test_another_address_and_whoever_acts_force_a_check(self, recorded, more):
        assert "identity" in needs(opened(recorded, "erasure", more))
        assert "identity" in recorded.cctv(f"request answer {ONE} --no-letter", exit=13).err
        recorded.cctv(f"request identity {ONE} --method document-seen --checker 'A. Peeters'")
        recorded.cctv(f"{ERASE} --yes")

    def test_a_nominee_forces_a_check_of_both(self, recorded):
        nominee = "--as nominee --by 'Mr. X' --by-contact x@bar.be --by-country BE"
        nominee += " --mandate express-demand --mandated 31/10/2026"
        said = opened(recorded, "erasure", nominee)
        assert [one["about"] for one in said["missing"] if one["need"] == "identity"] == ["subject", "nominee"]
        recorded.cctv(f"request identity {ONE} --method known-address --checker 'A. Peeters'")
        recorded.cctv(f"request identity {ONE} --role nominee --method bar-membership --checker 'A. Peeters'")
        recorded.cctv(f"{ERASE} --yes")

    def test_the_known_address_typed_again_forces_nothing(self, recorded):
        assert "identity" not in needs(opened(recorded, "access", "--deliver-to Quirina@example.be"))

    def test_a_check_leaves_method_day_and_checker(self, recorded):
        opened(recorded, "erasure")
        recorded.cctv(f"request identity {ONE} --method eid --checker 'A. Peeters' --checked 31/10")
        assert recorded.cctv(f"request show {ONE} --json").json["identity"] == [
            {"role": "subject", "method": "eid", "checked": "2026-10-31", "checker": "A. Peeters"}
        ]
        recorded.cctv(f"request identity {ONE} --method eid --checker X --checked 2/11/2026", exit=2)
        recorded.cctv(f"request identity {ONE} --method eid --checker X --role proxy", exit=2)

    def test_nothing_that_is_missing_keeps_a_request_from_being_refused(self, recorded):
        opened(recorded, "erasure", self.MINOR)
        why = "--ground identity-not-shown --reason 'no guardian answered our letter'"
        recorded.cctv(f"request answer {ONE} --no-letter --outcome refused {why}")


class TestRefusing:
    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ("--outcome refused --reason 'we never do that'", "A refusal needs its ground"),
            ("--outcome refused --ground excessive", "Article 12(4)"),
            ("--outcome refused --ground compelling-grounds --reason x", "cannot stand on"),
            ("--outcome granted --ground excessive --reason x", "cannot stand on"),
            ("--outcome not-identifiable", "Article 12(4)"),
        ],
    )
    def test_it_needs_a_ground_of_the_law_and_its_reason(self, recorded, given, message):
        opened(recorded, "access")
        assert message in recorded.cctv(f"request answer {ONE} --no-letter {given}", exit=2).err
        assert recorded.cctv(f"request show {ONE} --json").json["request"]["state"] == "open"

    def test_there_is_no_blanket_ground(self, recorded):
        opened(recorded, "access")
        recorded.cctv(f"request answer {ONE} --no-letter --outcome refused --ground policy --reason x", exit=2)

    def test_no_footage_is_not_said_while_there_is_some(self, recorded):
        opened(recorded, "access")
        assert (
            "there is footage" in recorded.cctv(f"request answer {ONE} --no-letter --outcome no-footage", exit=13).err
        )


class TestExtending:
    EXTEND = f"request extend {ONE} --no-letter --ground complexity --reason 'forty people in the picture'"

    def test_the_deadline_moves_when_the_person_was_told(self, recorded, clock):
        opened(recorded, "access")
        recorded.cctv(self.EXTEND)
        assert recorded.cctv(f"request show {ONE} --json").json["request"]["due"] == "2026-12-01T22:59:59.000Z"
        clock.set("2026-12-01 23:00")
        recorded.cctv(f"request sent {ONE} --letter extension")
        assert recorded.cctv(f"request show {ONE} --json").json["request"]["due"] == "2027-02-01T22:59:59.000Z"

    def test_it_is_given_once(self, recorded):
        opened(recorded, "access")
        recorded.cctv(self.EXTEND)
        recorded.cctv(f"request sent {ONE} --letter extension")
        assert "there is one extension" in recorded.cctv(self.EXTEND, exit=2).err

    def test_it_is_never_given_or_told_after_the_first_period(self, recorded, clock):
        opened(recorded, "access")
        recorded.cctv(self.EXTEND)
        clock.set("2026-12-02 00:01")
        assert "inside the first period" in recorded.cctv(f"request sent {ONE} --letter extension", exit=2).err
        recorded.cctv(f"request open --no-prepare {WHO} {SPAN.replace('1/11', '19/10/2026')} --received 20/10/2026")
        recorded.cctv(self.EXTEND.replace(ONE, "REQ-2026-002"), exit=2)

    def test_only_an_extension_that_was_decided_is_told(self, recorded):
        opened(recorded, "access")
        recorded.cctv(f"request sent {ONE} --letter extension", exit=2)
        recorded.cctv(self.EXTEND)
        recorded.cctv(f"request sent {ONE} --letter extension --on 30/10", exit=2)
