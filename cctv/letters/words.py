"""What the terms of letters are called in Dutch, French and English.

Owns one wording for each member of each enumeration that a letter shows; the tests see to it that none is left out.
"""

from __future__ import annotations

from enum import Enum

from cctv.letters.reasons import REASONS
from cctv.letters.terms import TERMS
from cctv.model.language import Language

_ORDER = (Language.NL, Language.FR, Language.EN)
_WORDS = TERMS | REASONS

_PURPOSES: tuple[tuple[str, str, str], ...] = (  # what sites write most; others are given in [letters] purposes
    ("diefstal en schade", "vol et dégradations", "theft and damage"),
    ("diefstal", "vol", "theft"),
    ("schade", "dégradations", "damage"),
    ("veiligheid van personen", "sécurité des personnes", "safety of persons"),
    ("veiligheid van bezoekers en medewerkers", "sécurité des visiteurs et du personnel", "safety of visitors and staff"),  # noqa: E501
    ("toegangscontrole", "contrôle des accès", "access control"),
    ("bescherming van goederen", "protection des biens", "protection of property"),
    ("bescherming van personen en goederen", "protection des personnes et des biens",
     "protection of persons and property"),
)  # fmt: skip


def words(term: Enum, language: Language) -> str:
    """What a term is called; raises KeyError for one that letters do not show."""
    return _WORDS[term][_ORDER.index(language)]


def usual_purpose(purpose: str, language: Language) -> str | None:
    """A purpose that many sites have, in another language; None when it is not one of those."""
    for row in _PURPOSES:
        if purpose.casefold() in row:
            return row[_ORDER.index(language)]
    return None
