"""The next question: the one that settles most seconds, each pair once, and none that is not worth it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from test_persons import IN_A_ROW, answer, part, ref, requests, track

from cctv.redaction.people.detections import LOOK_VALUES
from cctv.redaction.people.persons import Answer, AnswerKind, Doubt, RequestTracks, Verdict, with_answer
from cctv.redaction.people.questions import MOST_NOES_A_PART, hidden_doubts, next_question, stretches_alone
from cctv.redaction.tracking.tracks import Link


def look(*bins: int) -> bytes:
    """Clothes whose histograms have these bins alone."""
    values = np.zeros((LOOK_VALUES // 16, 16), np.uint8)
    values[:, bins] = 255
    return values.tobytes()


RED, DARK_RED, BLUE = look(1, 2, 3), look(2, 3, 4), look(9, 10)


def ask(*parts, answers=(), kept=(1,), others=(), again=False):
    return next_question(parts, answers, [ref(number) for number in kept], map(ref, others), again=again)


def asked(question):
    return (question.first.track, question.second.track) if question else None


LINKED = replace(IN_A_ROW, links=(Link(1, 2, 0.5), Link(1, 3, 0.4), Link(3, 4, 0.995)))


def test_the_answer_that_settles_most_is_asked_for_first():
    question = ask(LINKED)
    assert asked(question) == (1, 3)  # with track 4, which is certainly the same person
    assert (question.adds, question.seconds) == ((ref(3), ref(4)), pytest.approx(6.2))
    assert asked(ask(LINKED, answers=[answer("no", 1, 3)])) == (1, 2)


def test_a_link_is_asked_from_the_requesters_side():
    assert asked(ask(LINKED, kept=[4])) == (3, 1)


def test_a_yes_opens_the_links_of_whoever_was_joined():
    chain = replace(IN_A_ROW, links=(Link(1, 2, 0.5), Link(2, 3, 0.5)))
    assert asked(ask(chain)) == (1, 2)
    assert asked(ask(chain, answers=[answer("yes", 1, 2)])) == (2, 3)


def test_a_pair_is_asked_once_and_after_unsure_only_on_demand():
    here = replace(IN_A_ROW, links=(Link(1, 2, 0.5),))
    assert ask(here, answers=[answer("no", 2, 1)]) is None
    assert ask(here, answers=[answer("unsure", 1, 2)]) is None
    assert asked(ask(here, answers=[answer("unsure", 1, 2)], again=True)) == (1, 2)
    assert ask(here, answers=[answer("no", 1, 2)], again=True) is None


def test_of_two_who_are_seen_at_once_the_more_probable_is_asked_first_and_a_yes_settles_both():
    here = part(track(1, 0, 30), track(2, 40, 70), track(3, 50, 200), links=(Link(1, 2, 0.6), Link(1, 3, 0.3)))
    assert asked(ask(here)) == (1, 2)  # though the other would show more
    assert ask(here, answers=[answer("yes", 1, 2)]) is None
    assert asked(ask(here, answers=[answer("no", 1, 2)])) == (1, 3)


def test_nobody_is_asked_while_nobody_is_kept():
    assert ask(LINKED, kept=[]) is None


def test_nothing_is_asked_that_gains_less_than_half_a_second():
    here = part(track(1, 0, 50), track(2, 60, 65), track(3, 80, 120), links=(Link(1, 2, 0.8), Link(1, 3, 0.1)))
    assert ask(here) is None


def test_who_is_seen_beside_the_requester_or_was_decided_on_is_not_asked_about():
    beside = part(track(1, 0, 50), track(2, 60, 90), track(3, 80, 120), links=(Link(1, 3, 0.6), Link(2, 3, 0.995)))
    assert ask(beside, kept=[1, 2]) is None
    assert ask(LINKED, others=[4]) is not None
    assert asked(ask(LINKED, others=[4])) == (1, 2)


def test_across_parts_the_one_dressed_most_alike_is_asked_about_where_nothing_is_kept():
    here = part(track(1, 0, 50, look=RED))
    there = part(track(1, 0, 90, look=BLUE), track(2, 100, 130, look=DARK_RED), name="q", start=60_000_000)
    question = next_question([here, there], (), [ref(1)])
    assert (question.second, question.kind) == (ref(2, "q"), AnswerKind.SAME)
    no = Answer("x", AnswerKind.SAME, Verdict.NO, ref(1), ref(2, "q"))
    assert next_question([here, there], [no], [ref(1)]) is None  # nothing of the other's colours
    assert next_question([here, there], (), [ref(1), ref(2, "q")]) is None
    unknown = replace(there, tracks=(track(1, 0, 90),))
    assert next_question([here, unknown], (), [ref(1)]) is None


def test_after_some_noes_the_requester_is_taken_for_absent_from_a_part():
    here = part(track(1, 0, 50, look=RED))
    crowd = part(*(track(n, 30 * n, 30 * n + 25, look=RED) for n in range(1, 9)), name="q")
    answers: tuple[Answer, ...] = ()
    while (question := next_question([here, crowd], answers, [ref(1)])) is not None:
        answers = with_answer(answers, question.answered(Verdict.NO))
    assert len(answers) == MOST_NOES_A_PART


def test_a_second_person_is_asked_about_and_hidden_until_somebody_says_no():
    doubt = Doubt(1, 10, 39)
    here = part(track(1, 0, 50), track(2, 60, 90), doubts=(doubt, Doubt(2, 60, 80)))
    question = ask(here)
    assert (question.kind, question.first, question.frames) == (AnswerKind.SECOND, ref(1), (10, 39))
    for verdict in Verdict:
        answers = [question.answered(verdict)]
        assert ask(here, answers=answers) is None
        hidden = hidden_doubts(here.doubts, {1}, answers)
        assert hidden == (() if verdict is Verdict.NO else (doubt,))
    assert hidden_doubts(here.doubts, {1}, []) == (doubt,)


def test_a_companions_box_is_asked_about_too_and_never_taken_for_the_requesters():
    here = part(track(1, 0, 50), track(2, 0, 90), doubts=(Doubt(2, 60, 80),), links=(Link(1, 2, 0.9),))
    question = next_question([here], (), [ref(1)], [ref(2)], beside=[ref(2)])
    assert (question.kind, question.first) == (AnswerKind.SECOND, ref(2))
    assert next_question([here], (), [ref(1)], [ref(2)]) is None


def test_an_id_holds_for_the_very_question_only():
    before = ask(LINKED)
    assert before.id == ask(replace(LINKED, tracks=LINKED.tracks[::-1])).id
    without = replace(LINKED, links=LINKED.links[:2])
    assert asked(ask(without, answers=[answer("no", 1, 2)])) == asked(before)
    assert ask(without, answers=[answer("no", 1, 2)]).id != before.id  # a yes would join less


@given(requests())
def test_questions_end_and_no_pair_is_asked_twice(request_):
    parts, _ = request_
    kept = [next(iter(sorted(RequestTracks(parts, ()).tracks)))]
    answers: tuple[Answer, ...] = ()
    pairs = set()
    while (question := next_question(parts, answers, kept)) is not None:
        verdict = [Verdict.NO, Verdict.YES, Verdict.UNSURE][len(pairs) % 3]
        given_ = question.answered(verdict)
        assert given_.about not in pairs
        assert RequestTracks(parts, answers).contradiction(given_) is None
        pairs.add(given_.about)
        answers = with_answer(answers, given_)


def test_a_short_piece_is_asked_about_for_what_follows_it_and_who_is_improbable_never():
    here = part(track(1, 0, 50), track(2, 52, 55), track(3, 57, 90), links=(Link(1, 2, 0.8), Link(2, 3, 0.8)))
    question = ask(here)
    assert (asked(question), question.seconds) == ((1, 2), pytest.approx(0.4))
    assert asked(ask(here, answers=[answer("yes", 1, 2)])) == (2, 3)
    assert ask(replace(here, links=(Link(1, 2, 0.8),))) is None
    assert ask(part(track(1, 0, 50), track(2, 52, 390), links=(Link(1, 2, 0.09),))) is None


def test_somebody_unseen_is_asked_about_unless_it_is_the_requester_and_a_no_gives_the_frames_back():
    doubt = Doubt(1, 10, 39, (2,))
    here = part(track(1, 0, 50), track(2, 60, 63), doubts=(doubt,))
    question = ask(here)
    assert (question.kind, question.frames) == (AnswerKind.SECOND, (10, 39))
    assert hidden_doubts(here.doubts, {1}, []) == ()  # what the other would hide is hidden, no more
    assert stretches_alone(here.doubts, []) == {}
    for verdict in Verdict:
        alone = stretches_alone(here.doubts, [question.answered(verdict)])
        assert alone == ({1: ((10, 39),)} if verdict is Verdict.NO else {})
    assert ask(replace(here, links=(Link(1, 2, 0.995),))) is None
