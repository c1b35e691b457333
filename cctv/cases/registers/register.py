"""A register: named columns, rows of text, and what it lacks.  Pure."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from enum import Enum


class RegisterName(Enum):
    """Which registers there are.  The value is the word on the command line and in JSON."""

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
    ADDRESSEES = "addressees"
    PROCESSING = "processing"
    CAMERAS = "cameras"


@dataclass(frozen=True, slots=True)
class Register:
    """One register as it stands.  `columns` are keys (English); each row has one text a column, "" where there is none.

    `missing` says what the law wants in it and nobody has entered, each with the key or command that enters it.
    """

    name: RegisterName
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    missing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.columns) for row in self.rows)


def as_csv(register: Register) -> str:
    """The rows as RFC 4180 has them, keys first; what a spreadsheet would take for a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(register.columns)
    writer.writerows([_harmless(cell) for cell in row] for row in register.rows)
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t"} else cell
