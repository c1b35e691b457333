"""Errors of the compliance records.  A class's docstring is the message that a person reads."""

from __future__ import annotations

from cctv.core.errors import CctvError, Exit, UsageError


class BreachUnknown(UsageError):
    """There is no breach {id}.

    next: cctv breach list --all
    """


class BreachClosed(UsageError):
    """{id} was closed on {when} by {by}; nothing was changed.

    next: cctv breach show {id}
    """


class AwareLater(UsageError):
    """The site cannot have become aware of it {when}: that is still to come.

    next: give the moment at which somebody first knew or suspected it: --aware "vandaag 9u".
    """


class BreachUnfinished(CctvError):
    """{id} is not closed: {missing}.

    next: {following}
    """

    exit_code = Exit.DECISION_MISSING


class CheckStillToCome(UsageError):
    """The workstations cannot have been checked on {when}: that day is still to come.

    next: give the day on which somebody looked, for example --on 21/11
    """


class ReviewDateUnusable(UsageError):
    """A review cannot have {problem}.

    next: give the day on which it was done, and a day by which it is due again, three years later at most
    """


class ReviewIncomplete(UsageError):
    """{kind} needs {what}.

    next: {following}
    """


class ProcessorUnknown(UsageError):
    """There is no processor {id} that is engaged.

    next: cctv processor list
    """


class OutsideArea(CctvError):
    """{name} is in {country}, outside the {area} of `[policy] area`: the published policies promise that footage stays
    inside.

    next: {following}
    """

    exit_code = Exit.NOT_PERMITTED


class CountryUnreadable(UsageError):
    """ "{country}" is no country: a code of two letters is, such as BE or NL.

    next: repeat the command with the code of the country where the party is established.
    """


class CountryMissing(UsageError):
    """The {role} has no country: it decides whether footage may go there; nothing was changed.

    next: give the code of two letters of where they are: --by-country BE
    """


class GrantUnknown(UsageError):
    """There is no grant {id} in force.

    next: cctv grant list --all
    """


class GrantRefused(UsageError):
    """The permission is not granted: {problem}.

    next: {following}
    """


class NotGranted(CctvError):
    """{account} has no grant for {permission}, and the site asks for one; nothing was done but to log the refusal.

    next: {who} types cctv grant give {account} {word} --briefed DAY --confidentiality DAY --reason WHY
    """

    exit_code = Exit.NOT_PERMITTED
