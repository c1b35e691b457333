"""`keep`, `hide` and `approve`: every decision changes the digest, and an approval holds for one digest only."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from casescene import BLUE, RED, pictures_of, pixels_of
from casestages import REQUEST, TOTAL, acts, write_keep
from sqlalchemy import text

from cctv.audit.log import append_entry
from cctv.config.policy_part import settings_facts
from cctv.config.schema import PolicySettings, RolesSettings, TwoPersonAct
from cctv.db.engine import write_transaction
from cctv.model.audit import Act
from cctv.redaction.review.approve import approve
from cctv.redaction.review.errors import SecondPersonNeeded

pytestmark = pytest.mark.slow

APPROVE = f"redaction approve {REQUEST} --all --reason 'looked at all of it' --hidden-reason 'nobody is kept'"


def _part(site):
    return site.cctv(f"redaction show {REQUEST} --json").json["parts"][0]


def test_a_decision_changes_the_digest_and_voids_the_approval(prepared):
    prepared.cctv(APPROVE)
    before = _part(prepared)
    track = before["tracks"][0]

    said = prepared.cctv(f"redaction keep {REQUEST} {track} --reason 'the requester' --json").json

    after = _part(prepared)
    assert said["approval_void"]
    assert (before["approved"], after["approved"]) == (True, False)
    assert after["plan"] != before["plan"]
    assert after["tracks"] == before["tracks"]
    assert (after["keep"], track in after["undecided"]) == ([track], False)
    assert acts(prepared)[-2:] == ["redaction.approved", "redaction.kept"]


def test_hiding_takes_a_track_back(prepared):
    track = _part(prepared)["tracks"][0]
    prepared.cctv(f"redaction keep {REQUEST} {track} --reason x")
    prepared.cctv(f"redaction hide {REQUEST} {track} --reason 'it was somebody else'")

    part = _part(prepared)
    assert (part["keep"], part["hide"]) == ([], [track])
    assert acts(prepared)[-1] == "redaction.hidden"


def test_undecided_tracks_are_hidden_and_approving_says_so(prepared):
    said = prepared.cctv(APPROVE)

    assert "visible will be nobody" in said.out
    assert "undecided, so hidden" in said.out
    assert f"next:  cctv request answer {REQUEST}" in said.err
    assert f"cctv export build {REQUEST}" in said.err


def test_a_track_that_is_kept_is_what_the_video_shows(prepared):
    prepared.cctv(f"redaction keep {REQUEST} 1 --reason 'the red coat'")
    prepared.cctv(APPROVE)
    built = prepared.cctv(f"export build {REQUEST} --json").json
    pictures = pictures_of(Path(built["path"]) / built["outputs"][0]["file"])

    assert (pixels_of(pictures, BLUE) == 0).all()
    assert (pixels_of(pictures, RED) > 90).mean() >= 0.9


def test_the_sheet_follows_every_decision(prepared):
    page = prepared.root / "derived" / REQUEST / "sheet.html"
    prepared.cctv(f"redaction keep {REQUEST} 1 --reason x")
    assert page.read_text().count('class="person kept"') == 1
    prepared.cctv(f"redaction hide {REQUEST} 1 --reason x")
    assert page.read_text().count('class="person kept"') == 0
    assert len([path for path in page.parent.iterdir() if path.is_dir()]) == 1


def test_dry_runs_change_nothing(prepared, keep_file):
    before = _part(prepared)
    prepared.cctv(f"redaction keep {REQUEST} 1 --boxes {keep_file} --reason x --dry-run")
    prepared.cctv(f"redaction hide {REQUEST} 1 --reason x --dry-run")
    prepared.cctv(f"{APPROVE} --dry-run")
    assert _part(prepared) == before
    assert acts(prepared)[-1] == "redaction.prepared"


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"schema": 2, "boxes": []}', '{"schema": 1, "boxes": [{"id": "a"}]}', '{"schema": 1}', "\0"],
)
def test_what_is_no_keep_file_is_refused(prepared, tmp_path, text):
    path = tmp_path / "K.json"
    path.write_text(text)
    said = prepared.cctv(f"redaction keep {REQUEST} --boxes {path} --reason x", exit=2)
    assert "next:" in said.err
    assert _part(prepared)["keep_boxes"] == []


def test_other_bad_input_is_refused_with_the_next_step(prepared, tmp_path):
    late = write_keep(tmp_path / "late.json", last=TOTAL)
    kept = write_keep(tmp_path / "kept.json", last=1)
    for command, word in [
        (f"keep {REQUEST} 99 --reason x", "no track 99"),
        (f"keep {REQUEST} --reason x", "Nothing was said"),
        (f"keep {REQUEST} 1 --reason ' '", "empty"),
        (f"keep {REQUEST} 1 --camera gang-2 --reason x", "camera gang-2"),
        (f"keep {REQUEST} 1 --part 7 --reason x", "part 7"),
        (f"keep {REQUEST} --boxes {late} --reason x", str(TOTAL)),
        (f"keep {REQUEST} --boxes {tmp_path / 'none.json'} --reason x", "none.json"),
        (f"hide {REQUEST} --boxes {kept} --reason x", "hide boxes only"),
        ("keep REQ-2026-099 1 --reason x", "REQ-2026-099"),
        ("approve REQ-2026-099 --reason x", "REQ-2026-099"),
    ]:
        said = prepared.cctv(f"redaction {command}", exit=2)
        assert word in said.err, command
        assert "next:" in said.err
    assert acts(prepared)[-1] == "redaction.prepared"


def test_nothing_can_be_decided_before_it_is_prepared(opened):
    assert "redaction prepare" in opened.cctv(f"redaction keep {REQUEST} 1 --reason x", exit=13).err
    assert "redaction prepare" in opened.cctv(APPROVE, exit=13).err


def test_hide_boxes_are_set_apart_from_those_to_keep(prepared, keep_file, tmp_path):
    screen = tmp_path / "hide.json"
    box = {"id": "screen", "frame": 0, "x": 1, "y": 1, "w": 9, "h": 9}
    screen.write_text(json.dumps({"schema": 1, "boxes": [], "hide": [box]}))
    prepared.cctv(f"redaction keep {REQUEST} --boxes {keep_file} --reason x")
    prepared.cctv(f"redaction hide {REQUEST} --boxes {screen} --reason x")

    part = _part(prepared)
    assert (part["keep_boxes"], part["hide_boxes"]) == (["an"], ["screen"])


def test_an_analysis_that_was_touched_cannot_be_approved(prepared):
    path = next((prepared.root / "derived").rglob("backdrops.npz"))
    path.write_bytes(path.read_bytes() + b"\0")
    said = prepared.cctv(APPROVE, exit=15)
    assert "--again" in said.err
    prepared.cctv(f"redaction prepare {REQUEST} --again")
    prepared.cctv(APPROVE)


@pytest.mark.parametrize(
    "asked_by",
    [
        {"policy": PolicySettings(two_person=frozenset({TwoPersonAct.REDACTION_APPROVE}))},
        {"roles": RolesSettings(handler=("one",), decider=("one",))},
    ],
    ids=["policy", "roles"],
)
def test_where_two_people_are_asked_for_nobody_approves_his_own_work(prepared, asked_by):
    site = prepared.open(account=prepared.cctv(f"redaction show {REQUEST} --json").json["parts"][0]["prepared_by"])
    strict = replace(site, settings=replace(site.settings, **asked_by))
    with write_transaction(strict.engine) as connection:
        facts = settings_facts(strict.settings, strict.root)
        append_entry(connection, strict, Act.SETTINGS_ADOPTED, "cameras.toml", facts=facts)

    with pytest.raises(SecondPersonNeeded) as refused:
        approve(strict, REQUEST, "looked", everything=True)
    assert refused.value.exit_code == 13
    colleague = replace(strict, actor=replace(strict.actor, account="colleague"))
    assert all(
        part.approved for part in approve(colleague, REQUEST, "looked", hidden_reason="x", everything=True).parts
    )


def test_a_part_whose_folder_is_outside_of_the_storage_is_not_read(prepared):
    (part,) = (prepared.root / "derived" / REQUEST).glob("foyer-1_*")
    theirs = prepared.folder / "theirs"
    part.rename(theirs)
    with write_transaction(prepared.open().engine) as connection:
        connection.execute(text("UPDATE redactions SET directory = '../theirs'"))

    for command in (APPROVE, f"redaction keep {REQUEST} 1 --reason x", f"redaction preview {REQUEST}"):
        assert "has the path ../theirs" in prepared.cctv(command, exit=18).err


def test_nothing_is_written_through_a_link_in_place_of_the_request_s_folder(opened):
    theirs = opened.folder / "theirs"
    theirs.mkdir()
    (opened.root / "derived" / REQUEST).symlink_to(theirs)

    refused = opened.cctv(f"redaction prepare {REQUEST}", exit=18)

    assert "a link leads to" in refused.err
    assert list(theirs.iterdir()) == []
