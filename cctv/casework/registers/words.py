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
    RegisterName.GRANTS: ("Register van toestemmingen", "Registre des autorisations", "Register of grants"),
    RegisterName.DECLARATIONS: ("Aangiften van camera's", "Déclarations des caméras", "Declarations of cameras"),
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
    "permission": ("toestemming", "autorisation", "permission"),
    "briefed": ("briefing", "briefing", "briefed"),
    "confidentiality": ("geheimhouding", "confidentialité", "confidentiality"),
    "granted": ("gegeven", "accordée", "granted"),
    "granted_by": ("door", "par", "by"),
    "withdrawn": ("ingetrokken", "retirée", "withdrawn"),
    "declared": ("aangegeven", "déclaré", "declared"),
    "reference": ("referentie", "référence", "reference"),
    "recorded_by": ("genoteerd door", "noté par", "recorded by"),
    "activity": ("doel", "finalité", "purpose"),
    "controller": ("verantwoordelijke", "responsable", "controller"),
    "contact": ("contact", "contact", "contact"),
    "dpo": ("FG/DPO", "DPD", "DPO"),
    "categories": ("betrokkenen en gegevens", "personnes et données", "people and data"),
    "recipients": ("ontvangers", "destinataires", "recipients"),
    "processors": ("verwerkers", "sous-traitants", "processors"),
    "transfers": ("doorgifte", "transferts", "transfers"),
    "retention": ("bewaring", "conservation", "retention"),
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


def page_word(key: str, language: Language) -> str:
    """A word of the page around the table."""
    return _PAGE[key][_PLACE[language]]
