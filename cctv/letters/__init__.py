"""Letters to people, authorities and controllers, in Dutch, French and English: as PDF, as text, as page.

Owns their facts, their words and their look.  Stores nothing and sends nothing: the caller keeps what `render` gives.
Knows no case, no database and no clock; every fact is handed in.

    from cctv import letters

    letter = letters.Letter(
        language=request.language,
        reference=request.id,
        date=today,                                   # in the site's time zone
        sender=letters.sender_of(settings),           # raises SenderUnknown: [controller] is not complete
        addressee=letters.Addressee("An Peeters", ("Kerkstraat 1", "8400 Oostende")),
        facts=letters.NoFootage(
            asked=letters.Asked(request.type, received, request.cameras, request.span),
            processing=letters.processing_of(settings, request.cameras, language, processors, recipients=()),
            absences=(letters.Absence(camera, span, letters.AbsenceCause.EXPIRED),),
            statement=letters.Statement(...),
        ),
    )
    made = letters.render(letter, letters.templates_of(settings))    # made.pdf, made.text, made.html

The class of `facts` decides the kind (`Kind`); its fields are what such a letter must know.  A field that is empty
stops the letter (`FactMissing` names it), unless it is `Known`: then "none" and "not known" are said.  Texts that a
person types (`explanation`, `grounds`, ...) are in the letter's language.  `text_of` checks and gives the text without
setting a PDF, for `--dry-run`.  Equal letters give equal bytes.

Another address line than the postal one is fine: `lines=("an@example.org",)`.  For a minor or a proxy, `Addressee` has
`capacity`, `on_behalf_of` and `mandate`.
"""

from typing import TYPE_CHECKING

from cctv.kernel.lazy import exports

if TYPE_CHECKING:
    from cctv.letters.answers import (
        AccessAnswer,
        BlockYielded,
        ErasureConfirmed,
        ErasurePartly,
        Extension,
        IdentityAsked,
        IdentityDoubt,
        IdentityWay,
        LiftReason,
        NoFootage,
        NotIdentifiable,
        ObjectionRejected,
        ObjectionUpheld,
        ObjectionWithdrawn,
        PortabilityAnswer,
        Receipt,
        RectificationRecorded,
        Refusal,
        RestrictionConfirmed,
        RestrictionLifted,
        ViewingInvitation,
        Waiting,
    )
    from cctv.letters.completeness import missing_facts
    from cctv.letters.errors import FactMissing, FactUnusable, SenderUnknown, TemplateRefused, WordsUntranslated
    from cctv.letters.facts import (
        Absence,
        AbsenceCause,
        Addressee,
        Asked,
        CameraFacts,
        Engaged,
        Footage,
        Package,
        Processing,
        ProcessorFacts,
        Recipient,
        Sender,
        Statement,
    )
    from cctv.letters.gathering import processing_of, sender_of, templates_of
    from cctv.letters.kinds import Kind
    from cctv.letters.letter import Answer, Letter, Notice, Templates
    from cctv.letters.notices import (
        Breach,
        BreachToAuthority,
        BreachToController,
        BreachToPeople,
        ComplaintAcknowledged,
        ComplaintDecided,
        Lent,
        PackageReceipt,
        PolicyChanged,
        PublicBreachNotice,
        WorkstationCheck,
    )
    from cctv.letters.overrides import check_templates
    from cctv.letters.page import subject_of
    from cctv.letters.rendering import Rendered, render, text_of
    from cctv.letters.specimens import SPECIMEN_SENDER, specimens_of

__getattr__ = exports(
    __name__,
    {
        "answers": (
            "AccessAnswer",
            "BlockYielded",
            "ErasureConfirmed",
            "ErasurePartly",
            "Extension",
            "IdentityAsked",
            "IdentityDoubt",
            "IdentityWay",
            "LiftReason",
            "NoFootage",
            "NotIdentifiable",
            "ObjectionRejected",
            "ObjectionUpheld",
            "ObjectionWithdrawn",
            "PortabilityAnswer",
            "Receipt",
            "RectificationRecorded",
            "Refusal",
            "RestrictionConfirmed",
            "RestrictionLifted",
            "ViewingInvitation",
            "Waiting",
        ),
        "completeness": ("missing_facts",),
        "errors": (
            "FactMissing",
            "FactUnusable",
            "WordsUntranslated",
            "SenderUnknown",
            "TemplateRefused",
        ),
        "facts": (
            "Absence",
            "AbsenceCause",
            "Addressee",
            "Asked",
            "CameraFacts",
            "Engaged",
            "Footage",
            "Package",
            "Processing",
            "ProcessorFacts",
            "Recipient",
            "Sender",
            "Statement",
        ),
        "gathering": (
            "processing_of",
            "sender_of",
            "templates_of",
        ),
        "kinds": ("Kind",),
        "letter": (
            "Answer",
            "Letter",
            "Notice",
        ),
        "notices": (
            "Breach",
            "BreachToAuthority",
            "BreachToController",
            "BreachToPeople",
            "ComplaintAcknowledged",
            "ComplaintDecided",
            "Lent",
            "PackageReceipt",
            "PolicyChanged",
            "PublicBreachNotice",
            "WorkstationCheck",
        ),
        "rendering": (
            "Rendered",
            "render",
            "text_of",
        ),
        "specimens": (
            "SPECIMEN_SENDER",
            "specimens_of",
        ),
        "overrides": ("check_templates",),
        "page": ("subject_of",),
    },
)

__all__ = [
    "SPECIMEN_SENDER",
    "Absence",
    "AbsenceCause",
    "AccessAnswer",
    "Addressee",
    "Answer",
    "Asked",
    "BlockYielded",
    "Breach",
    "BreachToAuthority",
    "BreachToController",
    "BreachToPeople",
    "CameraFacts",
    "ComplaintAcknowledged",
    "ComplaintDecided",
    "Engaged",
    "ErasureConfirmed",
    "ErasurePartly",
    "Extension",
    "FactMissing",
    "FactUnusable",
    "Footage",
    "IdentityAsked",
    "IdentityDoubt",
    "IdentityWay",
    "Kind",
    "Lent",
    "Letter",
    "LiftReason",
    "NoFootage",
    "NotIdentifiable",
    "Notice",
    "ObjectionRejected",
    "ObjectionUpheld",
    "ObjectionWithdrawn",
    "Package",
    "PackageReceipt",
    "PolicyChanged",
    "PortabilityAnswer",
    "Processing",
    "ProcessorFacts",
    "PublicBreachNotice",
    "Receipt",
    "Recipient",
    "RectificationRecorded",
    "Refusal",
    "Rendered",
    "RestrictionConfirmed",
    "RestrictionLifted",
    "Sender",
    "SenderUnknown",
    "Statement",
    "TemplateRefused",
    "Templates",
    "ViewingInvitation",
    "Waiting",
    "WordsUntranslated",
    "WorkstationCheck",
    "check_templates",
    "missing_facts",
    "processing_of",
    "render",
    "sender_of",
    "specimens_of",
    "subject_of",
    "templates_of",
    "text_of",
]
