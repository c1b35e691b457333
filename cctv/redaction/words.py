"""The words of the sheet in Dutch, French and English.

Owns the words, and how numbers are listed; nothing else.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

_TABLE: Final[dict[str, tuple[str, str, str]]] = {  # nl, fr, en
    "title": ("Anonimiseringsblad", "Fiche d'anonymisation", "Redaction sheet"),
    "camera": ("Camera", "Caméra", "Camera"),
    "part": ("deel", "partie", "part"),
    "made": ("Gemaakt", "Établie", "Made"),
    "times": ("Alle uren zijn plaatselijk.", "Toutes les heures sont locales.", "All times are local."),
    "private": (
        "Deze pagina toont mensen zoals ze zijn. Ze blijft op dit toestel en wordt nooit meegegeven.",
        "Cette page montre les personnes telles quelles. Elle reste sur cet appareil et n'est pas remise.",
        "This page shows people as they are. It stays on this machine and is never handed over.",
    ),
    "contents": ("Inhoud", "Sommaire", "Contents"),
    "state": ("Hoever het staat", "Où en est-on", "Where it stands"),
    "shown": ("te zien", "visible", "visible"),
    "nobody": ("niemand", "personne", "nobody"),
    "waiting": ("te beslissen", "à décider", "undecided"),
    "none_waiting": ("alles beslist", "tout est décidé", "all decided"),
    "hidden_rule": (
        "Waarover niets beslist is, blijft verborgen.",
        "Ce qui n'est pas décidé reste masqué.",
        "What nobody decided on stays hidden.",
    ),
    "backdrops": ("achtergronden goedgekeurd", "arrière-plans approuvés", "backdrops signed off"),
    "ranges": ("reeksen nagekeken", "séries revues", "ranges reviewed"),
    "of": ("van", "sur", "of"),
    "approved": ("goedgekeurd door", "approuvé par", "approved by"),
    "not_approved": ("nog niet goedgekeurd", "pas encore approuvé", "not approved yet"),
    "others": ("anderen", "autres", "others"),
    "shape": ("als effen vorm", "en forme unie", "as flat shapes"),
    "absent": ("niet te zien", "absents", "absent"),
    "backdrop": ("Achtergrond", "Arrière-plan", "Backdrop"),
    "backdrop_title": (
        "Achtergronden: de lege plek",
        "Arrière-plans : la scène vide",
        "Backdrops: the empty scene",
    ),
    "backdrop_help": (
        "Kijk of er iemand op dit beeld staat, en of het de plek toont zoals ze was. Gearceerde delen zijn niet zeker "
        "en worden opgevuld; effen grijs is afgedekt. De lijnen staan in beeldpunten, voor --cover en KEEP.json.",
        "Vérifiez que personne ne figure sur cette image et qu'elle montre le lieu tel qu'il était. Les parties "
        "hachurées, incertaines, sont remplies ; le gris uni est couvert. Les lignes sont en pixels, pour --cover et "
        "KEEP.json.",
        "Look for people in this picture, and whether it shows the place as it was. Hatched parts are not trusted and "
        "are filled; flat grey is covered. The lines are in pixels, for --cover and KEEP.json.",
    ),
    "untrusted": ("niet zeker", "incertain", "not trusted"),
    "pixels": ("beeldpunten", "pixels", "pixels"),
    "covers": ("afgedekt", "couvert", "covered"),
    "signed": ("goedgekeurd door", "approuvé par", "signed off by"),
    "unsigned": ("nog niet goedgekeurd", "pas encore approuvé", "not signed off yet"),
    "unused": ("in geen beeld gebruikt", "utilisé dans aucune image", "stands behind no frame"),
    "timeline": ("Tijdlijn", "Ligne du temps", "Time line"),
    "footage": ("Beelden", "Images", "Footage"),
    "gap": ("Onderbreking", "Interruption", "Gap"),
    "gaps": ("Onderbrekingen", "Interruptions", "Gaps"),
    "no_gaps": (
        "Geen onderbrekingen in wat gevraagd is.",
        "Aucune interruption dans ce qui est demandé.",
        "No gaps in what was asked for.",
    ),
    "live": ("Echt beeld", "Image réelle", "Live picture"),
    "live_help": (
        "Echt beeld is er alleen waar de rij dat toont; al de rest is de lege plek.",
        "L'image réelle n'apparaît que là où la ligne l'indique ; tout le reste est la scène vide.",
        "Live picture appears only where its row says so; all the rest is the empty scene.",
    ),
    "reviewed": ("Nagekeken", "Revu", "Reviewed"),
    "reviewed_by": ("nagekeken door", "revu par", "reviewed by"),
    "not_reviewed": ("nog niet nagekeken", "pas encore revu", "not reviewed yet"),
    "tracks": ("Sporen", "Pistes", "Tracks"),
    "track": ("Spoor", "Piste", "Track"),
    "tracks_help": (
        "Een spoor eindigt waar mensen elkaar kruisen. Duid elk spoor van de verzoeker aan als bewaard; "
        "wat niet bewaard is, wordt verborgen.",
        "Une piste se termine là où des personnes se croisent. Indiquez chaque piste du demandeur comme "
        "conservée ; ce qui n'est pas conservé est masqué.",
        "A track ends where people meet. Say of each track of the requester that it is kept; "
        "what is not kept is hidden.",
    ),
    "none": (
        "Geen sporen: er is niemand gezien.",
        "Aucune piste : personne n'a été vu.",
        "No tracks: nobody was seen.",
    ),
    "kept": ("zichtbaar", "visible", "kept"),
    "hidden": ("verborgen", "masqué", "hidden"),
    "undecided": ("te beslissen", "à décider", "undecided"),
    "keep": ("zichtbaar houden", "garder visible", "keep"),
    "hide": ("verbergen", "masquer", "hide"),
    "sign": ("goedkeuren", "approuver", "sign off"),
    "look": ("nagekeken verklaren", "déclarer revu", "say that it was reviewed"),
    "drawings": ("Getekende kaders", "Cadres dessinés", "Drawn boxes"),
    "drawings_help": (
        "Groen wordt zichtbaar gehouden, oranje met een kruis wordt verborgen.",
        "Le vert reste visible, l'orange barré est masqué.",
        "Green is kept visible, orange with a cross is hidden.",
    ),
    "frame": ("beeld", "image", "frame"),
    "frames": ("beelden", "images", "frames"),
    "changes": ("Wat er aan de plek veranderde", "Ce qui a changé sur place", "Changes of scenery"),
    "changes_help": (
        "De lege plek is één beeld voor een hele tijd. Beslis of ze hier iets verzwijgt of verkeerd toont.",
        "La scène vide est une seule image pour toute une durée. Jugez si elle cache ou fausse quelque chose ici.",
        "The empty scene is one picture for a long time. Judge whether it hides something here, or shows it wrong.",
    ),
    "no_changes": ("Geen veranderingen gezien.", "Aucun changement constaté.", "No changes were seen."),
    "stayed": (
        "iets bleef staan, of iemand stond stil",
        "quelque chose est resté en place, ou quelqu'un est resté immobile",
        "something stayed where it was put, or somebody stood still",
    ),
    "light": ("het licht sprong om", "la lumière a changé d'un coup", "the light changed at once"),
    "nudged": ("de camera kreeg een duw", "la caméra a été déplacée", "the camera was nudged"),
    "unexplained": (
        "licht of camerastand past bij geen achtergrond; deze beelden zijn geheel verborgen",
        "la lumière ou la position de la caméra ne s'explique pas ; ces images sont entièrement masquées",
        "the light or where the camera looks cannot be explained; these frames are hidden throughout",
    ),
    "seen": ("wat de camera zag", "ce que la caméra a vu", "what the camera saw"),
    "result": ("Wat te zien zal zijn", "Ce qui sera montré", "What will be shown"),
    "result_help": (
        "Zo ziet de ontvanger het: op geregelde tijden, en waar iets begint of eindigt. Niet elk beeld staat hier; "
        "het filmpje toont ze alle.",
        "Voici ce que verra le destinataire : à intervalles réguliers, et là où quelque chose commence ou finit. "
        "Toutes les images n'y sont pas ; la vidéo les montre toutes.",
        "This is what the recipient sees: at regular times, and where something begins or ends. Not every frame is "
        "here; the video has them all.",
    ),
    "preview": ("Filmpje", "Vidéo", "Video"),
    "no_preview": ("Nog geen filmpje; typ", "Pas encore de vidéo ; tapez", "No video yet; type"),
    "range": ("Reeks", "Série", "Range"),
    "person": ("persoon", "personne", "person"),
    "plate": ("nummerplaat", "plaque d'immatriculation", "number plate"),
    "screen": ("scherm", "écran", "screen"),
    "badge": ("badge", "badge", "badge"),
    "document": ("document", "document", "document"),
    "other": ("andere", "autre", "other"),
    "next": ("Wat je nu typt", "Commandes à saisir ensuite", "What to type next"),
    "why": (
        "Vervang WHY door je reden, tussen aanhalingstekens. Zet er geen naam van de verzoeker in.",
        "Remplacez WHY par votre raison, entre guillemets. N'y mettez pas le nom du demandeur.",
        "Put your reason in place of WHY, in quotes. Leave the requester's name out of it.",
    ),
}

WORDS: Final[dict[str, dict[str, str]]] = {
    language: {key: said[index] for key, said in _TABLE.items()} for index, language in enumerate(("nl", "fr", "en"))
}


def ranges_text(numbers: Collection[int]) -> str:
    """`1-4, 7`: as people write lists of numbers."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
