"""National register numbers: found in free text, so that none is ever written down.  Pure.

A check of identity leaves a method, a date and a checker, never the number of a document.  Two numbers have a check
digit by which they are known; a number without a valid one is let through, for it may be anything.

* Belgian rijksregisternummer: YYMMDD-NNN-CC, CC is 97 less the first nine digits modulo 97; for people born from 2000
  on, a 2 stands before the nine (Royal Decree of 3 April 1984, Article 3).  The bis number (month + 20 or + 40) too.
* Dutch burgerservicenummer: nine digits whose sum, weighted 9 to 2 and -1, is divisible by 11 (the elfproef).
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum

from cctv.kernel.errors import UsageError

_BE = re.compile(r"(?<!\d)(\d{2})%(\d{2})%(\d{2})%(\d{3})%(\d{2})(?!\d)".replace("%", r"[ ./-]{0,3}"))
_NL = re.compile(r"(?<!\d)(\d{3})%(\d)%(\d{2})%(\d{3})(?!\d)".replace("%", r"[ ./-]{0,3}"))
_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_MONTHS = frozenset(month + shift for month in range(13) for shift in (0, 20, 40))  # 00: an unknown date of birth


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
    if any(_is_rijksregisternummer("".join(found)) for found in _BE.findall(text)):
        return NationalNumber.RIJKSREGISTERNUMMER
    if any(_is_burgerservicenummer("".join(found)) for found in _NL.findall(text)):
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


def _is_rijksregisternummer(digits: str) -> bool:
    if int(digits[2:4]) not in _MONTHS or int(digits[4:6]) > 31:
        return False
    check = int(digits[9:])
    return check in {97 - int(century + digits[:9]) % 97 for century in ("", "2")}


def _is_burgerservicenummer(digits: str) -> bool:
    if int(digits) == 0:
        return False
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 11 == 0
