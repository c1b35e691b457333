"""Facts of letters that cameras.toml has: who sends, and how the cameras process.

Pure.  Never fills in what is not given: it is named, with the key that would give it.
"""

from __future__ import annotations

from collections.abc import Iterable

from cctv.config import Settings
from cctv.config.settings import CameraSettings
from cctv.letters.errors import PurposeUntranslated, SenderUnknown
from cctv.letters.facts import CameraFacts, Processing, Processor, Recipient, Sender, ZoneFacts
from cctv.letters.letter import Templates
from cctv.letters.words import usual_purpose
from cctv.model.ids import CameraId
from cctv.model.language import Language


def sender_of(settings: Settings) -> Sender:
    """Who answers for the cameras; raises SenderUnknown, which names what [controller] does not give."""
    given = settings.controller
    name, mail, dpo, signatory = given.name, given.mail, given.dpo, given.signatory
    if not (name and given.address and mail and dpo and signatory):
        wanted = {"name": name, "address": given.address, "mail": mail, "dpo": dpo, "signatory": signatory}
        missing = ", ".join(key for key, value in wanted.items() if not value)
        raise SenderUnknown(path=settings.source.path, missing=missing)
    return Sender(
        site=settings.site.name,
        name=name,
        address=given.address,
        mail=mail,
        dpo=dpo,
        signatory=signatory,
        jurisdiction=settings.site.jurisdiction,
        timezone=settings.site.timezone,
        window=settings.letters.window,
        phone=given.phone,
        public_body=given.public_body,
    )


def templates_of(settings: Settings) -> Templates:
    """The templates of a site: its own folder first, where it names one."""
    return Templates(settings.letters.templates)


def processing_of(
    settings: Settings,
    cameras: Iterable[CameraId],
    language: Language,
    processors: tuple[Processor, ...],
    recipients: tuple[Recipient, ...],
) -> Processing:
    """Purposes and real periods of some cameras, in a language; raises CameraUnknown, PurposeUntranslated."""
    chosen = [settings.camera(camera) for camera in dict.fromkeys(cameras)]
    zones = dict.fromkeys(camera.zone for camera in chosen)
    return Processing(
        cameras=tuple(CameraFacts(one.id, one.zone, purpose_in(settings, one, language)) for one in chosen),
        zones=tuple(ZoneFacts(zone, settings.zone(zone).kind, settings.limit_for(zone)) for zone in zones),
        processors=processors,
        recipients=recipients,
    )


def purpose_in(settings: Settings, camera: CameraSettings, language: Language) -> str:
    """A camera's purpose in a language.

    As [letters] purposes gives it, else as the usual purposes are called; a purpose that neither knows is in the site's
    language and in no other.
    """
    given = settings.letters.purposes.get(camera.purpose, {})
    if found := given.get(language) or usual_purpose(camera.purpose, language):
        return found
    if language is settings.site.language:
        return camera.purpose
    raise PurposeUntranslated(language=language.value, purpose=camera.purpose, camera=camera.id)
