"""Which signs nobody sees: what a person types is refused with them, what stands there already is printed escaped."""

from __future__ import annotations

import json
import logging
import unicodedata

import pytest

from cctv.core.logs import LogFormat, configure
from cctv.core.text import HiddenSign, code_point, hidden_sign, printable, printable_json, refuse_hidden

HIDDEN = {
    "\x1b": "U+001B",
    "\x07": "U+0007",
    "\x85": "U+0085",
    "\xad": "U+00AD SOFT HYPHEN",
    "\u200b": "U+200B ZERO WIDTH SPACE",
    "\u200d": "U+200D ZERO WIDTH JOINER",
    "\u200f": "U+200F RIGHT-TO-LEFT MARK",
    "\u202e": "U+202E RIGHT-TO-LEFT OVERRIDE",
    "\u2028": "U+2028 LINE SEPARATOR",
    "\u2066": "U+2066 LEFT-TO-RIGHT ISOLATE",
    "\u3164": "U+3164 HANGUL FILLER",
    "\ufe0f": "U+FE0F VARIATION SELECTOR-16",
    "\ufeff": "U+FEFF ZERO WIDTH NO-BREAK SPACE",
    "\U000e0041": "U+E0041 TAG LATIN CAPITAL LETTER A",
    "\udcff": "U+DCFF",
}


@pytest.mark.parametrize(("sign", "name"), HIDDEN.items())
def test_a_sign_that_does_not_show_is_named_and_the_text_is_not_repeated(sign, name):
    with pytest.raises(HiddenSign) as refused:
        refuse_hidden("name", f"An{sign}Peeters")

    assert name in refused.value.message
    assert "Peeters" not in refused.value.message


@pytest.mark.parametrize(
    "text",
    [
        "An Peeters",
        "Zoë d’Hondt — «été»",
        "Łukasz",
        "王小明",
        "café au lait\xa0: 12\u202f€",
        "two\nlines\tand\r\nmore",
        "e\u0301",
    ],
)
def test_names_of_any_language_are_text(text):
    refuse_hidden("name", text)


def test_every_control_and_every_direction_is_hidden():
    for number in (*range(0x20), *range(0x7F, 0xA0)):
        assert (hidden_sign(chr(number), "") is None) is False
    turning = [chr(number) for number in range(0x10000) if unicodedata.bidirectional(chr(number)) in
               {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}]  # fmt: skip
    assert turning
    assert all(hidden_sign(sign) == sign for sign in turning)


def test_what_is_printed_shows_each_of_them():
    assert printable("An\u202eA\x1b[2J\udcff\n\tB\r\U000e0041") == "An\\u202eA\\x1b[2J\\xff\n\tB\\x0d\\U000e0041"
    assert printable("a\nb", "") == "a\\x0ab"
    assert printable("Zoë") == "Zoë"


def test_json_with_them_means_the_same():
    value = {"name": 'An\u202e\U000e0041\u200b "x" Zoë', "odd": "\udcff"}

    written = printable_json(json.dumps(value, ensure_ascii=False))

    assert json.loads(written) == value
    assert hidden_sign(written, "") is None
    assert "Zoë" in written
    assert written.encode()


def test_code_points_are_named_as_unicode_does():
    assert code_point("\u200b") == "U+200B ZERO WIDTH SPACE"


@pytest.mark.parametrize("form", LogFormat)
def test_a_line_of_the_log_shows_them(form, capsys):
    configure(logging.INFO, form)
    try:
        raise ValueError("a camera sent \u202e and \x1b[2J")
    except ValueError as error:
        logging.getLogger("cctv.test").error("camera.failed", exc_info=error)
    finally:
        written = capsys.readouterr().err
        configure()

    assert hidden_sign(written, "\n") is None
    assert "202e" in written
