"""Countries of the European Economic Area in Dutch, French and English, by ISO 3166 code.

Owns their names; which countries those are is `cctv.model.countries`.
"""

from __future__ import annotations

from cctv.model.language import Language

_ROWS = """
AT Oostenrijk|Autriche|Austria
BE België|Belgique|Belgium
BG Bulgarije|Bulgarie|Bulgaria
CY Cyprus|Chypre|Cyprus
CZ Tsjechië|Tchéquie|Czechia
DE Duitsland|Allemagne|Germany
DK Denemarken|Danemark|Denmark
EE Estland|Estonie|Estonia
ES Spanje|Espagne|Spain
FI Finland|Finlande|Finland
FR Frankrijk|France|France
GR Griekenland|Grèce|Greece
HR Kroatië|Croatie|Croatia
HU Hongarije|Hongrie|Hungary
IE Ierland|Irlande|Ireland
IS IJsland|Islande|Iceland
IT Italië|Italie|Italy
LI Liechtenstein|Liechtenstein|Liechtenstein
LT Litouwen|Lituanie|Lithuania
LU Luxemburg|Luxembourg|Luxembourg
LV Letland|Lettonie|Latvia
MT Malta|Malte|Malta
NL Nederland|Pays-Bas|Netherlands
NO Noorwegen|Norvège|Norway
PL Polen|Pologne|Poland
PT Portugal|Portugal|Portugal
RO Roemenië|Roumanie|Romania
SE Zweden|Suède|Sweden
SI Slovenië|Slovénie|Slovenia
SK Slowakije|Slovaquie|Slovakia
"""

_NAMES: dict[str, dict[Language, str]] = {
    row[:2]: dict(zip((Language.NL, Language.FR, Language.EN), row[3:].split("|"), strict=True))
    for row in _ROWS.strip().splitlines()
}


def country_name(code: str, language: Language) -> str:
    """`BE` as "Belgique"; raises KeyError for a country outside the area."""
    return _NAMES[code.upper()][language]
