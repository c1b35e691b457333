"""What answering a request refuses, in the words that a person reads.  Never names a requester."""

from __future__ import annotations

from cctv.kernel.errors import CctvError, Exit, UsageError


class ReasonMissing(UsageError):
    """The outcome "{outcome}" needs a reason: the requester must be told why (Article 12(4) GDPR).

    next: repeat the command with --reason "WHY"
    """


class AnswerNotReady(CctvError):
    """{id} cannot be answered yet; what is missing: {missing}.

    next: {following}
    """

    exit_code = Exit.DECISION_MISSING


class FootageThere(CctvError):
    """{id} cannot be answered with "no footage": there is footage of its cameras in its time, or still to come.

    next: cctv request show {id}
    """

    exit_code = Exit.DECISION_MISSING


class NothingToAsk(UsageError):
    """{id} needs no mandate and no check of identity any more.

    next: cctv request show {id}
    """


class AppointmentUnfit(UsageError):
    """{id} cannot be viewed at {when}: looking is the answer, which is due by {due}, and nobody comes in the past.

    next: give a moment between now and then: --at "WHEN", with its hour
    """


class NothingToSee(CctvError):
    """Nobody is invited to look for {id}: there is no footage of its cameras in its time.

    next: cctv request answer {id} --outcome no-footage
    """

    exit_code = Exit.NO_FOOTAGE


class InvitationMissing(CctvError):
    """{id} is not answered by viewing: no letter invited the person and gave the information of Article 15 GDPR.

    next: cctv request invite {id} --at WHEN --place PLACE --host NAME; or, where somebody wrote it elsewhere,
    cctv request close {id} --outcome viewing
    """

    exit_code = Exit.DECISION_MISSING


class MeasuresMissing(UsageError):
    """A complaint that is founded, wholly or partly, needs what is done about it, for the letter.

    next: repeat the command with --measures "WHAT", in the language of the letter
    """


class PolicyNotYet(UsageError):
    """It is not known since when the policy of cameras.toml applies: nothing was recorded under it yet.

    next: say when it begins: --since DATE, with its year
    """


class ChangesUntold(UsageError):
    """No letter is written: people read {languages}, and what changes is not said in it.

    next: add it: --change {first} "WHAT CHANGES"
    """


class LettersUnplaced(UsageError):
    """No letter is written to {path}: {problem}.

    next: {following}
    """


class NobodyToWriteTo(UsageError):
    """No letter can be made for {id}: its people are forgotten.

    next: cctv request show {id}
    """


class BalanceMissing(UsageError):
    """A rejected objection needs its balance: why the grounds override this person's interests (Article 21(1) GDPR).

    next: repeat the command with --balance "WHY", in the language of the letter
    """


class RecipientsUntold(CctvError):
    """{id} is not answered: {count} recipients have the footage and must be informed (Article 19 GDPR).

    next: cctv disclosure list --all names them; inform them, then repeat the command with --told
    """

    exit_code = Exit.DECISION_MISSING


class BasisMissing(UsageError):
    """{id} needs the point of Article 18(1) GDPR on which the processing is restricted, for the letter.

    next: repeat the command with --basis, one of {known}
    """


class OutcomeUnusable(UsageError):
    """A request for {type} that is {state} does not end as "{outcome}".

    next: it can end as {known}
    """


class GroundMissing(UsageError):
    """A refusal needs its ground: the requester must be told why (Article 12(4) GDPR).

    next: add --ground and --reason; for {type} there are {grounds}
    """


class GroundUnusable(UsageError):
    """A request for {type} that ends as "{outcome}" cannot stand on {ground}.

    next: grounds of a refusal are {known}
    """
