"""The languages of letters, pages and packages.  No I/O."""

from __future__ import annotations

from enum import Enum


class Language(Enum):
    """A language that the people concerned read; the value is its ISO 639-1 code."""

    NL = "nl"
    FR = "fr"
    EN = "en"


USUAL = Language.NL  # where cameras.toml names none
