"""The supervisory authority of a jurisdiction.  No I/O.

docs/policies/002.txt is Belgian and names the Dutch authority: the authority follows the jurisdiction of the site,
never a text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cctv.kernel.phrases import worded
from cctv.model.jurisdiction import Jurisdiction


@dataclass(frozen=True, slots=True)
class Authority:
    """Name with its abbreviation, address on one line, and where to write: a mail address or a site."""

    name: str
    address: str
    contact: str

    def translated(self, translate: Callable[[str], str]) -> Authority:
        """The same with its name and address in a language, which `translate` gives."""
        return replace(self, name=translate(self.name), address=translate(self.address))


_AUTHORITIES = {
    Jurisdiction.BE: Authority(
        worded("authority", "Belgian Data Protection Authority (APD/GBA)"),
        worded("authority", "rue de la Presse 35, 1000 Brussels, Belgium"),
        "contact@apd-gba.be",
    ),
    Jurisdiction.NL: Authority(
        worded("authority", "Dutch Data Protection Authority, Autoriteit Persoonsgegevens (AP)"),
        worded("authority", "Postbus 93374, 2509 AJ The Hague, the Netherlands"),
        "www.autoriteitpersoonsgegevens.nl",
    ),
}


def authority_of(jurisdiction: Jurisdiction) -> Authority:
    """Whom a person may complain to; name and address are phrases."""
    return _AUTHORITIES[jurisdiction]
