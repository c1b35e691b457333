"""A rehearsal tries a back-up, says what a restore would do, and changes nothing."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cctv.audit.checkpoint_files import all_checkpoints
from cctv.backup import rehearse as module
from cctv.core.durable import DurableFiles

pytestmark = pytest.mark.slow


@pytest.fixture
def scratch(tmp_path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def rehearse(rig, file, scratch, more="--json", exit=0):
    return rig.cctv(f"restore {file} --key {rig.key} --rehearse --scratch {scratch} {more}", exit=exit)


def state(folder):
    """Every file below a folder with its hash; SQLite's own and locks aside."""
    aside = (".lock", "-wal", "-shm")
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(aside)
    }


def test_it_says_what_would_be_lost_and_what_would_come_back(rig, scratch):
    rig.site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    released = rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    file = rig.back_up()
    rig.cctv(f"hold release {released} --reason 'nothing to be seen'")
    later = rig.hold("2026-11-01 11:01", "2026-11-01 11:02")
    rig.site.record("gevel-1", "2026-11-01 11:10", minutes=3)
    entries = len(rig.cctv("audit list --json").json["entries"])

    told = rehearse(rig, file, scratch).json

    compared = told["compared"]
    assert compared["lost"] == {"incidents": ["INC-2026-002"]}
    assert compared["holds_in_force_again"] == [released]
    assert told["holds_from_disk"] == [later]
    assert told["holds"] == [released, later]
    assert compared["segments_recorded_since"] == 3
    assert compared["audit_entries"] == entries
    assert list(scratch.iterdir()) == []

    text = rehearse(rig, file, scratch, "").out
    assert "can be restored" in text
    assert "lost: incidents INC-2026-002" in text
    assert released in text


def test_it_changes_nothing_but_its_entry_and_status_tells_its_age(rig, scratch):
    rig.site.record("gevel-1", "2026-11-01 11:00", minutes=2)
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    file = rig.back_up()
    told = rig.cctv("status --json", exit=None).json
    assert (told["last_rehearsal"], told["rehearsal_due"]) == (None, True)
    before = state(rig.site.root)

    rehearse(rig, file, scratch, "--dry-run")
    assert state(rig.site.root) == before
    rehearse(rig, file, scratch)

    changed = {name for name, digest in state(rig.site.root).items() if before.get(name) != digest}
    assert changed <= {"cctv.db", "backup.json"}
    last = rig.cctv("audit list --json").json["entries"][-1]
    assert (last["act"], last["subject"]) == ("backup.rehearsed", file.name)
    told = rig.cctv("status --json", exit=None).json
    assert told["rehearsal_due"] is False
    rig.days_pass(200)
    assert rig.cctv("status --json", exit=None).json["rehearsal_due"] is True
    assert "cctv restore FILE --key KEY --rehearse" in rig.cctv("status", exit=None).out


def test_without_a_storage_it_says_that_nothing_was_compared(rig, scratch):
    file = rig.back_up()
    rig.lose()
    told = rehearse(rig, file, scratch)
    assert (told.json["compared"], told.json["logged"]) == (None, False)
    assert not rig.site.root.exists()


def test_a_torn_back_up_and_another_key_are_found_and_leave_nothing(rig, scratch, tmp_path):
    file = rig.back_up()
    other = tmp_path / "other.key"
    rig.cctv(f"backup key {other}")
    rig.cctv(f"restore {file} --key {other} --rehearse --scratch {scratch}", exit=12)
    file.write_bytes(file.read_bytes()[:-20])
    rehearse(rig, file, scratch, exit=15)
    assert list(scratch.iterdir()) == []
    assert rig.cctv("status --json", exit=None).json["last_rehearsal"] is None


def test_a_log_that_was_changed_is_found(rig, scratch, monkeypatch):
    with monkeypatch.context() as patch:
        summarise = module.verify_log
        patch.setattr(module, "verify_log", lambda connection: (summarise(connection)[0] + 1, "x"))
        rehearse(rig, rig.back_up(), scratch, exit=15)


def test_ctrl_c_leaves_nothing_behind(rig, scratch, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    file = rig.back_up()
    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(module, "read_manifest", interrupted)
        rehearse(rig, file, scratch, exit=130)
    assert list(scratch.iterdir()) == []


def test_what_a_kill_leaves_the_next_one_removes_and_one_that_runs_stays(rig, scratch):
    hang = (
        "import sys, time, pathlib; from cctv.backup.rehearse import scratch_folder\n"
        f"with scratch_folder(pathlib.Path({str(scratch)!r})) as work:\n"
        "    (work / 'cctv.db').write_text('names'); print('there', flush=True); time.sleep(600)"
    )
    child = subprocess.Popen([sys.executable, "-c", hang], stdout=subprocess.PIPE)
    try:
        assert child.stdout.readline() == b"there\n"
        left = list(scratch.iterdir())
        assert len(left) == 1
        file = rig.back_up()
        rehearse(rig, file, scratch)
        assert list(scratch.iterdir()) == left
        child.send_signal(signal.SIGKILL)
        child.wait()
        rehearse(rig, file, scratch)
        assert list(scratch.iterdir()) == []
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_a_folder_of_somebody_else_or_one_that_is_being_made_is_left(scratch):
    fresh = scratch / "cctv-rehearsal-abc"
    fresh.mkdir()
    link = scratch / "cctv-rehearsal-link"
    link.symlink_to(scratch)
    with module.scratch_folder(scratch):
        assert fresh.exists()
    hours_ago = time.time() - 7200
    os.utime(fresh, (hours_ago, hours_ago))
    with module.scratch_folder(scratch):
        assert not fresh.exists()
    assert link.is_symlink()


def test_a_scratch_folder_in_the_storage_or_too_small_is_refused(rig, scratch, monkeypatch):
    file = rig.back_up()
    assert "in the storage itself" in rehearse(rig, file, rig.site.root / "derived", "", exit=2).err

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(DurableFiles, "create", full)
        assert "--scratch DIR" in rehearse(rig, file, scratch, "", exit=16).err
    assert list(scratch.iterdir()) == []


def signed(rig):
    """A sweep signs the log."""
    rig.cctv("sweep --once")
    return all_checkpoints(rig.site.root)


def test_a_back_up_carries_the_checkpoints_and_a_restore_puts_them_back(rig):
    rig.site.record("gevel-1", "2026-11-01 11:00")
    before = {one.line for one in signed(rig)}
    assert before
    file = rig.back_up()
    rig.lose()

    told = rig.restore(file, "--json").json

    assert told["signed_entries"] is None
    assert {one.line for one in all_checkpoints(rig.site.root)} == before
    assert rig.cctv("audit verify --json").json["checkpoints"] == len(all_checkpoints(rig.site.root))


def test_an_older_back_up_over_newer_checkpoints_is_told_and_logged(rig, scratch):
    signed(rig)
    file = rig.back_up()
    rig.site.record("gevel-1", "2026-11-01 11:00")
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    newest = max(signed(rig), key=lambda one: one.seq)

    assert rehearse(rig, file, scratch).json["signed_entries"] == newest.seq
    told = rig.restore(file, "--replace --dry-run")
    assert f"{newest.seq} were signed" in told.err
    restored = rig.restore(file, "--replace --json").json

    assert restored["signed_entries"] == newest.seq
    entry = next(one for one in rig.cctv("audit list --json").json["entries"] if one["act"] == "backup.restored")
    assert (entry["facts"]["signed_entries"], entry["facts"]["signed_head"]) == (newest.seq, newest.hash)
    assert "LOOK" in rig.cctv("audit verify", exit=None).out
    assert newest.line in {one.line for one in all_checkpoints(rig.site.root)}


def test_a_back_up_with_a_checkpoint_that_the_site_did_not_sign_is_refused(rig):
    signed(rig)
    rig.site.record("gevel-1", "2026-11-01 11:00")
    rig.hold("2026-11-01 11:00", "2026-11-01 11:01")
    old = rig.back_up()
    signed(rig)
    later = (rig.site.root / "audit" / "checkpoint.json").read_bytes()
    rig.lose()
    rig.restore(old)
    (rig.site.root / "audit" / "checkpoint.json").write_bytes(later.replace(b'seq\\":', b'seq\\":9'))
    rig.site.clock.advance(seconds=5)
    forged = rig.back_up()
    rig.lose()
    rig.restore(forged, exit=15)
    assert not (rig.site.root / "cctv.db").exists()
