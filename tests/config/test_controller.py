"""[controller] and [letters]: who answers for the cameras, and what letters need besides."""

from pathlib import Path

import pytest

from cctv.config.errors import SettingsRefused
from cctv.config.schema import EnvelopeWindow
from cctv.core.i18n import Language


def test_what_letters_lack_is_one_warning_that_names_it(site):
    (warning,) = site.load(('mail = "onthaal@example.org"\n', ""), ('signatory = "Lieve Maes"\n', "")).warnings

    assert warning.message == "no letter can be written: [controller] does not give mail, signatory"
    assert warning.line == 25


def test_the_window_of_the_envelope_is_as_usual_in_the_country(site):
    assert site.load().settings.letters.window is EnvelopeWindow.RIGHT
    assert site.load(('"BE"', '"NL"')).settings.letters.window is EnvelopeWindow.LEFT
    assert site.load(more='[letters]\nwindow = "left"\n').settings.letters.window is EnvelopeWindow.LEFT


def test_templates_and_words_of_the_site_are_read(site, tmp_path):
    more = '[letters]\ntemplates = "brieven"\nwords = { "theft" = { fr = "vol" } }\n'
    letters = site.load(more=more).settings.letters

    assert letters.templates == Path(tmp_path / "brieven")
    assert letters.words["theft"][Language.FR] == "vol"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[letters]\nwindow = "top"\n', "left, right"),
        ('[letters]\nwords = { "theft" = "vol" }\n', "by language"),
        ('[letters]\nwords = { "theft" = { de = "Diebstahl" } }\n', "by language"),
        ('[letters]\nwords = "theft"\n', "not a table"),
        ('[letters]\ntemplate = "brieven"\n', 'did you mean "templates"'),
    ],
)
def test_what_letters_could_not_use_is_refused(site, more, said):
    with pytest.raises(SettingsRefused) as refused:
        site.load(more=more)
    assert said in str(refused.value) + str(refused.value.next_step)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('address = ["Hendrik Serruyslaan 18A", "8400 Oostende"]', 'address = "Oostende"', "not an address"),
        ('address = ["Hendrik Serruyslaan 18A", "8400 Oostende"]', 'address = ["1", "2", "3", "4", "5"]', "1 to 4"),
        ('mail = "onthaal@example.org"', 'mail = "onthaal"', "not a mail address"),
        ('signatory = "Lieve Maes"', 'public_body = "yes"', "true, false"),
    ],
)
def test_what_could_not_stand_in_a_letter_is_refused(site, old, new, said):
    with pytest.raises(SettingsRefused) as refused:
        site.load((old, new))
    assert said in str(refused.value)
