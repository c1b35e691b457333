"""`cctv doctor`: what it finds on a real site, and that it changes nothing, prints no password and names real lines."""

from __future__ import annotations

import hashlib
import os
import shlex
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import pytest

from cctv.backup.state import BackupLook, BackupState
from cctv.cases.agenda.agenda import AgendaKind, Item
from cctv.cases.registers.register import RegisterName
from cctv.cli.app import root
from cctv.config.credentials import Credential
from cctv.config.schema import BackupSettings, CameraSettings
from cctv.core.disks import BlockDevice, DiskFacts, Mount
from cctv.core.errors import ToolMissing
from cctv.core.i18n import Language
from cctv.core.process import UnitFacts, parse_units
from cctv.footage.repair.verify import VerifyRound
from cctv.model.ids import CameraId, ZoneId
from cctv.monitoring import doctor_cameras as of_cameras
from cctv.monitoring import doctor_machine as machine
from cctv.monitoring import doctor_site as of_site
from cctv.monitoring.doctor import CheckName, Severity, read_summary
from cctv.monitoring.machine_facts import (
    AccessFacts,
    EnvironmentFacts,
    FstabLine,
    Machine,
    ProgramFacts,
    SmartFacts,
    parse_lock,
    parse_smart,
)
from cctv.recording.disk_space import FootageRate, share_of_limits

NOW = datetime(2026, 11, 1, 11, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Brussels")
PROGRAMS = {
    "apt", "apt-get", "blkid", "btrfs", "chmod", "chown", "cryptsetup", "dmesg", "du", "findmnt", "install", "lsblk",
    "journalctl", "rm", "ls", "lvs", "mount", "pip", "printf", "smartctl", "sudo", "swapoff", "systemctl",
    "timedatectl", "userdel", "deluser", "zfs",
}  # fmt: skip


def only(findings, severity):
    return [finding for finding in findings if finding.severity is severity]


def unit(name, **changes):
    facts = UnitFacts(name, "loaded", "active", "enabled", "success", 0, (), False, 2 << 30, 0, (), (), NOW)
    return replace(facts, **changes)


def disk(point="/srv", source="/dev/sda1", file_system="ext4"):
    return DiskFacts(
        Path("/srv/cctv"),
        Mount("8:1", Path(point), frozenset({"rw"}), file_system, source),
        (BlockDevice("dm-0", "CRYPT-LUKS2-1", "luks", below=(BlockDevice("sda1"),)),),
        total_bytes=100,
        free_bytes=50,
    )


def snapshot(folder):
    """Every file with its bytes, mode and time of change, but the two that SQLite makes in its folder to read."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode,
            path.stat().st_mtime_ns if path.is_file() else 0,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(folder.rglob("*"))
        if not path.name.endswith(("-wal", "-shm"))
    }


def parses(line):
    """Whether click would run the line, which begins with cctv."""
    words = shlex.split(line, comments=True)[1:]
    context, here = click.Context(root, info_name="cctv", **root.context_settings), root
    while isinstance(here, click.Group):
        while words and words[0].startswith("-"):
            words.pop(0)
        following = here.get_command(context, words.pop(0))
        assert following is not None, line
        context, here = click.Context(following, info_name="cctv", parent=context), following
    if "--help" in words:
        return True
    here.make_parser(context).parse_args(list(words))
    return True


def require_lines(findings):
    for finding in findings:
        assert bool(finding.why) is (finding.severity is not Severity.OK), finding
        line = str(finding.following)
        if finding.severity is Severity.OK:
            assert not line
            continue
        if line.startswith("sudo "):
            line = line.removeprefix("sudo ")
        if line.startswith("cctv "):
            assert parses(line), line
        else:
            assert line.split()[0] in PROGRAMS, line


def test_a_new_site_is_examined_whole_and_every_finding_has_a_line_that_exists(site, clock):
    said = site.cctv("doctor --json", exit=20).json

    assert {finding["check"] for finding in said["findings"]} == {name.value for name in CheckName}
    assert said["schema"] == 1
    assert said["counts"]["wrong"] == sum(finding["severity"] == "wrong" for finding in said["findings"])
    assert list(said["findings"][0]) == ["check", "severity", "subject", "text", "why", "next"]
    for finding in said["findings"]:
        assert (finding["next"] is None) is (finding["severity"] == "ok"), finding
        line = (finding["next"] or "cctv status").removeprefix("sudo ")
        assert parses(line) if line.startswith("cctv ") else line.split()[0] in PROGRAMS


def test_every_line_of_a_site_on_which_everything_is_due_exists(site, clock):
    site.record("gevel-1", "2026-11-01 10:00", minutes=2)
    span = "--cameras gevel-1 --from '2026-11-01 10:00' --to '2026-11-01 10:01'"
    site.cctv(f"incident open ruit --kind damage {span}")
    site.cctv(f"request open --name 'Zqx Marked' --contact zqx@example.be {span}")
    site.cctv("breach open kwijt --aware '2026-11-01 09:00'")
    clock.advance(days=400)

    found = site.cctv("doctor --json", exit=20).json["findings"]

    assert {"cameras", "workstations", "HOLD-2026-001"} <= {finding["subject"] for finding in found}
    assert "Zqx" not in str(found)
    for finding in found:
        if (finding["next"] or "").startswith("cctv "):
            assert parses(finding["next"])


def test_nothing_is_changed_by_a_look(site):
    site.record("gevel-1", "2026-11-01 11:00")
    before = snapshot(site.folder)

    site.cctv("doctor", exit=20)

    assert snapshot(site.folder) == before


def test_only_what_is_named_is_examined_and_alone_decides_the_exit_code(site):
    said = site.cctv("doctor --only swap --only database --json", exit=None).json

    assert {finding["check"] for finding in said["findings"]} == {"swap", "database"}
    site.cctv("doctor --only database", exit=0)
    site.cctv("doctor --only teeth", exit=2)


def test_a_check_that_breaks_is_not_known_and_costs_the_others_nothing(site, monkeypatch):
    def broken(self):
        raise ZeroDivisionError

    monkeypatch.setattr(Machine, "plain_swaps", broken)
    said = site.cctv("doctor --only swap --only database --json").json

    assert [(finding["check"], finding["severity"]) for finding in said["findings"]] == [
        ("database", "ok"),
        ("swap", "not known"),
    ]


def test_without_settings_or_storage_the_machine_is_examined_all_the_same(bare_site):
    said = bare_site.cctv("doctor --json", exit=20).json
    found = {finding["check"]: finding["severity"] for finding in said["findings"]}
    assert (found["storage"], found["programs"], found["database"]) == ("wrong", "ok", "not known")

    bare_site.config.write_text("[site]\n")
    said = bare_site.cctv("doctor --json", exit=20).json
    found = {finding["check"]: finding["severity"] for finding in said["findings"]}
    assert (found["settings"], found["storage"], found["python"]) == ("wrong", "not known", "ok")


@pytest.mark.parametrize("language", list(Language))
def test_the_table_fits_80_columns_but_for_lines_to_type(site, monkeypatch, language):
    monkeypatch.setattr(type(site), "language", language)
    box = site.box
    monkeypatch.setattr(site, "box", lambda: replace(box(), environ={"NO_COLOR": "1", "COLUMNS": "80"}))

    out = site.cctv("doctor --all", exit=20).out

    assert max(len(line) for line in out.splitlines() if not line.startswith("  > ")) <= 80


def test_a_damaged_index_and_a_stranger_s_file_are_found(site):
    site.record("gevel-1", "2026-11-01 11:00")
    database = site.root / "cctv.db"
    site.cctv("sweep --once")
    with database.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 4)

    said = site.cctv("doctor --only database --json", exit=20).json
    assert "damaged" in said["findings"][0]["text"]

    if os.geteuid() == 0:
        os.chown(site.root / "audit", 12345, -1)
        assert "audit" in site.cctv("doctor --only access --json", exit=20).json["findings"][-1]["text"]


def test_passwords_are_judged_and_never_printed(site):
    site.config.write_text(
        site.config.read_text().replace(
            'rtsp = "rtsp://127.0.0.1:9/gevel-1"', 'rtsp = "rtsp://127.0.0.1:9/gevel-1"\ncredential = "gevel"'
        )
        + '\n[credentials]\nfile = "credentials.toml"\n'
    )
    file = site.folder / "credentials.toml"
    file.write_text(
        '[gevel]\nusername = "admin"\npassword = "Tl12345-geheim"\nrotated = 2025-01-02\n'
        '[foyer]\nusername = "admin"\npassword = "Tl12345-geheim"\nrotated = 2026-10-01\n'
        '[gang]\nusername = "Admin"\npassword = "admin"\nrotated = 2026-10-01\n'
    )
    file.chmod(0o600)

    said = site.cctv("doctor --only credentials --json", exit=20)
    found = {(finding["subject"], finding["severity"]) for finding in said.json["findings"]}

    assert found == {("gang", "wrong"), ("gevel", "wrong"), ("shared", "advice")}
    assert "geheim" not in said.out + said.err + site.cctv("doctor --all", exit=20).out

    file.chmod(0o644)
    assert "other accounts" in " ".join(site.cctv("doctor --only credentials", exit=20).out.split())


def test_the_last_back_up_is_compared_with_the_log(site, tmp_path):
    medium = tmp_path / "medium"
    medium.mkdir()
    public = site.cctv(f"backup key {tmp_path / 'key'} --json").json["public"]
    text = site.config.read_text()
    site.config.write_text(f'{text}\n[backup]\nrecipients = ["{public}"]\nfolder = "{medium}"\n')
    assert "too old" in site.cctv("doctor --only backup", exit=20).out
    file = Path(site.cctv("backup make --json").json["path"])

    found = site.cctv("doctor --only backup --json", exit=None).json["findings"]
    assert ("file", "ok") in [(finding["subject"], finding["severity"]) for finding in found]

    file.write_bytes(file.read_bytes()[:-1] + b"x")
    found = site.cctv("doctor --only backup --json", exit=20).json["findings"]
    assert ("file", "wrong") in [(finding["subject"], finding["severity"]) for finding in found]

    file.unlink()
    found = site.cctv("doctor --only backup --json", exit=None).json["findings"]
    assert ("file", "not known") in [(finding["subject"], finding["severity"]) for finding in found]


def test_a_kept_report_is_read_again(site, tmp_path):
    path = tmp_path / "report.json"
    path.write_text(site.cctv("doctor --json", exit=20).out)

    summary = read_summary(path)

    assert summary.at == site.clock.now()
    assert summary.counts[Severity.WRONG] > len(summary.wrong) > 0  # alarms tell what the status found
    assert "wrong" in summary.text
    for damaged in ("", "[]", '{"schema": 2}', '{"schema": 1, "findings": [{}], "at": "x"}'):
        path.write_text(damaged)
        assert read_summary(path) is None


def test_a_disk_without_room_for_the_limits_is_told_and_one_of_an_hour_is_not_judged():
    day, week = timedelta(days=1), timedelta(days=7)
    rate = FootageRate(CameraId("a"), day, 10, week)
    assert share_of_limits([rate], 35) == 0.5
    assert share_of_limits([replace(rate, recorded=timedelta(minutes=5))], 35) is None
    assert of_site.judge_forecast(0.5, week).severity is Severity.WRONG
    assert "3.5 days" in of_site.judge_forecast(0.5, week).text
    assert of_site.judge_forecast(1.2, week).severity is Severity.OK


def every_judgement():
    """Each judgement with facts that let it say all that it can."""
    yield from machine.judge_programs(ProgramFacts({"ffmpeg": None, "setpriv": None}, frozenset(), frozenset(), {}))
    yield from machine.judge_programs(ProgramFacts({"ffmpeg": "ffmpeg version 4.4"}, frozenset(), frozenset(), {}))
    pins = {"av": frozenset({"1"}), "click": frozenset({"2"}), "numpy": frozenset({"3"})}
    yield from machine.judge_packages(EnvironmentFacts(pins, {"click": "1"}, frozenset({"numpy"}), "3.11"))
    yield from machine.judge_packages(EnvironmentFacts(None, {}, frozenset(), "3.11"))
    yield from (machine.judge_clock(kept) for kept in (True, False, None))
    for line in ("ext4 rw", "btrfs rw", "nfs4 rw", "vfat rw", "overlay rw", "tmpfs rw", "f2fs rw", "ext4 ro", "zfs rw"):
        kind, mode = line.split()
        mount = Mount("8:1", Path("/srv"), frozenset({mode, "strictatime"}), kind, "/dev/sda1", mode == "ro")
        blocks = () if kind == "zfs" else (BlockDevice("sda1", "LVM-1", "x-real", is_removable=True),)
        yield from machine.judge_disk(DiskFacts(Path("/srv"), mount, blocks, inodes=100, free_inodes=1))
    yield from machine.judge_disk(DiskFacts(Path("/srv"), None))
    yield from machine.judge_smart(SmartFacts("/dev/sda", False, 0.95, 3, 100))
    yield from machine.judge_smart(SmartFacts("/dev/sda", None, problem="asleep"))
    yield from machine.judge_mount(disk(), [], [unit("cctv-record.service")])
    yield from machine.judge_mount(disk(), [FstabLine("/dev/sda1", Path("/srv"), frozenset())], [])
    yield from machine.judge_mount(DiskFacts(Path("/srv"), None), [], [])
    yield from machine.judge_access(
        AccessFacts(Path("/srv"), "root", 0o777, ("a", "b", "c", "d"), ("keys",), ("holds",))
    )
    yield from machine.judge_access(AccessFacts(Path("/srv"), "cctv", 0o750, (), (), ()))
    yield from (machine.judge_swap(names) for names in ((), ("/dev/sda2",)))
    yield from (machine.judge_core_dumps("core", limit) for limit in (0, 1))
    odd = {"restarts": 99, "limit_core": None, "memory_max": None, "needs_reload": True, "drop_ins": ("/etc/x",)}
    absent, off = {"load": "not-found"}, {"active": "failed", "enabled": "disabled"}
    yield from machine.judge_units([unit("cctv-record.service", **changes) for changes in (odd, absent, off)])
    for changes in ({}, absent, off, {"last_run": None}, {"last_run": NOW - timedelta(days=99)}):
        timers = {name: unit(name, **changes) for name in machine.TIMERS}
        failed = unit("cctv-verify.service", result="exit-code", active="failed")
        backup = unit("cctv-backup.service", writable=(Path("/mnt"),))
        units = {**timers, failed.name: failed, backup.name: backup}
        yield from machine.judge_timers(units, folder=Path("/data/backup"), now=NOW)
    yield from of_cameras.judge_credentials({"a": Credential("x", "short"), "b": Credential("x", "short")}, NOW, ZONE)
    yield from of_cameras.judge_camera_clocks({CameraId("a"): timedelta(hours=1), CameraId("b"): None})
    yield from (of_site.judge_database(answer) for answer in ("ok", "row 1 missing", None))
    states = (None, VerifyRound(NOW, 5, damaged=2), VerifyRound(NOW, 5, 5, completed=NOW))
    yield from (of_site.judge_verified(state, 5, NOW) for state in states)
    keyed = BackupSettings(("age1x",), timedelta(days=8))
    for look in (BackupLook(), BackupLook(True, None), BackupLook(True, True, True), BackupLook(False)):
        yield from of_site.judge_backup(keyed, BackupState(NOW, "/mnt/x.age"), look, NOW + timedelta(days=9))
    yield from of_site.judge_backup(BackupSettings((), timedelta(days=8)), BackupState(), BackupLook(), NOW)
    yield from of_site.judge_old_indexes({Path("/x/cctv.db.before-upgrade"): NOW}, timedelta(0), NOW + timedelta(1))
    yield from (of_site.judge_checkpoint(at, True, NOW) for at in (None, NOW, NOW - timedelta(days=3)))
    item = Item(
        AgendaKind.DECLARATION,
        "cameras",
        NOW - timedelta(days=1),
        "declare",
        "cctv register declare --kind yearly --on DATE --reference NUMBER",
    )
    yield from of_site.judge_registers({RegisterName.CAMERAS: ["a location"]}, [item], NOW)
    yield from (of_site.judge_alerts(ways, None, Path("/x"), NOW) for ways in ((), ("mail",)))


def test_every_finding_says_why_and_names_a_line_that_exists():
    findings = list(every_judgement())

    require_lines(findings)
    assert {finding.severity for finding in findings} == set(Severity)


@pytest.mark.parametrize(
    ("rotated", "severity"), [(date(2026, 10, 1), None), (date(2026, 3, 1), "advice"), (date(2025, 10, 1), "wrong")]
)
def test_a_password_is_due_after_half_a_year_and_wrong_after_one(rotated, severity):
    found = list(of_cameras.judge_credentials({"gevel": Credential("kijker", "lang-genoeg", rotated)}, NOW, ZONE))
    assert [finding.severity.value for finding in found] == [severity or "ok"]


def test_what_systemctl_prints_is_read():
    text = (
        "Id=cctv-record.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\nResult=success\n"
        "NRestarts=3\nDropInPaths=/etc/systemd/system/cctv-record.service.d/override.conf\nNeedDaemonReload=no\n"
        "MemoryMax=2147483648\nLimitCORE=0\nRequiresMountsFor=/var/lib/cctv\nReadWritePaths=-/var/lib/cctv\n\n"
        "Id=cctv-backup.timer\nLoadState=not-found\nMemoryMax=infinity\nLimitCORE=infinity\n"
        "LastTriggerUSec=Mon 2026-11-30 17:16:59 UTC\n\nId=cctv-notify.service\nExecMainExitTimestamp=@1700000000\n"
    )
    record, timer, service = parse_units(text)
    assert (record.restarts, record.memory_max, record.limit_core) == (3, 2 << 30, 0)
    assert (record.mounts_for, record.writable) == ((Path("/var/lib/cctv"),), (Path("/var/lib/cctv"),))
    assert (timer.memory_max, timer.last_run) == (None, datetime(2026, 11, 30, 17, 16, 59, tzinfo=UTC))
    assert service.last_run == datetime.fromtimestamp(1_700_000_000, UTC)


ATA = {
    "smartctl": {"exit_status": 8, "messages": []},
    "smart_status": {"passed": False},
    "power_on_time": {"hours": 41000},
    "ata_smart_attributes": {
        "table": [{"id": 5, "raw": {"value": 12}}, {"id": 9, "raw": {"value": 7}}, {"id": 197, "raw": {"value": 3}}]
    },
}
NVME = {
    "smartctl": {"exit_status": 0},
    "smart_status": {"passed": True},
    "nvme_smart_health_information_log": {"percentage_used": 95, "media_errors": 0},
}
SILENT = {"smartctl": {"exit_status": 2, "messages": [{"string": "Unable to detect device type", "severity": "error"}]}}


def test_what_smartctl_prints_is_read():
    assert parse_smart("/dev/sda", ATA) == SmartFacts("/dev/sda", False, None, 15, 41000)
    assert parse_smart("/dev/nvme0n1", NVME) == SmartFacts("/dev/nvme0n1", True, 0.95, 0, None)
    assert parse_smart("/dev/vda", SILENT).problem == "Unable to detect device type"
    with pytest.raises(ValueError, match="not of smartctl"):
        parse_smart("/dev/sda", {})


@pytest.mark.slow  # on a disk: the fast lane runs in memory
def test_without_smartctl_health_is_not_known(site, monkeypatch):
    def missing(self, name):
        raise ToolMissing(tool="smartctl", package="smartmontools")

    monkeypatch.setattr(Machine, "smart", missing)
    (found,) = site.cctv("doctor --only smart --json").json["findings"]
    assert (found["severity"], found["next"]) == ("not known", "apt-get install smartmontools")


def test_the_lock_of_this_checkout_is_what_is_installed():
    facts = Machine().packages()
    assert facts.pins is not None
    assert "sqlalchemy" in facts.pins
    pins, elsewhere = parse_lock("a==1 \\\n  --hash=x\nb==2 ; python_version < '3'\nB==3 ; python_version >= '3'\n")
    assert (dict(pins), elsewhere) == ({"a": {"1"}, "b": {"2", "3"}}, {"b"})


def test_a_box_without_the_tools_that_build_the_program_has_all_that_it_needs():
    lock = (Path(__file__).resolve().parents[2] / "requirements.lock").read_text("utf-8")
    pins, elsewhere = parse_lock(lock)
    assert elsewhere >= {"hatchling", "pathspec", "pluggy", "trove-classifiers"}
    assert not elsewhere & {"av", "opencv-python", "sqlalchemy", "tomlkit", "typing-extensions"}

    box = {name: min(versions) for name, versions in pins.items() if name not in elsewhere}
    (told,) = machine.judge_packages(EnvironmentFacts(pins, box, elsewhere, "3.11"))
    assert told.severity is Severity.OK


def test_a_folder_that_the_unit_of_back_ups_may_not_write_is_told():
    timers = {name: unit(name) for name in machine.TIMERS}
    timers["cctv-backup.service"] = unit("cctv-backup.service", writable=(Path("/var/lib/cctv"), Path("/mnt")))

    def wrongs(folder):
        return [str(found.text) for found in only(machine.judge_timers(timers, folder=folder, now=NOW), Severity.WRONG)]

    assert wrongs(Path("/data/backup")) == ["cctv-backup.service may not write to /data/backup"]
    assert wrongs(Path("/mnt/offsite")) == wrongs(None) == []


def test_an_index_of_before_an_upgrade_is_told_once_it_is_older_than_a_back_up_may_be(site):
    copy = site.root / "cctv.db.before-upgrade"
    copy.write_bytes(b"SQLite")
    month = timedelta(days=32).total_seconds()
    now = site.clock.now().timestamp()
    os.utime(copy, (now, now))
    assert copy.name not in site.cctv("doctor --only backup --json", exit=None).out
    os.utime(copy, (now - month, now - month))

    found = site.cctv("doctor --only backup --json", exit=20).json["findings"]

    assert [one["next"] for one in found if one["subject"] == copy.name] == [f"rm {copy}"]


@pytest.mark.parametrize(("mode", "is_sound"), [(0o700, True), (0o750, False), (0o770, False), (0o710, False)])
def test_a_storage_that_its_group_may_enter_is_told_with_the_command_that_mends_it(mode, is_sound):
    (finding,) = machine.judge_access(AccessFacts(Path("/srv/cctv"), "cctv", mode, (), (), ()))

    assert (finding.severity is Severity.OK) == is_sound
    assert is_sound or finding.following == "chmod -R go= /srv/cctv"


def test_a_camera_that_the_unit_of_the_recorder_keeps_it_from_is_named():
    cameras = [
        CameraSettings(CameraId(name), ZoneId("z"), "theft", rtsp=url)
        for name, url in (
            ("gevel-1", "rtsp://192.0.2.7/1"),
            ("hal-1", "rtsp://198.51.100.7/1"),
            ("gang-1", "rtsp://[2001:db8::7]/1"),
        )
    ]
    bounded = unit("cctv-record.service", reachable=("192.0.2.0/24", "2001:db8::/64"))

    (kept_out,) = machine.judge_reach(bounded, cameras)
    assert (kept_out.subject, kept_out.severity) == ("hal-1", Severity.WRONG)
    assert "IPAddressAllow=198.51.100.7" in kept_out.following
    (unbounded,) = machine.judge_reach(unit("cctv-record.service"), cameras)
    assert "any address" in unbounded.text
    named = CameraSettings(CameraId("kade-1"), ZoneId("z"), "theft", rtsp="rtsp://kade.example/1")
    assert list(machine.judge_reach(unit("cctv-record.service"), [*cameras, named])) == []
    text = "Id=cctv-record.service\nIPAddressAllow=192.0.2.0/24\nIPAddressDeny=::/0 0.0.0.0/0\n"
    assert next(parse_units(text)).reachable == ("192.0.2.0/24",)
    assert next(parse_units("Id=x\nIPAddressAllow=\nIPAddressDeny=\n")).reachable is None
