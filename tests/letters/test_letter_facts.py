"""No letter leaves with an empty field, and none says what is not so."""

from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from cctv.core.i18n import Language
from cctv.core.time_range import Span
from cctv.letters.completeness import _may_be_empty, missing_facts
from cctv.letters.errors import FactMissing, FactUnusable, SenderUnknown, WordsUntranslated
from cctv.letters.facts import LetterTemplate, ProcessorFacts
from cctv.letters.render import text_of
from cctv.letters.sender import processing_of, sender_of
from cctv.letters.specimens import SPECIMEN_SENDER, specimens_of
from cctv.model.compliance import Processor, SubProcessor
from cctv.model.ids import CameraId, ProcessorId
from cctv.model.requests import RequesterRole


def emptied(value, path=""):
    """The same with one required fact left out, for every such fact, and the fact's path."""
    for one in fields(value):
        held, where = getattr(value, one.name), f"{path}{one.name}"
        if is_dataclass(held) and not isinstance(held, Span):
            yield from ((name, replace(value, **{one.name: inner})) for name, inner in emptied(held, f"{where}."))
        elif isinstance(held, tuple) and held and is_dataclass(held[0]):
            for name, inner in emptied(held[0], f"{where}[1]."):
                yield name, replace(value, **{one.name: (inner, *held[1:])})
        if one.default is MISSING and one.name not in _may_be_empty(type(value)):
            blank = " " if isinstance(held, str) else () if isinstance(held, tuple) else None
            yield where, replace(value, **{one.name: blank})


@pytest.mark.parametrize("kind", LetterTemplate, ids=lambda kind: kind.value)
def test_a_letter_is_refused_for_each_fact_that_is_missing_and_names_it(kind):
    letter = specimens_of(kind, Language.NL)[0]
    text_of(letter)
    tried = [(path, facts) for path, facts in emptied(letter.facts, "facts.")]

    for path, facts in tried:
        with pytest.raises(FactMissing) as refused:
            text_of(replace(letter, facts=facts))
        assert path in refused.value.fields["missing"]
    assert tried


@pytest.mark.parametrize("path", ["site", "name", "mail", "dpo", "signatory", "address"])
def test_what_the_sender_lacks_is_to_be_set_in_cameras_toml(path):
    letter = specimens_of(LetterTemplate.RECEIPT, Language.FR)[0]
    blank = () if path == "address" else ""

    with pytest.raises(FactMissing) as refused:
        text_of(replace(letter, sender=replace(SPECIMEN_SENDER, **{path: blank})))

    assert f"sender.{path}" in refused.value.message
    assert "[controller]" in refused.value.next_step


def test_only_a_public_notice_has_no_addressee():
    letter = specimens_of(LetterTemplate.RECEIPT, Language.EN)[0]
    assert missing_facts(replace(letter, addressee=None)) == ("addressee",)
    assert missing_facts(specimens_of(LetterTemplate.BREACH_PUBLIC, Language.EN)[0]) == ()


def test_a_guardian_writes_for_somebody_and_shows_it():
    letter = specimens_of(LetterTemplate.ACCESS_ANSWER, Language.NL)[0]
    guardian = replace(letter.addressee, capacity=RequesterRole.GUARDIAN)

    absent = missing_facts(replace(letter, addressee=guardian))

    assert absent == ("addressee.on_behalf_of", "addressee.mandate")


def test_a_notification_after_72_hours_says_why_it_is_late():
    full = specimens_of(LetterTemplate.BREACH_AUTHORITY, Language.NL)[0]
    aware = full.facts.breach.aware
    in_time = replace(full.facts, told=aware + timedelta(hours=72), late_reason=None)
    late = replace(in_time, told=aware + timedelta(hours=72, seconds=1))

    assert missing_facts(replace(full, facts=in_time)) == ()
    assert missing_facts(replace(full, facts=late)) == ("facts.late_reason",)


def test_a_processor_outside_the_area_stops_the_letter_which_says_that_nothing_goes_there():
    letter = specimens_of(LetterTemplate.ACCESS_ANSWER, Language.NL)[0]
    abroad = ProcessorFacts("Cloud Inc.", "bewaring", "US")
    facts = replace(letter.facts, processing=replace(letter.facts.processing, processors=(abroad,)))

    with pytest.raises(FactUnusable, match="European Economic Area"):
        text_of(replace(letter, facts=facts))


@pytest.mark.parametrize("text", ["\0", "a\x1b[31m", "b\x0c"])
def test_a_control_character_stops_the_letter(text):
    letter = specimens_of(LetterTemplate.REFUSAL, Language.NL)[0]
    with pytest.raises(FactUnusable, match="control character"):
        text_of(replace(letter, facts=replace(letter.facts, explanation=text)))


def test_a_fact_is_shown_as_it_is_and_never_read_as_a_page():
    letter = specimens_of(LetterTemplate.REFUSAL, Language.NL)[0]
    odd = "<b>Tom & Co</b> {{ letter }} <img src='https://example.org/x.png'>"

    text, page = text_of(replace(letter, facts=replace(letter.facts, explanation=odd)))

    assert " ".join(odd.split()) in " ".join(text.split())
    assert "<b>" not in page
    assert "<img" not in page


def test_the_sender_is_as_cameras_toml_says_and_incomplete_is_refused(site):
    sender = sender_of(site.open().settings)
    assert (sender.name, sender.signatory) == ("Cultuurcentrum De Grote Post vzw", "Lieve Maes")

    site.config.write_text(site.config.read_text().replace('dpo = "privacy@example.org"', ""))

    with pytest.raises(SenderUnknown, match="does not give dpo"):
        sender_of(site.open().settings)


def test_purposes_periods_and_processors_are_told_in_the_language_of_the_letter(site):
    cameras = (CameraId("gevel-1"), CameraId("foyer-1"))
    added = datetime(2026, 1, 1, tzinfo=UTC)
    carer = Processor(
        ProcessorId("PRO-2026-001"), "Zorg nv", "onderhoud van de camera's", "BE", None, None,
        (SubProcessor("Lab", "DE", None),), added, "dpo",
    )  # fmt: skip
    gone = replace(carer, name="Weg nv", ended=added.date())

    told = processing_of(site.open().settings, cameras, Language.FR, (carer, gone), ())

    assert [(one.purpose, one.period.days) for one in told.cameras] == [
        ("vol et dégradations", 7),
        ("vol et dégradations", 28),
    ]
    assert [(one.name, one.service, one.engages[0].name) for one in told.processors] == [
        ("Zorg nv", "entretien des caméras", "Lab")
    ]


def test_a_purpose_of_the_site_is_in_its_language_alone_until_it_is_given_in_another(site):
    good = site.config.read_text().replace("theft and damage", "toezicht op de vleugel")
    site.config.write_text(good)
    cameras = (CameraId("foyer-1"),)

    here = processing_of(site.open().settings, cameras, Language.NL, (), ())
    with pytest.raises(WordsUntranslated, match="purpose of foyer-1"):
        processing_of(site.open().settings, cameras, Language.FR, (), ())
    site.config.write_text(good + '[letters.words]\n"toezicht op de vleugel" = { fr = "surveillance du piano" }\n')
    given = processing_of(site.open().settings, cameras, Language.FR, (), ())

    assert (here.cameras[0].purpose, given.cameras[0].purpose) == ("toezicht op de vleugel", "surveillance du piano")
