"""Facts of letters that cameras.toml holds: the sender, and how the cameras process data.

Pure.  Nothing is filled in for a missing value: the error names the key that would give it.
"""

from __future__ import annotations

from collections.abc import Iterable

from cctv.config.schema import CameraSettings, Settings
from cctv.core.i18n import Language, translate_to
from cctv.letters.errors import SenderUnknown, WordsUntranslated
from cctv.letters.facts import (
    Addressee,
    CameraFacts,
    Engaged,
    LetterTemplate,
    Processing,
    ProcessorFacts,
    RecipientFacts,
    Sender,
)
from cctv.letters.letter import Templates
from cctv.letters.terms import RECORDING_SERVICE, usual_words
from cctv.model.compliance import Processor
from cctv.model.ids import CameraId

# Letters that a site writes in its own name, even where it records for a customer.
_OWN = frozenset({LetterTemplate.PASSED_ON, LetterTemplate.BREACH_CONTROLLER, LetterTemplate.WORKSTATION_CHECK})


def sender_of(settings: Settings, kind: LetterTemplate | None = None) -> Sender:
    """Return the sender of a kind of letter: the controller, by its processor on a site that records for a customer.

    Raises SenderUnknown, which names what [controller] does not give.
    """
    controller, processor = settings.controller, settings.processor
    if settings.for_customer and kind in _OWN:
        return _processor_as_sender(settings)
    name, mail, dpo = controller.name, controller.mail, controller.dpo
    signatory = processor.signatory if settings.for_customer else controller.signatory
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
        processor=processor.name,
    )


def _processor_as_sender(settings: Settings) -> Sender:
    processor = settings.processor
    assert processor.name is not None  # as `config.checks` requires
    assert processor.mail is not None
    assert processor.signatory is not None
    return Sender(
        site=settings.site.name,
        name=processor.name,
        address=processor.address,
        mail=processor.mail,
        dpo=processor.dpo or processor.mail,
        signatory=processor.signatory,
        jurisdiction=settings.site.jurisdiction,
        timezone=settings.site.timezone,
        window=settings.letters.window,
    )


def controller_as_addressee(settings: Settings) -> Addressee:
    """The controller for whom the site records, by post."""
    controller = settings.controller
    assert controller.name is not None  # as `config.checks` requires
    return Addressee(controller.name, controller.address)


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
    engaged = tuple(_processor(settings, processor, language) for processor in processors if processor.ended is None)
    return Processing(
        cameras=tuple(_camera(settings, settings.camera(camera_id), language) for camera_id in dict.fromkeys(cameras)),
        processors=(_this_site(settings, engaged, language),) if settings.for_customer else engaged,
        recipients=recipients,
    )


def _this_site(settings: Settings, engaged: Iterable[ProcessorFacts], language: Language) -> ProcessorFacts:
    """The site itself, which is the controller's processor; those of its register work for it."""
    processor, service = settings.processor, translate_to(RECORDING_SERVICE, language)
    country = processor.country or settings.site.jurisdiction.value
    return ProcessorFacts(processor.name or "", service, country, tuple(Engaged(it.name, it.country) for it in engaged))


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
