"""The supervisory authority of a jurisdiction, as each language calls it.  No I/O.

docs/policies/002.txt is Belgian and names the Dutch authority: the authority follows the jurisdiction of the site,
never a text.
"""

from __future__ import annotations

from dataclasses import dataclass

from cctv.model.jurisdiction import Jurisdiction
from cctv.model.language import Language


@dataclass(frozen=True, slots=True)
class Authority:
    """Name with its abbreviation, address on one line, and where to write: a mail address or a site."""

    name: str
    address: str
    contact: str


_BE = "contact@apd-gba.be"
_NL = "www.autoriteitpersoonsgegevens.nl"
_AUTHORITIES = {
    (Jurisdiction.BE, Language.NL): Authority(
        "Gegevensbeschermingsautoriteit (GBA)", "Drukpersstraat 35, 1000 Brussel", _BE
    ),
    (Jurisdiction.BE, Language.FR): Authority(
        "Autorité de protection des données (APD)", "rue de la Presse 35, 1000 Bruxelles", _BE
    ),
    (Jurisdiction.BE, Language.EN): Authority(
        "Belgian Data Protection Authority (APD/GBA)", "rue de la Presse 35, 1000 Brussels, Belgium", _BE
    ),
    (Jurisdiction.NL, Language.NL): Authority(
        "Autoriteit Persoonsgegevens (AP)", "Postbus 93374, 2509 AJ Den Haag", _NL
    ),
    (Jurisdiction.NL, Language.FR): Authority(
        "autorité néerlandaise de protection des données, Autoriteit Persoonsgegevens (AP)",
        "Postbus 93374, 2509 AJ La Haye, Pays-Bas",
        _NL,
    ),
    (Jurisdiction.NL, Language.EN): Authority(
        "Dutch Data Protection Authority, Autoriteit Persoonsgegevens (AP)",
        "Postbus 93374, 2509 AJ The Hague, the Netherlands",
        _NL,
    ),
}


def authority_of(jurisdiction: Jurisdiction, language: Language) -> Authority:
    """Whom a person may complain to."""
    return _AUTHORITIES[jurisdiction, language]
