"""What was prepared, approved or built for another camera or time than the request asks now does not leave."""

from __future__ import annotations

import json

import pytest
from casescene import FRAMES
from casestages import REQUEST, acts, write_keep

pytestmark = pytest.mark.slow

PACKAGE = "EXP-2026-001"
LATER = "--from '2026-11-01 11:00:04' --to '2026-11-01 11:00:20'"  # the second of the two recorded segments
ANOTHER_CAMERA = "--cameras foyer-1,gang-2"  # of which nothing was recorded
CORRECT = f"request correct {REQUEST} --reason 'read again'"
APPROVE = f"redaction approve {REQUEST} --all --reason looked --hidden-reason looked"


def deliveries(folder):
    return (
        f"export deliver {PACKAGE} --method zip --to {folder}",
        f"export deliver {PACKAGE} --method hand --to {folder} --dry-run",
        f"export fetch {PACKAGE}",
    )


def next_line(site):
    return site.cctv(f"request show {REQUEST} --json").json["missing"][-1]["next"]


def flat(text):
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("corrected", "differs"),
    [
        (LATER, "it was built for Sun 2026-11-01 11:00 CET to Sun 2026-11-01 11:01 CET"),
        (ANOTHER_CAMERA, f"it was built for foyer-1, and {REQUEST} asks for foyer-1, gang-2 now"),
    ],
)
def test_a_package_of_another_scope_does_not_leave_and_its_refusal_says_what_differs(
    built, tmp_path, corrected, differs
):
    built.cctv(f"{CORRECT} {corrected}")
    before = acts(built)

    for command in deliveries(tmp_path):
        told = flat(built.cctv(command, exit=13).err)
        assert differs in told
        assert f"cctv redaction prepare {REQUEST}" in told

    assert acts(built)[len(before) :] == ["export.refused"] * 3
    assert list(tmp_path.glob("*EXP*")) == []


def test_a_package_that_was_built_anew_leaves(built, tmp_path):
    built.cctv(f"{CORRECT} {LATER}")
    built.cctv(f"redaction prepare {REQUEST}")
    kept = write_keep(tmp_path / "KEEP.json", first=FRAMES, last=2 * FRAMES - 1)
    built.cctv(f"redaction keep {REQUEST} --boxes {kept} --reason 'the red coat'")
    built.cctv(APPROVE)

    done = built.cctv(f"request answer {REQUEST} --method hand --to {tmp_path} --json").json

    assert done["package"] == "EXP-2026-002"
    manifest = json.loads((tmp_path / "EXP-2026-002" / "manifest.json").read_text())
    assert manifest["requested"]["start"] == "2026-11-01T10:00:04Z"
    assert [output["frames"] for output in manifest["outputs"]] == [FRAMES]
    told = flat(built.cctv(f"export deliver {PACKAGE} --method hand --to {tmp_path}", exit=13).err)
    assert "cctv export list" in told


def test_an_answer_takes_no_package_without_the_camera_that_was_added(built):
    built.cctv(f"{CORRECT} {ANOTHER_CAMERA}")

    done = built.cctv(f"request answer {REQUEST} --no-letter --json").json

    assert done["package"] == "EXP-2026-002"
    manifest = json.loads((built.root / "exports" / "EXP-2026-002" / "manifest.json").read_text())
    assert manifest["cameras"] == ["foyer-1", "gang-2"]
    assert {gap["camera"] for gap in manifest["gaps"]} == {"foyer-1", "gang-2"}


@pytest.mark.parametrize("corrected", [LATER, "--cameras gang-2"])
def test_an_approval_of_another_scope_builds_nothing_and_is_not_given_again(built, corrected):
    built.cctv(f"{CORRECT} {corrected}")

    for command in (
        f"export build {REQUEST}",
        f"request answer {REQUEST} --no-letter",
        f"request answer {REQUEST} --dry-run",
        APPROVE,
    ):
        told = flat(built.cctv(command, exit=13).err)
        assert "was prepared for another camera or another time than it asks now" in told
        assert f"cctv redaction prepare {REQUEST}" in told
    assert acts(built).count("export.built") == 1


def test_what_is_next_is_to_prepare_it_again(built):
    assert next_line(built) == f"cctv request answer {REQUEST}"
    built.cctv(f"{CORRECT} {LATER}")
    assert next_line(built) == f"cctv redaction prepare {REQUEST}"
    (part,) = built.cctv(f"redaction prepare {REQUEST} --json").json["parts"]
    assert (part["frames"], part["kept_from_before"]) == (FRAMES, False)
    assert next_line(built) == f'cctv redaction approve {REQUEST} --reason "..."'


def test_another_time_around_the_same_frames_keeps_the_decisions_and_not_the_approval(built):
    built.cctv(f"{CORRECT} --from '2026-11-01 11:00' --to '2026-11-01 11:02'")
    built.cctv(f"export build {REQUEST}", exit=13)

    (part,) = built.cctv(f"redaction prepare {REQUEST} --json").json["parts"]

    assert part["kept_from_before"]
    assert built.cctv(f"redaction show {REQUEST} --json").json["parts"][0]["approved"] is False
    built.cctv(f"redaction approve {REQUEST} --all --reason 'only the requester stays'")
    assert built.cctv(f"export build {REQUEST} --json").json["package"] == "EXP-2026-002"


def test_who_looked_is_by_what_the_request_was_about_then(built, clock):
    clock.advance(days=1)
    built.cctv(f"{CORRECT} --from '2026-11-01 10:00' --to '2026-11-01 10:10'")
    built.cctv(f"redaction prepare {REQUEST}")
    others = "request open --no-prepare --name Els --contact els@example.be --cameras foyer-1 --from"
    built.cctv(f"{others} '2026-11-01 11:00' --to +1m")
    built.cctv(f"{others} '2026-11-01 10:00' --to +5m")

    def days(request):
        viewings = built.cctv(f"request viewings {request} --dry-run --json").json["viewings"]
        return {(row["on"], row["what"]) for row in viewings}

    assert {day for day, _ in days("REQ-2026-002")} == {"2026-11-01"}
    assert days("REQ-2026-003") == {("2026-11-02", "redacted")}
