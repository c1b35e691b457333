"""The language of help: read from cameras.toml alone, whatever else the file says."""

import pytest

from cctv.config.settings_file import language_in, site_language
from cctv.core.i18n import Language

STRING_OF_SEVERAL_LINES = '''
[site]
name = """
language = "en"
[letters]
"""
language = "fr"
'''


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ('[site]\nname = "x"\nlanguage = "fr"  # of the letters\n', Language.FR),
        ('[site]\n"language" = "fr"\n', Language.FR),
        ("['site']\nlanguage = 'fr'\n", Language.FR),
        ('site.language = "fr"\n', Language.FR),
        ('site = { language = "fr" }\n', Language.FR),
        (STRING_OF_SEVERAL_LINES, Language.FR),
        ("[ site ]\n", Language.NL),
        ("", Language.NL),
        ("[site]\nlanguage='en'\n[letters]\nlanguage = 'fr'", Language.EN),
        ("[letters]\nlanguage = 'fr'", Language.NL),
    ],
)
def test_the_language_is_what_toml_says(text, language):
    assert language_in(text) is language


@pytest.mark.parametrize(
    "text", ["[site]\nlanguage = 7 is no TOML", "[site]\nlanguage = 7", "[site]\nlanguage = 'de'", "site = 'fr'",
             "site = [1]", "a = " + "[" * 5000]
)  # fmt: skip
def test_what_cannot_be_used_is_english(text):
    assert language_in(text) is Language.EN


def test_a_file_that_cannot_be_read_is_english(tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b"[site]\nlanguage = 'fr'\nname = 'caf\xe9'\n")

    for path in (bad, tmp_path, tmp_path / "none.toml", bad / "below", tmp_path / "a\0b"):
        assert site_language(path, {}) is Language.EN


def test_a_byte_order_mark_and_the_variable_are_known(tmp_path):
    file = tmp_path / "other.toml"
    file.write_bytes(b"\xef\xbb\xbf[site]\r\nlanguage = 'fr'\r\n")

    assert site_language(None, {"CCTV_CONFIG": str(file)}) is Language.FR
