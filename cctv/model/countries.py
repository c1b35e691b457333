"""Countries that personal data may go to without another ground: the EU, or the EEA.  No I/O.

Owns the two lists.  A country is its ISO 3166-1 code of two letters.
"""

from __future__ import annotations

from enum import Enum

_EU = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE".split()  # noqa: SIM905
)
_EEA = _EU | frozenset({"IS", "LI", "NO"})


class Area(Enum):
    """Where processors and third parties may be: the published policies promise the EU; a site may say EEA.

    docs/policies/001.txt and docs/policies/003.txt.
    """

    EU = "EU"
    EEA = "EEA"

    def holds(self, country: str) -> bool:
        """Whether a country, by its code of two letters in any case, lies inside."""
        return country.upper() in (_EU if self is Area.EU else _EEA)
