"""What grounds and holds refuse, in the words that a person reads."""

from __future__ import annotations

from cctv.kernel.errors import CctvError, Exit, UsageError


class GroundUnreadable(UsageError):
    """No case is called "{id}": that is not the id of an incident, a request or a disclosure.

    next: use an id such as INC-2026-014 or REQ-2026-007; `cctv incident list` and `cctv request list` show them.
    """


class GroundUnknown(UsageError):
    """There is no {what} {id}, so it cannot justify a hold.

    next: {following}
    """


class GroundClosed(UsageError):
    """{id} was {ended} on {when}, so it cannot justify a new hold.

    next: open a new case with `cctv incident open` or `cctv request open` and use its id.
    """


class ReviewTooFar(UsageError):
    """The review date {when} is too far away: someone must decide again within {most} days, by {latest}.

    next: give a date up to then, or a period such as 30d.
    """


class ReviewPast(UsageError):
    """The review date {when} is past; {id} was not renewed.

    next: give a date to come, or a period such as 30d.
    """


class ReleaseAsked(CctvError):
    """{id} is not released yet: {account} asked for it on {when}, and the policy asks for two people.

    next: a second person types cctv hold release {id} --reason WHY from their own account within a week; until then it
    keeps its footage.
    """

    exit_code = Exit.DECISION_MISSING
