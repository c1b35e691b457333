"""A short sample of scripts/fuzz, its limits, and each input that once was answered with a crash or with minutes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from fuzzing import runner
from fuzzing.door import Door
from fuzzing.file_doors import FILE_DOORS
from fuzzing.runner import run, wrong_kinds

from cctv.audit.checkpoint_files import latest
from cctv.backup.manifest import read_manifest
from cctv.cases.errors.incidents import TextUnusable
from cctv.cases.text_input import checked_text
from cctv.config.errors import CredentialsRefused, SettingsUnreadable, TomlSyntax
from cctv.config.loader import load_settings
from cctv.config.policy_text.reader import PolicyTextUnreadable, read_claims, read_policy_text
from cctv.config.settings_file import site_language
from cctv.core.clock import from_us
from cctv.core.errors import CctvError, FileUnreadable
from cctv.core.i18n import N_, Language
from cctv.core.text import parse_json
from cctv.core.typed_time.parser import TimeUnreadable
from cctv.core.typed_time.resolve import parse_instant
from cctv.crypto.errors import BackupTorn
from cctv.footage.ingest import lines_in
from cctv.redaction.errors import KeepRefused
from cctv.redaction.tracking.annotations import parse_keep, read_keep

ROOT = Path(__file__).resolve().parents[2]
DOORS = {door.name: door for door in FILE_DOORS}
SHA = "a" * 64
DEEP = "[" * 100_000
NOON, ZONE = datetime(2026, 11, 22, 12, tzinfo=ZoneInfo("Europe/Brussels")), ZoneInfo("Europe/Brussels")


@pytest.mark.slow
def test_every_door_answers_a_sample_clearly_and_in_time():
    command = [sys.executable, "scripts/fuzz_campaign.py", "--inputs", "150", "--seed", "1", "--jobs", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = [json.loads(line) for line in done.stdout.splitlines()]
    assert {figure["figure"].partition(":")[0] for figure in figures} >= {*DOORS, "soap", "sdp", "addresses"}
    assert all(figure["ok"] for figure in figures)


def test_a_seed_and_a_number_make_the_same_input_again():
    for door in FILE_DOORS:
        assert [door.input(7, number) for number in range(20)] == [door.input(7, number) for number in range(20)]
        assert door.input(7, 1) != door.input(8, 1)


def _spin(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        random.random()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("does", "said"),
    [
        (lambda: _spin(1.2), " s"),
        (lambda: bytearray(300 << 20), "more than 200 MiB"),
        (lambda: {}["x"], "KeyError"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "SIGKILL"),
        (lambda: _spin(60), "processor time"),
    ],
)
def test_what_is_slow_large_or_crashes_is_found_and_the_next_inputs_are_tried(does, said, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "_ENDED_AFTER_SECONDS", 1.8)

    def opened(folder):
        return lambda data: does() if data == b"7" else data

    door = Door("d", lambda rng: b"", opened)
    numbered = type("Numbered", (Door,), {"input": lambda self, seed, number: str(number).encode()})
    outcome = run(numbered(door.name, door.make, door.open), 0, range(10), tmp_path)
    assert outcome.tried == 10
    assert list(outcome.wrong) == [7]
    assert said in outcome.wrong[7]
    assert [numbers for _, numbers in wrong_kinds(outcome)] == [[7]]


def written(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    "text", ["a." * 50_000 + "a = 1", "x = {" + "a." * 50_000 + "a = 1}", "[" + "a." * 50_000 + "a]"]
)
def test_a_key_of_50_000_dots_is_refused_at_once(tmp_path, text):
    file = written(tmp_path / "cameras.toml", text)
    with pytest.raises(SettingsUnreadable, match="parts"):
        load_settings(file, environ={})
    assert site_language(file, {}) is Language.EN


def test_dots_in_texts_and_comments_are_no_key(tmp_path):
    dots = "a." * 40
    file = written(tmp_path / "cameras.toml", f'# {dots}\nx = "{dots}"\ny = """\n{dots}"""\nz = \'{dots}\'\n[site]\n')
    with pytest.raises(CctvError) as refused:
        load_settings(file, environ={})
    assert "parts" not in str(refused.value)


def test_a_number_of_5_000_digits_and_a_file_of_megabytes_are_refused(tmp_path):
    with pytest.raises((SettingsUnreadable, TomlSyntax)):
        load_settings(written(tmp_path / "cameras.toml", "a = " + "9" * 5000), environ={})
    with pytest.raises(SettingsUnreadable, match="1 MiB"):
        load_settings(written(tmp_path / "cameras.toml", "# \u00e9\n" * 300_000), environ={})
    product = DOORS["credentials"].open(tmp_path)
    for text in ("a = " + "9" * 5000, "a." * 50_000 + "a = 1", "# x\n" * 300_000):
        with pytest.raises(CredentialsRefused):
            product(text.encode())


def test_a_policy_text_of_1_6_mb_is_refused_and_one_of_nothing_but_periods_is_read(tmp_path):
    words = "de camerabeelden worden maximaal 4 weken bewaard, binnen 1 maand na het verzoek en 72 uur na een datalek, "
    with pytest.raises(PolicyTextUnreadable, match="half a million"):
        read_policy_text(written(tmp_path / "policy.txt", words * 16_000))
    claims = read_claims(read_policy_text(written(tmp_path / "policy.txt", words * 4000)))  # took minutes
    assert len(claims) > 4000


def test_300_000_boxes_and_300_000_ids_are_refused(tmp_path):
    box = {"id": "a", "frame": 0, "x": 1, "y": 1, "w": 9, "h": 9}
    many = json.dumps({"schema": 1, "boxes": [{**box, "frame": number} for number in range(50_001)]})
    with pytest.raises(KeepRefused, match="50000 boxes"):
        parse_keep(many, tmp_path)
    ids = json.dumps({"schema": 1, "boxes": [{**box, "id": str(number)} for number in range(1001)]})
    with pytest.raises(KeepRefused, match="1000 ids"):
        parse_keep(ids, tmp_path)
    with pytest.raises(KeepRefused, match="4 MiB"):
        read_keep(written(tmp_path / "KEEP.json", b" " * (5 << 20)))


HOLD = {
    "id": "HOLD-2026-003",
    "ground_kind": "incident",
    "ground_id": "INC-2026-001",
    "cameras": ["gevel-1"],
    "placed_by": "x",
    "start": "2026-11-21T21:00:00Z",
    "end": "2026-11-21T22:00:00Z",
    "review": "2026-12-21T22:00:00Z",
    "placed": "2026-11-22T09:00:00Z",
}


@pytest.mark.parametrize(
    "change",
    [
        {"cameras": [1, "gevel-1"]},
        {"cameras": [None]},
        {"id": 7},
        {"placed_by": ["x"]},
        {"review": "2026-12-21T22:00:00"},
        {"ground_kind": "A" * 700_000},
    ],
)
def test_a_hold_file_with_values_of_another_type_is_unreadable(tmp_path, change):
    product = DOORS["holds"].open(tmp_path)
    with pytest.raises(FileUnreadable) as refused:
        product(json.dumps({**HOLD, **change}).encode())
    assert len(refused.value.message) < 10_000
    with pytest.raises(FileUnreadable, match="too deeply"):
        product(DEEP.encode())


@pytest.mark.parametrize("line", [DEEP, '{"name":1}', json.dumps({"start_us": 10**30, "name": "x"}), "[" * 5])
def test_a_hostile_line_of_index_jsonl_is_passed_over(tmp_path, line):
    good = {
        "name": "a.mp4",
        "camera": "gevel-1",
        "zone": "facade",
        "start_us": 1,
        "end_us": 2,
        "limit_us": 3,
        "sha256": SHA,
        "bytes": 1,
        "policy": "p",
        "run": 1,
    }
    odd = [json.dumps({**good, key: value}) for key, value in (("end_us", 1e300), ("sha256", 3), ("bytes", None))]
    written(tmp_path / "index.jsonl", "\n".join([line, *odd, json.dumps(good)]))
    assert list(lines_in(tmp_path, "segments/facade/gevel-1/2026-11-21")) == [
        "segments/facade/gevel-1/2026-11-21/a.mp4"
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"files": [{"name": [], "bytes": 1, "sha256": SHA}]},
        {"version": 3.5},
        {"holds": 5},
        {"made": "2026-11-22T09:00"},
    ],
)
def test_a_hostile_manifest_of_a_back_up_is_torn(tmp_path, change):
    good = {
        "schema": 1,
        "site": "s",
        "database": "d",
        "site_name": "n",
        "made": "2026-11-22T09:00:00Z",
        "made_by": "r",
        "program": "0",
        "version": "1",
        "audit_entries": 1,
        "audit_head": SHA,
        "segments": 1,
        "holds": [],
        "files": [],
    }
    for document in (json.dumps({**good, **change}), DEEP, "[]", "{}"):
        written(tmp_path / "manifest.json", document)
        with pytest.raises(BackupTorn):
            read_manifest(tmp_path / "b.age", tmp_path)


@pytest.mark.parametrize(
    "inner",
    [
        DEEP,
        '{"at_us":1e400,"seq":1,"hash":"h","site":"s"}',
        '{"at_us":1,"seq":[1],"hash":"h","site":"s"}',
        '{"at_us":99999999999999999999999,"seq":1,"hash":"h","site":"s"}',
        '{"at_us":1,"seq":99999999999999999999,"hash":"h","site":"s"}',
    ],
)
def test_a_hostile_checkpoint_is_unreadable(tmp_path, inner):
    written(tmp_path / "audit" / "checkpoint.json", json.dumps({"checkpoint": inner, "signature": "x"}))
    with pytest.raises(FileUnreadable):
        latest(tmp_path)


def test_a_time_and_a_name_of_megabytes_are_refused_without_being_read(tmp_path):
    with pytest.raises(TimeUnreadable) as refused:
        parse_instant("za " * 2_000_000, now=NOON, zone=ZONE)
    assert len(refused.value.message) < 1200
    with pytest.raises(TextUnusable):
        checked_text("name", "é" * 5_000_000, "x")


def test_an_error_says_the_beginning_of_what_is_too_long():
    class Refused(CctvError):
        """The text {text} is refused: {problem}."""

    told = Refused(text="A" * 1_000_000, problem=N_("not a hold ({error})", error=ValueError("B" * 1_000_000)))
    assert len(told.message) < 10_000
    assert "is refused: not a hold (B" in told.message


def test_json_that_nests_too_deeply_and_an_instant_of_no_calendar_are_value_errors():
    with pytest.raises(ValueError, match="too deeply"):
        parse_json(DEEP)
    for number in (10**30, 1e300, float("nan")):
        with pytest.raises(ValueError, match=r"."):
            from_us(number)
