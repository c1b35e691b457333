"""What viewing refuses."""

from __future__ import annotations

from cctv.core.errors import CctvError, Exit


class NotCovered(CctvError):
    """{case} does not justify looking at {camera} over that span: no hold of it covers it; the refusal is in the log.

    next: look at what it is about (cctv hold list), or hold it: cctv hold place --ground {case} --cameras {camera}
    """

    exit_code = Exit.NOT_PERMITTED


class NothingToSee(CctvError):
    """There is no footage of {camera} in that span: {cause}.

    next: cctv footage list --cameras {camera}
    """

    exit_code = Exit.NO_FOOTAGE
