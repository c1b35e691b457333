"""The labels of the sheet in Dutch, French and English.

Owns the words; nothing else.
"""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "title": "Redaction sheet",
        "camera": "Camera",
        "made": "Made",
        "private": "This page shows people as they are. It stays on this machine and is never handed over.",
        "backdrop": "Backdrop: the empty scene",
        "backdrop_help": "Look for people in this picture. Hatched parts are not trusted and are filled.",
        "untrusted": "not trusted",
        "signed": "signed off by",
        "unsigned": "not signed off yet",
        "timeline": "Time line",
        "footage": "Footage",
        "gap": "Gap",
        "reviewed": "Reviewed",
        "not_reviewed": "Nothing reviewed yet",
        "tracks": "Tracks",
        "track": "Track",
        "tracks_help": "A track ends where people meet. Say of each track of the requester that it is kept; "
        "what is not kept is hidden.",
        "none": "No tracks: nobody was seen.",
        "kept": "kept",
        "hidden": "hidden",
        "undecided": "undecided",
        "next": "What to type next",
    },
    "nl": {
        "title": "Anonimiseringsblad",
        "camera": "Camera",
        "made": "Gemaakt",
        "private": "Deze pagina toont mensen zoals ze zijn. Ze blijft op dit toestel en wordt nooit meegegeven.",
        "backdrop": "Achtergrond: de lege plek",
        "backdrop_help": "Kijk of er iemand op dit beeld staat. Gearceerde delen zijn niet zeker en worden opgevuld.",
        "untrusted": "niet zeker",
        "signed": "goedgekeurd door",
        "unsigned": "nog niet goedgekeurd",
        "timeline": "Tijdlijn",
        "footage": "Beelden",
        "gap": "Onderbreking",
        "reviewed": "Nagekeken",
        "not_reviewed": "Nog niets nagekeken",
        "tracks": "Sporen",
        "track": "Spoor",
        "tracks_help": "Een spoor eindigt waar mensen elkaar kruisen. Duid elk spoor van de verzoeker aan als bewaard; "
        "wat niet bewaard is, wordt verborgen.",
        "none": "Geen sporen: er is niemand gezien.",
        "kept": "zichtbaar",
        "hidden": "verborgen",
        "undecided": "te beslissen",
        "next": "Wat je nu typt",
    },
    "fr": {
        "title": "Fiche d'anonymisation",
        "camera": "Caméra",
        "made": "Établie",
        "private": "Cette page montre les personnes telles quelles. Elle reste sur cet appareil et n'est pas remise.",
        "backdrop": "Arrière-plan : la scène vide",
        "backdrop_help": "Vérifiez que personne ne figure sur cette image. Les parties hachurées, incertaines, "
        "sont remplies.",
        "untrusted": "incertain",
        "signed": "approuvé par",
        "unsigned": "pas encore approuvé",
        "timeline": "Ligne du temps",
        "footage": "Images",
        "gap": "Interruption",
        "reviewed": "Revu",
        "not_reviewed": "Rien n'a encore été revu",
        "tracks": "Pistes",
        "track": "Piste",
        "tracks_help": "Une piste se termine là où des personnes se croisent. Indiquez chaque piste du demandeur comme "
        "conservée ; ce qui n'est pas conservé est masqué.",
        "none": "Aucune piste : personne n'a été vu.",
        "kept": "visible",
        "hidden": "masqué",
        "undecided": "à décider",
        "next": "Commandes à saisir ensuite",
    },
}
