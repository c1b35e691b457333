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

_USUAL: tuple[tuple[str, str, str], ...] = (  # what sites write most; other texts are given in [letters] words
    ("diefstal en schade", "vol et dégradations", "theft and damage"),
    ("diefstal", "vol", "theft"),
    ("schade", "dégradations", "damage"),
    ("veiligheid", "sécurité", "safety"),
    ("veiligheid van personen", "sécurité des personnes", "safety of persons"),
    ("veiligheid van bezoekers", "sécurité des visiteurs", "safety of visitors"),
    ("toegangscontrole", "contrôle des accès", "access control"),
    ("bescherming van goederen", "protection des biens", "protection of property"),
    ("bescherming van personen", "protection des personnes", "protection of persons"),
    ("onderhoud van de camera’s", "entretien des caméras", "maintenance of the cameras"),
    ("bewaring van back-ups", "conservation des sauvegardes", "storage of back-ups"),
    ("informaticabeheer", "gestion informatique", "IT support"),
    ("bewaking", "gardiennage", "guarding"),
    ("verzending van brieven", "envoi de lettres", "delivery of letters"),
    ("juridische bijstand", "assistance juridique", "legal assistance"),
)


def words(term: Enum, language: Language) -> str:
    """What a term is called; raises KeyError for one that letters do not show."""
    return _WORDS[term][_ORDER.index(language)]


def usual_words(text: str, language: Language) -> str | None:
    """A usual purpose or service in another language; None when it is not one of those."""
    for row in _USUAL:
        if text.casefold().replace("'", "’") in (said.casefold() for said in row):
            return row[_ORDER.index(language)]
    return None
