"""Titles and columns of registers, and what a register says by law; every other cell is an id or comes from a row."""

from __future__ import annotations

from cctv.casework.registers.register import RegisterName
from cctv.kernel.phrases import phrase, worded
from cctv.model.language import Language
from cctv.tongue import told_in

TITLES = {
    RegisterName.REQUESTS: phrase("Register of requests"),
    RegisterName.COMPLAINTS: phrase("Register of complaints"),
    RegisterName.DISCLOSURES: phrase("Register of disclosures"),
    RegisterName.INCIDENTS: phrase("Register of incidents"),
    RegisterName.HOLDS: phrase("Register of holds"),
    RegisterName.BREACHES: phrase("Register of breaches"),
    RegisterName.PROCESSORS: phrase("Register of processors"),
    RegisterName.GRANTS: phrase("Register of grants"),
    RegisterName.DECLARATIONS: phrase("Declarations of cameras"),
    RegisterName.WORKSTATIONS: phrase("Checks of the workstations"),
    RegisterName.ADDRESSEES: phrase("To tell of a new privacy policy"),
    RegisterName.PROCESSING: phrase("Register of processing activities"),
    RegisterName.CAMERAS: phrase("Register of cameras"),
}
_COLUMNS = {
    "id": worded("column", "id"),
    "kind": worded("column", "kind"),
    "type": worded("column", "right"),
    "what": worded("column", "what"),
    "place": worded("column", "place"),
    "police_reference": worded("column", "police number"),
    "cameras": worded("column", "cameras"),
    "camera": worded("column", "camera"),
    "from": worded("column", "from"),
    "to": worded("column", "to"),
    "opened": worded("column", "opened"),
    "opened_by": worded("column", "by"),
    "settled": worded("column", "settled"),
    "settled_by": worded("column", "by"),
    "ground": worded("column", "ground"),
    "placed": worded("column", "placed"),
    "placed_by": worded("column", "by"),
    "review": worded("column", "review"),
    "released": worded("column", "released"),
    "released_by": worded("column", "by"),
    "state": worded("column", "state"),
    "role": worded("column", "role"),
    "risk": worded("column", "risk"),
    "aware": worded("column", "aware"),
    "people": worded("column", "people"),
    "to_tell": worded("column", "to tell"),
    "told": worded("column", "told"),
    "measures": worded("column", "measures"),
    "closed": worded("column", "closed"),
    "name": worded("column", "name"),
    "service": worded("column", "service"),
    "country": worded("column", "country"),
    "contract": worded("column", "contract"),
    "audited": worded("column", "audited"),
    "sub_processors": worded("column", "sub-processors"),
    "ended": worded("column", "ended"),
    "end": worded("column", "data"),
    "account": worded("column", "account"),
    "permission": worded("column", "permission"),
    "briefed": worded("column", "briefed"),
    "confidentiality": worded("column", "confidentiality"),
    "granted": worded("column", "granted"),
    "granted_by": worded("column", "by"),
    "withdrawn": worded("column", "withdrawn"),
    "declared": worded("column", "declared"),
    "reference": worded("column", "reference"),
    "recorded_by": worded("column", "recorded by"),
    "checked": worded("column", "checked"),
    "checker": worded("column", "by"),
    "found": worded("column", "found"),
    "activity": worded("column", "purpose"),
    "controller": worded("column", "controller"),
    "contact": worded("column", "contact"),
    "language": worded("column", "language"),
    "dpo": worded("column", "DPO"),
    "categories": worded("column", "people and data"),
    "recipients": worded("column", "recipients"),
    "processors": worded("column", "processors"),
    "transfers": worded("column", "transfers"),
    "retention": worded("column", "retention"),
    "zone": worded("column", "zone"),
    "kind_of_place": worded("column", "kind of place"),
    "location": worded("column", "location"),
    "purpose": worded("column", "purpose"),
    "recorded": worded("column", "records"),
    "masks": worded("column", "masks"),
    "live_viewing": worded("column", "live viewing"),
    "pictogram": worded("column", "pictogram"),
    "received": worded("column", "received"),
    "due": worded("column", "due"),
    "answered": worded("column", "answered"),
    "outcome": worded("column", "outcome"),
    "requester": worded("column", "requester"),
    "recipient": worded("column", "recipient"),
    "authority": worded("column", "authority"),
    "officer": worded("column", "officer"),
    "basis": worded("column", "legal basis"),
    "method": worded("column", "method"),
    "handed_over": worded("column", "handed over"),
    "case": worded("column", "case"),
    "receipt": worded("column", "receipt"),
    "lease_end": worded("column", "to end by"),
    "returned": worded("column", "returned"),
}
_FIXED = {
    "ground": phrase("legitimate interest (Article 6(1)(f) GDPR)"),
    "public ground": phrase("task in the public interest (Article 6(1)(e) GDPR)"),
    "categories": phrase("visitors and staff within view; moving pictures without sound"),
    "recipients": phrase(
        "the data subject; police and judiciary on their order; insurer or lawyer with consent or by law"
    ),
    "measures": phrase(
        "no sound; footage deleted before its limit, proved by tombstones and signed certificates; every act "
        "in a hash-linked log; viewing and export only under an open case; others hidden in copies; back-ups "
        "encrypted"
    ),
    "transfers": worded("register", "none outside the {area}"),
    "always": worded("register", "always"),
    "scheduled": worded("register", "within fixed hours"),
    "live": phrase("none: pictures are looked at under an open case only"),
}


def title(name: RegisterName, language: Language) -> str:
    """What a register is called."""
    return told_in(TITLES[name], language)


def label(column: str, language: Language) -> str:
    """What a column is called; raises KeyError for a column that no register has."""
    return told_in(_COLUMNS[column], language)


def fixed(key: str, language: Language) -> str:
    """What a register says by law, and not from a row."""
    return told_in(_FIXED[key], language)
