"""Kinds of place that may be watched, and the names of those that never may.

Owns the promise "niet in toilet of kleedhokjes": a place is refused under any of its usual names in Dutch, French and
English.  Pure.  Knows no override, and must never get one.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum


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


# Looked for in lower case without accents, every other sign read as a blank.
_FORBIDDEN = re.compile(
    r"""
      \w*toilet\w*
    | \b(?:heren|dames|gast(?:en)?|personeels?|bezoekers|publieks|invaliden|kinder)?
      wcs?(?:ruimtes?|blok|hok(?:je)?s?|tjes?)?\d*\b
    | \bw \s c\b
    | \bwater \s? closets?\b
    | \w*kleed \s? (?: kamer | hok | ruimte | cabine | lokaal | lokalen )
    | \bpas \s? (?: hok | kamer | ruimte | cabine )
    | \w*douche | \bshowers?\d*\b | \bshower \s? (?:room|area|block)
    | \w*vestiaire
    | \bsanita?ir | \bsanitar(?:y|ies)\b
    | \bcabines? \s d \s? essayages?\b | \bsal(?:on|le)s? \s d \s? essayages?\b
    | \bsalles? \s (?:de \s bains? | d \s eau)\b | \b(?:cabinets?|lieux?) \s d \s aisances?\b
    | \w*lavator | \blavabos?\b | \bbadkamer
    | \w*urino?ir | \burinals?\b | \b(?:latrines?|pissoirs?|pissotieres?|plees?|loos?|gents)\d*\b
    | \b(?:rest|bath|wash|powder|locker|changing|change|fitting|dressing) \s? rooms?\d*\b
    | \bchanging \s? (?:area|cubicle|facilit|cabin|stall)
    | \b(?:ladies|mens?|womens?)(?: \s s)? \s? rooms?\b
    """,
    re.VERBOSE,
)
_HARMLESS = re.compile(r"\btoiletries\b|\btoilettage\b|\btoiletartikelen\b|\beau de toilette\b|\beaux de toilette\b")


def forbidden_place(text: str) -> str | None:
    """The words in `text` that name a toilet, shower or changing room, None when there are none."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in folded if not unicodedata.combining(sign))
    words = _HARMLESS.sub(" ", " ".join(re.sub(r"[^a-z0-9]+", " ", bare).split()))
    found = _FORBIDDEN.search(words)
    return found[0] if found else None
