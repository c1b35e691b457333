"""Holds placed and released by hand: on a ground, with a review, and only as long as they are needed."""

import json

import pytest

from cctv.db.engine import read_transaction
from cctv.holds.files import read_hold_files
from cctv.holds.store import holds_in_force

REASON = "--reason 'second door'"
PLACE = f"hold place --ground INC-2026-001 {REASON}"


@pytest.fixture
def opened(site, clock):
    """Ten minutes of the facade, and an incident about the foyer."""
    clock.set("2026-11-01 12:00")
    site.record("gevel-1", "2026-11-01 09:00", minutes=10)
    site.cctv("incident open fiets --kind theft --cameras foyer-1 --from '1/11 9:00' --to '1/11 9:10'")
    return site


def test_a_hold_keeps_every_segment_that_its_span_touches_and_no_other(opened, clock):
    opened.cctv(f"{PLACE} --cameras gevel-1 --from '2026-11-01 9:02:30' --to '2026-11-01 9:04'")
    clock.advance(days=8)
    opened.cctv("sweep --once")
    assert [segment.span.start.minute for segment in opened.footage("gevel-1")] == [2, 3]


def test_a_hold_on_a_zone_keeps_all_its_cameras(opened):
    said = opened.cctv(f"{PLACE} --zones interior --from 9:00 --to 9:10 --json").json
    assert said["hold"]["cameras"] == ["foyer-1", "gang-2"]


def test_a_released_hold_keeps_nothing_any_more(opened, clock):
    opened.cctv(f"{PLACE} --cameras gevel-1 --from 9:00 --to 9:10")
    clock.advance(days=8)

    said = opened.cctv("hold release HOLD-2026-002 --reason 'nothing to be seen' --json").json
    opened.cctv("sweep --once")

    assert said["footage"][0]["fate"] == "next-sweep"
    assert opened.footage("gevel-1") == []
    assert not (opened.root / "holds/HOLD-2026-002.json").exists()


def test_two_holds_on_the_same_footage_must_both_be_released(opened, clock):
    for _ in range(2):
        opened.cctv(f"{PLACE} --cameras gevel-1 --from 9:00 --to 9:10")
    clock.advance(days=8)

    said = opened.cctv("hold release HOLD-2026-002 --reason done --json").json
    opened.cctv("sweep --once")

    assert said["footage"][0]["holds"] == ["HOLD-2026-003"]
    assert len(opened.footage("gevel-1")) == 10


def test_a_hold_stands_on_the_disk_as_it_stands_in_the_index(opened):
    opened.cctv(f"{PLACE} --cameras gevel-1 --from 9:00 --to 9:10")
    site = opened.open()
    with read_transaction(site.engine) as connection:
        assert read_hold_files(site) == holds_in_force(connection)


def test_a_hold_file_names_nobody_but_who_placed_it(opened):
    opened.cctv(f"{PLACE} --cameras gevel-1 --from 9:00 --to 9:10")
    said = json.loads((opened.root / "holds/HOLD-2026-002.json").read_text())
    assert "second door" not in json.dumps(said)
    assert said["ground_id"] == "INC-2026-001"


def test_the_review_is_thirty_days_away_unless_said(opened):
    said = opened.cctv(f"{PLACE} --cameras gevel-1 --from 9:00 --to 9:10 --json").json
    assert said["hold"]["review"] == "2026-12-01T11:00:00.000Z"
    said = opened.cctv(f"{PLACE} --cameras gevel-1 --from 9:00 --to 9:10 --review 90d --json").json
    assert said["hold"]["review"] == "2027-01-30T11:00:00.000Z"


def test_an_overdue_review_is_said_in_the_list(opened, clock):
    clock.advance(days=31)
    assert "review OVERDUE since Tue 01/12/2026" in opened.cctv("hold list").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--ground INC-2026-009 --cameras gevel-1 --from 9:00 --to 9:10", "There is no incident INC-2026-009"),
        ("--ground REQ-2026-009 --cameras gevel-1 --from 9:00 --to 9:10", "There is no request REQ-2026-009"),
        ("--ground DIS-2026-009 --cameras gevel-1 --from 9:00 --to 9:10", "There is no disclosure DIS-2026-009"),
        ("--ground HOLD-2026-001 --cameras gevel-1 --from 9:00 --to 9:10", 'No case is called "HOLD-2026-001"'),
        ("--ground fiets --cameras gevel-1 --from 9:00 --to 9:10", "No case is called"),
        ("--ground INC-2026-001 --cameras gevel1 --from 9:00 --to 9:10", 'did you mean "gevel-1"?'),
        ("--ground INC-2026-001 --zones facede --from 9:00 --to 9:10", 'There is no zone "facede"'),
        ("--ground INC-2026-001 --from 9:00 --to 9:10", "No camera was chosen"),
        ("--ground INC-2026-001 --cameras gevel-1 --from 9:10 --to '1/11 9:00'", "does not end after it starts"),
        ("--ground INC-2026-001 --cameras gevel-1 --from '25/10 2:30' --to '25/10 4:00'", "happens twice"),
        ("--ground INC-2026-001 --cameras gevel-1 --from '29/3/2026 2:30' --to '29/3/2026 4:00'", "does not exist"),
        ("--ground INC-2026-001 --cameras gevel-1 --from 9:00 --to 9:10 --review 91d", "within 90 days"),
        ("--ground INC-2026-001 --cameras gevel-1 --from 9:00 --to 9:10 --review 2026-10-01", "not in the future"),
        ("--ground INC-2026-001 --cameras gevel-1 --from 9:00 --to 9:10 --reason ' '", "The reason cannot be used"),
    ],
)
def test_bad_input_places_no_hold(opened, arguments, message):
    answer = opened.cctv(f"hold place {REASON} {arguments}", exit=2)
    assert message in answer.err
    assert "next:" in answer.err
    assert len(opened.cctv("hold list --all --json").json["holds"]) == 1


def test_a_settled_incident_justifies_no_new_hold(opened):
    opened.cctv("incident settle INC-2026-001 --reason done --yes")
    answer = opened.cctv(f"{PLACE} --cameras gevel-1 --from 9:00 --to 9:10", exit=2)
    assert "INC-2026-001 was settled on 2026-11-01" in answer.err


def test_a_closed_request_justifies_no_new_hold(opened):
    opened.cctv("request open --no-prepare --name An --contact an@example.be --cameras foyer-1 --from 9:00 --to 9:10")
    opened.cctv("request close REQ-2026-001 --outcome granted")
    place = f"hold place --ground REQ-2026-001 {REASON} --cameras gevel-1 --from 9:00 --to 9:10"
    assert "REQ-2026-001 was closed" in opened.cctv(place, exit=2).err


@pytest.mark.parametrize("command", ["show HOLD-2026-009", "release HOLD-2026-009 --reason done"])
def test_an_unknown_hold_is_refused(opened, command):
    assert "There is no hold HOLD-2026-009" in opened.cctv(f"hold {command}", exit=2).err


def test_a_hold_is_released_once(opened):
    opened.cctv("hold release HOLD-2026-001 --reason done")
    assert "was released on 2026-11-01" in opened.cctv("hold release HOLD-2026-001 --reason done", exit=2).err


def test_dry_runs_change_nothing(opened):
    assert "5 min" in opened.cctv(f"{PLACE} --cameras gevel-1 --from 9:00 --to 9:05 --dry-run").out
    assert "Would release HOLD-2026-001" in opened.cctv("hold release HOLD-2026-001 --reason done --dry-run").out
    (only,) = opened.cctv("hold list --all --json").json["holds"]
    assert only["released"] is None
    assert [path.name for path in (opened.root / "holds").iterdir()] == ["HOLD-2026-001.json"]


def test_placing_and_releasing_are_logged_with_their_case_and_reason(opened):
    opened.cctv(f"{PLACE} --cameras gevel-1 --from 9:00 --to 9:10 --for 'An Peeters'")
    opened.cctv("hold release HOLD-2026-002 --reason 'nothing to be seen'")
    placed, released = opened.cctv("audit list --about HOLD-2026-002 --json").json["entries"]
    assert (placed["act"], placed["case"], placed["reason"]) == ("hold.placed", "INC-2026-001", "second door")
    assert placed["for"] == "An Peeters"
    assert (released["act"], released["reason"]) == ("hold.released", "nothing to be seen")
    opened.cctv("audit verify")
