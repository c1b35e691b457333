"""What a person typed is what was meant, or they are asked: years, long spans, requests without a time."""

import pytest
from terminal import on_a_terminal

pytestmark = pytest.mark.slow

WHO = "--name 'Quirina Zandvoort' --contact quirina@example.be"
INCIDENT = "incident open fiets --kind theft --cameras foyer-1 --from 9:00 --to 9:10"


@pytest.fixture
def november(site, clock):
    """A Monday at the end of November, with five minutes of that morning."""
    clock.set("2026-11-30 14:00")
    site.record("foyer-1", "2026-11-30 09:00", minutes=5)
    return site


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        ("gisteravond", "gisteravond", "Sun 2026-11-29 18:00 CET to Mon 2026-11-30 00:00 CET"),
        ("vannacht 2u", "+2 uur", "Mon 2026-11-30 02:00 CET to Mon 2026-11-30 04:00 CET"),
        ("28 november 20u30", "half elf 's avonds", "Sat 2026-11-28 20:30 CET to Sat 2026-11-28 22:30 CET"),
        ("za 22", "zo 2u", "Sat 2026-11-28 22:00 CET to Sun 2026-11-29 02:00 CET"),
        ("hier soir 22h", "minuit", "Sun 2026-11-29 22:00 CET to Mon 2026-11-30 00:00 CET"),
        ("last saturday 10pm", "11:30pm", "Sat 2026-11-28 22:00 CET to Sat 2026-11-28 23:30 CET"),
        ("28.11 's avonds", "28.11 24u", "Sat 2026-11-28 18:00 CET to Sun 2026-11-29 00:00 CET"),
        ("vannacht 07:30", "8u", "Mon 2026-11-30 07:30 CET to Mon 2026-11-30 08:00 CET"),
        ("vorige week dinsdag 14u", "+30 min", "Tue 2026-11-24 14:00 CET to Tue 2026-11-24 14:30 CET"),
    ],
)
def test_an_incident_at_a_time_as_porters_type_it_echoes_weekday_date_and_year(november, start, end, shown):
    answer = november.cctv(
        f'incident open fiets --kind theft --cameras foyer-1 --from "{start}" --to "{end}" --dry-run'
    )
    assert shown in answer.err


@pytest.mark.parametrize(
    ("start", "end", "readings"),
    [
        ("half negen", "+1u", ("Sun 2026-11-29 20:30", "Mon 2026-11-30 08:30")),
        ("za 22u", "za 21u", ("Sat 2026-11-28 21:00", "Sat 2026-12-05 21:00")),
        ("zaterdagnacht 2u", "+1u", ("Sat 2026-11-28 02:00", "Sun 2026-11-29 02:00")),
        ("28.11 9", "+1u", ("Sat 2026-11-28 09:00", "Sat 2026-11-28 21:00")),
        ("8 uur 5", "+1u", ("Thu 2026-11-05 08:00", "Mon 2026-11-30 08:05")),
        ("deze zaterdag 22u", "+1u", ("Sat 2026-11-28 22:00", "Sat 2026-12-05 22:00")),
        ("25/10/2026 half drie", "+1u", ("02:30 CEST", "02:30 CET", "14:30 CET")),
        ("1/10 9u", "+1u", ("Thu 2026-10-01", "Fri 2027-10-01")),
    ],
)
def test_what_has_two_readings_is_refused_with_both_and_keeps_nothing(november, start, end, readings):
    answer = november.cctv(f'incident open fiets --kind theft --cameras foyer-1 --from "{start}" --to "{end}"', exit=2)
    assert all(reading in answer.err for reading in readings)
    assert "next:" in answer.err
    assert november.cctv("hold list --json").json["holds"] == []


def test_a_receipt_without_a_year_is_the_nearest_and_never_last_years(november):
    answer = november.cctv(f"request open {WHO} --received 1/12", exit=2)
    assert "cannot have been received on 2026-12-01" in answer.err
    answer = november.cctv(f"request open {WHO} --received 29/11 --json")
    assert answer.json["request"]["received"] == "2026-11-28T23:00:00.000Z"
    answer = november.cctv(f"request open {WHO} --received 1/10", exit=2)
    assert "1/10/2026, or 1/10/2027" in answer.err
    shown = november.cctv(f"request open {WHO} --received 29/11").err
    assert '"29/11" = Sun 2026-11-29' in shown


def test_a_receipt_more_than_60_days_ago_needs_a_yes(november):
    answer = november.cctv(f"request open {WHO} --received 30/9/2026", exit=13)
    assert "61 days ago" in answer.err
    assert "--yes" in answer.err
    assert november.cctv("request list --json").json["requests"] == []
    november.cctv(f"request open {WHO} --received 1/10/2026")  # 60 days
    november.cctv(f"request open {WHO} --received 30/9/2026 --yes")


def test_a_hold_over_more_than_a_day_needs_a_yes_for_every_ground(november):
    november.cctv(INCIDENT)
    november.cctv(f"request open --no-prepare {WHO} --cameras foyer-1 --from 9:00 --to 9:10")
    long = "--cameras foyer-1 --from '28/11 8:00' --to '29/11 8:01' --reason second"
    for ground in ("INC-2026-001", "req-2026-001"):
        answer = november.cctv(f"hold place --ground {ground} {long}", exit=13)
        assert "24 h 01 min" in answer.err
        assert "--yes" in answer.err
    wide = "--cameras foyer-1,gang-2 --from '28/11 8:00' --to '28/11 21:00' --reason second"
    assert "26 h 00 min" in november.cctv(f"hold place --ground REQ-2026-001 {wide}", exit=13).err
    assert len(november.cctv("hold list --json").json["holds"]) == 2
    november.cctv(f"hold place --ground INC-2026-001 {wide}")  # 13 hours of two cameras
    november.cctv(f"hold place --ground INC-2026-001 {long} --dry-run")
    november.cctv(f"hold place --ground INC-2026-001 {long} --yes")


def test_a_request_over_more_than_a_day_needs_a_yes(november):
    asked = f"request open --no-prepare {WHO} --cameras foyer-1 --from '28/11 8:00' --to '29/11 8:01'"
    assert "24 h 01 min" in november.cctv(asked, exit=13).err
    assert november.cctv("request list --json").json["requests"] == []
    assert november.cctv(f"{asked} --yes --json").json["request"]["provisional_until"]


@pytest.mark.parametrize("end", ["1/3/2027", "31/12/2199", "+91d"])
@pytest.mark.parametrize("command", [
    "hold place --ground INC-2026-001 --cameras foyer-1 --reason second --yes",
    "incident open tas --kind theft --cameras foyer-1",
    f"request open {WHO} --type objection --cameras foyer-1 --yes",
])  # fmt: skip
def test_a_hold_that_ends_more_than_90_days_ahead_is_refused(november, command, end):
    november.cctv(INCIDENT)
    for more in ("", " --dry-run"):
        answer = november.cctv(f"{command} --from 9:00 --to {end}{more}", exit=2)
        assert "more than 90 days to come" in answer.err
    assert len(november.cctv("hold list --json").json["holds"]) == 1


def test_a_request_without_time_and_camera_is_registered_and_its_clock_runs(november):
    opened = november.cctv(f"request open {WHO} --json").json
    assert opened["request"]["start"] is opened["request"]["end"] is opened["hold"] is None
    assert opened["request"]["cameras"] == []
    assert opened["request"]["due"] == "2026-12-30T22:59:59.000Z"
    assert opened["missing"][0]["need"] == "scope"
    assert november.cctv("hold list --json").json["holds"] == []
    board = november.cctv("request board").out
    assert "nothing is frozen" in " ".join(board.split())
    assert "not known yet" in november.cctv("request list").out
    assert "cctv request ask REQ-2026-001 --about scope" in november.cctv("request show REQ-2026-001").err
    november.cctv("audit checkpoint")
    november.cctv("audit verify")


def test_the_letter_asks_for_what_is_missing_and_promises_no_footage(november):
    november.cctv(f"request open {WHO} --language en")
    letter = " ".join(november.cctv("request ask REQ-2026-001 --about scope").out.split())
    assert "on which day you were here" in letter
    assert "which entrance" in letter
    assert "we cannot keep any footage for you" in letter
    receipt = " ".join(november.cctv("request receipt REQ-2026-001").out.split())
    assert "is kept until your case is closed" not in receipt
    november.cctv("request scope REQ-2026-001 --cameras foyer-1 --from 9:00 --to 9:03 --reason 'she wrote'")
    answer = november.cctv("request ask REQ-2026-001 --about scope", exit=2)
    assert "nothing to ask about them" in answer.err


def test_adding_the_time_later_freezes_the_footage(november):
    november.cctv(f"request open {WHO} --cameras foyer-1")
    answer = november.cctv("redaction prepare REQ-2026-001", exit=13)
    assert "no camera or no time yet" in answer.err
    assert "scope" in november.cctv("request answer REQ-2026-001 --outcome no-footage", exit=13).err
    scoped = november.cctv(
        "request scope REQ-2026-001 --from 9:00 --to 9:03 --reason 'she wrote: nine in the morning' --json"
    ).json
    assert scoped["request"]["cameras"] == ["foyer-1"]
    assert scoped["hold"]["cameras"] == ["foyer-1"]
    assert scoped["hold"]["start"] == "2026-11-30T08:00:00.000Z"
    assert november.cctv("request show REQ-2026-001 --json").json["missing"][0]["need"] != "scope"


def test_a_restriction_without_a_time_blocks_once_the_time_is_known(november):
    assert november.cctv(f"request open {WHO} --type restriction --json").json["block"] is None
    november.cctv("request scope REQ-2026-001 --cameras foyer-1 --from 9:00 --to 9:03 --reason 'she wrote'")
    (block,) = november.cctv("request show REQ-2026-001 --json").json["blocks"]
    assert block["cameras"] == ["foyer-1"]


def test_a_request_whose_time_never_comes_can_be_answered_and_closed(november):
    november.cctv(f"request open {WHO} --language en")
    reason = "--reason 'no answer to our letter'"
    answer = november.cctv(f"request answer REQ-2026-001 --outcome not-identifiable {reason}")
    assert "do not know when and where" in " ".join(answer.out.split())
    assert november.cctv("request list --json").json["requests"] == []


@pytest.mark.parametrize(
    ("type_", "start", "end", "exit_", "message"),
    [
        ("access", "30/11 20:00", "30/11 21:00", 2, "lies in the future"),
        ("access", "30/11 13:00", "1/12 1:00", 2, "up to its receipt, Mon 2026-11-30"),
        ("portability", "1/12 9:00", "1/12 9:30", 2, "lies in the future"),
        ("access", "30/11 13:00", "30/11 24:00", 0, ""),
        ("objection", "1/12 9:00", "1/12 9:30", 0, ""),
    ],
)
def test_a_copy_is_asked_of_what_was_recorded_by_the_day_of_receipt(november, type_, start, end, exit_, message):
    span = f"--cameras foyer-1 --from '{start}' --to '{end}'"
    assert message in november.cctv(f"request open --no-prepare {WHO} --type {type_} {span}", exit=exit_).err
    november.cctv(f"request open {WHO} --type {type_}")
    number = 1 if exit_ else 2
    november.cctv(f"request scope REQ-2026-00{number} {span} --reason later", exit=exit_)


def test_footage_of_after_the_day_of_receipt_is_refused(november):
    span = "--cameras foyer-1 --from 9:00 --to 9:03"
    answer = november.cctv(f"request open {WHO} {span} --received 29/11", exit=2)
    assert "Sun 2026-11-29" in answer.err


@pytest.mark.parametrize(("typed", "code"), [("j", 0), ("n", 2), ("", 2)])
def test_a_date_over_a_month_off_is_asked_about_on_a_terminal(site, typed, code):
    asked = ["request", "open", "--name", "An", "--contact", "an@example.be", "--yes", "--received", "4/6"]
    site.language = None  # the site's own

    answered, shown = on_a_terminal(site.box(), asked, typed)

    assert answered == code, shown


@pytest.mark.parametrize("typed", ["y", "n"])
def test_whoever_is_asked_for_a_year_keeps_no_transaction_open(site, typed):
    """They may never answer; meanwhile rows that are erased would stay in SQLite's log."""
    asked = ["retention", "explain", "--cameras", "foyer-1", "--from", "4/6 9:00", "--to", "+1u"]

    answered, shown = on_a_terminal(site.box(), asked, typed)

    assert answered == (0 if typed == "y" else 2)
    assert "2026" in shown
