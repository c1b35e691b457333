"""`cctv export`: what was approved leaves, checked and signed; anything else is refused and leaves nothing behind."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from casescene import BLUE, RED, SEEN, pictures_of, pixels_of
from casestages import REQUEST, TOTAL, acts, record_people, stock_tools

from cctv.cli.app import run
from cctv.cli.invocation import Invocation
from cctv.core import filesystem
from cctv.core.durable import DurableFiles
from cctv.packages import build, folder
from cctv.packages.build import build as build_build
from cctv.packages.expiry import expire_packages
from cctv.packages.folder import working_folder
from cctv.redaction.people.weights import load_model
from cctv.redaction.review.render import RenderResult

pytestmark = pytest.mark.slow

BUILD = f"export build {REQUEST}"
VIDEO = "foyer-1_2026-11-01_11-00-00_CET.mp4"


def _package(site, number: int = 1) -> Path:
    return site.root / "exports" / f"EXP-2026-{number:03d}"


def _exports(site) -> list[str]:
    return sorted(path.name for path in (site.root / "exports").iterdir() if path.name != ".lock")


def test_a_request_becomes_a_package_in_which_only_the_subject_is_seen(built):
    pictures = pictures_of(_package(built) / VIDEO)

    assert len(pictures) == TOTAL
    assert (pixels_of(pictures, BLUE) == 0).all()
    assert (pixels_of(pictures, RED) > SEEN).mean() >= 0.9
    assert stock_tools(_package(built)) == [0, 0]
    assert acts(built)[-1] == "export.built"


def test_the_video_carries_no_sound_and_no_metadata_and_plays_anywhere(built):
    command = [
        "ffprobe",
        "-v",
        "error",
        "-show_entries",
        "stream=codec_type,codec_name,pix_fmt:format_tags",
        "-of",
        "json",
    ]
    said = json.loads(subprocess.run([*command, _package(built) / VIDEO], check=True, capture_output=True).stdout)

    assert said["streams"] == [{"codec_type": "video", "codec_name": "h264", "pix_fmt": "yuv420p"}]
    assert set(said["format"].get("tags", {})) <= {"major_brand", "minor_version", "compatible_brands"}


def test_the_manifest_tells_where_everything_came_from_and_names_no_person(built):
    package = _package(built)
    manifest = json.loads((package / "manifest.json").read_text())
    output = manifest["outputs"][0]
    segments = built.footage("foyer-1")[-2:]

    assert (manifest["schema"], manifest["package"], manifest["request"]) == (1, "EXP-2026-001", REQUEST)
    assert [source["sha256"] for source in output["sources"]] == [segment.sha256 for segment in segments]
    assert output["plan_sha256"] == built.cctv(f"redaction show {REQUEST} --json").json["parts"][0]["plan"]
    assert len(output["backdrop_sha256"]) == 1
    witness = {key: output["verified"].pop(key) for key in ("witness_model", "witness_frames", "witness_subjects")}
    assert witness["witness_model"] == load_model().sha256
    assert witness["witness_frames"] > 0
    assert output["verified"] == {
        "frames": TOTAL, "live_pixels_outside": 0, "same_times": True, "audio_streams": 0, "metadata_entries": 0,
        "masked_pixels": 0, "masked_pixels_live": 0,
    }  # fmt: skip
    assert [gap["cause"] for gap in manifest["gaps"]] == ["recorder stopped"]
    assert manifest["gaps"][0]["span"] == {"start": "2026-11-01T10:00:08Z", "end": "2026-11-01T10:01:00Z"}
    assert not any(b"Peeters" in path.read_bytes() for path in package.iterdir())
    assert "Afspelen" in (package / "README.txt").read_text()


def test_verify_works_by_id_and_far_from_the_site(built, tmp_path, monkeypatch, capsys):
    assert "every hash and the signature hold" in built.cctv("export verify exp-2026-001").out
    monkeypatch.chdir(tmp_path)
    elsewhere = Invocation(config_path=tmp_path / "none.toml", environ={})
    key = built.root / "keys" / "signing.pub"

    assert run(["export", "verify", str(_package(built)), "--key", str(key), "--json"], elsewhere) == 0
    assert json.loads(capsys.readouterr().out)["key_from_outside"]
    with (_package(built) / VIDEO).open("r+b") as video:
        video.seek(1000)
        video.write(b"\0\0\0\0")
    assert run(["export", "verify", str(_package(built))], elsewhere) == 15
    assert VIDEO in capsys.readouterr().err
    assert run(["export", "verify", str(tmp_path / "nothing")], elsewhere) == 2


def test_the_list_shows_what_is_here_until_when(built):
    listed = built.cctv("export list --json").json["packages"]
    assert [(one["id"], one["request"], one["state"]) for one in listed] == [("EXP-2026-001", REQUEST, "here")]
    assert listed[0]["expires"].startswith("2026-12-01")
    assert built.cctv("export list --request REQ-2026-099 --json").json["packages"] == []


def test_a_package_goes_when_its_month_is_over(built):
    assert expire_packages(built.open()) == []
    built.clock.advance(days=30)
    assert [one.id for one in expire_packages(built.open())] == ["EXP-2026-001"]
    assert _exports(built) == []
    assert acts(built)[-1] == "export.deleted"
    assert built.cctv("export list --json").json["packages"][0]["state"] == "deleted"
    assert expire_packages(built.open()) == []


def test_a_dry_run_names_the_videos_and_the_gaps_and_writes_nothing(approved):
    said = approved.cctv(f"{BUILD} --dry-run --json").json
    assert [one["file"] for one in said["outputs"]] == [VIDEO]
    assert [gap["cause"] for gap in said["gaps"]] == ["recorder stopped"]
    assert VIDEO in approved.cctv(f"{BUILD} --dry-run").out
    assert _exports(approved) == []


def test_what_is_not_prepared_or_not_approved_does_not_leave_and_the_refusal_is_logged(opened):
    assert "redaction prepare" in opened.cctv(BUILD, exit=13).err
    opened.cctv(f"redaction prepare {REQUEST}")
    assert "foyer-1 part 1 is not approved" in opened.cctv(BUILD, exit=13).err
    assert _exports(opened) == []
    assert [act for act in acts(opened) if act.startswith("export")] == ["export.refused"] * 2


def test_a_decision_after_the_approval_stops_the_export(approved):
    approved.cctv(f"redaction hide {REQUEST} 1 --reason 'somebody else'")
    said = approved.cctv(BUILD, exit=13)
    assert "changed after it was approved" in said.err


def test_footage_that_came_in_later_stops_the_export_until_it_is_reviewed(approved, footage_files):
    record_people(approved, footage_files, "2026-11-01 11:00:30")
    assert "2 segments of foyer-1" in approved.cctv(BUILD, exit=13).err
    approved.cctv(f"redaction prepare {REQUEST}")
    parts = approved.cctv(f"redaction show {REQUEST} --json").json["parts"]
    assert [part["approved"] for part in parts] == [True, False]
    assert "foyer-1 part 2 is not approved" in approved.cctv(BUILD, exit=13).err


@pytest.mark.parametrize("harm", ["truncated", "missing"])
def test_a_segment_that_changed_since_the_approval_stops_the_export(approved, harm):
    path = approved.root / approved.footage("foyer-1")[-1].path
    if harm == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        path.unlink()

    assert path.name in approved.cctv(BUILD, exit=15).err
    assert _exports(approved) == []
    assert acts(approved)[-1] == "export.refused"


def test_unknown_ids_are_usage_errors(opened):
    for command in ("export build REQ-2026-099", "export build nonsense", "export verify EXP-2026-099"):
        assert "next:" in opened.cctv(command, exit=2).err


def test_a_closed_request_is_not_exported_again(approved):
    approved.cctv(f"request close {REQUEST} --outcome granted")
    assert "closed" in approved.cctv(BUILD, exit=2).err


def test_a_disk_without_room_is_told_before_anything_is_written(approved, monkeypatch):
    class Usage:
        free = 1000

    monkeypatch.setattr(filesystem.shutil, "disk_usage", lambda path: Usage)
    assert "is full" in approved.cctv(BUILD, exit=16).err
    assert _exports(approved) == []


class _FullDisk(DurableFiles):
    """Fills up when the manifest is written."""

    def write(self, path: Path, data: bytes, mode: int = 0o640) -> None:
        if path.name == "manifest.json":
            raise OSError(28, "No space left on device")
        super().write(path, data, mode)


def test_a_disk_that_fills_up_on_the_way_leaves_nothing_behind(approved, monkeypatch, stand_in_render):
    full = Invocation(approved.config, {}, approved.clock, _FullDisk, language=approved.language)
    monkeypatch.setattr(type(approved), "box", lambda self: full)
    assert "Nothing was left behind" in approved.cctv(BUILD, exit=16).err
    assert _exports(approved) == []


class _PowerCut(BaseException):
    """The machine stops here: nothing after it runs."""


@pytest.fixture
def stand_in_render(monkeypatch):
    """Videos of a few bytes: these tests are about the folder, not about the picture."""

    def render(site, part, language, target, progress):
        target.write_bytes(b"video")
        return RenderResult(TOTAL, 0, True, 0, 0)

    monkeypatch.setattr(build, "render_part", render)


@pytest.mark.parametrize("step", ["rendered", "sealed", "committed"])
def test_after_a_power_cut_the_next_build_finishes_or_removes_what_was_left(
    approved, monkeypatch, stand_in_render, step
):
    def cut(*_: object, **__: object) -> None:
        raise _PowerCut

    with monkeypatch.context() as patch:
        for module in (folder, build):  # no clean-up runs when the power is gone
            patch.setattr(module, "finish_interrupted_build", lambda site: None)
        patch.setattr(build, "begin_build", lambda site: _made(working_folder(site)))
        target = {"rendered": "_commit", "sealed": "insert_package"}.get(step)
        if target is not None:
            patch.setattr(build, target, cut)
        else:
            patch.setattr(DurableFiles, "rename", cut)
        with pytest.raises(_PowerCut):
            build_build(approved.open("root"), REQUEST)
    assert _exports(approved) == [".building"]
    survives = step == "committed"
    assert len(approved.cctv("export list --json").json["packages"]) == survives

    again = approved.cctv(f"{BUILD} --json").json

    names = ["EXP-2026-001", "EXP-2026-002"] if survives else ["EXP-2026-001"]
    assert _exports(approved) == names
    assert again["package"] == names[-1]
    for name in names:
        assert approved.cctv(f"export verify {name}").exit == 0
    assert [one["id"] for one in approved.cctv("export list --json").json["packages"]] == names


def _made(path: Path) -> Path:
    path.mkdir()
    return path
