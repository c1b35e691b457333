"""README.txt: how to play and check a package, in the requester's language.

Owns its words, in templates.  Pure.  Says only what the manifest says, so that it never names a person.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from cctv.export.manifest import Manifest, Period
from cctv.model.footage import GapCause
from cctv.model.language import Language
from cctv.signing import NAMESPACE
from cctv.signing.sshsig import SIGNER

DELETED, NEVER_RECORDED, TO_COME = "deleted", "never recorded", "not recorded yet"
"""Causes that a manifest may name beside those of `GapCause`."""

_DAYS = {
    Language.NL: ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
    Language.FR: ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    Language.EN: ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
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


def readme(manifest: Manifest, zone: ZoneInfo) -> str:
    """The text for the package that the manifest describes; times are the site's."""
    language = Language(manifest.language)

    def local(instant: datetime) -> str:
        at = instant.astimezone(zone)
        return f"{_DAYS[language][at.weekday()]} {at:%d/%m/%Y %H:%M:%S} {at.tzname()}"

    def cause(code: str) -> str:
        words = _CAUSES.get(code)
        return words[_LANGUAGES.index(language)] if words else code

    template = _templates().get_template(f"README.{language.value}.txt")
    text = template.render(
        m=manifest, local=local, cause=cause, length=_length, title=_title, signer=SIGNER, namespace=NAMESPACE
    )
    return text.rstrip("\n") + "\n"


def _length(span: Period) -> str:
    minutes, seconds = divmod(round((span.end - span.start).total_seconds()), 60)
    return f"{minutes} min {seconds:02d} s"


def _title(text: str) -> str:
    return f"{text}\n{'=' * len(text)}"


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("cctv.export"),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
