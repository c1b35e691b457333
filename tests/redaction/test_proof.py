"""What the proof of a finished video notices, and the reading of a file that is damaged."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from scenes import Person, Scene, walk, write

from cctv.redaction.errors import SourceUnreadable, VerifyFailed
from cctv.redaction.render.verify import _MAX_ERROR_LEVELS, _hidden_blocks
from cctv.redaction.video.parallel import prefetch
from cctv.redaction.video.reader import Reading, clip_of
from cctv.redaction.video.yuv import Planes

pytestmark = pytest.mark.slow

BLOCK = arrays(np.uint8, (8, 8))


def grey(width: int, height: int) -> Planes:
    half = (height // 2, width // 2)
    return Planes(np.full((height, width), 112, np.uint8), np.full(half, 128, np.uint8), np.full(half, 128, np.uint8))


@given(source=BLOCK, cover=BLOCK, shown=BLOCK)
def test_a_block_that_is_like_its_source_and_unlike_its_covering_is_off_already(source, cover, shown):
    source, cover, shown = (plane.astype(float) for plane in (source, cover, shown))
    apart, near, error = (np.abs(a - b).mean() for a, b in ((source, cover), (shown, source), (shown, cover)))

    assert not (apart > 1.5 * _MAX_ERROR_LEVELS and near < error / 2) or error > _MAX_ERROR_LEVELS


@pytest.mark.parametrize(("width", "height"), [(64, 48), (70, 54)])
def test_a_hidden_block_that_shows_something_is_found_at_the_pictures_last_pixels_too(tmp_path, width, height):
    cover, shown = grey(width, height), grey(width, height)
    nothing_live = np.zeros((height // 2, width // 2), np.bool_)
    assert _hidden_blocks(cover, shown, nothing_live, tmp_path, 0)[1] == 0

    shown.y[-4:, -4:] = 255

    with pytest.raises(VerifyFailed):
        _hidden_blocks(cover, shown, nothing_live, tmp_path, 0)


def test_pictures_cannot_be_written_since_the_decoder_predicts_others_from_them(tmp_path):
    reading = iter(Reading(clip_of([write(tmp_path / "in.mp4", Scene([Person(walk(20, 5))], frames=3))])))

    with pytest.raises(ValueError, match="read-only"):
        next(reading).y[0, 0] = 1


def test_a_reading_that_is_given_up_ends_its_thread(tmp_path):
    before = threading.active_count()
    reading = iter(Reading(clip_of([write(tmp_path / "in.mp4", Scene(frames=30))])))
    next(reading)

    reading.close()

    assert threading.active_count() == before


def test_what_is_made_ahead_keeps_its_order_and_its_error():
    def numbers():
        yield from range(20)
        raise SourceUnreadable(path="x", problem="broken", following="")

    made = prefetch(numbers())

    assert [next(made) for _ in range(20)] == list(range(20))
    with pytest.raises(SourceUnreadable):
        next(made)


@pytest.mark.parametrize("name", ["in.mkv", "in.ts", "in.avi"])
def test_a_damaged_file_is_refused_wherever_the_damage_lies(tmp_path, name):
    codec = ("-c:v", "mpeg4") if name == "in.avi" else ("-c:v", "libx264", "-preset", "ultrafast")
    whole = write(tmp_path / name, Scene([Person(walk(20, 5))], frames=20), *codec)
    data = bytearray(whole.read_bytes())
    for place in range(len(data) // 2, len(data) // 2 + 400):
        data[place] ^= 0x5A
    damaged = tmp_path / f"damaged-{name}"
    damaged.write_bytes(data)

    with pytest.raises(SourceUnreadable):
        list(Reading(clip_of([damaged])))
