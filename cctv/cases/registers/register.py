"""A register: named columns, rows of text, what it lacks, and its titles and labels in each language.  Pure.

Every cell that is not from `fixed` is an id or comes from a row.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from enum import Enum

from cctv.core.i18n import N_, Language, Message, pgettext_lazy, translate_to

_COLUMNS = {
    "id": pgettext_lazy("column", "id"),
    "kind": pgettext_lazy("column", "kind"),
    "type": pgettext_lazy("column", "right"),
    "what": pgettext_lazy("column", "what"),
    "place": pgettext_lazy("column", "place"),
    "police_reference": pgettext_lazy("column", "police number"),
    "cameras": pgettext_lazy("column", "cameras"),
    "camera": pgettext_lazy("column", "camera"),
    "from": pgettext_lazy("column", "from"),
    "to": pgettext_lazy("column", "to"),
    "opened": pgettext_lazy("column", "opened"),
    "opened_by": pgettext_lazy("column", "by"),
    "settled": pgettext_lazy("column", "settled"),
    "settled_by": pgettext_lazy("column", "by"),
    "ground": pgettext_lazy("column", "ground"),
    "placed": pgettext_lazy("column", "placed"),
    "placed_by": pgettext_lazy("column", "by"),
    "review": pgettext_lazy("column", "review"),
    "released": pgettext_lazy("column", "released"),
    "released_by": pgettext_lazy("column", "by"),
    "state": pgettext_lazy("column", "state"),
    "role": pgettext_lazy("column", "role"),
    "risk": pgettext_lazy("column", "risk"),
    "aware": pgettext_lazy("column", "aware"),
    "people": pgettext_lazy("column", "people"),
    "to_tell": pgettext_lazy("column", "to tell"),
    "told": pgettext_lazy("column", "told"),
    "measures": pgettext_lazy("column", "measures"),
    "closed": pgettext_lazy("column", "closed"),
    "name": pgettext_lazy("column", "name"),
    "service": pgettext_lazy("column", "service"),
    "country": pgettext_lazy("column", "country"),
    "contract": pgettext_lazy("column", "contract"),
    "audited": pgettext_lazy("column", "audited"),
    "sub_processors": pgettext_lazy("column", "sub-processors"),
    "ended": pgettext_lazy("column", "ended"),
    "end": pgettext_lazy("column", "data"),
    "account": pgettext_lazy("column", "account"),
    "permission": pgettext_lazy("column", "permission"),
    "briefed": pgettext_lazy("column", "briefed"),
    "confidentiality": pgettext_lazy("column", "confidentiality"),
    "granted": pgettext_lazy("column", "granted"),
    "granted_by": pgettext_lazy("column", "by"),
    "until": pgettext_lazy("column", "until"),
    "withdrawn": pgettext_lazy("column", "withdrawn"),
    "declared": pgettext_lazy("column", "declared"),
    "reference": pgettext_lazy("column", "reference"),
    "recorded_by": pgettext_lazy("column", "recorded by"),
    "checked": pgettext_lazy("column", "checked"),
    "checker": pgettext_lazy("column", "by"),
    "found": pgettext_lazy("column", "found"),
    "activity": pgettext_lazy("column", "purpose"),
    "controller": pgettext_lazy("column", "controller"),
    "contact": pgettext_lazy("column", "contact"),
    "language": pgettext_lazy("column", "language"),
    "dpo": pgettext_lazy("column", "DPO"),
    "categories": pgettext_lazy("column", "people and data"),
    "recipients": pgettext_lazy("column", "recipients"),
    "processors": pgettext_lazy("column", "processors"),
    "processor": pgettext_lazy("column", "processor"),
    "processor_contact": pgettext_lazy("column", "its contact"),
    "processor_dpo": pgettext_lazy("column", "its DPO"),
    "processing": pgettext_lazy("column", "processing"),
    "transfers": pgettext_lazy("column", "transfers"),
    "retention": pgettext_lazy("column", "retention"),
    "zone": pgettext_lazy("column", "zone"),
    "kind_of_place": pgettext_lazy("column", "kind of place"),
    "location": pgettext_lazy("column", "location"),
    "purpose": pgettext_lazy("column", "purpose"),
    "recorded": pgettext_lazy("column", "records"),
    "masks": pgettext_lazy("column", "masks"),
    "live_viewing": pgettext_lazy("column", "live viewing"),
    "pictogram": pgettext_lazy("column", "pictogram"),
    "received": pgettext_lazy("column", "received"),
    "due": pgettext_lazy("column", "due"),
    "answered": pgettext_lazy("column", "answered"),
    "outcome": pgettext_lazy("column", "outcome"),
    "requester": pgettext_lazy("column", "requester"),
    "recipient": pgettext_lazy("column", "recipient"),
    "authority": pgettext_lazy("column", "authority"),
    "officer": pgettext_lazy("column", "officer"),
    "basis": pgettext_lazy("column", "legal basis"),
    "method": pgettext_lazy("column", "method"),
    "handed_over": pgettext_lazy("column", "handed over"),
    "case": pgettext_lazy("column", "case"),
    "receipt": pgettext_lazy("column", "receipt"),
    "lease_end": pgettext_lazy("column", "to end by"),
    "returned": pgettext_lazy("column", "returned"),
    "done": pgettext_lazy("column", "done"),
    "done_by": pgettext_lazy("column", "by"),
    "report": pgettext_lazy("column", "report"),
    "criteria": pgettext_lazy("column", "criteria"),
}
_FIXED = {
    "ground": N_("legitimate interest (Article 6(1)(f) GDPR)"),
    "public ground": N_("task in the public interest (Article 6(1)(e) GDPR)"),
    "categories": N_("visitors and staff within view; moving pictures without sound"),
    "recipients": N_("the data subject; police and judiciary on their order; insurer or lawyer with consent or by law"),
    "measures": N_(
        "no sound; footage deleted before its limit, proved by tombstones and signed certificates; every act "
        "in a hash-linked log; viewing and export only under an open case; others hidden in copies; back-ups "
        "encrypted"
    ),
    "processing": N_(
        "on the controller's instructions: recording and storing camera pictures, deleting them within their period, "
        "finding them for a case, making copies in which others are hidden, help with requests and breaches"
    ),
    "transfers": pgettext_lazy("register", "none outside the {area}"),
    "always": pgettext_lazy("register", "always"),
    "scheduled": pgettext_lazy("register", "within fixed hours"),
    "live": N_("none: pictures are looked at under an open case only"),
}


class RegisterName(Enum):
    """Which registers there are.  The value is used on the command line and in JSON."""

    REQUESTS = "requests"
    COMPLAINTS = "complaints"
    DISCLOSURES = "disclosures"
    INCIDENTS = "incidents"
    HOLDS = "holds"
    BREACHES = "breaches"
    PROCESSORS = "processors"
    GRANTS = "grants"
    DECLARATIONS = "declarations"
    WORKSTATIONS = "workstations"
    REVIEWS = "reviews"
    ADDRESSEES = "addressees"
    PROCESSING = "processing"
    CAMERAS = "cameras"


@dataclass(frozen=True, slots=True)
class Register:
    """One register.  `columns` are keys (English); each row has one text a column, "" where there is none.

    `missing` lists what the law requires and is not entered, each with the key or command that enters it.
    """

    name: RegisterName
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    missing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.columns) for row in self.rows)


TITLES = {
    RegisterName.REQUESTS: N_("Register of requests"),
    RegisterName.COMPLAINTS: N_("Register of complaints"),
    RegisterName.DISCLOSURES: N_("Register of disclosures"),
    RegisterName.INCIDENTS: N_("Register of incidents"),
    RegisterName.HOLDS: N_("Register of holds"),
    RegisterName.BREACHES: N_("Register of breaches"),
    RegisterName.PROCESSORS: N_("Register of processors"),
    RegisterName.GRANTS: N_("Register of grants"),
    RegisterName.DECLARATIONS: N_("Declarations of cameras"),
    RegisterName.WORKSTATIONS: N_("Checks of the workstations"),
    RegisterName.REVIEWS: N_("Tests, audits, assessments and consultations"),
    RegisterName.ADDRESSEES: N_("To tell of a new privacy policy"),
    RegisterName.PROCESSING: N_("Register of processing activities"),
    RegisterName.CAMERAS: N_("Register of cameras"),
}


def title(name: RegisterName, language: Language) -> str:
    """The title of a register."""
    return translate_to(TITLES[name], language)


def label(column: str, language: Language) -> str:
    """The label of a column; raises KeyError for a column that no register has."""
    return translate_to(_COLUMNS[column], language)


def fixed(key: str, language: Language) -> str:
    """A text that the law requires in a register, and that comes from no row; raises KeyError."""
    return translate_to(_FIXED[key], language)


def fixed_text(key: str) -> Message:
    """The same, to be translated later; raises KeyError."""
    return _FIXED[key]


def as_csv(register: Register) -> str:
    """The rows as RFC 4180 has them, keys first; what a spreadsheet would take for a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(register.columns)
    writer.writerows([_harmless(cell) for cell in row] for row in register.rows)
    return out.getvalue()


_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")  # spreadsheets take their full-width forms for the same


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in _FORMULA else cell
