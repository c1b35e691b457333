"""National register numbers: detected in free text, so that none is ever stored.

A check of identity leaves a method, a date and a checker, never the number of a document.  Three numbers have check
digits that identify them: the Belgian rijksregisternummer and bis number, and the Dutch burgerservicenummer.  A
number without valid ones is let through, for it may be anything.

This module searches the text; python-stdnum validates, with a year of birth from 2000 up to the present year of the
machine for Belgian numbers.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum

from stdnum.be import bis, nn
from stdnum.nl import bsn

from cctv.core.errors import UsageError

_BETWEEN = r"[ ./-]{0,3}"
_DAY = r"[0-2]\d|3[01]"  # 00 is unknown; stdnum takes a higher one for unknown too
_BE = re.compile(rf"(?<!\d)(\d{{2}}){_BETWEEN}(\d{{2}}){_BETWEEN}({_DAY}){_BETWEEN}(\d{{3}}){_BETWEEN}(\d{{2}})(?!\d)")
_NL = re.compile(rf"(?<!\d)(\d{{3}}){_BETWEEN}(\d){_BETWEEN}(\d{{2}}){_BETWEEN}(\d{{3}})(?!\d)")


class NationalNumber(Enum):
    """Which number a text holds."""

    RIJKSREGISTERNUMMER = "a Belgian national register number"
    BURGERSERVICENUMMER = "a Dutch citizen service number"


class NationalNumberTyped(UsageError):
    """The {what} holds {number}; that number is never written down: a check of identity leaves its method, day and
    checker only.

    next: leave the number out; a telephone number is let through when it is written with its country code, +32 or +31.
    """


def refuse_national_number(what: str, text: str) -> None:
    """Raise NationalNumberTyped where a text holds one; never repeats it."""
    if (number := national_number(text)) is not None:
        raise NationalNumberTyped(what=what, number=number)


def national_number(text: str) -> NationalNumber | None:
    """The kind of the first national register number in a text, None when there is none."""
    text = "".join(_plain(sign) for sign in unicodedata.normalize("NFKC", text))
    belgian = ["".join(groups) for groups in _BE.findall(text)]
    if any(nn.is_valid(digits) or bis.is_valid(digits) for digits in belgian):
        return NationalNumber.RIJKSREGISTERNUMMER
    if any(bsn.is_valid("".join(groups)) for groups in _NL.findall(text)):
        return NationalNumber.BURGERSERVICENUMMER
    return None


def _plain(sign: str) -> str:
    """Any digit as 0 to 9, any dash as -, any blank as a space."""
    match unicodedata.category(sign):
        case "Nd":
            return str(unicodedata.digit(sign))
        case "Pd":
            return "-"
        case "Zs" | "Cc":
            return " "
        case _:
            return sign
