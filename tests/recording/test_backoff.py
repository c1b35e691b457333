"""How long a camera is left alone before it is tried again."""

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cctv.model.footage import GapCause
from cctv.recording.camera import Backoff

BACKOFF = Backoff()


def waits(cause: GapCause, count: int = 8) -> list[float]:
    plain = Backoff(jitter=0)
    return [plain.wait(failures, cause, Random(0)).total_seconds() for failures in range(1, count + 1)]


def test_waits_double_from_a_quarter_of_a_second_to_less_than_one():
    assert waits(GapCause.STALLED) == [0.25, 0.5, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8]


def test_a_wrong_password_is_tried_ever_more_rarely_so_that_no_camera_locks_the_account():
    assert waits(GapCause.UNAUTHORISED, 9)[-1] == 60


def test_a_stable_recording_forgets_the_failures_before_it():
    assert BACKOFF.failures_after(7, timedelta(seconds=5)) == 8
    assert BACKOFF.failures_after(7, timedelta(seconds=30)) == 1


@given(failures=st.integers(1, 10_000), seed=st.integers(), cause=st.sampled_from(GapCause))
def test_jitter_shortens_a_wait_by_a_fifth_at_most(failures, seed, cause):
    wait = BACKOFF.wait(failures, cause, Random(seed))
    full = Backoff(jitter=0).wait(failures, cause, Random(seed))

    assert full * 0.8 <= wait <= full


def test_a_camera_whose_attempts_cost_memory_is_tried_as_rarely_as_a_wrong_password():
    waits = [Backoff(jitter=0).wait(count, GapCause.UNREACHABLE, Random(1), is_costly=True) for count in (1, 5, 20)]

    assert waits == [timedelta(seconds=0.25), timedelta(seconds=4), timedelta(seconds=60)]
