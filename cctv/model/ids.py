"""Identifiers of cameras, zones, holds, cases and packages.

Short ids (`INC-2026-014`) are what people type and what files are named by; they carry no personal data.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NewType

CameraId = NewType("CameraId", str)
ZoneId = NewType("ZoneId", str)
HoldId = NewType("HoldId", str)
IncidentId = NewType("IncidentId", str)
RequestId = NewType("RequestId", str)
DisclosureId = NewType("DisclosureId", str)
ExportId = NewType("ExportId", str)
BreachId = NewType("BreachId", str)
ProcessorId = NewType("ProcessorId", str)
GrantId = NewType("GrantId", str)
CheckId = NewType("CheckId", str)
ReviewId = NewType("ReviewId", str)

_NAME = re.compile(r"[a-z0-9-]{1,40}")
_TYPED = re.compile(r"([A-Z]+)-(\d{4})-(\d+)")
_SHORT = re.compile(r"(INC|REQ|DIS|HOLD|EXP|BRE|PRO|GRA|CHK|REV)-(\d{4})-(\d{3,})")


class IdKind(Enum):
    """What a short id names; the value is its prefix."""

    INCIDENT = "INC"
    REQUEST = "REQ"
    DISCLOSURE = "DIS"
    HOLD = "HOLD"
    EXPORT = "EXP"
    BREACH = "BRE"
    PROCESSOR = "PRO"
    GRANT = "GRA"
    CHECK = "CHK"  # of the workstations
    REVIEW = "REV"


def valid_id(text: str) -> bool:
    """Whether a camera or zone may have this name: `[a-z0-9-]{1,40}`, safe as a file name everywhere."""
    return _NAME.fullmatch(text) is not None


def typed_name(text: str) -> str:
    """A camera or zone as people type it: blanks around it and capitals do not matter."""
    return text.strip().casefold()


def short_id(kind: IdKind, year: int, number: int) -> str:
    """`HOLD-2026-003`."""
    return f"{kind.value}-{year}-{number:03d}"


def typed_id(text: str) -> str:
    """A short id as people type it: blanks around it, small letters and zeros do not matter (`req-2026-0007`)."""
    typed = text.strip().upper()
    match = _TYPED.fullmatch(typed)
    return f"{match[1]}-{match[2]}-{int(match[3]):03d}" if match else typed


def id_in(typed: str | None) -> str | None:
    """The short id that a person typed; None where it has not the form of one, and may be text about people.

    What is refused is logged by this: an unknown id is evidence, a text is not for the log.
    """
    text = typed_id(typed) if typed is not None else ""
    return text if id_kind(text) is not None else None


def id_kind(text: str) -> IdKind | None:
    """The kind of a short id, None when it is not one."""
    match = _SHORT.fullmatch(text)
    return IdKind(match[1]) if match else None
