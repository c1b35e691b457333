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


class IncidentRepeated(CctvError):
    """{id} is open about the same already: {kind}, {cameras}, {when}; nothing was registered.

    next: cctv incident show {id}; if something else happened then, repeat the command with --another
    """

    exit_code = Exit.DECISION_MISSING


class IncidentSettled(UsageError):
    """{id} was settled on {when} by {by}; nothing was changed.

    next: cctv incident show {id}
    """


class NothingCorrected(UsageError):
    """Nothing of {id} would change: no option says anything else than it has already.

    next: give what it should say, for example --name NAME, --from START --to END
    """


class CorrectionLate(CctvError):
    """{id} is {state}: {fields} cannot be corrected any more, because what was done rests on it; nothing was changed.

    next: end it and register it again, or correct the rest without {fields}.
    """

    exit_code = Exit.DECISION_MISSING


class SettlementUndecided(CctvError):
    """{id} is not settled: someone must decide that its footage may go; nothing was changed.

    next: {line}
    """

    exit_code = Exit.DECISION_MISSING
