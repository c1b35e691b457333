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


def short_id(kind: IdKind, year: int, number: int) -> str:
    """`HOLD-2026-003`."""
    return f"{kind.value}-{year}-{number:03d}"


def id_kind(text: str) -> IdKind | None:
    """The kind of a short id, None when it is not one."""
    match = _SHORT.fullmatch(text)
    return IdKind(match[1]) if match else None
