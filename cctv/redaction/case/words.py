"""What a request's sheet, videos and package say in Dutch, French and English.

Owns the words for causes, commands and the line in the picture; nothing else.  Never names a person.
"""

from __future__ import annotations

from cctv.model.footage import GapCause
from cctv.model.language import Language

DELETED, NEVER_RECORDED, TO_COME = "deleted", "never recorded", "not recorded yet"
"""Causes of missing picture beside those of `GapCause`."""

_LANGUAGES = (Language.NL, Language.FR, Language.EN)
_CAUSES: dict[str, tuple[str, str, str]] = {
    GapCause.UNREACHABLE.value: (
        "de camera was niet bereikbaar",
        "la caméra était injoignable",
        "the camera could not be reached",
    ),
    GapCause.REFUSED.value: ("de camera weigerde", "la caméra refusait", "the camera refused"),
    GapCause.UNAUTHORISED.value: (
        "de camera weigerde het wachtwoord",
        "la caméra refusait le mot de passe",
        "the camera refused the password",
    ),
    GapCause.STALLED.value: ("de camera stond stil", "la caméra s'était figée", "the camera had frozen"),
    GapCause.FRAMES_MISSING.value: ("er ontbreken beelden", "des images manquent", "pictures are missing"),
    GapCause.RECORDER_STOPPED.value: (
        "er werd niet opgenomen: de recorder stond af",
        "rien n'était enregistré : l'enregistreur était arrêté",
        "nothing was recorded: the recorder was stopped",
    ),
    GapCause.STORAGE_FULL.value: ("de opslag was vol", "le stockage était plein", "the storage was full"),
    GapCause.CLOCK_STEP.value: ("de klok werd verzet", "l'horloge a été ajustée", "the clock was changed"),
    GapCause.SCHEDULE.value: (
        "de camera neemt op dat uur niet op",
        "la caméra n'enregistre pas à cette heure",
        "the camera does not record at that hour",
    ),
    GapCause.CAMERA_REMOVED.value: ("de camera was weg", "la caméra était retirée", "the camera had been removed"),
    GapCause.UNREADABLE.value: (
        "de opname is onleesbaar",
        "l'enregistrement est illisible",
        "the recording cannot be read",
    ),
    DELETED: (
        "gewist toen de bewaartermijn om was",
        "effacé à la fin du délai de conservation",
        "erased when its retention period ended",
    ),
    NEVER_RECORDED: ("er werd niet opgenomen", "rien n'a été enregistré", "nothing was recorded"),
    TO_COME: ("nog niet opgenomen", "pas encore enregistré", "not recorded yet"),
}

_LINES = {  # without accents: the engine draws plain letters only
    Language.NL: "achtergrond gereconstrueerd, anderen afgeschermd",
    Language.FR: "arriere-plan reconstitue, autres personnes masquees",
    Language.EN: "background reconstructed, others hidden",
}
_COMMANDS = {
    Language.NL: (
        "deze sporen zichtbaar houden",
        'zichtbaar houden wat getekende kaders omsluiten; verbergen wat onder "hide" staat',
        "deze sporen verbergen, wat er ook zichtbaar is gehouden",
        "iemand of iets in een achtergrond afdekken, en ze goedkeuren",
        "filmpjes maken van wat te zien zal zijn, om van begin tot einde te bekijken",
        "goedkeuren, nadat elke achtergrond en elke reeks beelden is nagekeken",
        "alles in één keer: u hebt elke achtergrond en elke reeks op dit blad bekeken",
        "antwoorden: de kopie, de brief en het einde van het verzoek",
        "alleen het pakket maken",
    ),
    Language.FR: (
        "garder ces pistes visibles",
        "garder visible ce que des cadres dessinés entourent ; masquer ce qui figure sous « hide »",
        "masquer ces pistes, quoi qu'on ait gardé visible",
        "couvrir quelqu'un ou quelque chose dans un arrière-plan, et l'approuver",
        "produire des vidéos de ce qui sera montré, à regarder du début à la fin",
        "approuver, une fois chaque arrière-plan et chaque série d'images revus",
        "tout en une fois : vous avez regardé chaque arrière-plan et chaque série de cette fiche",
        "répondre : la copie, la lettre et la fin de la demande",
        "constituer le paquet seulement",
    ),
    Language.EN: (
        "keep these tracks visible",
        'keep what drawn boxes enclose; hide what stands under "hide"',
        "hide these tracks, whatever else is kept",
        "cover somebody or something in a backdrop, and sign it off",
        "make videos of what will be shown, to watch from start to end",
        "approve, after every backdrop and every range was looked at",
        "all at once: you looked at every backdrop and every range on this sheet",
        "answer: the copy, the letter, and the end of the request",
        "build the package only",
    ),
}


def cause_words(code: str, language: Language) -> str:
    """Why there is no picture, for a person; the code itself when it is not known here."""
    words = _CAUSES.get(code)
    return words[_LANGUAGES.index(language)] if words else code


def line_words(language: Language) -> str:
    """What was done to the picture, for the line in it."""
    return _LINES[language]


def command_words(language: Language) -> tuple[str, ...]:
    """What each command at the foot of the sheet does, in its order."""
    return _COMMANDS[language]
