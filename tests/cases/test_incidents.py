"""An incident keeps its footage until it is settled, and says what there is."""

import pytest
from sqlalchemy import select

from cctv.cases.incidents import NewIncident, open_incident
from cctv.core.durable import DurableFiles
from cctv.core.time_range import Span
from cctv.db import schema
from cctv.db.engine import read_transaction, write_transaction
from cctv.model.cases import IncidentKind
from cctv.model.ids import CameraId

pytestmark = pytest.mark.slow

OPEN = "incident open 'laptop, foyer' --kind theft"


@pytest.fixture
def stolen(site, clock):
    """Ten minutes of the foyer with an incident over two of them, at noon of the same day."""
    clock.set("2026-11-01 12:00")
    site.record("foyer-1", "2026-11-01 09:00", minutes=10)
    return site.cctv(f"{OPEN} --cameras foyer-1 --from '1/11 9:03' --to '1/11 9:05' --json").json


def camera_of(said, camera):
    return next(one for one in said["footage"] if one["camera"] == camera)


def test_footage_that_an_incident_needs_survives_its_limit(site, clock, stolen):
    clock.advance(days=29)
    site.cctv("sweep --once")
    assert [segment.span.start.minute for segment in site.footage("foyer-1")] == [3, 4]


def test_opening_answers_what_is_saved(stolen):
    foyer = camera_of(stolen, "foyer-1")
    assert stolen["incident"]["id"] == "INC-2026-001"
    assert stolen["hold"]["ground"] == "INC-2026-001"
    assert foyer["saved"] == [{"start": "2026-11-01T08:03:00.000Z", "end": "2026-11-01T08:05:00.000Z"}]
    assert foyer["size_bytes"] > 0
    assert not foyer["gone"]
    assert not foyer["never_recorded"]


def test_opening_answers_what_was_already_gone_and_when(site, clock):
    clock.set("2026-11-01 12:00")
    site.record("gevel-1", "2026-11-01 09:00", minutes=5)
    clock.advance(days=8)
    site.cctv("sweep --once")

    said = site.cctv("incident open ruit --kind damage --cameras gevel-1 --from '1/11 9:02' --to '1/11 9:05' --json")

    (gone,) = camera_of(said.json, "gevel-1")["gone"]
    assert (gone["start"], gone["end"]) == ("2026-11-01T08:02:00.000Z", "2026-11-01T08:05:00.000Z")
    assert gone["first_deleted"] == "2026-11-09T11:00:00.000Z"
    assert gone["reason"] == "past its limit"


def test_opening_answers_what_was_never_recorded_and_why(site, clock):
    clock.set("2026-11-01 12:00")
    site.record("foyer-1", "2026-11-01 09:00", minutes=5)
    cameras = "--cameras foyer-1,gang-2"

    said = site.cctv(f"{OPEN} {cameras} --from '1/11 8:50' --to '1/11 9:10' --json").json

    before, after = camera_of(said, "foyer-1")["never_recorded"]
    assert (before["cause"], before["first_recorded"]) == (None, "2026-11-01T08:00:00.000Z")
    assert after["cause"] == "recorder stopped"
    (nothing,) = camera_of(said, "gang-2")["never_recorded"]
    assert nothing["ever_recorded"] is False
    told = site.cctv(f"{OPEN} {cameras} --from '1/11 8:50' --to '1/11 9:10' --another").out
    assert "this camera has never been recorded" in told
    assert "the recorder was not running" in told


def test_the_same_incident_twice_is_noticed(site):
    there, then = "--cameras foyer-1,gang-2", "--from '2026-11-01 9:00' --to '2026-11-01 9:10'"
    overlapping = "--from '2026-11-01 9:09' --to '2026-11-01 9:30'"
    site.cctv(f"{OPEN} {there} {then}")

    told = site.cctv(f"incident open tas --kind theft --cameras gang-2 {overlapping}", exit=13).err

    assert "INC-2026-001 is open about the same already: theft, foyer-1, gang-2" in told
    assert "cctv incident show INC-2026-001" in told
    assert len(site.cctv("incident list --json").json["incidents"]) == 1
    assert len(site.cctv("hold list --json").json["holds"]) == 1
    site.cctv(f"incident open tas --kind damage --cameras gang-2 {overlapping}")
    site.cctv(f"incident open tas --kind theft --cameras gevel-1 {overlapping}")
    site.cctv("incident open tas --kind theft --cameras gang-2 --from '2026-11-01 9:10' --to '2026-11-01 9:30'")
    site.cctv(f"incident open tas --kind theft --cameras gang-2 {overlapping} --another")
    for number in (1, 4, 5):
        site.cctv(f"incident settle INC-2026-00{number} --reason done --yes")
    site.cctv(f"incident open tas --kind theft --cameras gang-2 {overlapping}")


def test_footage_still_to_come_is_kept_too(site, clock):
    clock.set("2026-11-01 12:00")
    said = site.cctv(f"{OPEN} --cameras gevel-1 --from nu --to +1h --json").json
    assert camera_of(said, "gevel-1")["to_come"]["end"] == "2026-11-01T12:00:00.000Z"

    clock.set("2026-11-01 13:30")
    site.record("gevel-1", "2026-11-01 12:50", minutes=20)
    clock.advance(days=8)
    site.cctv("sweep --once")

    assert len(site.footage("gevel-1")) == 10


def test_what_the_recorder_is_writing_is_not_called_missing(site, clock):
    clock.set("2026-11-01 12:00")
    site.record("foyer-1", "2026-11-01 11:50", minutes=9.5)
    (site.root / "incoming/foyer-1/run1-000010.mp4").write_bytes(b"still being written")
    with write_transaction(site.open().engine) as connection:
        connection.execute(schema.gaps.delete())  # as while a recorder runs

    said = site.cctv(f"{OPEN} --cameras foyer-1 --from 11:55 --to 12:30 --json").json

    foyer = camera_of(said, "foyer-1")
    assert foyer["being_written"] == {"start": "2026-11-01T10:59:30.000Z", "end": "2026-11-01T11:00:00.000Z"}
    assert not foyer["never_recorded"]


def test_a_camera_that_fell_silent_is_not_said_to_be_written(site, clock):
    clock.set("2026-11-01 12:00")
    site.record("foyer-1", "2026-11-01 11:50", minutes=9.5)
    (site.root / "incoming/foyer-1/run1-000010.mp4").write_bytes(b"left by the attempt that failed")

    foyer = camera_of(site.cctv(f"{OPEN} --cameras foyer-1 --from 11:55 --to 12:30 --json").json, "foyer-1")

    assert foyer["being_written"] is None
    assert [hole["cause"] for hole in foyer["never_recorded"]] == ["recorder stopped"]


def test_an_incident_without_footage_is_recorded_all_the_same(site, clock):
    clock.set("2026-11-01 12:00")
    answer = site.cctv(f"{OPEN} --cameras foyer-1 --from '1/10 9:00' --to '1/10 9:10'")
    assert "Saved: nothing" in answer.out
    assert "INC-2026-001" in site.cctv("incident list").out


def test_opening_prints_the_resolved_times_and_the_next_command(site, clock):
    clock.set("2026-11-01 12:00")
    answer = site.cctv(f"{OPEN} --cameras foyer-1 --from 'za 22u' --to 'zo 2u'")
    assert "Sat 2026-10-31 22:00 CET to Sun 2026-11-01 02:00 CET" in answer.err
    assert 'next:  cctv incident settle INC-2026-001 --reason "..."' in answer.err


def test_a_title_with_brackets_is_printed_as_it_was_typed(site):
    answer = site.cctv("incident open 'tas [red]rood[/red] weg' --kind theft --cameras foyer-1 --from 9:00 --to 9:10")
    assert "tas [red]rood[/red] weg" in answer.out


def test_a_dry_run_shows_the_footage_and_changes_nothing(site, clock):
    clock.set("2026-11-01 12:00")
    site.record("foyer-1", "2026-11-01 09:00", minutes=5)
    said = site.cctv(f"{OPEN} --cameras foyer-1 --from 9:00 --to 9:05 --dry-run --json").json
    assert said["dry_run"] is True
    assert said["footage"][0]["saved"]
    assert site.cctv("incident list --all --json").json["incidents"] == []
    assert not list((site.root / "holds").iterdir())


def test_settling_lets_footage_go_at_the_next_sweep(site, clock, stolen):
    clock.advance(days=29)
    site.cctv("sweep --once")

    plan = site.cctv("incident settle INC-2026-001 --reason 'handed over' --dry-run --json").json
    assert [one["fate"] for one in plan["footage"]] == ["next-sweep"]
    assert len(site.footage("foyer-1")) == 2

    site.cctv("incident settle INC-2026-001 --reason 'handed over' --yes")
    site.cctv("sweep --once")
    assert site.footage("foyer-1") == []


def test_settling_says_which_footage_stays_for_whom_and_which_goes_when(site, clock, stolen):
    place = "hold place --ground REQ-2026-001 --cameras foyer-1 --reason 'same night'"
    site.cctv(
        "request open --no-prepare --name An --contact a@b.be --cameras foyer-1 --from '1/11 9:03' --to '1/11 9:04'"
    )
    site.cctv(f"{place} --from '1/11 9:07' --to '1/11 9:08'")

    plan = site.cctv("incident settle INC-2026-001 --reason done --dry-run --json").json

    assert {one["fate"]: one["holds"] for one in plan["footage"]} == {"still-held": ["HOLD-2026-002"], "at-limit": []}
    assert plan["released"] == ["HOLD-2026-001"]


def test_settling_releases_every_hold_of_the_incident_and_no_other(site, clock, stolen):
    site.cctv("hold place --ground INC-2026-001 --cameras gang-2 --from 9:00 --to 9:10 --reason 'he came back'")
    site.cctv("incident open ruit --kind damage --cameras foyer-1 --from 9:00 --to 9:10")

    site.cctv("incident settle INC-2026-001 --reason done --yes")

    assert [one["id"] for one in site.cctv("hold list --json").json["holds"]] == ["HOLD-2026-003"]
    assert [path.name for path in (site.root / "holds").iterdir()] == ["HOLD-2026-003.json"]


def test_settling_without_a_decision_changes_nothing_and_says_what_to_type(site, stolen):
    answer = site.cctv('incident settle INC-2026-001 --reason "it\'s done"', exit=13)
    assert "foyer-1" in answer.out
    assert "cctv incident settle INC-2026-001 --reason 'it'\"'\"'s done' --yes" in answer.err
    assert site.cctv("incident show INC-2026-001 --json").json["incident"]["settled"] is None


def test_an_incident_is_settled_once(site, stolen):
    site.cctv("incident settle INC-2026-001 --reason done --yes")
    answer = site.cctv("incident settle INC-2026-001 --reason done --yes", exit=2)
    assert "INC-2026-001 was settled on 2026-11-01" in answer.err


def test_show_takes_an_id_in_small_letters(site, stolen):
    assert "laptop, foyer" in site.cctv("incident show inc-2026-001").out


@pytest.mark.parametrize("command", ["show INC-2026-009", "settle INC-2026-009 --reason done --yes", "show fiets"])
def test_an_unknown_incident_is_refused(site, command):
    answer = site.cctv(f"incident {command}", exit=2)
    assert "There is no incident" in answer.err
    assert "next:  cctv incident list --all" in answer.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--cameras foyer-1 --from 9:10 --to '1/11 9:00'", "does not end after it starts"),
        ("--cameras foyer-1 --from '25/10/2026 2:30' --to '25/10/2026 4:00'", "happens twice"),
        ("--cameras foyer-1 --from '29/3/2026 2:30' --to '29/3/2026 4:00'", "does not exist"),
        ("--cameras foyer1 --from 9:00 --to 9:10", 'did you mean "foyer-1"?'),
        ("--cameras , --from 9:00 --to 9:10", "No camera was chosen"),
        ("--from 9:00 --to 9:10", "No camera was chosen"),
    ],
)
def test_bad_input_changes_nothing(site, clock, arguments, message):
    clock.set("2026-11-01 12:00")
    answer = site.cctv(f"{OPEN} {arguments}", exit=2)
    assert message in answer.err
    assert "next:" in answer.err
    assert site.cctv("incident list --json").json["incidents"] == []
    assert not list((site.root / "holds").iterdir())


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("", "The title cannot be used: it is empty"),
        ("   ", "The title cannot be used: it is empty"),
        ("x" * 501, "The title cannot be used"),
        ("a\x1b[2Jb", "TITLE holds U+001B"),
    ],
)
def test_a_title_that_is_no_text_is_refused(site, title, message):
    answer = site.cctv(f"incident open '{title}' --kind theft --cameras foyer-1 --from 9:00 --to 9:10", exit=2)
    assert message in " ".join(answer.err.split())


def test_a_camera_that_was_taken_away_is_still_accepted_while_it_has_footage(site, clock):
    clock.set("2026-11-01 12:00")
    site.record("gang-2", "2026-11-01 09:00", minutes=2)
    text = site.config.read_text()
    site.config.write_text(text[: text.index("[cameras.gang-2]")])

    said = site.cctv(f"{OPEN} --cameras gang-2 --from 9:00 --to 9:10 --json").json

    assert camera_of(said, "gang-2")["saved"]


class FullDisk(DurableFiles):
    def write(self, path, data, mode=0o640):
        raise OSError(28, "No space left on device")


def test_an_incident_whose_hold_cannot_be_written_leaves_no_trace(site, monkeypatch):
    opened = site.open()
    object.__setattr__(opened, "disk", FullDisk())
    span = Span(site.instant("2026-11-01 09:00"), site.instant("2026-11-01 10:00"))

    with pytest.raises(OSError, match="No space"):
        open_incident(opened, NewIncident(IncidentKind.THEFT, "fiets", (CameraId("foyer-1"),), span))

    assert site.cctv("incident list --all --json").json["incidents"] == []
    assert all(entry["subject"] != "INC-2026-001" for entry in site.cctv("audit list --json").json["entries"])


def test_the_log_has_each_act_with_its_case_and_the_title_only_as_a_digest(site, stolen):
    site.cctv("incident settle INC-2026-001 --reason 'handed over' --yes")
    with read_transaction(site.open().engine) as connection:
        texts = [row.entry for row in connection.execute(select(schema.audit.c.entry))]
    acts = [entry["act"] for entry in site.cctv("audit list --about INC-2026-001 --json").json["entries"]]
    assert acts == ["incident.opened", "hold.placed", "incident.settled", "hold.released"]
    assert not any("laptop" in text or "handed over" in text for text in texts)
    site.cctv("audit verify")


def test_where_who_and_the_police_number_stand_in_the_incident_and_not_in_the_log(site):
    site.cctv(
        "incident open laptop --kind theft --cameras foyer-1 --from '2026-11-01 10:00' --to '2026-11-01 10:05' "
        "--place 'vestiaire links' --finder 'Zqx Marked' --police-reference OO.11.L1.000123/2026"
    )

    shown = site.cctv("incident show INC-2026-001").out
    row = site.cctv("register show incidents --json").json["rows"][0]

    assert "vestiaire links" in shown
    assert "Zqx Marked" in shown
    assert row["police_reference"] == "OO.11.L1.000123/2026"
    assert "zqx" not in site.cctv("audit list").out.casefold()


def test_an_incident_that_is_no_business_of_a_camera_is_refused_and_violence_never_is(site):
    where = "--cameras foyer-1 --from '2026-11-01 10:00' --to '2026-11-01 10:05'"

    refused = site.cctv(f"incident open bedrog --kind fraud {where}", exit=12)
    site.cctv(f"incident open vechtpartij --kind violence {where}")

    assert "no business of foyer-1" in refused.err
    assert [one["kind"] for one in site.cctv("incident list --json").json["incidents"]] == ["violence"]
