"""Temporary files beside a target: a name that nobody foresees, no more readable than what they replace."""

from __future__ import annotations

import os
import stat
import time

import pytest

from cctv.config.editor import add_camera, write_edit
from cctv.core.durable import DurableFiles, beside, create_beside, leftovers
from cctv.recording.state import RecorderState, write_state

HOUR = 3600


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def no_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_recovery_key_is_not_written_into_a_file_that_somebody_made_beforehand(site, tmp_path):
    medium = tmp_path / "usb"
    medium.mkdir()
    medium.chmod(0o777)
    planted = medium / ".recovery.key.part"
    planted.write_text("")
    planted.chmod(0o666)

    with planted.open() as reader:
        site.cctv(f"backup key {medium / 'recovery.key'}")

        assert reader.read() == ""
    assert planted.read_text() == ""
    assert "AGE-SECRET-KEY" in (medium / "recovery.key").read_text()
    assert mode_of(medium / "recovery.key") == 0o600


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_stands_under_the_old_name_is_neither_written_nor_followed(tmp_path, kind):
    target, elsewhere = tmp_path / "clock.json", tmp_path / "elsewhere"
    elsewhere.write_text("theirs")
    planted = tmp_path / ".clock.json.part"
    if kind == "file":
        planted.write_text("theirs")
    else:
        planted.symlink_to(elsewhere)

    DurableFiles().write(target, b"ours")

    assert (target.read_bytes(), planted.read_text(), elsewhere.read_text()) == (b"ours", "theirs", "theirs")
    assert not target.is_symlink()


@pytest.mark.parametrize(
    ("before", "asked", "after"),
    [(None, 0o640, 0o640), (0o600, 0o640, 0o600), (0o644, 0o600, 0o600), (0o644, 0o640, 0o640), (0o400, 0o640, 0o400)],
)
def test_a_replaced_file_is_never_more_readable_than_before(tmp_path, before, asked, after):
    target = tmp_path / "file"
    if before is not None:
        target.write_text("before")
        target.chmod(before)

    DurableFiles().write(target, b"after", mode=asked)

    assert (target.read_bytes(), mode_of(target)) == (b"after", after)


def test_every_temporary_name_is_another_one_and_an_existing_file_is_refused(tmp_path, monkeypatch):
    target = tmp_path / "file"
    assert beside(target) != beside(target)
    monkeypatch.setattr("secrets.token_hex", lambda size: "00" * size)
    beside(target).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FileExistsError):
        create_beside(target)

    assert not (tmp_path / "elsewhere").exists()


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    target = tmp_path / "file"
    target.write_text("before")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        DurableFiles().write(target, b"after")

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"file": "before"}


@pytest.mark.parametrize("write", ["durable", "recorder state"])
def test_what_a_crash_left_goes_with_the_next_change_of_the_file_and_no_other(tmp_path, clock, write):
    target = tmp_path / "recorder.json"
    old, older = beside(target), tmp_path / ".recorder.json.part"
    fresh, foreign = beside(target), tmp_path / ".recorder.json.notes.part"
    other = beside(tmp_path / "other.json")
    for path in (old, older, fresh, foreign, other):
        path.write_text("")
        if path is not fresh:
            os.utime(path, (time.time() - 2 * HOUR,) * 2)

    assert set(leftovers(target)) == {old, older}
    if write == "durable":
        DurableFiles().write(target, b"{}")
    else:
        write_state(tmp_path, RecorderState(1, clock.now(), {}))

    assert set(tmp_path.iterdir()) == {target, fresh, foreign, other}


def test_the_recorder_state_ignores_what_stands_under_the_old_name(tmp_path, clock):
    planted = tmp_path / ".recorder.json.part"
    planted.write_text("theirs")

    write_state(tmp_path, RecorderState(1, clock.now(), {}))

    assert planted.read_text() == "theirs"
    assert mode_of(tmp_path / "recorder.json") == 0o640


def test_a_change_of_the_settings_ignores_what_stands_under_the_old_name(site):
    planted = site.folder / ".cameras.toml.new"
    planted.write_text("theirs")
    site.config.chmod(0o600)

    write_edit(
        add_camera(site.config, "hal-1", {"zone": "interior", "purpose": "theft", "rtsp": "rtsp://h/1"}), DurableFiles()
    )

    assert planted.read_text() == "theirs"
    assert mode_of(site.config) == 0o600
    assert "hal-1" in site.config.read_text()
