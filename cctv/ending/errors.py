"""What stops a closing."""

from __future__ import annotations

from cctv.kernel.errors import CctvError, Exit


class SiteHeld(CctvError):
    """The site is not closed: {holds} keep footage; nothing was deleted.

    next: settle or close their cases, or release them with cctv hold release ID --reason WHY; then close again.
    """

    exit_code = Exit.DECISION_MISSING


class CasesOpen(CctvError):
    """The site is not closed: {cases} {are} still open; nothing was deleted.

    next: answer, close or end them first; `list` of `cctv incident`, `request`, `disclosure` and `breach` shows them.
    """

    exit_code = Exit.DECISION_MISSING


class ClosingUndecided(CctvError):
    """The site is not closed: {segments} segments ({size}) would be destroyed for good, and nobody decided that.

    next: {line}
    """

    exit_code = Exit.DECISION_MISSING


class NotEmpty(CctvError):
    """The closing is not complete: {left} files still stand in {where}.

    next: cctv footage reconcile, then cctv site close again; the certificate is made once nothing is left.
    """

    exit_code = Exit.PARTLY
