"""The phrases in which Dutch, French and English privacy texts make their promises.

Only patterns, over text in lower case without accents (`folded`).  Each is here because a published text uses it; the
phrases of the five policies in docs/policies are all covered.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from functools import lru_cache

from cctv.config.policy_text.claims import Purpose, Subject, SubjectRight
from cctv.core.i18n import Language, translate_to
from cctv.model.legal import Jurisdiction, ZoneKind, authority_of


def folded(text: str) -> str:
    """Lower case, without accents, typographic quotes and dashes made plain; every character keeps its index."""
    return "".join(_plain(sign) for sign in text)


@lru_cache(maxsize=4096)
def _plain(sign: str) -> str:
    if sign in "’‘´`":
        return "'"
    if sign in "–—":
        return "-"
    bare = unicodedata.normalize("NFKD", sign.lower())
    return bare[0] if bare and not unicodedata.combining(bare[0]) else " "


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


CAMERAS = _words(
    r"\bcamera(?:'?s|beeld\w*|bewaking|toezicht)?\b",
    r"\bbewakingsbeelden\b",
    r"\bvideobewaking\b",
    r"\bcctv\b",
    r"\bvideo ?surveillance\b",
    r"\bvideoprotection\b",
)
SURVEILLANCE = _words(  # a text about hiring out or selling cameras contains `camera` too
    r"\bcamerabeelden\b",
    r"\bbewakings(?:camera\w*|beelden)\b",
    r"\bcamera(?:bewaking|toezicht)\b",
    r"\bcctv\b",
    r"\b(?:video ?)?surveillance\b",
    r"\b(?:maken|gebruiken|hangen|plaatsen)\b[^.]{0,60}\bcamera'?s\b",
    r"\bcamera'?s\b[^.]{0,60}\b(?:hangen|opnemen|registreren|diefstal|veiligheid)\b",
    r"\bsecurity cameras?\b",
    r"\bcameras de (?:securite|surveillance)\b",
)
FOOTAGE = _words(
    r"beeld(?:en|materiaal)\b", r"\bimages?\b", r"\bfootage\b", r"\brecordings?\b", r"\benregistrements?\b"
)
KEPT = _words(
    r"\bbewaa?r(?:d|t|en)?\b",
    r"\bbijgehouden\b",
    r"\bbewaartermijn\b",
    r"\bopgeslagen\b",
    r"\bgewist\b",
    r"\bverwijderd\b",
    r"\bkept\b",
    r"\bretain(?:ed)?\b",
    r"\bretention\b",
    r"\bstored\b",
    r"\bdeleted\b",
    r"\bconserv(?:ees?|es?|ation)\b",
    r"\bgardees?\b",
    r"\beffacees?\b",
)
AT_MOST = _words(
    r"\bmaxima(?:al|le)\b",
    r"\bmaximum\b",
    r"\bhoogstens\b",
    r"\bten hoogste\b",
    r"\bniet langer dan\b",
    r"\bbinnen\b",
    r"\bat most\b",
    r"\bup to\b",
    r"\bwithin\b",
    r"\bdans (?:les|un delai)\b",
    r"\bendeans\b",
    r"\bsous\b",
    r"\bno longer than\b",
    r"\bno more than\b",
    r"\bau maximum\b",
    r"\bau plus\b",
)

NUMBERS = {
    name: number
    for number, names in {
        1: "een one un une",
        2: "twee two deux",
        3: "drie three trois",
        4: "vier four quatre",
        5: "vijf five cinq",
        6: "zes six",
        7: "zeven seven sept",
        8: "acht eight huit",
        10: "tien ten dix",
        14: "veertien fourteen quatorze",
        15: "vijftien fifteen quinze",
        18: "achttien eighteen dix-huit",
        20: "twintig twenty vingt",
        21: "eenentwintig vingt-et-un",
        24: "vierentwintig vingt-quatre",
        28: "achtentwintig vingt-huit",
        30: "dertig thirty trente",
        48: "achtenveertig quarante-huit",
        72: "tweeenzeventig soixante-douze",
        90: "negentig ninety",
    }.items()
    for name in names.split()
}
UNITS = {
    timedelta(hours=1): r"uur|uren|hours?|heures?",
    timedelta(days=1): r"dag(?:en)?|days?|jours?|kalenderdagen",
    timedelta(weeks=1): r"weken|week|weeks|semaines?",
    timedelta(days=28): r"maand(?:en)?|months?|mois",  # a month is never shorter
    timedelta(days=365): r"jaar|jaren|years?|ans?\b|annees?",
}

OUTSIDE = frozenset({ZoneKind.FACADE, ZoneKind.ENTRANCE, ZoneKind.PARKING, ZoneKind.GROUNDS})
INSIDE = frozenset(ZoneKind) - OUTSIDE
PLACES: tuple[tuple[re.Pattern[str], frozenset[ZoneKind]], ...] = (
    (_words(r"\bgevels?\b", r"\bfacades?\b"), frozenset({ZoneKind.FACADE})),
    (_words(r"\b(?:parking|parkeer\w*|car park)\b"), frozenset({ZoneKind.PARKING})),
    (_words(r"\b(?:inkom|ingang|toegang(?:en)?|entrances?|entrees?)\b"), frozenset({ZoneKind.ENTRANCE})),
    (_words(r"\b(?:terrein|grounds|abords)\b"), frozenset({ZoneKind.GROUNDS})),
    (_words(r"\b(?:foyer|lobby|hall)\b"), frozenset({ZoneKind.FOYER})),
    (_words(r"\b(?:gang(?:en)?|corridors?|couloirs?)\b"), frozenset({ZoneKind.CORRIDOR})),
    (_words(r"\b(?:winkel|shop|magasin)\b"), frozenset({ZoneKind.SHOP})),
    (_words(r"\b(?:balie|kassa|counter|comptoir|caisses?)\b"), frozenset({ZoneKind.COUNTER})),
    (_words(r"\b(?:magazijn|opslagruimte|warehouse|entrepot)\b"), frozenset({ZoneKind.STORAGE})),
    (_words(r"\b(?:buiten|outside|outdoors?|exterieur(?:es?)?)\b"), OUTSIDE),
    (
        _words(
            r"\b(?:van )?binnenin\b",
            r"\bbinnen (?:het|in|de)\b",
            r"\binside\b",
            r"\bindoors?\b",
            r"\binterieur(?:es?)?\b",
        ),
        INSIDE,
    ),
)

AUTHORITIES: tuple[tuple[re.Pattern[str], str, Jurisdiction | None], ...] = (
    (
        _words(r"\bautoriteit persoonsgegevens\b"),
        translate_to(authority_of(Jurisdiction.NL).name, Language.NL),
        Jurisdiction.NL,
    ),
    (
        _words(
            r"\bgegevensbeschermingsautoriteit\b",
            r"\bautorite de protection des donnees\b",
            r"\bapd\b",
            r"\bgba\b",
            r"\bbelgian data protection authority\b",
        ),
        translate_to(authority_of(Jurisdiction.BE).name, Language.NL),
        Jurisdiction.BE,
    ),
    (
        _words(r"\bprivacycommissie\b", r"\bcommission de la (?:protection de la )?vie privee\b"),
        "Privacycommissie (until May 2018)",
        None,
    ),
    (_words(r"\bcnil\b"), "CNIL", None),
)
COUNTRIES: tuple[tuple[re.Pattern[str], Jurisdiction], ...] = (
    (
        _words(
            r"\b(?:be|b) ?- ?\d{4}\b",
            r"\bbelgische wet\w*\b",
            r"\bhet belgische recht\b",
            r"\bdroit belge\b",
            r"\bbelgian law\b",
            r"\bgeldende belgische\b",
        ),
        Jurisdiction.BE,
    ),
    (
        _words(
            r"\bnl ?- ?\d{4} ?[a-z]{2}\b",
            r"\b\d{4} [a-z]{2} (?:amsterdam|rotterdam|utrecht|den haag|eindhoven)\b",
            r"\bnederlands(?:e)? (?:recht|wet\w*)\b",
            r"\bdutch law\b",
        ),
        Jurisdiction.NL,
    ),
)
PURPOSES: tuple[tuple[re.Pattern[str], Purpose], ...] = (
    (
        _words(
            r"\bdiefstal\w*\b", r"\btheft\b", r"\bvols?\b", r"\binbraak\w*\b", r"\bburglary\b", r"\bcambriolages?\b"
        ),
        Purpose.THEFT,
    ),
    (
        _words(
            r"\b(?:be)?schad(?:e|iging)\w*\b",
            r"\bvandalisme\b",
            r"\bvandalism\b",
            r"\bdamage\b",
            r"\bd(?:e|o)(?:gradations?|mmages?)\b",
            r"\beigendommen\b",
            r"\bproperty\b",
        ),
        Purpose.DAMAGE,
    ),
    (_words(r"\bfraude\b", r"\bfraud\b"), Purpose.FRAUD),
    (
        _words(r"\bveiligheid\w*\b", r"\bbeveiliging\w*\b", r"\bsafety\b", r"\bsecurity\b", r"\bsecurite\b"),
        Purpose.SAFETY,
    ),
    (_words(r"\btoegangscontrole\b", r"\baccess control\b", r"\bcontrole d'acces\b"), Purpose.ACCESS),
    (_words(r"\boverlast\b", r"\bnuisance\b", r"\bnuisances\b"), Purpose.NUISANCE),
)
A_RIGHT = _words(
    r"recht(?:en)?\b", r"\brights?\b", r"\bdroits?\b", r"verzoek(?:en)?\b", r"\brequests?\b", r"\bdemandes?\b"
)
RIGHTS: tuple[tuple[re.Pattern[str], SubjectRight], ...] = (
    (
        _words(
            r"\binzage\w*\b",
            r"\bin te (?:zien|kijken)\b",
            r"\braadple(?:gen|egd)\b",
            r"\bright of access\b",
            r"\bdroit d'acces\b",
            r"\bop te vragen\b",
        ),
        SubjectRight.ACCESS,
    ),
    (
        _words(
            r"\brectific\w+\b",
            r"\brectifi\w+\b",
            r"\bcorrig\w+\b",
            r"\baan te (?:passen|vullen)\b",
            r"\bbewerk(?:t|en)\b",
            r"\bcorrect\b",
        ),
        SubjectRight.RECTIFICATION,
    ),
    (
        _words(
            r"\bvergeten\b",
            r"\bvergeetverzoek\b",
            r"\bwissen\b",
            r"\b(?:te )?(?:laten )?verwijderen\b",
            r"\bverwijderd worden\b",
            r"\berasure\b",
            r"\bdelet(?:e|ion)\b",
            r"\beffacement\b",
            r"\bl'oubli\b",
        ),
        SubjectRight.ERASURE,
    ),
    (
        _words(
            r"\bbeperking van de\b",
            r"\bte beperken\b",
            r"\baf te schermen\b",
            r"\brestrict\w*\b",
            r"\blimitation du traitement\b",
        ),
        SubjectRight.RESTRICTION,
    ),
    (_words(r"\bbezwaar\b", r"\bobject(?:ion)?\b", r"\bopposition\b", r"\bs'opposer\b"), SubjectRight.OBJECTION),
)
SIMPLE: tuple[tuple[re.Pattern[str], Subject], ...] = (
    (
        _words(
            r"\bgeen geluid\w*\b", r"\bno (?:sound|audio)\b", r"\b(?:aucun|pas de?) (?:son|enregistrement sonore)\b"
        ),
        Subject.SOUND,
    ),
    (
        _words(r"\bniet in (?:de )?toilet\w*\b", r"\bkleedhok\w*\b", r"\bchanging rooms?\b", r"\bvestiaires?\b"),
        Subject.PRIVATE_PLACES,
    ),
    (
        _words(
            r"\balleen (?:opgevraagd|bekeken)\b[^.]*\bincident\b",
            r"\bonly (?:viewed|consulted)\b[^.]*\bincident\b",
            r"\bconsultees? (?:uniquement|que)\b[^.]*\bincident\b",
        ),
        Subject.INCIDENT_ONLY,
    ),
    (
        _words(
            r"\btot dit incident is afgehandeld\b",
            r"\buntil the incident (?:is|has been) (?:settled|closed|resolved)\b",
            r"\bjusqu'au (?:reglement|traitement) de l'incident\b",
        ),
        Subject.UNTIL_SETTLED,
    ),
    (_words(r"\blogbestand\b", r"\blogboek\b", r"\bin a log\b", r"\bjournal\b"), Subject.LOG),
    (
        _words(r"\b(?:two|twee|deux)[- ]?(?:factor|staps|facteurs)\w*\b", r"\bdouble authentification\b"),
        Subject.TWO_FACTOR,
    ),
    (
        _words(
            r"\broles? and access management\b",
            r"\b(?:rollen|toegangs)\w*beheer\b",
            r"\bgestion des (?:roles|acces)\b",
            r"\baccess management\b",
        ),
        Subject.ROLES,
    ),
    (
        _words(
            r"\beuropese (?:web)?hosting\b",
            r"\beuropean hosting\b",
            r"\bhosted in (?:the eu|europe)\b",
            r"\bhebergement europeen\b",
            r"\bservers? in (?:de eu|europa)\b",
        ),
        Subject.HOSTING,
    ),
    (
        _words(r"\bpenetratie-?tests?\b", r"\bpen(?:etration)?[- ]?tests?\b", r"\btests? d'intrusion\b"),
        Subject.PENETRATION_TEST,
    ),
    (
        _words(
            r"\b(?:ssl|tls)\b",
            r"\bversleuteld(?:e)? (?:verbinding(?:en)?|communicatie)\b",
            r"\bcommunicatie (?:wordt|is) versleuteld\b",
            r"\bencrypted (?:connections?|communication)\b",
            r"\b(?:connexions?|communications?) (?:est |sont )?chiffrees?\b",
        ),
        Subject.ENCRYPTED,
    ),
    (_words(r"\boff-?site back-?ups?\b", r"\bopslag van\b[^.]{0,20}\bback-?ups?\b"), Subject.BACKUP),
    (_words(r"\bgeen back-?ups?\b", r"\bno back-?ups?\b", r"\baucune sauvegarde\b"), Subject.NO_BACKUP),
    (
        _words(r"\bverenigde staten\b", r"\bunited states\b", r"\betats-unis\b", r"\bamerikaanse bedrijf\b"),
        Subject.OUTSIDE_EU,
    ),
    (
        _words(
            r"\bprivacy shield\b", r"\bprivacyscherm\b", r"\bwet van 8 december 1992\b", r"\bloi du 8 decembre 1992\b"
        ),
        Subject.OUTDATED_LAW,
    ),
    (
        _words(
            r"\bkopie van (?:een|uw|je) (?:geldige )?(?:identiteitskaart|identiteitsbewijs|paspoort)\b",
            r"\bcopy of (?:your|an?|the) (?:valid )?(?:identity card|passport|id)\b",
            r"\bcopie d(?:e la|'une|e votre) (?:carte d'identite|piece d'identite)\b",
        ),
        Subject.IDENTITY_COPY,
    ),
)
REQUEST = _words(r"\bverzoek\b", r"\brequests?\b", r"\bdemande\b", r"\breactie\b", r"\breply\b", r"\breponse\b")
LEAK = _words(
    r"\bdatalek\w*\b",
    r"\bdata breach\b",
    r"\bviolation de donnees\b",
    r"\bprobleem\b[^.]*\bbeveiliging\b",
    r"\bprobleem dat zich voordoet\b",
    r"\bmelden\b",
)
CONTROLLER = _words(
    r"\bverwerkingsverantwoordelijke\b[^.]*\bop de hoogte\b",
    r"\binforms? the controller\b",
    r"\binforme le responsable\b",
)
