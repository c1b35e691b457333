"""How people and questions are printed: text and JSON of `cctv redaction people` and `ask`.  Decides nothing."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from cctv.cli.context import CommandContext
from cctv.cli.output import length, local, table
from cctv.cli.views.footage import next_text, print_dry
from cctv.cli.views.redaction import part_data, part_name, shown_data
from cctv.core.i18n import _, ngettext, translate
from cctv.core.time_range import Span
from cctv.model.requests import shown_percent
from cctv.redaction.people.persons import AnswerKind, Verdict
from cctv.redaction.people.questions import PersonQuestion
from cctv.redaction.review.decide import QuestionAnswered
from cctv.redaction.review.people import PICTURE_LETTERS, Appearance, AskedQuestion, ListedPerson, People
from cctv.redaction.review.person_pictures import PersonPicture
from cctv.redaction.review.sheet.labels import TERMS


def people_data(request: str, people: People, paths: Mapping[int, Path]) -> dict[str, object]:
    """The people of a request as JSON; `glimpses` are others, who are seen for less than a second and hidden.

    `pieces` of a person are probably the same person, and `short` are the glimpses; each can be kept or hidden too.
    """
    return {
        "request": request,
        "people": [_person_data(people, person, paths.get(person.number)) for person in people.listed],
        "glimpses": people.glimpses,
        "short": [_piece_data(piece) for piece in people.short],
        "answers": people.answers,
        "next": _following(request, people),
    }


def people_text(
    console: Console, context: CommandContext, request: str, people: People, paths: Mapping[int, Path]
) -> None:
    """The people of a request as a table: a row for each camera and part in which a person is seen."""
    rows = [
        (
            str(person.number) if appearance is person.appearances[0] else "",
            part_name(appearance.part),
            _span(context, appearance.span),
            length(timedelta(seconds=appearance.seconds)),
            str(len(appearance.tracks)),
            _numbers(person.pieces) if appearance is person.appearances[0] else "",
            _decision(appearance),
            _share(appearance),
        )
        for person in people.listed
        for appearance in person.appearances
    ]
    if not rows:
        console.print(_("Nobody was seen for long enough to be listed."))
    else:
        _print_people(console, rows)
    if people.glimpses:
        words = ngettext(people.glimpses, "and {count} short glimpse, hidden", "and {count} short glimpses, hidden")
        console.print(f"{words}: {_numbers(people.short)}")
    if any(person.pieces for person in people.listed):
        console.print(_("perhaps: short of certain, these are the same person; they are hidden until you say so."))
    for number, path in paths.items():
        console.print(_("person {number}: {path}", number=number, path=path), soft_wrap=True)
    if paths:
        console.print(_("These pictures show people as they are: delete them when you are done."))
    console.print(next_text(_following(request, people)))


def _print_people(console: Console, rows: Sequence[Sequence[str]]) -> None:
    console.print(
        table(
            ("person", "where", "when", "length", "tracks", "perhaps", "decision", "visible"),
            rows,
            right=("person", "tracks", "visible"),
        )
    )


def asked_data(context: CommandContext, request: str, people: People, asked: AskedQuestion | None) -> dict[str, object]:
    """The next question as JSON, its pictures in base64; `question` is null where nothing is to be asked."""
    if asked is None:
        return {"request": request, "question": None, "next": _following(request, people)}
    question = asked.question
    return {
        "request": request,
        "question": {
            "id": question.id,
            "kind": question.kind,
            "text": _words(context, asked),
            "camera": asked.part.plan.camera,
            "part": asked.part.plan.position,
            "start": asked.span.start,
            "end": asked.span.end,
            "frames": question.frames,
            "people": asked.persons,
            "seconds": round(question.seconds, 2),
            "probability": round(question.probability, 3),
            "pictures": [_picture_data(picture) for picture in asked.pictures],
            "answers": [verdict.value for verdict in Verdict],
        },
        "next": _answer_line(request, question),
    }


def asked_text(
    console: Console,
    context: CommandContext,
    request: str,
    people: People,
    asked: AskedQuestion | None,
    paths: Sequence[Path],
) -> None:
    """The next question in words, with where its pictures are; or that there is none."""
    if asked is None:
        console.print(
            _("There is no question: none of the requester's tracks is kept yet.")
            if not people.kept()
            else _("There is no question left whose answer would show more.")
        )
        console.print(next_text(_following(request, people)))
        return
    console.print(_words(context, asked), style="bold")
    for letter, picture, path in zip(PICTURE_LETTERS, asked.pictures, paths, strict=False):
        where = _("{camera} part {part}", camera=picture.camera, part=picture.part)
        console.print(f"  {letter}  {where}, {local(picture.at, context.zone)}\n     {path}", soft_wrap=True)
    console.print(_effect(asked))
    console.print(
        _(
            "question {id}; answers: {yes}, {no}, {unsure}",
            id=asked.question.id,
            yes=Verdict.YES,
            no=Verdict.NO,
            unsure=Verdict.UNSURE,
        )
    )
    console.print(next_text(_answer_line(request, asked.question)), soft_wrap=True)


def answered_data(
    context: CommandContext, request: str, answered: QuestionAnswered, following: PersonQuestion | None
) -> dict[str, object]:
    """What an answer did as JSON; `people` are whom it joined."""
    question = answered.asked.question
    return {
        "dry_run": context.dry_run,
        "request": request,
        "question": question.id,
        "answer": answered.verdict,
        "people": answered.asked.persons,
        "joined": answered.verdict is Verdict.YES and question.kind is AnswerKind.SAME,
        "seconds": round(question.seconds, 2) if _shows(answered) else 0,
        "parts": [part_data(change.after) for change in answered.decided],
        "approval_void": any(change.voided for change in answered.decided),
        "next": _next_step(request, following),
    }


def answered_text(
    console: Console,
    context: CommandContext,
    request: str,
    answered: QuestionAnswered,
    following: PersonQuestion | None,
) -> None:
    """What an answer joined, shows or leaves hidden."""
    console.print(_outcome(context, answered), style="bold")
    if any(change.voided for change in answered.decided):
        console.print(_("The approval given before is void, because the plan changed."))
    if context.dry_run:
        print_dry(console)
        return
    console.print(next_text(_next_step(request, following)))


def _person_data(people: People, person: ListedPerson, path: Path | None) -> dict[str, object]:
    pictures = people.pictures.best_of(person.tracks)
    best = _picture_data(pictures[0]) if pictures else None
    if best is not None and path is not None:
        best = {key: value for key, value in best.items() if key != "jpeg"} | {"path": path}
    return {
        "number": person.number,
        "decision": person.decision,
        "seconds": round(person.seconds, 2),
        "picture": best,
        "pieces": [_piece_data(piece) for piece in person.pieces],
        "appearances": [
            {
                "camera": appearance.part.plan.camera,
                "part": appearance.part.plan.position,
                "start": appearance.span.start,
                "end": appearance.span.end,
                "seconds": round(appearance.seconds, 2),
                "tracks": appearance.tracks,
                "decision": appearance.decision,
                "shown": shown_data(appearance.shown) if appearance.shown else None,
                "consented": appearance.consent.given if appearance.consent else None,
            }
            for appearance in person.appearances
        ],
    }


def _piece_data(piece: ListedPerson) -> dict[str, object]:
    return {
        "number": piece.number,
        "seconds": round(piece.seconds, 2),
        "decision": piece.decision,
        "appearances": [
            {
                "camera": appearance.part.plan.camera,
                "part": appearance.part.plan.position,
                "start": appearance.span.start,
                "end": appearance.span.end,
                "tracks": appearance.tracks,
            }
            for appearance in piece.appearances
        ],
    }


def _numbers(pieces: Sequence[ListedPerson]) -> str:
    return ", ".join(str(piece.number) for piece in pieces)


def _picture_data(picture: PersonPicture) -> dict[str, object]:
    box = picture.box
    return {
        "camera": picture.camera,
        "part": picture.part,
        "track": picture.track,
        "frame": picture.frame,
        "at": picture.at,
        "box": [round(side, 1) for side in (box.x, box.y, box.w, box.h)],
        "jpeg": base64.b64encode(picture.jpeg).decode("ascii"),
    }


def _words(context: CommandContext, asked: AskedQuestion) -> str:
    """The question in plain words, in local time."""
    where = part_name(asked.part)
    start, end = (at.astimezone(context.zone) for at in (asked.span.start, asked.span.end))
    if asked.question.kind is AnswerKind.SAME:
        return _(
            "Is the person of picture B the requester of picture A?  B: {part}, {start:%H:%M:%S} to {end:%H:%M:%S}",
            part=where, start=start, end=end,
        )  # fmt: skip
    return _(
        "Is somebody else's head in the box of person {number}?  {part}, {start:%H:%M:%S} to {end:%H:%M:%S}",
        number=asked.persons[0],
        part=where, start=start, end=end,
    )  # fmt: skip


def _effect(asked: AskedQuestion) -> str:
    seconds = length(timedelta(seconds=asked.question.seconds))
    if asked.question.kind is AnswerKind.SAME:
        return _(
            "{seconds} more of the requester would be shown by {yes}, and stay hidden by {no} and {unsure}.",
            seconds=seconds, yes=Verdict.YES, no=Verdict.NO, unsure=Verdict.UNSURE,
        )  # fmt: skip
    return _("These {seconds} are hidden until the answer is {no}.", seconds=seconds, no=Verdict.NO)


def _outcome(context: CommandContext, answered: QuestionAnswered) -> str:
    question, persons = answered.asked.question, answered.asked.persons
    seconds = length(timedelta(seconds=question.seconds))
    if question.kind is AnswerKind.SECOND:
        return (
            _(
                "Only person {first} is in the box: {seconds} more are shown where nothing else hides them.",
                first=persons[0],
                seconds=seconds,
            )
            if _shows(answered)
            else _("The stretch of {seconds} stays hidden.", seconds=seconds)
        )
    first, *others = persons
    other = others[0] if others else first
    if not _shows(answered):
        return _("Person {other} is not taken for person {first}, and stays hidden.", other=other, first=first)
    low, high = sorted((first, other))
    if context.dry_run:
        return _("Person {high} would be person {low}: {seconds} more.", high=high, low=low, seconds=seconds)
    return _("Person {high} is person {low} now: {seconds} more.", high=high, low=low, seconds=seconds)


def _shows(answered: QuestionAnswered) -> bool:
    """Whether an answer shows something that was hidden."""
    showing = Verdict.YES if answered.asked.question.kind is AnswerKind.SAME else Verdict.NO
    return answered.verdict is showing


def _decision(appearance: Appearance) -> str:
    words = translate(TERMS[appearance.decision.value])
    return _("{decision}, with consent", decision=words) if appearance.consent else words


def _share(appearance: Appearance) -> str:
    shown = appearance.shown
    return f"{shown_percent(shown.visible, shown.frames)} %" if shown is not None else ""


def _span(context: CommandContext, span: Span) -> str:
    return f"{local(span.start, context.zone)} - {span.end.astimezone(context.zone):%H:%M:%S}"


def _following(request: str, people: People) -> str:
    """What to type next: to keep somebody, to answer a question, or to approve."""
    if people.listed and not people.kept():
        return f"cctv redaction keep {request} --person N --reason WHY"
    return _next_step(request, people.question())


def _next_step(request: str, question: PersonQuestion | None) -> str:
    if question is not None:
        return f"cctv redaction ask {request}"
    return f"cctv redaction approve {request} --all --reason WHY"


def _answer_line(request: str, question: PersonQuestion) -> str:
    reason = _("answered from the pictures")  # the answer itself is left open: nobody shall confirm what is proposed
    return f'cctv redaction ask {request} --question {question.id} --answer ANSWER --reason "{reason}"'
