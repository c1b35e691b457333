"""What the export room refuses, in the words that a person reads."""

from __future__ import annotations

from cctv.kernel.errors import CctvError, Exit, UsageError


class ExportUnknown(UsageError):
    """There is no package {id}.

    next: cctv export list
    """


class NotApproved(CctvError):
    """{request} cannot be exported: {parts} not approved{why}.

    next: look at the sheet (cctv redaction show {request}), then cctv redaction approve {request} --reason WHY
    """

    exit_code = Exit.DECISION_MISSING


class FootageAdded(CctvError):
    """{request} cannot be exported: {count} segments of {cameras} came in after it was prepared and are
    not reviewed.

    next: cctv redaction prepare {request}, which keeps the decisions on footage that did not change
    """

    exit_code = Exit.DECISION_MISSING
