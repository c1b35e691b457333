"""The law of the site: jurisdictions, their retention caps and authorities; places that no camera may watch.

Pure data and lookups; no I/O.

* A cap is the longest ordinary keeping time of a jurisdiction.
* The supervisory authority follows the jurisdiction of the site, never a text: docs/policies/002.txt is Belgian and
  names the Dutch authority.
* `Area` is where personal data may go without another ground, as ISO 3166-1 codes of two letters.
* The promise "niet in toilet of kleedhokjes" (docs/policies): a place is refused under any of its usual names in Dutch,
  French, English and German, however they are spelled.  There is no override, and there must never be one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum

from cctv.core.i18n import pgettext_lazy

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


class Jurisdiction(Enum):
    """Whose law applies at the site."""

    BE = "BE"
    NL = "NL"

    @property
    def cap(self) -> timedelta:
        """The longest ordinary keeping time."""
        return _CAPS[self].period

    @property
    def source(self) -> str:
        """The legal source of the cap, as text."""
        return _CAPS[self].source


@dataclass(frozen=True, slots=True)
class _Cap:
    period: timedelta
    source: str


_CAPS = {
    # A month that begins on 1 February has 28 days: the only fixed period that is never longer than "one month".
    Jurisdiction.BE: _Cap(
        timedelta(days=28), "camera act of 21 March 2007: one month, and the shortest month has 28 days"
    ),
    Jurisdiction.NL: _Cap(timedelta(days=28), "Autoriteit Persoonsgegevens: four weeks"),
}


@dataclass(frozen=True, slots=True)
class Authority:
    """Name with its abbreviation, address on one line, and where to write: a mail address or a site."""

    name: str
    address: str
    contact: str

    def translated(self, translate: Callable[[str], str]) -> Authority:
        """The authority with its name and address translated by `translate`."""
        return replace(self, name=translate(self.name), address=translate(self.address))


_AUTHORITIES = {
    Jurisdiction.BE: Authority(
        pgettext_lazy("authority", "Belgian Data Protection Authority (APD/GBA)"),
        pgettext_lazy("authority", "rue de la Presse 35, 1000 Brussels, Belgium"),
        "contact@apd-gba.be",
    ),
    Jurisdiction.NL: Authority(
        pgettext_lazy("authority", "Dutch Data Protection Authority, Autoriteit Persoonsgegevens (AP)"),
        pgettext_lazy("authority", "Postbus 93374, 2509 AJ The Hague, the Netherlands"),
        "www.autoriteitpersoonsgegevens.nl",
    ),
}


def authority_of(jurisdiction: Jurisdiction) -> Authority:
    """The authority that a person may complain to; name and address are messages."""
    return _AUTHORITIES[jurisdiction]


class ZoneKind(Enum):
    """What sort of place a zone is; for the registers and the sign at the door."""

    FACADE = "facade"
    ENTRANCE = "entrance"
    INTERIOR = "interior"
    FOYER = "foyer"
    CORRIDOR = "corridor"
    COUNTER = "counter"
    SHOP = "shop"
    STORAGE = "storage"
    TECHNICAL = "technical"
    PARKING = "parking"
    GROUNDS = "grounds"


# Letters of other alphabets that look like Latin ones, in lower case.
_HOMOGLYPHS = str.maketrans("авеёзикмнорстухіјѕґαβεικνοπρστυχω\u0131łøđ", "abeesukmhopctyxijsrabeikvonpctuxwilod")
# Signs that pass for a letter; `i` and `l` are one sign here, since "TOlLET" has the wrong one of them.
_DISGUISES = str.maketrans("0134578@$€!|l", "oieastbaseiii")

# Matched against lower case without accents, every other sign replaced by a blank.
_FORBIDDEN = re.compile(
    r"""
      \w*toil+et\w* | \bt[wo]al[ei]t\w*
    | \b(?:her+en|dame[sn]|gast(?:en)?|gaste|besucher|personale?|personeels?|bezoekers|publieks|invaliden|kinder)?
      wcs?(?:ruimtes?|raum|blok|hok(?:je)?s?|tjes?|deur(?:en)?|lokaal|lokalen|zone|cabines?)?\d*\b
    | \bw \s c\b
    | \bwater \s? k?clos+et+s?\b | \bklosetts?\b | \bklos?\b | \baborte?\b
    | \w*kleed \s? (?: kamer | hok | ruimte | cabine | lokaal | lokalen )
    | \bomkle(?:den|edt?)\b | \w*umkleide | \bankleide(?:raum|kabine|zimmer)?\b | \banprobe
    | \bpas \s? (?: hok | kamer | ruimte | cabine )
    | \b(?:artiesten|artisten|kunstenaars|acteurs) \s? loges?\b
    | \bloges? \s (?:des?|d) \s (?:artiste|comedien|acteur|danseur)s?\b | \w*kunstler \s? garderobe
    | \w*douche | \w*dusch(?:e|raum|raume|kabine|bad) | \bduschen\b | \w*stortbad
    | \bshowers?\d*\b | \bshower \s? (?:room|area|block)
    | \w*vestiaire
    | \w*sanita?ir | \bsanitar(?!ium)
    | \bcabines? \s d \s? essayages?\b | \bsal(?:on|le)s? \s d \s? essayages?\b
    | \bsalles? \s (?:de \s bains? | d \s eau)\b | \b(?:cabinets?|lieux?) \s d \s aisances?\b
    | \w*lavator | \blavabos?\b | \w*badkamer | \w*badezimmer | \w*waschra[u]m
    | \w*urino?ir | \burinals?\b | \b(?:latrines?|pissoirs?|pissotieres?|chiottes?|plees?|loos?|gents)\d*\b
    | \b(?:rest|bath|wash|powder|locker|changing|change|fitting|dressing) \s? rooms?\d*\b
    | \bchanging \s? (?:area|cubicle|facilit|cabin|stall)
    | \b(?:ladies|mens?|womens?)(?: \s s)? \s? rooms?\b
    """,
    re.VERBOSE,
)
_HARMLESS = re.compile(r"\btoiletries\b|\btoilettage\b|\btoiletartikelen\b|\beau de toilette\b|\beaux de toilette\b")
# Words so long that no other word passes for them when digits are read as letters; a short one might: room "L00".
_LONG_NAMES = (
    "toilet kleedkamer kleedhok kleedruimte paskamer pashok douche dusche umkleide vestiaire sanitair sanitaer "
    "restroom bathroom washroom changingroom lockerroom dressingroom badkamer urinoir pissoir lavator"
)
_DISGUISED = re.compile("|".join(_LONG_NAMES.translate(_DISGUISES).split()))


def forbidden_place(text: str) -> str | None:
    """The part of `text`, folded, that names a toilet, shower or changing room; None when there is none.

    1. Folded: lower case, no accents or invisible signs, look-alikes of other alphabets as Latin letters, every sign
       that is no letter or digit a blank, letters written apart ("w.c.", "t o i l e t") joined.
    2. A name counts inside a compound ("herentoilet") where no other word contains it, else as a whole word ("wc", not
       "wcomputer").  Where a camera hangs beside such a place its text must not name it either: nobody can tell from
       "gang naast toiletten" what is in the picture.
    3. The long names also count with digits for letters ("T0ilet").
    """
    words = _folded(text)
    if match := _FORBIDDEN.search(_HARMLESS.sub(" ", " ".join(words))):
        return match[0]
    plain = _HARMLESS.sub(" ", " ".join(_folded(text, keep="@$€!|"))).split()
    return next((word for word in plain if _DISGUISED.search(word.translate(_DISGUISES))), None)


def _folded(text: str, keep: str = "") -> list[str]:
    """The words of a text, see `forbidden_place`; `keep` has signs that are no blanks."""
    lowered = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    visible = "".join(sign for sign in lowered if unicodedata.category(sign) not in ("Mn", "Me", "Cf"))
    words = re.sub(rf"[^a-z0-9{re.escape(keep)}]+", " ", visible.translate(_HOMOGLYPHS))
    return re.sub(r"\b(?:[a-z0-9] ){3,}[a-z0-9]\b", lambda apart: apart[0].replace(" ", ""), words).split()
