"""Errors of disclosures and leases.  A class's docstring is the message that a person reads; none names a recipient."""

from __future__ import annotations

from cctv.core.errors import CctvError, Exit, UsageError


class DisclosureUnknown(UsageError):
    """There is no disclosure {id}.

    next: cctv disclosure list --all
    """


class DisclosureClosed(UsageError):
    """{id} ended on {when}; nothing was changed.

    next: cctv disclosure show {id}
    """


class ControllerUnasked(CctvError):
    """{id} is not approved: this site records for {controller}, without whose instruction no footage goes to others.

    next: repeat the command with --instruction TEXT: where the instruction can be read; where an order or a law leaves
    no choice, where the controller was told of it (Article 28(3)(a) GDPR)
    """

    exit_code = Exit.DECISION_MISSING


class NoControllerToAsk(UsageError):
    """This site records for itself: no other controller gives an instruction about {id}.

    next: repeat the command without --instruction
    """


class RecipientUnfit(CctvError):
    """Footage does not go to {recipient} because it is {duty}: that recipient may have it on {allowed}.

    next: name the duty that there is with --duty, or refuse; a data subject gets a package of a request
    (cctv request open).
    """

    exit_code = Exit.NOT_PERMITTED


class GroundIncomplete(UsageError):
    """A disclosure that is {duty} needs {missing}: free words are no ground; nothing was registered.

    next: repeat the command with {missing}. An order has --order-by, --order-number and --order-on; a law --law; a
    consent --consent-of, --consent-on and --consent-record; a report of an offence --case.
    """


class GroundForeign(UsageError):
    """{option} is no fact of a disclosure that is {duty}; nothing was registered.

    next: leave it out, or name the ground that there is with --duty.
    """


class GroundUnnamed(UsageError):
    """{option} is no ground that anybody can look up: {problem}; nothing was registered.

    next: {following}
    """


class GroundLater(UsageError):
    """{option} is {when}, and that day is still to come.

    next: give the day that stands on the paper, for example {option} 21/11
    """


class ViewedAlready(UsageError):
    """{id} was shown on site on {when}; nothing was changed.

    next: a copy, or another viewing, is a disclosure of its own: cctv disclosure open
    """


class ViewedLater(UsageError):
    """The footage cannot have been shown {when}: that is still to come.

    next: give the moment at which it was shown: --at "vandaag 14u".
    """


class UnmaskedUnfit(CctvError):
    """What masks hide leaves only on an order that names it, and this disclosure is {duty}.

    next: repeat the command without --unmasked, for cameras without masks, or ask for an order.
    """

    exit_code = Exit.NOT_PERMITTED


class DisclosureUnapproved(CctvError):
    """{id} is not approved: nobody answered for its ground and its scope yet; nothing was changed.

    next: cctv disclosure approve {id} --reason WHAT-WAS-CHECKED
    """

    exit_code = Exit.DECISION_MISSING


class DisclosureNeedsSecond(CctvError):
    """{id} is not approved: {account} opened or corrected it, and the policy asks for two people.

    next: somebody else types cctv disclosure approve {id} --reason WHAT from their own account.
    """

    exit_code = Exit.DECISION_MISSING


class DisclosureOfRequest(UsageError):
    """{id} records what was given on {case}: it has no ground to correct or to approve; nothing was changed.

    next: cctv disclosure show {id}; what is wrong of the request: cctv request correct {case}, while that is open
    """


class NotHandedOver(CctvError):
    """{id} was not handed over yet, so there is no receipt of it.

    next: cctv disclosure build {id}, then cctv export deliver with the id of its package
    """

    exit_code = Exit.DECISION_MISSING


class ReceiptLater(UsageError):
    """The receipt cannot have been signed on {when}: that day is still to come.

    next: give the day that stands on the paper, for example --on 21/11
    """


class EndingUnfit(UsageError):
    """{id} is {state}, so it cannot end as "{ending}".

    next: handed, returned and destroyed are for what was handed over, passed-on for what a proxy or a nominee gave to
    the data subject; refused and withdrawn for what was not handed over.
    """


class LeaseRunning(UsageError):
    """{id} is lent to the {recipient} until {until}, so it cannot end as "handed".

    next: cctv disclosure end {id} --how returned --reason HOW (or destroyed); a later end is agreed with
    cctv disclosure lease {id} --until DATE --reason WHY
    """


class NotLent(UsageError):
    """{id} has no lease: what a data subject received is theirs (Article 15(3) GDPR).

    next: cctv disclosure show {id}
    """
