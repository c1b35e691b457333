"""Each letter says what it said when somebody last read it; golden.py renews the texts."""

import pytest
from golden import FOLDER, golden

from cctv.core.i18n import Language
from cctv.letters.facts import LetterTemplate


@pytest.mark.parametrize("language", Language, ids=lambda one: one.value)
@pytest.mark.parametrize("kind", LetterTemplate, ids=lambda one: one.value)
def test_a_letter_says_what_was_read_and_meant(kind, language):
    assert golden(kind, language) == (FOLDER / language.value / f"{kind.value}.txt").read_text()


def test_no_golden_text_is_left_of_a_letter_that_is_gone():
    assert {one.stem for one in FOLDER.rglob("*.txt")} == {kind.value for kind in LetterTemplate}
