"""The languages of letters, pages and packages.  No I/O."""

from __future__ import annotations

from enum import Enum


class Language(Enum):
    """What the people concerned read."""

    NL = "nl"
    FR = "fr"
    EN = "en"


USUAL = Language.NL  # where cameras.toml names none
