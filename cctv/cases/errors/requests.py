"""Errors of requests, their letters and holds.  A class's docstring is the message; none names a requester."""

from __future__ import annotations

from cctv.core.errors import CctvError, Exit, Recorded, UsageError


class ReasonMissing(UsageError):
    """The outcome "{outcome}" needs a reason: the requester must be told why (Article 12(4) GDPR).

    next: repeat the command with --reason "WHY"
    """


class AnswerNotReady(CctvError):
    """{id} cannot be answered yet; what is missing: {missing}.

    next: {following}
    """

    exit_code = Exit.DECISION_MISSING


class NotInstructed(CctvError):
    """{id} waits for an instruction of {controller}, for whom this site records and who decides{given}.

    next: {following}
    """

    exit_code = Exit.DECISION_MISSING


class InstructedLater(UsageError):
    """The controller cannot have decided on {id} on {when}: it was received later, or that day is still to come.

    next: give the day of the instruction, for example --on 21/11
    """


class NoOtherController(UsageError):
    """This site records for itself: its own people decide on {id}, and there is no other controller to ask.

    next: cctv request show {id}
    """


class NotPassedOn(UsageError):
    """No letter passes {id} on to the controller yet, so none was sent.

    next: cctv request pass-on {id}
    """


class CopyNotReady(CctvError):
    """No copy leaves for {id} yet; what is missing: {missing}.  Nothing was changed.

    next: {following}
    """

    exit_code = Exit.DECISION_MISSING


class QuestionOpen(CctvError):
    """{id} waits: identity was asked for on {when}, and that is neither answered nor taken back.  Nothing was changed.

    next: {following}; or take the question back: cctv request ask {id} --withdraw --reason WHY
    """

    exit_code = Exit.DECISION_MISSING


class NothingAsked(UsageError):
    """{id} has no open question about identity to take back.

    next: cctv request show {id}
    """


class WithdrawalUnclear(UsageError):
    """A question about identity is taken back with --withdraw and --reason together; without both it is asked.

    next: cctv request ask {id} --withdraw --reason WHY
    """


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


class NothingToShow(CctvError):
    """Nobody is invited to look for {id}: there is no footage of its cameras in its time.

    next: cctv request answer {id} --outcome no-footage
    """

    code = "NothingToSee"
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


class PassphraseAlongside(UsageError):
    """The passphrase does not go "{way}": that is how the package goes, and whoever gets hold of both can open it.

    next: name another way with --password, one of {others}
    """


class PassphraseWithoutZip(UsageError):
    """A copy that is handed over as a plain folder has no passphrase, and the letter would promise one.

    next: leave --password out; or hand over an encrypted copy: --method zip
    """


class AbuseUnproved(UsageError):
    """A refusal as {ground} needs its evidence: the controller has to prove it (Article 12(5) GDPR; C-526/24).

    next: repeat the command with --evidence "WHAT SHOWS IT", in the language of the letter
    """


class NothingToProve(UsageError):
    """Evidence belongs to a refusal under Article 12(5) GDPR, and {ground} is not that.

    next: put it into --reason, or refuse on one of {known}
    """


class RefusalUnsigned(CctvError):
    """{id} is not refused yet: {account} signed the refusal on {when}, and an abuse is stated by two people.

    next: {line}, typed word for word by a second person who read the evidence (cctv audit list --about {id}), from
    their own account before {until}: {who}
    """

    exit_code = Exit.DECISION_MISSING


class RefusalSigned(Recorded):
    """First signature recorded: {account}, for the refusal of {id}. An abuse is stated by two people; nothing else
    changes until the second signs.

    next: {line}, typed word for word by a second person who read the evidence (cctv audit list --about {id}), from
    their own account before {until}: {who}
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


class ErasureGroundMissing(UsageError):
    """{id} is not answered: an erasure needs the point of Article 17(1) GDPR that it is based on.

    next: repeat the command with --erasure-ground, one of {known}
    """


class ErasureGroundUnusable(UsageError):
    """{id} erases nothing when it ends as "{outcome}", or its point of Article 17(1) GDPR is another than {ground}.

    next: leave --erasure-ground out; it is for an erasure that is granted, wholly or partly
    """


class KeepingGroundMissing(CctvError):
    """{id} is not answered: {holds} keep some of its footage, and the ground for that is a person's choice.

    next: repeat the command with --outcome partly --reason "WHY" and the point of Article 17(3) GDPR: --ground, one of
    {known}; or end the hold first
    """

    exit_code = Exit.DECISION_MISSING


class NothingKept(UsageError):
    """{id} cannot end as "partly": nothing keeps any of its footage, so that all of it would be deleted.

    next: answer with --outcome granted; or first keep a part by cctv hold place, or leave it out by cctv request scope
    """


class ErasureUndecided(CctvError):
    """{id} is not answered: {segments} segments would be deleted for good, and nobody agreed.  Nothing was changed.

    next: look at what would be deleted and who else may be in it with --dry-run, then repeat the command with --yes
    """

    exit_code = Exit.DECISION_MISSING


class NotErased(CctvError):
    """{id} is not closed as "{outcome}": footage of its cameras in its time is there, and closing deletes nothing.

    next: cctv request answer {id} --erasure-ground POINT
    """

    exit_code = Exit.DECISION_MISSING


class ErasureChanged(CctvError):
    """{id} is not answered: more would be deleted than was shown, or another case is in it.  Nothing was changed.

    next: repeat the command and look at the list again
    """

    exit_code = Exit.DECISION_MISSING


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


class FirstSigned(Recorded):
    """First signature recorded: {account}, for the end of {id}. The policy asks for two people; the footage is kept and
    nothing else changes until the second signs.

    next: {line}, typed by a second person from their own account before {until}: {who}
    """


class ReleaseAsked(CctvError):
    """{id} is not released yet: {account} gave the first signature on {when}, and the policy asks for two people.

    next: {line}, typed by a second person from their own account before {until}: {who}
    """

    exit_code = Exit.DECISION_MISSING


class LookAsked(CctvError):
    """{camera} is not shown for {case} yet: {account} asked for it on {when}, and the policy asks for two people.

    next: {line}, typed by a second person from their own account before {until}: {who}
    """

    exit_code = Exit.DECISION_MISSING


class LookSigned(Recorded):
    """First signature recorded: {account}, for {camera} to be shown for {case}. The policy asks for two people; nothing
    is shown until the second signs.

    next: {line}, typed by a second person from their own account before {until}: {who}
    """


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


class SpanUndecided(CctvError):
    """Nothing is held yet: {length} of footage was typed, from {start} to {end}, and more than 24 hours needs a yes.

    next: give a narrower --from and --to; where so much is meant, repeat the command with --yes
    """

    exit_code = Exit.DECISION_MISSING


class ReceiptUndecided(CctvError):
    """Nothing is registered yet: a request that was received on {when}, {days} days ago, needs a yes.

    next: give its day with the year, for example --received 21/11/2026; where it is right, repeat the command with
    --yes
    """

    exit_code = Exit.DECISION_MISSING


class ScopeUnknown(CctvError):
    """{id} has no camera or no time yet: no footage is frozen for it, and there is none to work on.

    next: cctv request scope {id} --cameras CAMERAS --from TIME --to TIME --reason WHY; or ask the person:
    cctv request ask {id} --about scope
    """

    exit_code = Exit.DECISION_MISSING


class ScopeGiven(UsageError):
    """{id} has its cameras and its time: there is nothing to ask about them.

    next: cctv request show {id}
    """


class FootageAfterReceipt(UsageError):
    """A request for a copy is about what was recorded up to its receipt, {received}; the span typed ends on {end}.

    next: give an end up to that day; for later footage the person asks again, which is a request of its own
    """


class FootageToCome(UsageError):
    """A request for a copy is about what was recorded; the span typed, from {start}, lies in the future.

    next: give a time that has passed
    """


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

    next: name one with cctv request mandate {id} --as {typed} --by NAME --by-contact ADDRESS
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
