"""Titles and columns of registers in the site's language; every other cell is an id, a word of the log or a text."""

from __future__ import annotations

from cctv.casework.registers.register import RegisterName
from cctv.model.language import Language

TITLES = {
    RegisterName.REQUESTS: ("Register van verzoeken", "Registre des demandes", "Register of requests"),
    RegisterName.COMPLAINTS: ("Klachtenregister", "Registre des plaintes", "Register of complaints"),
    RegisterName.DISCLOSURES: ("Register van verstrekkingen", "Registre des communications", "Register of disclosures"),
    RegisterName.INCIDENTS: ("Incidentenregister", "Registre des incidents", "Register of incidents"),
    RegisterName.HOLDS: ("Register van bewaringen", "Registre des conservations", "Register of holds"),
    RegisterName.BREACHES: ("Register van datalekken", "Registre des violations de données", "Register of breaches"),
    RegisterName.PROCESSORS: ("Register van verwerkers", "Registre des sous-traitants", "Register of processors"),
    RegisterName.GRANTS: ("Register van machtigingen", "Registre des autorisations", "Register of grants"),
    RegisterName.DECLARATIONS: ("Aangiften van camera's", "Déclarations des caméras", "Declarations of cameras"),
    RegisterName.WORKSTATIONS: (
        "Controles van de werkstations",
        "Contrôles des postes de travail",
        "Checks of the workstations",
    ),
    RegisterName.ADDRESSEES: (
        "Te verwittigen bij een nieuw privacybeleid",
        "À informer d'une nouvelle politique de confidentialité",
        "To tell of a new privacy policy",
    ),
    RegisterName.PROCESSING: (
        "Register van verwerkingsactiviteiten",
        "Registre des activités de traitement",
        "Register of processing activities",
    ),
    RegisterName.CAMERAS: ("Cameraregister", "Registre des caméras", "Register of cameras"),
}
_COLUMNS = {
    "id": ("nr.", "n°", "id"),
    "kind": ("soort", "genre", "kind"),
    "type": ("recht", "droit", "right"),
    "what": ("wat", "quoi", "what"),
    "place": ("plaats", "lieu", "place"),
    "police_reference": ("nr. politie", "n° police", "police number"),
    "cameras": ("camera's", "caméras", "cameras"),
    "camera": ("camera", "caméra", "camera"),
    "from": ("van", "de", "from"),
    "to": ("tot", "à", "to"),
    "opened": ("geopend", "ouvert", "opened"),
    "opened_by": ("door", "par", "by"),
    "settled": ("afgehandeld", "réglé", "settled"),
    "settled_by": ("door", "par", "by"),
    "ground": ("grond", "fondement", "ground"),
    "placed": ("geplaatst", "placé", "placed"),
    "placed_by": ("door", "par", "by"),
    "review": ("herbekijken", "à revoir", "review"),
    "released": ("vrijgegeven", "libéré", "released"),
    "released_by": ("door", "par", "by"),
    "state": ("stand", "état", "state"),
    "role": ("rol", "rôle", "role"),
    "risk": ("risico", "risque", "risk"),
    "aware": ("vastgesteld", "constaté", "aware"),
    "people": ("personen", "personnes", "people"),
    "to_tell": ("te melden", "à notifier", "to tell"),
    "told": ("gemeld", "notifié", "told"),
    "measures": ("maatregelen", "mesures", "measures"),
    "closed": ("gesloten", "clôturé", "closed"),
    "name": ("naam", "nom", "name"),
    "service": ("dienst", "service", "service"),
    "country": ("land", "pays", "country"),
    "contract": ("overeenkomst", "contrat", "contract"),
    "audited": ("audit", "audit", "audited"),
    "sub_processors": ("subverwerkers", "sous-traitants ultérieurs", "sub-processors"),
    "ended": ("beëindigd", "terminé", "ended"),
    "end": ("gegevens", "données", "data"),
    "account": ("account", "compte", "account"),
    "permission": ("machtiging", "autorisation", "permission"),
    "briefed": ("briefing", "briefing", "briefed"),
    "confidentiality": ("geheimhouding", "confidentialité", "confidentiality"),
    "granted": ("gegeven", "accordée", "granted"),
    "granted_by": ("door", "par", "by"),
    "withdrawn": ("ingetrokken", "retirée", "withdrawn"),
    "declared": ("aangegeven", "déclaré", "declared"),
    "reference": ("referentie", "référence", "reference"),
    "recorded_by": ("genoteerd door", "noté par", "recorded by"),
    "checked": ("nagekeken", "contrôlé", "checked"),
    "checker": ("door", "par", "by"),
    "found": ("gevonden", "trouvé", "found"),
    "activity": ("doel", "finalité", "purpose"),
    "controller": ("verantwoordelijke", "responsable", "controller"),
    "contact": ("contact", "contact", "contact"),
    "language": ("taal", "langue", "language"),
    "dpo": ("FG/DPO", "DPD", "DPO"),
    "categories": ("betrokkenen en gegevens", "personnes et données", "people and data"),
    "recipients": ("ontvangers", "destinataires", "recipients"),
    "processors": ("verwerkers", "sous-traitants", "processors"),
    "transfers": ("doorgifte", "transferts", "transfers"),
    "retention": ("bewaartermijn", "durée de conservation", "retention"),
    "zone": ("zone", "zone", "zone"),
    "kind_of_place": ("soort plaats", "type de lieu", "kind of place"),
    "location": ("plaats", "emplacement", "location"),
    "purpose": ("doel", "finalité", "purpose"),
    "recorded": ("neemt op", "enregistre", "records"),
    "masks": ("maskers", "masques", "masks"),
    "live_viewing": ("live kijken", "visionnage en direct", "live viewing"),
    "pictogram": ("pictogram", "pictogramme", "pictogram"),
    "received": ("ontvangen", "reçue", "received"),
    "due": ("uiterlijk", "échéance", "due"),
    "answered": ("beantwoord", "répondue", "answered"),
    "outcome": ("uitkomst", "issue", "outcome"),
    "requester": ("verzoeker", "demandeur", "requester"),
    "recipient": ("ontvanger", "destinataire", "recipient"),
    "authority": ("instantie", "autorité", "authority"),
    "officer": ("ambtenaar", "agent", "officer"),
    "basis": ("rechtsgrond", "base juridique", "legal basis"),
    "method": ("wijze", "mode", "method"),
    "handed_over": ("overhandigd", "remis", "handed over"),
    "case": ("dossier", "dossier", "case"),
    "receipt": ("ontvangstbewijs", "reçu", "receipt"),
    "lease_end": ("terug uiterlijk", "retour prévu", "to end by"),
    "returned": ("teruggegeven", "restitué", "returned"),
}
_FIXED = {
    "ground": (
        "gerechtvaardigd belang (artikel 6, lid 1, f AVG)",
        "intérêt légitime (article 6, paragraphe 1, f du RGPD)",
        "legitimate interest (Article 6(1)(f) GDPR)",
    ),
    "public ground": (
        "taak van algemeen belang (artikel 6, lid 1, e AVG)",
        "mission d'intérêt public (article 6, paragraphe 1, e du RGPD)",
        "task in the public interest (Article 6(1)(e) GDPR)",
    ),
    "categories": (
        "bezoekers en medewerkers in beeld; bewegende beelden zonder geluid",
        "visiteurs et personnel filmés ; images en mouvement sans son",
        "visitors and staff within view; moving pictures without sound",
    ),
    "recipients": (
        "de betrokkene; politie en gerecht op hun bevel; verzekeraar of advocaat met toestemming of volgens de wet",
        "la personne concernée ; police et justice sur réquisition ; assureur ou avocat avec accord ou selon la loi",
        "the data subject; police and judiciary on their order; insurer or lawyer with consent or by law",
    ),
    "measures": (
        "geen geluid; beelden verdwijnen voor hun termijn, bewezen met een ondertekend attest; elke handeling in een "
        "vergrendeld logboek; kijken en uitvoeren alleen in een open dossier; anderen verborgen in kopieën; back-ups "
        "versleuteld",
        "pas de son ; images supprimées avant leur terme, preuve et certificat signé ; chaque acte dans un journal "
        "chaîné ; consultation et export dans un dossier ouvert seulement ; tiers cachés dans les copies ; sauvegardes "
        "chiffrées",
        "no sound; footage deleted before its limit, proved by tombstones and signed certificates; every act in a "
        "hash-linked log; viewing and export only under an open case; others hidden in copies; back-ups encrypted",
    ),
    "transfers": ("geen buiten de {area}", "aucun hors de l'{area}", "none outside the {area}"),
    "always": ("altijd", "toujours", "always"),
    "scheduled": ("binnen vaste uren", "à heures fixes", "within fixed hours"),
    "live": (
        "geen: beelden worden alleen in een open dossier bekeken",
        "aucun : les images ne sont vues que dans un dossier ouvert",
        "none: pictures are looked at under an open case only",
    ),
}
_PAGE = {
    "empty": ("Geen inschrijvingen.", "Aucune inscription.", "No entries."),
    "missing": ("Wat ontbreekt", "Ce qui manque", "What is missing"),
    "made": ("Opgemaakt", "Établi", "Made"),
    "by": ("door", "par", "by"),
    "erased": ("gewist", "effacé", "erased"),
}
_PLACE = {Language.NL: 0, Language.FR: 1, Language.EN: 2}


def title(name: RegisterName, language: Language) -> str:
    """What a register is called."""
    return TITLES[name][_PLACE[language]]


def label(column: str, language: Language) -> str:
    """What a column is called."""
    return _COLUMNS[column][_PLACE[language]]


def fixed(key: str, language: Language) -> str:
    """A phrase that a register has by law, and not from a row."""
    return _FIXED[key][_PLACE[language]]


def page_word(key: str, language: Language) -> str:
    """A word of the page around the table."""
    return _PAGE[key][_PLACE[language]]
