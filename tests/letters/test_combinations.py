"""Whatever reasons meet in a letter, it is whole, in one language, and claims no more than its facts."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from cctv import letters as templates
from cctv.cases.requests.outcomes import KEEPING
from cctv.core.i18n import Language
from cctv.letters.answers import IdentityDoubt, IdentityWay, Proof
from cctv.letters.completeness import missing_facts
from cctv.letters.errors import FactMissing
from cctv.letters.facts import LetterTemplate
from cctv.letters.render import text_of
from cctv.letters.specimen_texts import UNSEEN
from cctv.letters.specimens import specimens_of
from cctv.letters.terms import words
from cctv.model.disclosures import Delivery, PasswordWay
from cctv.model.holds import GroundKind
from cctv.model.requests import RefusalGround

PASSPHRASE = {Language.NL: "wachtzin", Language.FR: "phrase de passe", Language.EN: "passphrase"}
ARTICLE_17_3 = re.compile(r"17\(3\)|17, (lid|paragraphe) 3")


def plain(letter):
    """Its text on one line, with plain blanks."""
    return " ".join(text_of(letter)[0].split())


def first(kind, language):
    return specimens_of(kind, language)[0]


@pytest.mark.parametrize("language", Language)
def test_every_doubt_is_named_alone_and_beside_every_other(language):
    letter = first(LetterTemplate.IDENTITY_ASKED, language)
    for doubts in (*combinations(IdentityDoubt, 1), *combinations(IdentityDoubt, 2)):
        for ways, proofs in (
            ((IdentityWay.SHOW_DOCUMENT,), ()),
            ((), (Proof.MANDATE,)),
            (tuple(IdentityWay), tuple(Proof)),
        ):
            text = plain(replace(letter, facts=replace(letter.facts, doubts=doubts, ways=ways, proofs=proofs)))
            for term in (*doubts, *ways, *proofs):
                assert " ".join(words(term, language).split()) in text
            assert text.count(words(IdentityWay.SHOW_DOCUMENT, language)) == bool(ways)


def test_a_question_asks_for_something():
    letter = first(LetterTemplate.IDENTITY_ASKED, Language.NL)
    with pytest.raises(FactMissing):
        text_of(replace(letter, facts=replace(letter.facts, ways=(), proofs=())))


@pytest.mark.parametrize("language", Language)
def test_every_matter_keeps_footage_without_an_article_that_nobody_chose(language):
    letter = first(LetterTemplate.ERASURE_PARTLY, language)
    for kind in GroundKind:
        rows = (replace(letter.facts.waiting[0], ground=kind),)
        for ground in KEEPING:
            text = plain(replace(letter, facts=replace(letter.facts, waiting=rows, ground=ground)))
            assert len(ARTICLE_17_3.findall(text)) == 1  # that of the ground; the matter has none
            assert " ".join(words(ground, language).split()) in text
        with pytest.raises(FactMissing):
            text_of(replace(letter, facts=replace(letter.facts, waiting=rows, ground=None)))
        lifted = first(LetterTemplate.RESTRICTION_LIFTED, language)
        kept = replace(lifted.facts, gone_by=None, kept_for=kind)
        assert not ARTICLE_17_3.search(plain(replace(lifted, facts=kept)))


@pytest.mark.parametrize("language", Language)
def test_every_ground_refuses_the_whole_or_a_part(language):
    letter = first(LetterTemplate.REFUSAL, language)
    closes = {Language.NL: "is uw zaak afgehandeld", Language.FR: "clôt votre dossier", Language.EN: "closes your case"}
    for ground in RefusalGround:
        for partly in (False, True):
            text = plain(replace(letter, facts=replace(letter.facts, ground=ground, partly=partly)))
            assert " ".join(words(ground, language).split()) in text
            assert (closes[language] in text) == (not partly)


def test_an_abuse_is_refused_with_its_evidence_or_not_at_all():
    letter = first(LetterTemplate.REFUSAL, Language.NL)
    with pytest.raises(FactMissing, match="evidence"):
        text_of(replace(letter, facts=replace(letter.facts, evidence=None)))


@pytest.mark.parametrize("language", Language)
def test_an_encrypted_copy_always_says_how_its_passphrase_is_told(language):
    letter = first(LetterTemplate.ACCESS_ANSWER, language)
    for delivery in Delivery:
        for way in (None, *PasswordWay):
            for encrypted in (True, False):
                package = replace(letter.facts.package, delivery=delivery, password=way, encrypted=encrypted)
                text = plain(replace(letter, facts=replace(letter.facts, package=package))).casefold()
                assert (PASSPHRASE[language] in text) == encrypted
                assert (words(way, language).casefold() in text) if encrypted and way else True


@pytest.mark.parametrize("language", Language)
def test_a_copy_with_a_video_in_which_nobody_was_recognised_does_not_claim_all_footage(language):
    everything = {
        Language.NL: "De kopie bevat alle beelden",
        Language.FR: "La copie contient toutes les images",
        Language.EN: "The copy holds all footage",
    }
    letter = specimens_of(LetterTemplate.ACCESS_ANSWER, language)[1]
    seen = letter.facts.package
    partly = replace(seen, shown=(*seen.shown, UNSEEN))

    assert everything[language] in plain(letter)
    assert everything[language] not in plain(replace(letter, facts=replace(letter.facts, package=partly)))


@pytest.mark.parametrize(
    ("language", "too"), [(Language.NL, "ook deze"), (Language.FR, "elles aussi"), (Language.EN, "as well")]
)
@pytest.mark.parametrize("kind", [LetterTemplate.ERASURE_PARTLY, LetterTemplate.OBJECTION_UPHELD])
def test_what_waits_goes_as_well_only_where_something_went(kind, language, too):
    letters = [letter for letter in specimens_of(kind, language) if letter.facts.waiting]
    went = [bool(getattr(letter.facts, "erased", ()) or getattr(letter.facts, "gone_on", None)) for letter in letters]

    assert set(went) == {True, False}
    assert [
        too in plain(letter).partition("nieuwe beelden")[0].partition("new footage")[0] for letter in letters
    ] == went


@pytest.mark.parametrize("language", Language)
def test_how_identity_is_noted_is_said_where_it_is_asked_for(language):
    noted = {Language.NL: "Wij noteren", Language.FR: "Nous notons", Language.EN: "We record only"}
    for letter in specimens_of(LetterTemplate.IDENTITY_ASKED, language):
        assert (noted[language] in plain(letter)) == bool(letter.facts.ways)
        asks_for_proof = {Proof.MANDATE, Proof.REPRESENTATION} & {*letter.facts.proofs}
        if letter.addressee.on_behalf_of:
            assert bool(asks_for_proof) == (letter.addressee.mandate is None)


def test_french_letters_leave_open_whether_the_reader_is_a_man_or_a_woman():
    pattern = re.compile(
        r"\bvous (?:avez pu être|(?:y |en |n’y )?(?:êtes|serez|pouvez être))(?: alors)? \w+[éiu]\b(?!\(e\))"
    )
    folder = Path(templates.__file__).parent / "templates" / "fr"
    lines = [line for path in folder.glob("*.html") for line in path.read_text().casefold().splitlines()]

    assert [line for line in lines if pattern.search(line)] == []


def test_the_facts_of_a_specimen_agree_with_each_other():
    for kind in LetterTemplate:
        for facts in (letter.facts for letter in specimens_of(kind, Language.EN)):
            package = getattr(facts, "package", None)
            if package is None:
                continue
            gaps = [(gap.camera, gap.span) for gap in getattr(facts, "missing", ())]
            for video in package.shown:
                assert video.camera in facts.asked.cameras
                assert not any(camera == video.camera and span.overlaps(video.span) for camera, span in gaps)
            assert len(package.shown) == package.videos
            if hasattr(facts, "processing"):
                assert tuple(camera.id for camera in facts.processing.cameras) == facts.asked.cameras


@pytest.mark.parametrize("language", Language)
def test_before_a_mandate_was_seen_only_letters_are_made_that_answer_nothing(language):
    guardian = specimens_of(LetterTemplate.IDENTITY_ASKED, language)[-1].addressee
    assert guardian.mandate is None
    absent = {kind: missing_facts(replace(first(kind, language), addressee=guardian)) for kind in LetterTemplate}
    made = {kind for kind, facts in absent.items() if not facts}
    assert {facts for facts in absent.values() if facts} == {("addressee.mandate",)}
    assert {LetterTemplate.RECEIPT, LetterTemplate.IDENTITY_ASKED, LetterTemplate.REFUSAL} < made
    assert not made & {LetterTemplate.ACCESS_ANSWER, LetterTemplate.NO_FOOTAGE, LetterTemplate.VIEWINGS}
