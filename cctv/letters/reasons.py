"""Wordings of grounds and reasons, with their articles, in Dutch, French and English."""

from __future__ import annotations

from enum import Enum

from cctv.letters.answers import IdentityDoubt, IdentityWay, LiftReason
from cctv.model.holds import GroundKind
from cctv.model.requests import ExtensionGround, IdentityMethod, RefusalGround, RestrictionGround, YieldGround

REASONS: dict[Enum, tuple[str, str, str]] = {
    IdentityDoubt.UNKNOWN_ADDRESS: (
        "wij kennen het adres niet waarvan uw verzoek komt",
        "nous ne connaissons pas l’adresse d’où provient votre demande",
        "we do not know the address from which your request came",
    ),
    IdentityDoubt.OTHER_ADDRESS: (
        "u vraagt ons antwoord naar een ander adres te sturen dan het adres dat wij van u kennen",
        "vous demandez l’envoi de notre réponse à une autre adresse que celle que nous connaissons de vous",
        "you ask us to send our answer to an address other than the one we know as yours",
    ),
    IdentityDoubt.NO_SIGNATURE: (
        "uw verzoek is niet gedagtekend of niet ondertekend",
        "votre demande n’est pas datée ou n’est pas signée",
        "your request is not dated or not signed",
    ),
    IdentityDoubt.MANDATE_MISSING: (
        "u schrijft namens iemand anders en wij hebben nog geen volmacht of bewijs van vertegenwoordiging gezien",
        "vous écrivez au nom d’une autre personne et nous n’avons encore vu ni mandat ni preuve de représentation",
        "you write on behalf of another person, and we have not yet seen a mandate or proof of representation",
    ),
    IdentityWay.SHOW_DOCUMENT: (
        "u toont ons ter plaatse een geldig identiteitsbewijs; wij bekijken het en nemen er geen kopie van",
        "vous nous présentez sur place un document d’identité valable ; nous le regardons sans en prendre copie",
        "you show us a valid identity document on the spot; we look at it and take no copy",
    ),
    IdentityWay.KNOWN_ADDRESS: (
        "u bevestigt uw verzoek vanaf een adres dat wij al van u kennen",
        "vous confirmez votre demande depuis une adresse que nous connaissons déjà de vous",
        "you confirm your request from an address that we already know as yours",
    ),
    IdentityWay.SIGNED_MESSAGE: (
        "u stuurt uw verzoek opnieuw, gedagtekend en voorzien van een gekwalificeerde elektronische handtekening",
        "vous renvoyez votre demande, datée et munie d’une signature électronique qualifiée",
        "you send your request again, dated and with a qualified electronic signature",
    ),
    IdentityWay.SEND_MANDATE: (
        "u stuurt ons een gedagtekende en ondertekende volmacht of een bewijs van wettelijke vertegenwoordiging",
        "vous nous envoyez un mandat daté et signé ou une preuve de représentation légale",
        "you send us a dated and signed mandate or proof of legal representation",
    ),
    IdentityMethod.DOCUMENT_SEEN: (
        "een geldig identiteitsbewijs is getoond; er is geen kopie van genomen",
        "un document d’identité valable a été présenté ; il n’en a pas été pris copie",
        "a valid identity document was shown; no copy of it was taken",
    ),
    IdentityMethod.EID: (
        "bevestigd met een elektronische identiteit",
        "confirmée au moyen d’une identité électronique",
        "confirmed with an electronic identity",
    ),
    IdentityMethod.KNOWN_ADDRESS: (
        "bevestigd vanaf een adres dat al bekend was",
        "confirmée depuis une adresse déjà connue",
        "confirmed from an address that was already known",
    ),
    IdentityMethod.KNOWN_PERSON: (
        "wie het nakeek, kent de persoon",
        "la personne est connue de qui a vérifié",
        "whoever checked it knows the person",
    ),
    IdentityMethod.BAR_MEMBERSHIP: (
        "nagekeken op het tableau van de balie",
        "vérifiée au tableau de l’Ordre des avocats",
        "looked up in the register of the bar",
    ),
    ExtensionGround.COMPLEXITY: (
        "uw verzoek is complex",
        "votre demande est complexe",
        "your request is complex",
    ),
    ExtensionGround.NUMBER: (
        "wij moeten een groot aantal verzoeken beantwoorden",
        "nous devons répondre à un grand nombre de demandes",
        "we have a large number of requests to answer",
    ),
    RestrictionGround.ACCURACY_CONTESTED: (
        "u betwist de juistheid van de gegevens (artikel 18, lid 1, onder a), AVG)",
        "vous contestez l’exactitude des données (article 18, paragraphe 1, point a), du RGPD)",
        "you contest the accuracy of the data (Article 18(1)(a) GDPR)",
    ),
    RestrictionGround.UNLAWFUL: (
        "de verwerking is onrechtmatig en u verzet zich tegen wissing (artikel 18, lid 1, onder b), AVG)",
        "le traitement est illicite et vous vous opposez à l’effacement (article 18, paragraphe 1, point b), du RGPD)",
        "the processing is unlawful and you oppose erasure (Article 18(1)(b) GDPR)",
    ),
    RestrictionGround.LEGAL_CLAIM: (
        "u hebt de beelden nodig voor een rechtsvordering (artikel 18, lid 1, onder c), AVG)",
        "les images vous sont nécessaires pour un droit en justice (article 18, paragraphe 1, point c), du RGPD)",
        "you need the footage for a legal claim (Article 18(1)(c) GDPR)",
    ),
    RestrictionGround.OBJECTION_PENDING: (
        "u hebt bezwaar gemaakt en wij moeten daarover nog beslissen (artikel 18, lid 1, onder d), AVG)",
        "vous vous êtes opposé au traitement et nous devons encore en décider "
        "(article 18, paragraphe 1, point d), du RGPD)",
        "you have objected and we have yet to decide on it (Article 18(1)(d) GDPR)",
    ),
    LiftReason.YOUR_WISH: (
        "u hebt ons gevraagd de beperking op te heffen",
        "vous nous avez demandé de lever la limitation",
        "you asked us to lift the restriction",
    ),
    LiftReason.ACCURACY_CHECKED: (
        "wij hebben de juistheid van de gegevens nagegaan",
        "nous avons vérifié l’exactitude des données",
        "we have verified the accuracy of the data",
    ),
    LiftReason.CLAIM_ENDED: (
        "de rechtsvordering waarvoor de beelden nodig waren, is beëindigd",
        "la procédure pour laquelle les images étaient nécessaires est terminée",
        "the legal claim for which the footage was needed has ended",
    ),
    LiftReason.OBJECTION_DECIDED: (
        "over uw bezwaar is beslist",
        "il a été décidé de votre opposition",
        "your objection has been decided",
    ),
    YieldGround.LEGAL_CLAIM: (
        "voor de instelling, uitoefening of onderbouwing van een rechtsvordering (artikel 18, lid 2, AVG)",
        "pour la constatation, l’exercice ou la défense de droits en justice (article 18, paragraphe 2, du RGPD)",
        "for the establishment, exercise or defence of legal claims (Article 18(2) GDPR)",
    ),
    YieldGround.AUTHORITY: (
        "op bindend bevel van een bevoegde overheid, om gewichtige redenen van algemeen belang "
        "(artikel 18, lid 2, AVG)",
        "sur ordre contraignant d’une autorité compétente, pour des motifs importants d’intérêt public "
        "(article 18, paragraphe 2, du RGPD)",
        "on a binding order of a competent authority, for reasons of important public interest (Article 18(2) GDPR)",
    ),
    GroundKind.INCIDENT: (
        "nodig voor een rechtsvordering na een vastgelegd incident (artikel 17, lid 3, onder e), AVG)",
        "nécessaires à un droit en justice à la suite d’un incident constaté "
        "(article 17, paragraphe 3, point e), du RGPD)",
        "needed for a legal claim after a recorded incident (Article 17(3)(e) GDPR)",
    ),
    GroundKind.REQUEST: (
        "nodig om het recht van een andere persoon op dezelfde beelden te eerbiedigen (artikel 15 AVG)",
        "nécessaires au respect du droit d’une autre personne sur les mêmes images (article 15 du RGPD)",
        "needed to honour the right of another person to the same footage (Article 15 GDPR)",
    ),
    GroundKind.RESTRICTION: (
        "bewaard omdat een beperking van de verwerking loopt (artikel 18 AVG)",
        "conservées parce qu’une limitation du traitement est en cours (article 18 du RGPD)",
        "kept because a restriction of processing is in force (Article 18 GDPR)",
    ),
    GroundKind.OBJECTION: (
        "bewaard omdat over een bezwaar nog wordt beslist (artikel 21 AVG)",
        "conservées parce qu’une opposition est en cours d’examen (article 21 du RGPD)",
        "kept because an objection is being decided (Article 21 GDPR)",
    ),
    GroundKind.DISCLOSURE: (
        "gevorderd door een bevoegde overheid (artikel 17, lid 3, onder b), AVG)",
        "requises par une autorité compétente (article 17, paragraphe 3, point b), du RGPD)",
        "demanded by a competent authority (Article 17(3)(b) GDPR)",
    ),
    RefusalGround.MANIFESTLY_UNFOUNDED: (
        "het verzoek is kennelijk ongegrond (artikel 12, lid 5, AVG)",
        "la demande est manifestement infondée (article 12, paragraphe 5, du RGPD)",
        "the request is manifestly unfounded (Article 12(5) GDPR)",
    ),
    RefusalGround.EXCESSIVE: (
        "het verzoek is buitensporig, met name door zijn herhaling (artikel 12, lid 5, AVG)",
        "la demande est excessive, notamment en raison de son caractère répétitif (article 12, paragraphe 5, du RGPD)",
        "the request is excessive, in particular because of its repetitive character (Article 12(5) GDPR)",
    ),
    RefusalGround.RIGHTS_OF_OTHERS: (
        "een kopie zou afbreuk doen aan de rechten en vrijheden van anderen (artikel 15, lid 4, AVG)",
        "une copie porterait atteinte aux droits et libertés d’autrui (article 15, paragraphe 4, du RGPD)",
        "a copy would adversely affect the rights and freedoms of others (Article 15(4) GDPR)",
    ),
    RefusalGround.IDENTITY_NOT_SHOWN: (
        "uw identiteit is niet aangetoond, hoewel wij erom vroegen (artikel 12, lid 6, AVG)",
        "votre identité n’a pas été établie, bien que nous l’ayons demandé (article 12, paragraphe 6, du RGPD)",
        "your identity was not shown although we asked for it (Article 12(6) GDPR)",
    ),
    RefusalGround.LEGAL_CLAIMS: (
        "de beelden zijn nodig voor een rechtsvordering (artikel 17, lid 3, onder e), AVG)",
        "les images sont nécessaires à un droit en justice (article 17, paragraphe 3, point e), du RGPD)",
        "the footage is needed for a legal claim (Article 17(3)(e) GDPR)",
    ),
    RefusalGround.LEGAL_OBLIGATION: (
        "een wettelijke verplichting verzet zich ertegen (artikel 17, lid 3, onder b), AVG)",
        "une obligation légale s’y oppose (article 17, paragraphe 3, point b), du RGPD)",
        "a legal obligation stands in the way (Article 17(3)(b) GDPR)",
    ),
    RefusalGround.CONDITIONS_NOT_MET: (
        "aan de wettelijke voorwaarden van dit recht is niet voldaan",
        "les conditions légales de ce droit ne sont pas réunies",
        "the legal conditions of this right are not met",
    ),
    RefusalGround.CRIMINAL_INVESTIGATION: (
        "een strafrechtelijk onderzoek verzet zich ertegen (artikel 23, lid 1, onder d), AVG)",
        "une enquête pénale s’y oppose (article 23, paragraphe 1, point d), du RGPD)",
        "a criminal investigation stands in the way (Article 23(1)(d) GDPR)",
    ),
    RefusalGround.COMPELLING_GROUNDS: (
        "dwingende gerechtvaardigde gronden wegen zwaarder (artikel 21, lid 1, AVG)",
        "des motifs légitimes et impérieux prévalent (article 21, paragraphe 1, du RGPD)",
        "compelling legitimate grounds override it (Article 21(1) GDPR)",
    ),
    RefusalGround.NOT_FOUNDED: (
        "de klacht is na onderzoek niet gegrond bevonden",
        "après examen, la plainte n’est pas fondée",
        "the complaint was examined and found not to be justified",
    ),
}
