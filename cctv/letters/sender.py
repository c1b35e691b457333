"""Facts of letters that cameras.toml has: who sends, and how the cameras process.

Pure.  Never fills in what is not given: it is named, with the key that would give it.
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
    processors: Iterable[Processor],
    recipients: tuple[RecipientFacts, ...],
) -> Processing:
    """Purposes and real periods of some cameras, and who processes, in a language.

    `processors` are those of the register that have not ended.  Raises CameraUnknown, WordsUntranslated.
    """
    return Processing(
        cameras=tuple(_camera(settings, settings.camera(one), language) for one in dict.fromkeys(cameras)),
        processors=tuple(_processor(settings, one, language) for one in processors if one.ended is None),
        recipients=recipients,
    )


def _camera(settings: Settings, one: CameraSettings, language: Language) -> CameraFacts:
    purpose = _in(settings, one.purpose, f"purpose of {one.id}", language)
    return CameraFacts(one.id, settings.zone(one.zone).kind, purpose, settings.limit_for(one.zone))


def _processor(settings: Settings, one: Processor, language: Language) -> ProcessorFacts:
    service = _in(settings, one.service, f"service of {one.id}", language)
    engages = tuple(Engaged(sub.name, sub.country) for sub in one.sub_processors)
    return ProcessorFacts(one.name, service, one.country, engages)


def _in(settings: Settings, text: str, what: str, language: Language) -> str:
    """A text of the site in a language: as [letters] words gives it, else as it is usually called.

    A text that neither knows is in the site's language, and in no other.
    """
    given = settings.letters.words.get(text, {})
    if found := given.get(language) or usual_words(text, language):
        return found
    if language is settings.site.language:
        return text
    raise WordsUntranslated(language=language.value, what=what, text=text)
