"""What was typed wrong is corrected with a reason; deadline, hold and block follow, and the log has no name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from cctv.cases.corrections import DisclosureCorrection, corrected_disclosure
from cctv.cases.requests.deadlines import corrected_due
from cctv.cases.requests.needs import identities_missing
from cctv.core.i18n import Language
from cctv.core.time_range import Span
from cctv.db import schema
from cctv.model.cases import AccessRequest, RequestState, RequestType
from cctv.model.disclosures import Disclosure, Duty, Receiver, Recipient
from cctv.model.ids import CameraId, DisclosureId, RequestId
from cctv.model.legal import Area
from cctv.model.requests import Extension, ExtensionGround, IdentityCheck, IdentityMethod, Party, RequesterRole

pytestmark = pytest.mark.slow

SPAN = "--cameras foyer-1 --from '2026-11-01 11:00' --to '2026-11-01 11:02'"
LATER = "--from '2026-11-01 11:04' --to '2026-11-01 11:06'"
REQUEST = f"request open --no-prepare --name 'An Petres' --contact an@example.org {SPAN} --type"
INCIDENT = f"incident open ruit --kind damage {SPAN}"
DISCLOSURE = (
    "disclosure open --recipient police --duty ordered --authority 'Politie Oostende' --reference 7 "
    f"--country BE --order-by magistrate --order-number 46 --order-on 1/11/2026 {SPAN}"
)
ZONE = ZoneInfo("Europe/Brussels")
AT = datetime(2026, 11, 1, 11, 0, tzinfo=UTC)


@pytest.fixture
def recorded(site):
    site.record("foyer-1", "2026-11-01 11:00", minutes=6)
    return site


def two_persons(site):
    site.config.write_text(site.config.read_text().replace('["export.unredacted"]', '["hold.release"]'))


def holds(site):
    return {hold["id"]: hold["start"][11:16] for hold in site.cctv("hold list --json").json["holds"]}


def show(site, request="REQ-2026-001"):
    return site.cctv(f"request show {request} --json").json


def entry(site, act):
    entries = site.cctv("audit list --last 100 --json").json["entries"]
    (only,) = (item for item in entries if item["act"] == act)
    return only


def test_a_name_is_corrected_and_neither_name_is_in_the_log(recorded):
    recorded.cctv(f"{REQUEST} access")

    told = recorded.cctv("request correct REQ-2026-001 --name 'An Peeters' --reason 'two letters were swapped'")

    assert "REQ-2026-001 corrected: name." in told.out
    assert show(recorded)["request"]["name"] == "An Peeters"
    logged = entry(recorded, "request.corrected")
    assert logged["facts"] == {"fields": ["name"]}
    assert "Pe" not in str(logged)


def test_the_day_of_receipt_moves_the_deadline_and_the_review_of_the_hold(recorded, clock):
    clock.set("2026-11-20 12:00")
    recorded.cctv(f"{REQUEST} access --received 20/11/2026")
    assert show(recorded)["request"]["due"].startswith("2026-12-20")

    told = recorded.cctv("request correct req-2026-0001 --received 10/11/2026 --reason 'it lay at the counter'")

    assert "Answer by Thu 10/12/2026" in told.out
    file = show(recorded)
    assert file["request"]["due"].startswith("2026-12-10")
    assert file["holds"][0]["review"] == file["request"]["due"]
    facts = entry(recorded, "request.corrected")["facts"]
    assert (facts["received_before"], facts["received"]) == ("2026-11-20", "2026-11-10")
    told = recorded.cctv("request correct REQ-2026-001 --received 21/11/2026 --reason typo", exit=2)
    assert "cannot have been received" in told.err


def test_an_extension_that_was_not_sent_yet_counts_from_the_corrected_receipt(recorded, clock):
    clock.set("2026-11-20 12:00")
    recorded.cctv(f"{REQUEST} access --received 20/11/2026")
    recorded.cctv("request extend REQ-2026-001 --no-letter --ground complexity --reason 'forty people in the picture'")

    recorded.cctv("request correct REQ-2026-001 --received 10/11/2026 --reason 'it lay at the counter'")
    recorded.cctv("request sent REQ-2026-001 --letter extension")

    assert show(recorded)["request"]["due"].startswith("2027-02-10")


def test_a_corrected_name_asks_nothing_of_the_footage(recorded):
    """The request was about footage to come, as an objection may be; that is no question of a name or a language."""
    ahead = SPAN.replace("2026-11-01", "2026-11-03")
    recorded.cctv(f"{REQUEST.replace(SPAN, ahead)} objection")
    opened = recorded.open()
    with opened.engine.begin() as connection:  # past the log, as an earlier version left it
        connection.execute(update(schema.requests).values(type=RequestType.ACCESS))

    recorded.cctv("request correct REQ-2026-001 --language fr --reason 'she wrote in French'")

    told = recorded.cctv("request correct REQ-2026-001 --type portability --reason 'she wants it as data'", exit=2)
    assert "2026-11-03" in told.err


DAYS = "--from '2026-10-29 11:00' --to '2026-11-01 11:00'"


@pytest.mark.parametrize(
    ("opening", "case"),
    [(INCIDENT, "incident"), (DISCLOSURE, "disclosure"), (f"{REQUEST} erasure", "request")],
)
def test_more_than_a_day_is_asked_about_when_a_case_is_opened_and_when_its_time_is_corrected(recorded, opening, case):
    wide = opening.replace(SPAN, f"--cameras foyer-1 {DAYS}")
    assert "more than 24 hours needs a yes" in recorded.cctv(wide, exit=13).err
    assert recorded.cctv(f"{case} list --all --json").json[f"{case}s"] == []
    recorded.cctv(f"{wide} --dry-run")
    recorded.cctv(opening)

    correct = f"{case} correct {case[:3]}-2026-001 --reason 'it was the week before'"
    assert "more than 24 hours needs a yes" in recorded.cctv(f"{correct} {DAYS}", exit=13).err
    assert holds(recorded) == {"HOLD-2026-001": "10:00"}
    recorded.cctv(f"{correct} {DAYS} --dry-run")
    recorded.cctv(f"{correct} {DAYS} --yes")
    recorded.cctv(f"{correct} --cameras foyer-1,gang-2 --yes")


def test_only_the_cameras_of_a_request_make_its_footage_more(recorded):
    half = "--from '2026-11-01 00:00' --to '2026-11-01 18:00'"
    for opening in (INCIDENT, f"{REQUEST} erasure"):
        recorded.cctv(opening.replace(SPAN, f"--cameras foyer-1 {half}"))

    recorded.cctv("incident correct INC-2026-001 --cameras foyer-1,gang-2 --reason 'the corridor too'")
    told = recorded.cctv("request correct REQ-2026-001 --cameras foyer-1,gang-2 --reason 'the corridor too'", exit=13)
    assert "more than 24 hours needs a yes" in told.err


def test_a_corrected_span_is_held_before_the_old_hold_goes(recorded):
    recorded.cctv(f"{REQUEST} restriction")

    told = recorded.cctv(f"request correct REQ-2026-001 {LATER} --reason 'four minutes later'")

    assert "HOLD-2026-002 keeps its footage now." in told.out
    assert "released: HOLD-2026-001" in told.out
    assert holds(recorded) == {"HOLD-2026-002": "10:04"}
    acts = [item["act"] for item in recorded.cctv("audit list --last 20 --json").json["entries"]]
    assert acts.index("hold.released") > len(acts) - acts[::-1].index("hold.placed") - 1
    assert [block["start"][11:16] for block in show(recorded)["blocks"] if not block["lifted"]] == ["10:04"]


def test_the_old_hold_waits_for_the_second_person_who_releases_it(recorded, acting):
    two_persons(recorded)
    acting("first")
    recorded.cctv(f"{REQUEST} access")

    told = recorded.cctv(f"request correct REQ-2026-001 {LATER} --reason 'four minutes later'", exit=3)

    assert "First signature recorded: HOLD-2026-001 stays until a second person releases it." in told.out
    assert sorted(holds(recorded)) == ["HOLD-2026-001", "HOLD-2026-002"]
    acting("second")
    recorded.cctv("hold release HOLD-2026-001 --reason 'the time was typed wrong'")
    assert sorted(holds(recorded)) == ["HOLD-2026-002"]


@pytest.mark.parametrize(
    ("open_", "correct", "act"),
    [
        (f"{REQUEST} access", "request correct REQ-2026-001", "request.corrected"),
        (INCIDENT, "incident correct INC-2026-001", "incident.corrected"),
        (DISCLOSURE, "disclosure correct DIS-2026-001", "disclosure.corrected"),
    ],
)
def test_the_entry_of_another_time_names_cameras_and_span_before_and_after(recorded, open_, correct, act):
    recorded.cctv(open_)

    recorded.cctv(f"{correct} {LATER} --reason 'four minutes later'")

    facts = entry(recorded, act)["facts"]
    assert facts["fields"] == ["span"]
    assert (facts["cameras_before"], facts["cameras"]) == (["foyer-1"], ["foyer-1"])
    assert (facts["span_before"][11:16], facts["span"][11:16]) == ("10:00", "10:04")


@pytest.mark.parametrize(("opening", "case"), [(INCIDENT, "incident"), (DISCLOSURE, "disclosure")])
def test_the_first_signature_of_a_correction_is_done_in_part(recorded, acting, opening, case):
    two_persons(recorded)
    acting("first")
    recorded.cctv(opening)

    told = recorded.cctv(f"{case} correct {case[:3]}-2026-001 {LATER} --reason 'four minutes later' --json", exit=3)

    assert told.json["kept"] == ["HOLD-2026-001"]


def test_a_wider_span_needs_no_second_person_because_nothing_is_lost(recorded, acting):
    two_persons(recorded)
    recorded.cctv(f"{REQUEST} access")

    wider = "--from '2026-11-01 11:00' --to '2026-11-01 11:06'"
    recorded.cctv(f"request correct REQ-2026-001 {wider} --reason 'she stayed longer'")

    assert sorted(holds(recorded)) == ["HOLD-2026-002"]


def test_a_restriction_that_was_an_access_request_stays_blocked_until_somebody_decides(recorded):
    recorded.cctv(f"{REQUEST} restriction")

    told = recorded.cctv("request correct REQ-2026-001 --type access --reason 'she wants a copy'")

    assert "cctv request lift REQ-2026-001" in told.err
    assert [block["lifted"] for block in show(recorded)["blocks"]] == [None]
    assert sorted(holds(recorded)) == ["HOLD-2026-001"]
    recorded.cctv("request lift REQ-2026-001 --reason 'the DPO decided'")
    file = show(recorded)
    assert (file["request"]["type"], file["request"]["state"]) == ("access", "open")
    assert file["blocks"][0]["lifted"] is not None
    assert sorted(holds(recorded)) == ["HOLD-2026-001"]
    recorded.cctv("request lift REQ-2026-001 --reason again", exit=2)


def test_an_access_request_that_was_a_restriction_is_blocked_at_once(recorded):
    recorded.cctv(f"{REQUEST} access")

    recorded.cctv("request correct REQ-2026-001 --type beperking --reason 'she asked for that'")

    assert [block["kind"] for block in show(recorded)["blocks"]] == ["restriction"]
    recorded.cctv(f"incident open tas --kind theft {SPAN}")
    looking = "footage extract --case INC-2026-001 --camera foyer-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'"
    assert "restriction" in recorded.cctv(looking, exit=12).err


def test_another_address_asks_for_a_check_and_an_earlier_check_counts_no_more(recorded, clock):
    recorded.cctv(f"{REQUEST} access")
    recorded.cctv("request identity REQ-2026-001 --method known-address --checker 'A. Peeters'")
    clock.advance(hours=1)

    told = recorded.cctv("request correct REQ-2026-001 --contact ann@example.org --reason 'a letter was missing'")

    assert "cctv request identity REQ-2026-001" in told.err
    assert [step["need"] for step in show(recorded)["missing"] if step["must"]] == ["identity"]
    recorded.cctv("request identity REQ-2026-001 --method document-seen --checker 'A. Peeters'")
    assert [step["need"] for step in show(recorded)["missing"] if step["must"]] == []


REFUSE = "request answer REQ-2026-001 --outcome refused --reason 'it is of others' --ground"
CHECK = "request identity REQ-2026-001 --method document-seen --checker 'A. Peeters'"
INVITE = "request invite REQ-2026-001 --at '4/11 10u' --place balie --host 'A. Peeters'"


def musts(site):
    return [step["need"] for step in show(site)["missing"] if step["must"]]


def test_another_address_for_the_answer_asks_for_a_check_again(recorded, clock):
    recorded.cctv(f"{REQUEST} access --deliver-to 'Kerkstraat 1, Gent'")
    recorded.cctv(CHECK)
    assert musts(recorded) == []
    clock.advance(hours=1)

    told = recorded.cctv("request correct REQ-2026-001 --deliver-to 'Kerkstraat 11, Gent' --reason 'a digit'")

    assert "cctv request identity REQ-2026-001" in told.err
    assert musts(recorded) == ["identity"]
    assert "identity (subject)" in recorded.cctv("request viewings REQ-2026-001", exit=13).err
    recorded.cctv(CHECK)
    assert musts(recorded) == []


def test_an_answer_to_the_known_address_after_all_asks_for_no_check(recorded):
    recorded.cctv(f"{REQUEST} access --deliver-to 'Kerkstraat 1, Gent'")
    assert musts(recorded) == ["identity"]

    recorded.cctv("request correct REQ-2026-001 --deliver-to an@example.org --reason 'she wants it by mail'")

    assert musts(recorded) == []


@pytest.mark.parametrize("command", [f"{REFUSE} excessive", f"{REFUSE} rights-of-others --dry-run", INVITE])
def test_no_refusal_and_no_invitation_goes_to_a_corrected_address_before_a_check(recorded, command):
    recorded.cctv(f"{REQUEST} access")
    recorded.cctv("request correct REQ-2026-001 --contact ann@example.org --reason 'a letter was missing'")

    told = recorded.cctv(command, exit=13)

    assert "identity (subject)" in told.err
    assert "cctv request identity REQ-2026-001 --role subject" in told.err
    assert show(recorded)["request"]["state"] == "open"
    assert not list((recorded.root / "letters").glob("*/*"))
    recorded.cctv(CHECK)
    recorded.cctv(command)


def test_whoever_does_not_show_who_they_are_is_refused_at_a_corrected_address_too(recorded):
    recorded.cctv(f"{REQUEST} access")
    recorded.cctv("request correct REQ-2026-001 --contact ann@example.org --reason 'a letter was missing'")

    recorded.cctv(f"{REFUSE} identity-not-shown")

    assert show(recorded)["request"]["outcome"] == "refused"


def test_a_refusal_to_the_known_address_waits_for_no_check(recorded):
    recorded.cctv(f"{REQUEST} access --deliver-to 'Kerkstraat 1, Gent'")

    recorded.cctv(f"{REFUSE} excessive")

    (letter,) = (recorded.root / "letters/REQ-2026-001").glob("*answer*.txt")
    assert "an@example.org" in letter.read_text()
    assert "Kerkstraat" not in letter.read_text()


def test_another_guardian_is_checked_again(recorded, clock):
    recorded.cctv(f"{REQUEST} access --under-16")
    guardian = "request mandate REQ-2026-001 --as guardian --mandate guardianship --mandated 1/9/2018"
    recorded.cctv(f"{guardian} --by 'Jan Smet' --by-contact jan@example.org")
    recorded.cctv("request identity REQ-2026-001 --role guardian --method document-seen --checker 'A. Peeters'")
    clock.advance(hours=1)

    recorded.cctv(f"{guardian} --by 'Piet Smet' --by-contact piet@example.org")

    assert [step["need"] for step in show(recorded)["missing"] if step["must"]] == ["identity"]


def test_a_dry_run_corrects_nothing_and_what_is_right_is_said(recorded):
    recorded.cctv(f"{REQUEST} access")

    told = recorded.cctv(f"request correct REQ-2026-001 {LATER} --reason typo --dry-run")

    assert "Would correct REQ-2026-001: span." in told.out
    assert holds(recorded) == {"HOLD-2026-001": "10:00"}
    assert not (recorded.root / "holds/HOLD-2026-002.json").exists()
    told = recorded.cctv("request correct REQ-2026-001 --name 'An Petres' --reason typo", exit=2)
    assert "Nothing of REQ-2026-001 would change" in told.err


def test_what_a_decision_rests_on_is_not_corrected_and_a_name_still_is(recorded):
    recorded.cctv(f"{REQUEST} objection")
    recorded.cctv("request uphold REQ-2026-001 --reason 'it saw into the flat'")

    told = recorded.cctv(f"request correct REQ-2026-001 {LATER} --reason typo", exit=13)
    assert "cannot be corrected any more" in told.err
    recorded.cctv("request correct REQ-2026-001 --name 'An Peeters' --reason typo")
    assert holds(recorded) == {"HOLD-2026-001": "10:00"}


def test_an_incident_is_corrected_and_its_hold_follows(recorded):
    recorded.cctv(f"{INCIDENT} --finder 'Jan Smet'")

    line = f"incident correct inc-2026-1 {LATER} --kind theft --finder 'Piet Smet' --reason 'the wrong minute'"
    told = recorded.cctv(line)

    assert "released: HOLD-2026-001" in told.out
    incident = recorded.cctv("incident show INC-2026-001 --json").json["incident"]
    assert (incident["kind"], incident["start"][11:16], incident["finder"]) == ("theft", "10:04", "Piet Smet")
    assert holds(recorded) == {"HOLD-2026-002": "10:04"}
    logged = entry(recorded, "incident.corrected")
    assert logged["facts"]["kind_before"] == "damage"
    assert "Smet" not in str(logged)
    recorded.cctv("incident settle INC-2026-001 --reason done --yes")
    recorded.cctv("incident correct INC-2026-001 --kind damage --reason typo", exit=2)


def test_a_disclosure_is_corrected_and_must_be_approved_again(recorded, acting):
    recorded.cctv(DISCLOSURE)
    acting("second")
    recorded.cctv("disclosure approve DIS-2026-001 --reason 'order read'")
    assert recorded.cctv("disclosure show DIS-2026-001 --json").json["disclosure"]["state"] == "approved"

    recorded.cctv(f"disclosure correct DIS-2026-001 {LATER} --reference 8 --reason 'the order says so'")

    disclosure = recorded.cctv("disclosure show DIS-2026-001 --json").json["disclosure"]
    assert (disclosure["reference"], disclosure["start"][11:16], disclosure["state"]) == ("8", "10:04", "open")
    assert holds(recorded) == {"HOLD-2026-002": "10:04"}
    assert entry(recorded, "disclosure.corrected")["facts"]["fields"] == ["reference", "span"]


@pytest.mark.parametrize("correction", [LATER, "--authority 'Politie Gent'", "--country FR", "--order-number 47"])
def test_what_a_disclosure_showed_is_not_corrected_and_its_reference_still_is(recorded, acting, correction):
    recorded.cctv(DISCLOSURE)
    acting("chief")
    recorded.cctv("disclosure approve DIS-2026-001 --reason 'order read'")
    recorded.cctv("disclosure viewed DIS-2026-001")
    shown = recorded.cctv("disclosure show DIS-2026-001 --json").json

    told = recorded.cctv(f"disclosure correct DIS-2026-001 {correction} --reason typo", exit=13)

    assert "DIS-2026-001 is handed over" in told.err
    assert recorded.cctv("disclosure show DIS-2026-001 --json").json == shown
    recorded.cctv("disclosure correct DIS-2026-001 --reference 8 --reason typo")
    assert recorded.cctv("disclosure show DIS-2026-001 --json").json["disclosure"]["state"] == "handed over"


@pytest.mark.parametrize("correction", [LATER, "--authority Notaris", "--reference 8"])
def test_what_was_shown_on_a_request_is_not_corrected(recorded, correction):
    recorded.cctv(f"{REQUEST} access")
    recorded.cctv("disclosure viewed REQ-2026-001")

    told = recorded.cctv(f"disclosure correct DIS-2026-001 {correction} --reason typo", exit=2)

    assert "DIS-2026-001 records what was given on REQ-2026-001" in " ".join(told.err.split())
    assert "cctv request correct REQ-2026-001" in told.err


@pytest.mark.parametrize("kind", ["access", "erasure", "restriction", "objection", "complaint"])
def test_a_request_that_is_taken_back_ends_as_withdrawn(recorded, kind):
    recorded.cctv(f"{REQUEST} {kind}")

    told = recorded.cctv("request withdraw REQ-2026-001 --reason 'e-mail of today'")

    assert "REQ-2026-001 is withdrawn; released: HOLD-2026-001." in told.out
    file = show(recorded)
    assert (file["request"]["state"], file["request"]["outcome"]) == ("withdrawn", "withdrawn")
    assert file["request"]["name"] == "An Petres"
    assert all(block["lifted"] for block in file["blocks"])
    assert holds(recorded) == {}
    letter = (recorded.root / "letters/REQ-2026-001/REQ-2026-001-withdrawn.txt").read_text()
    assert "ingetrokken" in letter
    assert entry(recorded, "request.closed")["facts"]["outcome"] == "withdrawn"
    recorded.cctv("request sent REQ-2026-001 --letter withdrawn")
    recorded.cctv("request withdraw REQ-2026-001 --reason again", exit=2)


def test_a_withdrawal_needs_two_persons_where_the_policy_does(recorded, acting):
    two_persons(recorded)
    acting("first")
    recorded.cctv(f"{REQUEST} access")

    told = recorded.cctv("request withdraw REQ-2026-001 --reason 'e-mail of today'", exit=3)
    assert "First signature recorded" in told.out
    assert show(recorded)["request"]["state"] == "open"
    assert not list((recorded.root / "letters").glob("*/*"))

    acting("second")
    recorded.cctv("request withdraw REQ-2026-001 --reason 'e-mail of today'")
    assert show(recorded)["request"]["state"] == "withdrawn"


def test_who_took_an_erasure_back_is_forgotten_four_weeks_later(recorded, clock):
    recorded.cctv(f"{REQUEST} erasure")
    recorded.cctv("request withdraw REQ-2026-001 --reason 'e-mail of today'")
    clock.advance(days=27)
    recorded.cctv("sweep --once")
    assert show(recorded)["request"]["name"] == "An Petres"

    clock.advance(days=1)
    recorded.cctv("sweep --once")
    assert show(recorded)["request"]["state"] == "forgotten"


# The pure rules.


def test_an_extension_counts_where_the_person_was_told_in_time_after_the_correction():
    sent = Extension(ExtensionGround.NUMBER, AT, AT, "test", sent=datetime(2026, 11, 25, tzinfo=UTC))
    days = {
        (date(2026, 11, 1), None): date(2026, 12, 1),
        (date(2026, 11, 1), sent): date(2027, 2, 1),
        (date(2026, 10, 20), sent): date(2026, 11, 19),  # the letter went too late for that receipt
        (date(2026, 11, 1), replace(sent, sent=None)): date(2026, 12, 1),
    }

    for (received, extension), due in days.items():
        at = datetime(received.year, received.month, received.day, tzinfo=ZONE)
        assert corrected_due(at, extension, ZONE).astimezone(ZONE).date() == due


@pytest.mark.parametrize(
    ("renamed", "moved", "missing"),
    [(None, None, False), (None, 9, False), (None, 11, True), (9, 9, False), (11, 9, True)],
)
def test_a_check_counts_when_it_came_after_the_correction(renamed, moved, missing):
    def hour(value):
        return None if value is None else AT.replace(hour=value)

    subject = Party(RequesterRole.SUBJECT, "An", "an@example.org", renamed=hour(renamed), moved=hour(moved))
    check = IdentityCheck(RequesterRole.SUBJECT, IdentityMethod.EID, AT.date(), "A", hour(10), "test")
    request = AccessRequest(
        RequestId("REQ-2026-001"), RequestType.ACCESS, RequestState.OPEN, Language.NL, (CameraId("foyer-1"),),
        Span(AT, AT.replace(hour=12)), AT, AT, AT, "test", parties=(subject,),
    )  # fmt: skip

    assert bool(identities_missing(request, [check])) is missing


def test_an_officers_name_leaves_an_approval_and_another_order_does_not():
    receiver = Receiver("Politie", "", "7", "BE", order_by="magistrate", order_number="46", order_on="2026-11-01")
    approved = Disclosure(
        DisclosureId("DIS-2026-001"), Recipient.POLICE, Duty.ORDERED, receiver,
        (CameraId("foyer-1"),), Span(AT, AT.replace(hour=12)), AT, "test", approved=AT, approved_by="second",
    )  # fmt: skip

    def corrected(correction):
        return corrected_disclosure(approved, correction, Area.EU, AT.date())

    assert corrected(DisclosureCorrection(officer="J. Claes")).approved == AT
    assert corrected(DisclosureCorrection(order_number="88")).approved is None
