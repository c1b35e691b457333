"""Joining tracks to people: by links and answers, never against the times, and in whatever order the answers came."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from cctv.redaction.people.persons import (
    Answer,
    AnswerKind,
    PartTracks,
    RequestTracks,
    TrackRef,
    Verdict,
    with_answer,
)
from cctv.redaction.tracking.tracks import Link, Track, TrackBoundary
from cctv.redaction.video.geometry import Rect

RATE = 10
FRAMES = 400
BOX = Rect(10, 10, 20, 50)


def track(number: int, first: int, last: int, *, sure: int | None = None, look: bytes = b"") -> Track:
    """A track that stands still; only its first `sure` frames have a detection (None: all)."""
    count = last - first + 1
    flags = () if sure is None else tuple(index < sure for index in range(count))
    return Track(number, first, (BOX,) * count, TrackBoundary.APPEARED, TrackBoundary.VANISHED, flags, look)


def part(*tracks: Track, links: tuple[Link, ...] = (), name: str = "p", start: int = 0, **more: object) -> PartTracks:
    times = [frame * 1_000_000 // RATE for frame in range(FRAMES)]
    return replace(PartTracks(name, tracks, times, links, start=start), **more)


def ref(number: int, name: str = "p") -> TrackRef:
    return TrackRef(name, number)


def answer(verdict: str, first: int, second: int, name: str = "p", other: str = "p") -> Answer:
    return Answer("q", AnswerKind.SAME, Verdict(verdict), ref(first, name), ref(second, other))


def numbers(*answers: Answer, parts: tuple[PartTracks, ...]) -> list[tuple[int, list[int]]]:
    people = RequestTracks(parts, answers).people()
    return [(person.number, [held.track for held in person.tracks]) for person in people]


IN_A_ROW = part(track(1, 0, 30), track(2, 40, 70), track(3, 80, 110), track(4, 120, 150))


def test_certain_links_join_and_others_wait_for_an_answer():
    here = replace(IN_A_ROW, links=(Link(1, 2, 0.995), Link(2, 3, 0.9)))
    assert numbers(parts=(here,)) == [(1, [1, 2]), (2, [4]), (3, [3])]  # track 3 stands in the row of person 1
    assert numbers(answer("unsure", 2, 3), parts=(here,)) == [(1, [1, 2]), (2, [4]), (3, [3])]
    assert numbers(answer("yes", 3, 2), parts=(here,)) == [(1, [1, 2, 3]), (2, [4])]


def test_a_row_is_headed_by_the_first_who_is_seen_for_long_enough_and_joins_nobody():
    here = part(track(1, 0, 6), track(2, 10, 30), track(3, 32, 70), track(4, 80, 110), track(5, 120, 124),
                links=(Link(1, 2, 0.6), Link(2, 3, 0.7), Link(3, 4, 0.4)))  # fmt: skip
    tracks = RequestTracks([here], ())
    people = tracks.people()
    heads = [person for person in people if tracks.is_listed(person)]
    assert [(person.number, [held.track for held in person.tracks]) for person in heads] == [(1, [2]), (2, [4])]
    assert {held.track for held in tracks.row(heads[0])} == {1, 2, 3}
    assert tracks.group(ref(2)) == {ref(2)}
    parted = RequestTracks([here], [answer("no", 2, 3)])
    assert [person.number for person in parted.people() if parted.is_listed(person)] == [1, 2, 3]


def test_short_pieces_that_are_long_enough_together_head_a_row():
    here = part(track(1, 0, 6), track(2, 8, 15), links=(Link(1, 2, 0.6),))
    tracks = RequestTracks([here], ())
    assert [tracks.is_listed(person) for person in tracks.people()] == [True, False]


def test_a_no_beats_links_and_everybody_joined_with_the_two():
    here = replace(IN_A_ROW, links=(Link(1, 2, 0.995), Link(3, 4, 0.995)))
    tracks = RequestTracks([here], [answer("no", 1, 3)])
    assert tracks.apart(tracks.group(ref(2)), tracks.group(ref(4)))
    assert numbers(answer("no", 1, 2), parts=(here,)) == [(1, [1]), (2, [3, 4]), (3, [2])]


def test_the_lower_number_stays_and_no_other_moves():
    assert numbers(answer("yes", 2, 4), parts=(IN_A_ROW,)) == [(1, [1]), (2, [2, 4]), (3, [3])]


def test_numbers_run_over_the_parts_as_people_appear():
    first, second = part(track(1, 100, 150), name="a"), part(track(1, 0, 40), name="b", start=5_000_000)
    people = RequestTracks([first, second], ()).people()
    assert [person.tracks[0].part for person in people] == ["b", "a"]


def test_glimpses_are_numbered_last_and_not_listed():
    here = part(track(1, 0, 5), track(2, 40, 70), track(3, 80, 120, sure=9))
    tracks = RequestTracks([here], ())
    assert [(person.tracks[0].track, tracks.is_listed(person)) for person in tracks.people()] == [
        (2, True), (1, False), (3, False),
    ]  # fmt: skip
    answered = RequestTracks([here], [answer("yes", 1, 3)])
    joined = answered.people()[1]
    assert (joined.number, answered.is_listed(joined)) == (2, True)


def test_who_is_seen_twice_at_one_time_is_two_people_unless_declared():
    here = part(track(1, 0, 50), track(2, 50, 90), links=(Link(1, 2, 1.0),))
    assert numbers(answer("yes", 1, 2), parts=(here,)) == [(1, [1]), (2, [2])]
    mirror = replace(here, one_person=frozenset({1, 2}))
    assert numbers(answer("yes", 1, 2), parts=(mirror,)) == [(1, [1, 2])]


def test_an_answer_that_contradicts_another_names_it():
    given_, here = [answer("yes", 1, 2), answer("no", 2, 3)], IN_A_ROW
    tracks = RequestTracks([here], given_)
    assert tracks.contradiction(answer("yes", 1, 3)).earlier == given_[1]
    assert tracks.contradiction(answer("no", 2, 1)).earlier == given_[0]
    assert tracks.contradiction(answer("yes", 3, 4)) is None
    assert tracks.contradiction(answer("unsure", 1, 2)) is None


def test_a_no_to_what_answers_joined_by_a_detour_names_one_of_them():
    given_ = [answer("yes", 1, 2), answer("yes", 2, 3), answer("yes", 3, 4)]
    assert RequestTracks([IN_A_ROW], given_).contradiction(answer("no", 1, 4)).earlier in given_


def test_a_yes_to_two_people_seen_together_names_the_frame():
    here = part(track(1, 0, 30), track(2, 40, 90), track(3, 60, 110))
    found = RequestTracks([here], [answer("yes", 1, 2)]).contradiction(answer("yes", 1, 3))
    assert (found.earlier, found.frame, {found.first.track, found.second.track}) == (None, 60, {2, 3})


def test_an_answer_may_follow_an_unsure_one_in_its_place():
    given_ = (answer("unsure", 1, 2), answer("no", 3, 4))
    assert RequestTracks([IN_A_ROW], given_).contradiction(answer("yes", 2, 1)) is None
    assert with_answer(given_, answer("yes", 2, 1)) == (given_[1], answer("yes", 2, 1))


def test_answers_about_tracks_that_are_gone_count_for_nothing():
    gone = [answer("no", 1, 9), answer("yes", 1, 2, other="elsewhere")]
    assert numbers(*gone, parts=(IN_A_ROW,)) == [(1, [1]), (2, [2]), (3, [3]), (4, [4])]


# What holds of any tracks, links and answers.

_SPANS = st.lists(
    st.tuples(st.integers(0, FRAMES - 60), st.integers(0, 59), st.sampled_from("ab")), min_size=1, max_size=9
)


@st.composite
def requests(draw):
    """Two parts with tracks, links of any probability, and any answers, contradictory ones too."""
    spans = draw(_SPANS)
    refs = [TrackRef(name, number) for number, (_, _, name) in enumerate(spans, 1)]
    parts = []
    for name in "ab":
        own = [track(n, first, first + length) for n, (first, length, at) in enumerate(spans, 1) if at == name]
        pairs = list(combinations([held.id for held in own], 2))
        drawn = draw(st.lists(st.tuples(st.sampled_from(pairs), st.floats(0, 1)), max_size=6)) if pairs else []
        parts.append(part(*own, links=tuple(Link(*pair, chance) for pair, chance in drawn), name=name))
    pairs = list(combinations(refs, 2))
    drawn = draw(st.lists(st.tuples(st.sampled_from(pairs), st.sampled_from(Verdict)), max_size=7)) if pairs else []
    answers = [Answer(f"q{n}", AnswerKind.SAME, verdict, *pair) for n, (pair, verdict) in enumerate(drawn)]
    return parts, answers


@given(requests())
def test_everybody_has_each_track_once_and_never_two_at_one_time(request_):
    parts, answers = request_
    tracks = RequestTracks(parts, answers)
    people = tracks.people()
    held = [own for person in people for own in person.tracks]
    assert sorted(held) == sorted(tracks.tracks)
    assert len({person.number for person in people}) == len(people)
    for person in people:
        for first, second in combinations(person.tracks, 2):
            one, other = tracks.tracks[first], tracks.tracks[second]
            assert first.part != second.part or one.last < other.first or other.last < one.first


@given(requests(), st.data())
def test_the_order_of_the_answers_and_of_the_parts_does_not_matter(request_, data):
    parts, answers = request_
    shuffled = data.draw(st.permutations(answers))
    assert RequestTracks(parts, answers).people() == RequestTracks(parts[::-1], shuffled).people()


@given(requests())
def test_a_no_is_never_joined(request_):
    parts, answers = request_
    tracks = RequestTracks(parts, answers)
    for given_ in answers:
        if given_.verdict is Verdict.NO:
            assert given_.second not in tracks.group(given_.first)


@given(requests())
def test_answers_that_do_not_contradict_all_count(request_):
    parts, answers = request_
    accepted: tuple[Answer, ...] = ()
    for given_ in answers:
        if RequestTracks(parts, accepted).contradiction(given_) is None:
            accepted = with_answer(accepted, given_)
    tracks = RequestTracks(parts, accepted)
    for given_ in accepted:
        joined = given_.second in tracks.group(given_.first)
        assert joined or given_.verdict is not Verdict.YES
        assert not joined or given_.verdict is not Verdict.NO


@given(requests())
def test_an_answer_that_joins_leaves_a_number_that_was_there_or_gives_a_new_one(request_):
    parts, answers = request_
    before = {person.number: set(person.tracks) for person in RequestTracks(parts, ()).people()}
    yes = tuple(given_ for given_ in answers if given_.verdict is Verdict.YES)
    after = RequestTracks(parts, yes).people()
    assert len({person.number for person in after}) == len(after)
    for person in after:
        held = {number for number, tracks in before.items() if tracks & set(person.tracks)}
        assert person.number in held or person.number > max(before)
