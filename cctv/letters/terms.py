"""The wording of each member of the enums that letters show, and of the usual purposes and services.

English; the catalogs have the Dutch and the French.  The tests check that no member is left out.
"""

from __future__ import annotations

from enum import Enum

from cctv.kernel.phrases import Phrase, worded
from cctv.letters.answers import IdentityDoubt, IdentityWay, LiftReason
from cctv.letters.facts import AbsenceCause
from cctv.model.casework import RequestType
from cctv.model.disclosures import Delivery, PasswordWay, Recipient
from cctv.model.holds import GroundKind
from cctv.model.language import Language
from cctv.model.requests import (
    ExtensionGround,
    IdentityMethod,
    RefusalGround,
    RestrictionGround,
    Role,
    YieldGround,
)
from cctv.model.zones import ZoneKind
from cctv.tongue import told_in

_TERMS: dict[Enum, Phrase] = {
    RequestType.ACCESS: worded("letter", "request for access"),
    RequestType.ERASURE: worded("letter", "request for erasure"),
    RequestType.RESTRICTION: worded("letter", "request for restriction of processing"),
    RequestType.OBJECTION: worded("letter", "objection"),
    RequestType.PORTABILITY: worded("letter", "request for data portability"),
    RequestType.RECTIFICATION: worded("letter", "request for rectification"),
    RequestType.COMPLAINT: worded("letter", "complaint"),
    Role.GUARDIAN: worded("letter", "legal representative"),
    Role.PROXY: worded("letter", "authorised representative"),
    ZoneKind.FACADE: worded("letter", "façade"),
    ZoneKind.ENTRANCE: worded("letter", "entrance"),
    ZoneKind.INTERIOR: worded("letter", "inside the building"),
    ZoneKind.FOYER: worded("letter", "foyer"),
    ZoneKind.CORRIDOR: worded("letter", "corridor"),
    ZoneKind.COUNTER: worded("letter", "counter"),
    ZoneKind.SHOP: worded("letter", "shop"),
    ZoneKind.STORAGE: worded("letter", "store room"),
    ZoneKind.TECHNICAL: worded("letter", "technical room"),
    ZoneKind.PARKING: worded("letter", "car park"),
    ZoneKind.GROUNDS: worded("letter", "outdoor grounds"),
    Recipient.SUBJECT: worded("letter", "seen in the footage"),
    Recipient.NOMINEE: worded("letter", "named by the person concerned"),
    Recipient.PROXY: worded("letter", "authorised by the person concerned"),
    Recipient.POLICE: worded("letter", "police"),
    Recipient.FIRE_BRIGADE: worded("letter", "fire brigade"),
    Recipient.COURT: worded("letter", "court"),
    Recipient.INSURER: worded("letter", "insurer"),
    Recipient.LAWYER: worded("letter", "lawyer"),
    AbsenceCause.UNREACHABLE: worded("letter", "the camera could not be reached"),
    AbsenceCause.REFUSED: worded("letter", "the camera refused the connection"),
    AbsenceCause.UNAUTHORISED: worded("letter", "the camera refused the login"),
    AbsenceCause.STALLED: worded("letter", "the camera had stopped sending pictures"),
    AbsenceCause.FRAMES_MISSING: worded("letter", "pictures are missing from the recording"),
    AbsenceCause.RECORDER_STOPPED: worded("letter", "the recorder was stopped"),
    AbsenceCause.STORAGE_FULL: worded("letter", "the storage was full"),
    AbsenceCause.CLOCK_STEP: worded("letter", "the recorder’s clock was changed"),
    AbsenceCause.SCHEDULE: worded("letter", "the camera does not record at that hour"),
    AbsenceCause.CAMERA_REMOVED: worded("letter", "the camera had been removed"),
    AbsenceCause.UNREADABLE: worded("letter", "the recording cannot be read"),
    AbsenceCause.EXPIRED: worded("letter", "the footage was deleted because its retention period had ended"),
    AbsenceCause.SPACE_NEEDED: worded("letter", "the footage was deleted early because the storage was full"),
    AbsenceCause.DELETED_BEFORE: worded("letter", "the footage was deleted before because we had to"),
    AbsenceCause.LOST: worded("letter", "the footage was lost"),
    AbsenceCause.NOT_RECORDED: worded("letter", "nothing was recorded"),
    AbsenceCause.NOT_YET_THERE: worded("letter", "the camera was not yet in use"),
    Delivery.IN_PERSON: worded("letter", "handed over in person"),
    Delivery.REGISTERED_POST: worded("letter", "by registered post"),
    Delivery.ENCRYPTED_MAIL: worded("letter", "by encrypted e-mail"),
    Delivery.DOWNLOAD: worded("letter", "by secure download"),
    PasswordWay.PHONE: worded("letter", "by telephone"),
    PasswordWay.POST: worded("letter", "by post"),
    PasswordWay.IN_PERSON: worded("letter", "in person"),
    PasswordWay.SMS: worded("letter", "by text message"),
    IdentityDoubt.UNKNOWN_ADDRESS: worded("letter", "we do not know the address from which your request came"),
    IdentityDoubt.OTHER_ADDRESS: worded(
        "letter", "you ask us to send our answer to an address other than the one we know as yours"
    ),
    IdentityDoubt.NO_SIGNATURE: worded("letter", "your request is not dated or not signed"),
    IdentityDoubt.MANDATE_MISSING: worded(
        "letter", "you write on behalf of another person, and we have not yet seen a mandate or proof of representation"
    ),
    IdentityWay.SHOW_DOCUMENT: worded(
        "letter", "you show us a valid identity document on the spot; we look at it and take no copy"
    ),
    IdentityWay.KNOWN_ADDRESS: worded(
        "letter", "you confirm your request from an address that we already know as yours"
    ),
    IdentityWay.SIGNED_MESSAGE: worded(
        "letter", "you send your request again, dated and with a qualified electronic signature"
    ),
    IdentityWay.SEND_MANDATE: worded(
        "letter", "you send us a dated and signed mandate or proof of legal representation"
    ),
    IdentityMethod.DOCUMENT_SEEN: worded("letter", "a valid identity document was shown; no copy of it was taken"),
    IdentityMethod.EID: worded("letter", "confirmed with an electronic identity"),
    IdentityMethod.KNOWN_ADDRESS: worded("letter", "confirmed from an address that was already known"),
    IdentityMethod.KNOWN_PERSON: worded("letter", "whoever checked it knows the person"),
    IdentityMethod.BAR_MEMBERSHIP: worded("letter", "looked up in the register of the bar"),
    ExtensionGround.COMPLEXITY: worded("letter", "your request is complex"),
    ExtensionGround.NUMBER: worded("letter", "we have a large number of requests to answer"),
    RestrictionGround.ACCURACY_CONTESTED: worded(
        "letter", "you contest the accuracy of the data (Article 18(1)(a) GDPR)"
    ),
    RestrictionGround.UNLAWFUL: worded(
        "letter", "the processing is unlawful and you oppose erasure (Article 18(1)(b) GDPR)"
    ),
    RestrictionGround.LEGAL_CLAIM: worded("letter", "you need the footage for a legal claim (Article 18(1)(c) GDPR)"),
    RestrictionGround.OBJECTION_PENDING: worded(
        "letter", "you have objected and we have yet to decide on it (Article 18(1)(d) GDPR)"
    ),
    LiftReason.YOUR_WISH: worded("letter", "you asked us to lift the restriction"),
    LiftReason.ACCURACY_CHECKED: worded("letter", "we have verified the accuracy of the data"),
    LiftReason.CLAIM_ENDED: worded("letter", "the legal claim for which the footage was needed has ended"),
    LiftReason.OBJECTION_DECIDED: worded("letter", "your objection has been decided"),
    YieldGround.LEGAL_CLAIM: worded(
        "letter", "for the establishment, exercise or defence of legal claims (Article 18(2) GDPR)"
    ),
    YieldGround.AUTHORITY: worded(
        "letter",
        "on a binding order of a competent authority, for reasons of important public interest (Article 18(2) GDPR)",
    ),
    GroundKind.INCIDENT: worded("letter", "needed for a legal claim after a recorded incident (Article 17(3)(e) GDPR)"),
    GroundKind.REQUEST: worded(
        "letter", "needed to honour the right of another person to the same footage (Article 15 GDPR)"
    ),
    GroundKind.RESTRICTION: worded("letter", "kept because a restriction of processing is in force (Article 18 GDPR)"),
    GroundKind.OBJECTION: worded("letter", "kept because an objection is being decided (Article 21 GDPR)"),
    GroundKind.DISCLOSURE: worded("letter", "demanded by a competent authority (Article 17(3)(b) GDPR)"),
    RefusalGround.MANIFESTLY_UNFOUNDED: worded("letter", "the request is manifestly unfounded (Article 12(5) GDPR)"),
    RefusalGround.EXCESSIVE: worded(
        "letter", "the request is excessive, in particular because of its repetitive character (Article 12(5) GDPR)"
    ),
    RefusalGround.RIGHTS_OF_OTHERS: worded(
        "letter", "a copy would adversely affect the rights and freedoms of others (Article 15(4) GDPR)"
    ),
    RefusalGround.IDENTITY_NOT_SHOWN: worded(
        "letter", "your identity was not shown although we asked for it (Article 12(6) GDPR)"
    ),
    RefusalGround.LEGAL_CLAIMS: worded("letter", "the footage is needed for a legal claim (Article 17(3)(e) GDPR)"),
    RefusalGround.LEGAL_OBLIGATION: worded("letter", "a legal obligation stands in the way (Article 17(3)(b) GDPR)"),
    RefusalGround.CONDITIONS_NOT_MET: worded("letter", "the legal conditions of this right are not met"),
    RefusalGround.CRIMINAL_INVESTIGATION: worded(
        "letter", "a criminal investigation stands in the way (Article 23(1)(d) GDPR)"
    ),
    RefusalGround.COMPELLING_GROUNDS: worded(
        "letter", "compelling legitimate grounds override it (Article 21(1) GDPR)"
    ),
    RefusalGround.NOT_FOUNDED: worded("letter", "the complaint was examined and found not to be justified"),
}
_USUAL = (  # what sites write most; other texts are given in [letters] words
    worded("letter", "theft and damage"),
    worded("letter", "theft"),
    worded("letter", "damage"),
    worded("letter", "safety"),
    worded("letter", "safety of persons"),
    worded("letter", "safety of visitors"),
    worded("letter", "access control"),
    worded("letter", "protection of property"),
    worded("letter", "protection of persons"),
    worded("letter", "maintenance of the cameras"),
    worded("letter", "storage of back-ups"),
    worded("letter", "IT support"),
    worded("letter", "guarding"),
    worded("letter", "delivery of letters"),
    worded("letter", "legal assistance"),
)


def words(term: Enum, language: Language) -> str:
    """What a term is called; raises KeyError for one that letters do not show."""
    return told_in(_TERMS[term], language)


def usual_words(text: str, language: Language) -> str | None:
    """A usual purpose or service, written in any language, in another; None when it is not one of those."""
    wanted = text.casefold().replace("'", "’")
    for usual in _USUAL:
        if any(told_in(usual, written).casefold() == wanted for written in Language):
            return told_in(usual, language)
    return None
