"""Text from elsewhere: what a person may type, and what of it is shown or logged.

One rule says which signs do not show on a screen: controls, signs that turn the direction of writing, signs without a
width.  With them a name looks like another one, a line seems to say what it does not say, or a terminal does what the
text tells it.  What people type is refused with the first of them (`refuse_hidden`); what stands in a database, a file
name or a camera's answer already is printed with each of them escaped (`printable`, `printable_json`).

What is written from right to left (Arabic, Hebrew) is kept apart from the line that it stands in (`isolated`).

Passwords in the text of tools, libraries and exceptions are removed before it is shown or logged (`without_secrets`).
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from cctv.core.errors import UsageError

LINES = "\t\n\r"  # what separates lines and words in a text: blanks, where the text becomes one line
PRINTED = "\n\t"  # what a terminal may get of our own layout; a lone carriage return would overwrite a line
_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})  # Cf: also what turns the direction, and soft hyphens
# Letters and marks by their category, and yet without a width or a shape: joiners, fillers, variation selectors.
_WITHOUT_SHAPE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"  # around a name in plain text: UAX 9, as `<bdi>` in HTML
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001eeff]")
_URL_SECRET = re.compile(r"(\w+://)[^\s/]*@")  # to the last @: a password may hold one
_SECRET_NAME = "(?:user|usr|username|password|passwd|pwd|token)="
_QUERY_SECRET = re.compile(rf"([?&]{_SECRET_NAME})[^&\s]*", re.IGNORECASE)
# `/user=admin_password=secret_channel=1`, as some devices tell the path of a stream.
_PATH_SECRET = re.compile(rf"([/_]{_SECRET_NAME})[^&\s/?]*?(?=_[A-Za-z]+=|[&\s/?]|$)", re.IGNORECASE)


class HiddenSign(UsageError):
    """The {what} holds {sign}, a sign that nobody sees; nothing was changed.

    next: type the text again without it; such a sign comes along when text is copied from a page or a mail.
    """


def refuse_hidden(what: str, text: str) -> None:
    """Raise HiddenSign, which names the code point and never repeats the text, where a text holds such a sign."""
    if (sign := hidden_sign(text)) is not None:
        raise HiddenSign(what=what, sign=code_point(sign))


def hidden_sign(text: str, allowed: str = LINES) -> str | None:
    """The first sign that does not show, None when all do.  `allowed` are those that count as blanks."""
    if text.isascii() and text.isprintable():
        return None
    return next((sign for sign in text if sign not in allowed and _is_hidden(sign)), None)


def code_point(sign: str) -> str:
    """`U+202E RIGHT-TO-LEFT OVERRIDE`; a control has no name of its own."""
    return f"U+{ord(sign):04X} {unicodedata.name(sign, '')}".rstrip()


def printable(text: str, allowed: str = PRINTED) -> str:
    """Text that may be printed: each sign that does not show as `\\u202e`, a byte that is no text as `\\xff`."""
    if hidden_sign(text, allowed) is None:
        return text
    return "".join(_escaped(sign) if sign not in allowed and _is_hidden(sign) else sign for sign in text)


def printable_json(text: str) -> str:
    """JSON on one line with the same signs escaped as JSON escapes them: it means what it meant."""
    if hidden_sign(text, "") is None:
        return text
    return "".join(json.dumps(sign)[1:-1] if _is_hidden(sign) else sign for sign in text)


def parse_json(text: str | bytes) -> Any:  # noqa: ANN401 - as json.loads
    """The value of a JSON text that may be hostile; raises ValueError, also where it nests too deeply for Python."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it nests too deeply") from error


def isolated(value: object) -> object:
    """What a template prints, with a text that has letters written from right to left in a `<bdi>` of its own.

    Without it the digits, commas and brackets after such a name change their places (UAX 9).  For `finalize` of a jinja
    environment that escapes; markup and values without such letters come out as they are.
    """
    if not isinstance(value, str) or isinstance(value, Markup) or not _RIGHT_TO_LEFT.search(value):
        return value
    direction = ' dir="rtl"' if _begins_rightwards(value) else ""
    return Markup("<bdi{}>{}</bdi>").format(Markup(direction), value)


def bare(value: object) -> Markup:
    """A text or markup without its tags, escaped: for an attribute or a title, which hold no elements."""
    return escape(value.striptags() if isinstance(value, Markup) else value)


def _begins_rightwards(text: str) -> bool:
    strong = (unicodedata.bidirectional(sign) for sign in text)
    return next((way != "L" for way in strong if way in ("L", "R", "AL")), False)


def plain_line(text: str) -> str:
    """Text of a device on one line: each sign that does not show is a blank, and blanks stand alone."""
    shown = "".join(sign if sign.isprintable() and hidden_sign(sign) is None else " " for sign in text)
    return " ".join(shown.split())


def without_secrets(text: str) -> str:
    """Text of a tool with the credentials of any URL removed (ffmpeg prints the URL with its password)."""
    return _PATH_SECRET.sub(r"\1", _QUERY_SECRET.sub(r"\1", _URL_SECRET.sub(r"\1", text)))


@lru_cache(maxsize=1024)
def _is_hidden(sign: str) -> bool:
    return unicodedata.category(sign) in _CATEGORIES or _WITHOUT_SHAPE.match(sign) is not None


def _escaped(sign: str) -> str:
    number = ord(sign)
    if 0xDC80 <= number <= 0xDCFF:  # a byte that was not UTF-8 (PEP 383)
        return f"\\x{number - 0xDC00:02x}"
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
