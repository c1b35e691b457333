"""Every term has a wording in each language, and no word of one language is in a letter of another."""

import re
from dataclasses import replace
from enum import Enum
from functools import partial

import pytest

from cctv.core.i18n import Language, translate_to
from cctv.letters import answers, facts, notices
from cctv.letters.facts import AbsenceCause, LetterTemplate
from cctv.letters.formatting import country_name
from cctv.letters.render import text_of
from cctv.letters.specimens import SPECIMEN_SENDER, specimens_of
from cctv.letters.terms import usual_words, words
from cctv.model.cases import RequestType
from cctv.model.disclosures import Delivery, PasswordWay, Recipient
from cctv.model.footage import GapCause
from cctv.model.holds import GroundKind
from cctv.model.legal import Area, Jurisdiction, ZoneKind, authority_of
from cctv.model.requests import ExtensionGround, RefusalGround, RestrictionGround, YieldGround

SHOWN = [
    *(term for module in (answers, facts, notices) for term in vars(module).values()
      if isinstance(term, type) and issubclass(term, Enum) and term is not LetterTemplate
      and term.__module__ == module.__name__),
    RequestType, GroundKind, ZoneKind, Recipient, Delivery, PasswordWay,
    ExtensionGround, RefusalGround, RestrictionGround, YieldGround,
]  # fmt: skip
# Words that only one of the three languages has.
OWN = {
    Language.NL: "het een wij uw niet wordt voor beelden verzoek gegevens zijn hebben naar",
    Language.FR: "le les des nous votre vous pour sur demande données est aux avec",
    Language.EN: "the your you for footage request and which that this with",
}


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.__name__)
def test_every_term_that_a_letter_shows_has_a_wording_of_its_own_in_each_language(kind):
    for member in kind:
        said = [words(member, language) for language in Language]
        assert all(said)
        assert len(set(said)) > 1 or said[0] in {"foyer"}


def test_every_cause_of_a_gap_can_be_told():
    assert {AbsenceCause(cause.value) for cause in GapCause}


def test_every_country_of_the_area_has_a_name_in_each_language():
    codes = [a + b for a in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if Area.EEA.holds(a + b)]
    assert len(codes) == 30
    assert all(country_name(code, language) for code in codes for language in Language)


def test_a_usual_purpose_is_known_in_whichever_language_it_was_written():
    assert usual_words("Theft and damage", Language.NL) == "diefstal en schade"
    assert usual_words("vol et dégradations", Language.EN) == "theft and damage"
    assert usual_words("maintenance of the cameras", Language.FR) == "entretien des caméras"
    assert usual_words("vogels tellen", Language.EN) is None


@pytest.mark.parametrize(
    ("law", "language", "name", "place"),
    [
        (Jurisdiction.BE, Language.NL, "Gegevensbeschermingsautoriteit", "Drukpersstraat 35, 1000 Brussel"),
        (Jurisdiction.BE, Language.FR, "Autorité de protection des données", "rue de la Presse 35, 1000 Bruxelles"),
        (Jurisdiction.NL, Language.NL, "Autoriteit Persoonsgegevens", "Postbus 93374, 2509 AJ Den Haag"),
        (Jurisdiction.NL, Language.EN, "Autoriteit Persoonsgegevens", "Postbus 93374, 2509 AJ"),
    ],
)
def test_the_authority_follows_the_jurisdiction_and_is_named_in_the_language(law, language, name, place):
    found = authority_of(law).translated(partial(translate_to, language=language))
    assert name in found.name
    assert place in found.address


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", LetterTemplate, ids=lambda kind: kind.value)
def test_no_letter_has_a_word_of_another_language_a_name_of_the_code_or_an_empty_place(kind, language):
    foreign = {word for other in Language if other is not language for word in OWN[other].split()}
    for letter in specimens_of(kind, language):
        text, _ = text_of(letter)
        assert set(re.findall(r"(?<!\w)[a-zà-ÿ]+(?!\w)", text)) & foreign == set()
        assert not re.search(r"None|True|False|\{\{|\}\}|[a-z]_[a-z]|\(\)| ,|,,|\.\.", text.replace("_" * 30, ""))


@pytest.mark.parametrize("language", Language)
def test_whoever_may_complain_is_told_where_and_whoever_is_refused_which_court(language):
    for kind in (
        LetterTemplate.REFUSAL,
        LetterTemplate.OBJECTION_REJECTED,
        LetterTemplate.NO_FOOTAGE,
        LetterTemplate.NOT_IDENTIFIABLE,
        LetterTemplate.ERASURE_PARTLY,
    ):
        text = " ".join(text_of(specimens_of(kind, language)[0])[0].split())
        assert translate_to(authority_of(Jurisdiction.BE).name, language) in text
        assert "209" in text
        assert "2018" in text


@pytest.mark.parametrize(("public", "article"), [(False, "35"), (True, "34")])
@pytest.mark.parametrize("language", Language)
def test_in_the_netherlands_the_remedy_depends_on_who_answers(language, public, article):
    sender = replace(SPECIMEN_SENDER, jurisdiction=Jurisdiction.NL, public_body=public)
    text = " ".join(text_of(specimens_of(LetterTemplate.REFUSAL, language, sender)[0])[0].split())

    assert "Autoriteit Persoonsgegevens" in text
    assert re.search(rf"[Aa]rti(kel|cle) {article}\b", text)
    assert "209" not in text
    assert "camera act" not in text


@pytest.mark.parametrize("kind", [LetterTemplate.NO_FOOTAGE, LetterTemplate.NOT_IDENTIFIABLE])
@pytest.mark.parametrize("language", Language)
def test_whoever_gets_no_copy_is_told_existence_purposes_categories_and_recipients_all_the_same(kind, language):
    letter = specimens_of(kind, language)[0]
    text = " ".join(text_of(letter)[0].split())
    facts_of = letter.facts.processing

    assert all(one.purpose in text for one in facts_of.cameras)
    assert all(one.name in text for one in (*facts_of.processors, *facts_of.recipients))
    assert {Language.NL: "zonder geluid", Language.FR: "sans son", Language.EN: "without sound"}[language] in text


@pytest.mark.parametrize("language", Language)
def test_no_letter_asks_for_a_national_number_or_a_copy_of_a_document(language):
    text = " ".join(text_of(specimens_of(LetterTemplate.IDENTITY_ASKED, language)[0])[0].split())
    never = {
        Language.NL: "Stuur ons geen kopie van een identiteitsbewijs",
        Language.FR: "Ne nous envoyez ni copie d’un document d’identité",
        Language.EN: "Please do not send us a copy of an identity document",
    }
    assert never[language] in text
