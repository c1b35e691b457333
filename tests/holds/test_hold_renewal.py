"""A moved review date stands in the index, on the disk and in the log; a damaged file of a hold is told."""

from __future__ import annotations

import json

import pytest

from cctv.core.errors import FileUnreadable
from cctv.holds.files import is_hold_file, read_hold_files

HOLD = "HOLD-2026-001"


@pytest.fixture
def held(site):
    site.record("foyer-1", "2026-11-01 11:00", minutes=2)
    site.cctv("incident open laptop --kind theft --cameras foyer-1 --from '2026-11-01 11:00' --to '2026-11-01 11:02'")
    return site


def test_a_renewed_hold_is_reviewed_later_by_its_row_and_by_its_file(held, clock):
    before = held.cctv(f"hold show {HOLD} --json").json["hold"]["review"]
    clock.advance(days=20)

    held.cctv(f"hold renew {HOLD} --review 60d --reason 'the insurer has not answered'")

    after = held.cctv(f"hold show {HOLD} --json").json["hold"]["review"]
    assert after > before
    (on_disk,) = read_hold_files(held.open())
    assert on_disk.review.isoformat()[:16] == after[:16]
    (entry,) = [one for one in held.cctv("audit list --json").json["entries"] if one["act"] == "hold.renewed"]
    assert (entry["subject"], entry["reason"]) == (HOLD, "the insurer has not answered")
    assert entry["facts"]["before"][:16] == before[:16]
    clock.advance(days=40)
    assert "1 in force" in held.cctv("status", exit=None).out
    assert HOLD not in held.cctv("status", exit=None).out


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"id": "HOLD-2026-001", "cameras": 1}'])
def test_a_damaged_file_of_a_hold_is_no_hold_and_is_told(held, text):
    path = held.root / "holds" / f"{HOLD}.json"
    assert is_hold_file(held.open(), path)

    path.write_text(text)

    assert not is_hold_file(held.open(), path)
    with pytest.raises(FileUnreadable, match="not a hold"):
        read_hold_files(held.open())


def test_a_hold_whose_span_was_turned_round_on_the_disk_is_damaged(held):
    path = held.root / "holds" / f"{HOLD}.json"
    kept = json.loads(path.read_text())

    path.write_text(json.dumps({**kept, "start": kept["end"], "end": kept["start"]}))

    assert not is_hold_file(held.open(), path)
