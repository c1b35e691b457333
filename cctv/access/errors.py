"""Refusals of the second factor."""

from __future__ import annotations

from cctv.core.errors import CctvError, Exit, UsageError


class CodeMissing(CctvError):
    """This asks for a code of your second factor, {account}: [policy] second_factor names "{use}".

    next: type the command again with the code of your authenticator behind `cctv`: `cctv --code CODE ...`; at a
    terminal it is asked for, without being shown.
    """

    exit_code = Exit.DECISION_MISSING


class FactorMissing(CctvError):
    """This asks for a second factor, which {account} does not have: [policy] second_factor names "{use}".

    next: enrol one at a terminal: cctv factor enrol
    """

    exit_code = Exit.DECISION_MISSING


class CodeRefused(CctvError):
    """The code is not right, {account}; {left} more wrong codes lock your second factor.

    next: type the code that the authenticator shows now; if each of them is refused, compare this machine's clock with
    its own: timedatectl
    """

    exit_code = Exit.NOT_PERMITTED


class CodeUsed(CctvError):
    """The code was used already, {account}: each is good for one command.

    next: wait until the authenticator shows another one, which takes half a minute at most, and type that. If you did
    not use it, another person did: cctv audit list --about {account}
    """

    exit_code = Exit.NOT_PERMITTED


class FactorLocked(CctvError):
    """The second factor of {account} is locked after wrong codes, until {until}.

    next: wait; or let another account end it, and enrol a new one: cctv factor reset {account} --reason WHY
    """

    exit_code = Exit.NOT_PERMITTED


class FactorClock(CctvError):
    """The clock of this machine went back: the log has an entry of {newest}, and it is {now}. No code counts.

    next: set the clock: timedatectl
    """

    exit_code = Exit.NOT_PERMITTED


class FactorChanged(CctvError):
    """The second factor {path} is not the one that {account} enrolled: an older file, or another one, is in its place.

    next: let another account end it, then enrol a new one: cctv factor reset {account} --reason WHY
    """

    exit_code = Exit.UNREADABLE


class FactorEnrolled(CctvError):
    """{account} has a second factor already, since {since}.

    next: to replace it, type one of its recovery codes: cctv factor recover; or let another account end it:
    cctv factor reset {account} --reason WHY
    """

    exit_code = Exit.NOT_PERMITTED


class FactorAbsent(UsageError):
    """{account} has no second factor.

    next: cctv factor list
    """


class FactorOwn(CctvError):
    """{account} is your own account: another one ends your second factor.

    next: let another account type it: cctv factor reset {account} --reason WHY; or type a recovery code:
    cctv factor recover
    """

    exit_code = Exit.NOT_PERMITTED


class FactorTerminal(UsageError):
    """A second factor is enrolled at a terminal: its secret is shown once, and a code is asked for.

    next: type the command at a terminal, without --json.
    """
