"""Wordings of what cameras, deliveries and requests are, in Dutch, French and English."""

from __future__ import annotations

from enum import Enum

from cctv.letters.facts import AbsenceCause
from cctv.model.casework import RequestType
from cctv.model.disclosures import Delivery, PasswordWay, Recipient
from cctv.model.requests import Role
from cctv.model.zones import ZoneKind

TERMS: dict[Enum, tuple[str, str, str]] = {
    RequestType.ACCESS: ("verzoek om inzage", "demande d’accès", "request for access"),
    RequestType.ERASURE: ("verzoek om wissing", "demande d’effacement", "request for erasure"),
    RequestType.RESTRICTION: (
        "verzoek om beperking van de verwerking",
        "demande de limitation du traitement",
        "request for restriction of processing",
    ),
    RequestType.OBJECTION: ("bezwaar", "opposition", "objection"),
    RequestType.PORTABILITY: (
        "verzoek om overdracht van gegevens",
        "demande de portabilité des données",
        "request for data portability",
    ),
    RequestType.RECTIFICATION: ("verzoek om rectificatie", "demande de rectification", "request for rectification"),
    RequestType.COMPLAINT: ("klacht", "plainte", "complaint"),
    Role.GUARDIAN: ("wettelijk vertegenwoordiger", "représentant légal", "legal representative"),
    Role.PROXY: ("gevolmachtigde", "mandataire", "authorised representative"),
    ZoneKind.FACADE: ("gevel", "façade", "façade"),
    ZoneKind.ENTRANCE: ("ingang", "entrée", "entrance"),
    ZoneKind.INTERIOR: ("binnenruimte", "intérieur du bâtiment", "inside the building"),
    ZoneKind.FOYER: ("foyer", "foyer", "foyer"),
    ZoneKind.CORRIDOR: ("gang", "couloir", "corridor"),
    ZoneKind.COUNTER: ("balie", "guichet", "counter"),
    ZoneKind.SHOP: ("winkel", "magasin", "shop"),
    ZoneKind.STORAGE: ("opslagruimte", "réserve", "store room"),
    ZoneKind.TECHNICAL: ("technische ruimte", "local technique", "technical room"),
    ZoneKind.PARKING: ("parkeerplaats", "parking", "car park"),
    ZoneKind.GROUNDS: ("buitenterrein", "terrain extérieur", "outdoor grounds"),
    Recipient.SUBJECT: ("op de beelden te zien", "visible sur les images", "seen in the footage"),
    Recipient.NOMINEE: (
        "door de betrokkene aangewezen",
        "désigné par la personne concernée",
        "named by the person concerned",
    ),
    Recipient.PROXY: (
        "gemachtigde van de betrokkene",
        "mandataire de la personne concernée",
        "authorised by the person concerned",
    ),
    Recipient.POLICE: ("politie", "police", "police"),
    Recipient.FIRE_BRIGADE: ("brandweer", "pompiers", "fire brigade"),
    Recipient.COURT: ("gerecht", "justice", "court"),
    Recipient.INSURER: ("verzekeraar", "assureur", "insurer"),
    Recipient.LAWYER: ("advocaat", "avocat", "lawyer"),
    AbsenceCause.UNREACHABLE: (
        "de camera was niet bereikbaar",
        "la caméra était injoignable",
        "the camera could not be reached",
    ),
    AbsenceCause.REFUSED: (
        "de camera weigerde de verbinding",
        "la caméra refusait la connexion",
        "the camera refused the connection",
    ),
    AbsenceCause.UNAUTHORISED: (
        "de camera weigerde de aanmelding",
        "la caméra refusait l’identification",
        "the camera refused the login",
    ),
    AbsenceCause.STALLED: (
        "de camera zond geen beeld meer",
        "la caméra n’envoyait plus d’image",
        "the camera had stopped sending pictures",
    ),
    AbsenceCause.FRAMES_MISSING: (
        "er ontbreken beelden in de opname",
        "des images manquent dans l’enregistrement",
        "pictures are missing from the recording",
    ),
    AbsenceCause.RECORDER_STOPPED: (
        "de recorder stond uit",
        "l’enregistreur était arrêté",
        "the recorder was stopped",
    ),
    AbsenceCause.STORAGE_FULL: (
        "de opslag was vol",
        "l’espace de stockage était saturé",
        "the storage was full",
    ),
    AbsenceCause.CLOCK_STEP: (
        "de klok van de recorder werd verzet",
        "l’horloge de l’enregistreur a été ajustée",
        "the recorder’s clock was changed",
    ),
    AbsenceCause.SCHEDULE: (
        "de camera neemt op dat uur niet op",
        "la caméra n’enregistre pas à cette heure",
        "the camera does not record at that hour",
    ),
    AbsenceCause.CAMERA_REMOVED: (
        "de camera was verwijderd",
        "la caméra avait été retirée",
        "the camera had been removed",
    ),
    AbsenceCause.UNREADABLE: (
        "de opname is onleesbaar",
        "l’enregistrement est illisible",
        "the recording cannot be read",
    ),
    AbsenceCause.EXPIRED: (
        "de beelden zijn gewist omdat hun bewaartermijn verstreken was",
        "les images ont été effacées à la fin de leur durée de conservation",
        "the footage was deleted because its retention period had ended",
    ),
    AbsenceCause.SPACE_NEEDED: (
        "de beelden zijn vervroegd gewist omdat de opslag vol was",
        "les images ont été effacées anticipativement parce que l’espace de stockage était saturé",
        "the footage was deleted early because the storage was full",
    ),
    AbsenceCause.DELETED_BEFORE: (
        "de beelden zijn eerder gewist omdat wij daartoe verplicht waren",
        "les images ont été effacées auparavant parce que nous y étions tenus",
        "the footage was deleted before because we had to",
    ),
    AbsenceCause.LOST: (
        "de beelden zijn verloren gegaan",
        "les images ont été perdues",
        "the footage was lost",
    ),
    AbsenceCause.NOT_RECORDED: (
        "er is niet opgenomen",
        "rien n’a été enregistré",
        "nothing was recorded",
    ),
    AbsenceCause.NOT_YET_THERE: (
        "de camera was nog niet in gebruik",
        "la caméra n’était pas encore en service",
        "the camera was not yet in use",
    ),
    Delivery.IN_PERSON: ("persoonlijk overhandigd", "remise en main propre", "handed over in person"),
    Delivery.REGISTERED_POST: ("per aangetekende zending", "envoi recommandé", "by registered post"),
    Delivery.ENCRYPTED_MAIL: ("versleuteld, per e-mail", "par courriel chiffré", "by encrypted e-mail"),
    Delivery.DOWNLOAD: ("via een beveiligde download", "par téléchargement sécurisé", "by secure download"),
    PasswordWay.PHONE: ("telefonisch", "par téléphone", "by telephone"),
    PasswordWay.POST: ("per post", "par la poste", "by post"),
    PasswordWay.IN_PERSON: ("persoonlijk", "en personne", "in person"),
    PasswordWay.SMS: ("per sms", "par SMS", "by text message"),
}
