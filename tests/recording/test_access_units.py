"""What the bytes of a picture say of it: where decoding can begin, and which parameter sets it brings."""

from __future__ import annotations

import pytest
from sent_streams import annex_b, encode, fields

from cctv.recording.access_units import (
    Entry,
    entry_of,
    holds_picture,
    parameter_sets,
    without_sets,
)

pytestmark = pytest.mark.slow

GOP = "min-keyint={0}:keyint={0}:scenecut=0"
OPEN = GOP.format(11) + ":bframes=3:b-adapt=0:open-gop=1"


def entries(stream) -> dict[int, Entry]:
    found = (entry_of(one.data, is_h265=stream.codec == "hevc") for one in stream.pictures)
    return {number: entry for number, entry in enumerate(found) if entry is not Entry.NONE}


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_an_idr_picture_is_closed_and_every_other_key_picture_open(codec, tmp_path):
    stream = encode(tmp_path, "open", codec, OPEN, seconds=1)

    first, *others = entries(stream).values()

    assert first is Entry.CLOSED
    assert others == [Entry.OPEN] * 2


def test_a_recovery_point_of_an_intra_refresh_is_gradual(tmp_path):
    stream = encode(tmp_path, "refresh", "h264", GOP.format(10) + ":bframes=0:intra-refresh=1", seconds=1)

    assert entries(stream) == {0: Entry.CLOSED, 10: Entry.GRADUAL, 20: Entry.GRADUAL}


def test_an_i_picture_without_a_mark_promises_little():
    stream = fields(seconds=1)

    assert entries(stream) == {0: Entry.CLOSED} | dict.fromkeys(range(1, 50), Entry.GRADUAL)


def test_sets_are_told_apart_by_their_numbers():
    """Picture parameter sets 0 and 1 of H.264, ue(v) in the first bits."""
    first, second = b"\x68\xce\x3c\x80", b"\x68\x4e\x3c\x80"

    sets = parameter_sets(annex_b([first, second]), is_h265=False)

    assert sets == {(8, 0): first, (8, 1): second}


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_picture_without_its_sets_is_otherwise_the_same(codec, tmp_path):
    is_h265 = codec == "hevc"
    picture = encode(tmp_path, "one", codec, seconds=0.2).pictures[0].data

    bare = without_sets(picture, is_h265=is_h265)

    sets = parameter_sets(picture, is_h265=is_h265)
    assert len(sets) == (3 if is_h265 else 2)
    assert parameter_sets(bare, is_h265=is_h265) == {}
    assert entry_of(bare, is_h265=is_h265) is Entry.CLOSED
    assert bare.count(b"\0\0\1") == picture.count(b"\0\0\1") - len(sets)
    assert without_sets(bare, is_h265=is_h265) == bare


@pytest.mark.parametrize(
    "data", [b"", b"\0\0\1", b"\0\0\1\x65", b"\0\0\1\x06\x06\xff\xff", b"\0\0\1\x41", b"\0\0\0\0\1"]
)
def test_bytes_that_break_off_are_nothing_to_begin_at_unless_they_are_a_key_picture(data):
    entry = entry_of(data, is_h265=False)

    assert entry is (Entry.CLOSED if data.endswith(b"\x65") else Entry.NONE)
    assert holds_picture(data, is_h265=False) or entry is Entry.NONE


def test_of_endless_messages_the_first_ones_count():
    """A picture of 16 MB of them took six seconds; a recovery point stands among the first."""
    point, slice_ = b"\x06\x01\xc4\x80", b"\0\0\1\x41\x80abc"
    messages = b"\0\0\1\x06" + b"\x01\x00" * 20_000

    assert entry_of(b"\0\0\1\x06" + point + messages + slice_, is_h265=False) is Entry.OPEN
    assert entry_of(messages + b"\0\0\1\x06" + point + slice_, is_h265=False) is Entry.NONE
