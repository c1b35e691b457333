"""Facts of letters that cameras.toml holds: the sender, and how the cameras process data.

Pure.  Nothing is filled in for a missing value: the error names the key that would give it.
"""

from __future__ import annotations

from collections.abc import Iterable

from cctv.config.schema import CameraSettings, Settings
from cctv.core.language import Language
from cctv.letters.errors import SenderUnknown, WordsUntranslated
from cctv.letters.facts import CameraFacts, Engaged, Processing, ProcessorFacts, RecipientFacts, Sender
from cctv.letters.letter import Templates
from cctv.letters.terms import usual_words
from cctv.model.compliance import Processor
from cctv.model.ids import CameraId


def sender_of(settings: Settings) -> Sender:
    """Return the controller as sender; raises SenderUnknown, which names what [controller] does not give."""
    controller = settings.controller
    name, mail, dpo, signatory = controller.name, controller.mail, controller.dpo, controller.signatory
    if not (name and controller.address and mail and dpo and signatory):
        required = {"name": name, "address": controller.address, "mail": mail, "dpo": dpo, "signatory": signatory}
        missing = ", ".join(key for key, value in required.items() if not value)
        raise SenderUnknown(path=settings.source.path, missing=missing)
    return Sender(
        site=settings.site.name,
        name=name,
        address=controller.address,
        mail=mail,
        dpo=dpo,
        signatory=signatory,
        jurisdiction=settings.site.jurisdiction,
        timezone=settings.site.timezone,
        window=settings.letters.window,
        phone=controller.phone,
        public_body=controller.public_body,
    )


def templates_of(settings: Settings) -> Templates:
    """The templates of a site: its own folder first, where it names one."""
    return Templates(settings.letters.templates)


def processing_of(
    settings: Settings,
    cameras: Iterable[CameraId],
    language: Language,
    processors: Iterable[Processor],
    recipients: tuple[RecipientFacts, ...],
) -> Processing:
    """Purposes and real periods of some cameras, and the processors, in a language.

    `processors` are those of the register that have not ended.  Raises CameraUnknown, WordsUntranslated.
    """
    return Processing(
        cameras=tuple(_camera(settings, settings.camera(camera_id), language) for camera_id in dict.fromkeys(cameras)),
        processors=tuple(
            _processor(settings, processor, language) for processor in processors if processor.ended is None
        ),
        recipients=recipients,
    )


def _camera(settings: Settings, camera: CameraSettings, language: Language) -> CameraFacts:
    purpose = _translated(settings, camera.purpose, f"purpose of {camera.id}", language)
    return CameraFacts(camera.id, settings.zone(camera.zone).kind, purpose, settings.limit_for(camera.zone))


def _processor(settings: Settings, processor: Processor, language: Language) -> ProcessorFacts:
    service = _translated(settings, processor.service, f"service of {processor.id}", language)
    engages = tuple(Engaged(sub_processor.name, sub_processor.country) for sub_processor in processor.sub_processors)
    return ProcessorFacts(processor.name, service, processor.country, engages)


def site_words(settings: Settings, text: str, language: Language) -> str:
    """A purpose or a service in a language, for signs and registers; as the site wrote it where no words are known."""
    return _translation(settings, text, language) or text


def _translation(settings: Settings, text: str, language: Language) -> str | None:
    return settings.letters.words.get(text, {}).get(language) or usual_words(text, language)


def _translated(settings: Settings, text: str, what: str, language: Language) -> str:
    """A text of the site in a language: as [letters] words gives it, else its usual translation.

    A text that neither knows is in the site's language, and in no other.
    """
    if translation := _translation(settings, text, language):
        return translation
    if language is settings.site.language:
        return text
    raise WordsUntranslated(language=language.value, what=what, text=text)
