"""Errors of the redaction of a request.  The docstring of a class is its message; none names a requester."""

from __future__ import annotations

from cctv.core.errors import CctvError, Exit, UsageError


class NotPrepared(CctvError):
    """{request} is not prepared for redaction yet.

    next: cctv redaction prepare {request}
    """

    exit_code = Exit.DECISION_MISSING


class NoFootageToRedact(CctvError):
    """There is no footage to redact for {request}: {causes}.

    next: {following}
    """

    code = "NoFootage"

    exit_code = Exit.NO_FOOTAGE


class MasksAdded(CctvError):
    """{parts} of {request} was prepared before masks of its camera that are in force now; nothing was changed.

    next: cctv redaction prepare {request}, which covers them; then decide and approve again
    """

    exit_code = Exit.DECISION_MISSING


class ScopeMoved(CctvError):
    """{parts} of {request} was prepared for another camera or another time than it asks now; nothing was changed.

    next: cctv redaction prepare {request}, which takes what it asks now; then decide and approve again
    """

    exit_code = Exit.DECISION_MISSING


class SegmentMissing(CctvError):
    """The segment {path} is in the index but not on the disk; nothing was changed.

    next: run cctv status to see whether the disk is there, or restore the file from the copy of held footage; then
    repeat this command.
    """

    exit_code = Exit.UNREADABLE


class SegmentChanged(CctvError):
    """The segment {path} is not what was recorded ({problem}); nothing was changed.

    next: move the file aside, restore a whole one from the copy of held footage to its place, then repeat this
    command.
    """

    exit_code = Exit.UNREADABLE


class ArtefactChanged(CctvError):
    """{path}, which the plan of {part} rests on, is {problem}; nothing was changed.

    next: cctv redaction prepare {request} --again, then decide and approve anew
    """

    exit_code = Exit.UNREADABLE


class PartAmbiguous(UsageError):
    """{request} has {count} parts, and every part numbers its tracks and frames from its own start: {parts}.

    next: add {option} to say which one is meant.
    """


class PartUnknown(UsageError):
    """{request} has no {wanted}; it has: {parts}.

    next: cctv redaction show {request}
    """


class TrackUnknown(UsageError):
    """{part} of {request} has no track {tracks}; it has {known}.

    next: read the numbers from the sheet: {sheet}
    """


class PersonUnknown(UsageError):
    """{request} has no person {number}.

    next: cctv redaction people {request}
    """


class PersonElsewhere(UsageError):
    """None of the people {numbers} of {request} is in that camera or part.

    next: leave --camera and --part out; cctv redaction people {request} says where they are
    """


class TracksAndPeople(UsageError):
    """Tracks or drawn boxes are of one part, people of every part of {request}: they are decided on one by one.

    next: give either --person N, or tracks and --boxes KEEP.json.
    """


class QuestionStale(CctvError):
    """Question {question} is not the next question about {request}, or no longer: something was answered or decided
    since it was shown.  Nothing was changed.

    next: cctv redaction ask {request}, which shows the question that is open now
    """

    exit_code = Exit.DECISION_MISSING


class AnswerContradicts(CctvError):
    """The answer {verdict} to question {question} about {request} cannot stand: {problem}.  Nothing was changed.

    next: look at both pictures again; take the wrong answer back by
    cctv redaction ask {request} --take-back ID --reason WHY
    """

    exit_code = Exit.DECISION_MISSING


class AnswerUnknown(UsageError):
    """{request} has no answer to a question {question}; it has answers to: {known}.

    next: cctv redaction people {request} --json lists the answers
    """


class KeptAgainstAnswer(CctvError):
    """Person {first} and person {second} of {request} cannot both be kept as the requester: the answer to question
    {question} says that they are two people.  Nothing was changed.

    next: hide one of them; or, if the other consented, add --companion WHO with --consent-by, --consent-on and
    --consent-how; or take the answer back: cctv redaction ask {request} --take-back {question} --reason WHY
    """

    exit_code = Exit.DECISION_MISSING


class NothingDecided(UsageError):
    """Nothing was said to {verb}.

    next: give --person N with a number of cctv redaction people, the numbers of tracks, or --boxes KEEP.json.
    """


class HideBoxesOnly(UsageError):
    """{path} holds boxes to keep; `cctv redaction hide` takes hide boxes only.

    next: put them under "hide", or use cctv redaction keep --boxes {path}, which sets both.
    """


class ConsentMissing(CctvError):
    """{first} and {second} of {part} stand apart in frame {frame}: they are two people, and whoever is kept beside the
    requester must have consented.  Nothing was changed.

    next: say who consented, as cctv redaction keep {request} {kept} --companion {name} --consent-by NAME
    --consent-on DATE --consent-how HOW --reason WHY; or hide them; or, where both are
    the requester, as in a mirror, add --one-person.
    """

    exit_code = Exit.DECISION_MISSING


class CompanionUnknown(UsageError):
    """Nothing of that name is kept in {part} of {request}: {names}.

    next: give --companion the number of a track that is kept, or the id of a box that is drawn in KEEP.json.
    """


class ConsentLater(UsageError):
    """Nobody can have consented on {when}: that day is still to come.

    next: give the day of the consent, for example --consent-on 21/11
    """


class SubjectHidden(CctvError):
    """{request} shows less of the requester than the {least} % from which no reason is needed: {parts}.  Nothing was
    approved.

    next: draw boxes where the sheet says that the requester is hidden; or say why no more can be shown:
    cctv redaction approve {request} --hidden-reason WHY --reason WHY
    """

    exit_code = Exit.DECISION_MISSING


class SecondPersonNeeded(CctvError):
    """{request} must be approved by somebody else: {account} prepared it or decided on it, and the policy asks for two
    people.

    next: ask a colleague to run cctv redaction approve {request} --reason WHY from their own account.
    """

    exit_code = Exit.DECISION_MISSING


class PlanChanged(CctvError):
    """The plan of {part} changed while this command was running; nothing was changed.

    next: look at the sheet again, then repeat the command.
    """

    code = "PlanMoved"

    exit_code = Exit.DECISION_MISSING


class TypeHasNoCopy(CctvError):
    """{request} is a request of the type {type}: it gets no copy of footage.

    next: cctv request show {request}; for a copy, register a request of the type access.
    """

    exit_code = Exit.NOT_PERMITTED


class DetectorFailed(CctvError):
    """The analysis of {camera} part {part} broke off at frame {frame} ({stage}: {problem}); nothing was changed, and
    nothing may leave.

    next: repeat the command; if it stops at the same frame, report this message, and answer without this part.
    """

    exit_code = Exit.UNREADABLE


class NotReviewed(CctvError):
    """{request} was not looked at in full: {missing}.  Nothing was changed.

    next: look at {sheet}; then sign off and review as it says, or cctv redaction approve {request} --all --reason WHY
    if you looked at every backdrop and every range.
    """

    exit_code = Exit.DECISION_MISSING


class BackdropUnknown(UsageError):
    """{part} of {request} has no backdrop {number}; it has {known}.

    next: read the numbers from the sheet: {sheet}
    """


class BackdropAmbiguous(UsageError):
    """{part} of {request} has {count} backdrops, and a cover lies in one of them.

    next: add --stretch N with the number from the sheet: {sheet}
    """


class CoverRefused(UsageError):
    """{text} covers nothing: {problem}.

    next: give --cover X,Y,WIDTH,HEIGHT in pixels from the top left corner of the picture, as --cover 310,80,40,120
    """


class RangeRefused(UsageError):
    """{text} is not a range of frames of {part}: {problem}.

    next: give --frames FIRST-LAST as the sheet has it, or --all for every frame.
    """


class ArtefactUnreadable(CctvError):
    """What was prepared for the request cannot be read: {path} ({problem}).

    next: cctv redaction prepare REQUEST --again, which makes it anew; then decide and approve again.
    """

    exit_code = Exit.UNREADABLE
