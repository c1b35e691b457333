"""The labels of the enum members that letters show, and of the usual purposes and services.

English; the catalogs have the Dutch and the French.  The tests check that no member is left out.
"""

from __future__ import annotations

from enum import Enum

from cctv.core.i18n import Language, Message, pgettext_lazy, translate_to
from cctv.letters.answers import IdentityDoubt, IdentityWay, LiftReason, Proof, ViewingKind, ViewingPurpose
from cctv.letters.facts import AbsenceCause
from cctv.model.cases import RequestType
from cctv.model.disclosures import Delivery, PasswordWay, Recipient
from cctv.model.holds import GroundKind
from cctv.model.legal import ZoneKind
from cctv.model.requests import (
    ExtensionGround,
    RefusalGround,
    RequesterRole,
    RestrictionGround,
    YieldGround,
)

_TERMS: dict[Enum, Message] = {
    RequestType.ACCESS: pgettext_lazy("letter", "request for access"),
    RequestType.ERASURE: pgettext_lazy("letter", "request for erasure"),
    RequestType.RESTRICTION: pgettext_lazy("letter", "request for restriction of processing"),
    RequestType.OBJECTION: pgettext_lazy("letter", "objection"),
    RequestType.PORTABILITY: pgettext_lazy("letter", "request for data portability"),
    RequestType.RECTIFICATION: pgettext_lazy("letter", "request for rectification"),
    RequestType.COMPLAINT: pgettext_lazy("letter", "complaint"),
    RequesterRole.GUARDIAN: pgettext_lazy("letter", "legal representative"),
    RequesterRole.PROXY: pgettext_lazy("letter", "authorised representative"),
    ZoneKind.FACADE: pgettext_lazy("letter", "façade"),
    ZoneKind.ENTRANCE: pgettext_lazy("letter", "entrance"),
    ZoneKind.INTERIOR: pgettext_lazy("letter", "inside the building"),
    ZoneKind.FOYER: pgettext_lazy("letter", "foyer"),
    ZoneKind.CORRIDOR: pgettext_lazy("letter", "corridor"),
    ZoneKind.COUNTER: pgettext_lazy("letter", "counter"),
    ZoneKind.SHOP: pgettext_lazy("letter", "shop"),
    ZoneKind.STORAGE: pgettext_lazy("letter", "store room"),
    ZoneKind.TECHNICAL: pgettext_lazy("letter", "technical room"),
    ZoneKind.PARKING: pgettext_lazy("letter", "car park"),
    ZoneKind.GROUNDS: pgettext_lazy("letter", "outdoor grounds"),
    Recipient.SUBJECT: pgettext_lazy("letter", "seen in the footage"),
    Recipient.NOMINEE: pgettext_lazy("letter", "named by the person concerned"),
    Recipient.PROXY: pgettext_lazy("letter", "authorised by the person concerned"),
    Recipient.POLICE: pgettext_lazy("letter", "police"),
    Recipient.FIRE_BRIGADE: pgettext_lazy("letter", "fire brigade"),
    Recipient.COURT: pgettext_lazy("letter", "court"),
    Recipient.INSURER: pgettext_lazy("letter", "insurer"),
    Recipient.LAWYER: pgettext_lazy("letter", "lawyer"),
    AbsenceCause.UNREACHABLE: pgettext_lazy("letter", "the camera could not be reached"),
    AbsenceCause.REFUSED: pgettext_lazy("letter", "the camera refused the connection"),
    AbsenceCause.UNAUTHORISED: pgettext_lazy("letter", "the camera refused the login"),
    AbsenceCause.STALLED: pgettext_lazy("letter", "the camera had stopped sending pictures"),
    AbsenceCause.FRAMES_MISSING: pgettext_lazy("letter", "pictures are missing from the recording"),
    AbsenceCause.RECORDER_STOPPED: pgettext_lazy("letter", "the recorder was stopped"),
    AbsenceCause.STORAGE_FULL: pgettext_lazy("letter", "the storage was full"),
    AbsenceCause.CLOCK_STEP: pgettext_lazy("letter", "the recorder’s clock was changed"),
    AbsenceCause.SCHEDULE: pgettext_lazy("letter", "the camera does not record at that hour"),
    AbsenceCause.CAMERA_REMOVED: pgettext_lazy("letter", "the camera had been removed"),
    AbsenceCause.UNREADABLE: pgettext_lazy("letter", "the recording cannot be read"),
    AbsenceCause.EXPIRED: pgettext_lazy("letter", "the footage was deleted because its retention period had ended"),
    AbsenceCause.SPACE_NEEDED: pgettext_lazy("letter", "the footage was deleted early because the storage was full"),
    AbsenceCause.DELETED_BEFORE: pgettext_lazy("letter", "the footage was deleted before because we had to"),
    AbsenceCause.LOST: pgettext_lazy("letter", "the footage was lost"),
    AbsenceCause.NOT_RECORDED: pgettext_lazy("letter", "nothing was recorded"),
    AbsenceCause.NOT_YET_THERE: pgettext_lazy("letter", "the camera was not yet in use"),
    Delivery.IN_PERSON: pgettext_lazy("letter", "handed over in person"),
    Delivery.REGISTERED_POST: pgettext_lazy("letter", "by registered post"),
    Delivery.ENCRYPTED_MAIL: pgettext_lazy("letter", "by encrypted e-mail"),
    Delivery.DOWNLOAD: pgettext_lazy("letter", "by secure download"),
    PasswordWay.PHONE: pgettext_lazy("letter", "by telephone"),
    PasswordWay.POST: pgettext_lazy("letter", "by post"),
    PasswordWay.IN_PERSON: pgettext_lazy("letter", "in person"),
    PasswordWay.SMS: pgettext_lazy("letter", "by text message"),
    IdentityDoubt.UNKNOWN_ADDRESS: pgettext_lazy("letter", "we do not know the address from which your request came"),
    IdentityDoubt.OTHER_ADDRESS: pgettext_lazy(
        "letter", "you ask us to send our answer to an address other than the one we know as yours"
    ),
    IdentityDoubt.NO_SIGNATURE: pgettext_lazy("letter", "your request is not dated or not signed"),
    IdentityDoubt.ON_BEHALF: pgettext_lazy(
        "letter", "you write on behalf of the person in the footage, and we do not know you yet"
    ),
    IdentityDoubt.MANDATE_MISSING: pgettext_lazy(
        "letter", "you write on behalf of another person, and we have not yet seen a mandate or proof of representation"
    ),
    IdentityDoubt.GUARDIAN_MISSING: pgettext_lazy(
        "letter", "the request is about a child under 16, and no parent or guardian makes it with the child"
    ),
    IdentityDoubt.OTHER_RECIPIENT: pgettext_lazy(
        "letter", "you ask us to send the copy to another person than yourself"
    ),
    IdentityDoubt.ERASURE: pgettext_lazy(
        "letter", "what is erased cannot be brought back, so we must be certain who asks for it"
    ),
    IdentityWay.SHOW_DOCUMENT: pgettext_lazy(
        "letter", "you show us a valid identity document on the spot; we look at it and take no copy"
    ),
    IdentityWay.KNOWN_ADDRESS: pgettext_lazy(
        "letter", "you confirm your request from an address that we already know as yours"
    ),
    IdentityWay.SIGNED_MESSAGE: pgettext_lazy(
        "letter", "you send your request again, dated and with a qualified electronic signature"
    ),
    Proof.MANDATE: pgettext_lazy("letter", "a dated and signed mandate of the person for whom you write"),
    Proof.REPRESENTATION: pgettext_lazy(
        "letter", "a proof that you are the parent or guardian of the person for whom you write"
    ),
    Proof.GUARDIAN: pgettext_lazy(
        "letter",
        "a letter or message of a parent or guardian who makes the request with the child, with a proof of that",
    ),
    Proof.DEMAND: pgettext_lazy(
        "letter", "a dated and signed statement that the copy may go to the person whom you named"
    ),
    ExtensionGround.COMPLEXITY: pgettext_lazy("letter", "your request is complex"),
    ExtensionGround.NUMBER: pgettext_lazy("letter", "we have a large number of requests to answer"),
    RestrictionGround.ACCURACY_CONTESTED: pgettext_lazy(
        "letter", "you contest the accuracy of the data (Article 18(1)(a) GDPR)"
    ),
    RestrictionGround.UNLAWFUL: pgettext_lazy(
        "letter", "the processing is unlawful and you oppose erasure (Article 18(1)(b) GDPR)"
    ),
    RestrictionGround.LEGAL_CLAIM: pgettext_lazy(
        "letter", "you need the footage for a legal claim (Article 18(1)(c) GDPR)"
    ),
    RestrictionGround.OBJECTION_PENDING: pgettext_lazy(
        "letter", "you have objected and we have yet to decide on it (Article 18(1)(d) GDPR)"
    ),
    LiftReason.YOUR_WISH: pgettext_lazy("letter", "you asked us to lift the restriction"),
    LiftReason.ACCURACY_CHECKED: pgettext_lazy("letter", "we have verified the accuracy of the data"),
    LiftReason.CLAIM_ENDED: pgettext_lazy("letter", "the legal claim for which the footage was needed has ended"),
    LiftReason.OBJECTION_DECIDED: pgettext_lazy("letter", "your objection has been decided"),
    YieldGround.LEGAL_CLAIM: pgettext_lazy(
        "letter", "for the establishment, exercise or defence of legal claims (Article 18(2) GDPR)"
    ),
    YieldGround.AUTHORITY: pgettext_lazy(
        "letter",
        "on a binding order of a competent authority, for reasons of important public interest (Article 18(2) GDPR)",
    ),
    # Facts, and no article that would excuse us: that is chosen by a person, case by case (RefusalGround).
    GroundKind.INCIDENT: pgettext_lazy("letter", "kept for a recorded incident that is still being dealt with"),
    GroundKind.REQUEST: pgettext_lazy(
        "letter", "kept for a request about the same footage that is still being dealt with"
    ),
    GroundKind.RESTRICTION: pgettext_lazy(
        "letter", "kept because a restriction of processing is in force (Article 18 GDPR)"
    ),
    GroundKind.OBJECTION: pgettext_lazy("letter", "kept because an objection is being decided (Article 21 GDPR)"),
    GroundKind.DISCLOSURE: pgettext_lazy(
        "letter", "kept for its disclosure to a third party, which is still being dealt with"
    ),
    RefusalGround.MANIFESTLY_UNFOUNDED: pgettext_lazy(
        "letter", "the request is manifestly unfounded (Article 12(5) GDPR)"
    ),
    RefusalGround.EXCESSIVE: pgettext_lazy(
        "letter", "the request is excessive, because it repeats earlier requests (Article 12(5) GDPR)"
    ),
    RefusalGround.ABUSIVE: pgettext_lazy(
        "letter",
        "the request is excessive, because it is an abuse of the right that it invokes; a first request can be one too "
        "(Article 12(5) GDPR; Court of Justice of the European Union, C-526/24)",
    ),
    RefusalGround.RIGHTS_OF_OTHERS: pgettext_lazy(
        "letter", "a copy would adversely affect the rights and freedoms of others (Article 15(4) GDPR)"
    ),
    RefusalGround.IDENTITY_NOT_SHOWN: pgettext_lazy(
        "letter", "your identity was not shown although we asked for it (Article 12(6) GDPR)"
    ),
    RefusalGround.LEGAL_CLAIMS: pgettext_lazy(
        "letter", "the footage is needed for a legal claim (Article 17(3)(e) GDPR)"
    ),
    RefusalGround.LEGAL_OBLIGATION: pgettext_lazy(
        "letter", "a legal obligation stands in the way (Article 17(3)(b) GDPR)"
    ),
    RefusalGround.FREE_EXPRESSION: pgettext_lazy(
        "letter", "the footage is needed for freedom of expression and information (Article 17(3)(a) GDPR)"
    ),
    RefusalGround.PUBLIC_HEALTH: pgettext_lazy(
        "letter", "the footage is needed in the public interest of public health (Article 17(3)(c) GDPR)"
    ),
    RefusalGround.ARCHIVING: pgettext_lazy(
        "letter", "the footage is needed for archiving, research or statistics (Article 17(3)(d) GDPR)"
    ),
    RefusalGround.CONDITIONS_NOT_MET: pgettext_lazy("letter", "the legal conditions of this right are not met"),
    RefusalGround.CRIMINAL_INVESTIGATION: pgettext_lazy(
        "letter", "a criminal investigation stands in the way (Article 23(1)(d) GDPR)"
    ),
    RefusalGround.COMPELLING_GROUNDS: pgettext_lazy(
        "letter", "compelling legitimate grounds override it (Article 21(1) GDPR)"
    ),
    RefusalGround.NOT_FOUNDED: pgettext_lazy("letter", "the complaint was examined and found not to be justified"),
    ViewingKind.STILL: pgettext_lazy("letter", "a picture was taken from the camera"),
    ViewingKind.VIEWED: pgettext_lazy("letter", "looked at"),
    ViewingKind.EXTRACTED: pgettext_lazy("letter", "an extract was made"),
    ViewingKind.REDACTED: pgettext_lazy("letter", "looked at and edited, to make people unrecognisable"),
    ViewingKind.EXPORTED: pgettext_lazy("letter", "a copy was made"),
    ViewingKind.FETCHED: pgettext_lazy("letter", "a copy was put on a workstation, to hand it over"),
    ViewingKind.HANDED: pgettext_lazy("letter", "a copy was handed over"),
    ViewingKind.SHOWN: pgettext_lazy("letter", "shown on the spot"),
    ViewingPurpose.INCIDENT: pgettext_lazy("letter", "handling of a recorded incident"),
    ViewingPurpose.YOUR_REQUEST: pgettext_lazy("letter", "answer to this request of yours"),
    ViewingPurpose.OTHER_REQUEST: pgettext_lazy("letter", "answer to another request about the same footage"),
    ViewingPurpose.DISCLOSURE: pgettext_lazy("letter", "disclosure to a third party that may receive footage"),
    ViewingPurpose.CAMERA: pgettext_lazy("letter", "adjustment or maintenance of the camera"),
}
RECORDING_SERVICE = pgettext_lazy("letter", "recording and storage of camera footage")  # of who records for a customer
_USUAL_TEXTS = (  # what sites write most; other texts are given in [letters] words
    pgettext_lazy("letter", "theft and damage"),
    pgettext_lazy("letter", "theft"),
    pgettext_lazy("letter", "damage"),
    pgettext_lazy("letter", "safety"),
    pgettext_lazy("letter", "safety of persons"),
    pgettext_lazy("letter", "safety of visitors"),
    pgettext_lazy("letter", "access control"),
    pgettext_lazy("letter", "protection of property"),
    pgettext_lazy("letter", "protection of persons"),
    pgettext_lazy("letter", "maintenance of the cameras"),
    pgettext_lazy("letter", "storage of back-ups"),
    pgettext_lazy("letter", "IT support"),
    pgettext_lazy("letter", "guarding"),
    pgettext_lazy("letter", "delivery of letters"),
    pgettext_lazy("letter", "legal assistance"),
)


def words(term: Enum, language: Language) -> str:
    """Return the label of a term; raises KeyError for one that letters do not show."""
    return translate_to(_TERMS[term], language)


def usual_words(text: str, language: Language) -> str | None:
    """A usual purpose or service, written in any language, in another; None when it is not one of those."""
    folded = text.casefold().replace("'", "’")
    for usual in _USUAL_TEXTS:
        if any(translate_to(usual, source).casefold() == folded for source in Language):
            return translate_to(usual, language)
    return None
