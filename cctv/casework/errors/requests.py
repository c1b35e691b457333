"""What registering and following a request refuses, in the words that a person reads.  Never names a requester."""

from __future__ import annotations

from cctv.kernel.errors import CctvError, Exit, UsageError


class RequestUnknown(UsageError):
    """There is no request {id}.

    next: cctv request list --all
    """


class RequestClosed(UsageError):
    """{id} was closed on {when} by {by}; nothing was changed.

    next: cctv request show {id}
    """


class MoveRefused(UsageError):
    """{id} is {state}, and a request for {type} cannot take `{move}` then; nothing was changed.

    next: {following}
    """


class MandateUnusable(UsageError):
    """A {role} cannot act on {mandate}.

    next: what counts is {known}
    """


class FootageBlocked(CctvError):
    """{case} may not use the footage of {cameras}, {span}: {block} blocks it ({kind}).

    next: wait until {block} is decided or lifted; for a named legal claim or authority the DPO decides with
    cctv request yield {block} --to {case} --ground legal-claim --reason WHY --for NAME
    """

    exit_code = Exit.NOT_PERMITTED


class NothingToConfirm(UsageError):
    """{id} asks for no more than a day of footage, or was confirmed: there is nothing to confirm.

    next: cctv request show {id}
    """


class RequestForgotten(UsageError):
    """{id} was closed and its people are forgotten; nothing was changed.

    next: cctv request show {id}
    """


class RoleUnknown(UsageError):
    """{id} has no {role}: the people in it are {roles}.

    next: name one with cctv request mandate {id} --as {role} --by NAME --by-contact ADDRESS
    """


class CheckedLater(UsageError):
    """Identity cannot have been checked on {when}: that day is still to come.

    next: give the day on which somebody looked, for example --checked 21/11
    """


class ExtendedAlready(UsageError):
    """{id} was extended already: there is one extension (Article 12(3) GDPR).

    next: cctv request show {id}
    """


class ExtensionLate(UsageError):
    """{id} cannot be extended: the person must be told by {due}, inside the first period (Article 12(3) GDPR).

    next: answer it now: cctv request answer {id}
    """


class NotExtended(UsageError):
    """{id} was not extended.

    next: cctv request extend {id} --ground complexity --reason "WHY"
    """


class SentLater(UsageError):
    """The letter cannot have been sent on {when}: it was made later, or that day is still to come.

    next: give the day on which it went, for example --on 21/11
    """


class DeciderMissing(UsageError):
    """A block yields by decision of a person, and none is named.

    next: repeat the command with --for NAME, the data protection officer's
    """


class NothingBlocked(UsageError):
    """{id} blocks nothing for {case}: it has no block in force, or {case} is the same request.

    next: cctv request show {id}
    """


class YieldsAlready(UsageError):
    """The block of {id} yields to {case} already; nothing was changed.

    next: cctv request show {id}
    """


class ReceivedLater(UsageError):
    """The request cannot have been received on {when}: that day is still to come.

    next: give the day on which the letter or e-mail arrived, for example --received 21/11
    """
