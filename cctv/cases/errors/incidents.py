"""Errors of incidents and of typed text.  A class's docstring is the message that a person reads."""

from __future__ import annotations

from cctv.core.errors import CctvError, Exit, UsageError


class NoCameras(UsageError):
    """No camera was chosen: {problem}.

    next: choose cameras by id, for example --cameras {example}
    """


class TextUnusable(UsageError):
    """The {what} cannot be used: {problem}.

    next: {following}
    """


class IncidentUnknown(UsageError):
    """There is no incident {id}.

    next: cctv incident list --all
    """


class OutsidePurpose(CctvError):
    """An incident of the kind {kind} is no business of {cameras}: their purpose in cameras.toml names other things.

    next: choose another kind or other cameras; a purpose is widened in the published policy first, then here.
    """

    exit_code = Exit.NOT_PERMITTED


class IncidentSettled(UsageError):
    """{id} was settled on {when} by {by}; nothing was changed.

    next: cctv incident show {id}
    """


class SettlementUndecided(CctvError):
    """{id} is not settled: someone must decide that its footage may go; nothing was changed.

    next: {line}
    """

    exit_code = Exit.DECISION_MISSING
