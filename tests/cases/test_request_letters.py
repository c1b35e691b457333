"""The letters of a request: made of the case, kept under its id, in its language, to who asks."""

import json
import subprocess
from datetime import UTC, datetime

import pytest

from cctv.cases.footage_status import DeletedFootage, FootageStatus
from cctv.cases.requests.no_footage import absences
from cctv.core.time_range import Span
from cctv.model.footage import Reason
from cctv.model.ids import CameraId

pytestmark = pytest.mark.slow

WHO = "--name 'Quirina Zandvoort' --contact 'Kerkstraat 12, 8400 Oostende'"
SPAN = "--cameras foyer-1 --from '1/11 9:00' --to '1/11 9:02'"
ONE = "REQ-2026-001"
CHECK = "identity {} --method known-address --checker 'A. Peeters'"
ERASE = f"request answer {ONE} --erasure-ground unlawful"


@pytest.fixture
def asked(site, clock):
    """A request of some type over two minutes of the foyer; `more` are other options of `open`."""
    clock.set("2026-11-01 12:00")

    def ask(kind, more="", *, recorded=True):
        if recorded:
            site.record("foyer-1", "2026-11-01 09:00", minutes=2)
        site.cctv(f"request open --no-prepare {WHO} --type {kind} {SPAN} {more}")

    return ask


def plain(text):
    """On one line, for a letter wraps where it likes and joins numbers to their months."""
    return " ".join(text.split())


def text_of(site, said):
    path = site.root / said["letters"][0]
    assert path.read_bytes().startswith(b"%PDF")
    return plain(path.with_suffix(".txt").read_text())


def test_a_receipt_says_when_the_answer_is_due_and_that_nobody_looks_meanwhile(site, asked):
    asked("restriction")
    text = text_of(site, site.cctv(f"request receipt {ONE} --json").json)
    assert "Quirina Zandvoort" in text
    assert "8400 Oostende" in text
    assert "1 december 2026" in text
    assert "receipt" not in [one["need"] for one in site.cctv(f"request show {ONE} --json").json["missing"]]


def test_letters_are_in_the_persons_language(site, asked):
    asked("access", "--language fr")
    assert "demande" in site.cctv(f"request receipt {ONE} --dry-run --json").json["text"]


def test_a_proxy_writes_for_the_person_whom_the_letter_names(site, asked):
    asked("access", "--as proxy --by 'Mr Smet' --by-contact m@bar.be --mandate power-of-attorney --mandated 30/10/2026")
    text = site.cctv(f"request receipt {ONE} --dry-run --json").json["text"]
    assert "Mr Smet" in text
    assert "Quirina Zandvoort" in text


def test_a_second_letter_of_a_kind_never_takes_the_place_of_the_first(site, asked):
    asked("access")
    first, second = (site.cctv(f"request receipt {ONE} --json").json["letters"] for _ in range(2))
    assert (first, second) == ([f"letters/{ONE}/{ONE}-receipt.pdf"], [f"letters/{ONE}/{ONE}-receipt-2.pdf"])


def test_no_footage_is_answered_with_its_cause_and_a_statement_that_openssh_verifies(site, asked):
    asked("access", recorded=False)

    text = text_of(site, site.cctv(f"request answer {ONE} --outcome no-footage --json").json)

    folder = site.root / "letters" / ONE
    statement = json.loads((folder / "statement.json").read_bytes())
    assert [one["cause"] for one in statement["absences"]] == ["not recorded"]
    assert statement["log"]["hash"][:8] in text
    command = ["ssh-keygen", "-Y", "verify", "-f", folder / "allowed_signers", "-I", "cctv", "-n", "cctv-package",
               "-s", folder / "statement.json.sig"]  # fmt: skip
    checked = subprocess.run(command, input=(folder / "statement.json").read_bytes(), capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_what_expired_is_proved_by_its_tombstones(site, clock, asked):
    site.record("foyer-1", "2026-10-01 09:00", minutes=1)
    asked("access", recorded=False)
    site.cctv("sweep --once")
    site.cctv(
        "request open --no-prepare --name An --contact a@x.be --cameras foyer-1 --from '1/10 9:00' --to '1/10 9:01'"
    )
    site.cctv("request answer REQ-2026-002 --outcome no-footage")
    statement = json.loads((site.root / "letters/REQ-2026-002/statement.json").read_bytes())
    (stone,) = statement["deletions"]
    assert (stone["cause"], stone["camera"]) == ("expired", "foyer-1")


@pytest.mark.parametrize(
    ("kind", "before", "answer", "says"),
    [
        ("access", "", "--outcome not-identifiable --reason 'wij zien niemand in een rode jas'", "rode jas"),
        ("access", "", "--outcome not-identifiable --reason 'niemand'", "uiterlijk op 29 november 2026 gewist"),
        ("access", "", "--outcome refused --ground criminal-investigation --reason 'parket, dossier 7'", "artikel 23"),
        ("restriction", "", "--basis legal-claim", "artikel 18"),
        ("objection", "reject {} --reason 'de ruit'", "--outcome refused --reason 'wie brak de ruit' --balance 'kort'",
         "artikel 21"),
        ("rectification", "statement {} --text 'ik hield de deur open'", "", "ik hield de deur open"),
        ("erasure", CHECK, "--erasure-ground unlawful", "gewist"),
        ("complaint", "", "--reason 'de straat was te zien' --measures 'zij is afgedekt'", "gegrond is. Waarom"),
        ("complaint", "", "--outcome partly --reason 'soms' --measures 'afgedekt'", "gedeeltelijk gegrond is"),
        ("complaint", "", "--outcome refused --ground not-founded --reason 'het bord hangt er'", "geen aanleiding"),
    ],
)  # fmt: skip
def test_every_answer_has_its_letter(site, asked, kind, before, answer, says):
    asked(kind)
    if before:
        site.cctv(f"request {before.format(ONE)}")
    assert says in plain(site.cctv(f"request answer {ONE} {answer} --dry-run --json").json["text"])


def test_what_waits_for_a_hold_is_named_in_the_letter(site, asked):
    asked("erasure")
    site.cctv("incident open fiets --kind theft --cameras foyer-1 --from '1/11 9:01' --to '1/11 9:02'")
    site.cctv(f"request {CHECK.format(ONE)}")
    keep = "--outcome partly --ground legal-claims --reason 'de verzekeraar vraagt ze'"
    text = plain(site.cctv(f"{ERASE} {keep} --dry-run --json").json["text"])
    assert "9.01" in text or "09:01" in text or "9:01" in text, text
    assert "bewaard voor een vastgelegd incident dat nog niet is afgehandeld" in text
    assert "artikel 17, lid 3, onder e)" in text
    assert "de verzekeraar vraagt ze" in text


def test_lifting_and_yielding_tell_the_person(site, asked):
    asked("restriction")
    site.cctv(f"request answer {ONE} --no-letter")
    site.cctv("incident open ruit --kind damage --cameras foyer-1 --from '1/11 9:00' --to '1/11 9:02'")
    site.cctv(f"request yield {ONE} --to INC-2026-001 --ground legal-claim --recipient 'Acme nv' --reference 2026/118 "
              "--reason 'wie brak de ruit' --for 'A. Peeters'")  # fmt: skip
    site.cctv(f"request lift {ONE} --reason 'zij vroeg het'")
    folder = site.root / "letters" / ONE
    assert "Acme nv" in (folder / f"{ONE}-yield.txt").read_text()
    lifted = plain((folder / f"{ONE}-lifted.txt").read_text())
    assert "U hebt ons gevraagd die beperking op te heffen" in lifted
    assert "zij vroeg het" not in lifted  # what staff write down for the log


def test_an_objection_that_is_taken_back_is_confirmed_and_says_when_the_footage_goes(site, asked):
    asked("objection")
    site.cctv(f"request lift {ONE} --reason 'hij belde'")
    text = plain((site.root / "letters" / ONE / f"{ONE}-lifted.txt").read_text())
    assert "U hebt uw bezwaar ingetrokken" in text
    assert "uiterlijk op 29 november 2026 gewist" in text


def test_a_complaint_has_a_receipt_of_its_own(site, asked):
    asked("complaint")
    assert "uw klacht over de manier" in plain(site.cctv(f"request receipt {ONE} --dry-run --json").json["text"])


INVITED = "--place 'onthaal, Kerkstraat 1' --host 'A. Peeters'"


def test_a_person_is_invited_to_look_before_looking_is_the_answer(site, clock, asked):
    asked("access")
    assert "cctv request invite" in site.cctv(f"request answer {ONE} --outcome viewing", exit=13).err

    line = f"request invite {ONE} --at '4/11 10u30' {INVITED} --others second-person --json"
    text = text_of(site, site.cctv(line).json)
    said = (
        "woensdag 4 november 2026 om 10.30 uur",
        "onthaal, Kerkstraat 1",
        "A. Peeters",
        "tweede medewerker",
        "camerawet",
    )
    assert [one for one in said if one not in text] == []
    clock.set("2026-11-04 12:00")
    done = site.cctv(f"request answer {ONE} --outcome viewing --json").json
    assert (done["request"]["state"], done["request"]["outcome"]) == ("closed", "viewing")


@pytest.mark.parametrize("when", ["31/10/2026 10u", "2/12 10u"])
def test_nobody_is_invited_in_the_past_or_after_the_answer_is_due(site, asked, when):
    asked("access")
    assert "due by 2026-12-01" in site.cctv(f"request invite {ONE} --at '{when}' {INVITED}", exit=2).err


def test_nobody_is_invited_to_see_what_is_not_there_or_what_is_blocked(site, asked):
    asked("access", recorded=False)
    site.cctv(f"request invite {ONE} --at '4/11 10u' {INVITED}", exit=14)
    asked("restriction")
    site.cctv(f"request invite {ONE} --at '4/11 10u' {INVITED}", exit=12)


@pytest.mark.parametrize(("answer", "message"), [("restriction", "Article 18(1)"), ("objection", "--balance"),
                                                 ("complaint", "--reason")])  # fmt: skip
def test_what_only_a_person_can_say_is_asked_for(site, asked, answer, message):
    asked(answer)
    more = ""
    if answer == "objection":
        site.cctv(f"request reject {ONE} --reason x")
        more = "--outcome refused --reason x"
    said = site.cctv(f"request answer {ONE} {more}", exit=2)
    assert message in said.err
    assert site.cctv(f"request show {ONE} --json").json["request"]["answered"] is None


def test_without_a_sender_no_letter_is_made_and_nothing_is_answered(site, asked):
    text = site.config.read_text()
    start = text.index("[controller]")
    site.config.write_text(text[:start] + text[text.index("[policy]") :])
    asked("erasure")
    site.cctv(f"request {CHECK.format(ONE)}")
    assert "[controller]" in site.cctv(f"{ERASE} --yes", exit=10).err
    assert len(site.footage("foyer-1")) == 2
    site.cctv(f"{ERASE} --no-letter --yes")


def test_what_was_erased_for_somebody_else_is_told_as_deleted_and_not_for_whom(site, asked):
    asked("erasure")
    site.cctv(f"request {CHECK.format(ONE)}")
    site.cctv(f"{ERASE} --no-letter --yes")
    site.cctv(f"request open --no-prepare --name Els --contact e@x.be {SPAN}")
    text = plain(site.cctv("request answer REQ-2026-002 --outcome no-footage --dry-run --json").json["text"])
    assert "eerder gewist omdat wij daartoe verplicht waren" in text
    assert "Zandvoort" not in text


def test_every_reason_for_which_footage_goes_has_its_cause_in_a_letter():
    kept = {Reason.WITHIN_LIMIT, Reason.HELD}
    span = Span(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
    for reason in set(Reason) - kept:
        gone = DeletedFootage(span, span.end, span.end, reason)
        found = FootageStatus(CameraId("foyer-1"), span, (), 0, (gone,), (), None, None, True)
        assert len(absences(found)) == 1
