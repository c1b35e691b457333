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
_PARTS = {Language.NL: "deel", Language.FR: "partie", Language.EN: "part"}
_COMMANDS = {
    Language.NL: (
        "deze sporen zichtbaar houden",
        "zichtbaar houden wat getekende kaders omsluiten",
        "deze sporen verbergen, wat er ook zichtbaar is gehouden",
        "goedkeuren wat beslist is; waarover niets beslist is, blijft verborgen",
    ),
    Language.FR: (
        "garder ces pistes visibles",
        "garder visible ce que des cadres dessinés entourent",
        "masquer ces pistes, quoi qu'on ait gardé visible",
        "approuver ce qui est décidé ; ce qui ne l'est pas reste masqué",
    ),
    Language.EN: (
        "keep these tracks visible",
        "keep what drawn boxes enclose",
        "hide these tracks, whatever else is kept",
        "approve what is decided; what is not stays hidden",
    ),
}


def cause_words(code: str, language: Language) -> str:
    """Why there is no picture, for a person; the code itself when it is not known here."""
    words = _CAUSES.get(code)
    return words[_LANGUAGES.index(language)] if words else code


def line_words(language: Language) -> str:
    """What was done to the picture, for the line in it."""
    return _LINES[language]


def part_word(language: Language) -> str:
    return _PARTS[language]


def command_words(language: Language) -> tuple[str, str, str, str]:
    """What keep, keep --boxes, hide and approve do."""
    return _COMMANDS[language]
