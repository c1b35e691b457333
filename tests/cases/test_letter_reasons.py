"""A letter gives no reason and no ground that nobody entered, and leaves out none that counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cctv.cases.errors.requests import AbuseUnproved, ReasonMissing
from cctv.cases.letters.correspondence import identity_question
from cctv.cases.requests.outcomes import RequestOutcome
from cctv.cases.two_person import sign_refusal
from cctv.core.i18n import Language
from cctv.core.time_range import Span
from cctv.letters.answers import IdentityDoubt, IdentityWay, Proof
from cctv.letters.facts import Asked
from cctv.model.cases import AccessRequest, CaseOutcome, RequestState, RequestType
from cctv.model.ids import CameraId, RequestId
from cctv.model.requests import IdentityCheck, IdentityMethod, Mandate, Party, RefusalGround, RequesterRole

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SPAN = Span(datetime(2026, 11, 1, 8, tzinfo=UTC), datetime(2026, 11, 1, 9, tzinfo=UTC))
ASKED = Asked(RequestType.ACCESS, NOW.date(), (CameraId("foyer-1"),), SPAN)
BARE = AccessRequest(
    RequestId("REQ-2026-001"), RequestType.ACCESS, RequestState.OPEN, Language.NL, ASKED.cameras, SPAN, NOW, NOW, NOW,
    "test",
)  # fmt: skip
D, P, R = IdentityDoubt, Proof, RequesterRole
HER = Party(R.SUBJECT, "An Peeters", "an@example.org")
ELSEWHERE = replace(HER, deliver_to="Kerkstraat 1, 8400 Oostende")
PARENT = Party(R.GUARDIAN, "Els Peeters", "els@example.org", None, Mandate.PARENTAL_AUTHORITY, date(2026, 10, 1))
PROXY = Party(R.PROXY, "Mr Smet", "smet@example.org", None, Mandate.POWER_OF_ATTORNEY, date(2026, 10, 1))
NOMINEE = Party(R.NOMINEE, "Tom Claes", "tom@example.org", None, Mandate.EXPRESS_DEMAND, date(2026, 10, 1))

ERASES = {"type": RequestType.ERASURE}
UPHELD = {"type": RequestType.OBJECTION, "state": RequestState.UPHELD}


def unproved(party):
    return replace(party, mandate=None, mandated=None)


@pytest.mark.parametrize(
    ("parties", "more", "checked", "doubts", "proofs", "ways"),
    [
        ((HER,), {}, (), {D.UNKNOWN_ADDRESS}, (), 2),
        ((HER,), {"signed": False}, (), {D.NO_SIGNATURE}, (), 2),
        ((ELSEWHERE,), {}, (), {D.OTHER_ADDRESS}, (), 3),
        ((HER, NOMINEE), {}, (), {D.OTHER_RECIPIENT}, (), 3),
        ((HER, unproved(NOMINEE)), {}, (), {D.OTHER_RECIPIENT}, (P.DEMAND,), 3),
        ((HER, unproved(NOMINEE)), {}, (R.SUBJECT, R.NOMINEE), {D.OTHER_RECIPIENT}, (P.DEMAND,), 0),
        ((ELSEWHERE, NOMINEE), {}, (), {D.OTHER_ADDRESS, D.OTHER_RECIPIENT}, (), 3),
        ((HER, PARENT), {"under_16": True}, (), {D.ON_BEHALF}, (), 2),  # not that they gave another address
        ((HER, unproved(PARENT)), {"under_16": True}, (), {D.MANDATE_MISSING}, (P.REPRESENTATION,), 2),
        ((HER, unproved(PARENT)), {}, (R.GUARDIAN,), {D.MANDATE_MISSING}, (P.REPRESENTATION,), 0),
        ((HER, PROXY), {}, (), {D.ON_BEHALF}, (), 2),
        ((HER, unproved(PROXY)), {}, (), {D.MANDATE_MISSING}, (P.MANDATE,), 2),
        ((HER, replace(PROXY, deliver_to="elsewhere")), {}, (), {D.ON_BEHALF, D.OTHER_ADDRESS}, (), 2),
        ((HER,), {"under_16": True}, (), {D.GUARDIAN_MISSING}, (P.GUARDIAN,), 0),
        ((HER,), ERASES, (), {D.ERASURE}, (), 3),
        ((HER,), {**ERASES, "signed": False}, (), {D.NO_SIGNATURE, D.ERASURE}, (), 3),
        ((ELSEWHERE,), ERASES, (), {D.OTHER_ADDRESS, D.ERASURE}, (), 3),
        ((HER, PROXY), ERASES, (), {D.ON_BEHALF, D.ERASURE}, (), 2),
        ((HER, unproved(PROXY)), ERASES, (R.PROXY,), {D.MANDATE_MISSING}, (P.MANDATE,), 0),
        ((HER,), UPHELD, (), {D.ERASURE}, (), 3),
    ],
)
def test_the_question_names_the_reasons_that_the_request_shows_and_no_other(
    parties, more, checked, doubts, proofs, ways
):
    request = replace(BARE, parties=parties, **more)
    checks = [IdentityCheck(role, IdentityMethod.EID, NOW.date(), "x", NOW, "x") for role in checked]

    facts = identity_question(request, checks, ASKED, NOW.date())

    assert (set(facts.doubts), facts.proofs, len(facts.ways)) == (doubts, proofs, ways)
    assert (IdentityWay.KNOWN_ADDRESS in facts.ways) == (ways == 3)
    assert (facts.receiver == "Tom Claes") == (NOMINEE.role in {party.role for party in parties} and not checked)


def test_nothing_is_asked_once_everything_was_shown():
    check = IdentityCheck(R.SUBJECT, IdentityMethod.EID, NOW.date(), "x", NOW, "x")
    assert identity_question(replace(BARE, parties=(HER,)), [check], ASKED, NOW.date()) is None
    assert identity_question(replace(BARE, parties=(HER,), **ERASES), [check], ASKED, NOW.date()) is None


ONE = "REQ-2026-001"
WHO = "--name 'Noor Zandvoort' --contact 'Kerkstraat 12, 8400 Oostende'"
FOOTAGE = "--cameras foyer-1 --from '1/11 9:00' --to '1/11 9:02'"
PARENT_ASKS = "--under-16 --as guardian --by 'Els Zandvoort' --by-contact els@example.org"


@pytest.fixture
def asked(site, clock):
    clock.set("2026-11-01 12:00")
    site.record("foyer-1", "2026-11-01 09:00", minutes=2)

    def ask(kind="access", more=""):
        site.cctv(f"request open --no-prepare {WHO} --type {kind} {FOOTAGE} {more}")
        return site

    return ask


def letter(site, command):
    """The text of a letter on one line."""
    return " ".join(site.cctv(f"{command} --json").json["text"].split())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("nl", "De reden: - wij kennen het adres niet waarvan uw verzoek komt Toon ons daarom wie u bent."),
        ("fr", "La raison : - nous ne connaissons pas l’adresse d’où provient votre demande C’est pourquoi"),
        ("en", "The reason: - we do not know the address from which your request came That is why"),
    ],
)
def test_the_question_for_identity_is_a_sentence_in_each_language(asked, language, says):
    site = asked(more=f"--language {language}")
    assert says in letter(site, f"request ask {ONE} --dry-run")


@pytest.mark.slow
def test_a_parent_is_given_the_reason_that_counts_and_a_letter_before_the_proof(asked):
    site = asked(more=PARENT_ASKS)

    text = letter(site, f"request ask {ONE} --dry-run")

    assert "het bewijs daarvan hebben wij nog niet gezien" in text
    assert "u schrijft namens iemand anders" in text
    assert "een bewijs dat u de ouder of de voogd bent" in text
    assert "ander adres" not in text
    assert "nog niet gezien" in letter(site, f"request receipt {ONE} --dry-run")
    assert "mandate (guardian)" in site.cctv(f"request answer {ONE} --outcome not-identifiable --reason x", exit=13).err


@pytest.mark.slow
def test_until_an_identity_was_checked_letters_go_to_the_address_that_is_known(asked):
    site = asked(more="--deliver-to 'Zeedijk 1, 8400 Oostende'")
    before = letter(site, f"request receipt {ONE} --dry-run")

    site.cctv(f"request identity {ONE} --method document-seen --checker 'A. Peeters'")

    after = letter(site, f"request receipt {ONE} --dry-run")
    assert ("Kerkstraat 12" in before, "Zeedijk 1" in before) == (True, False)
    assert ("Kerkstraat 12" in after, "Zeedijk 1" in after) == (False, True)


@pytest.mark.slow
def test_a_receipt_for_more_than_a_day_says_until_when_it_is_kept(site, clock):
    clock.set("2026-11-03 12:00")
    site.cctv(f"request open --no-prepare {WHO} --cameras foyer-1 --from '1/11 0:00' --to '2/11 12:00' --yes")
    text = letter(site, f"request receipt {ONE} --dry-run")
    assert "bewaren wij voorlopig, tot 6 november 2026" in text
    assert "blijft bewaard tot uw zaak is afgehandeld, ook als" not in text


@pytest.mark.slow
def test_an_erasure_that_an_incident_stops_names_the_article_that_a_person_chose(asked):
    site = asked("erasure")
    site.cctv("incident open fiets --kind theft --cameras foyer-1 --from '1/11 9:01' --to '1/11 9:02'")
    site.cctv(f"request identity {ONE} --method known-address --checker 'A. Peeters'")
    erase = f"request answer {ONE} --erasure-ground unlawful --dry-run"

    assert "legal-claims" in site.cctv(erase, exit=13).err  # nobody chose one: no letter
    text = letter(site, f"{erase} --outcome partly --ground legal-claims --reason 'de eigenaar eist schade'")

    assert "bewaard voor een vastgelegd incident dat nog niet is afgehandeld" in text
    assert "de beelden zijn nodig voor een rechtsvordering (artikel 17, lid 3, onder e), AVG)" in text
    assert "de eigenaar eist schade" in text
    assert text.count("Ons kenmerk") == 1  # and no refusal beside it


ABUSE = (
    f"request answer {ONE} --outcome refused --ground abusive --reason 'hij wil geld' --evidence 'zijn mail van 1/11'"
)


@pytest.mark.slow
def test_a_first_request_is_refused_as_an_abuse_with_its_evidence_by_two_persons(asked, acting):
    site = asked()
    acting("first")
    assert "--evidence" in site.cctv(ABUSE.partition(" --evidence")[0], exit=2).err

    assert "First signature recorded: first, for the refusal" in site.cctv(ABUSE, exit=3).out
    assert "first signed the refusal" in site.cctv(ABUSE, exit=13).err  # not twice by one person
    acting("second")
    site.cctv(ABUSE.replace("hij wil geld", "hij wil veel geld"), exit=3)  # not of other words
    acting("first")
    answered = site.cctv(f"{ABUSE.replace('hij wil geld', 'hij wil veel geld')} --json").json

    text = " ".join(answered["text"].split())
    assert answered["request"]["ground"] == "abusive"
    assert "C-526/24" in text
    assert "zijn mail van 1/11" in text
    assert "Twee personen hebben dit voor ons onderzocht en deze beslissing ondertekend." in text
    assert "uiterlijk op 29 november 2026 gewist" in text
    entries = site.cctv("audit list --last 100 --json").json["entries"]
    signed = [entry for entry in entries if entry["act"] == "refusal.signed"]
    assert [entry["actor"] for entry in signed] == ["first", "second"]
    assert "zijn mail" not in str([entry["facts"] for entry in signed])


@pytest.mark.slow
def test_an_abuse_that_was_answered_elsewhere_takes_two_persons_too(asked, acting):
    site = asked()
    close = ABUSE.replace("request answer", "request close")
    acting("first")
    site.cctv(close, exit=3)
    assert site.cctv(f"request show {ONE} --json").json["request"]["closed"] is None
    acting("second")
    site.cctv(close)


@pytest.mark.slow
def test_another_outcome_in_the_same_words_is_another_first_signature(asked, acting):
    site = asked()
    acting("first")
    site.cctv(ABUSE, exit=3)
    acting("second")

    site.cctv(ABUSE.replace("refused", "partly", 1).replace("answer", "close", 1), exit=3)

    entries = site.cctv("audit list --last 100 --json").json["entries"]
    signed = [entry["facts"]["outcome"] for entry in entries if entry["act"] == "refusal.signed"]
    assert signed == ["refused", "partly"]
    site.cctv(ABUSE)  # what first signed


@pytest.mark.slow
def test_an_abuse_that_was_answered_is_not_signed_again_about_nothing(asked, acting):
    site = asked("erasure")
    acting("first")
    site.cctv(ABUSE, exit=3)
    acting("second")
    site.cctv(ABUSE)

    site.cctv(f"request close {ONE} --outcome refused")

    entries = site.cctv("audit list --last 100 --json").json["entries"]
    assert [entry["actor"] for entry in entries if entry["act"] == "refusal.signed"] == ["first"]


def test_an_abuse_without_reason_or_evidence_is_not_signed():
    for ending, error in (
        (RequestOutcome(CaseOutcome.REFUSED, RefusalGround.ABUSIVE, None, "x"), ReasonMissing),
        (RequestOutcome(CaseOutcome.REFUSED, RefusalGround.ABUSIVE, "x", None), AbuseUnproved),
    ):
        with pytest.raises(error):
            sign_refusal(None, None, ONE, ending, "close")


@pytest.mark.slow
def test_evidence_belongs_to_the_grounds_that_the_controller_must_prove(asked):
    site = asked()
    line = f"request answer {ONE} --outcome refused --reason x --evidence y --dry-run --ground"
    assert "Waaruit dat blijkt y" in letter(site, f"{line} excessive").replace("-", "").replace("  ", " ")
    assert "Article 12(5)" in site.cctv(f"{line} criminal-investigation", exit=2).err


@pytest.mark.slow
def test_a_rejected_objection_says_on_which_day_and_what_becomes_of_the_footage(asked, clock):
    site = asked("objection")
    site.cctv(f"request reject {ONE} --reason 'de ruit'")
    clock.advance(days=3)
    text = letter(site, f"request answer {ONE} --outcome refused --reason 'de ruit' --balance 'kort' --dry-run")
    assert "Op 1 november 2026 hebben wij beslist uw bezwaar af te wijzen" in text
    assert "eindigt de afscherming van de beelden. Daarna geldt weer de gewone bewaartermijn" in text
