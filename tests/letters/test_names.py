"""Names in every script: each sign has a shape, or the letter is refused; none changes the order of the line."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from cctv.core.i18n import Language
from cctv.core.text import bare, isolated
from cctv.letters.facts import LetterTemplate
from cctv.letters.render import render, text_of
from cctv.letters.specimens import specimens_of
from cctv.letters.typefaces import package_of

ARABIC = "محمد بن علي (أبو سامي) 12"
SHOWN = {
    "Thai": "สมชาย ใจดี",
    "Chinese": "王小明",
    "Japanese": "山田 たろう",
    "Korean": "김철수",
    "Greek": "Γεώργιος Παπαδόπουλος",
    "Cyrillic": "Олександр Ґалаґан",
    "Vietnamese": "Nguyễn Thị Ánh",
}
SHAPED = {"Arabic": ARABIC, "Hebrew": "שרה כהן", "Devanagari": "श्री राहुल शर्मा", "Tamil": "தமிழ் செல்வி", "Khmer": "ខ្មែរ"}
ONLY_DEJAVU = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts/truetype/dejavu</dir><cachedir>{cache}</cachedir></fontconfig>
"""
BARE_MACHINE = """
import json, sys
from tests.letters.test_names import letter_to
from cctv.core.errors import CctvError
from cctv.letters.render import render
for name in sys.argv[1:]:
    try:
        print(json.dumps([len(render(letter_to(name)).pdf)]))
    except CctvError as error:
        print(json.dumps([error.code, error.message, error.next_step]))
"""


def letter_to(name):
    letter = specimens_of(LetterTemplate.RECEIPT, Language.NL)[0]
    return replace(letter, addressee=replace(letter.addressee, name=name))


@pytest.mark.slow
@pytest.mark.parametrize("script", [*SHOWN, *SHAPED])
def test_a_name_is_in_the_pdf_with_a_shape_for_each_sign(script, tmp_path):
    name = {**SHOWN, **SHAPED}[script]
    file = tmp_path / "letter.pdf"

    file.write_bytes(render(letter_to(name)).pdf)

    words = subprocess.run(["pdftotext", "-raw", str(file), "-"], capture_output=True, text=True, check=True).stdout
    assert script in SHAPED or name in words  # of shaped and mirrored text pdftotext gives another order
    assert "\ufffd" not in words


@pytest.mark.slow
def test_a_name_without_shapes_is_refused_with_the_package_to_install(tmp_path):
    config = tmp_path / "fonts.conf"
    config.write_text(ONLY_DEJAVU.format(cache=tmp_path))
    names = [SHOWN["Thai"], SHOWN["Chinese"], "Jan \U0001f9d5", SHOWN["Greek"], ARABIC]

    made = subprocess.run(
        [sys.executable, "-c", BARE_MACHINE, *names],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "FONTCONFIG_FILE": str(config)},
    )

    thai, chinese, emoji, greek, arabic = map(json.loads, made.stdout.splitlines())
    assert thai[0] == "SignMissing"
    assert "U+0E08 THAI CHARACTER CHO CHAN, nor 8 more" in thai[1]
    assert "apt-get install fonts-noto-core," in thai[2]
    assert "apt-get install fonts-noto-cjk," in chinese[2]
    assert "apt-get install fonts-noto-color-emoji," in emoji[2]
    assert len(greek) == len(arabic) == 1
    assert made.stderr == ""
    assert not any(name in thai[1] for name in names)


@pytest.mark.parametrize(
    ("sign", "package"),
    [("永", "fonts-noto-cjk"), ("한", "fonts-noto-cjk"), ("\U00020bb7", "fonts-noto-cjk fonts-hanazono"),
     ("ཀ", "fonts-noto-core"), ("☎", "fonts-noto-color-emoji")],
)  # fmt: skip
def test_each_sign_has_a_package(sign, package):
    assert package_of(sign) == package


def test_a_name_from_the_right_is_kept_apart_in_page_and_text():
    text, page = text_of(letter_to(ARABIC))

    assert f'Geachte <bdi dir="rtl">{ARABIC}</bdi>,' in page
    assert f"Geachte \u2068{ARABIC}\u2069," in text


def test_names_of_a_list_are_kept_apart_one_by_one():
    letter = specimens_of(LetterTemplate.PASSED_ON, Language.EN)[0]
    requester = replace(letter.facts.requester, name="שרה כהן", lines=("תל אביב", "12"))

    _, page = text_of(replace(letter, facts=replace(letter.facts, requester=requester)))

    assert '<bdi dir="rtl">שרה כהן</bdi>, <bdi dir="rtl">תל אביב</bdi>, 12' in page


def test_a_title_and_an_attribute_hold_no_element():
    letter = letter_to("Jan")

    _, page = text_of(replace(letter, sender=replace(letter.sender, name='עיר "תל אביב"')))

    assert '<meta name="author" content="עיר &#34;תל אביב&#34;">' in page


def test_a_name_from_the_left_and_a_tag_in_a_name_stay_as_they_are():
    assert isolated("Jan Smet") == "Jan Smet"
    assert isolated("<b>שרה</b>") == "<bdi>&lt;b&gt;שרה&lt;/b&gt;</bdi>"
    assert bare(isolated("<b>שרה</b>")) == "&lt;b&gt;שרה&lt;/b&gt;"
